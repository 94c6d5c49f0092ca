# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies on the way, which the client's packets end at: good ones, and others."""
import json
import os
import sys

from lab.middlebox import host, service, sni

from . import case
from .. import services
from ..rules import Rewrite
from .forged import shared, visits

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PORT = 4999
NOTICE = "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" \
    "<html><head><title>Blocked</title></head><body><h1>This website has been blocked by order of " \
    "the authorities</h1></body></html>"


def proxied(net, rules, ports="80, 443"):
    """The first router redirects what goes to these ports to a proxy of its own."""
    net.routers["near0"] = "table inet proxy { chain p { type nat hook prerouting priority -100; " \
        "iifname \"to-client\" tcp dport { %s } redirect to :%d; } }\n" % (ports, PORT)

    def begin():
        if callable(rules):
            made = rules()
        else:
            made = rules
        path = os.path.join(net.folder, "proxy.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(made, f)
        p = services.start(net, net.near0, [sys.executable, os.path.join(HERE, "proxy.py"),
                                            str(PORT), path])
        services.wait(p, PORT)
    net.prepare.append(begin)


@case("twin")
def accelerator(net):
    """A transparent proxy near the client splits all connections: handshakes are far too fast."""
    shared(net)
    proxied(net, {})
    for i in range(3):
        net.https(net.bad, 0.4 + i, size=40000)
        net.http(net.other, 0.7 + i)
    net.connect(4, net.names[net.bad].address, 8443, [("close",)])


@case("twin")
def portal(net):
    """A captive portal sends every host to its login page."""
    shared(net)
    proxied(net, {"all": "HTTP/1.1 302 Found\r\nLocation: http://login.wifi.example/?from=guest"
                         "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"}, "80")
    for i, n in enumerate((net.bad, net.other, net.good, net.bad)):
        net.http(n, 0.4 + i)


@case("interference")
def notice_by_proxy(net):
    """A transparent proxy serves a notice for one Host, and passes the others."""
    shared(net)
    notice = NOTICE.replace("<h1>", '<h1><a href="http://warning.or.kr">warning</a> ', 1) \
        if net.rng.random() < 0.5 else NOTICE
    proxied(net, {"page": {net.bad: notice}})
    visits(net, net.http)
    for f in net.flows:
        if net.bad in f["names"]:
            net.acted(f, "block-page", host(net.bad), "first-data")


@case("interference")
def opened_by_proxy(net):
    """A proxy opens the sessions of one name under its own root, and passes the others."""
    net.tls = "TLSv1.2"
    shared(net)

    def rules():
        folder = os.path.join(net.folder, "root")
        os.makedirs(folder)
        root = services.authority(folder, net.pick(
            "/C=XX/O=National Security/CN=National Trust Root", "/CN=Web Shield Root/O=Shield",
            "/O=Gateway/CN=Gateway CA"))
        place = os.path.join(net.folder, "fake")
        os.makedirs(place)
        return {"open": {net.bad: services.certificate(net, place, [net.bad], root)}}
    proxied(net, rules)
    visits(net, net.https, more=["--insecure"])
    for f in net.flows:
        if net.bad in f["names"]:
            net.acted(f, "tls-interception", sni(net.bad), "first-data",
                      {"min_confidence": 0.3, "stage": ["first-data", "established"]})


def mail_server(net, name, offers=True):
    """A server that speaks SMTP, and TLS after STARTTLS."""
    h = net.host(name)
    h.listening[25] = []

    def begin():
        place = os.path.join(net.folder, h.name + "-mail")
        os.makedirs(place)
        tls = ["tls", *services.certificate(net, place, [name])]
        rest = [["send", b"250 ok\r\n".hex()]] + [["line"], ["send", b"250 ok\r\n".hex()]] * 4
        lists = (b"250-%s\r\n250-PIPELINING\r\n%s250 HELP\r\n" % (
            name.encode(), b"250-STARTTLS\r\n" if offers else b"")).hex()
        steps = [["send", (b"220 %s ESMTP\r\n" % name.encode()).hex()], ["line"], ["send", lists],
                 ["case", [["STARTTLS", [["send", b"220 Ready\r\n".hex()], tls, ["line"],
                                         ["send", lists], ["line"], *rest]],
                           ["", rest]]]]
        services.talker(net, h, 25, steps)
    net.prepare.append(begin)
    return h


def post(net, at, h, name):
    """curl sends a letter, with STARTTLS if that is offered."""
    sport = net.port()
    mine = net.client.v6 if ":" in h.address else net.client.v4
    address = "[%s]" % h.address if ":" in h.address else h.address
    return net.do(at, ["curl", "-sS", "--ssl", "--insecure", "--max-time", "8", "--local-port",
                       str(sport), "--mail-from", "a@%s" % name, "--mail-rcpt", "b@%s" % name,
                       "--upload-file", "/etc/hostname", "smtp://%s:25/%s" % (address, name)],
                  ("tcp", mine, sport, h.address, 25), [name])


@case("interference")
def starttls_stripped(net):
    """A box writes over the offer of STARTTLS; another mail server's is left alone."""
    h, o = mail_server(net, net.bad), mail_server(net, net.other)
    net.web = h
    new = net.rng.choice((b"250-XXXXXXXX", b"250-XXXXXXXA"))
    rule = net.rule(Rewrite(service(h.address, 25), change=[(b"250-STARTTLS", new)], accept={
        "kind": ["protocol", "unknown", "ip", "ip-port"], "scored": False,
        "stage": ["established", "first-data", "handshake"]}))
    assert rule.way == "down"
    for i in range(2):
        post(net, 0.4 + 2 * i, h, net.bad)
        post(net, 1.2 + 2 * i, o, net.other)


@case("twin")
def mail(net):
    """One mail server offers STARTTLS, another never did."""
    h, o = mail_server(net, net.bad), mail_server(net, net.other, False)
    net.web = h
    for i in range(2):
        post(net, 0.4 + 2 * i, h, net.bad)
        post(net, 1.2 + 2 * i, o, net.other)


@case("twin")
def own_root(net):
    """A service has a root of its own, in good order; another uses the common one."""
    net.tls = "TLSv1.2"
    shared(net)
    for i in range(2):
        net.https(net.bad, 0.4 + i, more=["--insecure"])
        net.https(net.other, 0.8 + i)
