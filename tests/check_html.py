#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""check_html.py DUMP_REPORT TOOL CAPTURES [CORPUS]: holds the page of --format html against what it
must be.

Pages of the samples in tests/sample_reports.c (hostile names among them), of some captures, and of
real ones out of the folder CORPUS where that exists: well formed, accessible, self-contained, escaped, the same each time, with every frame of every finding.
Where there is a Chromium, it opens hostile pages and must run nothing of them; without one, that
part is skipped, and said so. CHROMIUM=no skips it, too."""
import base64
import hashlib
import html
import html.parser
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

SAMPLES = ["none", "empty", "one", "several", "ipv6", "many", "hostile", "markup", "flows"]
CAPTURES = ["moscow-evening.pcapng", "rst-both-on-path.pcapng", "dns-stranger.pcap", "mitm-13.pcap",
            "throttle-name.pcap.gz", "drop-ech.pcapng", "data-race-v6.pcapng", "plain-v6.pcapng"]
REAL, REAL_BYTES = 40, 400_000 # captures of the corpus: so many at most, and no larger
SUFFIXES = (".pcap", ".pcapng", ".cap", ".pcap.gz", ".pcapng.gz")
VOID = {"meta", "br", "wbr", "link", "img", "hr", "input"}
ELEMENTS = set("""html head meta title style body a header nav main footer section article div p span ul li
h1 h2 h3 h4 dl dt dd table caption thead tbody tr th td details summary figure figcaption pre code em
strong bdi br wbr time svg defs symbol use g path line circle text tspan desc""".split())
# Text and what it stands on, by the names of the style's variables. WCAG 2.2, 1.4.3: 4.5 to 1.
PAIRS = [(ink, ground) for ink in ("ink", "soft", "bad", "warn", "good", "calm")
         for ground in ("page", "card", "faint")]
wrong = []


def complain(page, what):
    wrong.append("%s: %s" % (page, what))


class Page(html.parser.HTMLParser):
    """Reads strictly: what browsers would repair is a mistake."""

    def __init__(self, name, text):
        super().__init__(convert_charrefs=True)
        self.name, self.open, self.ids, self.refs, self.links = name, [], [], [], []
        self.headings, self.text, self.style, self.seen, self.meta = [], [], "", [], {}
        self.tables, self.pictures = [], []
        self.feed(text)
        self.close()
        if self.open:
            self.bad("%s is never closed" % self.open)

    def bad(self, what):
        complain(self.name, "%s, at line %d" % (what, self.getpos()[0]))

    def handle_decl(self, decl):
        if decl.lower() != "doctype html":
            self.bad("strange declaration %r" % decl)

    def handle_comment(self, data):
        self.bad("a comment")

    def handle_pi(self, data):
        self.bad("a processing instruction")

    def unknown_decl(self, data):
        self.bad("an unknown declaration")

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag not in ELEMENTS:
            self.bad("element <%s>" % tag)
        if len(a) != len(attrs):
            self.bad("<%s> has an attribute twice" % tag)
        for name, value in attrs:
            if name.startswith("on") or name == "style" or name in ("src", "srcset", "action", "xlink:href"):
                self.bad("<%s %s>" % (tag, name))
            if value is None:
                self.bad("<%s %s> without a value" % (tag, name))
            if name == "href" and not re.fullmatch(r"#[a-z0-9-]+", value or ""):
                self.bad("a link to %r" % value)
        if "id" in a:
            self.ids.append(a["id"])
        self.refs += (a.get("aria-labelledby", "") + " " + a.get("aria-describedby", "")).split()
        if "href" in a:
            self.links.append(a["href"][1:])
        if tag == "meta":
            self.meta[a.get("http-equiv") or a.get("name") or "charset"] = a.get("content")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "th" and a.get("scope") not in ("col", "row"):
            self.bad("a table header without a scope")
        if tag in ("td", "th") and "tr" not in self.open:
            self.bad("a cell outside of a row")
        if tag == "svg" and not ({"svg", "symbol"} & set(self.open)):
            self.pictures.append(a)
            if a.get("aria-hidden") != "true" and (a.get("role") != "img" or not a.get("aria-labelledby")):
                self.bad("a picture that is neither named nor hidden")
        if tag == "html" and a.get("lang") != "en":
            self.bad("no language")
        self.seen.append((tag, a, list(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.bad("</%s> closes %s" % (tag, self.open[-1:] or "nothing"))
        else:
            self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.style += data
        else:
            self.text.append(data)
            if re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]",
                         data):
                self.bad("text with a control or an invisible character")


def check_structure(page):
    name = page.name
    for one in ("html", "head", "title", "style", "body", "header", "main", "footer", "nav", "h1"):
        if sum(1 for tag, _, inside in page.seen if tag == one and "svg" not in inside) != 1:
            complain(name, "not one <%s>" % one)
    for what in {i for i in page.ids if page.ids.count(i) > 1}:
        complain(name, "id %s twice" % what)
    for what in set(page.refs + page.links) - set(page.ids):
        complain(name, "nothing has the id %s" % what)
    for before, after in zip([0] + page.headings, page.headings):
        if after > before + 1:
            complain(name, "a heading h%d follows h%d" % (after, before))
    tags = [t for t, _, _ in page.seen]
    for i, (tag, attrs, _) in enumerate(page.seen):
        if tag == "table" and ("thead" not in tags[i + 1:i + 3] and "caption" not in tags[i + 1:i + 2]):
            complain(name, "a table without a caption or a head")
        if tag == "svg" and attrs.get("role") == "img" and tags[i + 1:i + 3] != ["title", "desc"]:
            complain(name, "a picture without title and description")
    if page.meta.get("viewport") != "width=device-width, initial-scale=1":
        complain(name, "no viewport")


def check_policy(page):
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    want = "default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'" % digest
    if page.meta.get("Content-Security-Policy") != want:
        complain(page.name, "the policy is %r, not %r" % (page.meta.get("Content-Security-Policy"), want))
    if re.search(r"url\(|@import|expression|javascript", page.style, re.I):
        complain(page.name, "the style loads something")


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def check_contrast(page):
    """The same variables are set three times: for light, for dark, for paper."""
    schemes = [dict(re.findall(r"--(\w+):(#[0-9a-f]{6})", block))
               for block in re.findall(r":root\{([^}]*)\}", page.style) if "--ink" in block]
    if len(schemes) != 3:
        complain(page.name, "%d colour schemes, not 3" % len(schemes))
    for scheme in schemes:
        for ink, ground in PAIRS:
            low, high = sorted((luminance(scheme[ink]), luminance(scheme[ground])))
            if (high + 0.05) / (low + 0.05) < 4.5:
                complain(page.name, "contrast of %s %s on %s is %.2f" %
                         (ink, scheme[ink], scheme[ground], (high + 0.05) / (low + 0.05)))
    colours = re.sub(r":root\{[^}]*\}", "", page.style)
    if re.search(r"#[0-9a-f]{3,8}\b", colours):
        complain(page.name, "a colour that is no variable")
    for media in ("prefers-color-scheme:dark", "max-width", "print"):
        if media not in page.style:
            complain(page.name, "nothing for %s" % media)


def check_content(page, report):
    """What the JSON tells, the page tells: verdicts, targets, and every finding with its frames."""
    text = " ".join("".join(page.text).split())
    places = {a["id"]: t for t, a, _ in page.seen if re.fullmatch(r"f\d+", a.get("id", ""))}
    for finding in report["findings"]:
        if places.get(finding["id"]) not in ("article", "tr"):
            complain(page.name, "finding %s has no place" % finding["id"])
        for i in range(len(report["captures"])):
            frames = sorted({c["frame"] for c in finding["frames"] if c["capture"] == i})
            runs = []
            for f in frames:
                if runs and f == runs[-1][1] + 1:
                    runs[-1][1] = f
                else:
                    runs.append([f, f])
            words = ["%d" % a if a == b else "%d, %d" % (a, b) if b == a + 1 else "%d..%d" % (a, b) for a, b in runs]
            if frames and "frame.number in {%s}" % ", ".join(words) not in text:
                complain(page.name, "the frames of %s in capture %d are not shown" % (finding["id"], i))
    drawn = sum(1 for a in page.pictures if a.get("class") == "ladder")
    kinds = sum(1 for t in places.values() if t == "article")
    known = any("from" in c for f in report["findings"] for c in f["frames"])
    if known and not drawn or drawn > kinds:
        complain(page.name, "%d pictures of %d kinds of findings" % (drawn, kinds))
    for limit in report["limits"]:
        if page.name != "hostile" and " ".join(limit.split()) not in text and "<" not in limit:
            complain(page.name, "a limit is missing: %s" % limit)
    for target in report["targets"]:
        name = " ".join(target["name"].split())
        if target["state"] != "reachable" and target["kind"] != "address" and name.isascii() \
                and name.isprintable() and name not in text:
            complain(page.name, "target %s is missing" % name)
    if report["findings"] and not 0 <= text.find("Interference is") < text.find("What was tried"):
        complain(page.name, "the verdict does not come first")


def real(corpus):
    """Some of the captures there, of all kinds: small, evenly spread over the names."""
    found = [os.path.join(place, name) for place, _, names in os.walk(corpus) for name in names
             if name.endswith(SUFFIXES)]
    found = sorted(f for f in found if os.path.getsize(f) < REAL_BYTES)
    return found[::len(found) // REAL + 1]


def run(command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True).stdout


def is_readable(command):
    """Some of the real ones are broken on purpose."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def pages(dump, tool, folder, corpus):
    for name in SAMPLES:
        yield name, [dump, name]
    for name in CAPTURES:
        yield name, [tool, "analyze", "-q", "--flows", os.path.join(folder, name)]
    for file in real(corpus) if corpus else []:
        yield os.path.relpath(file, corpus), [tool, "analyze", "-q", file]
    yield "two captures", [tool, "analyze", "-q"] + [os.path.join(folder, n) for n in CAPTURES[1:3]]


