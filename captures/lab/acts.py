# SPDX-License-Identifier: GPL-3.0-or-later
"""What a middlebox does to a flow: forged packets, silence, pages, DNS answers, ICMP errors."""
from .hosts import icmp_error
from .middlebox import Rule, Trigger
from .packets import ACK, FIN, MASK, PSH, Packet, RST, SYN, TCP, UDP, is_v6, option_mss
from .payloads import dns_answer

REACTION = 150          # microseconds from the trigger to the forged packet, at the middlebox


def forge(box, view, way, event, delay, flags=0, payload=b"", seq=None, ack=None, style=None):
    """Sends one forged TCP packet towards one end, dressed by `style`:

    ttl: a number at the middlebox, or "same" as the side it speaks for
    ids: a number, "zero", "random", "copy" of the last packet against it, or "next"
    window, df, options, reserved: as named"""
    style = style or {}
    protocol, client, cport, server, sport = view.key
    down = way == "down"
    spoken = view.down_id if down else view.up_id
    ids = {"zero": 0, "random": box.rng.randrange(1, 65536), "next": spoken + 1,
           "copy": view.up_id if down else view.down_id}.get(style.get("ids", "random"),
                                                           style.get("ids"))
    ttl = style.get("ttl", 64)
    if ttl == "same":
        ttl = view.down_ttl if down else view.up_ttl
    a, ap, b, bp = (server, sport, client, cport) if down else (client, cport, server, sport)
    if seq is None:
        seq = view.down_next if down else view.up_next
    if ack is None:
        ack = view.up_next if down else view.down_next
    p = Packet(a, b, TCP, ap, bp, seq, ack, flags,
               style.get("window", 0), style.get("options", b""), payload, ttl, ids,
               style.get("df", False))
    if is_v6(a):
        p.ip_id = 0
    p.reserved = style.get("reserved", 0)
    p.event = event
    event.ways.add(way)
    box.path.inject(p, way, delay)
    return p


class Reset(Rule):
    """Forged resets. to: "client", "server", "both"; count, step (of seq), spacing, flags, delay;
    swallow: the trigger does not reach the server; residual: seconds of silence afterwards."""

    mechanism = "rst-injection"
    to, count, step, spacing, flags, delay = "client", 1, 0, 90, RST | ACK, REACTION
    style, payload, swallow, residual, ack, seq, burst_style = {}, b"", False, 0, None, None, None
    bare_ack, ladder = 0, 0         # ladder: what is added to the window each time
    tuple = 3                       # whom the silence afterwards is for: see ends()

    def start(self, box, view, p, way):
        e = self.event(box, view, p)
        for side in ("down", "up") if self.to == "both" else \
                (("down",) if self.to == "client" else ("up",)):
            self.burst(box, view, e, side)
        leave(box, view, self)
        return not self.swallow

    def burst(self, box, view, e, side):
        style = dict(self.style)
        if self.count > 1 and style.get("ids", "random") == "random":
            style["ids"] = box.rng.randrange(1, 65536)          # one number for all of a burst
        base = view.down_next if side == "down" else view.up_next
        for i in range(self.count):
            ack = self.ack if self.ack is not None else \
                (None if self.flags & ACK else self.bare_ack)
            style["window"] = style.get("window", 0) + (self.ladder if i else 0)
            forge(box, view, side, e, self.delay + i * self.spacing, self.flags, self.payload,
                  base + i * self.step if self.seq is None else self.seq, ack, style)


def ends(view, n):
    """What a block goes by: 2, 3 or 4 of the addresses and ports."""
    _, client, cport, server, sport = view.key
    return {2: (client, server), 3: (client, server, sport),
            4: (client, cport, server, sport)}[n]


def leave(box, view, rule):
    """A rule that struck leaves a block behind, if it has one."""
    if rule.residual:
        box.residual[ends(view, rule.tuple)] = \
            (box.clock.now + int(rule.residual * 1000000), rule.tuple, rule.residual)


class Residual(Rule):
    """Silence for the same ends, for as long as a Reset or Drop rule asked."""

    mechanism = "drop"

    def __init__(self, cause, **more):
        super().__init__(Trigger("residual", cause.trigger.value), **more)
        self.cause = cause.trigger.kind

    def block(self, box, view):
        """(until, tuple, seconds) of the block that is in force, or None."""
        for n in (2, 3, 4):
            block = box.residual.get(ends(view, n))
            if block and box.clock.now < block[0]:
                return block
        return None

    def blocked(self, box, view, p, way):
        return way == "up" and not view.seen_answer and self.block(box, view)

    def start(self, box, view, p, way):
        view.state[self] = e = self.event(box, view, p)
        service = "%s:%d" % (view.server, view.port)
        e.residual = self.block(box, view)[1:]
        e.accept["kind"] = ["residual", "ip-port", "ip", self.cause]
        e.accept["value"] = [self.trigger.value, view.server, service]
        e.ways.add("up")
        return self.keep(box, view, p, way, e)

    def keep(self, box, view, p, way, event):
        if way == "up" and self.block(box, view):
            event.dropped.append(p)
            return False
        return True


