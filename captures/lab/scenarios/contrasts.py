# SPDX-License-Identifier: GPL-3.0-or-later
"""What sets a filter off if not the name: a page, Encrypted Client Hello, or the program itself."""
from . import scenario
from .. import payloads as say
from ..acts import Drop, Reset
from ..middlebox import Trigger, ech, sni

STYLE = {"ttl": 58, "window": 0}


def tool_hello(rng, name):
    """The hello of a simple program: fewer suites and extensions than browsers have, no GREASE."""
    suites = say.u16s(0x1301, 0x1303, 0xc02f, 0xc030, 0x009c, 0x002f)
    rest = [say.extension(0, say.v16(b"\0" + say.v16(name.encode()))),
            say.extension(11, say.v8(b"\0\1\2")),
            say.extension(10, say.v16(say.u16s(say.X25519, 0x0017))),
            say.extension(16, say.v16(say.v8(b"http/1.1"))), say.extension(0x16, b""),
            say.extension(0x17, b""), say.extension(13, say.v16(say.u16s(0x0403, 0x0804, 0x0401))),
            say.extension(0x2b, say.v8(say.u16s(0x0304, 0x0303))), say.extension(0x2d, say.v8(b"\1")),
            say.extension(0x33, say.v16(say.u16s(say.X25519) + say.v16(rng.randbytes(32))))]
    body = say.u16s(0x0303) + rng.randbytes(32) + say.v8(rng.randbytes(32)) + say.v16(suites) \
        + say.v8(b"\0") + say.v16(b"".join(rest))
    return say.record(22, say.handshake(1, body), 0x0301)


def tool(lab, name, at, **more):
    """A visit of that program."""
    rng = lab.rng
    steps = [("send", tool_hello(rng, name)), ("record", 6), ("send", say.client_finished(rng)),
             ("send", say.application(rng, 220)), ("record",), ("wait", 40000), ("close",)]
    return lab.connect(at, lab.get(name).address, 443, steps, [name], **more)


def slow_server(lab, name):
    """A server that closes what never says anything, and is heard by whoever was swallowed."""
    h = lab.server(name)
    lab.serve(h, 443, [("deadline", 15000000), ("record",), ("answer", lab.tls_answer)])
    return h


@scenario("interference")
def ech_reset(lab):
    """Hellos with Encrypted Client Hello and one outer name are reset; without it they pass."""
    front = lab.bad
    lab.alias(front, lab.server(lab.good))
    rule = Reset(ech(front), accept={"kind": ["ech"]}, delay=lab.between(250, 150, 2500),
                 style=dict(STYLE, ttl=lab.pick(58, 120, 251)))
    rule.trigger.needle = b"\xfe\x0d"
    lab.rule(rule)
    lab.https(front, 0.2)
    lab.https(front, 2, ech=True)
    lab.https(lab.good, 4)
    lab.https(front, 6, ech=True)
    lab.https(front, 8)


@scenario("interference")
def sni_with_grease(lab):
    """Every hello greases Encrypted Client Hello; what is reset is one name, with it or without."""
    lab.alias(lab.bad, lab.server(lab.good))
    lab.rule(Reset(sni(lab.bad), accept={"kind": ["sni"]}, delay=lab.between(250, 150, 2500),
                   style=dict(STYLE, ttl=lab.pick(58, 120, 251))))
    lab.https(lab.good, 0.2, ech=True)
    lab.https(lab.bad, 2, ech=True)
    lab.https(lab.good, 4)
    lab.https(lab.bad, 6)
    lab.https(lab.bad, 8, ech=True)


@scenario("twin")
def ech_everywhere(lab):
    """Encrypted Client Hello, greased or true, and everything works."""
    lab.alias(lab.bad, lab.server(lab.good))
    for i, name in enumerate((lab.good, lab.bad, lab.good, lab.bad)):
        lab.https(name, 0.3 + 2 * i, ech=i != 2)


@scenario("interference")
def program_blocked(lab):
    """One program's hellos are swallowed; a browser's, for the same names, pass."""
    slow_server(lab, lab.bad)
    # Six suites in this order: no browser offers them so.
    rule = Drop(Trigger("protocol", "tls-client", say.u16s(0x1301, 0x1303, 0xc02f, 0xc030)),
                accept={"kind": ["protocol"], "value": ["tls-client"]})
    lab.rule(rule)
    for i in range(4):
        lab.https(lab.bad, 0.2 + 18 * i)
        tool(lab, lab.bad, 2 + 18 * i)
    lab.https(lab.good, 9)
    lab.https(lab.bad, 70)


@scenario("interference")
def url_keyword(lab):
    """A word in the path draws resets; other pages of the same site are served."""
    word = lab.pick("/falun", "/secret-report", "/?q=freedom")
    lab.server(lab.bad)
    lab.rule(Reset(Trigger("http-url", lab.bad + word, "GET " + word), count=lab.pick(1, 3),
                   accept={"kind": ["http-url"], "value": [lab.bad + word, word]},
                   delay=lab.between(300, 150, 2500), style=dict(STYLE, ttl=lab.pick(58, 44, 121))))
    lab.http(lab.bad, 0.2)
    lab.http(lab.bad, 2, path=word)
    lab.http(lab.bad, 4, path="/news")
    lab.http(lab.bad, 6, path=word)


@scenario("interference")
def host_blocked_later(lab):
    """A site is read, page by page, until its Host is blocked: it is not the page that matters."""
    lab.alias(lab.bad, lab.server(lab.good))
    rule = Reset(Trigger("http-host", lab.bad, "Host: " + lab.bad), accept={"kind": ["http-host"]},
                 delay=lab.between(300, 150, 2500), style=dict(STYLE, ttl=lab.pick(58, 44, 121)))
    lab.at(5, lambda: lab.rule(rule))
    for i, path in enumerate(("/", "/news", "/about", "/", "/news")):
        lab.http(lab.bad, 0.2 + 2 * i, path=path)
    lab.http(lab.good, 12)


@scenario("twin")
def url_forbidden(lab):
    """The server resets requests for one of its pages itself, and serves the others."""
    def answer(app, c):
        if b"GET /admin" in app.request:
            return [("wait", 900), ("abort",)]
        return lab.http_answer(app, c)
    lab.server(lab.bad, http=answer)
    for i, path in enumerate(("/", "/admin", "/news", "/admin")):
        lab.http(lab.bad, 0.2 + 2 * i, path=path)
