# SPDX-License-Identifier: GPL-3.0-or-later
"""Rates that are held down, and all else that makes a download slow."""
from . import scenario
from .. import payloads as say
from ..bulk import Bulk
from ..limits import Lossy, Police
from ..middlebox import sni
from ..path import Queue

KBIT = 125              # bytes a second


def much(lab, size):
    """So many bytes in records of 16 kB; what is in them repeats, to be kept small."""
    word = lab.rng.randbytes(251)
    full = say.record(23, (word * 66)[:16000])
    return full * max(size // len(full), 1)


def bulk(lab, *names, size, server=None, steps=None):
    """One server of all these names, that answers a request with so much."""
    h = server or lab.host()
    h.stack = lab.client.stack = Bulk
    answer = steps or [("send", much(lab, size))]

    def tls(app, c):
        return [("wait", lab.rng.randrange(900, 4000)), ("send", say.server_flight(lab.rng)),
                ("record", 2), ("record",), ("wait", 3000)] + answer + [("recv", 1 << 30)]
    lab.serve(h, 443, [("record",), ("answer", tls)])
    for n in names:
        lab.alias(n, h)
    return h


def download(lab, name, at, size, deadline=60, **more):
    rng = lab.rng
    return lab.https(name, at, deadline=deadline, steps=[
        ("record", 6), ("send", say.client_finished(rng)),
        ("send", say.application(rng, 240)), ("record", max(size // 16005, 1)),
        ("wait", 50000), ("close",)], **more)


def upload(lab, name, at, size, deadline=60):
    rng = lab.rng
    return lab.https(name, at, deadline=deadline, steps=[
        ("record", 6), ("send", say.client_finished(rng)), ("send", say.application(rng, 240)),
        ("send", much(lab, size)), ("record", 1), ("wait", 50000), ("close",)])


def limit(lab):
    """A rate and a depth that the literature found: 130 kbit/s to 3 Mbit/s, 8 kB to 60 kB."""
    return {"rate": KBIT * lab.pick(160, 130, 150, 250, 500, 1000, 2000),
            "depth": lab.pick(16000, 8000, 12000, 24000, 60000)}


def amount(rate):
    """As much as shows a rate: seconds of it, and enough for many losses."""
    return int(min(max(rate * 30, 600000), 1600000))


@scenario("interference", kind="pcap.gz")
def throttle_name(lab):
    """A download of one name is policed to 160 kbit/s; another name at the address runs free."""
    r = limit(lab)
    size = amount(r["rate"])
    bulk(lab, lab.bad, lab.good, size=size)
    lab.rule(Police(sni(lab.bad), **r))
    download(lab, lab.good, 0.2, size)
    download(lab, lab.bad, 3, size, deadline=80)


@scenario("interference", kind="pcap.gz")
def throttle_at_server(lab):
    """The same, seen from the server: what is dropped behind the tap is sent again."""
    lab.tap.place = "server"
    lab.snaplen = lab.pick(96, None)
    r = limit(lab)
    size = amount(r["rate"])
    bulk(lab, lab.bad, lab.good, size=size)
    lab.rule(Police(sni(lab.bad), accept={"scored": False}, **r))
    download(lab, lab.bad, 0.2, size, deadline=80)


@scenario("interference", kind="pcap.gz")
def throttle_doubled(lab):
    """The same at a port that repeats each frame: what comes again at once was not lost."""
    lab.tap.doubled = lab.pick(400, 26, 900)
    throttle_at_server(lab)


@scenario("interference", kind="pcap.gz")
def throttle_shared(lab):
    """Two connections share one policer: each alone looks like chance."""
    lab.tap.place = lab.pick("server", "client", "far")
    r = limit(lab)
    size = amount(r["rate"])
    bulk(lab, lab.bad, lab.good, size=size)
    lab.rule(Police(sni(lab.bad), shared=True, **r))
    download(lab, lab.bad, 0.2, size, deadline=100)
    download(lab, lab.bad, 0.9, size, deadline=100)


@scenario("interference", kind="pcap.gz")
def throttle_upload(lab):
    """What the client sends under one name is policed, what it gets is not."""
    r = limit(lab)
    size = amount(r["rate"])
    bulk(lab, lab.bad, lab.good, size=0,
         steps=[("record", size // 16005), ("send", say.application(lab.rng, 300))])
    lab.rule(Police(sni(lab.bad), ways=("up",), **r))
    upload(lab, lab.good, 0.2, size)
    upload(lab, lab.bad, 4, size, deadline=80)


# --- twins ---

@scenario("twin", kind="pcap.gz")
def slow_line(lab):
    """A slow line with a small buffer: the queue overflows again and again."""
    lab.tap.place = lab.pick("client", "server", "near")
    rate = KBIT * lab.pick(800, 300, 500, 1500, 3000)
    lab.path.slow["down"] = Queue(rate, lab.pick(16000, 8000, 12000, 30000))
    size = amount(rate)
    bulk(lab, lab.bad, size=size)
    download(lab, lab.bad, 0.2, size, deadline=90)


@scenario("twin", kind="pcap.gz")
def slow_line_deep(lab):
    """A slow line with a deep buffer: the delay grows, and little is lost."""
    lab.tap.place = lab.pick("server", "client", "near")
    rate = KBIT * lab.pick(1000, 300, 500, 2000)
    lab.path.slow["down"] = Queue(rate, lab.pick(48000, 40000, 56000))
    size = amount(rate)
    bulk(lab, lab.bad, size=size)
    download(lab, lab.bad, 0.2, size, deadline=90)


@scenario("twin", kind="pcap.gz")
def slow_congestion(lab):
    """Two downloads fill the same line, and push each other's packets out."""
    lab.tap.place = lab.pick("server", "client", "near")
    rate = KBIT * lab.pick(1500, 600, 1000, 3000)
    lab.path.slow["down"] = Queue(rate, lab.pick(24000, 12000, 40000))
    size = amount(rate)
    bulk(lab, lab.bad, size=size)
    bulk(lab, lab.good, size=size)
    download(lab, lab.bad, 0.2, size, deadline=90)
    download(lab, lab.good, 0.6, size, deadline=90)


@scenario("twin", kind="pcap.gz")
def slow_lossy(lab):
    """A bad radio link loses one packet in thirty, whoever sends how fast."""
    lab.tap.place = lab.pick("client", "server", "near")
    bulk(lab, lab.bad, size=1400000)
    lab.path.loss = lab.pick(0.03, 0.01, 0.02, 0.05)
    download(lab, lab.bad, 0.2, 1400000, deadline=110)


@scenario("twin", kind="pcap.gz")
def slow_server(lab):
    """The server has only so much to say a second; a few packets are lost."""
    lab.tap.place = lab.pick("client", "server")
    piece = much(lab, 16005)
    steps = []
    for _ in range(40):
        steps += [("send", piece), ("wait", int(lab.between(300000, 150000, 500000)))]
    bulk(lab, lab.bad, size=0, steps=steps)
    lab.path.loss = lab.pick(0.03, 0.02, 0.04)
    download(lab, lab.bad, 0.2, 40 * 16005, deadline=90)


@scenario("twin", kind="pcap.gz", client="router")
def slow_window(lab):
    """A client with a window of three segments: that, and a lossy line, make it slow."""
    lab.tap.place = lab.pick("client", "server")
    bulk(lab, lab.bad, size=400000)
    lab.path.loss = lab.pick(0.04, 0.02, 0.05)
    download(lab, lab.bad, 0.2, 400000, deadline=110)


@scenario("interference", kind="pcap.gz")
def throttle_loss(lab):
    """A fifth of what one name's server says is dropped at random; another name loses nothing, before
    and meanwhile."""
    lab.tap.place = lab.pick("client", "server")
    size = 400000
    bulk(lab, lab.bad, lab.good, size=size)
    lab.rule(Lossy(sni(lab.bad), share=lab.pick(0.2, 0.17, 0.25)))
    download(lab, lab.good, 0.2, size)
    download(lab, lab.bad, 3, size, deadline=115)
    download(lab, lab.good, 6, size)


@scenario("twin", kind="pcap.gz")
def slow_bad_spell(lab):
    """A radio link that turns bad: what was asked for before lost nothing, all that comes later does."""
    lab.tap.place = lab.pick("client", "server")
    bulk(lab, lab.bad, lab.good, size=400000)
    download(lab, lab.good, 0.2, 400000)

    def spell():
        lab.path.loss = lab.pick(0.2, 0.15, 0.25)
    lab.at(2.8, spell)
    download(lab, lab.bad, 3, 400000, deadline=115)
    if lab.pick(True, False):
        download(lab, lab.good, 8, 400000, deadline=115)


@scenario("twin", kind="pcap.gz")
def slow_doubled(lab):
    """An ordinary download at a port that repeats each frame: hardly anything was lost."""
    lab.tap.place = lab.pick("server", "client")
    lab.tap.doubled = lab.pick(400, 26, 900)
    bulk(lab, lab.bad, size=600000)
    lab.path.loss = lab.pick(0.005, 0.002, 0.01)
    download(lab, lab.bad, 0.2, 600000)


@scenario("twin", kind="pcap.gz")
def slow_one_path(lab):
    """The way to one server is bad for all that is asked of it; other servers are well."""
    lab.tap.place = lab.pick("client", "server")
    h = bulk(lab, lab.bad, lab.good, size=400000)
    bulk(lab, lab.other, size=400000)
    share = lab.pick(0.15, 0.1, 0.2)
    h.rewrite = lambda p: None if lab.rng.random() < share and p.payload else p
    download(lab, lab.bad, 0.2, 400000, deadline=100)
    download(lab, lab.good, 1, 400000, deadline=100)
    download(lab, lab.other, 2, 400000)
