#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watching tells what an analysis tells, in time, and keeps the proof.

check_live.py TOOL CAPTURES

Each of a few captures, one of every mechanism, is replayed over a pair of interfaces in a network
namespace of its own, at the pace at which it was captured, all at once. Then:
- each finding was told within two seconds of the frame that makes it provable: the first frame up to
  which an analysis finds it;
- the report at the end, and the findings told and not revised, are those of an analysis of what --write
  stored;
- the evidence of each finding is read by an analysis, which finds the same mechanism in it;
- the process has no rights left: no capability, no root, no way to new ones, a filter of system calls.

Skipped without root, or where no namespace can be made."""
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from check_evidence import frames_of  # noqa: E402

SKIPPED = 77
# The mechanisms of the first detectors, in either direction, and some others.
SHOWN = ("iran-reset.pcap", "rst-both-on-path.pcapng", "airtel-server-side.pcap", "rst-on-syn.pcap",
         "syn-ack-forged.pcap", "fin-forged.pcap", "data-race.pcap", "data-race-same-length.pcap",
         "alert-forged.pcap", "mitm-race.pcap", "dns-forged-second.pcap", "dns-lie-nxdomain.pcap",
         "dot-port-dropped.pcap", "dns-dropped.pcap", "icmp-prohibited-v6.pcap", "drop-hello-up.pcap",
         "drop-server-hello.pcap", "drop-after-handshake.pcap", "data-race-v6.pcapng",
         "mail-overwritten.pcap")
# Whose evidence needs what it does not cite: other answers of a resolver, other names of a key.
NEEDS_MORE = ("dns-dropped.pcap", "mitm-one-key.pcapng")
# A process whose system calls are filtered cannot look for leaks at its end.
NO_TRACING = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
IN_TIME = 2.0       # seconds, as the requirement says
SLOW = float(os.environ.get("LIVE_SLOW", "1"))      # sanitizers and neighbours


def analyze(tool, path, *more):
    r = subprocess.run([tool, "analyze", "-q", "--format", "json", *more, path], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    return json.loads(r.stdout)


def key(f):
    """What it is about; its controls may be others when it is told."""
    own = [c["frame"] for c in f["frames"] if c["role"] != "control"]
    return f["mechanism"], own[0], f["flow"]["client"]["port"]


def essence(f):
    """All but the name that it has here."""
    return {k: v for k, v in f.items() if k not in ("id", "type", "revises")}


class Namespace:
    """Two interfaces that see nothing but what is sent through them."""

    def __init__(self, name):
        self.name = name
        subprocess.run(["ip", "netns", "add", name], check=True, stderr=subprocess.DEVNULL)
        quiet = "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1"
        self.run("sh", "-c", quiet + "; ip link add veth-a mtu 9000 type veth peer name veth-b mtu 9000 && "
                 "ip link set veth-a up && ip link set veth-b up")

    def run(self, *command):
        subprocess.run(["ip", "netns", "exec", self.name, *command], check=True,
                       stderr=subprocess.DEVNULL)

    def start(self, *command, **how):
        return subprocess.Popen(["ip", "netns", "exec", self.name, *command], **how)

    def close(self):
        subprocess.run(["ip", "netns", "del", self.name], stderr=subprocess.DEVNULL)


def send(path, delay):
    """Runs inside the namespace: replays, and prints when it sent each frame."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind(("veth-a", 0))
    frames = frames_of(path)
    begin = time.time() + delay
    for f in frames:
        wait = begin + (f[0] - frames[0][0]) / 1e9 - time.time()
        if wait > 0:
            time.sleep(wait)
        s.send(f[1])
        print(time.time(), flush=True)