class ResidualReset(Residual):
    """A reset for whatever the same ends open, for as long as the cause's rule asked."""

    mechanism = "rst-injection"
    style, flags = {}, RST | ACK

    def blocked(self, box, view, p, way):
        return way == "down" and bool(p.flags & SYN) and self.block(box, view)

    def start(self, box, view, p, way):
        view.state[self] = e = self.event(box, view, p)
        e.residual = self.block(box, view)[1:]
        e.accept["kind"] = ["residual"]
        e.accept["value"] = [self.trigger.value]
        e.accept["stage"] = ["handshake", "first-data"]     # the hello may be faster
        e.stage = "handshake"
        forge(box, view, "down", e, REACTION, self.flags, seq=p.seq + 1 & MASK, style=self.style)
        return True

    def keep(self, box, view, p, way, event):
        return True


class Drop(Rule):
    """Silence. ways: which directions; after: packets of the flow that still pass;
    swallow: the trigger itself too (in which case only from its segment on)."""

    mechanism = "drop"
    ways, after, swallow = ("up",), 0, True
    residual, tuple = 0, 3          # seconds of silence afterwards, and for whom: see ends()

    def start(self, box, view, p, way):
        e = self.event(box, view, p)
        view.state[self] = e
        leave(box, view, self)
        e.ways.update(self.ways)
        e.left = self.after
        if self.swallow and way in self.ways and not e.left:
            e.dropped.append(p)
            return False
        return True

    def keep(self, box, view, p, way, e):
        if way not in self.ways:
            return True
        if e.left > 0:
            e.left -= 1
            return True
        if not e.dropped and self.after:
            e.stage = view.stage()
        e.dropped.append(p)
        return False


class Penalty(Drop):
    """Silence for all but the first connections that say a name within some seconds."""

    allowed, seconds = 3, 60

    def start(self, box, view, p, way):
        now, key = box.clock.now, (view.client, view.server, self.trigger.value)
        recent = [t for t in box.counts.get(key, ()) if now - t < self.seconds * 1000000]
        box.counts[key] = recent + [now]
        if len(recent) < self.allowed:
            view.state[self] = None
            return True
        return super().start(box, view, p, way)

    def keep(self, box, view, p, way, e):
        return True if e is None else super().keep(box, view, p, way, e)


class Syn(Rule):
    """A forged SYN+ACK with a number of its own answers the SYN."""

    mechanism = "syn-ack-injection"
    style, delay, felt = {"window": 8192, "options": option_mss(1400)}, REACTION, False

    def start(self, box, view, p, way):
        e = self.event(box, view, p)
        e.felt = self.felt
        forge(box, view, "down", e, self.delay, SYN | ACK, seq=box.rng.randrange(1 << 32),
              style=self.style)
        return True


class Rewrite(Rule):
    """From the trigger on each packet of the server becomes a reset: its header stays, its payload
    goes. felt is not asked: what arrives is what was forged."""

    mechanism = "rst-injection"

    def start(self, box, view, p, way):
        view.state[self] = self.event(box, view, p)
        return True

    def keep(self, box, view, p, way, event):
        if way == "up":
            return True
        event.ways.add("down")
        box.path.inject(p.copy(flags=RST | ACK, payload=b"", event=event, ttl=view.down_ttl),
                        "down")
        return False


class Fin(Rule):
    """A forged FIN, seemingly from the server (and to it, if both)."""

    mechanism = "fin-injection"
    style, delay, swallow, to = {"window": 229}, REACTION, False, "client"

    def start(self, box, view, p, way):
        e = self.event(box, view, p)
        forge(box, view, "down", e, self.delay, FIN | ACK, style=self.style)
        if self.to == "both":
            forge(box, view, "up", e, self.delay, FIN | ACK, style=self.style)
        return not self.swallow


class Data(Rule):
    """Forged payload races the true one. payload: bytes or a function of the view;
    mechanism_word: block-page for a page that tells of it; fin: closes after it, fin_apart: by a
    segment of its own; reset: the server; swallow: in path; deaf: the rest of the flow is
    swallowed too; cut: size of a segment."""

    mechanism = "data-injection"
    payload, style, delay, fin, swallow, deaf, ack = b"", {}, REACTION, False, False, False, None
    cut, fin_apart, reset, mechanism_word, bare = 1400, False, False, None, 0

    def start(self, box, view, p, way):
        e = self.event(box, view, p, self.mechanism_word)
        view.state[self] = e
        data = self.payload(view) if callable(self.payload) else self.payload
        seq, at, ack = view.down_next, 0, self.ack(view) if self.ack else None
        while at < len(data):
            part = data[at:at + self.cut]
            last = at + len(part) == len(data)
            flags = ACK | (PSH if last else 0) | (
                FIN if last and self.fin and not self.fin_apart else 0)
            forge(box, view, "down", e, self.delay + at // 10, flags, part, seq + at, ack,
                  self.style)
            at += len(part)
        if self.fin_apart:
            forge(box, view, "down", e, self.delay + at // 10 + 40, FIN | ACK, seq=seq + at,
                  style=self.style)
        if self.bare:           # an empty segment behind it, after as many microseconds
            forge(box, view, "down", e, self.delay + self.bare, ACK, seq=seq + at + 1,
                  style=self.style)
        if self.reset:
            forge(box, view, "up", e, self.delay, RST, ack=0, style=self.style)
        return not self.swallow

    def keep(self, box, view, p, way, event):
        return not self.deaf


