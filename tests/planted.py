# SPDX-License-Identifier: GPL-3.0-or-later
"""Captures with a secret in every place where one is known to hide, for check_redact.py. Frames are
written byte by byte; none comes from a network."""
import ipaddress
import struct
import zlib

A4, A6 = ipaddress.IPv4Address, ipaddress.IPv6Address

CLIENT = A4("93.184.77.201")            # who opens all connections
SERVER = A4("198.51.100.7")             # shown
LAN = A4("192.168.77.33")
NAT = A4("81.23.145.67")                # the client as the Internet sees it
CLIENT6 = A6("2a02:6b8:77:1234:211:22ff:fe33:4455")
SERVER6 = A6("2001:db8:5::7")
MAC = bytes.fromhex("001122334455")
GATEWAY = bytes.fromhex("6c8dc1aabbcc")


def checksum(b):
    if len(b) % 2:
        b += b"\0"
    s = sum(struct.unpack("!%dH" % (len(b) // 2), b))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff


def ether(payload, kind=0x0800, src=MAC, dst=GATEWAY):
    return dst + src + struct.pack("!H", kind) + payload


def vlan(payload, number, kind=0x0800):
    return ether(struct.pack("!HH", number, kind) + payload, 0x8100)


def ip4(src, dst, proto, payload, ident=7, field=0x4000, ttl=64, options=b""):
    h = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload),
                    ident, field, ttl, proto, 0) + src.packed + dst.packed + options
    return h[:10] + struct.pack("!H", checksum(h)) + h[12:] + payload


def ip6(src, dst, proto, payload):
    return struct.pack("!IHBB", 0x60000000, len(payload), proto, 64) + src.packed + dst.packed + \
        payload


def pseudo(src, dst, proto, n):
    return src.packed + dst.packed + struct.pack("!IxxxB", n, proto)


def udp_header(src, dst, sport, dport, payload):
    h = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload
    s = checksum(pseudo(src, dst, 17, len(h)) + h) or 0xffff
    return h[:6] + struct.pack("!H", s) + h[8:]


def ip(src, dst, proto, payload, **more):
    return ip4(src, dst, proto, payload, **more) if src.version == 4 else ip6(src, dst, proto,
                                                                             payload)


def udp(src, dst, sport, dport, payload):
    return ip(src, dst, 17, udp_header(src, dst, sport, dport, payload))


def tcp_header(src, dst, sport, dport, seq, ack, flags, payload, options=b""):
    h = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff,
                    (5 + len(options) // 4) << 4, flags, 64240, 0, 0) + options + payload
    s = checksum(pseudo(src, dst, 6, len(h)) + h)
    return h[:16] + struct.pack("!H", s) + h[18:]


def tcp(src, dst, sport, dport, seq, ack, flags, payload=b"", **more):
    return ip(src, dst, 6, tcp_header(src, dst, sport, dport, seq, ack, flags, payload, **more))


def frame(packet):
    return ether(packet, 0x86dd if packet[0] >> 4 == 6 else 0x0800)


class Plant:
    def __init__(self, name, link=1):
        self.name, self.link, self.frames, self.secrets = name, link, [], []
        self.unseen = set()
        self.port = 40000

    def add(self, f):
        self.frames.append(f)

    def packet(self, p):
        self.add(frame(p))

    def secret(self, place, what, unseen=False):
        """unseen: it stands there in a form that is not searched for, such as encrypted."""
        self.secrets.append((place, what))
        if unseen:
            self.unseen.add(place)
        return what

    def hidden(self, place):
        return place in self.unseen

    def client(self):
        """The plain addresses of this capture, which are in all of them."""
        self.secret("client", CLIENT)
        self.secret("hardware address", MAC)
        return self

    def ask(self, port, question, answer=b"", cuts=(), src=CLIENT, dst=SERVER):
        """A TCP connection; the question is cut at these offsets."""
        self.port += 1
        sport, seq, ack = self.port, 1000, 9000
        self.packet(tcp(src, dst, sport, port, seq, 0, 2))
        self.packet(tcp(dst, src, port, sport, ack, seq + 1, 0x12))
        seq, ack = seq + 1, ack + 1
        self.packet(tcp(src, dst, sport, port, seq, ack, 0x10))
        edges = [0, *cuts, len(question)]
        for a, b in zip(edges, edges[1:]):
            self.packet(tcp(src, dst, sport, port, seq + a, ack, 0x18, question[a:b]))
        seq += len(question)
        for i in range(0, len(answer), 1200):
            self.packet(tcp(dst, src, port, sport, ack + i, seq, 0x18, answer[i:i + 1200]))
        ack += len(answer)
        self.packet(tcp(src, dst, sport, port, seq, ack, 0x11))
        self.packet(tcp(dst, src, port, sport, ack, seq + 1, 0x11))
        self.packet(tcp(src, dst, sport, port, seq + 1, ack + 1, 0x10))
        return sport

    def write(self, path):
        with open(path, "wb") as f:
            f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, self.link))
            for i, b in enumerate(self.frames):
                f.write(struct.pack("<IIII", 1780000000 + i // 50, i % 50 * 20000, len(b), len(b)))
                f.write(b)


# --- protocols ---

def labels(name):
    return b"".join(bytes([len(x)]) + x.encode() for x in name.split(".") if x) + b"\0"


def query(name, kind=1, number=0x1234, extra=b"", nextra=0):
    return struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, nextra) + labels(name) + \
        struct.pack("!HH", kind, 1) + extra


def answer(name, records, number=0x1234, kind=1):
    out = struct.pack("!HHHHHH", number, 0x8180, 1, len(records), 0, 0) + labels(name) + \
        struct.pack("!HH", kind, 1)
    for t, data in records:
        out += b"\xc0\x0c" + struct.pack("!HHIH", t, 1, 300, len(data)) + data
    return out


def edns(options):
    data = b"".join(struct.pack("!HH", c, len(d)) + d for c, d in options)
    return b"\0" + struct.pack("!HHIH", 41, 1232, 0, len(data)) + data


def extension(kind, data):
    return struct.pack("!HH", kind, len(data)) + data


def vector(n, data):
    return len(data).to_bytes(n, "big") + data


def sni(name):
    return extension(0, vector(2, b"\0" + vector(2, name.encode())))


def handshake(kind, body):
    return bytes([kind]) + vector(3, body)


def record(kind, body, version=0x0303):
    return bytes([kind]) + struct.pack("!H", version) + vector(2, body)


def client_hello(name, random, session, extensions=b""):
    ext = sni(name) + extension(10, vector(2, b"\0\x1d\0\x17")) + \
        extension(43, vector(1, b"\3\4\3\3")) + extensions
    return handshake(1, b"\3\3" + random + vector(1, session) + vector(2, b"\x13\1\x13\2\xc0\x2f") +
                     b"\1\0" + vector(2, ext))


def server_hello(session, extensions=b""):
    return handshake(2, b"\3\3" + bytes(range(32)) + vector(1, session) + b"\xc0\x2f\0" +
                     vector(2, extensions))


def stun(kind, attributes, number=bytes(range(50, 62)), fingerprint=False):
    body = b"".join(struct.pack("!HH", t, len(v)) + v + b"\0" * (-len(v) % 4)
                    for t, v in attributes)
    n = len(body) + (8 if fingerprint else 0)
    out = struct.pack("!HHI", kind, n, 0x2112a442) + number + body
    if fingerprint:
        out += struct.pack("!HHI", 0x8028, 4, zlib.crc32(out) ^ 0x5354554e)
    return out


def stun_address(a, port, xored, number=bytes(range(50, 62))):
    key = b"\x21\x12\xa4\x42" + number if xored else bytes(16)
    return b"\0" + bytes([1 if a.version == 4 else 2]) + \
        struct.pack("!H", port ^ (0x2112 if xored else 0)) + \
        bytes(x ^ y for x, y in zip(a.packed, key))


# --- the plants ---

def links():
    p = Plant("links").client()
    p.secret("server's gateway", GATEWAY)
    p.secret("ARP sender", LAN)
    p.add(ether(struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + MAC + LAN.packed + bytes(6) +
                A4("192.168.77.1").packed, 0x0806, dst=b"\xff" * 6))
    p.secret("ARP target", A4("192.168.77.1"))
    p.packet(tcp(CLIENT, SERVER, 1, 2, 3, 4, 2))
    p.packet(udp(CLIENT6, SERVER6, 5000, 6000, b"x" * 20))
    p.secret("EUI-64", CLIENT6)
    p.secret("identifier of the interface", CLIENT6.packed[8:])
    # neighbour discovery
    target = A6("fe80::211:22ff:fe33:4455")
    body = struct.pack("!BBHI", 135, 0, 0, 0) + target.packed + b"\1\1" + MAC
    s = checksum(pseudo(CLIENT6, A6("ff02::1:ff33:4455"), 58, len(body)) + body)
    p.packet(ip6(CLIENT6, A6("ff02::1:ff33:4455"), 58, body[:2] + struct.pack("!H", s) + body[4:]))
    p.secret("solicited", target)
    p.secret("group of a neighbour", bytes.fromhex("ff334455"))
    # what a frame carries behind its packet
    p.add(frame(tcp(CLIENT, SERVER, 1, 2, 3, 4, 4)) + p.secret("trailer", b"behind-the-packet"))
    p.add(ether(p.secret("LLDP", b"the-switch-in-room-42") + bytes(20), 0x88cc))
    p.add(ether(struct.pack("!BBHH", 0x11, 9, 0, 40) + p.secret("PPPoE", b"subscriber-4711"),
                0x8863))
    return p


def broadcast():
    p = Plant("broadcast")
    p.secret("hardware address", MAC)
    dhcp = struct.pack("!BBBBIHH", 1, 1, 6, 0, 99, 0, 0) + LAN.packed + bytes(12) + MAC + \
        bytes(10 + 192) + b"\x63\x82\x53\x63\x35\x01\x01" + b"\x0c\x0b" + \
        p.secret("DHCP host", b"janes-phone") + b"\xff"
    p.packet(udp(A4("0.0.0.0"), A4("255.255.255.255"), 68, 67, dhcp))
    p.packet(udp(LAN, A4("224.0.0.251"), 5353, 5353, query(p.secret("mDNS", "janes-laptop.local"))))
    p.packet(udp(LAN, A4("224.0.0.252"), 5355, 5355, query(p.secret("LLMNR", "janes-desktop"))))
    p.packet(udp(LAN, A4("192.168.77.255"), 137, 137, p.secret("NetBIOS", b"JANES-PRINTER")))
    p.packet(udp(LAN, A4("239.255.255.250"), 1900, 1900, b"NOTIFY * HTTP/1.1\r\nUSN: " +
                 p.secret("SSDP", b"uuid-of-janes-tv") + b"\r\n\r\n"))
    p.secret("host", LAN)
    return p


def tunnels():
    p = Plant("tunnels").client()
    inner = p.secret("inside", A4("93.55.66.77"))

    def inside(n):
        return tcp(inner, SERVER, 7000 + n, 443, 5, 6, 0x18, b"data")

    outer = p.secret("end of a tunnel", A4("81.77.3.9"))
    p.packet(ip4(outer, SERVER, 47, b"\0\0\x08\0" + inside(1)))
    p.packet(ip4(outer, SERVER, 4, inside(2)))
    p.packet(ip4(outer, SERVER, 41, udp(CLIENT6, SERVER6, 1111, 2222, b"6in4")))
    p.packet(udp(outer, SERVER, 5555, 2152, struct.pack("!BBHI", 0x30, 0xff, len(inside(3)),
                                                        0xdecade01) + inside(3)))
    p.secret("GTP tunnel", bytes.fromhex("decade01"))
    p.packet(udp(outer, SERVER, 5556, 4789, b"\x08\0\0\0\0\0\x2a\0" + frame(inside(4))))
    teredo = A6(bytes.fromhex("20010000") + SERVER.packed + b"\0\0\x63\xbf" +
                bytes(x ^ 0xff for x in NAT.packed))
    p.packet(udp(outer, SERVER, 5557, 3544, udp(teredo, SERVER6, 3, 4, b"teredo")))
    p.packet(udp(teredo, SERVER6, 30, 40, b"teredo alone"))
    p.secret("Teredo", NAT)
    six = p.secret("6to4", A4("81.99.1.2"))
    p.packet(udp(A6(b"\x20\x02" + six.packed + bytes(10)), SERVER6, 3, 4, b"6to4"))
    nat64 = p.secret("NAT64", A4("81.99.3.4"))
    p.packet(udp(A6(bytes.fromhex("0064ff9b") + bytes(8) + nat64.packed), SERVER6, 3, 4, b"nat64"))
    isatap = p.secret("ISATAP", A4("81.99.5.6"))
    p.packet(udp(A6(bytes.fromhex("fe8000000000000000005efe") + isatap.packed), SERVER6, 3, 4, b"i"))
    p.add(vlan(inside(5), 3333))
    p.secret("VLAN", struct.pack("!HH", 3333, 0x0800))
    p.packet(ip4(outer, SERVER, 47, b"\0\0\x65\x58" + ether(inside(6))))
    route = p.secret("record route", A4("81.99.7.8"))
    p.packet(ip4(CLIENT, SERVER, 6, tcp_header(CLIENT, SERVER, 1, 2, 3, 4, 2, b""),
                 options=b"\x07\x07\x08" + route.packed + b"\0"))
    return p


def icmp():
    p = Plant("icmp").client()
    behind = p.secret("quoted", A4("81.55.44.33"))
    router = A4("203.0.113.9")

    def error(kind, quote):
        body = struct.pack("!BBHI", kind, 1, 0, 0) + quote
        return body[:2] + struct.pack("!H", checksum(body)) + body[4:]

    quote = tcp(behind, SERVER, 1234, 443, 77, 88, 2)
    p.packet(ip4(router, CLIENT, 1, error(3, quote[:28])))
    p.packet(ip4(router, CLIENT, 1, error(11, udp(behind, SERVER, 1, 53, b"\0" * 12 +
             p.secret("quoted payload", b"very-private-quote")))))
    inner = p.secret("quoted inside", A4("81.55.44.34"))
    p.packet(ip4(router, CLIENT, 1, error(3, ip4(behind, SERVER, 4, tcp(inner, SERVER, 1, 2, 3, 4,
                                                                        2)))))
    body = struct.pack("!BBHI", 1, 4, 0, 0) + udp(CLIENT6, SERVER6, 1, 53, b"x")
    p.secret("quoted IPv6", CLIENT6)
    s = checksum(pseudo(SERVER6, CLIENT6, 58, len(body)) + body)
    p.packet(ip6(SERVER6, CLIENT6, 58, body[:2] + struct.pack("!H", s) + body[4:]))
    p.packet(ip4(CLIENT, SERVER, 1, error(8, p.secret("ping", b"payload-of-a-ping"))))
    return p


def dns():
    p = Plant("dns").client()
    p.secret("question", "my-secret-clinic.com")
    p.packet(udp(CLIENT, SERVER, 5001, 53, query("my-secret-clinic.com")))
    p.packet(udp(SERVER, CLIENT, 53, 5001, answer("my-secret-clinic.com",
             [(5, labels("alias-of-clinic.net")), (1, A4("198.51.100.77").packed),
              (1, CLIENT.packed), (16, vector(1, p.secret("TXT", b"text-of-a-record")))])))
    p.secret("alias", "alias-of-clinic")
    subnet = p.secret("client subnet", A4("81.200.30.0"))
    p.packet(udp(CLIENT, SERVER, 5002, 53, query("example.com", extra=edns(
        [(8, struct.pack("!HBB", 1, 24, 0) + subnet.packed[:3]),
         (10, p.secret("DNS cookie", b"cookie--"))]), nextra=1)))
    p.secret("client subnet, three bytes", subnet.packed[:3])
    whole = p.secret("client subnet as a whole", A4("81.200.31.99"))
    p.packet(udp(CLIENT, SERVER, 5003, 53, query("example.org", extra=edns(
        [(8, struct.pack("!HBB", 1, 32, 0) + whole.packed)]), nextra=1)))
    p.packet(udp(CLIENT, SERVER, 5004, 53, query(LAN.reverse_pointer, 12)))
    p.secret("reverse", LAN)
    p.packet(udp(CLIENT, SERVER, 5005, 53, query(CLIENT.reverse_pointer, 12)))
    p.packet(udp(CLIENT, SERVER, 5006, 53, query(CLIENT6.reverse_pointer, 12)))
    p.secret("reverse IPv6", CLIENT6)
    p.packet(udp(SERVER, CLIENT, 53, 5004, answer(LAN.reverse_pointer,
             [(12, labels(p.secret("host", "janes-nas.lan")))], kind=12)))
    tcp_name = p.secret("question over TCP", "secret-over-tcp.com")
    m, a = query(tcp_name), answer(tcp_name, [(1, A4("198.51.100.78").packed)])
    p.ask(53, vector(2, m), vector(2, a), cuts=(1, 20))
    # fragments of an answer
    name = p.secret("in fragments", "name-in-fragments.com")
    big = udp_header(SERVER, CLIENT, 53, 5007, answer(name, [
        (1, A4("198.51.100.79").packed)] * 20 + [(5, labels(p.secret(
            "in the second fragment", "in-the-second-fragment.net")))]))
    p.packet(udp(CLIENT, SERVER, 5007, 53, query(name)))
    p.packet(ip4(SERVER, CLIENT, 17, big[:160], ident=99, field=0x2000))
    p.packet(ip4(SERVER, CLIENT, 17, big[160:], ident=99, field=20))
    p.packet(ip4(SERVER, CLIENT, 17, p.secret("in a lonely fragment", b"a-fragment-alone") +
                 bytes(8), ident=98, field=0x2000 + 4))
    return p


def http():
    p = Plant("http").client()
    secrets = {
        "Cookie": "session=0123cookie4567", "Authorization": "Basic amFuZTpzZWNyZXQ=",
        "X-Forwarded-For": str(NAT), "X-Real-IP": "81.23.145.68",
        "Forwarded": "for=81.23.145.69;by=x", "Via": "1.1 proxy-of-jane (squid)",
        "Referer": "http://secret-referer.com/page", "User-Agent": "JanesOwnBrowser/1.0",
        "Proxy-Authorization": "Bearer proxytoken0815", "X-Csrf-Token": "csrftoken4242",
        "From": "jane@secret-mail.com",
    }
    for place, value in secrets.items():
        p.secret(place, value.split("=")[-1] if "=" in value and place != "Authorization"
                 else value)
    p.secrets = [(a, b) for a, b in p.secrets if a != "Forwarded"] + [
        ("Forwarded", "81.23.145.69")]
    host = p.secret("Host", "secret-shop.com")
    request = ("GET /secret-path?token=querytoken1 HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (
        host, "".join("%s: %s\r\n" % x for x in secrets.items()))).encode()
    p.secret("path", "secret-path")
    p.secret("query", "querytoken1")
    page = b"<html><title>your address is %s</title>%s</html>" % (
        str(NAT).encode(), p.secret("page", b"contents-of-a-page"))
    p.secret("address in a page", NAT)
    reply = b"HTTP/1.1 200 OK\r\nSet-Cookie: id=%s\r\nContent-Length: %d\r\n" \
        b"Location: http://elsewhere-secret.com/%s\r\n\r\n" % (
            p.secret("Set-Cookie", b"setcookie9876"), len(page),
            p.secret("Location", b"location-path")) + page
    p.secret("host of Location", "elsewhere-secret.com")
    at = request.index(b"0123cookie4567") + 5
    p.ask(80, request, reply, cuts=(at, at + 40))
    # the same bytes twice, and others in their place
    sport = p.ask(80, request, reply)
    p.packet(tcp(CLIENT, SERVER, sport, 80, 1001, 9001, 0x18, request[:at + 20]))
    p.packet(tcp(CLIENT, SERVER, sport, 80, 1001 + at, 9001, 0x18,
                 request[at:at + 30].replace(b"cookie", b"COOKIE")))
    p.secret("other bytes in their place", "COOKIE4567")
    p.ask(3128, b"CONNECT %s:443 HTTP/1.1\r\nProxy-Authorization: Basic %s\r\n\r\n" % (
        p.secret("CONNECT", "secret-via-proxy.com").encode(),
        p.secret("proxy's password", b"cHJveHk6cGFzcw")), b"HTTP/1.1 200 OK\r\n\r\n")
    p.ask(1080, b"\5\1\2" + b"\1\4" + p.secret("SOCKS user", b"jane") + b"\x0c" +
          p.secret("SOCKS password", b"sockspass123") + b"\5\1\0\3" +
          vector(1, p.secret("SOCKS name", "secret-via-socks.com").encode()) + b"\1\xbb",
          b"\5\2\1\0\5\0\0\1" + NAT.packed + b"\x9c\x40")
    p.ask(80, b"PROXY TCP4 81.23.145.70 198.51.100.7 5 80\r\n" + request, reply)
    p.secret("PROXY protocol 1", A4("81.23.145.70"))
    p.ask(80, b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + A4("81.23.145.71").packed + SERVER.packed +
          b"\0\5\0P" + request, reply)
    p.secret("PROXY protocol 2", A4("81.23.145.71"))
    p.ask(21, b"USER jane-ftp\r\nPASS ftp-password\r\nPORT 93,184,77,201,4,5\r\n",
          b"220 hello\r\n227 Entering Passive Mode (81,23,145,72,9,9)\r\n")
    p.secret("FTP user", b"jane-ftp")
    p.secret("FTP password", b"ftp-password")
    p.secret("FTP PASV", A4("81.23.145.72"))
    p.ask(5060, b"INVITE sip:bob@secret-voip.com SIP/2.0\r\nVia: SIP/2.0/TCP 81.23.145.73\r\n"
          b"\r\nv=0\r\nc=IN IP4 81.23.145.74\r\na=candidate:1 1 udp 1 192.168.77.34 9 typ host\r\n")
    for i, place in ((73, "SIP"), (74, "SDP")):
        p.secret(place, A4("81.23.145.%d" % i))
    p.secret("ICE candidate", A4("192.168.77.34"))
    p.secret("SIP name", "secret-voip.com")
    p.ask(25, b"EHLO janes-laptop\r\nAUTH PLAIN %s\r\nMAIL FROM:<%s>\r\n" % (
        p.secret("SMTP password", b"AGphbmUAc210cHBhc3M"),
        p.secret("SMTP sender", b"jane@private-mail.com")),
          b"220 mx.example ESMTP\r\n250-hello [93.184.77.201]\r\n250 AUTH PLAIN\r\n")
    p.secret("EHLO", b"janes-laptop")
    p.ask(25, b"EHLO janes-laptop\r\nAUTH LOGIN\r\n%s\r\nDATA\r\nDear %s,\r\nI QUIT my %s\r\n.\r\n" % (
        p.secret("SMTP user", b"amFuZXNuYW1l"), p.secret("mail", b"Auntie-Mabel"),
        p.secret("a word of a command in a mail", b"secret-job")),
          b"220 mx.example ESMTP\r\n250-mx.example Hello janes-laptop [93.184.77.201]\r\n"
          b"250-STARTTLS\r\n250 AUTH LOGIN\r\n334 x\r\n235 hello %s\r\n" %
          p.secret("SMTP server's words", b"dear-customer-jane"))
    p.ask(143, b"a1 LOGIN %s %s\r\na2 FETCH 1 BODY[]\r\n" % (
        p.secret("IMAP user", b"imap-user-jane"), p.secret("IMAP password", b"imap-pass-42")),
          b"* OK IMAP4rev1 ready\r\na1 OK welcome\r\n* 1 FETCH (BODY[] {40}\r\n%s\r\n)\r\n" %
          p.secret("fetched mail", b"meet me at the lighthouse"))
    p.ask(110, b"USER %s\r\nPASS pop-pass-77\r\nRETR 1\r\n" % p.secret("POP user", b"pop-jane"),
          b"+OK ready <77.1@pop.example>\r\n+OK\r\n+OK\r\n+OK\r\n%s\r\n.\r\n" %
          p.secret("retrieved mail", b"the-letter-itself"))
    p.secret("POP password", b"pop-pass-77")
    p.ask(4444, p.secret("unknown protocol", b"something that nobody knows") + bytes(40))
    return p


