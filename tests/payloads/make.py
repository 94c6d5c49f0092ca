#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the payloads of the dissector tests: <dissector>/NAME.bin, and NAME.txt which says in
its first line how the bytes travel ("stream client", "datagram server") and then what they are.

Every byte is made here, from the specifications; nothing comes from a capture. The same
payloads, with two bytes before them, are the seeds of tests/fuzz/fuzz_dissect.c. Without
arguments the files are written, with --check they are compared (status 1 if they differ)."""

import gzip
import os
import re
import struct
import sys

import calls
import mail
import tunnels

import initials

HERE = os.path.dirname(os.path.abspath(__file__))
payloads = {}


def dissectors():
    """The list in meson.build, whose order is what the fuzz target's first byte counts in."""
    with open(os.path.join(HERE, "../../meson.build")) as f:
        words = re.search(r"^dissectors = \[(.*?)\]", f.read(), re.M | re.S)[1]
    return re.findall(r"'(\w+)'", words)


DISSECTORS = dissectors()
SEEDS = "../fuzz/corpus/dissect"


def put(dissector, name, travel, text, data):
    payloads[f"{dissector}/{name}.bin"] = data
    payloads[f"{dissector}/{name}.txt"] = f"{travel}\n{text}\n".encode()
    how = (travel.endswith("server")) | travel.startswith("stream") << 2
    payloads[f"{SEEDS}/{dissector}-{name}"] = bytes([DISSECTORS.index(dissector), how]) + data


# --- DNS: RFC 1035, 4.1 ---------------------------------------------------------------------

A, NS, CNAME, SOA, MX, TXT, AAAA, DNAME, OPT, HTTPS = 1, 2, 5, 6, 15, 16, 28, 39, 41, 65
QUESTION = b"\xc0\x0c"


def dns_name(text):
    out = b""
    for label in text.encode().split(b"."):
        out += bytes([len(label)]) + label
    return out + b"\0" if text else b"\0"


def question(text, qtype=A, qclass=1):
    return dns_name(text) + struct.pack(">HH", qtype, qclass)


def record(owner, rtype, ttl, data, rclass=1):
    return owner + struct.pack(">HHIH", rtype, rclass, ttl, len(data)) + data


def option(code, data):
    return struct.pack(">HH", code, len(data)) + data


def opt(options=b"", size=1232, upper_rcode=0):
    return record(b"\0", OPT, upper_rcode << 24, options, size)


def dns(ident, flags, asked=(), answers=(), authority=(), extra=(), counts=None):
    parts = (asked, answers, authority, extra)
    counts = counts or [len(p) for p in parts]
    return struct.pack(">HH4H", ident, flags, *counts) + b"".join(b"".join(p) for p in parts)


def pointer(offset):
    return struct.pack(">H", 0xC000 | offset)


def soa(mname, rname):
    return mname + rname + struct.pack(">5I", 2026020101, 7200, 900, 1209600, 86400)


def dns_datagram(name, side, text, data):
    put("dns", name, f"datagram {side}", text, data)


