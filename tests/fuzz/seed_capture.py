#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the first seeds of corpus/capture: tiny files of every kind that capture.c reads."""
import gzip
import os
import struct
import sys

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus", "capture")


def ipv4(protocol, body, flags=0x4000, ident=7):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), ident, flags, 64, protocol, 0,
                       bytes([192, 0, 2, 1]), bytes([198, 51, 100, 2]))
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    return head[:10] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + head[12:] + body


def ipv6(following, body):
    return struct.pack("!IHBB", 6 << 28, len(body), following, 64) + \
        bytes.fromhex("20010db8000000000000000000000001") + \
        bytes.fromhex("20010db8000000000000000000000002") + body


def tcp(flags, data=b"", options=b""):
    return struct.pack("!HHIIBBHHH", 40000, 443, 1, 1, (5 + len(options) // 4) << 4, flags, 512, 0,
                       0) + options + data


def udp(data):
    return struct.pack("!HHHH", 5353, 53, 8 + len(data), 0) + data


SYN = tcp(2, options=bytes.fromhex("020405b40402080a0000000100000000"))
ETHERNET = bytes.fromhex("0202020202020404040404040800")
PACKETS = {
    1: [ETHERNET + ipv4(6, SYN), ETHERNET + ipv4(17, udp(b"query")),
        ETHERNET[:12] + bytes.fromhex("8100000586dd") + ipv6(6, tcp(4)),
        ETHERNET + ipv4(1, bytes.fromhex("03010000000005dc") + ipv4(6, SYN)),
        ETHERNET + ipv4(17, udp(b"x" * 16), 0x2000), ETHERNET + ipv4(17, b"y" * 8, 3),
        ETHERNET + ipv4(47, bytes.fromhex("00000800") + ipv4(6, tcp(17)))],
    101: [ipv4(6, tcp(24, b"GET / HTTP/1.1\r\n\r\n")), ipv6(44, bytes.fromhex("1100000000000001")
                                                            + udp(b"z"))],
    0: [struct.pack("<I", 2) + ipv4(6, tcp(20))],
    113: [bytes.fromhex("00000001000602020202020200000800") + ipv4(6, SYN)],
    276: [bytes.fromhex("0800000000000001000100060202020202020000") + ipv4(17, udp(b"a"))],
}


def pcap(order, magic, link, extra=b""):
    out = struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, 96, link)
    for i, p in enumerate(PACKETS[link & 0xFFFF]):
        out += struct.pack(order + "IIII", 1700000000, i, len(p), len(p)) + extra + p
    return out


def block(order, kind, body):
    body += b"\0" * (-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def section(order, links, resolution):
    out = block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    for link in links:
        out += block(order, 1, struct.pack(order + "HHI", link, 0, 96)
                     + option(order, 9, bytes([resolution])) + option(order, 14, b"\0" * 8)
                     + option(order, 0, b""))
    for i, link in enumerate(links):
        for p in PACKETS[link]:
            out += block(order, 6, struct.pack(order + "IIIII", i, 400000, 77, len(p), len(p)) + p)
    first = PACKETS[links[0]][0]
    out += block(order, 3, struct.pack(order + "I", len(first)) + first)
    out += block(order, 2, struct.pack(order + "HHIIII", 0, 3, 400000, 78, len(first), len(first))
                 + first)
    out += block(order, 9, b"__REALTIME_TIMESTAMP=1700000000000000\n")
    out += block(order, 0x0BAD, struct.pack(order + "I", 32473) + b"data")
    return out + block(order, 5, struct.pack(order + "III", 0, 400000, 79)
                       + option(order, 5, struct.pack(order + "Q", 4)))


def main():
    seeds = {"patched.pcap": pcap("<", 0xA1B2CD34, 1, b"\0" * 8),
             "nanoseconds.pcap": pcap("<", 0xA1B23C4D, 1),
             "big-endian.pcap": pcap(">", 0xA1B2C3D4, 1),
             "fcs.pcap": pcap("<", 0xA1B2C3D4, 0x44000001)}
    for link in PACKETS:
        seeds["link-%d.pcap" % link] = pcap("<", 0xA1B2C3D4, link)
    seeds["sections.pcapng"] = section("<", [1, 101], 6) + section(">", [113, 276, 0], 0x94)
    seeds["milliseconds.pcapng"] = section(">", [1], 3)
    seeds["cut.pcap"] = seeds["link-1.pcap"][:-5]
    seeds["cut.pcapng"] = seeds["sections.pcapng"][:-30]
    seeds["plain.pcap.gz"] = gzip.compress(seeds["link-1.pcap"], mtime=0)
    seeds["members.pcapng.gz"] = gzip.compress(seeds["sections.pcapng"][:200], mtime=0) + \
        gzip.compress(seeds["sections.pcapng"][200:], mtime=0)
    # One frame of one raw block each (RFC 8878, 3.1.1): no library needed.
    body = seeds["link-101.pcap"]
    seeds["raw.pcap.zst"] = struct.pack("<IBB", 0xFD2FB528, 0x20, len(body)) + \
        struct.pack("<I", len(body) << 3 | 1)[:3] + body
    os.makedirs(OUT, exist_ok=True)
    for name, data in seeds.items():
        with open(os.path.join(OUT, name), "wb") as f:
            f.write(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
