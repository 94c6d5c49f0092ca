# SPDX-License-Identifier: GPL-3.0-or-later
"""End hosts: how they number packets, which services they run, how they refuse."""
import struct

from .packets import ACK, ICMP, ICMP6, Packet, RST, SYN, TCP, UDP, ip_bytes, is_v6
from .tcp import Connection

# What differs between stacks. ids: "flow" a counter for each connection, zero where the kernel
# answers without a socket (Linux, net/ipv4/ip_output.c); "global" one counter for all (Windows);
# "zero" (macOS, with DF); "random" (OpenBSD).
STYLES = {
    "linux": {"ttl": 64, "ids": "flow", "window": 64240, "wscale": 7, "ts": True},
    "windows": {"ttl": 128, "ids": "global", "window": 64240, "wscale": 8, "ts": False},
    "macos": {"ttl": 64, "ids": "zero", "window": 65535, "wscale": 6, "ts": True},
    "openbsd": {"ttl": 64, "ids": "random", "window": 16384, "wscale": 6, "ts": True},
    "router": {"ttl": 255, "ids": "global", "window": 4128, "wscale": None, "ts": False},
}


class Host:
    """One address with a stack. send is set by the path."""

    def __init__(self, lab, address, style="linux"):
        self.lab, self.clock, self.rng = lab, lab.clock, lab.rng
        self.address, self.name = address, style
        self.style = STYLES[style]
        self.ttl = self.style["ttl"]
        self.reset_ttl = None           # a balancer in front that resets with its own TTL
        self.counter = self.rng.randrange(65536)
        self.clock_base = self.rng.randrange(1 << 32)
        self.tcp = {}                   # (peer, peer port, port) -> Connection
        self.listening = {}             # port -> function(connection) that gives it an app
        self.udp = {}                   # port -> function(packet)
        self.on_icmp = None
        self.closes_early = False       # a stub that closes its socket at the first answer
        self.busy = 0
        self.dead = self.mute_closed = False
        self.mss = 1440 if is_v6(address) else 1460
        self.send = None
        self.stack = Connection         # or bulk.Bulk, for much to carry
        self.rewrite = None             # a helper in front of the host may alter what it sends

    def next_id(self, connection=None, bare=False):
        ids = self.style["ids"]
        if is_v6(self.address) or ids == "zero":
            return 0
        if ids == "random":
            return self.rng.randrange(1, 65536)
        if ids == "flow":
            if bare or connection is None:
                return 0
            connection.ip_id = connection.ip_id + 1 & 0xffff
            return connection.ip_id
        self.counter = self.counter + 1 & 0xffff
        return self.counter

    def timestamp(self):
        return self.clock_base + self.clock.now // 1000     # Linux counts milliseconds

    def connect(self, peer, port, app, sport=None):
        c = self.stack(self, peer, port, sport or self.lab.port(), app, active=True)
        self.tcp[(peer, port, c.sport)] = c
        c.open()
        return c

    def emit(self, p):
        if self.rewrite:
            p = self.rewrite(p)
        if p:
            self.send(p)

    def receive(self, p):
        """The stack takes its time, and takes packets in order."""
        self.busy = max(self.clock.now + self.rng.randrange(12, 45), self.busy + 2)
        self.clock.at(self.busy, self.process, p)

    def process(self, p):
        if self.dead or p.spoil:
            return
        if p.proto == UDP:
            if p.dport in self.udp:
                self.udp[p.dport](p)
            elif not self.mute_closed:
                self.unreachable(p)
            return
        if p.proto in (ICMP, ICMP6):
            if self.on_icmp:
                self.on_icmp(p)
            return
        c = self.tcp.get((p.src, p.sport, p.dport))
        if c:
            c.receive(p)
        elif p.flags & RST:
            return
        elif p.flags & SYN and not p.flags & ACK and p.dport in self.listening:
            c = self.stack(self, p.src, p.sport, p.dport, None, active=False)
            self.tcp[(p.src, p.sport, p.dport)] = c
            self.listening[p.dport](c)
            c.accept(p)
        elif not self.mute_closed:
            self.reset(p)

    def reset(self, p):
        """The kernel's answer to a segment without a socket (RFC 9293, 3.5.2)."""
        if p.flags & ACK:
            seq, ack, flags = p.ack, 0, RST
        else:
            seq, ack, flags = 0, p.seq + p.length, RST | ACK
        self.emit(Packet(self.address, p.src, TCP, p.dport, p.sport, seq, ack, flags,
                         ttl=self.reset_ttl or self.ttl, ip_id=self.next_id(bare=True)))

    def unreachable(self, p, kind=None):
        self.emit(icmp_error(self.address, p, kind or ((1, 4) if is_v6(p.src) else (3, 3)),
                             self.ttl, self.next_id(bare=True)))

    def datagram(self, peer, sport, port, payload, ip_id=None, df=False):
        self.emit(Packet(self.address, peer, UDP, sport, port, payload=payload, ttl=self.ttl, df=df,
                         ip_id=self.udp_id() if ip_id is None else ip_id))

    def udp_id(self):
        """Linux draws the number of a datagram without DF from a hashed counter: step 1 or more."""
        self.counter = self.counter + self.rng.randrange(1, 4) & 0xffff
        return self.counter


def icmp_error(source, p, kind, ttl, ip_id, quoted_ttl=None, word=0):
    """An ICMP error about p (RFC 792, RFC 4443, 3.1), quoting its beginning."""
    v6 = is_v6(p.src)
    quote = ip_bytes(p, quoted_ttl or p.ttl)
    quote = quote[:1232 if v6 else 548]        # RFC 4443, 2.4(c); RFC 1812, 4.3.2.3
    return Packet(source, p.src, ICMP6 if v6 else ICMP, ttl=ttl, ip_id=ip_id, df=False,
                  icmp=(kind[0], kind[1], word), payload=quote)


def quoted_ports(p):
    """(protocol, source port, destination port) of the packet that an ICMP error quotes."""
    if p.proto == ICMP6:
        return (p.payload[6],) + struct.unpack_from("!HH", p.payload, 40)
    return (p.payload[9],) + struct.unpack_from("!HH", p.payload, 20)
