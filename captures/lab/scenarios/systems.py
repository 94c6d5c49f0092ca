# SPDX-License-Identifier: GPL-3.0-or-later
"""Systems that are known by their marks: header fields and contents as published or measured.

Fingerprints in ../../../fingerprints cite the sources of the numbers."""
from . import scenario
from ..acts import Data, Dns, Reset, Residual, forge
from ..middlebox import address, dns, host, sni
from ..packets import ACK, RST
from .dns import names
from .pages import pair
from .resets import SecondReset, neighbours


@scenario("interference", hops=(3, 12), delay=(2.5, 105.0))
def gfw_types_1_2(lab):
    """China: a bare RST with a window and no DF, then three RST+ACK with one IP ID and DF."""
    neighbours(lab)
    window = lab.rng.randrange(1038, 3400)
    lab.rule(Reset(sni(lab.bad), to="both", flags=RST, delay=lab.between(700, 300, 2500), style={
        "ttl": lab.rng.randrange(55, 118), "window": lab.rng.randrange(900, 59000)}))
    lab.rule(SecondReset(sni(lab.bad), to="both", count=3, spacing=70,
                         delay=lab.between(3200, 2600, 8000), style={
                             "ttl": lab.rng.randrange(60, 238), "window": window, "df": True,
                             "ids": round(65329 - 12.27 * window)}))
    lab.https(lab.bad, 2, large=True)
    lab.https(lab.bad, 4)


@scenario("interference", hops=(3, 12), delay=(2.5, 105.0))
def gfw_type_3(lab):
    """China: one RST+ACK without DF, with an IP ID from a small range, to both sides."""
    neighbours(lab)
    lab.rule(Reset(sni(lab.bad), to="both", delay=lab.between(900, 300, 3000), style={
        "ttl": lab.pick(251, 240, 245), "ids": lab.rng.randrange(39190, 39220), "window": 79}))
    lab.https(lab.bad, 2)


@scenario("interference", hops=(3, 12), delay=(2.5, 105.0))
def gfw_port_443(lab):
    """China, August 2025: each SYN draws three RST+ACK whose windows climb by one."""
    h = lab.server(lab.bad)
    lab.http(lab.good, 0.2)
    lab.rule(Reset(address(h.address), count=3, seq=0, ladder=1, delay=lab.between(1200, 300, 3000),
                   style={"ttl": lab.pick(64, 90), "window": 1980, "ids": 0x4000, "df": True}))
    lab.https(lab.bad, 2)
    lab.https(lab.bad, 5)


@scenario("interference", hops=(4, 12), delay=(1.5, 40.0))
def iran_reset(lab):
    """Iran: RST+ACK with window 0, no DF and a TTL far above the server's."""
    neighbours(lab)
    lab.rule(Reset(sni(lab.bad), delay=lab.between(400, 200, 1500),
                   style={"ttl": lab.pick(192, 191, 58)}))
    lab.https(lab.bad, 2)
    lab.https(lab.bad, 4)


@scenario("interference", hops=(3, 14), delay=(12.0, 60.0))
def turkmenistan_reset(lab):
    """Turkmenistan: a bare RST with IP ID 30000, to both sides."""
    pair(lab)
    lab.rule(Reset(host(lab.bad), to="both", flags=RST, style={"ttl": 128, "ids": 30000}))
    lab.http(lab.bad, 2)


@scenario("interference", hops=(3, 14), delay=(6.0, 60.0))
def airtel_page(lab):
    """India: a notice in a frame, with FIN and IP ID 242, and the server is reset."""
    pair(lab)
    body = b'<iframe src="http://www.airtel.in/dot/" width="100%" height="100%" frameBorder=0>' \
        b'</iframe>'
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    lab.rule(Data(host(lab.bad), payload=head + body, mechanism_word="block-page", fin=True,
                  reset=True, delay=lab.between(300, 150, 2500),
                  style={"ttl": 64, "ids": 242, "window": 16}))
    lab.http(lab.bad, 2)


@scenario("interference", hops=(3, 14), delay=(6.0, 60.0))
def airtel_server_side(lab):
    """India, seen from the server: RST+ACK with IP ID 242 and an old number, then silence."""
    lab.tap.place = "server"
    pair(lab)
    lab.rule(StaleReset(host(lab.bad), to="server", style={"ttl": 64, "ids": 242, "window": 16}))
    lab.http(lab.bad, 2)
    lab.http(lab.bad, 4)


