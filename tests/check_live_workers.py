#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several workers share what one would see, and end together.

check_live_workers.py TOOL CAPTURES

In a network namespace of its own:
- made-up packets of many pairs of addresses go both ways, of IPv4 and IPv6, in fragments, behind
  VLAN tags and PPPoE, and as ICMP errors from a third address: each pair comes to one worker, whole,
  and all workers get some;
- captures are replayed all at once: three workers tell what one tells; ids are given once; what a
  worker stored gives an analysis that says the same and cites the same frames;
- a worker that is killed ends all, with a message and status 1; those without a parent end, too.

Skipped without root, or where no namespace can be made."""
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from check_evidence import frames_of  # noqa: E402
from check_live import NO_TRACING, SKIPPED, SLOW, Namespace, analyze, cannot, essence  # noqa: E402

WORKERS = 3
PAIRS = 60
# Of different addresses, none longer than some seconds.
SHOWN = ("iran-reset.pcap", "syn-ack-forged.pcap", "fin-forged.pcap", "data-race.pcap",
         "data-race-v6.pcapng", "alert-forged.pcap", "rst-on-syn.pcap", "dns-forged-second.pcap",
         "icmp-prohibited-v6.pcap", "rst-both-on-path.pcapng")
PATIENCE = 30           # seconds until something counts as hung


def ip4(src, dst, proto, payload, fragment=0, options=b""):
    n = 20 + len(options)
    return struct.pack(">BBHHHBBH4s4s", 0x40 | n // 4, 0, n + len(payload), 7, fragment, 64, proto, 0,
                       socket.inet_aton(src), socket.inet_aton(dst)) + options + payload


def ip6(src, dst, proto, payload):
    return struct.pack(">IHBB", 6 << 28, len(payload), proto, 64) + \
        socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst) + payload


def udp(src, dst, payload):
    return struct.pack(">HHHH", src, dst, 8 + len(payload), 0) + payload


def ethernet(kind, payload):
    frame = bytes(range(2, 14)) + struct.pack(">H", kind) + payload
    return frame + bytes(max(0, 60 - len(frame)))


def behind_ppp(protocol, packet):
    return ethernet(0x8864, struct.pack(">BBHHH", 0x11, 0, 9, len(packet) + 2, protocol) + packet)


def crafted():
    """(interface, frame) of all, and the marks that tell what belongs together."""
    frames, marks = [], []
    for i in range(PAIRS):
        a, b, c = "10.1.%d.2" % i, "203.0.113.%d" % (i * 3 % 251), "192.0.2.%d" % i
        mark = b"P4%06d" % i
        there, back = (ip4(a, b, 17, udp(4000 + i, 53, mark)), ip4(b, a, 17, udp(53, 9000, mark)))
        error = ip4(c, a, 1, b"\x03\x01" + bytes(6) + ip4(a, b, 17, mark), options=b"\x01" * 4)
        frames += [("veth-a", ethernet(0x800, there)), ("veth-b", ethernet(0x800, back)),
                   ("veth-b", ethernet(0x800, there)), ("veth-a", ethernet(0x800, back)),
                   ("veth-a", ethernet(0x800, ip4(a, b, 6, mark * 4, 0x2000))),
                   ("veth-a", ethernet(0x800, ip4(a, b, 6, mark * 4, 4))),
                   ("veth-a", ethernet(0x800, ip4(b, a, 1, bytes(8) + mark))),
                   ("veth-a", ethernet(0x800, error)), ("veth-b", ethernet(0x800, error)),
                   ("veth-a", ethernet(0x8100, b"\0\5\x08\0" + there)),
                   ("veth-b", ethernet(0x8100, b"\0\5\x08\0" + back)),
                   ("veth-a", ethernet(0x88a8, b"\0\5\x81\0\0\6\x08\0" + there)),
                   ("veth-a", behind_ppp(0x21, there))]
        marks.append(mark)
        a, b, c = "2001:db8:%x::1" % i, "2001:db8:ffff::%x" % (i * 7), "2001:db8:2::%x" % i
        mark = b"P6%06d" % i
        there, back = (ip6(a, b, 17, udp(4000 + i, 53, mark)), ip6(b, a, 17, udp(53, 9000, mark)))
        error = ip6(c, a, 58, b"\x01\x01" + bytes(6) + ip6(a, b, 17, mark))
        frames += [("veth-a", ethernet(0x86dd, there)), ("veth-b", ethernet(0x86dd, back)),
                   ("veth-a", ethernet(0x86dd, ip6(b, a, 44, b"\x11\0\0\1" + bytes(4) + mark))),
                   ("veth-b", ethernet(0x86dd, ip6(a, b, 58, b"\x80\0" + bytes(6) + mark))),
                   ("veth-a", ethernet(0x86dd, error)), ("veth-b", ethernet(0x86dd, error)),
                   ("veth-a", ethernet(0x8100, b"\0\5\x86\xdd" + there)),
                   ("veth-a", behind_ppp(0x57, back))]
        marks.append(mark)
    return frames, marks


def send_crafted():
    sockets = {}
    for name in ("veth-a", "veth-b"):
        sockets[name] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        sockets[name].bind((name, 0))
    for name, frame in crafted()[0]:
        sockets[name].send(frame)


def send_all(paths):
    """All at once, each at its own pace."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind(("veth-a", 0))
    due = []
    for path in paths:
        frames = frames_of(path)
        due += [(f[0] - frames[0][0], f[1]) for f in frames]
    begin = time.time()
    for nsec, frame in sorted(due, key=lambda d: d[0]):
        time.sleep(max(0, begin + nsec / 1e9 - time.time()))
        s.send(frame)


