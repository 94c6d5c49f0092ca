# SPDX-License-Identifier: GPL-3.0-or-later
"""What messengers, calls and tunnels say, byte for byte as far as it is in clear; what is encrypted
is random. STUN: RFC 8489, TURN: RFC 8656; WhatsApp: tulir/whatsmeow, ntop/nDPI; Telegram:
TelegramMessenger/tgcalls and MTProto's transports; WireGuard: its paper, 5.4; OpenVPN: its network
protocol."""
import ipaddress
import struct
import zlib

from .apps import App
from .packets import UDP, Packet, is_v6
from .payloads import v16
from .world import SECOND

COOKIE = 0x2112a442
BINDING, ALLOCATE, SUCCESS, ERROR = 0x0001, 0x0003, 0x0100, 0x0110
MAPPED, USERNAME, INTEGRITY, ERROR_CODE, REALM, NONCE = 0x0020, 0x0006, 0x0008, 0x0009, 0x0014, \
    0x0015
REQUESTED_TRANSPORT, PRIORITY, CONTROLLING, SOFTWARE, FINGERPRINT = 0x0019, 0x0024, 0x802a, \
    0x8022, 0x8028
WA_TOKEN = 0x4000       # and 0x4024: what WhatsApp's clients put into an Allocate

# RFC 8489, 6.2.1: 500 ms, doubled each time. libwebrtc keeps to 250 ms at first; both are alike.
RETRIES = (0.5, 1, 2, 4, 8, 16)
HELLO_EVERY = 0.5       # of a reflector's client, until it is answered


def attribute(kind, body):
    return struct.pack("!H", kind) + v16(body) + b"\0" * (-len(body) % 4)


def stun(rng, kind, attributes=(), ident=None, fingerprint=True):
    body = b"".join(attribute(k, b) for k, b in attributes)
    ident = ident or rng.randbytes(12)
    size = len(body) + (8 if fingerprint else 0)
    head = struct.pack("!HHI", kind, size, COOKIE) + ident
    if not fingerprint:
        return head + body
    crc = zlib.crc32(head + body) ^ 0x5354554e          # RFC 8489, 14.7
    return head + body + attribute(FINGERPRINT, struct.pack("!I", crc))


def binding(rng):
    return stun(rng, BINDING, fingerprint=False)


def mapped(p):
    """XOR-MAPPED-ADDRESS of who sent the packet."""
    key = struct.pack("!I", COOKIE)
    if is_v6(p.src):
        raw = ipaddress.ip_address(p.src).packed
        key += p.payload[8:20]
    else:
        raw = bytes(int(x) for x in p.src.split("."))
    return bytes((0, 2 if is_v6(p.src) else 1)) + struct.pack("!H", p.sport ^ COOKIE >> 16) \
        + bytes(a ^ b for a, b in zip(raw, key))


def stun_answer(p, software=b""):
    kind = struct.unpack_from("!H", p.payload)[0]
    attributes = [(MAPPED, mapped(p))] + ([(SOFTWARE, software)] if software else [])
    return stun(None, kind | SUCCESS, attributes, p.payload[8:20], fingerprint=False)


def whatsapp_allocate(rng):
    return stun(rng, ALLOCATE, ((WA_TOKEN, rng.randbytes(108)), (0x4024, rng.randbytes(4)),
                                (0x0016, rng.randbytes(8)), (INTEGRITY, rng.randbytes(20))))


def ice_check(rng):
    user = b"%04x:%04x" % (rng.randrange(1 << 16), rng.randrange(1 << 16))
    return stun(rng, BINDING, ((USERNAME, user), (CONTROLLING, rng.randbytes(8)),
                               (PRIORITY, rng.randbytes(4)), (INTEGRITY, rng.randbytes(20))))


def reflector_hello(tag):
    return tag + b"\xff" * 12 + b"\xfe\xff\xff\xff" + struct.pack("!Q", 123)


def reflector_data(rng, tag, n):
    return tag + rng.randbytes(4) + struct.pack("!I", n) + rng.randbytes(n + -n % 4)


def wireguard_initiation(rng):
    return b"\1\0\0\0" + rng.randbytes(144)


def wireguard_response(rng, p):
    return b"\2\0\0\0" + rng.randbytes(4) + p.payload[4:8] + rng.randbytes(80)


def openvpn_reset(rng):
    return bytes((7 << 3,)) + rng.randbytes(8) + b"\0" + struct.pack("!I", 0)


def openvpn_answer(rng, p):
    return bytes((8 << 3,)) + rng.randbytes(8) + b"\1" + struct.pack("!I", 0) + p.payload[1:9] \
        + struct.pack("!I", 0)


