#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs cases of the laboratory with real stacks, and holds the program against their truth.

run.py [NAME...] [--all | --quick] [--seed N] [--seeds N] [-o DIR] [--tool TOOL] [--jobs N]
run.py --list

Writes captures (at the client, beside the middlebox, at the server) and their truth to DIR, in the
layout of captures/make.py --labelled; with --tool also prints what the program found of it.
Needs root, and no network: all traffic stays in namespaces that vanish with their process."""
import argparse
import concurrent.futures
import fnmatch
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:1] = [ROOT, os.path.join(ROOT, "captures")]

from tests.lab import cases, net, score, services      # noqa: E402

SKIP = 77               # what meson takes for a skipped test
LIMIT = 240             # seconds for one case, all in all
NEEDED = ("ip", "nsenter", "unshare", "tcpdump", "nft", "curl", "openssl", "dig",
          "nginx", "unbound")
ALONE = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--net")
# What the test runs: short, and of every kind.
QUICK = ("ordinary", "any-reset", "any-data", "any-page", "dns-race", "drop-by-name",
         "story-rst-triple", "closed-port", "server-aborts", "handshake-refused", "status-codes",
         "client-leaves", "syn-cookies", "bad-radio", "cooked", "resolver-troubles")
QUICK_RECALL = 0.75     # of them; the rest is left to a machine that is too busy to keep time


def missing():
    """Why nothing can run here, or None."""
    if os.geteuid() != 0:
        return "needs root, for network namespaces"
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    lack = [p for p in NEEDED if not shutil.which(p)]
    if lack:
        return "needs " + ", ".join(lack)
    r = subprocess.run([*ALONE, "ip", "link", "add", "name", "veth0", "type", "veth", "peer",
                        "name", "veth1"],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return "no namespaces, or no veth: " + r.stdout.strip()[:200] if r.returncode else None


def alone(name, seed, folder):
    """Runs one case in namespaces of its own: (name, seed, seconds, what went wrong)."""
    begin = time.monotonic()
    argv = [*ALONE, sys.executable, os.path.abspath(__file__), "--inside", folder, "--seed",
            str(seed), name]
    try:
        r = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, timeout=LIMIT)
        trouble = r.stdout.strip() if r.returncode else ""
    except subprocess.TimeoutExpired:
        trouble = "no end after %d s" % LIMIT
    shutil.rmtree(os.path.join(folder, "work-%s-%s" % (name, seed)), ignore_errors=True)
    return name, seed, time.monotonic() - begin, trouble


def inside(name, seed, folder):
    try:
        net.make(cases.load()[name], seed, folder, (os.path.join(folder, "ca.pem"),
                                                    os.path.join(folder, "ca.key")))
    except net.Unported as e:
        sys.exit("not portable: %s" % e)
    except Exception:           # pylint: disable=broad-except
        traceback.print_exc(file=sys.stdout)
        sys.exit(1)


def chosen(known, a):
    if a.quick:
        return list(QUICK)
    names = [n for n in known if any(fnmatch.fnmatch(n, w) for w in a.names)]
    for w in a.names:
        if not fnmatch.filter(known, w):
            sys.exit("run.py: no case is called %s; --list names them" % w)
    return names if a.names else list(known) if a.all else []


def runnable(known, names):
    """Without those that need a program which is not here."""
    out = []
    for n in names:
        lack = [p for p in known[n].needs if not shutil.which(p)] + [
            m for m in known[n].modules if not importlib.util.find_spec(m)]
        if lack:
            print("left out: %s needs %s" % (n, ", ".join(lack)))
        else:
            out.append(n)
    return out


def run_all(a, names, folder):
    failed = 0
    services.authority(folder)
    with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
        jobs = [pool.submit(alone, n, s, folder)
                for s in range(a.seed, a.seed + a.seeds) for n in names]
        for j in concurrent.futures.as_completed(jobs):
            name, seed, seconds, trouble = j.result()
            print("%-32s seed %-4d %5.1f s %s" % (name, seed, seconds, trouble and "FAILED"),
                  flush=True)
            if trouble:
                failed += 1
                print("    " + trouble.replace("\n", "\n    "), flush=True)
    return failed


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("names", nargs="*", help="names of cases, or patterns")
    for word in ("--all", "--quick", "--list"):
        ap.add_argument(word, action="store_true")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--seeds", type=int, default=1, help="how many, from --seed on")
    ap.add_argument("--jobs", type=int, default=8, help="cases at a time")
    ap.add_argument("-o", dest="folder", help="keep captures and truth here")
    ap.add_argument("--tool", help="the program to be held against the truth")
    ap.add_argument("--inside", metavar="DIR", help=argparse.SUPPRESS)
    a = ap.parse_args()
    if a.inside:
        return inside(a.names[0], a.seed, a.inside)
    known = cases.load()
    if a.list:
        for c in known.values():
            print("%-32s %-12s %s" % (c.name, c.group, c.what))
        return 0
    why = missing()
    if why:
        print("skipped: " + why)
        return SKIP
    names = runnable(known, chosen(known, a))
    if not names:
        ap.error("which cases? NAME..., --quick or --all")
    folder = a.folder or tempfile.mkdtemp(prefix="tamperscope-lab-")
    os.makedirs(folder, exist_ok=True)
    try:
        failed = run_all(a, names, os.path.abspath(folder))
        wrong, recall = score.report(a.tool, folder) if a.tool else (0, 1)
        trouble = score.self_check(folder) if a.quick else None
    finally:
        if not a.folder:
            shutil.rmtree(folder, ignore_errors=True)
    if trouble:
        print("run.py: " + trouble)
    return 1 if failed or trouble or a.quick and (wrong or recall < QUICK_RECALL) else 0


if __name__ == "__main__":
    sys.exit(main())
