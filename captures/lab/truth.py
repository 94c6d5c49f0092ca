# SPDX-License-Identifier: GPL-3.0-or-later
"""Truth, written from what the middlebox did and what the tap could see of it."""
from .packets import TCP, UDP, is_v6
from .world import EPOCH

WORDS = {frozenset(("down",)): "to-client", frozenset(("up",)): "to-server",
         frozenset(("up", "down")): "both"}
ALL_WAYS = ["both", "to-client", "to-server"]
# What may be said beside a mechanism, since it is part of the same act.
ALSO = {"rst-injection": ["drop"], "fin-injection": ["rst-injection", "drop", "block-page"],
        "syn-ack-injection": ["rst-injection", "data-injection"], "drop": [],
        "data-injection": ["fin-injection", "rst-injection", "block-page"],
        "block-page": ["fin-injection", "rst-injection", "data-injection", "drop"],
        "tls-alert-injection": ["fin-injection", "rst-injection", "data-injection", "drop"],
        "tls-interception": ["data-injection", "drop", "freeze"], "protocol-stripping": [],
        "throttle": ["drop"], "freeze": ["drop"],
        "dns-injection": ["dns-tampering"], "dns-tampering": [], "icmp-rejection": ["drop"]}
SILENT = ("drop", "freeze")
FEW_LOSSES = 40     # of which a limit cannot be told
ACTED = ("dns-tampering", "tls-interception", "protocol-stripping")   # by an end of the flow: nothing was injected
LIKELY = 0.6        # the contract's word; less is asked where an innocent twin looks the same
SEEN_SILENCE = 3000000      # microseconds of silence in the capture before one can speak of it


def key_text(key):
    proto, a, ap, b, bp = key
    return {"protocol": proto, "client": {"ip": a, "port": ap}, "server": {"ip": b, "port": bp}}


def packet_keys(p):
    proto = "tcp" if p.proto == TCP else "udp"
    return (proto, p.src, p.sport, p.dst, p.dport), (proto, p.dst, p.dport, p.src, p.sport)


class Writer:
    """Joins the tap's records, numbered from 1, with events and flows."""

    def __init__(self, lab):
        self.lab, self.records = lab, lab.tap.records
        self.frames, self.forged = {}, {}
        keys = {f["key"] for f in lab.flows}
        for number, (t, p, _, _) in enumerate(self.records, 1):
            if p.event:
                self.forged.setdefault(p.event, []).append((number, p))
            if p.proto in (TCP, UDP):
                for k in packet_keys(p):
                    if k in keys:
                        self.frames.setdefault(k, []).append((number, t, p))
                        break

    def within(self, f, t):
        """Whether a moment is that flow's, and not a later one's of the same ports."""
        begun = f.get("at", 0)      # not every laboratory uses ports twice
        later = [g["at"] for g in self.lab.flows if g["key"] == f["key"] and g.get("at", 0) > begun]
        return begun <= t < min(later, default=t + 1)

    def frames_of(self, event):
        """The frames of the flow that it befell."""
        mine = [f for f in self.lab.flows if f["key"] == event.flow and self.within(f, event.time)]
        return [x for x in self.frames.get(event.flow, ())
                if not mine or self.within(mine[-1], x[1])]

    def visible(self, event):
        """Whether this tap could see it at all."""
        frames = self.frames_of(event)
        if event.mechanism == "throttle":
            return bool(frames) and not self.lab.tap.only and len(event.dropped) >= FEW_LOSSES
        if event.mechanism not in SILENT:
            return event in self.forged or event.felt and bool(frames)
        if not frames or self.lab.tap.only:
            return False
        first = self.begun(event)
        return first is not None and self.records[-1][0] - first >= SEEN_SILENCE

    def begun(self, event):
        """When the silence begins for this tap; None if it is elsewhere."""
        lost = {id(p) for p in event.dropped}
        first = min((t for _, t, p in self.frames_of(event) if id(p) in lost), default=None)
        if first is None and event.dropped and self.lab.tap.place in ("client", "near"):
            asked = [t for _, t, p in self.frames_of(event) if p.way == "up" and t >= event.time]
            first = asked[0] if asked else None
        return first

    def ways(self, event):
        """The direction, and what else this vantage cannot tell from it."""
        said = WORDS[frozenset(event.ways)]
        if event.mechanism in SILENT:
            lost = {id(p) for p in event.dropped}
            begun = self.begun(event)
            later = any(t > begun and p.way == "down" and id(p) not in lost
                        for _, t, p in self.frames_of(event))
            near = self.lab.tap.place in ("client", "near")
            return said, [said] if later or not near else ALL_WAYS
        seen = {p.way for _, p in self.forged.get(event, ())}
        if not seen:
            return said, [said]
        shown = WORDS[frozenset(seen)]
        return shown, sorted({shown, said, "both"} if shown == said != "both" else {shown, said})

    def finding(self, event):
        kind, value = event.trigger
        said, ways = self.ways(event)
        kinds, values = event.accept.get("kind", [kind]), event.accept.get("value", [value])
        if kind in ("ip", "ip-port"):
            server, port = event.flow[3], event.flow[4]
            shown = "[%s]:%d" % (server, port) if is_v6(server) else "%s:%d" % (server, port)
            kinds = event.accept.get("kind", ["ip", "ip-port"])
            values = sorted({value, server, shown, "%s %d" % (server, port)} | set(values))
        numbers = [] if event.mechanism in SILENT + ACTED else \
            [n for n, _ in self.forged.get(event, ())]
        cause = [n for n, _, p in self.frames_of(event) if p is event.cause]
        more = {} if not event.residual else {
            "residual": dict(zip(("tuple", "seconds"), event.residual))}
        return {**more, "mechanism": event.mechanism, "mechanism_accept": event.accept.get(
                    "mechanism", [event.mechanism]),
                "trigger": {"kind": kind, "value": value, "kind_accept": kinds,
                            "value_accept": values, "scored": event.accept.get("scored", True)},
                "stage": event.stage, "stage_accept": event.accept.get("stage", sorted(
                    {event.stage, "datagram"} if event.stage == "dns" else {event.stage})),
                "direction": said, "direction_accept": ways, "also": ALSO[event.mechanism],
                "flow": key_text(event.flow), "injected": numbers, "trigger_frames": cause,
                "dropped": [n for n, _, p in self.frames_of(event) if p in event.dropped],
                "ambiguous": False, "why": "", "rule": self.lab.name, "proof": "P",
                "min_confidence": event.accept.get("min_confidence", LIKELY)}

    def flow(self, f):
        frames = [x for x in self.frames.get(f["key"], ()) if self.within(f, x[1])]
        if not frames:
            return None
        events = [e for e in self.lab.box.events if e.flow == f["key"] and self.within(f, e.time)]
        shown = [e for e in events if self.visible(e)]
        why = f["ambiguous"] or ("what was done to it is not in this capture"
                                 if events and not shown else "")
        result = f["app"].result
        if shown:
            outcome, accept = "interfered", ["interfered"]
            if f["key"][0] == "udp" or "ok" == result:
                accept.append("ok")
            if any(e.accept.get("min_confidence", LIKELY) < LIKELY for e in shown):
                accept.append("failed")
        elif result == "ok" and not events:
            outcome, accept = "ok", ["ok", "partial"]
            if self.lab.tap.stop is not None:
                accept.append("failed")
        else:
            outcome = "refused" if result in ("refused", "reset") else "failed"
            accept = ["failed", "ok", "partial", "refused"]
        return {"flow": key_text(f["key"]), "names": f["names"], "first": frames[0][0],
                "last": frames[-1][0], "t_first": EPOCH + frames[0][1] / 1e6,
                "t_last": EPOCH + frames[-1][1] / 1e6, "outcome": outcome,
                "outcome_accept": accept, "findings": [self.finding(e) for e in shown],
                "ambiguous": bool(why), "why": why, "aliases": [], "benign": not events,
                "application": f.get("application"), "of": f.get("of"), "in_vain": f.get("in_vain", False),
                "untold": f.get("untold")}

    def document(self, file, kind):
        """The truth of a labelled capture."""
        flows = [t for t in map(self.flow, self.lab.flows) if t]
        flows.sort(key=lambda t: t["first"])
        forged = sorted(n for e, l in self.forged.items() if e.mechanism not in ACTED
                        for n, _ in l)
        place = self.lab.tap.place
        doc = {"file": file, "set": "lab", "split": "dev", "scenario": self.lab.name,
               "class": "interference" if any(t["findings"] for t in flows) else "control",
               "vantage": place if place in ("client", "server") else "path", "tap": "lab",
               "transform": "onedir" if self.lab.tap.only else None, "link": "1",
               "format": kind.split(".")[0], "frames": len(self.records), "truncated": False,
               "notes": "", "forged": forged, "flows": flows}
        if self.lab.tap.only:
            doc["class"] = "one-way"
        return doc


