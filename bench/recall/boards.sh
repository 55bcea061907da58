#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Instructions of add and search in a memory of up to 500 notes, on a Cortex-M7 and a Cortex-M55, exact, in an emulator that
# counts; bytes, and whether the program has a heap. Prints a line for each retriever and number of notes:
#   target,retriever,notes,add,search,bytes
# add: the mean of the last eight before; search: the mean of eight questions.
# Refuses to guess cycles, and skips (77) what this machine cannot build or run.
#   bench/recall/boards.sh [cortex-m7|cortex-m55...] >boards.csv
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

out=$PWD/build/bench/recall
mkdir -p "$out"
for tool in arm-none-eabi-g++ qemu-system-arm; do
  command -v $tool >/dev/null || { echo "boards: skipped: $tool is not here" >&2; exit 77; }
done
gcc -O2 -shared -fPIC -fvisibility=hidden bench/instructions/count.c -o "$out/libcount.so" 2>"$out/log" ||
  { echo "boards: skipped: the plugin does not build" >&2; exit 77; }
g++ -std=c++23 -O1 -Iinclude -Itools bench/recall/board_texts.cpp -o "$out/texts"
"$out/texts" >"$out/texts.hpp"

store=".items = 500, .item_bytes = 48"
retrievers=("bm25<>|mote::bm25<mote::bm25_knobs{$store}>"
  "ngrams<>|mote::ngrams<mote::ngrams_knobs{$store}>"
  "fuse<bm25<>; ngrams<>>|mote::fuse<mote::bm25<mote::bm25_knobs{$store}>, mote::ngrams<mote::ngrams_knobs{$store}>>"
  "flat<>|mote::flat<mote::flat_knobs{$store}>"
  "binary<>|mote::binary<mote::binary_knobs{$store}>"
  "ivf<>; 8 of 16 lists|mote::ivf<mote::ivf_knobs{$store, .gram = 3, .lists = 16, .probes = 8}>")

for target in "${@:-cortex-m7}"; do
  case $target in
    cortex-m7) board=mps2-an500 flags="-mcpu=cortex-m7 -mfpu=fpv5-d16 -mfloat-abi=hard -mthumb" ;;
    cortex-m55) board=mps3-an547 flags="-mcpu=cortex-m55 -mfloat-abi=hard -mthumb -fno-tree-vectorize" ;;
    *) echo "boards: there is no target '$target'" >&2; exit 1 ;;
  esac
  for entry in "${retrievers[@]}"; do
    name=${entry%%|*} type=${entry#*|} program=$out/$target
    arm-none-eabi-g++ -std=gnu++23 -O2 $flags -DMOTE_WITH_XSIMD=0 -ffp-contract=off -fno-math-errno -Wno-psabi -Iinclude \
      -fno-exceptions -fno-rtti -fno-threadsafe-statics -ffunction-sections -fdata-sections \
      "-DRETRIEVER=$type" -DTEXTS_HEADER=\"$out/texts.hpp\" \
      bench/recall/board_program.cpp examples/cortex_m_assistant/startup.cpp -o "$program" -nostdlib \
      -Lexamples/cortex_m_assistant/board -Wl,--defsym=mote_stack_bytes=32768 -Wl,--gc-sections -T$board.ld \
      -Wl,--start-group -lc -lgcc -Wl,--end-group
    if nm "$program" | grep -qE ' (malloc|_malloc_r|_sbrk|sbrk|calloc)$|_Znw'; then
      echo "boards: $name has a heap" >&2
      exit 1
    fi
    bytes=$((0x$(nm -S "$program" | awk '$4 ~ /L6memory|memory/ && !seen++ { print $2 }')))
    mark=0x$(nm "$program" | awk '$3 == "instruction_mark" { print $1 }')
    timeout 600 qemu-system-arm -M $board -nographic -monitor none -serial none \
      -semihosting-config enable=on,target=native \
      -plugin "$out/libcount.so,mark=$((mark & ~1)),out=$out/counts" -kernel "$program" >&2 </dev/null
    awk -v who="$target,$name" -v bytes="$bytes" '
      asked > 0 { sum += $1; if (--asked == 0) printf "%s,%d,%.0f,%.0f,%d\n", who, notes, add, sum / 8, bytes; next }
      {
        at = notes % 8
        added[at] = $1
        ++notes
        if (notes == 16 || notes == 32 || notes == 64 || notes == 128 || notes == 256 || notes == 500) {
          add = sum = 0
          for (i = 0; i < 8; ++i) add += added[i] / 8
          asked = 8
        }
      }' "$out/counts"
  done
done
