# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies on the way, which the client's packets end at: good ones, and others."""
import json
import os
import sys

from lab.middlebox import host, sni

from . import case
from .. import services
from ..namespaces import inside
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


@case("twin")
def own_root(net):
    """A service has a root of its own, in good order; another uses the common one."""
    net.tls = "TLSv1.2"
    shared(net)
    for i in range(2):
        net.https(net.bad, 0.4 + i, more=["--insecure"])
        net.https(net.other, 0.8 + i)


__all__ = ["inside"]
