/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of the command line. A line here, one in options.c, the manual page and the completions
 * make an option. */
#include "options_table.h"

#include <stddef.h>

const struct row option_rows[] = {
    {'F', FOR(ANALYZE) | FOR(STATS), "format", "FORMAT",
     "text (as it is without this) or json; analyze also has ndjson and html"},
    {'F', FOR(COMPARE), "format", "FORMAT", "text (as it is without this) or json"},
    {CLIENT_END, FOR(COMPARE), "client", "CAPTURE",
     "what was captured at the client's end; may be given several times"},
    {SERVER_END, FOR(COMPARE), "server", "CAPTURE",
     "what was captured at the server's end in the same time; may be given several times"},
    {FLOWS, FOR(ANALYZE), "flows", NULL, "tell how each flow fared, too"},
    {'o', FOR(ANALYZE) | FOR(STATS) | FOR(COMPARE) | FOR(ATTACH), "output", "FILE",
     "write the report there; it appears when it is whole; - is standard output"},
    {'o', FOR(CASE), "output", "DIR", "make this folder, which must not be there yet"},
    {'f', FOR(ANALYZE) | FOR(SUGGEST) | FOR(STATS) | FOR(CASE), "filter", "FILTER",
     "look only at frames that this pcap-filter(7) lets through"},
    {FINGERPRINTS,
     FOR(ANALYZE) | FOR(LIVE) | FOR(EXPLAIN) | FOR(SUGGEST) | FOR(CASE) | FOR(VERIFY) |
	 FOR(ATTACH) | FOR(REDACT),
     "fingerprints", "DIR",
     "use the fingerprints of this folder; or, for a file *.csv as OONI has them, this list, too"},
    {MIN_CONFIDENCE, FOR(ANALYZE) | FOR(LIVE) | FOR(CASE), "min-confidence", "N",
     "leave out findings less sure than N, from 0.3 (as it is without this) to 1"},
    {ONLY, FOR(ANALYZE) | FOR(LIVE), "only", "MECHANISM",
     "report this mechanism only; may be given several times"},
    {TARGET, FOR(ANALYZE) | FOR(LIVE), "target", "NAME", "report this name or address only"},
    {EXIT_CODE, FOR(ANALYZE) | FOR(COMPARE), "exit-code", NULL,
     "exit with status 10 if interference is at least likely"},
    {HASH, FOR(ANALYZE), "hash", NULL, "tell the SHA-256 of each capture"},
    {EVIDENCE, FOR(ANALYZE), "evidence", "FILE",
     "write the packets that findings cite there, as pcapng with a comment on each"},
    {WEIGHING, FOR(ANALYZE), "weighing", NULL,
     "instead of a report, print all evidence that was weighed, a line of JSON a candidate"},
    {CAPTURES, FOR(CHECK), "captures", "DIR",
     "try each fingerprint on its sample and its near miss in this folder"},
    {VIEW, FOR(STATS) | FOR(LIVE), "view", "VIEW",
     "count what reached the server or the client (as each capture's vantage tells without this)"},
    {NOTE, FOR(CASE), "note", "TEXT", "say this in the manifest; may be given several times"},
    {META, FOR(CASE), "meta", "KEY=VALUE",
     "say this in the manifest: who, where, network, device, clock-offset...; several times"},
    {SIGN, FOR(CASE), "sign", "KEY", "sign the manifest by this Ed25519 key (PEM, PKCS#8)"},
    {ORIGINALS, FOR(VERIFY), "originals", "PATH",
     "look for the originals there, by their bytes, and make the case again; several times"},
    {PUBLIC, FOR(VERIFY), "public", "KEY", "expect a signature by this key (PEM)"},
    {TSA, FOR(VERIFY), "tsa", "FILE",
     "expect a time stamp by one of these authorities (certificates in PEM)"},
    {MEASUREMENT, FOR(ATTACH), "measurement", "FILE",
     "the measurements that the captures are held against: of OONI, RIPE Atlas or Censored "
     "Planet, or a list of {target, time}; - is standard input"},
    {IN_LINE, FOR(ATTACH), "inline", NULL,
     "write the measurement itself with x_tamperscope in it, instead of a document beside it"},
    {CLOCK_OFFSET, FOR(ATTACH), "clock-offset", "SECONDS",
     "by how much the capture's clock is ahead of the measurement's; without this they are "
     "taken to agree, unless the measurement's own parts tell otherwise"},
    {RAW, FOR(ATTACH), "raw", NULL,
     "leave addresses of clients in, and put the bytes of a few packets to them"},
    {'o', FOR(LIVE), "output", "FILE",
     "add the findings to this file, a line of JSON each; SIGHUP opens it anew"},
    {'f', FOR(LIVE), "filter", "FILTER", "capture only what this pcap-filter(7) lets through"},
    {'F', FOR(LIVE), "format", "FORMAT", "of the report at the end: text, json, ndjson or html"},
    {REPORT, FOR(LIVE), "report", "FILE",
     "write a report of all there when it ends; - is standard output"},
    {EVIDENCE_DIR, FOR(LIVE), "evidence-dir", "DIR",
     "keep the packets that prove each finding in this folder, a file a finding"},
    {MAX_DISK, FOR(LIVE), "max-disk", "MIB",
     "let that folder's evidence take so much at most: the oldest goes"},
    {WRITE, FOR(LIVE), "write", "FILE", "store all that is captured there, as pcapng"},
    {ROTATE_SIZE, FOR(LIVE), "rotate-size", "MIB",
     "begin a new file of --write after so much: FILE.00001, FILE.00002, ..."},
    {ROTATE_TIME, FOR(LIVE), "rotate-time", "SECONDS", "or after so long"},
    {RING, FOR(LIVE), "ring", "MIB", "keep so much of what was captured last for evidence (64)"},
    {DURATION, FOR(LIVE), "duration", "SECONDS", "end after so long"},
    {COUNT, FOR(LIVE), "count", "N", "end after so many packets"},
    {BUFFER, FOR(LIVE), "buffer", "MIB", "size of the kernel's buffer for each interface (32)"},
    {SNAPLEN, FOR(LIVE), "snaplen", "BYTES", "of each packet so much at most (65535)"},
    {PROMISCUOUS, FOR(LIVE), "promiscuous", NULL, "capture what is for other hosts, too"},
    {WORKERS, FOR(LIVE), "workers", "N",
     "share the packets out among N processes, by pairs of addresses (1)"},
    {STATS_INTERVAL, FOR(LIVE), "stats-interval", "SECONDS",
     "tell as often how connections ended, by the 19 signatures, in a line of JSON"},
    {MMDB, FOR(LIVE) | FOR(STATS), "mmdb", "FILE",
     "count by country or network of the clients, too, as this MaxMind database tells them; may be "
     "given twice"},
    {METRICS, FOR(LIVE), "metrics", "FILE",
     "write metrics for Prometheus there, about once a second"},
    {USER, FOR(LIVE), "user", "USER", "become this user when the interfaces are open (nobody)"},
    {REDACTED, FOR(ANALYZE) | FOR(CASE), "redact", NULL,
     "disguise who was there in all that is written (docs/redaction.md)"},
    {KEY, FOR(ANALYZE) | FOR(REDACT) | FOR(CASE) | FOR(VERIFY), "key", "FILE",
     "disguise by this key of 32 bytes; without it by one that nobody learns"},
    {LOG, FOR(REDACT), "log", "FILE", "say there, as JSON, what was done"},
    {KEEP_NAME, FOR(ANALYZE) | FOR(REDACT) | FOR(CASE), "keep-name", "NAME",
     "redacting, show this name and all below it; may be given several times"},
    {HIDE_SERVER, FOR(ANALYZE) | FOR(REDACT), "hide-server", "ADDRESS",
     "redacting, disguise this server, too, as a private bridge; several times"},
    {'q',
     FOR(ANALYZE) | FOR(LIVE) | FOR(SUGGEST) | FOR(STATS) | FOR(CASE) | FOR(VERIFY) | FOR(COMPARE) |
	 FOR(ATTACH) | FOR(REDACT),
     "quiet", NULL, "no progress and no warnings"},
    {'v', FOR(ANALYZE) | FOR(COMPARE), "verbose", NULL, "tell all evidence, packets and controls"},
    {'h', ~0U, "help", NULL, "print this"},
    {'V', ~0U, "version", NULL, "print the version"},
    {0},
};

