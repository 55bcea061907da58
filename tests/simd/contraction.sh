#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# arithmetic_is_plain() must notice a compiler that fuses, and must not accuse one that was told not to.
# Refuses to pass if no compiler here could fuse: exit 77.
set -eu
include=${1:-$(dirname "$0")/../../include}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/ask.cpp" <<'CPP'
#include <mote/simd/contraction.hpp>
int main() { return mote::arithmetic_is_plain() ? 0 : 1; }
CPP
tried=0

# check COMPILER EMULATOR FLAG...: fused without the flag, plain with it.
check() {
  compiler=$1 emulator=$2
  shift 2
  command -v "$compiler" > /dev/null || return 0
  [ -z "$emulator" ] || command -v "$emulator" > /dev/null || return 0
  tried=$((tried + 1))
  "$compiler" -std=c++23 -O2 "$@" "-I$include" "$work/ask.cpp" -o "$work/fused"
  "$compiler" -std=c++23 -O2 "$@" -ffp-contract=off "-I$include" "$work/ask.cpp" -o "$work/plain"
  if $emulator "$work/fused"; then echo "FAIL  $compiler fuses and nobody notices"; exit 1; fi
  if ! $emulator "$work/plain"; then echo "FAIL  $compiler does not fuse and is accused"; exit 1; fi
  echo "ok    $compiler"
}

if grep -qs '^flags.* fma\( \|$\)' /proc/cpuinfo; then
  check g++ "" -mfma
  check clang++-19 "" -mfma
fi
check aarch64-linux-gnu-g++ qemu-aarch64 -static
check riscv64-linux-gnu-g++ qemu-riscv64 -static
[ $tried -gt 0 ] || exit 77
