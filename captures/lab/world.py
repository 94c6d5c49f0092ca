# SPDX-License-Identifier: GPL-3.0-or-later
"""The laboratory as scenarios use it: a client, named servers, a resolver, a middlebox, a tap."""
import random

from . import payloads as say
from .acts import Rule
from .apps import App
from .hosts import Host
from .middlebox import Event, Middlebox, Trigger, View
from .path import Clock, Path, Tap
from .packets import TCP, UDP, Packet

EPOCH = 1772359200          # 2026-03-01 10:00:00 UTC
SECOND, MILLI = 1000000, 1000
DEADLINE = 30               # seconds that a client waits
DNS_RETRY = 5               # seconds, resolv.conf(5)
DNS_TRIES = 2


class Lab:
    """Times in seconds from the start. `vary` is a random source for labelled captures; without
    it each scenario is one fixed story."""

    def __init__(self, name, vary=None, v6=False, delay=(3.0, 37.0), hops=(4, 9), jitter=0.4,
                 client="linux", server="linux"):
        self.name, self.chance = name, vary
        self.rng = random.Random("tamperscope " + name if vary is None else vary.getrandbits(64))
        self.clock, self.tap, self.v6 = Clock(), Tap(), v6
        self.near, self.rest = delay[0] * MILLI, delay[1] * MILLI       # one way
        self.hops, self.server_style = hops, server
        self.path = Path(self.clock, self.rng, self.near, hops[0], int(jitter * MILLI))
        self.path.tap = self.tap
        self.path.box = self.box = Middlebox(self.clock, self.rng, self.path)
        self.net6 = "2a0a:2f00" if self.chance else "2001:db8"
        self.box.address = "11.240.0.7" if vary and not v6 else self.foreign(7)
        self.ports = self.rng.randrange(34000, 58000)
        self.count, self.flows, self.names, self.until = 0, [], {}, 120
        self.vlan, self.offset, self.pace = None, 0, 1
        self.alone = False          # nothing else happens in a labelled capture of it
        self.snaplen = None         # of what the tap writes
        self.bad, self.good, self.other = "blocked.example", "open.example", "news.example"
        self.client = Host(self, self.net6 + ":1::10" if v6 else "192.168.1.10" if self.chance
                           else "192.0.2.10", client)
        self.path.add_client(self.client)
        self.resolvers, self.zone = {}, {}

    # --- chance: fixed in the project's own captures, drawn in labelled ones ---

    def pick(self, usual, *others):
        return usual if self.chance is None else self.chance.choice((usual,) + others)

    def between(self, usual, low, high):
        return usual if self.chance is None else self.chance.uniform(low, high)

    def when(self, seconds):
        """A scenario's time on the clock: labelled captures begin elsewhere and run otherwise."""
        return int((self.offset + seconds * self.pace) * SECOND)

    def at(self, seconds, call, *args):
        self.clock.at(self.when(seconds), call, *args)

    # --- who is there ---

    def port(self):
        self.ports += self.rng.randrange(1, 5)
        return self.ports

    def address(self):
        """The next address of a server, from the documentation ranges (RFC 5737, 3849)."""
        self.count += 1
        n = self.count + self.rng.randrange(3)
        self.count = n
        if self.v6:
            return "%s:%x::%x" % (self.net6, 0x100 + n, 0x10 + n)
        return "198.51.100.%d" % (9 + n) if n < 120 and not self.chance else self.foreign(20 + n)

    def foreign(self, n):
        """An address of somebody else. Labelled captures, which stay where they are made, use one
        that is no bogon, as addresses for documentation are."""
        if self.v6:
            return "%s:77::%x" % (self.net6, n)
        return "11.%d.%d.%d" % (n % 7 * 31, n // 200, n % 200) if self.chance else \
            "203.0.113.%d" % (n % 220)

    def host(self, name=None, address=None, style=None, delay=None, hops=None):
        h = Host(self, address or self.address(), style or self.server_style)
        delay = self.rest if delay is None else delay * MILLI
        self.path.add_server(h, delay, self.hops[1] if hops is None else hops)
        if name:
            self.names[name] = h
        return h

    def server(self, name=None, tls=None, http=None, **where):
        """A web server; tls and http are functions of (app, connection) that give its steps."""
        h = self.host(name, **where)
        self.serve(h, 443, [("record",), ("answer", tls or self.tls_answer)])
        self.serve(h, 80, [("request",), ("answer", http or self.http_answer)])
        return h

    def serve(self, h, port, steps):
        def start(c):
            c.app = App(self.clock, steps)
        h.listening[port] = start

    def alias(self, name, h):
        """Another name at the same address."""
        self.names[name] = h
        return h

    def get(self, name):
        return self.names.get(name) or self.server(name)

    def tls_answer(self, app, c, size=None, cipher=0x1301):
        rng = self.rng
        return [("wait", rng.randrange(900, 4000)), ("send", say.server_flight(rng, cipher=cipher)), ("record", 2),
                ("record",), ("wait", rng.randrange(2000, 9000)),
                ("send", say.application(rng, size or rng.randrange(500, 1700))),
                ("recv", 1 << 30)]

    def http_answer(self, app, c):
        body = say.page(self.rng, "Welcome", self.rng.randrange(500, 2200))
        return [("wait", self.rng.randrange(900, 6000)), ("send", say.http_answer(body)),
                ("recv", 1 << 30)]

    # --- what the client does ---

    def flow(self, app, proto, peer, port, sport, names, client=None):
        key = (proto, (client or self.client).address, sport, peer, port)
        self.flows.append({"key": key, "names": [n for n in names if n], "app": app,
                           "event": None, "ambiguous": "", "at": 0})
        return self.flows[-1]

    def connect(self, at, peer, port, steps, names=(), deadline=DEADLINE, client=None,
                sport=None):
        client = client or self.client
        app = App(self.clock, steps)
        sport = sport or self.port()
        flow = self.flow(app, "tcp", peer, port, sport, names, client)

        def start():
            c = client.connect(peer, port, app, sport)
            flow["connection"] = c
            app.watch(c, int(deadline * SECOND))
        flow["at"] = self.when(at)
        self.at(at, start)
        return flow

    def https(self, name, at, to=None, large=False, ech=None, steps=None, late=False,
              **more):
        """One TLS session with a request and its answer, then the client closes."""
        rng = self.rng
        peer = (to or self.get(name)).address
        hello = say.client_hello(rng, name, large, ech, late=late)
        tail = [("record", 6), ("send", say.client_finished(rng)),
                ("send", say.application(rng, rng.randrange(180, 420))), ("record",),
                ("wait", rng.randrange(20, 200) * MILLI), ("close",)]
        return self.connect(at, peer, 443, [("send", hello)] + (tail if steps is None else steps),
                            [name], **more)

    def http(self, name, at, to=None, path="/", steps=None, **more):
        peer = (to or self.get(name)).address
        tail = [("http",), ("wait", self.rng.randrange(20, 200) * MILLI), ("close",)]
        return self.connect(at, peer, 80, [("send", say.http_get(name, path))]
                            + (tail if steps is None else steps), [name], **more)

    # --- DNS ---

    def resolver(self, address=None, think=(300, 3000), delay=None, hops=None, style="linux",
                 edns=True):
        """A resolver; its own zone comes before the one that all share."""
        h = self.host(None, address, style, delay, hops)
        h.zone, h.zone_tcp, h.think, h.edns = {}, None, think, edns
        h.udp[53] = lambda p: self.resolve(h, p)
        self.serve(h, 53, [("dns",), ("answer", lambda app, c: self.resolve_tcp(h, app))])
        self.resolvers[h.address] = h
        return h

    def entry(self, h, query, zone):
        """What a resolver says to a query: (delay, event, silent, the answer's parts)."""
        name, qtype = say.dns_question(query)
        entry = zone.get(name.lower(), zone.get("*", self.zone.get(name.lower())))
        if entry is None and name in self.names:
            entry = {"answers": [self.names[name].address]}
        if callable(entry):
            entry = entry(qtype)
        entry = dict(entry) if entry else {"rcode": say.NXDOMAIN,
                                           "soa": name.rsplit(".", 1)[-1] or "example"}
        delay = entry.pop("delay", None) or self.rng.randrange(*h.think)
        entry.setdefault("edns", h.edns and query[11] == 1)
        event, silent = entry.pop("event", None), entry.pop("silent", False)
        want6 = qtype == say.AAAA
        if not entry.pop("any_type", False):
            entry["answers"] = [a for a in entry.get("answers", ())
                                if isinstance(a, tuple) or (":" in a) == want6]
        return delay, event, silent, entry

    def resolve(self, h, p):
        delay, event, silent, entry = self.entry(h, p.payload, h.zone)
        if not silent:
            ttl = entry.pop("hop_limit", h.ttl)
            self.clock.after(delay, self.say_dns, h, p, say.dns_answer(p.payload, **entry), event,
                             ttl)

    def resolve_tcp(self, h, app):
        delay, _, silent, entry = self.entry(h, app.request,
                                             h.zone if h.zone_tcp is None else h.zone_tcp)
        entry.pop("hop_limit", None)
        if silent:
            return [("recv", 1 << 30)]
        return [("wait", delay), ("send", say.v16(say.dns_answer(app.request, **entry))), ("eof",),
                ("close",)]

    def say_dns(self, h, p, payload, event, ttl):
        q = Packet(h.address, p.src, UDP, 53, p.sport, payload=payload, ttl=ttl, df=False,
                   ip_id=h.udp_id())
        q.event = self.tampered(event, p) if event else None
        h.emit(q)

    def tampered(self, event, p):
        """The resolver's own lie about a query becomes an event of that flow, once. event: the
        name, or (mechanism, name, what else may be said of it)."""
        view = View(p)
        for e in self.box.events:
            if e.flow == view.key:
                return e
        mechanism, name, accept = event if isinstance(event, tuple) else ("dns-tampering", event, {})
        kind = "ech" if mechanism == "protocol-stripping" else "dns-name"
        e = Event(mechanism, (kind, name), "dns", view, self.clock.now)
        e.cause, e.ways, e.accept = p, {"down"}, dict(accept)
        self.box.events.append(e)
        return e

    def lookup(self, name, at, resolver=None, qtype=None, tries=DNS_TRIES, edns=True, sport=None,
               client=None):
        """One query, repeated if no answer comes; the client takes the first answer."""
        client = client or self.client
        qtype = qtype or (say.AAAA if self.v6 else say.A)
        h = resolver or next(iter(self.resolvers.values()), None) or self.resolver()
        sport = sport or self.rng.randrange(32768, 60000)
        app = App(self.clock, [])
        query = say.dns_query(self.rng.randrange(65536), name, qtype, edns)
        flow = self.flow(app, "udp", h.address, 53, sport, [name], client)
        flow["done"] = False

        def ask(left):
            if flow["done"]:
                return
            client.udp[sport] = got
            client.datagram(h.address, sport, 53, query)
            if left > 1:
                self.clock.after(DNS_RETRY * SECOND, ask, left - 1)

        def got(p):
            flow["done"] = True
            app.result = "refused" if p.payload[3] & 15 == say.REFUSED else "ok"
            if client.closes_early:
                self.clock.after(MILLI, client.udp.pop, sport, None)
        self.at(at, ask, tries)
        return flow

    def lookups(self, names, at, resolver, sport, apart=1.0, qtype=say.A):
        """Queries for several names from one port, each answered or not."""
        app = App(self.clock, [])
        flow = self.flow(app, "udp", resolver.address, 53, sport, names)

        def ask(name):
            self.client.udp[sport] = got
            self.client.datagram(resolver.address, sport, 53,
                                 say.dns_query(self.rng.randrange(65536), name, qtype))

        def got(p):
            app.result = "ok"
        for i, n in enumerate(names):
            self.at(at + i * apart, ask, n)
        return flow

    def lookup_tcp(self, name, at, resolver, qtype=say.A, edns=True, **more):
        """One query over TCP."""
        query = say.dns_query(self.rng.randrange(65536), name, qtype, edns)
        return self.connect(at, resolver.address, 53, [("send", say.v16(query)), ("dns",),
                                                       ("close",)], [name], **more)

    # --- interference ---

    def rule(self, rule):
        self.box.rules.append(rule)
        return rule

    def mark(self, flow, mechanism, trigger, stage, ways=("down",)):
        """Interference that a host (a proxy) commits itself."""
        proto, a, ap, b, bp = flow["key"]
        view = View(Packet(a, b, TCP if proto == "tcp" else UDP, ap, bp))
        e = Event(mechanism, (trigger.kind, trigger.value), stage, view, self.clock.now)
        e.ways.update(ways)
        self.box.events.append(e)
        return e

    def run(self):
        self.clock.run(self.when(self.until))
        return self.tap.records


__all__ = ["Lab", "Rule", "Trigger"]
