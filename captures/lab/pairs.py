# SPDX-License-Identifier: GPL-3.0-or-later
"""Both ends of the same traffic: two captures of one run, and which packets were forged, swallowed
or lost in between, known by the packets themselves and by nothing that is in their bytes.

A pair may see the path through a NAT, by clocks that disagree, through cards that join segments,
and with captures that miss frames."""
import random

from . import files
from .packets import ACK, ICMP, ICMP6, MASK, PSH, SYN, TCP, UDP, frame_bytes, is_v6
from .path import Tap
from .world import EPOCH

NEAR, FAR = "client", "server"


class Everywhere(str):
    """A place that is the client's and the servers'."""

    def __eq__(self, other):
        return other in (NEAR, FAR)

    def __ne__(self, other):
        return not self == other

    __hash__ = str.__hash__


class PairTap(Tap):
    """Records at both ends, whatever place a story asks for."""

    def __init__(self):
        super().__init__(Everywhere("both"))

    def __setattr__(self, name, value):
        if name != "place" or isinstance(value, Everywhere):
            super().__setattr__(name, value)

    def see(self, now, p, ttl, inbound):
        self.records.append((now, p, ttl, inbound))


class Box:
    """Stands before a middlebox and remembers what it kept."""

    def __init__(self, lab):
        self.swallowed, self.pass_on = set(), lab.box.pass_on
        lab.box.pass_on = self.watch
        self.kept = []              # so that no number is given to another packet

    def watch(self, p, ttl=None):
        q = self.pass_on(p) if ttl is None else self.pass_on(p, ttl)
        if q is None:
            self.swallowed.add(id(p))
            self.kept.append(p)
        return q


class How:
    """How the two ends see it."""

    def __init__(self, **more):
        self.nat = self.clamp = None        # the client's other address; a segment size
        self.offset, self.drift = 0, 0.0    # of the far clock: microseconds, a fraction
        self.joins = ()                     # ends whose card joins segments
        self.misses = 0.0                   # the share of frames that each capture misses
        self.snaplen = None
        self.proxy = False                  # who speaks to each end in the other's name
        self.kind = "pcap"
        self.__dict__.update(more)


def end_of(p, inbound):
    return NEAR if (p.way == "up") == (not inbound) else FAR


def translated(p, how, ports):
    """What the far end sees of a packet whose client sits behind a NAT."""
    if not how.nat or is_v6(p.src):
        return p
    up = p.way == "up"
    inside = (p.src, p.sport) if up else (p.dst, p.dport)
    port = ports.setdefault(inside, 20000 + 7 * len(ports)) if inside[1] else 0
    return p.copy(src=how.nat, sport=port) if up else p.copy(dst=how.nat, dport=port)


