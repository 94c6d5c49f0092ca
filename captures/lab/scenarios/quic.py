# SPDX-License-Identifier: GPL-3.0-or-later
"""QUIC that is dropped, by name, by version or altogether, and QUIC that gets nowhere by itself."""
from . import scenario
from .. import quic
from ..acts import Blackened, Blackout, Drop
from ..quicends import RESERVED, QuicHello, QuicName, quic_connect, quic_server

BOTH = ("up", "down")
# Nothing in the packets tells it from the twin that stands beside it: "possible" is honest.
TWIN = {"min_confidence": 0.3}


def hello(lab):
    """How a client may say its hello."""
    return {"large": lab.pick(False, True), "chaos": lab.pick(True, False),
            "pto": lab.pick(1000000, 300000, 500000), "deadline": lab.pick(12, 10, 20)}


def neighbours(lab, **more):
    """Two names at one address that speaks QUIC, and one elsewhere."""
    h = quic_server(lab, lab.good, **more)
    lab.alias(lab.bad, h)
    quic_server(lab, lab.other)
    return h


@scenario("interference")
def quic_sni_drop(lab):
    """From the Initial with one name on, both directions of the flow are dead; others are served."""
    neighbours(lab)
    lab.rule(Drop(QuicName(lab, lab.bad), ways=BOTH))
    quic_connect(lab, lab.good, 0.3, **hello(lab))
    quic_connect(lab, lab.bad, 2, **hello(lab))
    lab.https(lab.bad, 2.4)
    quic_connect(lab, lab.other, 8, **hello(lab))
    quic_connect(lab, lab.good, 15, **hello(lab))
    quic_connect(lab, lab.bad, 24, **hello(lab))


@scenario("interference", kind="pcapng", v6=True)
def quic_sni_drop_v6(lab):
    """IPv6: the Initials with one name never arrive; the hello has two datagrams."""
    neighbours(lab)
    lab.rule(Drop(QuicName(lab, lab.bad)))
    quic_connect(lab, lab.good, 0.3, large=True)
    quic_connect(lab, lab.bad, 2, large=True)
    quic_connect(lab, lab.good, 12, large=True)
    quic_connect(lab, lab.bad, 20, large=True)


def gfw(lab, **more):
    """The name passes; 80 to 600 ms later the client is cut off from that server and port."""
    trip = 2 * (lab.near + lab.rest)        # or it would come to an end before
    lab.rule(Blackout(QuicName(lab, lab.bad, quic.V1),
                      delay=int(min(lab.between(110000, 80000, 600000), 0.7 * trip)), **more))
    lab.rule(Blackened())


@scenario("interference", delay=(12.0, 95.0))
def quic_gfw(lab):
    """China: the server's answer still arrives, nothing of the client's does, for three minutes."""
    lab.until = 290
    neighbours(lab)
    gfw(lab)
    quic_connect(lab, lab.good, 0.3, **hello(lab))
    quic_connect(lab, lab.bad, 4, deadline=20, pto=1000000)
    quic_connect(lab, lab.good, 30 / lab.pace, deadline=15)
    quic_connect(lab, lab.other, 60 / lab.pace)
    quic_connect(lab, lab.good, 120 / lab.pace, deadline=15)
    quic_connect(lab, lab.good, 4 + 190 / lab.pace)
    quic_connect(lab, lab.other, 8 + 200 / lab.pace)


@scenario("interference", delay=(12.0, 95.0))
def quic_cut_off_low_port(lab):
    """The same manner, but the client's port is below the server's: that filter looks away there."""
    h = lab.server(lab.good)
    lab.alias(lab.bad, h)
    port = lab.pick(61443, 60999)
    quic_server(lab, where=h, port=port)
    gfw(lab, seconds=lab.pick(60, 90))
    for at, name in ((0.3, lab.good), (4, lab.bad), (22, lab.good)):
        quic_connect(lab, name, at, port=port, deadline=20, sport=lab.rng.randrange(30000, 59000),
                     pto=1000000)
    quic_connect(lab, lab.good, 4 + 110 / lab.pace, port=port, sport=29000)


@scenario("interference")
def quic_version_drop(lab):
    """Version 1 is dropped whatever it says; version 2 and a reserved version are answered."""
    neighbours(lab)
    lab.rule(Drop(QuicHello(lab, "QUIC version 1", quic.V1, least=1001), ways=BOTH, accept={
        "kind": ["quic", "protocol", "quic-sni"], "value": ["QUIC version 1", lab.bad, lab.good]}))
    quic_connect(lab, lab.good, 0.3, version=quic.V2)
    quic_connect(lab, lab.good, 2, **hello(lab))
    quic_connect(lab, lab.good, 16, version=lab.pick(quic.DRAFT29, quic.V2))
    quic_connect(lab, lab.bad, 19, **hello(lab))
    lab.https(lab.good, 20)


