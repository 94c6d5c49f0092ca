# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that only make sense before real stacks, which slow down, offer and give up by themselves;
the others are in captures/lab/acts.py."""
from lab import quic
from lab.acts import Drop
from lab.middlebox import Rule, Trigger


class Police(Rule):
    """A token bucket: what has no token is dropped. rate: bytes a second; burst: bytes; ways."""

    mechanism = "throttle"
    rate, burst, ways = 16000, 16000, ("down",)

    def start(self, box, view, p, way):
        view.state[self] = e = self.event(box, view, p)
        e.ways.update(self.ways)
        e.tokens = {w: float(self.burst) for w in self.ways}
        e.filled = {w: box.clock.now for w in self.ways}
        return True

    def keep(self, box, view, p, way, e):
        if way not in self.ways or not p.payload:
            return True
        now, size = box.clock.now, len(p.payload) + 66
        e.tokens[way] = min(self.burst, e.tokens[way] + (now - e.filled[way]) * self.rate / 1e6)
        e.filled[way] = now
        if e.tokens[way] < size:
            e.dropped.append(p)
            return False
        e.tokens[way] -= size
        return True


class Freeze(Drop):
    """Both directions go dead after so many bytes came down."""

    mechanism = "freeze"
    budget, ways, swallow = 16000, ("up", "down"), False

    def keep(self, box, view, p, way, e):
        e.passed = getattr(e, "passed", 0)
        if e.passed < self.budget:
            e.passed += len(p.payload) if way == "down" else 0
            return True
        if not e.dropped:
            e.stage = view.stage()
        e.dropped.append(p)
        return False


class Rewrite(Rule):
    """Other bytes of the same length in what passes. change: [(old, new)]; way."""

    mechanism = "protocol-stripping"
    change, way = (), "down"

    def start(self, box, view, p, way):
        view.state[self] = None
        return self.keep(box, view, p, way, None)

    def keep(self, box, view, p, way, event):
        for old, new in self.change if way == self.way else ():
            assert len(old) == len(new)
            if old in p.payload:
                if view.state[self] is None:
                    view.state[self] = self.event(box, view, p)
                p.payload = p.payload.replace(old, new)
                p.event = view.state[self]
                p.event.ways.add(way)
        return True


class Port(Trigger):
    """Whatever goes to a port, over UDP or TCP: kind is the contract's word for it."""

    def __init__(self, kind, value, port, proto):
        super().__init__(kind, value)
        self.port, self.proto = port, proto

    def hit(self, view, p, way):
        return way == "up" and view.port == self.port and view.key[0] == self.proto


def varint(data, at):
    """(value, where the next thing begins): RFC 9000, 16."""
    size = 1 << (data[at] >> 6)
    return int.from_bytes(data[at:at + size], "big") & ((1 << 8 * size - 2) - 1), at + size


def opened(datagram):
    """What a client's first Initial of version 1 says, or b"" (RFC 9001, 5)."""
    if len(datagram) < 1200 or datagram[0] & 0xf0 != 0xc0 or datagram[1:5] != b"\0\0\0\1":
        return b""
    cipher, aes, ecb, gcm = quic.aes()
    dcid = datagram[6:6 + datagram[5]]
    at = 6 + len(dcid)
    at += 1 + datagram[at]                      # our own connection ID
    token, at = varint(datagram, at)
    size, at = varint(datagram, at + token)
    key, iv, hp = quic.keys(quic.V1, dcid, "client")
    mask = cipher(aes(hp), ecb()).encryptor().update(datagram[at + 4:at + 20])
    first = datagram[0] ^ mask[0] & 0x0f
    n = (first & 3) + 1
    number = bytes(a ^ b for a, b in zip(datagram[at:at + n], mask[1:]))
    nonce = int.from_bytes(iv, "big") ^ int.from_bytes(number, "big")
    head = bytes([first]) + datagram[1:at] + number
    try:
        return gcm(key).decrypt(nonce.to_bytes(12, "big"), datagram[at + n:at + size], head)
    except Exception:                           # pylint: disable=broad-except
        return b""                              # keys of another packet: not the first one


class QuicName(Trigger):
    """The name in an Initial."""

    def __init__(self, name):
        super().__init__("quic-sni", name)

    def hit(self, view, p, way):
        return way == "up" and view.port == 443 and view.key[0] == "udp" and \
            self.needle in opened(p.payload)
