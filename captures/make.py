#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the project's own captures: python3, with
python3-cryptography for QUIC; the same bytes each time.

make.py                        writes every capture and its expectation beside this script
make.py NAME...                writes these; --to DIR elsewhere; --list names all
make.py --pairs                writes the pairs of captures of both ends, in pairs/
make.py --check [NAME...]      makes them again and compares with what lies here
make.py --labelled DIR N SEED  writes N random captures with their truth
"""
import argparse
import json
import os
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from lab import files, labelled, packets, pairs, scenarios, truth      # noqa: E402
from lab.world import EPOCH, Lab                                # noqa: E402

SUFFIX = {"pcap": ".pcap", "pcapng": ".pcapng", "pcap.gz": ".pcap.gz"}


def frames(lab):
    """The tap's records as (time, bytes), in time order."""
    lab.tap.records.sort(key=lambda r: r[0])
    return [(EPOCH * 1000000 + t, packets.frame_bytes(p, ttl, inbound, lab.vlan))
            for t, p, ttl, inbound in lab.tap.records]


def make(s):
    """(file name, bytes, expectation) of one scenario."""
    lab = Lab(s.name, **s.options)
    s.function(lab)
    lab.run()
    data = files.encode(frames(lab), s.kind, lab.snaplen)
    return s.name + SUFFIX[s.kind], data, truth.sample(lab, s.name, s.what, s.group, s.kind)


def text(document):
    """JSON with one finding or flow a line: short, and good to compare."""
    out = []
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            rows = ",\n  ".join(json.dumps(v) for v in value)
            out.append(' "%s": [\n  %s]' % (key, rows))
        else:
            out.append(' "%s": %s' % (key, json.dumps(value)))
    return "{\n" + ",\n".join(out) + "\n}\n"


def same(name, ours, theirs):
    """Compressed files are compared by what they hold: deflate may be done in many ways."""
    if name.endswith(".gz"):
        ours, theirs = zlib.decompress(ours, 31), zlib.decompress(theirs, 31)
    return ours == theirs


def check(chosen, folder):
    bad = 0
    for s in chosen:
        name, data, expected = make(s)
        for file, want in ((name, data), (s.name + ".json", text(expected).encode())):
            try:
                with open(os.path.join(folder, file), "rb") as f:
                    have = f.read()
            except OSError as e:
                print("%s: %s" % (file, e.strerror))
                bad += 1
                continue
            if not same(file, have, want):
                print("%s: make.py %s makes other bytes" % (file, s.name))
                bad += 1
    return bad


def pair_files(known):
    """(file name, bytes) of the pairs of captures of both ends, and of their truth."""
    for name in pairs.PAIRS:
        names, data, t = pairs.made(name, known, Lab)
        for end in names:
            yield names[end], data[end]
        t["files"] = names
        yield name + ".json", text(t).encode()


def check_pairs(known, folder):
    bad = 0
    for name, data in pair_files(known):
        try:
            with open(os.path.join(folder, name), "rb") as f:
                if same(name, f.read(), data):
                    continue
            print("pairs/%s: make.py --pairs makes other bytes" % name)
        except OSError as e:
            print("pairs/%s: %s" % (name, e.strerror))
        bad += 1
    return bad


def readme(chosen, folder):
    rows = ["| capture | kind | what happens |", "|---|---|---|"]
    for s in sorted(chosen, key=lambda s: (s.group, s.name)):
        rows.append("| `%s` | %s | %s |" % (s.name + SUFFIX[s.kind], s.group, s.what))
    path = os.path.join(folder, "README.md")
    with open(path, encoding="utf-8") as f:
        head = f.read().split("\n| capture |")[0]
    with open(path, "w", encoding="utf-8") as f:
        f.write(head.rstrip("\n") + "\n\n" + "\n".join(rows) + "\n")


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("names", nargs="*")
    ap.add_argument("--to", default=HERE)
    ap.add_argument("--check", action="store_true")
    ap.add_argument("--list", action="store_true")
    ap.add_argument("--pairs", action="store_true")
    ap.add_argument("--labelled", nargs=3, metavar=("DIR", "N", "SEED"))
    a = ap.parse_args()
    known = scenarios.load()
    for n in a.names:
        if n not in known:
            sys.exit("make.py: no scenario is called %s; --list names them" % n)
    chosen = [known[n] for n in a.names] or list(known.values())
    if a.labelled:
        labelled.write(a.labelled[0], int(a.labelled[1]), a.labelled[2], chosen, frames)
    elif a.list:
        for s in chosen:
            print("%-24s %-12s %s" % (s.name, s.group, s.what))
    elif a.pairs:
        folder = os.path.join(a.to, "pairs")
        os.makedirs(folder, exist_ok=True)
        for name, data in pair_files(known):
            with open(os.path.join(folder, name), "wb") as f:
                f.write(data)
    elif a.check:
        bad = check(chosen, a.to)
        if not a.names:
            bad += check_pairs(known, os.path.join(a.to, "pairs"))
        sys.exit(1 if bad else 0)
    else:
        for s in chosen:
            name, data, expected = make(s)
            with open(os.path.join(a.to, name), "wb") as f:
                f.write(data)
            with open(os.path.join(a.to, s.name + ".json"), "w", encoding="utf-8") as f:
                f.write(text(expected))
        if not a.names and a.to == HERE:
            readme(chosen, a.to)


if __name__ == "__main__":
    main()
