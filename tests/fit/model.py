# SPDX-License-Identifier: GPL-3.0-or-later
"""The function of src/weigh.c once more, for the fit; its constants are read from the source."""
import math
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WEIGHTS = os.path.join(ROOT, "src", "weights.c")
WEIGH = os.path.join(ROOT, "src", "weigh.c")
FINDING = os.path.join(ROOT, "src", "finding.h")
START = os.path.join(ROOT, "tests", "fit", "start.tsv")

ROW = re.compile(r'(\{"([a-z0-9_.-]+)", FAMILY_([A-Z]+), )(-?\d+(?:\.\d+)?)(,)')
CAP = re.compile(r"\[FAMILY_([A-Z]+)\] = (INFINITY|\d+(?:\.\d+)?)")


def text_of(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def constant(text, name):
    return float(re.search(r"#define %s (\S+)" % name, text).group(1))


class Model:
    """Names, families, caps and weights, as the program has them."""

    def __init__(self, weights=WEIGHTS, weigh=WEIGH):
        rows = ROW.findall(text_of(weights))
        code = text_of(weigh)
        self.family = {name: family for _, name, family, _, _ in rows}
        self.weight = {name: float(number) for _, name, _, number, _ in rows}
        self.cap = {family: math.inf if number == "INFINITY" else float(number)
                    for family, number in CAP.findall(code)}
        self.alone = constant(code, "SILENCE_ALONE_MAX")
        self.telling = constant(code, "TELLING")
        self.most = constant(text_of(FINDING), "CONFIDENCE_MAX")

    def sums(self, names, weight):
        out = {}
        for n in names:
            out[self.family[n]] = out.get(self.family[n], 0.0) + weight[n]
        return out

    def log_odds(self, names, weight):
        return sum(min(s, self.cap[f]) for f, s in self.sums(names, weight).items())

    def highest(self, names, weight):
        """What the confidence may be at most."""
        silence = any(self.family[n] in ("SILENCE", "RATE") for n in names)
        control = any(self.family[n] == "CONTROL" and weight[n] >= self.telling for n in names)
        return self.alone if silence and not control else self.most

    def confidence(self, names, weight=None):
        weight = weight or self.weight
        return min(logistic(self.log_odds(names, weight)), self.highest(names, weight))


def logistic(x):
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def read_start(path=START):
    """What the weights were before any fit: the judgement of docs/confidence.md."""
    out = {}
    for line in text_of(path).splitlines():
        if line and not line.startswith("#"):
            name, number = line.split("\t")
            out[name] = float(number)
    return out
