# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts say: TLS handshakes (RFC 8446), HTTP/1.1 (RFC 9112), DNS (RFC 1035, 6891)."""
import socket
import struct

X25519, MLKEM = 0x001d, 0x11ec      # draft-kwiatkowski-tls-ecdhe-mlkem: X25519MLKEM768
MLKEM_SHARE = 1216                  # 1184 bytes ML-KEM key and 32 bytes X25519
GREASE = (0x0a0a, 0x1a1a, 0x2a2a, 0x3a3a, 0x4a4a, 0x5a5a, 0x6a6a, 0x7a7a)     # RFC 8701
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def v8(b):
    return struct.pack("!B", len(b)) + b


def v16(b):
    return struct.pack("!H", len(b)) + b


def u16s(*values):
    return b"".join(struct.pack("!H", v) for v in values)


def extension(kind, body):
    return struct.pack("!H", kind) + v16(body)


def record(kind, body, version=0x0303):
    return struct.pack("!BH", kind, version) + v16(body)


def handshake(kind, body):
    return struct.pack("!I", kind << 24 | len(body)) + body


def hello_name(hello):
    """The server name of a hello of client_hello(), or None."""
    at = 43 + 1 + hello[43]                                     # behind the session id
    at += 2 + int.from_bytes(hello[at:at + 2], "big")           # cipher suites
    at += 1 + hello[at] + 2                                     # compression, length of extensions
    while at + 4 <= len(hello):
        kind, size = struct.unpack_from("!HH", hello, at)
        if kind == 0:
            return hello[at + 9:at + 4 + size].decode()
        at += 4 + size
    return None


def looks_like_nothing(data):
    """Wu et al., USENIX Security 2023: whether none of the five exemptions holds."""
    text = [0x20 <= c <= 0x7e for c in data]
    ones = sum(bin(c).count("1") for c in data)
    longest = max(len(r) for r in "".join("x" if t else " " for t in text).split(" "))
    return bool(data) and 34 * len(data) < 10 * ones < 46 * len(data) and \
        not (len(data) >= 6 and all(text[:6])) and 2 * sum(text) <= len(data) and longest <= 20 \
        and not (data[0] in (0x16, 0x17) and data[1:2] == b"\3" and data[2] <= 0x0f) \
        and not data.startswith((b"GET ", b"PUT ", b"POST ", b"HEAD "))


def client_hello(rng, name, large=False, ech=None, alpn=(b"h2", b"http/1.1"), late=False):
    """A browser's hello; large carries a post-quantum key share and takes two segments.
    ech: None, or True for an encrypted inner hello behind the outer name.
    late: the name comes behind the key share (browsers shuffle their extensions)."""
    grease = rng.choice(GREASE)
    groups = [grease] + ([MLKEM] if large else []) + [X25519, 0x0017, 0x0018]
    shares = u16s(grease) + v16(b"\0")
    if large:
        shares += u16s(MLKEM) + v16(rng.randbytes(MLKEM_SHARE))
    shares += u16s(X25519) + v16(rng.randbytes(32))
    early = extension(grease, b"")
    if name:
        server_name = extension(0, v16(b"\0" + v16(name.encode())))
        early += b"" if late else server_name
    rest = [extension(0x17, b""), extension(0xff01, b"\0"), extension(10, v16(u16s(*groups))),
            extension(11, v8(b"\0")), extension(0x23, b""),
            extension(16, v16(b"".join(v8(a) for a in alpn))), extension(5, b"\1\0\0\0\0"),
            extension(13, v16(u16s(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806,
                                   0x0601))),
            extension(0x33, v16(shares)), extension(0x2d, v8(b"\1")),
            extension(0x2b, v8(u16s(grease, 0x0304, 0x0303)))]
    if name and late:
        rest.append(server_name)
    if ech:
        rest.insert(7, extension(0xfe0d, b"\0" + u16s(1, 1) + b"\x2a" + v16(rng.randbytes(32))
                                 + v16(rng.randbytes(208))))
    suites = u16s(grease, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8)
    body = u16s(0x0303) + rng.randbytes(32) + v8(rng.randbytes(32)) + v16(suites) + v8(b"\0") \
        + v16(early + b"".join(rest) + extension(rng.choice(GREASE), b"\0"))
    return record(22, handshake(1, body), 0x0301)


def server_flight(rng, certificate=1300, cipher=0x1301):
    """ServerHello, change_cipher_spec, and the encrypted rest, as big as a certificate chain."""
    body = u16s(0x0303) + rng.randbytes(32) + v8(rng.randbytes(32)) + u16s(cipher) + b"\0" \
        + v16(extension(0x33, u16s(X25519) + v16(rng.randbytes(32)))
              + extension(0x2b, u16s(0x0304)))
    return record(22, handshake(2, body)) + record(20, b"\1") \
        + application(rng, 36) + application(rng, certificate) + application(rng, 281) \
        + application(rng, 53)


