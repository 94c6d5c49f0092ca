#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policing detector of Flach et al., An Internet-Wide Analysis of Traffic Policing, SIGCOMM
2016, as its authors released it: what the program's own is measured against.

flach.py CAPTURE...                     the chunks of each, and which it takes for policed
flach.py --corpus DIR [--every N] [--tool TOOL]

It looks at one direction of one connection, chunk by chunk: a chunk begins when the other side asks
again. With a corpus of captures whose chunks its authors judged it must judge each as they did, and
TOOL, which is counted beside it, must do better. Captures are plain pcap of Ethernet, or the same
compressed by gzip or zstd. Standard library only; the procedure is the authors', the code is not."""
import argparse
import bisect
import collections
import csv
import gzip
import json
import os
import shutil
import struct
import subprocess
import sys

# What the authors chose. Times are in microseconds, round trips in whole milliseconds as theirs,
# rates in bytes a second.
LOSSES, PASSED, SLICES = 15, 15, 3
FIRST_LOSS_MOST = 2e6                   # bytes of the chunk
EMPTY, NOT_EMPTY = 2.0, 0.75            # round trips' worth of tokens
EMPTY_OFF, NOT_EMPTY_OFF = 0.10, 0.03   # of the losses, of what passed
INFLATED, INFLATED_MOST, INFLATED_LEAST = 1.3, 0.2, 20
CUTOFFS = (0, 2)                        # losses left out at each end: its two sets of parameters

# Of the captures with loss theirs flags 26 of 29, 16 of 60, 1 of 21 and 0 of 3; ours must flag so many.
LEAST = {("policing", "1"): 28 / 29, ("policing", "2"): 42 / 60}
MOST = {("shaping", "1"): 1 / 21, ("random-loss", "1"): 0}
FIN, SYN, ACK = 1, 2, 16
HALF = 1 << 31
SKIPPED = 77                            # meson's word for a test that cannot run here


class Packet:
    """A packet as it went over the wire."""
    __slots__ = ("at", "index", "seq", "end", "again", "spurious", "delay", "acked_at")

    def __init__(self, at, index, seq, end):
        self.at, self.index, self.seq, self.end = at, index, seq, end
        self.again = None               # the packet that repeated it
        self.spurious = False           # needlessly, as the receiver said
        self.delay = self.acked_at = -1

    @property
    def lost(self):
        return self.again is not None and not self.spurious

    @property
    def length(self):
        return self.end - self.seq


class Side:
    """What one end sends, and what is confirmed of it. Numbers are unwrapped, from the first."""

    def __init__(self):
        self.base = None
        self.mss = -1
        self.next = self.acked = 0
        self.packets = []
        self.waiting = []
        self.at_seq = {}                # first byte -> the newest packet that begins there

    def offset(self, number):
        if self.base is None:
            self.base = number
            return 0
        off = (number - self.base) % (1 << 32)
        return off + ((self.next - off + HALF) >> 32 << 32)

    def send(self, at, index, seq, length):
        """Segments that the sender's network card is to cut are cut."""
        start = self.offset(seq)
        if not length:
            self.packets.append(Packet(at, index, start, start))
            return
        if self.mss < 0:
            self.mss = estimate(length)
        step = self.mss if self.mss > 0 else length
        for first in range(start, start + length, step):
            p = Packet(at, index, first, min(first + step, start + length))
            if p.end > self.next:
                self.next = p.end
            else:
                self.find_original(p)
            self.at_seq[p.seq] = p
            self.waiting.append(p)
            self.packets.append(p)

    def find_original(self, p):
        old = self.at_seq.get(p.seq)
        if old is None:
            old = next((o for o in reversed(self.packets) if o.seq <= p.seq < o.end), None)
        if old is not None:
            old.again = p

    def confirm(self, at, index, ack, sacks):
        number = self.offset(ack)
        blocks = [(self.offset(a), self.offset(b)) for a, b in sacks]
        if number > self.acked or blocks:
            self.acked = max(self.acked, number)
            left = []
            for p in self.waiting:
                if p.end <= self.acked or any(a <= p.seq and p.end <= b for a, b in blocks):
                    p.delay, p.acked_at = (at - p.at) // 1000, index
                else:
                    left.append(p)
            self.waiting = left
        for a, b in blocks:
            if a < number and b <= number:
                self.forgive(a, b)

    def forgive(self, a, b):
        """A block below the confirmed (RFC 2883) tells of what came twice."""
        for p in reversed(self.packets):
            if p.again is not None and p.seq <= a and b <= p.end:
                p.spurious = True
                return


