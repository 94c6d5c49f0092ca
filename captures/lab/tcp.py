# SPDX-License-Identifier: GPL-3.0-or-later
"""One end of a TCP connection, as Linux and Windows run it (RFC 9293, 5681, 5961, 6298)."""
from .refusals import refuses
from .packets import (ACK, FIN, MASK, NOP, PSH, Packet, RST, SACK_OK, SYN, TCP, option_mss,
                      option_sack, option_ts, option_wscale)

SYN_RTO = 1000000       # RFC 6298, 2.1
MIN_RTO = 200000        # Linux TCP_RTO_MIN
MAX_RTO = 120000000     # Linux TCP_RTO_MAX
TRIES = 9               # of a segment; orphans die after 8 (tcp_orphan_retries)
FIRST_WINDOW = 10       # segments, RFC 6928


class Connection:
    """Offsets count from the initial sequence number: SYN is 0, the first byte is 1."""

    def __init__(self, host, peer, port, sport, app, active):
        self.host, self.peer, self.port, self.sport = host, peer, port, sport
        self.app, self.active, self.state = app, active, "closed"
        self.iss, self.irs = host.rng.randrange(1 << 32), 0
        self.ip_id = host.rng.randrange(65536)
        self.una = self.nxt = self.high = 0
        self.rcv, self.later = 0, {}
        self.out, self.marks, self.fin_at = bytearray(), [], None
        self.inn, self.eof, self.read = bytearray(), False, 0
        self.window = FIRST_WINDOW
        self.ts = host.style["ts"]
        self.sack = True
        self.echo = self.peer_scale = 0
        self.clock = 0              # of the peer, in its SYN
        self.mss = host.mss
        self.rto, self.tries, self.timer = SYN_RTO, 0, 0
        self.sent_at = self.duplicates = 0
        self.closed = self.mute = False
        self.event = None           # if what it says is itself interference (a proxy's page)

    # --- sending ---

    def options(self, syn, sack=False):
        style = self.host.style
        if not syn:
            o = option_ts(self.host.timestamp(), self.echo) if self.ts else b""
            if sack and self.sack and self.later:
                a = min(self.later)
                o += option_sack([(self.irs + a, self.irs + a + len(self.later[a]))])
            return o
        o = option_mss(self.host.mss)
        if self.ts:
            o += SACK_OK + option_ts(self.host.timestamp(), self.echo)[2:]
            return o + NOP + option_wscale(style["wscale"])
        if style["wscale"] is None:
            return o
        return o + NOP + option_wscale(style["wscale"]) + NOP + NOP + SACK_OK

    def segment(self, offset, flags, payload=b"", sack=False):
        syn, host = bool(flags & SYN), self.host
        window = host.style["window"]
        if not syn and self.peer_scale is not None and host.style["wscale"]:
            window = 502 if host.style["wscale"] == 7 else window >> host.style["wscale"]
        p = Packet(host.address, self.peer, TCP, self.sport, self.port, self.iss + offset,
                   self.irs + self.rcv if flags & ACK else 0, flags, window,
                   self.options(syn, sack), payload, ttl=host.ttl,
                   ip_id=host.next_id(self, bare=syn and bool(flags & ACK)))
        p.event = self.event if payload else None
        host.emit(p)

    def open(self):
        self.state = "syn-sent"
        self.nxt = self.high = 1
        self.sent_at = self.host.clock.now
        self.segment(0, SYN)
        self.arm()

    def accept(self, p):
        self.irs, self.rcv, self.state = p.seq, 1, "syn-received"
        self.agree(p)
        self.nxt = self.high = 1
        self.sent_at = self.host.clock.now
        self.segment(0, SYN | ACK)
        self.arm()

    def agree(self, p):
        """Takes over what the other side's SYN offers."""
        o = p.options
        self.ts = self.ts and b"\x08\x0a" in o
        if b"\x08\x0a" in o:
            self.echo = self.clock = int.from_bytes(o[o.index(b"\x08\x0a") + 2:][:4], "big")
        self.sack = b"\x04\x02" in o
        self.peer_scale = 1 if b"\x03\x03" in o else None
        if o[:2] == b"\2\4":
            self.mss = min(self.mss, int.from_bytes(o[2:4], "big"))
        if self.ts:
            self.mss -= 12

    def write(self, data):
        self.out += data
        self.marks.append(1 + len(self.out))
        self.push()

    def close(self):
        """Unread data make it a reset (RFC 1122, 4.2.2.13), else a FIN."""
        if self.closed or self.state == "closed":
            return
        self.closed = True
        if self.state == "syn-sent":
            self.end()
        elif len(self.inn) > self.read:
            self.abort()
        else:
            self.fin_at = 1 + len(self.out)
            self.push()

    def abort(self):
        self.segment(self.nxt, RST | ACK)
        self.end()

    def end(self, linger=False):
        self.state = "time-wait" if linger else "closed"
        self.timer += 1
        if not linger:
            self.host.tcp.pop((self.peer, self.port, self.sport), None)

    def push(self):
        """Sends what the window lets through."""
        if self.state != "established":
            return
        end = 1 + len(self.out)
        while self.nxt < end and self.nxt - self.una < self.window * self.mss:
            said = min((m for m in self.marks if m > self.nxt), default=end)
            stop = min(self.nxt + self.mss, said)
            if self.una == self.nxt:
                self.sent_at = self.host.clock.now
            self.segment(self.nxt, ACK | (PSH if stop in self.marks else 0),
                         bytes(self.out[self.nxt - 1:stop - 1]))
            self.nxt = stop
        if self.fin_at is not None and self.nxt == self.fin_at:
            self.segment(self.nxt, FIN | ACK)
            self.nxt += 1
        self.high = max(self.high, self.nxt)
        if self.nxt > self.una:
            self.arm()

    def arm(self):
        self.timer += 1
        self.host.clock.after(self.rto + self.host.rng.randrange(4000), self.expire, self.timer)

    def expire(self, timer):
        if timer != self.timer or self.una >= self.high:
            return
        self.tries += 1
        if self.tries > TRIES:
            self.end()
            return
        self.rto = min(2 * self.rto, MAX_RTO)
        self.resend()
        self.arm()

    def resend(self):
        """The first thing not acknowledged; small neighbours become one segment, as in Linux."""
        if self.state == "syn-sent":
            self.segment(0, SYN)
        elif self.state == "syn-received":
            self.segment(0, SYN | ACK)
        elif self.fin_at is not None and self.una == self.fin_at:
            self.segment(self.una, FIN | ACK)
        else:
            stop = min(self.una + self.mss, 1 + len(self.out), max(self.high, self.una + 1))
            self.segment(self.una, ACK | (PSH if stop in self.marks else 0),
                         bytes(self.out[self.una - 1:stop - 1]))

    # --- receiving ---

    def receive(self, p):
        if self.mute:
            return
        refused = refuses(self, p)
        if refused:
            if refused == "ack":
                self.segment(self.nxt, ACK)
            return
        getattr(self, "in_" + self.state.replace("-", "_"))(p)

    def offset(self, number, base):
        n = number - base & MASK
        return n - (1 << 32) if n >> 31 else n

    def in_closed(self, p):
        self.host.reset(p)

    def in_syn_sent(self, p):
        good = p.flags & ACK and self.offset(p.ack, self.iss) == 1
        if p.flags & RST:
            if good:
                self.end()
                self.tell("refused")
        elif p.flags & ACK and not good:
            self.host.reset(p)
        elif p.flags & SYN and good:
            self.irs, self.rcv, self.una = p.seq, 1, 1
            self.agree(p)
            self.establish()
            self.segment(1, ACK)
            self.tell("connected")

    def establish(self):
        self.state, self.tries = "established", 0
        self.rto = self.host.clock.now - self.sent_at + MIN_RTO
        self.timer += 1

    def in_syn_received(self, p):
        if p.flags & RST:
            if p.seq == self.irs + 1 & MASK:
                self.end()
                self.tell("reset")
        elif p.flags & SYN:
            self.segment(0, SYN | ACK)
        elif p.flags & ACK:
            if self.offset(p.ack, self.iss) != 1:
                self.host.reset(p)
                return
            self.una = 1
            self.establish()
            self.tell("connected")
            self.in_established(p)

    def in_time_wait(self, p):
        if p.flags & FIN or p.payload:
            self.segment(self.nxt, ACK)

    def in_established(self, p):
        at = self.offset(p.seq, self.irs)
        if p.flags & RST:
            self.got_reset(at)
            return
        if p.flags & SYN:
            self.segment(self.nxt, ACK)         # challenge, RFC 5961, 4
            return
        if p.flags & ACK and not self.got_ack(p):
            return
        if b"\x08\x0a" in p.options and at <= self.rcv:
            self.echo = int.from_bytes(p.options[p.options.index(b"\x08\x0a") + 2:][:4], "big")
        if p.payload or p.flags & FIN:
            self.got_data(p, at)

    def got_reset(self, at):
        if at == self.rcv:
            self.end()
            self.tell("reset")
        elif self.rcv < at < self.rcv + 65535:
            self.segment(self.nxt, ACK)         # challenge, RFC 5961, 3.2

    def got_ack(self, p):
        ack = self.offset(p.ack, self.iss)
        if ack > self.high:
            self.segment(self.nxt, ACK)         # RFC 9293, 3.10.7.4
            return False
        if ack > self.una:
            self.window += 1
            self.una, self.tries, self.duplicates = ack, 0, 0
            self.nxt = max(self.nxt, ack)
            self.rto = min(self.rto, 2 * MIN_RTO + self.host.clock.now - self.sent_at)
            self.timer += 1
            if self.fin_at is not None and ack > self.fin_at:
                if self.eof:
                    self.end()
                return True
            if self.una < self.high:
                self.arm()
            self.push()
        elif ack == self.una and self.una < self.nxt and not p.payload and not p.flags & FIN:
            self.duplicates += 1
            if self.duplicates == 3:            # RFC 5681, 3.2
                self.resend()
        return True

    def got_data(self, p, at):
        data = p.payload
        fresh = at + len(data) > self.rcv or (p.flags & FIN and at + len(data) == self.rcv
                                              and not self.eof)
        if not fresh:
            self.segment(self.nxt, ACK)
            return
        if self.closed and data and at + len(data) > self.rcv:
            self.host.reset(p)                  # nobody will read it (RFC 1122, 4.2.2.13)
            self.end()
            return
        if at > self.rcv:
            self.later.setdefault(at, data)
            self.segment(self.nxt, ACK, sack=True)
            return
        self.inn += data[self.rcv - at:]
        self.rcv = at + len(data)
        for start in sorted(self.later):
            if start > self.rcv:
                break
            more = self.later.pop(start)[self.rcv - start:]
            self.inn += more
            self.rcv += len(more)
        if p.flags & FIN:
            self.rcv += 1
            self.eof = True
        self.segment(self.nxt, ACK, sack=True)
        if self.eof and self.fin_at is not None and self.una > self.fin_at:
            self.end(linger=True)
        self.tell("eof" if self.eof else "data")

    def tell(self, what):
        if self.app:
            self.app.happened(self, what)
