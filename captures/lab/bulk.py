# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that carry much: congestion control and selective acknowledgement (RFC 5681, 2018,
6675). The plain Connection, which most stories do with, sends into a loss as if there were none."""
from .packets import ACK, FIN, PSH, option_sack
from .tcp import Connection, MIN_RTO, TRIES

LOST_AFTER = 3          # segments beyond it that arrived, RFC 6675, 2 (DupThresh)
BLOCKS = 3              # of SACK that fit beside timestamps, RFC 2018, 3


class Bulk(Connection):
    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.threshold = 1 << 30        # segments
        self.recover = 0                # offset up to which a recovery goes on
        self.there = {}                 # offsets that the other side holds: start -> end
        self.again = set()              # starts of segments that were sent again
        self.ends = {}                  # start -> end of what was sent and not confirmed
        self.peer_window = 65535
        self.gone = 0                   # all before it is lost: the timer ran out
        self.times = {}                 # start -> when it was first sent
        self.recent = []                # blocks that came last, for our own SACK

    # --- sending ---

    def options(self, syn, sack=False):
        o = super().options(syn)
        if not syn and sack and self.sack and self.later:
            o += option_sack([(self.irs + a, self.irs + b) for a, b in self.blocks()])
        return o

    def blocks(self):
        """What came out of order, the newest first."""
        spans = []
        for start in sorted(self.later):
            end = start + len(self.later[start])
            if spans and spans[-1][1] >= start:
                spans[-1][1] = max(spans[-1][1], end)
            else:
                spans.append([start, end])
        spans.sort(key=lambda s: not any(s[0] <= r < s[1] for r in self.recent[-1:]))
        return spans[:BLOCKS]

    def lost(self):
        """Segments that are taken for lost and were not sent again."""
        above = sorted(self.there)
        mark = max(above[-LOST_AFTER] if len(above) >= LOST_AFTER else 0, self.gone)
        if not mark:
            return []
        return [s for s in sorted(self.ends) if s < mark and s not in self.there
                and s not in self.again]

    def in_flight(self):
        gone = set(self.lost())
        return sum(e - s for s, e in self.ends.items() if s not in self.there and s not in gone)

    def transmit(self, start, stop):
        self.segment(start, ACK | (PSH if stop in self.marks else 0),
                     bytes(self.out[start - 1:stop - 1]))

    def push(self):
        if self.state != "established":
            return
        room = self.window * self.mss - self.in_flight()
        for start in self.lost():
            if room <= 0:
                break
            self.again.add(start)
            self.transmit(start, self.ends[start])
            room -= self.ends[start] - start
        end = 1 + len(self.out)
        while self.nxt < end and room > 0 and self.nxt - self.una < self.peer_window:
            said = min((m for m in self.marks if m > self.nxt), default=end)
            stop = min(self.nxt + self.mss, said)
            if self.una == self.nxt:
                self.sent_at = self.host.clock.now
            self.transmit(self.nxt, stop)
            self.ends[self.nxt] = stop
            self.times[self.nxt] = self.host.clock.now
            room -= stop - self.nxt
            self.nxt = stop
        if self.fin_at is not None and self.nxt == self.fin_at:
            self.segment(self.nxt, FIN | ACK)
            self.nxt += 1
        self.high = max(self.high, self.nxt)
        if self.nxt > self.una:
            self.arm()

    def expire(self, timer):
        if timer != self.timer or self.una >= self.high:
            return
        self.tries += 1
        if self.tries > TRIES:
            self.end()
            return
        if self.state == "established":
            self.threshold, self.window = max(self.window / 2, 2), 1
            self.recover = self.gone = self.high
            self.again = set()
            self.there = {}
        self.rto = min(2 * self.rto, 60000000)
        self.resend()
        if self.una in self.ends:
            self.again.add(self.una)
        self.arm()

    # --- receiving ---

    def in_established(self, p):
        scale = self.host.style["wscale"]
        self.peer_window = p.window << (7 if scale and self.peer_scale else 0)
        super().in_established(p)

    def got_ack(self, p):
        for a, b in self.sacked(p):
            for s, e in self.ends.items():
                if a <= s and e <= b:
                    self.there[s] = e
        ack = self.offset(p.ack, self.iss)
        if ack > self.high:
            self.segment(self.nxt, ACK)
            return False
        if ack > self.una:
            self.confirmed(ack)
            if self.state == "closed":
                return True
        if self.lost() and self.una >= self.recover:    # one halving a round trip
            self.threshold = self.window = max(self.window / 2, 2)
            self.recover = self.high
        self.push()
        return True

    def sacked(self, p):
        o, out = p.options, []
        at = o.find(b"\x05", 12 if self.ts else 0)
        if not self.sack or at < 0 or at + 2 > len(o):
            return out
        for i in range(at + 2, at + o[at + 1] - 7, 8):
            out.append((self.offset(int.from_bytes(o[i:i + 4], "big"), self.iss),
                        self.offset(int.from_bytes(o[i + 4:i + 8], "big"), self.iss)))
        return out

    def confirmed(self, ack):
        timed = [self.times[s] for s in self.times if s < ack and s not in self.again]
        fresh = sum(1 for s in self.ends if s < ack)
        self.una, self.tries = ack, 0
        self.nxt = max(self.nxt, ack)
        for table in (self.ends, self.there, self.times):
            for s in [s for s in table if s < ack]:
                del table[s]
        self.again = {s for s in self.again if s >= ack}
        if ack >= self.recover or self.window < self.threshold:
            self.window += fresh if self.window < self.threshold else fresh / self.window
        if timed:                       # RFC 6298, with Linux' least
            self.rto = MIN_RTO + 2 * (self.host.clock.now - max(timed))
        self.timer += 1
        if self.fin_at is not None and ack > self.fin_at:
            if self.eof:
                self.end()
            return
        if self.una < self.high:
            self.arm()

    def got_data(self, p, at):
        self.recent = [at]
        super().got_data(p, at)
