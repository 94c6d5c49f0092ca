# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that are not the site's own, beside others that only look odd."""
from . import scenario
from .. import certificates as x509
from .. import payloads as say
from ..acts import Data
from ..middlebox import sni

NEAR = {"delay": 0.8, "hops": 0}


def close_by(lab):
    """The box is much nearer than any server, however far the middle of the path was drawn."""
    lab.near = lab.path.delay = min(lab.near, lab.rest / 6)


def asked(c, name):
    return name.encode() in bytes(c.inn)


def visit(lab, name, at, refuse=None, **more):
    return lab.https(name, at, steps=x509.client(lab, refuse), **more)


def impostor(lab, victims, chain, host=None):
    """A box near the client that opens the session of some names, and passes the others on."""
    own = {}

    def choose(app, c):
        for n in victims:
            if asked(c, n):
                flow = next(f for f in lab.flows if f["key"][2] == c.port
                            and f["key"][3] == c.host.address)
                c.event = lab.mark(flow, "tls-interception", sni(n), "first-data")
                return chain(n)
        name = next(n for n in lab.names if lab.names[n] is c.host and asked(c, n))
        own.setdefault(name, [x509.site(lab.rng, name)])
        return own[name]
    return x509.serve(lab, choose)


def fresh(lab, issuer, **more):
    """Certificates for whatever name is asked for, as inspecting proxies make them."""
    made = {}

    def chain(name):
        made.setdefault(name, [x509.site(lab.rng, name, issuer, **more)])
        return made[name]
    return chain


@scenario("interference")
def mitm_state_root(lab):
    """Kazakhstan: a few names are opened under the state's root; the others pass."""
    issuer = lab.pick(("Information Security Certification Authority CA",
                       "Information Security Certification Authority", "KZ"),
                      ("Qaznet Trust Network", None, "KZ"))
    own = impostor(lab, [lab.bad], fresh(lab, issuer, exponent=lab.pick(3, 65537), bare=True))
    lab.alias(lab.bad, lab.server(lab.good, tls=own, **NEAR))
    visit(lab, lab.good, 0.2)
    visit(lab, lab.bad, 2, lab.pick(48, 42, None))
    visit(lab, lab.bad, 4)


@scenario("interference", kind="pcapng")
def mitm_one_key(lab):
    """Unlike names in unlike networks show one certificate that names something else."""
    key = x509.Key(lab.rng)
    fake = [x509.certificate(lab.rng, key, ("gateway.operator.invalid", "Operator"), (), None)]
    names = [lab.bad, "films.%s.invalid" % lab.pick("river", "stone"), "goals.football.test"]
    places = [None, "203.0.113.61", "192.0.2.200"] if not lab.chance else \
        [None, "9.5.%d.1" % lab.rng.randrange(250), "6.9.%d.7" % lab.rng.randrange(250)]
    for n, place in zip(names, places):
        lab.server(n, tls=impostor(lab, names, lambda name: fake), address=place, **NEAR)
    for i, n in enumerate(names):
        visit(lab, n, 0.3 + 2 * i, lab.pick(48, 46, 42))
    lab.https(lab.good, 1)
    lab.https(lab.good, 5)


@scenario("interference")
def mitm_antivirus(lab):
    """The computer's own virus scanner opens every session: interception, and its owner's."""
    issuer = lab.pick(("avast! Web/Mail Shield Root", "avast! Web/Mail Shield"),
                      ("Kaspersky Anti-Virus Personal Root Certificate", "AO Kaspersky Lab"),
                      ("ESET SSL Filter CA", "ESET, spol. s r. o."), ("FortiGate CA", "Fortinet"))
    chain, names = fresh(lab, issuer), (lab.bad, lab.good, lab.other)
    for n in names:
        lab.server(n, tls=impostor(lab, names, chain), delay=0.05, hops=0)
    for i, n in enumerate(names):
        visit(lab, n, 0.3 + 2 * i)


