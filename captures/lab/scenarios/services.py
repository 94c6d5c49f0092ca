# SPDX-License-Identifier: GPL-3.0-or-later
"""Each function of each service, blocked, fine, and failing for an innocent reason: a table, of which
each part is told three times, over IPv4 and IPv6, and seen from the server where somebody may stand
there: whoever runs a proxy, a relay or a tunnel.

tests/services_table.py makes the table in docs/services.md of what the program says of them."""
from . import Scenario, add
from .. import payloads as say
from .. import talks
from ..functions import HOST, Asked, Names, Opaquely, Proxied, Relay, Spoken, Tls, stun_asked
from ..talks import calls, tunnels


class Row:
    """blocked, failing: the manner, which the talk knows. alive: this row is there to be held against,
    and always fares well. server: who serves it may want to know, too. v4: it has no other addresses
    that tell it."""

    def __init__(self, of, talk, blocked=None, failing=None, server=False, v4=False):
        talk.of = tuple(of.split())
        self.talk, self.how = talk, {"blocked": blocked, "failing": failing}
        self.alive, self.server, self.v4 = blocked is None, server, v4


def viber(lab, at, peer, port, **more):
    frames = [calls.viber_frame(), calls.viber_frame(90)]
    return talks.stream(lab, at, peer, port,
                        [("send", frames[0]), ("recv", 60), ("send", frames[1]), ("wait", 90000), ("close",)],
                        [("recv", 60), ("wait", 3000), ("send", frames[0]), ("recv", 1 << 30)], **more)


def pptp(lab, at, peer, port, **more):
    ask, answer = tunnels.pptp(1, b"\1\0" + bytes(142)), tunnels.pptp(2, b"\1\0\1" + bytes(141))
    return talks.stream(lab, at, peer, port, [("send", ask), ("recv", len(answer)), ("wait", 90000), ("close",)],
                        [("recv", len(ask)), ("wait", 3000), ("send", answer), ("recv", 1 << 30)], **more)


def telegram_media(lab, at, peer, port, **more):
    return talks.telegram_chat(lab, at, peer, port, dc=lab.pick(-4, -2, -10003), **more)


def sstp(lab, at, peer, port, **more):
    """Behind a balancer that takes the TLS off (MS-SSTP, 4.1)."""
    ask = (b"SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\nHost: %s\r\n"
           b"Content-Length: 18446744073709551615\r\n\r\n" % HOST.encode())
    answer = (b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\nServer: Microsoft-HTTPAPI/2.0\r\n"
              b"Date: Sun, 01 Mar 2026 10:00:00 GMT\r\n\r\n")
    return talks.stream(lab, at, peer, port, [
        ("send", ask), ("recv", len(answer)), ("send", calls.noise("call", 60)), ("wait", 90000), ("close",)],
                        [("recv", len(ask)), ("wait", 3000), ("send", answer), ("recv", 1 << 30)], **more)


WHATSAPP_CHAT = Spoken(talks.whatsapp_chat, "whatsapp", (5222, 443))
TELEGRAM_CHAT = Spoken(talks.telegram_chat, "mtproto", (443, 5222))
WHATSAPP_ASKS = calls.attribute(0x4000, calls.noise("token", 100)) + calls.attribute(0x4024, b"\x08\x01")
TEAMS_ASKS = calls.attribute(0x8070, (3).to_bytes(4, "big")) + calls.attribute(0x8054, b"1\0\0\0")
REALM = calls.stun(0x0113, calls.error(401, "Unauthorized") + calls.attribute(0x0014, b"facebook.com") +
                   calls.attribute(0x0015, b"nonce"))
NO_UDP = "no-udp"
EVERY_2S = (0, 2, 4, 6, 8)

