#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases: the same captures give the same folder, and verify notices whatever was done to it.

check_case.py TOOL CAPTURES     run the checks
"""
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

TOOL = CAPTURES = WORK = None
FAILED = []
SKIPPED = []
PAIR = ("iran-reset.pcap", "rst-guessed-numbers.pcap")
CUSTODY = ["--note", "taken by hand", "--note", "second line\nwith \x1b[31m", "--meta", "who=Jane Doe",
           "--meta", "clock-offset=+0.3 s"]


def check(true, what, *more):
    if not true:
        FAILED.append(what)
        print("wrong: %s %s" % (what, " ".join(str(m) for m in more)))
    return true


def run(*words, cwd=None, env=None, stdin=subprocess.DEVNULL):
    r = subprocess.run([os.fsencode(w) for w in words], stdin=stdin, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, cwd=cwd, timeout=120,
                       env=dict(os.environ, **env) if env else None)
    check(b"Sanitizer" not in r.stderr and b"runtime error" not in r.stderr, "it is sound", words,
          r.stderr.decode("latin-1"))
    return r


def tool(*words, **more):
    return run(TOOL, *words, **more)


def at(*parts):
    return os.path.join(WORK, *parts)


def capture(name):
    return os.path.join(CAPTURES, name)


def make(folder, *words, **more):
    r = tool("case", "-o", folder, *words, **more)
    check(r.returncode == 0, "a case is made", words, r.stderr)
    return r


def verify(folder, *words, **more):
    """(status, output)"""
    r = tool("verify", folder, *words, **more)
    check(r.returncode in (0, 1), "verify ends well", r.returncode, r.stderr)
    return r.returncode, (r.stdout + r.stderr).decode("utf-8")


def lines(out, word):
    """What stands behind a word: names."""
    return [m.group(1) for m in re.finditer(r"(?m)^%s +(.*?)(: |$)" % word, out)]


def content(folder):
    return {n: open(os.path.join(folder, n), "rb").read() for n in sorted(os.listdir(folder))}


def copy(folder, name="copy"):
    shutil.rmtree(at(name), ignore_errors=True)
    shutil.copytree(folder, at(name), symlinks=True)
    return at(name)


def change(path, f):
    with open(path, "rb") as old:
        b = f(old.read())
    with open(path, "wb") as new:
        new.write(b)


def flip(b, place):
    return b[:place] + bytes([b[place] ^ 1]) + b[place + 1:]


def reseal(folder, manifest):
    """What a forger without the key would do: a new manifest, and new digests."""
    def dump(b):
        return json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n"
    change(os.path.join(folder, "manifest.json"), dump)
    # The query is the same but for the digest, which stands before certReq (RFC 3161, 2.4.1).
    digest = hashlib.sha256(content(folder)["manifest.json"]).digest()
    change(os.path.join(folder, "manifest.json.tsq"), lambda b: b[:-35] + digest + b[-3:])
    os.remove(os.path.join(folder, "SHA256SUMS"))
    listed = sorted(content(folder).items(), key=lambda x: (x[0].startswith("manifest"), x[0]))
    text = "".join("%s  %s\n" % (hashlib.sha256(b).hexdigest(), n) for n, b in listed)
    with open(os.path.join(folder, "SHA256SUMS"), "w", encoding="utf-8") as f:
        f.write(text)


def command_again(manifest):
    """The forger's next step: the command that the changed options would have."""
    o, words = manifest["options"], ["tamperscope", "case"]
    if o["filter"] is not None:
        words += ["--filter", o["filter"]]
    words += ["--min-confidence", "%.15g" % o["min_confidence"]]
    words += ["-o", "case", "--"] + [x["file"] for x in manifest["originals"]]
    manifest["command"] = words
    manifest["command_sha256"] = hashlib.sha256(
        b"".join(w.encode() + b"\0" for w in words)).hexdigest()


# --- made ---

