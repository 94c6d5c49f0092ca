# SPDX-License-Identifier: GPL-3.0-or-later
"""What tools against filters do to the client's first words (bol-van/zapret, docs/readme.en.md;
ValdikSS/GoodbyeDPI, src/fakepackets.c; hufrea/byedpi, desync.c): decoys that the server discards,
hellos in pieces and in another order, bytes that overlap, other datagrams ahead of the first."""
from . import payloads as say
from .packets import ACK, MASK, NOP, PSH, RST, UDP
from .refusals import SIGNATURE

GAP = 25                # microseconds between two packets that the tool makes
# Names that such tools have their decoys ask for.
FAKES = ("www.w3.org", "www.iana.org", "www.google.com", "vk.com", "ya.ru")
CLOCK = 600000          # by which a decoy's timestamp is older (--dpi-desync-ts-increment)
SEQ, ACKED = 10000, 66000               # by which its numbers are (BADSEQ_INCREMENT_DEFAULT)


def fool(rng, p, how, ttl):
    """What makes the server discard the packet."""
    p.decoy = True
    if how == "ttl":
        p.ttl = ttl
    elif how == "sum":
        p.spoil = rng.randrange(1, 0xffff)
    elif how == "md5":
        p.options += NOP + NOP + SIGNATURE
    elif how == "ts":
        at = p.options.find(b"\x08\x0a")
        if at < 0:              # the stack has none: what the tool would do instead
            return fool(rng, p, "ttl", ttl)
        value = int.from_bytes(p.options[at + 2:at + 6], "big") - CLOCK & MASK
        p.options = p.options[:at + 2] + value.to_bytes(4, "big") + p.options[at + 6:]
    elif how == "noack":
        p.flags, p.ack = p.flags & ~ACK, 0
    elif how == "seq":
        p.seq, p.ack = p.seq - SEQ & MASK, p.ack - ACKED & MASK
    elif how == "ack":
        p.ack = p.ack - ACKED & MASK
    return p


class Tool:
    """Stands between the client's stack and the tap, and acts on the first words of each connection.

    fake: ways to fool, () for no decoys; repeats; filler: decoys are filled with that instead of
    another hello; cuts: places to cut at; disorder: sent backwards; overlap: bytes ahead of the
    first piece (or, in disorder, in front of the second); mixed: decoys of each piece too; reset:
    a decoy that ends the connection; ahead: datagrams ahead of the first ones, a list of payloads;
    again: packets that are sent so many times."""

    def __init__(self, lab, fake=("ttl",), repeats=1, name=None, ttl=None, cuts=(), disorder=False,
                 overlap=0, mixed=False, reset=False, ahead=(), again=1, filler=None, only=None):
        self.lab, self.rng, self.host = lab, lab.rng, lab.client
        self.fake, self.repeats, self.name, self.ttl = fake, repeats, name, ttl
        self.cuts, self.disorder, self.overlap, self.mixed = cuts, disorder, overlap, mixed
        self.reset, self.ahead, self.again, self.filler = reset, ahead, again, filler
        self.only, self.known = only, set()
        self.host.rewrite = self.rewrite

    def rewrite(self, p):
        key = p.proto, p.dst, p.dport, p.sport
        if not p.payload or key in self.known or self.only and p.dst not in self.only \
                or p.dport == 53:
            return p
        self.known.add(key)
        packets = self.datagrams(p) if p.proto == UDP else self.segments(p)
        for i, q in enumerate(packets):
            q.ip_id = p.ip_id + i & 0xffff if p.ip_id else 0
            self.lab.clock.after(GAP * i, self.host.send, q)
        return None

    def small(self, p):
        """A TTL that reaches the filter and not the server."""
        _, hops = self.lab.path.far(p.dst)
        return self.ttl or self.lab.path.hops + max(1, hops - 1)

    def decoys(self, p, payload, flags=None):
        made = []
        for how in self.fake:
            if flags is not None and how == "noack":    # that would be a reset like any other
                how = "ttl"
            for _ in range(self.repeats):
                q = p.copy(payload=payload, flags=p.flags if flags is None else flags)
                made.append(fool(self.rng, q, how, self.small(p)))
        return made

    def false_words(self, p):
        if self.filler is not None:
            return bytes((self.filler,)) * len(p.payload)
        name = self.name or FAKES[0]
        return say.http_get(name) if p.payload[:4] in (b"GET ", b"POST") \
            else say.client_hello(self.rng, name)

    def segments(self, p):
        out = self.decoys(p, b"", RST | ACK) if self.reset else []
        out += self.decoys(p, self.false_words(p)) if self.fake else []
        pieces = self.pieces(p)
        for q in pieces:
            false = self.decoys(q, bytes(len(q.payload))) if self.mixed else []
            out += false + [q] + false[:0]
        return out + [p.copy() for p in pieces[:1] for _ in range(self.again - 1)]

    def pieces(self, p):
        ends = [c for c in self.cuts if 0 < c < len(p.payload)] + [len(p.payload)]
        starts = [0] + ends[:-1]
        made = []
        for a, b in zip(starts, ends):
            last = b == len(p.payload)
            made.append(p.copy(seq=p.seq + a & MASK, payload=p.payload[a:b],
                               flags=p.flags if last else p.flags & ~PSH))
        if self.overlap and (not self.disorder or len(made) > 1):
            i = 1 if self.disorder else 0
            n = min(self.overlap, starts[i]) if self.disorder else self.overlap
            q = made[i]
            made[i] = q.copy(seq=q.seq - n & MASK, payload=self.rng.randbytes(n) + q.payload)
        return made[::-1] if self.disorder else made

    def datagrams(self, p):
        made = []
        for payload in self.ahead:
            for _ in range(self.repeats):
                q = p.copy(payload=payload)
                q.decoy = True
                for how in self.fake[:1]:
                    fool(self.rng, q, how, self.small(p))
                made.append(q)
        return made + [p]
