# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks that fail: links, routes, radios, NATs, tunnels too small, balancers, dead resolvers."""
import sys

from . import case
from .. import clients
from ..namespaces import call, inside, nft, set_kernel
from .servers import beside

FORWARD = "table inet box { chain f { type filter hook forward priority 0; %s } }\n"
HOST = {False: "ip", True: "ip6"}


def link(name, interface, state):
    call(*inside(name, "ip", "link", "set", "dev", interface, state))


@case("twin")
def host_unplugged(net):
    """A host's cable is pulled: after a while its router calls it unreachable."""
    h = beside(net)
    net.https(net.bad, 0.4)
    net.at(1.5, link, h.name, "eth0", "down")
    net.https(net.bad, 2, deadline=8)
    net.https(net.bad, 5, deadline=8)
    net.https(net.other, 6)


@case("twin")
def host_switched_off(net):
    """A host goes dark in the middle of a download; its neighbour answers all the while."""
    h = beside(net)
    net.path.rate = 150000
    net.https(net.bad, 0.4, size=2000000)
    net.at(2, setattr, h, "dead", True)
    net.https(net.bad, 3, deadline=9)
    net.https(net.other, 5)
    # Silence of one host cannot be told from a box that swallows its address.
    net.unsure = "a dead host looks like a blocked address"


@case("twin")
def outage(net):
    """The whole network is away for some seconds; all flows are silent together."""
    for n in (net.bad, net.good, net.other):
        net.server(n)
    net.path.rate = 150000
    net.https(net.good, 0.2)
    net.https(net.bad, 0.8, size=400000, deadline=20)
    net.at(2, setattr, net.path, "loss", 1.0)
    for i, n in enumerate((net.bad, net.good, net.other)):
        net.https(n, 2.5 + 0.5 * i, deadline=14)
    net.at(net.between(9, 6, 12), setattr, net.path, "loss", 0.0)
    net.https(net.good, 14)


@case("twin")
def link_flaps(net):
    """The client's radio goes away and comes back, with its address."""
    beside(net)
    net.path.rate = 150000
    net.https(net.bad, 0.4, size=400000, deadline=20)
    net.at(1.5, link, "near0", "to-client", "down")
    net.at(net.between(4, 3, 7), link, "near0", "to-client", "up")
    net.at(7.2, call, *inside("near0", "ip", "route", "replace", net.client.v4, "dev", "to-client"))
    net.at(7.2, call, *inside("near0", "ip", "-6", "route", "replace", net.client.v6, "dev",
                              "to-client"))
    net.https(net.other, 9)


@case("twin", v6=False)
def nat_forgets(net):
    """A NAT with a short memory: what comes after an idle minute meets no mapping."""
    h = beside(net)
    h.http = "keepalive_timeout 60s;"
    nat(net, net.pick("ct state invalid drop;", "", "ct state invalid reject with tcp reset;"))
    net.kernel["near0"] = {"net.netfilter.nf_conntrack_tcp_timeout_established": 3,
                           "net.netfilter.nf_conntrack_tcp_loose": 0}
    get = ("GET /1200 HTTP/1.1\r\nHost: %s\r\n\r\n" % net.bad).encode()
    for i in range(2):
        net.connect(0.5 + i, h.address, 80, [("send", get), ("http",), ("wait", 66000000),
                                             ("send", get), ("http",), ("close",)], [net.bad],
                    deadline=80)
    net.https(net.bad, 68)


def nat(net, forward=""):
    """The first router gives all clients its own address."""
    net.nat = [net.foreign(5)]
    net.routers["near0"] = "table ip nat { chain p { type nat hook postrouting priority 100; " \
        "ip saddr 192.168.1.0/24 snat to %s; } }\n" % net.nat[0] + FORWARD % forward


@case("twin", v6=False)
def behind_nat(net):
    """Two clients behind one address ask the same server."""
    beside(net)
    nat(net)
    other = net.another_client()
    for i in range(3):
        net.https(net.bad, 0.4 + i)
        net.https(net.bad, 0.5 + i, client=other)


@case("twin")
def tunnel_too_small(net):
    """A tunnel takes 1,400 bytes and says so, or its ICMP errors are filtered."""
    beside(net)
    net.mtu["far0", "wire"] = net.chance.randrange(1300, 1420)
    if net.rng.random() < 0.5:
        net.routers["far0"] = "table inet quiet { chain o { type filter hook output priority 0; " \
            "icmp type destination-unreachable drop; icmpv6 type packet-too-big drop; } }\n"
    net.https(net.bad, 0.5, size=40000, deadline=9)
    net.http(net.bad, 1, size=40000, deadline=9)
    net.https(net.other, 2, size=40000, deadline=9)
    net.http(net.other, 3, size=0)


@case("twin")
def clamped(net):
    """A router lowers the MSS of each SYN, as those of DSL lines do."""
    beside(net)
    net.routers["near0"] = FORWARD % "tcp flags syn tcp option maxseg size set 1340;"
    for i in range(3):
        net.https(net.bad, 0.5 + i, size=40000)


