# SPDX-License-Identifier: GPL-3.0-or-later
"""Payloads of tunnels, for make.py; also what the laboratory's peers say."""
import struct

from calls import noise


# --- WireGuard: paper, 5.4 -----------------------------------------------------------------------

def wg_initiation(sender=0x11223344, n=148):
    return struct.pack("<II", 1, sender) + noise("initiation", n - 8)


def wg_response(sender=0x55667788, receiver=0x11223344, n=92):
    return struct.pack("<III", 2, sender, receiver) + noise("response", n - 12)


def wg_data(receiver=0x55667788, counter=0, n=96):
    return struct.pack("<IIQ", 4, receiver, counter) + noise("data", n - 16)


def wireguard_payloads(put):
    def datagram(name, side, text, data):
        put("wireguard", name, f"datagram {side}", text, data)

    datagram("initiation", "client", "A handshake begins.", wg_initiation())
    datagram("response", "server", "It is answered.", wg_response())
    datagram("cookie", "server", "A server under load.", struct.pack("<II", 3, 0x11223344) + noise("cookie", 56))
    datagram("data", "client", "A packet of 64 bytes inside.", wg_data())
    datagram("keepalive", "client", "Nothing inside.", wg_data(n=32))
    datagram("long", "client", "TunnelBear's longer handshake.", wg_initiation(n=204))
    datagram("long-response", "server", "Its answer.", wg_response(n=100))
    datagram("warp", "client", "Reserved bytes that are used.",
             b"\x01\x6c\xb0\x6c" + wg_initiation()[4:])
    datagram("not", "client", "A length that no message has.", wg_initiation(n=149))


# --- OpenVPN ----------------------------------------------------------------------------------------

SESSION, THEIRS = noise("session", 8), noise("their session", 8)
TIME = struct.pack(">I", 1770840000)


def ovpn_plain(opcode, packet_id, body=b"", acks=(), session=SESSION, theirs=THEIRS):
    """A control packet without tls-auth."""
    out = bytes([opcode << 3]) + session + bytes([len(acks)])
    out += b"".join(struct.pack(">I", a) for a in acks) + (theirs if acks else b"")
    return out + (struct.pack(">I", packet_id) if packet_id is not None else b"") + body


def ovpn_auth(opcode, n, replay=1):
    """A client's first packet under an HMAC of n bytes."""
    return bytes([opcode << 3]) + SESSION + noise("hmac", n) + struct.pack(">I", replay) + TIME + bytes(5)


def ovpn_crypt(opcode, replay=1, n=5):
    return bytes([opcode << 3]) + SESSION + struct.pack(">I", replay) + TIME + noise("tag", 32 + n)


def ovpn_client_hello():
    return ovpn_plain(4, 1, b"\x16\x03\x01\x00\x50" + noise("hello", 80))


def openvpn_payloads(put):
    def datagram(name, side, text, data):
        put("openvpn", name, f"datagram {side}", text, data)

    datagram("reset", "client", "A session begins, without tls-auth.", ovpn_plain(7, 0))
    for n in (16, 20, 32, 64):
        datagram(f"reset-hmac{n}", "client", f"The same under an HMAC of {n} bytes.", ovpn_auth(7, n))
    datagram("reset-crypt", "client", "The same, encrypted.", ovpn_crypt(7))
    datagram("reset-v3", "client", "With the client's key wrapped (tls-crypt-v2), and early negotiation.",
             ovpn_crypt(10, 0x0F000001, 5) + noise("wrapped", 300))
    datagram("answer", "server", "A server's reset acknowledges the client's.", ovpn_plain(8, 0, acks=[0]))
    datagram("ack", "client", "An acknowledgement alone.", ovpn_plain(5, None, acks=[0]))
    datagram("control", "client", "TLS begins inside.", ovpn_client_hello())
    datagram("data", "client", "Data of the second format.", bytes([9 << 3, 0, 0, 1]) + noise("data", 100))
    datagram("not", "client", "The first byte fits, the rest does not.", b"\x38" + noise("no reset", 13))

    def stream(name, side, text, *packets):
        put("openvpn", name, f"stream {side}", text, b"".join(struct.pack(">H", len(p)) + p for p in packets))

    stream("tcp", "client", "Over TCP: reset, acknowledgement, TLS, data.", ovpn_plain(7, 0),
           ovpn_plain(5, None, acks=[0]), ovpn_client_hello(), bytes([6 << 3]) + noise("data", 60))
    stream("tcp-hmac", "client", "Under an HMAC of SHA-512.", ovpn_auth(7, 64), ovpn_client_hello())
    stream("tcp-crypt", "client", "Encrypted.", ovpn_crypt(7), ovpn_crypt(4, 2, 200))
    stream("tcp-server", "server", "The server's side.", ovpn_plain(8, 0, acks=[0]),
           ovpn_plain(4, 1, noise("server hello", 900)))
    stream("tcp-broken", "client", "Then something else.", ovpn_plain(7, 0), b"\xff" * 30)


