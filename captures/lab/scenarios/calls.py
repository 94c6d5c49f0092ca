# SPDX-License-Identifier: GPL-3.0-or-later
"""Messengers, calls and tunnels: fine, silent for innocent reasons, and blocked."""
from . import scenario
from .. import talks
from ..talks import tunnels
from ..acts import Drop, Reset
from ..middlebox import Trigger, sni

WEB, CHAT, MAX = "web.whatsapp.com", "g.whatsapp.net", "max.ru"
PICTURES = "static.whatsapp.net"


def web(lab, name, at, of, **more):
    """The name is looked up, then visited."""
    for flow, what in ((lab.lookup(name, at), "dns"), (lab.https(name, at + 0.3, **more), of[1])):
        flow["of"] = (of[0], what)
        flow["application"] = of[0] if what != "dns" else "dns"


@scenario("twin")
def calls_fine(lab):
    """WhatsApp, Telegram and Discord at their best: web, chat, calls; and MAX."""
    web(lab, WEB, 0.1, ("whatsapp", "web"))
    web(lab, MAX, 0.5, ("max", "web"))
    talks.whatsapp_chat(lab, 1, lab.host(CHAT), lab.pick(5222, 443, 80), lab.pick(True, False))
    talks.telegram_chat(lab, 1.5, lab.host(), lab.pick(443, 80, 5222), lab.pick(2, 4, -4, 10001))
    talks.whatsapp_call(lab, 4, lab.host(), lab.pick(3478, 3482, 3489))
    talks.reflector(lab, 5, lab.host(), lab.pick(599, 596, 597))
    talks.discord(lab, 6, lab.host(), lab.pick(50004, 50077, 19300))
    talks.stun(lab, 7, lab.host(), lab.pick(3478, 19302))


@scenario("twin", v6=True)
def calls_fine_v6(lab):
    """The same over IPv6, to other ports."""
    web(lab, WEB, 0.1, ("whatsapp", "web"))
    talks.whatsapp_chat(lab, 1, lab.host(CHAT), 443, routed=False)
    talks.telegram_chat(lab, 1.5, lab.host(), 5222, dc=-4)
    talks.whatsapp_call(lab, 4, lab.host(), 3482)
    talks.reflector(lab, 5, lab.host(), 597)


@scenario("twin")
def calls_unanswered(lab):
    """A peer that is away, a reflector that is down, checks of private addresses: all else is fine."""
    talks.whatsapp_chat(lab, 0.5, lab.host(CHAT))
    talks.telegram_chat(lab, 1, lab.host())
    talks.reflector(lab, 3, lab.host(), lab.pick(599, 596, 598), alive=False,
                    seconds=lab.pick(6, 3, 9))
    talks.reflector(lab, 3.1, lab.host())
    talks.stun(lab, 3.2, lab.host(address="fd00::7" if lab.v6 else "10.46.103.20"), 42554, alive=False)
    talks.whatsapp_call(lab, 12, lab.host())


@scenario("twin")
def tunnels_fine(lab):
    """WireGuard, with and without junk ahead, OpenVPN both ways, IKE and SSH."""
    talks.wireguard(lab, 0.2, lab.host())
    talks.wireguard(lab, 1, lab.host(), lab.pick(443, 4500, 8443), junk=lab.pick(5, 3, 12))
    talks.openvpn_udp(lab, 2, lab.host())
    talks.openvpn_tcp(lab, 3, lab.host(), lab.pick(443, 1194))
    talks.ike(lab, 4, lab.host())
    talks.ssh(lab, 5, lab.host())


@scenario("twin")
def tunnels_wrong_key(lab):
    """A WireGuard server that does not know the key, an OpenVPN server that is down: silence."""
    lab.https(lab.good, 0.2)
    talks.wireguard(lab, 1, lab.host(), lab.pick(51820, 443, 4500), alive=False)
    talks.openvpn_udp(lab, 2, lab.host(), alive=False)
    talks.ssh(lab, 3, lab.host())
    talks.stun(lab, 4, lab.host())


@scenario("interference")
def service_web_drop(lab):
    """WhatsApp's web dies after its name, beside its pictures; its chat lives, Telegram and MAX too."""
    h = lab.server(PICTURES)
    lab.alias(WEB, h)
    lab.rule(Drop(sni(WEB)))
    web(lab, PICTURES, 0.1, ("whatsapp", "media"))
    web(lab, WEB, 0.6, ("whatsapp", "web"), deadline=20)
    web(lab, MAX, 1, ("max", "web"))
    talks.whatsapp_chat(lab, 1.5, lab.host(CHAT))
    talks.telegram_chat(lab, 2, lab.host())
    web(lab, PICTURES, 9, ("whatsapp", "media"))
    web(lab, WEB, 24, ("whatsapp", "web"), deadline=20)
    web(lab, MAX, 30, ("max", "web"))


def speaks(protocol, words):
    return Trigger("protocol", protocol, words)


@scenario("interference")
def service_chat_reset(lab):
    """WhatsApp's chat is reset at its prologue, whatever the port; Telegram and MAX live."""
    chat = lab.host(CHAT)
    lab.rule(Reset(speaks("whatsapp", b"WA\x06\x03"), to=lab.pick("both", "client"),
                   style={"ttl": lab.pick(128, 64, 255), "ids": lab.pick("random", "zero")}))
    web(lab, MAX, 0.1, ("max", "web"))
    talks.whatsapp_chat(lab, 1, chat, lab.pick(5222, 443))
    talks.telegram_chat(lab, 2, lab.host())
    talks.whatsapp_chat(lab, 3, chat, lab.pick(443, 80), routed=False)
    web(lab, MAX, 5, ("max", "web"))


@scenario("twin")
def service_chat_refused(lab):
    """WhatsApp's own server resets each login, with packets like all its others."""
    chat = lab.host(CHAT)
    for i, port in enumerate((5222, 443)):
        talks.whatsapp_chat(lab, 1 + 2 * i, chat, port)
        lab.serve(chat, port, [("recv", 50), ("wait", lab.pick(4000, 30000)), ("abort",)])
    web(lab, MAX, 5, ("max", "web"))


@scenario("interference")
def tunnel_ssh_reset(lab):
    """SSH is reset when the client greets; TLS to the same host lives."""
    vps = lab.server(lab.other)
    lab.rule(Reset(speaks("ssh", tunnels.SSH_CLIENT), to="both", count=lab.pick(1, 3),
                   style={"ttl": lab.pick(128, 255), "ids": "random"}))
    lab.https(lab.other, 0.2)
    talks.ssh(lab, 1, vps, lab.pick(22, 2222, 443 + 8000))
    lab.https(lab.other, 3)
    talks.ssh(lab, 4, vps, lab.pick(22, 2222, 443 + 8000))
