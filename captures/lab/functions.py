# SPDX-License-Identifier: GPL-3.0-or-later
"""How a function of a service talks, how it is blocked, and what else makes it fail.

Each class here is one way to talk. All have three methods: `fine`, `blocked` and `failing`, which
make one function fare so from a moment on; the last two take the manner as a word."""
from . import payloads as say
from . import talks
from . import certificates as tls12
from .acts import Drop, Reset, Residual
from .middlebox import Opaque, Trigger
from .talks import calls

WAYS = ("up", "down")
GIVES_UP = 9            # seconds after which a client leaves a silent server
AGAIN = 34              # seconds until it tries again
HOST = "vpn.example"            # what HTTP asks for, if it is asked
NEIGHBOUR = "front.example"     # served at the same address
SMALL = 200             # bytes of a certificate chain, to keep captures small
# Nothing in the packets tells these from the twin that stands beside them.
TWIN = 0.3


def burst(lab):
    """Boxes that reset a server send several, which is what tells them there (IPv6 has no IDs)."""
    return 3 if lab.tap.place == "server" else lab.pick(1, 3)


def style(lab):
    return {"ttl": lab.pick(128, 64, 255), "ids": lab.pick("random", "zero")}


class Said(Trigger):
    """The first words of a protocol at some places, which are the lab's to know; what a box really
    goes by is its own affair. A report may tell the protocol, or where it was spoken."""

    def __init__(self, word, places):
        super().__init__("protocol", word)
        self.places = places

    def hit(self, view, p, way):
        return way == self.way and bool(p.payload) and (view.server, view.port) in self.places

    def accept(self, **more):
        shown = [("[%s]:%d" if ":" in a else "%s:%d") % x for x in self.places for a in x[:1]]
        web = self.value == "http"
        return dict({"kind": ["protocol", "ip-port", "ip"] + ["http-host"] * web, "value": [
            self.value] + [HOST] * web + shown + [a for a, _ in self.places]}, **more)


class Talk:
    """of: the service and its function; both are known when the table is read."""

    of = application = None

    def tell(self, flow, function=None):
        flow["of"] = (self.of[0], function or self.of[1])
        flow["application"] = self.application or self.of[0]
        return flow


# --- names ---------------------------------------------------------------------------------------

class Names(Talk):
    """The provider's resolver is asked for one name, for another of the service, and for others."""

    application = "dns"

    def __init__(self, gone, kept, dead=None):
        self.gone, self.kept, self.dead = gone, kept, dead or "gone." + gone

    def resolvers(self, lab):
        if not hasattr(lab, "state"):
            lab.state = lab.resolver(delay=2.0, hops=2)
            for i in range(2):
                name = ("weather.example", "news.example")[i]
                lab.names.setdefault(name, lab.host())
                lab.lookup(name, 0.1 + 40 * i, lab.state)
        for name in (self.gone, self.kept):
            if name not in lab.names:
                lab.host(name)
        return lab.state

    def public(self, lab):
        lab.elsewhere = getattr(lab, "elsewhere", None) or lab.resolver()
        return lab.elsewhere

    def ask(self, lab, at, name, resolver, in_vain=False):
        self.tell(lab.lookup(name, at, resolver))["in_vain"] = in_vain

    def fine(self, lab, at):
        state = self.resolvers(lab)
        self.ask(lab, at, self.gone, state)
        self.ask(lab, at + 1, self.kept, state)

    def blocked(self, lab, at, how):
        """removed: the provider's resolver denies one name of the service, and knows another;
        elsewhere: and another resolver knows both."""
        state = self.resolvers(lab)
        state.zone[self.gone] = {"rcode": say.NXDOMAIN, "soa": lab.pick("example", None), "event": self.gone}
        self.ask(lab, at, self.gone, state)
        self.ask(lab, at + 1, self.kept, state)
        self.ask(lab, at + AGAIN, self.gone, state)
        if how == "elsewhere":
            self.ask(lab, at + 2, self.gone, self.public(lab))

    def failing(self, lab, at, how):
        """dead: there is no such name, says whoever is asked; lame: its own servers are gone."""
        state, name = self.resolvers(lab), self.dead
        public = self.public(lab)
        entry = {"dead": {"rcode": say.NXDOMAIN, "soa": self.gone.split(".", 1)[-1]},
                 "lame": {"rcode": say.SERVFAIL}}[how]
        state.zone[name] = public.zone[name] = entry
        self.ask(lab, at, name, state, True)
        self.ask(lab, at + 1, name, public, True)