@scenario("interference")
def quic_tspu(lab):
    """Russia, 2022: the server offers versions, and the client's Initial of version 1 is dropped."""
    neighbours(lab)
    lab.rule(Drop(QuicHello(lab, "QUIC version 1", quic.V1, least=1001), ways=BOTH, accept={
        "kind": ["quic", "protocol", "quic-sni"], "value": ["QUIC version 1", lab.bad, lab.good]}))
    quic_connect(lab, lab.good, 0.3, version=RESERVED, deadline=16)
    lab.https(lab.good, 1)
    quic_connect(lab, lab.bad, 18, version=RESERVED, deadline=16)


@scenario("twin")
def quic_too_small(lab):
    """After the server's offer the client's Initials have 900 bytes, which no server may answer."""
    neighbours(lab)
    quic_connect(lab, lab.good, 0.3, version=RESERVED, deadline=16, small=lab.pick(900, 600, 1000))
    lab.https(lab.good, 1)
    quic_connect(lab, lab.bad, 18, version=RESERVED, deadline=16, small=900)


@scenario("interference")
def quic_all_drop(lab):
    """QUIC worked everywhere; then all of it is dropped on port 443, and TCP goes on."""
    names = (lab.good, lab.other, lab.bad)
    for n in names:
        quic_server(lab, n)
    lab.rule(Drop(QuicHello(lab, "QUIC", since=lab.when(10)), ways=BOTH, accept={
        "kind": ["quic", "quic-sni", "ip-port"], "value": ["QUIC"] + list(names) + [
            "%s:443" % lab.names[n].address for n in names]}))
    for i, n in enumerate(names):
        quic_connect(lab, n, 0.3 + 2 * i, **hello(lab))
        quic_connect(lab, n, 12 + 3 * i, **hello(lab))
        lab.https(n, 12.4 + 3 * i)


@scenario("interference")
def quic_answers_drop(lab):
    """Seen from the server: what it answers to one name is lost, and the client begins again."""
    lab.tap.place = "server"
    neighbours(lab)
    lab.rule(Drop(QuicName(lab, lab.bad), ways=("down",)))
    quic_connect(lab, lab.good, 0.3, **hello(lab))
    quic_connect(lab, lab.bad, 3, deadline=20)
    quic_connect(lab, lab.good, 12, **hello(lab))


@scenario("twin")
def quic_plain(lab):
    """QUIC as it should be: hellos in one datagram and two, in pieces, version 2, Retry, 0.5-RTT."""
    quic_server(lab, lab.good, early=True)
    quic_server(lab, lab.bad, retry=True)
    quic_server(lab, lab.other, answer=lab.pick(20, 40))
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        quic_connect(lab, n, 0.3 + i, **hello(lab))
        quic_connect(lab, n, 6 + i, large=True)
    quic_connect(lab, lab.good, 12, version=quic.V2)
    quic_connect(lab, lab.other, 14, version=RESERVED)
    quic_connect(lab, lab.other, 16, chaos=True)


@scenario("twin")
def quic_race(lab):
    """The browser tries both, TCP is faster, and QUIC is given up without a word."""
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        h = lab.server(n)
        h.mute_closed = True
        quic_connect(lab, n, 0.3 + 4 * i, quits=lab.pick(0.25, 0.5, 0.8), pto=300000)
        lab.https(n, 0.55 + 4 * i)


@scenario("twin")
def quic_unspoken(lab):
    """A server that does not speak QUIC and says nothing; its neighbour speaks it, TCP serves both."""
    lab.server(lab.bad).mute_closed = True
    quic_server(lab, lab.good)
    quic_connect(lab, lab.good, 0.3, **hello(lab))
    quic_connect(lab, lab.bad, 2, **hello(lab))
    lab.https(lab.bad, 2.4)
    quic_connect(lab, lab.bad, 16, **hello(lab))
    lab.https(lab.bad, 16.4)
    quic_connect(lab, lab.good, 20, **hello(lab))


@scenario("twin")
def quic_closed(lab):
    """A server without QUIC says so: port unreachable."""
    lab.server(lab.bad)
    quic_connect(lab, lab.bad, 0.3)
    lab.https(lab.bad, 0.6)
    quic_connect(lab, lab.bad, 5)


@scenario("twin")
def quic_no_udp(lab):
    """A network that lets no UDP out but its own resolver's: every try of QUIC is in vain."""
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        quic_server(lab, n)
        quic_connect(lab, n, 0.3 + 4 * i, **hello(lab))
        lab.https(n, 0.6 + 4 * i)
    lab.path.lose += [lambda p: p.dport == 443 and p.way == "up" and not p.seq and not p.flags] * 200


@scenario("twin")
def quic_outage(lab):
    """QUIC works, then the whole line is away, TCP included, and comes back."""
    names = (lab.good, lab.other, lab.bad)
    for i, n in enumerate(names):
        quic_server(lab, n)
        quic_connect(lab, n, 0.3 + 2 * i, **hello(lab))
        quic_connect(lab, n, 12 + 3 * i, **hello(lab))
        lab.https(n, 12.4 + 3 * i, deadline=8)
        quic_connect(lab, n, 50 + i)

    def lose(share):
        lab.path.loss = share
    lab.at(11, lose, 1.0)
    lab.at(45, lose, 0.0)