# --- SSH: RFC 4253 ----------------------------------------------------------------------------------

SSH_CLIENT, SSH_SERVER = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", b"SSH-2.0-OpenSSH_9.2p1\r\n"


def ssh_kexinit():
    """RFC 4253, 7.1: ten lists of names, no guess."""
    ciphers, macs = b"chacha20-poly1305@openssh.com,aes256-gcm@openssh.com", b"hmac-sha2-256-etm@openssh.com"
    lists = (b"sntrup761x25519-sha512@openssh.com,curve25519-sha256", b"ssh-ed25519,rsa-sha2-512",
             ciphers, ciphers, macs, macs, b"none", b"none", b"", b"")
    body = b"\x14" + noise("cookie", 16) + b"".join(struct.pack(">I", len(x)) + x for x in lists) + bytes(5)
    padding = 8 - (len(body) + 5) % 8 + 4
    return struct.pack(">IB", len(body) + padding + 1, padding) + body + noise("padding", padding)


def ssh_payloads(put):
    put("ssh", "client", "stream client", "A greeting with a comment, and the algorithms.", SSH_CLIENT + ssh_kexinit())
    put("ssh", "server", "stream server", "A line before the greeting, as RFC 4253, 4.2 allows.",
        b"Welcome.\r\n" + SSH_SERVER + ssh_kexinit())
    put("ssh", "old", "stream server", "A server that knows version 1, too.", b"SSH-1.99-Cisco-1.25\n")
    put("ssh", "long", "stream client", "A greeting without end.", b"SSH-2.0-" + b"x" * 300)
    put("ssh", "no-software", "stream client", "A greeting without software.", b"SSH-2.0\r\n")


# --- DTLS: RFC 6347 ----------------------------------------------------------------------------------

def dtls_record(kind, body, epoch=0, number=0, version=0xFEFD):
    return struct.pack(">BHHHI", kind, version, epoch, number >> 32, number & 0xFFFFFFFF) + \
        struct.pack(">H", len(body)) + body


def dtls_handshake(kind, body, sequence=0, offset=0, length=None):
    length = len(body) if length is None else length
    return bytes([kind]) + length.to_bytes(3, "big") + struct.pack(">H", sequence) + \
        offset.to_bytes(3, "big") + len(body).to_bytes(3, "big") + body


def dtls_hello(cookie=b"", groups=(29, 23, 24), sni=b""):
    """pion's shape: few ciphers, the curves that filters have matched."""
    def extension(kind, body):
        return struct.pack(">HH", kind, len(body)) + body

    names = struct.pack(">HBH", len(sni) + 3, 0, len(sni)) + sni
    extensions = (extension(0, names) if sni else b"") + \
        extension(13, struct.pack(">H4H", 8, 0x0403, 0x0503, 0x0603, 0x0807)) + \
        extension(10, struct.pack(f">H{len(groups)}H", 2 * len(groups), *groups)) + \
        extension(11, b"\x01\0") + extension(23, b"")
    body = b"\xfe\xfd" + noise("random", 32) + b"\0" + bytes([len(cookie)]) + cookie + \
        struct.pack(">H4H", 8, 0xC02B, 0xC02F, 0xC00A, 0xC014) + b"\x01\0" + \
        struct.pack(">H", len(extensions)) + extensions
    return dtls_record(22, dtls_handshake(1, body, 1 if cookie else 0), number=1 if cookie else 0)


