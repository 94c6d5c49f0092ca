# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames of a real capture as the packets of captures/lab, and capture files (pcap alone)."""
import socket
import struct

from lab.packets import ICMP, ICMP6, TCP, UDP, Packet

ETHERNET, RAW, SLL, SLL2 = 1, 101, 113, 276     # link types of pcap files
NS = 0xa1b23c4d                                 # magic of a pcap file with nanoseconds
PREFIX = 40             # bytes of payload that tell two packets apart even in a short capture
VLANS = (0x8100, 0x88a8)


class Seen(Packet):
    """A packet that was on a wire: raw is its frame, size the length of its payload there."""

    __slots__ = ("raw", "size")


def network(data, link=ETHERNET):
    """(EtherType, where the IP header begins)"""
    if link == RAW:
        return (0x86dd if data[:1] and data[0] >> 4 == 6 else 0x0800), 0
    if link == SLL:
        return int.from_bytes(data[14:16], "big"), 16
    if link == SLL2:
        return int.from_bytes(data[:2], "big"), 20
    at = 12
    kind = int.from_bytes(data[at:at + 2], "big")
    while kind in VLANS:
        at += 4
        kind = int.from_bytes(data[at:at + 2], "big")
    return kind, at + 2


def parse(data, link=ETHERNET):
    """The packet in a frame, or None: ARP, neighbour discovery, later fragments, other protocols."""
    kind, at = network(data, link)
    try:
        if kind == 0x0800:
            return parse4(data, at)
        if kind == 0x86dd:
            return parse6(data, at)
    except (struct.error, IndexError):
        pass
    return None


def parse4(data, at):
    head = struct.unpack_from("!BBHHHBBH4s4s", data, at)
    size, fragment = head[2] or len(data) - at, head[4]
    if fragment & 0x1fff:
        return None
    p = Seen(socket.inet_ntop(socket.AF_INET, head[8]), socket.inet_ntop(socket.AF_INET, head[9]),
             head[6], ttl=head[5], ip_id=head[3], df=bool(fragment & 0x4000), tos=head[1])
    n = (head[0] & 15) * 4
    return transport(p, data[at + n:at + size], size - n)


def parse6(data, at):
    word, size, proto, limit = struct.unpack_from("!IHBB", data, at)
    p = Seen(socket.inet_ntop(socket.AF_INET6, data[at + 8:at + 24]),
             socket.inet_ntop(socket.AF_INET6, data[at + 24:at + 40]),
             proto, ttl=limit, tos=word >> 20 & 255)
    if proto == ICMP6 and data[at + 40] >= 133:         # RFC 4861: neighbour discovery
        return None
    size = size or len(data) - at - 40
    return transport(p, data[at + 40:at + 40 + size], size)


def transport(p, data, size):
    """size: of the datagram's content, of which data may be a part."""
    p.raw, head = None, 8
    if p.proto == TCP:
        p.sport, p.dport, p.seq, p.ack, offset, p.flags, p.window = \
            struct.unpack_from("!HHIIBBH", data)
        head, p.reserved = (offset >> 4) * 4, offset & 15
        p.options = bytes(data[20:head])
    elif p.proto == UDP:
        p.sport, p.dport = struct.unpack_from("!HH", data)
    elif p.proto in (ICMP, ICMP6):
        p.icmp = struct.unpack_from("!BBxxI", data)
    else:
        return None
    p.payload, p.size = bytes(data[head:]), size - head
    return p


def key(p):
    """What stays the same of a packet from one end of the path to the other, or nearly: equal
    keys in equal order are the same packets."""
    size = p.size if isinstance(p, Seen) else len(p.payload)
    return (p.src, p.dst, p.proto, p.sport, p.dport, p.seq, p.ack if p.proto == TCP else 0,
            p.flags, p.window, p.ip_id, size, p.icmp and p.icmp[:2], p.payload[:PREFIX])


def read(path):
    """(link type, [(microseconds since 1970, bytes, length on the wire)]) of a pcap file."""
    with open(path, "rb") as f:
        data = f.read()
    magic, link = struct.unpack_from("<I16xI", data)
    unit = 1000 if magic == NS else 1
    out, at = [], 24
    while at + 16 <= len(data):
        seconds, part, kept, size = struct.unpack_from("<IIII", data, at)
        if at + 16 + kept > len(data):
            break
        out.append((seconds * 1000000 + part // unit, data[at + 16:at + 16 + kept], size))
        at += 16 + kept
    return link & 0xffff, out


def write(path, link, records, snaplen=262144):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, snaplen, link))
        for t, data, size in records:
            f.write(struct.pack("<IIII", t // 1000000, t % 1000000, len(data), size) + data)
