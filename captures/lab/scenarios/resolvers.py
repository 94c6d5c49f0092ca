# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that resolvers were made to deny, resolvers that are spoken for, and encrypted DNS."""
from . import scenario
from .. import payloads as say
from ..acts import Dns, Drop, Reset, Stranger
from ..middlebox import dns, service, sni
from ..packets import TCP

# What Russia's national resolver was made to deny, and what of the same service it still knew
# (net4people/bbs #580, #657).
REMOVED = (("whatsapp.com", "g.whatsapp.net"), ("web.whatsapp.com", "static.whatsapp.net"),
           ("youtube.com", "i.ytimg.com"), ("www.instagram.com", "static.xx.fbcdn.net"))
EITHER = {"mechanism": ["dns-injection", "dns-tampering"]}


def provider(lab, **more):
    """A resolver of the provider's: near, with an address of its own network."""
    return lab.resolver(delay=lab.between(2.0, 0.8, 6), hops=lab.pick(1, 2, 3), **more)


def denial(lab, name, event=None):
    return {"rcode": say.NXDOMAIN, "soa": lab.pick("example", None), "event": event or name}


@scenario("interference")
def dns_removed(lab):
    """A service's main name is denied by the provider's resolver, which knows its other names."""
    isp = provider(lab)
    gone, kept = lab.pick(*REMOVED)
    for n in (gone, kept, lab.good, lab.other):
        lab.server(n)
    isp.zone[gone] = denial(lab, gone)
    for i, n in enumerate((lab.good, gone, kept, lab.other, gone)):
        lab.lookup(n, 0.2 + 1.5 * i, isp)
    lab.https(kept, 9)


@scenario("interference")
def dns_removed_cached(lab):
    """The provider's resolver denies a name that it knew a minute ago; the client still has the
    address, and is served."""
    isp = provider(lab)
    for n in (lab.bad, lab.good, lab.other):
        lab.server(n)
    state = {"gone": False}

    def entry(qtype):
        return denial(lab, lab.bad) if state["gone"] else {"answers": [lab.names[lab.bad].address]}
    isp.zone[lab.bad] = entry
    lab.lookup(lab.bad, 0.2, isp)
    lab.lookup(lab.good, 1.0, isp)
    lab.at(15, state.update, {"gone": True})
    lab.lookup(lab.bad, 20, isp)
    lab.lookup(lab.other, 21, isp)
    lab.https(lab.bad, 22)
    lab.lookup(lab.bad, 30, isp)


@scenario("interference")
def dns_intercepted(lab):
    """Queries to a public resolver over UDP are answered by somebody else, who denies one name;
    over TCP the resolver itself answers."""
    public = lab.resolver(lab.pick("8.8.8.8", "1.1.1.1"))
    for n in (lab.bad, lab.good, lab.other):
        lab.server(n)
    near = lab.pick(61, 58, 125)
    for n in (lab.good, lab.other):
        public.zone[n] = {"answers": [lab.names[n].address], "hop_limit": near}
    public.zone[lab.bad] = dict(denial(lab, lab.bad, ("dns-injection", lab.bad, EITHER)),
                                hop_limit=near)
    public.zone_tcp = {}
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        lab.lookup(n, 0.2 + i, public)
        lab.lookup_tcp(n, 4.2 + i, public)
    lab.lookup(lab.bad, 9, public)


@scenario("interference")
def dns_intercepted_known(lab):
    """A public resolver seems to deny names of one service, over UDP alone and to all who ask."""
    public = lab.resolver("8.8.8.8"), lab.resolver("1.1.1.1")
    gone, kept = lab.pick(*REMOVED)
    for n in (gone, kept, lab.good, lab.other):
        lab.server(n)
    for p in public:
        p.zone[gone] = denial(lab, gone, ("dns-injection", gone, EITHER))
    for i, n in enumerate((lab.good, gone, kept, lab.other)):
        lab.lookup(n, 0.2 + i, public[0])
        lab.lookup(n, 5.2 + i, public[1])


