# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ends of a QUIC connection, as far as an observer can see them: flights, probe timers
(RFC 9002, 6.2), Retry, Version Negotiation. What a datagram is stands in `lab.spoken`, by its
bytes, so that nobody in the laboratory needs to open it."""
from . import payloads as say
from . import quic
from .apps import App
from .middlebox import Trigger

SECOND, MILLI = 1000000, 1000
INITIAL_PTO = 1000 * MILLI          # RFC 9002, 6.2.2: 3 * 333 ms
RESERVED = 0xbabababa               # RFC 9000, 15; the version of OONI's quicping
FLIGHTS_MAX = 7


def spoken(lab):
    if not hasattr(lab, "spoken"):
        lab.spoken = {}
    return lab.spoken


class Said:
    """What one datagram is: kind, and what its receiver needs to know of it."""

    def __init__(self, kind, **more):
        self.kind = kind
        self.__dict__.update(more)


class End:
    def say(self, host, peer, sport, port, payload, **what):
        spoken(self.lab)[payload] = Said(**what)
        host.datagram(peer, sport, port, payload, df=True)


class QuicServer(End):
    """versions: those that it speaks; retry: asks for a token first; early: data in its first
    flight; answer: datagrams of it."""

    def __init__(self, lab, host, port=443, versions=(quic.V1, quic.V2, quic.DRAFT29), retry=False,
                 early=False, answer=5):
        self.lab, self.host, self.port, self.versions = lab, host, port, versions
        self.retry, self.early, self.answer = retry, early, answer
        self.connections = {}
        host.udp[port] = self.receive

    def reply(self, c, payload, **what):
        self.say(self.host, c.peer, self.port, c.sport, payload, **what)

    def receive(self, p):
        what = spoken(self.lab).get(p.payload)
        if not what or self.host.dead:
            return
        c = self.connections.get((p.src, p.sport, what.connection))
        if what.kind == "hello":
            self.hello(p, what, c)
        elif c and what.kind in ("finish", "request"):
            self.finished(c, what)

    def hello(self, p, what, c):
        rng = self.lab.rng
        if len(p.payload) < quic.DATAGRAM:      # RFC 9000, 14.1
            return
        if what.version not in self.versions:
            self.say(self.host, p.src, self.port, p.sport,
                     quic.negotiation(rng, what.scid, what.dcid, self.versions), kind="negotiation")
            return
        if self.retry and not what.token:
            token, scid = rng.randbytes(40), rng.randbytes(8)
            self.say(self.host, p.src, self.port, p.sport, quic.retry(
                what.version, what.scid, scid, token, what.dcid), kind="retry", token=token, scid=scid)
            return
        if c is None:
            c = Said("connection", peer=p.src, sport=p.sport, hello=what, parts=set(), sent=0,
                     number=0, scid=rng.randbytes(8), confirmed=False, served=False)
            self.connections[(p.src, p.sport, what.connection)] = c
        c.parts.add(what.part)
        if len(c.parts) == what.parts and not c.confirmed:
            if c.sent == 0:
                self.lab.clock.after(rng.randrange(400, 3000), self.probe, c)
            elif what.part == 0:
                self.flight(c)

    def probe(self, c):
        if c.confirmed or c.sent >= FLIGHTS_MAX or self.host.dead:
            return
        self.flight(c)
        self.lab.clock.after(INITIAL_PTO << c.sent - 1, self.probe, c)

    def flight(self, c):
        rng, h = self.lab.rng, c.hello
        c.sent += 1
        first = quic.initial(h.version, h.scid, c.scid, c.number, quic.ack(0) + quic.crypto(
            0, quic.server_hello(rng)), "server", of=h.dcid)
        c.number += 1
        first += quic.dark(rng, h.version, quic.HANDSHAKE, h.scid, c.scid, 1200 - len(first))
        self.reply(c, first, kind="flight", part=0, scid=c.scid, again=c.sent > 1)
        rest = quic.dark(rng, h.version, quic.HANDSHAKE, h.scid, c.scid, 1000)
        if self.early and c.sent == 1:
            rest += quic.short(rng, h.scid, 120)
        self.reply(c, rest, kind="flight", part=1, scid=c.scid, again=c.sent > 1)

    def finished(self, c, what):
        rng = self.lab.rng
        if not c.confirmed:
            c.confirmed = True
            self.reply(c, quic.dark(rng, c.hello.version, quic.HANDSHAKE, c.hello.scid, c.scid, 60)
                       + quic.short(rng, c.hello.scid, 140), kind="done")
        if what.request and not c.served:
            c.served = True
            self.lab.clock.after(rng.randrange(2000, 9000), self.serve, c)
        elif what.request:
            self.serve(c)

    def serve(self, c):
        rng = self.lab.rng
        for i in range(self.answer):
            last = i == self.answer - 1
            self.reply(c, quic.short(rng, c.hello.scid, 300 if last else 1200), kind="answer", last=last)


class QuicClient(End):
    """version, large (a hello of two datagrams), chaos (in pieces), alpn; pto and tries: how often
    it repeats its hello; deadline: seconds until it gives up; quits: seconds after which it has
    lost a race and says nothing more; small: size of its datagrams once the server has offered
    versions; linger: seconds between its request and the next."""

    def __init__(self, lab, name, peer, port=443, sport=None, version=quic.V1, large=False,
                 chaos=False, alpn=(b"h3",), pto=INITIAL_PTO, tries=5, deadline=12, quits=None,
                 ech=False, size=quic.DATAGRAM, small=None, linger=None):
        self.lab, self.name, self.peer, self.port, self.version = lab, name, peer, port, version
        self.host, self.sport = lab.client, sport or lab.port()
        self.chaos, self.pto, self.tries, self.deadline = chaos, pto, tries, deadline
        self.quits, self.size, self.linger = quits, size, linger
        self.next_size = small or size
        rng = lab.rng
        self.hello = quic.client_hello(rng, name, large, alpn, ech)
        self.connection, self.scid, self.dcid = rng.randbytes(8), rng.randbytes(8), rng.randbytes(8)
        self.token, self.number, self.sent, self.round = b"", 0, 0, 0
        self.heard = self.confirmed = self.over = False
        self.app = App(lab.clock, [])
        self.flow = lab.flow(self.app, "udp", peer, port, self.sport, [name])

    def send(self, payload, **what):
        self.say(self.host, self.peer, self.sport, self.port, payload, connection=self.connection, **what)

    def start(self):
        self.host.udp[self.sport] = self.got
        if self.quits:
            self.lab.clock.after(int(self.quits * SECOND), self.quit)
        self.lab.clock.after(int(self.deadline * SECOND), self.expire)
        self.greet(self.round)

    def quit(self):
        self.over = True
        self.app.result = self.app.result or "eof"

    def expire(self):
        self.app.result = self.app.result or "deadline"
        self.over = True

    def parts(self):
        rng, room = self.lab.rng, 1100
        if self.version not in quic.SALTS:
            return [None]
        if self.chaos and len(self.hello) <= room:
            return [quic.chaos(rng, self.hello)]
        return [quic.crypto(at, self.hello[at:at + room]) for at in range(0, len(self.hello), room)]

    def greet(self, round_):
        if self.over or self.heard or round_ != self.round or self.sent >= self.tries:
            return
        parts = self.parts()
        for i, frames in enumerate(parts):
            what = dict(kind="hello", version=self.version, dcid=self.dcid, scid=self.scid, part=i,
                        parts=len(parts), token=self.token, length=self.size,
                        name=self.name if i == len(parts) - 1 else "")
            if frames is None:
                payload = quic.long_header(self.version, 0, self.dcid, self.scid) \
                    + self.lab.rng.randbytes(self.size - 23)
            else:
                payload = quic.initial(self.version, self.dcid, self.scid, self.number, frames,
                                       token=self.token, size=self.size)
            self.number += 1
            self.lab.clock.after(30 * i, self.send_one, payload, what)
        self.lab.clock.after(self.pto << self.sent, self.greet, round_)
        self.sent += 1

    def send_one(self, payload, what):
        self.send(payload, **what)

    def got(self, p):
        what = spoken(self.lab).get(p.payload)
        if not what or self.over:
            return
        if what.kind in ("negotiation", "retry") and not self.heard:
            self.again(what)
        elif what.kind == "flight" and what.part == 0:
            if not self.heard:
                self.heard, self.peer_id, self.sent = True, what.scid, 0
                self.finish()
            elif not self.confirmed and what.again:
                self.send(self.handshake(), kind="finish", request=False)
        elif what.kind == "done":
            self.confirmed = True
        elif what.kind == "answer":
            self.send(quic.short(self.lab.rng, self.peer_id, 32), kind="ack")
            if what.last:
                self.answered()

    def again(self, what):
        """Another version, or with a token: RFC 9000, 6.2 and 17.2.5."""
        self.round += 1
        if what.kind == "negotiation":
            if self.version == quic.V1:
                return
            self.version, self.dcid = quic.V1, self.lab.rng.randbytes(8)
            self.size = self.next_size
        else:
            self.dcid, self.token = what.scid, what.token
        self.sent = 0
        self.greet(self.round)

    def handshake(self):
        return quic.dark(self.lab.rng, self.version, quic.HANDSHAKE, self.peer_id, self.scid, 90)

    def finish(self):
        """Handshake and request, again and again until something confirms them."""
        if self.over or self.app.result or self.sent >= 6:
            return
        rng = self.lab.rng
        if self.sent == 0:
            ack = quic.initial(self.version, self.peer_id, self.scid, self.number, quic.ack(0),
                               of=self.dcid)
            self.send(ack + self.handshake() + quic.short(rng, self.peer_id, 1000), kind="finish",
                      request=True)
        elif not self.confirmed:
            self.send(self.handshake() + quic.short(rng, self.peer_id, 300), kind="finish", request=True)
        else:
            self.send(quic.short(rng, self.peer_id, 300), kind="request", request=True)
        self.sent += 1
        self.lab.clock.after(self.pto << self.sent - 1, self.finish)

    def answered(self):
        self.app.result = "ok"
        if self.linger:
            self.app.result, linger, self.linger = None, self.linger, None
            self.sent = 1
            self.lab.clock.after(int(linger * SECOND), self.finish)
            return
        self.send(quic.short(self.lab.rng, self.peer_id, 40), kind="close")
        self.over = True


class QuicName(Trigger):
    """The name in an Initial of one version; low: also from ports below the server's."""

    def __init__(self, lab, name, version=None):
        super().__init__("quic-sni", name)
        self.lab, self.version = lab, version

    def hit(self, view, p, way):
        what = spoken(self.lab).get(p.payload)
        return way == "up" and what is not None and what.kind == "hello" and \
            what.name == self.value and self.version in (None, what.version)


class QuicHello(Trigger):
    """Any Initial of one version (or of all) to port 443, whatever it says."""

    def __init__(self, lab, value, version=None, least=0, since=0):
        super().__init__("quic", value)
        self.lab, self.version, self.least, self.since = lab, version, least, since

    def hit(self, view, p, way):
        what = spoken(self.lab).get(p.payload)
        return way == "up" and p.dport == 443 and what is not None and what.kind == "hello" and \
            self.version in (None, what.version) and len(p.payload) >= self.least and \
            self.lab.clock.now >= self.since


def quic_connect(lab, name, at, to=None, **more):
    c = QuicClient(lab, name, (to or lab.get(name)).address, **more)
    lab.at(at, c.start)
    return c.flow


def quic_server(lab, name=None, where=None, port=443, **more):
    """A web server that speaks QUIC, too."""
    h = where or lab.server(name)
    QuicServer(lab, h, port, **more)
    return h


__all__ = ["QuicClient", "QuicServer", "QuicName", "QuicHello", "quic_connect", "quic_server", "say"]