def estimate(length):
    if length <= 500:
        return -1
    if length <= 1460:
        return length
    return next((length // k for k in range(2, 10) if length % k == 0 and length // k <= 1460), -1)


# --- reading ---

def frames(path):
    """(time in microseconds, bytes) of a capture."""
    if path.endswith(".zst"):
        data = subprocess.run(["zstd", "-dcq", path], check=True, stdout=subprocess.PIPE).stdout
    else:
        with (gzip.open if path.endswith(".gz") else open)(path, "rb") as f:
            data = f.read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    fine = data[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d")
    at = 24
    while at + 16 <= len(data):
        seconds, part, length = struct.unpack_from(order + "III", data, at)
        yield seconds * 1000000 + part // (1000 if fine else 1), data[at + 16:at + 16 + length]
        at += 16 + length


def options(raw):
    """MSS (less what timestamps take) and SACK blocks."""
    mss, stamps, sacks, i = -1, False, [], 0
    while i < len(raw) and raw[i]:
        if raw[i] == 1:
            i += 1
            continue
        if i + 1 >= len(raw) or raw[i + 1] < 2:
            break
        kind, body = raw[i], raw[i + 2:i + raw[i + 1]]
        if kind == 2 and len(body) == 2:
            mss = struct.unpack("!H", body)[0]
        elif kind == 8:
            stamps = True
        elif kind == 5 and len(body) % 8 == 0 and not sacks:
            sacks = [struct.unpack_from("!II", body, k) for k in range(0, len(body), 8)]
        i += raw[i + 1]
    return (mss - 12 if stamps and mss > 0 else mss), sacks


class Flow:
    def __init__(self, a, b):
        self.ends, self.sides = (a, b), (Side(), Side())
        self.chunks = []                # for each side: first packet, number that it began with
        self.asking, self.began = 0, None

    def hear(self, at, index, way, seq, ack, flags, length, raw):
        mss, sacks = options(raw)
        me, other = self.sides[way], self.sides[1 - way]
        if flags & SYN:
            me.mss = max(mss, me.mss)
            other.mss = max(mss, other.mss) if other.mss < 0 else other.mss
        start = [None, None]
        start[way] = me.offset(seq)
        if flags & ACK:
            start[1 - way] = other.offset(ack)
        self.began = self.began or start
        if length:
            self.turn(way, start)
        if length or self.chunks:
            me.send(at, index, seq, length)
        if flags & ACK:
            other.confirm(at, index, ack, sacks)

    def turn(self, way, start):
        """Data of the end that opened begin a chunk, unless they only go on."""
        if not self.chunks or (way == 0 and self.asking == 1):
            numbers = start if self.chunks else self.began
            self.chunks.append([(len(s.packets), n) for s, n in zip(self.sides, numbers)])
        self.asking = way

    def parts(self, way):
        """(number that the chunk begins with, packets) of each chunk."""
        packets = self.sides[way].packets
        ends = [c[way][0] for c in self.chunks[1:]] + [len(packets)]
        for chunk, end in zip(self.chunks, ends):
            part = packets[chunk[way][0]:end]
            if part:
                yield part[0].seq if chunk[way][1] is None else chunk[way][1], part


def flows(path):
    known = {}
    for index, (at, f) in enumerate(frames(path)):
        if len(f) < 54 or f[12:14] != b"\x08\x00" or f[23] != 6:
            continue
        head = 14 + (f[14] & 15) * 4
        total = struct.unpack_from("!H", f, 16)[0]
        sport, dport, seq, ack = struct.unpack_from("!HHII", f, head)
        size, flags = f[head + 12] >> 4 << 2, f[head + 13]
        a, b = (f[26:30], sport), (f[30:34], dport)
        flow = known.get((a, b)) or known.get((b, a))
        if flow is None:
            flow = known[a, b] = Flow(a, b)
        flow.hear(at, index, 0 if flow.ends[0] == a else 1, seq, ack, flags,
                  total - (head - 14) - size, f[head + 20:head + size])
    return list(known.values())


# --- the detector ---

def quantile(ordered, share):
    """Between the two nearest, as numpy does."""
    at = (len(ordered) - 1) * share
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def median(values):
    return quantile(sorted(values), 0.5)


def goodput(packets, first, last):
    took = packets[last].at - packets[first].at
    passed = sum(p.length for p in packets[first:last] if not p.lost)
    return passed * 1e6 / took if took else 0.0


class Trips:
    """Round trips so far, and whether the last ones were inflated by a queue."""

    def __init__(self):
        self.ordered, self.all, self.ignore = [], [], -1

    def add(self, p):
        if p.again is not None:         # what waits for it says nothing of the path
            self.ignore = max(self.ignore, p.acked_at)
        elif p.delay >= 0 and p.index > self.ignore:
            self.all.append(p.delay)
            bisect.insort(self.ordered, p.delay)

    def inflated(self):
        if len(self.all) < 2:
            return False
        last = self.all[-2]
        return last >= quantile(self.ordered, 0.5) and last >= INFLATED_LEAST and \
            last > INFLATED * quantile(self.ordered, 0.1)


def simulate(packets, first, rate, rtt):
    """Tokens of an empty bucket at each loss and each passage, slices with loss, inflated ones."""
    used, inflated, slices = 0, 0, 1
    start = packets[first].at
    slice_end = start + rtt
    on_loss, on_pass, trips = [], [], Trips()
    for i, p in enumerate(packets):
        trips.add(p)
        if i < first:
            continue
        tokens = rate * (p.at - start) / 1e6 - used
        if p.lost:
            on_loss.append(tokens)
            inflated += trips.inflated()
            if p.at > slice_end:
                slice_end = p.at + rtt
                slices += 1
        else:
            on_pass.append(tokens)
            used += p.length
    return on_loss, on_pass, slices, inflated


def verdict(base, packets, cutoff):
    """"policed", or why not."""
    lost = [i for i, p in enumerate(packets) if p.lost]
    if len(lost) <= cutoff:
        return "too few losses"
    first = lost[cutoff]
    last = lost[-1 - cutoff] if len(lost) > 2 * cutoff + 1 else None
    if last is None or last <= first:
        return "too few losses"
    number = packets[first].seq - base + 1
    if number > FIRST_LOSS_MOST:
        return "late loss"
    rate = goodput(packets, first, last)
    trips = [p.delay for p in packets if p.again is None and p.delay >= 0]
    if not trips:
        return "too few losses"
    rtt = median(trips) * 1000
    if number - rate * (packets[first].at - packets[0].at) / 1e6 < \
            -NOT_EMPTY * rtt * rate / 1e6:
        return "negative fill"
    on_loss, on_pass, slices, inflated = simulate(packets, first, rate, rtt)
    if slices < SLICES or len(on_loss) < LOSSES or len(on_pass) < PASSED:
        return "too few losses"
    middle = median(on_loss)
    if sum(on_loss) / len(on_loss) >= sum(on_pass) / len(on_pass) or middle >= median(on_pass):
        return "fuller at losses"
    if sum(abs(t - middle) > EMPTY * rtt * rate / 1e6 for t in on_loss) > EMPTY_OFF * len(on_loss):
        return "not empty at losses"
    if sum(t - middle < -NOT_EMPTY * rtt * rate / 1e6 for t in on_pass) > \
            NOT_EMPTY_OFF * len(on_pass):
        return "empty at passages"
    if inflated > INFLATED_MOST * len(on_loss):
        return "inflated delay"
    return "policed"


def verdicts(path):
    """(ports, way, chunk, packets, losses, one verdict for each cutoff) of all that was carried."""
    for flow in flows(path):
        for way in (0, 1):
            for k, (base, chunk) in enumerate(flow.parts(way)):
                lost = sum(p.lost for p in chunk)
                if lost:
                    yield ((flow.ends[way][1], flow.ends[1 - way][1]), way, k, len(chunk), lost,
                           [verdict(base, chunk, c) for c in CUTOFFS])


# --- the corpus ---

def said(tool, path, port):
    out = subprocess.run([tool, "analyze", "--format", "json", path], check=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return any(f["mechanism"] == "throttle" and f["confidence"] >= 0.6 and port in
               (f["flow"]["client"]["port"], f["flow"]["server"]["port"])
               for f in json.loads(out)["findings"])


def rows_of(folder, every):
    """(row, capture) of what was lossy and judged by the authors."""
    with open(os.path.join(folder, "truth", "policing.tsv"), encoding="utf-8", newline="") as f:
        rows = [r for r in csv.DictReader(f, delimiter="\t") if int(r["lossy_chunks"])]
    for row in rows[::every]:
        path = os.path.join(folder, "policing", row["file"])
        yield row, path if os.path.exists(path) else path + ".zst"


def corpus(folder, tool, every):
    if not os.path.exists(os.path.join(folder, "truth", "policing.tsv")):
        print("no captures in %s: skipped" % folder)
        return SKIPPED
    if not shutil.which("zstd"):
        print("no zstd: skipped")
        return SKIPPED
    count, bad = collections.defaultdict(collections.Counter), 0
    for row, path in rows_of(folder, every):
        port, theirs = int(row["client_port"]), int(row["flagged_chunks"])
        mine = [v for v in verdicts(path) if port in v[0]]
        flagged = sum(v[5][0] == "policed" for v in mine)
        c = count[row["kind"], row["flows"]]
        c["lossy"] += 1
        c["flagged"] += flagged > 0
        c["tool"] += bool(tool) and said(tool, path, port)
        if flagged != theirs:
            bad += 1
            print("%s: %d chunks are flagged, its authors flagged %d: %s" % (
                row["file"], flagged, theirs, [v[3:] for v in mine]))
    for key, c in sorted(count.items()):
        print("%s, %s at a time: of %d with loss the published detector flags %d%s" % (
            key + (c["lossy"], c["flagged"], ", this program %d" % c["tool"] if tool else "")))
        if tool and not LEAST.get(key, 0) <= c["tool"] / c["lossy"] <= MOST.get(key, 1):
            bad += 1
            print("that is not what was asked for")
    return 1 if bad else 0


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    ap.add_argument("captures", nargs="*")
    ap.add_argument("--corpus", metavar="DIR")
    ap.add_argument("--tool")
    ap.add_argument("--every", type=int, default=1, help="take each N-th capture")
    a = ap.parse_args()
    if a.corpus:
        if not os.path.isdir(a.corpus):
            a.corpus = os.environ.get("TAMPERSCOPE_CORPUS", a.corpus)
        sys.exit(corpus(a.corpus, a.tool, a.every))
    for path in a.captures:
        for ports, _, chunk, n, lost, told in verdicts(path):
            print("%s: %d to %d, chunk %d: %d packets, %d lost: %s" % (
                path, ports[0], ports[1], chunk + 1, n, lost, " / ".join(told)))


if __name__ == "__main__":
    main()
