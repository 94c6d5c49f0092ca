#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""check_attach.py TOOL SOURCE OONI: tamperscope attach, held against measurements made for the
project's captures from the formats' specifications, and against OONI's own documents in the folder OONI
(that part is skipped where there is none, and says so)."""
import base64
import collections
import datetime
import glob
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

TOOL, SOURCE, OONI = sys.argv[1:4]
WORK = tempfile.mkdtemp()
FAILED = []


def check(ok, what, *got):
    if not ok:
        FAILED.append(what)
        print("not so: %s: %s" % (what, " ".join(str(g)[:1500] for g in got)))


def run(*arguments, stdin=None):
    return subprocess.run([TOOL, "attach", "-q"] + list(arguments), input=stdin,
                          stdin=None if stdin is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120, check=False)


def path_of(name):
    return glob.glob(os.path.join(SOURCE, "captures", name + ".pcap"))[0]


def write(name, data):
    path = os.path.join(WORK, name)
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else json.dumps(data).encode())
    return path


# --- the captures ---

Frame = collections.namedtuple("Frame", "time data")


def frames_of(name):
    """Of a pcap file: {number: Frame}, time in seconds."""
    with open(path_of(name), "rb") as f:
        data = f.read()
    magic, = struct.unpack("<I", data[:4])
    unit = {0xa1b2c3d4: 1e-6, 0xa1b23c4d: 1e-9}[magic]
    at, frames = 24, {}
    while at < len(data):
        seconds, fraction, length, _ = struct.unpack("<IIII", data[at:at + 16])
        frames[len(frames) + 1] = Frame(seconds + fraction * unit, data[at + 16:at + 16 + length])
        at += 16 + length
    return frames


def analysis_of(*names):
    done = subprocess.run([TOOL, "analyze", "-q", "--flows", "--format", "json"] + [path_of(n) for n in names],
                          stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def udp_payload(frame):
    """Of an Ethernet frame with IPv4."""
    header = (frame.data[14] & 15) * 4
    return frame.data[14 + header + 8:]


# --- documents of OONI ---

def stamp(seconds):
    return datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


class Ooni:
    """A measurement that began a second before `start`."""

    def __init__(self, start, test="web_connectivity", t0=True, behind=0):
        self.base, self.t0 = int(start) - 1, t0
        self.keys = {"network_events": [], "queries": [], "tcp_connect": [], "tls_handshakes": [],
                     "requests": []}
        self.document = {
            "annotations": {"network_type": "wifi"}, "data_format_version": "0.2.0", "input": None,
            "measurement_start_time": stamp(self.base - behind), "probe_asn": "AS64500", "probe_cc": "ZZ",
            "probe_ip": "127.0.0.1", "report_id": "20260301T100000Z_test_ZZ_64500_n1_aaaaaaaaaaaaaaaa",
            "resolver_ip": "192.0.2.53", "test_keys": self.keys, "test_name": test, "test_runtime": 60.5,
            "test_version": "0.5.28"}

    def when(self, begin, end):
        when = {"t": round(end - self.base, 6)}
        if self.t0:
            when["t0"] = round(begin - self.base, 6)
        return when

    def tcp(self, address, port, begin, end, failure=None, blocked=None, keys=None):
        status = {"failure": failure, "success": failure is None}
        if blocked is not None:
            status["blocked"] = blocked
        (keys or self.keys)["tcp_connect"].append(
            dict({"ip": address, "port": port, "status": status}, **self.when(begin, end)))

    def tls(self, address, port, name, begin, end, failure=None, network="tcp"):
        self.keys["tls_handshakes"].append(
            dict({"address": "%s:%d" % (address, port), "server_name": name, "failure": failure,
                  "network": network, "peer_certificates": []}, **self.when(begin, end)))

    def http(self, url, begin, end, failure=None):
        self.keys["requests"].append(
            dict({"request": {"url": url, "method": "GET"}, "response": {"code": 0}, "failure": failure},
                 **self.when(begin, end)))

    def dns(self, name, begin, end, failure=None, answers=(), kind="A", engine="udp", resolver=""):
        self.keys["queries"].append(
            dict({"hostname": name, "query_type": kind, "engine": engine, "failure": failure,
                  "resolver_address": resolver,
                  "answers": [{"answer_type": "A", "ipv4": a, "ttl": None} for a in answers]},
                 **self.when(begin, end)))


def attach(document, *names, options=()):
    path = write("measurement.json", document.document if isinstance(document, Ooni) else document)
    done = run("--measurement", path, *options, *[path_of(n) for n in names])
    check(done.returncode == 0, "exit status of %s" % (names,), done.stderr.decode())
    if done.returncode:
        return {"parts": [], "claims": [], "findings": []}
    return json.loads(done.stdout)


def expect(what, got, relations, claims=None, says=None):
    """relations of the parts in order, and of the claims by key; says: pattern in any sentence."""
    found = [p["relation"] for p in got["parts"]]
    check(found == relations, what + ": parts", found, "expected", relations,
          [(p["sentence"], p["join"]) for p in got["parts"]])
    verdicts = {c["key"]: c["relation"] for c in got["claims"]}
    for key, relation in (claims or {}).items():
        check(verdicts.get(key) == relation, "%s: %s" % (what, key), verdicts.get(key), "expected", relation,
              got["claims"])
    if says:
        check(any(re.search(says, p["sentence"]) for p in got["parts"]), "%s: says %s" % (what, says),
              [p["sentence"] for p in got["parts"]])


# --- what was measured in the laboratory's captures ---

def reset_after_hello():
    f = frames_of("rst-guessed-numbers")
    m = Ooni(f[20].time)
    m.tcp("198.51.100.10", 443, f[20].time, f[21].time)
    m.tls("198.51.100.10", 443, "blocked.example", f[22].time, f[24].time, "connection_reset")
    m.http("https://blocked.example/", f[20].time, f[24].time, "connection_reset")
    m.keys.update(blocking="http-failure", accessible=False)
    got = attach(m, "rst-guessed-numbers")
    expect("reset", got, ["supports", "refines", "refines"], {"blocking": "supports", "accessible": "refines"},
           r"^connection_reset: forged \(frame 24\), [0-9.]+ ms after the TLS ClientHello for blocked.example "
           r"\(frame 23\)")
    check([x["id"] for x in got["findings"]] == ["f1"] and got["controls"], "reset: findings and controls", got)
    # The layer that the verdict names is not where it was done.
    m.keys.update(blocking="dns")
    expect("reset, said to be DNS", attach(m, "rst-guessed-numbers"), ["supports", "refines", "refines"],
           {"blocking": "refines"})
    # A false negative: it was not as reachable as the measurement tells.
    for part in (m.keys["tls_handshakes"][0], m.keys["requests"][0]):
        part["failure"] = None
    m.keys.update(blocking=False, accessible=True)
    expect("reset, said to be accessible", attach(m, "rst-guessed-numbers"),
           ["supports", "contradicts", "contradicts"], {"blocking": "contradicts", "accessible": "contradicts"})
    # Two servers, one of which is interfered with: "ok" is not the whole truth.
    f = frames_of("chat-whatsapp-drop")
    m = Ooni(f[1].time, "signal")
    m.http("https://open.example/", f[7].time, f[27].time)
    m.keys["requests"].append({"request": {"headers": {"Host": "198.51.100.11:5222"}}, "failure": None, "t0": 1, "t": 9})
    m.keys.update(signal_backend_status="ok")
    got = attach(m, "chat-whatsapp-drop")
    expect("one of two", got, ["supports", "contradicts"], {"signal_backend_status": "refines"})


def hops():
    f = frames_of("rst-host")
    m = Ooni(f[12].time)
    m.http("http://blocked.example/", f[12].time, f[16].time, "connection_reset")
    m.keys.update(blocking="http-failure", accessible=False)
    expect("hops", attach(m, "rst-host"), ["refines"], {"blocking": "supports"},
           r"forged \(frame \d+\), by a device about 4 hops away from the client, [0-9.]+ ms after the HTTP")


def fine():
    f = frames_of("server-reset")
    m = Ooni(f[1].time)
    m.tcp("198.51.100.11", 443, f[1].time, f[2].time)
    m.tls("198.51.100.11", 443, "open.example", f[3].time, f[7].time)
    m.http("https://open.example/", f[1].time, f[18].time)
    m.keys.update(blocking=False, accessible=True)
    expect("fine", attach(m, "server-reset"), ["supports"] * 3, {"blocking": "supports", "accessible": "supports"})


def the_server_itself():
    f = frames_of("server-reset")
    m = Ooni(f[20].time)
    m.tls("198.51.100.11", 443, "blocked.example", f[22].time, f[25].time, "connection_reset")
    m.keys.update(blocking="http-failure", accessible=False)
    expect("server resets", attach(m, "server-reset"), ["contradicts"], {"blocking": "contradicts"},
           r"^connection_reset: the server itself reset the connection \(frame 2\d\)")
    f = frames_of("server-closes-early")
    m = Ooni(f[10].time)
    m.tls("198.51.100.11", 443, "blocked.example", f[12].time, f[18].time, "eof_error")
    m.keys.update(blocking="http-failure", accessible=False)
    expect("server closes", attach(m, "server-closes-early"), ["contradicts"], {"blocking": "contradicts"},
           r"^eof_error: the server itself closed the connection \(frame 1\d\)")
    f = frames_of("closed-port")
    m = Ooni(f[1].time)
    m.tcp("198.51.100.12", 8443, f[1].time, f[2].time, "connection_refused", blocked=True)
    m.keys.update(blocking="tcp_ip", accessible=False)
    expect("closed port", attach(m, "closed-port"), ["contradicts"], {"blocking": "contradicts"},
           r"the destination itself refused the connection \(frame 2\)")


def not_told():
    # A reset that bears the server's address and another TTL, and no finding: nobody is accused.
    f = frames_of("balancer-reset")
    m = Ooni(f[7].time)
    m.tls("198.51.100.11", 443, "blocked.example", f[9].time, f[12].time, "connection_reset")
    m.keys.update(blocking="http-failure", accessible=False)
    expect("balancer", attach(m, "balancer-reset"), ["undecided"], {"blocking": "undecided"})
    # Silence without a control is only possibly interference.
    f = frames_of("drop-syn")
    m = Ooni(f[22].time)
    m.tcp("198.51.100.11", 443, f[22].time, f[22].time + 15, "generic_timeout_error", blocked=True)
    m.keys.update(blocking="tcp_ip", accessible=False)
    expect("possible", attach(m, "drop-syn"), ["undecided"], {"blocking": "undecided"}, "possibly")
    # Another server, another time, another name: no conversation.
    f = frames_of("server-reset")
    m = Ooni(f[1].time)
    m.tcp("203.0.113.77", 443, f[1].time, f[2].time)
    m.tcp("198.51.100.11", 443, f[1].time + 3600, f[2].time + 3600)
    m.tls("198.51.100.11", 443, "news.example", f[3].time, f[7].time)
    m.dns("open.example", f[1].time, f[2].time, engine="doh", resolver="https://dns.example/dns-query")
    got = attach(m, "server-reset")
    expect("elsewhere", got, ["undecided"] * 4)
    check([p["join"] for p in got["parts"]] == [None] * 4, "elsewhere: joins", got["parts"])


def dns():
    f = frames_of("dns-forged-first")
    forged = analysis_of("dns-forged-first")["findings"][0]
    check(forged["mechanism"] == "dns-injection", "dns-forged-first", forged)
    m = Ooni(f[5].time)
    m.dns("blocked.example", f[5].time, f[6].time, answers=["127.0.0.1"], resolver="198.51.100.16:53")
    m.keys.update(dns_consistency="inconsistent", blocking="dns", accessible=False)
    expect("forged answer", attach(m, "dns-forged-first"), ["contradicts"],
           {"dns_consistency": "supports", "blocking": "supports"}, r"forged \(frame 6\)")
    m.keys["queries"][0]["answers"] = []
    m.keys["queries"][0]["failure"] = "dns_bogon_error"
    expect("forged answer, noticed", attach(m, "dns-forged-first"), ["refines"], {"blocking": "supports"})
    m = Ooni(f[1].time)
    m.dns("open.example", f[1].time, f[2].time, engine="getaddrinfo", kind="ANY")
    m.keys.update(dns_consistency="consistent")
    expect("true answer", attach(m, "dns-forged-first"), ["supports"], {"dns_consistency": "supports"})
    f = frames_of("dns-lie-nxdomain")
    m = Ooni(f[5].time)
    m.dns("blocked.example", f[5].time, f[6].time, "dns_nxdomain_error", resolver="198.51.100.11:53")
    expect("a lie", attach(m, "dns-lie-nxdomain"), ["refines"])
    f = frames_of("dns-nxdomain")
    m = Ooni(f[1].time)
    m.dns("no-such.example", f[1].time, f[2].time, "dns_nxdomain_error", resolver="198.51.100.11:53")
    expect("no lie known", attach(m, "dns-nxdomain"), ["undecided"], None, "the resolver itself answered so")


def nested():
    """dnscheck has a block for each way to ask, tor one for each target."""
    f = frames_of("dns-dropped")
    m = Ooni(f[3].time, "dnscheck")
    inner = Ooni(f[3].time)
    inner.dns("blocked.example", f[3].time, f[3].time + 5, "generic_timeout_error", resolver="198.51.100.11:53")
    m.keys["lookups"] = {"udp://198.51.100.11:53": inner.keys}
    got = attach(m, "dns-dropped")
    expect("dnscheck", got, ["refines"])
    check(got["parts"][0]["where"] == "test_keys.lookups.udp://198.51.100.11:53.queries[0]", "dnscheck: where", got)
    f = frames_of("chat-whatsapp-drop")
    m = Ooni(f[1].time, "tor")
    inner = Ooni(f[1].time)
    inner.tcp("198.51.100.11", 5222, f[1].time, f[2].time)
    m.keys["targets"] = {"198.51.100.11:5222": inner.keys}
    m.keys["control"] = {"x": inner.keys}
    expect("tor", attach(m, "chat-whatsapp-drop"), ["supports"])


def messengers():
    f = frames_of("calls-fine")
    m = Ooni(f[1].time, "whatsapp")
    m.dns("web.whatsapp.com", f[1].time, f[2].time, answers=["198.51.100.13"], engine="system")
    m.tcp("198.51.100.13", 443, f[3].time, f[4].time)
    m.tcp("198.51.100.15", 5222, f[35].time, f[36].time)
    m.tls("198.51.100.13", 443, "web.whatsapp.com", f[5].time, f[11].time)
    m.http("https://web.whatsapp.com/", f[3].time, f[24].time, "http_unexpected_status_code")
    m.keys.update(whatsapp_endpoints_status="ok", whatsapp_web_status="blocked")
    expect("whatsapp", attach(m, "calls-fine"),
           ["supports", "supports", "supports", "supports", "contradicts"],
           {"whatsapp_endpoints_status": "supports", "whatsapp_web_status": "contradicts"})
    m = Ooni(f[58].time, "telegram")
    m.tcp("198.51.100.17", 443, f[58].time, f[59].time)
    m.keys.update(telegram_tcp_blocking=False, telegram_web_status="blocked")
    expect("telegram", attach(m, "calls-fine"), ["supports"],
           {"telegram_tcp_blocking": "supports", "telegram_web_status": "undecided"})
    f = frames_of("rst-guessed-numbers")
    m = Ooni(f[20].time, "signal")
    m.tls("198.51.100.10", 443, "blocked.example", f[22].time, f[24].time, "connection_reset")
    m.keys.update(signal_backend_status="blocked", signal_backend_failure="connection_reset")
    expect("signal", attach(m, "rst-guessed-numbers"), ["refines"], {"signal_backend_status": "supports"})


def datagrams():
    f = frames_of("calls-fine")
    m = Ooni(f[94].time, "stunreachability")
    m.keys.update(endpoint="stun.example:3478", failure=None)
    m.dns("stun.example", f[94].time, f[94].time, answers=["198.51.100.24"])
    got = attach(m, "calls-fine")
    expect("stun", got, ["undecided", "supports"], {"failure": "supports"})
    f = frames_of("quic-sni-drop")
    m = Ooni(f[17].time, "web_connectivity")
    m.tls("198.51.100.11", 443, "blocked.example", f[17].time, f[17].time + 10, "generic_timeout_error", "udp")
    expect("quic", attach(m, "quic-sni-drop"), ["refines"])
    m = Ooni(f[1].time, "web_connectivity")
    m.tls("198.51.100.11", 443, "open.example", f[1].time, f[5].time, None, "udp")
    expect("quic, fine", attach(m, "quic-sni-drop"), ["supports"])


def old_times():
    """Before t0 documents said when something was over, and some nothing."""
    f = frames_of("rst-guessed-numbers")
    m = Ooni(f[20].time, t0=False)
    m.tcp("198.51.100.10", 443, f[20].time, f[21].time)
    m.tls("198.51.100.10", 443, "blocked.example", f[22].time, f[24].time, "connection_reset")
    expect("t only", attach(m, "rst-guessed-numbers"), ["supports", "refines"])
    del m.keys["tls_handshakes"][0]["t"]
    expect("no t", attach(m, "rst-guessed-numbers"), ["supports", "refines"])


def clocks():
    f = frames_of("server-reset")

    def measurement(behind):
        m = Ooni(f[1].time, behind=behind)
        m.tcp("198.51.100.11", 443, f[1].time, f[2].time)
        m.tls("198.51.100.11", 443, "open.example", f[3].time, f[7].time)
        return m
    got = attach(measurement(3600), "server-reset", options=["--clock-offset", "3600"])
    expect("clock given", got, ["supports", "supports"])
    check(got["clock"]["source"] == "given" and got["clock"]["offset_seconds"] == 3600, "clock", got["clock"])
    expect("clock off", attach(measurement(3600), "server-reset"), ["undecided", "undecided"])
    # Several servers that agree tell the offset.
    f = frames_of("calls-fine")
    m = Ooni(f[1].time, "whatsapp", behind=7200)
    m.dns("web.whatsapp.com", f[1].time, f[2].time, answers=["198.51.100.13"])
    m.dns("max.ru", f[7].time, f[15].time, answers=["198.51.100.14"])
    m.tcp("198.51.100.13", 443, f[3].time, f[4].time)
    m.tcp("198.51.100.14", 443, f[21].time, f[22].time)
    m.tcp("198.51.100.15", 5222, f[35].time, f[36].time)
    m.tcp("198.51.100.17", 443, f[58].time, f[59].time)
    got = attach(m, "calls-fine")
    clock = got["clock"]
    check(clock["source"] == "estimated" and abs(clock["offset_seconds"] - 7200) < 1 and clock["agree"] == 6,
          "clock estimated", clock)
    expect("clock estimated", got, ["supports"] * 6)


def confidence():
    """The formula of src/join.c, by hand."""
    f = frames_of("server-reset")
    m = Ooni(f[1].time)
    m.tcp("198.51.100.11", 443, f[1].time, f[2].time)
    join = attach(m, "server-reset")["parts"][0]["join"]
    flows = [x for x in analysis_of("server-reset")["flows"] if x["flow"]["server"]["ip"] == "198.51.100.11"]
    first = {n: f[n].time for n in (x["frames"]["first"] for x in flows)}
    start = f[1].time
    inside = sum(abs(t - start) <= 3 for t in first.values())
    outside = len(first) - inside
    times = [x.time for x in f.values()]
    rest = max(0, max(times) - min(times) - 6) / 6
    chance = (outside + 1) / (rest + 2)
    check(abs(join["by_chance"] - chance) < 1e-3, "by chance", join, chance)
    check(join["candidates"] == inside and join["rivals"] == 1, "candidates", join, inside)
    odds = inside / chance
    check(abs(join["present"] - odds / (1 + odds)) < 1e-3 and
          abs(join["confidence"] - join["present"] / inside) < 1e-3, "confidence", join, odds)


# --- other formats ---

def ripe():
    f = frames_of("dns-forged-first")
    result = {"fw": 5080, "msm_id": 1001, "prb_id": 7, "type": "dns", "msm_name": "Tdig", "lts": 11, "af": 4,
              "timestamp": int(f[5].time), "from": "192.0.2.10", "src_addr": "192.0.2.10", "dst_addr": "198.51.100.16",
              "dst_port": "53", "proto": "UDP",
              "result": {"ANCOUNT": 1, "ID": struct.unpack("!H", udp_payload(f[6])[:2])[0], "rt": 10.1, "size": 60,
                         "abuf": base64.b64encode(udp_payload(f[6])).decode()}}
    got = attach([result], "dns-forged-first")
    expect("ripe dns", got, ["contradicts"], None, r"forged \(frame 6\)")
    check(got["parts"][0]["name"] == "blocked.example" and got["parts"][0]["join"]["confidence"] > 0.99,
          "ripe dns: by id", got["parts"])
    check("192.0.2.10" not in json.dumps(got), "ripe: private", got)
    true = dict(result, timestamp=int(f[1].time),
                result={"ID": 1, "abuf": base64.b64encode(udp_payload(f[2])).decode()})
    lines = write("ripe.json", [result, true])
    done = run("--measurement", lines, path_of("dns-forged-first"))
    both = [json.loads(x) for x in done.stdout.splitlines()]
    check([x["parts"][0]["relation"] for x in both] == ["contradicts", "supports"], "ripe list", done)
    f = frames_of("dns-dropped")
    query = base64.b64encode(udp_payload(f[3])).decode()
    expect("ripe timeout", attach({"fw": 5080, "msm_id": 1, "prb_id": 7, "type": "dns", "timestamp": int(f[3].time),
                                   "resultset": [{"time": int(f[3].time), "dst_addr": "198.51.100.11", "qbuf": query,
                                                  "error": {"timeout": 5000}}]}, "dns-dropped"), ["refines"])
    f = frames_of("rst-guessed-numbers")
    cert = {"fw": 5080, "msm_id": 2, "prb_id": 7, "type": "sslcert", "timestamp": int(f[20].time),
            "dst_addr": "198.51.100.10", "dst_name": "blocked.example", "dst_port": "443",
            "err": "connect: connection reset"}
    expect("ripe sslcert", attach(cert, "rst-guessed-numbers"), ["refines"])
    f = frames_of("server-reset")
    cert = dict(cert, timestamp=int(f[1].time), dst_addr="198.51.100.11", dst_name="open.example", cert=["-"])
    del cert["err"]
    expect("ripe sslcert, fine", attach(cert, "server-reset"), ["supports"])
    cert = dict(cert, timestamp=int(f[20].time), dst_name="blocked.example", err="reset", cert=[])
    expect("ripe sslcert, server", attach(cert, "server-reset"), ["contradicts"])
    expect("ripe sslcert, elsewhere", attach(dict(cert, dst_addr="203.0.113.3"), "server-reset"), ["undecided"])
    trace = {"fw": 5080, "msm_id": 3, "prb_id": 7, "type": "traceroute", "timestamp": int(f[1].time), "proto": "TCP",
             "dst_addr": "198.51.100.10", "dst_name": "198.51.100.10",
             "result": [{"hop": n, "result": [{"x": "*"}, {"from": "203.0.113.%d" % n, "rtt": n, "ttl": 255 - n}]}
                        for n in range(1, 9)]}
    got = attach(trace, "rst-host")
    check([(i["hops"], i["behind"], i["before"]) for i in got["injectors"]] ==
          [(4, "203.0.113.4", "203.0.113.5")] and got["findings"], "ripe traceroute", got)


def rfc3339(seconds):
    zone = datetime.timezone(datetime.timedelta(hours=-4))
    return datetime.datetime.fromtimestamp(seconds, zone).isoformat()


def go_time(seconds):
    zone = datetime.timezone(datetime.timedelta(hours=-4))
    return datetime.datetime.fromtimestamp(seconds, zone).strftime("%Y-%m-%d %H:%M:%S.%f000 -0400 EDT m=+1.0")


def censored_planet():
    def satellite(name, vp, url, question, answer, rcode, answers, anomaly):
        f = frames_of(name)
        return attach({"vp": vp, "test_url": url, "location": {"country_code": "ZZ"}, "passed_liveness": True,
                       "in_control_group": True, "connect_error": False, "anomaly": anomaly,
                       "start_time": go_time(f[question].time), "end_time": go_time(f[answer].time),
                       "response": [{"url": url, "has_type_a": not rcode, "error": "null", "rcode": rcode,
                                     "response": {a: {"asnum": 1, "matched": []} for a in answers}}]}, name)
    expect("satellite", satellite("dns-forged-first", "198.51.100.16", "blocked.example", 5, 6, 0, ["127.0.0.1"], True),
           ["contradicts"], {"anomaly": "supports"})
    expect("satellite, lie", satellite("dns-lie-nxdomain", "198.51.100.11", "blocked.example", 5, 6, 3, [], True),
           ["refines"], {"anomaly": "supports"})
    expect("satellite, fine", satellite("dns-nxdomain", "198.51.100.11", "open.example", 5, 6, 0, [], False),
           ["supports"], {"anomaly": "supports"})
    expect("satellite, missed", satellite("dns-forged-first", "198.51.100.16", "blocked.example", 5, 6, 0,
                                          ["127.0.0.1"], False), ["contradicts"], {"anomaly": "contradicts"})
    expect("satellite, untold", satellite("dns-nxdomain", "198.51.100.11", "no-such.example", 1, 2, 3, [], True),
           ["undecided"], {"anomaly": "undecided"})

    def hyperquack(name, vp, service, url, begin, end, probe, anomaly):
        f = frames_of(name)
        return attach({"vp": vp, "service": service, "test_url": url, "anomaly": anomaly, "controls_failed": False,
                       "stateful_block": False, "tag": "2026-03-01T10:00:00",
                       "response": [dict({"start_time": rfc3339(f[begin].time), "end_time": rfc3339(f[end].time)},
                                         **probe)]}, name)
    wrong = {"matches_template": False, "error": "read tcp: connection reset by peer"}
    expect("hyperquack", hyperquack("rst-host", "198.51.100.10", "http", "blocked.example", 12, 16, wrong, True),
           ["refines"], {"anomaly": "supports"})
    expect("hyperquack, fine", hyperquack("rst-host", "198.51.100.10", "http", "open.example", 1, 6,
                                          {"matches_template": True, "control_url": "open.example"}, False),
           ["supports"], {"anomaly": "supports"})
    expect("hyperquack, server", hyperquack("server-reset", "198.51.100.11", "https", "blocked.example", 20, 25, wrong,
                                            True), ["contradicts"], {"anomaly": "contradicts"})
    expect("hyperquack, none", hyperquack("server-reset", "198.51.100.12", "echo:8007", "blocked.example", 20, 25,
                                          wrong, True), ["undecided"], {"anomaly": "undecided"})


def plain_list():
    f = frames_of("rst-guessed-numbers")
    entries = [
        {"target": "blocked.example", "time": rfc3339(f[20].time)},
        {"target": "https://blocked.example/x", "time": f[20].time, "failure": "timeout"},
        {"target": "198.51.100.10:443", "time": f[20].time, "protocol": "tcp", "failure": None},
        {"target": "https://open.example/", "time": f[1].time, "blocked": False},
        {"target": "https://blocked.example/", "time": f[20].time, "blocked": False},
        {"target": "nowhere.example", "time": f[20].time, "blocked": True}]
    got = attach(entries, "rst-guessed-numbers")
    found = {}
    for p in got["parts"]:
        found.setdefault(p["where"], []).append(p["relation"])
    check(found["[0]"] == ["refines"] and found["[1]"] == ["refines"] and found["[3]"] == ["supports"] and
          found["[4]"] == ["contradicts"] and set(found["[5]"]) == {"undecided"}, "list", found)
    f = frames_of("server-reset")
    expect("list, server", attach([{"target": "https://blocked.example/", "time": f[20].time, "blocked": True}],
                                  "server-reset"), ["contradicts"])


# --- what is written ---

def privacy():
    f = frames_of("rst-guessed-numbers")
    m = Ooni(f[20].time)
    m.tls("198.51.100.10", 443, "blocked.example", f[22].time, f[24].time, "connection_reset")
    path = write("measurement.json", m.document)
    plain = run("--measurement", path, path_of("rst-guessed-numbers")).stdout.decode()
    report = analysis_of("rst-guessed-numbers")
    client = report["findings"][0]["flow"]["client"]
    secrets = [client["ip"], report["findings"][0]["flow"]["community_id"], str(client["port"]), SOURCE]
    check(not any(s in plain for s in secrets), "private by default", [s for s in secrets if s in plain])
    check("raw_packet" not in plain, "no packets by default")
    raw = json.loads(run("--measurement", path, "--raw", path_of("rst-guessed-numbers")).stdout)
    check(raw["findings"][0]["flow"]["client"] == client, "raw: client", raw["findings"][0]["flow"])
    packets = raw["packets"]["sent_packets"] + raw["packets"]["answered_packets"]
    check(0 < len(packets) <= 16 and raw["packets"]["sent_packets"], "raw: packets", len(packets))
    for p in packets:
        data = base64.b64decode(p["raw_packet"]["data"])
        check(f[p["x_frame"]].data[14:14 + 256] == data, "raw: bytes of frame %d" % p["x_frame"], data)
        check(data[8] == p["x_ip_ttl"], "raw: TTL", p)


def without_keys(text):
    """Takes ATTACHMENT out again, with the comma before it, by scanning the text alone."""
    out, key = "", '"x_tamperscope":'
    decoder = json.JSONDecoder()
    while key in text:
        at = text.index(key)
        _, end = decoder.raw_decode(text, at + len(key))
        out += text[:at - 1] if text[at - 1] == "," else text[:at]
        text = text[end:]
    return out + text


def round_trip(path, *captures):
    done = run("--inline", "--measurement", path, *captures)
    check(done.returncode == 0, "inline: %s" % path, done.stderr.decode())
    with open(path, "rb") as f:
        original = f.read()
    check(done.stdout != original and without_keys(done.stdout.decode()).encode() == original,
          "inline: round trip of %s" % path, done.stdout[-300:])
    return done.stdout.decode()


def inline():
    capture = path_of("rst-guessed-numbers")
    strange = (b'\xef\xbb\xbf{ "test_name" : "x\\u0022}",\r\n\t"big":123456789012345678901234567890, "real":1.10e+2,'
               b'"twice":1,"twice":2,"test_keys":{"a":[{"}":"]"},{}], "u":"\xd0\x90\\ud83d\\ude00\\u0000" \n },"z":[]}\r\n')
    text = round_trip(write("strange.json", strange), capture)
    check('"u":"\u0410\\ud83d\\ude00\\u0000","x_tamperscope":{' in text, "inline: where", text)
    text = round_trip(write("empty.json", b'{"test_name":"x","test_keys":{ }}'), capture)
    check('"test_keys":{"x_tamperscope":{' in text, "inline: empty object", text)
    text = round_trip(write("none.json", b'{"test_keys":null,"a":1}'), capture)
    check(text.startswith('{"test_keys":null,"a":1,"x_tamperscope":{'), "inline: no object", text)
    text = round_trip(write("c.jsonc", b'// c "test_keys"\n{"test_keys": {"a": 1 /* } */ // x\n}}\n// end\n'), capture)
    check(len(text.splitlines()) == 4 and '{"a": 1,"x_tamperscope"' in text, "inline: comments", text)
    lines = b'{"test_keys":{"a":1}}\n\n{"test_keys":{"b":[1,\t2]}}\n{"test_keys":{}}'
    text = round_trip(write("l.jsonl", lines), capture)
    check(len(text.splitlines()) == 4, "inline: a line for each line", text)
    round_trip(write("ripe-inline.json", b'[ {"msm_id":1,"prb_id":2,"type":"ping"} ,\n{"msm_id":1,"prb_id":2,"type":"dns"}]'),
               capture)
    side = run("--measurement", write("l.jsonl", lines), capture).stdout.splitlines()
    check([json.loads(x)["format"] for x in side] == ["tamperscope-attachment"] * 3, "a line each", side)
    again = write("again.json", run("--inline", "--measurement", write("e.json", b'{"test_keys":{}}'), capture).stdout)
    check(run("--inline", "--measurement", again, capture).returncode == 1, "inline: not twice")
    check(run("--inline", "--measurement", write("p.json", b'[{"target":"a.example","time":1}]'), capture).returncode == 1,
          "inline: no object to put it into")


def hostile():
    capture = path_of("closed-port")
    f = frames_of("closed-port")
    m = Ooni(f[1].time)
    m.tcp("198.51.100.12", 8443, f[1].time, f[2].time, "connection_refused")
    m.dns("a.example", f[1].time, f[2].time, answers=["192.0.2.1"])
    m.http("https://a.example/", f[1].time, f[2].time)
    m.tls("198.51.100.12", 443, "a.example", f[1].time, f[2].time)
    whole = json.dumps(m.document).encode()
    bad = {"empty": b"", "blank": b" \n\t", "comment": b"// nothing", "no json": b"hello", "html": b"<html></html>",
           "deep": b"[" * 200000, "deep object": b'{"a":' * 100000, "closed deep": b"[" * 5000 + b"]" * 5000,
           "utf8": b'{"test_keys":{"a":"\xff\xfe"}}', "nul": b'{"test_keys":{}}\0', "number": b'{"test_keys":1e99999}',
           "binary": bytes(range(256)), "scalar": b"42", "text": b'"x"', "null": b"null", "other": b'{"a":1}',
           "closing": b"}", "mixed": b'{"test_keys":[}]}', "list": b"[]", "list of other": b"[1]",
           "second": whole + b"\n{\n"}
    for name, data in bad.items():
        done = run("--measurement", write("hostile.json", data), capture)
        lines = done.stderr.decode().splitlines()
        check(done.returncode == 1 and len(lines) == 1 and lines[0].startswith("tamperscope: ") and not done.stdout,
              "hostile: %s" % name, done)
    for cut in range(0, len(whole), 37):
        check(run("--measurement", write("cut.json", whole[:cut]), capture).returncode == 1, "cut at %d" % cut)
    # Any type anywhere, one after the other.
    for value in (None, True, 1, -1e300, "", "x", [], [[]], {}, {"a": {}}, [None, 1, "x", {}]):
        for key in sorted(m.keys):
            for inner in (value, [value], [dict(e, **{k: value for k in e}) for e in m.keys[key]]):
                document = dict(m.document, test_keys=dict(m.keys, **{key: inner}))
                if inner is value:
                    document.update({k: value for k in ("measurement_start_time", "report_id", "test_runtime")})
                done = run("--measurement", write("types.json", document), capture)
                check(done.returncode == 0, "types: %s = %s" % (key, value), done)
    for name, data in {"ripe": {"msm_id": 1, "prb_id": 1, "type": "dns", "result": {"abuf": "wAzAAA==" * 99}},
                       "planet": {"vp": "x", "test_url": "x", "response": {"a": []}, "service": ":99999999999999"},
                       "list": [{"target": "[", "time": "x"}, {"target": "://", "time": -1}, 5]}.items():
        check(run("--measurement", write("odd.json", data), capture).returncode == 0, "odd: %s" % name)
    check(run(capture).returncode == 2 and run("--measurement", "x").returncode == 2 and
          run("--measurement", "-", "-").returncode == 2 and
          run("--measurement", path_of("closed-port"), "--clock-offset", "nan", capture).returncode == 2, "usage")
    check(run("--measurement", "/nonexistent", capture).returncode == 1, "no file")
    out = os.path.join(WORK, "out.json")
    path = write("good.json", whole)
    check(run("--measurement", path, "-o", path, capture).returncode == 2, "output over the measurement")
    check(run("--measurement", path, "-o", out, capture).returncode == 0 and
          run("--measurement", "-", capture, stdin=whole).stdout.replace(b'"file": "-"', b'"file": "good.json"') ==
          open(out, "rb").read(), "output and standard input")


def schema():
    try:
        import jsonschema
    except ImportError:
        print("skipped: the schema, for want of python3-jsonschema")
        return
    with open(os.path.join(SOURCE, "docs/attachment.schema.json"), encoding="utf-8") as f:
        wanted = json.load(f)
    jsonschema.Draft202012Validator.check_schema(wanted)
    validator = jsonschema.Draft202012Validator(wanted)
    for got in WRITTEN:
        for error in list(validator.iter_errors(got))[:3]:
            check(False, "schema", error.message, list(error.absolute_path))
    broken = json.loads(json.dumps(WRITTEN[0]))
    broken["parts"][0]["relation"] = "maybe"
    check(list(validator.iter_errors(broken)), "schema: an offence is seen")


# --- OONI's own documents ---

def ones_complement(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def segment(source, target, sport, dport, seq, ack, flags, payload=b""):
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + len(payload), 1, 0x4000, 60, 6, 0, source, target)
    ip = ip[:10] + struct.pack("!H", ones_complement(ip)) + ip[12:]
    return ip + struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 64240, 0, 0) + payload


def connection(time, address, port, sport):
    """A connection that is made and closed: [(time, packet)]."""
    me, it = bytes([10, 1, 2, 3]), bytes(int(x) for x in address.split("."))
    up = lambda t, seq, ack, flags: (t, segment(me, it, sport, port, seq, ack, flags))
    down = lambda t, seq, ack, flags: (t, segment(it, me, port, sport, seq, ack, flags))
    return [up(time, 100, 0, 2), down(time + .01, 500, 101, 18), up(time + .0101, 101, 501, 16),
            up(time + .05, 101, 501, 17), down(time + .06, 501, 102, 17), up(time + .0601, 102, 502, 16)]


def real_documents():
    paths = [p for p in sorted(glob.glob(os.path.join(OONI, "*.json*"))) if "fingerprints" not in p]
    if not paths:
        print("skipped: OONI's own documents, which are not in %s" % OONI)
        return
    capture = path_of("closed-port")
    for path in paths:
        round_trip(path, capture)
        got = json.loads(run("--measurement", path, capture).stdout)
        WRITTEN.append(got)
        with open(path, encoding="utf-8") as f:
            text = re.sub(r"(?m)^//.*$", "", f.read())
        keys = json.loads(text)
        keys = keys.get("test_keys", keys)
        wanted = [p for k in ("queries", "tls_handshakes", "requests", "tcp_connect")
                  for p in (keys.get(k) or []) if not isinstance(keys.get(k), dict)]
        check(len(got["parts"]) >= len(wanted), "parts of %s" % path, len(got["parts"]), len(wanted))
    joined = 0
    for path in paths:
        if path.endswith(".jsonc"):
            continue
        joined += real_document(path)
    check(joined >= 50, "connections of real documents", joined)


def real_document(path):
    """A capture of just the document's connections, and a few of others: each part finds its own."""
    with open(path, encoding="utf-8") as f:
        document = json.load(f)
    keys = document["test_keys"]
    blocks = [keys] + list((keys.get("targets") or {}).values())
    start = datetime.datetime.strptime(document["measurement_start_time"] + "Z", "%Y-%m-%d %H:%M:%S%z").timestamp()
    packets, wanted, sport = [], [], 20000
    for block in blocks:
        connects = block.get("tcp_connect") or []
        for c in [connects] if isinstance(connects, dict) else connects:
            if c["status"]["failure"] or ":" in c["ip"]:
                continue
            begin = start + c.get("t", .5) - .012
            packets += connection(begin, c["ip"], c["port"], sport)
            wanted.append((c["ip"], c["port"]))
            sport += 1
    if not wanted:
        return 0
    for i in range(20):
        packets += connection(start - 600 + 60 * i, "203.0.113.9", 443, 40000 + i)
    packets.sort(key=lambda p: p[0])
    data = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
    for time, packet in packets:
        data += struct.pack("<IIII", int(time), round(time % 1 * 1e6) % 1000000, len(packet), len(packet)) + packet
    got = json.loads(run("--measurement", path, write("real.pcap", data)).stdout)
    WRITTEN.append(got)
    mine = [p for p in got["parts"] if p["layer"] == "tcp" and p["said"] == "success" and p["join"]]
    found = [(p["flow"]["server"]["ip"], p["flow"]["server"]["port"]) for p in mine]
    check(sorted(found) == sorted(wanted), "joins of %s" % os.path.basename(path), len(found), len(wanted))
    check(all((p["address"], p["port"]) == f for p, f in zip(mine, found)), "endpoints of %s" % path)
    check(len({p["flow"]["first"] for p in mine}) == len(mine), "each its own: %s" % os.path.basename(path),
          [(p["address"], p["port"], p["flow"]["first"], p["join"]) for p in mine])
    sure = [p for p in mine if p["join"]["confidence"] >= 0.5]
    check(all(p["relation"] == "supports" for p in sure) and len(sure) >= len(mine) / 2,
          "supported: %s" % os.path.basename(path), len(sure), len(mine))
    return len(mine)


WRITTEN = []
_attach = attach


def attach(*arguments, **options):
    got = _attach(*arguments, **options)
    if got["findings"] or got["parts"]:
        WRITTEN.append(got)
    return got


for test in (reset_after_hello, hops, fine, the_server_itself, not_told, dns, nested, messengers, datagrams, old_times,
             clocks, confidence, ripe, censored_planet, plain_list, privacy, inline, hostile, real_documents, schema):
    test()
sys.exit(1 if FAILED else 0)
