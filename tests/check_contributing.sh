#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# check_contributing.sh TOOL SOURCE: does what CONTRIBUTING.md says, in a copy of the tree, to the
# letter. TOOL is the installed tamperscope of somebody who has no compiler.
#
# In the page, a comment says what to do with the block behind it:
#   <!-- file: PATH -->     becomes that file
#   <!-- append: PATH -->   goes to its end
#   <!-- run -->            is run by a shell in the copy, and must succeed
set -u
tool=$(realpath "$1") && source=$(realpath "$2") || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

mkdir "$work/tree" "$work/bin" "$work/steps"
(cd "$source" && tar cf - --exclude='./build*' --exclude=./.git --exclude=__pycache__ .) |
	tar xf - -C "$work/tree" || exit 1

# STEPS/NNN.KIND with the block, and STEPS/NNN.path
awk -v to="$work/steps" '
	/^<!-- (file|append): .* -->$/ { kind = substr($2, 1, length($2) - 1); path = $3; next }
	/^<!-- run -->$/ { kind = "run"; path = "-"; next }
	/^```/ && inside { inside = 0; kind = ""; close(out); next }
	/^```/ && kind != "" { inside = 1; n++
		out = sprintf("%s/%03d.%s", to, n, kind)
		print path >sprintf("%s/%03d.path", to, n)
		close(sprintf("%s/%03d.path", to, n)); next }
	inside { print >out }' "$source/CONTRIBUTING.md"

cd "$work/tree" || exit 1
# Speed does not matter here, the time to compile does; sanitizers have their turn elsewhere.
unset MESON_BUILD_ROOT MESON_SOURCE_ROOT MAKEFLAGS
CFLAGS='-O0 -g0'
export CFLAGS
ln -s "$tool" "$work/bin/tamperscope"
PATH=$work/bin:$PATH
export PATH

count=0
for step in "$work"/steps/*.file "$work"/steps/*.append "$work"/steps/*.run; do
	[ -e "$step" ] && echo "${step##*/}"
done | sort >"$work/order"
while read -r step; do
	path=$(cat "$work/steps/${step%%.*}.path")
	count=$((count + 1))
	case $step in
	*.file)
		if [ -e "$path" ]; then
			echo "CONTRIBUTING.md writes $path, which is there already"
			exit 1
		fi
		mkdir -p "$(dirname "$path")"
		cp "$work/steps/$step" "$path"
		;;
	*.append)
		[ -e "$path" ] || { echo "CONTRIBUTING.md appends to $path, which is not there"; exit 1; }
		cat "$work/steps/$step" >>"$path"
		;;
	*.run)
		if ! sh -e -x "$work/steps/$step" </dev/null >"$work/log" 2>&1; then
			echo "this does not work:"
			sed 's/^/    /' "$work/steps/$step"
			tail -n 60 "$work/log"
			exit 1
		fi
		# A check that has something to say has failed, whatever its status.
		if grep -q '^tamperscope check' "$work/steps/$step" && grep -q '^[^+].*:[0-9]*: ' "$work/log"; then
			echo "tamperscope check complains:"
			cat "$work/log"
			exit 1
		fi
		;;
	esac
done <"$work/order"
if [ "$count" -lt 10 ]; then
	echo "only $count steps were found in CONTRIBUTING.md"
	exit 1
fi

# The recipes must have led somewhere, and must be able to fail.
build/tamperscope explain example-30000 >/dev/null || { echo "the fingerprint is not there"; exit 1; }
sed 's/ip.id == 30000/ip.id == 30001/' fingerprints/example.fp >"$work/wrong.fp"
mkdir "$work/wrong" && cp "$work/wrong.fp" "$work/wrong/"
if build/tamperscope check --captures captures "$work/wrong" >/dev/null 2>&1; then
	echo "a fingerprint that does not fire on its sample passes the check"
	exit 1
fi
# What is there is taken for a message: the properties must see it.
sed -i 's/get_bytes(in, GREETING_LENGTH)/get_bytes(in, cursor_left(in))/' dissectors/rfb.c
grep -q 'get_bytes(in, cursor_left(in))' dissectors/rfb.c || { echo "rfb.c was not broken"; exit 1; }
if meson test -C build dissect >/dev/null 2>&1; then
	echo "a broken dissector passes the property tests"
	exit 1
fi
echo "CONTRIBUTING.md: $count steps, all of them work"