def dns_payloads():
    twitter = question("twitter.com")
    face = bytes.fromhex("1f0d5804")
    dns_datagram("query", "client", "A plain question for an A record.", dns(0x1A2B, 0x0100, [twitter]))
    dns_datagram("query-edns", "client", "A question with capitals (0x20), EDNS, a cookie and an NSID request.",
                 dns(0x1A2B, 0x0120, [question("TwItTeR.com", AAAA)],
                     extra=[opt(option(10, bytes(range(8))) + option(3, b""), 4096)]))
    dns_datagram("query-chaos", "client", "version.bind in class CHAOS.",
                 dns(7, 0x0100, [question("version.bind", TXT, 3)]))
    dns_datagram("query-root", "client", "The name servers of the root, without recursion.",
                 dns(8, 0x0000, [question("", NS)]))
    dns_datagram("query-odd-name", "client", "A name with a dot, a space, a backslash and a high byte in one label.",
                 dns(9, 0x0100, [b"\x06a.b \\\xff\x03com\x00" + struct.pack(">HH", 1, 1)]))
    dns_datagram("gfw-a", "server", "The shape of the GFW's third injector: flags 8180, one answer behind c00c, no EDNS.",
                 dns(0x1A2B, 0x8180, [twitter], [record(QUESTION, A, 110, face)]))
    dns_datagram("gfw-aa", "server", "The shape seen towards recursive resolvers: AA set beside RA (8580).",
                 dns(0x1A2B, 0x8580, [twitter], [record(QUESTION, A, 60, face)]))
    dns_datagram("gfw-norecurse", "server", "RD was clear in the question: flags 8400.",
                 dns(0x1A2B, 0x8400, [twitter], [record(QUESTION, A, 300, face)]))
    dns_datagram("gfw-aaaa", "server", "A forged AAAA in Teredo space.",
                 dns(0x1A2B, 0x8180, [question("twitter.com", AAAA)],
                     [record(QUESTION, AAAA, 120, bytes.fromhex("20010000000000000000000000000000")[:12] + face)]))
    dns_datagram("gfw-txt-by-a", "server", "A TXT question answered by an A record.",
                 dns(0x1A2B, 0x8180, [question("twitter.com", TXT)], [record(QUESTION, A, 110, face)]))
    dns_datagram("iran", "server", "A private address for a blocked name.",
                 dns(3, 0x8180, [twitter], [record(QUESTION, A, 59, bytes([10, 10, 34, 36]))]))
    dns_datagram("turkmenistan", "server", "The question copied, TTL 300, 127.0.0.1.",
                 dns(3, 0x8180, [twitter], [record(QUESTION, A, 300, bytes([127, 0, 0, 1]))]))
    dns_datagram("answer", "server", "A resolver's own answer: two addresses, EDNS, NSID and a cookie.",
                 dns(0x1A2B, 0x8180, [twitter],
                     [record(QUESTION, A, 1200, bytes([192, 0, 2, i])) for i in (1, 2)],
                     extra=[opt(option(3, b"ns1.example") + option(10, bytes(range(24))))]))
    # www.example.com at 12 is 4+8+4+1 bytes, its type and class end at 33; the first answer's
    # rdata begins at 33 + 12.
    www = question("www.example.com")
    chain = [record(QUESTION, CNAME, 30, dns_name("edge.CDN.example.net")),
             record(pointer(45), CNAME, 30, dns_name("a.cdn.example.net")),
             record(pointer(45 + 22 + 12), A, 20, bytes([198, 51, 100, 7]))]
    dns_datagram("cname", "server", "An alias of an alias, compressed.", dns(4, 0x8180, [www], chain))
    dns_datagram("cname-plain", "server", "The same chain, every name written out, in reverse order.",
                 dns(4, 0x8180, [www],
                     [record(dns_name("a.cdn.example.net"), A, 20, bytes([198, 51, 100, 7])),
                      record(dns_name("edge.cdn.example.net"), CNAME, 30, dns_name("a.cdn.example.net")),
                      record(dns_name("WWW.example.com"), CNAME, 30, dns_name("edge.cdn.example.net"))]))
    dns_datagram("dname", "server", "A DNAME of the parent, and the alias made from it (RFC 6672).",
                 dns(4, 0x8180, [www],
                     [record(dns_name("example.com"), DNAME, 30, dns_name("example.net")),
                      record(QUESTION, CNAME, 30, dns_name("www.example.net")),
                      record(dns_name("www.example.net"), A, 20, bytes([198, 51, 100, 7]))]))
    dns_datagram("foreign", "server", "An answer for another name than was asked.",
                 dns(4, 0x8180, [www], [record(dns_name("other.example"), A, 20, bytes([198, 51, 100, 7]))]))
    dns_datagram("nxdomain", "server", "A name that does not exist, with the parent's SOA (RFC 2308).",
                 dns(5, 0x8183, [question("gone.com")],
                     authority=[record(pointer(17), SOA, 900,
                                       soa(dns_name("A.gtld-servers.net"), dns_name("nstld.verisign-grs.com")))]))
    dns_datagram("nxdomain-bare", "server", "The same without an SOA.", dns(5, 0x8183, [question("gone.com")]))
    dns_datagram("ede", "server", "An extended error: censored, with the reason in words (RFC 8914).",
                 dns(6, 0x8185, [twitter],
                     extra=[opt(option(15, b"\x00\x10by order of a court") + option(15, b"\x00\x0f"))]))
    dns_datagram("badvers", "server", "An rcode whose upper bits lie in the OPT record (RFC 6891, 6.1.3).",
                 dns(6, 0x8180, [twitter], extra=[opt(upper_rcode=1)]))
    svc = struct.pack(">H", 1) + b"\0" + option(1, b"\x02h3\x02h2") + option(5, b"\x00\x04test")
    dns_datagram("https", "server", "An HTTPS record that offers ECH (RFC 9460).",
                 dns(6, 0x8180, [question("www.example.com", HTTPS)], [record(QUESTION, HTTPS, 300, svc)]))
    dns_datagram("many", "server", "Thirty addresses.",
                 dns(6, 0x8180, [twitter], [record(QUESTION, A, 5, bytes([192, 0, 2, i])) for i in range(30)]))
    dns_datagram("no-question", "server", "A server that returns nothing but its header: FORMERR.", dns(6, 0x8001))
    dns_datagram("short", "server", "Three answers promised, one and a half there.",
                 dns(6, 0x8180, [twitter], [record(QUESTION, A, 60, face), record(QUESTION, A, 60, face)[:9]],
                     counts=[1, 3, 0, 0]))
    dns_datagram("trailing", "server", "Five bytes behind the last record.",
                 dns(6, 0x8180, [twitter], [record(QUESTION, A, 60, face)]) + b"extra")
    dns_datagram("wrong-length", "server", "An A record of five bytes.",
                 dns(6, 0x8180, [twitter], [record(QUESTION, A, 60, face + b"\0")]))
    dns_datagram("second-question", "client", "Two questions, the second with a label type that is reserved.",
                 dns(6, 0x0100, [twitter, b"\x80" + struct.pack(">HH", 1, 1)]))
    dns_datagram("loop-self", "server", "An owner name that points to itself.",
                 dns(6, 0x8180, [twitter], [record(pointer(29), A, 60, face)]))
    dns_datagram("loop-two", "server", "Two names that point to each other.",
                 dns(6, 0x8180, [twitter], [record(pointer(41), CNAME, 60, pointer(29))]))
    dns_datagram("loop-question", "client", "A question that points to itself.",
                 dns(6, 0x0100, [pointer(12) + struct.pack(">HH", 1, 1)]))
    dns_datagram("pointer-header", "client", "A question that points into the header.",
                 dns(6, 0x0100, [pointer(4) + struct.pack(">HH", 1, 1)]))
    dns_datagram("long-name", "client", "A name of 256 bytes, one too many.",
                 dns(6, 0x0100, [(b"\x3f" + b"a" * 63) * 3 + b"\x3e" + b"b" * 62 + b"\0" + struct.pack(">HH", 1, 1)]))
    dns_datagram("longest-name", "client", "A name of 255 bytes, the most there can be.",
                 dns(6, 0x0100, [(b"\x3f" + b"a" * 63) * 3 + b"\x3d" + b"b" * 61 + b"\0" + struct.pack(">HH", 1, 1)]))
    dns_datagram("not-dns", "client", "Something else on port 53.", b"\x00\x01\x7f\xff" + bytes(range(200, 240)))

    def framed(*messages):
        return b"".join(struct.pack(">H", len(m)) + m for m in messages)

    put("dns", "tcp-query", "stream client", "Two questions on one connection (RFC 7766).",
        framed(dns(1, 0x0100, [twitter]), dns(2, 0x0120, [question("example.org", AAAA)], extra=[opt()])))
    put("dns", "tcp-answer", "stream server", "Their answers.",
        framed(dns(1, 0x8180, [twitter], [record(QUESTION, A, 60, face)]),
               dns(4, 0x8180, [www], chain, extra=[opt(option(15, b"\x00\x11filtered"))])))
    put("dns", "tcp-malformed", "stream server", "An answer, and then one whose name points forward.",
        framed(dns(1, 0x8180, [twitter], [record(QUESTION, A, 60, face)]),
               dns(1, 0x8180, [pointer(200) + struct.pack(">HH", 1, 1)])))


