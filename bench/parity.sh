#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# The answers of every family beside llama.cpp's, and beside the published definitions in torch and double precision: the same random
# weights (parity/families.py), 128 random tokens one after another, then 64 tokens that a pipeline says to a prompt. Prints a table.
#   bench/parity.sh TOOLS [LLAMA]     TOOLS: the folder with import_model (build/host-native/tools)
#                                     LLAMA: llama.cpp's source folder, with a build of libllama in its build/, made by whoever runs
#                                     this; without it the definitions alone
#   FAMILIES="llama gpt2" OUT=build/bench/parity CXX=g++ PYTHON=/usr/bin/python3      change what their names say
# Needs numpy, and torch for the definitions (Debian: python3-torch).
# Refuses to pass where mote lies further than 1e-4 from a definition: the exit code says so.
set -euo pipefail
export PYTHONDONTWRITEBYTECODE=1
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -ge 1 ] && [ -x "$1/import_model" ] || { echo "usage: ./dev bench parity [LLAMA]   (llama.cpp's source folder, with its build/)" >&2; exit 2; }
tools=$(cd "$1" && pwd) llama=${2:+$(realpath "$2")} cxx=${CXX:-g++} python=${PYTHON:-/usr/bin/python3}
out=${OUT:-$PWD/build/bench/parity}
mkdir -p "$out"
families=${FAMILIES:-llama qwen2 qwen3 gemma2 gemma3 phi2 phi3 stablelm stablelm2 lfm2 gpt_neox gpt2 gpt_neo opt ple_tinylm bert}
$python -c 'import numpy' 2>/dev/null || { echo "parity: $python has no numpy (Debian: python3-numpy, or python3-torch)" >&2; exit 2; }
torch=$($python -c 'import torch; print(torch.__version__)' 2>/dev/null) || torch=""
flags="-std=c++23 -O1 -march=native -ffp-contract=off -Iinclude -isystem build/deps/usr/include"

if [ -n "$llama" ]; then
  libraries=$(bench/peers/llama_libraries.sh "$llama")
  $cxx -std=c++17 -O2 -I"$llama/include" -I"$llama/ggml/include" bench/parity/llama_worker.cpp $libraries -pthread \
    -o "$out/llama_worker"
fi
$python bench/parity/families.py "$out" $families
$python -c 'import numpy; numpy.random.default_rng(7).integers(0, 384, 128, numpy.int32).tofile("'"$out"'/random.tokens")'

echo "Relative error to the definition in double precision, the largest of 128 positions. $($cxx --version | head -n 1)${torch:+; torch $torch}${llama:+; llama.cpp $(git -C "$llama" rev-parse --short HEAD 2>/dev/null || echo unknown)}"
echo
echo "| family | mote | the definition in floats | llama.cpp | mote to llama.cpp | likeliest token: as the definition's | as llama.cpp's | 64 tokens said: by the definition | by llama.cpp |"
echo "|---|---:|---:|---:|---:|---:|---:|---|---|"
failed=0
for family in $families; do
  file=$out/$family.gguf at=$out/$family
  [ -f "$file" ] || file=$out/$family
  "$tools/import_model" --weights "$file" --name "parity_$family" --formats f32 --interleave 4 --out "$out" >"$at.log" 2>&1 ||
    { cat "$at.log" >&2; exit 1; }
  $cxx $flags -Wno-uninitialized -Wno-maybe-uninitialized -I"$out" "-DMODEL=parity_$family" "-DMODEL_HEADER=\"parity_$family.hpp\"" \
    bench/parity/mote_worker.cpp -o "$at.worker"
  cp "$out/random.tokens" "$at.tokens"
  rm -f "$at".{mote,spoken,llama,llama_spoken,definition,definition_spoken,definition32}
  "$at.worker" "$out/parity_$family.mote" "$at.tokens" "$at.mote" "$at.spoken"
  for kind in "" _spoken; do
    tokens=$at.tokens
    [ -z "$kind" ] || tokens=$at.spoken
    [ -f "$tokens" ] || continue
    if [ -n "$llama" ] && [ -f "$file" ]; then "$out/llama_worker" "$file" "$tokens" "$at.llama$kind"; fi
    [ -z "$torch" ] || $python bench/parity/definition.py "$out" "$family" "$tokens" "$at.definition$kind" "$at.definition32$kind"
  done
  $python bench/parity/table.py "$out" "$family" || failed=1
done
exit $failed
