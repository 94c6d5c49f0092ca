# SPDX-License-Identifier: GPL-3.0-or-later
"""Captures at the client, beside the middlebox and at the server, and their truth: which frames the
middlebox forged, which it swallowed, joined by what stays the same of a packet on its way."""
import collections
import copy
import json
import os
import subprocess
import time

from lab import truth
from lab.packets import RST, SYN, TCP, UDP
from lab.world import EPOCH

from . import frames
from .namespaces import inside

# What truth.py may not know yet of mechanisms that only this laboratory has.
truth.SILENT = tuple(sorted({*truth.SILENT, "freeze", "throttle"}))
for _word, _beside in (("freeze", ["drop"]), ("throttle", ["freeze"]),
                       ("protocol-stripping", [])):
    truth.ALSO.setdefault(_word, _beside)
OWN = ("100.64.", "fd64:")      # routers, from which proxies call
START = 5               # seconds that tcpdump may take to begin
SNAPLEN = 262144
# tap -> (the lab's place, which of the wire's ends the frames have passed)
PLACES = {"client": "left", "near": "left", "far": "right", "server": "right"}


class Tap:
    """What truth.Writer asks of a tap."""

    only = start = stop = None

    def __init__(self, place):
        self.place, self.records = place, []


def where(net):
    """tap -> (namespace, interface)"""
    side = net.chance.choice(("near", "far"))
    web = net.web or net.names.get(net.bad) or net.hosts[0]
    places = {"client": ("client", "eth0"), side: (None, {"near": "left", "far": "right"}[side]),
              "server": (web.name, "eth0")}
    places.update(net.tap_places)
    return places


def start(net):
    running = {}
    for tap, (name, interface) in where(net).items():
        words = net.tap_words.get(tap, {})
        path = os.path.join(net.folder, tap + ".pcap")
        argv = ["tcpdump", "-Z", "root", "-U", "-w", path, "-B", "8192", "-s",
                str(words.get("snaplen", SNAPLEN)), "-i", words.get("interface", interface)]
        argv += words.get("more", []) + ["tcp or udp or icmp or icmp6 or arp"]
        p = subprocess.Popen(inside(name, *argv), stderr=subprocess.PIPE, text=True)
        running[tap] = (p, path)
    for p, _ in running.values():
        begin = time.monotonic()
        while time.monotonic() < begin + START:
            line = p.stderr.readline()
            if "listening on" in line or not line:
                break
    net.taps = {tap: path for tap, (_, path) in running.items()}
    return running


def stop(running):
    for p, _ in running.values():
        p.terminate()
    for p, _ in running.values():
        p.communicate(timeout=10)