@scenario("interference")
def mitm_changed(lab):
    """One address shows a name's certificate from afar, then one of another issuer from nearby."""
    close_by(lab)
    place = lab.foreign(61)
    lab.server(lab.bad, tls=x509.serve(lab, [x509.site(lab.rng, lab.bad)]), address=place)
    fake = impostor(lab, [lab.bad], fresh(lab, ("National Gateway", "Ministry")))
    visit(lab, lab.bad, 0.2)
    visit(lab, lab.bad, 2)
    lab.at(4, lambda: lab.server(lab.bad, tls=fake, address=place, **NEAR))
    visit(lab, lab.bad, 5)
    visit(lab, lab.bad, 7)


@scenario("interference", delay=(6.0, 50.0))
def mitm_race(lab):
    """A forged ServerHello overtakes the true one: two servers answer one hello."""
    lab.alias(lab.bad, lab.server(lab.good))
    lab.https(lab.good, 0.2)
    lab.rule(Data(sni(lab.bad), payload=lambda view: say.server_flight(lab.rng, 900),
                  mechanism_word="tls-interception", cut=lab.pick(480, 500), delay=lab.between(900, 300, 2500),
                  accept={"mechanism": ["tls-interception", "data-injection"]},
                  style={"ttl": lab.pick(62, 125), "window": 8192}))
    lab.https(lab.bad, 2)


@scenario("interference")
def mitm_13(lab):
    """TLS 1.3 shows no certificate: the same hello is answered from nearer, and by other choices."""
    close_by(lab)
    place, cipher = lab.foreign(62), lab.pick(0x1302, 0x1303)
    lab.server(lab.bad, address=place)
    lab.https(lab.bad, 0.2)
    lab.https(lab.bad, 2)

    def answer(app, c):
        flow = next(f for f in lab.flows if f["key"][2] == c.port and f["key"][3] == place)
        c.event = lab.mark(flow, "tls-interception", sni(lab.bad), "first-data")
        return lab.tls_answer(app, c, cipher=cipher)
    lab.at(4, lambda: lab.server(lab.bad, tls=answer, address=place, **NEAR))
    lab.https(lab.bad, 5)
    lab.https(lab.bad, 7)


@scenario("interference", delay=(6.0, 50.0))
def mitm_early(lab):
    """The server opens the connection, and a box on the way answers the hello and keeps the rest."""
    close_by(lab)
    lab.alias(lab.bad, lab.server(lab.good))
    lab.https(lab.good, 0.2)
    lab.rule(Data(sni(lab.bad), payload=lambda view: say.server_flight(lab.rng, 700),
                  mechanism_word="tls-interception", swallow=True, deaf=True,
                  delay=lab.between(1500, 300, 2500), style={
                      "ttl": lab.pick(62, 125), "window": 8192}))
    lab.https(lab.bad, 2, deadline=8)
    lab.https(lab.good, 12)


@scenario("twin")
def hello_nearer(lab):
    """An anycast address moves to a nearer site of the same operator, who is set up alike there."""
    close_by(lab)
    place = lab.foreign(63)
    lab.server(lab.good, address=place)
    lab.https(lab.good, 0.2)
    lab.https(lab.good, 2)
    lab.at(4, lambda: lab.server(lab.good, address=place, **NEAR))
    lab.https(lab.good, 5)
    lab.https(lab.good, 7)


@scenario("twin")
def hello_differs(lab):
    """A farm of servers that are set up in two ways, at one address and one distance."""
    turn = {"n": 0}

    def answer(app, c):
        turn["n"] += 1
        return lab.tls_answer(app, c, cipher=(0x1301, 0x1302)[turn["n"] % 2])
    lab.server(lab.good, tls=answer)
    for i in range(6):
        lab.https(lab.good, 0.3 + i)


