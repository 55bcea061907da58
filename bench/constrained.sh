#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# What a constraint adds to a token, or saves, beside large real vocabularies: instructions on AArch64 with SDOT, counted by
# QEMU (instructions/count.c), of models with published shapes and random weights in Q8_0 (real_shapes/make_gguf.py).
#   bench/constrained.sh TOOLS     TOOLS: the folder with import_model (build/host-gcc/tools)
#   SHAPES="gemma3_270m llama3.2_1b" WORK=/tmp/mote-real-shapes ASSETS=../shared/assets TOKENS=8   change what their names say
# Refuses to guess: without qemu-aarch64, its plugins or the cross compiler it is skipped (77).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -ge 1 ] && [ -x "$1/import_model" ] || { echo "usage: bench/constrained.sh TOOLS" >&2; exit 2; }
tools=$(cd "$1" && pwd)
shapes=${SHAPES:-gemma3_270m}
work=${WORK:-${TMPDIR:-/tmp}/mote-real-shapes} assets=${ASSETS:-../shared/assets} tokens=${TOKENS:-8}
for tool in qemu-aarch64 aarch64-linux-gnu-g++ gcc python3; do
  command -v "$tool" >/dev/null || { echo "skip: $tool is not here"; exit 77; }
done
mkdir -p "$work/headers"
for folder in build/deps/usr/include /usr/include /usr/local/include; do  # without the rest of this machine's headers
  [ ! -f "$folder/xsimd/xsimd.hpp" ] || { ln -sfn "$(realpath "$folder")/xsimd" "$work/headers/xsimd"; break; }
done
gcc -O2 -shared -fPIC -fvisibility=hidden bench/instructions/count.c -o "$work/libcount.so"
forms=("freely" "a string: nearly all" "digits" "orders in JSON" "freely, sample<>" "a string, sample<>"
  "freely, sharp" "a string, sharp" "freely, no filter" "a string, no filter"
  "freely, repetition_penalty<>" "a string, repetition_penalty<>" "freely, banned_tokens<>" "a string, banned_tokens<>"
  "freely, confidence" "a string, confidence")

echo "| shape | tokens of the vocabulary | $(printf '%s | ' "${forms[@]}")"
echo "|---|---:|$(printf -- '---:|%.0s' "${forms[@]}")"
for shape in $shapes; do
  gguf=$work/$shape.gguf name=${shape//./_}
  [ -f "$gguf" ] || python3 bench/real_shapes/make_gguf.py "$assets" "$shape" "$gguf"
  "$tools/import_model" --weights "$gguf" --name "$name" --out "$work" --board raspberry_pi_5 >"$work/$name.txt"
  policy=$(sed -n 's/^  policy  *//p' "$work/$name.txt")
  aarch64-linux-gnu-g++ -std=gnu++23 -O3 -march=armv8.2-a+dotprod -ffp-contract=off -Wno-psabi -Iinclude -isystem "$work/headers" \
    -I"$work" "-DMODEL=$name" "-DMODEL_HEADER=\"$name.hpp\"" "-DPOLICY=$policy" "-DTOKENS=$tokens" bench/real_shapes/constrained.cpp \
    -o "$work/$name-constrained" -static
  mark=0x$(nm "$work/$name-constrained" | awk '$3 == "instruction_mark" { print $1 }')
  row="| $shape | $(sed -n 's/.*vocab = \([0-9]*\).*/\1/p' "$work/$name.hpp") |"
  for form in ${!forms[@]}; do
    counts=$work/$name.$form.counts
    qemu-aarch64 -cpu max -plugin "$work/libcount.so,mark=$mark,out=$counts" "$work/$name-constrained" "$work/$name.mote" $form
    mean=$(awk '{ sum += $1 } END { printf "%.0f", sum / NR }' "$counts")
    case $form in 0 | 4 | 6 | 8 | 10 | 12 | 14) free=$mean ;; esac
    row="$row $mean ($(awk -v a="$mean" -v b="$free" 'BEGIN { printf "%+.1f %%", (a / b - 1) * 100 }')) |"
  done
  echo "$row"
done
