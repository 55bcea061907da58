#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# The firmware example as a stranger takes it: copied out of the tree, built for every board it names, run in the
# emulator. Its start-up code, linker scripts and fault handlers are proved here, before any model is involved.
# Refuses to pass without a cross compiler or the emulator: it is skipped (77).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
for tool in arm-none-eabi-g++ qemu-system-arm cmake ctest; do
  command -v $tool > /dev/null || { echo "skip: $tool is not installed"; exit 77; }
done
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cp -R "$here/../../examples/cortex_m_assistant" "$work/example"

ran=0
for script in "$work"/example/board/*.ld; do
  board=$(basename "$script" .ld)
  [ "$board" != sections ] || continue
  build=$work/$board
  { cmake -S "$work/example" -B "$build" -DBOARD="$board" && cmake --build "$build"; } > "$work/log" 2>&1 ||
    { echo "FAILED: $board does not build"; cat "$work/log"; exit 1; }
  ! grep -q 'warning:' "$work/log" || { echo "FAILED: $board warns"; cat "$work/log"; exit 1; }
  (cd "$build" && ctest --output-on-failure) > "$work/log" 2>&1 || { echo "FAILED: $board"; cat "$work/log"; exit 1; }

  # What the program said of its stack must not be more than the machine code allows.
  cp "$build/Testing/Temporary/LastTest.log" "$work/log"
  painted=$(sed -n 's/^stack: \([0-9]*\) of [0-9]* bytes$/\1/p' "$work/log" | head -n 1)
  [ -n "$painted" ] || { echo "FAILED: $board did not say how deep its stack was"; cat "$work/log"; exit 1; }
  out=$("$here/tools/check_image.sh" --quiet --painted "$painted" --stack 8192 --su "$build" \
    "$build/self_test.elf") || true
  # It recurses on purpose, to overflow its stack: the check must say so, and say nothing else.
  [ "$out" = 'FAILED: recursion through (anonymous namespace)::overflow_stack(unsigned long)' ] ||
    { echo "FAILED: the image for $board: $out"; exit 1; }
  echo "ok    $board: $(grep -c '^ok    ' "$work/log") checks on the board, stack $painted bytes"
  ran=$((ran + 1))
done
[ $ran -ge 5 ] || { echo "FAILED: only $ran boards"; exit 1; }
