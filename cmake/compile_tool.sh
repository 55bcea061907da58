#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Compiles a program of tools/ for this PC, with all of mote::host, in one call: for scripts that run without a build.
#   compile_tool.sh <repack_image|import_model> OUTPUT [OPTION...]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
tool=$root/tools/$1.cpp
output=$2
shift 2
for source in "$root"/tools/host/*.cpp "$root"/tools/host/*/*.cpp "$tool"; do printf '#include "%s"\n' "$source"; done |
  g++ -std=c++23 -O1 -ffp-contract=off "-I$root/include" "$@" -pthread -x c++ - -o "$output"
