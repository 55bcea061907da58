#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Compiles the blocks that check.sh left in BLOCKS as one program: their headers first, then each in a namespace of its own.
# Errors name the document's own lines. `main` is an ordinary function there, which would have to return something.
# together.sh BLOCKS COMPILER FLAGS...
set -eu
blocks=$1
root=$(dirname "$0")/../..
shift
ls "$blocks"/*_block_*.cpp >/dev/null || { echo "FAILED: no document left a block in $blocks"; exit 1; }
{
  sed -nE 's/^#include/&/p' "$blocks"/*_block_*.cpp | sort -u
  for block in "$blocks"/*_block_*.cpp; do
    name=${block##*/}
    printf 'namespace %s {\n' "${name%.cpp}"
    sed -E 's/^#include.*//' "$block"
    printf '}\n'
  done
} >"$blocks/together.cpp"
"$@" "-I$root/models/hearth" "-I$root/tools" -Wno-return-type "$blocks/together.cpp"
echo "ok    $(ls "$blocks"/*_block_*.cpp | wc -l) blocks compile together"
