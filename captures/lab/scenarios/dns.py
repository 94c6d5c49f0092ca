# SPDX-License-Identifier: GPL-3.0-or-later
"""Forged DNS answers, resolvers that lie, and innocent reasons for two answers or none."""
from . import scenario
from .. import payloads as say
from ..acts import Dns
from ..middlebox import dns

def names(lab, late=True):
    """Three names, a near resolver and a far one; the names that are let through come first."""
    for n in (lab.bad, lab.good, lab.other):
        lab.server(n)
    far = lab.resolver()
    lab.lookup(lab.good, 0.2, far)
    lab.lookup(lab.other, 0.7, far)
    if late:
        lab.lookup(lab.good, 9, far)
    return far


def two(lab, rule):
    far = names(lab)
    lab.rule(rule)
    lab.lookup(lab.bad, 2, far)
    lab.lookup(lab.bad, 5, far)
    return far


@scenario("interference")
def dns_forged_first(lab):
    """A forged answer with a loopback address comes first, the true one a round trip later."""
    two(lab, Dns(dns(lab.bad), answers=[lab.pick("127.0.0.1", "10.10.34.34", "0.0.0.0")],
                 delay=lab.between(400, 150, 2500), edns=lab.pick(True, False),
                 style={"ttl": lab.pick(64, 57, 128)}))


@scenario("interference")
def dns_forged_poison(lab):
    """The forged answer names a foreign host, loses EDNS, and copies the query's TTL."""
    two(lab, Dns(dns(lab.bad), answers=[lab.foreign(99)], ttl=lab.pick(120, 60), flags=0x8580,
                 delay=lab.between(900, 150, 2500), style={"ttl": "same"}))


@scenario("interference")
def dns_forged_second(lab):
    """The forger is slower than a near resolver: the false answer is the second one."""
    for n in (lab.bad, lab.good, lab.other):
        lab.server(n)
    near = lab.resolver(delay=1.5, hops=2, think=(100, 300))
    lab.lookup(lab.good, 0.2, near)
    lab.lookup(lab.other, 0.7, near)
    lab.rule(Dns(dns(lab.bad), answers=[lab.foreign(99)], ttl=10,
                 delay=lab.between(9000, 6000, 20000), style={"ttl": lab.pick(128, 64), "id": 1}))
    lab.lookup(lab.bad, 2, near)
    lab.lookup(lab.bad, 3, near)
    lab.lookup(lab.good, 4, near)


@scenario("interference")
def dns_three_answers(lab):
    """Two forged answers of different make and the true one, for one query."""
    two(lab, Dns(dns(lab.bad), answers=[[lab.foreign(99)], [lab.foreign(101)]], count=2, gap=700,
                 style=[{"ttl": 61, "df": True}, {"ttl": 112, "df": False}],
                 delay=lab.between(1500, 150, 3000)))


@scenario("interference")
def dns_forged_only(lab):
    """The query is swallowed: an early private address is the only answer that ever comes."""
    two(lab, Dns(dns(lab.bad), answers=["10.10.34.36"], swallow=True, ttl=418,
                 delay=lab.between(300, 150, 2500), style={"ttl": lab.pick(187, 60)},
                 accept={"mechanism": ["dns-injection", "dns-tampering"]}))


@scenario("interference", v6=True)
def dns_forged_v6(lab):
    """IPv6: an AAAA query is answered at once with a Teredo address, then by the resolver."""
    two(lab, Dns(dns(lab.bad), answers=["2001::212b:e51d"], delay=lab.between(500, 150, 2500),
                 style={"ttl": lab.pick(60, 128)}))


@scenario("interference", kind="pcapng")
def dns_forged_nxdomain(lab):
    """The forged answer denies the name; the resolver's own answer resolves it."""
    two(lab, Dns(dns(lab.bad), rcode=say.NXDOMAIN, delay=lab.between(500, 150, 2500),
                 style={"ttl": lab.pick(60, 250)}))