@scenario("twin")
def quic_one_way(lab):
    """Only the client's datagrams are in the capture."""
    lab.tap.only = lab.pick("up", "down")
    neighbours(lab)
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        quic_connect(lab, n, 0.3 + 3 * i, **hello(lab))


@scenario("twin")
def quic_one_way_silent(lab):
    """One direction, and the server never speaks: many Initials, and nothing can be told."""
    lab.tap.only = "up"
    h = lab.server(lab.bad)
    h.mute_closed = True
    for i in range(6):
        quic_connect(lab, lab.bad, 0.3 + 11 * i, sport=lab.pick(None, 40000 + i))


@scenario("twin")
def quic_capture_ends(lab):
    """The capture ends while a hello still waits for its answer."""
    neighbours(lab)
    quic_connect(lab, lab.good, 0.3)
    quic_connect(lab, lab.bad, 3)
    lab.tap.stop = lab.when(3) + int(1.2 * (lab.near + lab.rest))


@scenario("twin")
def quic_black_hole(lab):
    """Datagrams of 1200 bytes never pass, small ones do: QUIC fails everywhere, whatever the name."""
    for i, n in enumerate((lab.good, lab.bad)):
        quic_server(lab, n)
        quic_connect(lab, n, 0.3 + 5 * i, **hello(lab))
        lab.https(n, 0.6 + 5 * i)
    lab.path.lose += [lambda p: len(p.payload) >= 1200 and p.way == "up"] * 200


@scenario("twin")
def quic_nat_forgets(lab):
    """A connection rests for a minute and a half, and a NAT has forgotten it when it goes on."""
    lab.until = 160
    h = neighbours(lab)
    quic_connect(lab, lab.bad, 0.3, linger=90 / lab.pace, deadline=150)
    quic_connect(lab, lab.good, 3, **hello(lab))

    def forget():
        lab.path.lose += [lambda p: p.dst == h.address and p.way == "up"] * 7
    lab.at(60, forget)
    quic_connect(lab, lab.other, 70, **hello(lab))


@scenario("twin")
def quic_lossy(lab):
    """A bad radio link: hellos and answers are lost and come again; all connections come about."""
    neighbours(lab, early=lab.pick(True, False))
    lab.path.loss = lab.pick(0.12, 0.2)
    for i, n in enumerate((lab.good, lab.bad, lab.other, lab.bad)):
        quic_connect(lab, n, 0.3 + 6 * i, pto=lab.pick(1000000, 300000), deadline=20)


@scenario("twin")
def quic_client_gone(lab):
    """Seen from the server: hellos of clients that vanish, as scanners and lost races do."""
    lab.tap.place = "server"
    neighbours(lab)
    quic_connect(lab, lab.good, 0.3)
    for i, n in enumerate((lab.bad, lab.good, lab.bad)):
        quic_connect(lab, n, 4 + 5 * i, quits=0.002, tries=1)
    quic_connect(lab, lab.good, 24)


@scenario("twin")
def quic_client_gone_doubled(lab):
    """The same, at a port that repeats each frame: many packets, and still nobody ever spoke."""
    lab.tap.doubled = lab.pick(26, 40, 55)
    quic_client_gone(lab)


@scenario("twin")
def quic_server_down(lab):
    """A server loses its power: what it served before vanishes, and all its other names as well."""
    h = neighbours(lab)
    quic_connect(lab, lab.good, 0.3, **hello(lab))
    quic_connect(lab, lab.bad, 3, **hello(lab))

    def down():
        h.dead = True
    lab.at(8, down)
    for i, n in enumerate(lab.pick((lab.good, lab.bad, lab.good), (lab.bad, lab.good),
                                   (lab.bad, lab.bad))):
        quic_connect(lab, n, 9 + 13 * i, **hello(lab))
        lab.https(n, 9.5 + 13 * i, deadline=10)
    quic_connect(lab, lab.other, 12, **hello(lab))
    quic_connect(lab, lab.other, 30, **hello(lab))


@scenario("twin", delay=(4.0, 700.0))
def quic_satellite(lab):
    """A path so long that the client begins again before the first answer can be there."""
    neighbours(lab)
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        quic_connect(lab, n, 0.3 + 7 * i, pto=lab.pick(300000, 1000000), deadline=20)


@scenario("twin")
def quic_version_refused(lab):
    """The server speaks no version of the client's and says which it does; the client falls back."""
    quic_server(lab, lab.bad, versions=(quic.DRAFT29,))
    quic_connect(lab, lab.bad, 0.3)
    lab.https(lab.bad, 0.8)
    quic_connect(lab, lab.bad, 5, version=quic.V2)


@scenario("twin")
def quic_doq(lab):
    """DNS over QUIC on its own port."""
    h = lab.host(lab.good)
    quic_server(lab, where=h, port=853, answer=1)
    for i in range(3):
        quic_connect(lab, lab.good, 0.3 + i, to=h, port=853, alpn=(b"doq",))
