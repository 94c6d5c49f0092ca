# SPDX-License-Identifier: GPL-3.0-or-later
"""Block pages, forged or served by a proxy, beside pages that only look like them."""
from . import scenario
from .. import payloads as say
from ..acts import Data
from ..middlebox import host

IFRAME = ('<html><head><meta http-equiv="Content-Type" content="text/html; charset=windows-1256">'
          '<title>N3-1</title></head><body>'
          '<iframe src="http://10.10.34.34?type=Invalid Site&policy=MainPolicy " '
          'style="width: 100%; height: 100%" scrolling="no" marginwidth="0" '
          'marginheight="0" frameborder="0" vspace="0" hspace="0"></iframe></body></html>\r\n\r\n')
NOTICE = ("<html><head><title>Access denied</title></head><body><h1>Access to this resource is "
          "restricted</h1><p>The site that you asked for has been blocked by order of the court. "
          "This website is blocked in accordance with the law.</p></body></html>")


def forged_page():
    return ("HTTP/1.1 403 Forbidden\r\nContent-Type: text/html; charset=utf-8\r\n"
            "Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(IFRAME), IFRAME)).encode()


def pair(lab):
    lab.alias(lab.bad, lab.server(lab.good))
    lab.http(lab.good, 0.2)
    lab.http(lab.good, 7)


@scenario("interference")
def page_forged(lab):
    """A forged 403 with a frame, then a forged FIN, long before the server could answer."""
    pair(lab)
    lab.rule(Data(host(lab.bad), payload=forged_page(), mechanism_word="block-page", swallow=True,
                  deaf=True, fin_apart=True, delay=lab.between(300, 150, 2500),
                  style={"ttl": lab.pick(187, 60, 128), "window": 65535}))
    lab.http(lab.bad, 2)


@scenario("interference")
def page_forged_beside(lab):
    """A block notice with FIN overtakes the true page, which arrives all the same."""
    pair(lab)
    lab.rule(Data(host(lab.bad), payload=say.http_answer(NOTICE.encode(), close=True, server=None),
                  mechanism_word="block-page", fin=True, delay=lab.between(500, 150, 2500),
                  style={"ttl": lab.pick(60, 128), "ids": lab.pick(242, "random"), "window": 229}))
    lab.http(lab.bad, 2)
    lab.http(lab.bad, 4)


@scenario("interference")
def page_redirect(lab):
    """A forged redirect to a notice of the operator, with FIN; the server is reset."""
    pair(lab)
    place = "http://blocked.notice.example/?url=http://%s/" % lab.bad
    body = ("HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            % place).encode()
    lab.rule(Data(host(lab.bad), payload=body, mechanism_word="block-page", fin=True, reset=True,
                  delay=lab.between(400, 150, 2500),
                  style={"ttl": lab.pick(58, 128), "ids": lab.pick("zero", 1), "window": 32120}))
    lab.http(lab.bad, 2)


@scenario("interference", kind="pcap.gz")
def page_proxy(lab):
    """A transparent proxy of the operator serves a notice for one Host, and passes the others."""
    near, pages = {"delay": 0.8, "hops": 0}, {}
    via = ("Via: 1.1 filter.isp.example",)

    notice = NOTICE.replace("<p>", '<p><a href="http://warning.or.kr">warning</a> ', 1)

    def answer(app, c):
        if ("Host: " + lab.bad).encode() in app.request:
            flow = next(f for f in lab.flows
                        if f["key"][2] == c.port and f["key"][3] == c.host.address)
            c.event = lab.mark(flow, "block-page", host(lab.bad), "first-data")
            return [("send", say.http_answer(notice.encode(), "403 Forbidden", via, None, True)),
                    ("close",)]
        body = pages.setdefault(app.request, say.page(lab.rng, "Welcome", 900))
        return [("wait", 62000), ("send", say.http_answer(body, headers=via)), ("recv", 1 << 30)]
    lab.alias(lab.bad, lab.server(lab.good, http=answer, **near))
    lab.server(lab.other, http=answer, **near)
    lab.http(lab.good, 0.2)
    lab.http(lab.bad, 2)
    lab.http(lab.other, 4)
    lab.http(lab.bad, 6)


def fixed(lab, status, body, headers=(), only=None):
    """A server that gives this answer, for one Host or for all."""
    def answer(app, c):
        if only and ("Host: " + only).encode() not in app.request:
            return lab.http_answer(app, c)
        return [("wait", lab.rng.randrange(900, 4000)),
                ("send", say.http_answer(body, status, headers)), ("recv", 1 << 30)]
    return answer


@scenario("twin")
def page_403(lab):
    """The server's own 403 for a private folder, in its own time."""
    body = b"<html><head><title>403 Forbidden</title></head><body><center><h1>403 Forbidden</h1>" \
        b"</center><hr><center>nginx</center></body></html>"
    lab.server(lab.good, http=fixed(lab, "403 Forbidden", body))
    lab.http(lab.good, 0.2, path="/private/")
    lab.http(lab.other, 2)
    lab.http(lab.good, 4, path="/private/")


@scenario("twin")
def page_451(lab):
    """The server itself says 451 and by whose demand (RFC 7725)."""
    body = b"<html><body><h1>Unavailable For Legal Reasons</h1><p>The publisher withdrew this " \
        b"article.</p></body></html>"
    lab.server(lab.good, http=fixed(lab, "451 Unavailable For Legal Reasons", body, (
        'Link: <https://legal.example/>; rel="blocked-by"',)))
    lab.http(lab.good, 0.2, path="/article")
    lab.http(lab.other, 2)


@scenario("twin")
def page_to_https(lab):
    """The server sends the client from http to https of the same name."""
    lab.server(lab.good, http=fixed(lab, "301 Moved Permanently", b"", (
        "Location: https://%s/" % lab.good,)))
    lab.http(lab.good, 0.2)
    lab.https(lab.good, 1)


@scenario("twin")
def page_portal(lab):
    """A captive portal sends every host to its login page, until the guest has paid."""
    state = {"paid": False}
    near = {"delay": 0.3, "hops": 0}

    def answer(app, c):
        if state["paid"]:
            return lab.http_answer(app, c)
        return [("send", say.http_answer(b"", "302 Found", (
            "Location: http://login.hotel.example/welcome",), server=None, close=True)), ("close",)]
    for n in (lab.good, lab.other, lab.bad):
        lab.server(n, http=answer, **near)
    for i, n in enumerate((lab.good, lab.other, lab.bad)):
        lab.http(n, 0.2 + i)
    lab.at(8, lambda: state.update(paid=True))
    for i, n in enumerate((lab.good, lab.other, lab.bad)):
        lab.http(n, 9 + i)


@scenario("twin")
def page_news(lab):
    """A newspaper writes about blocked sites, at length; that is no block page."""
    body = say.page(lab.rng, "The court and the blocked websites", 2500).replace(
        b"</body>", b"<p>The regulator said that access to this resource is restricted, and that "
        b"the site is blocked by order of the court.</p></body>")
    lab.server(lab.other, http=fixed(lab, "200 OK", body))
    lab.http(lab.other, 0.2)
    lab.http(lab.good, 2)


@scenario("twin")
def page_geoblock(lab):
    """A service refuses visitors of one country by a 403 of its own, for one of its names."""
    h = lab.server(lab.good, http=fixed(lab, "403 Forbidden", b"<html><body><h1>Not available in "
                                        b"your region</h1></body></html>", only=lab.bad))
    lab.alias(lab.bad, h)
    lab.http(lab.good, 0.2)
    lab.http(lab.bad, 2)
    lab.http(lab.good, 4)
