#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# The golden answers (tests/golden/golden.hpp) as a firmware, run on emulated boards: from a Cortex-M3 without an FPU
# to a Cortex-M55 with Helium, every logit, loss and adapter must have the bits that a PC gives; and their kernels
# (tests/golden/units.hpp) those of plain loops; every family (tests/golden/families.hpp) answers as on a PC; and hostile
# numbers (tests/golden/hostile.hpp) end in the same status or the
# same bits. On the Cortex-M55 its floats as well (tests/golden/helium.hpp), and vectors
# that the compiler made of loops must be noticed: they flush subnormals.
# Refuses to pass without a cross compiler or the emulator: it is skipped (77).
#   golden.sh [<include folder> [<part>...]]     a part: a board; units:<board> for the kernels, families:<board>
# Parts: units:mps2-an386 mps3-an547 units:mps3-an547
# What an M4 has of its own is its kernels. A Cortex-M7 has the same ones, an M33 has the FPU of the M55 besides, and those
# of an M3 are the plain loops, whose floats an emulator's FPU library makes slowly.
# Parts of --all: mps2-an385 mps2-an386 mps2-an500 mps2-an505 units:mps2-an385 units:mps2-an500 units:mps2-an505
# Parts of --all: families:mps2-an385 families:mps2-an386 families:mps2-an500 families:mps2-an505 families:mps3-an547
set -eu
here=$(cd "$(dirname "$0")" && pwd)
include=${1:-$here/../../include}
[ $# -eq 0 ] || shift
example=$here/../../examples/cortex_m_assistant
for tool in arm-none-eabi-g++ qemu-system-arm; do
  command -v $tool > /dev/null || { echo "skip: $tool is not installed"; exit 77; }
done
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

few=
[ "${MOTE_TEST_ALL:-ON}" = ON ] || few=-DMOTE_TEST_FEW_TYPES=1  # by hand and with --all: every row layout

# Several programs: the smallest board holds one of them at a time.
cat > "$work/golden.cpp" << 'X'
#include "golden.hpp"
#include "semihosting.hpp"
#include "startup.hpp"
int main() {
  const int failures = mote_golden([](const char* text) { semihosting::print(text); });
  semihosting::print("stack: ");
  semihosting::print(firmware::stack_high_water());
  semihosting::print(" bytes\n");
  return failures;
}
X
cat > "$work/families.cpp" << 'X'
#include "families.hpp"
#include "semihosting.hpp"
#include "startup.hpp"
int main() {
  return mote_golden_families([](const char* text) { semihosting::print(text); });
}
X
cat > "$work/hostile.cpp" << 'X'
#include "hostile.hpp"
#include "semihosting.hpp"
#include "startup.hpp"
int main() {
  return mote_hostile([](const char* text) { semihosting::print(text); });
}
X
cat > "$work/units.cpp" << 'X'
#include "units.hpp"
#include "semihosting.hpp"
#include "startup.hpp"
int main() {
  return mote_units::run([](const char* text) { semihosting::print(text); });
}
X
cat > "$work/helium.cpp" << 'X'
#include "helium.hpp"
#include "semihosting.hpp"
#include "startup.hpp"
int main() {
  return mote_helium::run([](const char* text) { semihosting::print(text); });
}
X
cat > "$work/flushes.cpp" << 'X'
#include "mote/simd/subnormals.hpp"
#include "semihosting.hpp"
#include "startup.hpp"
int main() {
  semihosting::print(mote::subnormals_are_kept() ? "kept" : "flushed");
  return 0;
}
X

# program NAME FLAG...: builds $work/NAME.elf for $board and runs it; what it prints goes to $work/NAME.out.
program() {
  # shellcheck disable=SC2086
  arm-none-eabi-g++ $cpu -mthumb -std=gnu++23 -O2 -ffp-contract=off -fno-math-errno \
    -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-unwind-tables -fno-asynchronous-unwind-tables \
    -ffunction-sections -fdata-sections -Wall -Wextra -Wconversion -Wdouble-promotion -Wshadow -Werror $few \
    "-I$include" "-I$here/../golden" "-I$example" \
    "$work/$1.cpp" "$example/startup.cpp" -o "$work/$1.elf" \
    -nostdlib "-L$example/board" -T "$script.ld" -Wl,--defsym=mote_stack_bytes=16384 -Wl,--gc-sections \
    -Wl,--start-group -lc -lgcc -Wl,--end-group ${2:-} ${3:-} ||
    { echo "FAILED: $1 does not build for $board"; return 1; }
  timeout 600 qemu-system-arm -M "$board" -nographic -monitor none -serial none \
    -semihosting-config enable=on,target=native -kernel "$work/$1.elf" > "$work/$1.out" 2>&1 ||
    { echo "FAILED: $1 on $board"; cat "$work/$1.out"; return 1; }
}
helium() {
  levels="-O2 -O3"
  [ -z "$few" ] || levels=-O2
  for level in $levels; do
    program helium $level || exit 1
    program flushes $level || exit 1
    grep -q kept "$work/flushes.out" || { echo "FAILED: $level keeps subnormals and is accused"; exit 1; }
    program flushes $level -ftree-vectorize || exit 1
    grep -q flushed "$work/flushes.out" || { echo "FAILED: $level flushes subnormals and nobody notices"; exit 1; }
  done
  grep '^ok' "$work/helium.out" || { echo "FAILED: $board said nothing of its floats"; exit 1; }
}

ran=0
for part in ${*:-$(sed -nE 's/^# Parts( of --all)?: //p' "$0")}; do
  board=${part##*:}
  script=$board
  case $board in
    mps2-an385) cpu="-mcpu=cortex-m3 -mfloat-abi=soft" script=mps2-an386 ;;  # the same memories
    mps2-an386) cpu="-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard" ;;
    mps2-an500) cpu="-mcpu=cortex-m7 -mfpu=fpv5-sp-d16 -mfloat-abi=hard" ;;
    mps2-an505) cpu="-mcpu=cortex-m33 -mfpu=fpv5-sp-d16 -mfloat-abi=hard" ;;
    mps3-an547) cpu="-mcpu=cortex-m55 -mfloat-abi=hard -fno-tree-vectorize" ;;
    *) echo "FAILED: no board is called $board"; exit 1 ;;
  esac
  case $part in
    units:*)
      program units || exit 1
      grep -q ': ok, as plain loops' "$work/units.out" || { echo "FAILED: $board said nothing of its kernels"; exit 1; }
      echo "ok    $board: kernels are as plain loops"
      [ "$board" != mps3-an547 ] || helium ;;
    families:*)
      program families || exit 1
      families=$(grep -c '^ok ' "$work/families.out") || { echo "FAILED: $board said nothing of families"; exit 1; }
      echo "ok    $board: $families families have the golden bits" ;;
    *)
      program golden || exit 1
      [ -n "$few" ] || program hostile || exit 1
      same=$(grep -c '^ok ' "$work/golden.out") || { echo "FAILED: $board said nothing"; cat "$work/golden.out"; exit 1; }
      hostile=
      [ -n "$few" ] || hostile=" $(grep -c '^ok ' "$work/hostile.out") with hostile numbers," ||
        { echo "FAILED: $board said nothing of hostile numbers"; exit 1; }
      echo "ok    $board: $same pipelines have the golden bits,$hostile $(grep '^stack: ' "$work/golden.out")" ;;
  esac
  ran=$((ran + 1))
done
[ $ran -ge 1 ]
