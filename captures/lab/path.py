# SPDX-License-Identifier: GPL-3.0-or-later
"""The path between client and servers: delay, hops, loss, a middlebox, and the tap that records."""
import heapq

from .hosts import icmp_error
from .packets import RST, TCP, is_v6

HEADERS = 52        # of IP and TCP with timestamps, beside the payload
QUEUE_GAP = 9       # microseconds between two packets in a queue: 1,100 bytes at 1 Gbit/s


class Clock:
    """Virtual time in microseconds, and what is to happen."""

    def __init__(self):
        self.now, self.count, self.queue = 0, 0, []

    def at(self, when, call, *args):
        self.count += 1
        heapq.heappush(self.queue, (max(int(when), self.now), self.count, call, args))

    def after(self, delay, call, *args):
        self.at(self.now + delay, call, *args)

    def run(self, until):
        while self.queue and self.queue[0][0] <= until:
            self.now, _, call, args = heapq.heappop(self.queue)
            call(*args)


class Queue:
    """A slow line: what comes waits its turn, and is dropped when too much waits (drop-tail)."""

    def __init__(self, rate, depth):
        self.rate, self.depth = rate, depth     # bytes a second, bytes
        self.free = 0                           # when the line is free again

    def leaves(self, now, size):
        """When a packet has passed; None if there is no room for it."""
        if (self.free - now) * self.rate / 1e6 + size > self.depth:
            return None
        self.free = max(self.free, now) + size * 1e6 / self.rate
        return int(self.free)


class Tap:
    """Records the packets that pass one place: client, server, near or far (of the middlebox), or
    path: a mirror of the middlebox's own line, which shows what it forges in both directions."""

    def __init__(self, place="client"):
        self.place = place
        self.only = None            # "up" or "down": a capture of one direction
        self.start, self.stop = 0, None
        self.doubled = 0            # microseconds after which a mirror port repeats each frame
        self.flat_ttl = None        # a cloud's switch that gives every inbound packet one TTL
        self.misses = 0             # every so manieth frame is not captured
        self.hasty = 0              # microseconds by which resets are told too early
        self.count = 0
        self.records = []           # (time, packet, ttl, inbound)

    def see(self, now, p, ttl, inbound):
        if self.only and p.way != self.only or now < self.start:
            return
        if self.stop is not None and now > self.stop:
            return
        if inbound and self.flat_ttl:
            ttl = self.flat_ttl
        self.count += 1
        if self.misses and self.count % self.misses == 0:
            return
        if self.hasty and p.proto == TCP and p.flags & RST:
            now = max(0, now - self.hasty)
        self.records.append((now, p, ttl, inbound))
        if self.doubled:
            # The copy is nobody's act: an injected packet counts once.
            self.records.append((now + self.doubled, p.copy(event=None), ttl, inbound))