def tls():
    p = Plant("tls").client()
    session = p.secret("session id", bytes.fromhex("5e5510"
                       "a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d"))
    random = p.secret("random", bytes.fromhex("c11e47" + "0badcafe" * 7 + "77"))
    ticket = p.secret("session ticket", b"ticket-of-a-former-session")
    identity = p.secret("PSK identity", b"identity-of-a-key")
    share = p.secret("key share", bytes.fromhex("ab54a98ceb1f0ad2") * 4)
    psk = vector(2, vector(2, identity) + b"\0\0\0\1") + vector(2, vector(1, bytes(32)))
    name = p.secret("SNI", "secret-in-sni.com")
    hello = client_hello(name, random, session, extension(35, ticket) +
                         extension(51, vector(2, b"\0\x1d" + vector(2, share))) +
                         extension(44, vector(2, p.secret("TLS cookie", b"cookie-of-a-retry"))) +
                         extension(0xfe0d, b"\0\0\1\0\1\7" + vector(2, p.secret(
                             "ECH", b"encapsulated-key")) + vector(2, bytes(40))) +
                         extension(0x1234, p.secret("unknown extension", b"unknown-extension")) +
                         extension(41, psk))
    certificate = b"\x30\x82\x01\x00" + p.secret("certificate", b"certificate-of-secret-in-sni.com")
    me = p.secret("client's certificate", b"certificate-of-jane")
    reply = record(22, server_hello(session) + handshake(11, vector(3, vector(3, certificate))) +
                   handshake(14, b"")) + \
        record(22, handshake(4, bytes(4) + vector(2, p.secret("new ticket", b"a-new-session-ticket"))))
    more = record(22, handshake(11, vector(3, vector(3, me)))) + record(20, b"\1") + \
        record(23, p.secret("application data", b"application data, encrypted"))
    one = record(22, hello, 0x0301)
    p.ask(443, one + more, reply)
    at = one.index(name.encode()) + 6
    p.ask(443, one + more, reply, cuts=(at, at + 9))
    # a hello in three records
    parts = [hello[:at - 5], hello[at - 5:at + 3], hello[at + 3:]]
    p.ask(443, b"".join(record(22, x, 0x0301) for x in parts) + more, reply)
    # only the end of one
    p.packet(tcp(CLIENT, SERVER, 39999, 443, 5000, 1, 0x18, one[at:]))
    options = b"\x22\x0a" + p.secret("Fast Open cookie", b"tfocooki") + b"\1\1"
    p.packet(tcp(CLIENT, SERVER, 39998, 443, 100, 0, 2, options=options))
    options = b"\x1e\x08\3\0" + p.secret("MPTCP address", A4("81.23.145.80")).packed
    p.packet(tcp(CLIENT, SERVER, 39998, 443, 101, 1, 0x10, options=options))
    options = b"\1\1\x08\x0a" + p.secret("clock", bytes.fromhex("3ade68b1")) + bytes(4)
    p.packet(tcp(CLIENT, SERVER, 39997, 443, 100, 0, 2, options=options))
    return p