@scenario("interference")
def dns_wrong_type(lab):
    """A TXT query for the name is answered with an address record."""
    far = names(lab)
    lab.client.closes_early = lab.pick(True, False)
    lab.zone[lab.bad] = lambda qtype: {"answers": [lab.names[lab.bad].address]} \
        if qtype == say.A else {"soa": "example"}
    lab.rule(Dns(dns(lab.bad), answers=[lab.foreign(99)], delay=lab.between(700, 150, 2500),
                 style={"ttl": lab.pick(63, 120)}))
    lab.lookup(lab.bad, 2, far, qtype=say.TXT)
    lab.lookup(lab.bad, 4, far)


@scenario("interference")
def dns_lie_nxdomain(lab):
    """One resolver denies a name that another resolves; all other names agree."""
    isp = lab.resolver(delay=2.0, hops=1)
    public = lab.resolver()
    for n in (lab.bad, lab.good, lab.other):
        lab.server(n)
    isp.zone[lab.bad] = {"rcode": say.NXDOMAIN, "soa": "example", "event": lab.bad}
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        lab.lookup(n, 0.2 + 2 * i, isp)
        lab.lookup(n, 1.2 + 2 * i, public)
    lab.https(lab.bad, 8)


@scenario("interference")
def dns_lie_bogon(lab):
    """The resolver itself answers with a private address for one public name."""
    isp = lab.resolver(delay=2.0, hops=1)
    public = lab.resolver()
    for n in (lab.bad, lab.good, lab.other):
        lab.server(n)
    isp.zone[lab.bad] = {"answers": [lab.pick("127.0.0.1", "10.10.34.35")], "event": lab.bad}
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        lab.lookup(n, 0.2 + 2 * i, isp)
        lab.lookup(n, 1.2 + 2 * i, public)


@scenario("interference")
def dns_lie_page(lab):
    """One resolver sends unlike names to one address, where a block page is served."""
    isp = lab.resolver(delay=2.0, hops=1)
    public = lab.resolver()
    wall = lab.server("notice.example", delay=1.0, hops=1)
    banned = (lab.bad, "banned.example", "third.invalid")
    for n in banned + (lab.good, lab.other):
        lab.server(n)
    for n in banned:
        isp.zone[n] = {"answers": [wall.address], "event": n}
    for i, n in enumerate(banned + (lab.good, lab.other)):
        lab.lookup(n, 0.2 + 2 * i, isp)
        lab.lookup(n, 1.2 + 2 * i, public)


@scenario("interference")
def dns_lie_refused(lab):
    """A resolver refuses one name and serves the others; a second resolver serves it."""
    isp = lab.resolver(delay=2.0, hops=1)
    public = lab.resolver()
    for n in (lab.bad, lab.good, lab.other):
        lab.server(n)
    isp.zone[lab.bad] = {"rcode": say.REFUSED, "event": lab.bad}
    for i, n in enumerate((lab.good, lab.bad, lab.other, lab.bad)):
        lab.lookup(n, 0.2 + 2 * i, isp)
        lab.lookup(n, 1.2 + 2 * i, public)


@scenario("twin")
def dns_two_resolvers(lab):
    """One query goes to two resolvers at once; each has its own answer of a large service."""
    a, b = lab.resolver(delay=2.0, hops=1), lab.resolver()
    first, second = lab.server(lab.good), lab.server(lab.good)
    a.zone[lab.good] = {"answers": [first.address]}
    b.zone[lab.good] = {"answers": [second.address]}
    lab.server(lab.other)
    for i in range(3):
        port = 40000 + i
        lab.lookup(lab.good, 0.2 + i, a, sport=port)
        lab.lookup(lab.good, 0.2005 + i, b, sport=port + 100)
    lab.lookup(lab.other, 4, a)
    lab.https(lab.good, 5, to=first)


@scenario("twin")
def dns_repeated_query(lab):
    """A slow resolver: the query is repeated and answered twice, the same both times."""
    h = lab.resolver()
    lab.server(lab.good)
    lab.zone[lab.good] = {"answers": [lab.names[lab.good].address], "delay": 6000000}
    flow = lab.lookup(lab.good, 0.2, h)
    flow["app"].result = "ok"
    lab.lookup(lab.other, 9, h)


@scenario("twin")
def dns_rotation(lab):
    """A name with four addresses; each answer has them in another order."""
    pool = [lab.address() for _ in range(4)]
    turn = [0]

    def rotate(qtype):
        turn[0] += 1
        n = turn[0] % 4
        return {"answers": pool[n:] + pool[:n]}
    lab.zone[lab.good] = rotate
    h = lab.resolver(think=(500, 2500))
    for i in range(5):
        lab.lookup(lab.good, 0.2 + i, h)
    lab.server(lab.other)
    lab.lookup(lab.other, 6, h)


