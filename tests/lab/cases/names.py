# SPDX-License-Identifier: GPL-3.0-or-later
"""Forged answers and lies about names, before real resolvers and real clients."""
from lab.acts import Dns
from lab.middlebox import dns
from lab.payloads import NXDOMAIN

from . import case


def asked(net, rounds=2):
    """A resolver that knows three names; the bad one is asked for between the others."""
    r = net.resolver()
    for n in (net.good, net.bad, net.other):
        net.server(n)
    net.web = r
    for i in range(rounds):
        net.lookup(net.good, 0.3 + 3 * i, r)
        net.lookup(net.bad, 1 + 3 * i, r)
        net.lookup(net.other, 2 + 3 * i, r)
    net.https(net.good, 0.6)
    return r


def lie(net):
    """An address that a censor gives."""
    if net.v6:
        return [net.pick("2001::212:ff", "::1", "2a03:2880:f102:83:face:b00c:0:25de")]
    return [net.pick("127.0.0.1", "10.10.34.36", "0.0.0.0", "192.168.0.1", "31.13.94.49")]


def style(net):
    return {"ttl": net.rng.choice(("same", net.rng.randrange(30, 250))),
            "id": net.rng.choice((0, 1, net.rng.randrange(65536))), "df": net.rng.random() < 0.5}


@case("interference")
def dns_race(net):
    """A forged answer comes first, the true one later."""
    asked(net)
    net.rule(Dns(dns(net.bad), answers=lie(net), ttl=net.rng.choice((60, 300, 418, 3600)),
                 count=net.rng.choice((1, 1, 2, 3)), style=style(net),
                 delay=net.rng.randrange(100, 2500), edns=net.rng.random() < 0.3))


@case("interference")
def dns_only(net):
    """The query is swallowed and the forged answer is the only one."""
    asked(net)
    net.rule(Dns(dns(net.bad), answers=lie(net), swallow=True, style=style(net),
                 delay=net.rng.randrange(100, 2500), accept={
                     "mechanism": ["dns-injection", "dns-tampering"]}))


@case("interference")
def dns_race_of_two(net):
    """The C library's two questions, for A and AAAA, are both answered falsely first."""
    asked(net, 1)
    net.rule(Dns(dns(net.bad), answers=lie(net), style=style(net),
                 delay=net.rng.randrange(100, 2500), accept={"value": [net.bad]}))
    for i in range(2):
        net.https(net.bad, 3 + 2 * i, ask=True, deadline=3)
        net.https(net.good, 4 + 2 * i, ask=True)


@case("twin")
def adblock(net):
    """The household's resolver answers 0.0.0.0 for some names, and the truth for the others."""
    r = asked(net, 2)
    ads = ["ads%d.%s" % (i, net.other) for i in range(3)]
    for i, n in enumerate(ads):
        r.records[n] = ["0.0.0.0", "::"]
        net.lookup(n, 1.5 + i, r)


@case("interference")
def dns_denied(net):
    """The forged answer denies the name; the resolver's own answer follows."""
    asked(net)
    net.rule(Dns(dns(net.bad), rcode=NXDOMAIN, style=style(net),
                 delay=net.rng.randrange(100, 2500)))


@case("interference")
def resolver_lies(net):
    """One resolver gives a false address for one name, denies or refuses it; another knows it."""
    r = asked(net, 1)
    other = net.resolver()
    how = net.rng.choice(("bogon", "nxdomain", "refused"))
    if how == "bogon":
        r.records[net.bad] = lie(net)
    else:
        r.zones[net.bad] = {"nxdomain": "always_nxdomain", "refused": "always_refuse"}[how]
    for i in range(2):
        net.lookup(net.bad, 3 + 2 * i, r)
        net.lookup(net.bad, 3.8 + 2 * i, other)
        net.lookup(net.good, 4.2 + 2 * i, other)
    for f in net.flows:
        if net.bad in f["names"] and f["key"][3] == r.address:
            net.acted(f, "dns-tampering", dns(net.bad), "dns",
                      {"mechanism": ["dns-tampering", "dns-injection"]})
