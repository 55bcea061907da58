#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Is what cost_of() says of an example what its linker placed? The object's size in .bss and the image's in flash, to the
# byte. The promise is compiled with the example's own flags: its source once more, with two arrays as large as it says.
# Refuses to read numbers that the firmware prints: those would be the same function's.
#
# Usage: check_promise.sh BUILD SOURCE PIPELINE program.elf
#   BUILD      the example's build, configured with -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
#   SOURCE     its source, which has an object `ai` of the type PIPELINE and embeds `image`
set -eu
build=$1 source=$2 pipeline=$3 elf=$4
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

name=$(basename "$source")
command=$(grep '"command"' "$build/compile_commands.json" | grep "/$name\"" | head -n 1 |
  sed -e 's/^ *"command": "//' -e 's/",* *$//' -e 's/ -o .*//' -e 's/\\"/"/g' -e 's/\\\\/\\/g')
[ -n "$command" ] || { echo "check_promise: no command compiles $name in $build" >&2; exit 2; }
cat > "$work/promise.cpp" << X
#define main main_of_the_example
#include "$source"
extern "C" {
alignas(1) extern char promised_object[];
alignas(1) extern char promised_image[];
char promised_object[mote::cost_of($pipeline::shape, $pipeline::facts).ram.object()];
char promised_image[mote::cost_of($pipeline::shape, $pipeline::facts).flash.image()];
}
X
(cd "$build" && eval "$command -w -I$(dirname "$source") -o $work/promise.o -c $work/promise.cpp")

size_of() {  # symbol, object file
  hex=$(arm-none-eabi-nm -S -C "$2" | awk -v name="$1" '{ line = $0; sub(/^[0-9a-f]+ [0-9a-f]+ [A-Za-z] /, "", line) }
    line == name && NF > 3 { print $2; exit }')
  [ -n "$hex" ] || { echo "check_promise: $2 has no symbol $1" >&2; exit 2; }
  printf '%d' "0x$hex"
}
promised=$(size_of promised_object "$work/promise.o")
placed=$(size_of '(anonymous namespace)::ai' "$elf")
[ "$promised" = "$placed" ] || { echo "FAILED: the object takes $placed bytes, promised were $promised"; exit 1; }
promised=$(size_of promised_image "$work/promise.o")
image=$(size_of mote_image_image "$elf")
[ "$promised" = "$image" ] || { echo "FAILED: the image takes $image bytes, promised were $promised"; exit 1; }
echo "object $placed, image $image, as cost_of() says"