def calls():
    p = Plant("calls").client()
    n = bytes(range(50, 62))
    p.packet(udp(CLIENT, SERVER, 6001, 3478, stun(1, [
        (6, p.secret("USERNAME", b"Wz3f:ufragOfJane")), (0x8022, p.secret("SOFTWARE", b"JanesPhone"))
    ], fingerprint=True)))
    peer, relayed = p.secret("XOR-PEER-ADDRESS", A4("81.23.145.90")), A4("81.23.145.91")
    p.packet(udp(SERVER, CLIENT, 3478, 6001, stun(0x101, [
        (0x20, stun_address(NAT, 6001, True)), (1, stun_address(NAT, 6001, False)),
        (0x8020, stun_address(NAT, 6001, True))], fingerprint=True)))
    p.secret("XOR-MAPPED-ADDRESS", NAT)
    p.packet(udp(CLIENT, SERVER, 6002, 3478, stun(8, [
        (0x12, stun_address(peer, 9, True)), (0x14, p.secret("REALM", "turn.janes-company.com").encode()),
        (0x15, p.secret("NONCE", b"nonce-of-a-turn-server")), (8, p.secret("INTEGRITY", b"m" * 5 +
         b"integrity" + b"n" * 6))])))
    p.packet(udp(SERVER, CLIENT, 3478, 6002, stun(0x103, [
        (0x16, stun_address(relayed, 9, True))])))
    p.secret("XOR-RELAYED-ADDRESS", relayed)
    six = p.secret("XOR-MAPPED-ADDRESS of IPv6", A6("2a02:6b8:99::aaaa:bbbb:cccc"), unseen=True)
    p.packet(udp(CLIENT, SERVER, 6003, 3478, stun(1, [])))
    p.packet(udp(SERVER, CLIENT, 3478, 6003, stun(0x101, [(0x20, stun_address(six, 1, True, n))])))
    p.secret("the same, XORed", bytes(x ^ y for x, y in zip(six.packed, b"\x21\x12\xa4\x42" + n)))
    p.packet(udp(CLIENT, SERVER, 6004, 3478, stun(0x0800, [
        (0x4000, p.secret("WhatsApp token", b"token-of-a-whatsapp-call"))])))
    p.packet(udp(CLIENT, SERVER, 6001, 3478, b"\x80\x60\0\1\0\0\0\1" +
                 p.secret("SSRC and media", b"ssrcmedia-of-a-call")))
    p.packet(udp(CLIENT, SERVER, 6001, 3478, b"\x40\0\0\x20" +
                 p.secret("channel data", b"data-in-a-turn-channel----------")))
    p.packet(udp(CLIENT, SERVER, 51000, 51820, b"\1\0\0\0\x07\x08\x09\x0a" +
                 p.secret("WireGuard's ephemeral key", b"ephemeral-key-of-wireguard-peer!") +
                 bytes(48 + 28) + p.secret("mac1", b"mac1-of-the-peer") + bytes(16)))
    tag = p.secret("peer tag", b"tag-of-a-callXXX")
    p.packet(udp(CLIENT, SERVER, 6005, 596, tag + b"\xff" * 8 + b"\xff\xff\xff\xff\xfe\xff\xff\xff" +
                 bytes(8)))
    p.packet(udp(CLIENT, SERVER, 6006, 50001, b"\0\1\0\x46" + bytes(70)))
    p.packet(udp(SERVER, CLIENT, 50001, 6006, b"\0\2\0\x46\0\0\0\7" + str(NAT).encode() +
                 bytes(64 - len(str(NAT))) + b"\1\2"))
    return p