def client_finished(rng):
    return record(20, b"\1") + application(rng, 53)


def application(rng, n):
    return record(23, rng.randbytes(n))


def alert(level, code, version=0x0303):
    return record(21, bytes((level, code)), version)


def http_get(host, path="/"):
    text = "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: */*\r\n" \
        "Accept-Language: en\r\nConnection: keep-alive\r\n\r\n" % (path, host, USER_AGENT)
    return text.encode()


def http_answer(body, status="200 OK", headers=(), server="nginx", close=False):
    lines = ["HTTP/1.1 " + status]
    if server:
        lines += ["Server: " + server, "Date: Sun, 01 Mar 2026 10:00:00 GMT"]
    lines += ["Content-Type: text/html; charset=utf-8", "Content-Length: %d" % len(body)]
    lines += list(headers) + ["Connection: " + ("close" if close else "keep-alive"), "", ""]
    return "\r\n".join(lines).encode() + body


def page(rng, title, n):
    """A page of n bytes or a little more, of words that no block page uses."""
    words = ("garden", "river", "letter", "music", "winter", "bread", "history", "train", "bridge")
    text = "<!doctype html><html><head><title>%s</title></head><body>" % title
    while len(text) < n - 14:
        text += "<p>%s</p>\n" % " ".join(rng.choice(words) for _ in range(9))
    return (text + "</body></html>").encode()


A, CNAME, SOA, MX, TXT, AAAA, OPT, HTTPS = 1, 5, 6, 15, 16, 28, 41, 65
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5


def dns_name(name):
    return b"".join(v8(label.encode()) for label in name.split(".") if label) + b"\0"


def dns_opt(size=1232, error=None):
    """EDNS; error: (code, words) of an extended error (RFC 8914, 2)."""
    option = u16s(15) + v16(u16s(error[0]) + error[1].encode()) if error else b""
    return b"\0" + struct.pack("!HHI", OPT, size, 0) + v16(option)


def dns_query(ident, name, qtype=A, edns=True, flags=0x0100):
    return struct.pack("!HHHHHH", ident, flags, 1, 0, 0, int(edns)) + dns_name(name) \
        + u16s(qtype, 1) + (dns_opt() if edns else b"")


def https_record(ech):
    """Priority 1, the owner itself, ALPN, and an ECHConfigList (RFC 9460, RFC 9848)."""
    config = struct.pack("!H", 0xfe0d) + v16(b"\x2a" + u16s(0x20) + v16(bytes(range(32)))
                                             + v16(u16s(1, 1)) + b"\0" + v8(b"cover.example")
                                             + u16s(0))
    return u16s(1) + b"\0" + u16s(1) + v16(v8(b"h2")) + (u16s(5) + v16(v16(config)) if ech else b"")


def dns_answer(query, answers=(), rcode=NOERROR, ttl=300, edns=True, flags=0x8180, soa=None,
               error=None):
    """An answer to the bytes of a query. answers: addresses, or ("cname", name) first, or
    ("https", whether it has a key for ECH)."""
    end = query.index(b"\0", 12) + 5
    out, owner = [], b"\xc0\x0c"
    for a in answers:
        if isinstance(a, tuple) and a[0] == "https":
            out.append(owner + struct.pack("!HHI", HTTPS, 1, ttl) + v16(https_record(a[1])))
        elif isinstance(a, tuple):
            data = dns_name(a[1])
            out.append(owner + struct.pack("!HHI", CNAME, 1, ttl) + v16(data))
            owner = data
        else:
            v6 = ":" in a
            data = socket.inet_pton(socket.AF_INET6 if v6 else socket.AF_INET, a)
            out.append(owner + struct.pack("!HHI", AAAA if v6 else A, 1, ttl) + v16(data))
    authority = b""
    if soa:
        data = dns_name("ns1." + soa) + dns_name("hostmaster." + soa) \
            + struct.pack("!IIIII", 2026030101, 7200, 900, 1209600, 900)
        authority = dns_name(soa) + struct.pack("!HHI", SOA, 1, 900) + v16(data)
    counts = (1, len(out), int(bool(soa)), int(edns))
    return query[:2] + struct.pack("!HHHHH", flags | rcode, *counts) \
        + query[12:end] + b"".join(out) + authority + (dns_opt(error=error) if edns else b"")


def dns_question(query):
    """(name, type) of the question in a message."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels), struct.unpack_from("!H", query, at + 1)[0]
