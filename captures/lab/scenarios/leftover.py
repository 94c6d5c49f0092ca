# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left of interference: silence or resets for the same ends, for a while."""
from . import scenario
from .. import payloads as say
from ..acts import Drop, Reset, Residual, ResidualReset
from ..middlebox import Opaque, Trigger, sni
from ..packets import ACK, RST
from .resets import neighbours


def cut(lab, trigger, seconds, n, **more):
    """A reset for a name, and a block of that length for so many ends."""
    rule = Reset(trigger, residual=seconds, tuple=n, to="both", delay=lab.between(300, 150, 1500),
                 style={"ttl": lab.pick(71, 55, 44, 250), "window": lab.pick(0, 1857)}, **more)
    lab.rule(Residual(rule))
    return lab.rule(rule)


@scenario("interference")
def residual_service(lab):
    """After a reset for a name its address and port stay silent for a minute; port 80 answers."""
    lab.until = 140
    neighbours(lab)
    cut(lab, sni(lab.bad), lab.pick(60, 90, 75), 3)
    lab.https(lab.bad, 2)
    lab.https(lab.good, 8, deadline=14)
    lab.http(lab.good, 12)
    lab.https(lab.other, 20)
    lab.https(lab.good, 34, deadline=14)
    lab.https(lab.good, 110)


@scenario("interference")
def residual_hosts(lab):
    """After a reset for a name the two hosts cannot talk at all for a minute, on any port."""
    lab.until = 140
    neighbours(lab)
    lab.http(lab.good, 0.5)
    cut(lab, sni(lab.bad), lab.pick(60, 90, 75), 2)
    lab.https(lab.bad, 2)
    lab.https(lab.good, 8, deadline=14)
    lab.http(lab.good, 10, deadline=14)
    lab.https(lab.other, 20)
    lab.http(lab.good, 32, deadline=14)
    lab.https(lab.good, 34, deadline=14)
    lab.http(lab.good, 109)
    lab.https(lab.good, 110)


@scenario("interference")
def residual_pair(lab):
    """After a reset for a name that pair of ports alone stays silent; other connections are served."""
    lab.until = 140
    neighbours(lab)
    cut(lab, sni(lab.bad), lab.pick(60, 75, 50), 4)
    port = 33333
    lab.https(lab.bad, 2, sport=port)
    lab.https(lab.good, 6, sport=port, deadline=14)
    lab.https(lab.good, 12)
    lab.https(lab.good, 28, sport=port, deadline=14)
    lab.https(lab.good, 34)
    lab.https(lab.good, 110, sport=port)


@scenario("interference")
def residual_resets(lab):
    """After a reset for a name whatever is opened to that address and port is reset at once."""
    lab.until = 140
    neighbours(lab)
    rule = Reset(sni(lab.bad), residual=lab.pick(60, 90, 75), to="both", count=3,
                 style={"ttl": lab.pick(71, 55, 44), "window": 1038, "df": True})
    lab.rule(ResidualReset(rule, style={"ttl": lab.pick(71, 55, 44), "window": 1039, "df": True},
                           flags=lab.pick(RST | ACK, RST)))
    lab.rule(rule)
    lab.https(lab.bad, 2)
    lab.https(lab.good, 8)
    lab.http(lab.good, 12)
    lab.https(lab.good, 30)
    lab.https(lab.good, 110)


@scenario("twin")
def banned(lab):
    """A server resets one request itself, and its own firewall then ignores the client for a while."""
    lab.until = 140

    def refuse(app, c):
        if lab.bad.encode() not in bytes(c.inn):
            return lab.tls_answer(app, c)
        lab.clock.after(lab.rng.randrange(2000, 400000), setattr, h, "dead", True)
        lab.clock.after(int(lab.between(60e6, 30e6, 90e6)), setattr, h, "dead", False)
        return [("abort",)]
    h = lab.server(lab.good, tls=refuse)
    lab.alias(lab.bad, h)
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 2)
    lab.https(lab.good, 8, deadline=14)
    lab.http(lab.good, 12, deadline=14)
    lab.https(lab.other, 20)
    lab.https(lab.good, 110)