@scenario("twin")
def dns_cdn(lab):
    """A CDN gives a CNAME and another address of its network to each question."""
    turn = [0]
    lab.client.closes_early = True

    def near(qtype):
        turn[0] += 1
        return {"answers": [("cname", "edge%d.cdn.example" % (turn[0] % 3)),
                            lab.foreign(40 + turn[0] * 7)], "ttl": 20}
    lab.zone[lab.good] = near
    a, b = lab.resolver(delay=2.0, hops=1), lab.resolver()
    for i in range(3):
        lab.lookup(lab.good, 0.2 + i, a)
        lab.lookup(lab.good, 0.6 + i, b)


@scenario("twin")
def dns_cold_cache(lab):
    """The first answer is slow, since the resolver must ask; the next ones come from its cache."""
    asked = set()
    h = lab.resolver(delay=2.0, hops=1, think=(60, 200))
    for n in (lab.bad, lab.good, lab.other):
        lab.server(n)

    def slow(name):
        def entry(qtype):
            known = name in asked
            asked.add(name)
            return {"answers": [lab.names[name].address], "delay": 150 if known else 310000}
        return entry
    for n in (lab.bad, lab.good, lab.other):
        lab.zone[n] = slow(n)
    for i, n in enumerate((lab.good, lab.bad, lab.good, lab.other, lab.bad, lab.other)):
        lab.lookup(n, 0.2 + i, h)


@scenario("twin")
def dns_nxdomain(lab):
    """Names that do not exist are denied by both resolvers, with the zone's SOA."""
    a, b = lab.resolver(delay=2.0, hops=1), lab.resolver()
    lab.server(lab.good)
    for i, n in enumerate(("no-such.example", lab.good, "typo.invalid")):
        lab.lookup(n, 0.2 + 2 * i, a)
        lab.lookup(n, 1.2 + 2 * i, b)


@scenario("twin")
def dns_private(lab):
    """A company's own resolver gives private addresses for its own names; others deny them."""
    a, b = lab.resolver("10.0.0.53", delay=0.5, hops=0), lab.resolver()
    lab.server(lab.good)
    for i, n in enumerate(("intranet.corp.test", "printer.corp.test")):
        a.zone[n] = {"answers": ["10.0.0.%d" % (80 + i)]}
        lab.lookup(n, 0.2 + 2 * i, a)
    lab.lookup("intranet.corp.test", 5, b)
    lab.lookup(lab.good, 6, a)
    lab.lookup(lab.good, 7, b)


@scenario("twin")
def dns_adblock(lab):
    """The household's resolver answers 0.0.0.0 for trackers and the truth for all else."""
    a = lab.resolver("10.0.0.1", delay=0.2, hops=0)
    for n in (lab.bad, lab.good, lab.other):
        lab.server(n)
    for i, n in enumerate(("ads.example", "tracker.ads.example", "pixel.example")):
        a.zone[n] = {"answers": ["0.0.0.0"], "ttl": 2}
        lab.lookup(n, 0.2 + 2 * i, a)
        lab.lookup((lab.good, lab.other, lab.bad)[i], 1.2 + 2 * i, a)


@scenario("twin")
def dns_no_edns(lab):
    """A home router strips EDNS from every answer, whatever the name."""
    a = lab.resolver("10.0.0.1", delay=0.3, hops=0, edns=False)
    for i, n in enumerate((lab.bad, lab.good, lab.other)):
        lab.server(n)
        lab.lookup(n, 0.2 + 2 * i, a)
        lab.https(n, 0.7 + 2 * i)


@scenario("twin")
def dns_dead_resolver(lab):
    """The first resolver is down; every name is asked of it in vain, and then of the second."""
    a, b = lab.resolver(), lab.resolver()
    a.dead = True
    for i, n in enumerate((lab.bad, lab.good, lab.other)):
        lab.server(n)
        lab.lookup(n, 0.2 + 8 * i, a, tries=1)
        lab.lookup(n, 5.2 + 8 * i, b)
