# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the program on labelled captures and says of each of its suspicions whether it is true."""
import collections
import concurrent.futures
import glob
import ipaddress
import json
import os
import shlex
import subprocess
import sys

from model import ROOT

TIMEOUT = 120           # seconds; sanitizers are slow
JOBS = 2
SLACK = 0.01            # seconds: a suspicion's time is that of a packet of its flow
PROTOCOLS = {"tcp": 6, "udp": 17}

# `true` is None where nobody can tell; `capture` is the file, `scenario` the story that it tells.
Suspicion = collections.namedtuple(
    "Suspicion", "capture scenario mechanism evidence said true")


def canonical(ip):
    return str(ipaddress.ip_address(ip))


def key_of_flow(flow):
    return (PROTOCOLS[flow["protocol"]], canonical(flow["client"]["ip"]), flow["client"]["port"],
            canonical(flow["server"]["ip"]), flow["server"]["port"])


def key_of_suspicion(s):
    return (s["protocol"], canonical(s["client"]), s["client_port"], canonical(s["server"]),
            s["server_port"])


def turned(k):
    return (k[0], k[3], k[4], k[1], k[2])


def read_lines(tool, path):
    """What the program suspects in one capture; nothing in what it cannot read."""
    env = dict(os.environ)
    env.setdefault("TAMPERSCOPE_FINGERPRINTS", os.path.join(ROOT, "fingerprints"))
    r = subprocess.run(shlex.split(tool) + ["analyze", "--weighing", path], env=env,
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       timeout=TIMEOUT)
    if r.returncode not in (0, 1):
        raise RuntimeError("%s: exit status %d: %s" % (
            path, r.returncode, r.stderr.decode(errors="replace")[-300:]))
    return [json.loads(line) for line in r.stdout.splitlines() if line.startswith(b"{")]


class Truth:
    """What happened in a capture. Without a document nothing did."""

    def __init__(self, document=None):
        document = document or {"flows": [], "scenario": "benign"}
        self.scenario = document["scenario"]
        self.forged = set(document.get("forged", ()))
        self.flows = collections.defaultdict(list)
        for f in document["flows"]:
            for k in [f["flow"]] + f.get("aliases", []):
                self.flows[key_of_flow(k)].append(f)

    def flow_of(self, s):
        k = key_of_suspicion(s)
        known = self.flows.get(k) or self.flows.get(turned(k)) or []
        at = s["nsec"] / 1e9
        for f in known:
            if f["t_first"] - SLACK <= at <= f["t_last"] + SLACK:
                return f
        return known[0] if known else None

    def of(self, s):
        """True, False, or None if nobody can tell."""
        f = self.flow_of(s)
        if f is None:
            return False
        if f["ambiguous"] or any(t["ambiguous"] for t in f["findings"]):
            return None
        same = [t for t in f["findings"] if s["mechanism"] in t["mechanism_accept"]]
        if s["injected"] and any(t["injected"] for t in same):
            # To accuse the wrong packet of the right flow is a false accusation.
            return bool(self.forged.intersection(s["injected"]))
        if not same and any(s["mechanism"] in t.get("also", ()) for t in f["findings"]):
            # It may be said of this flow, and need not be true of the packet that it accuses: the
            # client's own reset after a forged page.
            return True if self.forged.intersection(s["injected"]) else None
        return bool(same)


def judged(tool, path, truth):
    capture = os.path.basename(path)
    return [Suspicion(capture, truth.scenario, s["mechanism"], tuple(s["evidence"]),
                      s["confidence"], truth.of(s)) for s in read_lines(tool, path)]


def all_judged(tool, pairs):
    """Of (path, truth) pairs, in their order."""
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        parts = pool.map(lambda p: judged(tool, p[0], p[1]), pairs)
        return [s for part in parts for s in part]


def read_truth(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def laboratory(tool, folder, n, seed):
    """The suspicions about n fresh captures of the project's own laboratory."""
    make = os.path.join(ROOT, "captures", "make.py")
    subprocess.run([sys.executable, make, "--labelled", folder, str(n), str(seed)], check=True)
    return corpus_interference(tool, folder)


def corpus_interference(tool, folder):
    pairs = []
    for path in sorted(glob.glob(os.path.join(folder, "truth", "*.truth.json"))):
        d = read_truth(path)
        capture = os.path.join(folder, d["file"])
        if os.path.exists(capture):
            pairs.append((capture, Truth(d)))
    return all_judged(tool, pairs)


def corpus_benign(tool, folder):
    """Captures in which nothing happened, and no truth is needed to say so."""
    told = {read_truth(p)["file"] for p in
            glob.glob(os.path.join(folder, "truth", "benign__*.truth.json"))}
    found = sorted(p for p in glob.glob(os.path.join(folder, "benign", "**"), recursive=True)
                   if os.path.isfile(p) and os.path.relpath(p, folder) not in told)
    return all_judged(tool, [(p, Truth()) for p in found])