def opaque_server(lab, name):
    """A proxy of a fully encrypted protocol on a port of its own: it takes bytes and gives bytes."""
    h = lab.server(name)
    port = lab.pick(8388, 9001, 443, 10443)
    lab.serve(h, port, [("recv", 40), ("wait", 3000), ("send", lab.rng.randbytes(600)),
                        ("recv", 1 << 30)])
    return h, port


def opaque(lab, at, h, port, first=None, **more):
    """Bytes that look like nothing at all there, and whatever comes back."""
    data = first or lab.rng.randbytes(lab.rng.randrange(80, 600))
    while not first and not say.looks_like_nothing(data):
        data = lab.rng.randbytes(len(data))
    return lab.connect(at, h.address, port, [("send", data), ("recv", 600), ("wait", 90000),
                                             ("close",)], **more)


@scenario("interference")
def fully_encrypted(lab):
    """A first payload without structure: nothing passes up from it on, and later SYNs vanish too."""
    lab.until = 240
    h, port = opaque_server(lab, lab.bad)
    rule = Drop(Opaque(h.address, port), residual=lab.pick(180, 120, 150), swallow=False,
                accept={"kind": ["fully-encrypted"], "stage": ["first-data", "established"]})
    lab.rule(Residual(rule))
    lab.https(lab.other, 0.2)
    opaque(lab, 1, h, port, b"\r\nSSH-2.0-something that begins with a text, and goes on so",
           deadline=12)
    lab.at(4, lab.rule, rule)
    opaque(lab, 5, h, port, deadline=16)
    opaque(lab, 24, h, port, deadline=14)
    lab.https(lab.other, 27)
    lab.https(lab.bad, 30)
    opaque(lab, 90, h, port, deadline=14)
    lab.at(195, lab.box.rules.remove, rule)
    opaque(lab, 200, h, port)


@scenario("interference")
def protocol_filter(lab):
    """On port 443 what is no TLS is swallowed from its second packet on; TLS passes, and other ports."""
    h = lab.server(lab.good)
    port = 9443
    for p in (port, 443):
        lab.serve(h, p, [("recv", 40), ("answer", either)])
    lab.rule(Drop(NoTls(h.address, 443), swallow=False, residual=0, accept={
        "kind": ["fully-encrypted", "unknown", "ip-port", "ip"], "scored": False,
        "stage": ["first-data", "established"]}))
    opaque(lab, 0.3, h, port)
    lab.https(lab.good, 2)
    opaque(lab, 4, h, 443, deadline=16)
    opaque(lab, 22, h, 443, deadline=16)
    lab.https(lab.good, 24)


def either(app, c):
    """TLS for those who speak it, and bytes for the others."""
    if c.inn[:1] == b"\x16":
        return c.host.lab.tls_answer(app, c)
    return [("send", c.host.rng.randbytes(600)), ("recv", 1 << 30)]


class NoTls(Trigger):
    """A first payload on a port that begins like neither TLS nor HTTP."""

    def __init__(self, ip, port):
        super().__init__("ip-port", "%s:%d" % (ip, port))
        self.ip, self.port = ip, port

    def hit(self, view, p, way):
        return way == self.way and (view.server, view.port) == (self.ip, self.port) and \
            bytes(view.stream) == p.payload and bool(p.payload) and \
            p.payload[:2] not in (b"\x16\3", b"GE", b"PO")


@scenario("twin")
def fully_encrypted_served(lab):
    """A fully encrypted protocol that works, and once a server that thinks for ever about it."""
    h, port = opaque_server(lab, lab.good)
    opaque(lab, 0.3, h, port)
    opaque(lab, 2, h, port)
    lab.serve(h, port + 1, [("recv", 40), ("wait", 300000000)])
    opaque(lab, 4, h, port + 1, deadline=15)
    lab.https(lab.other, 8)


@scenario("twin")
def fully_encrypted_gone(lab):
    """A server of a fully encrypted protocol is switched off in the middle; nothing tells why."""
    h, port = opaque_server(lab, lab.good)
    opaque(lab, 0.3, h, port)
    opaque(lab, 3, h, port, deadline=15)
    lab.clock.at(lab.when(3) + int(lab.near + lab.rest), setattr, h, "dead", True)
    lab.https(lab.other, 8)
    opaque(lab, 22, h, port, deadline=14)

