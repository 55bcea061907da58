#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# The golden answers (tests/golden/golden.hpp) as a firmware, run on emulated boards: from a Cortex-M0+ and a 32-bit RISC-V
# without an FPU to a Cortex-M55 with Helium, every logit, loss and adapter must have the bits that a PC gives; and their kernels
# (tests/golden/units.hpp) those of plain loops; every family (tests/golden/families.hpp) answers as on a PC; and hostile
# numbers (tests/golden/hostile.hpp) end in the same status or the
# same bits. On the Cortex-M55 its floats as well (tests/golden/helium.hpp), and vectors
# that the compiler made of loops must be noticed: they flush subnormals.
# A Cortex-M0+ is run on the board of an M3, which has its instructions and more: addresses that only an M3 may read would
# not be noticed. The RISC-V ones are what the ESP32-C3 and C6 (rv32imac) and the P4 (rv32imafc) have, on qemu's `virt`, with
# picolibc, and the C++ headers of the Arm toolchain, since Debian has none for them.
# Refuses to pass without a cross compiler or the emulator: it is skipped (77).
#   golden.sh [<include folder> [<part>...]]     a part: a board; units:<board> for the kernels, families:<board>
# Parts: units:mps2-an386 mps3-an547 units:mps3-an547
# What an M4 has of its own is its kernels. A Cortex-M7 has the same ones, an M33 has the FPU of the M55 besides, and those
# of an M3 are the plain loops, whose floats an emulator's FPU library makes slowly.
# Parts of --all: mps2-an385 mps2-an386 mps2-an500 mps2-an505 units:mps2-an385 units:mps2-an500 units:mps2-an505
# Parts of --all: m0plus rv32imac rv32imafc units:rv32imafc families:rv32imafc
# Parts of --all: families:mps2-an385 families:mps2-an386 families:mps2-an500 families:mps2-an505 families:mps3-an547
set -eu
here=$(cd "$(dirname "$0")" && pwd)
include=${1:-$here/../../include}
[ $# -eq 0 ] || shift
example=$here/../../examples/cortex_m_assistant
needs() {
  for tool; do command -v "$tool" > /dev/null || { echo "skip: $tool is not installed"; exit 77; }; done
}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

few=
[ "${MOTE_TEST_ALL:-ON}" = ON ] || few=-DMOTE_TEST_FEW_TYPES=1  # by hand and with --all: every row layout

# What a program prints by: on Arm the example's semihosting, on RISC-V that of picolibc.
cat > "$work/board.hpp" << 'X'
#if defined(__riscv)
#include <stdio.h>
inline void say(const char* text) { fputs(text, stdout); }
inline void say_stack() {}
#else
#include "semihosting.hpp"
#include "startup.hpp"
inline void say(const char* text) { semihosting::print(text); }
inline void say_stack() {
  semihosting::print("stack: ");
  semihosting::print(firmware::stack_high_water());
  semihosting::print(" bytes\n");
}
#endif
X
# Several programs: the smallest board holds one of them at a time.
cat > "$work/golden.cpp" << 'X'
#include "golden.hpp"
#include "board.hpp"
int main() {
  const int failures = mote_golden(say);
  say_stack();
  return failures;
}
X
cat > "$work/families.cpp" << 'X'
#include "families.hpp"
#include "board.hpp"
int main() { return mote_golden_families(say); }
X
cat > "$work/hostile.cpp" << 'X'
#include "hostile.hpp"
#include "board.hpp"
int main() { return mote_hostile(say); }
X
cat > "$work/units.cpp" << 'X'
#include "units.hpp"
#include "board.hpp"
int main() { return mote_units::run(say); }
X
cat > "$work/helium.cpp" << 'X'
#include "helium.hpp"
#include "board.hpp"
int main() { return mote_helium::run(say); }
X
cat > "$work/flushes.cpp" << 'X'
#include "mote/simd/subnormals.hpp"
#include "board.hpp"
int main() {
  say(mote::subnormals_are_kept() ? "kept" : "flushed");
  return 0;
}
X

# program NAME FLAG...: builds $work/NAME.elf for $board and runs it; what it prints goes to $work/NAME.out.
program() {
  # shellcheck disable=SC2086
  $cxx -std=gnu++23 -O2 -ffp-contract=off -fno-math-errno \
    -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-unwind-tables -fno-asynchronous-unwind-tables \
    -ffunction-sections -fdata-sections -Wall -Wextra -Wconversion -Wdouble-promotion -Wshadow -Werror $few \
    "-I$include" "-I$here/../golden" "-I$example" "-I$work" \
    "$work/$1.cpp" $startup -o "$work/$1.elf" -nostdlib -Wl,--gc-sections ${2:-} ${3:-} $link ||
    { echo "FAILED: $1 does not build for $board"; return 1; }
  timeout 600 $emulator -nographic -monitor none -serial none \
    -semihosting-config enable=on,target=native -kernel "$work/$1.elf" > "$work/$1.out" 2>&1 ||
    { echo "FAILED: $1 on $board"; cat "$work/$1.out"; return 1; }
}
arm() {  # MACHINE SCRIPT CPU...
  needs arm-none-eabi-g++ qemu-system-arm
  emulator="qemu-system-arm -M $1" startup=$example/startup.cpp
  link="-L$example/board -T $2.ld -Wl,--defsym=mote_stack_bytes=16384 -Wl,--start-group -lc -lgcc -Wl,--end-group"
  shift 2
  cxx="arm-none-eabi-g++ -mthumb $*"
}
riscv() {  # ARCHITECTURE ABI
  needs riscv64-unknown-elf-g++ qemu-system-riscv32
  pico=/usr/lib/picolibc/riscv64-unknown-elf
  headers=$(find /usr/include/newlib/c++ -mindepth 1 -maxdepth 1 2> /dev/null | sort -V | tail -n 1)
  [ -d "$pico/lib/release/$1/$2" ] || { echo "skip: picolibc-riscv64-unknown-elf is not installed"; exit 77; }
  [ -n "$headers" ] || { echo "skip: libstdc++-arm-none-eabi-newlib is not installed"; exit 77; }
  emulator="qemu-system-riscv32 -M virt -m 32 -bios none" startup=$pico/lib/$1/$2/crt0-semihost.o
  cxx="riscv64-unknown-elf-g++ --specs=picolibc.specs -march=$1 -mabi=$2 -mcmodel=medany"
  cxx="$cxx -nostdinc++ -isystem $headers -isystem $headers/arm-none-eabi"
  link="-L$pico/lib/release/$1/$2 -T $pico/lib/picolibc.ld -Wl,--start-group -lc -lsemihost -lgcc -Wl,--end-group"
  link="$link -Wl,--defsym=__flash=0x80000000 -Wl,--defsym=__flash_size=0x00800000"
  link="$link -Wl,--defsym=__ram=0x80800000 -Wl,--defsym=__ram_size=0x00800000 -Wl,--defsym=__stack_size=16384"
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
  case $board in
    m0plus) arm mps2-an385 mps2-an386 -mcpu=cortex-m0plus -mfloat-abi=soft ;;
    mps2-an385) arm mps2-an385 mps2-an386 -mcpu=cortex-m3 -mfloat-abi=soft ;;  # the same memories
    mps2-an386) arm mps2-an386 mps2-an386 -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard ;;
    mps2-an500) arm mps2-an500 mps2-an500 -mcpu=cortex-m7 -mfpu=fpv5-sp-d16 -mfloat-abi=hard ;;
    mps2-an505) arm mps2-an505 mps2-an505 -mcpu=cortex-m33 -mfpu=fpv5-sp-d16 -mfloat-abi=hard ;;
    mps3-an547) arm mps3-an547 mps3-an547 -mcpu=cortex-m55 -mfloat-abi=hard -fno-tree-vectorize ;;
    rv32imac) riscv rv32imac ilp32 ;;
    rv32imafc) riscv rv32imafc ilp32f ;;
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
      echo "ok    $board: $same pipelines have the golden bits,$hostile $(grep '^stack: ' "$work/golden.out" || echo 'stack not measured')" ;;
  esac
  ran=$((ran + 1))
done
[ $ran -ge 1 ]
