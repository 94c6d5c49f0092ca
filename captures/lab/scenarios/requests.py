# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls and tunnels whose requests vanish, and innocent reasons for requests without an answer."""
from . import scenario
from .. import calls
from ..acts import Drop
from ..middlebox import Trigger

WHATSAPP_MARK = b"\x40\x24\x00\x04"     # the attribute that no other client's request has
REFLECTOR_MARK = b"\xff" * 12 + b"\xfe\xff\xff\xff"
TURN = 3478


def protocol(word, needle, values=()):
    """What the box looks for; one capture may tell the protocol, its server, or both."""
    return Trigger("protocol", word, needle), {"kind": ["protocol", "ip-port", "ip"],
                                               "value": [word] + list(values)}


def drop(lab, word, needle, servers=(), port=0, **more):
    values = [x for h in servers for x in (h.address, ("[%s]:%d" if ":" in h.address else "%s:%d")
                                           % (h.address, port))]
    trigger, accept = protocol(word, needle, values)
    return lab.rule(Drop(trigger, ways=("up", "down"), accept=dict(accept, **more)))


def stun_server(lab, **where):
    return calls.answering(lab, lab.host(**where), TURN, calls.stun_answer)


def relays(lab, n):
    return [stun_server(lab) for _ in range(n)]


def other_stun(lab, at):
    """Somebody else's STUN server, of a page with a video conference."""
    calls.ask(lab, at, stun_server(lab), TURN, calls.binding(lab.rng))


def whatsapp_call(lab, at, servers, **more):
    for i, h in enumerate(servers):
        request = calls.whatsapp_allocate(lab.rng)
        calls.ask(lab, at + 0.05 * i, h, TURN, request, **more)


@scenario("interference", v6=False)
def call_whatsapp_drop(lab):
    """WhatsApp's chat goes on while what it asks its relays for a call vanishes; other STUN works."""
    mine = relays(lab, lab.pick(3, 2, 4))
    drop(lab, "stun", WHATSAPP_MARK, mine, TURN)
    calls.whatsapp_chat(lab, 0.5, lab.host("g.whatsapp.net"))
    other_stun(lab, lab.between(4, 2, 30))
    whatsapp_call(lab, 12, mine)


@scenario("interference")
def call_telegram_drop(lab):
    """Telegram's chat goes on while hellos to its reflectors are repeated every half second."""
    mine = [calls.answering(lab, lab.host(), 596 + i,
                            lambda p: calls.reflector_data(lab.rng, p.payload[:16], 40))
            for i in range(3)]
    drop(lab, "reflector", REFLECTOR_MARK)
    lab.box.rules[-1].accept = {"kind": ["protocol", "ip-port", "ip"], "value": ["reflector"] + [
        x for i, h in enumerate(mine) for x in (h.address, "%s:%d" % (h.address, 596 + i),
                                                "[%s]:%d" % (h.address, 596 + i))]}
    calls.telegram_chat(lab, 0.5, lab.host())
    other_stun(lab, lab.between(3, 2, 30))
    tag = lab.rng.randbytes(12)
    for i, h in enumerate(mine):
        calls.ask(lab, 10, h, 596 + i, calls.reflector_hello(tag + lab.rng.randbytes(4)),
                  [calls.HELLO_EVERY] * lab.pick(24, 18, 40))


@scenario("interference")
def wireguard_drop(lab):
    """A tunnel that had come up cannot again: its initiations vanish, while its host serves TLS."""
    h = lab.server(lab.good)
    calls.answering(lab, h, 51820, lambda p: calls.wireguard_response(lab.rng, p)
                    if p.payload[:1] == b"\1" else None)
    calls.ask(lab, 0.5, h, 51820, calls.wireguard_initiation(lab.rng),
              then=(lambda: b"\4\0\0\0" + lab.rng.randbytes(92), 5, 0.4))
    other_stun(lab, 9)
    again = calls.wireguard_initiation(lab.rng)
    rule = drop(lab, "wireguard", again[:8], [h], 51820)
    lab.box.rules.remove(rule)
    lab.at(8, lab.box.rules.append, rule)
    calls.ask(lab, 14, h, 51820, lambda: again[:8] + lab.rng.randbytes(140), [5, 5, 5, 5])
    lab.https(lab.good, 18)
    other_stun(lab, 20)