class Run:
    def __init__(self, tool, path, folder, number):
        self.tool, self.path = tool, path
        self.name = os.path.basename(path)
        self.folder = os.path.join(folder, self.name)
        self.evidence = os.path.join(self.folder, "evidence")
        os.makedirs(self.evidence)
        os.chmod(self.folder, 0o777)
        os.chmod(self.evidence, 0o777)
        self.namespace = Namespace("tamperscope%d-%d" % (os.getpid(), number))
        self.told, self.sent, self.rights = [], [], ""

    def listen(self, out):
        for line in out:
            self.told.append((time.time(), json.loads(line)))

    def watch(self):
        stored = os.path.join(self.folder, "stored.pcapng")
        report = os.path.join(self.folder, "report.json")
        live = self.namespace.start(self.tool, "live", "-q", "--write", stored, "--report", report,
                                    "--format", "json", "--evidence-dir", self.evidence, "veth-b",
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                    env=NO_TRACING)
        listener = threading.Thread(target=self.listen, args=(live.stdout,))
        listener.start()
        time.sleep(2 * SLOW)
        with open("/proc/%d/status" % live.pid, encoding="utf-8") as f:
            self.rights = f.read()
        sender = self.namespace.start(sys.executable, os.path.abspath(__file__), "--send", self.path,
                                      stdout=subprocess.PIPE, text=True)
        self.sent = [float(line) for line in sender.stdout]
        time.sleep(4 * SLOW)
        live.terminate()
        self.errors = live.stderr.read()
        self.status = live.wait()
        listener.join()
        self.namespace.close()
        self.offline = analyze(self.tool, stored)
        with open(report, encoding="utf-8") as f:
            self.report = json.load(f)
        self.stored = stored

    def provable(self):
        """key -> the number of frames after which an analysis tells the finding."""
        found, frames = {}, len(self.sent)
        wanted = {key(f) for f in self.offline["findings"]}
        low, step = 0, max(1, frames // 60)
        for n in list(range(step, frames, step)) + [frames]:
            new = self.among_first(n) & wanted - set(found)
            for m in range(low + 1, n + 1) if new and step > 1 else [n] if new else []:
                for k in self.among_first(m) & new - set(found):
                    found[k] = m
            low = n
        return found

    def among_first(self, n):
        """What an analysis of the first frames tells."""
        path = os.path.join(self.folder, "cut.pcap")
        with open(path, "wb") as f:
            frames = frames_of(self.stored)[:n]
            f.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 262144, frames[0][3]))
            for t, data, length, _, _ in frames:
                f.write(struct.pack("<IIII", t // 10**9, t % 10**9, len(data), length) + data)
        return {key(g) for g in analyze(self.tool, path)["findings"]}

    def complaints(self):
        if self.status or self.errors:
            yield "exit status %d: %s" % (self.status, self.errors)
            return
        yield from self.rights_left()
        current, when = {}, {}
        for t, f in self.told:
            current.pop(f.get("revises"), None)
            if f["type"] == "finding":
                current[f["id"]] = f
                when.setdefault(key(f), t)
        offline = sorted((essence(f) for f in self.offline["findings"]), key=str)
        if sorted((essence(f) for f in self.report["findings"]), key=str) != offline:
            yield "the report at the end is not that of an analysis"
        if {key(f) for f in current.values()} != {key(f) for f in self.offline["findings"]}:
            yield "told %s, and an analysis says %s" % (sorted(map(key, current.values())),
                                                      sorted(map(key, self.offline["findings"])))
        for k, n in self.provable().items():
            late = when.get(k, float("inf")) - self.sent[n - 1]
            if late > IN_TIME * SLOW:
                yield "%s was told %.1f s after frame %d, which made it provable" % (k, late, n)
        yield from self.proof(current)

    def proof(self, current):
        kept = sorted(os.listdir(self.evidence))
        for f in current.values():
            name = f.get("evidence", "none")
            if name not in kept or "-%s-%s.pcapng" % (f["id"], f["mechanism"]) not in name:
                yield "no evidence of %s" % f["id"]
                continue
            again = analyze(self.tool, os.path.join(self.evidence, name))
            if f["confidence"] >= 0.6 and self.name not in NEEDS_MORE and not any(
                    g["mechanism"] == f["mechanism"] for g in again["findings"]):
                yield "the evidence of %s does not show it again" % f["id"]

    def rights_left(self):
        state = dict(line.split(":\t", 1) for line in self.rights.splitlines() if ":\t" in line)
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            if int(state[name], 16):
                yield "%s is %s" % (name, state[name])
        if "0" in state["Uid"].split() or "0" in state["Gid"].split():
            yield "it is still root: %s %s" % (state["Uid"], state["Gid"])
        if state["NoNewPrivs"] != "1" or state["Seccomp"] != "2":
            yield "NoNewPrivs %s, Seccomp %s" % (state["NoNewPrivs"], state["Seccomp"])


def cannot():
    if os.geteuid():
        return "not root"
    if not shutil.which("ip"):
        return "no ip(8)"
    try:
        Namespace("tamperscope%d" % os.getpid()).close()
    except subprocess.CalledProcessError:
        return "no network namespace can be made"
    return None


def main():
    if sys.argv[1] == "--send":
        send(sys.argv[2], 0.1)
        return 0
    tool, captures = sys.argv[1:3]
    why = cannot()
    if why:
        print("skipped: %s" % why)
        return SKIPPED
    wrong = told = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        runs = [Run(tool, os.path.join(captures, name), folder, i)
                for i, name in enumerate(SHOWN) if os.path.exists(os.path.join(captures, name))]
        threads = [threading.Thread(target=r.watch) for r in runs]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        for r in runs:
            for complaint in r.complaints():
                print("%s: %s" % (r.name, complaint))
                wrong += 1
            told += len(r.told)
    print("%d captures, %d findings told, %d complaints" % (len(runs), told, wrong))
    return wrong > 0 or not told


if __name__ == "__main__":
    sys.exit(main())
