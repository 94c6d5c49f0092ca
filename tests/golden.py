#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares what the program says of each of the project's captures with what happened in it.

golden.py TOOL [NAME...]    TOOL may have arguments of its own; without names: all captures
"""
import argparse
import glob
import json
import os
import re
import shlex
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CAPTURES = os.path.join(ROOT, "captures")
SERVICES = "".join(open(p, encoding="utf-8").read() for p in
                   sorted(glob.glob(os.path.join(ROOT, "services", "*.service"))))
SAID = 0.6              # the contract's "likely": below it nothing is claimed
TIMEOUT = 120           # seconds; sanitizers and valgrind are slow
TRIP = 1.0              # seconds by which two ends may see one moment
INJECTED = ("rst-injection", "fin-injection", "syn-ack-injection", "data-injection", "block-page",
            "dns-injection", "tls-alert-injection", "icmp-rejection")


def key(flow):
    return (flow["protocol"], flow["client"]["ip"], flow["client"]["port"], flow["server"]["ip"],
            flow["server"]["port"])


def words(flow):
    return "%s %s:%d > %s:%d" % key(flow)


def capture_of(name):
    for suffix in (".pcap", ".pcapng", ".pcap.gz"):
        path = os.path.join(CAPTURES, name + suffix)
        if os.path.exists(path):
            return path
    return None


def analyse(tool, path):
    """(report, None) or (None, what went wrong)"""
    try:
        r = subprocess.run(shlex.split(tool) + ["analyze", "--format", "json", "--flows", path],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=TIMEOUT)
    except (OSError, subprocess.TimeoutExpired) as e:
        return None, str(e)
    if r.returncode != 0:
        return None, "exit status %d: %s" % (r.returncode, r.stderr.decode(errors="replace")[-400:])
    try:
        return json.loads(r.stdout), None
    except ValueError as e:
        return None, "no JSON: %s" % e


def said_of(report):
    """Which finding was said of which flow: key -> {mechanism: finding}, the surest one each."""
    said, known = {}, {f["id"]: f for f in report["findings"]}
    pairs = [(key(f["flow"]), f) for f in report["findings"]]
    for row in report["flows"]:
        pairs += [(key(row["flow"]), known[i]) for i in row["findings"] if i in known]
    for k, f in pairs:
        mine = said.setdefault(k, {})
        old = mine.get(f["mechanism"])
        if old is None or old["confidence"] < f["confidence"]:
            mine[f["mechanism"]] = f
    return said


def injected(finding):
    return sorted(x["frame"] for x in finding["frames"] if x["role"] == "injected")


def compare_residual(want, got):
    """For whom a block was left over, and between which bounds its length must lie."""
    if got is None:
        return ["residual is missing, expected %(tuple)d ends for %(seconds)g s" % want]
    high = got["seconds_high"]
    bad = [] if got["tuple"] == want["tuple"] else [
        "residual.tuple is %d, expected %d" % (got["tuple"], want["tuple"])]
    if got["seconds_low"] > want["seconds"] + TRIP or \
            high is not None and high < want["seconds"] - TRIP:
        bad.append("residual lasts from %s to %s s, expected %g" % (got["seconds_low"], high,
                                                                     want["seconds"]))
    return bad


def compare_finding(want, got, k):
    """What is wrong with a finding, in words."""
    bad = []
    t, g = want["trigger"], got["trigger"]
    if t["scored"] and g["kind"] not in t["kind_accept"]:
        bad.append("trigger.kind is %s, expected %s" % (g["kind"], " or ".join(t["kind_accept"])))
    if t["scored"] and g["value"] not in t["value_accept"]:
        bad.append("trigger.value is %r, expected %s" % (g["value"],
                                                         " or ".join(t["value_accept"])))
    for field in ("stage", "direction"):
        if got[field] not in want[field + "_accept"]:
            bad.append("%s is %s, expected %s" % (field, got[field],
                                                  " or ".join(want[field + "_accept"])))
    if "residual" in want:
        bad += compare_residual(want["residual"], got.get("residual"))
    own = key(got["flow"]) == k         # else it was told of another flow of the same kind
    if own and want["mechanism"] in INJECTED and injected(got) != want["injected"]:
        bad.append("injected frames are %s, expected %s" % (injected(got), want["injected"]))
    return bad


def compare(expected, report):
    """Every difference, in words."""
    said, out, allowed = said_of(report), [], {}
    for want in expected["findings"]:
        k = key(want["flow"])
        allowed.setdefault(k, set()).update(want["mechanism_accept"] + want["also"])
        found = [said[k][m] for m in want["mechanism_accept"] if m in said.get(k, {})]
        name = "%s of %s" % (want["mechanism"], words(want["flow"]))
        if not found:
            out.append("missing: %s, %s %s" % (name, want["trigger"]["kind"],
                                               want["trigger"]["value"]))
            continue
        best = max(found, key=lambda f: f["confidence"])
        if best["confidence"] < want["min_confidence"]:
            out.append("unsure: %s has confidence %.2f, expected %.2f" % (
                name, best["confidence"], want["min_confidence"]))
        out += ["wrong: %s: %s" % (name, b) for b in compare_finding(want, best, k)]
    ambiguous = {key(f["flow"]) for f in expected["flows"] if f["ambiguous"]}
    for k, mine in said.items():
        for m, f in sorted(mine.items()):
            if f["confidence"] >= SAID and m not in allowed.get(k, ()) and k not in ambiguous:
                out.append("false: %s of %s %s:%d > %s:%d with confidence %.2f (%s)" % (
                    (m,) + k + (f["confidence"], f.get("explanation", ""))))
    return out + compare_flows(expected, report)


def compare_flows(expected, report):
    """Whether each flow is said to be interfered with exactly if it was."""
    rows, known, out = {}, {}, []
    for row in report["flows"]:
        rows.setdefault(key(row["flow"]), []).append(row["outcome"])
        known[key(row["flow"])] = row.get("application")
    for f in expected["flows"]:
        have = rows.get(key(f["flow"]))
        if have is None:
            out.append("missing: flow %s" % words(f["flow"]))
        elif not f["ambiguous"] and not set(have) & set(f["outcome_accept"]):
            out.append("wrong: flow %s is %s, expected %s" % (
                words(f["flow"]), have[0], " or ".join(f["outcome_accept"])))
        if f.get("application") and have and known[key(f["flow"])] != f["application"]:
            out.append("wrong: flow %s is called %s, expected %s" % (
                words(f["flow"]), known[key(f["flow"])], f["application"]))
    out += compare_services(expected, report)
    if report["captures"][0]["packets"] != expected["frames"]:
        out.append("wrong: %d packets, expected %d" % (report["captures"][0]["packets"],
                                                       expected["frames"]))
    if report["captures"][0]["vantage"] not in (expected["vantage"], "unknown"):
        out.append("wrong: vantage is %s, expected %s" % (report["captures"][0]["vantage"],
                                                          expected["vantage"]))
    return out


def is_service(name):
    return re.search(r"^\[%s\]$" % re.escape(name), SERVICES, re.M) is not None


def fates(expected, report):
    """What is said of each service's functions. A protocol that is nobody's service has no target of
    its own: there its flows tell, as far as it is known who they are."""
    told = {t["name"]: t["functions"] for t in report.get("targets", ()) if t["kind"] == "service"}
    mine = {key(f["flow"]): f["of"] for f in expected["flows"] if f.get("of")}
    seen = {}
    for row in report["flows"]:
        service, function = mine.get(key(row["flow"]), (None, None))
        if service and not is_service(service):
            seen.setdefault((service, function), set()).add(row["outcome"])
    for (service, function), how in seen.items():
        state = "unclear" if not how & {"interfered", "ok"} else "reachable" if "interfered" not in how \
            else "impaired" if "ok" in how else "blocked"
        told.setdefault(service, {})[function] = state
    return told


def compare_services(expected, report):
    """Whether each function of each service fared as it did."""
    want = expected.get("services", {})
    if not want:
        return []
    told, unsure = fates(expected, report), expected.get("services_accept", want)
    return ["wrong: service %s: %s, expected %s" % (name, told.get(name), want.get(name))
            for name in sorted(set(told) | set(want)) if not fits(
                told.get(name), want.get(name), unsure.get(name))]


def fits(told, want, unsure):
    """Where one cannot be sure, each function may be told either way."""
    return told is not None and want is not None and told.keys() == want.keys() and all(
        told[f] in (want[f], (unsure or want)[f]) for f in want)


def self_check():
    """The comparison itself must accept the truth, and be able to fail: on a report without
    findings, and on a false one."""
    seen = 0
    for path in sorted(glob.glob(os.path.join(CAPTURES, "*.json"))):
        with open(path, encoding="utf-8") as f:
            e = json.load(f)
        wrong = compare(e, truth_as_report(e))
        if wrong:
            return "the truth does not satisfy %s: %s" % (path, wrong[0])
        if not e["findings"]:
            continue
        seen += 1
        empty = {"findings": [], "flows": [], "captures": [{"packets": 0, "vantage": "client"}]}
        if not compare(e, empty):
            return "an empty report satisfies %s" % path
        w = e["findings"][0]
        false = "throttle" if w["mechanism"] != "throttle" else "tls-interception"
        lie = {"id": "f1", "mechanism": false, "confidence": 0.9, "trigger": w["trigger"],
               "stage": w["stage"], "direction": w["direction"], "flow": w["flow"], "frames": []}
        said = compare(e, dict(empty, findings=[lie]))
        if not any(x.startswith("false: " + false) for x in said):
            return "a false finding satisfies %s" % path
    return None if seen else "no expectations in %s" % CAPTURES


def as_reported(want):
    r = want.get("residual")
    return {} if r is None else {"residual": {"tuple": r["tuple"], "seconds_low": r["seconds"],
                                              "seconds_high": r["seconds"]}}


def truth_as_report(e):
    """What a program would write that knows everything."""
    findings = [dict(w, id="f%d" % i, confidence=0.95, **as_reported(w), frames=[
        {"frame": n, "role": "injected"} for n in w["injected"]])
        for i, w in enumerate(e["findings"])]
    rows = [{"flow": f["flow"], "outcome": f["outcome"], "findings": [],
             "application": f.get("application")} for f in e["flows"]]
    targets = [{"kind": "service", "name": s, "functions": f} for s, f in e.get("services", {}).items()]
    return {"findings": findings, "flows": rows, "targets": targets,
            "captures": [{"packets": e["frames"], "vantage": e["vantage"]}]}


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("tool")
    ap.add_argument("names", nargs="*")
    a = ap.parse_args()
    trouble = self_check()
    if trouble:
        sys.exit("golden.py: " + trouble)
    names = a.names or sorted(os.path.basename(p)[:-5] for p in
                              glob.glob(os.path.join(CAPTURES, "*.json")))
    failed = 0
    for name in names:
        with open(os.path.join(CAPTURES, name + ".json"), encoding="utf-8") as f:
            expected = json.load(f)
        report, why = analyse(a.tool, capture_of(name) or name)
        try:
            lines = [why] if why else compare(expected, report)
        except (KeyError, IndexError, TypeError) as e:
            lines = ["the report is not the contract's: %s %s" % (type(e).__name__, e)]
        failed += bool(lines)
        print("%s %s" % ("not ok" if lines else "ok", name))
        for line in lines:
            print("    " + line)
    print("%d of %d captures are told as they happened" % (len(names) - failed, len(names)))
    if failed:
        print("What happened is in captures/NAME.json; `%s analyze captures/NAME.pcap` shows what "
              "the program sees in it." % a.tool)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
