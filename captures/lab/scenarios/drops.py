# SPDX-License-Identifier: GPL-3.0-or-later
"""Silence: what is dropped on the path, and what is silent for other reasons."""
from . import scenario
from .. import payloads as say
from ..acts import Drop
from ..middlebox import address, ech, host, service, sni
from ..packets import SYN
from .resets import neighbours

BOTH = ("up", "down")
# Nothing in the packets tells it from the twin that stands beside it: "possible" is honest.
TWIN = {"min_confidence": 0.3}


def tries(lab):
    """Twice in vain for one name, and another name in between."""
    lab.https(lab.bad, 2, deadline=20)
    lab.https(lab.good, 9)
    lab.https(lab.bad, 23, deadline=20)


def closes_late(lab, name):
    """A server of two names, which waits 15 s for a hello."""
    h = lab.server(lab.good)
    lab.alias(name, h)
    lab.serve(h, 443, [("deadline", 15000000), ("record",), ("answer", lab.tls_answer)])


@scenario("interference")
def drop_syn(lab):
    """Every SYN to one address vanishes; its neighbours answer all the while."""
    h = lab.server(lab.bad)
    lab.rule(Drop(address(h.address), accept=TWIN))
    lab.lookup(lab.bad, 0.1)
    lab.https(lab.good, 0.5)
    lab.https(lab.bad, 1, deadline=12)
    lab.http(lab.bad, 3, deadline=12)
    lab.https(lab.good, 6)
    lab.https(lab.other, 14)
    lab.https(lab.bad, 20, deadline=12)


@scenario("interference")
def drop_syn_port(lab):
    """SYNs to port 443 of an address vanish while its port 80 answers."""
    h = lab.server(lab.bad)
    lab.rule(Drop(service(h.address, 443), accept=TWIN))
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 1, deadline=15)
    lab.http(lab.bad, 3)
    lab.https(lab.bad, 18, deadline=15)
    lab.http(lab.bad, 20)
    lab.https(lab.other, 22)


@scenario("interference")
def drop_syn_ack(lab):
    """Seen from the server: its SYN+ACKs to one client never arrive there."""
    h = lab.server(lab.bad)
    lab.tap.place = "server"
    lab.rule(Drop(address(h.address), ways=("down",), accept={
        "kind": ["ip", "ip-port", "unknown"], "value": [lab.client.address, ""], "scored": False,
        "min_confidence": 0.3,
        "stage": ["syn", "handshake"]}))
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 1, deadline=20)
    lab.https(lab.good, 8)


@scenario("interference")
def drop_after_handshake(lab):
    """The handshake passes, then nothing at all of the same flow, for one port only."""
    h = lab.server(lab.bad)
    lab.rule(Drop(service(h.address, 443), ways=BOTH, after=2, accept={
        "kind": ["ip", "ip-port", "sni"], "value": [lab.bad],
        "stage": ["handshake", "first-data"]}))
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 1, deadline=15)
    lab.http(lab.bad, 3)
    lab.https(lab.bad, 18, deadline=15)
    lab.https(lab.good, 34)


@scenario("interference")
def drop_hello_up(lab):
    """The segment with the name never arrives; the server, still heard, closes after 15 s."""
    closes_late(lab, lab.bad)
    lab.rule(Drop(sni(lab.bad)))
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 1, large=True, late=True)
    lab.https(lab.good, 9, large=True, late=True)
    lab.https(lab.bad, 18, large=True, late=True)


@scenario("interference", kind="pcapng")
def drop_ech(lab):
    """A hello with ECH and a certain outer name is swallowed; without ECH it passes."""
    front = "front.example"
    closes_late(lab, front)
    rule = lab.rule(Drop(ech(front), accept={"kind": ["ech", "sni"]}))
    rule.trigger.needle = b"\xfe\x0d"
    lab.https(front, 0.2)
    lab.https(front, 2, ech=True)
    lab.https(lab.good, 6)
    lab.https(front, 19, ech=True)
    lab.https(front, 37)


@scenario("interference")
def drop_hello_both(lab):
    """From the hello on, both directions of the flow are silent; another name still works."""
    neighbours(lab)
    lab.rule(Drop(sni(lab.bad), ways=BOTH))
    tries(lab)


@scenario("interference")
def drop_later(lab):
    """The hello and a few more packets pass, then both directions go dead."""
    neighbours(lab)
    lab.rule(Drop(sni(lab.bad), ways=BOTH, swallow=False, after=lab.pick(6, 5, 7, 8)))
    tries(lab)