class Dns(Rule):
    """A forged answer to a query over UDP. answers, rcode, ttl, flags, edns, soa, count, gap;
    swallow."""

    mechanism = "dns-injection"
    answers, rcode, ttl, flags, edns, count, gap = (), 0, 300, 0x8180, False, 1, 400
    delay, style, swallow, soa, source = REACTION, {}, False, None, None

    def start(self, box, view, p, way):
        e = self.event(box, view, p)
        view.state[self] = e
        self.answer(box, view, p, e)
        return not self.swallow

    def keep(self, box, view, p, way, event):
        if way == "up" and self.trigger.hit(view, p, way):
            self.answer(box, view, p, event)
            return not self.swallow
        return True

    def answer(self, box, view, query, event):
        sets = self.answers if self.answers and isinstance(self.answers[0], (list, tuple)) \
            else [self.answers]
        for i in range(self.count):
            style = self.style if isinstance(self.style, dict) else self.style[i % len(self.style)]
            ttl = style.get("ttl", 64)
            p = Packet(self.source or query.dst, query.src, UDP, 53, query.sport,
                       payload=dns_answer(query.payload, sets[i % len(sets)], self.rcode, self.ttl,
                                          self.edns, self.flags, self.soa),
                       ttl=view.up_ttl if ttl == "same" else ttl, df=style.get("df", False),
                       ip_id=style.get("id", box.rng.randrange(1, 65536)))
            p.event = event
            event.ways.add("down")
            box.path.inject(p, "down", self.delay + i * self.gap)


class Stranger(Dns):
    """Answers from an address of its own (source), which makes a conversation of its own."""

    def answer(self, box, view, query, event):
        event.flow = ("udp", query.src, query.sport, self.source, 53)
        super().answer(box, view, query, event)


class Icmp(Rule):
    """An ICMP error about the packet, from the middlebox's own address; the packet dies."""

    mechanism = "icmp-rejection"
    kind, delay, style, word, most = (3, 13), REACTION, {}, 0, 99     # most: errors for one flow

    def start(self, box, view, p, way):
        e = self.event(box, view, p)
        view.state[self] = e
        return self.keep(box, view, p, way, e)

    def keep(self, box, view, p, way, event):
        if way != "up":
            return True
        if len(event.dropped) >= self.most:
            event.dropped.append(p)
            return False
        box.counter = box.counter + 1 & 0xffff
        q = icmp_error(self.style.get("source", box.address), p, self.kind,
                       self.style.get("ttl", 255), box.counter,
                       self.style.get("quoted_ttl") or max(1, p.ttl - box.path.hops), self.word)
        q.event = event
        event.ways.add("down")
        event.dropped.append(p)
        box.path.inject(q, "down", self.delay)
        return False


class Blackout(Rule):
    """Lets the trigger pass; `delay` microseconds later what goes up to the same server and port is
    swallowed, from whatever port of the client it comes, for `seconds`."""

    mechanism = "drop"
    delay, seconds, left_over = 110000, 180, None

    def start(self, box, view, p, way):
        begin = box.clock.now + self.delay
        e = view.state[self] = self.event(box, view, p)
        e.begin, e.end = begin, begin + int(self.seconds * 1000000)
        e.ways.add("up")
        box.residual[(view.client, view.server, view.port)] = e.begin, e.end, self.trigger.value
        return True

    def keep(self, box, view, p, way, e):
        if way != "up" or not e.begin <= box.clock.now < e.end:
            return True
        e.dropped.append(p)
        return False


class Blackened(Rule):
    """What a Blackout leaves for the other flows to the same server and port."""

    mechanism = "drop"

    def __init__(self):
        super().__init__(Trigger("residual", ""))

    def blocked(self, box, view, p, way):
        begin, end, _ = box.residual.get((view.client, view.server, view.port), (0, 0, ""))
        return way == "up" and begin <= box.clock.now < end and view.segments["up"] == 1

    def start(self, box, view, p, way):
        e = view.state[self] = self.event(box, view, p)
        e.begin, e.end, name = box.residual[(view.client, view.server, view.port)]
        e.trigger = "residual", name
        e.accept["kind"] = ["residual", "ip-port", "ip", "quic-sni", "quic"]
        service = ("[%s]:%d" if ":" in view.server else "%s:%d") % (view.server, view.port)
        e.accept["value"] = [name, view.server, service]
        e.ways.add("up")
        e.dropped.append(p)
        return False

    def keep(self, box, view, p, way, e):
        if way != "up" or box.clock.now >= e.end:
            return True
        e.dropped.append(p)
        return False
