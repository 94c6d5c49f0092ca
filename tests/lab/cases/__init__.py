# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases. Each is a function of a few lines; what is random in it is drawn from net."""
import importlib

from lab import scenarios

MODULES = ("plain", "servers", "network", "artefacts", "forged", "silent", "names", "slow",
           "boxes", "quic")
ALL = {}
# Stories of captures/lab that are told here as well, word for word, with real stacks.
BORROWED = (
    "rst-low-ttl", "rst-triple", "rst-same-ttl", "rst-with-payload", "rst-host",
    "rst-copied-header", "rst-to-server", "rst-bare-and-triple", "rst-v6", "rst-both-on-path",
    "rst-guessed-numbers", "rst-on-syn", "gfw-type-3", "iran-reset", "turkmenistan-reset",
    "syn-ack-forged", "fin-forged", "fin-forged-both", "data-race", "page-forged",
    "page-forged-beside", "page-redirect", "packetlogic-redirect", "drop-syn", "drop-syn-port",
    "drop-after-handshake", "drop-hello-both", "drop-later", "drop-server-hello", "drop-answers",
    "drop-host", "icmp-prohibited", "icmp-host-unreachable", "icmp-prohibited-v6",
    "dead-host", "dead-host-beside", "syn-lost", "outage", "server-goes-down", "plain-v4",
    "plain-v6")


class Case:
    def __init__(self, name, function, what, group, options):
        self.name, self.function, self.what, self.group = name, function, what, group
        self.needs = options.pop("needs", ())       # programs beside those of all cases
        self.modules = options.pop("modules", ())   # of python
        self.options = options                      # of the Net


def case(group, **options):
    """Registers a function; the first line of its text says what happens. group: interference,
    which must be found, or twin, which must stay quiet."""
    def register(function):
        what = function.__doc__.split("\n\n")[0].replace("\n    ", " ").strip()
        c = Case(function.__name__.replace("_", "-"), function, what, group, options)
        assert c.name not in ALL, c.name
        ALL[c.name] = c
        return function
    return register


def load():
    for m in MODULES:
        importlib.import_module("." + m, __name__)
    theirs = scenarios.load()
    for name in BORROWED:
        s = theirs[name]
        options = {k: v for k, v in s.options.items() if k in ("v6", "delay")}
        if "v6" not in options and ("icmp" in name or "turkmenistan" in name or "iran" in name):
            options["v6"] = False
        ALL.setdefault("story-" + name, Case("story-" + name, s.function, s.what, s.group, options))
    return ALL
