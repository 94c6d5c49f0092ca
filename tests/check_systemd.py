#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit for systemd is well made, and leaves little to whoever takes over the process.

check_systemd.py TOOL FOLDER

Skipped where there is no systemd-analyze, or an old one."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
# Exposure in tenths, as systemd 252 counts it. What is left: packets are captured (network, AF_PACKET and
# the right to it), and libpcap asks the interface (AF_UNIX, AF_NETLINK).
EXPOSURE_MOST = 12
INSTANCES = ("eth0", "br-lan", "any")


def run(*command):
    return subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)


def main():
    tool, folder = map(os.path.abspath, sys.argv[1:3])
    if not shutil.which("systemd-analyze"):
        print("skipped: no systemd-analyze")
        return SKIPPED
    with open(os.path.join(folder, "tamperscope@.service"), encoding="utf-8") as f:
        unit = f.read()
    exec_start = re.search(r"^ExecStart=tamperscope (.*)$", unit, re.M).group(1)
    wrong = []
    with tempfile.TemporaryDirectory() as work:
        # It is not installed here: name the one that was built.
        here = unit.replace("ExecStart=tamperscope ", "ExecStart=%s " % tool)
        for instance in INSTANCES:
            path = os.path.join(work, "tamperscope@%s.service" % instance)
            with open(path, "w", encoding="utf-8") as f:
                f.write(here)
            r = run("systemd-analyze", "verify", "--man=no", path)
            if r.returncode or r.stdout.strip():
                wrong.append("verify %s: %s" % (instance, r.stdout.strip()))
        r = run("systemd-analyze", "security", "--offline=true", "--no-pager",
                "--threshold=%d" % EXPOSURE_MOST, path)
        if "unrecognized option" in r.stdout:
            print("skipped: systemd-analyze is too old to look at files")
            return SKIPPED
        if r.returncode:
            wrong.append(r.stdout)
        print(r.stdout.strip().splitlines()[-1])
        # Are the options that it gives still options?
        options = [w for w in exec_start.split() if w.startswith("--")]
        known = run(tool, "live", "--help").stdout
        wrong += ["%s is no option" % o for o in options if not re.search(re.escape(o) + r"\b", known)]
    if shutil.which("systemd-sysusers"):
        r = run("systemd-sysusers", "--dry-run", os.path.abspath(os.path.join(folder, "tamperscope.conf")))
        if r.returncode and "unrecognized option" not in r.stdout:
            wrong.append("sysusers: %s" % r.stdout)
    for line in wrong:
        print("check_systemd: %s" % line)
    return bool(wrong)


sys.exit(main())
