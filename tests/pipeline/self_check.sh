#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# What self_check() compares notices flags that the preprocessor cannot see: -fassociative-math changes the norm,
# -ffinite-math-only opens the gates of what is not finite, and each leaves the other's alone.
# Refuses to pass without GCC: it is skipped (77).
set -eu
include=${1:-$(dirname "$0")/../../include}
command -v g++ > /dev/null || { echo "skip: g++ is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/ask.cpp" <<'CPP'
#include <mote/model/known_answers.hpp>
#include <cstdio>
using namespace mote::detail;
alignas(64) static float room[known_room];
int main() {
  std::puts(norm_bits(room) == known::norm ? "norm" : "NORM");
  std::puts(gates_hold(room) ? "gates" : "GATES");
}
CPP

# check EXPECTED FLAG...: capitals are what differs.
check() {
  expected=$1
  shift
  g++ -std=c++23 -O2 -ffp-contract=off -DMOTE_WITH_XSIMD=0 "$@" "-I$include" "$work/ask.cpp" -o "$work/ask"
  found=$("$work/ask" | tr '\n' ' ')
  [ "$found" = "$expected " ] || { echo "FAIL  $*: $found, not $expected"; exit 1; }
  echo "ok    $*: $found"
}
check "NORM gates" -fassociative-math -fno-signed-zeros -fno-trapping-math
check "norm GATES" -ffinite-math-only
