# SPDX-License-Identifier: GPL-3.0-or-later
"""Messengers, calls and tunnels in the laboratory: who says what, byte-exact, and whose it is.

`of` is the service and the function that a talk is for: what the report must say of it follows from
what became of the talk, and of all others of the same function."""
import os
import sys

from .apps import App

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tests/payloads"))
import calls            # noqa: E402  (the same bytes as the dissectors' tests)
import tunnels          # noqa: E402

SECOND = 1000000
LOGIN = 30          # seconds that a client waits for that


def datagrams(lab, at, peer, port, sends, of=None, application=None, think=2000, answer=None, sport=None):
    """The client sends each of `sends`, (seconds after the beginning, payload), until something comes
    back, if the payload is given as a function of that; `answer` is what the peer makes of a
    payload: a list of payloads. None: it is silent."""
    app = App(lab.clock, [])
    sport = sport or lab.rng.randrange(32768, 60000)
    flow = lab.flow(app, "udp", peer.address, port, sport, [])
    flow["of"], flow["application"] = of, application

    def hear(p):
        for payload in answer(p.payload) if answer else ():
            lab.clock.after(think + lab.rng.randrange(think), peer.datagram, p.src, port, p.sport, payload)

    def got(p):
        app.result = "ok"

    def say(payload):
        payload = payload(app) if callable(payload) else payload
        lab.client.udp[sport] = got
        if payload is not None:
            lab.client.datagram(peer.address, sport, port, payload)

    # A peer that listens to nobody else: its kernel stays silent.
    peer.udp.setdefault(port, hear)
    for after, payload in sends:
        lab.at(at + after, say, payload)
    return flow


def stream(lab, at, peer, port, client, server, of=None, application=None, names=(), **more):
    """A conversation over TCP: steps of both ends."""
    lab.serve(peer, port, server)
    flow = lab.connect(at, peer.address, port, client, names, **more)
    flow["of"], flow["application"] = of, application
    return flow


def beats(message, n, every):
    """What keeps a chat alive: a message of the client's and one back, n times; steps of both."""
    client, server = [], []
    for i in range(n):
        said, heard = message("said %d" % i), message("heard %d" % i)
        client += [("wait", int(every * SECOND)), ("send", said), ("recv", len(heard))]
        server += [("recv", len(said)), ("wait", 20000), ("send", heard)]
    return client, server


def whatsapp_chat(lab, at, peer, port=5222, routed=True, n=0, every=15, **more):
    alive = beats(lambda word: calls.frame(calls.noise(word, 120)), n, every)
    more.setdefault("deadline", LOGIN + n * (every + 1))
    hello = (calls.whatsapp_routing() if routed else b"") + b"WA\x06\x03" + calls.WHATSAPP_HELLO
    finish = calls.frame(b"\x22" + calls.noise("finish", 250))
    answer = calls.whatsapp_server()
    rest = calls.frame(calls.noise("success", 700))
    return stream(lab, at, peer, port,
                  [("send", hello), ("recv", len(answer)), ("send", finish), ("recv", len(rest)),
                   ("send", calls.frame(calls.noise("read", 60)))] + alive[0] +
                  [("wait", 2 * SECOND), ("close",)],
                  [("recv", len(hello)), ("wait", 3000), ("send", answer), ("recv", len(finish)),
                   ("send", rest), ("recv", len(calls.frame(calls.noise("read", 60))))] + alive[1] +
                  [("recv", 1 << 30)], ("whatsapp", "chat"), "whatsapp", **more)


def telegram_chat(lab, at, peer, port=443, dc=2, n=0, every=15, **more):
    alive = beats(lambda word: calls.noise(word, 120), n, every)
    more.setdefault("deadline", LOGIN + n * (every + 1))
    hello = calls.obfuscated2(b"\xef", dc, "%s %s" % (lab.name, at))
    ask, answer = calls.noise("ask", 300), calls.noise("answer", 900)
    return stream(lab, at, peer, port,
                  [("send", hello + ask), ("recv", len(answer))] + alive[0] +
                  [("wait", SECOND), ("close",)],
                  [("recv", len(hello + ask)), ("wait", 4000), ("send", answer)] + alive[1] +
                  [("recv", 1 << 30)],
                  ("telegram", "media" if dc < 0 else "chat"), "telegram", **more)


def ssh(lab, at, peer, port=22, **more):
    kex = tunnels.ssh_kexinit()
    return stream(lab, at, peer, port,
                  [("recv", len(tunnels.SSH_SERVER)), ("send", tunnels.SSH_CLIENT), ("recv", len(kex)),
                   ("send", kex), ("recv", 500), ("send", calls.noise("newkeys", 300)), ("close",)],
                  [("send", tunnels.SSH_SERVER), ("recv", len(tunnels.SSH_CLIENT)), ("send", kex),
                   ("recv", len(kex)), ("send", calls.noise("reply", 500)), ("recv", 1 << 30)],
                  None, "ssh", **more)


