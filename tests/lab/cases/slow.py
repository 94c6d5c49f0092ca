# SPDX-License-Identifier: GPL-3.0-or-later
"""Slow on purpose, and slow for want of anything better."""
from lab.middlebox import service, sni

from . import case
from .forged import shared
from ..rules import Freeze, Police


def downloads(net, size=400000, deadline=14):
    """The same from both servers, twice."""
    for i in range(2):
        net.https(net.bad, 0.4 + 8 * i, size=size, deadline=deadline)
        net.https(net.other, 0.6 + 8 * i, size=size, deadline=deadline)


@case("interference")
def policed_name(net):
    """Whatever is fetched under one name gets so many bytes a second, and the rest is dropped."""
    shared(net)
    net.rule(Police(sni(net.bad), rate=net.rng.choice((16000, 20000, 32000, 64000)),
                    burst=net.rng.choice((8000, 16000, 32000)),
                    accept={"kind": ["sni", "ip", "ip-port", "volume"],
                            "value": ["", net.bad], "stage": ["established"]}))
    downloads(net)


@case("interference")
def policed_address(net):
    """One service is held down by a policer; other services are as fast as ever."""
    h = shared(net)
    net.rule(Police(service(h.address, 443), rate=net.rng.choice((20000, 40000, 80000)),
                    burst=net.rng.choice((8000, 20000)),
                    accept={"stage": ["established", "syn"], "kind": ["ip", "ip-port", "sni"],
                            "value": [net.bad, net.good]}))
    downloads(net)


@case("interference")
def frozen_by_volume(net):
    """A download from one service stops dead after some kilobytes; another goes on."""
    h = shared(net)
    net.rule(Freeze(service(h.address, 443), budget=net.rng.choice((14000, 16000, 20000, 32000)),
                    accept={"mechanism": ["freeze", "drop"], "stage": ["established", "syn"],
                            "kind": ["volume", "ip", "ip-port", "sni"],
                            "value": ["", net.bad, net.good]}))
    for i in range(2):
        net.https(net.bad, 0.4 + 7 * i, size=400000, deadline=10)
        net.https(net.other, 0.6 + 7 * i, size=400000, deadline=10)


@case("twin")
def slow_line(net):
    """A slow line with a deep queue: everything is slow, nothing is lost."""
    shared(net)
    net.path.rate, net.path.queue = net.chance.uniform(60000, 120000), 400000
    downloads(net, 200000, 20)


@case("twin")
def congested_line(net):
    """A line with a short queue that several downloads fight for."""
    shared(net)
    net.path.rate, net.path.queue = net.chance.uniform(100000, 250000), \
        net.chance.randrange(8000, 30000)
    downloads(net)
    net.http(net.other, 1, size=400000)


@case("twin")
def slow_server(net):
    """nginx' limit_rate: the server itself sends so many bytes a second, and loses none."""
    h = shared(net)
    h.own[net.bad] = "limit_rate %d;" % net.rng.choice((20000, 40000, 80000))
    downloads(net, 200000)


@case("twin", loss=0.04)
def lossy_line(net):
    """A line that loses packets of everybody."""
    shared(net)
    downloads(net, 200000)


@case("twin")
def slow_reader(net):
    """The client reads slowly, and lets its window shrink to nothing."""
    h = shared(net)
    get = ("GET /400000 HTTP/1.0\r\nHost: %s\r\n\r\n" % net.bad).encode()
    net.connect(0.4, h.address, 80, [("send", get)] + [("recv", 8000), ("wait", 250000)] * 40
                + [("close",)], [net.bad])
    net.https(net.other, 1, size=400000)
