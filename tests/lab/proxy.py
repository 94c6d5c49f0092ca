#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A transparent proxy for a router: nft redirects connections to it, and it finds out where to.

proxy.py PORT RULES.json    RULES: {"page": {host: text of a page}, "all": text of a page for every
host, "open": {server name: [certificate, key]}, "strip": [[bytes in hex, bytes in hex]]}

What no rule is for is passed on, both ways: as an accelerator of a satellite link does it."""
import json
import select
import socket
import ssl
import struct
import sys
import threading

SO_ORIGINAL_DST = 80        # linux/netfilter_ipv4.h, linux/netfilter_ipv6/ip6_tables.h
QUIET = 30                  # seconds after which a relay gives up


def original(s):
    if s.family == socket.AF_INET6 and not s.getsockname()[0].startswith("::ffff:"):
        raw = s.getsockopt(socket.IPPROTO_IPV6, SO_ORIGINAL_DST, 28)
        return socket.inet_ntop(socket.AF_INET6, raw[8:24]), struct.unpack_from("!H", raw, 2)[0]
    raw = s.getsockopt(socket.IPPROTO_IP, SO_ORIGINAL_DST, 16)
    return socket.inet_ntop(socket.AF_INET, raw[4:8]), struct.unpack_from("!H", raw, 2)[0]


def relay(a, b, strip=()):
    """Until both have closed; strip: what is rewritten on the way from b to a."""
    ways, ended = {a: b, b: a}, set()
    while len(ended) < 2:
        ready, _, _ = select.select([s for s in ways if s not in ended], [], [], QUIET)
        if not ready:
            return
        for s in ready:
            data = s.recv(65536)
            if not data:
                ended.add(s)
                ways[s].shutdown(socket.SHUT_WR)
                continue
            for old, new in strip if s is b else ():
                data = data.replace(bytes.fromhex(old), bytes.fromhex(new))
            ways[s].sendall(data)


def host_of(head):
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"host:"):
            return line[5:].strip().decode(errors="replace")
    return ""


def answer(c, page):
    c.settimeout(5)
    c.recv(65536)
    c.sendall(page.encode())
    c.close()


def server_name(first):
    """The name in a ClientHello that lies in first, or ""."""
    at = first.find(b"\0\0")
    while at >= 0:
        size, listed, kind, n = struct.unpack_from("!HHBH", first + bytes(7), at + 2)
        if size == listed + 2 and listed == n + 3 and kind == 0:
            return first[at + 9:at + 9 + n].decode(errors="replace")
        at = first.find(b"\0\0", at + 1)
    return ""


def impersonate(c, files, peer):
    """Opens the session with a certificate of its own, and another one to the true server."""
    mine = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    mine.maximum_version = ssl.TLSVersion.TLSv1_2
    mine.load_cert_chain(*files)
    with mine.wrap_socket(c, server_side=True) as inner:
        theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        theirs.check_hostname, theirs.verify_mode = False, ssl.CERT_NONE
        with theirs.wrap_socket(socket.create_connection(peer, 10)) as outer:
            outer.sendall(inner.recv(65536))
            while True:
                data = outer.recv(65536)
                if not data:
                    return
                inner.sendall(data)


def serve(c, rules):
    try:
        peer = original(c)
        first = b""
        if peer[1] in (80, 443):
            c.settimeout(QUIET)
            first = c.recv(65536, socket.MSG_PEEK)
        host = host_of(first)
        if "all" in rules and peer[1] == 80:
            answer(c, rules["all"])
        elif host in rules.get("page", ()):
            answer(c, rules["page"][host])
        elif peer[1] == 443 and server_name(first) in rules.get("open", ()):
            impersonate(c, rules["open"][server_name(first)], peer)
        else:
            with socket.create_connection(peer, 10) as o:
                relay(c, o, rules.get("strip", ()))
    except OSError:
        pass                # either end is gone
    finally:
        c.close()


def main():
    with open(sys.argv[2], encoding="utf-8") as f:
        rules = json.load(f)
    s = socket.create_server(("::", int(sys.argv[1])), family=socket.AF_INET6, dualstack_ipv6=True,
                             backlog=64)
    while True:
        c, _ = s.accept()
        threading.Thread(target=serve, args=(c, rules), daemon=True).start()


if __name__ == "__main__":
    main()
