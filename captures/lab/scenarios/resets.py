# SPDX-License-Identifier: GPL-3.0-or-later
"""Forged resets after a name or a request, and resets that are nobody's interference."""
from . import scenario
from .. import payloads as say
from ..acts import Reset, Residual
from ..middlebox import Trigger, host, sni
from ..packets import ACK, PSH, RST, TCP, Packet


def neighbours(lab, late=True):
    """Two names on one address, and a third elsewhere that is asked before."""
    lab.alias(lab.bad, lab.server(lab.good))
    lab.server(lab.other)
    lab.https(lab.good, 0.2)
    if late:
        lab.https(lab.other, 6.1)


@scenario("interference")
def rst_low_ttl(lab):
    """A reset with another TTL answers the server name long before the server can."""
    neighbours(lab)
    lab.rule(Reset(sni(lab.bad), delay=lab.between(180, 100, 2500), style={
        "ttl": lab.pick(58, 44, 61, 120, 128, 251), "window": lab.pick(0, 8192, 1234)},
        flags=lab.pick(RST | ACK, RST)))
    lab.https(lab.bad, 2)
    lab.https(lab.bad, 4)


@scenario("interference", hops=(3, 11), delay=(2.5, 95.0))
def rst_triple(lab):
    """Three equal RST+ACK (one IP ID, one window) within 0.2 ms; true data follow."""
    neighbours(lab)
    window = lab.rng.randrange(1038, 4500)
    lab.rule(Reset(sni(lab.bad), count=3, delay=lab.between(420, 100, 4000), style={
        "ttl": lab.rng.randrange(60, 220), "window": window, "df": True,
        "ids": (65329 - 12 * window) & 0xffff}))
    lab.https(lab.bad, 2, large=True)


@scenario("interference", hops=(3, 11), delay=(2.5, 95.0))
def rst_bare_and_triple(lab):
    """A bare RST with a window, and behind it three equal RST+ACK, to both sides."""
    neighbours(lab)
    lab.rule(Reset(sni(lab.bad), to="both", flags=RST, delay=200, style={
        "ttl": lab.rng.randrange(55, 118), "window": lab.rng.randrange(900, 59000)}))
    lab.rule(SecondReset(sni(lab.bad), to="both", count=3, delay=1700, style={
        "ttl": lab.rng.randrange(60, 200), "window": 2211, "df": True}))
    lab.https(lab.bad, 2)


class SecondReset(Reset):
    """Another device at the same place: what it sends belongs to the act of the first."""

    def event(self, box, view, p, mechanism=None):
        for e in box.events:
            if e.flow == view.key and e.cause is p:
                return e
        return super().event(box, view, p, mechanism)


@scenario("interference")
def rst_to_server(lab):
    """Seen from the server: resets that claim to come from the client, who goes on talking."""
    lab.tap.place = "server"
    neighbours(lab)
    lab.rule(Reset(sni(lab.bad), to="server", style={
        "ttl": lab.pick(49, 55, 111, 243), "window": 16, "ids": 0xf2}))
    lab.https(lab.bad, 2)
    lab.https(lab.bad, 5)


@scenario("interference", kind="pcapng")
def rst_both_on_path(lab):
    """Seen beside the middlebox: resets fly to both sides, the server's with its own TTL."""
    lab.tap.place = "path"
    neighbours(lab)
    lab.rule(Reset(sni(lab.bad), to="both", delay=lab.between(700, 200, 2500),
                   style={"ttl": lab.pick(64, 128, 255), "window": 8192}))
    lab.https(lab.bad, 2)


@scenario("interference")
def rst_same_ttl(lab):
    """The reset has the server's TTL, but comes far too early, and the server goes on."""
    neighbours(lab)
    lab.rule(Reset(sni(lab.bad), delay=lab.between(300, 100, 3000),
                   style={"ttl": "same", "df": True, "ids": lab.pick("zero", "random")}))
    lab.https(lab.bad, 2)
    lab.https(lab.bad, 5, large=True)


@scenario("interference")
def rst_with_payload(lab):
    """An RST+ACK that carries ten bytes, 01 to 09 and 00, to the client only."""
    neighbours(lab)
    lab.rule(Reset(sni(lab.bad), payload=bytes(range(1, 10)) + b"\0",
                   delay=lab.between(260, 100, 3000), style={"ttl": 58, "ids": 1}))
    lab.https(lab.bad, 2)


