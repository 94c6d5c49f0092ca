#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""check_schema.py DUMP_REPORT SCHEMA [TOOL CAPTURES]: holds reports against docs/report.schema.json.

The reports are the samples of tests/sample_reports.c and, where TOOL is given, those about the
files of the folder CAPTURES. Names and words are checked with the standard library alone; all the
rest with python3-jsonschema (exit 77, skipped, where that is missing).
"""
import copy
import json
import os
import re
import subprocess
import sys
import warnings

SAMPLES = ["none", "empty", "one", "several", "ipv6", "many", "hostile", "markup", "flows"]


def run(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.decode("utf-8"))


def reports(dump, tool, folder):
    for name in SAMPLES:
        yield name, run([dump, name, "json"])
    for name in sorted(os.listdir(folder)) if tool else []:
        if re.search(r"\.pcap(ng)?(\.gz|\.zst)?$", name):
            yield name, run([tool, "analyze", "-q", "--flows", "--format", "json", os.path.join(folder, name)])


def resolve(schema, part):
    while "$ref" in part:
        at = schema
        for step in part["$ref"].lstrip("#/").split("/"):
            at = at[step]
        part = at
    return part


def names(schema, part, value, path):
    """Yields what a report lacks or says in other words; required, const and enum only."""
    part = resolve(schema, part)
    if "const" in part and value != part["const"]:
        yield "%s is %r, not %r" % (path, value, part["const"])
    if "enum" in part and value not in part["enum"]:
        yield "%s is %r, not one of %s" % (path, value, ", ".join(part["enum"]))
    if isinstance(value, dict):
        for name in part.get("required", ()):
            if name not in value:
                yield "%s lacks %s" % (path, name)
        for name, below in value.items():
            if name in part.get("properties", {}):
                yield from names(schema, part["properties"][name], below, path + "." + name)
            elif part.get("additionalProperties", True) is False:
                yield "%s has %s, which nothing speaks of" % (path, name)
    if isinstance(value, list):
        for i, below in enumerate(value):
            yield from names(schema, part.get("items", {}), below, "%s[%d]" % (path, i))


def damaged(report):
    """Reports with one thing wrong, which a check must see. The flag: names suffice to see it."""
    def change(seen_by_names, do):
        copied = copy.deepcopy(report)
        do(copied)
        return seen_by_names, copied

    yield change(True, lambda r: r.pop("limits"))
    yield change(True, lambda r: r["findings"][0].pop("verdict"))
    yield change(True, lambda r: r["findings"][0].update(mechanism="reset"))
    yield change(True, lambda r: r["findings"][0]["flow"]["client"].pop("port"))
    yield change(True, lambda r: r["findings"][0]["trigger"].update(extra=1))
    yield change(False, lambda r: r["findings"][0].update(verdict="possible"))
    yield change(False, lambda r: r["findings"][0].update(confidence=97))
    yield change(False, lambda r: r["findings"][0].update(frames=[]))
    yield change(False, lambda r: r["captures"][0].update(first="yesterday"))
    yield change(False, lambda r: r["summary"].update(flows=-1))


def main():
    dump, schema_file = sys.argv[1:3]
    tool, folder = sys.argv[3:5] if len(sys.argv) > 4 else (None, None)
    with open(schema_file, encoding="utf-8") as f:
        schema = json.load(f)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import jsonschema
        jsonschema.Draft202012Validator.check_schema(schema)
        full = jsonschema.Draft202012Validator(schema)
    except ImportError:
        full = None
    wrong, count = 0, 0
    for name, report in reports(dump, tool, folder):
        problems = list(names(schema, schema, report, "report"))
        if full:
            problems += ["%s: %s" % (e.json_path, e.message[:300]) for e in full.iter_errors(report)]
        for problem in problems:
            print("%s: %s" % (name, problem))
        wrong += len(problems)
        count += 1
    for i, (by_names, report) in enumerate(damaged(run([dump, "one", "json"]))):
        if by_names and not list(names(schema, schema, report, "report")):
            print("damage %d is not seen by the check of names" % i)
            wrong += 1
        if full and full.is_valid(report):
            print("damage %d is not seen by the schema" % i)
            wrong += 1
    print("%d reports, %d problems" % (count, wrong))
    if wrong:
        return 1
    if not full:
        print("only names were checked: python3-jsonschema is missing")
        return 77
    return 0


if __name__ == "__main__":
    sys.exit(main())
