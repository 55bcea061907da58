#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Is what cost_of() says of an example what its linker placed? The object's size in .bss and the image's, in flash or in
# the file that is mapped, to the byte. What is placed is read from the program's symbols; the
# example's source, with its own flags, is then asked whether that is what was promised. No code is made for it.
# Refuses to read numbers that the program prints: those would be the same function's.
#
# Usage: check_promise.sh BUILD SOURCE PIPELINE PROGRAM [IMAGE]
#   BUILD      the example's build, configured with -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
#   SOURCE     its source, which has an object `ai` of the type PIPELINE
#   PROGRAM    what was linked: for any processor
#   IMAGE      the file that it maps; left out where it embeds one as `image`
set -eu
build=$1 source=$2 pipeline=$3 program=$4 file=${5:-}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

name=$(basename "$(dirname "$source")")/$(basename "$source")
command=$(grep '"command"' "$build/compile_commands.json" | grep "/$name\"" | head -n 1 |
  sed -e 's/^ *"command": "//' -e 's/",* *$//' -e 's/ -o .*//' -e 's/\\"/"/g' -e 's/\\\\/\\/g')
[ -n "$command" ] || { echo "check_promise: no command compiles $name in $build" >&2; exit 2; }
nm=$("${command%% *}" -print-prog-name=nm)  # of the compiler's own binutils
"$nm" -S -C "$program" > "$work/symbols"

size_of() {  # symbol
  hex=$(awk -v name="$1" '{ line = $0; sub(/^[0-9a-f]+ [0-9a-f]+ [A-Za-z] /, "", line) }
    line == name && NF > 3 { print $2; exit }' "$work/symbols")
  [ -n "$hex" ] || { echo "check_promise: $program has no symbol $1" >&2; exit 2; }
  printf '%d' "0x$hex"
}
object=$(size_of '(anonymous namespace)::ai')
if [ -n "$file" ]; then image=$(($(wc -c < "$file"))); else image=$(size_of mote_image_image); fi

cat > "$work/promise.cpp" << X
#define main main_of_the_example
#include "$source"
constexpr mote::costs promised = mote::cost_of($pipeline::shape, $pipeline::facts);
static_assert(promised.ram.object() == $object, "the object");
static_assert(promised.ram.apart == 0, "a part lies apart: its symbol must be compared as well");
static_assert(promised.flash.image() == $image, "the image");
X
(cd "$build" && eval "$command -w -fsyntax-only -I$(dirname "$source") $work/promise.cpp") > "$work/log" 2>&1 ||
  { echo "FAILED: the linker placed an object of $object bytes, and an image of $image; promised was otherwise"
    cat "$work/log"; exit 1; }
echo "object $object, image $image, as cost_of() says"
