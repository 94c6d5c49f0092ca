# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls and tunnels whose requests vanish, and innocent reasons for requests without an answer."""
from . import scenario
from .. import talks
from ..acts import Drop
from ..middlebox import Trigger
from ..talks import calls, tunnels

WHATSAPP_MARK = b"\x40\x24\x00\x02"     # the attribute that no other client's request has
REFLECTOR_MARK = b"\xff" * 12 + b"\xfe\xff\xff\xff"
TURN, WIREGUARD = 3478, 51820


def place(h, port):
    return ("[%s]:%d" if ":" in h.address else "%s:%d") % (h.address, port)


def rule(word, needle, places=(), **more):
    """The box looks for a protocol; one capture may tell that, its servers, or both."""
    values = [word] + [x for h, port in places for x in (h.address, place(h, port))]
    return Drop(Trigger("protocol", word, needle), ways=("up", "down"), accept=dict({
        "kind": ["protocol", "ip-port", "ip"], "value": values}, **more))


def drop(lab, *what, **more):
    return lab.rule(rule(*what, **more))


def chat_rule():
    return rule("whatsapp", b"WA\6\3", kind=["protocol", "unknown", "ip", "ip-port"], scored=False)


def dead(lab, name=None):
    """A host that is switched off."""
    h = lab.host(name)
    h.dead = True
    return h


def whatsapp_call(lab, at, relays):
    for i, h in enumerate(relays):
        talks.whatsapp_call(lab, at + 0.05 * i, h, TURN)


@scenario("interference")
def call_whatsapp_drop(lab):
    """WhatsApp's chat goes on while what it asks its relays for a call vanishes; other STUN works."""
    relays = [lab.host() for _ in range(lab.pick(3, 2, 4))]
    drop(lab, "stun", WHATSAPP_MARK, [(h, TURN) for h in relays])
    talks.whatsapp_chat(lab, 0.5, lab.host("g.whatsapp.net"), n=3)
    talks.stun(lab, lab.between(4, 2, 30), lab.host())
    whatsapp_call(lab, 12, relays)


@scenario("interference", v6=True)
def call_whatsapp_drop_v6(lab):
    """IPv6: a call's requests vanish while chat goes on."""
    call_whatsapp_drop(lab)


@scenario("interference")
def call_telegram_drop(lab):
    """Telegram's chat goes on while hellos to its reflectors are repeated every half second."""
    reflectors = [(lab.host(), 596 + i) for i in range(3)]
    drop(lab, "reflector", REFLECTOR_MARK, reflectors)
    talks.telegram_chat(lab, 0.5, lab.host(), n=3)
    talks.stun(lab, lab.between(3, 2, 30), lab.host())
    for h, port in reflectors:
        talks.reflector(lab, 10, h, port, seconds=lab.pick(12, 9, 20))


@scenario("interference")
def wireguard_drop(lab):
    """A tunnel that had come up cannot again: its initiations vanish, while its host serves TLS. An
    expired key looks the same."""
    h = lab.server(lab.good)
    lab.at(8, lab.rule, rule("wireguard", tunnels.wg_initiation()[:8], [(h, WIREGUARD)],
                              min_confidence=0.3))
    talks.wireguard(lab, 0.5, h, WIREGUARD)
    talks.stun(lab, 9, lab.host())
    talks.datagrams(lab, 14, h, WIREGUARD, [(5.1 * i, tunnels.wg_initiation()) for i in range(5)],
                    None, "wireguard")
    lab.https(lab.good, 18)
    talks.stun(lab, 20, lab.host())


@scenario("twin")
def call_no_udp(lab):
    """A network that lets no UDP out but DNS: no STUN server answers, whoever's it is."""
    talks.whatsapp_chat(lab, 0.5, lab.host("g.whatsapp.net"), n=3)
    for _ in range(2):
        talks.stun(lab, 10, dead(lab))
    whatsapp_call(lab, 12, [dead(lab) for _ in range(3)])
    lab.https(lab.good, 14)