class Watch:
    """A tamperscope live that runs."""

    def __init__(self, tool, namespace, folder, *options):
        self.folder = folder
        os.makedirs(folder)
        os.chmod(folder, 0o777)
        self.process = namespace.start(
            tool, "live", "--write", os.path.join(folder, "stored"),
            *options, "veth-b", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=NO_TRACING)
        self.lines, self.errors = [], []
        self.readers = [threading.Thread(target=into.extend, args=(out,)) for into, out in
                        ((self.lines, self.process.stdout), (self.errors, self.process.stderr))]
        for r in self.readers:
            r.start()

    def children(self):
        with open("/proc/%d/task/%d/children" % ((self.process.pid,) * 2), encoding="utf-8") as f:
            return [int(word) for word in f.read().split()]

    def wait_for_workers(self):
        until = time.time() + PATIENCE
        while len(self.children()) < WORKERS and time.time() < until:
            time.sleep(0.1)
        time.sleep(SLOW)
        return self.children()[:WORKERS]

    def end(self):
        """Exit status, or None if it hung."""
        try:
            status = self.process.wait(PATIENCE * SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = None
        for r in self.readers:
            r.join()
        return status

    def stored(self, worker):
        return os.path.join(self.folder, "stored.w%d" % worker)

    def current(self):
        """The findings that stand, by id."""
        told = {}
        for line in self.lines:
            f = json.loads(line)
            told.pop(f.get("revises"), None)
            if f["type"] == "finding":
                told[f["id"]] = f
        return told


def check_pairs(tool, namespace, folder):
    w = Watch(tool, namespace, folder, "-q", "--workers", str(WORKERS))
    w.wait_for_workers()
    namespace.run(sys.executable, os.path.abspath(__file__), "--crafted")
    time.sleep(SLOW)
    w.process.terminate()
    status = w.end()
    if status != 0:
        yield "pairs: exit status %s: %s" % (status, "".join(w.errors))
        return
    frames, marks = crafted()
    homes = {}
    for worker in range(1, WORKERS + 1):
        stored = frames_of(w.stored(worker)) if os.path.exists(w.stored(worker)) else []
        if not stored:
            yield "worker %d got nothing" % worker
        for f in stored:
            for mark in marks:
                if mark in f[1]:
                    homes.setdefault(mark, []).append(worker)
    for mark in marks:
        expected = sum(mark in frame for _, frame in frames)
        got = homes.get(mark, [])
        if len(got) != expected or len(set(got)) != 1:
            yield "%s: %d packets, came to workers %s" % (mark.decode(), expected, got)


def about(f):
    return f["mechanism"], f["stage"], f["trigger"]["kind"], f["trigger"].get("value"), \
        f["flow"]["community_id"], f["verdict"]


def uncaptured(x):
    """What it says, but for its own name and the number of the capture in which its frames are."""
    if isinstance(x, dict):
        return {k: uncaptured(v) for k, v in essence(x).items() if k != "capture"}
    return [uncaptured(y) for y in x] if isinstance(x, list) else x


def check_findings(tool, namespace, folder, captures):
    one = Watch(tool, namespace, folder + "/one", "-q")
    report = os.path.join(folder, "report")
    os.chmod(folder, 0o777)
    several = Watch(tool, namespace, folder + "/several", "-q", "--workers", str(WORKERS),
                    "--evidence-dir", folder, "--report", report, "--format", "json")
    several.wait_for_workers()
    namespace.run(sys.executable, os.path.abspath(__file__), "--captures",
                  *[os.path.join(captures, name) for name in SHOWN])
    time.sleep(3 * SLOW)
    for w in one, several:
        w.process.terminate()
        status = w.end()
        if status != 0:
            yield "exit status %s: %s" % (status, "".join(w.errors))
            return
    a, b = one.current(), several.current()
    if sorted(map(about, a.values()), key=str) != sorted(map(about, b.values()), key=str):
        yield "one worker told\n %s\nand several\n %s" % (
            "\n ".join(sorted(str(about(f)) for f in a.values())),
            "\n ".join(sorted(str(about(f)) for f in b.values())))
    if len(a) < len(SHOWN) // 2:
        yield "%d findings only" % len(a)
    ids = [json.loads(line)["id"] for line in several.lines]
    if len(set(ids)) != len(ids):
        yield "an id was given twice: %s" % ids
    kept = [name.split("-")[1] for name in os.listdir(folder) if name.endswith(".pcapng")]
    for i in b:
        if kept.count(i) != 1:
            yield "evidence of %s: %d files" % (i, kept.count(i))
    yield from check_shares(tool, several, b, report)


def check_shares(tool, several, told, report):
    """What a worker told is what an analysis of its share says."""
    for worker in range(1, WORKERS + 1):
        mine = [f for f in told.values() if f["frames"][0]["capture"] == worker - 1]
        if not os.path.exists(several.stored(worker)):
            if mine:
                yield "worker %d told something of nothing" % worker
            continue
        again = analyze(tool, several.stored(worker))["findings"]
        with open("%s.w%d" % (report, worker), encoding="utf-8") as f:
            final = json.load(f)
        if sorted(map(about, mine), key=str) != sorted(map(about, again), key=str):
            yield "worker %d told something else than an analysis of its share" % worker
        if sorted(map(str, map(uncaptured, final["findings"]))) != \
                sorted(map(str, map(uncaptured, again))):
            yield "worker %d reports something else than an analysis of its share" % worker
        if [c["file"] for c in final["captures"]] != [
                "veth-b (worker %d)" % (i + 1) for i in range(WORKERS)]:
            yield "captures are called %s" % [c["file"] for c in final["captures"]]
        if not any("workers watched" in limit for limit in final["limits"]):
            yield "the report of worker %d does not say that there were others" % worker


def running(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def check_deaths(tool, namespace, folder):
    w = Watch(tool, namespace, folder + "/worker", "--workers", str(WORKERS))
    workers = w.wait_for_workers()
    namespace.run(sys.executable, os.path.abspath(__file__), "--crafted")
    time.sleep(SLOW)
    os.kill(workers[1], signal.SIGKILL)
    status = w.end()
    words = "".join(w.errors)
    if status != 1 or "worker 2 was ended by signal 9" not in words:
        yield "a worker was killed: exit status %s: %s" % (status, words)
    left = [pid for pid in workers if running(pid)]
    if left:
        yield "%s still run when one worker died" % left
    for worker in (1, 3):
        if not os.path.exists(w.stored(worker)) or not frames_of(w.stored(worker)):
            yield "worker %d has not kept what it stored when another died" % worker

    w = Watch(tool, namespace, folder + "/parent", "--workers", str(WORKERS))
    workers = w.wait_for_workers()
    w.process.kill()
    until = time.time() + PATIENCE
    while any(map(running, workers)) and time.time() < until:
        time.sleep(0.1)
    w.end()
    if any(map(running, workers)):
        yield "workers still run without a parent"


def main():
    if sys.argv[1] == "--crafted":
        send_crafted()
        return 0
    if sys.argv[1] == "--captures":
        send_all(sys.argv[2:])
        return 0
    tool, captures = sys.argv[1:3]
    why = cannot()
    if why:
        print("skipped: %s" % why)
        return SKIPPED
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        namespace = Namespace("tamperscope%dw" % os.getpid())
        try:
            for i, check in enumerate((check_pairs(tool, namespace, folder + "/pairs"),
                                       check_deaths(tool, namespace, folder + "/deaths"),
                                       check_findings(tool, namespace, folder + "/findings",
                                                      captures))):
                for complaint in check:
                    print(complaint)
                    wrong += 1
                print("part %d of 3 is over, %d complaints so far" % (i + 1, wrong), flush=True)
        finally:
            namespace.close()
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