# --- ICMP: what follows the eight bytes of its header ----------------------------------------

# --- DNSCrypt: version 2 protocol specification ----------------------------------------------

def dnscrypt_payloads():
    answer = b"r6fnvWj8" + bytes(range(24)) + bytes(16) + bytes(range(200))
    query = bytes.fromhex("0102030405060708") + bytes(range(32)) + bytes(range(12)) + bytes(212)
    put("dnscrypt", "answer", "datagram server", "An answer: magic, nonce, tag, padded text.", answer)
    put("dnscrypt", "query", "datagram client", "A question: the resolver's choice of magic.", query)
    put("dnscrypt", "tcp-answer", "stream server", "The same behind a length.",
        struct.pack(">H", len(answer)) + answer)
    put("dnscrypt", "tcp-query", "stream client", "The same behind a length.",
        struct.pack(">H", len(query)) + query)
    put("dnscrypt", "short", "datagram server", "Cut within its nonce.", answer[:20])
    put("dnscrypt", "not", "datagram server", "Another magic.", b"R6fnvWj8" + answer[8:])


def icmp_payloads():
    put("icmp", "echo", "datagram client", "The 56 bytes that ping sends: a time, then a ramp.",
        bytes(16) + bytes(range(0x10, 0x38)))
    put("icmp", "one", "datagram server", "A single byte.", b"\0")


