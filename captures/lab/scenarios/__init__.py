# SPDX-License-Identifier: GPL-3.0-or-later
"""The stories. Each is one function of a few lines; its name is the name of its capture."""
import importlib

MODULES = ("resets", "handshake", "forgery", "data", "drops", "leftover", "crowds", "quic", "dns",
           "resolvers", "answers", "dnssystems", "pages", "alerts", "certificates", "mails",
           "contrasts", "rates", "freezes", "icmp", "systems", "calls", "requests", "services", "evening",
           "plain", "benign", "bypass", "messengers")
ALL = {}


class Scenario:
    def __init__(self, name, function, what, group, kind, options, share=1):
        self.name = name
        self.function, self.what, self.group, self.kind = function, what, group, kind
        self.options = options          # of the Lab
        self.share = share              # of the labelled captures, beside 1 of others


def add(s):
    assert s.name not in ALL, s.name
    ALL[s.name] = s


def scenario(group, kind="pcap", **options):
    """Registers a function; the first line of its text says what happens."""
    def register(function):
        what = function.__doc__.split("\n\n")[0].replace("\n    ", " ").strip()
        add(Scenario(function.__name__.replace("_", "-"), function, what, group, kind, options))
        return function
    return register


def load():
    for m in MODULES:
        importlib.import_module("." + m, __name__)
    return ALL
