# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets as they travel, and as bytes on the wire (RFC 791, 8200, 9293, 768, 792, 4443, 1071)."""
import functools
import socket
import struct

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 1, 2, 4, 8, 16, 32, 64, 128
TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
MASK = 0xffffffff

ETHERNET_MIN = 60       # IEEE 802.3, 3.2.7: without the FCS
CLIENT_MAC = bytes.fromhex("020000000001")      # locally administered
GATEWAY_MAC = bytes.fromhex("020000000002")


class Packet:
    """One IP packet. ttl is what its sender gave it; the path subtracts the hops."""

    __slots__ = ("src", "dst", "proto", "sport", "dport", "seq", "ack", "flags", "window",
                 "options", "payload", "ttl", "ip_id", "df", "tos", "reserved", "icmp",
                 "event", "way", "spoil", "decoy")

    def __init__(self, src, dst, proto, sport=0, dport=0, seq=0, ack=0, flags=0, window=0,
                 options=b"", payload=b"", ttl=64, ip_id=0, df=True, tos=0, icmp=None):
        self.src, self.dst, self.proto = src, dst, proto
        self.sport, self.dport = sport, dport
        self.seq, self.ack, self.flags, self.window = seq & MASK, ack & MASK, flags, window
        self.options, self.payload = options, payload
        self.ttl, self.ip_id, self.df, self.tos, self.reserved = ttl, ip_id & 0xffff, df, tos, 0
        self.icmp = icmp        # (type, code, second word) or None
        self.event = None       # the interference that forged it, or None if it is true
        self.way = None         # "up" or "down", set by the path
        self.spoil = 0          # what its checksum is wrong by
        self.decoy = False      # made by the client's side for filters to read

    def copy(self, **changes):
        p = Packet.__new__(Packet)
        for name in Packet.__slots__:
            setattr(p, name, changes[name] if name in changes else getattr(self, name))
        return p

    @property
    def length(self):
        """Sequence numbers that a segment takes up."""
        return len(self.payload) + bool(self.flags & SYN) + bool(self.flags & FIN)


@functools.lru_cache(None)
def address(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def is_v6(text):
    return ":" in text


def checksum(data):
    """RFC 1071, by arithmetic modulo 2^16 - 1."""
    if len(data) & 1:
        data += b"\0"
    n = int.from_bytes(data, "big")
    if n == 0:
        return 0xffff
    return 0xffff - (n % 0xffff or 0xffff)


def transport(p):
    """The bytes above IP, with a correct checksum."""
    if p.proto == TCP:
        options = p.options + b"\0" * (-len(p.options) % 4)
        head = struct.pack("!HHIIBBHHH", p.sport, p.dport, p.seq, p.ack,
                           (5 + len(options) // 4) << 4 | p.reserved, p.flags, p.window, 0, 0)
        at, data = 16, head + options + p.payload
    elif p.proto == UDP:
        at, data = 6, struct.pack("!HHHH", p.sport, p.dport, 8 + len(p.payload), 0) + p.payload
    else:
        kind, code, word = p.icmp
        at, data = 2, struct.pack("!BBHI", kind, code, 0, word) + p.payload
    if p.proto == ICMP:
        pseudo = b""
    else:
        pseudo = address(p.src) + address(p.dst) + struct.pack("!HH", p.proto, len(data))
    c = checksum(pseudo + data)
    if p.proto == UDP and c == 0:
        c = 0xffff
    return data[:at] + struct.pack("!H", c ^ p.spoil) + data[at + 2:]


def ip_bytes(p, ttl):
    assert is_v6(p.src) == is_v6(p.dst), (p.src, p.dst)
    data = transport(p)
    if is_v6(p.src):
        return struct.pack("!IHBB", 6 << 28 | p.tos << 20, len(data), p.proto, ttl) \
            + address(p.src) + address(p.dst) + data
    head = struct.pack("!BBHHHBBH", 0x45, p.tos, 20 + len(data), p.ip_id, 0x4000 if p.df else 0,
                       ttl, p.proto, 0) + address(p.src) + address(p.dst)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + data


def frame_bytes(p, ttl, inbound, vlan=None):
    """An Ethernet frame, padded if it came in over the wire (what goes out is seen unpadded)."""
    macs = CLIENT_MAC + GATEWAY_MAC if inbound else GATEWAY_MAC + CLIENT_MAC
    kind = struct.pack("!H", 0x86dd if is_v6(p.src) else 0x0800)
    if vlan is not None:
        kind = struct.pack("!HH", 0x8100, vlan) + kind
    data = macs + kind + ip_bytes(p, ttl)
    if inbound and len(data) < ETHERNET_MIN:
        data += b"\0" * (ETHERNET_MIN - len(data))
    return data


def option_mss(n):
    return struct.pack("!BBH", 2, 4, n)


def option_ts(value, echo):
    return struct.pack("!BBBBII", 1, 1, 8, 10, value & MASK, echo & MASK)


def option_sack(blocks):
    return b"\1\1" + struct.pack("!BB", 5, 2 + 8 * len(blocks)) \
        + b"".join(struct.pack("!II", a & MASK, b & MASK) for a, b in blocks)


SACK_OK, NOP = b"\4\2", b"\1"


def option_wscale(n):
    return struct.pack("!BBB", 3, 3, n)