@scenario("interference")
def dns_no_resolver(lab):
    """An address where no resolver is answers for one name only; for others its port is closed."""
    nobody = lab.host()
    lab.resolvers[nobody.address] = nobody
    nobody.mute_closed = lab.pick(False, False, True)
    lab.rule(Dns(dns(lab.bad), answers=[lab.foreign(99)], ttl=lab.pick(188, 60, 120),
                 flags=lab.pick(0x8180, 0x8580), delay=lab.between(900, 150, 2500),
                 style={"ttl": lab.pick(61, 112), "df": lab.pick(True, False)}))
    for i, n in enumerate((lab.good, "first.example", "second.test", lab.other)):
        lab.lookup(n, 0.2 + i, nobody, tries=1)
    lab.lookup(lab.bad, 6, nobody, tries=1)
    lab.lookup(lab.bad, 9, nobody, tries=1)


@scenario("interference")
def dns_forged_plain(lab):
    """The query dies; what answers early, from elsewhere and without EDNS looks like any answer."""
    far = lab.resolver()
    for n in (lab.bad, lab.good, lab.other):
        lab.server(n)
    for i, n in enumerate((lab.good, lab.other, lab.good)):
        lab.lookup(n, 0.2 + i, far)
    lab.rule(Dns(dns(lab.bad), answers=[lab.foreign(99)], swallow=True, ttl=lab.pick(200, 60),
                 delay=lab.between(500, 150, 2000), style={"ttl": lab.pick(120, 250, 31)},
                 accept={"min_confidence": 0.6 if lab.chance is None else 0.3}))
    lab.lookup(lab.bad, 5, far)
    lab.lookup(lab.other, 7, far)
    lab.lookup(lab.good, 8, far)


@scenario("interference")
def dns_wrong_type_only(lab):
    """A question for HTTPS records dies and is answered with an address."""
    far = lab.resolver()
    for n in (lab.bad, lab.good, lab.other):
        lab.server(n)
    lab.lookup(lab.good, 0.2, far)
    lab.lookup(lab.other, 1.2, far)
    lab.rule(Dns(dns(lab.bad), answers=[lab.foreign(99)], swallow=True,
                 delay=lab.between(700, 150, 2500), style={"ttl": lab.pick(63, 120)}))
    lab.lookup(lab.bad, 3, far, qtype=lab.pick(say.HTTPS, say.TXT, say.MX))
    lab.lookup(lab.bad, 6, far, qtype=say.HTTPS)


@scenario("interference")
def dns_censored(lab):
    """The resolver refuses one name and says that it was ordered to (extended error 16)."""
    isp = provider(lab)
    for n in (lab.bad, lab.good, lab.other):
        lab.server(n)
    words = lab.pick("blocked by order of the authority", "")
    isp.zone[lab.bad] = {"rcode": lab.pick(say.NXDOMAIN, say.REFUSED, say.NOERROR),
                         "error": (16, words), "event": lab.bad}
    for i, n in enumerate((lab.good, lab.bad, lab.other, lab.bad)):
        lab.lookup(n, 0.2 + 1.5 * i, isp)


@scenario("interference")
def dns_forged_declared(lab):
    """The resolver gives a notice's address for one name, and says that it is forged (extended
    error 4)."""
    isp = provider(lab)
    wall = lab.server("notice.example", delay=1.0, hops=1)
    for n in (lab.bad, lab.good, lab.other):
        lab.server(n)
    isp.zone[lab.bad] = {"answers": [wall.address], "error": (4, lab.pick("", "by court order")),
                         "event": lab.bad}
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        lab.lookup(n, 0.2 + 1.5 * i, isp)


@scenario("interference")
def dns_blocked_by_policy(lab):
    """The resolver blocks one name by its operator's own policy, and says so (extended error 15)."""
    isp = provider(lab)
    for n in (lab.bad, lab.good, lab.other):
        lab.server(n)
    isp.zone[lab.bad] = {"rcode": say.NXDOMAIN, "error": (15, lab.pick("policy", "malware", "")),
                         "event": ("dns-tampering", lab.bad, {"min_confidence": 0.3})}
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        lab.lookup(n, 0.2 + 1.5 * i, isp)


