#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client or a server of few words, for the steps of captures/lab/apps.py on real sockets.

talk.py client ADDRESS PORT SPORT SECONDS < STEPS   exit status as the lab's results, below
talk.py server ADDRESS PORT < STEPS                 each connection gets the steps; never ends

STEPS is JSON: [["send", "hex"], ["recv", n], ["record", n], ["http"], ["request"], ["wait", us],
["eof"], ["close"], ["abort"], ["deadline", us], ["line"], ["shutdown"], ["keepalive", seconds],
["tls", certificate, key], ["case", [[prefix of a line, STEPS], ...]]]
"""
import json
import socket
import ssl
import struct
import sys
import threading
import time

RESULTS = {"ok": 0, "refused": 10, "reset": 11, "eof": 12, "deadline": 13, "garbage": 14}


class End(Exception):
    """The conversation's result."""


class Talk:
    def __init__(self, s, seconds):
        self.s, self.data = s, b""
        self.limit = time.monotonic() + seconds

    def more(self):
        left = self.limit - time.monotonic()
        if left <= 0:
            raise End("deadline")
        self.s.settimeout(left)
        try:
            data = self.s.recv(65536)
        except socket.timeout:
            raise End("deadline") from None
        if not data:
            raise End("eof")
        self.data += data

    def take(self, n):
        while len(self.data) < n:
            self.more()
        data, self.data = self.data[:n], self.data[n:]
        return data

    def head(self):
        while b"\r\n\r\n" not in self.data:
            self.more()
        return self.take(self.data.index(b"\r\n\r\n") + 4)

    def do_send(self, text):
        self.s.settimeout(max(self.limit - time.monotonic(), 0.001))
        self.s.sendall(bytes.fromhex(text))

    def do_recv(self, n):
        self.take(n)

    def do_record(self, n=1):
        for _ in range(n):
            head = self.take(5)
            if not 20 <= head[0] <= 23:
                raise End("garbage")
            self.take(int.from_bytes(head[3:5], "big"))

    def do_http(self):
        for line in self.head().split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                self.take(int(line.split(b":")[1]))

    def do_request(self):
        self.head()

    def do_wait(self, us):
        time.sleep(us / 1e6)

    def do_eof(self):
        try:
            while True:
                self.more()
        except End as e:
            if str(e) != "eof":
                raise

    def do_close(self):
        raise End("ok")

    def do_abort(self):
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise End("ok")

    def do_shutdown(self):
        self.s.shutdown(socket.SHUT_WR)

    def do_deadline(self, us):
        self.limit = time.monotonic() + us / 1e6

    def do_keepalive(self, seconds):
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, seconds)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, seconds)

    def line(self):
        while b"\n" not in self.data:
            self.more()
        return self.take(self.data.index(b"\n") + 1)

    def do_line(self):
        self.line()

    def do_tls(self, certificate, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.s = context.wrap_socket(self.s, server_side=True)

    def do_case(self, cases):
        line = self.line().decode(errors="replace").upper()
        self.walk(next((steps for prefix, steps in cases if line.startswith(prefix)), ()))

    def walk(self, steps):
        for step in steps:
            getattr(self, "do_" + step[0])(*step[1:])

    def run(self, steps):
        try:
            self.walk(steps)
            return "ok"
        except End as e:
            return str(e)
        except ConnectionRefusedError:
            return "refused"
        except ConnectionError:
            return "reset"
        except (OSError, ValueError):
            return "deadline"
        finally:
            self.s.close()


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def client(address, port, sport, seconds, steps):
    s = socket.socket(family(address), socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.settimeout(seconds)
    try:
        s.bind(("", sport))
        s.connect((address, port))
    except ConnectionRefusedError:
        return "refused"
    except ConnectionError:
        return "reset"
    except OSError:
        return "deadline"
    return Talk(s, seconds).run(steps)


def server(address, port, steps):
    s = socket.socket(family(address), socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, port))
    s.listen(64)
    while True:
        c, _ = s.accept()
        threading.Thread(target=Talk(c, 3600).run, args=(steps,), daemon=True).start()


def main():
    steps = json.load(sys.stdin)
    if sys.argv[1] == "client":
        address, port, sport, seconds = sys.argv[2:6]
        sys.exit(RESULTS[client(address, int(port), int(sport), float(seconds), steps)])
    server(sys.argv[2], int(sys.argv[3]), steps)


if __name__ == "__main__":
    main()
