# SPDX-License-Identifier: GPL-3.0-or-later
"""ICMP errors from the path and from the destination."""
from . import scenario
from ..acts import Icmp
from ..middlebox import address


def rejecting(lab, kind):
    h = lab.server(lab.bad)
    lab.rule(Icmp(address(h.address), kind=kind))
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
    rejecting(lab, (3, 1))


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
