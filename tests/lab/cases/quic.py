# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP/3 by ngtcp2's programs: blocked, and merely not there."""
from lab.acts import Drop

from . import case
from .. import clients
from ..rules import Port, QuicName

NEEDS = ("gtlsserver", "gtlsclient")


def both(net):
    """A server that speaks HTTP/2 and HTTP/3, and another one."""
    hosts = [net.server(n) for n in (net.bad, net.other)]
    for h in hosts:
        h.listening["quic"] = "quic"
    return hosts


@case("interference", needs=NEEDS)
def quic_dropped(net):
    """All QUIC is dropped, or what comes after its first packets; TCP to the same host works."""
    h, o = both(net)
    net.rule(Drop(Port("quic", "", 443, "udp"), ways=net.rng.choice((("up",), ("up", "down"))),
                  swallow=net.rng.random() < 0.7, after=0, accept={
                      "kind": ["quic", "quic-sni", "ip-port", "ip"], "stage": ["datagram"],
                      "value": ["", net.bad, net.other, h.address, o.address],
                      "min_confidence": 0.3}))
    for i in range(2):
        clients.quic(net, 0.4 + 4 * i, net.bad, h, deadline=8)
        clients.quic(net, 0.8 + 4 * i, net.other, o, deadline=8)
        net.https(net.bad, 1.5 + 4 * i)


@case("interference", needs=NEEDS, modules=("cryptography",))
def quic_name_dropped(net):
    """From the Initial with one name on the flow is dead; another name at the same address works."""
    h, o = both(net)
    net.alias(net.good, h)
    ways = net.rng.choice((("up",), ("up", "down")))
    net.rule(Drop(QuicName(net.bad), ways=ways, accept={
        "kind": ["quic-sni", "quic"], "value": [net.bad, ""], "stage": ["datagram"]}))
    for i in range(2):
        clients.quic(net, 0.4 + 6 * i, net.good, h)
        clients.quic(net, 1 + 6 * i, net.bad, h, deadline=6)
        clients.quic(net, 1.4 + 6 * i, net.other, o)
        net.https(net.bad, 2 + 6 * i)
    clients.quic(net, 13, net.good, h)


@case("twin", needs=NEEDS)
def quic_not_there(net):
    """A host without HTTP/3: its kernel says so by ICMP, or its firewall swallows it."""
    h, o = both(net)
    del h.listening["quic"]
    if net.rng.random() < 0.5:
        h.rules = "table inet own { chain i { type filter hook input priority 0; udp dport 443 drop; " \
            "} }\n"
    clients.quic(net, 0.4, net.bad, h, deadline=6)
    clients.quic(net, 0.8, net.other, o)
    net.https(net.bad, 1.5)
    clients.quic(net, 5, net.bad, h, deadline=6)
    net.https(net.bad, 6)


@case("twin", needs=NEEDS, loss=0.03)
def quic_over_radio(net):
    """HTTP/3 over a line that loses packets, with larger pages."""
    h, o = both(net)
    for i in range(3):
        clients.quic(net, 0.4 + 2 * i, net.bad, h, 40000)
        clients.quic(net, 1 + 2 * i, net.other, o, 6000)
