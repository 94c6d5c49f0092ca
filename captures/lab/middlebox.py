# SPDX-License-Identifier: GPL-3.0-or-later
"""A middlebox: what it watches for, and the record of what it did, from which truth is written."""
from .packets import ACK, FIN, MASK, RST, SYN, TCP, UDP
from .payloads import dns_question, hello_name, looks_like_nothing

# The words of the report contract.
STAGE_SYN, STAGE_HANDSHAKE, STAGE_FIRST, STAGE_LATER = "syn", "handshake", "first-data", \
    "established"


class Event:
    """One act of interference against one flow."""

    def __init__(self, mechanism, trigger, stage, view, now):
        self.mechanism, self.trigger, self.stage, self.time = mechanism, trigger, stage, now
        self.flow = view.key            # (protocol, client, port, server, port)
        self.ways = set()               # "up", "down": where forged packets or silence went
        self.dropped = []               # packets
        self.felt = False               # whoever does not see it sees what came of it
        self.cause = None               # the packet that set it off
        self.accept = {}                # what else may be said: field -> words
        self.residual = None            # (tuple, seconds) of a block that is left over


class View:
    """What the middlebox knows of a flow."""

    def __init__(self, p):
        self.key = ("tcp" if p.proto == TCP else "udp", p.src, p.sport, p.dst, p.dport)
        self.client, self.server, self.port = p.src, p.dst, p.dport
        self.stream, self.next, self.isn = bytearray(), None, None
        self.seen_answer = self.said_up = self.said_down = self.over = False
        self.down_ttl = 64              # of the server's packets, here
        self.up_ttl = 64
        self.up_next = self.down_next = self.up_id = self.down_id = 0
        self.segments = {"up": 0, "down": 0}
        self.state = {}                 # of the rules
        self.wary = False               # knows decoys

    def update(self, p, ttl):
        up = p.src == self.client and p.sport == self.key[2]
        way = "up" if up else "down"
        self.segments[way] += 1
        end = p.seq + p.length & MASK
        if up:
            self.up_ttl, self.up_id, self.up_next = ttl, p.ip_id, end
            if p.flags & SYN:
                self.next, self.isn = end, p.seq
            if p.payload:
                self.said_up = True
                if p.proto == UDP:
                    self.stream = bytearray(p.payload)
                elif p.seq == self.next and not (p.decoy and self.wary):
                    self.stream += p.payload
                    self.next = end
        else:
            self.down_ttl, self.down_id, self.down_next = ttl, p.ip_id, end
            self.seen_answer = True
            self.said_down = self.said_down or bool(p.payload)
        self.over = self.over or bool(p.flags & (FIN | RST))
        return way

    def stage(self):
        if self.key[0] == "udp":
            return "dns" if self.port == 53 else "datagram"
        if self.said_down:
            return STAGE_LATER
        if self.said_up:
            return STAGE_FIRST
        return STAGE_HANDSHAKE if self.seen_answer else STAGE_SYN


class Rule:
    """When `matches` says so, `act` is called once for the flow, with the packet at hand; from
    then on `filter`, if there is one, decides on each packet. Subclasses are in acts.py."""

    mechanism = None
    accept = {}         # what else may be said of it: field -> words

    def __init__(self, trigger, **more):
        self.trigger = trigger
        self.__dict__.update(more)

    def start(self, box, view, p, way):
        """Called when the trigger matched; returns False to swallow the packet."""
        return True

    def keep(self, box, view, p, way, event):
        """Called for each later packet of the flow; False swallows it."""
        return True

    def event(self, box, view, p, mechanism=None):
        e = Event(mechanism or self.mechanism, self.trigger.word(view), view.stage(), view,
                  box.clock.now)
        e.cause, e.accept = p, dict(self.accept)
        box.events.append(e)
        return e


