#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds what the whole data path counts and names against tshark, over a folder of captures.

    agree_tshark.py [--all] [--cache FOLDER] DUMP_FACTS [CORPUS [GLOB...]]

Compared are, file by file: packets; TCP conversations, by the frames that they begin with; names
asked for in TLS (SNI), DNS and HTTP/1. CORPUS is TAMPERSCOPE_CORPUS or ../shared/corpus beside
the source unless given. Without --all and GLOB: a fixed part of it, which takes a minute.

A difference is allowed if it belongs to a class that is checked packet by packet (see Classes),
or if EXPLAINED has its file, with both counts. It fails the comparison otherwise; so does an
explanation that is not true any more. Exit status 77: nothing to compare with."""
import argparse
import collections
import fnmatch
import hashlib
import os
import re
import shutil
import subprocess
import sys
import zlib

from compare_tshark import captures, mapped

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = ("benign", "interference", "malformed")

FIELDS = """frame.number frame.time_epoch frame.protocols frame.cap_len frame.len ip.src ip.dst
ipv6.src ipv6.dst tcp.stream tcp.srcport tcp.dstport tcp.flags tcp.seq_raw tcp.seq tcp.len
tcp.analysis.retransmission tcp.analysis.out_of_order udp.srcport udp.dstport
tls.handshake.extensions_server_name dns.flags.response dns.count.queries dns.qry.name
http.host http.request.method http.request.uri _ws.malformed""".split()

# Segments in the wrong order are put in order, as by any receiver; all else as tshark comes.
PREFERENCES = ["-o", "tcp.reassemble_out_of_order:TRUE"]
BETWEEN = "\x01"

SYN, ACK, FIN, RST = 2, 16, 1, 4

EXPLAINED = []


def tshark(path, more=()):
    args = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a",
            "-E", "aggregator=" + BETWEEN] + PREFERENCES + list(more)
    for f in FIELDS:
        args += ["-e", f]
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def cached(cache, path, more=()):
    """tshark's answer, kept under the file's name, size and time."""
    status = os.stat(path)
    key = repr((os.path.basename(path), status.st_size, status.st_mtime_ns, FIELDS, PREFERENCES,
                list(more)))
    name = cache and os.path.join(cache, hashlib.sha256(key.encode()).hexdigest())
    if name and os.path.exists(name):
        with open(name, "rb") as f:
            return zlib.decompress(f.read())
    out = tshark(path, more)
    if name:
        with open(name + ".new", "wb") as f:
            f.write(zlib.compress(out))
        os.replace(name + ".new", name)
    return out


def plain(name):
    """A name as both sides would write it if they escaped the same."""
    name = name.strip().lower().replace(r"\x5c", "\\")
    name = re.sub(r"\\x[0-9a-f]{2}|\\\d{3}|\\.|[^!-~]", "?", name)
    return re.sub(r"\?+", "?", name)


def without_port(host):
    host = host.strip()
    if host.startswith("["):
        return host[1:].split("]")[0]
    return host.split(":")[0]


class Frame:
    """A row of tshark's answer."""

    def __init__(self, row):
        self.row = row
        self.number = int(row["frame.number"][0])
        self.time = float((row["frame.time_epoch"] or ["0"])[0] or 0)
        self.protocols = (row["frame.protocols"] or [""])[0].split(":")
        self.cut = row["frame.cap_len"] != row["frame.len"]
        self.stream = self.tcp = None
        self.find_transport()

    def find_transport(self):
        """The innermost packet's; what ICMP quotes is no packet."""
        n = 0
        for name in self.protocols:
            if name in ("ip", "ipv6"):
                self.tcp = None
            elif name == "tcp":
                self.tcp = n
                n += 1
            elif name in ("icmp", "icmpv6"):
                self.tcp = None
                break
        if self.tcp is not None and self.tcp < len(self.row["tcp.stream"]):
            self.stream = int(self.row["tcp.stream"][self.tcp])

    def number_of(self, field):
        values = self.row[field]
        return int(values[self.tcp], 0) if self.tcp is not None and self.tcp < len(values) else 0

    def questions(self):
        row = self.row
        counts = [int(n) for n in row["dns.count.queries"]]
        names = list(row["dns.qry.name"])
        for response, n in zip(row["dns.flags.response"], counts):
            if response in ("0", "False") and n:
                yield from names[:1]  # of several questions the first counts (RFC 9619)
            del names[:n]

    def names(self):
        """(what, name)"""
        layers, row = self.protocols, self.row
        end = min([layers.index(x) for x in ("icmp", "icmpv6") if x in layers] or [len(layers)])
        if "quic" not in layers:
            for name in row["tls.handshake.extensions_server_name"]:
                yield "sni", plain(name)
        if "dns" in layers[:end]:
            for name in self.questions():
                yield "dns", "." if name == "<Root>" else plain(name)
        if "http" in layers[:end] and self.tcp is not None:
            for name in row["http.host"]:
                yield "http", plain(without_port(name))