def dtls_server_hello():
    body = b"\xfe\xfd" + noise("server random", 32) + b"\0\xc0\x2b\0" + struct.pack(">H", 0)
    return dtls_record(22, dtls_handshake(2, body, 1), number=1)


def dtls_payloads(put):
    def datagram(name, side, text, data):
        put("dtls", name, f"datagram {side}", text, data)

    datagram("hello", "client", "A client's hello.", dtls_hello())
    datagram("hello-sni", "client", "With a name.", dtls_hello(sni=b"example.org"))
    datagram("hello-cookie", "client", "The same again, with the cookie.", dtls_hello(noise("cookie", 20)))
    datagram("verify", "server", "A cookie.", dtls_record(22, dtls_handshake(3, b"\xfe\xff\x14" + noise("cookie", 20))))
    datagram("server-hello", "server", "The server's hello, and a piece of its certificate behind it.",
             dtls_server_hello() + dtls_record(22, dtls_handshake(11, noise("cert", 100), 2, 0, 900), number=2))
    datagram("finished", "client", "Encryption begins.", dtls_record(20, b"\x01", number=4) +
             dtls_record(22, noise("finished", 40), 1))
    datagram("alert", "server", "Handshake failure.", dtls_record(21, b"\x02\x28"))
    datagram("data", "client", "Data, two records.", dtls_record(23, noise("data", 60), 1, 7) +
             dtls_record(23, noise("data", 20), 1, 8))
    datagram("piece", "client", "The first piece of a hello.",
             dtls_record(22, dtls_handshake(1, b"\xfe\xfd" + noise("random", 100), 0, 0, 400)))
    datagram("dtls13", "server", "A hello, and an encrypted record of DTLS 1.3.",
             dtls_server_hello() + b"\x2e\0\x01\0\x40" + noise("encrypted", 64))
    datagram("short", "client", "A record that promises more.", dtls_hello()[:60])
    datagram("empty-session", "client", "Lengths that do not hold.",
             dtls_record(22, dtls_handshake(1, b"\xfe\xfd" + noise("random", 32) + b"\xff\0\0")))


# --- SOCKS -------------------------------------------------------------------------------------------

SOCKS_NAME = b"\x05\x01\0\x03\x0bexample.com\x01\xbb"


def socks_payloads(put):
    def stream(name, side, text, data):
        put("socks", name, f"stream {side}", text, data)

    stream("name", "client", "No password; a name.", b"\x05\x01\0" + SOCKS_NAME)
    stream("password", "client", "With a password; an address.",
           b"\x05\x02\0\x02" + b"\x01\x04user\x04word" + b"\x05\x01\0\x01" + bytes([192, 0, 2, 1]) + b"\0\x50")
    stream("v6", "client", "An address of the other family.",
           b"\x05\x01\0" + b"\x05\x01\0\x04" + bytes.fromhex("20010db8" + "00" * 11 + "01") + b"\x01\xbb")
    stream("four", "client", "SOCKS 4.", b"\x04\x01\0\x50" + bytes([192, 0, 2, 1]) + b"user\0")
    stream("four-a", "client", "SOCKS 4A.", b"\x04\x01\x01\xbb\0\0\0\x01user\0example.org\0")
    stream("bind", "client", "For UDP.", b"\x05\x01\0" + b"\x05\x03\0\x01" + bytes(6))
    stream("odd", "client", "An address of no family.", b"\x05\x01\0" + b"\x05\x01\0\x09" + bytes(8))
    stream("server", "server", "A server that speaks first is none.", b"\x05\0")


# --- IPsec, L2TP, PPTP ---------------------------------------------------------------------------------

def ike_chain(*payloads):
    """(type, body) one after the other (RFC 7296, 3.2)."""
    following = [kind for kind, _ in payloads[1:]] + [0]
    return b"".join(struct.pack(">BBH", after, 0, 4 + len(body)) + body
                    for (_, body), after in zip(payloads, following))


