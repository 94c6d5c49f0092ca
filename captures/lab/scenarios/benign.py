# SPDX-License-Identifier: GPL-3.0-or-later
"""Innocent resets: what hosts, firewalls, networks and captures do that looks forged."""
from . import scenario
from .. import payloads as say
from ..hosts import Host
from ..packets import ACK, PSH, RST, SYN, TCP, Packet, option_mss
from .resets import lab_packet, reset_after_idle, server_reset


def raw(c, flags, seq, ack=0, **more):
    """A segment of that connection with numbers of its own."""
    return Packet(c.host.address, c.peer, TCP, c.sport, c.port, c.iss + seq,
                  c.irs + ack if ack else 0, flags, ttl=c.host.ttl, **more)


@scenario("twin")
def firewall_reject(lab):
    """A firewall before the host rejects one port with its own TTL; the other port is open."""
    h = lab.server(lab.good)
    h.reset_ttl = lab.pick(255, 128)
    for i in range(3):
        lab.connect(0.3 + 2 * i, h.address, lab.pick(8443, 22), [("close",)])
    lab.https(lab.good, 1)
    lab.https(lab.other, 7)


@scenario("twin")
def backscatter(lab):
    """Somebody floods a server in this host's name: SYN+ACKs that nobody asked for."""
    h = lab.server(lab.good)
    for i in range(12):
        p = Packet(h.address, lab.client.address, TCP, 80, 20000 + 977 * i,
                   lab.rng.randrange(1 << 32), lab.rng.randrange(1 << 32), SYN | ACK, 64240,
                   option_mss(1460), ttl=h.ttl)
        lab.at(0.5 + i / 3, h.emit, p)
    lab.https(lab.good, 2)
    lab.https(lab.other, 5)


@scenario("twin")
def syn_flood(lab):
    """Seen from the server: SYNs from addresses that did not send them; half of them object."""
    lab.tap.place = "server"
    h = lab.server(lab.good)
    for i in range(16):
        c = Host(lab, lab.foreign(90 + i), "linux")
        c.mute_closed = bool(i % 2)
        lab.path.add_client(c)
        p = Packet(c.address, h.address, TCP, 1024 + 3001 * i % 60000, 443,
                   lab.rng.randrange(1 << 32), 0, SYN, 512, ttl=lab.pick(64, 255), df=False,
                   ip_id=lab.rng.randrange(65536))
        lab.at(1 + i / 20, c.emit, p)
    lab.https(lab.good, 0.3)
    lab.https(lab.good, 3)
    lab.until = 20


@scenario("twin")
def linger_abort(lab):
    """The server answers and aborts in the same breath (SO_LINGER of zero): one RST+ACK."""
    def curt(app, c):
        return lab.http_answer(app, c)[:2] + [("wait", lab.rng.randrange(1, 3000)), ("abort",)]
    lab.server(lab.good, http=curt)
    for i in range(3):
        lab.http(lab.good, 0.3 + 2 * i)
    lab.http(lab.other, 7)


@scenario("twin")
def challenge_ack(lab):
    """A reset inside the window is challenged; the second one has the exact number (RFC 5961)."""
    def leave(c):
        c.host.emit(raw(c, RST, c.nxt + 100, ip_id=c.host.next_id(bare=True)))
        c.end()
    h = lab.server(lab.good)
    lab.tap.place = lab.pick("server", "client")
    for i in range(3):
        lab.https(lab.good, 0.3 + 3 * i, to=h, steps=[
            ("record", 6), ("send", say.client_finished(lab.rng)), ("call", leave)])


@scenario("twin")
def server_timeout(lab):
    """A server that is slow, gives up after whole seconds, and aborts."""
    for i, seconds in enumerate((5, 12)):
        h = lab.server((lab.good, lab.bad)[i])
        lab.serve(h, 443, [("record",), ("wait", seconds * 1000000), ("abort",)])
        lab.https((lab.good, lab.bad)[i], 0.3 + i)
    lab.https(lab.other, 4)


