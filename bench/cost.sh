#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# What the library costs a build: lines and seconds of its headers, seconds and bytes of the Cortex-M7 example.
# Refuses to time against something: it prints a table, and a person compares. Bytes are another matter: a second pipeline
# of more than 2 KiB is an error, be it of another shape or another learner.
#   bench/cost.sh        REPEATS=3 changes how often each command runs; the best run counts
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
repeats=${REPEATS:-3}
flags="-std=gnu++23 -ffp-contract=off -Iinclude -isystem build/deps/usr/include"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

best() {  # the least processor time of a command, in seconds
  local i least=999999 now
  for ((i = 0; i < repeats; i++)); do
    now=$( { TIMEFORMAT='%U %S'; time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ print $1 + $2 }')
    least=$(awk -v a="$least" -v b="$now" 'BEGIN { print (b < a ? b : a) }')
  done
  echo "$least"
}

echo "| header | lines after the preprocessor | seconds, $(g++ -dumpfullversion) |"
echo "|---|---:|---:|"
for header in mote/pipeline.hpp mote/mote.hpp mote/views.hpp; do
  echo "#include <$header>" >"$work/one.cpp"
  lines=$(g++ $flags -E -P "$work/one.cpp" | wc -l)
  echo "| \`$header\` | $lines | $(best g++ $flags -fsyntax-only "$work/one.cpp") |"
done

if command -v arm-none-eabi-g++ >/dev/null; then
  cmake -S examples/cortex_m_assistant -B "$work/m7" -DBOARD=mps2-an500 "-DMOTE_SOURCE_DIR=$PWD" \
    "-DMOTE_HOST_TOOLS=$(cmake/host_tools.sh)" >/dev/null
  cmake --build "$work/m7" --target assistant >"$work/log" 2>&1 || { tail -n 20 "$work/log"; exit 1; }
  find "$work/m7" -path '*assistant.dir*' -name 'main.cpp.o*' -delete
  start=$(date +%s.%N)
  cmake --build "$work/m7" --target assistant >/dev/null
  end=$(date +%s.%N)
  echo
  echo "| Cortex-M7 example | |"
  echo "|---|---:|"
  awk -v a="$start" -v b="$end" 'BEGIN { printf "| seconds to compile and link its main.cpp | %.1f |\n", b - a }'
  arm-none-eabi-size "$work/m7/assistant.elf" | awk 'NR == 2 { printf "| flash, with 491,400 bytes of image | %d |\n| RAM, with the stack | %d |\n", $1 + $2, $2 + $3 }'

  m7="-std=gnu++23 -Os -mcpu=cortex-m7 -mthumb -mfpu=fpv5-d16 -mfloat-abi=hard -ffp-contract=off -fno-exceptions -fno-rtti
    -fno-threadsafe-statics -ffunction-sections -fdata-sections -Wl,--gc-sections --specs=nano.specs --specs=nosys.specs
    -Iinclude"
  flash() { arm-none-eabi-size "$1" | awk 'NR == 2 { print $1 + $2 }'; }
  firmware() {  # NAME OPTION...: its flash
    arm-none-eabi-g++ $m7 "${@:2}" bench/cost/firmware.cpp -o "$work/$1" 2>"$work/log" || { tail -n 20 "$work/log" >&2; exit 1; }
    flash "$work/$1"
  }
  one=$(firmware one) two=$(firmware two -DTWO)
  learner=$(firmware learner -DLEARN) learners=$(firmware learners -DLEARN -DTWO)
  echo "| flash of a firmware with one pipeline, -Os, without an image | $one |"
  echo "| flash that a second adds, another shape and context, the same format | $((two - one)) |"
  echo "| flash of a firmware with one that learns and keeps what it learned | $learner |"
  echo "| flash that a second adds, another rank, other targets and another seed | $((learners - learner)) |"
  for added in $((two - one)) $((learners - learner)); do
    [ $added -le 2048 ] || { echo "cost: a second pipeline adds more than 2 KiB of code" >&2; exit 1; }
  done
fi
