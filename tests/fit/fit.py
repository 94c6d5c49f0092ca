#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits the weights of the evidence on labelled captures, and tells how honest they are then.

fit.py TOOL [--captures N] [--seed S] [--corpus DIR] [--write src/weights.c]
       [--table docs/confidence.md]

Half of the captures are fitted on, the other half only checks. DIR holds real captures with
truth (interference/, benign/, truth/), of which half likewise only check; none are needed.
The program's own logic looks at some weights, so build it and run this again until nothing
changes. Standard library only; the same input gives the same numbers."""
import argparse
import math
import os
import sys
import tempfile

import model
import regression
import suspicions

BINS = (0.3, 0.6, 0.8, 0.9, 0.97, 1.0)
# Real captures are few, and they are what counts: each of their observations is worth four of
# the laboratory's, which makes them about a sixth of the whole.
REAL_MASS = 4
SURE95 = 1.959964               # the normal distribution's, for 95 %
BEGIN, END = "<!-- table: reliability -->", "<!-- end: reliability -->"
AGREE = 1e-9


def is_for_training(s):
    return regression.number_of(s.capture) % 2 == 0


def disagreements(m, found):
    """Suspicions of which the program says something else than this model."""
    return [s for s in found if abs(m.confidence(s.evidence) - s.said) > AGREE]


def alike(found):
    """Stories that differ in their truth, but in nothing that the program sees, must be left out
    together: else cross-validation would learn from one that the other is impossible."""
    above, seen = {}, {}

    def top(x):
        while above.setdefault(x, x) != x:
            x = above[x]
        return x
    for s in found:
        if s.true is not None:
            both = seen.setdefault(tuple(sorted(s.evidence)), {True: set(), False: set()})
            both[s.true].add(s.scenario)
    for both in seen.values():
        if both[True] and both[False]:
            first, *rest = sorted(both[True] | both[False])
            for x in rest:
                above[top(x)] = top(first)
    return lambda s: top(s.scenario)


def choose_spread(m, lab, real, start):
    rows = (regression.rows_of(lab, 1, alike(lab))
            + regression.rows_of(real, REAL_MASS, lambda s: s.capture))
    stories = regression.cross_validate(m, rows, start)
    for spread, losses in stories.items():
        print("  spread %.2f: loss %.1f on new stories" % (spread, sum(losses.values())))
    return regression.choose(stories)


def wilson(k, n):
    """The 95 % interval of a share (Wilson 1927)."""
    z2 = SURE95 * SURE95
    middle, off = (k + z2 / 2) / (n + z2), SURE95 / (n + z2) * math.sqrt(k * (n - k) / n + z2 / 4)
    return max(middle - off, 0.0), min(middle + off, 1.0)


def said(m, found, weight):
    """(confidence, truth) of all that can be told."""
    return [(m.confidence(s.evidence, weight), s.true) for s in found if s.true is not None]


def brier(pairs):
    return sum((p - t) ** 2 for p, t in pairs) / len(pairs)


def reliability(pairs):
    """[(from, to, n, mean said, share true, low, high)]"""
    out = []
    for low, high in zip(BINS, BINS[1:]):
        inside = [(p, t) for p, t in pairs if low <= p < high]
        if inside:
            n, k = len(inside), sum(t for _, t in inside)
            out.append((low, high, n, sum(p for p, _ in inside) / n, k / n) + wilson(k, n))
    return out


def table(m, sets, weight):
    lines = ["| captures | said | findings | mean said | true | 95 % interval |",
             "|---|---|--:|--:|--:|---|"]
    scores = []
    for words, found in sets:
        pairs = said(m, found, weight)
        for low, high, n, mean, share, down, up in reliability(pairs):
            lines.append("| %s | %g to %g | %d | %.3f | %.3f | %.3f to %.3f |" % (
                words, low, high, n, mean, share, down, up))
        if pairs:
            scores.append("%s %.4f (%d suspicions)" % (words, brier(pairs), len(pairs)))
    return lines + ["", "Brier scores, over all that was suspected: " + "; ".join(scores) + "."]


def put_table(path, lines):
    """Between the markers; at the end of a document that has none."""
    text = model.text_of(path) if os.path.exists(path) else ""
    if BEGIN not in text:
        text += ("\n" if text else "") + BEGIN + "\n"
    before, after = text.split(BEGIN, 1)
    if END in after:
        after = after.split(END, 1)[1]
    with open(path, "w", encoding="utf-8") as f:
        f.write(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after)


def put_weights(path, weight):
    """The numbers only: names, families and words are not the fit's business."""
    text = model.ROW.sub(lambda r: "%s%s%s" % (r.group(1), shown(weight[r.group(2)]), r.group(5)),
                         model.text_of(path))
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def shown(x):
    """Two decimals at most, one at least: -4.0, 1.25."""
    text = "%.2f" % (x + 0.0)
    return text[:-1] if text.endswith("0") else text


