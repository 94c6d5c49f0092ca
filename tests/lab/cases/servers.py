# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that refuse, close, crash, stall and answer oddly, all by themselves."""
import signal

from . import case
from .. import clients
from ..namespaces import nft

TABLE = "table inet own { chain i { type filter hook input priority 0; %s } }\n"


def beside(net, **more):
    """The server of the story, with another name of its own, and a healthy neighbour."""
    h = net.server(net.bad, **more)
    net.web = h
    net.server(net.other)
    net.https(net.other, 0.2)
    return h


@case("twin")
def closed_port(net):
    """A closed port refuses each SYN; another port of the same host answers."""
    h = beside(net)
    for i in range(3):
        net.connect(0.5 + i, h.address, net.pick(8443, 25, 5222), [("close",)])
    net.https(net.bad, 1.2)


@case("twin")
def port_rejected(net):
    """The host's own firewall rejects a port, by ICMP or by a reset."""
    h = beside(net)
    how = net.pick("reject", "reject with icmpx admin-prohibited", "reject with tcp reset",
                   "reject with icmpx host-unreachable")
    h.rules = TABLE % ("tcp dport 443 " + how + ";")
    for i in range(2):
        net.https(net.bad, 0.5 + 2 * i)
    net.http(net.bad, 1)


@case("twin")
def port_filtered(net):
    """The host's own firewall swallows SYNs to port 443; its port 80 is open to all."""
    h = beside(net)
    h.rules = TABLE % "tcp dport 443 drop;"
    net.https(net.bad, 0.5, deadline=8)
    net.http(net.bad, 1)
    net.https(net.bad, 6, deadline=8)


@case("twin")
def killed_in_download(net):
    """The server's process is killed in the middle of downloads, and refuses what comes next."""
    h = beside(net)
    net.path.rate = 200000
    net.https(net.bad, 0.4, size=2000000)
    net.http(net.bad, 0.5, size=2000000)
    net.at(2.5, lambda: [p.send_signal(signal.SIGKILL) for p in h.running])
    net.https(net.bad, 4)
    net.https(net.other, 5)


@case("twin")
def killed_with_unread_data(net):
    """A server dies while the client still sends: its kernel resets."""
    h = net.host(net.bad)
    net.web = h
    net.serve(h, 80, [("request",), ("wait", 60000000)])
    net.http(net.bad, 0.3)
    net.connect(0.5, h.address, 80, [("send", b"POST / HTTP/1.1\r\nHost: x.example\r\n\r\n")]
                + [("send", bytes(1000)), ("wait", 300000)] * 8 + [("eof",)], [net.bad])
    net.at(1.6, lambda: [p.send_signal(signal.SIGKILL) for p in h.running])
    net.server(net.other)
    net.https(net.other, 2)


@case("twin")
def status_codes(net):
    """403, 404, 451, 503 and redirects, by the server itself, for one of its names."""
    code = net.pick("403", "404", "451", "503", "302 https://$host$request_uri",
                    "301 http://www.$host/")
    h = net.server(net.good, own={net.bad: "return %s;" % code})
    net.web = h
    for i, n in enumerate((net.good, net.bad, net.good, net.bad)):
        net.http(n, 0.3 + i)
    net.https(net.bad, 5)


@case("twin")
def closes_without_a_word(net):
    """nginx' 444: the request for one name is answered by a FIN."""
    h = net.server(net.good, own={net.bad: "return 444;"})
    net.web = h
    for i, n in enumerate((net.good, net.bad, net.bad)):
        net.http(n, 0.3 + i)
        net.https(n, 0.6 + i)


@case("twin")
def handshake_refused(net):
    """nginx' ssl_reject_handshake: an alert (unrecognized_name) answers one name."""
    h = net.server(net.good, own={net.bad: "ssl_reject_handshake on;"})
    net.web = h
    for i, n in enumerate((net.good, net.bad, net.good, net.bad)):
        net.https(n, 0.3 + i)


@case("twin")
def no_common_version(net):
    """Client and server have no version of TLS in common: an alert by the server."""
    h = beside(net)
    h.tls = "TLSv1.3"
    for i in range(2):
        net.https(net.bad, 0.6 + i, more=["--tls-max", "1.2"])


@case("twin")
def untrusted_certificate(net):
    """The client does not trust the certificate: an alert, and it goes."""
    beside(net)
    for i in range(2):
        net.https(net.bad, 0.6 + i, more=["--cacert", "/etc/ssl/openssl.cnf",
                                          "--capath", "/nonexistent"])


@case("twin")
def wrong_protocol(net):
    """HTTP to the port of TLS, and TLS to the port of HTTP."""
    h = beside(net)
    net.connect(0.5, h.address, 443, [("send", b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" %
                                       net.bad.encode()), ("eof",)], [net.bad])
    clients.openssl(net, 1, net.bad, h, port=80)
    net.connect(1.5, h.address, 443, [("send", bytes(range(64))), ("eof",)])


@case("twin")
def too_many_connections(net):
    """nginx' limit_conn and limit_req refuse what is too much."""
    h = beside(net)
    h.http = "limit_req_zone $binary_remote_addr zone=a:1m rate=2r/s; limit_req zone=a burst=1 " \
        "nodelay; limit_req_status %s;" % net.pick("503", "429", "444")
    for i in range(10):
        (net.https if i % 2 else net.http)(net.bad, 0.5 + 0.1 * i)