def messengers():
    p = Plant("messengers").client()
    p.ask(443, b"ED\0\1\0\0\x10" + p.secret("WhatsApp's routing", b"routing-of-jane!") +
          b"WA\6\3\0\0\x24\x12\x22\x0a\x20" +
          p.secret("WhatsApp's ephemeral key", b"ephemeral-key-of-a-whatsapp-user"),
          b"\0\0\x24\x1a\x22\x0a\x20" + bytes(range(32)))
    key = p.secret("Telegram's key id", bytes.fromhex("b7e151628aed2a6a"))
    p.ask(443, b"\xef\x10" + key + bytes(range(100, 156)), b"\x10" + key + bytes(range(56)))
    p.ask(443, b"\xee" * 4 + struct.pack("<I", 64) + key + bytes(range(100, 156)),
          struct.pack("<I", 64) + key + bytes(range(56)))
    p.ask(22, b"SSH-2.0-OpenSSH_9\r\n" + b"\0\0\0\x2c\4\x14" +
          p.secret("SSH cookie", b"cookie-of-kexini") + bytes(30), b"SSH-2.0-OpenSSH_9\r\n")
    p.packet(udp(CLIENT, SERVER, 6100, 1194, b"\x38" + bytes(range(8)) + bytes(5)))
    p.packet(udp(CLIENT, SERVER, 6100, 1194, b"\x20" + bytes(range(8)) +
                 p.secret("OpenVPN's control", b"control-channel-of-openvpn")))
    p.packet(udp(CLIENT, SERVER, 6101, 500, bytes(range(1, 9)) + bytes(8) + b"\x21\x20\x22\x08" +
                 struct.pack("!II", 0, 28 + 30) + p.secret("IKE", b"identity-of-an-ike-peer-a-home")))
    p.packet(udp(CLIENT, SERVER, 6102, 1701, b"\xc8\2\0\x30\0\0\0\0\0\0\0\0\x80\x08\0\0\0\0\0\1"
                 b"\x80\x1c\0\0\0\7" + p.secret("L2TP host", b"host-name-of-l2tp-cl.")))
    return p