@scenario("interference")
def rst_host(lab):
    """A reset answers the Host of an HTTP request; the IP ID is a device's constant."""
    lab.alias(lab.bad, lab.server(lab.good))
    lab.http(lab.good, 0.2)
    lab.rule(Reset(host(lab.bad), flags=lab.pick(RST, RST | ACK),
                   style={"ttl": lab.pick(128, 64), "ids": lab.pick(30000, 1, 242)}))
    lab.http(lab.bad, 2)
    lab.http(lab.good, 4)


@scenario("interference", v6=True)
def rst_v6(lab):
    """IPv6: a reset with another hop limit answers the server name."""
    neighbours(lab)
    lab.rule(Reset(sni(lab.bad), delay=lab.between(300, 100, 3000),
                   style={"ttl": lab.pick(61, 53, 120, 250), "window": 0}))
    lab.https(lab.bad, 2)


@scenario("interference", kind="pcap.gz")
def rst_copied_header(lab):
    """The forged reset repeats TTL and IP ID of the request, and sets reserved bits."""
    lab.alias(lab.bad, lab.server(lab.good))
    lab.http(lab.good, 0.3)
    lab.rule(Reset(host(lab.bad), flags=RST, bare_ack=lab.rng.randrange(1 << 32), style={
        "ttl": 60, "ids": "copy", "window": 65535, "reserved": 0x0e}))
    lab.http(lab.bad, 2)


@scenario("interference", delay=(3.0, 97.0))
def rst_then_residual(lab):
    """A reset for the name, then SYNs to the same address and port unanswered for 180 s."""
    lab.until = 220
    shared = lab.server(lab.good)
    lab.alias(lab.bad, shared)
    lab.server(lab.other)
    reset = Reset(sni(lab.bad), residual=180, delay=lab.between(600, 200, 3000),
                  style={"ttl": lab.pick("same", 57), "window": 1857, "df": True})
    lab.rule(Residual(reset))
    lab.rule(reset)
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 2)
    lab.https(lab.good, 6, deadline=12)
    lab.https(lab.other, 9)
    lab.https(lab.good, 70, deadline=12)
    lab.https(lab.good, 200)


@scenario("interference")
def rst_flat_ttl(lab):
    """A cloud gives every inbound packet one TTL: only timing and the data behind it tell."""
    lab.tap.flat_ttl = 251
    neighbours(lab)
    lab.rule(Reset(sni(lab.bad), count=lab.pick(3, 1), delay=lab.between(500, 100, 3000), style={
        "df": True, "window": lab.rng.randrange(1038, 4500)}))
    lab.https(lab.bad, 2)


@scenario("interference")
def rst_guessed_numbers(lab):
    """Three resets at the next number, 1460 and 4380 beyond it: somebody guesses."""
    neighbours(lab)
    lab.rule(Reset(sni(lab.bad), count=3, step=1460, style={"ttl": 47, "window": 0}))
    lab.https(lab.bad, 2)


@scenario("twin")
def server_reset(lab):
    """The server itself resets a name that it does not serve, one round trip later."""
    def refuse(app, c):
        return [("wait", lab.rng.randrange(200, 1500)), ("abort",)] \
            if lab.bad.encode() in bytes(c.inn) else lab.tls_answer(app, c)
    lab.alias(lab.bad, lab.server(lab.good, tls=refuse))
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 2)
    lab.https(lab.bad, 4)


@scenario("twin")
def reset_after_close(lab):
    """The client closes; the server answers its last words with resets."""
    def hasty(app, c):
        return [("wait", 2000), ("send", say.server_flight(lab.rng)), ("record", 2), ("record",),
                ("wait", 3000), ("send", say.application(lab.rng, 900)), ("close",)]
    lab.server(lab.good, tls=hasty)
    for i in range(3):
        lab.https(lab.good, 0.3 + 2 * i, steps=[
            ("record", 6), ("send", say.client_finished(lab.rng)),
            ("send", say.application(lab.rng, 300)), ("record",), ("wait", 60000),
            ("send", say.alert(1, 0)), ("close",)])


