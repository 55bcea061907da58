#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Instructions of a token of an answer, exact, of four pipelines of a model: greedy; and what more are fused_greedy<>,
# greedy with a head in two parts, and fused_greedy<> with it. The emulator and its plugin are those of bench/instructions/run.sh, which has built it.
#   split_head.sh TARGET NAME HEADER IMAGE POLICY TEXT FIRST [TOKENS]
#     TARGET: cortex-m7, aarch64 or aarch64-dotprod; NAME, HEADER, IMAGE: the model's type, its header and its image, of
#     rows interleaved as TARGET wants them (1, 4); POLICY: of its weights; TEXT: a text a line, to find the basis;
#     FIRST: columns of the first part
# With INPUTS=0 the basis is the principal axes of the rows: what its gate then costs.
# Refuses models larger than the board's flash: take another target.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=$1 name=$2 header=$(realpath "$3") image=$(realpath "$4") policy=$5 text=$(realpath "$6") first=$7 tokens=${8:-80}
out=$PWD/build/bench/split_head/$target-$name${INPUTS:-}
mkdir -p "$out"
[ -f build/bench/instructions/libcount.so ] || { mkdir -p build/bench/instructions
  gcc -O2 -shared -fPIC -fvisibility=hidden bench/instructions/count.c -o build/bench/instructions/libcount.so; }
board="" rows=4
case $target in
  aarch64) cxx=aarch64-linux-gnu-g++ arch="" emulator=qemu-aarch64 ;;
  aarch64-dotprod) cxx=aarch64-linux-gnu-g++ arch=-march=armv8.2-a+dotprod emulator="qemu-aarch64 -cpu max" ;;
  cortex-m7) cxx=arm-none-eabi-g++ arch="-mcpu=cortex-m7 -mfpu=fpv5-d16 -mfloat-abi=hard -mthumb" board=mps2-an500 rows=1
    emulator="qemu-system-arm -M $board -nographic -monitor none -serial none -semihosting-config enable=on,target=native" ;;
  *) echo "split_head: there is no target '$target'" >&2; exit 1 ;;
esac
headers=$out/headers
mkdir -p "$headers"
ln -sfn "$(realpath build/deps/usr/include/xsimd)" "$headers/xsimd"
model="-DMODEL_HEADER=\"$header\" -DROWS=$rows -DFIRST=$first -DINPUTS=${INPUTS:-1}"
[ -f "$out/split$first.mote" ] || {
  g++ -std=c++23 -O2 -ffp-contract=off -Iinclude -isystem "$headers" $model -DMODEL="$name" "-DPOLICY=$policy" \
    bench/split_head.cpp tools/host/image/split_head.cpp -o "$out/make$first"
  "$out/make$first" "$image" "$text" "$out/split$first.mote" >"$out/split$first.txt"
}
questions=$(head -n 12 "$text" | sed 's/["\\]/\\&/g; s/.*/"&",/' | tr '\n' ' ')
printf '#define QUESTIONS %s\n#include "%s"\n' "$questions" "$header" >"$out/model.hpp"

# count WHICH MODEL POLICIES IMAGE: prints the mean of every second count; the others are what lies between two tokens.
count() {
  local program=$out/$1
  case $1 in plain|fused) if [ -s $program.counts ]; then awk 'NR % 2 == 1 { sum += $1; n++ } END { printf "%.0f\n", sum / n }' "$program.counts"; return; fi;; esac
  local options="-std=gnu++23 -O3 $arch -ffp-contract=off -fno-math-errno -Wno-psabi -Iinclude -Ibench -isystem $headers"
  options+=" -DTOKENS=$tokens -DMODEL_HEADER=\"$out/model.hpp\" -DIMAGE=\"$4\""
  if [ -n "$board" ]; then
    $cxx $options "-DMODEL=$2" "-DPOLICIES=$3" -fno-exceptions -fno-rtti -fno-threadsafe-statics -ffunction-sections \
      -fdata-sections bench/split_head_program.cpp examples/cortex_m_assistant/startup.cpp -o "$program" -nostdlib \
      -Lexamples/cortex_m_assistant/board -Wl,--defsym=mote_stack_bytes=16384 -Wl,--gc-sections -T$board.ld \
      -Wl,--start-group -lc -lgcc -Wl,--end-group
  else
    $cxx $options "-DMODEL=$2" "-DPOLICIES=$3" bench/split_head_program.cpp -o "$program" -static
  fi
  local mark
  mark=$((0x$(nm "$program" | awk '$3 == "instruction_mark" { print $1 }') & ~1))
  local plugin=build/bench/instructions/libcount.so,mark=$mark,out=$program.counts
  if [ -n "$board" ]; then $emulator -plugin "$plugin" -kernel "$program" >&2 </dev/null
  else $emulator -plugin "$plugin" "$program" >&2; fi
  awk 'NR % 2 == 1 { sum += $1; n++ } END { printf "%.0f\n", sum / n }' "$program.counts"
}
plain=$(count plain "$name" "$policy, mote::interleave<$rows>" "$image")
fused=$(count fused "$name" "$policy, mote::interleave<$rows>, mote::fused_greedy<>" "$image")
split=$(count split$first "mote::own_head<$name>" \
  "mote::mixed<$policy, mote::in_head<mote::split<$policy, $first>>>, mote::interleave<$rows>, mote::fused_greedy<>" \
  "$out/split$first.mote")
all=$(count all$first "mote::own_head<$name>" \
  "mote::mixed<$policy, mote::in_head<mote::split<$policy, $first>>>, mote::interleave<$rows>" "$out/split$first.mote")
awk "BEGIN { printf \"| %s | %s | %d | %d | %+.1f %% | %+.1f %% | %+.1f %% |\n\", \"$name\", \"$target\", $first, $plain,
  ($fused / $plain - 1) * 100, ($all / $plain - 1) * 100, ($split / $plain - 1) * 100 }"
