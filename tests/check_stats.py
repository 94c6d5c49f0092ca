#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""tamperscope stats on the project's own captures: the numbers add up, one direction is enough, and
findings carry the names that the table counts.

check_stats.py TOOL CAPTURES
"""
import json
import subprocess
import sys

TOOL, FOLDER = sys.argv[1:3]
# Seen from the server, with what the client's address is; signatures that are counted.
INBOUND = {"airtel-server-side.pcap": {"psh-ack-rst-ack": 2},
           "rst-to-server.pcap": {"psh-ack-rst-ack": 2},
           "drop-syn-ack.pcap": {"syn-none": 1}}
# Seen from the client.
MIRRORED = {"gfw-types-1-2.pcap": {"psh-ack-rst-rst-ack": 2},
            "gfw-port-443.pcap": {"syn-rst-ack": 2},
            "rst-triple.pcap": {"psh-ack-rst-ack-rst-ack": 1},
            "rst-with-payload.pcap": {"psh-ack-rst-ack": 1},
            "turkmenistan-reset.pcap": {"psh-ack-rst": 1},
            "drop-syn.pcap": {"syn-none": 3}, "drop-hello-both.pcap": {"syn-ack-none": 2},
            "client-leaves.pcap": None, "plain-v4.pcap": {}, "closed-port.pcap": {"syn-rst-ack": 3}}
wrong = []


def run(command, *arguments):
    r = subprocess.run([TOOL, command, "--format", "json"] + list(arguments), check=False,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    if r.returncode:
        sys.exit("check_stats: %s %s: %s" % (command, " ".join(arguments), r.stderr.decode()))
    return json.loads(r.stdout)


def counted(table):
    return {g["name"]: g["count"] for s in table["stages"] for g in s["signatures"] if g["count"]}


def adds_up(name, table):
    names = [g["name"] for s in table["stages"] for g in s["signatures"]]
    if len(names) != 19 or len(set(names)) != 19:
        wrong.append("%s: %d signatures" % (name, len(set(names))))
    for key, total in (("connections", "possibly_tampered"), ("matched", "matched")):
        if sum(s[key] for s in table["stages"]) != table[total]:
            wrong.append("%s: the stages' %s are not %d" % (name, key, table[total]))
    if sum(counted(table).values()) != table["matched"]:
        wrong.append("%s: the signatures are not %d" % (name, table["matched"]))
    if not table["matched"] <= table["possibly_tampered"] <= table["connections"]:
        wrong.append("%s: more matched than there are" % name)


def expect(name, want, *arguments):
    table = run("stats", *arguments, FOLDER + "/" + name)
    adds_up(name, table)
    if want is not None and counted(table) != want:
        wrong.append("%s %s: %s, expected %s" % (name, " ".join(arguments), counted(table), want))
    return table


for name, want in INBOUND.items():
    whole = expect(name, want)
    client = [f["flow"]["client"]["ip"] for f in run("analyze", FOLDER + "/" + name)["findings"]][0]
    if whole["captures"][0]["view"] != "server":
        wrong.append("%s: seen from the %s" % (name, whole["captures"][0]["view"]))
    expect(name, want, "-f", "src host " + client)
# What clients sent, and nothing else, is what servers receive, whatever its TTLs are.
table = expect("rst-triple.pcap", None, "-f", "src host 192.0.2.10")
if table["captures"][0]["view"] != "server":
    wrong.append("one direction: seen from the %s" % table["captures"][0]["view"])
for name, want in MIRRORED.items():
    expect(name, want, "--view", "client")

# What findings say is what is counted.
for name in ("gfw-types-1-2.pcap", "rst-triple.pcap", "airtel-server-side.pcap", "drop-syn.pcap"):
    said = {s for f in run("analyze", FOLDER + "/" + name)["findings"] for s in f["signatures"]}
    if said != set((INBOUND | MIRRORED)[name]):
        wrong.append("%s: findings say %s" % (name, said))

for line in wrong:
    print(line)
print("%d captures, %d wrong" % (len(INBOUND) + len(MIRRORED), len(wrong)))
sys.exit(1 if wrong else 0)
