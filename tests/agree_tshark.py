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
import concurrent.futures
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
import zlib

from compare_tshark import captures

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = ("benign", "interference", "malformed")

FIELDS = """frame.number frame.time_epoch frame.protocols frame.cap_len frame.len ip.src ip.dst
ipv6.src ipv6.dst tcp.stream tcp.srcport tcp.dstport tcp.flags tcp.seq_raw tcp.seq tcp.len
tcp.analysis.retransmission tcp.analysis.out_of_order udp.srcport udp.dstport
tls.handshake.extensions_server_name dns.flags.response dns.count.queries dns.qry.name
http.host http.request.method http.request.uri _ws.malformed""".split()

# Segments in the wrong order are put in order, as by any receiver; all else as tshark comes.
PREFERENCES = ["-o", "tcp.reassemble_out_of_order:TRUE"]
IMPATIENT = ["-o", "tcp.reassemble_out_of_order:FALSE", "-o", "http.desegment_body:FALSE"]
BETWEEN = "\x01"

IDLE = 60           # seconds: the shortest time after which src/flow_table.c calls a flow over
STREAM_DEPTH = 32768    # bytes: how far src/analyze.c reads either side of a stream
FACTS_FULL = 1 << 5     # FLOW_FACTS_FULL in src/flow.h
FIN, RST = 1, 4
LINKS = ("arcnet", "fddi", "ipoib", "juniper", "user_dlt")  # link types that src/link.c leaves alone
DISSECTORS = {"sni": "tls", "dns": "dns", "http": "http"}

