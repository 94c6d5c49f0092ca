# SPDX-License-Identifier: GPL-3.0-or-later
"""Network namespaces in a chain: client, routers, the wire with the middlebox, routers, servers.

All of it lives in namespaces of the process that makes it (run.py starts each case with unshare),
and vanishes with that process, whatever happens to it."""
import collections
import contextlib
import ctypes
import fcntl
import os
import socket
import struct
import subprocess

from .wire import FAR_MAC, NEAR_MAC

WHERE = "/run/netns"
SIOCETHTOOL, CLONE_NEWNET = 0x8946, 0x40000000      # linux/sockios.h, linux/sched.h
# No segmentation and no checksums left to hardware that does not exist: what a router hands to the
# wire is what travels (linux/ethtool.h: ETHTOOL_SRXCSUM, STXCSUM, SSG, STSO, SGSO, SGRO).
OFFLOADS = (0x15, 0x17, 0x19, 0x1f, 0x24, 0x2c)
QUIET = {"net.ipv6.conf.all.accept_dad": 0, "net.ipv6.conf.default.accept_dad": 0}
ROUTER = {"net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1,
          "net.ipv4.icmp_ratelimit": 0, "net.ipv4.ip_default_ttl": 255}
LIBC = ctypes.CDLL(None, use_errno=True)


def call(*argv, feed=None, check=True):
    r = subprocess.run(argv, input=feed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True)
    if check and r.returncode:
        raise RuntimeError("%s: %s" % (" ".join(argv), r.stdout.strip()[-300:]))
    return r.stdout


def inside(name, *argv):
    """What runs argv in a namespace."""
    return (["nsenter", "--net=%s/%s" % (WHERE, name)] if name else []) + list(argv)


