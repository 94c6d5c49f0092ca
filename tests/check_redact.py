#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redacted captures and reports: nothing of what was planted is left, and the findings are the same.

usage: check_redact.py TOOL CAPTURES            plants secrets; holds findings against each other
       check_redact.py TOOL --corpus DIR        the latter only, over the captures of a folder
       check_redact.py --self-test TOOL CAPTURES  does the search find what was not redacted?

Secrets are planted in every place where they are known to hide (tests/planted.py), each unlike any
other. They are looked for in all outputs: as bytes, as text of either case, in hex, in base64 at each
of its three offsets, in UTF-16, and turned over or XORed where a protocol does that; then in what
tshark makes of the redacted capture, if it is there."""
import base64
import concurrent.futures
import ipaddress
import json
import os
import shutil
import subprocess
import sys
import tempfile

import planted

KEY = bytes(range(32))
# A capture larger than this makes the test of a folder slow; the largest of the lab has 2 MB.
LARGEST = 4 << 20


def run(*command):
    p = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if p.returncode:
        raise SystemExit("%s: status %d: %s" % (" ".join(map(str, command)), p.returncode,
                                                p.stderr.decode(errors="replace")[-2000:]))
    return p.stdout + p.stderr


# --- nothing is left ---

def forms_of_bytes(b):
    yield "raw", b
    yield "hex", b.hex().encode()
    yield "hex with colons", ":".join("%02x" % x for x in b).encode()
    yield "hex with blanks", b.hex(" ").encode()
    yield "turned over", bytes(x ^ 0xff for x in b)
    for i in range(3):
        s = base64.b64encode(b"\0" * i + b)
        cut = s[4:-4] if i else s[:-4]
        if len(cut) >= 8:
            yield "base64", cut


def forms(secret):
    """All the ways in which something may stand somewhere."""
    if isinstance(secret, (ipaddress.IPv4Address, ipaddress.IPv6Address)):
        texts = {str(secret), secret.exploded}
        b = secret.packed
        yield "backwards", b[::-1]
        if secret.version == 4:
            texts.add("-".join(str(secret).split(".")))
            texts.add(",".join(str(secret).split(".")))
            texts.add(secret.reverse_pointer)
            yield "XORed with STUN's cookie", bytes(x ^ y for x, y in zip(b, b"\x21\x12\xa4\x42"))
            yield "labels", b"".join(bytes([len(x)]) + x.encode()
                                     for x in reversed(str(secret).split(".")))
        else:
            texts.add(secret.reverse_pointer)
            # its last half alone names the host
            yield "identifier", b[8:]
            yield "labels", b"".join(b"\x01" + x.encode() for x in reversed(b[8:].hex()))
    elif isinstance(secret, str):
        texts, b = {secret, secret.lower(), secret.upper()}, secret.encode()
        yield "labels", b"".join(bytes([len(x)]) + x.encode() for x in secret.split("."))[1:]
    else:
        texts, b = set(), secret
    yield from forms_of_bytes(b)
    for t in texts:
        yield "text", t.encode()
        yield "UTF-16", t.encode("utf-16-le")
        yield "UTF-16", t.encode("utf-16-be")


def search(data, secrets, where):
    found, lower = [], data.lower()
    for place, secret in secrets:
        for how, form in forms(secret):
            text = how.startswith(("text", "hex"))
            if (form.lower() in lower) if text else (form in data):
                found.append("%s: %s of %s is left (%s)" % (where, place, secret, how))
                break
    return found


def outputs(tool, work, capture, name):
    """All that can be had of a capture redacted, by what it is."""
    key = os.path.join(work, "key")
    to = os.path.join(work, name + ".redacted.pcapng")
    log = os.path.join(work, name + ".log")
    out = {"stderr": run(tool, "redact", "--key", key, "--log", log, capture, to)}
    for what, path in (("pcapng", to), ("log", log)):
        with open(path, "rb") as f:
            out[what] = f.read()
    for form in ("text", "json", "ndjson", "html"):
        evidence = os.path.join(work, name + "." + form + ".evidence")
        p = subprocess.run([tool, "analyze", "--redact", "--key", key, "--flows", "--format", form,
                            "--evidence", evidence, capture], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, check=False)
        if form == "html" and p.returncode == 2:
            continue
        if p.returncode:
            raise SystemExit("%s --redact: %s" % (name, p.stderr.decode()))
        out["report as " + form] = p.stdout + p.stderr
        with open(evidence, "rb") as f:
            out["evidence beside " + form] = f.read()
    if shutil.which("tshark"):
        for option in (["-V"], ["-T", "json", "-x"]):
            out["tshark " + option[0]] = subprocess.run(
                ["tshark", "-n", "-r", to] + option, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, check=False).stdout
    return out


def check_planted(tool, work, redacted=True):
    bad = []
    with open(os.path.join(work, "key"), "wb") as f:
        f.write(KEY)
    for plant in planted.all_of_them():
        capture = os.path.join(work, plant.name + ".pcap")
        plant.write(capture)
        with open(capture, "rb") as f:
            original = f.read()
        there = {p for p, _ in plant.secrets}
        for place, secret in plant.secrets:
            if not plant.hidden(place) and not search(original, [(place, secret)], ""):
                bad.append("%s: %s was not planted well" % (plant.name, place))
        if not redacted:
            bad += search(original, plant.secrets, plant.name)
            continue
        for what, data in outputs(tool, work, capture, plant.name).items():
            bad += search(data, plant.secrets, "%s, %s" % (plant.name, what))
        bad += check_structure(capture, os.path.join(work, plant.name + ".redacted.pcapng"), tool,
                               plant.name, there)
    return bad


def frames_of(path):
    """Time, captured and sent length of each frame, of pcap or pcapng in little endian."""
    with open(path, "rb") as f:
        b = f.read()
    out = []
    if b[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"):
        scale = 1000 if b[0] == 0xd4 else 1
        at = 24
        while at + 16 <= len(b):
            s, frac, n, wire = (int.from_bytes(b[at + i:at + i + 4], "little")
                                for i in (0, 4, 8, 12))
            out.append((s * 10**9 + frac * scale, n, wire))
            at += 16 + n
        return out
    at = 0
    while at + 12 <= len(b):
        kind, n = (int.from_bytes(b[at + i:at + i + 4], "little") for i in (0, 4))
        if kind == 6:
            high, low, caplen, wire = (int.from_bytes(b[at + i:at + i + 4], "little")
                                       for i in (12, 16, 20, 24))
            out.append((high << 32 | low, caplen, wire))
        at += n
    return out


def check_structure(capture, redacted, tool, name, _):
    """Frames, times and lengths stay; and what is redacted twice is redacted once."""
    bad = []
    if frames_of(capture) != frames_of(redacted):
        bad.append("%s: frames, times or lengths are others" % name)
    again = redacted + ".again"
    run(tool, "redact", "-q", "--key", os.path.join(os.path.dirname(redacted), "key"), redacted,
        again)
    if frames_of(redacted) != frames_of(again):
        bad.append("%s: redacted twice, frames, times or lengths are others" % name)
    return bad


# --- the findings are the same ---

def report(tool, capture):
    return json.loads(subprocess.run([tool, "analyze", "-q", "--format", "json", capture],
                                     stdout=subprocess.PIPE, check=True).stdout)


def key_of(f):
    return (f["mechanism"], f["trigger"]["kind"], f["trigger"]["value"] or "", f["stage"],
            f["direction"], f["verdict"],
            tuple(sorted((c["frame"], c["role"]) for c in f["frames"])))


def compare_findings(a, b):
    bad = []
    for c, d in zip(a["captures"], b["captures"]):
        bad += ["capture: %s was %s, is %s" % (k, c[k], d[k])
                for k in ("packets", "bytes", "first", "last", "link_type", "vantage")
                if c[k] != d[k]]
    x, y = sorted(a["findings"], key=key_of), sorted(b["findings"], key=key_of)
    keys = [key_of(f) for f in x], [key_of(f) for f in y]
    bad += ["lost: %s" % (k,) for k in keys[0] if k not in keys[1]]
    bad += ["new: %s" % (k,) for k in keys[1] if k not in keys[0]]
    if keys[0] != keys[1]:
        return bad
    for f, g in zip(x, y):
        if abs(f["confidence"] - g["confidence"]) > 0.005:
            bad.append("%s: confidence was %s, is %s" % (f["mechanism"], f["confidence"],
                                                         g["confidence"]))
        if [t["fingerprint"] for t in f["attribution"]] != [t["fingerprint"]
                                                            for t in g["attribution"]]:
            bad.append("%s: attributed otherwise" % f["mechanism"])
    states = [{t["name"]: t["state"] for t in r["targets"] if t["kind"] in ("domain", "service")}
              for r in (a, b)]
    bad += ["target %s: was %s, is %s" % (n, s, states[1].get(n)) for n, s in states[0].items()
            if s in ("blocked", "impaired") and states[1].get(n) != s]
    return bad


def check_one(tool, capture, work):
    to = os.path.join(work, os.path.basename(capture) + ".redacted")
    p = subprocess.run([tool, "redact", "-q", "--key", os.path.join(work, "key"), capture, to],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if p.returncode == 1 and b"Sanitizer" not in p.stderr:
        return []   # not a capture
    if p.returncode:
        return ["%s: redact: status %d: %s" % (capture, p.returncode,
                                               p.stderr.decode(errors="replace")[-2000:])]
    bad = compare_findings(report(tool, capture), report(tool, to))
    os.unlink(to)
    return ["%s: %s" % (os.path.basename(capture), b) for b in bad]


def check_findings(tool, captures, work):
    with open(os.path.join(work, "key"), "wb") as f:
        f.write(KEY)
    bad = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for b in pool.map(lambda c: check_one(tool, c, work), captures):
            bad += b
    return bad


def captures_in(folder):
    out = []
    for where, folders, files in os.walk(folder):
        folders.sort()
        out += [os.path.join(where, f) for f in sorted(files)
                if f.endswith((".pcap", ".pcapng", ".pcap.gz", ".pcapng.gz"))
                and os.path.getsize(os.path.join(where, f)) <= LARGEST]
    return out


def main(arguments):
    with tempfile.TemporaryDirectory() as work:
        if arguments[0] == "--self-test":
            found = check_planted(arguments[1], work, redacted=False)
            plants = sum(len(p.secrets) for p in planted.all_of_them())
            if len(found) < plants * 9 // 10:
                return ["only %d of %d secrets are found where nothing was redacted" %
                        (len(found), plants)]
            return []
        tool = arguments[0]
        if arguments[1] == "--corpus":
            if not os.path.isdir(arguments[2]):
                print("skipped: no corpus at %s" % arguments[2])
                sys.exit(77)
            return check_findings(tool, captures_in(arguments[2]), work)
        bad = check_planted(tool, work)
        if not shutil.which("tshark"):
            print("no tshark: what it would make of them was not looked at")
        return bad + check_findings(tool, captures_in(arguments[1]), work)


if __name__ == "__main__":
    problems = main(sys.argv[1:])
    for problem in problems[:60]:
        print(problem)
    sys.exit(bool(problems))
