# SPDX-License-Identifier: GPL-3.0-or-later
"""ICMP errors from the path and from the destination."""
from . import scenario
from ..acts import Icmp
from ..hosts import icmp_error
from ..middlebox import address
from ..packets import TCP


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
