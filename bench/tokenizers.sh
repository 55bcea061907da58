#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Encodes texts with mote's tokenizers and with llama.cpp's, in turns in one program, and compares the tokens: Llama 3.1's, Qwen3's,
# Gemma 3's and Llama 2's vocabulary (real_shapes/make_gguf.py, with as few weights as a file may have). Prints a table.
#   bench/tokenizers.sh TOOLS LLAMA      TOOLS: the folder with import_model (build/host-native/tools)
#                                        LLAMA: llama.cpp's source folder, with a build of libllama in its build/
#   WORDS="llama3 gemma3" TEXT=file BYTES=200000 ASSETS=../shared/assets OUT=build/bench/tokenizers   change what their names say
# Refuses to pass where tokens differ: the exit code says so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -ge 2 ] && [ -x "$1/import_model" ] || { echo "usage: ./dev bench tokenizers LLAMA   (llama.cpp's source folder, with its build/)" >&2; exit 2; }
tools=$(cd "$1" && pwd) llama=$(realpath "$2") cxx=${CXX:-g++} assets=${ASSETS:-../shared/assets}
out=${OUT:-$PWD/build/bench/tokenizers} text=${TEXT:-$assets/tinystories-text/validation.txt}
mkdir -p "$out"
[ -f "$text" ] || { echo "tokenizers: there is no text $text; name one with TEXT=" >&2; exit 2; }
flags="-std=c++23 -O3 -march=native -ffp-contract=off -Iinclude -isystem build/deps/usr/include"
libraries=$(bench/peers/llama_libraries.sh "$llama")
echo "$($cxx --version | head -n 1); llama.cpp $(git -C "$llama" rev-parse --short HEAD 2>/dev/null || echo unknown); the best of several rounds, processor time"
echo
echo "| vocabulary | text | bytes | tokens | llama.cpp, ms | mote, ms | mote with parts of texts, ms | times as fast | tokens |"
echo "|---|---|---:|---:|---:|---:|---:|---:|---|"
failed=0
for name in ${WORDS:-llama3 qwen3 gemma3 llama2}; do
  gguf=$out/$name.gguf
  [ -f "$gguf" ] || python3 bench/real_shapes/make_gguf.py "$assets" "words_$name" "$gguf"
  "$tools/import_model" --weights "$gguf" --name "words_$name" --formats q8 --interleave 1 --out "$out" >"$out/$name.log" 2>&1 ||
    { cat "$out/$name.log" >&2; exit 1; }
  $cxx $flags -Wno-uninitialized -Wno-maybe-uninitialized -I"$out" -isystem "$llama/include" -isystem "$llama/ggml/include" \
    "-DMODEL=words_$name" "-DMODEL_HEADER=\"words_$name.hpp\"" bench/peers/tokenizers.cpp $libraries -pthread -o "$out/$name"
  "$out/$name" "$gguf" "$out/words_$name.mote" "$text" "${BYTES:-400000}" || failed=1
done
exit $failed