def check_same():
    """Wherever it is made, from whatever path, in whatever order."""
    make(at("one"), *CUSTODY, *[capture(p) for p in PAIR])
    os.mkdir(at("elsewhere"))
    for name in PAIR:
        shutil.copy(capture(name), at("elsewhere", name))
    make("two", "--meta", "clock-offset=+0.3 s", *CUSTODY[:6], PAIR[1], "./" + PAIR[0],
         cwd=at("elsewhere"))
    check(content(at("one")) == content(at("elsewhere", "two")), "the same inputs, the same folder")
    out = make(at("three"), *CUSTODY, *[capture(p) for p in PAIR]).stdout.decode()
    digest = hashlib.sha256(content(at("three"))["manifest.json"]).hexdigest()
    check(out == "%s  manifest.json\n" % digest, "the manifest's digest is printed", out)
    report = json.loads(content(at("one"))["report.json"])
    check([c["file"] for c in report["captures"]] == list(PAIR), "reports name base names")
    check(all(c["sha256"] for c in report["captures"]), "reports have the originals' digests")
    check(b"\x1b" not in content(at("one"))["README.txt"], "notes do not talk to terminals")
    sums = run("sha256sum", "-c", "--strict", "SHA256SUMS", cwd=at("one"))
    names = {l.split(":")[0] for l in sums.stdout.decode().splitlines()}
    check(sums.returncode == 0, "sha256sum -c accepts SHA256SUMS", sums.stdout)
    check(names == set(os.listdir(at("one"))) - {"SHA256SUMS"}, "SHA256SUMS has all files", names)


def check_manifest():
    m = json.loads(content(at("one"))["manifest.json"])
    for o, name in zip(m["originals"], PAIR):
        b = open(capture(name), "rb").read()
        check(o == {"file": name, "size": len(b), "sha256": hashlib.sha256(b).hexdigest(),
                    "sha512": hashlib.sha512(b).hexdigest()}, "originals are told", o)
    for f in m["files"]:
        b = content(at("one"))[f["file"]]
        check((len(b), hashlib.sha256(b).hexdigest()) == (f["size"], f["sha256"]), f["file"])
    check(m["meta"] == {"who": "Jane Doe", "clock-offset": "+0.3 s"}, "meta is told", m["meta"])
    check(m["notes"] == [CUSTODY[1], CUSTODY[3]], "notes are told", m["notes"])
    check(list(m["meta"]) == sorted(m["meta"]), "meta is in order")
    # The recorded command is one that works, and does the same.
    r = run(TOOL, "case", *CUSTODY, *m["command"][2:], cwd=at("elsewhere"))
    check(r.returncode == 0, "the recorded command works", r.stderr)
    check(content(at("elsewhere", "case")) == content(at("one")), "and makes the same case")


def check_refused():
    """Each with one line, the right status, and nothing left behind."""
    os.mkdir(at("empty"))
    os.mkdir(at("full"))
    open(at("full", "file"), "w", encoding="utf-8").close()
    os.symlink("empty", at("link"))
    os.mkfifo(at("pipe"))
    shutil.copy(capture(PAIR[0]), at("twin.pcap"))
    open(at("text.pcap"), "w", encoding="utf-8").write("this is no capture\n")
    c = capture(PAIR[0])
    before = sorted(os.listdir(WORK))
    for status, words in (
            (2, [c]), (2, ["-o", at("x"), "-"]), (2, ["-o", "-", c]), (2, ["-o", at("x")]),
            (2, ["-o", at("x"), "--note", "", c]), (2, ["-o", at("x"), "--note", b"\xff", c]),
            (2, ["-o", at("x"), "--meta", "who", c]), (2, ["-o", at("x"), "--meta", "Who=x", c]),
            (2, ["-o", at("x"), "--meta", "a=", c]), (2, ["-o", at("x"), "--meta", "=x", c]),
            (2, ["-o", at("x"), "--meta", "a=1", "--meta", "a=2", c]),
            (2, ["-o", at("x"), "--note", "x" * 5000, c]),
            (2, ["-o", at("x"), "--only", "drop", c]), (2, ["-o", at("x"), "-f", "tcp prt", c]),
            (2, ["-o", at("x"), *["--note", "x"] * 65, c]),
            (2, ["-o", at("x"), "--key", c, c]), (2, ["-o", at("x"), "--redact", "-f", "tcp", c]),
            (1, ["-o", at("x"), "--redact", "--key", c, c]),
            (1, ["-o", at("full"), c]), (1, ["-o", at("link"), c]), (1, ["-o", c, c]),
            (1, ["-o", at("missing", "x"), c]), (1, ["-o", at("x"), at("missing.pcap")]),
            (1, ["-o", at("x"), at("text.pcap")]), (1, ["-o", at("x"), at("pipe")]),
            (1, ["-o", at("x"), at("full")]), (1, ["-o", at("x"), c, at("twin.pcap")]),
            (1, ["-o", at("x"), "--sign", at("missing.pem"), c]),
            (1, ["-o", at("x"), "--sign", at("text.pcap"), c]),
            (1, ["-o", at("x"), "--fingerprints", at("missing"), c])):
        r = tool("case", *words)
        check(r.returncode == status, "status %d of" % status, words, r.returncode, r.stderr)
        check(r.stderr.count(b"\n") == 1 and r.stderr.startswith(b"tamperscope: "),
              "one line of", words, r.stderr)
        check(not r.stdout, "nothing printed by", words)
    for words in ([], ["one", "two"], [""], ["--public"], ["--sign", "x", "y"]):
        r = tool("verify", *words, cwd=WORK)
        check(r.returncode == 2 and b"expected" in r.stderr, "usage of verify", words, r.stderr)
    check(tool("verify", at("missing")).returncode == 1, "a folder that is not there")
    check(sorted(os.listdir(WORK)) == before, "nothing is left behind", os.listdir(WORK))
    make(at("empty") + "/", c)
    check(len(os.listdir(at("empty"))) > 3, "an empty folder is filled")


