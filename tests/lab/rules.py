# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that only make sense before real stacks, which slow down, offer and give up by themselves;
the others are in captures/lab/acts.py."""
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
