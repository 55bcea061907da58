#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Does a linked firmware (Thumb) fit its stack? Says the bytes of the deepest call below a function, and fails if they are more.
#   stack_depth.sh [--prefix P] PROGRAM.elf BYTES [ENTRY [ON_TOP]]
# P: of objdump, nm and c++filt (arm-none-eabi-). ENTRY: an extended regular expression for the whole name, as c++filt writes
# it, of the function at the bottom (Reset_Handler). ON_TOP: bytes that come on top, as an operating system's for a task.
# Refuses recursion, which has no bound, and to be right about frames of unknown size and calls through pointers: it names the
# functions that have them.
set -eu
prefix=arm-none-eabi-
[ "${1:-}" != --prefix ] || { prefix=$2; shift 2; }
[ $# -ge 2 ] && [ $# -le 4 ] || { sed -n 's/^#   /usage: /p' "$0" >&2; exit 2; }
elf=$1 bytes=$2 entry=${3:-Reset_Handler} on_top=${4:-0}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
"${prefix}objdump" -f "$elf" | grep -q 'elf32-littlearm' || { echo "stack_depth: $elf is no program for a Cortex-M" >&2; exit 2; }
"${prefix}nm" "$elf" | awk 'NF == 3 && $2 ~ /[tTwW]/ { print $3 }' > "$work/mangled"
"${prefix}c++filt" < "$work/mangled" | paste -d '\t' "$work/mangled" - > "$work/names"
root=$(awk -F '\t' -v entry="^($entry)\$" '$2 ~ entry { print $1; exit }' "$work/names")
[ -n "$root" ] || { echo "stack_depth: $elf has no function '$entry'" >&2; exit 2; }
"${prefix}objdump" -d --no-show-raw-insn "$elf" | tr '\t' ' ' | awk -v entry="$root" -f "$here/stack_depth.awk" |
  "${prefix}c++filt" > "$work/calls"
worst=$(sed -n 's/^worst //p' "$work/calls")
[ -n "$worst" ] || { echo "stack_depth: $elf has no code of '$entry'" >&2; exit 2; }
need=$((worst + on_top))
around=$(sed -n '/^worst/q; s/^recursion //p' "$work/calls" | sort -u | tr '\n' ' ')
if [ -n "$around" ]; then
  echo "mote: the stack of $entry has no bound: ${around}calls itself [mote-stack]"
  exit 1
fi
uncounted=$(sed -n 's/^uncounted //p' "$work/calls" | sort -u | paste -s -d ';' -)
[ -z "$uncounted" ] || echo "mote: not counted, frames of unknown size and calls through pointers in: $uncounted"
if [ "$need" -gt "$bytes" ]; then
  awk '/^chain/ { bytes = $2; sub(/^chain [0-9]+ /, ""); printf "  %6d  %s\n", bytes, substr($0, 1, 100) }' "$work/calls"
  echo "mote: $entry may need $need bytes of stack, $bytes are kept; -O2 and -Os need least, -Og and -O0 most [mote-stack]"
  exit 1
fi
echo "mote: $entry needs at most $need of $bytes bytes of stack"