def frame(body):
    return struct.pack("!I", len(body))[1:] + body


def whatsapp_hello(rng):
    return b"ED\0\1\0\0\4\x08\2\x10" + bytes((rng.randrange(1, 30),)) + b"WA\6\3" \
        + frame(b"\x12\x22\x0a\x20" + rng.randbytes(32))


def whatsapp_server(rng):
    inner = b"\x0a\x20" + rng.randbytes(32) + b"\x12\x30" + rng.randbytes(48) + b"\x1a\xa8\1" \
        + rng.randbytes(168)
    return frame(b"\x1a\xfd\1" + inner)


def whatsapp_finish(rng):
    return frame(b"\x22\xd3\1" + rng.randbytes(211))


def mtproto_hello(rng):
    """Intermediate transport, and req_pq_multi (0xbe7e8ef1) outside of any key."""
    body = b"\0" * 8 + rng.randbytes(8) + struct.pack("<II", 20, 0xbe7e8ef1) + rng.randbytes(16)
    return b"\xee" * 4 + struct.pack("<I", len(body)) + body


def mtproto_answer(rng):
    body = b"\0" * 8 + rng.randbytes(8) + struct.pack("<II", 64, 0x05162463) + rng.randbytes(64)
    return struct.pack("<I", len(body)) + body


def mtproto_message(rng, n):
    return struct.pack("<I", n) + rng.randbytes(n)


# --- conversations ---

def answering(lab, h, port, answer, think=(0.4, 3)):
    """h answers datagrams to that port; answer: function of the packet, which may return None."""
    def heard(p):
        said = answer(p)
        if said is not None:
            lab.clock.after(int(lab.rng.uniform(*think) * 1000), say, p, said)

    def say(p, said):
        h.emit(Packet(h.address, p.src, UDP, port, p.sport, payload=said, ttl=h.ttl, df=False,
                      ip_id=h.udp_id()))
    h.udp[port] = heard
    return h


def ask(lab, at, h, port, request, spacing=RETRIES, then=None, names=(), sport=None):
    """The client asks until it is answered; then: (function that makes a payload, how often, how
    many seconds apart) of what it sends on afterwards."""
    client, sport = lab.client, sport or lab.rng.randrange(20000, 60000)
    app = App(lab.clock, [])
    flow = lab.flow(app, "udp", h.address, port, sport, names)
    flow["done"] = False

    def send(i):
        if flow["done"]:
            return
        client.udp[sport] = got
        client.datagram(h.address, sport, port, request() if callable(request) else request)
        if i < len(spacing):
            lab.clock.after(int(spacing[i] * SECOND), send, i + 1)

    def more(left):
        client.datagram(h.address, sport, port, then[0]())
        if left > 1:
            lab.clock.after(int(then[2] * SECOND), more, left - 1)

    def got(_):
        first, flow["done"], app.result = not flow["done"], True, "ok"
        if first and then:
            more(then[1])
    lab.at(at, send, 0)
    return flow


def chat(lab, at, h, port, hello, answer, finish, message, name=None, beats=3, every=15,
         deadline=600):
    """A chat's connection: handshake, login, and a message each way every so often."""
    rng = lab.rng

    def serve(app, c):
        steps = [("send", answer(rng)), ("recv", len(finish))]
        for _ in range(beats):
            steps += [("recv", 1), ("wait", rng.randrange(20000, 90000)),
                      ("send", message(rng, rng.randrange(40, 200)))]
        return steps + [("recv", 1 << 30)]
    lab.serve(h, port, [("recv", len(hello)), ("wait", rng.randrange(900, 4000)),
                        ("answer", serve)])
    steps = [("send", hello), ("recv", 20), ("send", finish)]
    for _ in range(beats):
        steps += [("wait", int(every * SECOND)), ("send", message(rng, rng.randrange(40, 200))),
                  ("recv", 1)]
    return lab.connect(at, h.address, port, steps, [name] if name else [], deadline=deadline)


def whatsapp_chat(lab, at, h, name="g.whatsapp.net", port=5222, **more):
    rng = lab.rng
    return chat(lab, at, h, port, whatsapp_hello(rng), whatsapp_server, whatsapp_finish(rng),
                lambda r, n: frame(r.randbytes(n)), name, **more)


def telegram_chat(lab, at, h, port=443, **more):
    rng = lab.rng
    return chat(lab, at, h, port, mtproto_hello(rng), mtproto_answer, mtproto_message(rng, 340),
                mtproto_message, **more)
