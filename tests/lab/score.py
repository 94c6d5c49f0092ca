# SPDX-License-Identifier: GPL-3.0-or-later
"""What the program says of the captures, held against what happened: by mechanism and vantage."""
import collections
import glob
import json
import os
import sys

from tests import golden

SAID = golden.SAID


class Row:
    """Of one mechanism at one place."""

    def __init__(self):
        self.wanted = self.found = self.false = self.frames_right = self.frames = 0
        self.hedged = self.hedged_found = 0


def frames_of(report):
    """(flow, mechanism) -> the frames that are called injected: two questions of one flow may both
    be answered falsely."""
    out = collections.defaultdict(set)
    for f in report["findings"]:
        out[golden.key(f["flow"]), f["mechanism"]].update(golden.injected(f))
    return out


def judge(document, report, rows, lines):
    """Adds one capture. Returns how many flows were falsely accused."""
    said, frames = golden.said_of(report), frames_of(report)
    place = document["file"].rsplit("-", 1)[1].split(".")[0]
    vantage = report["captures"][0]["vantage"]
    if vantage not in ("unknown", document["vantage"]):
        lines.append("PLACE  %s: taken at the %s, says the report" % (document["file"], vantage))
    wanted, unsure, false = collections.defaultdict(list), set(), 0
    for flow in document["flows"]:
        k = golden.key(flow["flow"])
        if flow["ambiguous"]:
            unsure.add(k)
        for f in flow["findings"]:
            wanted[k].append(f)
            count(f, said.get(k, {}), frames, rows[f["mechanism"], place], document, k, lines)
    for k, mine in said.items():
        right = {m for f in wanted[k] for m in f["mechanism_accept"] + f["also"]}
        for m, f in sorted(mine.items()):
            if f["confidence"] < SAID or m in right or k in unsure:
                continue
            rows[m, place].false += 1
            false += 1
            lines.append("FALSE  %s: %s of %s %s:%d > %s:%d, %.2f" % (
                (document["file"], m) + k + (f["confidence"],)))
    return false


def count(f, said, frames, row, document, k, lines):
    best = max((said[m] for m in f["mechanism_accept"] if m in said),
               key=lambda x: x["confidence"], default=None)
    sure = best is not None and best["confidence"] >= SAID
    if f["min_confidence"] < SAID:          # an innocent twin looks the same: no claim is asked for
        row.hedged += 1
        row.hedged_found += sure
        return
    row.wanted += 1
    row.found += sure
    if not sure:
        lines.append("MISSED %s: %s of %s %s:%d > %s:%d, %s" % (
            (document["file"], f["mechanism"]) + k + (
                "%.2f" % best["confidence"] if best else
                "said " + (", ".join("%s %.2f" % (m, x["confidence"]) for m, x in said.items())
                           or "nothing"),)))
    elif f["injected"] and golden.key(best["flow"]) == k:
        row.frames += 1
        shown = sorted(frames[k, best["mechanism"]])
        right = shown == f["injected"]
        row.frames_right += right
        if not right:
            lines.append("FRAMES %s: %s of %s %s:%d > %s:%d, says %s, truth %s" % (
                (document["file"], f["mechanism"]) + k + (shown, f["injected"])))


def table(rows):
    print("%-20s %-7s %8s %9s %6s %9s %7s" % ("mechanism", "at", "recall", "precision", "false",
                                             "frames", "hedged"))
    for (mechanism, place), r in sorted(rows.items()):
        claimed = r.found + r.hedged_found + r.false
        print("%-20s %-7s %3d/%-4d %9s %6d %4d/%-4d %3d/%d" % (
            mechanism, place, r.found, r.wanted,
            "%.3f" % ((claimed - r.false) / claimed) if claimed else "-", r.false, r.frames_right,
            r.frames, r.hedged_found, r.hedged))


def all_knowing(document, blind=False):
    """What a program would write that knows everything, or nothing."""
    findings = [] if blind else [dict(f, confidence=0.99, frames=[
        {"frame": n, "role": "injected"} for n in f["injected"]])
        for t in document["flows"] for f in t["findings"]]
    return {"findings": [dict(f, id="f%d" % i) for i, f in enumerate(findings)], "flows": [],
            "captures": [{"vantage": document["vantage"]}]}


def self_check(folder):
    """What is wrong with this scorer, or with the truth: it must take the truth for the truth, miss
    what is not said, and notice a lie."""
    seen = 0
    for path in sorted(glob.glob(os.path.join(folder, "truth", "*.truth.json"))):
        with open(path, encoding="utf-8") as f:
            document = json.load(f)
        lines, rows = [], collections.defaultdict(Row)
        if judge(document, all_knowing(document), rows, lines) or lines:
            return "the truth does not satisfy itself: %s" % lines[0]
        wanted = sum(r.wanted for r in rows.values())
        lines = []
        judge(document, all_knowing(document, True), collections.defaultdict(Row), lines)
        if len(lines) != wanted:
            return "of %d findings in %s %d are missed by the blind" % (wanted, path, len(lines))
        seen += wanted
        flow = next((t["flow"] for t in document["flows"] if not t["ambiguous"]), None)
        lie = {"id": "f0", "mechanism": "a lie", "confidence": SAID, "flow": flow, "frames": []}
        if flow and judge(document, dict(all_knowing(document), findings=[lie]),
                          collections.defaultdict(Row), []) != 1:
            return "a lie about %s is not noticed" % path
    return None if seen else "nothing is to be found"


def report(tool, folder):
    """Prints the table; returns how many captures hold a false accusation or cannot be read, and
    the share of the findings that was found."""
    rows, lines, wrong, flows, benign = collections.defaultdict(Row), [], 0, 0, 0
    total = Row()
    for path in sorted(glob.glob(os.path.join(folder, "truth", "*.truth.json"))):
        with open(path, encoding="utf-8") as f:
            document = json.load(f)
        said, why = golden.analyse(tool, os.path.join(folder, document["file"]))
        if why:
            lines.append("FAILED %s: %s" % (document["file"], why))
            wrong += 1
            continue
        false = judge(document, said, rows, lines)
        wrong += bool(false)
        total.false += false
        flows += len(document["flows"])
        benign += sum(not t["findings"] and not t["ambiguous"] for t in document["flows"])
    for line in lines:
        print(line)
    table(rows)
    wanted, found = (sum(getattr(r, n) for r in rows.values()) for n in ("wanted", "found"))
    print("real stacks: found %d of %d findings, false %d in %d benign of %d flows" % (
        found, wanted, total.false, benign, flows))
    sys.stdout.flush()
    return wrong, found / max(wanted, 1)