class View:
    """The lab as it looks from one tap; what truth.Writer works on."""

    def __init__(self, net, tap, path):
        self.name, self.net = net.name, net
        self.tap = Tap(tap)
        link, self.raw = frames.read(path)
        words = net.tap_words.get(tap, {})
        if words.get("change"):
            link, self.raw = words["change"](net, link, self.raw)
        self.link = link
        self.tap.only = words.get("only")
        if words.get("stop"):
            self.tap.stop = words["stop"]
        self.parsed = [frames.parse(data, link) for _, data, _ in self.raw]
        self.clients = {a for c in net.clients for a in (c.v4, c.v6)} | set(net.nat)
        self.flows = [dict(f, ambiguous=net.unsure, at=int((net.zero + f["at"]) * 1e6))
                      for f in net.flows]
        for number, (t, _, _) in enumerate(self.raw):
            p = self.parsed[number] or nothing()
            p.way = "up" if p.src in self.clients or p.src.startswith(OWN) else "down"
            p.event = None
            self.tap.records.append((t - EPOCH * 1000000, p, p.ttl, p.way == "down"))
        self.box = copy.copy(net.box)
        self.box.events = [copy.copy(e) for e in net.box.events]
        self.again = {id(o): n for o, n in zip(net.box.events, self.box.events)}
        self.match()
        self.strangers()

    def match(self):
        """Joins what the middlebox forged, and what set it off or was swallowed, with frames."""
        forged = collections.defaultdict(collections.deque)
        for t, p in self.net.path.sent[PLACES[self.tap.place]]:
            forged[frames.key(p)].append((t, p))
        marks = {k for k, v in forged.items() if any(p.event for _, p in v)}
        self.unseen = []
        for t, p, _, _ in self.tap.records:
            k = frames.key(p)
            if k in marks and forged[k]:
                sent = forged[k].popleft()[1]
                if sent.event:
                    p.event = self.again[id(sent.event)]
        for k in marks:
            self.unseen += [p for _, p in forged[k] if p.event]
        by_flow = collections.defaultdict(list)
        for t, p, _, _ in self.tap.records:
            by_flow[(p.src, p.sport, p.dst, p.dport)].append((t, p))
        times = {id(p): t for t, p in self.net.path.seen}
        for e in self.box.events:
            # What is swallowed is only seen on the side that it came from.
            came = "up" if PLACES[self.tap.place] == "left" else "down"
            e.dropped = [p.way == came and self.record(by_flow, times, p) or p for p in e.dropped]
            e.cause = e.cause and self.record(by_flow, times, e.cause)
        self.told()
        self.partly()

    def told(self):
        """What a proxy or a resolver says itself, as far as the client sees it."""
        acts = {e.flow: e for e in self.box.events if getattr(e, "told", False)}
        for _, p, _, _ in self.tap.records:
            if acts and p.proto in (TCP, UDP) and p.way == "down" and p.payload:
                e = acts.get(truth.packet_keys(p)[1])
                if e and self.tap.place == "client" and not p.event:
                    p.event = e
                    e.cause = e.cause or p

    def partly(self):
        """Of a forged page whose bytes are not in this capture, only the resets can be told."""
        shown = collections.defaultdict(list)
        for _, p, _, _ in self.tap.records:
            if p.event:
                shown[p.event].append(p)
        for e, packets in shown.items():
            if e.mechanism in ("block-page", "data-injection", "tls-alert-injection") and \
                    not any(p.payload for p in packets):
                e.accept = dict(e.accept, mechanism=[e.mechanism, "rst-injection"])

    @staticmethod
    def record(by_flow, times, p):
        """The frame that a packet was, before it came to the middlebox or after: the nearest in
        time that holds its first byte."""
        at, best = times.get(id(p)), None
        for t, r in by_flow.get((p.src, p.sport, p.dst, p.dport), ()):
            if p.proto == TCP:
                fits = r.seq <= p.seq < r.seq + max(r.size, 1) and bool(r.size) == bool(
                    p.size) and not (r.flags ^ p.flags) & (SYN | RST)
            else:
                fits = r.payload[:frames.PREFIX] == p.payload[:frames.PREFIX]
            if fits and at and (best is None or abs(t - at) < abs(best[0] - at)):
                best = (t, r)
        return best[1] if best else None

    def strangers(self):
        """Flows that no client was told to make: lookups of the C library, QUIC, scans."""
        known = {f["key"] for f in self.flows}
        for _, p, _, _ in self.tap.records:
            if p.proto not in (TCP, UDP):
                continue
            forth, back = truth.packet_keys(p)
            if forth in known or back in known:
                continue
            known.add(forth if p.way == "up" else back)
            self.flows.append({"key": forth if p.way == "up" else back, "names": [],
                               "app": Stranger, "event": None, "at": 0,
                               "ambiguous": self.net.unsure})


def nothing():
    """What no packet of interest is: a frame that only counts."""
    p = frames.Seen("", "", 0)
    p.raw, p.size = None, 0
    return p


class Stranger:
    """The program behind a flow that nobody watched."""

    result = None


def write(net, case, seed, folder):
    """The layout of labelled captures: interference/NAME-TAP.pcap and truth/."""
    for d in ("interference", "truth"):
        os.makedirs(os.path.join(folder, d), exist_ok=True)
    for tap, path in net.taps.items():
        view = View(net, tap, path)
        if not view.raw:
            continue
        name = "%s-%s-%s.pcap" % (case.name, seed, tap)
        frames.write(os.path.join(folder, "interference", name), view.link, view.raw,
                     net.tap_words.get(tap, {}).get("snaplen", SNAPLEN))
        document = truth.Writer(view).document("interference/" + name, "pcap")
        document.update({"set": "real-stacks", "class_wanted": case.group, "what": case.what,
                         "unseen": len(view.unseen)})
        with open(os.path.join(folder, "truth", "interference__%s.truth.json" % name), "w",
                  encoding="utf-8") as f:
            json.dump(document, f)