class StaleReset(Reset):
    """It does not count the request that set it off."""

    def start(self, box, view, p, way):
        self.seq = view.up_next - len(p.payload)
        return super().start(box, view, p, way)


@scenario("interference", hops=(5, 9), delay=(10.0, 40.0))
def packetlogic_redirect(lab):
    """PacketLogic: a 307 with FIN, IP ID 13330, window 32120; an empty segment 100 ms later."""
    pair(lab)
    body = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://mirror.invalid/setup.exe\r\n" \
        b"Connection: close\r\n\r\n"
    lab.rule(Data(host(lab.bad), payload=body, mechanism_word="data-injection", fin=True,
                  bare=100000, swallow=True, deaf=True, delay=lab.between(250, 150, 1500),
                  accept={"mechanism": ["data-injection", "block-page"]},
                  style={"ttl": "same", "ids": 13330, "window": 32120}))
    lab.http(lab.bad, 2)


@scenario("interference", hops=(4, 11), delay=(4.0, 50.0))
def indonesia_redirect(lab):
    """Indonesia: an HTTP/1.0 redirect to the state's notice page."""
    pair(lab)
    body = b"HTTP/1.0 302 Moved\r\nContent-Length: 0\r\n" \
        b"Location: http://lamanlabuh.aduankonten.id/\r\n" \
        b"Pragma: no-cache\r\nCache-Control: no-cache\r\n\r\n"
    lab.rule(Data(host(lab.bad), payload=body, mechanism_word="block-page", fin=True,
                  delay=lab.between(250, 150, 2500), style={"ttl": 64, "window": 5840}))
    lab.http(lab.bad, 2)


@scenario("interference")
def iran_dns(lab):
    """Iran: the query is answered at once with 10.10.34.36, and dies."""
    far = names(lab)
    lab.rule(Dns(dns(lab.bad), answers=["10.10.34.36"], ttl=418, swallow=True, style={"ttl": 191}))
    lab.lookup(lab.bad, 2, far)
    lab.lookup(lab.bad, 4, far)


@scenario("interference")
def turkmenistan_dns(lab):
    """Turkmenistan: 127.0.0.1 for 300 seconds, and no EDNS."""
    far = names(lab)
    lab.rule(Dns(dns(lab.bad), answers=["127.0.0.1"], ttl=300, style={"ttl": 128, "id": 30000}))
    lab.lookup(lab.bad, 2, far)
    lab.lookup(lab.bad, 4, far)


@scenario("interference", hops=(3, 12), delay=(2.5, 105.0))
def gfw_first_generation(lab):
    """China, 2006: RST+ACK at the next number, 1460 and 4380 beyond it, to both sides."""
    pair(lab)

    class Early(Reset):
        def burst(self, box, view, e, side):
            base = view.down_next if side == "down" else view.up_next
            for i, step in enumerate((0, 1460, 4380)):
                forge(box, view, side, e, self.delay + 60 * i, RST | ACK, seq=base + step,
                      style=self.style)
    lab.rule(Early(host(lab.bad), to="both", delay=lab.between(700, 300, 2500),
                   style={"ttl": lab.pick(47, 60, 110), "ids": "random"}))
    lab.http(lab.bad, 2)


@scenario("interference", hops=(3, 12), delay=(2.5, 105.0))
def gfw_second_filter(lab):
    """China: one RST+ACK with DF and a window, then the address and port are silent."""
    lab.until = 120
    shared = lab.server(lab.good)
    lab.alias(lab.bad, shared)
    reset = Reset(sni(lab.bad), residual=100, delay=lab.between(900, 300, 3000), style={
        "ttl": lab.pick("same", 140), "window": lab.rng.randrange(1038, 4500), "df": True})
    lab.rule(Residual(reset))
    lab.rule(reset)
    lab.https(lab.good, 0.2)
    lab.https(lab.bad, 2)
    lab.https(lab.good, 5, deadline=12)
    lab.https(lab.other, 9)
    lab.https(lab.good, 110)


