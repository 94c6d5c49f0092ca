#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what watching loses, beside tcpdump on the same interface in the same run.

live.py TOOL [--bytes N] [--rates MBPS,...] [--workers N,...] [--seconds N] [--capture FILE]

In a network namespace of its own, tcpreplay(1) sends the mix of tests/bench/mixgen over a pair of
interfaces: at each rate for some seconds, and at last the whole of it as fast as it can. Meanwhile
"tcpdump -w /dev/null" and "tamperscope live" capture at the other end, with buffers of one size.
Printed are the rate that there was, what each has received and dropped, and its CPU seconds.
Needs root, ip(8), tcpdump(8), tcpreplay(1)."""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from check_live import Namespace  # noqa: E402

BUFFER = 32             # MiB, as tamperscope has it without being asked


def mixgen(tool):
    folder = os.path.dirname(os.path.abspath(tool))
    path = os.path.join(folder, "mixgen")
    if not os.access(path, os.X_OK):
        sys.exit("live.py: mixgen is not built beside %s" % tool)
    return path


class Watcher:
    """Captures; tells what it got, from its last words."""

    def __init__(self, name, words, *command):
        self.name, self.words = name, words
        self.process = NAMESPACE.start(*command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                       text=True)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        said = self.process.stderr.read()
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if status:
            sys.exit("live.py: %s: %s" % (self.name, said))
        return [int(re.search(w, said).group(1)) for w in self.words], \
            usage.ru_utime + usage.ru_stime


def watch(tool, workers):
    return [Watcher("tcpdump", (r"(\d+) packets received", r"(\d+) packets dropped by kernel"),
                    "tcpdump", "-i", "veth-b", "-Z", "root", "-B", str(BUFFER << 10), "-w", os.devnull),
            Watcher("live, %d worker%s" % (workers, "s" if workers > 1 else ""),
                    (r"(\d+) packets,", r"(\d+) packets dropped"),
                    tool, "live", "--buffer", str(BUFFER), "--workers", str(workers), "veth-b")]


def send(path, rate, seconds):
    """(packets, seconds, bytes)"""
    pace = ["--topspeed"] if rate == 0 else ["--mbps", str(rate), "--duration", str(seconds)]
    r = subprocess.run(["ip", "netns", "exec", NAMESPACE.name, "tcpreplay", "-q", "-K", "-i", "veth-a",
                        *pace, path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    found = re.search(r"Actual: (\d+) packets \((\d+) bytes\) sent in ([\d.]+) seconds", r.stdout)
    if not found:
        sys.exit("live.py: tcpreplay: %s" % r.stdout)
    return int(found.group(1)), float(found.group(3)), int(found.group(2))


def measure(tool, path, rate, seconds, workers):
    watchers = watch(tool, workers)
    time.sleep(2)
    packets, took, size = send(path, rate, seconds)
    time.sleep(2)
    print("%8s  %6.0f Mbit/s  %7.0f packets/s  %8d packets" % (
        rate or "top", size * 8 / took / 1e6, packets / took, packets))
    for w in watchers:
        (received, dropped), cpu = w.end()
        print("          %-16s %8d got  %8d dropped (%.2f %%)  CPU %6.2f s" % (
            w.name, received, dropped, 100 * dropped / packets, cpu), flush=True)


def numbers(text):
    return [int(word) for word in text.split(",")]


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("tool")
    p.add_argument("--bytes", type=int, default=10**9)
    p.add_argument("--rates", type=numbers, default=[200, 500, 1000, 2000], help="0: only the top")
    p.add_argument("--workers", type=numbers, default=[1, 2])
    p.add_argument("--seconds", type=int, default=8)
    p.add_argument("--capture", help="instead of the mix")
    a = p.parse_args()
    for program in ("ip", "tcpdump", "tcpreplay"):
        if os.geteuid() or not shutil.which(program):
            sys.exit("live.py: needs root and %s" % program)
    global NAMESPACE
    NAMESPACE = Namespace("tamperscope-bench%d" % os.getpid())
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = a.capture
            if not path:
                path = os.path.join(folder, "mix.pcap")
                subprocess.run([mixgen(a.tool), path, str(a.bytes), "1"], check=True)
            for rate in [r for r in a.rates if r] + [0]:
                for workers in a.workers:
                    measure(os.path.abspath(a.tool), path, rate, a.seconds, workers)
    finally:
        NAMESPACE.close()


if __name__ == "__main__":
    main()
