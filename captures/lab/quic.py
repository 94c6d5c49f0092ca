# SPDX-License-Identifier: GPL-3.0-or-later
"""QUIC packets as bytes (RFC 9000, 9001, 9369), with Initials that anybody can open.

Needs python3-cryptography, which is asked for only when a packet is sealed."""
import functools
import hashlib
import hmac
import struct

from .payloads import GREASE, MLKEM, MLKEM_SHARE, X25519, extension, handshake, u16s, v8, v16

V1, V2, DRAFT29, DRAFT27, DRAFT22 = 1, 0x6b3343cf, 0xff00001d, 0xff00001b, 0xff000016
INITIAL, ZERO_RTT, HANDSHAKE, RETRY = range(4)
TAG = 16
DATAGRAM = 1200         # RFC 9000, 14.1
PING, CLOSE = b"\x01", 0x1c

# RFC 9001, 5.2 and 5.8; RFC 9369, 3.3; draft-ietf-quic-tls-29, -25, -22
SALTS = {V1: "38762cf7f55934b34d179ae6a4c80cadccbb7f0a", V2: "0dede3def700a6db819381be6e269dcbf9bd2ed9",
         DRAFT29: "afbfec289993d24c9e9786f19c6111e04390a899",
         DRAFT27: "c3eef712c72ebb5a11a7d2432bb46365bef9f502",
         DRAFT22: "7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a",
         0x51303530: "504574efd066fe2f9d945cfcdbd3a7f0d3b56b45"}
RETRIES = {V1: ("be0c690b9f66575a1d766b54e368c84e", "461599d35d632bf2239825bb"),
           V2: ("8fb4b01b56ac48e260fbcbcead7ccc92", "d86969bc2d7c6d9990efb04a"),
           DRAFT29: ("ccce187ed09a09d05728155a6cb96be1", "e54930f97f2136f0530a8c1c"),
           DRAFT27: ("4d32ecdb2a2133c841e4043df27d4430", "4d1611d05513a552c587d575")}


def aes():
    try:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as e:
        raise SystemExit("QUIC packets need python3-cryptography: %s" % e)
    return Cipher, algorithms.AES, modes.ECB, AESGCM


def varint(n, width=0):
    """RFC 9000, 16; width: 1, 2, 4 or 8 bytes, or 0 for the least."""
    width = width or (1 if n < 1 << 6 else 2 if n < 1 << 14 else 4 if n < 1 << 30 else 8)
    return (n | {1: 0, 2: 1, 4: 2, 8: 3}[width] << 8 * width - 2).to_bytes(width, "big")


def expand(secret, label, n):
    label = b"tls13 " + label.encode()
    return hmac.new(secret, struct.pack("!H", n) + v8(label) + b"\0\1", hashlib.sha256).digest()[:n]


@functools.lru_cache(64)
def keys(version, dcid, side):
    """(key, iv, hp) of the Initials of "client" or "server"."""
    first = hmac.new(bytes.fromhex(SALTS[version]), dcid, hashlib.sha256).digest()
    secret = expand(first, side + " in", 32)
    prefix = "quicv2 " if version == V2 else "quic "
    return tuple(expand(secret, prefix + label, n) for label, n in (("key", 16), ("iv", 12), ("hp", 16)))


def first_byte(version, kind, number_length=1):
    """RFC 9000, 17.2; RFC 9369, 3.2 turns the types."""
    return 0xc0 | (kind + (version == V2)) % 4 << 4 | number_length - 1


def long_header(version, kind, dcid, scid, number_length=1):
    return struct.pack("!BI", first_byte(version, kind, number_length), version) + v8(dcid) + v8(scid)


def seal(secrets, head, number, text):
    """head: the header up to and without the packet number, whose length is in its first byte."""
    cipher, AES, ECB, GCM = aes()
    key, iv, hp = secrets
    size = (head[0] & 3) + 1
    head += number.to_bytes(size, "big")
    nonce = (int.from_bytes(iv, "big") ^ number).to_bytes(12, "big")
    sealed = GCM(key).encrypt(nonce, text, head)
    e = cipher(AES(hp), ECB()).encryptor()
    mask = e.update(sealed[4 - size:20 - size])
    head = bytearray(head)
    head[0] ^= mask[0] & 0x0f
    for i in range(size):
        head[i - size] ^= mask[1 + i]
    return bytes(head) + sealed


def initial(version, dcid, scid, number, frames, side="client", token=b"", of=None, size=0,
            number_length=1):
    """of: the connection ID that the keys come from; size: of the datagram that it fills."""
    head = long_header(version, INITIAL, dcid, scid, number_length) + varint(len(token)) + token
    room = size - len(head) - 2 - number_length - TAG
    text = frames.ljust(max(room, 4), b"\0")
    head += varint(len(text) + number_length + TAG, 2)
    return seal(keys(version, of or dcid, side), head, number, text)


