# SPDX-License-Identifier: GPL-3.0-or-later
"""How captures are odd, while nothing is wrong: cooked, cut, one-way, doubled, lossy, superframes."""
import random
import struct

from . import case
from .. import frames
from .plain import a_minute


def everywhere(net, **words):
    for tap in ("client", "near", "far", "server"):
        net.tap_words[tap] = dict(words)


def tag(net):
    vlan = struct.pack("!HH", 0x8100, net.rng.randrange(2, 4000))
    return lambda net, link, records: (link, [(t, d[:12] + vlan + d[12:], n + 4)
                                              for t, d, n in records])


def pad(net, link, records):
    """What comes in over a real wire has 60 bytes at least (IEEE 802.3, 3.2.7)."""
    return link, [(t, d + bytes(max(60 - n, 0)) if n == len(d) else d, max(n, 60))
                  for t, d, n in records]


def decorate(net):
    """An odd capture of any story."""
    how = net.rng.choice(("cooked", "tagged", "padded", "superframes", "short"))
    if how == "cooked":
        net.tap_words["client"] = net.tap_words["server"] = {"interface": "any"}
    elif how == "tagged":
        everywhere(net, change=tag(net))
    elif how == "padded":
        everywhere(net, change=pad)
    elif how == "short":
        everywhere(net, snaplen=net.pick(1600, 300))
    net.superframes = how == "superframes"


@case("twin")
def padded(net):
    """Short frames are padded to 60 bytes."""
    a_minute(net)
    everywhere(net, change=pad)


@case("twin")
def cooked(net):
    """tcpdump -i any: cooked frames without addresses of the link."""
    a_minute(net)
    net.tap_words["client"] = net.tap_words["server"] = {"interface": "any"}


@case("twin")
def cut_short(net):
    """A short snaplen: headers, and little of the rest."""
    a_minute(net)
    everywhere(net, snaplen=net.pick(96, 68, 128, 200))


@case("twin")
def one_way(net):
    """Only one direction is in the capture: nothing can be concluded."""
    a_minute(net)
    way = net.pick("up", "down")
    net.tap_words["client"] = {"only": way, "more": ["-Q", "out" if way == "up" else "in"]}
    net.tap_words["server"] = {"only": way, "more": ["-Q", "in" if way == "up" else "out"]}


@case("twin")
def late_start(net):
    """The capture begins in the middle of connections, and ends in the middle of others."""
    a_minute(net)

    def middle(net, link, records):
        return link, records[len(records) * 2 // 5:-len(records) // 5]
    everywhere(net, change=middle)
    for words in net.tap_words.values():
        words["stop"] = 1


@case("twin")
def seen_twice(net):
    """A router's own capture on all interfaces shows each packet twice, a hop apart."""
    a_minute(net)
    net.tap_places["client"] = ("near0", "any")


@case("twin")
def tagged(net):
    """A mirror port adds a VLAN tag."""
    a_minute(net)
    everywhere(net, change=tag(net))


@case("twin")
def mirrored_twice(net):
    """A mirror port sees every frame come and go: twice within microseconds."""
    a_minute(net)

    def double(net, link, records):
        return link, sorted(records + [(t + net.chance.randrange(1, 60), d, n)
                                       for t, d, n in records], key=lambda r: r[0])
    everywhere(net, change=double)


@case("twin")
def raw_packets(net):
    """A capture without link headers, as of a tunnel."""
    a_minute(net)

    def strip(net, link, records):
        keep = [r for r in records if r[1][12:14] in (b"\x08\x00", b"\x86\xdd")]
        return frames.RAW, [(t, d[14:], n - 14) for t, d, n in keep]
    everywhere(net, change=strip)


@case("twin")
def capture_drops(net):
    """The capturing machine was too slow: it lost some frames, alone and in rows."""
    a_minute(net, 10)
    chance = random.Random(net.chance.random())

    def lose(net, link, records):
        out, gap = [], 0
        for r in records:
            gap = gap - 1 if gap else chance.randrange(1, 12) if chance.random() < 0.01 else 0
            if not gap and chance.random() > 0.01:
                out.append(r)
        return link, out
    everywhere(net, change=lose)


@case("twin")
def superframes(net):
    """Segmentation and checksums are left to the hardware: frames of many kilobytes."""
    a_minute(net, 8)
    net.https(net.good, 8, size=400000)
    net.superframes = True


@case("twin")
def swapped(net):
    """Two queues of a network card: frames of a few microseconds change places."""
    a_minute(net)

    def swap(net, link, records):
        times = [r[0] for r in records]
        order = sorted(range(len(records)),
                       key=lambda i: times[i] + net.chance.randrange(0, 300))
        return link, [(t, *records[i][1:]) for t, i in zip(times, order)]
    everywhere(net, change=swap)