def start_values(m):
    start = model.read_start()
    return {n: start.get(n, m.weight[n]) for n in m.weight}


def add_start(m):
    """What is new in the table starts from the number that it came with."""
    known = model.read_start()
    with open(model.START, "a", encoding="utf-8") as f:
        for n in m.weight:
            if n not in known:
                f.write("%s\t%s\n" % (n, shown(m.weight[n])))


def gather(a, folder):
    """(laboratory to fit on, laboratory to check on, real interference, real benign)"""
    train = suspicions.laboratory(a.tool, os.path.join(folder, "train"), a.captures, a.seed)
    check = suspicions.laboratory(a.tool, os.path.join(folder, "check"), a.captures,
                                  a.seed + "-check")
    if not a.corpus:
        return train, check, [], []
    return (train, check, suspicions.corpus_interference(a.tool, a.corpus),
            suspicions.corpus_benign(a.tool, a.corpus))


def tell_moves(start, weight, known):
    for n in sorted(weight, key=lambda n: -abs(weight[n] - start[n])):
        if round(weight[n], 2) != round(start[n], 2):
            print("  %-28s %6.2f from %6.2f%s" % (n, weight[n], start[n],
                                                  "" if n in known else ", never seen"))


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    ap.add_argument("tool")
    ap.add_argument("--captures", type=int, default=1500)
    ap.add_argument("--seed", default="fit")
    ap.add_argument("--corpus")
    ap.add_argument("--spread", type=float, help="the prior's, instead of cross-validation")
    ap.add_argument("--write", metavar="WEIGHTS.C")
    ap.add_argument("--table", metavar="DOCUMENT.MD")
    a = ap.parse_args()
    m = model.Model()
    start = start_values(m)
    with tempfile.TemporaryDirectory() as folder:
        train, check, attacks, benign = gather(a, folder)
    for s in disagreements(m, train + check + attacks + benign)[:5]:
        sys.exit("%s: the program says %.4f, src/weights.c %.4f: build it first" % (
            s.capture, s.said, m.confidence(s.evidence)))
    real = attacks + benign
    taught = [s for s in real if is_for_training(s)]
    print("%d suspicions to fit on, %d of them real; %d to check on, %d real" % (
        len(train + taught), len(taught), len(check + real) - len(taught), len(real) - len(taught)))
    spread = a.spread or choose_spread(m, train, taught, start)
    print("spread of the prior: %.2f" % spread)
    rows = (regression.rows_of(train, 1, lambda s: s.capture)
            + regression.rows_of(taught, REAL_MASS, lambda s: s.capture))
    weight = {n: round(x, 2) for n, x in regression.fit(m, rows, start, spread).items()}
    tell_moves(start, weight, {n for r in rows for n in r.names})
    sets = [("laboratory, unseen", check)]
    if real:
        sets += [("real, unseen", [s for s in real if not is_for_training(s)]),
                 ("real and benign, unseen", [s for s in benign if not is_for_training(s)])]
    for words, w in (("before any fit", start), ("as in src/weights.c", m.weight), ("now", weight)):
        print("\n%s:\n%s" % (words, "\n".join(table(m, sets, w))))
    changed = sorted(n for n in weight if shown(weight[n]) != shown(m.weight[n]))
    print("\n%d weights differ from src/weights.c %s" % (len(changed), " ".join(changed[:12])))
    if a.write:
        put_weights(a.write, weight)
        add_start(m)
    if a.table:
        put_table(a.table, table(m, sets, weight))


if __name__ == "__main__":
    main()
