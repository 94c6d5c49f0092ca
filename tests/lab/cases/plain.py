# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is wrong: what all false accusations are measured by."""
from . import case
from .. import clients


def a_minute(net, count=6):
    """Lookups, pages, downloads, of a few servers."""
    resolver = net.resolver(delay=4)
    for n in (net.good, net.bad, net.other):
        net.server(n)
    names = (net.good, net.bad, net.other)
    for i in range(count):
        n, t = names[i % 3], 0.3 + i * 0.9
        net.lookup(n, t, resolver)
        call = net.https if net.rng.random() < 0.7 else net.http
        call(n, t + 0.2, size=net.rng.choice((1200, 6000, 40000)))


@case("twin")
def ordinary(net):
    """An ordinary minute: lookups, TLS, HTTP."""
    a_minute(net)


@case("twin", loss=0.02, reorder=0.02, jitter=4)
def bad_radio(net):
    """A bad radio link loses, delays and reorders."""
    a_minute(net, 10)


@case("twin", needs=("gtlsserver", "gtlsclient"))
def quic_and_others(net):
    """HTTP/3 beside HTTP/2 to the same server."""
    h = net.server(net.good)
    h.listening["quic"] = "quic"
    for i in range(3):
        clients.quic(net, 0.3 + 1.5 * i, net.good, h)
        net.https(net.good, 1 + 1.5 * i)


@case("twin")
def downloads(net):
    """Two large pages over a bottleneck with a short queue, beside small ones."""
    net.server(net.good)
    net.server(net.other)
    net.path.rate = net.chance.uniform(150000, 400000)
    net.path.queue = net.chance.randrange(20000, 90000)
    net.https(net.good, 0.2, size=400000, deadline=20)
    net.http(net.other, 0.8, size=400000, deadline=20)
    net.https(net.other, 1.5)


@case("twin", needs=("/usr/sbin/sshd", "ssh"))
def secure_shell(net):
    """Logins that fail for want of a key, beside the web."""
    h = net.server(net.good)
    h.listening[22] = "ssh"
    net.https(net.good, 0.3)
    clients.ssh(net, 0.5, h)
    clients.ssh(net, 2.5, h)


@case("twin")
def by_resolver(net):
    """The C library asks for both families at once, and curl takes what it gets."""
    net.resolver(delay=net.between(5, 1, 30))
    for n in (net.good, net.bad, net.other):
        net.server(n)
    for i, n in enumerate((net.good, net.bad, net.other, net.good)):
        net.https(n, 0.3 + i, ask=True)
        net.http(n, 0.8 + i, ask=True)


@case("twin")
def fast_open(net):
    """TCP Fast Open: from the second connection on, the first words travel in the SYN."""
    h = net.server(net.bad)
    h.kernel["net.ipv4.tcp_fastopen"] = net.client.kernel["net.ipv4.tcp_fastopen"] = 3
    h.fast = " fastopen=16"
    for i in range(4):
        net.https(net.bad, 0.3 + i, more=["--tcp-fastopen"])
        net.http(net.bad, 0.8 + i, more=["--tcp-fastopen"])
