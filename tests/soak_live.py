#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watches for long, under floods, and shows what that costs; not part of the tests.

soak_live.py TOOL CAPTURES [--minutes N]

In a network namespace of its own: floods of SYN from everywhere, scans, datagrams that mean nothing,
and in between captures with interference, replayed with other ports each time. A table of the
process's memory and descriptors over time; at the end each capture once more: is it still told what was
done there? Ends with status 1 if not, or if memory or descriptors have grown since half time."""
import argparse
import json
import os
import random
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from check_evidence import frames_of  # noqa: E402
from check_live import NO_TRACING, cannot  # noqa: E402
from check_live_robust import Place, checksum, datagram, moved, opened, until, whole  # noqa: E402

SHOWN = ("iran-reset.pcap", "fin-forged.pcap", "data-race.pcap", "alert-forged.pcap",
         "dns-forged-second.pcap", "drop-hello-up.pcap")
SAMPLES = 30
# What malloc() keeps between, and what a look that is on its way makes the process copy.
ALLOWED = 1.10


def segment(source, destination, sport, dport, flags, seq, ack):
    ip = bytearray(struct.pack(">BBHHHBBHII", 0x45, 0, 40, sport ^ seq & 0xffff, 0x4000, 57, 6, 0,
                               source, destination))
    ip[10:12] = checksum(bytes(ip)).to_bytes(2, "big")
    tcp = bytearray(struct.pack(">HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 64240, 0, 0))
    tcp[16:18] = checksum(bytes(ip[12:20]) + struct.pack(">HH", 6, 20) + bytes(tcp)).to_bytes(2, "big")
    return bytes(12) + b"\x08\x00" + bytes(ip) + bytes(tcp)


def churn(captures, seconds):
    """Runs inside the namespace: one after the other, until the time is over."""
    s = opened()
    all_frames = [frames_of(os.path.join(captures, name)) for name in SHOWN]
    end, i = time.time() + seconds, 0
    lot = random.Random(7)

    def port():
        return lot.randrange(1024, 65536)

    while time.time() < end:
        for _ in range(2000):       # SYN from everywhere
            s.send(segment(lot.getrandbits(32) | 1 << 27, 0x5db8d822, port(), 443, 2,
                           lot.getrandbits(32), 0))
        for n in range(1000):       # a scan, which is answered
            dport = (i * 1000 + n) % 65536
            s.send(segment(0x0a000001, 0xcb007105, 40000, dport, 2, 1, 0))
            s.send(segment(0xcb007105, 0x0a000001, dport, 40000, 0x14, 0, 2))
        for _ in range(1000):       # one packet each
            s.send(datagram(lot.getrandbits(32) | 1 << 27, lot.getrandbits(32) | 1 << 27, port(),
                            port(), lot.randbytes(64)))
        last = None
        for f in all_frames[i % len(all_frames)]:
            if last is not None:
                time.sleep(min(max((f[0] - last) / 1e9, 0), 0.02))
            last = f[0]
            s.send(moved(f[1], 97 * i))
        i += 1


def sample(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        resident = [line for line in f if line.startswith("VmRSS")][0]
    return int(resident.split()[1]) / 1024, len(os.listdir("/proc/%d/fd" % pid))


def again(place, captures):
    """Each capture as it is, once more; returns those of which the mechanism was not told."""
    wrong = []
    for name in SHOWN:
        with open(os.path.join(captures, name.rsplit(".", 1)[0] + ".json"), encoding="utf-8") as f:
            wanted = {f["mechanism"] for f in json.load(f)["findings"]}
        before = len(place.lines)
        place.capture = os.path.join(captures, name)
        place.replay(31000)
        try:
            until(name, lambda b=before, w=wanted: w <= {
                f["mechanism"] for f in place.findings()[b:] if f["type"] == "finding"}, 60)
        except Exception as e:      # pylint: disable=broad-except
            wrong.append("%s: %s" % (name, e))
    return wrong


def soak(place, captures, minutes):
    evidence = place.make("evidence")
    p = place.live("--evidence-dir", evidence, "--max-disk", "16")
    began, samples = time.time(), []
    sender = place.namespace.start(sys.executable, os.path.abspath(__file__), "--churn", captures,
                                   str(minutes * 60))
    print("%8s %10s %12s %10s %10s" % ("seconds", "memory MB", "descriptors", "findings", "told"))
    while sender.poll() is None:
        time.sleep(minutes * 60 / SAMPLES)
        samples.append(sample(p.pid))
        found = place.findings()
        print("%8.0f %10.1f %12d %10d %10d" % (
            time.time() - began, *samples[-1],
            len([f for f in found if f["type"] == "finding" and "revises" not in f]), len(found)),
            flush=True)
    wrong = again(place, captures)
    status = place.end(p, 60)
    if status:
        wrong.append("exit status %d" % status)
    half = max(m for m, _ in samples[len(samples) // 3:len(samples) * 2 // 3])
    if samples[-1][0] > half * ALLOWED:
        wrong.append("memory has grown: %.1f MB, and %.1f MB before" % (samples[-1][0], half))
    if samples[-1][1] > samples[0][1] + 1:      # a look has a pipe
        wrong.append("descriptors have grown")
    print("%d files of evidence are whole; last words: %s" % (whole(evidence),
                                                              place.errors[-1].strip()))
    return wrong


def main():
    if sys.argv[1] == "--churn":
        churn(sys.argv[2], float(sys.argv[3]))
        return 0
    args = argparse.ArgumentParser()
    args.add_argument("tool")
    args.add_argument("captures")
    args.add_argument("--minutes", type=float, default=30)
    args = args.parse_args()
    why = cannot()
    if why:
        print("skipped: %s" % why)
        return 77
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        captures = os.path.abspath(args.captures)
        place = Place(os.path.abspath(args.tool), captures, folder, "soak")
        try:
            wrong = soak(place, captures, args.minutes)
        finally:
            place.close()
    for w in wrong:
        print(w)
    return len(wrong) > 0


if __name__ == "__main__":
    sys.exit(main())
