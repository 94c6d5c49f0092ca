# SPDX-License-Identifier: GPL-3.0-or-later
"""Capture files: pcap, pcapng and gzip around them (draft-ietf-opsawg-pcap, -pcapng, RFC 1952)."""
import struct
import zlib

LINKTYPE_ETHERNET = 1
SNAPLEN = 262144        # tcpdump's default


def pcap(frames, snaplen):
    """frames: (microseconds since the epoch, bytes)."""
    out = [struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, snaplen, LINKTYPE_ETHERNET)]
    for t, data in frames:
        out.append(struct.pack("<IIII", t // 1000000, t % 1000000, min(len(data), snaplen),
                               len(data)))
        out.append(data[:snaplen])
    return b"".join(out)


def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    n = 12 + len(body)
    return struct.pack("<II", kind, n) + body + struct.pack("<I", n)


def pcapng(frames, snaplen):
    out = [block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)),
           block(1, struct.pack("<HHI", LINKTYPE_ETHERNET, 0, snaplen))]
    for t, data in frames:
        kept = data[:snaplen]
        out.append(block(6, struct.pack("<IIIII", 0, t >> 32, t & 0xffffffff, len(kept),
                                        len(data)) + kept))
    return b"".join(out)


def gzipped(data):
    """One member without name or time, so that the same capture gives the same bytes."""
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"\x1f\x8b\x08\0\0\0\0\0\2\xff" + c.compress(data) + c.flush() \
        + struct.pack("<II", zlib.crc32(data), len(data) & 0xffffffff)


def encode(frames, kind, snaplen=None):
    make = pcapng if kind.startswith("pcapng") else pcap
    data = make(frames, snaplen or SNAPLEN)
    return gzipped(data) if kind.endswith(".gz") else data