const char *const command_words[NCOMMANDS] = {
    [ANALYZE] = "analyze", [FIELDS] = "fields", [CHECK] = "check", [EXPLAIN] = "explain",
    [SUGGEST] = "suggest", [STATS] = "stats",   [CASE] = "case",   [VERIFY] = "verify",
    [COMPARE] = "compare", [ATTACH] = "attach", [LIVE] = "live",   [INTERFACES] = "interfaces",
    [REDACT] = "redact"};

const struct command_row command_rows[NCOMMANDS] = {
    [ANALYZE] = {"[OPTION]... CAPTURE...",
		 "Says what was interfered with in captures of network traffic, how, what set it "
		 "off, how sure that is, and which packets prove it. CAPTURE is a pcap or pcapng "
		 "file, plain or compressed with gzip or zstd; - is standard input.",
		 1, -1},
    [FIELDS] = {"", "Lists what fingerprints can speak of: each fact's name, type and meaning.", 0,
		0},
    [CHECK] = {"[--captures DIR] [DIR]",
	       "Checks the fingerprints of a folder, and says file and line of each mistake.", 0,
	       1},
    [EXPLAIN] = {"[--fingerprints DIR] [NAME]",
		 "Explains a mechanism or a fingerprint: what it means, what innocent things look "
		 "like it, and who says so. Without NAME, lists all of them.",
		 0, 1},
    [SUGGEST] =
	{"[OPTION]... CAPTURE...",
	 "Prints the beginnings of a fingerprint for each abnormal flow that none explains.", 1,
	 -1},
    [STATS] = {"[OPTION]... CAPTURE...",
	       "Counts how connections ended, by stage and by the 19 signatures of connection "
	       "tampering (SIGCOMM 2023). Captures of what reached a server are enough.",
	       1, -1},
    [LIVE] = {"[OPTION]... INTERFACE...",
	      "Watches interfaces, and tells each finding as soon as it is known, a line of JSON. "
	      "It needs the right to capture while it opens them, and gives it up then.",
	      1, -1},
    [INTERFACES] = {"", "Lists the interfaces that can be watched.", 0, 0},
    [CASE] = {"[OPTION]... -o DIR CAPTURE...",
	      "Makes a folder of evidence: reports, the packets that prove them, and a manifest "
	      "with the digests of all of it and of the captures, which are regular files. The "
	      "same captures and options give the same folder.",
	      1, -1},
    [VERIFY] = {"[OPTION]... DIR",
		"Says of a folder that case has made what is intact, what was changed, is missing "
		"or does not belong there, and whether the originals give it again.",
		1, 1},
    [COMPARE] = {"[OPTION]... --client CAPTURE... --server CAPTURE...",
		 "Compares what was captured at both ends of the same traffic: what one end "
		 "received and the other never sent was forged, what was sent and never arrived "
		 "was swallowed or lost, and what was changed on the way is told field by field.",
		 0, 0},
    [ATTACH] = {"--measurement FILE [OPTION]... CAPTURE...",
		"Says whether the packets support, refine or contradict what a measurement "
		"concluded, in a document to be kept beside it.",
		1, -1},
    [REDACT] =
	{"[OPTION]... IN OUT",
	 "Writes a capture fit to be shared: the same packets at the same times and of the "
	 "same lengths, with the same findings, and without the people in it. OUT is a pcapng "
	 "file.",
	 2, 2},
};