@contextlib.contextmanager
def entered(name):
    """This thread is in the namespace for a while."""
    if not name:
        yield
        return
    with open("/proc/thread-self/ns/net", "rb") as home, \
            open("%s/%s" % (WHERE, name), "rb") as there:
        if LIBC.setns(there.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns " + name)
        try:
            yield
        finally:
            LIBC.setns(home.fileno(), CLONE_NEWNET)


def set_kernel(name, values):
    """sysctl, for the settings that a network namespace has of its own."""
    with entered(name):
        for k, v in values.items():
            with open("/proc/sys/" + k.replace(".", "/"), "w", encoding="ascii") as f:
                f.write(str(v))


def offload(name, interface, on):
    """ethtool -K, for all that makes a frame in a capture another than the one on the wire."""
    with entered(name), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for command in OFFLOADS:
            value = bytearray(struct.pack("II", command, int(on)))
            where = (ctypes.c_char * len(value)).from_buffer(value)
            try:
                fcntl.ioctl(s, SIOCETHTOOL, struct.pack("16sP", interface.encode(),
                                                        ctypes.addressof(where)))
            except OSError:
                pass            # what this kernel cannot do is not done anyway


def nft(name, text):
    """Tables and chains; nft wants a line of its own for the brace that ends a table."""
    call(*inside(name, "nft", "-f", "-"), feed=text.replace("} }", "}\n}\n"))


def mac_text(mac):
    return ":".join("%02x" % b for b in mac)


class Chain:
    """near and far: how many routers stand on each side of the wire."""

    def __init__(self, near, far):
        self.near = ["near%d" % i for i in range(near)]
        self.far = ["far%d" % i for i in range(far)]
        self.links, self.pairs = 0, []
        self.lines = collections.defaultdict(list)      # (namespace, "-4" or "-6") -> for ip
        self.up, self.down = {}, {}

    def build(self, clients, hosts, mtu=(), nat=()):
        """clients and hosts: objects with name, v4, v6 (addresses), which become namespaces."""
        os.makedirs(WHERE, exist_ok=True)
        call("mount", "-t", "tmpfs", "none", WHERE)
        names = [c.name for c in clients] + self.near + self.far + [h.name for h in hosts]
        call("ip", "-batch", "-", feed="".join("netns add %s\n" % n for n in names))
        for n in names:
            set_kernel(n, dict(QUIET, **(ROUTER if n in self.near + self.far else {})))
            self.ip(n, "link set dev lo up")
        for c in clients:
            self.edge(c, self.near[0])
        for line in (self.near, self.far):
            for a, b in zip(line, line[1:]):
                self.join(a, b)
        self.wire(self.near[-1], self.far[0])
        for h in hosts:
            self.edge(h, self.far[-1])
        self.routes(clients, nat)
        for (name, interface), size in dict(mtu).items():
            self.ip(name, "link set dev %s mtu %d" % (interface, size))
        self.finish()

    def ip(self, name, *lines):
        """Commands of ip, as many as one likes; -6 in front of a line as on a command line."""
        for w in lines:
            six = w.startswith("-6 ")
            self.lines[name, "-6" if six else "-4"].append(w[3:] if six else w)

    def finish(self):
        """All links first, then what the namespaces make of their ends."""
        call("ip", "-batch", "-", feed="".join(
            "link add %s type veth peer %s\n" % (a, b) for _, a, b in self.pairs))
        for ends, _, _ in self.pairs:
            for name, interface in ends:
                offload(name, interface, False)
        for (name, option), lines in self.lines.items():
            call("ip", option, *(["-n", name] if name else []), "-batch", "-",
                 feed="\n".join(lines) + "\n")
        set_kernel(None, {"net.ipv6.conf.left.disable_ipv6": 1,
                          "net.ipv6.conf.right.disable_ipv6": 1})

    def pair(self, a, b, if_a, if_b, mac_a=None, mac_b=None):
        def end(name, interface, mac):
            return "name %s%s%s" % (interface, " address " + mac if mac else "",
                                    " netns " + name if name else "")
        self.pairs.append((((a, if_a), (b, if_b)), end(a, if_a, mac_a), end(b, if_b, mac_b)))

    def edge(self, host, router):
        """A host on a link of its own: its gateway is the router's end of it."""
        self.links += 1
        n = self.links
        self.pair(host.name, router, "eth0", "to-" + host.name)
        self.ip(host.name, "addr add %s/32 dev eth0" % host.v4, "-6 addr add %s/128 dev eth0 nodad" % host.v6,
                "link set dev eth0 up", "route add 100.64.%d.1 dev eth0" % n,
                "route add default via 100.64.%d.1 src %s" % (n, host.v4),
                "-6 route add fd64:%x::1 dev eth0" % n,
                "-6 route add default via fd64:%x::1 src %s" % (n, host.v6))
        self.ip(router, "addr add 100.64.%d.1/32 dev to-%s" % (n, host.name),
                "-6 addr add fd64:%x::1/128 dev to-%s nodad" % (n, host.name),
                "link set dev to-%s up" % host.name, "route add %s/32 dev to-%s" % (host.v4, host.name),
                "-6 route add %s/128 dev to-%s" % (host.v6, host.name))

    def join(self, a, b):
        self.pair(a, b, "outer", "inner")
        self.addresses(a, "outer", b, "inner")

    def addresses(self, a, if_a, b, if_b):
        """a is on the client's side."""
        self.links += 1
        n = self.links
        for name, interface, end in ((a, if_a, 1), (b, if_b, 2)):
            self.ip(name, "addr add 100.64.%d.%d/24 dev %s" % (n, end, interface),
                    "-6 addr add fd64:%x::%d/64 dev %s nodad" % (n, end, interface),
                    "link set dev %s up" % interface)
        self.down[a], self.up[b] = (n, 2), (n, 1)       # the other end, as seen from here

    def wire(self, a, b):
        """left and right are in the namespace of this process, without addresses."""
        self.pair(a, None, "wire", "left", mac_text(NEAR_MAC))
        self.pair(b, None, "wire", "right", mac_text(FAR_MAC))
        self.addresses(a, "wire", b, "wire")
        for interface in ("left", "right"):
            self.ip(None, "link set dev %s promisc on arp off up" % interface)

    def routes(self, clients, nat):
        """Everything towards the servers by default; the clients' addresses back."""
        for r in self.near + self.far:
            if r in self.down:
                n, end = self.down[r]
                self.ip(r, "route add default via 100.64.%d.%d" % (n, end),
                        "-6 route add default via fd64:%x::%d" % (n, end))
            if r in self.up:
                self.back(r, clients, nat, *self.up[r])

    def back(self, router, clients, nat, n, end):
        self.ip(router, *("route add %s via 100.64.%d.%d" % (a, n, end)
                           for a in [c.v4 + "/32" for c in clients] + list(nat) + ["100.64.0.0/16"]),
                "-6 route add fd64::/16 via fd64:%x::%d" % (n, end),
                *("-6 route add %s/128 via fd64:%x::%d" % (c.v6, n, end) for c in clients))

    def reroute(self, router, host, back):
        """From now on a router sends what is for a host back to the one before it."""
        n, end = self.up[router]
        assert back in self.down
        call("ip", "-n", router, "route", "replace", host.v4 + "/32", "via",
             "100.64.%d.%d" % (n, end))
        call("ip", "-6", "-n", router, "route", "replace", host.v6 + "/128", "via",
             "fd64:%x::%d" % (n, end))
