# SPDX-License-Identifier: GPL-3.0-or-later
"""The laboratory of captures/lab with real stacks: the same words (server, https, lookup, rule, at),
but each host is a network namespace, each server a program of Debian's, and time is real."""
import os
import random
import shutil
import threading
import time

from lab import world
from lab.world import EPOCH, Lab

from . import clients, services
from .namespaces import Chain, call, nft, offload, set_kernel
from .wire import Box, RealClock, Wire

HERE = os.path.dirname(os.path.abspath(__file__))
SETTLE = 0.6            # seconds from the last client's end to the end of the captures
LEAD = 0.3              # from the start of the captures to second 0 of the story
ODD_CAPTURES = 0.3      # of the stories with interference are recorded in an odd way
LONGEST = 150           # seconds that a story may take
# Stacks that Linux can be set to: what its packets look like then.
STACKS = {"linux": {}, "windows": {"net.ipv4.ip_default_ttl": 128, "net.ipv4.tcp_timestamps": 0,
                                   "net.ipv6.conf.all.hop_limit": 128},
          "macos": {}, "openbsd": {"net.ipv4.tcp_timestamps": 0},
          "router": {"net.ipv4.ip_default_ttl": 255, "net.ipv6.conf.all.hop_limit": 255}}


class Unported(Exception):
    """A story of the other laboratory that needs what only an imitated host can do."""


class Answer:
    """What became of a client, as apps.App tells it."""
    result = None


class Host:
    """A namespace with one address of each family."""

    def __init__(self, net, name, v4, v6, style="linux"):
        self.net, self.name, self.v4, self.v6 = net, name, v4, v6
        self.kernel = dict(STACKS[style])
        self.address = v6 if net.v6 else v4
        self.listening, self.names, self.own, self.http = {}, [], {}, ""
        self.records, self.zones, self.more = {}, {}, ""
        self.tls = net.tls
        self.running, self._dead = [], False
        self.rules, self.ssh, self.fast = "", "", ""    # its own firewall (nft), sshd's, nginx'

    @property
    def dead(self):
        return self._dead

    @dead.setter
    def dead(self, value):
        """As if its cable were cut on the inside: it hears nothing and says nothing."""
        self._dead = value
        if self.net.running:
            self.cut()

    def cut(self):
        nft(self.name, "table inet dead\ndelete table inet dead\n" + (
            "table inet dead { chain i { type filter hook input priority -10; policy drop; }\n"
            "chain o { type filter hook output priority -10; policy drop; } }\n"
            if self._dead else ""))

    def __setattr__(self, name, value):
        if name in ("mute_closed", "rewrite", "reset_ttl", "closes_early", "think", "zone"):
            raise Unported("a host's " + name)
        object.__setattr__(self, name, value)


class Router:
    """A place where a program may run."""

    def __init__(self, name):
        self.name = name


