#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Does a linked firmware keep the promises of the type it was made from? No heap, no exceptions, no virtual functions,
# no double arithmetic in software, no recursion, no indirect call in a hot function; flash and RAM as the footprint
# said; and how deep the stack can get, from the machine code.
# Refuses to guess: what the machine code does not tell (an indirect call's target) is said, not assumed.
#
# Usage: check_image.sh [option ...] program.elf
#   --flash N --ram N   bytes that the footprint promises; RAM with the stack
#   --tolerance P       per cent that the real numbers may be above or below (2)
#   --stack N           bytes that the budget keeps: the worst call chain must not be deeper
#   --painted N         the high-water mark that the board printed: the worst call chain must not be less deep
#   --hot REGEX         functions (demangled) that must not call through a pointer; at least one must match
#   --su FOLDER         .su files of -fstack-usage: no frame may be of unknown size
#   --prefix P          of nm, size, objdump and c++filt (arm-none-eabi-)
#   --quiet             only what fails
set -eu

prefix=arm-none-eabi- tolerance=2 flash= ram= stack= painted= hot= su= quiet= elf=
while [ $# -gt 0 ]; do
  case $1 in
    --quiet) quiet=1; shift; continue ;;
    --flash | --ram | --tolerance | --stack | --painted | --hot | --su | --prefix)
      [ $# -gt 1 ] || { echo "check_image: $1 needs a value" >&2; exit 2; }
      eval "${1#--}=\$2"; shift 2 ;;
    -*) echo "check_image: unknown option $1" >&2; exit 2 ;;
    *) elf=$1; shift ;;
  esac
done
[ -f "$elf" ] || { echo "check_image: there is no file '$elf'" >&2; exit 2; }

failures=0
say() { [ -n "$quiet" ] || echo "$*"; }
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
"${prefix}nm" "$elf" | awk 'NF == 3 { print $3 }' > "$work/symbols"
"${prefix}size" -A -d "$elf" > "$work/sections"
"${prefix}objdump" -d --no-show-raw-insn "$elf" | tr '\t' ' ' > "$work/code"
[ -s "$work/symbols" ] || fail "no symbols: a stripped image cannot be checked"

# -------------------------------------------------------------------------------------- what must not be in the image
refuse() {  # what it means, extended regular expression of whole symbols
  found=$(grep -E "^($2)\$" "$work/symbols" | tr '\n' ' ') || true
  [ -z "$found" ] || fail "$1: $found"
}
refuse "a heap" '_?_?(malloc|calloc|realloc|free|sbrk)(_r)?|aligned_alloc|_Zn[wa].*|_Zd[la].*'
refuse "exceptions" \
  '__cxa_(throw|rethrow|begin_catch|allocate_exception).*|__gxx_personality.*|_Unwind_.*|_ZSt9terminatev'
refuse "virtual functions or run-time types" '_ZTV.*|_ZTI.*|__cxa_pure_virtual|__dynamic_cast'
refuse "locks for local statics" '__cxa_guard_.*'
refuse "the C library's stdio or errno" \
  '_?[vfs]*n?i?printf(_r)?|puts|fwrite|_impure_ptr|_impure_data|__errno|errno|__assert_func'
refuse "double arithmetic in software" \
  '__aeabi_(d(add|sub|rsub|mul|div|cmp.*)|d2.*|f2d|u?[il]2d)|__(add|sub|mul|div)df3|__(extendsf|truncdf).*'
awk '$1 ~ /^\.(ARM\.ex(idx|tab)|eh_frame|gcc_except_table)/ && $2 > 0 { print $1 " " $2 }' "$work/sections" \
  > "$work/tables"
while read -r line; do fail "unwinding tables: $line bytes"; done < "$work/tables"