def functions(flows, sure=0):
    """What of each service worked: of the flows that are for it, as many as this capture tells. sure:
    what cannot be told so surely from an innocent failure counts as one."""
    seen = {}
    for t in flows:
        if t["of"]:
            service, function = t["of"]
            done = any(f["min_confidence"] >= sure for f in t["findings"])
            how = "interfered" if done else \
                "ok" if t["outcome"] == "ok" and not t["in_vain"] else "failed"
            seen.setdefault(service, {}).setdefault(function, set()).add(how)
    return {service: {function: "impaired" if {"interfered", "ok"} <= how else
                      "blocked" if "interfered" in how else "reachable" if "ok" in how else "unclear"
                      for function, how in sorted(each.items())} for service, each in sorted(seen.items())}


def services(flows):
    """The states that a report must tell, and what it may say instead where it cannot be sure."""
    all_of_it, sure = functions(flows), functions(flows, LIKELY)
    out = {"services": all_of_it} if all_of_it else {}
    if sure != all_of_it:
        out["services_accept"] = sure
    for service, function, why in (t["untold"] for t in flows if t["untold"]):
        out.setdefault("untold", {}).setdefault(service, {})[function] = why
    return out


def sample(lab, name, what, group, kind):
    """The expectation beside one of the project's own captures."""
    doc = Writer(lab).document(name, kind)
    findings = []
    for flow in doc["flows"]:
        for f in flow["findings"]:
            findings.append({k: v for k, v in f.items() if k not in
                             ("ambiguous", "why", "rule", "proof")})
    flows = [{k: t[k] for k in ("flow", "names", "first", "last", "outcome", "outcome_accept",
                                "ambiguous")} for t in doc["flows"]]
    for f, t in zip(flows, doc["flows"]):
        f.update({k: t[k] for k in ("application", "of") if t[k]})
    return {"what": what, "how": "captures/make.py " + name, "class": group,
            "vantage": doc["vantage"], "frames": doc["frames"], "forged": doc["forged"],
            "quiet": not findings, "findings": findings, "flows": flows,
            **services(doc["flows"])}
