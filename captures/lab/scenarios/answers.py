# SPDX-License-Identifier: GPL-3.0-or-later
"""Innocent answers that look false: filters that were chosen, broken zones, private networks,
caches, routes that change."""
from . import scenario
from .. import payloads as say
from .resolvers import keys, provider


def served(lab, *more):
    for n in (lab.bad, lab.good, lab.other) + more:
        lab.server(n)


@scenario("twin")
def dns_closed_resolver(lab):
    """A resolver refuses everything to strangers; another one serves."""
    closed, public = lab.resolver(), lab.resolver()
    served(lab)
    closed.zone["*"] = {"rcode": say.REFUSED}
    for i, n in enumerate((lab.bad, lab.good, lab.other)):
        lab.lookup(n, 0.2 + 2 * i, closed)
        lab.lookup(n, 1.2 + 2 * i, public)


@scenario("twin")
def dns_prohibited(lab):
    """A resolver refuses this client and says so (extended error 18); another one serves."""
    closed, public = provider(lab), lab.resolver()
    served(lab)
    closed.zone["*"] = {"rcode": say.REFUSED, "error": (18, "")}
    for i, n in enumerate((lab.bad, lab.good)):
        lab.lookup(n, 0.2 + 2 * i, closed)
        lab.lookup(n, 1.2 + 2 * i, public)


@scenario("twin")
def dns_split_horizon(lab):
    """A company's resolver gives its portal's private address, where the portal answers; the world
    knows a public one."""
    own, public = lab.resolver("10.0.0.53", delay=0.5, hops=0), lab.resolver()
    served(lab)
    lab.server("portal.company.test")
    inside = lab.server(address="10.0.0.80", delay=0.6, hops=1)
    own.zone["portal.company.test"] = {"answers": [inside.address]}
    for i, n in enumerate((lab.good, "portal.company.test", lab.other)):
        lab.lookup(n, 0.2 + 2 * i, own)
        lab.lookup(n, 1.2 + 2 * i, public)
    lab.https("portal.company.test", 5, to=inside)


@scenario("twin")
def dns_portal(lab):
    """A captive portal's resolver gives its own address for every name."""
    own = lab.resolver(lab.pick("10.0.0.1", "192.168.1.1"), delay=0.5, hops=0)
    served(lab)
    own.zone["*"] = {"answers": ["10.0.0.1"], "ttl": 0}
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        lab.lookup(n, 0.2 + i, own)


@scenario("twin")
def dns_portal_far(lab):
    """A captive portal answers in the name of the resolver that the client set, for every name."""
    own = lab.resolver("8.8.8.8", delay=0.5, hops=0)
    served(lab)
    own.zone["*"] = {"answers": ["10.0.0.1"], "ttl": 0}
    for i, n in enumerate((lab.good, lab.bad, lab.other, "first.example")):
        lab.lookup(n, 0.2 + i, own)


@scenario("twin", v6=True)
def dns_64(lab):
    """A resolver makes IPv6 addresses of IPv4 ones, for a translator (RFC 6147)."""
    own, public = provider(lab), lab.resolver()
    served(lab)
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        own.zone[n] = {"answers": ["64:ff9b::c633:64%02x" % (7 + i)]}
        lab.lookup(n, 0.2 + 2 * i, own)
        lab.lookup(n, 1.2 + 2 * i, public)


@scenario("twin")
def dns_rebinding(lab):
    """The home router refuses a name that points into private networks, as its guard must."""
    own, public = lab.resolver("10.0.0.1", delay=0.3, hops=0), lab.resolver()
    served(lab)
    own.zone["nas.dynamic.test"] = {"rcode": lab.pick(say.REFUSED, say.NXDOMAIN)}
    public.zone["nas.dynamic.test"] = {"answers": ["192.168.7.20"]}
    for i, n in enumerate((lab.good, "nas.dynamic.test", lab.other)):
        lab.lookup(n, 0.2 + 2 * i, own)
        lab.lookup(n, 1.2 + 2 * i, public)


@scenario("twin")
def dns_family_filter(lab):
    """A resolver that blocks malware for those who choose it denies one name; another knows it."""
    chosen, public = lab.resolver(lab.pick("9.9.9.9", "1.1.1.3")), lab.resolver()
    served(lab)
    chosen.zone[lab.bad] = lab.pick({"rcode": say.NXDOMAIN, "flags": 0x8100},
                                    {"answers": ["0.0.0.0"], "ttl": 60})
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        lab.lookup(n, 0.2 + 2 * i, chosen)
        lab.lookup(n, 1.2 + 2 * i, public)


@scenario("twin")
def dns_family_says_so(lab):
    """A resolver that its user chose for it filters one name and says so (extended error 17)."""
    chosen = lab.resolver()
    served(lab)
    chosen.zone[lab.bad] = {"rcode": lab.pick(say.NXDOMAIN, say.NOERROR),
                            "error": (17, lab.pick("parental control", ""))}
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        lab.lookup(n, 0.2 + 2 * i, chosen)


