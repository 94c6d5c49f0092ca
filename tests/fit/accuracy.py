#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often the program is right, on fresh captures of the laboratory that no fit has seen.

accuracy.py TOOL [--captures N] [--seed S] [--keep DIR] [--write docs/accuracy.md] [--check]

Counts precision and recall per mechanism, vantage and band of confidence, and which system each
finding was attributed to. --check fails where the project's own bounds are not held. Standard
library only; the same tool, number and seed give the same page."""
import argparse
import collections
import concurrent.futures
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

from model import ROOT

sys.path.insert(0, os.path.join(ROOT, "tests"))
import golden                                               # noqa: E402

JOBS = 2
SAID, SURE = 0.6, 0.9                   # the contract's "likely" and "confirmed"
BANDS = (0.3, 0.6, 0.8, 0.9, 0.97, 1.01)
# What the project asks of itself.
PRECISION, RECALL, RECALL_EACH, BRIER, TRUE_WHEN_SURE = 0.98, 0.93, 0.85, 0.05, 0.9
FEWEST = 20                             # of a kind, before its share means anything
STANZA = re.compile(r"^\[([^\]]+)\]")
LINE = re.compile(r"^(kind|sample|mechanism)\s*=\s*(\S.*)$")
PAGE = """# Accuracy

How often `tamperscope` is right, on %(captures)d captures of the project's own laboratory that the
fit of the weights has not seen (seed `%(seed)s`). `tests/fit/accuracy.py build/tamperscope --write
docs/accuracy.md` makes this page anew; [confidence.md](confidence.md) tells how a confidence comes
about. What a laboratory makes is what somebody thought of: real captures have their own surprises.

A finding counts as right if the laboratory did that to that flow. Its scenarios are drawn evenly; a
little more than half of them are twins, which are innocent and look guilty, and every fourth capture
has a twin beside its story.

%(head)s

## By mechanism

%(mechanisms)s

## By vantage

%(vantages)s

## By confidence

Of all that was said with so much confidence, how much was true. An honest program says 0.9 of what is
true nine times in ten.

%(bands)s

## Whose marks

Findings with an attribution, in captures that show one system. Rows are what the laboratory imitated,
columns what was said; a finding that was attributed to nobody is under "none".

%(systems)s

## What was missed and what was made up

