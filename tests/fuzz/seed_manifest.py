#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the seeds of fuzz_manifest: the smallest manifest, and what is nearly one."""
import hashlib
import json
import pathlib

HERE = pathlib.Path(__file__).parent / "corpus" / "manifest"
HERE.mkdir(exist_ok=True)


def manifest(**changes):
    m = {"format": "tamperscope-case", "format_version": 1,
         "tool": {"name": "tamperscope", "version": "1"}, "libraries": {"a": "1"},
         "fingerprints_sha256": "0" * 64, "services_sha256": None,
         "options": {"filter": None, "min_confidence": 0.3, "fingerprints": None, "lists": [],
                     "redact": False, "key": False, "keep_names": []},
         "command": [], "command_sha256": "", "meta": {"who": "me"}, "notes": ["n"],
         "originals": [{"file": "a.pcap", "size": 1, "sha256": "1" * 64, "sha512": "2" * 128}],
         "files": [{"file": "report.txt", "size": 2, "sha256": "3" * 64}], "signature": None}
    m.update(changes)
    o, words = m["options"], ["tamperscope", "case"]
    if o["filter"] is not None:
        words += ["--filter", o["filter"]]
    words += ["--min-confidence", "%.15g" % o["min_confidence"]]
    if o["fingerprints"] is not None:
        words += ["--fingerprints", o["fingerprints"]]
    for name in o["lists"]:
        words += ["--fingerprints", name]
    words += ["--redact"] if o["redact"] else []
    words += ["--key", "key"] if o["key"] else []
    for name in o["keep_names"]:
        words += ["--keep-name", name]
    words += ["-o", "case", "--"] + [x["file"] for x in m["originals"]]
    m["command"] = words
    m["command_sha256"] = hashlib.sha256(b"".join(w.encode() + b"\0" for w in words)).hexdigest()
    return json.dumps(m, separators=(",", ":"), ensure_ascii=False).encode()


def write(name, b):
    (HERE / name).write_bytes(b)


OPTIONS = {"filter": "tcp 'x'", "min_confidence": 0.123456789012345678 + 0.3, "fingerprints": "f",
           "lists": ["a.csv", "b.csv"], "redact": True, "key": True, "keep_names": ["x.y", "z"]}
ORIGINAL = {"file": "a.pcap", "size": 1, "sha256": "1" * 64, "sha512": "2" * 128,
            "redacted": {"size": 1, "sha256": "4" * 64}}
write("smallest", manifest())
write("options", manifest(options=OPTIONS, originals=[ORIGINAL]))
write("not-redacted", manifest(options=OPTIONS))
write("signed", manifest(signature="Ed25519"))
write("way-out", manifest(files=[{"file": "../x", "size": 2, "sha256": "3" * 64}]))
write("twice", manifest(files=[{"file": "a", "size": 2, "sha256": "3" * 64}] * 2))
write("sorted", manifest(files=[{"file": n, "size": 2, "sha256": "3" * 64} for n in "cab"],
                         meta={"z": "1", "a": "2", "m": "3"}))
write("nothing", b"{}")
write("cut", manifest()[:-40])
write("stamp-refused", b"T\x30\x05\x30\x03\x02\x01\x02")
write("stamp-granted", b"T\x30\x05\x30\x03\x02\x01\x00")
write("stamp-token", b"T\x30\x1c\x30\x03\x02\x01\x00\x30\x15\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
      b"\xa0\x08\x30\x06\x02\x01\x03\x31\x00\x30\x00")
