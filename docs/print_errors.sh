#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Prints what GCC and Clang say to the pairs of tests/fail, as docs/errors.md shows it: the lines that carry our words,
# the numbers and the user's own line. What stands between them (the way through our headers) is left out, and where in
# a header a message stands: that changes with every edit.
#   docs/print_errors.sh                    every pair
#   docs/print_errors.sh slot_twice ram     these pairs
#   docs/print_errors.sh --update           writes them into docs/errors.md, between its `<!-- pair: NAME -->` marks
#   docs/print_errors.sh --update ram       writes this pair
# Refuses to judge: the pairs themselves are tests (cmake/compile_fail.cmake), with both compilers.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
gcc=${GCC:-g++}
clang=${CLANG:-clang++-19}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

branch() {  # SOURCE if|else: the lines of one side
  awk -v want="$2" '/^#if MOTE_FAIL/ { side = "if"; next } /^#else/ && side { side = "else"; next }
    /^#endif/ { side = "" } side == want && !/^#pragma/' "$1"
}

said() {  # COMPILER SOURCE
  bare=$(sed -n 's|^// BARE: *||p' "$2")
  LC_ALL=C "$1" -std=c++23 -ffp-contract=off -fsyntax-only -fdiagnostics-color=never \
    -I"$root/include" ${bare:--isystem "$root/build/deps/usr/include"} -DMOTE_FAIL=1 "$2" 2>&1 |
    sed -e "s|$root/include/||g" -e "s|$(dirname "$2")/||g" -e 's/mote::v0::/mote::/g' -e 's/ >/>/g' -e 's|^\(mote/[a-z_0-9/]*\.hpp\):[0-9:]*|\1:|'
}

pair() {
  source=$root/tests/fail/$1.cpp
  [ -f "$source" ] || { echo "there is no $source" >&2; exit 1; }
  for side in if else; do
    [ -n "$(branch "$source" $side)" ] || continue
    [ $side = if ] && printf 'Broken:\n\n' || printf 'Fixed:\n\n'
    printf '<!-- compile: skip -->\n```cpp\n%s\n```\n\n' "$(branch "$source" $side)"
  done
  printf 'GCC says:\n\n```text\n'
  said "$gcc" "$source" | grep -E 'In instantiation of .struct|required from here|error:|expected a type, got' || true
  printf '```\n\nClang says:\n\n```text\n'
  said "$clang" "$source" | awk '/error:/ { print } /note: in instantiation/ { if (!seen++) print; last = $0; n = seen }
    END { if (n > 1) print last }'
  printf '```\n'
}

if [ "${1:-}" = --update ]; then
  page=$root/docs/errors.md
  shift
  [ $# -gt 0 ] || set -- $(sed -n 's/^<!-- pair: \([a-z0-9_]*\) -->$/\1/p' "$page")
  for name; do pair "$name" > "$work/$name"; done
  awk -v work="$work" '
    /^<!-- pair: [a-z0-9_]+ -->$/ && system("test -f " work "/" $3) == 0 { print; print ""; file = work "/" $3; while ((getline line < file) > 0) print line; skip = 1; next }
    /^<!-- end pair -->$/ { if (skip) print ""; skip = 0 }
    !skip' "$page" > "$work/page"
  cp "$work/page" "$page"
else
  [ $# -gt 0 ] || set -- $(cd "$root/tests/fail" && for f in *.cpp; do printf '%s ' "${f%.cpp}"; done)
  for name; do printf '## %s\n\n' "$name"; pair "$name"; done
fi