# (file, what): (theirs, ours, why). The numbers count what only tshark and only we have, after
# the classes; of packets they count all.
EXPLAINED = {
    # Protocols that carry others and are not entered.
    ("benign/arkime/pcap/adb_synthetic.pcap", "sni"): (1, 0, "TLS begins in the middle of ADB"),
    ("benign/ndpi/default/pcap/haproxy.pcap", "sni"): (1, 0, "TLS behind a PROXY header"),
    ("benign/ndpi/default/pcap/pop3_stls.pcap", "sni"): (1, 0, "STLS in POP3"),
    ("benign/zeek/ftp/ftp-auth-tls.pcap", "sni"): (1, 0, "AUTH TLS in FTP"),
    ("benign/zeek/ldap/ldap-starttls.pcap", "sni"): (1, 0, "StartTLS in LDAP"),
    ("benign/zeek/postgresql/psql-aws-ssl-preferred.pcap", "sni"): (1, 0, "SSLRequest in PostgreSQL"),
    ("benign/zeek/postgresql/psql-aws-ssl-require-15432.pcap", "sni"): (1, 0, "SSLRequest in PostgreSQL"),
    ("benign/zeek/postgresql/psql-aws-ssl-require.pcap", "sni"): (1, 0, "SSLRequest in PostgreSQL"),
    ("benign/arkime/pcap/socks5-reverse.pcap", "http"): (2, 0, "HTTP behind SOCKS' greeting"),
    ("benign/zeek/tunnels/ayiya3.pcap", "tcp"): (1, 0, "AYIYA, whose one network closed in 2017"),
    ("benign/zeek/tunnels/ayiya3.pcap", "http"): (3, 0, "the same"),
    ("benign/zeek/tunnels/gre-aruba-amsdu.pcap", "tcp"): (1, 0, "802.11 in GRE, of one maker"),
    ("benign/zeek/tunnels/gre-aruba.pcap", "tcp"): (23, 0, "802.11 in GRE, of one maker"),
    ("benign/zeek/tunnels/gre-aruba.pcap", "http"): (52, 0, "the same"),
    ("benign/zeek/tunnels/gre-over-udp-4754.pcap", "tcp"): (1, 0, "GRE in UDP"),
    ("benign/zeek/tunnels/gre-over-udp-4754.pcap", "dns"): (2, 0, "the same"),
    ("benign/zeek/tunnels/gre-over-udp-4754.pcap", "http"): (1, 0, "the same"),

    # The same conversation in two networks at once is two to us, and one to tshark.
    ("benign/arkime/pcap/oracle.pcap", "tcp"): (0, 1, "a router's VLANs, mirrored both"),
    ("benign/zeek/vlan-collisions.pcap", "tcp"): (0, 2, "the same ends in three VLANs, on purpose"),
    ("benign/zeek/vlan-pcp-dei.pcapng", "tcp"): (0, 2, "the same ends in VLANs and in none"),
    ("benign/zeek/tunnels/tunnel-direct-bypass.pcap", "tcp"): (
        0, 1, "one way through GRE and both ways beside it"),

    # Which packets make a connection.
    ("benign/arkime/pcap/tcp-reassembly-synthetic.pcap", "tcp"): (
        0, 1, "a SYN after both FINs: to tshark a repetition if the number is that of the first"),
    ("benign/ndpi/default/pcap/vnc.pcap", "tcp"): (
        2, 0, "tshark's VNC begins another conversation inside the connection"),
    ("malformed/cendpi-fuzz/http/900.pcap", "tcp"): (0, 1, "a SYN after SYN+RST; tshark minds no RST"),
    ("malformed/cendpi-fuzz/https/900.pcap", "tcp"): (0, 1, "a SYN after SYN+RST; tshark minds no RST"),
    ("malformed/tcpdump/timestamp_invalid_micro.pcap", "tcp"): (
        0, 1, "microseconds beyond a million: years pass for us, and tshark shows none"),
    ("malformed/tcpdump/bigtcp-ipv4-vxlan-ipv4.pcap", "tcp"): (0, 1, "tshark stops at a length of 0"),
    ("malformed/tcpdump/bigtcp-ipv4-vxlan-ipv6.pcap", "tcp"): (0, 1, "tshark stops at a length of 0"),
    ("malformed/tcpdump/bigtcp-ipv6-vxlan-ipv4.pcap", "tcp"): (0, 1, "tshark stops at a length of 0"),
    ("malformed/tcpdump/bigtcp-ipv6-vxlan-ipv6.pcap", "tcp"): (0, 1, "tshark stops at a length of 0"),
    ("malformed/tcpdump/bigtcp-ipv6.pcap", "tcp"): (0, 1, "tshark stops at a length of 0"),

    # What is no message to us, or none to tshark.
    ("benign/arkime/pcap/dns-update.pcap", "dns"): (0, 1, "UPDATE: tshark calls its zone another name"),
    ("benign/zeek/dns/dynamic-update.pcap", "dns"): (0, 2, "UPDATE: tshark calls its zone another name"),
    ("benign/zeek/dns/conn-count-too-large.pcap", "dns"): (
        1, 0, "promises ten questions, and nothing but its port speaks for DNS"),
    ("benign/ndpi/default/pcap/fuzz-2006-06-26-2594.pcap", "dns"): (
        8, 0, "broken on purpose: UDP lengths and counts of questions that cannot be"),
    ("benign/ndpi/default/pcap/fuzz-2006-09-29-28586.pcap", "http"): (
        1, 1, "a zero byte in the host, where tshark's text ends"),
    ("benign/ndpi/default/pcap/tls_invalid_reads.pcap", "sni"): (
        1, 0, "a hello whose lengths contradict each other: nothing of it is believed"),
    ("benign/zeek/http/query-method.pcap", "http"): (0, 1, "tshark does not know the method QUERY"),
    ("benign/zeek/http/query-method-non-standard-port.pcap", "http"): (
        0, 1, "tshark does not know the method QUERY"),
    ("benign/zeek/http/methods.pcap", "http"): (
        1, 0, "an unknown method, and no blank before the version: it could be anything"),
    ("benign/zeek/http/zeek-image-post-1080-8000-x.pcap", "http"): (
        0, 1, "tshark takes either port for SOCKS"),
    ("benign/zeek/http/261/variant-02-cl_uint64max.pcap", "http"): (
        1, 0, "a length beyond all bounds: where a further request begins is unclear"),
    ("benign/zeek/http/261/variant-03-cl_negative.pcap", "http"): (
        1, 0, "a negative length: where a further request begins is unclear"),
    ("benign/zeek/http/261/variant-04-te_cl_desync.pcap", "http"): (
        1, 0, "two contrary lengths: where a further request begins is unclear"),
    ("benign/zeek/http/261/variant-10-multi_value_te.pcap", "http"): (
        1, 0, "codings that contradict: where a further request begins is unclear"),

    # Files that only one of us reads.
    ("benign/packetlife/pcaps/iphttps.cap", "file"): (83, 0, "Network Monitor's format"),
    ("benign/packetlife/pcaps/snoop-working-ccm7.cap", "file"): (191, 0, "NetScreen's text"),
}