@scenario("twin")
def client_aborts(lab):
    """The client closes with unread data: its kernel resets, and again for each late segment."""
    def long(app, c):
        return lab.tls_answer(app, c, 9000)
    lab.server(lab.good, tls=long)
    for i in range(2):
        lab.https(lab.good, 0.2 + 3 * i, steps=[
            ("record", 6), ("send", say.client_finished(lab.rng)),
            ("send", say.application(lab.rng, 300)), ("recv", 2000), ("close",)])
    lab.https(lab.good, 7)


def swallow_all(c):
    """Nothing is left unread, so that close() sends a FIN first."""
    c.read = len(c.inn)


@scenario("twin")
def download_given_up(lab):
    """Seen from the server: the client gives up a download, and resets for each late segment."""
    lab.tap.place = "server"

    def stream(app, c):
        """Record after record, faster than they are confirmed."""
        steps = []
        for _ in range(60):
            steps += [("send", say.application(lab.rng, 1300)), ("wait", 4000)]
        return [("wait", 900), ("send", say.server_flight(lab.rng)), ("record", 2),
                ("record",)] + steps
    lab.server(lab.good, tls=stream)
    for i in range(2):
        lab.https(lab.good, 0.2 + 3 * i, steps=[
            ("record", 6), ("send", say.client_finished(lab.rng)),
            ("send", say.application(lab.rng, 300)), ("recv", lab.pick(30000, 12000, 50000)),
            ("call", swallow_all), ("close",)])
    lab.https(lab.other, 7)


@scenario("twin")
def reset_after_idle(lab):
    """A NAT forgot the connection after minutes of silence; the next word draws a reset."""
    lab.until = 420
    h = lab.server(lab.good)
    lab.https(lab.good, 0.2, deadline=410, steps=[
        ("record", 6), ("send", say.client_finished(lab.rng)),
        ("send", say.application(lab.rng, 300)), ("record",), ("wait", 360000000),
        ("send", say.application(lab.rng, 200)), ("record",), ("close",)])
    lab.at(330, h.tcp.clear)
    lab.https(lab.good, 3)


class Forgotten(Trigger):
    """The first word after a moment: whose connection began before it is not known any more."""

    def __init__(self, lab, seconds):
        super().__init__("volume", "")
        self.lab, self.after = lab, lab.when(seconds)

    def hit(self, view, p, way):
        return way == "up" and bool(p.payload) and self.lab.clock.now > self.after and \
            view.segments["up"] > 3


class Refusal(Reset):
    """The answer of a stateful firewall, in the server's name, to a word of no connection that it
    knows: no interference, so no event."""

    def start(self, box, view, p, way):
        reset = Packet(p.dst, p.src, TCP, p.dport, p.sport, p.ack, 0, RST, ttl=self.style["ttl"],
                       df=self.style["df"])
        box.path.inject(reset, "down", self.delay)
        return False


@scenario("twin")
def nat_refuses(lab):
    """A NAT next door forgot the connection in minutes of silence, and resets its next word."""
    lab.until = 330
    memory = lab.between(200, 62, 240)
    lab.alias(lab.bad, lab.server(lab.good))
    lab.rule(Refusal(Forgotten(lab, memory), delay=lab.between(30, 10, 200), style={
        "ttl": lab.pick(255, 64), "df": lab.pick(True, False)}))
    for i, n in enumerate((lab.bad, lab.good)):
        lab.https(n, 0.2 + 2 * i, deadline=310, steps=[
            ("record", 6), ("send", say.client_finished(lab.rng)),
            ("send", say.application(lab.rng, 300)), ("record",),
            ("wait", lab.when(memory + 5) - lab.when(0)),
            ("send", say.application(lab.rng, 200)), ("record",), ("close",)])
    lab.https(lab.other, 3)


@scenario("twin")
def balancer_reset(lab):
    """A balancer resets with its own TTL and number, a round trip later, for every name."""
    h = lab.server(lab.good, tls=lambda app, c: [("wait", 900), ("call", forget)])
    lab.alias(lab.bad, h)
    h.reset_ttl = lab.pick(255, 128)

    def forget(c):
        h.tcp.pop((c.peer, c.port, c.sport), None)
        c.end()
        h.reset(lab_packet(c))
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 2)
    lab.https(lab.good, 4)
    lab.https(lab.other, 6)