# --- HTTP: RFC 9112 ---------------------------------------------------------------------------

def http(first, headers, body=b""):
    head = first + "\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers) + "\r\n"
    return head.encode() + body


def http_payloads():
    page = b"<html><head><title>Access denied</title></head><body>Blocked by order.</body></html>"
    html = ("Content-Type", "text/html")
    get = http("GET /a?b=c HTTP/1.1", [("Host", "Example.com:80"), ("User-Agent", "curl/8.5.0"), ("Accept", "*/*")])
    put("http", "get", "stream client", "One request.", get)
    put("http", "pipelined", "stream client", "A request with a body and two more behind it.",
        http("POST /form HTTP/1.1", [("Host", "example.com"), ("Content-Length", "11")], b"hello=world") + get +
        http("HEAD / HTTP/1.0", [("Host", "example.org")]))
    put("http", "connect", "stream client", "A tunnel asked of a proxy.",
        http("CONNECT example.com:443 HTTP/1.1", [("Host", "example.com:443")]))
    put("http", "sstp", "stream client", "SSTP where somebody took the TLS off: a length without end.",
        http("SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1",
             [("Host", "vpn.example"), ("Content-Length", str(2 ** 64 - 1))]) + bytes(40))
    put("http", "page", "stream server", "A small page, a redirect and a 204 on one connection.",
        http("HTTP/1.1 200 OK", [html, ("Content-Length", len(page)), ("Server", "nginx")], page) +
        http("HTTP/1.1 302 Found", [("Location", "http://blocked.example/"), ("Content-Length", 0)]) +
        http("HTTP/1.1 204 No Content", []))
    put("http", "forbidden", "stream server", "A 451 with a link to who ordered it (RFC 7725).",
        http("HTTP/1.1 451 Unavailable For Legal Reasons",
             [html, ("Link", '<https://order.example/>; rel="blocked-by"'), ("Content-Length", len(page))], page))
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(page[i:i + 20]), page[i:i + 20]) for i in range(0, len(page), 20))
    put("http", "chunked", "stream server", "A page in chunks, then another answer.",
        http("HTTP/1.1 403 Forbidden", [html, ("Transfer-Encoding", "chunked")], chunks + b"0\r\n\r\n") +
        http("HTTP/1.1 200 OK", [("Content-Length", 2)], b"ok"))
    packed = gzip.compress(page * 3, mtime=0)
    put("http", "gzip", "stream server", "A compressed page.",
        http("HTTP/1.1 403 Forbidden", [html, ("Content-Encoding", "gzip"), ("Content-Length", len(packed))], packed))
    put("http", "until-close", "stream server", "An answer that ends with the connection.",
        http("HTTP/1.0 200 OK", [html], page))
    put("http", "contradiction", "stream server", "Two lengths that differ.",
        http("HTTP/1.1 200 OK", [html, ("Content-Length", 4), ("Content-Length", 40)], page))


# --- TLS: RFC 8446 and 5246, certificates by X.690 --------------------------------------------

def tls_record(kind, data, version=0x0301):
    return struct.pack(">BHH", kind, version, len(data)) + data


def handshake(kind, data):
    return struct.pack(">I", kind << 24 | len(data)) + data


def vector(size, data):
    return len(data).to_bytes(size, "big") + data


def extension(kind, data):
    return struct.pack(">H", kind) + vector(2, data)


def client_hello(name):
    extensions = b"".join([
        extension(0x2A2A, b""),
        extension(0, vector(2, b"\0" + vector(2, name))),
        extension(10, vector(2, bytes.fromhex("0a0a001d00170018"))),
        extension(13, vector(2, bytes.fromhex("040308040401"))),
        extension(16, vector(2, vector(1, b"h2") + vector(1, b"http/1.1"))),
        extension(43, vector(1, bytes.fromhex("1a1a03040303"))),
        extension(51, vector(2, struct.pack(">H", 0x1D) + vector(2, bytes(range(32))))),
    ])
    ciphers = bytes.fromhex("fafa130113021303c02bc02f")
    return handshake(1, b"\x03\x03" + bytes(range(32)) + vector(1, bytes(32)) + vector(2, ciphers) +
                     vector(1, b"\0") + vector(2, extensions))


def server_hello(version):
    extensions = extension(43, b"\x03\x04") if version == 0x0304 else extension(16, vector(2, vector(1, b"h2")))
    return handshake(2, b"\x03\x03" + bytes(range(32, 64)) + vector(1, bytes(32)) +
                     (b"\x13\x01" if version == 0x0304 else b"\xc0\x2f") + b"\0" + vector(2, extensions))


