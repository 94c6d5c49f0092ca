# SPDX-License-Identifier: GPL-3.0-or-later
"""Tools against filters at the client's side: all is fine with them, or fails for its own reasons, or
is blocked all the same. What they do themselves is nobody's interference."""
from . import scenario
from .. import quic, talks
from ..acts import Drop, Reset
from ..bypass import FAKES, Tool
from ..middlebox import Trigger, host, sni
from ..quicends import QuicName, quic_connect, quic_server

# How a decoy is kept from the server: one way, or two.
FOOLING = (("ttl",), ("sum",), ("md5",), ("ts",), ("seq",), ("ack",), ("noack",), ("ttl", "md5"),
           ("sum", "seq"), ("ttl", "sum", "seq"))
CUTS = ((2,), (1, 90), (40, 110), (1,), (5, 120, 150), (126,))


def decoys(lab, how=("ttl",), **more):
    """A tool that says another name ahead of the true one."""
    if lab.pick(False, True):
        lab.path.router = lab.foreign(9)
    more.setdefault("repeats", lab.pick(1, 2, 6, 11))
    more.setdefault("cuts", lab.pick((), *CUTS))
    more.setdefault("reset", lab.pick(False, False, True))
    return Tool(lab, lab.pick(how, *FOOLING), name=lab.pick(*FAKES), mixed=lab.pick(False, True),
                filler=lab.pick(None, None, 0, 0x0f), **more)


def pieces(lab, cuts=(1, 90), **more):
    """A tool that cuts, and lies about nothing."""
    more.setdefault("disorder", lab.pick(False, True))
    more.setdefault("overlap", lab.pick(0, 1, 12, 300))
    return Tool(lab, (), cuts=lab.pick(cuts, *CUTS), **more)


def visits(lab, http=True):
    """Some names at one address; the filter is there, and asks for one of them."""
    h = lab.server(lab.good)
    lab.alias(lab.bad, h)
    lab.server(lab.other)
    for at, name in ((0.3, lab.good), (2, lab.bad), (5, lab.other), (9, lab.bad)):
        lab.https(name, at, large=lab.pick(False, True))
        if http and lab.pick(False, True):
            lab.http(name, at + 0.8)


@scenario("twin")
def bypass_fine(lab):
    """Decoys with a small TTL and another name come first; the filter is deceived, all is served."""
    decoys(lab)
    lab.rule(Reset(sni(lab.bad), to="both"))
    visits(lab, http=False)


@scenario("twin")
def bypass_fine_sums(lab):
    """Decoys with wrong checksums, twice each, with numbers of the past besides."""
    decoys(lab, ("sum", "seq"), repeats=lab.pick(2, 1, 6))
    visits(lab)


@scenario("twin", v6=True)
def bypass_fine_v6(lab):
    """IPv6: decoys with signatures and timestamps of the past; hellos are cut besides."""
    decoys(lab, ("md5", "ts"), cuts=(1, 90))
    visits(lab)


@scenario("twin")
def bypass_fine_pieces(lab):
    """Hellos are sent backwards, in pieces, with bytes in front of the second that are none."""
    pieces(lab, (40, 110), disorder=lab.pick(True, False), overlap=lab.pick(12, 0, 1))
    visits(lab)


@scenario("twin")
def bypass_fine_overlap(lab):
    """Hellos begin with 300 bytes that stand before the first one."""
    pieces(lab, (2,), disorder=False, overlap=lab.pick(300, 1, 652))
    visits(lab)


@scenario("twin")
def bypass_fails(lab):
    """The same decoys, to a server that resets one name of its own accord."""
    decoys(lab)
    lab.path.router = lab.foreign(9)
    lab.alias(lab.bad, lab.server(lab.good, tls=lambda app, c: [("wait", 900), ("abort",)] if
              lab.bad.encode() in bytes(c.inn) else lab.tls_answer(app, c)))
    lab.https(lab.good, 0.3)
    lab.https(lab.bad, 2)
    lab.https(lab.bad, 5)
    lab.https(lab.other, 6)
    lab.https(lab.good, 9)


@scenario("twin")
def bypass_arrives(lab):
    """The decoys live too long: the server takes them for the hello, and answers the true one with a reset."""
    lab.server(lab.good)
    h = lab.server(lab.bad, tls=lambda app, c: [("wait", 900), ("abort",)])
    Tool(lab, ("ttl",), ttl=lab.path.hops + lab.hops[1] + lab.pick(3, 1, 2), repeats=lab.pick(1, 3),
         name=lab.pick(*FAKES), only=[h.address])
    lab.https(lab.good, 0.3)
    lab.https(lab.bad, 2)
    lab.https(lab.good, 4)
    lab.https(lab.bad, 6)


@scenario("interference")
def bypass_reset(lab):
    """The filter is not deceived by decoys: it resets at the true name."""
    lab.box.wary = True
    decoys(lab, cuts=())
    lab.rule(Reset(sni(lab.bad), to=lab.pick("client", "both"), count=lab.pick(1, 3),
                   style={"ttl": lab.pick(128, 255), "ids": "random"}))
    visits(lab, http=False)