@scenario("twin")
def call_outage(lab):
    """The service is down: its chat accepts connections and says nothing, its relays are gone."""
    h = lab.host("g.whatsapp.net")
    talks.whatsapp_chat(lab, 0.5, h, deadline=20)
    lab.serve(h, 5222, [("recv", 1 << 30)])
    talks.stun(lab, 6, lab.host())
    whatsapp_call(lab, 12, [dead(lab) for _ in range(3)])
    lab.https(lab.good, 13)


@scenario("twin")
def call_peer_offline(lab):
    """The other side's addresses do not answer checks, as addresses behind a NAT do not; the relay
    does."""
    talks.whatsapp_chat(lab, 0.5, lab.host("g.whatsapp.net"), n=3)
    whatsapp_call(lab, 12, [lab.host() for _ in range(2)])
    check = calls.stun(0x0001, calls.attribute(0x0006, b"abcd:efgh") + calls.attribute(0x0024, bytes(4)))
    for i in range(3):
        talks.datagrams(lab, 12.3, dead(lab), 40000 + i, [(t, check) for t in (0, 0.5, 1, 2, 4, 8)],
                        None, "stun")


@scenario("twin")
def call_one_relay(lab):
    """One relay of three is dead, the others answer."""
    talks.whatsapp_chat(lab, 0.5, lab.host("g.whatsapp.net"), n=3)
    whatsapp_call(lab, 12, [lab.host(), dead(lab), lab.host()])
    talks.stun(lab, 15, lab.host())


@scenario("twin")
def call_old_list(lab):
    """A page asks all the STUN servers of an old list, of which some are no more."""
    lab.https(lab.good, 0.2)
    for i in range(6):
        talks.stun(lab, 2 + 0.01 * i, dead(lab) if i % lab.pick(3, 2) == 1 else lab.host())
    lab.https(lab.other, 9)


@scenario("twin")
def wireguard_server_down(lab):
    """The tunnel's server is off; everything else works."""
    talks.wireguard(lab, 4, dead(lab), WIREGUARD, alive=False)
    lab.https(lab.good, 5)
    talks.stun(lab, 9, lab.host())
    lab.https(lab.other, 16)


@scenario("twin")
def wireguard_no_server(lab):
    """A web server that never was a tunnel's end is asked for a tunnel; it drops what it does not
    know."""
    talks.wireguard(lab, 4, lab.server(lab.good), WIREGUARD, alive=False)
    lab.https(lab.good, 5)
    talks.stun(lab, 9, lab.host())


@scenario("twin")
def wireguard_expired(lab):
    """A subscription has ended: the provider's tunnels worked, and now ignore the key, one after the
    other, as WireGuard does with keys that it does not know; their hosts serve TLS."""
    h = [lab.server("vpn%d.example" % i) for i in range(3)]
    talks.datagrams(lab, 0.5, h[0], WIREGUARD, [(0, tunnels.wg_initiation())], None, "wireguard",
                    answer=lambda p: [tunnels.wg_response()] if lab.clock.now < lab.when(6) else [])
    for i in range(3):
        talks.datagrams(lab, 10 + 21 * i, h[i], WIREGUARD, [
            (5.1 * k, tunnels.wg_initiation()) for k in range(4)], None, "wireguard")
        lab.https("vpn%d.example" % i, 12 + 21 * i)
    talks.stun(lab, 9, lab.host())
    talks.stun(lab, 40, lab.host())


@scenario("interference")
def chat_whatsapp_drop(lab):
    """What WhatsApp's client says first vanishes at three servers; other sites at the time work."""
    lab.rule(chat_rule())
    for i in range(3):
        talks.whatsapp_chat(lab, 1 + 12 * i, lab.host("e%d.whatsapp.net" % (i + 1)),
                            lab.pick(5222, 443), deadline=30)
    for i, n in enumerate((lab.good, lab.other, lab.good)):
        lab.https(n, 2 + 14 * i)