def dark(rng, version, kind, dcid, scid, size):
    """A packet that only the ends can open."""
    body = rng.randbytes(max(size - 7 - len(dcid) - len(scid) - 2, 20))
    return long_header(version, kind, dcid, scid, 2) + varint(len(body), 2) + body


def short(rng, dcid, size):
    return bytes((0x40 | rng.randrange(64),)) + dcid + rng.randbytes(max(size - 1 - len(dcid), 20))


def retry(version, dcid, scid, token, original, good=True):
    _, _, _, GCM = aes()
    packet = long_header(version, RETRY, dcid, scid, 16) + token
    key, nonce = (bytes.fromhex(x) for x in RETRIES[version])
    tag = GCM(key).encrypt(nonce, b"", v8(original) + packet)
    return packet + (tag if good else tag[::-1])


def negotiation(rng, dcid, scid, versions):
    return bytes((0x80 | rng.randrange(128),)) + struct.pack("!I", 0) + v8(dcid) + v8(scid) \
        + b"".join(struct.pack("!I", v) for v in versions)


def crypto(offset, data):
    return b"\x06" + varint(offset) + varint(len(data), 2) + data


def ack(largest):
    return b"\x02" + varint(largest) + varint(8) + varint(0) + varint(largest)


def close(code=0, reason=b""):
    return bytes((CLOSE,)) + varint(code, 2) + b"\0" + varint(len(reason)) + reason


def client_hello(rng, name, large=False, alpn=(b"h3",), ech=False):
    """A browser's hello in QUIC; large carries a post-quantum key share and takes two datagrams."""
    grease = rng.choice(GREASE)
    groups = [grease] + ([MLKEM] if large else []) + [X25519, 0x0017, 0x0018]
    shares = u16s(grease) + v16(b"\0")
    if large:
        shares += u16s(MLKEM) + v16(rng.randbytes(MLKEM_SHARE))
    shares += u16s(X25519) + v16(rng.randbytes(32))
    parameters = b"".join(varint(k) + varint(len(v)) + v for k, v in (
        (1, varint(30000, 4)), (3, varint(1472)), (4, varint(15728640, 4)), (5, varint(6291456, 4)),
        (8, varint(100, 2)), (9, varint(103, 2)), (15, b"")))
    rest = [extension(0x33, v16(shares)), extension(10, v16(u16s(*groups))),
            extension(16, v16(b"".join(v8(a) for a in alpn))), extension(0x39, parameters),
            extension(13, v16(u16s(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601,
                                   0x0201))),
            extension(0x2b, v8(u16s(grease, 0x0304))), extension(0x2d, v8(b"\1"))]
    if ech:
        rest.append(extension(0xfe0d, b"\0" + u16s(1, 1) + b"\x2a" + v16(rng.randbytes(32))
                              + v16(rng.randbytes(208))))
    if name:
        rest.insert(rng.randrange(len(rest) + 1), extension(0, v16(b"\0" + v16(name.encode()))))
    body = u16s(0x0303) + rng.randbytes(32) + v8(b"") + v16(u16s(0x1301, 0x1302, 0x1303)) + v8(b"\0") \
        + v16(extension(grease, b"") + b"".join(rest))
    return handshake(1, body)


def server_hello(rng):
    body = u16s(0x0303) + rng.randbytes(32) + v8(b"") + u16s(0x1301) + b"\0" \
        + v16(extension(0x33, u16s(X25519) + v16(rng.randbytes(32))) + extension(0x2b, u16s(0x0304)))
    return handshake(2, body)


def chlo(rng, name):
    """The hello of Google's QUIC: tags with the ends of their values, all little-endian."""
    tags = [(b"PAD\0", bytes(400)), (b"SNI\0", name.encode()), (b"VER\0", b"Q050"),
            (b"NONC", rng.randbytes(32))]
    table, end = b"", 0
    for tag, value in tags:
        end += len(value)
        table += tag + struct.pack("<I", end)
    return b"CHLO" + struct.pack("<HH", len(tags), 0) + table + b"".join(v for _, v in tags)


def chaos(rng, hello, pieces=5):
    """The hello as Chrome sends it: in pieces, in any order, with PING and PADDING between."""
    cuts = sorted(rng.sample(range(1, len(hello)), pieces - 1))
    parts = [(a, hello[a:b]) for a, b in zip([0] + cuts, cuts + [len(hello)])]
    rng.shuffle(parts)
    return b"".join(crypto(a, d) + rng.choice((PING, b"\0" * rng.randrange(1, 9))) for a, d in parts)