@scenario("twin")
def call_no_udp(lab):
    """A network that lets no UDP out but DNS: no STUN server answers, whoever's it is."""
    mine, others = relays(lab, 3), relays(lab, 2)
    for h in mine + others:
        h.dead = True
    calls.whatsapp_chat(lab, 0.5, lab.host("g.whatsapp.net"))
    for h in others:
        calls.ask(lab, 10, h, TURN, calls.binding(lab.rng))
    whatsapp_call(lab, 12, mine)
    lab.https(lab.good, 14)


@scenario("twin")
def call_outage(lab):
    """The service is down: its chat accepts connections and says nothing, its relays are gone."""
    mine = relays(lab, 3)
    for h in mine:
        h.dead = True
    h = lab.host("g.whatsapp.net")
    lab.serve(h, 5222, [("recv", 1 << 30)])
    lab.connect(0.5, h.address, 5222, [("send", calls.whatsapp_hello(lab.rng)), ("recv", 20)],
                ["g.whatsapp.net"], deadline=20)
    other_stun(lab, 6)
    whatsapp_call(lab, 12, mine)
    lab.https(lab.good, 13)


@scenario("twin")
def call_peer_offline(lab):
    """The other side's addresses do not answer checks, as addresses behind a NAT do not; the relay
    does."""
    mine = relays(lab, 2)
    calls.whatsapp_chat(lab, 0.5, lab.host("g.whatsapp.net"))
    whatsapp_call(lab, 12, mine)
    for i in range(3):
        h = lab.host()
        h.dead = True
        calls.ask(lab, 12.3, h, 40000 + i, calls.ice_check(lab.rng), (0.5, 0.5, 1, 2, 4))


@scenario("twin")
def call_one_relay(lab):
    """One relay of three is dead, the others answer."""
    mine = relays(lab, 3)
    mine[1].dead = True
    calls.whatsapp_chat(lab, 0.5, lab.host("g.whatsapp.net"))
    whatsapp_call(lab, 12, mine)
    other_stun(lab, 15)


@scenario("twin")
def wireguard_server_down(lab):
    """The tunnel's server is off; everything else works."""
    h = lab.host()
    h.dead = True
    calls.ask(lab, 4, h, 51820, lambda: calls.wireguard_initiation(lab.rng),
              [5, 5, 5, 5])
    lab.https(lab.good, 5)
    other_stun(lab, 9)
    lab.https(lab.other, 16)


@scenario("twin")
def wireguard_no_server(lab):
    """A web server that never was a tunnel's end is asked for a tunnel."""
    h = lab.server(lab.good)
    h.udp[51820] = lambda p: None       # a firewall that drops what it does not know
    calls.ask(lab, 4, h, 51820, lambda: calls.wireguard_initiation(lab.rng), [5, 5, 5, 5])
    lab.https(lab.good, 5)
    other_stun(lab, 9)


@scenario("interference")
def chat_whatsapp_drop(lab):
    """What WhatsApp's client says first vanishes at three servers; other sites at the time work."""
    drop(lab, "whatsapp", b"WA\6\3")
    lab.box.rules[-1].accept = {"kind": ["protocol", "unknown", "ip", "ip-port"],
                                "value": ["whatsapp", ""], "scored": False}
    for i in range(3):
        calls.whatsapp_chat(lab, 1 + 12 * i, lab.host("e%d.whatsapp.net" % (i + 1)), deadline=30,
                            name="e%d.whatsapp.net" % (i + 1), port=lab.pick(5222, 443))
    for i, n in enumerate((lab.good, lab.other, lab.good)):
        lab.https(n, 2 + 14 * i)


@scenario("plain")
def messengers_fine(lab):
    """Chats, calls and a tunnel that work."""
    mine = relays(lab, 3)
    calls.whatsapp_chat(lab, 0.5, lab.host("g.whatsapp.net"))
    calls.telegram_chat(lab, 1.5, lab.host())
    whatsapp_call(lab, 12, mine, then=(lambda: b"\x90\x78" + lab.rng.randbytes(90), 20, 0.06))
    tag = lab.rng.randbytes(16)
    h = calls.answering(lab, lab.host(), 597,
                        lambda p: calls.reflector_data(lab.rng, p.payload[:16], 40))
    calls.ask(lab, 14, h, 597, calls.reflector_hello(tag), [calls.HELLO_EVERY] * 20,
              then=(lambda: calls.reflector_data(lab.rng, tag, 60), 20, 0.06))
    h = calls.answering(lab, lab.host(), 1194, lambda p: calls.openvpn_answer(lab.rng, p)
                        if p.payload[0] >> 3 == 7 else None)
    calls.ask(lab, 16, h, 1194, calls.openvpn_reset(lab.rng), (2, 4, 8))