@scenario("interference", hops=(6, 9), delay=(1.1, 55.0))
def henan_without_payload(lab):
    """Henan, China: what its RST+ACK would be without the ten bytes."""
    neighbours(lab)
    lab.rule(Reset(sni(lab.bad), delay=lab.between(260, 100, 1500), style={"ttl": 64, "ids": 1}))
    lab.https(lab.bad, 2)
    lab.https(lab.bad, 5)


@scenario("interference", hops=(4, 12), delay=(1.5, 40.0))
def iran_reset_low(lab):
    """Iran: RST+ACK with window 0, no DF and a TTL a little above the server's."""
    neighbours(lab)
    lab.rule(Reset(sni(lab.bad), delay=lab.between(400, 200, 1500), style={"ttl": 58}))
    lab.https(lab.bad, 2)
    lab.https(lab.bad, 4)


@scenario("interference", hops=(4, 11), delay=(4.0, 50.0))
def indonesia_reset(lab):
    """Indonesia: a bare RST with IP ID 242 follows the Host."""
    pair(lab)
    lab.rule(Reset(host(lab.bad), flags=RST, to=lab.pick("client", "both"),
                   style={"ttl": lab.pick(64, 255), "ids": 242}))
    lab.http(lab.bad, 2)


@scenario("interference", hops=(4, 11), delay=(4.0, 50.0))
def egypt_reset(lab):
    """Egypt: RST+ACK with IP ID 0x1234."""
    neighbours(lab)
    lab.rule(Reset(sni(lab.bad), style={"ttl": lab.pick(255, 64), "ids": 0x1234}))
    lab.https(lab.bad, 2)


@scenario("interference", hops=(5, 9), delay=(10.0, 40.0))
def packetlogic_reset(lab):
    """PacketLogic: RST+ACK with IP ID 13330 and window 32120, to both sides."""
    neighbours(lab)
    lab.rule(Reset(sni(lab.bad), to="both", delay=lab.between(250, 150, 1500), swallow=True,
                   style={"ttl": lab.pick("same", 128), "ids": 13330, "window": 32120}))
    lab.https(lab.bad, 2)


@scenario("interference")
def scapy_reset(lab):
    """RST+ACK as Scapy makes it: IP ID 1, window 8192, no DF, TTL 64."""
    neighbours(lab)
    lab.rule(Reset(sni(lab.bad), delay=lab.between(900, 200, 3000),
                   style={"ttl": 64, "ids": 1, "window": 8192}))
    lab.https(lab.bad, 2)


@scenario("interference")
def hping_reset(lab):
    """RST as hping makes it: window 512, random IP ID, no DF, TTL 64."""
    neighbours(lab)
    lab.rule(Reset(sni(lab.bad), flags=lab.pick(RST, RST | ACK), delay=lab.between(900, 200, 3000),
                   style={"ttl": 64, "window": 512}))
    lab.https(lab.bad, 2)


@scenario("interference", hops=(3, 10), delay=(14.0, 40.0))
def belarus_reset(lab):
    """Belarus, 2016: an RST with number 0 on the SYN, a second one when the handshake is done."""
    h = lab.server(lab.bad)
    lab.https(lab.good, 0.2)

    class Null(Reset):
        def start(self, box, view, p, way):
            super().start(box, view, p, way)
            view.state[self] = box.events[-1]
            return True

        def keep(self, box, view, p, way, event):
            if way == "up" and p.flags & ACK and not event.accept.get("twice"):
                event.accept["twice"] = True
                forge(box, view, "down", event, self.delay, RST, ack=0, style=self.style)
            return True
    lab.rule(Null(address(h.address), flags=RST, seq=0, style={"ttl": 128},
                  accept={"stage": ["syn", "handshake", "first-data"]}))
    lab.https(lab.bad, 2)
    lab.https(lab.bad, 5)


@scenario("interference")
def appliance_reset(lab):
    """A box as many networks have it: a bare RST with window 8192 and a number without its flag."""
    neighbours(lab)
    lab.rule(Reset(sni(lab.bad), flags=RST, bare_ack=lab.rng.randrange(1, 1 << 32), style={
        "ttl": lab.pick(32, 64, 128), "window": 8192}, delay=lab.between(700, 200, 3000)))
    lab.https(lab.bad, 2)
