#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# The firmware example, copied out of the tree, against the same source on this PC: every token, every loss and the hash
# of all logits must agree, on five Cortex-M boards and on a PC with its rows interleaved by 1 and by 16. The linked
# images must be what their type's cost() promises, object and image to the byte.
# Refuses to pass without a cross compiler or the emulator: it is skipped (77).
# Usage: assistant.sh [include directory] [board ...]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
for tool in arm-none-eabi-g++ qemu-system-arm cmake g++; do
  command -v $tool > /dev/null || { echo "skip: $tool is not installed"; exit 77; }
done
[ $# -gt 0 ] && shift
if [ $# -eq 0 ]; then
  set -- mps2-an500
  [ "${MOTE_TEST_ALL:-ON}" != ON ] || set -- "$@" mps3-an547 mps2-an386 mps2-an505 netduinoplus2  # by hand and with --all
fi
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cp -R "$root/examples/cortex_m_assistant" "$work/example"
model=$root/models/hearth/hearth

# ------------------------------------------------------------------------------------------------ on this PC
xsimd=$root/build/deps/usr/include
[ -d "$xsimd/xsimd" ] || xsimd=${MOTE_XSIMD_INCLUDE_DIR:-/usr/include}
[ "$xsimd" = /usr/include ] && system= || system="-isystem $xsimd"
tools=${MOTE_BUILD_DIR:-}/tools  # of the build that calls; else its own
if [ ! -x "$tools/repack_image" ]; then
  tools=$work/tools
  mkdir "$tools"
  "$root/cmake/compile_tool.sh" repack_image "$tools/repack_image" -DMOTE_WITH_XSIMD=0
fi
on_pc() {  # board type, extra flags; the transcript comes on standard output
  type=$1; shift
  "$tools/repack_image" --header "$model.hpp" --image "$model.mote" --board "$type" --out "$work/$type.mote" > /dev/null
  # shellcheck disable=SC2086
  g++ -std=c++23 -O2 -ffp-contract=off -w "$@" "-I$root/include" $system -DMODEL=hearth \
    "-DMODEL_HEADER=\"$model.hpp\"" "-DIMAGE=\"$work/$type.mote\"" "-DBOARD=$type" \
    "-DBOARD_HEADER=<mote/boards/${type%_sse2}.hpp>" "$work/example/main.cpp" -o "$work/on_pc"
  "$work/on_pc"
}
on_pc mps2_an500 > "$work/roomy.txt"
case " $* " in *" netduinoplus2 "*) on_pc netduinoplus2 > "$work/small.txt" ;; *) : > "$work/small.txt" ;; esac
native=-march=x86-64
[ "$(uname -m)" = x86_64 ] && g++ -march=native -E -x c++ /dev/null > /dev/null 2>&1 && native=-march=native
[ "$(uname -m)" = x86_64 ] || native=-O2
conversation() { sed '/^RAM /,$d' "$1"; }  # without what the board says of itself
grep -q '^done$' "$work/roomy.txt" || { echo "FAILED: the PC"; cat "$work/roomy.txt"; exit 1; }
grep -q '^learned in 8 steps' "$work/roomy.txt" || { echo "FAILED: nothing was learned"; exit 1; }
[ "$(grep -c '^logits ' "$work/roomy.txt")" = 4 ] || { echo "FAILED: four answers were expected"; exit 1; }
conversation "$work/roomy.txt" > "$work/roomy"
conversation "$work/small.txt" > "$work/small"
if [ "${MOTE_TEST_ALL:-ON}" = ON ]; then
  on_pc pc $native > "$work/wide.txt"
  conversation "$work/wide.txt" > "$work/wide"
  diff "$work/roomy" "$work/wide" || { echo "FAILED: rows by 1 and by 16 differ on this PC"; exit 1; }
  echo "ok    PC, rows by 1 and by 16: $(grep -c '^tokens ' "$work/roomy") answers, the same tokens and logits"
fi

# ------------------------------------------------------------------------------------------------ on the boards
for board; do
  build=$work/$board
  { cmake -S "$work/example" -B "$build" -DBOARD="$board" "-DMOTE_SOURCE_DIR=$root" "-DMOTE_HOST_TOOLS=$tools" \
      -DCMAKE_EXPORT_COMPILE_COMMANDS=ON &&
    cmake --build "$build" --target assistant; } > "$work/log" 2>&1 ||
    { echo "FAILED: $board does not build"; tail -n 40 "$work/log"; exit 1; }
  ! grep -q 'warning:' "$work/log" || { echo "FAILED: $board warns"; grep -A5 'warning:' "$work/log"; exit 1; }
  timeout 300 qemu-system-arm -M "$board" -nographic -monitor none -serial none \
    -semihosting-config enable=on,target=native -kernel "$build/assistant.elf" > "$build/out" < /dev/null ||
    { echo "FAILED: $board answers with an error"; cat "$build/out"; exit 1; }
  expected=$work/roomy
  [ "$board" != netduinoplus2 ] || expected=$work/small
  conversation "$build/out" | diff "$expected" - || { echo "FAILED: $board differs from the PC"; exit 1; }
  painted=$(sed -n 's/^stack: \([0-9]*\) of [0-9]* bytes$/\1/p' "$build/out")
  stack=$(sed -n 's/^stack: [0-9]* of \([0-9]*\) bytes$/\1/p' "$build/out")
  ram=$(sed -n 's/^RAM \([0-9]*\) flash [0-9]* bytes.*/\1/p' "$build/out")
  flash=$(sed -n 's/^RAM [0-9]* flash \([0-9]*\) bytes.*/\1/p' "$build/out")
  "$here/tools/check_image.sh" --hot 'matvec|attention|decode\b' --stack "$stack" --painted "$painted" --ram "$ram" \
    --flash "$flash" --su "$build" "$build/assistant.elf" > "$work/log" ||
    { echo "FAILED: the image for $board"; cat "$work/log"; exit 1; }
  promise=$("$here/tools/check_promise.sh" "$build" "$work/example/main.cpp" home "$build/assistant.elf") ||
    { echo "FAILED: the promise for $board"; echo "$promise"; exit 1; }
  echo "ok    $board: identical; $promise; $(sed -n 's/^flash \(.*\) with the stack/flash \1/p' "$work/log") (promised $flash," \
    "$ram), stack $painted of $stack, at worst $(sed -n 's/^worst stack \([0-9]*\) .*/\1/p' "$work/log")"
done
