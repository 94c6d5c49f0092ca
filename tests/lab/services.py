# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers: nginx, unbound, sshd, a QUIC server, a few words of Python. Each runs in its host's
namespace with a folder of its own; all end with the case."""
import json
import os
import subprocess
import sys
import time

from .namespaces import call, inside

HERE = os.path.dirname(os.path.abspath(__file__))
READY = 10              # seconds that a server may take to listen
PAGES = (0, 1200, 6000, 40000, 400000, 2000000)      # sizes of the pages at /SIZE


class Failed(Exception):
    """A server did not come up."""


def start(net, host, argv, feed=None):
    log = open(os.path.join(net.folder, host.name + ".log"), "a", encoding="utf-8")
    p = subprocess.Popen(inside(host.name, *argv), stdin=subprocess.PIPE if feed else
                         subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    log.close()
    if feed:
        p.stdin.write(feed.encode())
        p.stdin.close()
    net.children.append(p)
    return p


def listening(pid, proto):
    """Ports that a namespace, the one of a process, listens on."""
    ports = set()
    for f in (proto, proto + "6"):
        try:
            with open("/proc/%d/net/%s" % (pid, f), encoding="ascii") as t:
                rows = t.read().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            cells = row.split()
            if proto == "udp" or cells[3] == "0A":
                ports.add(int(cells[1].split(":")[1], 16))
    return ports


def wait(p, port, proto="tcp"):
    end = time.monotonic() + READY
    while time.monotonic() < end:
        if port in listening(p.pid, proto):
            return
        if p.poll() is not None:
            break
        time.sleep(0.02)
    raise Failed("nothing listens on %s port %d: %s" % (proto, port, p.args))


def authority(folder, subject="/O=Laboratory/CN=Laboratory Root"):
    """A certificate authority: (certificate, key)."""
    crt, key = os.path.join(folder, "ca.pem"), os.path.join(folder, "ca.key")
    call("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "30", "-subj", subject, "-keyout", key,
         "-out", crt)
    return crt, key


def certificate(net, where, names, ca=None):
    """A certificate for these names, in a folder: (certificate, key)."""
    crt, key = os.path.join(where, "cert.pem"), os.path.join(where, "cert.key")
    ca = ca or net.ca
    call("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-subj", "/CN=" + names[0][:60], "-addext",
         "subjectAltName=" + ",".join("DNS:" + n for n in names), "-addext",
         "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", crt, "-days", "20",
         "-CA", ca[0], "-CAkey", ca[1])
    return crt, key


NGINX = """
daemon off; master_process %(master)s; worker_processes 1; pid %(dir)s/pid; error_log %(dir)s/error;
events { worker_connections 256; }
http {
 access_log off; client_body_temp_path %(dir)s/a; proxy_temp_path %(dir)s/b;
 fastcgi_temp_path %(dir)s/c; scgi_temp_path %(dir)s/d; uwsgi_temp_path %(dir)s/e;
 types { } default_type text/html; tcp_nodelay on; %(http)s
 %(blocks)s
}
"""
BLOCK = """
 server { %(listen)s server_name %(names)s; root %(dir)s/www; index 1200; %(more)s }
"""


def nginx(net, host):
    """host.names are served; host.own: name -> directives of a server block of its own;
    host.http: directives for all."""
    where = os.path.join(net.folder, host.name)
    os.makedirs(os.path.join(where, "www"))
    for n in PAGES:
        with open(os.path.join(where, "www", str(n)), "wb") as f:
            f.write(net.page(n))
    crt, key = certificate(net, where, sorted(set(host.names) | set(host.own)))
    ports = [p for p in (80, 443) if p in host.listening and host.listening[p] == "nginx"]
    blocks = []
    for names, more in [(" ".join(host.names) or "_", "")] + sorted(host.own.items()):
        first = not blocks
        for port in ports:
            default, fast = (" default_server", host.fast) if first else ("", "")
            listen = "".join("listen %s%s%s;" % (a, " ssl" if port == 443 else "", default + fast)
                             for a in ("%s:%d" % (host.v4, port), "[%s]:%d" % (host.v6, port)))
            tls = "ssl_certificate %s; ssl_certificate_key %s; ssl_protocols %s;" % (
                crt, key, host.tls) if port == 443 else ""
            blocks.append(BLOCK % {"listen": listen, "names": names, "dir": where,
                                   "more": tls + more})
    conf = os.path.join(where, "nginx.conf")
    with open(conf, "w", encoding="utf-8") as f:
        f.write(NGINX % {"dir": where, "blocks": "".join(blocks), "http": host.http,
                         "master": "off"})
    call("chmod", "-R", "a+rX", where)
    p = start(net, host, ["nginx", "-c", conf])
    wait(p, ports[0])
    return p


def again(net, host):
    """nginx once more, with what it was told before."""
    host.running.append(start(net, host, ["nginx", "-c", os.path.join(net.folder, host.name,
                                                                      "nginx.conf")]))


UNBOUND = """
server:
 interface: %(v4)s
 interface: %(v6)s
 access-control: 0.0.0.0/0 allow
 access-control: ::/0 allow
 username: ""
 chroot: ""
 directory: "%(dir)s"
 pidfile: ""
 use-syslog: no
 do-daemonize: no
 module-config: "iterator"
 edns-buffer-size: 1232
 outgoing-interface: %(v4)s
 local-zone: "example." static
 local-zone: "test." static
 local-zone: "invalid." static
