#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Fuzzes for a while: targets take turns, what they learn is kept from one turn to the next.
#
#   run.sh BUILD SECONDS [TARGET...]   fuzz, and print what was done
#   run.sh BUILD sum                   print what was done in all runs so far
#   run.sh BUILD merge [TARGET...]     take over into tests/fuzz/corpus what raises coverage
#
# BUILD is a build folder made with -Dfuzz=true. Environment: JOBS (1) processes at once, TURN (300)
# seconds a turn, LOG (BUILD/fuzz) folder for logs, what was learnt and what crashed. Fails if
# anything crashed, hung or leaked.
set -u
LC_ALL=C
export LC_ALL

ALL="flow dissect capture fingerprint reassemble evidence manifest redact"
SOURCE=$(cd "$(dirname "$0")" && pwd)

if [ $# -lt 2 ]; then
	sed -n 's/^# \{0,1\}//; 3,12p' "$0" >&2
	exit 2
fi
BUILD=$1
WHAT=$2
shift 2
[ $# -gt 0 ] || set -- $ALL
JOBS=${JOBS:-1}
TURN=${TURN:-300}
LOG=${LOG:-$BUILD/fuzz}

# A run allocates little and briefly: a large quarantine would only wear out the cache.
export ASAN_OPTIONS="quarantine_size_mb=4:thread_local_quarantine_size_kb=64:malloc_context_size=2:\
allocator_release_to_os_interval_ms=-1:max_malloc_fill_size=0:detect_leaks=1"
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1

# Beyond this many bytes an input repeats itself; found by what new coverage needs.
length() {
	case $1 in
	capture) echo 1024 ;;
	evidence) echo 16384 ;;
	fingerprint) echo 1024 ;;
	manifest) echo 2048 ;;
	*) echo 512 ;;
	esac
}

# one TARGET SECONDS: a turn, and a line of its cost in $LOG/turns.
one() {
	mkdir -p "$LOG/corpus/$1" "$LOG/crashes"
	out=$LOG/$1-$(date -u +%H%M%S)-$$.log
	cost=$out.cost
	seeds=$SOURCE/corpus/$1
	[ -d "$seeds" ] || seeds=
	# Entropic scheduling costs more than these short runs do.
	(
		nice -n 19 "$BUILD/fuzz_$1" -max_total_time="$2" -max_len="$(length "$1")" -timeout=10 \
			-rss_limit_mb=2048 -entropic=0 -reload=0 -print_final_stats=1 \
			-artifact_prefix="$LOG/crashes/$1-" "$LOG/corpus/$1" ${seeds:+"$seeds"} \
			>"$out" 2>&1
		echo $? >"$out.status"
		times >"$cost"
	)
	awk -v target="$1" -v day="$(date -u +%F)" -v status="$(cat "$out.status")" '
		FILENAME ~ /cost$/ { if (FNR == 2) for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); cpu += t[1] * 60 + t[2] } next }
		/stat::number_of_executed_units/ { runs = $2 }
		/^#[0-9]+/ { seen = substr($1, 2); for (i = 1; i < NF; i++) if ($i == "cov:") cov = $(i + 1) }
		END { printf "%s %s %d %.0f %d %d\n", day, target, runs ? runs : seen, cpu, cov, status }
	' "$cost" "$out" >>"$LOG/turns"
	status=$(cat "$out.status")
	rm -f "$cost" "$out.status"
	# The stream of news is long, and tells nothing afterwards.
	grep -v -E '^#[0-9]+.*(NEW|REDUCE|pulse|RELOAD)' "$out" >"$out.short"
	mv "$out.short" "$out"
	[ "$status" -eq 0 ] || echo "$1: status $status, see $out" >&2
	return "$status"
}

summary() {
	awk '{ runs[$1 " " $2] += $3; cpu[$1 " " $2] += $4; n += $3; s += $4; if ($6) bad++
	       if ($5 > cov[$1 " " $2]) cov[$1 " " $2] = $5 }
	     END { printf "%-12s %-12s %12s %10s %8s\n", "date", "target", "executions", "CPU s", "edges"
		   for (k in runs) { split(k, w)
			printf "%-12s %-12s %12d %10d %8d\n", w[1], w[2], runs[k], cpu[k], cov[k] | "sort" }
		   close("sort")
		   printf "%-12s %-12s %12d %10d   %d turns ended badly\n", "all", "", n, s, bad }' "$LOG/turns"
}

merge() {
	for t in "$@"; do
		new=$(mktemp -d)
		"$BUILD/fuzz_$t" -merge=1 -max_len="$(length "$t")" "$new" "$SOURCE/corpus/$t" \
			"$LOG/corpus/$t" >"$LOG/$t-merge.log" 2>&1 || { cat "$LOG/$t-merge.log" >&2; exit 1; }
		# What was put there by hand keeps its name.
		for f in "$new"/*; do
			for old in "$SOURCE/corpus/$t"/*; do
				cmp -s "$f" "$old" && continue 2
			done
			cp "$f" "$SOURCE/corpus/$t/$(basename "$f" | cut -c 1-12)"
		done
		rm -rf "$new"
		echo "$t: $(find "$SOURCE/corpus/$t" -type f | wc -l) inputs"
	done
}

case $WHAT in
sum)
	summary
	exit
	;;
merge)
	merge "$@"
	exit
	;;
esac

mkdir -p "$LOG"
end=$(($(date +%s) + WHAT))
# Each process begins elsewhere in the row of targets.
for job in $(seq "$JOBS"); do
	(
		skip=$(((job - 1) * $# / JOBS))
		bad=
		while :; do
			for t in "$@"; do
				[ $skip -gt 0 ] && { skip=$((skip - 1)); continue; }
				left=$((end - $(date +%s)))
				[ $left -gt 1 ] || exit 0
				# What fails once fails again at the same place.
				case "$bad " in *" $t "*) sleep 1; continue ;; esac
				one "$t" $((left < TURN ? left : TURN)) || bad="$bad $t"
			done
		done
	) &
done
wait
summary
[ -z "$(ls "$LOG/crashes")" ]