def lab_packet(c):
    """The segment that the balancer answers: the client's last one."""
    return Packet(c.peer, c.host.address, TCP, c.port, c.sport, c.irs + c.rcv, c.iss + c.nxt,
                  ACK | PSH)


@scenario("twin")
def closed_port(lab):
    """A closed port refuses each SYN; another port of the same host answers."""
    h = lab.server(lab.good)
    for i in range(3):
        lab.connect(0.2 + i, h.address, lab.pick(8443, 8080, 993), [("close",)])
    lab.https(lab.good, 4)


@scenario("twin")
def mirrored_reset(lab):
    """A mirror port shows every frame twice, the server's own reset as well."""
    lab.tap.doubled = 12
    server_reset(lab)


@scenario("twin")
def server_restarts(lab):
    """The server's process dies: all its connections are reset at the same time."""
    h = lab.server(lab.good, tls=lambda app, c: lab.tls_answer(app, c)[:-1] + [("recv", 1 << 30)])
    for i in range(4):
        lab.https(lab.good, 0.2 + i, steps=[
            ("record", 6), ("send", say.client_finished(lab.rng)),
            ("send", say.application(lab.rng, 300)), ("record",), ("eof",)])

    def die():
        for c in list(h.tcp.values()):
            c.abort()
        h.listening.clear()
    lab.at(6, die)
    lab.https(lab.good, 7)
    lab.https(lab.other, 8)


@scenario("twin")
def preconnect(lab):
    """A browser opens sockets that it never uses and lets the server close them."""
    h = lab.server(lab.good)
    lab.serve(h, 443, [("wait", 10000000), ("abort",)])
    for i in range(3):
        lab.connect(0.2 + i / 10, h.address, 443, [("recv", 1)])
    lab.https(lab.other, 1)



def sleepy(lab, h, naps, wakes):
    """Packets to a host wait until its radio wakes, so many microseconds after the first."""
    hear, held, awake = h.receive, [], []

    def wake():
        awake.append(1)
        for p in held:
            hear(p)

    def nap(p):
        if awake:
            return hear(p)
        if not held:
            lab.clock.after(wakes, wake)
        if len(held) < naps:
            held.append(p)
        return None
    h.receive = nap


@scenario("twin")
def radio_wakes_alone(lab):
    """One connection and no other: a slow handshake, then the server's own reset in good time."""
    lab.alone = True
    h = lab.server(lab.bad, tls=lambda app, c: [("abort",)])
    sleepy(lab, h, 1, int(lab.between(700000, 450000, 950000)))
    lab.https(lab.bad, 0.3)


@scenario("twin")
def radio_wakes_twice(lab):
    """The first SYN waits so long that it is repeated; the server's own reset comes in good time."""
    h = lab.server(lab.bad, tls=lambda app, c: [("abort",)])
    sleepy(lab, h, 1, int(lab.between(1700000, 1200000, 2500000)))
    lab.https(lab.bad, 0.3)


@scenario("interference")
def rst_satellite(lab):
    """A path over a satellite, 600 ms long; the forger sits on the ground beside the client."""
    h = lab.server(lab.good, delay=290)
    lab.alias(lab.bad, h)
    lab.rule(Reset(sni(lab.bad), style={"ttl": lab.pick(71, 55, 250), "window": 0}))
    lab.https(lab.bad, 0.3)
    lab.https(lab.good, 4)


@scenario("twin")
def radio_wakes(lab):
    """A sleeping radio delays the first handshake; the server's own reset follows in good time."""
    def refuse(app, c):
        return [("wait", lab.rng.randrange(200, 1500)), ("abort",)] \
            if lab.bad.encode() in bytes(c.inn) else lab.tls_answer(app, c)
    h = lab.server(lab.good, tls=refuse)
    lab.alias(lab.bad, h)
    hear, held = h.receive, []

    def sleepy(p):
        if held:
            return hear(p)
        held.append(p)
        return lab.clock.after(850000, hear, p)
    h.receive = sleepy
    lab.https(lab.bad, 0.3)
    lab.https(lab.good, 3)
    lab.https(lab.bad, 5)