def tshark(path, more=()):
    args = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a",
            "-E", "aggregator=" + BETWEEN] + PREFERENCES + list(more)
    for f in FIELDS:
        args += ["-e", f]
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def cached(cache, path, more=()):
    """tshark's answer, kept under what was asked and the file's content."""
    if not cache:
        return tshark(path, more)
    with open(path, "rb") as f:
        key = hashlib.sha256(f.read())
    key.update(repr((FIELDS, PREFERENCES, list(more))).encode())
    name = os.path.join(cache, key.hexdigest())
    if os.path.exists(name):
        with open(name, "rb") as f:
            return zlib.decompress(f.read())
    out = tshark(path, more)
    new = "%s.%d" % (name, threading.get_ident())
    with open(new, "wb") as f:
        f.write(zlib.compress(out))
    os.replace(new, name)
    return out


def plain(name):
    """A name as both sides would write it if they escaped the same."""
    name = name.strip().lower().replace(r"\x5c", "\\")
    name = re.sub(r"\\x[0-9a-f]{2}|\\\d{3}|\\.|[^!-~]|\\", "?", name)
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

    def ends(self):
        """The two ends of the innermost TCP connection, in any order."""
        address = (self.row["ip.src"][-1:] + self.row["ipv6.src"][-1:],
                   self.row["ip.dst"][-1:] + self.row["ipv6.dst"][-1:])
        return frozenset(((str(address[0]), self.number_of("tcp.srcport")),
                          (str(address[1]), self.number_of("tcp.dstport"))))

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
        if "tls" in layers[:end] and "quic" not in layers:
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
NO_DNS = {5353, 5355, 137}  # mDNS, LLMNR, NetBIOS: the same format, another protocol


