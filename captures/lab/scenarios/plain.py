# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing but ordinary traffic, in several wrappings."""
from . import scenario


def day(lab):
    for i, n in enumerate((lab.good, lab.bad, lab.other)):
        lab.server(n)
        lab.lookup(n, 0.2 + 3 * i)
        lab.https(n, 0.4 + 3 * i, large=bool(i % 2))
        lab.http(n, 1.9 + 3 * i)


@scenario("twin")
def plain_v4(lab):
    """An ordinary minute: lookups, TLS, HTTP."""
    day(lab)


@scenario("twin", v6=True, kind="pcapng")
def plain_v6(lab):
    """The same over IPv6."""
    day(lab)


@scenario("twin")
def plain_vlan(lab):
    """The same with an 802.1Q tag on each frame."""
    lab.vlan = 42
    day(lab)


@scenario("twin", client="windows", server="windows")
def plain_windows(lab):
    """Windows at both ends: one IP ID counter for all, no timestamps, TTL 128."""
    day(lab)


@scenario("twin", server="openbsd", client="macos")
def plain_random_ids(lab):
    """Random IP IDs from the server, none from the client."""
    day(lab)


@scenario("twin", kind="pcap.gz")
def plain_server_side(lab):
    """Seen from the server, compressed."""
    lab.tap.place = "server"
    lab.server(lab.good, tls=lambda app, c: lab.tls_answer(app, c, 6000))
    for i in range(4):
        lab.https(lab.good, 0.2 + i, large=bool(i & 1))


@scenario("twin")
def plain_middle(lab):
    """The capture begins in the middle of connections."""
    lab.tap.start = lab.when(0.5) + int(2.5 * (lab.near + lab.rest))
    lab.https(lab.good, 0.5)
    lab.https(lab.bad, 0.5)
    lab.http(lab.other, 0.5)