def ike_transforms():
    """AES-256 in CBC, HMAC-SHA-256 twice, the curve of 256 bits (RFC 7296, 3.3)."""
    parts = (struct.pack(">BBHBBHHH", 3, 0, 12, 1, 0, 12, 0x800E, 256), struct.pack(">BBHBBH", 3, 0, 8, 2, 0, 5),
             struct.pack(">BBHBBH", 3, 0, 8, 3, 0, 12), struct.pack(">BBHBBH", 0, 0, 8, 4, 0, 19))
    body = b"".join(parts)
    return struct.pack(">BBHBBBB", 0, 0, 8 + len(body), 1, 1, 0, len(parts)) + body


def ike(exchange=34, version=0x20, flags=0x08, theirs=bytes(8)):
    if exchange == 34:
        first, body = 33, ike_chain((33, ike_transforms()), (34, struct.pack(">HH", 19, 0) + noise("ke", 64)),
                                    (40, noise("nonce", 32)))
    elif version == 0x20:
        first, body = 46, ike_chain((46, noise("encrypted", 200)))
    else:
        first, body = 1, ike_chain((1, noise("sa", 52)))
    return noise("spi", 8) + theirs + struct.pack(">BBBBII", first, version, exchange, flags, 0, 28 + len(body)) + body


def ike_payloads(put):
    def datagram(name, side, text, data):
        put("ike", name, f"datagram {side}", text, data)

    datagram("init", "client", "IKEv2 begins.", ike())
    datagram("init-answer", "server", "And is answered.", ike(flags=0x20, theirs=noise("theirs", 8)))
    datagram("natt", "client", "The next message, on port 4500.",
             bytes(4) + ike(35, theirs=noise("theirs", 8)))
    datagram("main", "client", "IKEv1 begins.", ike(2, 0x10, 0))
    datagram("esp", "client", "Encrypted.", noise("esp", 100))
    datagram("keepalive", "client", "A byte for the NAT.", b"\xff")
    datagram("not", "client", "A length that does not hold.", ike()[:100])


def l2tp(kind, tunnel=0):
    avp = struct.pack(">HHHH", 0x8008, 0, 0, kind) if kind else b""
    return struct.pack(">HHHHHH", 0xC802, 12 + len(avp), tunnel, 0, 0, 0) + avp


def l2tp_payloads(put):
    def datagram(name, side, text, data):
        put("l2tp", name, f"datagram {side}", text, data)

    datagram("sccrq", "client", "A tunnel is asked for.", l2tp(1))
    datagram("sccrp", "server", "And granted.", l2tp(2, 7))
    datagram("ack", "client", "An acknowledgement.", l2tp(0, 7))
    datagram("data", "client", "Data.", struct.pack(">HHH", 0x0002, 7, 1) + noise("ppp", 60))
    datagram("vendor", "client", "A first AVP that is none of the standard's.",
             struct.pack(">HHHHHH", 0xC802, 20, 0, 0, 0, 0) + struct.pack(">HHHH", 0x8008, 9, 1, 1))


def pptp(kind, body):
    return struct.pack(">HHIHH", 12 + len(body), 1, 0x1A2B3C4D, kind, 0) + body


def pptp_payloads(put):
    put("pptp", "client", "stream client", "A connection and a call are asked for.",
        pptp(1, b"\x01\0" + bytes(142)) + pptp(7, bytes(156)))
    put("pptp", "server", "stream server", "Both are granted.",
        pptp(2, b"\x01\0\x01" + bytes(141)) + pptp(8, b"\0\x01\0\x02\x01" + bytes(15)))
    put("pptp", "broken", "stream client", "Another magic number.", pptp(1, bytes(144)).replace(b"\x4d", b"\x4e", 1))


def make(put):
    socks_payloads(put)
    ike_payloads(put)
    l2tp_payloads(put)
    pptp_payloads(put)
    wireguard_payloads(put)
    openvpn_payloads(put)
    ssh_payloads(put)
    dtls_payloads(put)
