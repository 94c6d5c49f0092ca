# SPDX-License-Identifier: GPL-3.0-or-later
"""ICMP errors from the path and from the destination."""
from . import scenario
from ..acts import Icmp
from ..hosts import icmp_error, quoted_ports
from ..middlebox import Trigger, address, sni
from ..packets import TCP
from .resets import neighbours


def rejecting(lab, kind, **accept):
    h = lab.server(lab.bad)
    lab.rule(Icmp(address(h.address), kind=kind, accept=accept))
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 1, deadline=10)
    lab.http(lab.bad, 3, deadline=10)
    lab.https(lab.good, 6)
    lab.https(lab.other, 8)


@scenario("interference")
def icmp_prohibited(lab):
    """A router on the way answers each SYN to one address: administratively prohibited."""
    rejecting(lab, (3, lab.pick(13, 10, 9)))


@scenario("interference")
def icmp_host_unreachable(lab):
    """A router on the way calls one address unreachable, while its neighbours answer."""
    rejecting(lab, (3, 1), min_confidence=0.5)


@scenario("interference", v6=True)
def icmp_prohibited_v6(lab):
    """ICMPv6: communication with the destination administratively prohibited."""
    rejecting(lab, (1, 1))


@scenario("twin")
def icmp_port_unreachable(lab):
    """The destination itself has no such UDP port and says so."""
    h = lab.server(lab.good)
    for i in range(3):
        lab.at(0.3 + i, lab.client.datagram, h.address, 45000 + i, 5060,
                     b"OPTIONS sip:open.example SIP/2.0\r\n\r\n")
    lab.https(lab.good, 4)


@scenario("twin")
def icmp_outage(lab):
    """A route is gone: a router calls a whole network unreachable, and later it is back."""
    hosts = [lab.server("h%d.example" % i) for i in range(5)]
    rules = [lab.rule(Quiet(address(h.address), kind=(3, 0))) for h in hosts]
    for i in range(5):
        lab.https("h%d.example" % i, 0.3 + i, deadline=6)
    lab.at(14, lambda: [lab.box.rules.remove(r) for r in rules])
    for i in range(5):
        lab.https("h%d.example" % i, 15 + i)


class Quiet(Icmp):
    """An ICMP error that is no interference: it leaves no event."""

    def event(self, box, view, p, mechanism=None):
        e = super().event(box, view, p, mechanism)
        box.events.remove(e)
        return e


@scenario("twin")
def icmp_host_down(lab):
    """The last router, at the far end of the path, cannot find one host of its network."""
    h = lab.server(lab.bad)
    h.dead = True
    last = lab.host(address=lab.foreign(9), style="router",
                    hops=lab.hops[1] - 1)
    waiting = []

    def see(p):
        waiting.append(p)
        lab.clock.after(3000000, tell)

    def tell():
        p = waiting.pop(0)
        last.emit(icmp_error(last.address, p, (1, 3) if lab.v6 else (3, 1), 255,
                             last.next_id(bare=True), p.ttl - lab.hops[0] - lab.hops[1] + 1))
    h.receive = see
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 1, deadline=10)
    lab.http(lab.bad, 3, deadline=10)
    lab.https(lab.other, 8)


@scenario("twin")
def icmp_own_firewall(lab):
    """The destination's own firewall rejects a port, in its own name: host prohibited."""
    h = lab.server(lab.good)
    usual = h.process

    def process(p):
        if p.proto == TCP and p.dport == 8443:
            h.unreachable(p, (1, 1) if lab.v6 else (3, 10))
        else:
            usual(p)
    h.process = process
    lab.connect(0.3, h.address, 8443, [("close",)], deadline=8)
    lab.https(lab.good, 2)
    lab.connect(4, h.address, 8443, [("close",)], deadline=8)


