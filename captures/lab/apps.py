# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on top of a connection: a list of steps, for a client as for a server.

("send", bytes)  ("recv", n)  n bytes more have come  ("some",)  anything has  ("http",)  a whole HTTP answer
("wait", us)  ("eof",)  the other side has closed  ("close",)  ("abort",)  reset, without linger
("deadline", us)  close if the rest is not done by then  ("call", function of the connection)
("record", n)  n whole TLS records  ("request",)  an HTTP request  ("dns",)  a DNS message
("answer", function of the app and connection that gives more steps)
"""


class App:
    request = b""

    def __init__(self, clock, steps):
        self.clock, self.steps, self.at = clock, list(steps), 0
        self.result = None          # "ok", "refused", "reset", "eof", "deadline", or None: hangs
        self.waiting, self.limit, self.up = False, 0, False

    def happened(self, c, what):
        if what in ("refused", "reset"):
            self.result = self.result or what
            return
        self.up = True
        self.go(c)

    def go(self, c):
        while not self.waiting and self.result is None:
            if self.at >= len(self.steps):
                self.result = "ok"
                return
            step = self.steps[self.at]
            if not getattr(self, "do_" + step[0])(c, *step[1:]):
                if c.eof and step[0] in ("recv", "http", "record", "request", "dns"):
                    self.result = "eof"
                    c.read = len(c.inn)
                    c.close()
                return
            self.at += 1

    def do_send(self, c, data):
        c.write(data)
        return True

    def do_recv(self, c, n):
        if len(c.inn) - c.read < n:
            return False
        c.read += n
        return True

    def do_some(self, c):
        """Anything at all has come; it is not taken away."""
        return len(c.inn) > c.read

    def do_http(self, c):
        data = bytes(c.inn[c.read:])
        head, found, body = data.partition(b"\r\n\r\n")
        if not found:
            return False
        n = 0
        for line in head.split(b"\r\n")[1:]:
            if line.lower().startswith(b"content-length:"):
                n = int(line.split(b":")[1])
        if len(body) < n:
            return False
        c.read += len(head) + 4 + n
        return True

    def do_record(self, c, n=1):
        """n whole TLS records; what is no TLS ends the connection."""
        while n:
            head = bytes(c.inn[c.read:c.read + 5])
            if head and not 20 <= head[0] <= 23:
                self.result = "garbage"
                c.read = len(c.inn)
                c.close()
                return False
            size = 5 + int.from_bytes(head[3:5], "big")
            if len(head) < 5 or len(c.inn) - c.read < size:
                return False
            c.read += size
            n -= 1
            self.steps[self.at] = ("record", n)
        return True

    def do_request(self, c):
        """An HTTP request without a body."""
        end = bytes(c.inn[c.read:]).find(b"\r\n\r\n")
        if end < 0:
            return False
        self.request = bytes(c.inn[c.read:c.read + end])
        c.read += end + 4
        return True

    def do_dns(self, c):
        """A message with its length before it (RFC 1035, 4.2.2)."""
        n = int.from_bytes(bytes(c.inn[c.read:c.read + 2]), "big")
        if len(c.inn) - c.read < 2 + n or not n:
            return False
        self.request = bytes(c.inn[c.read + 2:c.read + 2 + n])
        c.read += 2 + n
        return True

    def do_answer(self, c, function):
        """Steps made from what has come so far."""
        self.steps[self.at + 1:self.at + 1] = function(self, c)
        return True

    def do_wait(self, c, delay):
        self.waiting = True
        self.at += 1
        self.clock.after(delay, self.resume, c)
        return False

    def resume(self, c):
        self.waiting = False
        if c.state != "closed":
            self.go(c)

    def do_eof(self, c):
        return c.eof

    def do_close(self, c):
        c.close()
        return True

    def do_abort(self, c):
        c.abort()
        return True

    def do_call(self, c, function):
        function(c)
        return True

    def do_deadline(self, c, delay):
        self.watch(c, delay)
        return True

    def watch(self, c, delay):
        self.limit += 1
        self.clock.after(delay, self.expire, c, self.limit)

    def expire(self, c, limit):
        if limit == self.limit and self.result is None:
            self.result = "deadline"
            c.read = len(c.inn)
            c.close()
