# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates in DER (RFC 5280, X.690) and the handshake of TLS 1.2 that shows them (RFC 5246).

Keys and signatures are random numbers: nobody here checks them, and none can be used."""
from .payloads import (application, extension, handshake, record, u16s, v8)

RSA, SHA256_RSA = (1, 2, 840, 113549, 1, 1, 1), (1, 2, 840, 113549, 1, 1, 11)
COMMON_NAME, ORGANIZATION, COUNTRY = (2, 5, 4, 3), (2, 5, 4, 10), (2, 5, 4, 6)
ALTERNATIVE_NAME, KEY_USAGE, BASIC = (2, 5, 29, 17), (2, 5, 29, 15), (2, 5, 29, 19)
CIPHER_12 = 0xc02f          # TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
PUBLIC = ("R3 Example Authority", "Example Trust Services")


def der(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 128:
        return bytes((tag, n)) + body
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes((tag, 128 | len(size))) + size + body


def integer(n):
    return der(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def oid(numbers):
    out = bytes((numbers[0] * 40 + numbers[1],))
    for n in numbers[2:]:
        digits = [n & 127]
        while n > 127:
            n >>= 7
            digits.insert(0, n & 127 | 128)
        out += bytes(digits)
    return der(6, out)


def name(common, organization=None, country=None):
    return der(0x30, *[der(0x31, der(0x30, oid(kind), der(0x0c, text.encode())))
                       for kind, text in ((COUNTRY, country), (ORGANIZATION, organization),
                                          (COMMON_NAME, common)) if text])


class Key:
    def __init__(self, rng, exponent=65537, bits=2048):
        self.modulus = rng.getrandbits(bits) | 1 << bits - 1 | 1
        numbers = der(0x30, integer(self.modulus), integer(exponent))
        self.spki = der(0x30, der(0x30, oid(RSA), der(5)), der(3, b"\0", numbers))


def certificate(rng, key, subject, names=(), issuer=PUBLIC, since="260101", until="270101",
                bare=False):
    """subject and issuer: (common name, organization, country), issuer None: itself."""
    extensions = []
    if names:
        extensions.append((ALTERNATIVE_NAME, der(0x30, *[der(0x82, n.encode()) for n in names])))
    if not bare:
        extensions += [(KEY_USAGE, der(3, b"\5\xa0")), (BASIC, der(0x30))]
    algorithm = der(0x30, oid(SHA256_RSA), der(5))
    tbs = der(0x30, der(0xa0, integer(2)), integer(rng.getrandbits(120)), algorithm,
              name(*(issuer or subject)),
              der(0x30, *[der(0x17, (day + "000000Z").encode()) for day in (since, until)]),
              name(*subject), key.spki,
              der(0xa3, der(0x30, *[der(0x30, oid(o), der(4, v)) for o, v in extensions]))
              if extensions else b"")
    return der(0x30, tbs, algorithm, der(3, b"\0", rng.randbytes(256)))


def site(rng, host, issuer=PUBLIC, **more):
    """A certificate as sites have them."""
    return certificate(rng, Key(rng, more.pop("exponent", 65537)), (host,), (host, "www." + host),
                       issuer, **more)


def u24(b):
    return len(b).to_bytes(3, "big") + b


def flight(rng, chain, cipher=CIPHER_12, alert=b""):
    """ServerHello, Certificate, ServerKeyExchange, ServerHelloDone, a record each."""
    hello = u16s(0x0303) + rng.randbytes(32) + v8(rng.randbytes(32)) + u16s(cipher) + b"\0"
    extensions = extension(0xff01, b"\0") + extension(0x17, b"")
    hello += u16s(len(extensions)) + extensions
    exchange = b"\3" + u16s(0x001d) + v8(rng.randbytes(32)) + u16s(0x0804, 256) + rng.randbytes(256)
    return record(22, handshake(2, hello)) \
        + record(22, handshake(11, u24(b"".join(u24(c) for c in chain)))) \
        + record(22, handshake(12, exchange)) + record(22, handshake(14, b"")) + alert


def client_exchange(rng):
    return record(22, handshake(16, v8(rng.randbytes(32)))) + record(20, b"\1") \
        + record(22, rng.randbytes(40))


def server_finished(rng):
    return record(20, b"\1") + record(22, rng.randbytes(40))


def serve(lab, chain):
    """Steps of a server of TLS 1.2, behind the ClientHello; chain: certificates, or a function of
    the app and connection that gives them."""
    rng = lab.rng

    def answer(app, c):
        shown = chain(app, c) if callable(chain) else chain
        return [("wait", rng.randrange(900, 4000)), ("send", flight(rng, shown)), ("record", 3),
                ("send", server_finished(rng)), ("record",), ("wait", rng.randrange(2000, 9000)),
                ("send", application(rng, rng.randrange(500, 1700))), ("recv", 1 << 30)]
    return answer


def client(lab, refuse=None):
    """Steps of a client of TLS 1.2, behind its hello; refuse: the alert to send instead."""
    rng = lab.rng
    if refuse is not None:
        return [("record", 4), ("send", record(21, bytes((2, refuse)))), ("close",)]
    return [("record", 4), ("send", client_exchange(rng)), ("record", 2),
            ("send", application(rng, rng.randrange(180, 420))), ("record",),
            ("wait", rng.randrange(20, 200) * 1000), ("close",)]
