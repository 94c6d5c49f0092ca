#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence is what was captured, and says what it shows.

check_evidence.py TOOL CAPTURES    each capture of the folder that shows interference
check_evidence.py --self-test TOOL CAPTURES    spoils evidence and sees that this is found

Of each report the evidence must hold every cited frame with the bytes, lengths and nanoseconds that it
had, under a comment with its number and its finding; nothing that was not captured; and tshark and
capinfos, where they are installed, must read it without a complaint and show the comments."""
import gzip
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

PROFILE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "wireshark", "tamperscope")
# Together they have packets of every role.
PAINTED = ("moscow-evening.pcapng", "iran-reset.pcap")


class Wrong(Exception):
    pass


def blocks(data):
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if length % 4 or length < 12 or struct.unpack_from("<I", data, at + length - 4)[0] != length:
            raise Wrong("a block at %d has lengths that do not agree" % at)
        yield kind, data[at + 8:at + length - 4]
        at += length


def options(body, at):
    while at + 4 <= len(body):
        code, length = struct.unpack_from("<HH", body, at)
        if code == 0:
            return
        yield code, body[at + 4:at + 4 + length]
        at += 4 + (length + 3) // 4 * 4


class Pcapng:
    """Frames as (nanoseconds, bytes, length on the wire, link type, comments)."""

    def __init__(self, data):
        self.frames, self.comment, links, units = [], None, [], []
        self.names = 0
        for kind, body in blocks(data):
            if kind == 0x0a0d0d0a:
                self.comment = dict(options(body, 16)).get(1, b"").decode()
                links, units = [], []
            elif kind == 1:
                links.append(struct.unpack_from("<H", body)[0])
                unit = dict(options(body, 8)).get(9, b"\x06")[0]
                units.append(10 ** (9 - unit) if unit <= 9 else None)
            elif kind == 4:
                self.names += 1
            elif kind == 6:
                link, high, low, caplen, length = struct.unpack_from("<IIIII", body)
                comments = [v.decode() for c, v in options(body, 20 + (caplen + 3) // 4 * 4) if c == 1]
                self.frames.append(((high << 32 | low) * units[link], body[20:20 + caplen], length,
                                    links[link], comments))


def frames_of(path):
    """The frames of an original."""
    with open(path, "rb") as f:
        data = f.read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        return Pcapng(data).frames
    end = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    unit = 1 if struct.unpack(end + "I", data[:4])[0] == 0xa1b23c4d else 1000
    link, at, found = struct.unpack_from(end + "I", data, 20)[0], 24, []
    while at + 16 <= len(data):
        sec, part, caplen, length = struct.unpack_from(end + "IIII", data, at)
        found.append((sec * 10 ** 9 + part * unit, data[at + 16:at + 16 + caplen], length, link, []))
        at += 16 + caplen
    return found


def number_of(frame, name):
    m = re.match(r"frame (\d+) of " + re.escape(name), frame[4][0] if frame[4] else "")
    if not m:
        raise Wrong("a frame does not begin with its number: %s" % frame[4])
    return int(m.group(1))


def hold(report, evidence, original, name):
    """Raises Wrong if the evidence is not what the report needs."""
    shown = {}
    for frame in evidence.frames:
        number = number_of(frame, name)
        if number > len(original) or frame[:4] != original[number - 1][:4]:
            raise Wrong("frame %d is not as it was captured" % number)
        if number in shown:
            raise Wrong("frame %d is there twice" % number)
        shown[number] = frame
    if list(shown) != sorted(shown):
        raise Wrong("frames are out of order")
    for f in report["findings"]:
        tag = "[%s]" % f["id"]
        for c in f["frames"]:
            comments = shown.get(c["frame"], ((), (), (), (), []))[4]
            if not any("[%s %s]" % (f["id"], c["role"]) in x for x in comments) and len(comments) < 12:
                raise Wrong("%s: frame %d is missing, or does not say so" % (tag, c["frame"]))
        if not any(f["explanation"].split("\n")[0][:20] in x for s in shown.values() for x in s[4]):
            raise Wrong("%s: no comment says what happened" % tag)
        if tag not in evidence.comment:
            raise Wrong("%s: not in the section's comment" % tag)
    if report["captures"][0]["sha256"] not in evidence.comment:
        raise Wrong("the original's SHA-256 is not told")


def make(tool, path, out):
    r = subprocess.run([tool, "analyze", "-q", "--format", "json", "--evidence", out, path],
                       stdout=subprocess.PIPE, check=True, stdin=subprocess.DEVNULL)
    return json.loads(r.stdout)


def readers_agree(out, evidence):
    """tshark and capinfos, if they are there."""
    if not shutil.which("tshark"):
        return
    r = subprocess.run(["tshark", "-n", "-r", out, "-T", "fields", "-e", "frame.comment"],
                       capture_output=True, text=True)
    said = [line for line in r.stderr.splitlines() if not line.startswith("Running as user")]
    lines = r.stdout.splitlines()
    if r.returncode or said:
        raise Wrong("tshark complains: %s" % said)
    if len(lines) != len(evidence.frames) or any(
            not line.startswith(f[4][0]) for line, f in zip(lines, evidence.frames)):
        raise Wrong("tshark shows other comments")
    r = subprocess.run(["capinfos", "-c", "-M", out], capture_output=True, text=True)
    if r.returncode or r.stderr or str(len(evidence.frames)) not in r.stdout:
        raise Wrong("capinfos: %s" % (r.stderr or r.stdout))


def profile_fits(out, evidence, profile):
    """Each colour of the Wireshark profile falls on the frames that it is meant for."""
    if not shutil.which("tshark"):
        return
    with open(os.path.join(profile, "colorfilters"), encoding="utf-8") as f:
        rules = [line.split("@")[1:3] for line in f if line.startswith("@")]
    said = [" ".join(f[4]) for f in evidence.frames]
    for name, rule in rules:
        wanted = re.search(r'"([^"]*)"', rule).group(1)
        r = subprocess.run(["tshark", "-n", "-r", out, "-Y", rule, "-T", "fields", "-e", "frame.number"],
                           capture_output=True, text=True)
        shown = [int(n) for n in r.stdout.split()]
        if shown != [i + 1 for i, text in enumerate(said) if wanted in text]:
            raise Wrong("colour '%s' is on frames %s: %s" % (name, shown, r.stderr))
    home = os.path.join(os.path.dirname(out), "home")
    shutil.copytree(profile, os.path.join(home, "wireshark", "profiles", "tamperscope"),
                    dirs_exist_ok=True)
    r = subprocess.run(["tshark", "-n", "-C", "tamperscope", "-r", out], capture_output=True, text=True,
                       env=dict(os.environ, XDG_CONFIG_HOME=home))
    complaints = [line for line in r.stderr.splitlines() if not line.startswith("Running as user")]
    if complaints or any(f[4][0] not in line for f, line in zip(evidence.frames, r.stdout.splitlines())):
        raise Wrong("the profile's columns show no comments: %s" % complaints)
    if any(not any(re.search(r'"([^"]*)"', rule).group(1) in text for _, rule in rules) for text in said):
        raise Wrong("a frame has no colour")


def check(tool, path, folder, foreign):
    out = os.path.join(folder, os.path.basename(path) + ".evidence.pcapng")
    report = make(tool, path, out)
    with open(out, "rb") as f:
        evidence = Pcapng(f.read())
    hold(report, evidence, frames_of(path), os.path.basename(path))
    if foreign:
        readers_agree(out, evidence)
    if os.path.basename(path) in PAINTED:
        profile_fits(out, evidence, PROFILE)
    os.remove(out)
    return len(report["findings"]), len(evidence.frames)


def captures_with_findings(folder):
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".json"):
            continue
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            if not json.load(f).get("findings"):
                continue
        for ending in (".pcap", ".pcapng", ".pcap.gz"):
            path = os.path.join(folder, name[:-5] + ending)
            if os.path.exists(path):
                yield path


def spoiled(evidence):
    """(what was done, evidence)"""
    def copy(**changes):
        e = Pcapng(b"")
        e.frames, e.comment = list(evidence.frames), evidence.comment
        for k, v in changes.items():
            setattr(e, k, v)
        return e
    first = evidence.frames[0]
    yield "a flipped bit", copy(frames=[(first[0], bytes([first[1][0] ^ 1]) + first[1][1:]) + first[2:]]
                                + evidence.frames[1:])
    yield "a time", copy(frames=[(first[0] + 1,) + first[1:]] + evidence.frames[1:])
    yield "a length", copy(frames=[first[:2] + (first[2] + 1,) + first[3:]] + evidence.frames[1:])
    yield "frames without their cites", copy(frames=[f[:4] + (f[4][:1],) for f in evidence.frames])
    yield "no hash", copy(comment=re.sub(r"SHA-256 \w+", "", evidence.comment))
    yield "twice", copy(frames=evidence.frames + [first])


def self_test(tool, folder):
    path = os.path.join(folder, "moscow-evening.pcapng")
    with tempfile.TemporaryDirectory() as scratch:
        out = os.path.join(scratch, "e.pcapng")
        report = make(tool, path, out)
        with open(out, "rb") as f:
            evidence = Pcapng(f.read())
    missed = 0
    for what, e in spoiled(evidence):
        try:
            hold(report, e, frames_of(path), os.path.basename(path))
        except Wrong:
            continue
        print("not noticed: %s" % what)
        missed += 1
    return missed > 0


def main():
    arguments = [a for a in sys.argv[1:] if a != "--self-test"]
    tool, folder = arguments
    if "--self-test" in sys.argv:
        return self_test(tool, folder)
    wrong = findings = frames = 0
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(4) as pool:
        paths = list(captures_with_findings(folder))
        # tshark takes a second each: every tenth.
        jobs = [(p, pool.submit(check, tool, p, scratch, i % 10 == 0)) for i, p in enumerate(paths)]
        for path, job in jobs:
            try:
                n, m = job.result()
                findings += n
                frames += m
            except (Wrong, subprocess.CalledProcessError, KeyError, ValueError) as e:
                print("%s: %s" % (path, e))
                wrong += 1
    print("%d captures, %d findings, %d frames of evidence, %d wrong%s" % (
        len(paths), findings, frames, wrong, "" if shutil.which("tshark") else "; no tshark here"))
    return wrong > 0 or not findings


if __name__ == "__main__":
    sys.exit(main())
