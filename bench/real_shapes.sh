#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# From a GGUF file to an answer, for shapes that people run: SmolLM2-135M, Qwen3-0.6B, Gemma3-270M, LFM2-350M and Llama-3.2-1B,
# with random weights in Q8_0 and real vocabularies (real_shapes/make_gguf.py). Prints a table: memory and seconds of the import,
# memory of a program that maps the image, its time to the first token, and whether chat() makes the tokens that the file's own
# chat template does.
#   bench/real_shapes.sh TOOLS [LLAMA]     TOOLS: the folder with import_model (build/host-gcc/tools)
#                                          LLAMA: llama.cpp's examples/simple with n_threads = n_threads_batch = 1, built by
#                                          whoever runs this; the same file and prompt
#   SHAPES="smollm2_135m ..." WORK=/tmp/mote-real-shapes ASSETS=../shared/assets ROUNDS=5 KEEP=1 CXX=g++   change what their names say
# Refuses to measure a file that does not fit: 3 GB in WORK at a time, unless KEEP=1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -ge 1 ] && [ -x "$1/import_model" ] || { echo "usage: bench/real_shapes.sh TOOLS [LLAMA]" >&2; exit 2; }
tools=$(cd "$1" && pwd)
llama=${2:+$(realpath "$2")}
shapes=${SHAPES:-smollm2_135m gemma3_270m lfm2_350m qwen3_0.6b llama3.2_1b}
work=${WORK:-${TMPDIR:-/tmp}/mote-real-shapes} assets=${ASSETS:-../shared/assets} cxx=${CXX:-g++}
mkdir -p "$work"
flags="-std=c++23 -O3 -march=native -ffp-contract=off -Iinclude -isystem build/deps/usr/include"
board=pc_sse2
case $(echo | $cxx -march=native -dM -E -) in
  *__AVX512VNNI__*) board=pc ;;
  *__AVX2__*) board=pc_avx2 ;;
esac
prompt="The garden behind the house was quiet in the morning, and nobody had seen where the old cat went after the long rain."

# measured COMMAND...: its output, then its peak memory in MiB and its seconds.
measured() { env time -f 'peak %M seconds %e' -o "$work/time" "$@"; }
peak() { awk '{ printf "%.0f", $2 / 1024 }' "$work/time"; }
seconds() { awk '{ print $4 }' "$work/time"; }
# once COMMAND...: milliseconds of a whole process, from its start to its end.
once() {
  local from
  from=$(date +%s%N)
  "$@" >/dev/null 2>&1
  echo $((($(date +%s%N) - from) / 1000000))
}
least() { sort -n "$1" | head -n 1; }

echo "| shape | file | import: peak (largest tensor) | seconds | image | resident | first token | checked | 31 more | chat |${llama:+ llama.cpp: resident | first token |}"
echo "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|${llama:+---:|---:|}"
for shape in $shapes; do
  gguf=$work/$shape.gguf name=${shape//./_}
  [ -f "$gguf" ] || python3 bench/real_shapes/make_gguf.py "$assets" "$shape" "$gguf"
  measured "$tools/import_model" --weights "$gguf" --name "$name" --out "$work" --board "$board" >"$work/$name.txt" 2>"$work/$name.err" ||
    { cat "$work/$name.err" >&2; exit 1; }
  import="$(peak) MiB ($(cat "$work/$shape.largest") MiB) | $(seconds)"
  policy=$(sed -n 's/^  policy  *//p' "$work/$name.txt")
  $cxx $flags -I"$work" "-DMODEL=$name" "-DMODEL_HEADER=\"$name.hpp\"" "-DPOLICY=$policy" bench/real_shapes/generate.cpp \
    -static-libstdc++ -static-libgcc -o "$work/$name-generate"
  program="$work/$name-generate $work/$name.mote"
  rendered=""
  [ ! -f "$work/$shape.chat" ] || rendered=$work/$shape.chat
  $program "$prompt" 32 >"$work/$name.run" 2>"$work/$name.said" || { cat "$work/$name.said" >&2; exit 1; }
  get() { sed -n "s/^$1 //p" "$work/$name.run"; }
  rm -f "$work"/first "$work"/checked "$work"/theirs
  for _ in $(seq "${ROUNDS:-5}"); do  # in turn: what else runs on this machine meets all of them
    once $program "$prompt" 1 >>"$work/first"
    CHECKED=1 once $program "$prompt" 1 >>"$work/checked"
    [ -z "$llama" ] || once "$llama" -m "$gguf" -ngl 0 -n 1 "$prompt" >>"$work/theirs"
  done
  if [ -n "$rendered" ]; then chat=$($program "$prompt" 1 "$rendered" 2>>"$work/$name.said" | sed -n 's/^chat //p') || true; else chat="no jinja2"; fi
  theirs=""
  if [ -n "$llama" ]; then
    measured "$llama" -m "$gguf" -ngl 0 -n 32 "$prompt" >"$work/$name.llama" 2>&1
    theirs=" $(peak) MiB | $(least "$work/theirs") ms |"
  fi
  echo "| $shape | $(($(stat -c %s "$gguf") >> 20)) MiB | $import | $(($(stat -c %s "$work/$name.mote") >> 20)) MiB | $(get resident) | $(least "$work/first") ms | $(least "$work/checked") ms | $(get rest) | $chat |$theirs"
  [ -n "${KEEP:-}" ] || rm -f "$gguf" "$work/$name.mote"
done