TABLE = {
    "whatsapp": (
        Row("whatsapp dns", Names("web.whatsapp.com", "static.whatsapp.net"), "removed", "dead"),
        Row("whatsapp web", Tls("web.whatsapp.com"), "drop", "stalls"),
        Row("whatsapp chat", WHATSAPP_CHAT, "reset", "resets", server=True),
        Row("whatsapp media", Tls("mmg.whatsapp.net"), "drop", "down"),
        Row("whatsapp registration", Tls("v.whatsapp.net"), "reset", "closed")),
    "messenger": (
        Row("messenger dns", Names("www.messenger.com", "edge-mqtt.facebook.com"), "removed", "lame"),
        Row("messenger web", Tls("www.messenger.com"), "reset", "down"),
        Row("messenger chat", Tls("edge-mqtt.facebook.com"), "drop", "resets")),
    "telegram": (
        Row("telegram dns", Names("web.telegram.org", "t.me"), "removed", "dead"),
        Row("telegram web", Tls("t.me"), "drop", "down"),
        Row("telegram chat", TELEGRAM_CHAT, "reset", "resets", server=True),
        Row("telegram media", Spoken(telegram_media, "mtproto", (443, 80)), "reset", "resets", server=True)),
    "signal": (
        Row("signal dns", Names("signal.org", "chat.signal.org"), "removed", "lame"),
        Row("signal web", Tls("signal.org"), "reset", "stalls"),
        Row("signal chat", Tls("chat.signal.org"), "reset", "down", server=True),
        Row("signal media", Tls("cdn2.signal.org"), "drop", "resets")),
    "apple": (
        Row("apple-push dns", Names("courier.push.apple.com", "init.push.apple.com"), "elsewhere", "dead"),
        Row("apple-push push", Tls("1-courier.push.apple.com", 5223), "drop", "down"),
        Row("facetime dns", Names("facetime.apple.com", "init.ess.apple.com"), "elsewhere", "lame"),
        Row("facetime web", Tls("facetime.apple.com"), "reset", "stalls"),
        Row("facetime registration", Tls("init.ess.apple.com"), "drop", "closed")),
    "meetings": (
        Row("zoom dns", Names("zoom.us", "us02web.zoom.us"), "elsewhere", "dead"),
        Row("zoom web", Tls("us02web.zoom.us"), "drop", "down"),
        Row("google-meet dns", Names("meet.google.com", "meet.google.com", "meet.google.com"), "elsewhere",
            "lame"),
        Row("google-meet web", Tls("meet.google.com"), "reset", "stalls"),
        Row("teams dns", Names("teams.microsoft.com", "teams.live.com"), "elsewhere", "dead"),
        Row("teams web", Tls("teams.microsoft.com"), "drop", "resets")),
    "discord": (
        Row("discord dns", Names("discord.com", "cdn.discordapp.com"), "removed", "lame"),
        Row("discord web", Tls("discord.com"), "drop", "stalls"),
        Row("discord chat", Tls("gateway.discord.gg"), "reset", "down"),
        Row("discord media", Tls("cdn.discordapp.com"), "drop", "closed")),
    "viber": (
        Row("viber dns", Names("www.viber.com", "dl.vbcdn.com"), "elsewhere", "dead"),
        Row("viber web", Tls("www.viber.com"), "reset", "down"),
        Row("viber chat", Spoken(viber, "viber", (5242, 4244)), "reset", "resets")),
    "max": (
        Row("max dns", Names("max.ru", "api.oneme.ru"), "elsewhere", "lame"),
        Row("max web", Tls("web.max.ru"), "drop", "down"),
        Row("max chat", Tls("ws-api.oneme.ru"), "reset", "stalls")),
    "resolvers": (
        Row("encrypted-dns dns", Tls("cloudflare-dns.com"), "reset", "down"),
        Row("encrypted-dns dns", Tls("dns.quad9.net", 853), "drop", "closed")),
    "tor": (
        Row("tor dns", Names("www.torproject.org", "bridges.torproject.org"), "removed", "dead"),
        Row("tor web", Tls("www.torproject.org"), "drop", "stalls"),
        Row("tor tunnel", Relay(), "reset", "down", server=True)),
    "calling": (
        Row("whatsapp chat", WHATSAPP_CHAT),
        Row("whatsapp calls", stun_asked(3, WHATSAPP_ASKS), "drop", "one"),
        Row("telegram chat", TELEGRAM_CHAT),
        Row("telegram calls", Asked("reflector", 598, calls.hello(), calls.reflected(),
                                    again=[0.5 * i for i in range(12)]), "drop", "one"),
        Row("discord chat", Tls("gateway.discord.gg")),
        Row("discord calls", Asked("discord", 50004, calls.discord_discovery(), calls.discord_discovery(
            2, b"192.0.2.10", 50001), again=EVERY_2S), "drop", "one"),
        Row("apple-push push", Tls("1-courier.push.apple.com", 5223)),
        Row("facetime calls", stun_asked(address="17.178.100.%d"), "drop", "one", v4=True),
        Row("signal chat", Tls("chat.signal.org")),
        Row("signal calls", stun_asked(name="turn%d.voip.signal.org"), "drop", "one")),
    "conferences": (
        Row("zoom web", Tls("us02web.zoom.us")),
        Row("zoom calls", stun_asked(1, calls.attribute(0x0101, b"zoom"), port=8801), "drop", NO_UDP),
        Row("google-meet web", Tls("meet.google.com")),
        Row("google-meet calls", stun_asked(1, calls.attribute(0xFF03, bytes(4)), port=19305), "drop", NO_UDP),
        Row("teams web", Tls("teams.microsoft.com")),
        Row("teams calls", stun_asked(1, TEAMS_ASKS), "drop", NO_UDP),
        Row("messenger web", Tls("www.messenger.com")),
        Row("messenger calls", stun_asked(answer=REALM, relays=1, before=True, bare=True), "drop", NO_UDP)),
    "vpn": (
        Row("wireguard tunnel", Asked("wireguard", 51820, tunnels.wg_initiation(), tunnels.wg_response(),
                                      again=(0, 5.1, 10.2, 15.3), relays=1, before=True), "later", "down"),
        Row("openvpn tunnel", Asked("openvpn", 1194, tunnels.ovpn_plain(7, 0), tunnels.ovpn_plain(8, 0, acks=[0]),
                                    again=(0, 2, 6, 14), relays=1, before=True), "later", "down"),
        Row("openvpn tunnel", Spoken(talks.openvpn_tcp, "openvpn", (1194, 443)), "reset", "closed", server=True),
        Row("ike tunnel", Asked("ike", 500, tunnels.ike(), tunnels.ike(flags=0x20, theirs=calls.noise("theirs", 8)),
                                again=(0, 0.5, 1.4, 3.1, 6.2), relays=1, before=True), "later", "down"),
        Row("l2tp tunnel", Asked("l2tp", 1701, tunnels.l2tp(1), tunnels.l2tp(2, 7), again=(0, 1, 3, 7), relays=1,
                                 before=True), "later", "down"),
        Row("dtls tunnel", Asked("dtls", 5349, tunnels.dtls_hello(), tunnels.dtls_server_hello(),
                                 again=(0, 1, 3, 7), relays=1, before=True), "later", "down"),
        Row("pptp tunnel", Spoken(pptp, "pptp", (1723,)), "reset", "down", server=True)),
    "proxies": (
        Row("sstp tunnel", Spoken(sstp, "http", (80,)), "reset", "resets", server=True),
        Row("ssh tunnel", Spoken(talks.ssh, "ssh", (22, 2222), [tunnels.SSH_SERVER]), "reset", "resets", server=True),
        Row("socks tunnel", Proxied("socks", "inside.example", 1080), "reset", "down", server=True),
        Row("http tunnel", Proxied("connect", "within.example", 3128), "reset", "closed", server=True),
        Row("fully-encrypted tunnel", Opaquely(), "residual", "down")),
}

