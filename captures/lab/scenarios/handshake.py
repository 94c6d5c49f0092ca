# SPDX-License-Identifier: GPL-3.0-or-later
"""Forged SYN+ACKs, resets in the handshake and forged FINs, beside their innocent twins."""
from . import scenario
from .. import payloads as say
from ..acts import Fin, Reset, Syn
from ..middlebox import address, sni
from ..packets import ACK, SYN, TCP, Packet, option_mss
from .resets import neighbours


@scenario("interference")
def syn_ack_forged(lab):
    """A SYN+ACK with a number of its own overtakes the true one; the server resets."""
    h = lab.server(lab.bad)
    lab.https(lab.good, 0.2)
    lab.rule(Syn(address(h.address), style={
        "ttl": lab.pick(64, 57, 128), "window": lab.pick(8192, 65535),
        "options": lab.pick(b"", option_mss(1400))}))
    lab.https(lab.bad, 2)
    lab.https(lab.good, 4)


@scenario("interference")
def rst_on_syn(lab):
    """A reset answers the SYN before the host can; the true SYN+ACK comes all the same."""
    h = lab.server(lab.bad)
    lab.https(lab.good, 0.2)
    lab.rule(Reset(address(h.address), count=lab.pick(3, 1), seq=0,
                   delay=lab.between(300, 100, 2500),
                   style={"ttl": lab.pick(60, 120, 44), "window": 1980, "df": True}))
    lab.https(lab.bad, 2)
    lab.https(lab.bad, 5)


@scenario("interference")
def fin_forged(lab):
    """A FIN that the server never sent follows the name; the server's data come behind it."""
    neighbours(lab)
    lab.rule(Fin(sni(lab.bad), delay=lab.between(250, 100, 2500),
                 style={"ttl": lab.pick(53, 61, 128), "window": lab.pick(229, 8192)}))
    lab.https(lab.bad, 2)


@scenario("interference")
def fin_forged_both(lab):
    """Forged FINs go both ways; beside the middlebox each end is seen to talk on."""
    lab.tap.place = "path"
    neighbours(lab)
    lab.rule(Fin(sni(lab.bad), to="both", delay=lab.between(500, 200, 2500),
                 style={"ttl": lab.pick(128, 255)}))
    lab.https(lab.bad, 2)


@scenario("interference")
def fin_forged_unknown(lab):
    """The hello is swallowed and a FIN forged; the server, asked again, knows of none."""
    neighbours(lab)
    lab.rule(Fin(sni(lab.bad), delay=lab.between(250, 100, 2500), swallow=True,
                 style={"ttl": lab.pick("same", 53, 128), "window": lab.pick(229, 8192)}))
    lab.https(lab.bad, 2)
    lab.https(lab.bad, 5)


@scenario("twin")
def half_closed_probes(lab):
    """A client ends its half and waits; its keep-alive probes stand where its FIN stands."""
    lab.until = 60
    h = lab.server(lab.good)
    lab.serve(h, 80, [("request",), ("eof",), ("wait", 26000000), ("send", bytes(3000)),
                      ("close",)])
    flow = lab.http(lab.good, 0.3, deadline=50, steps=[("close",), ("recv", 3000)])

    def probe():
        c = flow["connection"]
        c.host.emit(Packet(c.host.address, h.address, TCP, c.sport, 80, c.iss + c.una - 1,
                           c.irs + c.rcv, ACK, 502, c.options(False), ip_id=c.host.next_id(c)))
    for i in range(3):
        lab.at(7 + 6 * i, probe)
    lab.http(lab.other, 3)


@scenario("twin")
def syn_ack_repeated(lab):
    """The client's ACK is lost on the way, so that the server repeats its SYN+ACK."""
    h = lab.server(lab.good)
    lab.serve(h, 443, [("wait", 30000), ("record",), ("answer", lab.tls_answer)])

    def early(p):
        return p.way == "up" and p.dst == h.address and not p.flags & SYN
    lab.path.lose += [early, early]
    lab.https(lab.good, 0.3)
    lab.https(lab.other, 3)


@scenario("twin")
def stateless_balancer(lab):
    """The SYN is repeated before a balancer without state: two SYN+ACKs, two numbers."""
    h = lab.server(lab.good)
    seen = []

    def forget(p):
        if p.flags & SYN and p.flags & ACK and not seen:
            seen.append(p)
            h.tcp[(p.dst, p.dport, p.sport)].end()
            lab.clock.after(1100000, h.send, p)
            return None
        return p
    h.rewrite = forget
    lab.https(lab.good, 0.3)
    lab.https(lab.good, 6)


@scenario("twin")
def syn_proxy(lab):
    """A SYN proxy near the server answers first; what comes behind it has another TTL."""
    h = lab.server(lab.good)
    far = lab.pick(128, 255)

    def dress(p):
        return p if p.flags & SYN else p.copy(ttl=far)
    h.rewrite = dress
    for i in range(3):
        lab.https(lab.good, 0.3 + 2 * i)


@scenario("twin")
def server_closes_early(lab):
    """The server takes the hello and closes without a word, one round trip later."""
    def shy(app, c):
        return [("wait", lab.rng.randrange(500, 3000)), ("close",)]
    lab.alias(lab.bad, lab.server(lab.good, tls=shy))
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 2)
    lab.https(lab.other, 4)


@scenario("twin")
def server_alert(lab):
    """The server does not know the name: a TLS alert (unrecognized_name), then it closes."""
    def refuse(app, c):
        if lab.bad.encode() not in bytes(c.inn):
            return lab.tls_answer(app, c)
        return [("wait", 900), ("send", say.alert(2, 112)), ("close",)]
    lab.alias(lab.bad, lab.server(lab.good, tls=refuse))
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 2)


@scenario("twin")
def half_closed(lab):
    """The client ends its half first and gets its answer afterwards."""
    def slow(app, c):
        body = say.page(lab.rng, "Report", 1800)
        return [("eof",), ("wait", 40000), ("send", say.http_answer(body, close=True)), ("close",)]
    lab.server(lab.good, http=slow)
    lab.http(lab.good, 0.3, steps=[("call", half_close), ("http",), ("eof",)])
    lab.http(lab.other, 2)


def half_close(c):
    """shutdown(SHUT_WR): the FIN goes out, but what comes is still read."""
    c.fin_at = 1 + len(c.out)
    c.push()


@scenario("twin")
def port_reused(lab):
    """A client forgets a connection and uses its port again: challenge ACK, reset, a new SYN."""
    port = lab.port()
    stay = [("record", 6), ("send", say.client_finished(lab.rng)), ("wait", 60000000)]
    lab.https(lab.good, 0.2, sport=port, steps=stay)
    lab.at(2, lab.client.tcp.clear)
    lab.https(lab.good, 3, sport=port)
    lab.https(lab.other, 6)