@case("twin", v6=False)
def route_changes(net):
    """The route becomes some hops longer or shorter in the middle of things."""
    beside(net)
    net.path.rate = 150000
    net.https(net.bad, 0.4, size=400000, deadline=20)
    table = "table inet ttl { chain f { type filter hook forward priority -150; ip saddr != %s " \
        "ip ttl set %d; } }\n"
    net.at(1.2, nft, "near0", table % (net.client.v4, net.rng.randrange(45, 60)))
    net.https(net.bad, 2)
    net.http(net.other, 3)


@case("twin", v6=False)
def flat_ttl(net):
    """A cloud gives every inbound packet one TTL."""
    beside(net)
    net.routers["near0"] = "table inet ttl { chain f { type filter hook forward priority -150; " \
        "oifname \"to-client\" ip ttl set %d; } }\n" % net.pick(251, 128, 63)
    h = net.names[net.bad]
    net.https(net.bad, 0.4)
    net.connect(0.8, h.address, 8443, [("close",)])
    net.https(net.bad, 1.5, deadline=0.08)
    net.http(net.bad, 2)


@case("twin")
def routing_loop(net):
    """Two routers send packets for one host to each other: time exceeded."""
    h = beside(net)
    if len(net.chain.far) < 2:
        net.chain.far.append("far1")
    a, b = net.chain.far[-2:]
    net.at(0.1, lambda: net.chain.reroute(b, h, a))
    net.https(net.bad, 0.6, deadline=5)
    net.https(net.other, 2)
    net.https(net.bad, 3, deadline=5)


@case("twin")
def balancer_refuses(net):
    """The balancer in front of a host resets each SYN to one of its ports, with its own TTL."""
    h = beside(net)
    family = HOST[net.v6]
    net.routers[net.chain.far[-1]] = FORWARD % ("%s daddr %s tcp dport 443 reject with tcp reset;"
                                                % (family, h.address))
    net.https(net.bad, 0.5)
    net.http(net.bad, 1)
    net.https(net.bad, 2)


@case("twin", v6=False)
def syn_proxy(net):
    """A SYN proxy near the server answers first; what comes behind it has another TTL."""
    h = beside(net)
    last = net.chain.far[-1]
    net.kernel[last] = {"net.netfilter.nf_conntrack_tcp_loose": 0}
    net.routers[last] = "table ip raw { chain p { type filter hook prerouting priority -300; " \
        "ip daddr %s tcp flags syn tcp dport {80,443} notrack; } }\n" % h.v4 + FORWARD % (
            "ip daddr %s tcp dport {80,443} ct state invalid,untracked synproxy mss 1460 wscale 7 "
            "timestamp sack-perm; ct state invalid drop;" % h.v4)
    for i in range(3):
        net.https(net.bad, 0.5 + i)


@case("twin")
def eyeballs(net):
    """One family of addresses is dead; the client soon tries the other (RFC 8305)."""
    h = beside(net)
    family = HOST[not net.v6]
    h.rules = "table inet own { chain i { type filter hook input priority 0; %s daddr %s drop; } }\n" \
        % (family, h.v4 if net.v6 else h.v6)
    for i in range(3):
        net.do(0.5 + 1.5 * i, ["curl", "-sS", "-o", "/dev/null", "--cacert", net.ca[0],
                               "--max-time", "8", "--resolve", "%s:443:[%s],%s" % (
                                   net.bad, h.v6, h.v4), "https://%s/" % net.bad])


@case("twin")
def client_leaves(net):
    """Downloads that the client gives up: its kernel resets, and again for each late segment."""
    beside(net)
    net.path.rate = 300000
    for i in range(4):
        net.https(net.bad, 0.4 + 1.5 * i, size=2000000, deadline=net.between(0.7, 0.2, 1.2))
        net.http(net.bad, 0.9 + 1.5 * i, size=2000000, deadline=net.between(0.5, 0.1, 0.9))


@case("twin")
def client_killed(net):
    """The client's program is killed; its machine is switched off, seen from the server."""
    beside(net)
    net.path.rate = 300000
    net.https(net.bad, 0.4, size=2000000)
    net.http(net.bad, 0.5, size=2000000)
    net.at(1.5, lambda: [p.kill() for p, _, _ in net.procs])


@case("twin")
def client_unplugged(net):
    """The client vanishes in the middle of everything; the server talks on to nobody."""
    beside(net)
    net.path.rate = 300000
    net.https(net.bad, 0.4, size=2000000, deadline=9)
    net.http(net.bad, 0.5, size=2000000, deadline=9)
    net.at(1.5, setattr, net.client, "dead", True)
    net.unsure = "silence from one moment on, of the only client there is"


@case("twin")
def keepalives(net):
    """Connections that are idle but for their keep-alive probes."""
    h = beside(net)
    get = ("GET /1200 HTTP/1.1\r\nHost: %s\r\n\r\n" % net.bad).encode()
    for i in range(2):
        net.connect(0.4 + i, h.address, 80, [
            ("keepalive", 1), ("send", get), ("http",), ("wait", 6000000), ("send", get),
            ("http",), ("close",)], [net.bad])


