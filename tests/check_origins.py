#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Countries and networks of clients: what stats --mmdb says is what the databases say, adds up, and is
bounded.

check_origins.py TOOL CAPTURES

Skipped where the program was built without libmaxminddb."""
import collections
import ipaddress
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import mmdb  # noqa: E402

SKIPPED = 77
TOOL, CAPTURES = sys.argv[1:3]
CLIENTS = 400           # more than are told by name, each in a network of its own
NAMED = 100             # NETWORKS_MAX of src/origins.c
ROOM = 65536            # ORIGINS_MAX
COUNTS = ("connections", "possibly_tampered", "matched")
wrong = []


def run(*arguments):
    return subprocess.run([TOOL, "stats", *arguments], check=False, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def table(*arguments):
    r = run("--format", "json", "--view", "server", *arguments)
    if r.returncode:
        sys.exit("check_origins: %s" % r.stderr)
    return json.loads(r.stdout)


def expect(what, is_so):
    if not is_so:
        wrong.append(what)


def refused(words, *arguments):
    r = run(*arguments, os.path.join(CAPTURES, "plain-v4.pcap"))
    expect("%s: exit status %d, %r" % (arguments, r.returncode, r.stderr),
           r.returncode == 1 and len(r.stderr.splitlines()) == 1 and words in r.stderr)


def syn(client, port, reset):
    """What one connection attempt, and one reset behind it, look like to the server."""
    def packet(flags, seq, options):
        tcp = struct.pack("!HHIIBBHHH", port, 443, seq, 0, (20 + len(options)) << 2, flags, 64240, 0, 0)
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + len(options), port, 0x4000, 50, 6, 0,
                         client.packed, ipaddress.ip_address("203.0.113.1").packed)
        return ip + tcp + options
    return [packet(2, 1000, b"\x02\x04\x05\xb4")] + ([packet(4, 1001, b"")] if reset else [])


def write_capture(path, clients):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))    # raw IP
        t = 1000
        for client, connections, resets in clients:
            for i in range(connections):
                for p in syn(client, 2000 + i, i < resets):
                    f.write(struct.pack("<IIII", t // 1000, t % 1000 * 1000, len(p), len(p)) + p)
                    t += 1
        f.write(struct.pack("<IIII", t // 1000 + 60, 0, len(p), len(p)) + p)    # all others are over


def many(folder):
    """Hundreds of networks: the largest are told one by one, the others together."""
    lot = random.Random(1)
    clients = [(ipaddress.ip_address("10.%d.%d.1" % (i // 250, i % 250)), lot.randrange(1, 9), 0)
               for i in range(CLIENTS)]
    clients = [(a, n, lot.randrange(0, n + 1)) for a, n, _ in clients]
    networks = {"%s/24" % ipaddress.ip_network("%s/24" % a, strict=False).network_address:
                mmdb.network(1000 + i, "Network %d" % i) for i, (a, _, _) in enumerate(clients)}
    countries = {n: mmdb.country(("AA", "BB", "CC")[i % 3]) for i, n in enumerate(networks)}
    capture, asn, country = (os.path.join(folder, n) for n in ("many.pcap", "asn.mmdb", "country.mmdb"))
    write_capture(capture, clients)
    for version, kind in ((4, "Test-ASN"), (6, "Test-ASN")):
        mmdb.write(asn, kind, networks, version)
        mmdb.write(country, "Test-Country", countries, version)
        t = table("--mmdb", asn, "--mmdb", country, capture)
        bare = table(capture)
        expect("other counts with databases", {k: t[k] for k in bare} == bare)
        order = sorted(range(CLIENTS), key=lambda i: (-clients[i][1], i))
        said = [(n["asn"], n["name"], n["connections"]) for n in t["networks"]]
        expect("networks %s" % said[:3], said == [(1000 + i, "Network %d" % i, clients[i][1])
                                                  for i in order[:NAMED]])
        others = t["other_networks"]
        expect("others %s" % others, others["networks"] == CLIENTS - NAMED and not others["not_told_apart"])
        for key in COUNTS:
            expect("%s of countries" % key, sum(c[key] for c in t["countries"]) == t[key])
            expect("%s of networks" % key, sum(n[key] for n in t["networks"]) + others[key] == t[key])
        want = collections.Counter()
        for i, (_, n, _) in enumerate(clients):
            want[("AA", "BB", "CC")[i % 3]] += n
        expect("countries", {c["country"]: c["connections"] for c in t["countries"]} == want)
        names = collections.Counter()
        for c in t["countries"]:
            names.update(c["signatures"])
        expect("signatures of countries %s" % names, names == {
            g["name"]: g["count"] for s in t["stages"] for g in s["signatures"] if g["count"]})
    return asn, country


def few(folder):
    """IPv4 and IPv6, what no database knows, several captures, one database only."""
    place = os.path.join(folder, "place.mmdb")
    v4, v6 = (os.path.join(CAPTURES, n) for n in ("plain-v4.pcap", "data-race-v6.pcapng"))
    mmdb.write(place, "Test-Country", {"192.0.2.0/24": mmdb.country("AA"), "2001:db8::/32": mmdb.country("BB")})
    one, both = table("--mmdb", place, v4), table("--mmdb", place, v4, v6)
    expect("no networks in a database of countries", "networks" not in one)
    expect("one country", [c["country"] for c in one["countries"]] == ["AA"])
    expect("two countries", {c["country"] for c in both["countries"]} == {"AA", "BB"})
    expect("both captures", sum(c["connections"] for c in both["countries"]) == both["connections"])
    mmdb.write(place, "Test-City", {"8.8.8.0/24": mmdb.country("AA")})
    expect("nobody knows", [c["country"] for c in table("--mmdb", place, v4)["countries"]] == [None])
    mmdb.write(place, "Test-Country", {"192.0.2.0/24": {"country": {"iso_code": "\x1b["}}})
    expect("letters only", [c["country"] for c in table("--mmdb", place, v4)["countries"]] == [None])
    text = run("--mmdb", place, v4).stdout
    expect("text: %s" % text, "Countries of clients" in text and "not known" in text)


def too_many(folder):
    """More networks than there is room for: all are counted, and it is said that some have no name."""
    clients = [(ipaddress.ip_address(0x0a000001 + (i << 7)), 1, 0) for i in range(ROOM + 1000)]
    capture, asn = os.path.join(folder, "crowd.pcap"), os.path.join(folder, "crowd.mmdb")
    write_capture(capture, clients)
    mmdb.write(asn, "Test-ASN", {"%s/32" % a: mmdb.network(1 + i, "N") for i, (a, _, _) in enumerate(clients)},
               4)
    t = table("--mmdb", asn, capture)
    others = t["other_networks"]
    expect("all are counted", t["connections"] == len(clients) == others["connections"] + NAMED)
    expect("others: %s" % others, others["networks"] == ROOM - NAMED and others["not_told_apart"] == 1000)


def damaged(folder, database):
    """Files that are cut off or changed anywhere end in words, never in a crash."""
    with open(database, "rb") as f:
        whole = f.read()
    bad, lot = os.path.join(folder, "bad.mmdb"), random.Random(2)
    for i in range(60):
        data = bytearray(whole)
        if i % 2:
            for _ in range(20):
                data[lot.randrange(len(data))] = lot.randrange(256)
        else:
            del data[lot.randrange(len(data)):]
        with open(bad, "wb") as f:
            f.write(data)
        r = run("--mmdb", bad, os.path.join(folder, "many.pcap"))
        expect("damaged database %d: %d %r" % (i, r.returncode, r.stderr), r.returncode in (0, 1))


with tempfile.TemporaryDirectory() as temporary:
    if "built without" in run("--mmdb", "/", os.path.join(CAPTURES, "plain-v4.pcap")).stderr:
        print("skipped: built without libmaxminddb")
        sys.exit(SKIPPED)
    made, _ = many(temporary)
    few(temporary)
    too_many(temporary)
    damaged(temporary, made)
    refused("No such file", "--mmdb", os.path.join(temporary, "missing"))
    refused("not a database", "--mmdb", temporary)
    refused("not a database", "--mmdb", os.path.join(temporary, "many.pcap"))
    open(os.path.join(temporary, "empty"), "wb").close()
    refused("not a database", "--mmdb", os.path.join(temporary, "empty"))
for line in wrong:
    print("check_origins: %s" % line)
print("%d wrong" % len(wrong))
sys.exit(bool(wrong))
