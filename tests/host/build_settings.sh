#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# A program with other flags than the mote::host that it links does not link, and the linker says why; one with the same
# flags does.
#   build_settings.sh [INCLUDE]
# Refuses to run on a machine whose compiler has no two instruction sets to tell apart, and without g++: exit 77.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
include=${1:-$here/../../include}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ "$(uname -m)" = x86_64 ] && command -v g++ > /dev/null || { echo "skip: no g++ for x86-64"; exit 77; }
xsimd=$here/../../build/deps/usr/include
[ ! -d "$xsimd/xsimd" ] || include="$include -isystem $xsimd"
cat > "$work/main.cpp" << 'X'
#include "mote/host/build_settings.hpp"
int main() {}
X
# builds FLAG...: the library with the baseline, the program with the flags.
builds() {
  # shellcheck disable=SC2086
  g++ -std=c++23 -I$include "$@" -c "$work/main.cpp" -o "$work/main.o"
  g++ "$work/main.o" "$work/library.o" -o "$work/main" 2> "$work/said"
}
# shellcheck disable=SC2086
g++ -std=c++23 -I$include -march=x86-64 -c "$here/../../tools/host/build_settings.cpp" -o "$work/library.o"
builds -march=x86-64 -O2 || { echo "FAILED: the same flags"; cat "$work/said"; exit 1; }
for flag in -march=x86-64-v2 -march=x86-64-v3 -DMOTE_WITH_XSIMD=0 -DMOTE_WITH_THREADS=0 -DMOTE_POISON_ARENA=1; do
  if builds -march=x86-64 "$flag"; then echo "FAILED: $flag links"; exit 1; fi
  grep -q 'undefined reference to .*flags_of_mote_host_differ' "$work/said" ||
    { echo "FAILED: $flag, other words"; cat "$work/said"; exit 1; }
  echo "ok    $flag does not link"
done
