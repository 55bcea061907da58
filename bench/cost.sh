#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# What the library costs a build: lines and seconds of its headers, seconds and bytes of the Cortex-M7 example.
# Refuses to time against something: it prints a table, and a person compares. The bytes of a second pipeline have a limit:
# tests/boards/second_pipeline.sh.
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
  tests/boards/second_pipeline.sh
fi
