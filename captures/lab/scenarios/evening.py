# SPDX-License-Identifier: GPL-3.0-or-later
"""One phone, one evening: the February of 2026 in Russia, as it was reported, in a quarter of an
hour. Names are the true ones, since services are known by them; addresses are made up, but for
Apple's, which are in Apple's network."""
from . import requests as story
from . import scenario
from .. import calls
from .. import payloads as say
from ..acts import Drop
from ..middlebox import sni

FIVE_MINUTES = 300


def page(lab, name, at, **more):
    """Looked up at the provider's resolver, then opened."""
    lab.lookup(name, at)
    return lab.https(name, at + 0.3, **more)


def places(lab):
    """Servers of all that is asked for."""
    for name in ("web.max.ru", "api.oneme.ru", "i.oneme.ru", "web.whatsapp.com", "whatsapp.com",
                 "static.whatsapp.net", "mmg.whatsapp.net", "web.telegram.org",
                 "weather.example", "bank.example", "news.example"):
        lab.server(name)
    for name in ("g.whatsapp.net", "e1.whatsapp.net", "e2.whatsapp.net"):
        lab.host(name)


def resolvers(lab):
    """The provider's, which forgets two names after five minutes, and a public one."""
    state, public = lab.resolver(delay=2.0, hops=2), lab.resolver()
    lie = {"rcode": say.NXDOMAIN, "soa": "com"}

    def forget():
        for name in ("web.whatsapp.com", "whatsapp.com"):
            state.zone[name] = dict(lie, event=name)
    lab.at(FIVE_MINUTES, forget)
    return state, public


def later(lab, rule):
    lab.at(FIVE_MINUTES, lab.box.rules.append, rule)


def max_works(lab):
    """The state's own messenger, all evening."""
    for i, at in enumerate((3, 70, 180, 290, 330, 420, 520, 610, 700)):
        page(lab, ("web.max.ru", "api.oneme.ru", "i.oneme.ru")[i % 3], at, large=i % 2 == 0)


def telegram(lab):
    """Messages arrive; a call gets nowhere."""
    chat = lab.host()
    calls.telegram_chat(lab, 20, chat, beats=30, every=22, deadline=800)
    reflectors = [calls.answering(lab, lab.host(), 596 + i,
                                  lambda p: calls.reflector_data(lab.rng, p.payload[:16], 40))
                  for i in range(3)]
    story.drop(lab, "reflector", story.REFLECTOR_MARK, reflectors)
    values = lab.box.rules[-1].accept["value"]
    for i, h in enumerate(reflectors):
        values.append("%s:%d" % (h.address, 596 + i))
    for at in (60, 450):
        tag = lab.rng.randbytes(12)
        for i, h in enumerate(reflectors):
            calls.ask(lab, at + 0.02 * i, h, 596 + i,
                      calls.reflector_hello(tag + lab.rng.randbytes(4)),
                      [calls.HELLO_EVERY] * 24)


def whatsapp(lab, public):
    """Calls are cut while messages still arrive; after five minutes names, pages, chat and media go
    as well."""
    relays = story.relays(lab, 3)
    story.drop(lab, "stun", story.WHATSAPP_MARK, relays, story.TURN)
    calls.whatsapp_chat(lab, 10, lab.names["g.whatsapp.net"], beats=17, every=16, deadline=290)
    page(lab, "web.whatsapp.com", 30, large=True)
    page(lab, "mmg.whatsapp.net", 40)
    story.whatsapp_call(lab, 100, relays)
    for name in ("web.whatsapp.com", "mmg.whatsapp.net"):
        later(lab, Drop(sni(name), ways=("up", "down")))
    rule = story.drop(lab, "whatsapp", b"WA\6\3")
    rule.accept = {"kind": ["protocol", "unknown", "ip", "ip-port"], "scored": False}
    lab.box.rules.remove(rule)
    later(lab, rule)
    for at in (310, 430, 640):
        lab.lookup("web.whatsapp.com", at)
        lab.lookup("static.whatsapp.net", at + 0.5)
        lab.lookup("web.whatsapp.com", at + 4, public)
        lab.https("web.whatsapp.com", at + 5, large=True)
    lab.lookup("whatsapp.com", 312)
    lab.lookup("whatsapp.com", 316, public)
    for i, at in enumerate((320, 370, 460, 560)):
        name = ("e1.whatsapp.net", "e2.whatsapp.net", "g.whatsapp.net")[i % 3]
        lab.lookup(name, at)
        calls.whatsapp_chat(lab, at + 0.3, lab.names[name], name=name, deadline=30)
    page(lab, "mmg.whatsapp.net", 380)
    page(lab, "mmg.whatsapp.net", 590)


def facetime(lab):
    """Apple's push goes on; FaceTime's relays do not answer."""
    push = lab.host("courier.push.apple.com", "17.57.146.20")
    lab.serve(push, 5223, [("record",), ("answer", lab.tls_answer)])
    for at in (15, 200, 410, 600):
        lab.lookup("courier.push.apple.com", at)
        hello = say.client_hello(lab.rng, "courier.push.apple.com")
        lab.connect(at + 0.2, push.address, 5223, [
            ("send", hello), ("record", 6), ("send", say.client_finished(lab.rng)),
            ("send", say.application(lab.rng, 300)), ("record",), ("wait", 9000000), ("close",)],
                    ["courier.push.apple.com"], deadline=60)
    relays = [calls.answering(lab, lab.host(None, "17.178.100.%d" % (20 + i)), story.TURN,
                              calls.stun_answer) for i in range(3)]
    for h in relays:
        lab.rule(Drop(story.Trigger("ip-port", "%s:%d" % (h.address, story.TURN)),
                      ways=("up", "down"), accept={
                          "kind": ["ip", "ip-port", "protocol"],
                          "value": ["stun", h.address, "%s:%d" % (h.address, story.TURN)]}))
    for i, h in enumerate(relays):
        calls.ask(lab, 205 + 0.05 * i, h, story.TURN, calls.binding(lab.rng))


def innocent(lab):
    """What else goes well, or fails without anybody's doing."""
    for at in (55, 98, 203, 448):
        story.other_stun(lab, at)
    for i, at in enumerate((5, 90, 210, 340, 480, 660)):
        page(lab, ("weather.example", "news.example", "bank.example")[i % 3], at)
    lab.lookup("printer.invalid", 150)
    closed = lab.host("old.example")
    lab.lookup("old.example", 230)
    lab.connect(230.3, closed.address, 443, [("send", b"")], ["old.example"])


@scenario("interference", kind="pcapng")
def moscow_evening(lab):
    """February 2026: names vanish, TLS and chat are dropped, calls were before; MAX works."""
    lab.until = 760
    places(lab)
    _, public = resolvers(lab)
    max_works(lab)
    telegram(lab)
    whatsapp(lab, public)
    facetime(lab)
    innocent(lab)