def check_disk_full():
    """On a file system that is too small no folder is left."""
    place = at("small")
    os.mkdir(place)
    r = run("mount", "-t", "tmpfs", "-o", "size=24k", "none", place)
    if r.returncode:
        SKIPPED.append("a full disk (no right to mount)")
        return
    try:
        r = tool("case", "-o", os.path.join(place, "case"), capture(PAIR[0]))
        check(r.returncode == 1 and r.stderr.count(b"\n") == 1 and b"No space" in r.stderr,
              "a full disk is told", r.returncode, r.stderr)
        check(os.listdir(place) == [], "a full disk leaves nothing", os.listdir(place))
    finally:
        run("umount", place)


def check_interrupted():
    """A signal in the middle of reading leaves nothing."""
    place = at("interrupted")
    os.mkdir(place)
    big = os.path.join(place, "big.pcap")
    with open(capture(PAIR[0]), "rb") as f:
        b = f.read()
    with open(big, "wb") as f:
        f.write(b[:24])
        for _ in range(3000):
            f.write(b[24:])
    p = subprocess.Popen([TOOL, "case", "-q", "-o", os.path.join(place, "case"), big],
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while p.poll() is None and len(os.listdir(place)) < 2:
        pass
    p.send_signal(signal.SIGTERM)
    p.wait()
    if p.returncode == 0:
        SKIPPED.append("an interruption (it was done before)")
    else:
        check(p.returncode == -signal.SIGTERM, "SIGTERM ends it", p.returncode)
        check(os.listdir(place) == ["big.pcap"], "an interruption leaves nothing",
              os.listdir(place))
    shutil.rmtree(place)


# --- verified ---

def check_originals():
    status, out = verify(at("one"))
    check(status == 0 and "Intact." in out, "an untouched case is intact", out)
    check(sorted(lines(out, "intact")) == sorted(os.listdir(at("one"))), "each file is told", out)
    # Found by their bytes: other names, deep down, beside files of the same size.
    deep = at("originals", "a", "b")
    os.makedirs(deep)
    shutil.copy(capture(PAIR[0]), os.path.join(deep, "renamed"))
    shutil.copy(capture(PAIR[1]), at("originals", "-x\n.pcap"))
    change(shutil.copy(capture(PAIR[0]), at("originals", PAIR[0])), lambda b: flip(b, 100))
    os.symlink("..", os.path.join(deep, "round"))
    os.mkfifo(os.path.join(deep, "pipe"))
    status, out = verify(at("one"), "--originals", at("originals"))
    made = set(lines(out, "same"))
    check(status == 0 and "byte for byte" in out, "made again", out)
    check({"report.json", "report.txt", "README.txt", "evidence.pcapng"} <= made, "all of it was made again", made)
    check("renamed" in out and "\n.pcap" not in out, "found by bytes, shown safely", out)
    status, out = verify(at("one"), *sum((["--originals", capture(p)] for p in PAIR), []))
    check(status == 0, "originals given one by one", out)
    status, out = verify(at("one"), "--originals", capture(PAIR[0]))
    check(status == 1 and lines(out, "missing") == [PAIR[1]], "an original that is missing", out)
    os.remove(os.path.join(deep, "renamed"))
    status, out = verify(at("one"), "--originals", at("originals"))
    check(status == 1 and lines(out, "missing") == [PAIR[0]], "an original that was changed", out)


def check_bits():
    """One bit in each file, at its beginning, middle and end."""
    for name, b in content(at("signed")).items():
        for place in sorted({0, len(b) // 3, len(b) // 2, len(b) - 2, len(b) - 1}):
            folder = copy(at("signed"))
            change(os.path.join(folder, name), lambda old: flip(old, place))
            status, out = verify(folder)
            named = lines(out, "changed") + lines(out, "bad")
            check(status == 1 and name in named, "bit %d of %s" % (place, name), out)
            others = set(named) - {name}
            # Whose key is spoilt has no signature; whose manifest is, nothing that vouches for it.
            allowed = {"public.pem": {"manifest.json.sig"},
                       "manifest.json": {"manifest.json.sig", "manifest.json.tsq", "SHA256SUMS",
                                         "README.txt"} | set(os.listdir(folder)),
                       "manifest.json.sig": {"SHA256SUMS"}, "manifest.json.tsq": {"SHA256SUMS"}}
            check(others <= allowed.get(name, set()), "nobody else is blamed for", name, out)
    # Without a signature, too.
    for name, b in content(at("one")).items():
        folder = copy(at("one"))
        change(os.path.join(folder, name), lambda old: flip(old, len(b) // 2))
        status, out = verify(folder)
        check(status == 1 and name in lines(out, "changed"), "unsigned: a bit of", name, out)


def check_folder_changed():
    for name in os.listdir(at("signed")):
        folder = copy(at("signed"))
        os.remove(os.path.join(folder, name))
        status, out = verify(folder)
        check(status == 1 and name in lines(out, "missing"), "missing", name, out)
        os.symlink(os.path.join(at("signed"), name), os.path.join(folder, name))
        status, out = verify(folder)
        check(status == 1 and name in lines(out, "changed") and "symbolic link" in out,
              "a link instead of", name, out)
        os.remove(os.path.join(folder, name))
        os.mkfifo(os.path.join(folder, name))
        status, out = verify(folder)
        check(status == 1 and name in lines(out, "changed"), "a pipe instead of", name, out)
    folder = copy(at("signed"))
    open(os.path.join(folder, "extra\n\x1b[31m"), "w", encoding="utf-8").close()
    os.mkdir(os.path.join(folder, "a folder"))
    open(os.path.join(folder.encode(), b"\xff"), "w", encoding="utf-8").close()
    status, out = verify(folder)
    check(status == 1 and len(lines(out, "extra")) == 3 and "\x1b" not in out, "extra files", out)
    for i in range(100):
        open(os.path.join(folder, "%d" % i), "w", encoding="utf-8").close()
    status, out = verify(folder)
    check(len(lines(out, "extra")) == 51 and "53 more" in out, "many extra files", out)
    folder = copy(at("signed"))
    a, b = os.path.join(folder, "report.json"), os.path.join(folder, "report.txt")
    os.rename(a, a + "x")
    os.rename(b, a)
    os.rename(a + "x", b)
    status, out = verify(folder)
    check(status == 1 and set(lines(out, "changed")) == {"report.json", "report.txt"}, "swapped", out)


def check_forged():
    """Options and names that were changed by somebody who knows what he does."""
    base = content(at("one"))["manifest.json"]

    def forge(f, again=False):
        folder, m = copy(at("one")), json.loads(base)
        f(m)
        if again:
            command_again(m)
        reseal(folder, m)
        return folder

    def option(m):
        m["options"]["filter"] = "udp"

    status, out = verify(forge(lambda m: m["notes"].append("x")))
    check(status == 0 and "nobody signed this" in out, "the forger knows what he does", out)

    status, out = verify(forge(option))
    check(status == 1 and "command" in out, "a changed option is not what the command says", out)
    folder = forge(option, True)
    status, out = verify(folder, "--originals", CAPTURES)
    check(status == 1 and "report.txt" in lines(out, "different"), "nor what a new run says", out)
    for what, f in (
            ("a way out", lambda m: m["files"][0].update(file="../x")),
            ("a path", lambda m: m["files"][0].update(file="/etc/passwd")),
            ("a hidden file", lambda m: m["files"][0].update(file=".x")),
            ("the manifest itself", lambda m: m["files"][0].update(file="manifest.json")),
            ("a file twice", lambda m: m["files"].append(m["files"][0])),
            ("no name", lambda m: m["files"][0].pop("file")),
            ("a NUL", lambda m: m["files"][0].update(file="a\0b")),
            ("a negative size", lambda m: m["files"][0].update(size=-1)),
            ("a size in words", lambda m: m["files"][0].update(size="1")),
            ("a short digest", lambda m: m["files"][0].update(sha256="ab")),
            ("no originals", lambda m: m.update(originals=[])),
            ("an original's name", lambda m: m["originals"][0].update(file="a\x1b[31m")),
            ("too many files", lambda m: m.update(files=[{**m["files"][0], "file": "f%d" % i}
                                                         for i in range(100)])),
            ("a probability", lambda m: m["options"].update(min_confidence=1e308)),
            ("a filter of numbers", lambda m: m["options"].update(filter=[1])),
            ("a key", lambda m: m["meta"].update({"A B": "x"})),
            ("a long note", lambda m: m["notes"].append("x" * 5000)),
            ("another version", lambda m: m.update(format_version=2)),
            ("another signature", lambda m: m.update(signature="RSA"))):
        status, out = verify(forge(f), "--originals", CAPTURES)
        check(status == 1 and "manifest.json" in lines(out, "changed"), "refuses " + what, out)
    for what, b in (("nothing", b""), ("no JSON", b"{"), ("a list", b"[]"), ("a NUL", b"{}\0"),
                    ("depth", b"[" * 200000), ("a key twice", base.replace(b'"notes"', b'"meta"')),
                    ("bytes", bytes(range(256)) * 100), ("no UTF-8", base.replace(b"Jane", b"\xff"))):
        folder = copy(at("one"))
        change(os.path.join(folder, "manifest.json"), lambda old: b)
        status, out = verify(folder)
        check(status == 1 and lines(out, "changed") == ["manifest.json"], "refuses " + what, out)
    folder = copy(at("one"))
    with open(os.path.join(folder, "manifest.json"), "r+b") as f:
        f.truncate(1 << 40)
    status, out = verify(folder)
    check(status == 1 and "larger" in out, "a huge manifest", out)
    with open(os.path.join(folder, "manifest.json"), "wb") as f:
        f.write(base)
    with open(os.path.join(folder, "report.txt"), "r+b") as f:
        f.truncate(1 << 40)
    status, out = verify(folder)
    check(status == 1 and lines(out, "changed") == ["report.txt"], "a huge report", out)


def check_versions():
    """What differs in the program is named."""
    def forge(f):
        folder, m = copy(at("one")), json.loads(content(at("one"))["manifest.json"])
        f(m)
        reseal(folder, m)
        return verify(folder, "--originals", CAPTURES)[1]

    out = forge(lambda m: m["tool"].update(version="0.0.9"))
    check("made by 0.0.9, this is" in out, "another version is named", out)
    out = forge(lambda m: m["libraries"].update(jansson="1.0"))
    check("jansson" in lines(out, "note") and not lines(out, "different"), "a library is named", out)
    folder = at("fingerprints")
    shutil.copytree(os.path.join(CAPTURES, "..", "fingerprints"), folder)
    change(os.path.join(folder, "tcp.fp"), lambda b: b + b"\n# changed\n")
    status, out = verify(at("one"), "--originals", CAPTURES, "--fingerprints", folder)
    check(status == 1 and {"fingerprints", "report.json"} <= set(lines(out, "different")),
          "other fingerprints are named", out)
    make(at("own"), "--fingerprints", folder, capture(PAIR[0]), env={"TAMPERSCOPE_SERVICES": WORK})
    status, out = verify(at("own"), "--originals", CAPTURES)
    check(status == 1 and {"fingerprints", "services"} <= set(lines(out, "different")),
          "own fingerprints are missed", out)
    status, out = verify(at("own"), "--originals", CAPTURES, "--fingerprints", folder,
                         env={"TAMPERSCOPE_SERVICES": WORK})
    check(status == 0, "and found", out)


def check_names():
    """Names that would like to be something else, and two of one name."""
    folder = at("names")
    os.mkdir(folder)
    hostile = [b"-rf", b"a\nb.pcap", b"quote'\".pcap", b"\xff\xfe.pcap", b"\xe2\x80\xaeimg.pcap"]
    b = open(capture(PAIR[0]), "rb").read()
    for i, name in enumerate(hostile):
        with open(os.path.join(folder.encode(), name), "wb") as f:
            f.write(b[:len(b) - i])
    os.mkdir(os.path.join(folder, "other"))
    shutil.copy(capture(PAIR[1]), os.path.join(folder, "other", "-rf"))
    out = make("case", "-q", "--", *hostile, "other/-rf", cwd=folder)
    m = json.loads(content(os.path.join(folder, "case"))["manifest.json"])
    names = [o["file"] for o in m["originals"]]
    check(len(set(names)) == 6 and "-rf (2)" in names and all(n.isprintable() for n in names),
          "hostile names", names, out.stderr)
    status, out = verify(os.path.join(folder, "case"), "--originals", folder)
    check(status == 0, "hostile names are found again", out)


def check_options():
    make(at("filtered"), "-f", "tcp port 443", "--min-confidence", "0.6", capture(PAIR[0]))
    m = json.loads(content(at("filtered"))["manifest.json"])
    check(m["options"]["filter"] == "tcp port 443" and m["options"]["min_confidence"] == 0.6,
          "options are told", m["options"])
    status, out = verify(at("filtered"), "--originals", CAPTURES)
    check(status == 0, "options are used again", out)
    shutil.copy(capture(PAIR[0]), at("cut.pcap"))
    change(at("cut.pcap"), lambda b: b[:-5])
    r = make(at("cut"), at("cut.pcap"))
    check(b"cut off" in r.stderr, "a cut capture is told", r.stderr)
    check(not make(at("cut2"), "-q", at("cut.pcap")).stderr, "unless one is quiet")


def check_redacted():
    """Who was there is in no file of a redacted case; with the key it can be made again."""
    with open(at("secret"), "wb") as f:
        f.write(bytes(range(32)))
    words = ["--redact", "--key", at("secret"), "--keep-name", "open.example"]
    make(at("redacted"), *words, *[capture(p) for p in PAIR])
    make(at("redacted2"), *words, *[capture(p) for p in reversed(PAIR)])
    files = content(at("redacted"))
    check(files == content(at("redacted2")), "the same key, the same folder")
    report = json.loads(content(at("one"))["report.json"])
    clients = {f["flow"]["client"]["ip"] for f in report["findings"]}
    check(clients, "somebody to be disguised")
    for name, b in files.items():
        for ip in clients:
            raw = bytes(int(x) for x in ip.split("."))
            check(ip.encode() not in b and raw not in b, "a client in", name, ip)
    m = json.loads(files["manifest.json"])
    check("redaction.json" in files and all("redacted" in o for o in m["originals"]), "it is told")
    redacted = json.loads(files["report.json"])
    check(all(c["file"].endswith(" (redacted)") for c in redacted["captures"]), "reports say so")
    check([(f["mechanism"], f["verdict"], [x["frame"] for x in f["frames"]])
           for f in redacted["findings"]] ==
          [(f["mechanism"], f["verdict"], [x["frame"] for x in f["frames"]])
           for f in report["findings"]], "the same findings")
    again = at("redacted")
    status, out = verify(again, "--originals", CAPTURES, "--key", at("secret"))
    check(status == 0 and "redaction.json" in lines(out, "same"), "made again by its key", out)
    status, out = verify(again, "--originals", CAPTURES)
    check(status == 1 and "--key" in out and "folder is intact" in out, "a key is missing", out)
    change(at("secret"), lambda b: flip(b, 9))
    status, out = verify(again, "--originals", CAPTURES, "--key", at("secret"))
    check(status == 1 and set(PAIR) <= set(lines(out, "different")), "another key", out)
    make(at("thrown"), "--redact", capture(PAIR[0]))
    status, out = verify(at("thrown"), "--originals", CAPTURES)
    check(status == 1 and "thrown away" in out, "a key that was thrown away", out)
    check(verify(at("thrown"))[0] == 0, "which is no reason to doubt the folder")


def check_redacted_copy():
    """Who has the redacted copies can make the case again without the originals."""
    os.mkdir(at("copies"))
    with open(at("secret"), "wb") as f:
        f.write(bytes(range(32)))
    make(at("public"), "--redact", "--key", at("secret"), capture(PAIR[0]))
    r = tool("redact", "-q", "--key", at("secret"), capture(PAIR[0]), at("copies", "shared.pcapng"))
    check(r.returncode == 0, "a redacted copy", r.stderr)
    status, out = verify(at("public"), "--originals", at("copies"))
    check(status == 0 and "redacted copy" in out and "redaction.json" in lines(out, "note"),
          "made again from the redacted copy", out)
    check({"report.json", "evidence.pcapng"} <= set(lines(out, "same")), "byte for byte", out)


# --- vouched for ---

def keys():
    for name in ("key", "other"):
        r = run("openssl", "genpkey", "-algorithm", "ed25519", "-out", at(name + ".pem"))
        if r.returncode:
            return False
        run("openssl", "pkey", "-in", at(name + ".pem"), "-pubout", "-out", at(name + ".pub"))
    return True


# RFC 8410, 10.3 and 10.1: the same key, for where there is no openssl(1).
PRIVATE = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
"""
PUBLIC = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
"""


def check_signed():
    with open(at("rfc.pem"), "w", encoding="utf-8") as f:
        f.write(PRIVATE)
    with open(at("rfc.pub"), "w", encoding="utf-8") as f:
        f.write(PUBLIC)
    make(at("signed"), "--sign", at("rfc.pem"), *CUSTODY, *[capture(p) for p in PAIR])
    make(at("signed2"), "--sign", at("rfc.pem"), *CUSTODY, *[capture(p) for p in PAIR])
    check(content(at("signed")) == content(at("signed2")), "the same key signs the same")
    check(content(at("signed"))["public.pem"].decode() == PUBLIC, "public.pem is the key's")
    check(len(content(at("signed"))["manifest.json.sig"]) == 64, "a signature of 64 bytes")
    status, out = verify(at("signed"), "--public", at("rfc.pub"), "--originals", CAPTURES)
    check(status == 0 and "manifest.json.sig" in lines(out, "good"), "a good signature", out)
    status, out = verify(at("one"), "--public", at("rfc.pub"))
    check(status == 1 and "manifest.json.sig" in lines(out, "bad"), "no signature", out)
    r = tool("verify", at("signed"), "--public", at("rfc.pem"))
    check(r.returncode == 1 and b"public" in r.stderr, "a private key is no public one", r.stderr)


def check_openssl():
    if not keys():
        SKIPPED.append("openssl(1)")
        return
    folder = at("signed")
    r = run("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-rawin", "-in",
            "manifest.json", "-sigfile", "manifest.json.sig", cwd=folder)
    check(r.returncode == 0, "openssl verifies the signature", r.stdout, r.stderr)
    status, out = verify(folder, "--public", at("other.pub"))
    check(status == 1 and "public.pem" in lines(out, "bad"), "another key", out)
    # Somebody else signs it all anew: it holds together, but not with the expected key.
    make(at("resigned"), "--sign", at("other.pem"), *CUSTODY, *[capture(p) for p in PAIR])
    check(verify(at("resigned"))[0] == 0, "signed by another key")
    check(verify(at("resigned"), "--public", at("rfc.pub"))[0] == 1, "which is not the one")
    run("openssl", "pkey", "-in", at("key.pem"), "-aes256", "-passout", "pass:x", "-out",
        at("locked.pem"))
    r = tool("case", "-o", at("x"), "--sign", at("locked.pem"), capture(PAIR[0]))
    check(r.returncode == 1 and b"encrypted" in r.stderr, "an encrypted key", r.stderr)
    run("openssl", "genpkey", "-algorithm", "RSA", "-out", at("rsa.pem"))
    r = tool("case", "-o", at("x"), "--sign", at("rsa.pem"), capture(PAIR[0]))
    check(r.returncode == 1 and b"Ed25519" in r.stderr, "a key of another kind", r.stderr)
    check_query()


def check_query():
    folder = at("signed")
    r = run("openssl", "ts", "-query", "-data", "manifest.json", "-sha256", "-cert", "-no_nonce",
            cwd=folder)
    check(r.stdout == content(folder)["manifest.json.tsq"], "the query is what openssl makes")
    r = run("openssl", "ts", "-query", "-in", "manifest.json.tsq", "-text", cwd=folder)
    check(b"Certificate required: yes" in r.stdout and b"Nonce: unspecified" in r.stdout,
          "openssl reads the query", r.stdout, r.stderr)
    authority()
    folder = copy(folder, "stamped")
    stamp(folder)
    status, out = verify(folder)
    check(status == 0 and "manifest.json.tsr" in lines(out, "good"), "a stamp that fits", out)
    status, out = verify(folder, "--tsa", at("tsa", "ca.pem"))
    check(status == 0 and "by one of --tsa" in out, "a stamp that is trusted", out)
    status, out = verify(folder, "--tsa", at("tsa", "other.pem"))
    check(status == 1 and "manifest.json.tsr" in lines(out, "bad"), "a stranger's stamp", out)
    r = tool("verify", folder, "--tsa", at("text.pcap"))
    check(r.returncode == 1 and b"certificates" in r.stderr, "no certificates", r.stderr)
    b = content(folder)["manifest.json.tsr"]
    for place in range(0, len(b), max(1, len(b) // 40)):
        change(os.path.join(folder, "manifest.json.tsr"), lambda old: flip(b, place))
        check(verify(folder)[0] == 1, "bit %d of a stamp" % place)
    change(os.path.join(folder, "manifest.json.tsr"), lambda old: b + b"x")
    check(verify(folder)[0] == 1, "a stamp with something behind it")
    other = copy(at("one"), "otherstamp")
    with open(os.path.join(other, "manifest.json.tsr"), "wb") as f:
        f.write(b)
    status, out = verify(other)
    check(status == 1 and "manifest.json.tsr" in lines(out, "bad"), "a stamp of something else", out)
    status, out = verify(at("one"), "--tsa", at("tsa", "ca.pem"))
    check(status == 1 and "manifest.json.tsr" in lines(out, "missing"), "a stamp is missing", out)


CONFIG = """[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = keyCertSign
[tsa]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa_config]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
ess_cert_id_alg = sha256
"""


def authority():
    """An authority for time stamps, and another that nobody asked."""
    os.mkdir(at("tsa"))
    with open(at("tsa", "conf"), "w", encoding="utf-8") as f:
        f.write(CONFIG)
    with open(at("tsa", "serial"), "w", encoding="utf-8") as f:
        f.write("01\n")

    def openssl(*words):
        r = run("openssl", *words, cwd=at("tsa"))
        check(r.returncode == 0, "openssl", words, r.stderr)

    for name in ("ca", "other"):
        openssl("req", "-x509", "-config", "conf", "-extensions", "ca", "-newkey", "rsa:2048",
                "-nodes", "-keyout", name + ".key", "-out", name + ".pem", "-subj", "/CN=" + name,
                "-days", "3650")
    openssl("req", "-config", "conf", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key",
            "-out", "tsa.csr", "-subj", "/CN=stamps")
    openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-extfile", "conf", "-extensions", "tsa", "-days", "3650", "-out",
            "tsa.pem")


def stamp(folder):
    r = run("openssl", "ts", "-reply", "-config", "conf", "-section", "tsa_config", "-queryfile",
            os.path.join(folder, "manifest.json.tsq"), "-signer", "tsa.pem", "-inkey", "tsa.key",
            "-out", os.path.join(folder, "manifest.json.tsr"), cwd=at("tsa"))
    check(r.returncode == 0, "openssl stamps the query", r.stderr)


def main():
    global TOOL, CAPTURES, WORK
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    TOOL, CAPTURES = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    with tempfile.TemporaryDirectory() as WORK:
        for f in (check_same, check_manifest, check_refused, check_disk_full, check_interrupted,
                  check_signed, check_originals, check_bits, check_folder_changed, check_forged,
                  check_versions, check_names, check_options, check_redacted, check_redacted_copy, check_openssl):
            f()
    for s in SKIPPED:
        print("skipped: " + s)
    print("%d wrong" % len(FAILED))
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