def openvpn_tcp(lab, at, peer, port=1194, **more):
    def pack(*packets):
        return b"".join(len(p).to_bytes(2, "big") + p for p in packets)
    ask = pack(tunnels.ovpn_plain(7, 0))
    answer = pack(tunnels.ovpn_plain(8, 0, acks=[0]))
    hello = pack(tunnels.ovpn_plain(5, None, acks=[0]), tunnels.ovpn_client_hello())
    return stream(lab, at, peer, port,
                  [("send", ask), ("recv", len(answer)), ("send", hello), ("recv", 800), ("close",)],
                  [("recv", len(ask)), ("send", answer), ("recv", len(hello)),
                   ("send", pack(tunnels.ovpn_plain(4, 1, calls.noise("server", 900)))), ("recv", 1 << 30)],
                  None, "openvpn", **more)


def openvpn_udp(lab, at, peer, port=1194, alive=True, **more):
    def answer(payload):
        return {7: [tunnels.ovpn_plain(8, 0, acks=[0])],
                4: [tunnels.ovpn_plain(5, None, acks=[1]),
                    tunnels.ovpn_plain(4, 1, calls.noise("server", 900))]}.get(payload[0] >> 3, [])
    sends = [(0, tunnels.ovpn_plain(7, 0)), (0.2, tunnels.ovpn_plain(5, None, acks=[0])),
             (0.21, tunnels.ovpn_client_hello())] if alive else \
        [(s, tunnels.ovpn_plain(7, 0)) for s in (0, 2, 6, 14)]
    return datagrams(lab, at, peer, port, sends, None, "openvpn", answer=answer if alive else None, **more)


def wireguard(lab, at, peer, port=51820, alive=True, junk=0, **more):
    """Without a peer that knows the key the handshake is tried again every five seconds."""
    def answer(payload):
        return {1: [tunnels.wg_response()], 4: [tunnels.wg_data(0x11223344, 0, 128)]}.get(payload[0], [])
    decoys = [(0.001 * i, b"\xd7" + calls.noise("junk %d" % i, 30 + 7 * i)) for i in range(junk)]
    sends = decoys + [(0.02, tunnels.wg_initiation()), (0.3, tunnels.wg_data(n=128)),
                      (0.5, tunnels.wg_data(counter=1, n=32))] if alive else \
        [(5.1 * i, lambda app: None if app.result else tunnels.wg_initiation()) for i in range(4)]
    return datagrams(lab, at, peer, port, sends, None, "wireguard", answer=answer if alive else None, **more)


def ike(lab, at, peer, port=500, **more):
    return datagrams(lab, at, peer, port, [(0, tunnels.ike())], None, "ike",
                     answer=lambda p: [tunnels.ike(flags=0x20, theirs=calls.noise("theirs", 8))], **more)


def reflector(lab, at, peer, port=599, alive=True, seconds=6, **more):
    """A hello each half second until something comes back, then data."""
    def answer(payload):
        return [calls.reflected()] if payload[16:20] == b"\xff" * 4 else [calls.reflected(n=160)]

    def again(app):
        return calls.reflected(client="alice") if app.result else calls.hello()
    sends = [(0.5 * i, again) for i in range(int(2 * seconds))]
    return datagrams(lab, at, peer, port, sends, ("telegram", "calls"), "telegram",
                     answer=answer if alive else None, **more)


def whatsapp_call(lab, at, peer, port=3478, alive=True, **more):
    """The relay is asked for, then media; without an answer the question is repeated."""
    ask = calls.stun(0x0003, calls.attribute(0x4000, calls.noise("token", 100)) +
                     calls.attribute(0x4024, b"\x08\x01"))
    media = calls.rtp(120, 0, 0x90) + b"\xde\xbe\x00\x01" + bytes(4) + calls.noise("opus", 60)

    def answer(payload):
        return [calls.stun(0x0103, calls.mapped())] if payload[1] == 3 else [media]

    def next_one(app):
        return media if app.result else ask
    sends = [(0, ask)] + [(0.5 * 2 ** i, next_one) for i in range(5)]
    return datagrams(lab, at, peer, port, sends, ("whatsapp", "calls"), "whatsapp",
                     answer=answer if alive else None, **more)


def stun(lab, at, peer, port=3478, alive=True, of=None, application="stun", **more):
    """Where do I come from? Asked again as RFC 8489, 6.2.1 has it, until there is an answer."""
    sends = [(0.5 * (2 ** i - 1), lambda app: None if app.result else calls.stun(0x0001))
             for i in range(5)]
    return datagrams(lab, at, peer, port, sends, of, application,
                     answer=(lambda p: [calls.stun(0x0101, calls.mapped())]) if alive else None, **more)


def discord(lab, at, peer, port=50004, **more):
    return datagrams(lab, at, peer, port, [(0, calls.discord_discovery()), (0.5, calls.rtp(120, word="discord"))],
                     ("discord", "calls"), "discord", answer=lambda p: [
                         calls.discord_discovery(2, b"192.0.2.10", 50001) if len(p) == 74 else
                         calls.rtp(120, word="their voice")], **more)
