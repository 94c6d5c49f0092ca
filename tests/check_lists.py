#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds the lists in the documents against the source: the caps in docs/architecture.md, and the
evidence in docs/confidence.md.

check_lists.py SOURCE           names, numbers and files must agree, and each cap has a reason
check_lists.py --bless SOURCE   writes the lists anew, with the words that stand in the source
check_lists.py --self-test      plants offences and sees that they are found

A cap is a #define of src/ or dissectors/ that ends in _MAX, _MOST, _LARGEST, _DEPTH or _SLOTS, or
is named in ALSO. Its reason is the comment before it (or before the one above it) or behind it.
Evidence is what src/weights.c has rows for. Its weights are not told: a fit changes them."""
import os
import re
import sys
import tempfile
import textwrap

ALSO = {"TRACE_HEAD", "TRACE_TAIL", "TRACE_ODD", "TRACE_WEAK", "KEPT_BYTES", "KEPT_WALK", "HASH_BYTES",
        "KEEP_BYTES", "WAIT_NSEC", "WINDOW", "LEND_BUFFER", "FACTS_PART", "RESIDUAL_MAX"}
FAMILIES = ("prior", "time", "header", "sequence", "after", "content", "silence", "rate", "context", "control")
# Sizes of texts: nothing is left out because of them.
TEXTS = {"ADDR_TEXT_MAX", "TIME_TEXT_MAX", "COMMUNITY_ID_MAX", "LINK_NAME_MAX", "PROTOCOL_MAX",
         "PRINTABLE_MAX"}
# Reasons of caps beside which the source has none, or that of its neighbour.
REASONS = {
    "PENDING_MAX": "Suspicions of one flow: one for each detector; more are counted and dropped.",
    "MATCHES_MAX": "Fingerprints that may fit one flow. Specific ones drive out generic ones of the "
                   "same mechanism, so that few are left.",
    "ANSWERS_MAX": "Answers of resolvers that are compared with each other, the first of the capture.",
    "LIMITS_MAX": "Sentences about what a capture cannot show: a few of each kind.",
}
CAP = re.compile(r"#define\s+([A-Z][A-Z0-9_]*)\s+(.+)")
ENDS = re.compile(r"(_MAX|_MOST|_LARGEST|_DEPTH|_SLOTS|_MAX_DEFAULT)$")
BEGIN, END = "<!-- caps: tests/check_lists.py --bless writes these -->", "<!-- end of caps -->"
EVIDENCE = re.compile(r'\{"([a-z0-9_.-]+)", FAMILY_([A-Z]+), (-?[0-9.]+),\s*"((?:[^"]|"\s+")*)"\}')
E_BEGIN = "<!-- evidence: tests/check_lists.py --bless writes these -->"
E_END = "<!-- end of evidence -->"
ENTRY = re.compile(r"^- `([A-Z0-9_]+)` = `(.+?)` \(`(.+?)`\)")


def caps_of(text):
    """[(name, value, reason)] of one file."""
    found, reason, comment = [], "", None
    for line in text.splitlines():
        if comment is not None:
            comment += " " + line.strip().lstrip("*").strip()
            if "*/" in line:
                reason, comment = comment.split("*/")[0].strip(), None
            continue
        if line.startswith("/*"):
            body = line[2:].strip()
            if "*/" in body:
                reason = body.split("*/")[0].strip()
            else:
                comment = body
            continue
        m = CAP.match(line)
        if not m:
            reason = reason if line.startswith("#") else ""
            continue
        value, _, behind = m.group(2).partition("/*")
        behind = behind.split("*/")[0].strip()
        name = m.group(1)
        if (ENDS.search(name) or name in ALSO) and name not in TEXTS:
            found.append((name, value.strip(), REASONS.get(name) or behind or reason))
    return found


def caps(root):
    """[(name, value, file, reason)] by file"""
    out = []
    for folder in ("src", "dissectors"):
        for name in sorted(os.listdir(os.path.join(root, folder))):
            if not name.endswith((".c", ".h")):
                continue
            with open(os.path.join(root, folder, name), encoding="utf-8") as f:
                out += [(n, v, folder + "/" + name, r) for n, v, r in caps_of(f.read())]
    return out


def text_of(found):
    rows = []
    for name, value, file, reason in found:
        row = "- `%s` = `%s` (`%s`): %s" % (name, value, file, reason)
        rows.append("\n".join(textwrap.wrap(row, 100, subsequent_indent="  ", break_long_words=False,
                                            break_on_hyphens=False)))
    return "\n".join(rows)


def check(found, document):
    told = {(m.group(1), m.group(2), m.group(3)) for m in map(ENTRY.match, joined(document)) if m}
    there = {(n, v, f) for n, v, f, _ in found}
    out = ["%s: %s has no reason beside it" % (f, n) for n, _, f, r in found if not r]
    out += ["%s: %s = %s is not in docs/architecture.md" % (f, n, v) for n, v, f in sorted(there - told)]
    out += ["docs/architecture.md tells %s = %s of %s, which is not so" % x for x in sorted(told - there)]
    return out


def joined(document):
    """The entries of the list, each on one line again."""
    body = document.split(BEGIN)[-1].split(END)[0]
    return re.sub(r"\n  +", " ", body).splitlines()


def evidence_of(text):
    """[(family, name, "for" or "against", words)] in the order of the table"""
    return [(family.lower(), name, "against" if float(weight) < 0 else "for",
             re.sub(r'"\s+"', "", words)) for name, family, weight, words in EVIDENCE.findall(text)]


def evidence_text(found):
    out, last = [], None
    for family, name, speaks, words in sorted(found, key=lambda e: FAMILIES.index(e[0])):
        if family != last:
            out += ["", "**%s**" % family, ""]
            last = family
        out.append("- `%s` (%s): %s" % (name, speaks, words))
    return "\n".join(out[1:])


def replaced(document, begin, end, body):
    if begin not in document or end not in document:
        sys.exit("check_lists.py: no %s" % begin)
    return document.split(begin)[0] + begin + "\n" + body + "\n" + end + document.split(end)[1]


def evidence_offences(found, document):
    told = document.split(E_BEGIN)[-1].split(E_END)[0].strip()
    if not found:
        return ["src/weights.c: no evidence was found"]
    true = evidence_text(found)
    return ["docs/confidence.md: %s" % line for line in sorted(
        {"says %s" % x for x in told.splitlines()} ^ {"says %s" % x for x in true.splitlines()})]


def self_test():
    source = "/* Why. */\n#define ROWS_MAX 7\n#define MORE_MAX (1 << 3) /* because */\nint x;\n"
    bare = source + "#define BARE_MAX 9\n"
    listed = BEGIN + "\n" + text_of([(n, v, "src/a.c", r) for n, v, r in caps_of(source)]) + "\n" + END
    bad = 0
    for what, text, document, word in (
            ("a clean tree", source, listed, ""),
            ("a cap without a reason", bare, listed, "no reason"),
            ("a cap that is not told", bare, listed, "not in docs"),
            ("another number", source, listed.replace("`7`", "`8`"), "not so"),
            ("a cap that is gone", "int x;\n", listed, "not so")):
        with tempfile.TemporaryDirectory() as root:
            for folder in ("src", "dissectors"):
                os.mkdir(os.path.join(root, folder))
            with open(os.path.join(root, "src", "a.c"), "w", encoding="utf-8") as f:
                f.write(text)
            said = "\n".join(check(caps(root), document))
        if (word not in said) if word else said:
            print("self-test: %s: %s" % (what, said or "nothing was found"))
            bad += 1
    row = '{"time.early", FAMILY_TIME, 4.0,\n     "it came "\n     "early"},'
    shown = E_BEGIN + "\n" + evidence_text(evidence_of(row)) + "\n" + E_END
    for what, table, document, word in (
            ("evidence as told", row, shown, ""),
            ("evidence that is not told", row + row.replace("early", "late"), shown, "time.late"),
            ("evidence that speaks for the other side", row.replace("4.0", "-4.0"), shown, "against"),
            ("a table that cannot be read", "", shown, "no evidence")):
        said = "\n".join(evidence_offences(evidence_of(table), document))
        if (word not in said) if word else said:
            print("self-test: %s: %s" % (what, said or "nothing was found"))
            bad += 1
    print("self-test: %s" % ("%d wrong" % bad if bad else "every planted offence was found"))
    return 1 if bad else 0


def main():
    words = sys.argv[1:]
    if words == ["--self-test"]:
        return self_test()
    bless = words[:1] == ["--bless"]
    if len(words) != 1 + bless:
        sys.exit(__doc__)
    root, offences = words[-1], []
    found = caps(root)
    with open(os.path.join(root, "src", "weights.c"), encoding="utf-8") as f:
        evidence = evidence_of(f.read())
    for name, begin, end, body, offending in (
            ("architecture.md", BEGIN, END, text_of(found), lambda d: check(found, d)),
            ("confidence.md", E_BEGIN, E_END, evidence_text(evidence),
             lambda d: evidence_offences(evidence, d))):
        path = os.path.join(root, "docs", name)
        with open(path, encoding="utf-8") as f:
            document = f.read()
        if bless:
            document = replaced(document, begin, end, body)
            with open(path, "w", encoding="utf-8") as f:
                f.write(document)
        offences += offending(document)
    for o in offences:
        print(o)
    if offences and not bless:
        print("If the source is right: tests/check_lists.py --bless .")
    print("%d caps, %d kinds of evidence, %d offences" % (len(found), len(evidence), len(offences)))
    return 1 if offences or not found else 0


if __name__ == "__main__":
    sys.exit(main())
