# SPDX-License-Identifier: GPL-3.0-or-later
"""Systems that are known by the DNS answers they give or forge.

Fingerprints in ../../../fingerprints cite the sources of the numbers."""
from . import scenario
from .. import payloads as say
from ..acts import Dns
from ..middlebox import dns
from .dns import names


@scenario("interference", v6=True)
def iran_dns_v6(lab):
    """Iran: a question for an IPv6 address is answered at once with d0::11, and dies."""
    far = names(lab)
    lab.rule(Dns(dns(lab.bad), answers=["d0::11"], ttl=418, swallow=True, style={"ttl": 191},
                 delay=lab.between(300, 150, 2500)))
    lab.lookup(lab.bad, 2, far)
    lab.lookup(lab.bad, 4, far)


@scenario("interference", hops=(3, 12), delay=(8.0, 105.0))
def gfw_dns(lab):
    """China: two injectors answer with addresses of other companies, one copying the question's
    distance, before the resolver does."""
    far = names(lab)
    pool = lab.rng.sample(("31.13.94.7", "104.244.43.52", "162.125.32.2", "199.59.148.20",
                           "108.160.165.9", "67.228.235.91"), 2)
    lab.rule(Dns(dns(lab.bad), answers=[[pool[0]], [pool[1]]], count=2, gap=lab.between(600, 90, 2000),
                 ttl=lab.rng.randrange(60, 300), flags=lab.pick(0x8180, 0x8580),
                 delay=lab.between(900, 200, 3000),
                 style=[{"ttl": lab.pick("same", 90), "df": True}, {"ttl": lab.rng.randrange(50, 120)}]))
    lab.lookup(lab.bad, 2, far)
    lab.lookup(lab.bad, 5, far)


@scenario("interference", hops=(3, 12), delay=(8.0, 105.0))
def gfw_dns_mail(lab):
    """China: a question for mail servers, text or HTTPS records is answered with an address."""
    far = names(lab)
    lab.zone[lab.bad] = lambda qtype: {"answers": [lab.names[lab.bad].address]} \
        if qtype == say.A else {"soa": "example"}
    lab.rule(Dns(dns(lab.bad), answers=[lab.pick("31.13.94.7", "104.244.43.52", "199.59.148.20")],
                 ttl=lab.rng.randrange(60, 300), delay=lab.between(900, 200, 3000),
                 style={"ttl": lab.rng.randrange(50, 120)}))
    for i, qtype in enumerate((say.MX, say.TXT, say.HTTPS)):
        lab.lookup(lab.bad, 2 + 2 * i, far, qtype=qtype)


@scenario("twin", hops=(3, 12), delay=(2.0, 40.0))
def pool_owner(lab):
    """A name of Facebook's at its own address, which China's forgers use for other names."""
    h = lab.resolver(edns=False)
    lab.server(lab.good)
    lab.zone["www.facebook.com"] = {"answers": ["31.13.94.35"]}
    lab.zone["static.xx.fbcdn.net"] = {"answers": ["157.240.0.18"]}
    for i, n in enumerate((lab.good, "www.facebook.com", "static.xx.fbcdn.net")):
        lab.lookup(n, 0.2 + i, h)


@scenario("interference")
def russia_nsdi(lab):
    """Russia: the national resolver denies a messenger's main names, and knows its others."""
    nsdi = lab.resolver(lab.pick("195.208.4.1", "195.208.5.1"), delay=lab.between(6.0, 2, 25))
    gone = ["whatsapp.com", lab.pick("web.whatsapp.com", "www.youtube.com", "messenger.com")]
    for n in gone + [lab.good, lab.other, "g.whatsapp.net"]:
        lab.server(n)
    for n in gone:
        nsdi.zone[n] = {"rcode": say.NXDOMAIN, "soa": lab.pick("com", None), "event": n}
    for i, n in enumerate((lab.good, gone[0], "g.whatsapp.net", gone[1], lab.other)):
        lab.lookup(n, 0.2 + i, nsdi)


@scenario("interference")
def known_pages(lab):
    """Resolvers of many countries send a name to the address or the name of a notice."""
    isp, public = lab.resolver(delay=lab.between(2.0, 0.8, 6), hops=1), lab.resolver()
    for n in (lab.good, lab.bad):
        lab.server(n)
    pages = ("36.86.63.185", "202.83.21.14", "62.33.207.196", "195.175.254.2", "145.237.235.240",
             "202.156.3.53", "217.175.53.72", "59.153.90.11", "203.82.48.83", "125.26.170.3",
             "101.167.166.53", "67.43.226.22", "134.17.0.7", "146.112.61.106")
    lab.lookup(lab.good, 0.1, isp)
    for i, page in enumerate(pages):
        name = "%s%d.example" % ("banned", i)
        lab.server(name)
        isp.zone[name] = {"answers": [page], "event": name}
        lab.lookup(name, 0.5 + 0.6 * i, isp)
        lab.lookup(name, 0.8 + 0.6 * i, public)
    isp.zone[lab.bad] = {"answers": [("cname", "internet-positif.org"), "36.86.63.185"],
                         "event": lab.bad}
    lab.lookup(lab.bad, 11, isp)
    lab.lookup(lab.bad, 11.4, public)