@case("twin")
def banned_after_a_burst(net):
    """The host bans a client that comes too often, as fail2ban does: its SYNs vanish there."""
    h = beside(net)
    h.rules = "table inet own { set seen { type %s; flags dynamic; timeout 60s; }\n" \
        "chain i { type filter hook input priority 0; tcp flags syn / syn,ack tcp dport 443 " \
        "add @seen { %s saddr limit rate over 6/minute burst 6 packets } drop; } }\n"
    h.rules %= ("ipv6_addr", "ip6") if net.v6 else ("ipv4_addr", "ip")
    for i in range(9):
        net.https(net.bad, 0.4 + 0.3 * i, deadline=6)
    net.http(net.bad, 5)
    net.https(net.other, 6)



@case("twin")
def server_full(net):
    """A server whose backlog is full drops SYNs, as Linux does."""
    h = beside(net)
    del h.listening[443]
    h.listening[8080] = "deaf"
    for i in range(8):
        net.connect(0.4 + 0.1 * i, h.address, 8080, [("send", b"GET / HTTP/1.0\r\n\r\n"),
                                                     ("eof",)], deadline=6)
    net.http(net.bad, 3)


@case("twin", needs=("/usr/sbin/sshd", "ssh"))
def start_limit(net):
    """sshd's MaxStartups: what is too much is closed, before or after the greeting."""
    h = beside(net)
    h.listening[22] = "ssh"
    h.ssh = "MaxStartups 1:100:1"
    for i in range(5):
        net.connect(0.5 + 0.05 * i, h.address, 22, [("recv", 20), ("wait", 1500000), ("close",)])
    clients.ssh(net, 3.5, h)


@case("twin")
def preconnect(net):
    """Sockets that are opened and never used, which the server closes after its time."""
    h = beside(net)
    h.http = "client_header_timeout 3s; keepalive_timeout 3s;"
    for i in range(3):
        net.connect(0.4 + 0.3 * i, h.address, net.pick(80, 443), [("eof",)])
    net.https(net.bad, 1)


@case("twin")
def stale_keepalive(net):
    """The server closed an idle connection; the client's next request is reset."""
    h = beside(net)
    h.http = "keepalive_timeout 2s;"
    get = ("GET /1200 HTTP/1.1\r\nHost: %s\r\n\r\n" % net.bad).encode()
    for i in range(2):
        net.connect(0.4 + i, h.address, 80, [("send", get), ("http",), ("wait", 3500000),
                                             ("send", get), ("http",), ("close",)], [net.bad])


@case("twin")
def server_aborts(net):
    """The server itself resets a connection after the first words, in its own time."""
    h = net.host(net.bad)
    net.web = h
    net.serve(h, 443, [("record",), ("wait", int(net.between(1000, 0, 8000))), ("abort",)])
    net.server(net.good)
    net.https(net.good, 0.2)
    for i in range(3):
        net.https(net.bad, 0.5 + i)


@case("twin")
def server_hangs_up(net):
    """The server closes after the first words, without an answer."""
    h = net.host(net.bad)
    net.web = h
    net.serve(h, 443, [("record",), ("close",)])
    net.serve(h, 80, [("request",), ("close",)])
    for i in range(2):
        net.https(net.bad, 0.5 + i)
        net.http(net.bad, 0.8 + i)


@case("twin")
def server_thinks(net):
    """The server takes the request and says nothing until the client leaves."""
    h = net.host(net.bad)
    net.web = h
    net.serve(h, 443, [("record",), ("wait", 90000000)])
    net.serve(h, 80, [("request",), ("wait", 90000000)])
    net.server(net.good)
    net.https(net.bad, 0.3, deadline=9)
    net.http(net.bad, 0.6, deadline=9)
    net.https(net.good, 4)


@case("twin")
def server_stops_in_the_middle(net):
    """An application that stalls in the middle of its answer, and then goes on or not."""
    h = net.host(net.bad)
    net.web = h
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"
    net.serve(h, 80, [("request",), ("send", head + bytes(20000)), ("wait", 7000000),
                      ("send", bytes(40000))])
    net.http(net.bad, 0.3, deadline=net.pick(6, 12), steps=None)
    net.server(net.good)
    net.https(net.good, 3)


@case("twin")
def syn_cookies(net):
    """A server under attack answers with SYN cookies: fewer options, and no memory."""
    h = beside(net)
    h.kernel["net.ipv4.tcp_syncookies"] = 2
    for i in range(3):
        net.https(net.bad, 0.5 + i)


@case("twin")
def restarts(net):
    """A server is restarted: all its connections end at once, and it is back in a second."""
    from .. import services
    h = beside(net)
    for i in range(4):
        net.connect(0.4 + 0.1 * i, h.address, 80, [
            ("send", b"GET /1200 HTTP/1.1\r\nHost: %s\r\n\r\n" % net.bad.encode()), ("http",),
            ("wait", 3000000), ("send", b"GET /1200 HTTP/1.1\r\nHost: x\r\n\r\n"), ("http",),
            ("close",)], [net.bad])
    net.at(2, lambda: [p.kill() for p in h.running])
    net.at(2.6, lambda: services.again(net, h))
    net.https(net.bad, 2.2)
    net.https(net.bad, 4.5)


@case("twin")
def firewall_after_handshake(net):
    """The server's own firewall begins to drop one client in the middle of its connection."""
    h = beside(net)
    net.path.rate = 150000
    net.https(net.bad, 0.4, size=2000000, deadline=10)
    net.at(2, nft, h.name, TABLE % ("ip saddr %s drop; ip6 saddr %s drop;" % (
        net.client.v4, net.client.v6)))
    net.https(net.other, 4)
    # From outside nobody can tell it from a box that does the same.
    net.unsure = "the host's own firewall does what a box on the path would do"