%(errors)s
"""


def systems_of():
    """scenario -> names of the specific fingerprints of which it is the sample."""
    out = collections.defaultdict(set)
    for path in sorted(glob.glob(os.path.join(ROOT, "fingerprints", "*.fp"))):
        name, kind = None, None
        with open(path, encoding="utf-8") as f:
            for line in f:
                head, part = STANZA.match(line), LINE.match(line)
                if head:
                    name, kind = head.group(1), None
                elif part and part.group(1) == "kind":
                    kind = part.group(2).strip()
                elif part and part.group(1) == "sample" and kind == "specific":
                    out[part.group(2).split()[0]].add(name)
    return out


class Tally:
    def __init__(self):
        self.count = collections.Counter()
        self.mechanism = collections.defaultdict(collections.Counter)
        self.vantage = collections.defaultdict(collections.Counter)
        self.said = []                  # (confidence, true)
        self.system = collections.defaultdict(collections.Counter)
        self.errors = collections.Counter()
        self.systems = systems_of()

    def add(self, document, report):
        said = golden.said_of(report)
        wanted = collections.defaultdict(list)
        for flow in document["flows"]:
            for k in [flow["flow"]] + flow.get("aliases", []):
                wanted[golden.key(k)].append(flow)
        for flow in document["flows"]:
            k = golden.key(flow["flow"])
            mine = said.get(k, {})
            for want in flow["findings"]:
                if not want["ambiguous"]:
                    self.find(document, want, mine)
        for k, mine in said.items():
            self.made_up(document, wanted.get(k, []), mine)

    def find(self, document, want, mine):
        got = [mine[m] for m in want["mechanism_accept"] if m in mine]
        best = max(got, key=lambda f: f["confidence"], default=None)
        right = best is not None and best["confidence"] >= SAID
        # Where an innocent twin looks the same to this vantage, to be unsure is right.
        excused = not right and want["min_confidence"] < SAID
        word = "found" if right else "excused" if excused else "missed"
        for c in (self.count, self.mechanism[want["mechanism"]],
                  self.vantage[document["vantage"]]):
            c[word] += 1
        if best is not None:
            self.said.append((best["confidence"], 1))
        if word == "missed":
            self.errors["missed: %s in %s" % (want["mechanism"], document["scenario"])] += 1
        if right and self.systems.get(document["scenario"]):
            told = [a["fingerprint"] for a in best["attribution"]]
            own = [t for t in told if t in self.systems[document["scenario"]]]
            self.system[document["scenario"]][(own or told or ["none"])[0]] += 1

    def made_up(self, document, flows, mine):
        if any(f["ambiguous"] for f in flows):
            return
        allowed = set()
        for flow in flows:
            for want in flow["findings"]:
                allowed.update(want["mechanism_accept"])
                allowed.update(want["also"])
                if want["ambiguous"]:
                    return
        for m, f in mine.items():
            if m in allowed:
                continue
            self.said.append((f["confidence"], 0))
            if f["confidence"] < SAID:
                continue
            for c in (self.count, self.mechanism[m], self.vantage[document["vantage"]]):
                c["false"] += 1
            self.errors["made up: %s in %s" % (m, document["scenario"])] += 1


def share(a, b):
    return "%.3f" % (a / b) if b else "-"


def rate(c):
    return (share(c["found"], c["found"] + c["false"]),
            share(c["found"], c["found"] + c["missed"]))


def table(head, rows):
    lines = ["| %s |" % " | ".join(head), "|%s|" % "|".join("---" for _ in head)]
    return "\n".join(lines + ["| %s |" % " | ".join(str(x) for x in r) for r in rows])


def counted(groups):
    return table(("", "found", "missed", "could not be told", "made up", "precision", "recall"),
                 [(name, c["found"], c["missed"], c["excused"], c["false"]) + rate(c)
                  for name, c in sorted(groups.items())])


def bands(said):
    rows = []
    for low, high in zip(BANDS, BANDS[1:]):
        part = [(p, t) for p, t in said if low <= p < high]
        if part:
            rows.append(("%.2f to %.2f" % (low, min(high, 1)), len(part),
                         "%.3f" % (sum(p for p, _ in part) / len(part)),
                         "%.3f" % (sum(t for _, t in part) / len(part))))
    return table(("confidence", "findings", "mean of what was said", "true"), rows)


def brier(said):
    return sum((p - t) ** 2 for p, t in said) / len(said) if said else 0.0


def systems(tally):
    columns = sorted({x for c in tally.system.values() for x in c} - {"none"}) + ["none"]
    rows = []
    for scenario, c in sorted(tally.system.items()):
        rows.append((scenario, ", ".join("%s %d" % (x, c[x]) for x in columns if c[x])))
    return table(("imitated", "said"), rows)


def broken(tally):
    """Bounds that are not held, in words."""
    c, out = tally.count, []
    if c["found"] < PRECISION * (c["found"] + c["false"]):
        out.append("precision %s, at least %g was wanted" % (rate(c)[0], PRECISION))
    if c["found"] < RECALL * (c["found"] + c["missed"]):
        out.append("recall %s, at least %g was wanted" % (rate(c)[1], RECALL))
    for name, m in sorted(tally.mechanism.items()):
        n = m["found"] + m["missed"]
        if n >= FEWEST and m["found"] < RECALL_EACH * n:
            out.append("recall of %s %s, at least %g was wanted" % (name, rate(m)[1], RECALL_EACH))
    for low, high in zip(BANDS, BANDS[1:]):
        part = [t for p, t in tally.said if low <= p < high]
        if low >= SURE and len(part) >= FEWEST and sum(part) < TRUE_WHEN_SURE * len(part):
            out.append("from %g on only %s is true" % (low, share(sum(part), len(part))))
    if brier(tally.said) > BRIER:
        out.append("Brier score %.4f, at most %g was wanted" % (brier(tally.said), BRIER))
    return out


def measure(tool, folder):
    tally, todo = Tally(), []
    for path in sorted(glob.glob(os.path.join(folder, "truth", "*.truth.json"))):
        with open(path, encoding="utf-8") as f:
            todo.append(json.load(f))
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        reports = pool.map(lambda d: golden.analyse(tool, os.path.join(folder, d["file"])), todo)
        for document, (report, why) in zip(todo, reports):
            if report is None:
                sys.exit("accuracy.py: %s: %s" % (document["file"], why))
            tally.add(document, report)
    return tally


def page(tally, captures, seed):
    c = tally.count
    head = ("Precision **%s**, recall **%s** at a confidence of %g (%d found, %d missed, %d made up); "
            "Brier score **%.4f**\nover %d findings of any confidence." % (
                rate(c) + (SAID, c["found"], c["missed"], c["false"], brier(tally.said),
                           len(tally.said))))
    errors = ["- %s%s" % (what, "" if n == 1 else " (%d times)" % n)
              for what, n in sorted(tally.errors.items(), key=lambda x: (-x[1], x[0]))]
    return PAGE % {"captures": captures, "seed": seed, "head": head,
                   "mechanisms": counted(tally.mechanism), "vantages": counted(tally.vantage),
                   "bands": bands(tally.said), "systems": systems(tally),
                   "errors": "\n".join(errors) or "Nothing."}


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    ap.add_argument("tool")
    ap.add_argument("--captures", type=int, default=1000)
    ap.add_argument("--seed", default="accuracy")
    ap.add_argument("--keep", metavar="DIR", help="make the captures here, or use what is there")
    ap.add_argument("--write", metavar="FILE")
    ap.add_argument("--check", action="store_true")
    a = ap.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = a.keep or temporary
        if not os.path.isdir(os.path.join(folder, "truth")):
            make = os.path.join(ROOT, "captures", "make.py")
            subprocess.run([sys.executable, make, "--labelled", folder, str(a.captures), a.seed],
                           check=True)
        tally = measure(a.tool, folder)
    text = page(tally, a.captures, a.seed)
    if a.write:
        with open(a.write, "w", encoding="utf-8") as f:
            f.write(text)
    else:
        print(text)
    bad = broken(tally) if a.check else []
    for line in bad:
        print("not ok: " + line, file=sys.stderr)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