@scenario("twin")
def cert_own(lab):
    """TLS 1.2 as it should be: each site has its certificate; one has expired last year."""
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        old = {"since": "240101", "until": "250101"} if i == 1 else {}
        lab.server(n, tls=x509.serve(lab, [x509.site(lab.rng, n, **old)]))
        visit(lab, n, 0.3 + 2 * i, 45 if i == 1 else None)


@scenario("twin")
def cert_default_host(lab):
    """A host without that name shows its default certificate, again and again."""
    own, default = [x509.site(lab.rng, lab.good)], [x509.certificate(
        lab.rng, x509.Key(lab.rng), ("localhost.localdomain", "SomeOrganization"), (),
        None)]
    h = lab.server(lab.good, tls=x509.serve(lab, lambda app, c: own if asked(c, lab.good)
                                            else default))
    lab.alias(lab.bad, h)
    visit(lab, lab.good, 0.2)
    visit(lab, lab.bad, 2, lab.pick(48, 46, None))
    visit(lab, lab.bad, 4, lab.pick(48, None))
    visit(lab, lab.good, 6)


@scenario("twin")
def cert_hoster(lab):
    """A hoster's default certificate answers for many names at its two addresses."""
    key = x509.Key(lab.rng)
    chain = [x509.certificate(lab.rng, key, ("panel.hoster.example",),
                              ("panel.hoster.example", "*.hoster.example"))]
    a, b = lab.server(lab.bad, tls=x509.serve(lab, chain)), lab.server(
        lab.other, tls=x509.serve(lab, chain))
    for i, (n, h) in enumerate(((lab.bad, a), (lab.other, b), ("shop.invalid", a),
                                ("club.test", b))):
        lab.alias(n, h)
        visit(lab, n, 0.3 + 2 * i, lab.pick(42, 46, None))
    lab.https(lab.good, 1)


@scenario("twin")
def cert_cdn(lab):
    """One name at one address has two certificates, by two authorities, for old and new keys."""
    both = [[x509.site(lab.rng, lab.good)], [x509.site(lab.rng, lab.good, (
        "E5 Other Authority", "Other Trust"))]]
    turn = {"n": 0}

    def chain(app, c):
        turn["n"] += 1
        return both[turn["n"] % 2]
    lab.server(lab.good, tls=x509.serve(lab, chain))
    for i in range(6):
        visit(lab, lab.good, 0.3 + i)


@scenario("twin")
def cert_router(lab):
    """A router at home shows a certificate that it made itself, for any name."""
    key = x509.Key(lab.rng)
    chain = [x509.certificate(lab.rng, key, ("192.168.1.1", "Router"), (), None)]
    lab.server("router.home.arpa", tls=x509.serve(lab, chain), delay=0.2, hops=0,
               address="192.168.1.1")
    lab.alias("www.router.example", lab.names["router.home.arpa"])
    visit(lab, "router.home.arpa", 0.3)
    visit(lab, "www.router.example", 2, 48)
    lab.https(lab.good, 4)


@scenario("twin")
def cert_portal(lab):
    """A captive portal answers for every name with its own certificate, until the guest has paid."""
    key, state = x509.Key(lab.rng), {"paid": False}
    # Beside whatever else goes on in labelled captures, a portal for some would be no portal.
    issuer = x509.PUBLIC if lab.chance else None
    fake = [x509.certificate(lab.rng, key, ("login.hotel.example",), ("login.hotel.example",),
                             issuer)]
    names = (lab.bad, lab.good, lab.other)
    for i, n in enumerate(names):
        own = [x509.site(lab.rng, n)]
        h = lab.host(n, "203.0.113.%d" % (30 + i) if i and not lab.chance else None, **NEAR)
        lab.serve(h, 443, [("record",), ("answer", x509.serve(
            lab, lambda app, c, own=own: own if state["paid"] else fake))])
    for i, n in enumerate(names):
        visit(lab, n, 0.2 + i, 46)
    lab.at(8, lambda: state.update(paid=True))
    for i, n in enumerate(names):
        visit(lab, n, 9 + i)