class Theirs:
    def __init__(self, out):
        self.frames = {}
        self.streams = collections.defaultdict(list)  # stream: its frames
        self.names = collections.defaultdict(list)  # what: [(frame, name)]
        for line in out.decode("utf-8", "replace").split("\n"):
            values = line.split("\t")
            if len(values) != len(FIELDS) or not values[0].isdigit():
                continue
            row = {f: v.split(BETWEEN) if v else [] for f, v in zip(FIELDS, values)}
            self.add(Frame(row))
        self.packets = len(self.frames)

    def add(self, frame):
        self.frames[frame.number] = frame
        if frame.stream is not None:
            self.streams[frame.stream].append(frame)
        for what, name in frame.names():
            self.names[what].append((frame.number, name))


WORDS = {"tls.sni": "sni", "dns.qry.name": "dns", "http.host": "http"}
NO_DNS = (5353, 5355, 137)  # mDNS, LLMNR, NetBIOS: the same format, another protocol


class Ours:
    def __init__(self, dump, path):
        run = subprocess.run([dump, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.refused = run.returncode == 1
        self.crashed = run.returncode not in (0, 1) and run.stderr.decode("utf-8", "replace")
        self.packets = 0
        self.flows = {}  # id: the columns
        self.names = collections.defaultdict(list)  # what: [(frame, name)]
        self.flow_of = {}  # (what, frame, name): flow
        queries, facts = set(), []
        for line in run.stdout.decode().split("\n"):
            v = line.split("\t")
            if v[0] == "packets":
                self.packets = int(v[1])
            elif v[0] == "flow":
                self.flows[int(v[1])] = v
            elif v[0] == "fact" and v[5] == "dns.query":
                queries.add((v[1], v[3]))
            elif v[0] == "fact" and v[5] in WORDS:
                facts.append(v)
        for v in facts:
            what = WORDS[v[5]]
            flow = self.flows[int(v[1])]
            if what == "dns" and ((v[1], v[3]) not in queries or int(flow[4]) in NO_DNS
                                  or int(flow[6]) in NO_DNS):
                continue
            self.names[what].append((int(v[2]), plain(v[6])))
            self.flow_of[what, int(v[2]), plain(v[6])] = flow
        self.first = {int(v[7]): int(v[1]) for v in self.flows.values() if v[2] == "6"}


def leftover(a, b):
    """What of the list of pairs a has no partner in b: first the same frame, then the same name."""
    rest = list((collections.Counter(a) - collections.Counter(b)).elements())
    free = collections.Counter(n for _, n in (collections.Counter(b) - collections.Counter(a)).elements())
    left = []
    for frame, name in rest:
        if free[name]:
            free[name] -= 1
        else:
            left.append((frame, name))
    return left


def differences(theirs, ours):
    """[(what, who, frame, name)]"""
    if theirs.packets != ours.packets:
        yield "packets", "both", 0, "%d %d" % (theirs.packets, ours.packets)
    first = {frames[0].number for frames in theirs.streams.values()}
    for frame in sorted(first - set(ours.first)):
        yield "tcp", "theirs", frame, ""
    for frame in sorted(set(ours.first) - first):
        yield "tcp", "ours", frame, ""
    for what in ("sni", "dns", "http"):
        for frame, name in leftover(theirs.names[what], ours.names[what]):
            yield what, "theirs", frame, name
        for frame, name in leftover(ours.names[what], theirs.names[what]):
            yield what, "ours", frame, name


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--all", action="store_true")
    p.add_argument("--cached-only", action="store_true")
    p.add_argument("--cache")
    p.add_argument("dump")
    p.add_argument("corpus", nargs="?")
    p.add_argument("globs", nargs="*")
    o = p.parse_args()
    n = collections.Counter()
    for short, path in captures(o.corpus, o.globs):
        if short.split("/")[0] not in FOLDERS:
            continue
        if o.cached_only:
            status = os.stat(path)
            key = repr((os.path.basename(path), status.st_size, status.st_mtime_ns, FIELDS, PREFERENCES, []))
            if not os.path.exists(os.path.join(o.cache, hashlib.sha256(key.encode()).hexdigest())):
                continue
        theirs, ours = Theirs(cached(o.cache, path)), Ours(o.dump, path)
        n["files"] += 1
        if ours.crashed:
            print(short, "crash", ours.crashed)
            continue
        if ours.refused:
            n["refused"] += 1
            if theirs.packets:
                print(short, "refused", theirs.packets)
            continue
        n["tcp"] += len(theirs.streams); n["our tcp"] += len(ours.first)
        n["packets"] += theirs.packets
        for w in ("sni", "dns", "http"):
            n[w] += len(theirs.names[w]); n["our " + w] += len(ours.names[w])
        for d in differences(theirs, ours):
            f = theirs.frames.get(d[2])
            print(short, *d, ":".join(f.protocols) if f else "", sep="\t")
    print(dict(n))


if __name__ == "__main__":
    main()