@scenario("interference")
def drop_server_hello(lab):
    """Seen from the server: all it says after the hello is lost, the client's repeats arrive."""
    lab.tap.place = "server"
    neighbours(lab)
    lab.rule(Drop(sni(lab.bad), ways=("down",), accept={"stage": ["first-data", "established"]}))
    lab.https(lab.bad, 2, deadline=20)
    lab.https(lab.good, 9)


@scenario("interference")
def drop_answers(lab):
    """Seen from the client: the hello is repeated without any answer, other names are served."""
    neighbours(lab)
    lab.rule(Drop(sni(lab.bad), ways=("down",)))
    tries(lab)


@scenario("interference")
def drop_host(lab):
    """An HTTP request with one Host is swallowed, again and again; another Host is served."""
    lab.alias(lab.bad, lab.server(lab.good))
    lab.rule(Drop(host(lab.bad), ways=lab.pick(BOTH, ("up",))))
    lab.http(lab.good, 0.2)
    lab.http(lab.bad, 2, deadline=20)
    lab.http(lab.good, 8)
    lab.http(lab.bad, 23, deadline=20)


@scenario("interference", v6=True)
def drop_hello_v6(lab):
    """IPv6: the second segment of the hello, with the name in it, never passes."""
    closes_late(lab, lab.bad)
    lab.rule(Drop(sni(lab.bad)))
    lab.https(lab.good, 0.2, large=True, late=True)
    lab.https(lab.bad, 2, large=True, late=True)
    lab.https(lab.good, 20)
    lab.https(lab.bad, 22, large=True, late=True)


@scenario("interference")
def drop_hello_path(lab):
    """Seen on the path, before the box: the hello and its repeats pass by, and nothing comes back."""
    lab.tap.place = "near"
    neighbours(lab)
    lab.rule(Drop(sni(lab.bad), ways=BOTH))
    tries(lab)


@scenario("interference")
def drop_later_path(lab):
    """Seen at the box itself: the hello and a few more packets pass, then both sides repeat in vain."""
    lab.tap.place = "path"
    neighbours(lab)
    lab.rule(Drop(sni(lab.bad), ways=BOTH, swallow=False, after=lab.pick(6, 5, 7, 8)))
    tries(lab)


@scenario("interference")
def drop_syn_path(lab):
    """Seen on the path: SYNs to one port pass by again and again, and its neighbour port answers."""
    lab.tap.place = "near"
    h = lab.server(lab.bad)
    lab.rule(Drop(service(h.address, 443), accept=TWIN))
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 1, deadline=15)
    lab.http(lab.bad, 3)
    lab.https(lab.bad, 18, deadline=15)
    lab.https(lab.other, 22)


@scenario("interference")
def drop_up_server(lab):
    """Seen from the server: after the hello nothing of the client's arrives, as if it had left."""
    lab.tap.place = "server"
    neighbours(lab)
    lab.rule(Drop(sni(lab.bad), swallow=False, accept=dict(TWIN, kind=[
        "sni", "unknown", "ip-port"], scored=False, stage=["first-data", "established"])))
    tries(lab)


@scenario("twin")
def dead_host(lab):
    """One address never answers, and nothing in the capture says why."""
    h = lab.server(lab.bad)
    h.dead = True
    lab.https(lab.bad, 0.3, deadline=20)


@scenario("twin")
def dead_host_beside(lab):
    """One address never answers while its neighbours do: a host that is switched off."""
    h = lab.server(lab.bad)
    h.dead = True
    lab.lookup(lab.bad, 0.1)
    lab.https(lab.good, 0.5)
    lab.https(lab.bad, 1, deadline=12)
    lab.http(lab.bad, 3, deadline=12)
    lab.https(lab.good, 6)
    lab.https(lab.bad, 20, deadline=12)


@scenario("twin")
def filtered_port(lab):
    """The host's own firewall swallows SYNs to port 443; its port 80 is open to all."""
    h = lab.server(lab.bad)
    del h.listening[443]
    h.mute_closed = True
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 1, deadline=15)
    lab.http(lab.bad, 3)
    lab.https(lab.bad, 18, deadline=15)
    lab.http(lab.bad, 20)


@scenario("twin")
def scan(lab):
    """A port scan of a network: many SYNs, few answers, no payload."""
    for i in range(60):
        h = lab.host()
        h.dead = i % 7 != 0
        lab.connect(0.2 + i / 20, h.address, lab.pick(443, 22, 80), [("close",)], deadline=0.4)


