#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells two injectors apart from single resets of a table: delta, payload, TTL and flags, one reset
a row (the columns sni,delta,payload,ttl,ip_flags of the artifact of Wu et al., IEEE S&P 2025).

resets_table.py TOOL FOLDER [--every N] [--verbose]
resets_table.py TOOL --made N

FOLDER holds gfw.csv and henan.csv. Each row becomes a connection with the row's reset in it, and
with headers that tell nothing; the shipped fingerprints must name the right injector in
99.5 % of all rows, and once more with the payload taken away. Rows of neither injector (see
is_nobodys) are not tried, and count as wrong. Nothing is kept. --made draws the rows
itself, and then it must hold for each of the two.
"""
import argparse
import csv
import json
import os
import random
import re
import struct
import subprocess
import sys
import tempfile
from collections import Counter

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "captures"))
from lab import packets, payloads               # noqa: E402
from lab.packets import ACK, PSH, RST, SYN      # noqa: E402

WANTED = 0.995
BATCH = 1000            # rows a capture: each gets a second of its own
RTO_MIN = 0.2           # Linux, TCP_RTO_MIN
GIVES_UP = 5            # seconds after which nobody repeats any more
NAMES = {"gfw": re.compile("^cn-gfw"), "henan": re.compile("^cn-henan")}
SKIPPED = 77            # meson's word for a test that cannot run here
# Options of the SYN as Linux sends them, so that nobody takes the client for a scanner.
OPTIONS = packets.option_mss(1460)


def table(folder, name):
    with open(os.path.join(folder, name + ".csv"), encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def made(name, n):
    """Rows as the paper has them: the national filter draws its TTL from 200 values and needs 11 to
    30 ms, the provincial one is always as far away and needs less."""
    rng = random.Random("made " + name)
    for i in range(n):
        far, sni = name == "gfw", "www%d.example" % i
        yield {"sni": sni, "payload": "" if far else "01020304050607080900",
               "ttl": str(rng.randrange(39, 239) if far else 58),
               "ip_flags": rng.choice(("DF", "")) if far else "",
               "delta": "%.6f" % (rng.uniform(0.0115, 0.029) if far else rng.uniform(0.0023, 0.010))}


def is_nobodys(row):
    """Rows of neither injector: a TTL that no router lowered, DF, no payload, 71 seconds late or more.
    The same are in both files, 101 in one and 1 in the other, whose other 18,405 rows all have the
    ten bytes. The rest of the first file comes within 24 s, spread over 201 TTLs:
    a hundred times the same one is no chance. So a machine next door sends its own reset."""
    return row["ttl"] == "64" and "DF" in row["ip_flags"] and float(row["delta"]) > 30


def flow(rng, row, number, at, a):
    """The packets of one row, with their times. What was measured were hellos to a server that
    confirms them and says nothing. Of those that were lost the repetition was answered, as the
    late rows show: they come in clusters at the times of Linux' repetitions."""
    client, server = "192.0.2.1", "198.18.%d.%d" % (number // 200, 1 + number % 200)  # RFC 2544
    sport, c, s = 20000 + number, rng.getrandbits(32), rng.getrandbits(32)
    hello = payloads.client_hello(rng, row["sni"])
    ids = rng.randrange(60000)

    def up(t, seq, ack, flags, data=b"", options=b""):
        return t, packets.Packet(client, server, packets.TCP, sport, 443, seq & packets.MASK,
                                 ack & packets.MASK, flags, 64240, options, data, 64,
                                 ids + int(t) % 100, True)

    def down(t, seq, ack, flags, ttl, df, ip_id, window, data=b"", options=b""):
        return t, packets.Packet(server, client, packets.TCP, 443, sport, seq & packets.MASK,
                                 ack & packets.MASK, flags, window, options, data, ttl, ip_id, df)
    said, repeated, rto = at + a.rtt + 0.001, 0, a.rtt + RTO_MIN
    payload = bytes.fromhex(row["payload"]) if a.payload else b""
    delta, end = float(row["delta"]), c + 1 + len(hello)
    out = [up(at, c, 0, SYN, options=OPTIONS),
           down(at + a.rtt, s, c + 1, SYN | ACK, 48, True, 0, 65160, options=OPTIONS),
           up(at + a.rtt + 0.0002, c + 1, s + 1, ACK), up(said, c + 1, s + 1, ACK | PSH, hello)]
    while repeated + rto < min(delta, GIVES_UP):
        repeated, rto = repeated + rto, 2 * rto
        out.append(up(said + repeated, c + 1, s + 1, ACK | PSH, hello))
    return out + [down(said + delta, s + 1, end if a.flags & ACK else 0, a.flags, int(row["ttl"]),
                       "DF" in row["ip_flags"], rng.randrange(1, 65536), 0, payload),
                  down(said + repeated + a.rtt, s + 1, end, ACK, 48, True, 0, 509)]


def capture(path, rows, a):
    rng = random.Random("resets table " + repr(rows[0]))
    records = []
    for i, row in enumerate(rows):
        records += flow(rng, row, i, 1750000000 + i, a)
    records.sort(key=lambda r: r[0])
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for t, p in records:
            frame = packets.frame_bytes(p, p.ttl, p.sport == 443)
            f.write(struct.pack("<IIII", int(t), int(t % 1 * 1e6), len(frame), len(frame)) + frame)


def told(tool, path):
    """client port -> the injector that is named first."""
    out = subprocess.run([tool, "analyze", "--format", "json", path], check=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    said = {}
    for f in json.loads(out)["findings"]:
        named = [a["fingerprint"] for a in f["attribution"]]
        if f["mechanism"] == "rst-injection" and named:
            said[f["flow"]["client"]["port"]] = named[0]
    return said


def count(rows, a):
    names = Counter()
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "rows.pcap")
        for i in range(0, len(rows), BATCH):
            part = rows[i:i + BATCH]
            capture(path, part, a)
            said = told(a.tool, path)
            names.update(said.get(20000 + k, "nobody") for k in range(len(part)))
    return names


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("tool")
    ap.add_argument("folder", nargs="?", default="")
    ap.add_argument("--made", type=int, metavar="N", help="N rows of each, drawn at random")
    ap.add_argument("--every", type=int, default=1, help="take each N-th row")
    ap.add_argument("--rtt", type=float, default=0.03, help="round trip, seconds")
    ap.add_argument("--bare", dest="flags", action="store_const", const=RST, default=RST | ACK,
                    help="resets without ACK flag")
    ap.add_argument("--verbose", action="store_true")
    a = ap.parse_args()
    if not os.path.exists(a.folder) and "TAMPERSCOPE_CORPUS" in os.environ:
        a.folder = os.path.join(os.environ["TAMPERSCOPE_CORPUS"], "resets")
    if not a.made and not os.path.exists(os.path.join(a.folder, "gfw.csv")):
        print("no table in %s: skipped" % a.folder)
        sys.exit(SKIPPED)
    failed = False
    for a.payload in (True, False):
        right = total = whole = 0
        for name, pattern in NAMES.items():
            rows = list(made(name, a.made)) if a.made else table(a.folder, name)[::a.every]
            own = sum(map(is_nobodys, rows))
            rows = [r for r in rows if not is_nobodys(r)]
            names = count(rows, a)
            good = sum(n for k, n in names.items() if pattern.match(k))
            print("%s, %s payload: %d of %d named (%.2f %%), %d left out" % (
                name, "with" if a.payload else "without", good, len(rows),
                100 * good / len(rows), own))
            if a.verbose:
                print("    " + ", ".join("%s %d" % kv for kv in names.most_common()))
            failed |= bool(a.made) and good < WANTED * len(rows)
            right, total, whole = right + good, total + len(rows), whole + len(rows) + own
        print("both: %.2f %%; %.2f %% of all rows" % (100 * right / total, 100 * right / whole))
        failed |= right / whole < WANTED
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
