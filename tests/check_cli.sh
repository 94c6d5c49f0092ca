#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# check_cli.sh TOOL SOURCE_ROOT: every mistake is answered with one line and the right exit
# status, and the manual page and the completions know every option.
set -u
tool=$1 root=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
wrong=0

complain() {
	echo "check_cli: $*" >&2
	wrong=$((wrong + 1))
}

# expect STATUS LINES ARGUMENT...: the exit status, and lines on standard error.
expect() {
	status=$1 lines=$2
	shift 2
	"$tool" "$@" </dev/null >"$work/out" 2>"$work/err"
	got=$?
	[ "$got" -eq "$status" ] || complain "exit $got, not $status: $*: $(head -c 500 "$work/err")"
	n=$(wc -l <"$work/err")
	[ "$n" -eq "$lines" ] || complain "$n lines, not $lines: $*: $(head -c 500 "$work/err")"
	if [ "$lines" -gt 0 ] && grep -qv '^tamperscope: ' "$work/err"; then
		complain "no 'tamperscope: ' before: $(head -c 500 "$work/err")"
	fi
}

# A wrong usage also says what was expected, and prints nothing else.
usage() {
	expect 2 1 "$@"
	grep -q expected "$work/err" || complain "does not say what was expected: $*"
	[ -s "$work/out" ] && complain "printed something: $*"
}

# A capture of no packets, and one that ends in the middle of its only packet; little endian.
header='\324\303\262\241\002\000\004\000\000\000\000\000\000\000\000\000\000\000\004\000\001\000\000\000'
printf "$header" >"$work/none.pcap"
printf "$header"'\001\000\000\000\000\000\000\000\100\000\000\000\100\000\000\000abc' >"$work/cut.pcap"
: >"$work/empty.pcap"
echo 'this is no capture, whatever its name says' >"$work/text.pcap"
mkdir "$work/folder"

usage
usage nonsense
usage --nonsense
usage ''
for command in analyze suggest stats; do
	usage $command
	usage $command ''
	usage $command - -
	usage $command --nonsense "$work/none.pcap"
	usage $command -Z "$work/none.pcap"
	usage $command -f
	usage $command -f 'tcp prt 80' "$work/none.pcap"
	usage $command --filter= "$work/none.pcap"
	[ $command = stats ] || usage $command --fingerprints
	usage $command --quiet=yes "$work/none.pcap"
	expect 1 1 $command "$work/missing.pcap"
	expect 1 1 $command "$work/empty.pcap"
	expect 1 1 $command "$work/text.pcap"
	expect 1 1 $command "$work/folder"
	expect 1 1 $command "$work/none.pcap" "$work/missing.pcap"
	expect 1 1 $command "$(printf '%s\nwith a second line\033[31m' "$work/missing")"
	[ $command = stats ] || expect 1 1 $command --fingerprints "$work/missing" "$work/none.pcap"
	expect 0 0 $command "$work/none.pcap"