@scenario("twin")
def outage(lab):
    """The whole network is away for half a minute; all flows are silent together."""
    for n in (lab.bad, lab.good, lab.other):
        lab.server(n)
    lab.https(lab.good, 0.2)
    lab.https(lab.other, 1)

    def away():
        lab.path.loss = 1.0

    def back():
        lab.path.loss = 0.0
    lab.at(4, away)
    lab.at(34, back)
    lab.https(lab.bad, 5, deadline=20)
    lab.https(lab.good, 6, deadline=20)
    lab.https(lab.other, 7, deadline=20)
    lab.http(lab.good, 9, deadline=20)
    lab.https(lab.good, 40)
    lab.https(lab.bad, 42)
    lab.until = 60


@scenario("twin")
def pmtu_black_hole(lab):
    """Large packets never pass, small ones always do, to whatever host and name."""
    for n in (lab.good, lab.other):
        h = lab.server(n)
        lab.serve(h, 443, [("deadline", 20000000), ("record",), ("answer", lab.tls_answer)])

    def large(p):
        return len(p.payload) > 1300 and p.way == "up"
    lab.path.lose += [large] * 60
    lab.https(lab.good, 0.3, deadline=15)
    lab.https(lab.good, 3, large=True, deadline=15)
    lab.https(lab.other, 8, large=True, deadline=15)


@scenario("twin")
def server_stalls(lab):
    """The server acknowledges the request and then thinks for ever."""
    lab.alias(lab.bad, lab.server(lab.good, tls=lambda app, c: [("wait", 300000000)]))
    lab.https(lab.bad, 0.3, deadline=15)
    lab.https(lab.good, 2, deadline=15)
    lab.https(lab.other, 4)


@scenario("twin")
def capture_ends(lab):
    """The capture ends while a hello still waits for its answer."""
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 3)
    lab.tap.stop = lab.when(3) + int(2 * (lab.near + lab.rest)) + 30000


@scenario("twin")
def one_way(lab):
    """Only the client's packets are in the capture: nothing can be concluded."""
    lab.tap.only = lab.pick("up", "down")
    for i, n in enumerate((lab.bad, lab.good, lab.other, lab.bad)):
        lab.https(n, 0.3 + 2 * i)


@scenario("twin")
def client_leaves(lab):
    """Seen from the server: a client that loses its radio link in the middle of everything."""
    lab.tap.place = "server"
    lab.https(lab.good, 0.3)
    lab.https(lab.bad, 3, steps=[("record", 6), ("send", say.client_finished(lab.rng)),
                                 ("wait", 60000000)])

    def gone():
        lab.client.dead = True
        for c in list(lab.client.tcp.values()):
            c.end()
    lab.clock.at(lab.when(3) + int(5 * (lab.near + lab.rest)), gone)
    lab.until = 50


@scenario("twin")
def syn_lost(lab):
    """A SYN is lost once or twice and then answered; another name needs no second try."""
    h = lab.server(lab.bad)

    def first(p):
        return p.dst == h.address and bool(p.flags & SYN) and p.way == "up"
    lab.path.lose += [first, first]
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 1)
    lab.https(lab.bad, 8)


@scenario("twin")
def happy_eyeballs(lab):
    """A second attempt is given up because the first one was faster (RFC 8305)."""
    slow = lab.server(lab.good)
    fast = lab.server(lab.good)
    slow.dead = True
    lab.https(lab.good, 0.3, to=slow, deadline=1.4)
    lab.https(lab.good, 0.55, to=fast)
    lab.https(lab.other, 3)


@scenario("twin")
def server_goes_down(lab):
    """A server loses its power in the middle of the day; its neighbours answer all the while."""
    h = lab.server(lab.bad)
    lab.http(lab.bad, 0.2)

    def down():
        h.dead = True
    lab.at(5, down)
    lab.http(lab.good, 8)
    lab.http(lab.bad, 9, deadline=12)
    lab.http(lab.other, 11)
    lab.http(lab.bad, 24, deadline=12)


@scenario("twin")
def nat_forgets(lab):
    """A NAT forgot the connection after minutes of silence and swallows its next words."""
    lab.until = 320
    h = lab.server(lab.good)
    lab.alias(lab.bad, h)
    lab.https(lab.bad, 0.2, deadline=300, steps=[
        ("record", 6), ("send", say.client_finished(lab.rng)),
        ("send", say.application(lab.rng, 300)), ("record",), ("wait", 250000000),
        ("send", say.application(lab.rng, 200)), ("record",), ("close",)])
    old = []

    def forgotten(p):
        return p.dst == h.address and p.way == "up" and p.sport in old

    def forget():
        old.extend(c.port for c in h.tcp.values())
        lab.path.lose += [forgotten] * 60
    lab.at(240, forget)
    lab.https(lab.good, 245)
    lab.https(lab.good, 255)
