# SPDX-License-Identifier: GPL-3.0-or-later
"""Silence on purpose: from the SYN on, from the name on, after some packets."""
from lab.acts import Drop
from lab.middlebox import address, host, service, sni

from . import case
from .forged import shared, visits

BOTH, UP, DOWN = ("up", "down"), ("up",), ("down",)
TWIN = {"min_confidence": 0.3}


@case("interference")
def drop_by_name(net):
    """From a name on, one or both directions are silent; other names work."""
    shared(net)
    ways = net.rng.choice((BOTH, UP, DOWN))
    net.rule(Drop(sni(net.bad), ways=ways, swallow=net.rng.random() < 0.7 or ways == UP, accept={
        "stage": ["first-data", "established"]}))
    visits(net, net.https, every=4, deadline=10)


@case("interference")
def drop_by_host(net):
    """A request with one Host is swallowed, again and again."""
    shared(net)
    net.rule(Drop(host(net.bad), ways=net.rng.choice((BOTH, UP))))
    visits(net, net.http, every=4, deadline=10)


@case("interference")
def drop_later(net):
    """The name and some more packets pass, then the flow is dead."""
    shared(net)
    net.rule(Drop(sni(net.bad), ways=BOTH, swallow=False, after=net.rng.randrange(4, 9),
                  accept={"mechanism": ["drop", "freeze"]}))
    visits(net, net.https, every=4, deadline=10, size=40000)


@case("interference")
def drop_address(net):
    """SYNs to one address vanish, or to one port of it."""
    h = shared(net)
    whole = net.rng.random() < 0.5
    net.rule(Drop(address(h.address) if whole else service(h.address, 443), ways=UP, accept=TWIN))
    net.https(net.other, 0.3)
    net.https(net.bad, 1, deadline=8)
    net.http(net.bad, 3, deadline=8)
    net.https(net.good, 9, deadline=8)
    net.https(net.other, 10)


@case("interference")
def freeze(net):
    """Downloads from one address stop dead after so many packets; other hosts go on."""
    h = shared(net)
    what = service(h.address, 443) if net.rng.random() < 0.5 else sni(net.bad)
    rule = Drop(what, ways=BOTH, swallow=False, after=net.rng.randrange(20, 60), accept={
        "mechanism": ["freeze", "drop"], "kind": ["volume", "ip", "ip-port", "sni"],
        "value": ["", net.bad, net.good], "stage": ["established"], "min_confidence": 0.3})
    rule.mechanism = "freeze"
    net.rule(rule)
    net.https(net.bad, 0.4, size=400000, deadline=10)
    net.https(net.other, 0.6, size=400000)
    net.https(net.bad, 5, size=400000, deadline=10)
    net.https(net.other, 6, size=400000)