@scenario("twin")
def dns_household_denies(lab):
    """The household's own resolver denies advertisers' names; a second resolver knows them."""
    own, public = lab.resolver("10.0.0.1", delay=0.3, hops=0), lab.resolver()
    served(lab, "ads.example")
    own.zone["ads.example"] = {"rcode": say.NXDOMAIN}
    for i, n in enumerate((lab.good, "ads.example", lab.other)):
        lab.lookup(n, 0.2 + 2 * i, own)
        lab.lookup(n, 1.2 + 2 * i, public)


@scenario("twin")
def dns_bogus(lab):
    """A zone's signatures do not hold: the resolver that checks them fails and says so, another
    one does not check."""
    strict, public = provider(lab), lab.resolver()
    served(lab)
    strict.zone[lab.bad] = {"rcode": say.SERVFAIL, "error": (lab.pick(6, 7, 9), "")}
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        lab.lookup(n, 0.2 + 2 * i, strict)
        lab.lookup(n, 1.2 + 2 * i, public)


@scenario("twin")
def dns_bogus_silent(lab):
    """The same, of a resolver that does not say why it fails."""
    strict, public = provider(lab), lab.resolver()
    served(lab)
    strict.zone[lab.bad] = {"rcode": say.SERVFAIL}
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        lab.lookup(n, 0.2 + 2 * i, strict)
        lab.lookup(n, 1.2 + 2 * i, public)


@scenario("twin")
def dns_lame(lab):
    """A zone whose servers are gone: all resolvers fail."""
    a, b = provider(lab), lab.resolver()
    served(lab)
    for r in (a, b):
        r.zone[lab.bad] = {"rcode": say.SERVFAIL, "delay": 900000}
    b.zone[lab.bad]["error"] = (22, "")
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        lab.lookup(n, 0.2 + 2 * i, a)
        lab.lookup(n, 1.2 + 2 * i, b)


@scenario("twin")
def dns_new_name(lab):
    """A name that was just made: one resolver still remembers that there was none, another knows
    it; soon both do."""
    a, b = provider(lab), lab.resolver()
    served(lab)
    state = {"known": False}
    a.zone[lab.bad] = lambda qtype: {"answers": [lab.names[lab.bad].address]} if state["known"] \
        else {"rcode": say.NXDOMAIN, "soa": "example"}
    lab.lookup(lab.bad, 0.2, a)
    lab.lookup(lab.good, 1, a)
    lab.lookup(lab.bad, 2, b)
    lab.at(20, state.update, {"known": True})
    lab.lookup(lab.bad, 30, a)
    lab.https(lab.bad, 31)


@scenario("twin")
def dns_broken_type(lab):
    """An authority denies a name for IPv6 that it has for IPv4 (RFC 4074): all resolvers agree."""
    a, b = provider(lab), lab.resolver()
    served(lab)
    entry = {lab.bad: lambda qtype: {"rcode": say.NXDOMAIN, "soa": "example"}
             if qtype == say.AAAA else {"answers": [lab.names[lab.bad].address]}}
    for i, r in enumerate((a, b)):
        r.zone.update(entry)
        lab.lookup(lab.bad, 0.2 + 4 * i, r, qtype=say.AAAA)
        lab.lookup(lab.bad, 1.2 + 4 * i, r, qtype=say.A)
        lab.lookup(lab.good, 2.2 + 4 * i, r)
    lab.https(lab.bad, 9)


@scenario("twin")
def dns_search_list(lab):
    """A stub tries a short name in each of its search domains before it finds it; nobody else is
    asked for these."""
    a = provider(lab)
    served(lab)
    for i, n in enumerate(("news.corp.test", "news.example.test", lab.other,
                           "10.2.0.192.in-addr.arpa", "printer.lan")):
        lab.lookup(n, 0.2 + i, a)


@scenario("twin")
def dns_route_changes(lab):
    """A nearer site of a public resolver takes over: from then on all answers come from another
    distance."""
    h = lab.resolver()
    names = [lab.good, lab.bad, lab.other, "first.example", "second.test", "third.test"]
    for n in names:
        lab.server(n)
    for n in names[3:]:
        h.zone[n] = {"answers": [lab.names[n].address], "hop_limit": 60}
    for i, n in enumerate(names):
        lab.lookup(n, 0.2 + i, h)


@scenario("twin")
def dns_deaf_resolver(lab):
    """Answers lose EDNS now and then, when the resolver's upstream does not speak it."""
    h = lab.resolver(edns=True)
    names = [lab.good, lab.bad, lab.other, "first.example", "second.test", "third.test"]
    for n in names:
        lab.server(n)
    for n in lab.pick((names[1],), (names[4],), (names[1], names[4])):
        h.zone[n] = {"answers": [lab.names[n].address], "edns": False}
    for i, n in enumerate(names):
        lab.lookup(n, 0.2 + i, h)


