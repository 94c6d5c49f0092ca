# SPDX-License-Identifier: GPL-3.0-or-later
"""The stories. Each is one function of a few lines; its name is the name of its capture."""
import importlib

MODULES = ("resets", "handshake", "forgery", "data", "drops", "leftover", "crowds", "quic", "dns",
           "pages", "alerts", "certificates", "mails", "contrasts", "icmp", "systems", "calls",
           "rates", "freezes", "requests", "evening", "plain", "benign")
# Of names that are denied, and of those that only seem to be.
MODULES += ("resolvers", "answers", "dnssystems")
ALL = {}


class Scenario:
    def __init__(self, function, what, group, kind, options):
        self.name = function.__name__.replace("_", "-")
        self.function, self.what, self.group, self.kind = function, what, group, kind
        self.options = options          # of the Lab


def scenario(group, kind="pcap", **options):
    """Registers a function; the first line of its text says what happens."""
    def register(function):
        what = function.__doc__.split("\n\n")[0].replace("\n    ", " ").strip()
        s = Scenario(function, what, group, kind, options)
        assert s.name not in ALL, s.name
        ALL[s.name] = s
        return function
    return register


def load():
    for m in MODULES:
        importlib.import_module("." + m, __name__)
    return ALL
