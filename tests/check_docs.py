#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds what the documents show against what the program says.

check_docs.py TOOL FILE...            each block that begins with "$ tamperscope ..." is run
check_docs.py --bless TOOL FILE...    writes down what it says now
check_docs.py --self-test TOOL FILE   damages what FILE shows, and sees that it is noticed

A block is fenced by ```. It may hold several commands, each behind "$ "; the lines that follow
are what the program must print, "| head -n N" the first N of them. They are run in the folder of the
source."""
import difflib
import os
import shlex
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROMPT = "$ tamperscope "
TIMEOUT = 120           # seconds; sanitizers are slow


def said(tool, line):
    """What the program prints, both streams, as lines."""
    command, _, head = line[len(PROMPT):].partition(" | head -n ")
    words = [tool] + shlex.split(command)
    r = subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=TIMEOUT,
                       env=dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC"))
    if r.returncode != 0:       # never to be written into a document
        sys.exit("%s\nexit status %d: %s" % (r.stdout.decode("utf-8", "replace"), r.returncode, line))
    lines = r.stdout.decode("utf-8", "replace").splitlines()
    return lines[:int(head)] if head else lines


def true_block(tool, block):
    """A block as it should be; the same if it shows no command of ours."""
    if not block or not block[0].startswith(PROMPT):
        return block
    out = []
    for line in block:
        if line.startswith(PROMPT):
            out += [line] + said(tool, line)
    return out


def true_document(tool, lines):
    """(the document as it should be, how many commands it shows)"""
    out, block, count = [], None, 0
    for line in lines:
        if line.startswith("```"):
            if block is None:
                block = []
            else:
                out += true_block(tool, block)
                count += sum(x.startswith(PROMPT) for x in block)
                block = None
            out.append(line)
        elif block is None:
            out.append(line)
        else:
            block.append(line)
    return out + (block or []), count


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read().splitlines()


def self_test(tool, path):
    lines = read(path)
    true, count = true_document(tool, lines)
    if count == 0:
        return "%s shows nothing" % path
    at = next(i for i, line in enumerate(true) if line.startswith(PROMPT)) + 1
    if true[at].startswith("```"):
        return "%s shows a command that prints nothing" % path
    for name, hurt in (("changed", true[:at] + [true[at] + "."] + true[at + 1:]),
                       ("left out", true[:at] + true[at + 1:]),
                       ("added", true[:at] + ["All is well."] + true[at:])):
        if true_document(tool, hurt)[0] == hurt:
            return "a line that was %s is not noticed" % name
    return None


def main():
    words = sys.argv[1:]
    mode = words.pop(0) if words and words[0].startswith("--") else ""
    if mode not in ("", "--bless", "--self-test") or len(words) < 2:
        sys.exit(__doc__)
    tool, bad = os.path.abspath(words[0]), 0
    for path in words[1:]:
        if mode == "--self-test":
            trouble = self_test(tool, path)
            print(trouble or "every damage is noticed")
            bad += bool(trouble)
            continue
        lines = read(path)
        true, count = true_document(tool, lines)
        if mode == "--bless" and true != lines:
            with open(path, "w", encoding="utf-8") as f:
                f.write("\n".join(true) + "\n")
        elif true != lines:
            print("\n".join(difflib.unified_diff(lines, true, path, "what the program says",
                                                 lineterm="", n=2)))
            print("If the program is right: tests/check_docs.py --bless TOOL %s" % path)
            bad += 1
        if count == 0:
            print("%s: shows no command, so nothing was compared" % path)
            bad += 1
        print("%s: %d commands" % (path, count))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
