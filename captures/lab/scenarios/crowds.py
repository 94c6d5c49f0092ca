# SPDX-License-Identifier: GPL-3.0-or-later
"""What only many connections show together: lists of what is allowed, penalties for haste."""
from . import scenario
from .. import payloads as say
from ..acts import Drop, Penalty
from ..middlebox import Nameless, Trigger, address, sni
from ..packets import ACK, SYN
from .drops import BOTH, TWIN


def places(lab, n, nets):
    """n named servers in some networks; returns their names."""
    names = []
    for i in range(n):
        net = nets[i % len(nets)]
        at = "%s.%d" % (net, 100 + i) if not lab.chance else \
            "11.%d.%d.%d" % (50 + 9 * (i % len(nets)), i, 7)
        names.append("site%d.example" % i if not lab.chance else "s%d-%s" % (i, lab.bad))
        lab.server(names[-1], address=at, delay=lab.rng.uniform(5, 60),
                   hops=lab.rng.randrange(3, 12))
    return names


NETS = ("198.51.100", "203.0.113", "192.0.2")


def visit(lab, dead, alive, **more):
    """One after the other, those that live among them again and again."""
    for i, name in enumerate(dead):
        lab.lookup(name, 0.1 + 2 * i)
        lab.https(name, 0.4 + 2 * i, deadline=12, **more)
        if i % 3 == 0:
            lab.https(alive[i // 3 % len(alive)], 1 + 2 * i, **more)


class Unlisted(Trigger):
    """Whatever goes to a server that is not on the list, from the SYN or the hello on."""

    def __init__(self, listed, hello=False):
        super().__init__("sni" if hello else "ip", "")
        self.listed, self.hello = listed, hello

    def word(self, view):
        name = hello_of(view)
        return ("sni", name) if self.hello else ("ip", view.server)

    def hit(self, view, p, way):
        if way != "up" or view.server in self.listed or view.port == 53:
            return False
        return bool(self.hello and hello_of(view)) or not self.hello


def hello_of(view):
    s = bytes(view.stream)
    return say.hello_name(s) if s[:1] == b"\x16" and len(s) > 5 + int.from_bytes(s[3:5], "big") - 1 \
        else ""


@scenario("interference")
def allow_list_syn(lab):
    """All but four of twenty servers are silent from the SYN on: a list of what is allowed."""
    lab.until = 80
    names = places(lab, 20, NETS)
    alive, dead = names[:4], names[4:]
    lab.rule(Drop(Unlisted([lab.names[n].address for n in alive])))
    visit(lab, dead, alive)


@scenario("interference")
def allow_list_hello(lab):
    """Handshakes pass to everywhere, hellos to listed servers only."""
    lab.until = 80
    names = places(lab, 20, NETS)
    alive, dead = names[:4], names[4:]
    lab.rule(Drop(Unlisted([lab.names[n].address for n in alive], True), ways=BOTH))
    visit(lab, dead, alive)


@scenario("twin")
def way_out_cut(lab):
    """The provider's way out is broken: its own two caches answer, all else is silent."""
    lab.until = 80
    lab.alone = True
    alive = places(lab, 2, NETS[:1])
    dead = []
    for i in range(18):
        dead.append("far%d.example" % i)
        lab.server(dead[-1], address="%s.%d" % (NETS[i % 3], 200 + i) if not lab.chance else
                   "11.%d.7.9" % (90 + i)).dead = True
    visit(lab, dead, alive)


def deaf(h, heeds):
    """A host that does not get what it should not get."""
    hear = h.receive
    h.receive = lambda p: hear(p) if heeds(p) else None


@scenario("twin")
def gateway_without_link(lab):
    """A satellite line's gateway takes every handshake itself; its link is down, and only the
    operator's four caches in other networks have what is asked for."""
    lab.until = 80
    lab.alone = True
    alive = places(lab, 4, NETS)
    dead, delay = [], lab.between(0.6, 0.3, 30)
    for i in range(16):
        dead.append("far%d.example" % i)
        deaf(lab.server(dead[-1], address="%s.%d" % (NETS[i % 3], 200 + i) if not lab.chance else
                        "11.%d.7.9" % (90 + i), delay=delay, hops=1), lambda p: not p.payload)
    visit(lab, dead, alive)


@scenario("twin")
def portal_without_https(lab):
    """A captive portal drops what goes to port 443, and answers for everybody on port 80."""
    lab.until = 80
    lab.alone = True

    def login(app, c):
        return [("send", say.http_answer(b"", "302 Found", (
            "Location: http://login.hotel.example/welcome",), server=None, close=True)), ("close",)]
    names = []
    for i in range(20):
        names.append("site%d.example" % i)
        deaf(lab.server(names[-1], address="%s.%d" % (NETS[i % 3], 100 + i) if not lab.chance else
                        "11.%d.7.9" % (90 + i), http=login, delay=0.3, hops=0),
             lambda p: p.dport != 443)
    for i, name in enumerate(names):
        lab.lookup(name, 0.1 + 2 * i)
        if i % 5:
            lab.https(name, 0.4 + 2 * i, deadline=12)
        else:
            lab.http(name, 0.4 + 2 * i)


@scenario("interference")
def parallel_penalty(lab):
    """Of eight connections to one name at once three are served, the hellos of the others vanish."""
    lab.alias(lab.bad, lab.server(lab.good))
    lab.rule(Penalty(sni(lab.bad), ways=BOTH, allowed=lab.pick(3, 2, 4), seconds=60))
    lab.https(lab.good, 0.2)
    for i in range(8):
        lab.https(lab.bad, 2 + i * 0.04, deadline=14)
    lab.https(lab.good, 9)


@scenario("twin")
def server_is_full(lab):
    """A server takes three connections at a time; others wait in its queue, and in vain."""
    def answer(app, c):
        return lab.tls_answer(app, c) if len(served) <= 3 else [("wait", 300000000)]
    h = lab.server(lab.good, tls=answer)
    served, hear = [], h.receive

    def full(p):
        """Linux drops the end of the handshake if the accept queue is full, and repeats SYN+ACK."""
        c = h.tcp.get((p.src, p.sport, p.dport))
        if c and c.state == "syn-received" and p.flags & ACK and not p.flags & SYN:
            if len(served) >= 3:
                return None
            served.append(c)
        return hear(p)
    h.receive = full
    for i in range(7):
        lab.https(lab.good, 2 + i * 0.05, deadline=14)
    lab.https(lab.other, 9)


@scenario("interference")
def drop_no_name(lab):
    """A hello without a server name is swallowed; with a name, to the same address, it passes."""
    h = lab.server(lab.good)
    lab.rule(Drop(Nameless(), ways=lab.pick(BOTH, ("up",))))
    lab.https(lab.good, 0.2)
    lab.https("", 2, to=h, deadline=14)
    lab.https(lab.good, 8)
    lab.https("", 18, to=h, deadline=14)
    lab.https(lab.good, 34)


@scenario("twin")
def server_wants_name(lab):
    """A server that answers a hello without a name with nothing but its own FIN."""
    def refuse(app, c):
        return lab.tls_answer(app, c) if say.hello_name(bytes(c.inn)) else \
            [("wait", 2000), ("close",)]
    h = lab.server(lab.good, tls=refuse)
    lab.https(lab.good, 0.2)
    lab.https("", 2, to=h, deadline=14)
    lab.https(lab.good, 8)


@scenario("interference")
def drop_address(lab):
    """One address is silent on all its ports while its neighbours answer."""
    h = lab.server(lab.bad)
    lab.rule(Drop(address(h.address), accept=dict(TWIN, kind=["ip"], value=[h.address])))
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 1, deadline=14)
    lab.connect(4, h.address, 22, [("recv", 1), ("close",)], [lab.bad], deadline=14)
    lab.https(lab.other, 6)
    lab.https(lab.good, 12)


@scenario("twin")
def dead_address(lab):
    """One address is silent on all its ports, its neighbours answer: its host is switched off."""
    h = lab.server(lab.bad)
    h.dead = True
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 1, deadline=14)
    lab.connect(4, h.address, 22, [("recv", 1), ("close",)], [lab.bad], deadline=14)
    lab.https(lab.other, 6)
    lab.https(lab.good, 12)
