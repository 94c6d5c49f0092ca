# SPDX-License-Identifier: GPL-3.0-or-later
"""Resets that give themselves away by their numbers, their clock, or by coming again."""
from . import scenario
from ..acts import Reset, Rewrite, Syn
from ..middlebox import address, sni
from ..packets import ACK, RST, option_mss, option_ts
from .resets import neighbours


@scenario("interference")
def syn_ack_forged_beside(lab):
    """Seen from the server: the client confirms a number that the server never sent."""
    lab.tap.place = "server"
    h = lab.server(lab.bad)
    lab.https(lab.good, 0.2)
    lab.rule(Syn(address(h.address), felt=True, accept={
        "stage": ["syn", "handshake", "first-data"], "kind": ["ip", "ip-port", "unknown", "sni"],
        "value": [lab.bad, ""], "scored": False},
        style={"ttl": lab.pick(64, 57, 128), "window": lab.pick(8192, 65535),
               "options": lab.pick(b"", option_mss(1400))}))
    lab.https(lab.bad, 2)
    lab.https(lab.good, 4)
    lab.https(lab.bad, 6)


@scenario("interference", hops=(2, 11), delay=(1.5, 30.0))
def rewritten_resets(lab):
    """Each packet of the server becomes a reset on the way, and so do its repetitions."""
    neighbours(lab)
    lab.rule(Rewrite(sni(lab.bad)))
    lab.https(lab.bad, 2)
    lab.https(lab.bad, 4)
    lab.until = 12


@scenario("interference")
def rst_wrong_clock(lab):
    """The forged reset carries a timestamp that is not of the server's clock."""
    neighbours(lab)
    lab.rule(Reset(sni(lab.bad), delay=lab.between(400, 100, 3000), style={
        "ttl": lab.pick("same", 57), "df": True, "options": option_ts(
            lab.rng.randrange(1 << 31), lab.rng.randrange(1 << 31))}))
    lab.https(lab.bad, 2)


class Guesses(Reset):
    """Each reset names another acknowledgement and has another TTL."""

    def burst(self, box, view, e, side):
        from ..acts import forge
        for i in range(self.count):
            style = dict(self.style, ttl=box.rng.randrange(40, 250))
            ack = 0 if i == self.zero else box.rng.randrange(1 << 32)
            forge(box, view, side, e, self.delay + i * self.spacing, RST, b"", None, ack, style)

    zero = None


@scenario("interference", hops=(3, 10), delay=(4.0, 60.0))
def korea_guesses(lab):
    """South Korea: several RST that guess what was confirmed, each with a TTL of its own."""
    neighbours(lab)
    lab.rule(Guesses(sni(lab.bad), to="both", count=lab.pick(3, 2), zero=lab.pick(None, 1),
                     flags=RST, delay=lab.between(500, 200, 2500)))
    lab.https(lab.bad, 2)


@scenario("interference")
def rst_guessed_acks(lab):
    """RST+ACK of one number, each confirming something else, which nobody had sent."""
    neighbours(lab)

    class Acks(Reset):
        def burst(self, box, view, e, side):
            from ..acts import forge
            for i in range(3):
                forge(box, view, side, e, self.delay + 80 * i, RST | ACK, ack=view.up_next + 700 * i,
                      style=self.style)
    lab.rule(Acks(sni(lab.bad), style={"ttl": lab.pick(59, 120), "ids": "zero", "df": True}))
    lab.https(lab.bad, 2)