@case("twin")
def half_closed(net):
    """The client ends its half first and gets its answer afterwards."""
    h = net.host(net.bad)
    net.web = h
    net.serve(h, 80, [("request",), ("eof",), ("wait", 400000), ("send", bytes(9000))])
    for i in range(2):
        net.connect(0.4 + i, h.address, 80, [
            ("send", b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"), ("shutdown",), ("recv", 9000),
            ("close",)], [net.bad])


@case("twin")
def half_closed_probes(net):
    """A half-closed connection whose keep-alive probes stand where its FIN stands."""
    h = net.host(net.bad)
    net.web = h
    net.serve(h, 80, [("request",), ("eof",), ("wait", 5000000), ("send", bytes(9000))])
    for i in range(2):
        net.connect(0.4 + i, h.address, 80, [
            ("keepalive", 1), ("send", b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"),
            ("shutdown",), ("recv", 9000), ("close",)], [net.bad])


@case("twin")
def one_port_again(net):
    """A client takes the same source port again and again."""
    beside(net)
    for i in range(4):
        net.http(net.bad, 0.4 + i, sport=45678, more=["-H", "Connection: close"])


@case("twin")
def scan(net):
    """A scan of many ports of a few hosts: SYNs, refusals, no words."""
    hosts = [net.server(n) for n in (net.bad, net.good, net.other)]
    hosts[1].rules = "table inet own { chain i { type filter hook input priority 0; " \
        "tcp dport != {80,443} drop; } }\n"
    for i in range(36):
        net.connect(0.3 + 0.05 * i, hosts[i % 3].address, net.rng.randrange(1, 3000), [("close",)],
                    deadline=1)


SPOOF = """
import random, socket, struct, sys, time
sys.path[:0] = sys.argv[4:]
from lab import packets
v6 = ":" in sys.argv[1]
s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_RAW, 255)
for i in range(int(sys.argv[3])):
    a = "2a0a:2f00:9::%x" % i if v6 else "11.77.%d.%d" % (i % 5, i % 250 + 1)
    p = packets.Packet(a, sys.argv[1], 6, random.randrange(1024, 65535), int(sys.argv[2]),
                       random.randrange(1 << 32), 0, packets.SYN, 1024, ip_id=54321, df=False)
    s.sendto(packets.ip_bytes(p, 64), (sys.argv[1], 0))
    time.sleep(0.03)
"""


@case("twin", v6=False)
def spoofed_flood(net):
    """SYNs with made up sources: the server's answers go nowhere, those of true clients arrive."""
    h = beside(net)
    net.do(0.5, [sys.executable, "-c", SPOOF, h.v4, "443", "80", *sys.path[:2]])
    for i in range(2):
        net.https(net.bad, 1 + i)


@case("twin")
def client_resets(net):
    """A client that ends its connections by a reset, at any moment, as some libraries do."""
    h = beside(net)
    get = ("GET /40000 HTTP/1.1\r\nHost: %s\r\n\r\n" % net.bad).encode()
    for i in range(4):
        net.connect(0.4 + i, h.address, 80, [
            ("send", get), ("recv", net.rng.choice((1, 5000, 40000))), ("abort",)], [net.bad])
        net.connect(0.7 + i, h.address, 443, [("wait", 300000), ("abort",)])


@case("twin")
def doubled_packets(net):
    """A path that doubles packets at times, and swaps some."""
    beside(net)
    net.path.doubles, net.path.reorder = 0.05, 0.05
    for i in range(5):
        net.https(net.bad, 0.5 + i, size=40000)


@case("twin")
def dead_resolver(net):
    """The first resolver is down; each name is asked of it in vain, and then of the second."""
    dead, alive = net.resolver(delay=9), net.resolver(delay=9)
    dead.dead = True
    net.server(net.good)
    net.server(net.bad)
    for i, n in enumerate((net.good, net.bad)):
        clients.dig(net, 0.3 + 5 * i, n, dead, "A", timeout=2, tries=2)
        net.lookup(n, 4.5 + 5 * i, alive)
        net.https(n, 5 + 5 * i)


@case("twin")
def resolver_troubles(net):
    """Names that do not exist, zones that are broken, questions that are refused."""
    r = net.resolver(delay=6)
    net.server(net.good)
    r.zones = {"broken.example": "always_null", "private.test": "always_refuse",
               "gone.invalid": "always_nxdomain"}
    r.more = 'forward-zone:\n name: "lost.example."\n forward-addr: 11.99.99.99\n'
    for i, n in enumerate(("nowhere.example", "a.broken.example", "b.private.test", "gone.invalid",
                           net.good, "x.lost.example", "nothing.test")):
        net.lookup(n, 0.3 + i, r)
    net.lookup(net.good, 8, r, "TXT")
    net.lookup(net.good, 8.5, r, edns=False)
    net.lookup(net.good, 9, r, tcp=True)


__all__ = ["set_kernel"]