@scenario("interference")
def bypass_drop(lab):
    """The filter is not deceived: the true name's hellos vanish, while routers tell of dead decoys."""
    lab.box.wary = True
    decoys(lab, cuts=(), reset=False)
    lab.path.router = lab.foreign(9)
    lab.rule(Drop(sni(lab.bad)))
    h = lab.server(lab.good)
    lab.alias(lab.bad, h)
    lab.https(lab.good, 0.3)
    lab.https(lab.bad, 2, deadline=15)
    lab.https(lab.good, 6)
    lab.https(lab.bad, 20, deadline=15)


@scenario("interference")
def bypass_pieces_reset(lab):
    """Hellos in pieces are put together by the filter, which resets."""
    pieces(lab, (1, 90), disorder=False, overlap=0)
    lab.rule(Reset(sni(lab.bad), to="client", style={"ttl": lab.pick(128, 255), "ids": "random"}))
    visits(lab, http=False)


@scenario("interference")
def bypass_host_reset(lab):
    """Plain HTTP beside the tool's own requests for another host: the true one is reset."""
    lab.box.wary = True
    Tool(lab, lab.pick(("ttl", "sum"), *FOOLING), repeats=lab.pick(1, 6), name=lab.pick(*FAKES))
    lab.rule(Reset(host(lab.bad), to="client", style={"ttl": lab.pick(128, 255), "ids": "random"}))
    lab.alias(lab.bad, lab.server(lab.good))
    lab.http(lab.good, 0.3)
    lab.http(lab.bad, 2)
    lab.http(lab.good, 4)
    lab.http(lab.bad, 6)


# --- datagrams ---

def false_hello(lab):
    """An Initial of a connection that nobody opens."""
    rng = lab.rng
    return quic.initial(quic.V1, rng.randbytes(8), rng.randbytes(8), 0,
                        quic.crypto(0, quic.client_hello(rng, lab.pick(*FAKES[::-1]))), size=quic.DATAGRAM)


def ahead(lab, *usual, how=()):
    """A tool that sends other datagrams ahead of the first: zapret's own fillings, or a false hello."""
    payloads = {"quic": bytes((0x40,)) + bytes(619), "zeros": bytes(64), "hello": false_hello(lab)}
    chosen = lab.pick(usual, ("hello",), ("zeros",), ("quic",), ("quic", "hello"))
    if lab.pick(False, True):
        lab.path.router = lab.foreign(9)
    return Tool(lab, lab.pick(how, ("ttl",), ("sum",)), repeats=lab.pick(6, 1, 2, 11),
                ahead=[payloads[c] for c in chosen])


@scenario("twin")
def bypass_quic_fine(lab):
    """Six false Initials ahead of each true one: QUIC works."""
    ahead(lab, "hello")
    quic_server(lab, lab.good)
    quic_server(lab, lab.bad)
    lab.rule(Drop(QuicName(lab, FAKES[0])))
    for at, name in ((0.3, lab.good), (2, lab.bad), (5, lab.bad)):
        quic_connect(lab, name, at, large=lab.pick(False, True), chaos=lab.pick(True, False))


@scenario("interference")
def bypass_quic_drop(lab):
    """Six false Initials ahead of each true one, but the filter reads the true name."""
    ahead(lab, "hello")
    h = quic_server(lab, lab.good)
    lab.alias(lab.bad, h)
    lab.rule(Drop(QuicName(lab, lab.bad), ways=("up", "down")))
    for at, name in ((0.3, lab.good), (2, lab.bad), (15, lab.good), (24, lab.bad)):
        quic_connect(lab, name, at, large=lab.pick(False, True), chaos=lab.pick(True, False))
    lab.https(lab.bad, 3)


@scenario("twin")
def bypass_calls_fine(lab):
    """Datagrams of zeros ahead of a call's first words, of a tunnel's and of STUN: all are answered."""
    ahead(lab, "zeros")
    talks.whatsapp_chat(lab, 0.5, lab.host("g.whatsapp.net"))
    talks.whatsapp_call(lab, 2, lab.host())
    talks.stun(lab, 3, lab.host())
    talks.discord(lab, 4, lab.host())
    talks.wireguard(lab, 5, lab.host(), lab.pick(51820, 443))


@scenario("interference")
def bypass_call_drop(lab):
    """False Initials ahead of a call's requests do not help: these vanish, other STUN is answered."""
    ahead(lab, "hello", how=("ttl",))
    chat, relays = lab.host("g.whatsapp.net"), [lab.host(), lab.host()]
    for relay in relays:
        lab.rule(Drop(Trigger("protocol", "stun", b"\x00\x03", to=relay.address), accept={
            "value": ["stun", "whatsapp"], "min_confidence": 0.3,
            "kind": ["protocol", "ip", "ip-port"]}))
    talks.whatsapp_chat(lab, 0.5, chat, n=3)
    talks.stun(lab, 3, lab.host())
    for i, relay in enumerate(relays):
        talks.whatsapp_call(lab, 5 + i, relay)
    talks.stun(lab, 20, lab.host())
