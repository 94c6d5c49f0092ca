#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# House rules that a compiler does not know. Each check prints what offends, as file:line where
# there is one, and the script fails if anything was printed.
#
#   check_tree.sh SOURCE [OBJECTS]   check a tree; OBJECTS is the folder with its object files
#   check_tree.sh --self-test        plant one offence of each kind and see that it is found

set -u
LC_ALL=C
export LC_ALL

# The longest file that a reader may be asked to hold in mind; the aim is 400.
LINES_MAX=600
# Functions whose result nobody can bound, or that keep state behind the caller's back.
BANNED='sprintf|vsprintf|strcpy|strcat|strncpy|atoi|strtok'
# What a dissector would use to go around the cursor or the arena.
UNSAFE='ntohs|ntohl|htons|htonl|malloc|calloc|realloc|free'

C_HEADERS='assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal
	stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads
	time uchar wchar wctype'

sources() {
	find src dissectors tests -name '*.c' -o -name '*.h' | sort
}

texts() {
	find src dissectors tests docs man fingerprints -type f \( -name '*.[ch]' -o -name '*.py' \
		-o -name '*.sh' -o -name '*.md' -o -name '*.fp' -o -name '*.txt' -o -name '*.[1-9]' \
		-o -name '*.json' \) ! -path '*/corpus/*' 2>/dev/null
	find . -maxdepth 1 -type f \( -name 'meson*' -o -name '*.md' -o -name '.clang-*' \)
}

# Comments and strings taken away, lines kept: words are banned as code, not as prose.
code() {
	sed -e 's/"\([^"\\]\|\\.\)*"/""/g' -e "s/'\([^'\\\\]\|\\\\.\)*'/' '/g" -e 's://.*$::' \
		-e 's:/\*.*\*/: :g' "$1" |
		awk '{ line = $0
		       if (inside) { if ((i = index(line, "*/"))) { line = substr(line, i + 2); inside = 0 }
				     else line = "" }
		       if ((i = index(line, "/*"))) { line = substr(line, 1, i - 1); inside = 1 }
		       print line }'
}

check_banned() {
	sources | while read -r f; do
		code "$f" | grep -nE "\\b($BANNED)[[:space:]]*\(" | sed "s|^|$f:|; s|\$|  <- banned|"
	done
}

check_dissectors() {
	for f in dissectors/*.c; do
		[ -e "$f" ] || continue
		code "$f" | grep -nwE "($UNSAFE)" | sed "s|^|$f:|; s|\$|  <- not in a dissector|"
		# A pointer into a packet turned into something wider than a byte. State is no packet.
		code "$f" | grep -nE '\((const )?(struct [a-z_0-9]+|u?int(16|32|64)_t|unsigned|int|short|long)( const)? ?\*+\)' |
			sed "s|^|$f:|; s|\$|  <- cast of a pointer|"
		# Helpers are let in if they know bytes and nothing of flows.
		grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"' "$f" | grep -v '"dissect\.h"' |
			while IFS= read -r line; do
				h=src/$(printf '%s\n' "$line" | sed 's/.*"\(.*\)".*/\1/')
				[ -e "$h" ] && ! grep -qE 'struct (flow|packet)|"flow\.h"' "$h" && continue
				echo "$f:$line  <- not dissect.h, the C library or a helper without flows"
			done
	done
}

