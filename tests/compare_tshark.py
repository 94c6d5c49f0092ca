#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds the decoder against tshark, frame by frame, over a folder of captures.

    compare_tshark.py DUMP_PACKETS [FOLDER] [GLOB...]

FOLDER is TAMPERSCOPE_CORPUS, or ../shared/corpus beside the tree, unless given. Every difference is printed unless EXPLAINED says why
it is there, and fails the comparison; so does an explanation that no frame needs (only when the
whole folder was compared). Exit status 77: nothing to compare with."""
import collections
import concurrent.futures
import fnmatch
import ipaddress
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PACKET_CUT, BAD_IP_SUM, BAD_SUM, SUM_UNCHECKED, REASSEMBLED = 1, 4, 8, 16, 32

FIELDS = """frame.number frame.protocols ip.src ip.dst ip.ttl ip.proto ip.checksum
ip.checksum.status ipv6.src ipv6.dst ipv6.hlim ipv6.nxt tcp.srcport tcp.dstport tcp.seq_raw tcp.ack_raw tcp.flags
tcp.window_size_value tcp.len tcp.checksum.status udp.srcport udp.dstport udp.length
udp.checksum.status icmp.type icmp.code icmpv6.type icmpv6.code
ip.len ip.hdr_len ip.flags.mf ip.frag_offset ipv6.plen ipv6.fraghdr.more ipv6.fraghdr.offset
frame.cap_len frame.len""".split()

# Globs for the file below FOLDER, the word of compare() and tshark's protocols; and why.
EXPLAINED = [
    ("*", "link", "arcnet*", "ARCNET is not read"),
    ("*", "link", "fddi*", "FDDI is not read"),
    ("*", "link", "ipoib*", "IP over InfiniBand is not read"),
    ("*", "link", "juniper*", "Juniper's own header is not read"),
    ("*", "link", "user_dlt*", "a private link type is not read"),
    ("*", "no-ip", "ppp:vjc*", "Van Jacobson compression is not undone"),
    ("*", "no-ip", "*:macsec:*", "MACsec is not looked into, even where it does not encrypt"),
    ("*", "deeper", "*:pim:*", "PIM registers carry multicast, no conversation"),
    ("*", "deeper", "*:openflow:*", "OpenFlow carries copies of single packets"),
    ("*", "deeper", "*:sflow:*", "sFlow carries samples of packets"),
    ("*", "deeper", "*:udp:mpls:*", "MPLS in UDP is not entered"),
    ("*", "deeper", "*:udp:nsh:*", "NSH in UDP is not entered"),
    ("*/arkime_synthetic.pcap", "deeper", "*:udp:ip:udp:dns", "VXLAN-GPE without the flag that a next protocol is given"),
    ("*/arkime_synthetic.pcap", "deeper", "*:geneve:*", "Geneve is told by its destination port (RFC 8926, 3.3); this answers to one"),
    ("*/vxlan_port_8472.pcap", "src+dst*", "*:udp:data", "tshark does not know Linux' VXLAN port"),
    ("*/bigtcp-*", "*dport*", "*", "tshark stops at lengths of 0, which offload of large segments leaves"),
    ("*/ajp.pcap", "*sum", "*:cfp:*", "tshark takes the last 4 bytes inside FabricPath for a frame check sequence"),
    ("benign/zeek/cisco-fabric-path.pcap", "only-ours", "*:cfp:*", "tshark takes the last 4 bytes inside FabricPath for a frame check sequence"),
    ("benign/zeek/tunnels/gre-aruba*.pcap", "deeper", "*:gre:wlan:*", "802.11 in GRE, of one maker, is not entered"),
    ("benign/zeek/tunnels/ayiya*.pcap", "deeper", "*:ayiya:*", "AYIYA, whose one network closed in 2017, is not entered"),
    ("benign/zeek/tunnels/gre-over-udp-4754.pcap", "deeper", "*:udp:gre:*", "GRE in UDP is not entered"),
    ("benign/zeek/tunnels/gtp/*", "deeper", "*:gtpprime:*", "GTP' carries charging records; tshark takes what follows for packets"),
    ("benign/zeek/ipv6-mobility-dst-opts.pcap", "proto+sport+dport", "*:ipv6.dstopts", "tshark stops at an option whose length is wrong, which hosts would, too"),
    ("benign/zeek/ipv6-reassembly-state-leak.pcap", "fragment", "*:udp:data", "put together it is longer than IPv6 allows (RFC 8200, 4.5)"),
    ("benign/zeek/pppoe-over-qinq.pcap", "length+sum", "*:pppoes:ppp:ip:tcp", "IP tells of more bytes than PPPoE does: the one is believed here, the other by tshark"),
    ("benign/zeek/ipv4/fragmented-1.pcap", "fragment", "*:udp:ntp", "it reaches beyond the datagram's last fragment, and hosts take none of it; tshark shows it"),
    ("benign/zeek/tunnels/teredo_bubble_with_payload.pcap", "deeper", "*:teredo:ipv6", "a bubble (RFC 4380, 2.8): an IPv6 header with no next one and nothing in it"),
    ("benign/ndpi/default/pcap/fuzz-2020-02-16-11740.pcap", "only-ours", "*:ip:ipv6:data", "tshark shows one address of a broken inner header, and not the other"),
]


def tshark(path):
    args = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a",
            "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE",
            "-o", "udp.check_checksum:TRUE", "-o", "tcp.desegment_tcp_streams:FALSE"]
    for f in FIELDS:
        args += ["-e", f]
    out = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    for line in out.decode("utf-8", "replace").splitlines():
        values = line.split("\t")
        if len(values) == len(FIELDS) and values[0].isdigit():
            yield {f: v.split(",") if v else [] for f, v in zip(FIELDS, values)}


def number(row, field, i):
    try:
        return int(row[field][i], 0)
    except (IndexError, ValueError):
        return None


def ip_sum(row, i):
    """1 good, 0 bad; a checksum of 0 is left to the card, and neither."""
    return number(row, "ip.checksum.status", i) if number(row, "ip.checksum", i) else None


def layers(row):
    """The IP packets of a frame from the outside inwards, without those that ICMP quotes:
    {version, src, dst, ttl, and the transport header if there is one}."""
    at = collections.Counter()
    found = []
    for name in row["frame.protocols"][0].split(":") if row["frame.protocols"] else []:
        i = at[name]
        at[name] += 1
        if name in ("ip", "ipv6"):
            address = lambda end: str(mapped(row[f"{name}.{end}"][i]))
            try:
                found.append({"version": 4 if name == "ip" else 6, "src": address("src"),
                              "dst": address("dst"), "sum": ip_sum(row, i) if name == "ip" else None,
                              "ttl": number(row, "ip.ttl" if name == "ip" else "ipv6.hlim", i)})
            except IndexError:
                return found
        elif name in ("tcp", "udp", "icmp", "icmpv6") and found and "proto" not in found[-1]:
            p = found[-1]
            p["proto"] = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}[name]
            if name in ("tcp", "udp"):
                p["sport"] = number(row, name + ".srcport", i)
                p["dport"] = number(row, name + ".dstport", i)
                p["bad"] = number(row, name + ".checksum.status", i)
            if name == "tcp":
                p["seq"] = number(row, "tcp.seq_raw", i)
                p["ack"] = number(row, "tcp.ack_raw", i)
                p["flags"] = number(row, "tcp.flags", i)
                p["window"] = number(row, "tcp.window_size_value", i)
                p["length"] = number(row, "tcp.len", i)
            elif name == "udp":
                length = number(row, "udp.length", i)
                p["length"] = length - 8 if length and length >= 8 else None
            else:
                p["type"] = number(row, name + ".type", i)
                p["code"] = number(row, name + ".code", i)
                return found
    return found


def mapped(text):
    a = ipaddress.ip_address(text)
    return a.ipv4_mapped or a if a.version == 6 else a


def ours(line):
    v = line.split("\t")
    p = {"number": int(v[0]), "result": v[1]}
    if p["result"] != "packet":
        return p
    p.update(version=int(v[2]), src=v[3], dst=v[4], ttl=int(v[12]), bits=int(v[16]))
    if ":" in v[3]:
        p.update(src=str(mapped(v[3])), dst=str(mapped(v[4])))
    proto = int(v[5])
    if proto in (6, 17):
        p.update(proto=proto, sport=int(v[6]), dport=int(v[7]), length=int(v[13]))
    if proto == 6:
        p.update(seq=int(v[8]), ack=int(v[9]), flags=int(v[10]), window=int(v[11]))
    elif proto == (1 if p["version"] == 4 else 58):
        p.update(proto=proto, type=int(v[14]), code=int(v[15]))
    return p


MEMBERS = ("version", "src", "dst", "ttl", "proto", "sport", "dport", "seq", "ack", "flags", "window",
           "length", "type", "code")


def incomplete(theirs):
    """Whether tshark too misses a part of the fixed header."""
    need = {6: ("sport", "flags", "window", "length"), 17: ("sport", "dport", "length")}
    return any(theirs.get(m) is None for m in need.get(theirs["proto"], ("type", "code")))


def compare_packets(p, theirs):
    """What differs between our packet and one of theirs, as words."""
    different = [m for m in MEMBERS if p.get(m) != theirs.get(m)]
    if "length" in different and (theirs.get("length") is None or p["bits"] & REASSEMBLED):
        different.remove("length")
    if theirs.get("bad") in (0, 1) and not p["bits"] & SUM_UNCHECKED:
        if (theirs["bad"] == 0) != bool(p["bits"] & BAD_SUM):
            different.append("sum")
    if theirs.get("sum") == 0 and not p["bits"] & BAD_IP_SUM or \
            theirs.get("sum") == 1 and p["bits"] & BAD_IP_SUM:
        different.append("ip-sum")
    return different


def udp_length_is_bad(row):
    """The innermost UDP length is longer than what IP carries, or less than the header: nobody
    takes such a datagram, though tshark shows it."""
    length = number(row, "udp.length", -1)
    if row["ip.len"]:
        carried = number(row, "ip.len", -1) - number(row, "ip.hdr_len", -1)
    else:
        carried = number(row, "ipv6.plen", -1)
    return length is not None and carried is not None and (length < 8 or length > carried)


def is_lone_fragment(row):
    """A first fragment of which the capture lacks the end, or whose IP checksum does not hold or is
    left to the card: tshark puts it together with nothing and reads its transport header."""
    first = number(row, "ip.frag_offset", -1) == 0 and row["ip.flags.mf"][-1] in ("1", "True")
    if row["ipv6.fraghdr.more"]:
        first = (number(row, "ipv6.fraghdr.offset", -1) == 0 and
                 row["ipv6.fraghdr.more"][-1] in ("1", "True"))
    whole = number(row, "frame.cap_len", 0) >= number(row, "frame.len", 0)
    return first and not (whole and number(row, "ip.checksum.status", -1) in (1, None))


def is_last_fragment(row):
    """A fragment that completes a datagram, with an IP checksum that does not hold or is left to
    the card: tshark does not put such together, and shows its bytes only."""
    return (number(row, "ip.frag_offset", -1) or 0) > 0 and \
        number(row, "ip.checksum.status", -1) == 0


def is_cut_silently(row):
    """The IP header tells of more bytes than the frame is said to have had behind its Ethernet
    header. Its word is kept, as that of a file that was cut by hand; tshark counts what is there."""
    length, names = number(row, "ip.len", -1), row["frame.protocols"][0].split(":")
    link = 14 + 4 * names.count("vlan") if names[0] == "eth" else 0
    return length is not None and length + link > number(row, "frame.len", 0)


def compare(p, row):
    """One word for what differs, or None."""
    found = layers(row)
    if p["result"] == "bad" and found and found[-1].get("proto") == 17 and udp_length_is_bad(row):
        return None
    if p["result"] == "fragment" and is_lone_fragment(row):
        return None
    if p["result"] != "packet":
        if not any("proto" in x for x in found):
            return None
        if p["result"] == "bad" and "proto" in found[-1] and incomplete(found[-1]):
            return None
        return p["result"]
    if not found:
        return "only-ours"
    differences = [compare_packets(p, x) for x in found]
    if not differences[-1]:
        return None
    if [] in differences:
        return "deeper"
    if p["bits"] & REASSEMBLED and is_last_fragment(row):
        return None
    if differences[-1] == ["length"] and is_cut_silently(row):
        return None
    return "+".join(differences[-1])


def compare_file(dump, path):
    """[(frame, word, protocols)], number of frames compared"""
    run = subprocess.run([dump, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if run.returncode not in (0, 1):
        return [(0, "crash", run.stderr.decode("utf-8", "replace")[-2000:])], 0
    mine = {}
    for line in run.stdout.decode().splitlines():
        p = ours(line)
        mine[p["number"]] = p
    if not mine:
        return [], 0
    found, n = [], 0
    for row in tshark(path):
        p = mine.get(int(row["frame.number"][0]))
        if not p:
            continue
        n += 1
        word = compare(p, row)
        if word:
            found.append((p["number"], word, "".join(row["frame.protocols"][:1])))
    return found, n


def captures(folder, globs):
    for root, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            path = os.path.join(root, name)
            short = os.path.relpath(path, folder)
            if any(x in name for x in ("cap", ".trace")) and not name.endswith((".json", ".zst")):
                if not globs or any(fnmatch.fnmatch(short, g) for g in globs):
                    yield short, path


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = sys.argv[2] if len(sys.argv) > 2 else os.environ.get("TAMPERSCOPE_CORPUS") or \
        os.path.join(os.path.dirname(ROOT), "shared", "corpus")
    if not os.path.isdir(folder):
        print("skipped: no folder of captures (TAMPERSCOPE_CORPUS)")
        sys.exit(77)
    if not shutil.which("tshark"):
        print("skipped: no tshark")
        sys.exit(77)
    globs = sys.argv[3:]
    used, failed, frames, files, allowed = set(), 0, 0, 0, collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [(short, pool.submit(compare_file, sys.argv[1], path))
                for short, path in captures(folder, globs)]
        for short, job in jobs:
            found, n = job.result()
            frames += n
            files += n > 0
            for frame, word, protocols in found:
                why = next((e for e in EXPLAINED
                            if fnmatch.fnmatch(short, e[0]) and fnmatch.fnmatch(word, e[1])
                            and fnmatch.fnmatch(protocols, e[2])), None)
                if why:
                    used.add(why)
                    allowed[why] += 1
                else:
                    failed += 1
                    print(f"{short}\t{frame}\t{word}\t{protocols}", flush=True)
    for e in EXPLAINED:
        if allowed[e]:
            print(f"explained\t{allowed[e]}\t{e[0]}\t{e[1]}\t{e[2]}\t{e[3]}")
        elif not globs:
            print(f"no frame needs this explanation any more: {e}")
            failed += 1
    print(f"{frames} frames of {files} files compared, {sum(allowed.values())} differ with "
          f"a reason, {failed} without")
    sys.exit(1 if failed or not frames else 0)


if __name__ == "__main__":
    main()