# --- TLS -----------------------------------------------------------------------------------------

class Tls(Talk):
    """A name that is asked for in a hello; a neighbour is served at the same address."""

    def __init__(self, name, port=443):
        self.name, self.port = name, port

    def answer(self, lab):
        rng = lab.rng
        return lambda app, c: [
            ("wait", rng.randrange(900, 4000)), ("send", say.server_flight(rng, SMALL)), ("record", 2),
            ("record",), ("wait", rng.randrange(2000, 9000)), ("send", say.application(rng, 100)),
            ("recv", 1 << 30)]

    def heard(self):
        """What a server hears and says before the hello comes."""
        return []

    def head(self, name):
        return []

    def serve(self, lab, tls=None):
        h = lab.host(self.name)
        lab.serve(h, self.port, self.heard() + [("record",), ("answer", tls or self.answer(lab))])
        return h

    def visit(self, lab, at, h, name, deadline=GIVES_UP):
        rng = lab.rng
        return lab.connect(at, h.address, self.port, self.head(name) + [
            ("send", say.client_hello(rng, name)), ("record", 6), ("send", say.client_finished(rng)),
            ("send", say.application(rng, 60)), ("record",), ("wait", rng.randrange(20000, 90000)),
            ("close",)], [name], deadline=deadline)

    def fine(self, lab, at):
        self.tell(self.visit(lab, at, self.serve(lab), self.name))

    def blocked(self, lab, at, how):
        """drop: all goes dead from the name on; reset: the box resets both ends at the name."""
        h = self.serve(lab)
        name = Trigger("sni", self.name, say.v16(self.name.encode()))
        lab.rule(Drop(name, ways=WAYS) if how == "drop" else Reset(name, to="both", count=burst(lab), style=style(lab)))
        self.visit(lab, at, h, NEIGHBOUR)
        self.tell(self.visit(lab, at + 1, h, self.name))
        self.tell(self.visit(lab, at + AGAIN, h, self.name))

    def failing(self, lab, at, how):
        """down: the host is off; closed: nobody listens; stalls: it takes the hello and thinks;
        resets: it resets each hello itself."""
        h = self.serve(lab, {"stalls": lambda app, c: [("recv", 1 << 30)],
                             "resets": lambda app, c: [("wait", 3000), ("abort",)]}.get(how))
        h.dead = how == "down"
        if how == "closed":
            h.listening.clear()
        flow = self.tell(self.visit(lab, at, h, self.name))
        if how in ("down", "closed"):       # it never says the name: only the question does
            flow["application"] = None
            looked = self.tell(lab.lookup(self.name, at - 0.4), "dns")
            looked["application"] = "dns"


# --- words of one's own over TCP -----------------------------------------------------------------

class Spoken(Talk):
    """A conversation over TCP; `talk` is one of talks.py, word what a report calls the protocol."""

    def __init__(self, talk, word, ports, greeting=()):
        self.talk, self.word, self.ports, self.greeting = talk, word, ports, greeting

    def say(self, lab, at, h, **more):
        more.setdefault("deadline", GIVES_UP)
        return self.tell(self.talk(lab, at, h, lab.pick(*self.ports), **more))

    def fine(self, lab, at):
        self.say(lab, at, lab.host())

    def blocked(self, lab, at, how):
        """reset: the box resets both ends at its first words; drop: they vanish, at three servers."""
        hosts = [lab.host() for _ in range(1 if how == "reset" else 3)]
        said = Said(self.word, [(h.address, port) for h in hosts for port in self.ports])
        accept = said.accept(stage=["first-data", "established"])
        lab.rule(Reset(said, to="both", count=burst(lab), style=style(lab), accept=accept) if how == "reset" else
                 Drop(said, ways=WAYS, accept=dict(accept, scored=False)))
        for i in range(3):
            self.say(lab, at + 12 * i, hosts[i % len(hosts)])

    def failing(self, lab, at, how):
        """down: the host is off; closed: nobody listens; resets: the server has enough of it."""
        h = lab.host()
        h.dead = how == "down"
        flow = self.say(lab, at, h)
        if how != "resets":                 # not a word of it is said
            flow["application"] = None
            if self.of[1] != "tunnel":
                flow["of"] = None
        for port in self.ports:
            if how == "closed":
                h.listening.pop(port, None)
            elif how == "resets":
                lab.serve(h, port, [("send", x) for x in self.greeting] + [
                    ("some",), ("wait", lab.pick(4000, 30000)), ("abort",)])


