#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""seed_compare.py PAIRS DIR: the corpus of fuzz_compare, from pairs of captures of the laboratory.

Of each pair the frames of one flow, cut to headers and a few bytes, so that inputs stay small.
"""
import glob
import json
import os
import struct
import sys

FRAMES, BYTES = 11, 100
HEAD = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1)


def frames(path):
    with open(path, "rb") as f:
        data = f.read()
    at, out = 24, []
    while at < len(data):
        s, us, n, length = struct.unpack_from("<IIII", data, at)
        out.append((s, us, length, data[at + 16:at + 16 + n]))
        at += 16 + n
    return out


def ports(frame):
    return frozenset(struct.unpack_from("!HH", frame[3], 34))


def some(rows, wanted):
    rows = [r for r in rows if ports(r) == wanted][:FRAMES]
    return HEAD + b"".join(struct.pack("<IIII", s, us, min(len(b), BYTES), n) + b[:BYTES]
                           for s, us, n, b in rows)


def main():
    pairs, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    for path in sorted(glob.glob(os.path.join(pairs, "*.json"))):
        name = os.path.basename(path)[:-5]
        with open(path, encoding="utf-8") as f:
            truth = json.load(f)
        ends = [os.path.join(pairs, truth["files"][e]) for e in ("client", "server")]
        if not all(e.endswith(".pcap") for e in ends):
            continue
        near, far = (frames(e) for e in ends)
        odd = truth["forged"]["client"] or truth["swallowed"]["client"] or [20]
        wanted = ports(near[odd[0] - 1])
        a, b = some(near, wanted), some(far, wanted)
        with open(os.path.join(folder, name), "wb") as f:
            f.write(struct.pack("<H", len(a)) + a + b)


if __name__ == "__main__":
    main()