class Trigger:
    """What sets a rule off: content of the client's stream, an address, or a DNS name."""

    def __init__(self, kind, value, needle=None, way="up", carrier=None, to=None):
        self.kind, self.value, self.way, self.carrier, self.to = kind, value, way, carrier, to
        self.needle = (needle or value).encode() if isinstance(needle or value, str) else needle

    def word(self, view):
        return self.kind, self.value

    def hit(self, view, p, way):
        if way != self.way or self.carrier not in (None, p.proto) or self.to not in (None, p.dst):
            return False
        if self.kind in ("ip", "ip-port"):
            return self.value in (view.server, "%s:%d" % (view.server, view.port),
                                  "[%s]:%d" % (view.server, view.port))
        if self.kind == "dns-name":
            return view.port == 53 and bool(p.payload) and dns_question(
                p.payload if p.proto == UDP else p.payload[2:])[0].lower().endswith(self.value)
        return self.kind != "residual" and bool(p.payload) and self.needle in view.stream


class Nameless(Trigger):
    """A ClientHello without a server name."""

    def __init__(self):
        super().__init__("protocol", "tls")

    def hit(self, view, p, way):
        s = bytes(view.stream)
        return way == self.way and bool(p.payload) and s[:2] == b"\x16\3" and s[5:6] == b"\1" and \
            len(s) >= 5 + int.from_bytes(s[3:5], "big") and not hello_name(s)


class Opaque(Trigger):
    """A first payload that none of the exemptions of China's filter of 2021 to 2023 holds for."""

    def __init__(self, ip, port):
        super().__init__("fully-encrypted", "[%s]:%d" % (ip, port) if ":" in ip
                         else "%s:%d" % (ip, port))
        self.ip, self.port = ip, port

    def hit(self, view, p, way):
        return way == self.way and (view.server, view.port) == (self.ip, self.port) and \
            bytes(view.stream) == p.payload and looks_like_nothing(p.payload)


def sni(name):
    return Trigger("sni", name)


def ech(name):
    return Trigger("ech", name)


def host(name):
    return Trigger("http-host", name, "Host: " + name)


def address(ip):
    return Trigger("ip", ip)


def service(ip, port):
    return Trigger("ip-port", "[%s]:%d" % (ip, port) if ":" in ip else "%s:%d" % (ip, port))


def dns(name, carrier=UDP, to=None):
    return Trigger("dns-name", name, carrier=carrier, to=to)


class Middlebox:
    """Sees every packet, in both directions."""

    def __init__(self, clock, rng, path):
        self.clock, self.rng, self.path = clock, rng, path
        self.rules, self.views, self.events, self.residual = [], {}, [], {}
        self.counts = {}                # of connections, for a Penalty
        self.address = None             # of the router it is part of
        self.wary = False               # not deceived by decoys
        self.counter = rng.randrange(65536)

    def pass_on(self, p, ttl=None):
        """Returns the packet to be sent on, or None."""
        if p.proto not in (TCP, UDP):
            return p
        key = (p.src, p.sport, p.dst, p.dport)
        if p.way == "down":
            key = key[2:] + key[:2]
        fresh_syn = p.proto == TCP and p.flags & SYN and not p.flags & ACK
        view = self.views.get(key)
        if view is None or fresh_syn and (view.over or view.isn not in (None, p.seq)):
            view = self.views[key] = View(p if p.way == "up" else p.copy(
                src=p.dst, dst=p.src, sport=p.dport, dport=p.sport))
        view.wary = self.wary
        way = view.update(p, p.ttl - self.path.hops if p.way == "up" else ttl)
        alive = True
        for rule in self.rules:
            if rule in view.state:
                alive = rule.keep(self, view, p, way, view.state[rule]) is not False and alive
            elif self.strikes(rule, view, p, way):
                view.state[rule] = None
                alive = rule.start(self, view, p, way) is not False and alive
        return p if alive else None

    def strikes(self, rule, view, p, way):
        blocked = getattr(rule, "blocked", None)
        return blocked and blocked(self, view, p, way) or rule.trigger.hit(view, p, way)
