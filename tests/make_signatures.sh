#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes docs/signatures.md anew: tests/make_signatures.sh BUILD-FOLDER
set -eu
build=${1:?usage: tests/make_signatures.sh BUILD-FOLDER}
ninja -C "$build" make_signatures >/dev/null
"$build/make_signatures" >docs/signatures.md.new
mv docs/signatures.md.new docs/signatures.md