class Net(Lab):
    """Built as its story is told, run by run(). chance: all that is random in it."""

    def __init__(self, name, chance, folder, ca, v6=False, delay=None, hops=None, jitter=0.3,
                 client="linux", server="linux", loss=0.0, reorder=0.0):
        delay = delay or (chance.uniform(3, 15), chance.uniform(12, 60))
        super().__init__(name, chance, v6, delay, (1, 1), jitter)
        self.folder, self.ca = folder, ca
        self.clock, self.running, self.children = RealClock(), False, []
        self.path = Wire(self.clock, self.rng, self.near, int(jitter * world.MILLI))
        self.path.loss, self.path.reorder = loss, reorder
        self.box = Box(self.clock, self.rng, self.path)
        self.path.box, self.box.address = self.box, self.foreign(7)
        self.chain = Chain(*(hops or (chance.choice((1, 2)), chance.choice((1, 2, 3)))))
        self.tls = chance.choice(("TLSv1.2 TLSv1.3", "TLSv1.3", "TLSv1.2"))
        self.hosts, self.story, self.taps, self.procs = [], [], {}, []
        self.server_style, self.pace = server, 1
        self.offset = 0
        # How taps record, where they stand; nft, sysctl and MTU of routers; the NAT's addresses.
        self.tap_words, self.tap_places, self.routers, self.kernel = {}, {}, {}, {}
        self.mtu, self.nat, self.superframes, self.unsure = {}, [], False, ""
        self.in_hosts = {}              # name -> address, for /etc/hosts
        self.prepare = []               # what is to be begun beside the servers
        self.near0 = Router("near0")
        self.client = Host(self, "client", "192.168.1.10", self.net6 + ":1::10", client)
        self.clients, self.web = [self.client], None

    # --- who is there ---

    def both(self):
        """A new address of each family."""
        n = self.count = self.count + 1 + self.rng.randrange(3)
        return "11.%d.%d.%d" % (n % 7 * 31, (20 + n) // 200, (20 + n) % 200 + 1), \
            "%s:%x::%x" % (self.net6, 0x100 + n, 0x10 + n)

    def host(self, name=None, address=None, style=None, delay=None, hops=None):
        v4, v6 = self.both()
        if address:
            v4, v6 = (v4, address) if ":" in address else (address, v6)
        h = Host(self, "s%d" % len(self.hosts), v4, v6, style or self.server_style)
        delay = self.rest if delay is None else delay * world.MILLI
        self.path.routes[v4] = self.path.routes[v6] = delay
        self.hosts.append(h)
        if name:
            self.alias(name, h)
        return h

    def another_client(self, n=2):
        """Another machine of the same household."""
        c = Host(self, "client%d" % n, "192.168.1.%d" % (10 + n), self.net6 + ":1::%d" % (10 + n))
        self.clients.append(c)
        return c

    def alias(self, name, h):
        self.names[name] = h
        h.names.append(name)
        return h

    def server(self, name=None, tls=None, http=None, own=None, **where):
        """nginx; own: name -> directives for that name alone. tls, http: steps instead of it."""
        h = self.host(name, **where)
        h.listening.update({443: "nginx", 80: "nginx"})
        h.own.update(own or {})
        for n in own or {}:
            self.names[n] = h
        if tls:
            self.serve(h, 443, [("record",), ("answer", tls)])
        if http:
            self.serve(h, 80, [("request",), ("answer", http)])
        return h

    def serve(self, h, port, steps):
        h.listening[port] = self.plain(steps)

    def plain(self, steps):
        """Steps without functions: what a real socket can be told."""
        out = []
        for s in steps:
            if s[0] == "answer":
                try:
                    out += self.plain(s[1](None, None))
                except (AttributeError, TypeError):
                    raise Unported("an answer that reads the request") from None
            elif s[0] == "call":
                raise Unported("a call of the connection")
            else:
                out.append([s[0]] + [x.hex() if isinstance(x, bytes) else x for x in s[1:]])
        return out

    def resolver(self, address=None, style="linux", delay=None, hops=None, **_):
        h = self.host(None, address, style, delay, hops)
        h.listening[53] = "unbound"
        self.resolvers[h.address] = h
        return h

    def page(self, n):
        """A page of about n bytes; no two hosts have the same."""
        words = ("garden", "river", "letter", "music", "winter", "bread", "history", "train")
        head = "<!doctype html><html><head><title>Welcome</title></head><body>\n"
        lines = ["<p>%s</p>\n" % " ".join(self.rng.choices(words, k=40)) for _ in range(40)]
        text = "".join(lines) * (n // sum(map(len, lines)) + 1)
        return (head + text[:max(n - len(head) - 14, 0)] + "</body></html>").encode() if n else b""

    # --- what the clients do ---

    def at(self, seconds, call, *args):
        self.story.append((self.offset + seconds, call, args))

    def port(self):
        self.ports += self.rng.randrange(1, 5)
        return self.ports

    def do(self, at, argv, key=None, names=(), feed=None, client=None, ok=(0,)):
        """A program in a client's namespace; key: the flow that it will be."""
        app = Answer()
        if key:
            self.flows.append({"key": key, "names": [n for n in names if n], "app": app,
                               "event": None, "ambiguous": "", "at": at})
        self.at(at, clients.launch, self, client or self.client, argv, app, feed, ok)
        return self.flows[-1] if key else app

    def connect(self, at, peer, port, steps, names=(), deadline=20, client=None, sport=None):
        return clients.talk(self, at, peer, port, self.plain(steps), names, deadline, client, sport)

    def fake(self, h, port):
        return isinstance(h.listening.get(port), list)

    def https(self, name, at, to=None, large=False, ech=None, steps=None, late=False, **more):
        h = to or self.get(name)
        if self.fake(h, 443) or steps is not None or ech:
            return super().https(name, at, h, large, ech, steps, late, **more)
        return clients.curl(self, at, "https", name, h, **more)

    def http(self, name, at, to=None, path="/", steps=None, **more):
        h = to or self.get(name)
        if self.fake(h, 80) or steps is not None:
            return super().http(name, at, h, path, steps, **more)
        return clients.curl(self, at, "http", name, h, path=path, **more)

    def lookup(self, name, at, resolver=None, qtype=None, **more):
        h = resolver or next(iter(self.resolvers.values()), None) or self.resolver()
        return clients.dig(self, at, name, h, qtype or ("AAAA" if self.v6 else "A"), **more)

    def acted(self, flow, mechanism, trigger, stage, accept=None):
        """An end of this flow, a proxy or a resolver, commits the act itself: what it says counts
        as forged at the client."""
        e = self.mark(flow, mechanism, trigger, stage)
        e.accept, e.told = accept or {}, True

    # --- the run ---

    def begin(self):
        for h in list(self.resolvers.values()):
            for n, s in self.names.items():
                h.records.setdefault(n, [s.v4, s.v6] if self.v6 else [s.v4])
        self.chain.build(self.clients, self.hosts, self.mtu, self.nat)
        for h in self.clients + self.hosts:
            set_kernel(h.name, h.kernel)
            if self.superframes:
                offload(h.name, "eth0", True)
        for name, rules in [(h.name, h.rules) for h in self.hosts if h.rules] + list(
                self.routers.items()):
            nft(name, rules)
        for name, values in self.kernel.items():
            set_kernel(name, values)
        self.path.open("left", "right")
        self.thread = threading.Thread(target=self.path.run, daemon=True)
        self.thread.start()
        for h in self.hosts:
            self.serve_all(h)
        if self.resolvers:
            self.overlay("/etc/resolv.conf", ("nameserver %s\n" % a for a in self.resolvers))
        if self.in_hosts:
            self.overlay("/etc/hosts", ("%s %s\n" % (a, n) for n, a in self.in_hosts.items()))
        for begin in self.prepare:
            begin()
        self.running = True
        for h in self.hosts:
            if h.dead:
                h.cut()

    def overlay(self, file, lines):
        """What programs of this story find in a file of the system's, and nobody else does."""
        path = os.path.join(self.folder, os.path.basename(file))
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(lines)
        call("mount", "--bind", path, file)

    def serve_all(self, h):
        kinds = set(s for s in h.listening.values() if isinstance(s, str))
        for kind in sorted(kinds):
            h.running.append(services.KINDS[kind](self, h))
        for port, steps in h.listening.items():
            if isinstance(steps, list) and steps:
                h.running.append(services.talker(self, h, port, steps))

    def run(self):
        """Everything, in real time. The captures lie in the folder then."""
        from . import taps
        self.begin()
        recording = taps.start(self)
        start = time.time() + LEAD
        self.zero = start - EPOCH
        for when, act, args in sorted(self.story, key=lambda s: s[0]):
            time.sleep(max(start + when - time.time(), 0))
            act(*args)
        end = start + LONGEST
        for p, app, ok in self.procs:
            app.result = clients.ended(p, max(end - time.time(), 0.1), ok)
        time.sleep(SETTLE + 2 * (self.near + self.rest) / 1e6)
        taps.stop(recording)
        self.path.stop()
        self.thread.join(2)
        for p in self.children:
            p.kill()


def make(case, seed, folder, ca):
    """Tells a story in a laboratory of its own, runs it, writes captures and truth."""
    from . import taps
    chance = random.Random("%s %s" % (case.name, seed))
    work = os.path.join(folder, "work-%s-%s" % (case.name, seed))
    os.makedirs(work)
    options = dict(case.options)
    if options.pop("may_v6", True) and "v6" not in options:
        options["v6"] = chance.random() < 0.25
    net = Net(case.name, chance, work, ca, **options)
    net.bad, net.good, net.other = names(chance)
    case.function(net)
    if case.group == "interference" and not net.tap_words and chance.random() < ODD_CAPTURES:
        from .cases import artefacts
        artefacts.decorate(net)
    net.run()
    taps.write(net, case, seed, folder)
    shutil.rmtree(work)


def names(chance):
    from lab.labelled import some_name
    out = []
    while len(out) < 3:
        n = some_name(chance)
        if not any(n in o or o in n for o in out):
            out.append(n)
    return out


__all__ = ["Net", "Unported", "make"]