@scenario("twin")
def two_reset_styles(lab):
    """A host's firewall resets twice, in two styles, whatever name is asked for."""
    def both(c):
        c.host.emit(raw(c, RST | ACK, c.nxt, c.rcv, ip_id=0))
        lab.clock.after(300, c.host.emit, Packet(
            c.host.address, c.peer, TCP, c.sport, c.port, c.iss + c.nxt, 0, RST, 8192, ttl=255,
            ip_id=lab.rng.randrange(65536), df=False))
        c.end()
    h = lab.server(lab.good, tls=lambda app, c: [("wait", 700), ("call", both)])
    lab.alias(lab.bad, h)
    for i, name in enumerate((lab.good, lab.bad, lab.good)):
        lab.https(name, 0.3 + 2 * i)
    lab.https(lab.other, 6)


@scenario("twin")
def socket_gone(lab):
    """A process dies with the hello in its hands: the kernel resets with IP ID 0."""
    def die(c):
        c.end()
        c.host.reset(lab_packet(c))
    h = lab.server(lab.good, tls=lambda app, c: [("wait", 1100), ("call", die)]
                   if lab.bad.encode() in bytes(c.inn) else lab.tls_answer(app, c))
    lab.alias(lab.bad, h)
    lab.https(lab.good, 0.3)
    lab.https(lab.bad, 2)
    lab.https(lab.bad, 4)


@scenario("twin")
def route_change(lab):
    """The way back changes in mid-connection; the server's own reset comes by the new one."""
    seen, shift = {}, lab.pick(2, 1, -1, -2)

    def longer(p):
        key = (p.dst, p.dport)
        seen[key] = seen.get(key, 0) + 1
        return p if seen[key] < 2 else p.copy(ttl=p.ttl - shift)
    server_reset(lab)
    lab.names[lab.bad].rewrite = longer


@scenario("twin")
def flat_ttl_reset(lab):
    """A cloud gives every inbound packet one TTL, the server's own resets as well."""
    lab.tap.flat_ttl = lab.pick(251, 64)
    server_reset(lab)


@scenario("twin")
def lossy_capture(lab):
    """The capture missed packets here and there; the server's resets are its own."""
    server_reset(lab)
    lab.https(lab.good, 8)
    lab.https(lab.other, 10)
    lab.tap.misses = lab.pick(7, 5, 11)


@scenario("twin")
def large_segments(lab):
    """Captured before the network card cuts it: segments larger than any packet, then a reset."""
    server_reset(lab)
    h = lab.names[lab.good]
    h.mss = lab.client.mss = lab.pick(16060, 8948)


@scenario("twin", delay=(0.2, 0.5), jitter=0.02)
def reset_before_cause(lab):
    """A card with several queues delivers the server's reset before what it answers."""
    lab.tap.hasty = lab.pick(700, 400)
    server_reset(lab)


@scenario("twin")
def padded_reset(lab):
    """Six zero bytes of Ethernet padding are counted into the length of each genuine reset."""
    server_reset(lab)
    h = lab.names[lab.bad]
    h.rewrite = lambda p: p.copy(payload=b"\0" * 6, options=b"") if p.flags & RST else p


@scenario("twin")
def fast_open(lab):
    """Data travel in the SYN (RFC 7413); the server takes none, and resets one name later."""
    server_reset(lab)
    tfo = bytes((34, 10)) + bytes(8) + b"\1\1"

    def early(p):
        if p.flags & SYN and p.proto == TCP:
            return p.copy(options=p.options + tfo, payload=say.client_hello(lab.rng, lab.good)[:90])
        return p
    lab.client.rewrite = early


@scenario("twin")
def rate_limit(lab):
    """A server has enough of a busy client: it refuses for a while, and serves again later."""
    h = lab.server(lab.good)
    for i in range(9):
        lab.https(lab.good, 0.2 + i / 5)
    ports = dict(h.listening)
    lab.at(4, h.listening.clear)
    for i in range(4):
        lab.https(lab.good, 4.3 + i)
    lab.at(12, h.listening.update, ports)
    lab.https(lab.good, 13)
    lab.https(lab.other, 14)


