# SPDX-License-Identifier: GPL-3.0-or-later
"""What a middlebox lets pass of a flow: so much a second, or so much in all."""
from .middlebox import Rule, Trigger
from .path import HEADERS


class Bucket:
    def __init__(self, clock, rate, depth):
        self.clock, self.rate, self.depth = clock, rate, depth      # bytes a second, bytes
        self.tokens, self.at = depth, clock.now

    def takes(self, size):
        now = self.clock.now
        self.tokens = min(self.depth, self.tokens + self.rate * (now - self.at) / 1e6)
        self.at = now
        if self.tokens < size:
            return False
        self.tokens -= size
        return True


class Police(Rule):
    """A token bucket: what exceeds it is dropped. ways; shared: one bucket for all flows."""

    mechanism = "throttle"
    rate, depth, ways, shared = 18750, 16000, ("down",), False
    bucket = None

    def start(self, box, view, p, way):
        e = self.event(box, view, p)
        e.stage = "established"
        e.ways.update(self.ways)
        e.accept.setdefault("kind", [self.trigger.kind, "ip", "ip-port"])
        view.state[self] = e
        self.bucket = self.bucket or Bucket(box.clock, self.rate, self.depth)
        e.bucket = self.bucket if self.shared else Bucket(box.clock, self.rate, self.depth)
        return True

    def keep(self, box, view, p, way, e):
        if way not in self.ways or e.bucket.takes(p.length + HEADERS):
            return True
        e.dropped.append(p)
        return False


class Lossy(Rule):
    """A share of what goes one way is dropped, whatever it is."""

    mechanism = "throttle"
    share, ways = 0.3, ("down",)

    def start(self, box, view, p, way):
        e = self.event(box, view, p)
        e.stage = "established"
        e.ways.update(self.ways)
        e.accept.setdefault("kind", [self.trigger.kind, "ip", "ip-port"])
        view.state[self] = e
        return True

    def keep(self, box, view, p, way, e):
        if way not in self.ways or box.rng.random() >= self.share:
            return True
        e.dropped.append(p)
        return False


class Foreign(Trigger):
    """Every flow to a server that is not on the list."""

    def __init__(self, allowed=()):
        super().__init__("volume", "")
        self.allowed = set(allowed)

    def hit(self, view, p, way):
        return view.server not in self.allowed and view.port != 53


class Freeze(Rule):
    """So many packets pass, both directions summed, or so many bytes down; then nothing does."""

    mechanism = "freeze"
    packets, volume = 25, None

    def start(self, box, view, p, way):
        view.state[self] = self.seen = {}
        view.passed = view.bytes = 0
        view.frozen = None
        return self.keep(box, view, p, way, None)

    def keep(self, box, view, p, way, event):
        if view.frozen is None:
            view.passed += 1
            view.bytes += len(p.payload) if way == "down" else 0
            if (view.bytes <= self.volume if self.volume else view.passed <= self.packets):
                return True
            view.frozen = e = self.event(box, view, p)
            if view.key[0] == "tcp":
                e.stage = "established"
            e.ways.update(("up", "down"))
            e.accept.setdefault("scored", False)
        view.frozen.dropped.append(p)
        return False
