# SPDX-License-Identifier: GPL-3.0-or-later
"""What was reported of Telegram, WhatsApp and tunnels in Russia, 2025 and 2026, beside what looks the
same and is nobody's doing."""
from . import scenario
from .. import payloads as say
from .. import talks
from ..acts import Drop
from ..limits import Lossy
from ..middlebox import address, sni
from .rates import bulk, upload

ALONE = {"min_confidence": 0.3}


class DropWords(Drop):
    """The handshake of TLS passes; from the client's first application data on it is not heard."""

    def start(self, box, view, p, way):
        view.state[self] = None
        return True

    def keep(self, box, view, p, way, e):
        if way == "up" and e is None and view.said_down and p.payload[:1] == b"\x17":
            e = view.state[self] = self.event(box, view, p)
            e.ways.update(("up", "down"))
        if e is None:
            return True
        e.dropped.append(p)
        return False


@scenario("interference")
def telegram_first_data(lab):
    """A proxy's handshake passes and the first application data do not, twice; another name there lives."""
    h = lab.server(lab.good)
    lab.alias(lab.bad, h)
    lab.rule(DropWords(sni(lab.bad), accept=dict(ALONE, kind=["sni", "volume"], value=[lab.bad, ""],
                                                 mechanism=["drop", "freeze"])))
    for at, name in ((0.3, lab.good), (2, lab.bad), (14, lab.good), (20, lab.bad)):
        lab.https(name, at, deadline=14)


@scenario("twin")
def telegram_proxy_dies(lab):
    """A proxy whose power fails right after a handshake: the same silence, once."""
    h = lab.server(lab.bad)
    left = [lab.pick(4, 5, 3)]

    def count(p):
        left[0] -= bool(p.payload)
        if left[0] <= 0:
            dies(h)
        return p
    h.rewrite = count
    lab.https(lab.good, 0.3)
    lab.https(lab.bad, 2, deadline=14)
    lab.https(lab.other, 6)


def late(lab, seconds):
    def answer(app, c):
        return [("wait", int(seconds * 1000000))] + lab.tls_answer(app, c)
    return answer


@scenario("twin")
def telegram_late_hello(lab):
    """Busy proxies: each ServerHello comes eight seconds late, and all goes well then."""
    for name in (lab.bad, "a." + lab.bad, "b." + lab.bad):
        lab.server(name, tls=late(lab, lab.between(8, 7, 9)))
    lab.https(lab.good, 0.3)
    for i, name in enumerate((lab.bad, "a." + lab.bad, "b." + lab.bad)):
        lab.https(name, 1 + 3 * i)
    lab.https(lab.good, 9)


@scenario("interference", kind="pcap.gz")
def telegram_subnet_loss(lab):
    """A fifth of what is sent to two addresses of one network is lost, nothing elsewhere."""
    size = 400000
    steps = [("record", size // 16005), ("send", say.application(lab.rng, 300))]
    bulk(lab, lab.bad, lab.good, size=0, steps=steps)
    h = bulk(lab, lab.other, size=0, steps=steps)
    lab.rule(Lossy(sni(lab.bad), ways=("up",), share=lab.pick(0.2, 0.17, 0.25), accept=dict(ALONE)))
    upload(lab, lab.good, 0.2, size)
    upload(lab, lab.bad, 3, size, deadline=110)
    upload(lab, lab.other, 5, size)
    assert h


@scenario("twin", kind="pcap.gz")
def telegram_own_loss(lab):
    """A radio link that loses a fifth of what is sent upward, wherever it goes."""
    size = 200000
    bulk(lab, lab.bad, lab.good, size=0,
         steps=[("record", size // 16005), ("send", say.application(lab.rng, 300))])
    lab.path.loss = lab.pick(0.15, 0.1, 0.2)
    upload(lab, lab.good, 0.2, size, deadline=100)
    upload(lab, lab.bad, 1, size, deadline=100)


def dies(h):
    """Its power fails."""
    h.dead, h.rewrite = True, lambda p: None


def chat(lab, at, h, port, **more):
    """What became of it tells nothing of the service, and what is not heard is not known."""
    flow = talks.whatsapp_chat(lab, at, h, port, **more)
    flow["of"] = flow["application"] = None


def proxied(lab, h, n=6):
    """Three chats through one proxy, begun one after another."""
    for i, port in enumerate((443, 5222, 80)):
        chat(lab, 0.5 + 4 * i, h, port, n=n, every=9)
    lab.https(lab.good, 1)
    lab.https(lab.other, 30)
    lab.https(lab.good, 62)


class Gone(Drop):
    """An address is taken away. What was going on then shows no more than a server that died would."""

    def start(self, box, view, p, way):
        if not view.said_down:
            return super().start(box, view, p, way)
        view.state[self] = None
        return False

    def keep(self, box, view, p, way, e):
        return e is not None and super().keep(box, view, p, way, e)


@scenario("interference")
def whatsapp_proxy_found(lab):
    """A proxy works for half a minute, then its address is dead for all three chats at once and later."""
    h = lab.host()
    rule = Gone(address(h.address), ways=("up", "down"), accept={
        "kind": ["ip", "ip-port", "volume", "protocol"], "value": [h.address, "", "whatsapp"],
        "mechanism": ["drop", "freeze"], "min_confidence": 0.3, "scored": False,
        "stage": ["syn", "established", "first-data", "handshake"]})
    lab.at(32, lab.box.rules.append, rule)
    proxied(lab, h)
    for at in (75, 90):
        chat(lab, at, h, 443)


@scenario("twin")
def whatsapp_proxy_crashes(lab):
    """The same, but the proxy's own power failed: nothing tells the two apart."""
    h = lab.host()
    lab.at(32, dies, h)
    proxied(lab, h)
    for at in (75, 90):
        chat(lab, at, h, 443)
