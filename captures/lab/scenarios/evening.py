# SPDX-License-Identifier: GPL-3.0-or-later
"""One phone, one evening: the February of 2026 in Russia, as it was reported, in a quarter of an
hour. Names are the true ones, since services are known by them; addresses are made up, but for
Apple's, which are in Apple's network."""
from . import requests as story
from . import scenario
from .. import talks
from .. import payloads as say
from ..acts import Drop
from ..middlebox import sni

FIVE_MINUTES = 300
PUSH = ("apple-push", "push")
WEB, CHAT, MEDIA = ("whatsapp", "web"), ("whatsapp", "chat"), ("whatsapp", "media")


def page(lab, name, at, of=None, **more):
    """Looked up at the provider's resolver, then opened."""
    lookup(lab, name, at, of)
    opened = lab.https(name, at + 0.3, **more)
    opened["of"] = of


def lookup(lab, name, at, of=None, resolver=None):
    lab.lookup(name, at, resolver)["of"] = of and (of[0], "dns")


def places(lab):
    """Servers of all that is asked for."""
    for name in ("web.max.ru", "api.oneme.ru", "i.oneme.ru", "web.whatsapp.com", "whatsapp.com",
                 "static.whatsapp.net", "mmg.whatsapp.net", "web.telegram.org",
                 "weather.example", "bank.example", "news.example"):
        lab.server(name)
    for name in ("g.whatsapp.net", "e1.whatsapp.net", "e2.whatsapp.net", "e3.whatsapp.net"):
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
        page(lab, ("web.max.ru", "api.oneme.ru", "i.oneme.ru")[i % 3], at,
             ("max", ("web", "chat", "web")[i % 3]), large=i % 2 == 0)


def telegram(lab):
    """Messages arrive; a call gets nowhere."""
    reflectors = [(lab.host(), 596 + i) for i in range(3)]
    story.drop(lab, "reflector", story.REFLECTOR_MARK, reflectors)
    talks.telegram_chat(lab, 20, lab.host(), n=30, every=22)
    for at in (60, 450):
        for i, (h, port) in enumerate(reflectors):
            talks.reflector(lab, at + 0.02 * i, h, port, seconds=12)


def whatsapp_before(lab, relays):
    """Calls are cut while all else works."""
    story.drop(lab, "stun", story.WHATSAPP_MARK, [(h, story.TURN) for h in relays])
    talks.whatsapp_chat(lab, 10, lab.names["g.whatsapp.net"], n=17, every=16)
    page(lab, "web.whatsapp.com", 30, WEB, large=True)
    page(lab, "mmg.whatsapp.net", 40, MEDIA)
    story.whatsapp_call(lab, 100, relays)


def whatsapp_after(lab, public):
    """Names, pages, chat and media go as well."""
    for name in ("web.whatsapp.com", "mmg.whatsapp.net"):
        later(lab, Drop(sni(name), ways=("up", "down")))
    later(lab, story.chat_rule())
    for at in (310, 430, 640):
        lookup(lab, "web.whatsapp.com", at, WEB)
        lookup(lab, "static.whatsapp.net", at + 0.5, MEDIA)
        lookup(lab, "web.whatsapp.com", at + 4, WEB, public)
        lab.https("web.whatsapp.com", at + 5, large=True)["of"] = WEB
    lookup(lab, "whatsapp.com", 312, WEB)
    lookup(lab, "whatsapp.com", 316, WEB, public)
    for i, at in enumerate((320, 370, 460, 560)):
        name = ("e1.whatsapp.net", "e2.whatsapp.net", "e3.whatsapp.net")[i % 3]
        lookup(lab, name, at, CHAT)
        talks.whatsapp_chat(lab, at + 0.3, lab.names[name], names=[name], deadline=30)
    page(lab, "mmg.whatsapp.net", 380, MEDIA)
    page(lab, "mmg.whatsapp.net", 590, MEDIA)


def facetime(lab):
    """Apple's push goes on; FaceTime's relays do not answer."""
    push = lab.host("courier.push.apple.com", "17.57.146.20")
    lab.serve(push, 5223, [("record",), ("answer", lab.tls_answer)])
    for at in (15, 200, 410, 600):
        lookup(lab, "courier.push.apple.com", at, PUSH)
        hello = say.client_hello(lab.rng, "courier.push.apple.com")
        lab.connect(at + 0.2, push.address, 5223, [
            ("send", hello), ("record", 6), ("send", say.client_finished(lab.rng)),
            ("send", say.application(lab.rng, 300)), ("record",), ("wait", 9000000), ("close",)],
                    ["courier.push.apple.com"], deadline=60)["of"] = PUSH
    relays = [lab.host(None, "17.178.100.%d" % (20 + i)) for i in range(3)]
    for i, h in enumerate(relays):
        lab.rule(Drop(story.Trigger("ip-port", story.place(h, story.TURN)), ways=("up", "down"), accept={
            "kind": ["ip", "ip-port", "protocol"], "value": ["stun", h.address, story.place(h, story.TURN)]}))
        talks.stun(lab, 205 + 0.05 * i, h, story.TURN, of=("facetime", "calls"), application=None)


def innocent(lab):
    """What else goes well, or fails without anybody's doing."""
    for at in (55, 98, 203, 448):
        talks.stun(lab, at, lab.host())
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
    whatsapp_before(lab, [lab.host() for _ in range(3)])
    whatsapp_after(lab, public)
    facetime(lab)
    innocent(lab)
