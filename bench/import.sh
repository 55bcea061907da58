#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# bench/import.sh TOOLS [FOLDER]: peak memory and seconds of importing, rounding and repacking a GGUF of 1.3 GB, a Llama of 1.2
# billion random weights, by the tools in the folder TOOLS (build/host-gcc/tools). It needs GNU time, and 4 GB in FOLDER.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tools=$(cd "$1" && pwd)
work=${2:-${TMPDIR:-/tmp}/mote-import}
mkdir -p "$work"
cd "$work"
if [ ! -f 1b.gguf ]; then
  "${CXX:-g++}" -std=c++23 -O2 -ffp-contract=off -DMOTE_WITH_XSIMD=0 -I "$here/../include" "$here/peers/make_gguf.cpp" -o make_gguf
  ./make_gguf llama32_1B q8_0 1b.gguf
fi
measured() {  # what, command...
  local what=$1
  shift
  env time -f '%M %e %U' -o time.txt "$@" >out.txt 2>err.txt || { cat err.txt >&2; exit 1; }
  awk -v what="$what" '{ printf "| %s | %.0f MiB | %.0f | %.0f |\n", what, $1 / 1024, $2, $3 }' time.txt
}
echo "| | peak memory | seconds | of them computing |"
echo "|---|---:|---:|---:|"
measured "import, q8: blocks are kept" "$tools/import_model" --weights 1b.gguf --name big --out q8
measured "import, q4: rounded" "$tools/import_model" --weights 1b.gguf --name big --out q4 --formats q4
measured "repack, q8 to 16 rows" "$tools/repack_image" --header q8/big.hpp --image q8/big.mote --interleave 16 --out 16.mote