def format_of(command, name):
    if command[1] == "analyze":
        return command[:2] + ["--format", name] + command[2:]
    return command + [name]


# --- file names in the command that repeats it ---

NAMES = ["plain.pcap", "two words.pcap", "it's $(touch gone) `touch gone`; touch gone #.pcap", "-r.pcap",
         "line\nbreak\t\x1b[2J.pcap", "\u202egnp.exe\u200b\u05d0\u0431.pcap", "back\\slash 'n' \u202e.pcap",
         "<script>x<&amp;\"'.pcap", "*?[a]{b,c}~!.pcap", "\u043c\u043e\u0441\u043a\u0432\u0430.pcap"]


def check_names(tool, capture):
    """The command on the page, given to a shell, must name that very file."""
    with tempfile.TemporaryDirectory() as where:
        for name in NAMES:
            shutil.copy(capture, os.path.join(where, name))
            out = subprocess.run([tool, "analyze", "-q", "--format", "html", "./" + name], cwd=where,
                                 stdout=subprocess.PIPE, check=True).stdout.decode()
            page = Page("file name %r" % name, out)
            check_structure(page)
            command = html.unescape(re.search(r"<code>sha256sum (.*?)</code>", out, re.S).group(1))
            if not command.isprintable():
                complain(page.name, "the command has invisible characters")
            said = subprocess.run(["bash", "-c", "printf %s " + command], cwd=where, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, check=False).stdout.decode()
            if said != "./" + name or os.path.exists(os.path.join(where, "gone")):
                complain(page.name, "the shell reads %r" % said)
            os.remove(os.path.join(where, name))