@scenario("twin")
def dns_one_port(lab):
    """A forwarder asks for many names from one port; two do not exist."""
    far = lab.resolver()
    names = [lab.good, "no-such.example", lab.other, "first.example", "typo.invalid", lab.bad]
    served(lab, "first.example")
    lab.lookups(names, 0.2, far, 40000 + lab.rng.randrange(9000), apart=0.7)["names"] = names
    lab.https(lab.other, 6)


@scenario("twin")
def dns_over_tcp(lab):
    """Long answers are asked for again over TCP; a name that does not exist is denied there, too."""
    far = lab.resolver()
    served(lab)
    for i, n in enumerate((lab.good, "no-such.example", lab.other)):
        lab.lookup(n, 0.2 + i, far)
        lab.lookup_tcp(n, 0.6 + i, far)


@scenario("twin")
def dot_and_doh(lab):
    """Sessions with encrypted resolvers that are served, and one that the server declines."""
    from .resolvers import encrypted, session
    h = encrypted(lab, 853, "dns.google")
    session(lab, h, 853, "dns.google", 0.2)
    session(lab, h, 443, "dns.google", 2)
    g = lab.server("dns.quad9.net")
    session(lab, g, 853, "dns.quad9.net", 4)        # nobody listens there
    session(lab, g, 443, "dns.quad9.net", 5)


@scenario("twin")
def dns_lame_silent(lab):
    """A zone whose servers are gone: one resolver never answers, the other one fails at last."""
    a, b = provider(lab), lab.resolver()
    served(lab)
    a.zone[lab.bad] = {"silent": True}
    b.zone[lab.bad] = {"rcode": say.SERVFAIL, "delay": 3000000}
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        lab.lookup(n, 0.2 + 2 * i, a)
        lab.lookup(n, 1.2 + 2 * i, b)


@scenario("twin")
def dns_late(lab):
    """A resolver takes twelve seconds over one name; the stub asks twice and turns to another."""
    a, b = provider(lab), lab.resolver()
    served(lab)
    a.zone[lab.bad] = {"answers": [lab.names[lab.bad].address], "delay": 12000000}
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        lab.lookup(n, 0.2 + 12 * i, a)
        lab.lookup(n, 9.2 + 12 * i, b)


@scenario("twin")
def dns_lost_once(lab):
    """One question is lost on the way; the stub asks another resolver, which knows the name."""
    a, b = provider(lab), lab.resolver()
    served(lab)
    lab.path.lose.append(lambda p: p.dst == a.address and lab.bad.split(".")[0].encode() in p.payload)
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        lab.lookup(n, 0.2 + 6 * i, a, tries=1)
    lab.lookup(lab.bad, 11.5, b)


@scenario("twin")
def dns_wildcard(lab):
    """A provider sells names that do not exist: all of them lead to one page of advertisements."""
    a, b = provider(lab), lab.resolver()
    served(lab)
    ads = lab.server("search.provider.test")
    for i, n in enumerate(("no-such.example", "typo.invalid", "wwww.test", lab.good, lab.other)):
        if n not in lab.names:
            a.zone[n] = {"answers": [ads.address], "ttl": 10}
        lab.lookup(n, 0.2 + i, a)
        lab.lookup(n, 0.6 + i, b)


@scenario("twin")
def dns_no_keys(lab):
    """A resolver that knows no HTTPS records gives nobody's keys; another one gives all."""
    old, public = provider(lab), lab.resolver()
    names = (lab.bad, lab.good, lab.other)
    keys(lab, (public,), names)
    for n in names:
        old.zone[n] = lambda qtype, n=n: {"answers": []} if qtype == say.HTTPS \
            else {"answers": [lab.names[n].address]}
    for i, n in enumerate(names):
        lab.lookup(n, 0.2 + 2 * i, old, qtype=say.HTTPS)
        lab.lookup(n, 1.2 + 2 * i, public, qtype=say.HTTPS)


@scenario("twin")
def dns_new_key(lab):
    """A zone begins to offer ECH: one resolver's cache runs out later than the other's."""
    a, b = provider(lab), lab.resolver()
    keys(lab, (a, b), (lab.bad, lab.good))
    state = {"new": False}
    a.zone[lab.bad] = lambda qtype: {"answers": [("https", state["new"])]} if qtype == say.HTTPS \
        else {"answers": [lab.names[lab.bad].address]}
    for i, n in enumerate((lab.good, lab.bad)):
        lab.lookup(n, 0.2 + 2 * i, a, qtype=say.HTTPS)
        lab.lookup(n, 1.2 + 2 * i, b, qtype=say.HTTPS)
    lab.at(20, state.update, {"new": True})
    lab.lookup(lab.bad, 25, a, qtype=say.HTTPS)


@scenario("twin")
def dns_transfer(lab):
    """A secondary server asks for a whole zone over TCP: addresses answer a question of type
    AXFR."""
    h = lab.resolver()
    served(lab)
    h.zone["zone.example"] = {"answers": ["198.51.100.90", "198.51.100.91"], "edns": False}
    lab.lookup(lab.good, 0.2, h)
    lab.lookup_tcp("zone.example", 1, h, qtype=252, edns=False)
