# SPDX-License-Identifier: GPL-3.0-or-later
"""Real clients: curl, dig, openssl, ngtcp2's, ssh, a few words of Python, each with a source port
that is known beforehand where the program lets one choose it."""
import json
import os
import subprocess
import sys

from .namespaces import inside

HERE = os.path.dirname(os.path.abspath(__file__))
CURL = {7: "refused", 28: "deadline", 35: "reset", 52: "eof", 56: "reset", 60: "ok"}
DEADLINE = 12       # seconds that a client waits


def launch(net, client, argv, app, feed=None, ok=(0,)):
    p = subprocess.Popen(inside(client.name, *argv), stdin=subprocess.PIPE if feed else
                         subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                         start_new_session=True)
    if feed:
        p.stdin.write(feed.encode())
        p.stdin.close()
    net.procs.append((p, app, ok))
    return p


def ended(p, seconds, ok):
    """The result, in the words of apps.App."""
    try:
        status = p.wait(seconds)
    except subprocess.TimeoutExpired:
        p.kill()
        return None
    if status in ok:
        return "ok"
    if "curl" in p.args:
        return CURL.get(status, "failed")
    return {10: "refused", 11: "reset", 12: "eof", 13: "deadline"}.get(status, "failed")


def end_of(address, port):
    return "[%s]:%d" % (address, port) if ":" in address else "%s:%d" % (address, port)


def curl(net, at, scheme, name, host, path="/", deadline=DEADLINE, client=None, sport=None,
         size=None, more=(), ok=(0,), address=None, ask=False):
    """ask: whoever resolv.conf names is asked for the address."""
    port, sport = {"https": 443, "http": 80}[scheme], sport or net.port()
    address = address or host.address
    shown = "[%s]" % address if ":" in address else address
    url = "%s://%s%s" % (scheme, name, "/%d" % size if size is not None else path)
    argv = ["curl", "-sS", "-o", "/dev/null", "--noproxy", "*", "--max-time", "%.1f" % deadline,
            "--local-port", str(sport), "--cacert", net.ca[0], *(
                () if ask else ("--resolve", "%s:%d:%s" % (name, port, shown))), *more, url]
    key = ("tcp", (client or net.client).v6 if ":" in address else (client or net.client).v4,
           sport, address, port)
    return net.do(at, argv, key, [name], client=client, ok=ok)


def dig(net, at, name, host, qtype, tries=2, edns=True, sport=None, client=None, timeout=4,
        tcp=False, more=()):
    client, sport = client or net.client, sport or net.rng.randrange(32768, 60000)
    if isinstance(qtype, int):
        qtype = "TYPE%d" % qtype
    mine = client.v6 if ":" in host.address else client.v4
    argv = ["dig", "-b", "%s#%d" % (mine, sport), "@" + host.address, name, qtype,
            "+tries=%d" % tries, "+timeout=%d" % timeout, "+nocookie",
            "+edns=0" if edns else "+noedns", "+tcp" if tcp else "+notcp", *more]
    key = ("tcp" if tcp else "udp", mine, sport, host.address, 53)
    return net.do(at, argv, key, [name], client=client)


def talk(net, at, peer, port, steps, names, deadline, client, sport):
    client, sport = client or net.client, sport or net.port()
    mine = client.v6 if ":" in peer else client.v4
    argv = [sys.executable, os.path.join(HERE, "talk.py"), "client", peer, str(port), str(sport),
            str(deadline)]
    return net.do(at, argv, ("tcp", mine, sport, peer, port), names, feed=json.dumps(steps),
                  client=client)


def openssl(net, at, name, host, port=443, deadline=DEADLINE, more=(), client=None):
    """s_client, which opens a session and closes it at the end of its input."""
    client, sport = client or net.client, net.port()
    mine = client.v6 if ":" in host.address else client.v4
    argv = ["timeout", str(deadline), "openssl", "s_client", "-quiet", "-no_ign_eof", "-bind",
            end_of(mine, sport), "-connect", end_of(host.address, port), "-servername", name, *more]
    return net.do(at, argv, ("tcp", mine, sport, host.address, port), [name],
                  feed="GET / HTTP/1.0\r\nHost: %s\r\n\r\n" % name, client=client)


def quic(net, at, name, host, size=6000, deadline=DEADLINE, client=None):
    """HTTP/3 by ngtcp2's example client; its port is the kernel's choice. It only says a name that
    it has looked up."""
    net.in_hosts[name] = host.address
    argv = ["timeout", str(deadline), "gtlsclient", "-q", "--exit-on-all-streams-close",
            "--timeout", "%ds" % deadline, name, "443", "https://%s/%d" % (name, size)]
    return net.do(at, argv, client=client)


def ssh(net, at, host, deadline=DEADLINE, client=None, more=()):
    argv = ["timeout", str(deadline), "ssh", "-F", "none", "-o", "BatchMode=yes", "-o",
            "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", *more,
            "root@" + host.address, "true"]
    return net.do(at, argv, client=client, ok=(0, 255))
