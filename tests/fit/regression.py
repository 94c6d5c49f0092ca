# SPDX-License-Identifier: GPL-3.0-or-later
"""Penalised maximum likelihood for the weights, through the caps of src/weigh.c.

Each name is moved in turn by Newton's method, within its bounds, until nothing moves. The
penalty is that of a Gaussian prior around the start values."""
import collections
import hashlib
import math

from model import logistic

LEAST, MOST = -6.0, 8.0         # no single piece of evidence says more
HINT = 0.01                     # the least that is written: evidence of no weight is no evidence
STANDS_OUT = 2.0                # src/judge.c: one strong feature, or two weak ones
TINY = 1e-9
SWEEPS = 60                     # mostly fewer than twenty are needed
STILL = 1e-4                    # a fiftieth of the last decimal that is written
FOLDS = 5
SPREADS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5)    # candidates for the prior's standard deviation

# Evidence that must not lose weight. In the laboratory even what is innocent follows the name, so
# that this would come to count for little; of real silences it tells the censored (CenTrace) from
# an application's end (nDPI, Zeek). And whether a router's word is a censor's is not in the packet:
# how often it is would be the choice of who makes the captures.
HELD = ("trigger.name", "icmp.unreachable")
# Evidence that stays as it was judged: what its users wished is no censorship, however often the
# laboratory lies about it; clients that leave and the ordinary resets of kernels are far more common
# than there.
FIXED = ("dns.filtered", "silence.client_gone", "reset.after_fin", "reset.answered", "reset.reply")

# The same evidence with the same truth in the same capture is one observation.
Row = collections.namedtuple("Row", "names true mass group")


def bounds(model, name, start):
    """What speaks for interference may not come to speak against it, and the other way round;
    and what the program's logic asks of a weight stays as it was judged."""
    low, high = (HINT, MOST) if start > 0 else (LEAST, -HINT)
    if name in HELD:
        return start, high
    if name in FIXED:
        return start, start
    family = model.family[name]
    edge = None
    if start > 0 and family in ("TIME", "HEADER", "SEQUENCE"):
        edge = STANDS_OUT
    if family == "CONTROL":
        edge = model.telling
    if edge is not None and start >= edge:
        low = edge
    elif edge is not None:
        high = edge - 0.01
    return low, high


def number_of(text):
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def rows_of(suspicions, mass, group):
    """`group(s)` names what must not be torn apart by cross-validation."""
    seen = {}
    for s in suspicions:
        if s.true is not None:
            seen[(s.capture, tuple(sorted(s.evidence)), s.true)] = group(s)
    together = collections.Counter()
    for (_, names, true), g in seen.items():
        together[(names, true, g)] += 1
    return [Row(names, true, n * mass, g) for (names, true, g), n in sorted(together.items())]


class Problem:
    """Log-odds of all rows, kept up to date while weights move."""

    def __init__(self, model, rows, start, spread):
        self.model, self.rows, self.start = model, rows, start
        self.penalty = 1 / (spread * spread)
        self.weight = dict(start)
        self.of = collections.defaultdict(list)
        for i, r in enumerate(rows):
            for n in r.names:
                self.of[n].append(i)
        self.sums = [model.sums(r.names, start) for r in rows]
        self.highest = [model.highest(r.names, start) for r in rows]

    def odds(self, i, family=None, by=0.0):
        cap, total = self.model.cap, 0.0
        for f, s in self.sums[i].items():
            total += min(s + by if f == family else s, cap[f])
        return total

    def loss(self, i, x):
        p = min(max(logistic(x), TINY), self.highest[i])
        return -self.rows[i].mass * math.log(p if self.rows[i].true else 1 - p)

    def around(self, name, by):
        """The part of the objective that depends on one weight, if that moves."""
        family = self.model.family[name]
        off = self.weight[name] + by - self.start[name]
        return self.penalty * off * off / 2 + sum(
            self.loss(i, self.odds(i, family, by)) for i in self.of[name])

    def step(self, name):
        family = self.model.family[name]
        cap, off = self.model.cap[family], self.weight[name] - self.start[name]
        slope, curve = self.penalty * off, self.penalty
        for i in self.of[name]:
            p = logistic(self.odds(i))
            if self.sums[i][family] < cap and p < self.highest[i]:
                slope += self.rows[i].mass * (p - self.rows[i].true)
                curve += self.rows[i].mass * p * (1 - p)
        return -slope / curve

    def move(self, name):
        """How far the weight was moved."""
        low, high = bounds(self.model, name, self.start[name])
        now = self.weight[name]
        by = min(max(now + self.step(name), low), high) - now
        before = self.around(name, 0.0)
        while abs(by) > STILL and self.around(name, by) > before - TINY:
            by /= 2
        if abs(by) <= STILL:
            return 0.0
        self.weight[name] += by
        for i in self.of[name]:
            self.sums[i][self.model.family[name]] += by
        return abs(by)

    def solve(self):
        names = [n for n in self.start if n in self.of]
        for _ in range(SWEEPS):
            if not any([self.move(n) for n in names]):
                break
        return self.weight


def fit(model, rows, start, spread):
    return Problem(model, rows, start, spread).solve()


def log_loss(model, rows, weight):
    """Mean over the mass of the rows, in nats."""
    total = mass = 0.0
    for r in rows:
        p = min(max(model.confidence(r.names, weight), TINY), 1 - TINY)
        total -= r.mass * math.log(p if r.true else 1 - p)
        mass += r.mass
    return total / mass


def undecidable(rows):
    """Evidence that comes with either truth. How often it does is the choice of who made the
    captures, so it says nothing of how well a fit will serve elsewhere."""
    either = collections.Counter(names for names, _ in {(r.names, r.true) for r in rows})
    return {names for names, n in either.items() if n > 1}


def cross_validate(model, rows, start):
    """{spread: {group: loss}}: the loss on each group, summed over its mass, where the group was
    left out."""
    moot = undecidable(rows)
    fold = {r.group: number_of(r.group) % FOLDS for r in rows}
    out = {}
    for spread in SPREADS:
        mine = out[spread] = dict.fromkeys(fold, 0.0)
        for k in range(FOLDS):
            weight = fit(model, [r for r in rows if fold[r.group] != k], start, spread)
            for r in rows:
                if fold[r.group] == k and r.names not in moot:
                    mine[r.group] += log_loss(model, [r], weight) * r.mass
    return out


def choose(stories):
    """The spread that serves best on stories that it never saw: a censor's next one is new."""
    return min(SPREADS, key=lambda s: (sum(stories[s].values()), s))