# --- a browser ---

def check_browser(chromium, pages_by_name):
    """What a hostile string would have created must not be there; nor may the policy be needed."""
    with tempfile.TemporaryDirectory() as where:
        for name in ("hostile", "markup", "moscow-evening.pcapng"):
            file = os.path.join(where, "page.html")
            # Without the policy: the escaping alone must do.
            for text in (pages_by_name[name], re.sub("<meta http-equiv[^>]*>", "", pages_by_name[name])):
                with open(file, "w", encoding="utf-8") as f:
                    f.write(text)
                done = subprocess.run(
                    [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + where + "/p",
                     "--virtual-time-budget=2000", "--dump-dom", "file://" + file],
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
                dom = done.stdout.decode("utf-8", "replace")
                if "</html>" not in dom:
                    print("the browser shows nothing; that part is skipped")
                    return
                page = Page(name + " in the browser", dom) # complains of handlers, scripts and images
                if "owned" in page.ids:
                    complain(page.name, "a hostile string took effect")
                if b"Refused to" in done.stderr:
                    complain(name, "the policy had to refuse something")


def main():
    dump, tool, folder = (os.path.abspath(a) for a in sys.argv[1:4])
    corpus = os.path.abspath(sys.argv[4]) if len(sys.argv) > 4 and os.path.isdir(sys.argv[4]) else None
    texts = {}
    for name, command in pages(dump, tool, folder, corpus):
        if corpus and name not in SAMPLES + CAPTURES and not is_readable(command):
            continue
        text = run(format_of(command, "html"))
        if text != run(format_of(command, "html")):
            complain(name, "differs from run to run")
        texts[name] = text.decode("utf-8")
        page = Page(name, texts[name])
        check_structure(page)
        check_policy(page)
        check_content(page, json.loads(run(format_of(command, "json"))))
    check_contrast(page)
    check_names(tool, os.path.join(folder, CAPTURES[1]))
    chromium = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    if chromium:
        check_browser(chromium, texts)
    else:
        print("no chromium: that it runs nothing was not tried")
    for w in wrong:
        print(w)
    if not corpus:
        print("no real captures: those were not tried")
    print("%d pages, %d wrong" % (len(texts) + len(NAMES), len(wrong)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
