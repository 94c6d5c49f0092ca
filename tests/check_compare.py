#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both ends: random pairs of captures of one laboratory run each, whose truth is known packet by
packet, held against what `tamperscope compare` says of them.

check_compare.py TOOL ROOT [--pairs N] [--seeds N] [--verbose]

Without loss in the captures every forged packet is named, and every swallowed one. With captures
that miss one frame in a hundred, each at its own, nobody is accused who did nothing.
"""
import argparse
import collections
import json
import os
import random
import subprocess
import sys
import tempfile

ENDS = ("client", "server")
# Stories of much traffic, which take long to tell; and an answer from an address that was not asked,
# which is nobody's flow at the other end.
LEFT_OUT = ("throttle-", "slow-", "freeze-", "stall-", "moscow-evening", "telegram-subnet-loss",
            "dns-stranger", "icmp-", "traceroute", "line-", "download", "bulk", "evening")
# Twins in which packets do vanish by somebody's rule, if an innocent one: a network without UDP, a
# path that large packets do not fit.
TRUE_SILENCE = ("quic-no-udp", "quic-black-hole", "pmtu-black-hole", "nat-forgets", "nat-refuses",
                "quic-nat-forgets")


def laboratory(root):
    sys.path.insert(0, os.path.join(root, "captures"))
    from lab import labelled, pairs, scenarios          # pylint: disable=import-outside-toplevel
    known = {n: s for n, s in scenarios.load().items() if not n.startswith(LEFT_OUT)}
    return labelled, pairs, known


class Pair:
    """One random pair, and what the tool says of it."""

    def __init__(self, labs, number, seed, misses):
        labelled, pairs, known = labs
        rng = random.Random("compare %s %d" % (seed, number))
        self.story = known[rng.choice(sorted(known))]
        lab = labelled.laboratory(self.story, rng)
        box = pairs.record(lab, self.story.function)
        how = pairs.random_how(rng)
        how.misses = misses
        self.data, self.truth = pairs.written(lab, box, how, rng)

    def compare(self, tool, folder):
        files = {}
        for end in ENDS:
            files[end] = os.path.join(folder, end)
            with open(files[end], "wb") as f:
                f.write(self.data[end])
        done = subprocess.run([tool, "compare", "--format", "json", "--client", files["client"],
                               "--server", files["server"]], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120, check=False)
        if done.returncode or done.stderr:
            raise RuntimeError("%s: status %d: %s" % (self.story.name, done.returncode,
                                                      done.stderr.decode()))
        return json.loads(done.stdout)


def packets(document, kind, fates):
    """{(end, frame)} of packets that are in one capture only, by their fate."""
    return {(ENDS[p["capture"]], p["frame"]) for f in document["flows"] for p in f[kind]
            if not fates or p["fate"] in fates}


def known_packets(truth, kind):
    return {(end, frame) for end in ENDS for frame in truth[kind][end]}


def fair(finding, truth):
    """Does a finding cite, as forged or swallowed, a packet that was?"""
    roles = {"injected": "forged", "unanswered": "swallowed", "retransmission": "swallowed"}
    for f in finding["frames"]:
        kind = roles.get(f["role"])
        if kind and f["frame"] in truth[kind][ENDS[f["capture"]]]:
            return True
    return False


def judge(pair, document, clean, tally):
    """Lines about what is wrong."""
    wrong = []
    truth = pair.truth
    forged, swallowed = known_packets(truth, "forged"), known_packets(truth, "swallowed")
    named = packets(document, "extra", ("forged",))
    told = packets(document, "missing", ())
    outside = packets(document, "extra", ("outside",))
    tally.update(forged=len(forged), named=len(forged & named), swallowed=len(swallowed),
                 told=len(swallowed & told),
                 dropped=len(swallowed & packets(document, "missing", ("dropped",))),
                 findings=len(document["findings"]))
    if named - forged:
        wrong.append("not forged: %s" % sorted(named - forged))
    if pair.story.name not in TRUE_SILENCE:
        for f in document["findings"]:
            if not fair(f, truth):
                wrong.append("false accusation: %s %s" % (f["mechanism"], f["confidence"]))
    if clean and pair.story.group == "interference" and forged - named - outside:
        wrong.append("forged and not named: %s" % sorted(forged - named - outside))
    return wrong


def run(args, labs, folder, misses, seed):
    bad, tally = 0, collections.Counter()
    for number in range(args.pairs):
        pair = Pair(labs, number, seed, misses)
        for line in judge(pair, pair.compare(args.tool, folder), not misses, tally):
            print("%s, pair %d of seed %s, %g lost: %s" % (pair.story.name, number, seed, misses,
                                                           line))
            bad += 1
    print("%d pairs, %g of the frames not captured: forged %d, named %d; swallowed %d, told %d, "
          "part of findings %d; findings %d; wrong: %d" % (
              args.pairs, misses, tally["forged"], tally["named"], tally["swallowed"],
              tally["told"], tally["dropped"], tally["findings"], bad))
    return bad


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("tool")
    ap.add_argument("root")
    ap.add_argument("--pairs", type=int, default=100)
    ap.add_argument("--seeds", type=int, default=1)
    args = ap.parse_args()
    labs = laboratory(args.root)
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(args.seeds):
            bad += run(args, labs, folder, 0, "clean %d" % seed)
            bad += run(args, labs, folder, 0.01, "missed %d" % seed)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
