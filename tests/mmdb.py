# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes small databases in the format of MaxMind, of networks that are nobody's.
https://maxmind.github.io/MaxMind-DB/ (format version 2.0)."""
import ipaddress

EXTENDED = 7        # types above this one have a byte of their own
UTF8, UINT16, UINT32, MAP, UINT64, ARRAY = 2, 5, 6, 7, 9, 11
RECORD = 3          # bytes


def control(kind, size):
    if size >= 29:
        assert size < 29 + 256
        size, more = 29, bytes([size - 29])
    else:
        more = b""
    if kind > EXTENDED:
        return bytes([size, kind - EXTENDED]) + more
    return bytes([kind << 5 | size]) + more


def encode(value):
    if isinstance(value, str):
        text = value.encode()
        return control(UTF8, len(text)) + text
    if isinstance(value, dict):
        return control(MAP, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())
    if isinstance(value, list):
        return control(ARRAY, len(value)) + b"".join(map(encode, value))
    kind, n = value         # (UINT32, 64500)
    digits = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return control(kind, len(digits)) + digits


def write(path, kind, networks, version=6):
    """networks: {"192.0.2.0/24": {...}}, none of which holds another; IPv4 lies in ::/96."""
    nodes, data = [[None, None]], bytearray()
    for text, value in networks.items():
        net = ipaddress.ip_network(text)
        bits = 128 if version == 6 else 32
        length = net.prefixlen + (96 if version == 6 and net.version == 4 else 0)
        at = 0
        for i in range(length):
            bit = int(net.network_address) >> bits - 1 - i & 1
            if i == length - 1:
                nodes[at][bit] = ("data", len(data))
            elif nodes[at][bit] is None:
                nodes.append([None, None])
                nodes[at][bit] = at = len(nodes) - 1
            else:
                at = nodes[at][bit]
        data += encode(value)
    tree = bytearray()
    for node in nodes:
        for record in node:
            if record is None:
                n = len(nodes)
            elif isinstance(record, tuple):
                n = len(nodes) + 16 + record[1]
            else:
                n = record
            tree += n.to_bytes(RECORD, "big")
    metadata = {"binary_format_major_version": (UINT16, 2), "binary_format_minor_version": (UINT16, 0),
                "build_epoch": (UINT64, 1), "database_type": kind, "description": {"en": "made for a test"},
                "ip_version": (UINT16, version), "languages": ["en"], "node_count": (UINT32, len(nodes)),
                "record_size": (UINT16, 8 * RECORD)}
    with open(path, "wb") as f:
        f.write(bytes(tree) + bytes(16) + bytes(data) + b"\xab\xcd\xefMaxMind.com" + encode(metadata))


def country(code):
    return {"country": {"iso_code": code}}


def network(number, name):
    return {"autonomous_system_number": (UINT32, number), "autonomous_system_organization": name}