# --- requests over UDP ---------------------------------------------------------------------------

class Asked(Talk):
    """Requests by datagrams, which servers answer. again: when they are repeated in vain."""

    def __init__(self, word, port, ask, answer, application=None, relays=3, again=(0, 0.5, 1.5, 3.5, 7.5),
                 address=None, name=None, before=False, bare=False):
        self.word, self.port, self.ask, self.reply = word, port, ask, answer
        self.application, self.relays, self.again = application, relays, again
        self.address, self.name, self.before = address, name, before
        self.bare = bare or name        # no byte of the question tells whose it is

    def hosts(self, lab, least=1):
        names = [self.name and self.name % (i + 1) for i in range(max(least, self.relays))]
        hosts = [lab.host(n, self.address and self.address % (20 + i)) for i, n in enumerate(names)]
        return hosts, names

    def led(self, lab, at, names):
        for i, n in enumerate(names):
            if n:
                flow = self.tell(lab.lookup(n, at - 0.4 + 0.01 * i), "dns")
                flow["application"] = "dns"

    def say(self, lab, at, h, heard=True):
        def once_more(app):
            return None if app.result else self.ask
        sends = [(t, self.ask if t == 0 else once_more) for t in self.again]
        flow = self.tell(talks.datagrams(lab, at, h, self.port, sends, answer=lambda p: [self.reply]))
        if self.name or self.bare and not heard:
            flow["application"] = self.word
        return flow

    def fine(self, lab, at):
        hosts, names = self.hosts(lab)
        self.led(lab, at, names[:1])
        self.say(lab, at, hosts[0])

    def blocked(self, lab, at, how):
        """drop: requests vanish; later: those vanish that a server had answered, as it does that has
        come to dislike a key. before: the server is known by an answer."""
        hosts, names = self.hosts(lab)
        said = Said(self.word, [(h.address, self.port) for h in hosts])
        accept = said.accept(**({"min_confidence": TWIN} if how == "later" else {}))
        self.led(lab, at, names)
        if self.before:
            self.say(lab, at, hosts[0])
        lab.at(at + (20 if self.before else -0.1), lab.rule, Drop(said, ways=WAYS, accept=accept))
        for i, h in enumerate(hosts):
            self.say(lab, at + (22 if self.before else 0) + 0.05 * i, h, False)

    def failing(self, lab, at, how):
        """down: the servers are off; one: of several, one is; no-udp: nothing over UDP gets out but
        DNS, which is the table's to see to."""
        hosts, names = self.hosts(lab, 2 if how == "one" else 1)
        self.led(lab, at, names)
        for i, h in enumerate(hosts):
            h.dead = how != "one" or i == 1
            flow = self.say(lab, at + 0.05 * i, h, not h.dead)
            if h.dead and self.bare and not self.name:
                flow["of"], flow["untold"] = None, self.of + ("no byte of a question tells whose it is",)


def stun_asked(kind=0x0001, attributes=b"", port=3478, answer=None, **more):
    """A question that carries what one service's client puts into it; the answer is anybody's, but
    for those who give a realm."""
    return Asked("stun", port, calls.stun(kind, attributes),
                 answer or calls.stun(kind | 0x0100, calls.mapped()), **more)


# --- tunnels whose first words are TLS's, a proxy's, or nothing at all ------------------------------