%(soa)s
%(lines)s
%(more)s
remote-control:
 control-enable: no
"""
SOA = ' local-data: "%(z)s. 300 IN SOA ns1.%(z)s. root.%(z)s. 2026030101 7200 900 1209600 900"'


def unbound(net, host):
    """host.records: name -> addresses; host.refused, host.more: local-zone types, and whatever."""
    where = os.path.join(net.folder, host.name)
    os.makedirs(where)
    lines = [SOA % {"z": z} for z in ("example", "test", "invalid")]
    for name, addresses in sorted(host.records.items()):
        for a in addresses:
            lines.append(' local-data: "%s. 300 IN %s %s"' % (name, "AAAA" if ":" in a else "A", a))
    more = [' local-zone: "%s." %s' % (n, kind) for n, kind in sorted(host.zones.items())]
    conf = os.path.join(where, "unbound.conf")
    with open(conf, "w", encoding="utf-8") as f:
        f.write(UNBOUND % {"v4": host.v4, "v6": host.v6, "dir": where, "soa": "\n".join(lines[:3]),
                           "lines": "\n".join(lines[3:]), "more": "\n".join(more) + "\n" +
                           host.more})
    p = start(net, host, ["unbound", "-d", "-c", conf])
    wait(p, 53, "udp")
    return p


def talker(net, host, port, steps):
    """The same words on both of its addresses."""
    for a in (host.v4, host.v6):
        p = start(net, host, [sys.executable, os.path.join(HERE, "talk.py"), "server", a, str(port)],
                  json.dumps(steps))
        wait(p, port)
    return p


DEAF = "import socket, sys, time\ns = socket.create_server((sys.argv[1], int(sys.argv[2])), " \
    "family=socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, backlog=1)\ntime.sleep(999)"


def deaf(net, host):
    """A program that listens and never accepts, so that its backlog fills up."""
    port = next(n for n, kind in host.listening.items() if kind == "deaf")
    p = start(net, host, [sys.executable, "-c", DEAF, host.address, str(port)])
    wait(p, port)
    return p


SSHD = """
HostKey %(dir)s/key
ListenAddress %(v4)s
ListenAddress [%(v6)s]
PidFile none
UsePAM no
StrictModes no
%(more)s
"""


def sshd(net, host):
    where = os.path.join(net.folder, host.name + "-ssh")
    os.makedirs(where)
    os.makedirs("/run/sshd", exist_ok=True)
    call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", os.path.join(where, "key"))
    conf = os.path.join(where, "conf")
    with open(conf, "w", encoding="utf-8") as f:
        f.write(SSHD % {"dir": where, "v4": host.v4, "v6": host.v6, "more": host.ssh})
    p = start(net, host, ["/usr/sbin/sshd", "-D", "-e", "-f", conf])
    wait(p, 22)
    return p


def quic(net, host):
    """ngtcp2's example server: HTTP/3 on UDP port 443."""
    where = os.path.join(net.folder, host.name + "-quic")
    os.makedirs(where)
    for n in PAGES:
        with open(os.path.join(where, str(n)), "wb") as f:
            f.write(net.page(n))
    crt, key = certificate(net, where, sorted(set(host.names)))
    p = start(net, host, ["gtlsserver", "-q", "-d", where, "*", "443", key, crt])
    wait(p, 443, "udp")
    return p


KINDS = {"nginx": nginx, "unbound": unbound, "ssh": sshd, "quic": quic, "deaf": deaf}