def der(tag, *parts):
    data = b"".join(parts)
    size = len(data)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + data


def certificate(name):
    """A certificate in form only: its key and its signature are made up."""
    sha256_rsa = der(0x30, bytes.fromhex("06092a864886f70d01010b0500"))
    who = der(0x30, der(0x31, der(0x30, b"\x06\x03\x55\x04\x03", der(0x0C, name))))
    key = der(0x30, der(0x30, bytes.fromhex("06092a864886f70d0101010500")),
              der(0x03, b"\0", der(0x30, der(0x02, b"\0" + b"\xc5" * 128), der(0x02, b"\x01\0\x01"))))
    san = der(0x30, b"\x06\x03\x55\x1d\x11", der(0x04, der(0x30, der(0x82, name))))
    inner = der(0x30, der(0xA0, b"\x02\x01\x02"), b"\x02\x01\x05", sha256_rsa, who,
                der(0x30, der(0x17, b"260101000000Z"), der(0x17, b"270101000000Z")), who, key,
                der(0xA3, der(0x30, san)))
    return der(0x30, inner, sha256_rsa, der(0x03, b"\0" + b"\x5a" * 128))


def tls_payloads():
    hello = client_hello(b"blocked.Example.com")
    encrypted = tls_record(23, bytes(range(100)), 0x0303)
    changed = tls_record(20, b"\x01", 0x0303)
    put("tls", "client-hello", "stream client", "A ClientHello of TLS 1.3 with GREASE.", tls_record(22, hello))
    put("tls", "client-flight", "stream client", "A ClientHello, then what is encrypted.",
        tls_record(22, hello) + changed + encrypted)
    put("tls", "client-split", "stream client", "A ClientHello spread over four records.",
        b"".join(tls_record(22, hello[i:i + 60]) for i in range(0, len(hello), 60)) + changed)
    put("tls", "server-13", "stream server", "A ServerHello of TLS 1.3 and its encrypted flight.",
        tls_record(22, server_hello(0x0304), 0x0303) + changed + encrypted)
    chain = handshake(11, vector(3, vector(3, certificate(b"blocked.example.com"))))
    flight = server_hello(0x0303) + chain + handshake(14, b"")
    put("tls", "server-12", "stream server", "A flight of TLS 1.2 in one record: hello, certificate, done.",
        tls_record(22, flight, 0x0303))
    put("tls", "server-12-split", "stream server", "The same, cut into records across its messages.",
        b"".join(tls_record(22, flight[i:i + 97], 0x0303) for i in range(0, len(flight), 97)))
    put("tls", "alert", "stream server", "handshake_failure in clear, at once.", tls_record(21, b"\x02\x28", 0x0303))


# --- kept packets, as fuzz_dissect.c reads them -------------------------------------------------

def packet(usec, side, flags, ttl, seq, ack, size=0, odd=0, ident=0, window=0):
    return struct.pack(">IBBBBIIHHHHHHHHH", usec, side, flags, ttl, 0, seq, ack, size, size, odd, ident,
                       window, 0, 0, 0, 0)


def tcp_seeds():
    open_ = [packet(0, 0, 0x02, 64, 1000, 0, odd=4), packet(20000, 1, 0x12, 52, 9000, 1001, odd=4),
             packet(20100, 0, 0x10, 64, 1001, 9001), packet(20200, 0, 0x18, 64, 1001, 9001, 517)]
    burst = [packet(21000 + i, 1, 0x14, 46, 9001, 1518, odd=0x81, ident=7, window=i) for i in range(3)]
    begin = struct.pack(">IIBB", 1000, 9000, 64, 52)
    payloads[f"{SEEDS}/tcp-burst"] = bytes([DISSECTORS.index("tcp"), 0]) + begin + b"".join(open_ + burst)
    payloads[f"{SEEDS}/tcp-quiet"] = bytes([DISSECTORS.index("tcp"), 0]) + begin + b"".join(open_)


def main():
    for make in (dns_payloads, dnscrypt_payloads, icmp_payloads, http_payloads, tls_payloads, tcp_seeds):
        make()
    for module in (calls, mail, tunnels):
        module.make(put)
    initials.make(put)
    check, bad = "--check" in sys.argv[1:], 0
    for name, data in sorted(payloads.items()):
        path = os.path.join(HERE, name)
        if not check:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(data)
            continue
        try:
            with open(path, "rb") as f:
                same = f.read() == data
        except FileNotFoundError:
            same = False
        if not same:
            print(f"{name}: not what make.py makes; run it without --check", file=sys.stderr)
            bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