class Relay(Talk):
    """Tor: TLS 1.2 with the names that a relay makes up for the day."""

    def __init__(self):
        self.port = 9001

    def say(self, lab, at, h):
        hello = say.client_hello(lab.rng, "www.%s.com" % word(lab, 14))
        return self.tell(lab.connect(at, h.address, self.port, [("send", hello)] + tls12.client(lab),
                                     deadline=GIVES_UP))

    def relay(self, lab):
        h, rng = lab.host(), lab.rng
        shown = tls12.certificate(rng, tls12.Key(rng, bits=1024), ("www.%s.net" % word(lab, 12),),
                                  issuer=("www.%s.com" % word(lab, 15),), bare=True)
        lab.serve(h, self.port, [("record",), ("answer", tls12.serve(lab, [shown]))])
        return h

    def fine(self, lab, at):
        self.say(lab, at, self.relay(lab))

    def blocked(self, lab, at, how):
        """certificate: the box has read the relay's certificate; nothing passes any more (drop), or
        three resets go to both ends (reset)."""
        h = self.relay(lab)
        shown = Shown("tor", [(h.address, self.port)])
        accept = shown.accept(scored=False, kind=["protocol", "sni"], stage=["established", "first-data"])
        lab.rule(Reset(shown, to="both", count=3, style=style(lab), accept=accept) if how == "reset" else
                 Drop(shown, ways=WAYS, swallow=False, accept=accept))
        for i in range(3):
            self.say(lab, at + 12 * i, h)

    def failing(self, lab, at, how):
        """down: the relay is off, and shows nobody what it is."""
        h = self.relay(lab)
        h.dead = True
        flow = self.say(lab, at, h)
        flow["of"] = flow["application"] = None
        flow["untold"] = self.of + ("a relay that is off shows no certificate",)


def word(lab, n):
    return "".join(lab.rng.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(n))


class Shown(Said):
    """What a server shows."""

    def hit(self, view, p, way):
        return way == "down" and bool(p.payload) and (view.server, view.port) in self.places


def through(kind, name):
    """What is said to a proxy before the proxy is forgotten about: steps of both ends."""
    host = name.encode()
    words = {"socks": ((b"\5\1\0", b"\5\0"), (b"\5\1\0\3" + say.v8(host) + b"\1\xbb",
                                             b"\5\0\0\1" + bytes(6))),
             "connect": ((b"CONNECT %s:443 HTTP/1.1\r\nHost: %s:443\r\n\r\n" % (host, host),
                          b"HTTP/1.1 200 Connection established\r\n\r\n"),)}[kind]
    client = [x for ask, answer in words for x in (("send", ask), ("recv", len(answer)))]
    return client, [x for ask, answer in words for x in (("recv", len(ask)), ("send", answer))]


class Proxied(Tls):
    """A name asked for through a proxy, which the box reads on."""

    def __init__(self, kind, name, port):
        super().__init__(name, port)
        self.application = "tls"
        self.kind = kind

    def heard(self):
        return through(self.kind, self.name)[1]

    def head(self, name):
        return through(self.kind, name)[0]


class Opaquely(Talk):
    """A first packet that looks like nothing at all, and gives nobody a name."""

    def serve(self, lab):
        h = lab.server(NEIGHBOUR)
        lab.serve(h, 8388, [("recv", 40), ("wait", 3000), ("send", lab.rng.randbytes(300)), ("recv", 1 << 30)])
        return h

    def say(self, lab, at, h):
        data = lab.rng.randbytes(lab.rng.randrange(80, 300))
        while not say.looks_like_nothing(data):
            data = lab.rng.randbytes(len(data))
        flow = self.tell(lab.connect(at, h.address, 8388, [
            ("send", data), ("recv", 300), ("wait", 90000), ("close",)], deadline=16))
        flow["application"] = None
        return flow

    def fine(self, lab, at):
        self.say(lab, at, self.serve(lab))

    def blocked(self, lab, at, how):
        """residual: from that packet on nothing passes up, and later nothing to that port."""
        h = self.serve(lab)
        rule = Drop(Opaque(h.address, 8388), residual=180, swallow=False,
                    accept={"kind": ["fully-encrypted"], "stage": ["first-data", "established"]})
        lab.rule(Residual(rule))
        lab.rule(rule)
        self.say(lab, at, h)
        lab.https(NEIGHBOUR, at + 10)
        self.say(lab, at + 20, h)
        self.say(lab, at + 80, h)

    def failing(self, lab, at, how):
        h = self.serve(lab)
        lab.clock.at(lab.when(at) + int(lab.near + lab.rest), setattr, h, "dead", True)
        self.say(lab, at, h)
