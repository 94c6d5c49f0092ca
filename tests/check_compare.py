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
TRUE_SILENCE = ("quic-no-udp", "quic-black-hole", "pmtu-black-hole", "nat-refuses",
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


def told(tool, near, far):
    words = [tool, "compare", "--format", "json"]
    for n in near:
        words += ["--client", n]
    for n in far:
        words += ["--server", n]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                          check=False)
    if done.returncode or done.stderr:
        raise RuntimeError("%s: status %d: %s" % (near, done.returncode, done.stderr.decode()))
    return done.stdout


def schema_of(root):
    """A validator, or None."""
    try:
        import jsonschema                               # pylint: disable=import-outside-toplevel
    except ImportError:
        print("python3-jsonschema is missing: the JSON is not held against its schema")
        return None
    with open(os.path.join(root, "docs", "comparison.schema.json"), encoding="utf-8") as f:
        return jsonschema.Draft202012Validator(json.load(f))


def lying(args):
    """The pairs that lie in captures/pairs."""
    folder, bad = os.path.join(args.root, "captures", "pairs"), 0
    schema = schema_of(args.root)
    names = sorted(n[:-5] for n in os.listdir(folder) if n.endswith(".json"))
    for name in names:
        with open(os.path.join(folder, name + ".json"), encoding="utf-8") as f:
            truth = json.load(f)
        files = [[os.path.join(folder, truth["files"][end])] for end in ENDS]
        text = told(args.tool, *files)
        document = json.loads(text)
        wrong = []
        forged, named = known_packets(truth, "forged"), packets(document, "extra", ("forged",))
        swallowed = known_packets(truth, "swallowed")
        dropped = packets(document, "missing", ("dropped",))
        if named != forged:
            wrong.append("forged %s, named %s" % (sorted(forged), sorted(named)))
        if dropped - swallowed:
            wrong.append("swallowed in vain: %s" % sorted(dropped - swallowed))
        if swallowed - dropped and not name.startswith("throttle"):
            wrong.append("not told as swallowed: %s" % sorted(swallowed - dropped))
        if (swallowed | known_packets(truth, "lost")) - packets(document, "missing", ()):
            wrong.append("a packet that did not arrive is not told")
        if name.startswith("clean") and document["findings"]:
            wrong.append("findings in a clean pair")
        if (name == "clean-proxy") != any(f["proxied"] for f in document["flows"]):
            wrong.append("a proxy")
        clock = document["clock"]
        if abs(clock["offset_seconds"] - truth["clock"]["offset_seconds"]) > clock["error_seconds"]:
            wrong.append("the clock: %s" % clock)
        if "drift_ppm" in clock and abs(clock["drift_ppm"] - truth["clock"]["drift_ppm"]) > \
                max(3 * clock["drift_error_ppm"], 5):
            wrong.append("the drift: %s" % clock)
        for e in schema.iter_errors(document) if schema else ():
            wrong.append("schema: %s at %s" % (e.message[:80], list(e.path)))
        if text != told(args.tool, *files):
            wrong.append("another time it says something else")
        for w in wrong:
            print("pairs/%s: %s" % (name, w))
        bad += len(wrong)
    print("%d pairs of captures/pairs, wrong: %d" % (len(names), bad))
    return bad


def corpus(args):
    """Real captures of both ends: victims and attackers of a filter's availability attack. The
    authors say: after one forged Initial all to the same address and port is dropped for 180 s."""
    folder = os.path.join(args.root, "..", "shared", "corpus", "interference",
                          "gfwreport-quic-sni", "availability-attack", "pcap")
    if not os.path.isdir(folder):
        print("skipped: no corpus")
        return 0
    bad = 0
    for kind, missing in (("quic", 46), ("dns", 32)):
        near = [os.path.join(folder, "%s_%s_client_anon.pcap" % (kind, w))
                for w in ("victim", "attacker")]
        d = json.loads(told(args.tool, near, [os.path.join(folder, kind + "_server_anon.pcap")]))
        drops = [f for f in d["findings"] if f["mechanism"] == "drop"
                 and f["trigger"]["value"] == "google.com"
                 and f["residual"]["seconds_low"] < 180 < f["residual"]["seconds_high"]]
        if len(drops) != 2 or len(d["findings"]) != 2 or \
                d["directions"]["to_server"]["dropped"] != missing or \
                d["directions"]["to_server"]["forged"]:
            print("corpus, %s: %s" % (kind, json.dumps(d["findings"])[:1500]))
            bad += 1
    print("corpus: 2 pairs, wrong: %d" % bad)
    return bad


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
    bad = lying(args) + corpus(args)
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(args.seeds):
            bad += run(args, labs, folder, 0, "clean %d" % seed)
            bad += run(args, labs, folder, 0.01, "missed %d" % seed)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
