#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# The story example for a BBC micro:bit: it links into 256 KiB of flash and 16 KiB of RAM, runs in the emulator, and tells
# what the same source tells on this PC, where vectors do the work.
# Refuses to pass without a cross compiler, the emulator, or the model's weights: it is skipped (77).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
for tool in arm-none-eabi-g++ qemu-system-arm cmake g++; do
  command -v $tool > /dev/null || { echo "skip: $tool is not installed"; exit 77; }
done
model=${MOTE_ASSETS:-$root/../shared/assets}/llama2c-stories260K
[ -f "$model/stories260K.bin" ] || { echo "skip: no stories260K in $model"; exit 77; }
[ -e /usr/include/CLI/CLI.hpp ] || { echo "skip: CLI11 is not installed"; exit 77; }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

tools=  # by hand and with --all the example compiles its own
[ "${MOTE_TEST_ALL:-ON}" = ON ] || [ ! -x "${MOTE_BUILD_DIR:-}/tools/import_model" ] || tools=-DMOTE_HOST_TOOLS=$MOTE_BUILD_DIR/tools
{ cmake -S "$root/examples/cortex_m_story" -B "$work" "-DMOTE_SOURCE_DIR=$root" ${tools:+"$tools"} "-DWEIGHTS=$model/stories260K.bin" \
    "-DTOKENIZER=$model/tok512.bin" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON && cmake --build "$work" --target story; } > "$work/log" 2>&1 ||
  { echo "FAILED: it does not build"; tail -n 40 "$work/log"; exit 1; }
! grep -q 'warning:' "$work/log" || { echo "FAILED: it warns"; grep -A5 'warning:' "$work/log"; exit 1; }
sed -n 's/^ *\(FLASH\|RAM\): *\([0-9]* B\).*/\1 \2/p' "$work/log"
"$here/tools/check_promise.sh" "$work" "$root/examples/cortex_m_story/main.cpp" storyteller "$work/story.elf" || exit 1
timeout 300 qemu-system-arm -M microbit -nographic -monitor none -serial none \
  -semihosting-config enable=on,target=native -kernel "$work/story.elf" > "$work/board.txt" < /dev/null ||
  { echo "FAILED: the board answers with an error"; cat "$work/board.txt"; exit 1; }

xsimd=$root/build/deps/usr/include
[ -d "$xsimd/xsimd" ] && system="-isystem $xsimd" || system=
native=-O2
[ "$(uname -m)" = x86_64 ] && g++ -march=native -E -x c++ /dev/null > /dev/null 2>&1 && native=-march=native
# shellcheck disable=SC2086
g++ -std=c++23 -O2 -ffp-contract=off -w $native "-I$root/include" $system "-I$work/model" \
  "-DIMAGE=\"$work/model/stories260k.mote\"" "$root/examples/cortex_m_story/main.cpp" -o "$work/on_pc"
"$work/on_pc" > "$work/pc.txt"
[ "$(wc -c < "$work/pc.txt")" -gt 60 ] || { echo "FAILED: the PC tells no story"; cat "$work/pc.txt"; exit 1; }
grep -v '^stack: ' "$work/board.txt" | diff - "$work/pc.txt" || { echo "FAILED: the board tells something else"; exit 1; }
cat "$work/board.txt"