@scenario("interference")
def dns_lie_servfail(lab):
    """One resolver fails for one known name, again and again; another one resolves it."""
    isp, public = provider(lab), lab.resolver()
    name = lab.pick("www.bbc.com", "signal.org", "www.facebook.com")
    for n in (name, lab.good, lab.other):
        lab.server(n)
    isp.zone[name] = {"rcode": say.SERVFAIL, "event": name}
    for i, n in enumerate((lab.good, name, lab.other, name)):
        lab.lookup(n, 0.2 + 2 * i, isp)
        lab.lookup(n, 1.2 + 2 * i, public)


@scenario("interference")
def dns_one_socket(lab):
    """A forwarder asks for everything from one port; one of many answers is forged."""
    far = lab.resolver()
    port = 40000 + lab.rng.randrange(9000)
    names = [lab.good, lab.other, "first.example", "second.test", lab.bad]
    for n in names:
        lab.server(n)
    lab.rule(Dns(dns(lab.bad), answers=[lab.pick("127.0.0.1", "10.10.34.36")],
                 delay=lab.between(400, 150, 2000), style={"ttl": lab.pick(64, 190)}))
    flow = lab.lookups(names, 0.2, far, port, apart=0.8)
    flow["names"] = names
    lab.https(lab.good, 9)


@scenario("interference")
def dns_tcp_reset(lab):
    """A query over TCP is reset as soon as it says the name; another name is answered."""
    far = lab.resolver()
    for n in (lab.bad, lab.good):
        lab.server(n)
    lab.rule(Reset(dns(lab.bad, TCP), to=lab.pick("client", "both"),
                   delay=lab.between(300, 150, 2000), style={"ttl": lab.pick(120, 250, 31)}))
    lab.lookup_tcp(lab.good, 0.2, far)
    lab.lookup_tcp(lab.bad, 2, far)
    lab.lookup_tcp(lab.good, 5, far)
    lab.lookup_tcp(lab.bad, 7, far)


@scenario("interference")
def dns_dropped(lab):
    """Questions about one name vanish; the resolver answers others, and another one knows it."""
    far, near = lab.resolver(), provider(lab)
    for n in (lab.bad, lab.good, lab.other):
        lab.server(n)
    lab.rule(Drop(dns(lab.bad, to=far.address), ways=("up",)))
    lab.lookup(lab.good, 0.2, far)
    lab.lookup(lab.bad, 2, far, tries=2)
    lab.lookup(lab.other, 4, far)
    lab.lookup(lab.bad, 13, near)
    lab.lookup(lab.good, 14, far)
    lab.lookup(lab.bad, 16, far, tries=2)
    lab.lookup(lab.other, 18, far)


@scenario("interference")
def dns_resolver_dropped(lab):
    """Every question to one public resolver vanishes; the provider's resolver answers."""
    public, near = lab.resolver(lab.pick("8.8.8.8", "1.1.1.1")), provider(lab)
    names = (lab.bad, lab.good, lab.other)
    for n in names:
        lab.server(n)
    lab.rule(Drop(service(public.address, 53), ways=("up",),
                  accept={"min_confidence": 0.6 if lab.chance is None else 0.3}))
    for i, n in enumerate(names):
        lab.lookup(n, 0.2 + 12 * i, public, tries=2)
        lab.lookup(n, 5.4 + 12 * i, near)
        lab.https(n, 6 + 12 * i)


def keys(lab, resolvers, names):
    """HTTPS records with keys for ECH, beside the addresses."""
    for n in names:
        lab.server(n)
        for r in resolvers:
            r.zone[n] = lambda qtype, n=n: {"answers": [("https", True)]} if qtype == say.HTTPS \
                else {"answers": [lab.names[n].address]}


@scenario("interference")
def dns_key_stripped(lab):
    """The provider's resolver takes the key for ECH out of one name's HTTPS record."""
    isp, public = provider(lab), lab.resolver()
    keys(lab, (isp, public), (lab.bad, lab.good, lab.other))
    isp.zone[lab.bad] = lambda qtype: {
        "answers": lab.pick([("https", False)], []),
        "event": ("protocol-stripping", lab.bad, {})} if qtype == say.HTTPS \
        else {"answers": [lab.names[lab.bad].address]}
    for i, n in enumerate((lab.good, lab.bad, lab.other, lab.bad)):
        lab.lookup(n, 0.2 + 2 * i, isp, qtype=say.HTTPS)
        lab.lookup(n, 0.3 + 2 * i, isp)
        lab.lookup(n, 1.2 + 2 * i, public, qtype=say.HTTPS)