WHAT = {"blocked": "blocked", "fine": "fine", "failing": "failing by themselves"}
SHARE = 0.2             # of these many, in labelled captures


def story(lab, rows, state):
    """In labelled captures a few of the rows, and some of them fare well."""
    if lab.chance:
        told = [r for r in rows if not r.alive]
        told = lab.chance.sample(told, min(len(told), lab.chance.randrange(1, 4)))
        rows = [r for r in rows if r in told or r.alive and r.talk.of[0] in {t.talk.of[0] for t in told}]
    for i, row in enumerate(rows):
        fate = "fine" if row.alive else lab.pick(state, state, "fine")
        if state == "failing" and row.how[state] == NO_UDP:
            fate = state            # a network lets UDP out or it does not
        at = 1 + 3 * i
        if fate == "fine":
            row.talk.fine(lab, at)
        else:
            getattr(row.talk, fate)(lab, at, row.how[fate])
    elsewhere = lab.host()      # a server that is nobody's in particular
    elsewhere.dead = state == "failing" and any(r.how["failing"] == NO_UDP for r in rows)
    talks.stun(lab, 2.2, elsewhere)
    for i, name in enumerate((lab.good, lab.other)):
        lab.server(name, http=lambda app, c: [
            ("wait", 2000), ("send", say.http_answer(b"<html>hello</html>")),
            ("recv", 1 << 30)])
        for at in (0.2, 20, 31 + 3 * len(rows)):
            lab.http(name, at + i)


def make(name, rows, state, v6=False, server=False):
    rows = [r for r in rows if not (v6 and r.v4 or server and not r.server)]
    if not rows or server and all(r.alive for r in rows):
        return

    def tell(lab):
        if server:
            lab.tap.place = "server"
        story(lab, rows, state)
    served = ["%s%s" % (" ".join(r.talk.of), " (%s)" % r.how[state] if state in r.how else "")
              for r in rows if not r.alive]
    what = "%s%s%s: %s." % ("IPv6, " if v6 else "", "seen from the server, " if server else "",
                            WHAT[state], ", ".join(served))
    add(Scenario("-".join([name, state] + ["v6"] * v6 + ["server"] * server), tell,
                 what[0].upper() + what[1:], "interference" if state == "blocked" else "twin", "pcap.gz",
                 {"v6": v6}, SHARE))


for group, members in TABLE.items():
    for fate in WHAT:
        for far in (False, True):
            for six in (False, True):
                make(group, members, fate, six, far)