done
usage analyze --format xml "$work/none.pcap"
usage analyze --format
usage analyze --only nonsense "$work/none.pcap"
usage analyze --min-confidence 0.1 "$work/none.pcap"
usage analyze --min-confidence 1.1 "$work/none.pcap"
usage analyze --min-confidence many "$work/none.pcap"
usage analyze --target= "$work/none.pcap"
usage analyze -o "$work/none.pcap" "$work/none.pcap"
usage analyze --captures "$work" "$work/none.pcap"
usage analyze --evidence
usage analyze --evidence "$work/none.pcap" "$work/none.pcap"
usage analyze --evidence "$work/same" -o "$work/same" "$work/none.pcap"
usage stats --format ndjson "$work/none.pcap"
usage stats --format html "$work/none.pcap"
usage stats --view sideways "$work/none.pcap"
usage stats --flows "$work/none.pcap"
usage analyze --view server "$work/none.pcap"
usage suggest --flows "$work/none.pcap"
usage fields extra
usage interfaces extra
usage live
usage live --duration 0 lo
usage live --snaplen many lo
usage live --ring -1 lo
usage live --max-disk 1 lo
usage live --evidence-dir "$work" --max-disk none lo
usage live -f 'tcp prt 80' lo
usage live --flows lo
usage live --workers 0 lo
usage live --workers 257 lo
usage live --workers 2 --report - lo
usage live --stats-interval 0 lo
usage live --mmdb "$work/missing" lo
usage live --metrics '' lo
usage stats --mmdb a --mmdb b --mmdb c "$work/none.pcap"
expect 1 1 stats --mmdb "$work/missing" "$work/none.pcap"
expect 1 1 live no-such-interface
usage compare
usage compare --client "$work/none.pcap"
usage compare --client - --server "$work/none.pcap"
usage compare --client "$work/none.pcap" --server "$work/none.pcap" extra
usage compare --client "$work/none.pcap" --server "$work/none.pcap" --format ndjson
usage compare --client "$work/none.pcap" --server "$work/none.pcap" -o "$work/none.pcap"
expect 0 0 compare --client "$work/none.pcap" --server "$work/none.pcap"
expect 1 1 compare --client "$work/missing.pcap" --server "$work/none.pcap"
expect 0 1 compare --client "$work/cut.pcap" --server "$work/none.pcap"
usage check one two
usage explain one two
usage redact
usage redact "$work/none.pcap"
usage redact "$work/none.pcap" "$work/none.pcap"
usage redact --hide-server nobody "$work/none.pcap" "$work/other"
usage redact --log "$work/other" "$work/none.pcap" "$work/other"
usage analyze --key "$work/none.pcap" "$work/none.pcap"
expect 1 1 redact --key "$work/none.pcap" "$work/none.pcap" "$work/other"
expect 1 1 redact "$work/missing.pcap" "$work/other"
expect 1 1 redact -q "$work/none.pcap" /dev/full
[ -e "$work/other" ] && complain "redact left a file although it failed"
expect 2 1 explain no-such-mechanism-or-fingerprint
expect 0 0 analyze --exit-code "$work/none.pcap"
expect 0 1 analyze "$work/cut.pcap"
expect 0 0 analyze -q "$work/cut.pcap"
expect 0 1 analyze --format json "$work/cut.pcap"
grep -q '"truncated": true' "$work/out" || complain "truncated is not told"
for command in live interfaces analyze fields check explain suggest stats case verify compare attach redact; do
	expect 0 0 $command --help
	expect 0 0 $command --version
done
expect 0 0 --help
expect 0 0 --version
expect 0 0 fields
expect 0 0 explain

# Writing.
expect 1 1 analyze -o "$work/missing/report" "$work/none.pcap"
expect 1 1 analyze -o "$work/folder" "$work/none.pcap"
expect 1 1 analyze -o /dev/full "$work/none.pcap"
expect 0 0 analyze -o "$work/report" "$work/none.pcap"
[ -s "$work/out" ] && complain "-o printed to standard output, too"
grep -q 'No interference' "$work/report" || complain "-o wrote no report"
expect 1 1 analyze -o "$work/other" "$work/missing.pcap"
[ -e "$work/other" ] && complain "-o left a file although nothing was analysed"
[ "$(ls "$work" | wc -l)" -eq 8 ] || complain "something was left behind: $(ls "$work")"
expect 1 1 analyze --evidence "$work/missing/evidence" "$work/none.pcap"
expect 1 1 analyze --evidence /dev/full "$work/none.pcap"
expect 1 1 analyze -o "$work/other" --evidence /dev/full "$work/none.pcap"
[ -e "$work/other" ] && complain "a report was written without its evidence"
expect 0 0 analyze --evidence "$work/evidence" "$work/none.pcap"
expect 0 0 analyze "$work/evidence"
mkfifo "$work/fifo"
expect 1 1 analyze --evidence "$work/other" "$work/fifo"
cat "$root/captures/iran-reset.pcap" | "$tool" analyze --evidence "$work/piped" - >"$work/out" 2>&1
"$tool" analyze --evidence "$work/read" "$root/captures/iran-reset.pcap" >"$work/out2"
cmp -s "$work/out" "$work/out2" && complain "standard input has a name"
[ -s "$work/piped" ] || complain "no evidence from standard input"
rm -f "$work/fifo" "$work/piped" "$work/read" "$work/out2"
if [ "$(id -u)" -ne 0 ]; then
	mkdir -m 555 "$work/locked"
	expect 1 1 analyze -o "$work/locked/report" "$work/none.pcap"
