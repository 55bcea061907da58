#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# The embedded Linux example, copied out of the tree: built for this PC, cross-compiled for 64-bit Arm with and without
# SDOT and for RISC-V, run in the emulator. Tokens, losses and the hashes of all logits must be the PC's; object and image
# of each program must be what their type's cost() promises.
# Refuses to pass without a cross compiler and its emulator: it is skipped (77).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
for tool in cmake g++; do command -v $tool > /dev/null || { echo "skip: $tool is not installed"; exit 77; }; done
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cp -R "$root/examples/linux_board" "$work/example"

tools=
[ ! -x "${MOTE_BUILD_DIR:-}/tools/repack_image" ] || tools=-DMOTE_HOST_TOOLS=$MOTE_BUILD_DIR/tools  # else each its own
build() {  # name, options
  name=$1; shift
  { cmake -S "$work/example" -B "$work/$name" "-DMOTE_SOURCE_DIR=$root" ${tools:+"$tools"} -DCMAKE_EXPORT_COMPILE_COMMANDS=ON \
      "$@" &&
    cmake --build "$work/$name"; } > "$work/log" 2>&1 ||
    { echo "FAILED: $name does not build"; tail -n 40 "$work/log"; exit 1; }
  ! grep -q 'warning:' "$work/log" || { echo "FAILED: $name warns"; grep -A5 'warning:' "$work/log"; exit 1; }
  promise=$("$here/tools/check_promise.sh" "$work/$name" "$work/example/main.cpp" assistant "$work/$name/linux_board" \
    "$work/$name/hearth.mote") || { echo "FAILED: the promise for $name"; echo "$promise"; exit 1; }
}
there=${MOTE_BUILD_DIR:-}/examples/linux_board  # for every change, the program that the tests' build has
if [ "${MOTE_TEST_ALL:-ON}" != ON ] && [ -x "$there/linux_board" ]; then
  mkdir "$work/host"
  cp "$there/linux_board" "$there/hearth.mote" "$work/host"
else
  build host
  echo "ok    this PC: $promise"
fi
"$work/host/linux_board" > "$work/expected" 2> /dev/null || { echo "FAILED: on this PC"; cat "$work/expected"; exit 1; }
[ "$(grep -c '^logits ' "$work/expected")" = 4 ] || { echo "FAILED: four answers were expected"; exit 1; }

ran=0
try() {  # name, triplet, emulator, board type, flags
  name=$1 triplet=$2 emulator=$3 board=$4; shift 4
  for tool in "$triplet-g++" "${emulator%% *}"; do
    command -v "$tool" > /dev/null || { echo "skip  $name: $tool is not installed"; return 0; }
  done
  build "$name" -DCMAKE_SYSTEM_NAME=Linux "-DCMAKE_CXX_COMPILER=$triplet-g++" "-DBOARD=$board" \
    -DCMAKE_EXE_LINKER_FLAGS=-static "-DCMAKE_CXX_FLAGS=$*"
  # shellcheck disable=SC2086
  $emulator "$work/$name/linux_board" "$work/$name/hearth.mote" > "$work/out" 2> /dev/null ||
    { echo "FAILED: $name answers with an error"; cat "$work/out"; exit 1; }
  diff "$work/expected" "$work/out" || { echo "FAILED: $name differs from the PC"; exit 1; }
  echo "ok    $name: identical; $promise ($(sed -n 's/.*: \(q8[^,]*\),.*/\1/p' "$work/log" | tail -n 1))"
  ran=$((ran + 1))
}
try aarch64-dotprod aarch64-linux-gnu "qemu-aarch64 -cpu max" raspberry_pi_5 -march=armv8.2-a+dotprod
if [ "${MOTE_TEST_ALL:-ON}" = ON ]; then  # by hand and with --all
  try aarch64 aarch64-linux-gnu qemu-aarch64 raspberry_pi_zero_2
  try riscv64 riscv64-linux-gnu qemu-riscv64 visionfive_2
fi
[ $ran -gt 0 ] || { echo "skip: no cross compiler with its emulator is installed"; exit 77; }