def blocked():
    """Conversations that findings are about: who asked is still nobody's business."""
    p = Plant("blocked").client()
    site = A4("198.51.100.20")

    def packet(src, dst, sport, dport, seq, ack, flags, payload=b"", ttl=64):
        p.packet(ip4(src, dst, 6, tcp_header(src, dst, sport, dport, seq, ack, flags, payload),
                     ttl=ttl, ident=len(p.frames) * 977 & 0xffff))

    def begin(port, sport):
        packet(CLIENT, site, sport, port, 1000, 0, 2)
        packet(site, CLIENT, port, sport, 9000, 1001, 0x12, ttl=49)
        packet(CLIENT, site, sport, port, 1001, 9001, 0x10)

    page = b"<html><title>Blocked</title><body><iframe src=\"http://10.10.34.34?type=Invalid Site" \
        b"&policy=MainPolicy\"></iframe> %s at %s and %s</body></html>" % (
            b"you are", str(NAT).encode(), str(LAN).encode())
    p.secret("address in a block page", NAT)
    p.secret("private address in a block page", LAN)
    forged = b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nSet-Cookie: %s\r\n" \
        b"Content-Length: %d\r\nConnection: close\r\n\r\n" % (
            p.secret("a censor's cookie", b"censors-cookie-1"), len(page)) + page
    request = b"GET /forbidden HTTP/1.1\r\nHost: blocked.example\r\nCookie: %s\r\n" \
        b"Authorization: Basic %s\r\nUser-Agent: %s\r\nX-Forwarded-For: %s\r\n\r\n" % (
            p.secret("cookie beside a finding", b"cookie-of-the-victim"),
            p.secret("password beside a finding", b"dmljdGltOnBhc3M"),
            p.secret("program beside a finding", b"VictimBrowser"),
            p.secret("proxied address beside a finding", b"81.23.145.99"))
    for sport in (41001, 41002):
        begin(80, sport)
        packet(CLIENT, site, sport, 80, 1001, 9001, 0x18, request)
        packet(site, CLIENT, 80, sport, 9001, 1001 + len(request), 0x19, forged, ttl=61)
        packet(site, CLIENT, 80, sport, 9001, 1001 + len(request), 0x18,
               b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", ttl=49)
    hello = record(22, client_hello("blocked.example", p.secret(
        "random beside a finding", b"random-of-a-blocked-hello-123456"), p.secret(
            "session beside a finding", b"session-of-a-blocked-hello-12345"), extension(
                35, p.secret("ticket beside a finding", b"ticket-of-the-victim"))), 0x0301)
    for sport in (41003, 41004, 41005):
        begin(443, sport)
        packet(CLIENT, site, sport, 443, 1001, 9001, 0x18, hello)
        packet(site, CLIENT, 443, sport, 9001, 1001 + len(hello), 0x14, ttl=61)
        packet(site, CLIENT, 443, sport, 9001, 1001 + len(hello), 0x18,
               record(22, server_hello(bytes(32))), ttl=49)
    p.ask(443, record(22, client_hello(p.secret("a control's name", "secret-control.com"),
                                       bytes(32), b""), 0x0301), record(22, server_hello(b"")))
    return p


def linux():
    p = Plant("linux", 113).client()
    p.secrets = [s for s in p.secrets if s[0] != "hardware address"]
    p.secret("cooked address", MAC)
    p.add(b"\0\4\0\1\0\6" + MAC + b"\xca\xfe\x08\0" + udp(CLIENT, SERVER, 1, 2, b"hi"))
    return p


def wireless():
    p = Plant("wireless", 105)
    p.secret("station", MAC)
    p.add(b"\x80\0\0\0" + b"\xff" * 6 + MAC + MAC + b"\0\0" + bytes(12) + b"\0\x0d" +
          p.secret("SSID", b"janes-network"))
    p.add(b"\x08\1\0\0" + MAC + GATEWAY + MAC + b"\0\0" + b"\xaa\xaa\3\0\0\0\x08\0" +
          udp(CLIENT, SERVER, 1, 2, b"hi"))
    p.secret("client", CLIENT)
    return p


def all_of_them():
    return [f() for f in (links, broadcast, tunnels, icmp, dns, http, tls, calls, messengers,
                          blocked, linux, wireless)]
