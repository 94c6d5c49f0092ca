#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures speed and memory against an empty libpcap loop, on generated traffic.

run.py TOOL [--bytes N] [--runs N] [--keep DIR] [--skip speed,concurrent,length]

TOOL is the program; mixgen and nullloop are looked for beside it and in tests/bench/ below it.
speed       both programs alternately on one core: CPU, wall clock, memory, and the ratio
concurrent  memory with 50,000 connections open at the same time
length      memory on a capture twice as long: it must not grow
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

OPEN = 50000            # connections at the same time, of the concurrent run
PER_FLOW = 20000        # bytes of capture for each of them, so that all begin and many go on
GROWTH = 1.10           # memory on twice the length, as a share of the memory on the length


def find(tool, name):
    folder = os.path.dirname(os.path.abspath(tool))
    for d in (folder, os.path.join(folder, "tests", "bench")):
        path = os.path.join(d, name)
        if os.access(path, os.X_OK):
            return path
    sys.exit("run.py: %s is not built beside %s" % (name, tool))


def measure(command, core):
    """(CPU seconds, wall seconds, MB of memory at most) of one run."""
    start = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        os.sched_setaffinity(0, {core})
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        try:
            os.execv(command[0], command)
        except OSError:
            os._exit(127)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit("run.py: %s: status %d" % (" ".join(command), os.waitstatus_to_exitcode(status)))
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss / 1024


def show(name, runs):
    cpu, wall, rss = zip(*runs)
    print("  %-12s CPU %6.3f s (%.3f to %.3f)  wall %6.3f s  memory %7.1f MB" % (
        name, statistics.median(cpu), min(cpu), max(cpu), statistics.median(wall), max(rss)))
    return statistics.median(cpu)


def make(mixgen, path, size, *more):
    subprocess.run([mixgen, path, str(size), "1"] + [str(m) for m in more], check=True)
    with open(path, "rb") as f:         # into the page cache: disks are not what is measured
        while f.read(1 << 22):
            pass


def speed(a, programs, path, core):
    print("speed, %d runs each, alternately:" % a.runs)
    null, tool = [], []
    for _ in range(a.runs):
        null.append(measure([programs["nullloop"], path], core))
        tool.append(measure([programs["tool"], "analyze", "--format", "json", path], core))
    x, y = show("null loop", null), show("tamperscope", tool)
    ratios = sorted(t[0] / n[0] for t, n in zip(tool, null))
    print("  CPU ratio of the medians %.2f (of pairs: %.2f to %.2f)" % (
        y / x, ratios[0], ratios[-1]))
    return max(t[2] for t in tool)


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("tool")
    ap.add_argument("--bytes", type=int, default=1000000000)
    ap.add_argument("--runs", type=int, default=5)
    ap.add_argument("--keep", help="keep the captures here")
    ap.add_argument("--skip", default="", help="comma list of: speed, concurrent, length")
    a = ap.parse_args()
    programs = {n: find(a.tool, n) for n in ("mixgen", "nullloop")}
    programs["tool"] = os.path.abspath(a.tool)
    core, skip = max(os.sched_getaffinity(0)), a.skip.split(",")
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = a.keep or temporary
        mix, rss = os.path.join(folder, "mix.pcap"), None
        analyse = [programs["tool"], "analyze", "--format", "json"]
        make(programs["mixgen"], mix, a.bytes)
        if "speed" not in skip:
            rss = speed(a, programs, mix, core)
        if "concurrent" not in skip:
            path = os.path.join(folder, "open.pcap")
            make(programs["mixgen"], path, OPEN * PER_FLOW, 12, "--concurrent", OPEN)
            print("%d connections open at the same time:" % OPEN)
            show("tamperscope", [measure(analyse + [path], core)])
            os.unlink(path)
        if "length" not in skip:
            rss = rss or measure(analyse + [mix], core)[2]
            path = os.path.join(folder, "long.pcap")
            make(programs["mixgen"], path, 2 * a.bytes)
            twice = measure(analyse + [path], core)
            os.unlink(path)
            print("twice the length:")
            show("tamperscope", [twice])
            print("  memory is %.2f of that on the single length%s" % (
                twice[2] / rss, "" if twice[2] <= GROWTH * rss else ": IT GROWS"))


if __name__ == "__main__":
    main()