# ------------------------------------------------------------------------------------------------------------- sizes
# Sections with contents lie in flash (.data too: its first values); .stack, .data and .bss lie in RAM.
used=$("${prefix}objdump" -h "$elf" | awk '
  function hex(s,  i, n) { n = 0; s = tolower(s)
    for (i = 1; i <= length(s); ++i) n = 16 * n + index("0123456789abcdef", substr(s, i, 1)) - 1
    return n }
  $1 ~ /^[0-9]+$/ { name = $2; bytes = hex($3); next }
  /ALLOC/ { if (/CONTENTS/) flash += bytes
            if (name ~ /^\.(stack|data|bss|noinit|tbss)/) ram += bytes }
  END { printf "%d %d", flash, ram }')
flash_used=${used% *} ram_used=${used#* }
say "flash $flash_used bytes, RAM $ram_used bytes with the stack"
compare() {  # what, used, promised
  [ -n "$3" ] || return 0
  if awk -v used="$2" -v said="$3" -v p="$tolerance" \
    'BEGIN { d = used - said; if (d < 0) d = -d; exit !(d * 100 <= said * p) }'; then
    say "ok    $1: $2 bytes, promised $3"
  else
    fail "$1: $2 bytes, promised $3, tolerance $tolerance %"
  fi
}
compare flash "$flash_used" "$flash"
compare RAM "$ram_used" "$ram"

# ------------------------------------------------------------------------------- calls and the stack, from the code
awk -v entry=Reset_Handler -f "$(dirname "$0")/../../../cmake/stack_depth.awk" "$work/code" | "${prefix}c++filt" > "$work/calls"

grep -q '^noroot' "$work/calls" && fail "there is no Reset_Handler to start from"
sed -n 's/^recursion //p' "$work/calls" | sort -u > "$work/recursive"
while read -r f; do fail "recursion through $f"; done < "$work/recursive"
sed -n 's/^dynamic //p' "$work/calls" | sort -u > "$work/dynamic"
while read -r f; do fail "a stack frame of unknown size: $f"; done < "$work/dynamic"

if [ -n "$hot" ]; then
  matching=$("${prefix}c++filt" < "$work/symbols" | grep -cE "$hot") || true
  if [ "${matching:-0}" -eq 0 ]; then fail "no function matches --hot '$hot': inlined or renamed"; fi
  sed -n 's/^indirect //p' "$work/calls" | sort -u | { grep -E "$hot" || true; } > "$work/hot"
  while read -r f; do fail "an indirect call in a hot function: $f"; done < "$work/hot"
  [ -s "$work/hot" ] || say "ok    no indirect call in $matching hot functions"
fi
# mote_start calls the initializers, which are counted above.
others=$(sed -n 's/^indirect //p' "$work/calls" | { grep -vx 'mote_start' || true; } | sort -u)
[ -z "$others" ] || say "note  indirect calls, whose targets' frames are not in the worst stack: $others"

worst=$(sed -n 's/^worst //p' "$work/calls")
if [ -n "$worst" ]; then
  say "worst stack $worst bytes:"
  [ -n "$quiet" ] || awk '/^chain/ { bytes = $2; sub(/^chain [0-9]+ /, "")
    printf "  %6d  %s\n", bytes, substr($0, 1, 100) }' "$work/calls"
  if [ -n "$stack" ]; then
    if [ "$worst" -le "$stack" ]; then say "ok    the stack: $worst of $stack bytes"
    else fail "the stack may need $worst bytes, the budget keeps $stack"; fi
  fi
  if [ -n "$painted" ] && [ "$painted" -gt "$worst" ]; then
    fail "the board used $painted bytes of stack, the code says at most $worst"
  fi
fi
if [ -n "$su" ]; then
  find "$su" -name '*.su' -exec cat {} + > "$work/su"
  [ -s "$work/su" ] || fail "no .su files below $su; compile with -fstack-usage"
  awk -F '\t' '$3 ~ /dynamic/ && $3 !~ /bounded/ { print $1 }' "$work/su" > "$work/unbounded"
  while read -r f; do fail "-fstack-usage: a frame of unknown size: $f"; done < "$work/unbounded"
  say "deepest single frame: $(awk -F '\t' '$2 + 0 > most { most = $2 + 0; of = $1 }
    END { print most " bytes, " of }' "$work/su")"
fi
[ $failures -eq 0 ] || exit 1
say "ok    $elf"
