#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit for systemd is well made, lets the program do what it must, and leaves little to whoever takes
over the process.

check_systemd.py TOOL SOURCE

Skipped where there is no systemd-analyze, or an old one."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
# Exposure in tenths, as systemd 252 counts it. What is left: packets are captured (network, AF_PACKET and
# the right to it), libpcap asks the interface (AF_UNIX, AF_NETLINK), the right is given up (capset), and looks yield to capturing (setpriority).
EXPOSURE_MOST = 14
# What it takes to get as far as the program's own filter of system calls; as strace tells.
TO_BEGIN = {"execve", "arch_prctl", "set_tid_address", "prlimit64", "prctl", "capget", "capset", "seccomp",
            "socket", "bind", "setsockopt", "eventfd2", "fstatfs", "flock", "sysinfo", "getppid"}
INSTANCES = ("eth0", "br-lan", "any")


def run(*command):
    return subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)


def calls_of(word):
    """The system calls of a set such as @ipc."""
    if not word.startswith("@"):
        return {word}
    listed = run("systemd-analyze", "syscall-filter", "--no-pager", word).stdout
    words = [w.strip() for w in listed.splitlines()]
    return set().union(*(calls_of(w) for w in words if w and w != word and not w.startswith("#")))


def refused_calls(unit, source):
    """Which of the calls that the program's own filter lets through does the unit's refuse?"""
    allowed = calls_of("@default")
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit, re.M):
        calls = set().union(*map(calls_of, line.lstrip("~").split()))
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    with open(os.path.join(source, "src/safety.c"), encoding="utf-8") as f:
        needed = set(re.findall(r"SCMP_SYS\((\w+)\)", f.read()))
    return (needed | TO_BEGIN) - allowed


def main():
    tool, source = map(os.path.abspath, sys.argv[1:3])
    folder = os.path.join(source, "systemd")
    if not shutil.which("systemd-analyze"):
        print("skipped: no systemd-analyze")
        return SKIPPED
    with open(os.path.join(folder, "tamperscope@.service"), encoding="utf-8") as f:
        unit = f.read()
    exec_start = re.search(r"^ExecStart=tamperscope (.*)$", unit, re.M).group(1)
    wrong = ["SystemCallFilter= refuses %s" % call for call in sorted(refused_calls(unit, source))]
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
