# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail whose offer to encrypt is taken out on the way, and mail that never had one."""
from . import scenario
from .. import payloads as say
from ..acts import Rule
from ..middlebox import Trigger

PORTS = {"smtp": 25, "imap": 143, "pop3": 110}


def lines(*text):
    return "".join(t + "\r\n" for t in text).encode()


def talk(word, starttls, refuse=None):
    """(greeting, client's question, list, client's wish, answer) of a server."""
    if word == "smtp":
        offers = ["250-mail.example greets you", "250-SIZE 52428800", "250-8BITMIME"] + \
            (["250-STARTTLS"] if starttls else []) + ["250 HELP"]
        return (lines("220 mail.example ESMTP"), lines("EHLO client.example"), lines(*offers),
                lines("STARTTLS"), lines(refuse or "220 Ready"))
    if word == "imap":
        return (lines("* OK mail.example ready"), lines("a1 CAPABILITY"),
                lines("* CAPABILITY IMAP4rev2 %sAUTH=PLAIN" % ("STARTTLS " if starttls else ""),
                      "a1 OK done"), lines("a2 STARTTLS"), lines(refuse or "a2 OK begin"))
    return (lines("+OK mail.example ready"), lines("CAPA"),
            lines("+OK list", "USER", *(["STLS"] if starttls else []), "UIDL", "."),
            lines("STLS"), lines(refuse or "+OK begin"))


PLAIN = {"smtp": lines("MAIL FROM:<ann@client.example>"), "imap": lines("a2 LOGIN ann secret"),
         "pop3": lines("USER ann")}
DONE = {"smtp": lines("250 fine"), "imap": lines("a2 OK in"), "pop3": lines("+OK")}


def server(lab, word, starttls=True, refuse=None, **where):
    """Steps of a server that encrypts if it is asked to."""
    greeting, question, offers, wish, answer = talk(word, starttls, refuse)

    def go_on(app, c):
        said = bytes(c.inn[len(question):])
        if said.startswith(wish[:-2]):
            tail = [] if refuse else lab.tls_answer(app, c)[1:]
            return [("recv", len(wish)), ("send", answer)] + (
                [("record",), ("wait", 1500)] + tail if not refuse else [("recv", 1 << 30)])
        return [("recv", 9), ("wait", 2000), ("send", DONE[word]), ("recv", 1 << 30)]
    h = lab.host(**where)
    lab.serve(h, PORTS[word], [("wait", 2500), ("send", greeting), ("recv", len(question)),
                               ("wait", 1200), ("send", offers), ("some",), ("answer", go_on)])
    return h


def client(lab, word, encrypt=True, refuse=None):
    """Steps of a client; without an offer it goes on in clear, as too many do."""
    greeting, question, offers, wish, answer = talk(word, encrypt, refuse)
    head = [("recv", len(greeting)), ("send", question), ("recv", len(offers))]
    if not encrypt:
        return head + [("send", PLAIN[word]), ("recv", len(DONE[word])), ("wait", 50000), ("close",)]
    if refuse:
        return head + [("send", wish), ("some",), ("wait", 20000), ("close",)]
    rng = lab.rng
    return head + [("send", wish), ("recv", len(answer)),
                   ("send", say.client_hello(rng, "mail.example", alpn=(b"smtp",))), ("record", 6),
                   ("send", say.client_finished(rng)), ("send", say.application(rng, 120)),
                   ("record",), ("wait", 50000), ("close",)]


def post(lab, h, word, at, **more):
    return lab.connect(at, h.address, PORTS[word], client(lab, word, **more), [])


class Overwrite(Rule):
    """Letters of a packet from the server are overwritten; its length stays."""

    mechanism = "protocol-stripping"
    old = new = b""

    def blocked(self, box, view, p, way):
        return way == "down" and self.old in p.payload

    def start(self, box, view, p, way):
        e = self.event(box, view, p)
        e.cause = None
        e.ways.add("down")
        p.payload = p.payload.replace(self.old, self.new)
        p.event = e
        return True


def overwriting(lab, word, **more):
    return lab.rule(Overwrite(Trigger("protocol", word), accept={
        "kind": ["protocol", "unknown"], "value": [word, "starttls", ""], "scored": False}, **more))


@scenario("interference")
def mail_overwritten(lab):
    """A firewall writes XXXXXXXA over a mail server's STARTTLS, as it does with what it forbids."""
    h = server(lab, "smtp")
    overwriting(lab, "smtp", old=b"250-STARTTLS", new=lab.pick(b"250-XXXXXXXA", b"250-XXXXXXXX"))
    # The client hears another list, as long, and goes on in clear.
    for at in (0.3, 3):
        steps = client(lab, "smtp")
        lab.connect(at, h.address, 25, steps[:3] + client(lab, "smtp", encrypt=False)[3:], [])


@scenario("interference")
def mail_stripped(lab):
    """A proxy of the network answers some of a server's clients without its offer to encrypt."""
    word = lab.pick("smtp", "imap", "pop3")
    place = lab.foreign(71)
    server(lab, word, address=place)
    post(lab, lab.path.servers[place], word, 0.3)
    near = {"delay": 0.9, "hops": 0}

    def begin():
        h = server(lab, word, starttls=False, address=place, **near)
        listening = h.listening[PORTS[word]]

        def marked(c):
            listening(c)
            flow = next(f for f in lab.flows if f["key"][2] == c.port)
            e = lab.mark(flow, "protocol-stripping", Trigger("protocol", word), "established")
            e.accept = {"kind": ["protocol", "unknown"], "value": [word, "starttls", ""],
                        "scored": False}
            c.event = e
        h.listening[PORTS[word]] = marked
    lab.at(3, begin)
    post(lab, lab.path.servers[place], word, 4, encrypt=False)
    post(lab, lab.path.servers[place], word, 6, encrypt=False)


@scenario("twin")
def mail_plain(lab):
    """Old servers that never offer to encrypt, and clients that do not mind."""
    for i, word in enumerate(PORTS):
        h = server(lab, word, starttls=False)
        post(lab, h, word, 0.3 + 2 * i, encrypt=False)
        post(lab, h, word, 9 + 2 * i, encrypt=False)


@scenario("twin")
def mail_encrypted(lab):
    """Mail as it should be: offered, asked for, encrypted."""
    for i, word in enumerate(PORTS):
        post(lab, server(lab, word), word, 0.3 + 2 * i)


@scenario("twin")
def mail_refused(lab):
    """A server offers to encrypt and then cannot: its own answer, in its own time (RFC 3207, 4)."""
    refuse = "454 TLS not available due to temporary reason"
    h = server(lab, "smtp", refuse=refuse)
    for at in (0.3, 3):
        post(lab, h, "smtp", at, refuse=refuse)
