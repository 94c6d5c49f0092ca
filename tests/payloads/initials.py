# SPDX-License-Identifier: GPL-3.0-or-later
"""Payloads of QUIC, sealed by the laboratory's own hand."""
import os
import random
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "captures"))
from lab import quic        # noqa: E402

# RFC 9001 and RFC 9369, appendix A: the connection ID and the frames of both ends' first Initials.
SAMPLE_DCID, SAMPLE_SCID = bytes.fromhex("8394c8f03e515708"), bytes.fromhex("f067a5502a4262b5")
SAMPLE_CLIENT = bytes.fromhex(
    "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c000004130113"
    "02010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d00170018001000070005"
    "04616c706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce1"
    "5d43e994ec74d748002b0003020304000d0010000e0403050306030203080408050806002d00020101001c0002400100"
    "3900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8f03e51570806"
    "048000ffff").ljust(1162, b"\0")
SAMPLE_SERVER = bytes.fromhex(
    "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a1200"
    "130100002e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00"
    "020304")


def samples(add):
    for version, number in ((quic.V1, 9001), (quic.V2, 9369)):
        add(f"rfc{number}-client", "client", f"RFC {number}, A.2: the client's Initial.",
            quic.initial(version, SAMPLE_DCID, b"", 2, SAMPLE_CLIENT, number_length=4, size=1200))
        add(f"rfc{number}-server", "server", f"RFC {number}, A.3: the server's Initial.",
            quic.initial(version, b"", SAMPLE_SCID, 1, SAMPLE_SERVER, "server", of=SAMPLE_DCID, number_length=2))
        add(f"rfc{number}-retry", "server", f"RFC {number}, A.4: a Retry.",
            quic.retry(version, b"", SAMPLE_SCID, b"token", SAMPLE_DCID))


def make(put):
    rng, dcid, scid = random.Random("quic"), bytes(range(8)), bytes(range(20, 25))
    name = "blocked.example"
    hello = quic.client_hello(rng, name)

    def add(file, side, text, data):
        put("quic", file, f"datagram {side}", text, data)

    def first(version, frames, **more):
        return quic.initial(version, dcid, scid, 0, frames, size=1200, **more)
    samples(add)
    for word, version in (("1", quic.V1), ("2", quic.V2), ("29", quic.DRAFT29), ("27", quic.DRAFT27),
                          ("22", quic.DRAFT22)):
        add(f"hello-{word}", "client", f"A ClientHello in version {word}.", first(version, quic.crypto(0, hello)))
    add("chaos", "client", "The hello in pieces, out of order, with PING and PADDING between.",
        first(quic.V1, quic.chaos(rng, hello)))
    add("overlap", "client", "The hello in pieces that overlap, the last one first.",
        first(quic.V1, quic.crypto(100, hello[100:]) + quic.crypto(0, hello[:180]) + quic.crypto(90, hello[90:120])))
    large = quic.client_hello(rng, name, large=True)
    add("large", "client", "Half of a hello with a post-quantum key; the name may be in the other half.",
        first(quic.V1, quic.crypto(0, large[:1100])))
    add("large-rest", "client", "The other half.",
        quic.initial(quic.V1, dcid, scid, 1, quic.crypto(1100, large[1100:]), size=1200))
    add("server", "server", "The server's Initial for the hello: ACK and ServerHello.",
        quic.initial(quic.V1, scid, b"\x99" * 8, 0, quic.ack(0) + quic.crypto(0, quic.server_hello(rng)), "server", of=dcid))
    add("retry", "server", "A Retry for the hello.", quic.retry(quic.V1, scid, b"\x77" * 4, b"try again", dcid))
    add("retry-bad", "server", "A Retry whose tag does not hold.",
        quic.retry(quic.V1, scid, b"\x77" * 4, b"try again", dcid, good=False))
    add("after-retry", "client", "The hello again, where the Retry sent it, with its token.",
        quic.initial(quic.V1, b"\x77" * 4, scid, 1, quic.crypto(0, hello), token=b"try again", size=1200))
    add("another", "client", "The first Initial of another connection.",
        quic.initial(quic.V1, b"\x55" * 9, scid, 0, quic.crypto(0, quic.client_hello(rng, "other.example")), size=1200))
    add("token", "client", "An Initial with a token.", first(quic.V1, quic.crypto(0, hello), token=bytes(70)))
    add("short-initial", "client", "An Initial of 95 bytes, which no server may answer.",
        quic.initial(quic.V1, b"", b"", 0, quic.crypto(0, hello[:40])))
    add("close", "client", "An Initial that closes the connection.",
        quic.initial(quic.V1, dcid, scid, 3, quic.ack(1) + quic.close(0x100 + 40, b"no")))
    add("coalesced", "client", "An Initial, a Handshake packet and one with a short header in one datagram.",
        quic.initial(quic.V1, dcid, scid, 1, quic.ack(0)) + quic.dark(rng, quic.V1, quic.HANDSHAKE, dcid, scid, 90)
        + quic.short(rng, dcid, 60))
    add("zeros-behind", "client", "An Initial in a datagram that is filled up with zeros outside of it.",
        quic.initial(quic.V1, dcid, scid, 0, quic.crypto(0, hello)) + bytes(600))
    add("tag-broken", "client", "An Initial whose tag does not hold.", first(quic.V1, quic.crypto(0, hello))[:-1] + b"?")
    add("reserved", "client", "A version that exists to be refused (RFC 9000, 15).",
        bytes.fromhex("cabababaaa08") + dcid + b"\x05" + scid + rng.randbytes(1180))
    add("negotiation", "server", "Version Negotiation.", quic.negotiation(rng, scid, dcid, (quic.V1, quic.V2, 0x1a2a3a4a)))
    add("handshake", "server", "A Handshake packet.", quic.dark(rng, quic.V1, quic.HANDSHAKE, scid, dcid, 700))
    add("zero-rtt", "client", "A 0-RTT packet.", quic.dark(rng, quic.V1, quic.ZERO_RTT, dcid, scid, 300))
    add("short", "server", "A short header.", quic.short(rng, scid, 40))
    chlo = quic.chlo(rng, name)
    add("q050", "client", "Google's hello in Q050, sealed.", first(0x51303530, quic.crypto(0, chlo)))
    add("q046", "client", "Google's hello in Q046, readable behind a hash.",
        b"\xc3Q046\x50" + dcid + bytes(3) + b"\x01" + bytes(12) + b"\xa0\x01" + struct.pack(">H", len(chlo)) + chlo)
    add("q043", "client", "Google's hello in Q043.",
        b"\x09" + dcid + b"Q043\x01" + bytes(12) + b"\xa0\x01" + struct.pack(">H", len(chlo)) + chlo)