@scenario("interference")
def icmp_circles(lab):
    """A route that ends in a circle swallows one address; its neighbours answer all the while."""
    h = lab.server(lab.bad)
    lab.rule(Icmp(address(h.address), kind=(3, 0) if lab.v6 else (11, 0),
                  style={"quoted_ttl": 1}, delay=lab.rng.randrange(20000, 90000),
                  accept={"min_confidence": 0.3}))
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 1, deadline=10)
    lab.http(lab.bad, 3, deadline=10)
    lab.https(lab.good, 6)
    lab.https(lab.other, 8)
    lab.https(lab.bad, 14, deadline=10)


@scenario("twin")
def icmp_route_loop(lab):
    """Two routers send a packet back and forth until its lifetime ends: a mistake, soon repaired."""
    h = lab.server(lab.bad)
    rule = lab.rule(Quiet(address(h.address), kind=(11, 0), style={"quoted_ttl": 1},
                          delay=lab.rng.randrange(20000, 90000)))
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 1, deadline=6)
    lab.at(10, lab.box.rules.remove, rule)
    lab.https(lab.bad, 12)
    lab.https(lab.other, 14)


class Short(Trigger):
    """Packets that set out with a small TTL, as those of traceroute do."""

    def __init__(self):
        super().__init__("ip", "")

    def hit(self, view, p, way):
        return way == "up" and p.ttl <= 16


@scenario("twin")
def traceroute(lab):
    """SYNs with rising TTLs: each router on the way says that one died, and the last one arrives."""
    h = lab.server(lab.good)
    lab.rule(Quiet(Short(), kind=(11, 0), style={"quoted_ttl": 1}))
    usual = lab.client.ttl
    for i in range(1, 12):
        at = 0.2 + i * 0.4
        lab.at(at - 0.01, setattr, lab.client, "ttl", i)
        lab.connect(at, h.address, 443, [("close",)], deadline=0.2)
    lab.at(5, setattr, lab.client, "ttl", usual)
    lab.https(lab.good, 6)
    lab.https(lab.other, 8)


@scenario("twin")
def icmp_home_router(lab):
    """The client's own router has no route for one network, or no wish to use it, and says so."""
    h = lab.server(lab.bad)
    own = lab.client.address.rsplit(":" if lab.v6 else ".", 1)[0] + (":1" if lab.v6 else ".1")
    lab.rule(Quiet(address(h.address), kind=(3, lab.pick(0, 1, 13)),
                   style={"source": own, "ttl": 64 + lab.hops[0]}, delay=200))
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 1, deadline=10)
    lab.http(lab.bad, 3, deadline=10)
    lab.https(lab.good, 6)


@scenario("interference")
def icmp_tiny_mtu(lab):
    """Each hello for one name dies of a path that is said to carry 68 bytes; others pass."""
    neighbours(lab)
    lab.rule(Icmp(sni(lab.bad), kind=(3, 4), word=lab.pick(68, 256, 100), most=3,
                  accept={
        "stage": ["first-data"]}))
    lab.https(lab.bad, 2, deadline=14)
    lab.https(lab.good, 9)
    lab.https(lab.bad, 18, deadline=14)


@scenario("twin")
def icmp_tunnel_mtu(lab):
    """A tunnel on the way carries 1,400 bytes: its router says so, and the client cuts smaller."""
    h = lab.server(lab.good)
    box = lab.host(address=lab.foreign(12), style="router", hops=1, delay=1)
    hear = h.receive

    def narrow(p):
        if len(p.payload) <= 1340:
            return hear(p)
        return box.emit(icmp_error(box.address, p, (3, 4), 255, box.next_id(bare=True),
                                   max(1, p.ttl - 4), 1400))

    def heed(p):
        _, sport, port = quoted_ports(p)
        c = lab.client.tcp.get((h.address, port, sport))
        if c:
            c.mss = 1300
            c.nxt = c.una
            c.push()
    h.receive = narrow
    lab.client.on_icmp = heed
    lab.https(lab.good, 0.3, large=True)
    lab.https(lab.other, 3)
    lab.https(lab.good, 5, large=True)