@scenario("interference")
def dns_stranger(lab):
    """Who answers first is not who was asked: the forger does not even fake the address."""
    far = lab.resolver()
    for n in (lab.bad, lab.good, lab.other):
        lab.server(n)
    lab.lookup(lab.good, 0.2, far)
    lab.lookup(lab.other, 1.2, far)
    lab.rule(Stranger(dns(lab.bad), answers=[lab.foreign(99)], source=lab.foreign(150),
                      delay=lab.between(700, 150, 2500), style={"ttl": lab.pick(63, 120)}))
    flow = lab.lookup(lab.bad, 3, far)
    lab.flows.append(dict(flow, key=flow["key"][:3] + (lab.box.rules[-1].source, 53)))
    lab.lookup(lab.good, 6, far)


def encrypted(lab, port, name):
    """A resolver that speaks TLS, under its own name and one more."""
    h = lab.server(name)
    lab.serve(h, port, [("record",), ("answer", lab.tls_answer)])
    return h


def session(lab, h, port, name, at):
    """A TLS session with a query and its answer."""
    hello = say.client_hello(lab.rng, name, alpn=(b"dot",) if port == 853 else (b"h2",))
    steps = [("send", hello), ("record", 6), ("send", say.client_finished(lab.rng)),
             ("send", say.application(lab.rng, 150)), ("record",), ("wait", 90000), ("close",)]
    return lab.connect(at, h.address, port, steps, [name])


@scenario("interference")
def dot_name_reset(lab):
    """DNS over TLS is reset after the ClientHello that names the resolver; another name passes."""
    name = lab.pick("dns.google", "one.one.one.one", "dns.quad9.net", "dns.adguard-dns.com")
    h = encrypted(lab, 853, name)
    lab.rule(Reset(sni(name), to="both", delay=lab.between(400, 150, 2000),
                   style={"ttl": lab.pick(120, 250, 31)}))
    session(lab, h, 853, lab.good, 0.2)
    session(lab, h, 853, name, 2)
    session(lab, h, 853, lab.good, 6)
    session(lab, h, 853, name, 8)


@scenario("interference")
def dot_name_dropped(lab):
    """Iran: DNS over TLS connects, and the ClientHello that names the resolver is never
    answered."""
    name = lab.pick("dns.quad9.net", "one.one.one.one", "dns.google")
    h = encrypted(lab, 853, name)
    lab.rule(Drop(sni(name), ways=("up", "down")))
    session(lab, h, 853, lab.good, 0.2)
    session(lab, h, 853, name, 2)
    session(lab, h, 853, lab.good, 20)


@scenario("interference")
def doh_name_reset(lab):
    """DNS over HTTPS: the connection that names the resolver is reset, a website beside it not."""
    name = lab.pick("dns.google", "cloudflare-dns.com", "mozilla.cloudflare-dns.com", "doh.pub")
    h = encrypted(lab, 443, name)
    lab.rule(Reset(sni(name), count=lab.pick(1, 3), to="both", delay=lab.between(400, 150, 2000),
                   style={"ttl": lab.pick(120, 250, 31)}))
    session(lab, h, 443, lab.good, 0.2)
    session(lab, h, 443, name, 2)
    session(lab, h, 443, name, 6)


@scenario("interference")
def dot_port_dropped(lab):
    """Connections to port 853 of a resolver vanish, whatever the name; port 443 is served."""
    name = lab.pick("one.one.one.one", "dns.google")
    h = encrypted(lab, 853, name)
    lab.rule(Drop(service(h.address, 853), ways=("up", "down")))
    session(lab, h, 443, name, 0.2)
    session(lab, h, 853, name, 1)
    session(lab, h, 443, name, 9)
