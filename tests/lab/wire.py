# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire with the middlebox on it: frames in at one end, out at the other, and in between delay,
loss, a bottleneck, and the rules of captures/lab. Plain packet sockets (packet(7)), real time."""
import collections
import heapq
import os
import select
import socket
import threading
import time

from lab import packets
from lab.middlebox import Middlebox
from lab.path import QUEUE_GAP
from lab.world import EPOCH

from . import frames

ETH_P_ALL = 3
SO_RCVBUFFORCE = 33     # asm-generic/socket.h
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23    # linux/socket.h, linux/if_packet.h
NEAR_MAC = bytes.fromhex("020000000101")        # of the routers on both sides of the wire
FAR_MAC = bytes.fromhex("020000000102")
BUFFER = 8 << 20        # of a socket: what may wait while other programs have the processor
BATCH = 64              # frames from one side before the clock is looked at again
SIDES = {"up": ("left", "right"), "down": ("right", "left")}


class RealClock:
    """Microseconds since the lab's epoch, and what is to happen; for more than one thread."""

    def __init__(self):
        self.queue, self.count, self.lock = [], 0, threading.Lock()
        self.wake, self.waker = socket.socketpair()
        self.wake.setblocking(False)

    @property
    def now(self):
        return time.time_ns() // 1000 - EPOCH * 1000000

    def at(self, when, call, *args):
        with self.lock:
            self.count += 1
            heapq.heappush(self.queue, (int(when), self.count, call, args))
        if threading.current_thread() is not self.owner:
            self.waker.send(b"x")

    owner = None

    def after(self, delay, call, *args):
        self.at(self.now + delay, call, *args)

    def due(self):
        """Calls what is due; returns the seconds until the next thing, or None."""
        while True:
            with self.lock:
                if not self.queue:
                    return None
                left = self.queue[0][0] - self.now
                if left > 0:
                    return left / 1e6
                _, _, call, args = heapq.heappop(self.queue)
            call(*args)


class Box(Middlebox):
    """The middlebox of captures/lab, told what each side is by where a frame came in."""

    def pass_on(self, p, ttl=None):
        return super().pass_on(p, p.ttl)


class Wire:
    """left (towards the client) -- delay -- middlebox -- each server's delay -- right"""

    hops = 0            # the routers are real: a TTL is what it is

    def __init__(self, clock, rng, delay, jitter):
        self.clock, self.rng = clock, rng
        self.delay, self.jitter = delay, jitter
        self.loss = self.reorder = self.doubles = 0.0
        self.rate, self.queue = None, 50000     # of a bottleneck: bytes a second, bytes waiting
        self.lose = []          # of (predicate): each loses the first packet that fits
        self.routes, self.last, self.box = {}, {}, None
        self.sent = collections.defaultdict(list)       # side -> (time, packet) as it left
        self.seen = []          # (time, packet) at the middlebox
        self.stopping = False

    def open(self, left, right):
        self.sides = {}
        for side, name in (("left", left), ("right", right)):
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
            s.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
            s.bind((name, 0))
            s.setblocking(False)
            self.sides[side] = s

    def run(self):
        """Until stop() is called. In front of other programs: delays are meant to be exact."""
        self.clock.owner = threading.current_thread()
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
        except OSError:
            pass
        ways = {self.sides["left"]: "up", self.sides["right"]: "down"}
        while not self.stopping:
            wait = self.clock.due()
            ready, _, _ = select.select(list(ways) + [self.clock.wake], [], [], wait)
            for s in ready:
                if s is self.clock.wake:
                    s.recv(4096)
                    continue
                for _ in range(BATCH):
                    try:
                        data = s.recv(65600)
                    except (BlockingIOError, OSError):
                        break
                    self.came(data, ways[s])

    def stop(self):
        self.stopping = True
        self.clock.waker.send(b"x")

    def far(self, address):
        return self.routes.get(address, 3 * self.delay), 0

    def came(self, data, way):
        p = frames.parse(data)
        if p is None:                   # ARP, neighbour discovery: the link's own affairs
            self.put(data, way)
            return
        p.way, p.raw = way, data
        if self.lost(p):
            return
        up = way == "up"
        delay = self.delay if up else self.far(p.src)[0]
        self.clock.at(self.arrival(("in", way, "" if up else p.src), delay, p), self.at_box, p)

    def lost(self, p):
        for fits in self.lose:
            if fits(p):
                self.lose.remove(fits)
                return True
        return bool(self.loss) and self.rng.random() < self.loss

    def arrival(self, leg, delay, p, tail=False):
        now = self.clock.now
        t = now + delay + self.rng.randrange(self.jitter + 1)
        if tail and self.reorder and self.rng.random() < self.reorder:
            return t + 3 * self.jitter + 900    # later ones overtake it
        t = max(t, self.last.get(leg, 0) + QUEUE_GAP)
        self.last[leg] = t
        return t

    def at_box(self, p):
        self.seen.append((self.clock.now, p))
        said = p.payload
        q = self.box.pass_on(p)
        if q and q.payload is not said:
            q.raw = None                # overwritten: it is made anew
        if q:
            self.forward(q, q.way)

    def forward(self, p, way):
        delay = self.far(p.dst)[0] if way == "up" else self.delay
        if self.rate and not self.room(p, way):
            return
        leg = ("out", way, p.dst if way == "up" else "")
        t = self.arrival(leg, delay, p, True)
        if self.rate:
            t = max(t, self.free[way] + delay)
        self.clock.at(t, self.leave, p, way)
        if self.doubles and self.rng.random() < self.doubles:
            self.clock.at(t + self.rng.randrange(20, 3000), self.leave, p, way)

    free = None

    def room(self, p, way):
        """Is there room in the bottleneck's queue? If so the packet takes its time there."""
        self.free = self.free or {"up": 0, "down": 0}
        now = self.clock.now
        waiting = max(self.free[way] - now, 0) * self.rate / 1e6
        if waiting + len(p.payload) > self.queue:
            return False
        self.free[way] = max(self.free[way], now) + int((len(p.payload) + 66) * 1e6 / self.rate)
        return True

    def leave(self, p, way):
        self.sent[SIDES[way][1]].append((self.clock.now, p))
        self.put(p.raw if getattr(p, "raw", None) else self.encode(p), way)

    def put(self, data, way):
        try:
            self.sides[SIDES[way][1]].send(data)
        except OSError:
            pass                        # the link is down, or its queue is full: as on any link

    def encode(self, p):
        data = packets.frame_bytes(p, p.ttl, False)
        macs = NEAR_MAC + FAR_MAC if p.way == "down" else FAR_MAC + NEAR_MAC
        return macs + data[12:]

    def inject(self, p, way, leaves=0):
        """A forged packet leaves the middlebox after some microseconds; its TTL is as given."""
        p.way = way
        self.clock.after(int(leaves), self.forward, p, way)
