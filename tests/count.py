#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts what meson says of a test run: count.py TESTLOG

TESTLOG is meson-logs/testlog.json. Why tests were skipped and which failed is told first; the last
line is "N passed, N failed", with ", N skipped" behind it if any were. Exit status 1 if a test
failed, or if none passed: a run that tried nothing proves nothing."""
import json
import sys

PASSED = ("OK", "EXPECTEDFAIL")


def reason(test):
    """The last thing that a skipped test said."""
    said = (test.get("stdout") or "").strip() or (test.get("stderr") or "").strip()
    return said.splitlines()[-1] if said else "it does not say why"


def main():
    passed, failed, skipped = 0, [], []
    try:
        with open(sys.argv[1], encoding="utf-8", errors="replace") as f:
            tests = [json.loads(line) for line in f if line.strip()]
    except (OSError, ValueError) as e:
        print("no result of any test: %s" % e)
        tests = []
    for test in tests:
        if test["result"] in PASSED:
            passed += 1
        elif test["result"] == "SKIP":
            skipped.append(test)
        else:
            failed.append(test)
    for test in skipped:
        print("skipped: %s: %s" % (test["name"], reason(test)))
    for test in failed:
        print("failed: %s: %s" % (test["name"], test["result"]))
    print("%d passed, %d failed%s" % (
        passed, len(failed), ", %d skipped" % len(skipped) if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
