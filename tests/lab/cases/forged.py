# SPDX-License-Identifier: GPL-3.0-or-later
"""Forged packets, with whatever a forger may choose: numbers, hops, times, ways, triggers."""
from lab.acts import Data, Fin, Icmp, Reset, Syn
from lab.middlebox import address, host, service, sni
from lab.packets import ACK, RST, option_mss
from lab.payloads import alert, http_answer

from . import case


def style(net):
    """How an injector dresses its packets."""
    return {"ttl": net.rng.choice(("same", 64, 128, 255, net.rng.randrange(20, 250))),
            "ids": net.rng.choice(("zero", "random", "copy", "next", net.rng.randrange(1, 65536))),
            "window": net.rng.choice((0, net.rng.randrange(1, 65536))),
            "df": net.rng.random() < 0.5}


def shared(net, **more):
    """Two names at one address, and another name elsewhere."""
    h = net.server(net.good, **more)
    net.alias(net.bad, h)
    net.server(net.other)
    net.web = h
    return h


def visits(net, call, times=2, start=1.2, every=1.5, **more):
    """A control before and after, and what is interfered with in between."""
    call(net.good, 0.3)
    net.https(net.other, 0.6)
    for i in range(times):
        call(net.bad, start + every * i, **more)
    call(net.good, start + every * times)


def trigger(net, h):
    """What sets the box off, and the client's way to ask for it."""
    kind = net.rng.choice(("sni", "sni", "sni", "http-host", "http-host", "ip-port"))
    if kind == "sni":
        return sni(net.bad), net.https
    if kind == "http-host":
        return host(net.bad), net.http
    return service(h.address, 443), net.https


@case("interference")
def any_reset(net):
    """Forged resets of any make, to either side or both, once or in a row."""
    h = shared(net)
    what, call = trigger(net, h)
    if what.kind == "ip-port":
        what = sni(net.bad)
    net.rule(Reset(what, to=net.rng.choice(("client", "client", "both", "server")),
                   count=net.rng.choice((1, 1, 2, 3)), step=net.rng.choice((0, 0, 1460)),
                   flags=net.rng.choice((RST, RST | ACK)), swallow=net.rng.random() < 0.4,
                   delay=net.rng.choice((150, 400, net.rng.randrange(100, 8000))),
                   style=style(net)))
    visits(net, call, net.rng.choice((1, 2, 3)))


@case("interference")
def reset_of_address(net):
    """Each SYN to one service is answered by a forged reset, before its host can."""
    h = shared(net)
    what = service(h.address, 443)
    net.rule(Reset(what, swallow=net.rng.random() < 0.5, style=dict(style(net), window=0),
                   flags=RST | ACK, accept={"min_confidence": 0.3}))
    visits(net, net.https)
    net.http(net.good, 1)


@case("interference")
def reset_late(net):
    """The reset comes after the server began to answer, on the size of what passed."""
    shared(net)
    rule = Reset(sni(net.bad), delay=int(2 * (net.near + net.rest) * net.between(1.3, 1.1, 2)),
                 style=style(net), accept={"stage": ["first-data", "established"]})
    net.rule(rule)
    visits(net, net.https, size=40000)


@case("interference")
def any_fin(net):
    """A forged FIN ends the connection."""
    shared(net)
    net.rule(Fin(sni(net.bad), to=net.rng.choice(("client", "client", "both")), style=style(net),
                 swallow=net.rng.random() < 0.3))
    visits(net, net.https)


@case("interference")
def any_syn_ack(net):
    """A forged SYN+ACK with a number of its own answers the SYN."""
    h = shared(net)
    net.rule(Syn(service(h.address, 443), style=dict(style(net), window=net.pick(8192, 65535, 2920),
                                                     options=option_mss(net.pick(1400, 1460)))))
    visits(net, net.https, deadline=6)


@case("interference")
def any_page(net):
    """A forged page, or a redirect to one, answers the Host of a request."""
    shared(net)
    body = net.pick(
        b"<html><head><title>Blocked</title></head><body><h1>Access to this website has been "
        b"blocked by order of the authorities</h1></body></html>",
        b"<html><body>This site is blocked in accordance with the law.</body></html>")
    page = http_answer(body, "403 Forbidden", server=None, close=True) if net.rng.random() < 0.6 \
        else http_answer(b"", "302 Found", ["Location: http://blocked.%s/?u=%s" % (
            "warning.example", net.bad)], None, True)
    net.rule(Data(host(net.bad), payload=page, fin=True, mechanism_word="block-page",
                  style=style(net), swallow=net.rng.random() < 0.5,
                  reset=net.rng.random() < 0.4, delay=net.rng.randrange(150, 3000)))
    visits(net, net.http)


@case("interference")
def any_data(net):
    """Forged payload overtakes the true one, which comes all the same."""
    shared(net)
    body = b"<script>window.location='//elsewhere.example/%d'</script>" % net.rng.randrange(9999)
    net.rule(Data(host(net.bad), payload=http_answer(body, close=net.rng.random() < 0.5),
                  style=style(net), delay=net.rng.randrange(150, 2500)))
    visits(net, net.http)


@case("interference")
def any_alert(net):
    """A forged TLS alert answers the name."""
    shared(net)
    net.rule(Data(sni(net.bad), payload=alert(2, net.rng.choice((40, 80, 112, 49))),
                  mechanism_word="tls-alert-injection", style=style(net),
                  fin=net.rng.random() < 0.4, swallow=net.rng.random() < 0.4,
                  delay=net.rng.randrange(150, 2500)))
    visits(net, net.https)


@case("interference")
def any_icmp(net):
    """A router on the way rejects one address by ICMP."""
    h = shared(net)
    kind = (1, net.pick(1, 5)) if net.v6 else (3, net.pick(13, 10, 9))
    net.rule(Icmp(address(h.address), kind=kind, accept={"min_confidence": 0.3}))
    net.https(net.other, 0.3)
    net.https(net.bad, 1, deadline=6)
    net.http(net.good, 2.5, deadline=6)
    net.https(net.other, 4)
