#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table in docs/services.md: what the program says of each function of each service, blocked, fine
and failing by itself.

services_table.py TOOL PAGE [--bless]

The rows are those of captures/lab/scenarios/services.py, as the captures' own expectations tell them;
what stands in them is what the program says today. Fails if the page holds another table, or if a row
lacks a column. A function of a service without a row is told below the table."""
import argparse
import glob
import json
import os
import re
import sys

import golden

BEGIN, END = "<!-- table: tests/services_table.py --bless writes it -->", "<!-- end of the table -->"
COLUMNS = ("blocked", "fine", "failing")
# What captures/lab/scenarios/services.py says that a capture is about.
WHAT = re.compile(r"(?P<v6>IPv6, )?(?P<server>seen from the server, )?(?P<state>blocked|fine|failing)"
                  r"(?: by themselves)?: (?P<members>.*)\.$", re.I)
MEMBER = re.compile(r"([\w-]+) ([\w-]+)(?: \(([^)]*)\))?")
ENTRY = re.compile(r"^\[([\w-]+)\]|^(dns|web|chat|media|calls|push|registration|tunnel)\s*=", re.M)


def possible(expected, report):
    """The functions of which interference is said to be possible, and no more."""
    said = golden.said_of(report)
    return {tuple(f["of"]) for f in expected["flows"] if f.get("of") and any(
        x["confidence"] < golden.SAID for x in said.get(golden.key(f["flow"]), {}).values())}


def collect(tool):
    """(service, function) -> state -> [(capture, at server, over IPv6, manner, said, truth)]; and what is
    wrong."""
    rows, wrong = {}, []
    for path in sorted(glob.glob(os.path.join(golden.CAPTURES, "*.json"))):
        name = os.path.basename(path)[:-5]
        with open(path, encoding="utf-8") as f:
            expected = json.load(f)
        m = WHAT.match(expected["what"])
        if not m:
            continue
        report, why = golden.analyse(tool, golden.capture_of(name))
        if why:
            wrong.append("%s: %s" % (name, why))
            continue
        told, unsure = golden.fates(expected, report), possible(expected, report)
        for service, function, manner in MEMBER.findall(m["members"]):
            truth = expected.get("services", {}).get(service, {}).get(function)
            said = told.get(service, {}).get(function, "nothing")
            if (service, function) in unsure and said not in ("blocked", "impaired"):
                said += ", possibly blocked"
            rows.setdefault((service, function), {}).setdefault(m["state"].lower(), []).append(
                (name, bool(m["server"]), bool(m["v6"]), manner, said,
                 truth or expected["untold"][service][function]))
    return rows, wrong


def cell(tellings):
    """What was said, of which captures, and why not more."""
    out = []
    for said in sorted({t[4] for t in tellings}):
        mine = sorted(t for t in tellings if t[4] == said)
        links = {False: [], True: []}
        for name, server, v6, _, _, _ in mine:
            link = "[v%d](../captures/%s.json)" % (6 if v6 else 4, name)
            if link not in links[server]:
                links[server].append(link)
        where = " ".join(sorted(links[False]) + (["at the server"] + sorted(links[True])
                                                 if links[True] else []))
        hows = sorted({t[3] for t in mine if t[3]})
        truths = sorted({t[5] for t in mine if t[5] != said})
        out.append("%s%s: %s%s" % (said, " (%s)" % ", ".join(hows) if hows else "", where,
                                   "; truth: " + ", ".join(truths) if truths else ""))
    return "; ".join(out)


def table(rows):
    out = ["| service | function | blocked | fine | failing by itself |", "|---|---|---|---|---|"]
    for (service, function), states in sorted(rows.items(), key=place):
        out.append("| %s | `%s` | %s |" % (service, function, " | ".join(
            cell(states.get(c, ())) for c in COLUMNS)))
    untried = ", ".join("%s `%s`" % x for x in sorted(declared() - set(rows)))
    return "\n".join(out + ["", "Without a row, and untried: %s." % untried] * bool(untried))


def place(row):
    """Services first, then protocols that are nobody's."""
    service, function = row[0]
    return not golden.is_service(service), service, function


def declared():
    """All functions of all services."""
    out, service = set(), None
    for name, function in ENTRY.findall(golden.SERVICES):
        service = name or service
        if function:
            out.add((service, function))
    return out


def missing(rows):
    out = []
    for (service, function), states in sorted(rows.items()):
        out += ["%s: %s has no capture that is %s" % (service, function, c)
                for c in COLUMNS if c not in states]
    return out


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    ap.add_argument("tool")
    ap.add_argument("page")
    ap.add_argument("--bless", action="store_true")
    a = ap.parse_args()
    rows, wrong = collect(a.tool)
    wrong += missing(rows)
    with open(a.page, encoding="utf-8") as f:
        text = f.read()
    head, found, rest = text.partition(BEGIN)
    old, closed, tail = rest.partition(END)
    if not found or not closed:
        sys.exit("%s: no place for the table" % a.page)
    new = "\n\n%s\n\n" % table(rows)
    if a.bless and new != old:
        with open(a.page, "w", encoding="utf-8") as f:
            f.write(head + BEGIN + new + END + tail)
    elif new != old:
        wrong.append("%s holds another table; --bless writes it" % a.page)
    for line in wrong:
        print("not ok: " + line)
    print("%d functions, each blocked, fine and failing" % len(rows))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
