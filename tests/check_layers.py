#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds the includes of src/ and dissectors/ against the order of the stages in meson.build.

check_layers.py SOURCE      check a tree
check_layers.py --self-test plant offences and see that they are found

A file may include its own header and those of earlier stages; a dissector those of a stage before
'dissect' or of helpers that know no flows; headers never include each other in a circle. HOME says
where a header without a .c file belongs, ALLOWED what may look forward and why. An entry that
nothing needs any more is an offence, too."""
import os
import re
import sys
import tempfile

# Headers whose stage is not that of the .c file of the same name, and why.
HOME = {
    "config": "base",           # made by meson
    "packet": "cursor", "fact": "cursor",       # words that all stages share
    "leb128": "base",           # numbers as bytes
    "walk": "link",             # where the decoder stands
    "lane": "reassemble",       # the reassembler's inside, which lane.c is a part of
    "flow": "kept",             # struct flow: what kept, trace and flow work on
    "flow_table": "trace",      # likewise
    "dissect_engine": "dissect",
    "servicedb": "services",    # the database, which its reader shares
    "finding": "lists",         # fingerprints speak of mechanisms
    "fingerprint": "lists", "fpdb": "lists",    # the database, which the fp files share
    "reframe_parts": "reframe_link", "reframe": "reframe_link",     # what its parts share
    "redact_parts": "redact_learn", "redact": "redact_learn",       # likewise
    "detect": "look",
    "correlate": "candidate",   # what is correlated, which correlate_dns.c shares
    "report": "rows",           # what rows and targets fill and writers read
    "report_parts": "report",
    "history_parts": "history", # what its two files share
    "options": "options_table", # what the table describes
    "compare": "compare_read",  # what its parts share
    "jsonparts": "report_text",
    "case_outputs": "case_redact",  # where outputs go, redaction.json too
    "verify_parts": "verify",   # what its two halves share
}
# (file, header): why this one may look forward.
ALLOWED = {
    ("src/flow_table.c", "dissect_engine"): "a flow that ends frees what dissectors keep of it",
}


def stages_of(text):
    """(stages, dissectors) as meson.build names them."""
    def words(name):
        block = re.search(r"^%s = \[(.*?)\]" % name, text, re.M | re.S)
        return re.findall(r"'([^']*)'", block.group(1)) if block else []
    return words("stages"), words("dissectors")


def includes_of(path):
    with open(path, encoding="utf-8") as f:
        return re.findall(r'^\s*#\s*include\s*"([^"]+)\.h"', f.read(), re.M)


def sources(root):
    """file -> headers that it includes, without .h"""
    found = {}
    for folder in ("src", "dissectors"):
        for name in sorted(os.listdir(os.path.join(root, folder))):
            if name.endswith((".c", ".h")):
                found[folder + "/" + name] = includes_of(os.path.join(root, folder, name))
    return found


def circle(graph):
    """A circle of headers as a list, or None."""
    done = set()
    for start in sorted(graph):
        path, todo = [], [(start, 0)]
        while todo:
            name, depth = todo.pop()
            del path[depth:]
            if name in path:
                return path[path.index(name):] + [name]
            if name in done:
                continue
            path.append(name)
            below = [h for h in graph.get(name, ()) if h in graph]
            if below:
                todo += [(h, depth + 1) for h in below]
        done |= reach(graph, start)
    return None


def reach(graph, start):
    """What start includes, directly or not, itself too."""
    seen, todo = set(), [start]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += [h for h in graph.get(name, ()) if h in graph]
    return seen


def check(root, home=None, allowed=None):
    """All offences, in words."""
    home = HOME if home is None else home
    allowed = ALLOWED if allowed is None else allowed
    with open(os.path.join(root, "meson.build"), encoding="utf-8") as f:
        stages, _ = stages_of(f.read())
    place = {name: i for i, name in enumerate(stages)}
    place["main"] = len(stages)
    files, out, used = sources(root), [], set()

    def where(name):
        return place.get(home.get(name, name))

    for file, headers in files.items():
        name = os.path.splitext(os.path.basename(file))[0]
        own = where(name) if file.endswith(".h") else \
            place.get("dissect" if file.startswith("dissectors/") else name)
        if own is None:
            out.append("%s: belongs to no stage of meson.build, and HOME does not name it" % file)
            continue
        for h in headers:
            if h == name and file.startswith("src/"):
                continue
            there = where(h)
            if there is None:
                out.append("%s: %s.h belongs to no stage" % (file, h))
            elif file.startswith("dissectors/") and there > own and knows_flows(files, h):
                out.append("%s: %s.h knows more than dissectors may" % (file, h))
            elif file.startswith("dissectors/"):
                continue
            elif there > own and (file, h) in allowed:
                used.add((file, h))
            elif there > own:
                out.append("%s: includes %s.h of the later stage '%s'" % (
                    file, h, stages[there] if there < len(stages) else "main"))
    out += ["ALLOWED: nothing needs %s -> %s.h any more" % x for x in sorted(set(allowed) - used)]
    ring = circle(header_graph(files))
    if ring:
        out.append("a circle: " + " -> ".join(h + ".h" for h in ring))
    return out


def knows_flows(files, header):
    """Whether a helper brings in more of flows and what follows them than dissect.h does."""
    graph = header_graph(files)
    return "flow" in reach(graph, header) and "dissect" not in reach(graph, header)


def header_graph(files):
    return {os.path.basename(f)[:-2]: hs for f, hs in files.items() if f.endswith(".h")}


# --- self-test ---

PLANTED = {
    "meson.build": "dissectors = ['x']\nstages = ['base', 'flow', 'dissect',\n  'help', 'report']\n",
    "src/base.h": "", "src/flow.h": '#include "base.h"\n',
    "src/flow.c": '#include "flow.h"\n#include "base.h"\n',
    "src/dissect.h": '#include "flow.h"\n', "src/help.h": '#include "base.h"\n',
    "src/report.h": '#include "flow.h"\n', "dissectors/x.c": '#include "dissect.h"\n#include "help.h"\n',
    "src/main.c": '#include "report.h"\n',
}


def offences_of(changes, allowed=None):
    with tempfile.TemporaryDirectory() as root:
        for file, text in {**PLANTED, **changes}.items():
            os.makedirs(os.path.dirname(os.path.join(root, file)), exist_ok=True)
            with open(os.path.join(root, file), "w", encoding="utf-8") as f:
                f.write(text)
        return "\n".join(check(root, {}, allowed or {}))


def self_test():
    bad = 0
    forward = {"src/flow.c": '#include "report.h"\n'}
    for what, said, word in (
            ("a clean tree", offences_of({}), ""),
            ("a look forward", offences_of(forward), "later stage 'report'"),
            ("a look forward that is allowed", offences_of(forward, {("src/flow.c", "report"): "x"}), ""),
            ("an exception without use", offences_of({}, {("src/flow.c", "report"): "x"}), "nothing needs"),
            ("a file of no stage", offences_of({"src/stray.c": ""}), "no stage"),
            ("a header of no stage", offences_of({"src/main.c": '#include "lost.h"\n'}), "no stage"),
            ("a dissector that knows reports",
             offences_of({"dissectors/x.c": '#include "report.h"\n'}), "knows more"),
            ("a circle", offences_of({"src/base.h": '#include "flow.h"\n'}), "a circle: ")):
        if (word not in said) if word else said:
            print("self-test: %s: %s" % (what, said or "nothing was found"))
            bad += 1
    print("self-test: %s" % ("%d wrong" % bad if bad else "every planted offence was found"))
    return 1 if bad else 0


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if sys.argv[1] == "--self-test":
        return self_test()
    offences = check(sys.argv[1])
    for o in offences:
        print(o)
    print("%d offences" % len(offences))
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