@scenario("twin")
def careless_client(lab):
    """A program resets each connection, to whomever, and goes on sending all the same."""
    def shout(c):
        c.host.emit(raw(c, RST | ACK, c.nxt, c.rcv, ip_id=c.host.next_id(c)))
        lab.clock.after(40000, c.host.emit, raw(c, ACK | PSH, c.nxt, c.rcv, payload=b"more\r\n",
                                                ip_id=c.host.next_id(c)))
        c.end()
    for i, name in enumerate((lab.good, lab.bad, lab.other, "mail.example", "peer.example")):
        h = lab.server(name)
        lab.serve(h, 25, [("send", b"220 hello\r\n"), ("recv", 5), ("send", b"250 ok\r\n"),
                          ("recv", 1 << 30)])
        lab.connect(0.3 + i, h.address, 25, [("recv", 11), ("send", b"HELO a\r\n"), ("recv", 8),
                                             ("call", shout)])


@scenario("twin")
def middle_reset(lab):
    """The capture begins in the middle of connections that their server resets."""
    lab.tap.start = lab.when(0.5) + int(2.5 * (lab.near + lab.rest))
    h = lab.server(lab.good, tls=lambda app, c: lab.tls_answer(app, c)[:-1] + [("abort",)])
    for i in range(3):
        lab.https(lab.good, 0.5 + i / 1000, to=h)
    lab.https(lab.other, 0.5)


@scenario("twin", v6=True)
def gateway_hops(lab):
    """Behind a gateway to IPv6 the hop limits of one server differ; its resets are its own."""
    server_reset(lab)
    h, far = lab.names[lab.bad], lab.pick(57, 60)
    h.rewrite = lambda p: p if p.flags & SYN else p.copy(ttl=far)


@scenario("twin")
def firewall_forgets(lab):
    """A firewall forgot a quiet connection, and resets its next words with its own TTL."""
    reset_after_idle(lab)
    lab.names[lab.good].reset_ttl = lab.pick(255, 128)


@scenario("twin")
def small_stack(lab):
    """A device with a small stack: its resets confirm one too few, or fill in what has no flag."""
    h = lab.server(lab.good)
    lab.alias(lab.bad, h)
    lab.serve(h, 443, [("record",), ("wait", 900), ("call", lambda c: (c.end(), c.host.reset(
        lab_packet(c))))])

    def sloppy(p):
        if not p.flags & RST:
            return p
        return p.copy(ack=p.ack - 1) if p.flags & ACK else p.copy(ack=12345, window=1024)
    h.rewrite = sloppy
    lab.connect(0.3, h.address, 8080, [("close",)])
    lab.https(lab.good, 1)
    lab.https(lab.bad, 3)
    lab.https(lab.other, 5)


@scenario("twin")
def sinkhole_refuses(lab):
    """A blocker of advertisements points a name at a host in the house, which refuses it."""
    lab.host(lab.bad, "192.168.1.2", delay=0.2, hops=0)
    lab.resolver(delay=0.3, hops=0, address="192.168.1.3")
    lab.lookup(lab.bad, 0.2)
    lab.https(lab.bad, 0.4)
    lab.https(lab.bad, 2)
    lab.https(lab.good, 4)


@scenario("twin", delay=(0.8, 1.2), hops=(1, 1))
def splitter(lab):
    """A proxy of the mobile network completes every handshake at once; the far end is far behind it."""
    far = lab.between(160, 90, 240) * 1000
    lab.server(lab.good, tls=lambda app, c: [("wait", int(far))] + lab.tls_answer(app, c))
    lab.server(lab.other, tls=lambda app, c: [("wait", int(far))] + lab.tls_answer(app, c))
    lab.server(lab.bad, tls=lambda app, c: [("wait", int(far) + 900), ("abort",)])
    shut = lab.host("closed.example")
    lab.serve(shut, 443, [("wait", int(far)), ("abort",)])
    for i, name in enumerate((lab.good, lab.bad, "closed.example", lab.other, lab.bad)):
        lab.https(name, 0.3 + 2 * i)
