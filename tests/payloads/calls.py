# SPDX-License-Identifier: GPL-3.0-or-later
"""Payloads of messengers and of calls, for make.py; also what the laboratory's peers say.

Keys and tags are digests of a word, so that the same word gives the same bytes."""
import hashlib
import struct

COOKIE = 0x2112A442


def noise(word, n):
    """n bytes that look random, and are the same each time."""
    return hashlib.shake_256(word.encode()).digest(n)


# --- STUN: RFC 8489, 5 and 14 --------------------------------------------------------------------

def attribute(kind, value):
    return struct.pack(">HH", kind, len(value)) + value + bytes(-len(value) % 4)


def stun(kind, attributes=b"", word="stun"):
    return struct.pack(">HHI", kind, len(attributes), COOKIE) + noise(word, 12) + attributes


def mapped(address=bytes([192, 0, 2, 7]), port=40000):
    """XOR-MAPPED-ADDRESS (RFC 8489, 14.2)."""
    xored = bytes(a ^ b for a, b in zip(address, COOKIE.to_bytes(4, "big")))
    return attribute(0x0020, struct.pack(">BBH", 0, 1, port ^ COOKIE >> 16) + xored)


def error(code, reason):
    return attribute(0x0009, bytes([0, 0, code // 100, code % 100]) + reason.encode())


def rtp(payload_type, n=40, first=0x80, word="rtp"):
    return struct.pack(">BBHII", first, payload_type, 1000, 90000, 0x11223344) + noise(word, n)


def stun_payloads(put):
    def datagram(name, side, text, data):
        put("stun", name, f"datagram {side}", text, data)

    datagram("binding", "client", "A plain question: where do I come from?", stun(0x0001))
    datagram("bound", "server", "Its answer.", stun(0x0101, mapped()))
    datagram("classic", "client", "The same as RFC 3489 had it, without a cookie.",
             struct.pack(">HH", 1, 0) + noise("classic", 16))
    datagram("ice", "client", "A check by libwebrtc: user name, priority, network.",
             stun(0x0001, attribute(0x0006, b"abcd:efgh") + attribute(0xC057, bytes(4)) +
                  attribute(0x802A, noise("tie", 8)) + attribute(0x0024, struct.pack(">I", 0x6E7F1EFF)) +
                  attribute(0x0008, noise("integrity", 20)) + attribute(0x8028, noise("crc", 4))))
    datagram("allocate", "client", "A relay is asked for.",
             stun(0x0003, attribute(0x0019, bytes([17, 0, 0, 0]))))
    for who, name in (("signal", "relay.signal.org"), ("meet", "google.com"), ("facebook", "facebook.com"), ("telegram", "telegram.org"),
                      ("other", "example.org")):
        datagram(f"realm-{who}", "server", f"A relay wants a password for {name}.",
                 stun(0x0113, error(401, "Unauthorized") + attribute(0x0014, name.encode()) +
                      attribute(0x0015, b"nonce") + attribute(0x8022, b"Coturn-4.6.2 'Gorst'")))
    datagram("whatsapp-allocate", "client", "WhatsApp asks its relay, with a token.",
             stun(0x0003, attribute(0x4000, noise("token", 100)) + attribute(0x4024, b"\x08\x01") +
                  attribute(0x0008, noise("integrity", 20)) + attribute(0x8028, noise("crc", 4))))
    datagram("whatsapp-ping", "client", "WhatsApp's own ping.", stun(0x0801, attribute(0x4007, bytes(4))))
    datagram("whatsapp-pong", "server", "And its answer.", stun(0x0802))
    datagram("warp", "client", "WhatsApp's media on its way.",
             rtp(120, 0, 0x90) + b"\xde\xbe\x00\x01" + bytes(4) + noise("opus", 60))
    datagram("zoom", "client", "Zoom's attribute.", stun(0x0001, attribute(0x0101, b"zoom")))
    datagram("meet", "client", "An attribute of Google Meet's.", stun(0x0001, attribute(0xFF03, bytes(4))))
    datagram("teams", "client", "Microsoft's version and candidate.",
             stun(0x0001, attribute(0x8070, struct.pack(">I", 3)) + attribute(0x8054, b"1\0\0\0")))
    datagram("channel", "client", "Data on a channel of a relay.",
             struct.pack(">HH", 0x4001, 20) + noise("channel", 20))
    datagram("rtp", "server", "Media on the port that STUN opened.", rtp(111))
    datagram("dtls", "client", "Keys for the media.", b"\x16\xfe\xff" + bytes(8) + b"\x00\x10" + bytes(16))
    datagram("indication", "client", "A sign of life.", stun(0x0011, attribute(0x8028, noise("crc", 4))))
    datagram("cut-attribute", "server", "An attribute that is longer than its message.",
             stun(0x0101, struct.pack(">HH", 0x0014, 400) + b"example"))
    datagram("unpadded", "server", "A last attribute without its padding.",
             stun(0x0101, struct.pack(">HH", 0x8022, 5) + b"old-1"))
    put("stun", "tcp", "stream client", "Over TCP: an allocation, then data on a channel, padded.",
        stun(0x0003, attribute(0x0019, bytes([17, 0, 0, 0]))) +
        struct.pack(">HH", 0x4000, 5) + b"hello\0\0\0" + stun(0x0004))
    put("stun", "tcp-server", "stream server", "The answers.",
        stun(0x0103, mapped() + attribute(0x000D, struct.pack(">I", 600))) + stun(0x0104))
    put("stun", "tcp-broken", "stream client", "Something else behind the first message.",
        stun(0x0001) + b"\xff" * 24)


# --- WhatsApp ------------------------------------------------------------------------------------

def frame(body):
    return len(body).to_bytes(3, "big") + body


WHATSAPP_HELLO = frame(b"\x12\x22\x0a\x20" + noise("ephemeral", 32))


def whatsapp_routing(data=b"\x08\x08\x08\x02"):
    return b"ED\0\1" + len(data).to_bytes(3, "big") + data


def whatsapp_server(n=300):
    return frame(b"\x1a" + noise("server hello", n))


def whatsapp_payloads(put):
    finish = frame(b"\x22" + noise("finish", 250))
    put("whatsapp", "new", "stream client", "A first login: prologue, hello, last word, and a message.",
        b"WA\x06\x03" + WHATSAPP_HELLO + finish + frame(noise("message", 90)))
    put("whatsapp", "routed", "stream client", "With routing data ahead.",
        whatsapp_routing() + b"WA\x06\x02" + WHATSAPP_HELLO + finish)
    put("whatsapp", "old", "stream client", "The prologue of 2015.", b"WA\x01\x05" + frame(noise("old", 60)))
    put("whatsapp", "resumed", "stream client", "A login that knows the server: the hello is longer.",
        b"WA\x06\x05" + frame(b"\x12\xe4\x01\x0a\x20" + noise("resumed", 228)) + frame(noise("m", 40)))
    put("whatsapp", "server", "stream server", "The server's hello, and what follows.",
        whatsapp_server() + frame(noise("success", 120)) + frame(b"") + frame(noise("x", 3)) + frame(b"y"))
    put("whatsapp", "not", "stream client", "A word that begins like it.", b"ED\0\2\0\0\4ctor")


# --- Telegram --------------------------------------------------------------------------------------

def req_pq(what=0xBE7E8EF1):
    """A message in clear: no key, id, length, req_pq_multi with its nonce."""
    return bytes(8) + struct.pack("<QII", 0x65F0000000000000, 20, what) + noise("nonce", 16)


def res_pq():
    return bytes(8) + struct.pack("<QII", 0x65F0000000000001, 64, 0x05162463) + noise("pq", 60)


def padded(message, n=7):
    return struct.pack("<I", len(message) + n) + message + noise("pad", n)


def full(message, number=0):
    return struct.pack("<II", len(message) + 12, number) + message + noise("crc", 4)


def obfuscated2(tag, dc, word="hello"):
    """The hello that opens by its own key. Without a cipher at hand the key stream is bought the
    other way round: encrypt zeros, and lay the tag over them."""
    from aes import ctr
    hello = bytearray(noise(word, 64))
    stream = ctr(bytes(hello[8:40]), bytes(hello[40:56]), 64)
    plain = tag * 4 + struct.pack("<h", dc) + noise(word + " rest", 2)
    for i, byte in enumerate(plain):
        hello[56 + i] = byte ^ stream[56 + i]
    return bytes(hello)


def mtproto_payloads(put):
    def client(name, text, data):
        put("mtproto", name, "stream client", text, data)

    encrypted = noise("auth key id", 8) + noise("message", 96)
    client("abridged", "The shortest transport: a key is asked for, then a message under it.",
           b"\xef\x0a" + req_pq() + b"\x1a" + encrypted)
    client("abridged-known", "The first message is under a key already.", b"\xef\x1a" + encrypted)
    client("abridged-long", "A length of three bytes.", b"\xef\x7f\x00\x01\x00" + noise("long", 1024))
    client("intermediate", "Lengths of four bytes.", b"\xee" * 4 + struct.pack("<I", 40) + req_pq())
    client("padded", "With padding.", b"\xdd" * 4 + padded(req_pq(0x60469778)))
    client("full", "With numbers and checksums.", full(req_pq()))
    client("obfuscated", "Obfuscated, abridged inside, data centre 2.",
           obfuscated2(b"\xef", 2) + noise("rest", 90))
    client("obfuscated-media", "Padded inside, the media of data centre 4.", obfuscated2(b"\xdd", -4, "media"))
    client("obfuscated-test", "Intermediate inside, test server 3.", obfuscated2(b"\xee", 10003, "test"))
    client("not", "Sixty-four bytes of nothing.", noise("no hello", 64))
    put("mtproto", "answer", "stream server", "A server that speaks first.", res_pq())


def hello(tag="call", client="alice"):
    return noise(tag, 12) + noise(client, 4) + b"\xff" * 12 + b"\xfe\xff\xff\xff" + struct.pack(">Q", 123)


def reflected(tag="call", client="bob", n=120):
    return noise(tag, 12) + noise(client, 4) + noise("sender", 4) + struct.pack(">I", n) + noise("audio", n)


def reflector_payloads(put):
    put("reflector", "hello", "datagram client", "A client says hello.", hello())
    put("reflector", "data", "datagram server", "Audio from the other client.", reflected())
    put("reflector", "short", "datagram client", "A hello that lacks its end.", hello()[:39])


# --- Discord, Viber ----------------------------------------------------------------------------------

def discord_discovery(kind=1, address=b"", port=0):
    return struct.pack(">HHI", kind, 70, 0x01020304) + address.ljust(64, b"\0") + struct.pack(">H", port)


def discord_payloads(put):
    put("discord", "discovery", "datagram client", "Where do I come from?", discord_discovery())
    put("discord", "discovered", "datagram server", "From there.", discord_discovery(2, b"192.0.2.7", 50001))
    put("discord", "keepalive", "datagram client", "A sign of life.", b"\x13\x37\xca\xfe" + bytes(4))
    put("discord", "rtp", "datagram client", "Voice.", rtp(120, word="discord"))
    put("discord", "not", "datagram client", "A length that it has not.", discord_discovery()[:73])


def viber_frame(n=60):
    return struct.pack("<H", n) + noise("viber", 4) + b"\xfc\xff\x01\x80" + noise("frame", n - 10)


def viber_payloads(put):
    put("viber", "frames", "stream client", "Two frames.", viber_frame() + viber_frame(90))
    put("viber", "other", "stream server", "The other mark.",
        struct.pack("<H", 40) + noise("v", 2) + b"\x03\x80" + noise("o", 4) + b"\x0a" + noise("p", 29))
    put("viber", "call", "datagram client", "A call's first datagram.",
        noise("c", 2) + b"\x09\0" + noise("call", 16))
    put("viber", "short", "stream client", "A length that is too short.", b"\x05\0" + noise("s", 20))


def make(put):
    stun_payloads(put)
    discord_payloads(put)
    viber_payloads(put)
    whatsapp_payloads(put)
    mtproto_payloads(put)
    reflector_payloads(put)