def respoken(p, how):
    """What a proxy says in the sender's name: the same bytes with numbers of its own."""
    if not how.proxy or p.proto != TCP:
        return p
    shift = {"up": 0x12345678, "down": 0x23456789}
    options = p.options
    at = options.find(b"\x08\x0a")
    if at >= 0:
        options = options[:at + 2] + bytes(255 - b for b in options[at + 2:at + 10]) + \
            options[at + 10:]
    return p.copy(seq=p.seq + shift[p.way] & MASK, options=options, ip_id=p.ip_id * 7 + 1 & 0xffff,
                  ack=p.ack + shift["down" if p.way == "up" else "up"] & MASK if p.flags & ACK
                  else 0, window=p.window // 2)


def clamped(p, how):
    if not how.clamp or p.proto != TCP or not p.flags & SYN or p.options[:2] != b"\2\4":
        return p
    size = min(how.clamp, int.from_bytes(p.options[2:4], "big"))
    return p.copy(options=p.options[:2] + size.to_bytes(2, "big") + p.options[4:])


def follows(a, b):
    """Would a card join b to a? Same flow, in order, data and nothing special (Linux, GRO)."""
    return a.proto == b.proto == TCP and (a.src, a.dst, a.sport, a.dport) == (
        b.src, b.dst, b.sport, b.dport) and a.payload and b.payload and not (
        (a.flags | b.flags) & ~(ACK | PSH)) and not a.flags & PSH and \
        b.seq == a.seq + len(a.payload) and a.ack == b.ack and a.options == b.options and \
        len(a.payload) + len(b.payload) <= 60000


def joined(records):
    """Segments that come together become one frame. records: [time, packet, ttl, inbound, ids]"""
    out = []
    for r in records:
        last = out[-1] if out else None
        if last and r[0] - last[0] < 700 and last[2:4] == r[2:4] and follows(last[1], r[1]):
            flags = last[1].flags | r[1].flags
            last[1] = last[1].copy(payload=last[1].payload + r[1].payload, flags=flags)
            last[4] += r[4]
        else:
            out.append(list(r))
    return out


def one_end(lab, end, how, rng, vlan):
    """(capture's bytes, packet's number -> frame) of one end."""
    ports, rows = {}, []
    for now, p, ttl, inbound in sorted(lab.tap.records, key=lambda r: r[0]):
        far = translated(clamped(p, how) if inbound else p, how, ports)
        if end_of(p, inbound) != end:
            continue
        if end == FAR:
            far = respoken(far, how)
            now = now * (1 + how.drift) + how.offset
        else:
            far = clamped(p, how) if inbound else p
        rows.append([int(now), far, ttl, inbound, [id(p)]])
    if end in how.joins:
        rows = joined(rows)
    rows = [r for r in rows if not how.misses or rng.random() >= how.misses]
    frames = [(EPOCH * 1000000 + t, frame_bytes(p, ttl, inbound, vlan))
              for t, p, ttl, inbound, _ in rows]
    numbers = {}
    for i, r in enumerate(rows):
        for n in r[4]:
            numbers[n] = i + 1
    return files.encode(frames, how.kind, how.snaplen), numbers


def truth(lab, box, numbers, sent, received):
    """Frames by what became of their packets. Sent at one end: swallowed or lost; received at one
    and sent at none: forged. A packet that a capture missed has no frame there."""
    out = {"forged": {NEAR: [], FAR: []}, "swallowed": {NEAR: [], FAR: []},
           "lost": {NEAR: [], FAR: []}}
    for n, (end, p) in received.items():
        if n not in sent and p.proto in (TCP, UDP) and n in numbers[end]:
            out["forged"][end].append(numbers[end][n])
    for n, (end, p) in sent.items():
        if n in received or n not in numbers[end] or p.proto in (ICMP, ICMP6):
            continue
        kind = "swallowed" if n in box.swallowed else "lost"
        out[kind][end].append(numbers[end][n])
    for kind in out.values():
        for end in kind:
            kind[end] = sorted(set(kind[end]))
    return out


def record(lab, function):
    """Runs a story with both taps open."""
    lab.tap = lab.path.tap = PairTap()
    box = Box(lab)
    function(lab)
    for at in (0.02, lab.until - 2):    # both captures run all the while
        lab.http("heartbeat.example", at, sport=61000 + int(at))
    lab.run()
    return box


def written(lab, box, how, rng):
    """{end: bytes}, truth"""
    sent, received = {}, {}
    for _, p, _, inbound in lab.tap.records:
        (received if inbound else sent)[id(p)] = (end_of(p, inbound), p)
    data, numbers = {}, {}
    for end in (NEAR, FAR):
        data[end], numbers[end] = one_end(lab, end, how, rng, lab.vlan)
    t = truth(lab, box, numbers, sent, received)
    t["clock"] = {"offset_seconds": how.offset / 1e6, "drift_ppm": how.drift * 1e6}
    t["mechanisms"] = sorted({e.mechanism for e in box_events(lab)})
    return data, t


def box_events(lab):
    return lab.box.events


def random_how(rng):
    """How a random pair is seen."""
    how = How()
    if rng.random() < 0.5:
        how.nat = "203.0.113.%d" % rng.randrange(1, 250)
    if rng.random() < 0.3:
        how.clamp = rng.choice((1360, 1400, 1412))
    if rng.random() < 0.7:
        how.offset = rng.choice((-1, 1)) * int(10 ** rng.uniform(2, 10))
        how.drift = rng.uniform(-100e-6, 100e-6)
    how.snaplen = rng.choice((None, None, None, 96, 128))
    how.kind = rng.choice(("pcap", "pcapng"))
    how.joins = rng.choice(((), (), (FAR,), (NEAR,), (NEAR, FAR)))
    return how


# --- the pairs that lie in captures/pairs ---

def talk(lab):
    """Names looked up and pages fetched, and nothing is wrong."""
    for n in (lab.good, lab.other):
        lab.server(n)
    for i in range(4):
        lab.lookup(lab.good, 0.2 + 2 * i)
        lab.https(lab.good, 0.5 + 2 * i, large=i % 2 == 1)
        lab.http(lab.other, 1.1 + 2 * i)
    lab.until = 14


def lossy_talk(lab):
    """The same, and one packet in fifty is lost by chance."""
    talk(lab)
    lab.path.loss = 0.02


def large_talk(lab):
    """Downloads, which cards cut and join."""
    from .scenarios import rates
    rates.bulk(lab, lab.good, size=90000)
    rates.download(lab, lab.good, 0.2, 90000)
    lab.http(lab.other, 3)
    lab.until = 10


SMALL = {"snaplen": 120, "kind": "pcap.gz"}
FAR_AWAY = {"nat": "203.0.113.77", "offset": -3723456789, "drift": 42e-6}

# name: (story, how it is seen)
PAIRS = {
    "rst-to-client": ("rst-low-ttl", {}),
    "rst-both": ("rst-both-on-path", {}),
    "rst-same-ttl": ("rst-same-ttl", {}),
    "rst-nat-clock": ("rst-low-ttl", FAR_AWAY),
    "data-injection": ("data-race", {"kind": "pcapng"}),
    "dns-injection": ("dns-forged-first", {}),
    "dns-swallowed": ("dns-forged-only", {}),
    "drop-hello": ("drop-hello-up", {}),
    "drop-later": ("drop-later", FAR_AWAY),
    "freeze": ("freeze-packets", SMALL),
    "throttle": ("throttle-name", SMALL),
    "quic-drop": ("quic-sni-drop", {}),
    "clean-loss": (lossy_talk, {}),
    "clean-clamp-nat": (talk, {"clamp": 1360, "nat": "203.0.113.78"}),
    "clean-superframes": (large_talk, {"joins": (FAR, NEAR), "kind": "pcap.gz"}),
    "clean-one-segment": (large_talk, {"joins": (FAR,), "snaplen": 120, "kind": "pcap.gz"}),
    "clean-missed": (talk, {"misses": 0.03}),
    "clean-proxy": (talk, {"proxy": True}),
}


def made(name, known, laboratory):
    """One of them: its files by end, their bytes, truth. laboratory: of a name and options."""
    story, more = PAIRS[name]
    s = known.get(story)
    lab = laboratory("pair " + name, **(s.options if s else {}))
    box = record(lab, s.function if s else story)
    data, t = written(lab, box, How(**more), random.Random(name))
    t["what"] = (s.what if s else story.__doc__).strip()
    return {end: "%s.%s.%s" % (name, end, more.get("kind", "pcap")) for end in data}, data, t
