# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that work and stop dead: after a budget of packets or bytes, and for other reasons."""
from . import scenario
from .. import payloads as say, talks
from ..limits import Foreign, Freeze
from .rates import bulk, download

SIZE = 160000
# One connection that stops is "possible" at best; several at one count are the proof.
ALONE = {"min_confidence": 0.3}


def places(lab, n, size=SIZE):
    """So many names, each at an address of its own."""
    names = ["host%d.example" % i for i in range(n)] if lab.chance is None else \
        ["%s%d.%s" % (lab.bad.split(".")[0], i, lab.bad.rsplit(".", 1)[-1]) for i in range(n)]
    for name in names:
        bulk(lab, name, size=size)
    return names


def listed(lab):
    """A server that the budget does not hold for."""
    return bulk(lab, lab.good, size=SIZE)


@scenario("interference", kind="pcap.gz")
def freeze_packets(lab):
    """After 25 packets each connection to a foreign address is dead; a listed address is not."""
    names = places(lab, 3)
    lab.rule(Freeze(Foreign([listed(lab).address]), packets=lab.pick(25, 22, 28, 24)))
    lab.until = 150
    download(lab, lab.good, 0.2, SIZE)
    for i, n in enumerate(names):
        download(lab, n, 2 + 17 * i, SIZE, deadline=12)
    download(lab, lab.good, 30, SIZE)


@scenario("interference", kind="pcap.gz")
def freeze_bytes(lab):
    """After 16 kB from the server each connection to a foreign address is dead."""
    names = places(lab, 4)
    lab.rule(Freeze(Foreign([listed(lab).address]), volume=lab.pick(16384, 14000, 18000, 20480)))
    lab.until = 160
    download(lab, lab.good, 0.2, SIZE)
    for i, n in enumerate(names):
        download(lab, n, 2 + 16 * i, SIZE, deadline=12)


@scenario("interference", kind="pcap.gz")
def freeze_at_server(lab):
    """Seen from the servers' network: they repeat what one client never confirms."""
    lab.tap.place = "server"
    names = places(lab, 3)
    lab.rule(Freeze(Foreign(), packets=lab.pick(25, 22, 28)))
    lab.until = 160
    for i, n in enumerate(names):
        download(lab, n, 0.2 + 16 * i, SIZE, deadline=12)


def babble(lab, at, peer, asked, more):
    """Datagrams that no protocol is known by: so many are asked for, and then some more, as a client
    does that is not answered."""
    def noise(low, high):
        return lab.rng.randbytes(lab.rng.randrange(low, high))

    sends = [(0.4 * i, noise(60, 200)) for i in range(asked)]
    sends += [(0.4 * asked + 1.3 * i, noise(60, 90)) for i in range(more)]
    return talks.datagrams(lab, at, peer, lab.pick(40000, 27015, 51000), sends,
                           answer=lambda payload: [noise(200, 900), noise(200, 900)])


@scenario("interference", kind="pcap.gz")
def freeze_datagrams(lab):
    """After 25 packets each exchange of datagrams with a foreign address is dead, however long one asks."""
    listed_one = lab.host()
    lab.rule(Freeze(Foreign([listed_one.address]), packets=lab.pick(25, 22, 28)))
    lab.until = 120
    babble(lab, 0.3, listed_one, 60, 0)
    for i, more in enumerate((9, 14, 22)):
        babble(lab, 2 + 20 * i, lab.host(), 12, more)
    babble(lab, 50, listed_one, 60, 0)


# --- twins ---

@scenario("twin", kind="pcap.gz")
def stall_datagrams(lab):
    """Peers of datagrams go away in the middle, at no count in particular."""
    lab.until = 140
    for i in range(3):
        peer = lab.host()
        dies_after(peer, int(lab.between(21 + 34 * i, 16, 160)))
        babble(lab, 0.3 + 20 * i, peer, 70, 12)


@scenario("twin", kind="pcap.gz")
def stall_quota(lab):
    """Servers of one kind answer each client so many datagrams and no more."""
    quota = lab.pick(300, 200, 160, 500)
    lab.until = 200
    for i in range(3):
        peer = lab.host()
        dies_after(peer, quota + i % 2)
        babble(lab, 0.3 + 30 * i, peer, quota // 2 + 4, 12)


@scenario("twin", kind="pcap.gz")
def stall_server(lab):
    """The server stops in the middle, but still confirms what the client says."""
    bulk(lab, lab.bad, size=0, steps=[("send", say.record(23, bytes(16000))[:9000]),
                                      ("wait", 60000000)])
    for at in (0.2, 18):
        download(lab, lab.bad, at, SIZE, deadline=12)


def dies_after(h, packets):
    """The host's power fails when it has sent so many packets."""
    left = [packets]

    def count(p):
        left[0] -= 1
        h.dead = left[0] <= 0
        return None if left[0] < 0 else p
    h.rewrite = count


@scenario("twin", kind="pcap.gz")
def stall_server_dies(lab):
    """Servers lose their power in the middle of downloads, at no count in particular."""
    lab.until = 150
    for i, n in enumerate(places(lab, 3, SIZE * 4)):
        dies_after(lab.names[n], int(lab.between(30 + 41 * i, 20, 400)))
        download(lab, n, 0.2 + 17 * i, SIZE * 4, deadline=12)


@scenario("twin", kind="pcap.gz")
def stall_client_leaves(lab):
    """Seen from the server: the client is put to sleep in the middle of two downloads."""
    lab.tap.place = "server"
    lab.until = 90
    bulk(lab, lab.bad, size=SIZE * 6)
    dies_after(lab.client, int(lab.between(90, 40, 200)))
    download(lab, lab.bad, 0.2, SIZE * 6)
    download(lab, lab.bad, 0.3, SIZE * 6)


@scenario("twin", kind="pcap.gz")
def stall_radio(lab):
    """A radio link is lost for some seconds, with all that goes over it, and comes back."""
    names = places(lab, 2, SIZE * 4)
    away = lab.between(7, 4, 14)
    lab.at(0.5, setattr, lab.path, "loss", 1.0)
    lab.at(0.5 + away, setattr, lab.path, "loss", 0.0)
    for i, n in enumerate(names):
        download(lab, n, 0.2 + 0.1 * i, SIZE * 4, deadline=80)


@scenario("twin", kind="pcap.gz")
def stall_large_packets(lab):
    """A path drops full segments and says nothing: the first large answer never comes."""
    h = bulk(lab, lab.bad, size=SIZE)
    h.rewrite = lambda p: None if len(p.payload) > 1400 else p
    lab.until = 100
    for at in (0.2, 20):
        download(lab, lab.bad, at, SIZE, deadline=14)


@scenario("twin", kind="pcap.gz")
def stall_capture_ends(lab):
    """The capture ends in the middle of downloads."""
    names = places(lab, 3, SIZE * 6)
    lab.tap.stop = lab.when(0.2) + int(lab.between(400000, 300000, 700000))
    for i, n in enumerate(names):
        download(lab, n, 0.2 + 0.05 * i, SIZE * 6)