fi
for format in text json ndjson html; do
	"$tool" analyze --format $format "$work/none.pcap" >/dev/full 2>"$work/err"
	[ $? -eq 1 ] || complain "$format: a full disk is not noticed"
	[ "$(wc -l <"$work/err")" -eq 1 ] || complain "$format: a full disk is not told in one line"
	"$tool" analyze --format $format "$work/none.pcap" >&- 2>"$work/err"
	[ $? -eq 1 ] || complain "$format: a closed standard output is not noticed"
	[ "$(wc -l <"$work/err")" -eq 1 ] || complain "$format: a closed output is not told in one line"
done
# A reader that goes away is nobody's mistake: no message, no signal.
{
	"$tool" --help 2>"$work/err"
	echo $? >"$work/status"
} | true
[ -s "$work/err" ] && complain "a closed pipe is complained about"
[ "$(cat "$work/status")" -le 1 ] || complain "a closed pipe ended it by a signal"
"$tool" analyze - <"$work/none.pcap" >"$work/out" 2>&1 || complain "standard input is not read"
"$tool" analyze "$work/none.pcap" 2>&- >"$work/out" || complain "a closed standard error matters"

# What the user can read about it.
"$tool" --help >"$work/help"
grep -o '^ *\(-[a-zA-Z], \)\?--[a-z-]*' "$work/help" | grep -o '[-][-a-zA-Z]*' | sort -u >"$work/options"
[ "$(wc -l <"$work/options")" -ge 15 ] || complain "--help lists no options"
sed 's/\\-/-/g; s/\\&//g' "$root/man/tamperscope.1" >"$work/man"
while read -r option; do
	grep -q "^\.It .*Fl ${option#-}\( \|\$\)" "$work/man" || complain "not in the manual page: $option"
	# zsh's braces and brackets, bash's blanks
	for file in tamperscope.bash _tamperscope; do
		grep -q -- "\(^\|[^-a-z]\)$option\(\$\|[^-a-z]\)" "$root/completions/$file" ||
			complain "not in completions/$file: $option"
	done
done <"$work/options"
grep -o '^\.It .*Fl .*' "$work/man" | grep -o 'Fl [-a-zA-Z]*' | sed 's/^Fl /-/' | sort -u |
	while read -r option; do
		grep -qx -- "$option" "$work/options" || echo "$option"
	done >"$work/extra"
[ -s "$work/extra" ] && complain "in the manual page, but not known: $(cat "$work/extra")"
for command in analyze fields check explain suggest stats case verify compare attach redact; do
	for file in man/tamperscope.1 completions/tamperscope.bash completions/_tamperscope; do
		grep -qw $command "$root/$file" || complain "not in $file: $command"
	done
done
for word in $(grep -o '"[a-z-]*"' "$root/docs/report.schema.json" | tr -d '"' |
	grep -E -- '-(injection|page|tampering|interception|rejection|stripping)$|^(drop|freeze|throttle)$' | sort -u); do
	"$tool" analyze --only "$word" "$work/none.pcap" >/dev/null 2>&1 || complain "--only $word is refused"
	for file in tamperscope.bash _tamperscope; do
		grep -qw -- "$word" "$root/completions/$file" || complain "not in completions/$file: $word"
	done
done
bash -n "$root/completions/tamperscope.bash" || complain "the completion for bash is broken"
if command -v zsh >/dev/null; then
	zsh -n "$root/completions/_tamperscope" || complain "the completion for zsh is broken"
fi
if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning "$root/man/tamperscope.1" >"$work/lint" 2>/dev/null ||
		complain "mandoc: $(cat "$work/lint")"
else
	echo "check_cli: mandoc is missing: the manual page was not linted"
fi

[ $wrong -eq 0 ] && echo "check_cli: all well"
exit $((wrong > 0))
