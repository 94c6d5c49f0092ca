#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watching as a service: windows of statistics that add up to those of the whole, and metrics that are
always whole and true.

check_live_service.py TOOL CAPTURES

A capture is replayed twice over a pair of interfaces in a network namespace, for one process and for two
workers. Skipped without root,
or where no namespace can be made."""
import collections
import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import mmdb  # noqa: E402
from check_live import NO_TRACING, SKIPPED, SLOW, Namespace, cannot  # noqa: E402

CAPTURE = "gfw-types-1-2.pcap"
INTERVAL = 2            # seconds
COUNTS = ("connections", "possibly_tampered", "matched")
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? '
                    r'(-?[0-9]+(?:\.[0-9]+)?)')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
wrong = []


def expect(what, is_so):
    if not is_so:
        wrong.append(what)


def metrics(text):
    """{(name, labels): value} of Prometheus' text format, version 0.0.4, as strictly as promtool: each
    family once and in one piece, HELP and TYPE before it, no sample twice, names by the rules."""
    kinds, helps, found, family = {}, set(), {}, None
    if not text.endswith("\n"):
        raise ValueError("cut off")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family = line.split(" ", 3)[2]
            if family in helps or len(line.split(" ", 3)) != 4:
                raise ValueError(line)
            helps.add(family)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            if name != family or name in kinds or kind not in ("counter", "gauge"):
                raise ValueError(line)
            kinds[name] = kind
            if (kind == "counter") != name.endswith("_total"):
                raise ValueError("a name that promtool does not like: " + line)
        else:
            m = SAMPLE.fullmatch(line)
            if not m or m.group(1) != family or family not in kinds:
                raise ValueError(line)
            key = m.group(1), tuple(sorted(LABEL.findall(m.group(2) or "")))
            if key in found:
                raise ValueError("twice: " + line)
            found[key] = float(m.group(3))
    return found


def total(found, name):
    return sum(v for (n, _), v in found.items() if n == "tamperscope_" + name)


class Reader(threading.Thread):
    """Reads the file all the time, as somebody who collects metrics would, only oftener."""

    def __init__(self, path):
        super().__init__()
        self.path, self.over, self.seen = path, threading.Event(), []

    def run(self):
        while not self.over.wait(0.01):
            try:
                with open(self.path, encoding="utf-8") as f:
                    text = f.read()
            except FileNotFoundError:
                continue
            if not self.seen or text != self.seen[-1]:
                self.seen.append(text)


def seconds(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(
        tzinfo=datetime.timezone.utc).timestamp()


def check_windows(windows, whole, workers):
    for a, b in zip(windows, windows[1:] if workers == 1 else []):
        expect("a gap between %s and %s" % (a["to"], b["from"]), a["to"] == b["from"])
        expect("%s is no multiple" % a["to"], seconds(a["to"]) % INTERVAL == 0)
    for key in COUNTS:
        expect("%s: %d in windows, %d in all" % (key, sum(w[key] for w in windows), whole[key]),
               sum(w[key] for w in windows) == whole[key])
    expect("nothing was counted", whole["matched"] > 0)
    expect("one window only", sum(w["connections"] > 0 for w in windows) > 1)

    def signatures(tables):
        return collections.Counter({g["name"]: 0 for g in []}) + sum(
            (collections.Counter({g["name"]: g["count"] for s in t["stages"] for g in s["signatures"]})
             for t in tables), collections.Counter())
    expect("signatures", signatures(windows) == signatures([whole]))
    countries = collections.Counter()
    for w in windows:
        countries.update({c["country"]: c["connections"] for c in w["countries"]})
    expect("countries %s" % countries,
           countries == {c["country"]: c["connections"] for c in whole["countries"]})
    expect("packets of windows", sum(c["packets"] for w in windows for c in w["captures"])
           == sum(c["packets"] for c in whole["captures"]))


def check_metrics(seen, lines, captures):
    last = {}
    for text in seen:
        try:
            now = metrics(text)
        except ValueError as e:
            wrong.append("metrics: %s" % e)
            return
        for key, value in last.items():
            expect("%s fell from %s to %s" % (key, value, now.get(key)),
                   not key[0].endswith("_total") or now.get(key, 0) >= value)
        last = now
    expect("metrics were written %d times" % len(seen), len(seen) > 3)
    told = collections.Counter(f["mechanism"] for f in lines
                               if f["type"] == "finding" and "revises" not in f)
    counted = collections.Counter()
    for (name, labels), value in last.items():
        if name == "tamperscope_findings_total" and value:
            counted[dict(labels)["mechanism"]] += value
            expect("target %s" % (labels,), dict(labels)["target"] in
                   ("domain", "address", "service", "resolver"))
    expect("findings %s, told %s" % (counted, told), counted == told and told)
    revised = sum(f["type"] == "finding" and "revises" in f for f in lines)
    expect("%d revised" % revised, total(last, "findings_revised_total") == revised)
    for key in ("packets", "bytes"):
        expect(key, total(last, key + "_total") == sum(c[key] for c in captures))
    expect("interfaces", {dict(x).get("interface", "veth-b") for _, x in last} == {"veth-b"})
    expect("flows", total(last, "flows_total") > 0)
    expect("lag of %s s" % total(last, "lag_seconds"), 0 <= total(last, "lag_seconds") < 60)
    expect("memory", total(last, "resident_memory_bytes") > 1 << 20)
    expect("looks", total(last, "looks_total") > 0 and total(last, "looks_failed_total") == 0)


def watch(tool, capture, folder, workers):
    os.mkdir(folder)
    os.chmod(folder, 0o777)
    country = os.path.join(folder, "country.mmdb")
    told = os.path.join(folder, "told.ndjson")
    stored, prom = os.path.join(folder, "stored.pcapng"), os.path.join(folder, "metrics.prom")
    mmdb.write(country, "Test-Country", {"192.0.2.0/24": mmdb.country("AA")})
    namespace = Namespace("tamperscope-service%d-%d" % (os.getpid(), workers))
    try:
        live = namespace.start(tool, "live", "-q", "--write", stored, "--metrics", prom, "--mmdb", country,
                               "--stats-interval", str(INTERVAL), "--view", "client", "--workers", str(workers), "veth-b",
                               "-o", told, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               env=NO_TRACING)
        reader = Reader(prom)
        reader.start()
        time.sleep(2 * SLOW)
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "check_live.py")
        for _ in range(2):
            sender = namespace.start(sys.executable, script, "--send", capture, stdout=subprocess.DEVNULL)
            sender.wait()
            time.sleep(5 * SLOW)
        live.terminate()
        errors = live.communicate()[1]
    finally:
        namespace.close()
    time.sleep(0.1)
    reader.over.set()
    reader.join()
    expect("exit status %d: %s" % (live.returncode, errors), live.returncode == 0 and not errors)
    with open(told, encoding="utf-8") as f:
        lines = [json.loads(line) for line in f]
    files = sorted(os.path.join(folder, n) for n in os.listdir(folder) if n.startswith("stored"))
    expect("files of workers", 1 <= len(files) <= workers)      # one may see nothing
    r = subprocess.run([tool, "stats", "--format", "json", "--view", "client", "--mmdb", country, *files],
                       check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    check_windows([x for x in lines if x["type"] == "stats"], json.loads(r.stdout), workers)
    r = subprocess.run([tool, "analyze", "-q", "--format", "json", *files],
                       check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    check_metrics(reader.seen, lines, json.loads(r.stdout)["captures"])


def refusal(tool):
    """A file that cannot be written is told at once."""
    r = subprocess.run([tool, "live", "--metrics", "/nonexistent/metrics.prom", "lo"], check=False,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=NO_TRACING)
    expect("no folder: %d %r" % (r.returncode, r.stderr),
           r.returncode == 1 and "--metrics /nonexistent/metrics.prom: cannot be written" in r.stderr)


def main():
    tool, captures = sys.argv[1:3]
    why = cannot()
    if why:
        print("skipped: %s" % why)
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        runs = [threading.Thread(target=watch, args=(
            tool, os.path.join(captures, CAPTURE), os.path.join(folder, str(n)), n)) for n in (1, 2)]
        for r in runs:
            r.start()
        for r in runs:
            r.join()
    refusal(tool)
    for line in wrong:
        print("check_live_service: %s" % line)
    print("%d wrong" % len(wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