class Path:
    """client -- (delay[0], hops[0]) -- middlebox -- (each server's own) -- servers"""

    def __init__(self, clock, rng, delay, hops, jitter):
        self.clock, self.rng = clock, rng
        self.delay, self.hops, self.jitter = delay, hops, jitter
        self.loss = self.reorder = 0.0
        self.lose = []              # of (predicate): each loses the first packet that fits
        self.clients, self.servers, self.routes = {}, {}, {}
        self.box, self.tap = None, None
        self.router = None          # the address of one who tells what dies before it arrives
        self.slow = {}              # "up", "down": a Queue between middlebox and client
        self.last = {}

    def add_client(self, host):
        self.clients[host.address] = host
        host.send = self.up

    def add_server(self, host, delay, hops):
        self.servers[host.address] = host
        self.routes[host.address] = (delay, hops)
        host.send = self.down

    def far(self, address):
        """Delay and hops between the middlebox and a server (or the middle of nowhere)."""
        return self.routes.get(address, (3 * self.delay, 2 * self.hops))

    def _arrival(self, leg, delay, tail=False):
        t = self.clock.now + delay + self.rng.randrange(self.jitter + 1)
        if tail and self.reorder and self.rng.random() < self.reorder:
            return t + 3 * self.jitter + 900        # later ones overtake it
        t = max(t, self.last.get(leg, 0) + QUEUE_GAP)
        self.last[leg] = t
        return t

    def _lost(self, p):
        for fits in self.lose:
            if fits(p):
                self.lose.remove(fits)
                return True
        return bool(self.loss) and self.rng.random() < self.loss

    def up(self, p):
        p.way = "up"
        if self.tap.place == "client":
            self.tap.see(self.clock.now, p, p.ttl, False)
        if not self._lost(p):
            self.clock.at(self._arrival("cu", self.delay), self._box_up, p)

    def _box_up(self, p):
        if self.tap.place in ("near", "path"):
            self.tap.see(self.clock.now, p, p.ttl - self.hops, False)
        if self.box:
            p = self.box.pass_on(p)
        if p:
            self.forward_up(p, p.ttl - self.hops)

    def forward_up(self, p, ttl):
        """From the middlebox to the server; ttl is what it has there."""
        delay, hops = self.far(p.dst)
        if self.tap.place == "far":
            self.tap.see(self.clock.now, p, ttl, False)
        self.clock.at(self._arrival("u" + p.dst, delay, True), self._at_server, p, ttl - hops)

    def _at_server(self, p, ttl):
        if ttl <= 0:
            if self.router:
                self.exceeded(p)
            return
        if self.tap.place == "server":
            self.tap.see(self.clock.now, p, ttl, True)
        if p.dst in self.servers:
            self.servers[p.dst].receive(p)

    def exceeded(self, p):
        """The last router tells the sender (RFC 792, RFC 4443, 3.3), as most do."""
        delay, hops = self.far(p.dst)
        kind = (3, 0) if is_v6(p.src) else (11, 0)
        q = icmp_error(self.router, p, kind, 255, 0, 1)
        self.clock.at(self._arrival("d" + p.dst, delay), self._box_down, q, q.ttl - hops)
        q.way = "down"

    def down(self, p):
        p.way = "down"
        delay, hops = self.far(p.src)
        if self.tap.place == "server":
            self.tap.see(self.clock.now, p, p.ttl, False)
        if not self._lost(p):
            self.clock.at(self._arrival("d" + p.src, delay), self._box_down, p, p.ttl - hops)

    def _box_down(self, p, ttl):
        if self.tap.place in ("far", "path"):
            self.tap.see(self.clock.now, p, ttl, True)
        if self.box:
            p = self.box.pass_on(p, ttl)
        if p:
            self.forward_down(p, ttl)

    def forward_down(self, p, ttl):
        if self.tap.place == "near":
            self.tap.see(self.clock.now, p, ttl, True)
        if "down" in self.slow:
            t = self.slow["down"].leaves(self.clock.now, p.length + HEADERS)
            if t is not None:
                self.clock.at(t, self._leave_queue, p, ttl)
            return
        self._leave_queue(p, ttl)

    def _leave_queue(self, p, ttl):
        self.clock.at(self._arrival("cd", self.delay, True), self._at_client, p, ttl - self.hops)

    def _at_client(self, p, ttl):
        if ttl <= 0:
            return
        if self.tap.place == "client":
            self.tap.see(self.clock.now, p, ttl, True)
        if p.dst in self.clients:
            self.clients[p.dst].receive(p)

    def inject(self, p, way, leaves=0):
        """A forged packet leaves the middlebox after some microseconds; its TTL is as given."""
        p.way = way
        self.clock.after(leaves, self._leave, p)

    def _leave(self, p):
        if self.tap.place == "path":
            self.tap.see(self.clock.now, p, p.ttl, p.way == "down")
        call = self.forward_up if p.way == "up" else self.forward_down
        call(p, p.ttl)
