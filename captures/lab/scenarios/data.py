# SPDX-License-Identifier: GPL-3.0-or-later
"""Forged payload that races the true one, and innocent ways to say the same bytes twice."""
from . import scenario
from .. import payloads as say
from ..acts import Data
from ..middlebox import host
from ..packets import ACK, Packet, TCP

FORGED = {"ids": 1, "window": 8192, "df": False}


def redirect(url):
    return ("HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % url).encode()


def stage(lab):
    lab.alias(lab.bad, lab.server(lab.good))
    lab.http(lab.good, 0.2)
    lab.http(lab.good, 5)


@scenario("interference", delay=(8.0, 60.0))
def data_race(lab):
    """A forged redirect overtakes the true page, as QUANTUM INSERT does."""
    stage(lab)
    lab.rule(Data(host(lab.bad), payload=redirect("http://update.invalid/a"),
                  delay=lab.between(500, 150, 2500),
                  style=dict(FORGED, ttl=lab.pick(64, 57, 128))))
    lab.http(lab.bad, 2)


@scenario("interference", delay=(8.0, 60.0))
def data_race_same_length(lab):
    """The forged answer is as long as the true one and differs in its words only."""
    body = b"<html><body>%s</body></html>" % (
        b"The true words of this page, as its author wrote them. " * 6)
    false = body.replace(b"true", b"fake").replace(b"author", b"warden")
    lab.alias(lab.bad, lab.server(lab.good, http=lambda app, c: [
        ("wait", 2500), ("send", say.http_answer(body)), ("recv", 1 << 30)]))
    lab.http(lab.good, 0.2)
    lab.rule(Data(host(lab.bad), payload=say.http_answer(false), style=dict(
        FORGED, ttl=lab.pick(61, 58, 250)), delay=lab.between(300, 150, 2500)))
    lab.http(lab.bad, 2)


@scenario("interference", delay=(8.0, 60.0))
def data_race_unacked(lab):
    """The shot was prepared before the request: it acknowledges only the handshake."""
    stage(lab)
    lab.rule(Data(host(lab.bad), payload=redirect("http://update.invalid/b"), fin=True,
                  ack=lambda view: view.up_next - len(view.stream),
                  delay=lab.between(700, 150, 2500), style=dict(FORGED, ttl=lab.pick(64, 50))))
    lab.http(lab.bad, 2)


@scenario("interference", kind="pcapng", v6=True)
def data_race_v6(lab):
    """IPv6: forged script text for one address, the server's own right behind it."""
    stage(lab)
    lab.rule(Data(host(lab.bad), payload=say.http_answer(b"alert('x');", server=None),
                  delay=lab.between(400, 150, 2500),
                  style={"ttl": lab.pick(60, 128), "window": 65535}))
    lab.http(lab.bad, 2)


@scenario("twin")
def recut_retransmission(lab):
    """Lost segments come again, cut at other places: the bytes are the same."""
    def pieces(app, c):
        data = say.http_answer(say.page(lab.rng, "Pieces", 2400))
        return [("wait", 2000)] + [("send", data[i:i + 310]) for i in range(0, len(data), 310)] \
            + [("recv", 1 << 30)]
    h = lab.server(lab.good, http=pieces)
    third = [0]

    def some(p):
        if p.way == "down" and p.src == h.address and len(p.payload) == 310:
            third[0] += 1
        return third[0] in (3, 4, 6)
    lab.path.lose += [some, some]
    lab.http(lab.good, 0.3)
    lab.http(lab.other, 3)


@scenario("twin")
def keepalive_garbage(lab):
    """An old stack's keep-alive probes carry one byte of garbage before the window."""
    lab.until = 40
    h = lab.server(lab.good)
    flow = lab.http(lab.good, 0.3, deadline=38, steps=[
        ("http",), ("wait", 30000000), ("close",)])

    def probe():
        c = flow["connection"]
        if c.state == "established":
            p = Packet(c.host.address, h.address, TCP, c.sport, 80, c.iss + c.una - 1,
                       c.irs + c.rcv, ACK, 502, c.options(False), b"\0", ip_id=c.host.next_id(c))
            c.host.emit(p)
    for i in range(3):
        lab.at(8 + 7 * i, probe)
    lab.http(lab.other, 3)


@scenario("twin")
def loss_and_reorder(lab):
    """A bad radio link: some segments are lost, some overtake others, all is repaired."""
    lab.path.loss, lab.path.reorder = lab.between(0.02, 0.005, 0.03), lab.between(0.05, 0.01, 0.1)
    lab.server(lab.good, tls=lambda app, c: lab.tls_answer(app, c, 9000))
    for i in range(3):
        lab.https(lab.good, 0.3 + 3 * i, deadline=60)


@scenario("twin")
def dynamic_page_twice(lab):
    """A client asks twice on one connection, and gets two different pages, in order."""
    def answers(app, c):
        one = say.http_answer(say.page(lab.rng, "First", 600))
        two = say.http_answer(say.page(lab.rng, "Second", 700))
        return [("wait", 2000), ("send", one), ("request",), ("wait", 2500), ("send", two),
                ("recv", 1 << 30)]
    lab.server(lab.good, http=answers)
    lab.http(lab.good, 0.3, steps=[("http",), ("send", say.http_get(lab.good)), ("http",),
                                   ("wait", 50000), ("close",)])
    lab.http(lab.other, 2)
