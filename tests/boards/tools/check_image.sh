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
# A frame is all that a function pushes and subtracts: an upper bound where it does so on different paths. Interrupts
# come on top: 104 bytes and the handler's own frames.
awk '
  function number(s,  i, n, base, digits) { sub(/^#/, "", s); base = 10; n = 0; s = tolower(s)
    if (s ~ /^0x/) { base = 16; s = substr(s, 3) }
    for (i = 1; i <= length(s); ++i) n = n * base + index("0123456789abcdef", substr(s, i, 1)) - 1
    return n }
  function listed(s,  part, ends, i, n, wide, total) {   # bytes of {r4, r6-r8, lr} or {d8-d11}
    sub(/.*\{/, "", s); sub(/\}.*/, "", s); gsub(/ /, "", s); total = 0
    n = split(s, part, ",")
    for (i = 1; i <= n; ++i) { wide = part[i] ~ /^d/ ? 8 : part[i] ~ /^q/ ? 16 : 4
      if (split(part[i], ends, "-") == 2) { gsub(/[a-z]/, "", ends[1]); gsub(/[a-z]/, "", ends[2])
        total += wide * (ends[2] - ends[1] + 1) } else total += wide }
    return total }
  /^[0-9a-f]+ <.*>:$/ { at = $1; sub(/^0+/, "", at); name = $2; gsub(/[<>:]/, "", name)
    names[at] = name; frame[at] = 0; order[++count] = at; split("", constant); next }
  !/^ *[0-9a-f]+: / { next }
  { line = $0; sub(/^ *[0-9a-f]+: */, "", line); sub(/ *[@;].*/, "", line)
    op = line; sub(/ .*/, "", op); args = substr(line, length(op) + 1); gsub(/^ +/, "", args)
    sub(/\.[wn]$/, "", op); n = split(args, arg, /, */) }
  op ~ /^movw?s?$/ && arg[2] ~ /^#/ { constant[arg[1]] = number(arg[2]) }
  op ~ /^(v?push)$/ || (op ~ /^v?stmdb$/ && arg[1] == "sp!") { frame[at] += listed(args) }
  op ~ /^str/ && args ~ /\[sp, #-[0-9]+\]!/ { s = args; sub(/.*#-/, "", s); sub(/\].*/, "", s); frame[at] += number(s) }
  op ~ /^subw?s?$/ && arg[1] == "sp" { last = arg[n]
    if (last ~ /^#/) frame[at] += number(last)
    else if (last in constant) frame[at] += constant[last]
    else print "dynamic", name }
  op == "blx" && arg[1] ~ /^(r[0-9]+|ip|lr|sl|fp|sb)$/ { print "indirect", name; pointer[at] = 1 }
  op == "bx" && arg[1] != "lr" { print "indirect", name; pointer[at] = 1 }
  # bl, or a branch to the start of another function: a call as the last thing a function does.
  (op == "bl" || op ~ /^b(eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|lo|hs)?$/ || op ~ /^cbn?z$/) && args ~ /<[^+]*>$/ {
    target = op ~ /^cb/ ? arg[2] : args; sub(/ .*/, "", target)
    if (op == "bl" || target != at) calls[at] = calls[at] " " target }
  function deepest(f,  part, n, i, best, d, way) {
    if (f in known) return known[f]
    if (on_path[f]) { print "recursion", names[f]; return 0 }
    on_path[f] = 1; best = 0; way = ""
    n = split(calls[f], part, " ")
    for (i = 1; i <= n; ++i) if (part[i] in frame) { d = deepest(part[i]); if (d > best) { best = d; way = part[i] } }
    on_path[f] = 0; known[f] = frame[f] + best; next_on[f] = way
    return known[f] }
  END {
    for (i = 1; i <= count; ++i) {
      if (names[order[i]] == "Reset_Handler") root = order[i]
      if (names[order[i]] == "mote_start") starter = order[i] }
    if (starter != "") for (i = 1; i <= count; ++i)  # what .init_array runs
      if (names[order[i]] ~ /^_GLOBAL__sub_I/) calls[starter] = calls[starter] " " order[i]
    if (root == "") { print "noroot"; exit }
    print "worst", deepest(root)
    for (f = root; f != ""; f = next_on[f]) print "chain", frame[f], names[f]
    for (i = 1; i <= count; ++i) deepest(order[i])  # recursion in what only a pointer reaches
  }' "$work/code" | "${prefix}c++filt" > "$work/calls"

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
