# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS alerts in clear: forged by something on the way, or the server's own."""
from . import scenario
from .. import payloads as say
from ..acts import Data
from ..middlebox import sni
from .resets import neighbours

# RFC 8446, 6.2: what refuses a ClientHello.
REFUSALS = (40, 49, 70, 80, 112)


def forged(lab, **more):
    """A plaintext alert, now and then behind a record version of an older TLS."""
    code = lab.pick(112, *REFUSALS)
    return Data(sni(lab.bad), payload=say.alert(2, code, lab.pick(0x0303, 0x0301)),
                mechanism_word="tls-alert-injection", **more)


@scenario("interference")
def alert_forged(lab):
    """A forged alert with FIN answers the name at once; the server's true answer comes behind."""
    neighbours(lab)
    lab.rule(forged(lab, fin=lab.pick(True, False), delay=lab.between(300, 150, 2500), style={
        "ttl": lab.pick(61, 64, 128, 250), "window": lab.pick(229, 8192, 65535)}))
    lab.https(lab.bad, 2)
    lab.https(lab.bad, 4)


@scenario("interference")
def alert_in_path(lab):
    """The hello is swallowed and answered by an alert; nobody hears the client any more."""
    neighbours(lab)
    lab.rule(forged(lab, fin=True, swallow=True, deaf=True, delay=lab.between(600, 150, 2500),
                    style={"ttl": lab.pick(62, 58, 125), "window": 512}))
    lab.https(lab.bad, 2)
    lab.https(lab.bad, 4)


@scenario("interference", delay=(38.0, 3.0), hops=(9, 3))
def alert_far(lab):
    """The forger stands beside the server: its alert is in time, and differs in its header."""
    neighbours(lab)
    lab.rule(forged(lab, fin_apart=True, swallow=True, deaf=True, style={
        "ttl": lab.pick(128, 255, 200), "ids": lab.pick(0xf2, 1), "window": 8192}))
    lab.https(lab.bad, 2)
    lab.https(lab.bad, 4)


def refusing(lab, level, code, tail=(("close",),)):
    """A server that answers one name by an alert of its own, and serves the others."""
    def answer(app, c):
        if lab.bad.encode() not in bytes(c.inn):
            return lab.tls_answer(app, c)
        return [("wait", lab.rng.randrange(900, 4000)), ("send", say.alert(level, code)), *tail]
    return answer


@scenario("twin")
def alert_unknown_name(lab):
    """The server itself refuses a name that it does not serve, in its own time, and closes."""
    h = lab.server(lab.good, tls=refusing(lab, 2, lab.pick(112, 40, 80)))
    lab.alias(lab.bad, h)
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 2)
    lab.https(lab.bad, 4)
    lab.https(lab.good, 6)


@scenario("twin")
def alert_old_server(lab):
    """A server that has no version or cipher in common with anybody."""
    h = lab.server(lab.bad)
    code = lab.pick(70, 40, 71)
    lab.serve(h, 443, [("record",), ("wait", 1200), ("send", say.alert(2, code, 0x0301)),
                       lab.pick(("close",), ("abort",))])
    lab.https(lab.bad, 0.3)
    lab.https(lab.good, 2)
    lab.https(lab.bad, 4)


@scenario("twin")
def alert_warning(lab):
    """A server warns that it does not know the name, and goes on all the same (RFC 6066, 3)."""
    def answer(app, c):
        return [("wait", lab.rng.randrange(900, 4000)), ("send", say.alert(1, 112)),
                ("wait", lab.rng.randrange(500, 9000))] + lab.tls_answer(app, c)[1:]
    h = lab.server(lab.bad)
    lab.serve(h, 443, [("record",), ("answer", answer)])
    for at in (0.3, 2):
        lab.https(lab.bad, at, steps=[("record", 7), ("send", say.client_finished(lab.rng)),
                                      ("send", say.application(lab.rng, 300)), ("record",),
                                      ("wait", 60000), ("close",)])
    lab.https(lab.good, 4)


@scenario("twin")
def alert_balancer(lab):
    """Behind a balancer that shakes hands for it, the server is some hops further away."""
    h = lab.server(lab.good, tls=refusing(lab, 2, lab.pick(112, 40)))
    lab.alias(lab.bad, h)
    further = lab.pick(4, 3, 7, 11)

    def rewrite(p):
        if p.payload:
            p.ttl -= further
        return p
    h.rewrite = rewrite
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 2)
    lab.https(lab.good, 4)
    lab.https(lab.bad, 6)
