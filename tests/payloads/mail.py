# SPDX-License-Identifier: GPL-3.0-or-later
"""Payloads of mail: SMTP (RFC 5321, 3207), IMAP (RFC 9051), POP3 (RFC 1939, 2449, 2595)."""


def lines(*text):
    return "".join(t + "\r\n" for t in text).encode()


def make(put):
    def stream(name, side, text, *said):
        put("mail", name, f"stream {side}", text, lines(*said))

    stream("smtp-client", "client", "A client that asks to encrypt.", "EHLO client.example", "STARTTLS")
    stream("smtp-plain", "client", "A client that goes on without.", "EHLO client.example", "MAIL FROM:<a@b.example>")
    stream("smtp-server", "server", "A greeting, a list, and the consent.", "220 mail.example ESMTP",
           "250-mail.example", "250-SIZE 1000", "250 STARTTLS", "220 go ahead")
    stream("smtp-garbled", "server", "A filter has been at it.", "220 ****SMTP*****", "250-mail.example",
           "250-XXXXXXXA", "250 HELP")
    stream("imap-server", "server", "IMAP, with its list in the greeting.",
           "* OK [CAPABILITY IMAP4rev2 STARTTLS LOGINDISABLED] ready", "a1 OK begin")
    stream("pop3-server", "server", "POP3.", "+OK mail.example ready", "+OK list", "USER", "STLS", ".", "-ERR no")
    stream("helo", "client", "Old SMTP.", "HELO client.example", "XXXXXXXX")
    put("mail", "long", "stream server", "A greeting that never ends.", b"220 SMTP " + b"x" * 9000)