class Ours:
    def __init__(self, dump, path):
        run = subprocess.run([dump, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.refused = run.returncode == 1
        self.crashed = run.returncode not in (0, 1) and run.stderr.decode("utf-8", "replace")
        self.packets = 0
        self.flows = {}  # id: the columns
        self.names = collections.defaultdict(list)  # what: [(frame, name)]
        self.flow_of = {}  # (what, frame, name): flow
        self.cut = set()  # (flow, frame) of hellos without end
        queries, facts = set(), []
        for line in run.stdout.decode().split("\n"):
            v = line.split("\t")
            if v[0] == "packets":
                self.packets = int(v[1])
            elif v[0] == "flow":
                self.flows[int(v[1])] = v
            elif v[0] == "fact" and v[5] == "dns.query":
                queries.add((v[1], v[3]))
            elif v[0] == "fact" and v[5] == "tls.client_hello.cut":
                self.cut.add((v[1], int(v[2])))
            elif v[0] == "fact" and v[5] in WORDS:
                facts.append(v)
        for v in facts:
            what = WORDS[v[5]]
            flow = self.flows[int(v[1])]
            ports = {int(flow[4]), int(flow[6])}
            if what == "dns" and ((v[1], v[3]) not in queries or
                                  (ports & NO_DNS and 53 not in ports)):
                continue
            self.names[what].append((int(v[2]), plain(v[6])))
            self.flow_of[what, int(v[2]), plain(v[6])] = flow
        self.first = {int(v[7]): int(v[1]) for v in self.flows.values() if v[2] == "6"}

    def flow_at(self, frame):
        """The TCP flow that begins with this frame, or None."""
        return self.flows.get(self.first.get(frame))


def leftover(a, b):
    """What of the list of pairs a has no partner in b: first the same frame, then the same name."""
    rest = list((collections.Counter(a) - collections.Counter(b)).elements())
    spare = (collections.Counter(b) - collections.Counter(a)).elements()
    free = collections.Counter(name for _, name in spare)
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


class Classes:
    """Reasons for a difference that the packets themselves prove. Each method takes (what, who,
    frame, name) and returns whether it holds."""

    def __init__(self, theirs, ours, again):
        self.theirs, self.ours, self.again = theirs, ours, again
        self.order = list(theirs.frames.values())

    def all(self):
        return (self.idle, self.attempt, self.link, self.no_header, self.depth, self.full,
                self.proxy, self.decrypted, self.no_name, self.target, self.retransmission,
                self.beginning, self.waiting, self.port)

    def before(self, frame):
        """The packets of the same TCP stream ahead of this one."""
        f = self.theirs.frames[frame]
        return [x for x in self.theirs.streams.get(f.stream, []) if x.number < frame]

    def idle(self, what, who, frame, _):
        """The capture's clock moved on by more than the idle time since the stream's last packet."""
        if (what, who) != ("tcp", "ours") or not self.before(frame):
            return False
        last = self.before(frame)[-1]
        return any(f.time - last.time > IDLE for f in self.order
                   if last.number < f.number <= frame)

    def attempt(self, what, who, frame, _):
        """A further SYN between the same ends that had neither data nor an end yet: to us another
        attempt at the same connection, to tshark a new one if its sequence number is new."""
        if (what, who) != ("tcp", "theirs"):
            return False
        ends = self.theirs.frames[frame].ends()
        earlier = [f for f in self.order if f.number < frame and f.tcp is not None
                   and f.ends() == ends]
        return bool(earlier) and not any(f.number_of("tcp.len") or
                                         f.number_of("tcp.flags") & (FIN | RST) for f in earlier)

    def link(self, what, who, frame, _):
        """A link type that is not read."""
        return who == "theirs" and self.theirs.frames[frame].protocols[0] in LINKS

    def no_header(self, what, who, frame, _):
        """tshark itself finds no whole TCP header."""
        row = self.theirs.frames[frame].row
        return (what, who) == ("tcp", "theirs") and not (row["tcp.flags"] and row["tcp.len"])

    def depth(self, what, who, frame, _):
        """Beyond the first bytes of a stream, which are all that is read."""
        f = self.theirs.frames[frame]
        return (what != "tcp" and who == "theirs" and f.tcp is not None and
                f.number_of("tcp.seq") + f.number_of("tcp.len") > STREAM_DEPTH)

    def full(self, what, who, frame, _):
        """The flow has as many facts as it may have, and says so."""
        f = self.theirs.frames[frame]
        flow = f.stream is not None and self.ours.flow_at(self.theirs.streams[f.stream][0].number)
        return what != "tcp" and who == "theirs" and bool(flow) and int(flow[9]) & FACTS_FULL != 0

    def proxy(self, what, who, frame, _):
        """Inside SOCKS, which is not read."""
        return what != "tcp" and who == "theirs" and "socks" in self.theirs.frames[frame].protocols

    def decrypted(self, what, who, frame, _):
        """tshark found the keys in the file."""
        layers = self.theirs.frames[frame].protocols
        return (what in ("dns", "http") and who == "theirs" and "tls" in layers and
                layers.index("tls") < layers.index(what))

    def no_name(self, what, who, frame, name):
        """Not a name, but tshark's word for one that cannot be read."""
        return what == "dns" and who == "theirs" and name.startswith("<")

    def target(self, what, who, frame, name):
        """A request without Host: the host is in its target (RFC 9112, 3.2)."""
        row = self.theirs.frames[frame].row
        return (what == "http" and who == "ours" and not row["http.host"] and
                any(name in plain(uri) for uri in row["http.request.uri"]))

    def retransmission(self, what, who, frame, _):
        """tshark does not look into what it takes for a repetition or out of order."""
        row = self.theirs.frames[frame].row
        return what != "tcp" and who == "ours" and bool(row["tcp.analysis.retransmission"] or
                                                        row["tcp.analysis.out_of_order"])

    def beginning(self, what, who, frame, name):
        """A hello whose end never came: its beginning tells the name."""
        return what == "sni" and who == "ours" and (self.ours.flow_of[what, frame, name][1],
                                                    frame) in self.ours.cut

    def waiting(self, what, who, frame, name):
        """tshark waits for bytes that never come; told not to wait, it finds the name."""
        if what == "tcp" or who == "theirs":
            return False
        return (frame, name) in self.again(IMPATIENT).names[what]

    def port(self, what, who, frame, name):
        """tshark gives the port to another protocol; told which one it is, it finds the name."""
        if what == "tcp" or who == "theirs":
            return False
        flow = self.ours.flow_of[what, frame, name]
        carrier = "tcp" if flow[2] == "6" else "udp"
        told = self.again(["-d", "%s.port==%s,%s" % (carrier, flow[6], DISSECTORS[what])])
        return (frame, name) in told.names[what]


class Result:
    def __init__(self, short):
        self.short, self.counts = short, collections.Counter()
        self.trouble, self.classes = [], collections.Counter()


def compare_file(dump, cache, short, path):
    r = Result(short)
    theirs, ours = Theirs(cached(cache, path)), Ours(dump, path)
    left = collections.defaultdict(lambda: [0, 0, []])  # what: theirs, ours, lines
    if ours.crashed:
        r.trouble.append("%s\tcrash\t%s" % (short, ours.crashed))
        return r
    if ours.refused or (not theirs.packets) != (not ours.packets):
        r.counts["unread"] = 1
        # Broken files are for other tests; of the rest each is explained.
        if not short.startswith("malformed/"):
            left["file"] = [theirs.packets, ours.packets, []]
    else:
        r.counts.update(files=1, packets=theirs.packets, tcp=len(theirs.streams))
        r.counts.update({w: len(n) for w, n in theirs.names.items()})
        proofs = Classes(theirs, ours, lambda more: Theirs(cached(cache, path, more)))
        for what, who, frame, name in differences(theirs, ours):
            if what == "packets":
                left[what] = [theirs.packets, ours.packets, []]
                continue
            proof = next((c for c in proofs.all() if c(what, who, frame, name)), None)
            if proof:
                r.classes[what, proof.__name__] += 1
                continue
            layers = ":".join(theirs.frames[frame].protocols) if frame in theirs.frames else ""
            left[what][who == "ours"] += 1
            left[what][2].append("\t".join((short, what, who, str(frame), name, layers)))
    settle(r, left)
    return r


def settle(r, left):
    """What the classes left over, against the table."""
    for what, (theirs, ours, lines) in left.items():
        known = EXPLAINED.get((r.short, what))
        if known and known[:2] == (theirs, ours):
            r.counts["explained"] += abs(theirs - ours) if what in ("packets", "file") else len(lines)
            continue
        r.trouble.append("%s\t%s\ttheirs %d\tours %d%s" % (
            r.short, what, theirs, ours, "\texplained otherwise" if known else ""))
        r.trouble += lines
    for short, what in EXPLAINED:
        if short == r.short and what not in left:
            r.trouble.append("%s\t%s\tneeds no explanation any more" % (short, what))


def chosen(short):
    """The part of the corpus that is compared without --all: what is explained, and 1 in 20."""
    return (any(short == s for s, _ in EXPLAINED) or
            hashlib.sha256(short.encode()).digest()[0] % 20 == 0)


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--all", action="store_true", help="compare all files, not a fixed part")
    p.add_argument("--cache", metavar="FOLDER", help="keep tshark's answers here")
    p.add_argument("dump", metavar="DUMP_FACTS")
    p.add_argument("corpus", nargs="?", default=os.environ.get("TAMPERSCOPE_CORPUS") or
                   os.path.join(os.path.dirname(ROOT), "shared", "corpus"))
    p.add_argument("globs", nargs="*", metavar="GLOB")
    o = p.parse_args()
    if not os.path.isdir(o.corpus):
        skip("no folder of captures (TAMPERSCOPE_CORPUS)")
    if not shutil.which("tshark"):
        skip("no tshark")
    if o.cache:
        os.makedirs(o.cache, exist_ok=True)
    files = [(s, path) for s, path in captures(o.corpus, o.globs) if s.split("/")[0] in FOLDERS
             and (o.all or o.globs or chosen(s))]
    counts, classes, failed = collections.Counter(), collections.Counter(), 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for r in pool.map(lambda f: compare_file(o.dump, o.cache, *f), files):
            counts += r.counts
            classes += r.classes
            failed += bool(r.trouble)
            for line in r.trouble:
                print(line, flush=True)
    for (what, proof), n in sorted(classes.items()):
        print("%s\t%d\t%s: %s" % (what, n, proof, " ".join(getattr(Classes, proof).__doc__.split())))
    print("%(files)d files compared: %(packets)d packets, %(tcp)d TCP conversations, %(sni)d names "
          "in TLS, %(dns)d in DNS, %(http)d in HTTP" % counts)
    print("%d differences proved by their packets, %d explained, %d files differ without a reason, "
          "%d files unread" % (sum(classes.values()), counts["explained"], failed, counts["unread"]))
    sys.exit(1 if failed or not counts["files"] else 0)


if __name__ == "__main__":
    main()
