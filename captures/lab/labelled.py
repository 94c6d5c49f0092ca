# SPDX-License-Identifier: GPL-3.0-or-later
"""Random captures with truth, to fit the weights on and to measure calibration.

Every scenario, with other paths, hosts, names, times, losses and neighbours each time."""
import json
import os
import random

from . import files, scenarios, truth
from .world import Lab

STYLES = ("linux",) * 6 + ("windows",) * 2 + ("macos", "openbsd")
SYLLABLES = ("ka", "to", "mi", "ren", "sol", "va", "der", "lin", "po", "gra", "esh", "um", "tri")
ENDS = (".example", ".example", ".test", ".invalid")
# Twins that may happen beside any other story, to other names.
BESIDE = ("closed-port", "client-aborts", "reset-after-close", "server-closes-early", "page-403",
          "page-to-https", "dns-rotation", "dns-cdn", "dns-nxdomain", "syn-lost", "half-closed",
          "happy-eyeballs", "preconnect", "server-reset", "keepalive-garbage")


def word(rng):
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.randrange(2, 5)))


def some_name(rng):
    return rng.choice(("", "www.", "m.", "cdn.", "api.")) + word(rng) + rng.choice(ENDS)


def rename(lab, rng):
    names = []
    while len(names) < 3:
        n = some_name(rng)
        if n not in lab.names and n not in names:
            names.append(n)
    lab.bad, lab.good, lab.other = names


def path(rng):
    """Round trips of 12 to 320 ms; the middlebox mostly near the client, at times near the end."""
    one_way = rng.choice((rng.uniform(6, 30), rng.uniform(20, 90), rng.uniform(60, 160)))
    share = rng.choice((rng.uniform(0.02, 0.2), rng.uniform(0.05, 0.5), rng.uniform(0.4, 0.9)))
    return {"delay": (one_way * share, one_way * (1 - share)),
            "hops": (rng.randrange(1, 9), rng.randrange(2, 13)),
            "jitter": rng.choice((0.1, 0.4, 1.5, one_way * 0.08))}


def laboratory(s, rng):
    """The scenario's laboratory, with chance at work."""
    options = dict(s.options, **path(rng))
    options.setdefault("client", rng.choice(STYLES))
    options.setdefault("server", rng.choice(STYLES))
    # A scenario without IPv6 in its text may run over it, unless it names IPv4 addresses or types.
    if s.name.split("-")[0] in ("rst", "drop", "fin", "server", "client", "data", "syn", "page"):
        options.setdefault("v6", rng.random() < 0.15)
    lab = Lab(s.name, vary=rng, **options)
    lab.offset, lab.pace = rng.uniform(0.5, 9), rng.uniform(0.9, 1.7)
    rename(lab, rng)
    if rng.random() < 0.35:
        lab.path.loss = rng.choice((0.001, 0.004, 0.015))
        lab.path.reorder = rng.choice((0, 0.002, 0.01))
    return lab


def background(lab, rng, known):
    """What else the client does in that time."""
    for _ in range(0 if lab.alone else rng.choice((0, 0, 1, 2, 3, 5))):
        name, at = some_name(rng), rng.uniform(-0.4, 25)
        if name in lab.names:
            continue
        lab.server(name, delay=rng.uniform(4, 120), hops=rng.randrange(2, 12),
                   style=rng.choice(STYLES))
        if rng.random() < 0.5:
            lab.lookup(name, at)
        if rng.random() < 0.75:
            lab.https(name, at + 0.3, large=rng.random() < 0.4, late=rng.random() < 0.5)
        else:
            lab.http(name, at + 0.3)
    if not lab.alone and rng.random() < 0.25:
        bad, good, other = lab.bad, lab.good, lab.other
        rename(lab, rng)
        known[rng.choice(BESIDE)].function(lab)
        lab.bad, lab.good, lab.other = bad, good, other


def tap(lab, rng):
    """How it was recorded."""
    at_client = lab.tap.place == "client"
    if at_client and not lab.tap.flat_ttl and rng.random() < 0.08:
        lab.tap.flat_ttl = rng.choice((251, 128, 63))
    if not lab.tap.doubled and rng.random() < 0.04:
        lab.tap.doubled = rng.randrange(1, 60)
    if rng.random() < 0.06:
        lab.vlan = rng.randrange(2, 4000)


def one(s, number, seed, known, frames):
    """(name, bytes, truth) of one random capture."""
    rng = random.Random("%s %d" % (seed, number))
    while True:
        lab = laboratory(s, rng)
        s.function(lab)
        background(lab, rng, known)
        tap(lab, rng)
        if lab.run():
            break
    kind = rng.choice(("pcap", "pcap", "pcap", "pcapng", "pcap.gz"))
    name = "%05d-%s.%s" % (number, s.name, kind)
    data = files.encode(frames(lab), kind, lab.snaplen)
    return name, data, truth.Writer(lab).document("interference/" + name, kind)


def write(folder, n, seed, chosen, frames):
    """The layout is the one that a scorer of real captures reads: interference/, truth/."""
    known = scenarios.load()
    for d in ("interference", "truth"):
        os.makedirs(os.path.join(folder, d), exist_ok=True)
    order = random.Random("order " + seed)
    for number in range(n):
        s = order.choices(chosen, [s.share for s in chosen])[0]
        name, data, doc = one(s, number, seed, known, frames)
        with open(os.path.join(folder, "interference", name), "wb") as f:
            f.write(data)
        path_ = os.path.join(folder, "truth", "interference__%s.truth.json" % name)
        with open(path_, "w", encoding="utf-8") as f:
            json.dump(doc, f)
    with open(os.path.join(folder, "truth", "files.tsv"), "w", encoding="utf-8") as f:
        f.write("path\n")
