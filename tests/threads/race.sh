#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# race.cpp under ThreadSanitizer, with each compiler that has it.
# race.sh INCLUDE
set -eu
here=$(cd "$(dirname "$0")" && pwd)
include=${1:-$here/../../include}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ran=0
for compiler in g++ clang++-19; do
  command -v "$compiler" >/dev/null || continue
  echo 'int main() {}' > "$work/empty.cpp"
  "$compiler" -fsanitize=thread "$work/empty.cpp" -o "$work/empty" 2>/dev/null && "$work/empty" || continue
  "$compiler" -std=c++23 -O1 -g -fsanitize=thread -fno-exceptions -fno-rtti "-I$include" "$here/race.cpp" -o "$work/race"
  TSAN_OPTIONS="halt_on_error=1 exitcode=66" "$work/race"
  ran=$((ran + 1))
done
[ "$ran" -gt 0 ] || { echo "no compiler here has ThreadSanitizer"; exit 77; }