# Each dissector's object must export dissector_NAME and nothing else.
check_symbols() {
	for f in dissectors/*.c; do
		[ -e "$f" ] || continue
		name=$(basename "$f" .c)
		object=$(find "$1" -name "dissectors_$name.c.o" | head -n 1)
		if [ -z "$object" ]; then
			echo "$f: no object in $1"
			continue
		fi
		# Sanitizers add symbols of their own.
		exported=$(nm --defined-only --extern-only "$object" |
			awk 'NF == 3 && $3 !~ /^(__asan|__odr_asan|__ubsan|__sanitizer|__start|__stop|__llvm|__gcov)/ { print $3 }')
		[ "$exported" = "dissector_$name" ] ||
			echo "$f: exports $(echo $exported), not just dissector_$name"
	done
}

# Each header is the whole of a file that includes nothing else.
check_headers() {
	alone=$(mktemp -d) || exit 2
	for f in src/*.h; do
		[ -e "$f" ] || continue
		# With -Isrc it would be found where somebody asks for the library's.
		case " $(echo $C_HEADERS) " in
		*" $(basename "$f" .h) "*) echo "$f: hides a header of the C library" ;;
		esac
		printf '#include "%s"\n' "$(basename "$f")" >"$alone/$(basename "$f" .h).c"
	done
	for cc in gcc clang; do
		command -v "$cc" >/dev/null || continue
		"$cc" -std=c11 -D_GNU_SOURCE -fsyntax-only -Wall -Wextra -Werror -Isrc \
			$(pkg-config --cflags libpcap jansson libcrypto 2>/dev/null) "$alone"/*.c 2>&1 |
			grep -E 'error' | sed "s|^|alone, $cc: |"
	done
	rm -rf "$alone"
}

check_text() {
	texts | while read -r f; do
		grep -nE '[[:blank:]]+$' "$f" | sed "s|^|$f:|; s|\$|  <- trailing blank|"
		# Soft hyphen, zero width, direction marks, no-break space, byte order mark: what a
		# reader cannot see may change what a line says.
		grep -nP '\xC2\xAD|\xC2\xA0|\xE2\x80[\x8B-\x8F\xAA-\xAE]|\xE2\x81[\xA0-\xAF]|\xEF\xBB\xBF|\xF3\xA0' "$f" |
			sed "s|^|$f:|; s|\$|  <- invisible character|"
	done
	sources | while read -r f; do
		lines=$(wc -l <"$f")
		[ "$lines" -lt "$LINES_MAX" ] || echo "$f: $lines lines, the limit is $LINES_MAX"
		head -n 1 "$f" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' ||
			echo "$f:1: no SPDX line"
	done
}

check_all() {
	cd "$1" || exit 2
	check_banned
	check_dissectors
	check_headers
	check_text
	[ -z "${2-}" ] || check_symbols "$2"
}

# --- self-test ---

spdx='/* SPDX-License-Identifier: GPL-3.0-or-later */'

# A tree without offence.
plant_clean() {
	rm -rf "$1"
	mkdir -p "$1/src" "$1/dissectors" "$1/tests" "$1/objects"
	printf '%s\n/* One. sprintf( in prose and "atoi(" in a string are fine. */\n#pragma once\nint one(void);\n' \
		"$spdx" >"$1/src/dissect.h"
	printf '%s\n#include "base.h"\nint two(void);\n' "$spdx" >"$1/src/helper.h"
	printf '%s\n#pragma once\n' "$spdx" >"$1/src/base.h"
	printf '%s\n#pragma once\nstruct flow;\n' "$spdx" >"$1/src/flow.h"
	printf '%s\n#include "dissect.h"\n#include "helper.h"\n#include <stddef.h>\nint dissector_x = (int)sizeof("strcpy(");\n' "$spdx" \
		>"$1/dissectors/x.c"
	build "$1"
}

build() {
	"${CC:-cc}" -I"$1/src" -c "$1/dissectors/x.c" -o "$1/objects/dissectors_x.c.o"
}

failed=0

# Plants a line and expects the check to say a word.
expect() {
	what=$1 file=$2 line=$3 word=$4
	plant_clean "$tmp/t"
	printf "$line\n" >>"$tmp/t/$file"
	[ "$word" != exports ] || build "$tmp/t"
	if ! (check_all "$tmp/t" "$tmp/t/objects") | grep -q -- "$word"; then
		echo "self-test: $what is not noticed"
		failed=1
	fi
}

self_test() {
	tmp=$(mktemp -d) || exit 2
	trap 'rm -rf "$tmp"' EXIT
	plant_clean "$tmp/t"
	found=$( (check_all "$tmp/t" "$tmp/t/objects"))
	[ -z "$found" ] || { echo "self-test: a clean tree offends: $found"; failed=1; }
	for word in sprintf vsprintf strcpy strcat strncpy atoi strtok; do
		expect "$word" src/dissect.h "int f(void) { return $word (0); }" banned
	done
	expect "a banned word in tests" tests/t.c 'int f(void) { return atoi("1"); }' banned
	expect "ntohs" dissectors/x.c 'int f(int a) { return ntohs(a); }' 'not in a dissector'
	expect "malloc" dissectors/x.c 'void *f(void) { return malloc(4); }' 'not in a dissector'
	expect "a cast" dissectors/x.c 'int f(char *p) { return *(const uint16_t *)p; }' 'cast of a pointer'
	expect "a struct cast" dissectors/x.c 'int f(char *p) { return ((struct ip *)p)->x; }' 'cast of a pointer'
	expect "an include" dissectors/x.c '#include "flow.h"' 'helper without flows'
	expect "an include of nothing" dissectors/x.c '#include "none.h"' 'helper without flows'
	expect "a second symbol" dissectors/x.c 'int more;' exports
	expect "a header that needs another" src/dissect.h 'extern uint8_t byte;' 'alone, '
	expect "a header named like the system's" src/limits.h "$spdx" 'hides a header'
	expect "a trailing blank" src/dissect.h 'int b(void); ' 'trailing blank'
	expect "a zero-width space" src/dissect.h '/* \342\200\213 */' 'invisible'
	expect "a right-to-left override" tests/t.py '# \342\200\256' 'invisible'
	expect "a missing licence" tests/t.c 'int x;' 'no SPDX'
	expect "a long file" tests/t.c "$(yes '//\n' | head -n 700 | tr -d '\n')" 'the limit is'
	[ $failed -ne 0 ] || echo "self-test: every planted offence was found"
	exit $failed
}

if [ "${1-}" = --self-test ]; then
	self_test
fi
found=$(check_all "${1:-.}" "${2-}")
[ -z "$found" ] && exit 0
printf '%s\n' "$found"
exit 1
