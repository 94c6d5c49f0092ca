#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# check_determinism.sh TOOL FOLDER: the same captures give the same bytes, twice, in any locale and
# time zone, at any address where the kernel puts the program.
set -u
tool=$1 folder=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
wrong=0 count=0

twice() {
	format=$1
	shift
	"$tool" analyze -q -v --flows --hash --format "$format" "$@" >"$work/once" || wrong=$((wrong + 1))
	env -i LC_ALL=C.UTF-8 TZ=Asia/Tehran COLUMNS=200 "$tool" analyze -q -v --flows --hash \
		--format "$format" "$@" >"$work/twice" || wrong=$((wrong + 1))
	count=$((count + 1))
	[ -s "$work/once" ] || wrong=$((wrong + 1))
	cmp -s "$work/once" "$work/twice" && return
	echo "check_determinism: $format of $* differs:"
	diff "$work/once" "$work/twice" | head -n 5
	wrong=$((wrong + 1))
}

groups() {
	for format in text json ndjson html; do
		twice $format "$@"
	done
}

# Each by itself, and groups of them at once.
set --
for file in "$folder"/*.pcap "$folder"/*.pcapng "$folder"/*.gz; do
	[ -e "$file" ] || continue
	twice json "$file"
	set -- "$@" "$file"
	[ $# -lt 8 ] && continue
	groups "$@"
	set --
done
[ $# -eq 0 ] || groups "$@"
if [ $count -eq 0 ]; then
	echo "check_determinism: no captures in $folder"
	exit 77
fi
echo "check_determinism: $count pairs, $wrong wrong"
exit $((wrong > 0))
