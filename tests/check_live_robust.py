#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watching lives on, or ends in clear words, and what it leaves is whole.

check_live_robust.py TOOL CAPTURES

In network namespaces of its own, all at once: a folder of evidence that is too small, full, or left by
a process that was killed; files on a full disk; an interface that goes down, comes back, and goes;
storms of signals; the process or its copy killed; a reader that goes away.

Skipped without root, or where no namespace can be made."""
import glob
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
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from check_evidence import Pcapng, frames_of  # noqa: E402
from check_live import NO_TRACING, SKIPPED, SLOW, Namespace, cannot  # noqa: E402

# Replayed with other ports each time, it makes findings.
SHOWN = "iran-reset.pcap"


class Wrong(Exception):
    pass


def want(true, what):
    if not true:
        raise Wrong(what)


def until(what, true, seconds=15):
    """Waits for something that comes by itself."""
    end = time.time() + seconds * SLOW
    while time.time() < end:
        if true():
            return
        time.sleep(0.05)
    raise Wrong("waited in vain for " + what)


class Place:
    """A namespace, a folder that anybody may write, and in it perhaps a small disk."""
    count = 0
    lock = threading.Lock()

    def __init__(self, tool, captures, folder, name):
        with Place.lock:
            Place.count += 1
            number = Place.count
            self.namespace = Namespace("tamperscope%d-r%d" % (os.getpid(), number))
        self.tool, self.folder = tool, os.path.join(folder, name)
        self.capture = os.path.join(captures, SHOWN)
        with open(self.capture.rsplit(".", 1)[0] + ".json", encoding="utf-8") as f:
            self.each = len({x["flow"]["client"]["port"] for x in json.load(f)["findings"]})
        self.errors, self.lines, self.disks, self.started = [], [], [], []
        os.makedirs(self.folder)
        os.chmod(self.folder, 0o777)

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, name):
        os.makedirs(self.path(name))
        os.chmod(self.path(name), 0o777)
        return self.path(name)

    def disk(self, name, kib):
        path = self.make(name)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dk,mode=777" % kib, "tmpfs", path],
                       check=True)
        self.disks.append(path)
        return path

    def live(self, *options, out=subprocess.PIPE):
        p = self.namespace.start(self.tool, "live", *options, "veth-b", stdout=out,
                                 stderr=subprocess.PIPE, text=True, env=NO_TRACING)
        self.started.append(p)
        p.readers = [threading.Thread(target=self.read, args=(p.stderr, self.errors))]
        if out == subprocess.PIPE:
            p.readers.append(threading.Thread(target=self.read, args=(p.stdout, self.lines)))
        for t in p.readers:
            t.start()
        with open("/proc/%d/status" % p.pid, encoding="utf-8") as f:
            del f
        until("the beginning", lambda: p.poll() is not None or self.is_filtered(p.pid))
        time.sleep(0.3 * SLOW)
        return p

    @staticmethod
    def is_filtered(pid):
        """It is ready when its system calls are filtered."""
        try:
            with open("/proc/%d/status" % pid, encoding="utf-8") as f:
                return "Seccomp:\t2" in f.read()
        except FileNotFoundError:
            return False

    @staticmethod
    def read(stream, lines):
        for line in stream:
            lines.append(line)

    def said(self, text):
        return any(text in line for line in list(self.errors))

    def findings(self):
        return [json.loads(line) for line in list(self.lines)]

    def replay(self, first_port, times=1):
        """Each conversation of it again, from other ports, as fast as it goes."""
        subprocess.run(["ip", "netns", "exec", self.namespace.name, sys.executable,
                        os.path.abspath(__file__), "--send", self.capture, str(first_port),
                        str(times)], check=True)

    def flood(self, count):
        self.namespace.run(sys.executable, os.path.abspath(__file__), "--flood", str(count))

    def children(self, p):
        try:
            with open("/proc/%d/task/%d/children" % (p.pid, p.pid), encoding="ascii") as f:
                return [int(n) for n in f.read().split()]
        except FileNotFoundError:
            return []

    def alive(self):
        """Processes in the namespace."""
        r = subprocess.run(["ip", "netns", "pids", self.namespace.name], check=True,
                           stdout=subprocess.PIPE, text=True)
        return r.stdout.split()

    def end(self, p, seconds=20):
        """Status of the process after SIGTERM."""
        if p.poll() is None:
            p.terminate()
        try:
            p.wait(timeout=seconds * SLOW)
        except subprocess.TimeoutExpired as e:
            raise Wrong("it does not end") from e
        for t in p.readers:
            t.join()
        return p.returncode

    def close(self):
        for p in self.started:
            if p.poll() is None:
                p.kill()
                p.wait()
        self.namespace.close()
        for d in self.disks:
            subprocess.run(["umount", "-l", d], check=False)


def checksum(data):
    total = sum(int.from_bytes(data[i:i + 2], "big") for i in range(0, len(data) // 2 * 2, 2))
    total += data[-1] << 8 if len(data) % 2 else 0
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def moved(frame, by):
    """The same TCP segment over IPv4, of a conversation whose client has another port."""
    at = 14 + (frame[14] & 15) * 4
    if frame[12:14] != b"\x08\x00" or frame[23] != 6:
        return frame
    ip = bytearray(frame[14:14 + int.from_bytes(frame[16:18], "big")])
    at -= 14
    for port in (at, at + 2):
        old = int.from_bytes(ip[port:port + 2], "big")
        if old >= 1024:
            ip[port:port + 2] = (1024 + (old + by) % 64000).to_bytes(2, "big")
    ip[at + 16:at + 18] = b"\0\0"
    pseudo = ip[12:20] + bytes([0, 6]) + (len(ip) - at).to_bytes(2, "big")
    ip[at + 16:at + 18] = checksum(bytes(pseudo + ip[at:])).to_bytes(2, "big")
    return frame[:14] + bytes(ip)


def opened():
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind(("veth-a", 0))
    return s


def datagram(source, destination, sport, dport, payload):
    """An Ethernet frame with IPv4 and UDP; addresses are numbers."""
    ip = bytearray(struct.pack(">BBHHHBBHII", 0x45, 0, 28 + len(payload), sport, 0x4000, 57, 17, 0,
                               source, destination))
    ip[10:12] = checksum(bytes(ip)).to_bytes(2, "big")
    return bytes(12) + b"\x08\x00" + bytes(ip) + struct.pack(">HHHH", sport, dport,
                                                             8 + len(payload), 0) + payload


def flood(count):
    """Datagrams that mean nothing, of 1,400 bytes, a thousand in a second or two."""
    s = opened()
    for i in range(count):
        s.send(datagram(0xc0000201, 0xc6336400 + i % 256, 1024 + i % 60000, 9, bytes(1400)))
        if i % 50 == 49:
            time.sleep(0.02)


def send(path, first, times):
    s = opened()
    frames = frames_of(path)
    for i in range(times):
        last = None
        for f in frames:
            if last is not None:
                time.sleep(min(max((f[0] - last) / 1e9, 0), 0.02))
            last = f[0]
            s.send(moved(f[1], first + 97 * i))


def whole(folder):
    """Every file of the folder is whole evidence under its own name; returns how many there are."""
    names = os.listdir(folder)
    for name in names:
        want(name.endswith(".pcapng"), "%s was left" % name)
        with open(os.path.join(folder, name), "rb") as f:
            want(Pcapng(f.read()).frames, "%s holds nothing" % name)
    return len(names)


def fill(folder):
    """Leaves no room on a disk; returns what takes it."""
    name = os.path.join(folder, "filler")
    with open(name, "wb", buffering=0) as f:
        try:
            while f.write(bytes(4096)):
                pass
        except OSError:
            return name
    return name


def check_restart(place):
    """Another run writes over nothing, takes away what a killed one left, and nothing else."""
    folder = place.make("evidence")
    for run in (1, 2):
        p = place.live("-q", "--evidence-dir", folder)
        place.replay(1000 * run)
        until("findings of run %d" % run, lambda n=run: len(place.lines) >= n)
        want(place.end(p) == 0, "exit status: %s" % place.errors)
        if run == 1:
            first = set(os.listdir(folder))
            left = sorted(first)[0] + ".aB3xYz"
            for name in (left, "of-others.pcapng.aB3xYz", "notes.txt"):
                with open(os.path.join(folder, name), "w", encoding="ascii") as f:
                    f.write("x")
                os.chown(f.name, 65534, 65534)
    names = set(os.listdir(folder))
    want(left not in names, "what a killed process left is still there")
    want({"of-others.pcapng.aB3xYz", "notes.txt"} <= names, "files of others are gone")
    told = {f["evidence"] for f in place.findings()}
    want(first <= names, "the second run has written over evidence")
    want(told == {n for n in names if n.endswith(".pcapng")}, "told %s, kept %s" % (told, names))


def check_max_disk(place):
    """The oldest evidence goes, and only evidence."""
    folder = place.make("evidence")
    old = ["20010101T000000.00000%dZ-f%d-drop.pcapng" % (i, i) for i in range(4)]
    for name, size in [(n, 300 << 10) for n in old] + [("a-diary.pcapng", 5 << 20)]:
        with open(os.path.join(folder, name), "wb") as f:
            f.truncate(size)
    p = place.live("--evidence-dir", folder, "--max-disk", "1")
    place.replay(1000)
    until("findings", lambda: place.lines)
    want(place.end(p) == 0, "exit status: %s" % place.errors)
    names = os.listdir(folder)
    want("a-diary.pcapng" in names, "a file of others is gone")
    want(old[0] not in names and old[3] in names, "not the oldest went: %s" % names)
    want(place.said("--max-disk: 1 file"), "it was not told: %s" % place.errors)
    want(all("evidence" in f for f in place.findings()), "the new evidence was not kept")


def check_full(place):
    """A full disk is told once, findings are told all the same, and it goes on when there is room."""
    folder = place.disk("disk", 1024)
    filler = fill(folder)
    p = place.live("--evidence-dir", folder)
    for i in (1, 2):
        place.replay(1000 * i)
        until("findings on a full disk", lambda n=i: len(place.lines) >= n)
    want(all("No space" in f["evidence_error"] for f in place.findings()), "lines do not say so")
    want(sum("evidence cannot be kept" in e for e in place.errors) == 1, str(place.errors))
    want(os.listdir(folder) == ["filler"], "pieces were left: %s" % os.listdir(folder))
    os.unlink(filler)
    before = len(place.lines)
    place.replay(3000)
    until("findings with room", lambda: len(place.lines) > before)
    until("the word that there is room", lambda: place.said("evidence is kept again"))
    want(place.end(p) == 0, "exit status: %s" % place.errors)
    want(whole(folder) > 0, "nothing was kept")


def check_down_and_up(place):
    """It waits for an interface that went down, says so, and goes on when it is back."""
    p = place.live()
    for i in (1, 2):
        place.namespace.run("ip", "link", "set", "veth-b", "down")
        until("the word that it is down", lambda n=i: sum("waiting for it" in e for e in place.errors) >= n)
        place.namespace.run("ip", "link", "set", "veth-b", "up")
        until("the word that it is up", lambda n=i: sum("is up again" in e for e in place.errors) >= n)
        before = len(place.lines)
        place.replay(1000 * i)
        until("findings after it", lambda: len(place.lines) > before)
    want(place.end(p) == 0, "exit status: %s" % place.errors)


def check_removed(place):
    """Without its interface it ends by itself, with its report, and says why."""
    report = place.path("report.txt")
    p = place.live("--report", report)
    place.replay(1000)
    place.namespace.run("ip", "link", "del", "veth-a")
    until("the end", lambda: p.poll() is not None)
    want(place.end(p) == 1, "exit status %d" % p.returncode)
    want(place.said("watched no more") and place.said("no interface is left"), str(place.errors))
    want(place.lines, "the findings were lost")
    with open(report, encoding="utf-8") as f:
        want("interfered" in f.read() or place.lines, "no report")


def check_signals(place):
    """Thousands of SIGHUP lose no line and no descriptor; SIGUSR1 says how it goes."""
    lines, moved_to = place.path("lines"), place.path("lines.1")
    with open(lines, "w", encoding="utf-8") as f:   # of the user that it becomes
        os.chown(f.name, 65534, 65534)
    p = place.live("-o", lines)
    place.replay(1000)
    until("a finding", lambda: os.path.getsize(lines))
    before = len(os.listdir("/proc/%d/fd" % p.pid))
    sender = threading.Thread(target=place.replay, args=(2000, 3))
    sender.start()
    for _ in range(3000):
        os.kill(p.pid, signal.SIGHUP)
        time.sleep(0.0005)
    sender.join()
    os.rename(lines, moved_to)
    p.send_signal(signal.SIGHUP)
    until("a new file", lambda: os.path.exists(lines))
    place.replay(7000)
    until("findings in the new file", lambda: os.path.getsize(lines))
    p.send_signal(signal.SIGUSR1)
    until("statistics", lambda: place.said("packets, "))
    time.sleep(1.5 * SLOW)          # the copy of a look has a pipe
    until("as few descriptors", lambda: len(os.listdir("/proc/%d/fd" % p.pid)) <= before)
    want(place.end(p) == 0, "exit status: %s" % place.errors)
    told = []
    for name in (moved_to, lines):
        with open(name, encoding="utf-8") as f:
            told += [json.loads(line) for line in f]
    ports = {f["flow"]["client"]["port"] for f in told if f["type"] == "finding"}
    want(len(ports) == 5 * place.each, "%d ports were told of 5 times %d" % (len(ports), place.each))


def check_term_in_look(place):
    """What was captured before SIGTERM is told, even if a look was on its way."""
    p = place.live("-q")
    place.replay(1000)
    until("a look", lambda: place.children(p) or place.lines, 5)
    want(place.end(p) == 0, "exit status: %s" % place.errors)
    want(place.lines, "nothing was told")


def check_killed(place):
    """After kill -9 nothing runs on, and what has its name is whole."""
    folder = place.make("evidence")
    p = place.live("-q", "--evidence-dir", folder, "--write", place.path("stored.pcapng"))
    sender = threading.Thread(target=place.replay, args=(1000, 12))
    sender.start()
    until("evidence", lambda: glob.glob(folder + "/*.pcapng"))
    p.kill()
    p.wait()
    sender.join()
    until("the end of its copy", lambda: not place.alive(), 5)
    for name in os.listdir(folder):
        if not name.endswith(".pcapng"):
            os.unlink(os.path.join(folder, name))
    want(whole(folder) > 0, "nothing was kept")
    want(not os.path.exists(place.path("stored.pcapng")), "a file that is not whole has its name")


def check_copy_killed(place):
    """A look that was killed is told, and the next one tells what it would have told."""
    p = place.live()
    sender = threading.Thread(target=place.replay, args=(1000, 20))
    sender.start()
    end = time.time() + 10 * SLOW
    while time.time() < end and not place.said("came to nothing"):
        for child in place.children(p):
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.0005)
    want(place.said("came to nothing"), "it was not told")
    until("findings", lambda: place.lines)
    sender.join()
    want(place.end(p) == 0, "exit status: %s" % place.errors)
    ports = {f["flow"]["client"]["port"] for f in place.findings() if f["type"] == "finding"}
    want(len(ports) == 20 * place.each, "%d ports were told of 20 times %d" % (len(ports), place.each))


def check_reader_gone(place):
    """Nobody reads: it ends, and what it stores is whole."""
    stored = place.path("stored.pcapng")
    r, w = os.pipe()
    p = place.live("-q", "--write", stored, out=w)
    os.close(w)
    os.close(r)
    place.replay(1000)
    until("the end", lambda: p.poll() is not None)
    want(place.end(p) == 1, "exit status %d: %s" % (p.returncode, place.errors))
    want(frames_of(stored), "nothing was stored")


def check_output_full(place):
    """Findings that cannot be written end it, in clear words; the lines before are whole."""
    folder = place.disk("disk", 64)
    p = place.live("-q", "-o", os.path.join(folder, "lines"))
    place.replay(1000)
    until("a finding", lambda: os.path.getsize(os.path.join(folder, "lines")))
    fill(folder)
    place.replay(2000, 8)
    until("the end", lambda: p.poll() is not None)
    want(place.end(p) == 1, "exit status %d" % p.returncode)
    want(place.said("No space left"), str(place.errors))
    with open(os.path.join(folder, "lines"), encoding="utf-8") as f:
        want(all(json.loads(line) for line in f), "no lines")


def check_write_full(place):
    """What was stored before the disk was full is whole; findings are told all the same."""
    stored = os.path.join(place.disk("disk", 1024), "stored.pcapng")
    p = place.live("--write", stored)
    place.flood(1200)
    until("the word that the disk is full", lambda: place.said("nothing more is stored"))
    place.replay(1000)
    until("findings on a full disk", lambda: place.lines)
    want(place.end(p) == 1, "exit status %d: %s" % (p.returncode, place.errors))
    want(place.said("No space left"), str(place.errors))
    want(len(frames_of(stored)) > 300, "only %d frames were stored" % len(frames_of(stored)))
    want(os.listdir(os.path.dirname(stored)) == ["stored.pcapng"], "pieces were left")


def check_rotated(place):
    """Another run numbers its files from where the one before has ended."""
    stored = place.path("stored.pcapng")
    for run in (1, 2):
        p = place.live("-q", "--write", stored, "--rotate-size", "1")
        place.flood(900)
        time.sleep(0.5 * SLOW)
        want(place.end(p) == 0, "exit status: %s" % place.errors)
        names = sorted(glob.glob(stored + ".*"))
        want(len(names) == 2 * run, "%d files after run %d" % (len(names), run))
    want(sum(len(frames_of(n)) for n in names) >= 1800, "frames are missing")


CHECKS = [check_restart, check_max_disk, check_full, check_down_and_up, check_removed, check_signals,
          check_term_in_look, check_killed, check_copy_killed, check_reader_gone,
          check_output_full, check_write_full, check_rotated]


def run(check, tool, captures, folder, wrong):
    place = None
    try:
        place = Place(tool, captures, folder, check.__name__)
        check(place)
    except Wrong as e:
        wrong.append("%s: %s" % (check.__name__, e))
    except Exception:       # pylint: disable=broad-except
        wrong.append("%s: %s" % (check.__name__, traceback.format_exc()))
    finally:
        if place:
            place.close()


def main():
    if sys.argv[1] == "--send":
        send(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
        return 0
    if sys.argv[1] == "--flood":
        flood(int(sys.argv[2]))
        return 0
    tool, captures = (os.path.abspath(a) for a in sys.argv[1:3])
    why = cannot()
    if why:
        print("skipped: %s" % why)
        return SKIPPED
    checks = [c for c in CHECKS if not sys.argv[3:] or c.__name__ in sys.argv[3:]]
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        threads = [threading.Thread(target=run, args=(c, tool, captures, folder, wrong))
                   for c in checks]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    for w in wrong:
        print(w)
    print("%d checks, %d failed" % (len(checks), len(wrong)))
    return len(wrong) > 0


if __name__ == "__main__":
    sys.exit(main())
