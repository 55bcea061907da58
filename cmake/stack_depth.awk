# SPDX-License-Identifier: BSL-1.0
# How deep the stack gets below one function, from the machine code of a linked program for Thumb (Cortex-M):
#   objdump -d --no-show-raw-insn program.elf | tr '\t' ' ' | awk -v entry=Reset_Handler -f stack_depth.awk
# prints lines of "worst BYTES", "chain BYTES FUNCTION" from the entry down, "recursion FUNCTION" (what the entry reaches stands
# before "worst"), "dynamic FUNCTION" (a frame of unknown size), "indirect FUNCTION" (a call through a pointer), "uncounted
# FUNCTION" for those of the last two that the entry reaches, and "noroot". Names are mangled.
# A frame is all that a function pushes and subtracts: an upper bound where it does so on different paths. Interrupts
# come on top: 104 bytes and the handler's own frames.
# Refuses to guess where a pointer leads: frames behind an indirect call are not in it.
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
  else { print "dynamic", name; uncounted[at] = 1 } }
op == "blx" && arg[1] ~ /^(r[0-9]+|ip|lr|sl|fp|sb)$/ { print "indirect", name; uncounted[at] = 1 }
op == "bx" && arg[1] != "lr" { print "indirect", name; uncounted[at] = 1 }
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
    if (names[order[i]] == entry) root = order[i]
    if (names[order[i]] == "mote_start") starter = order[i] }
  if (entry == "Reset_Handler" && starter != "") {  # its pointers are those of .init_array
    delete uncounted[starter]
    for (i = 1; i <= count; ++i) if (names[order[i]] ~ /^_GLOBAL__sub_I/) calls[starter] = calls[starter] " " order[i] }
  if (root == "") { print "noroot"; exit }
  print "worst", deepest(root)
  for (f = root; f != ""; f = next_on[f]) print "chain", frame[f], names[f]
  for (i = 1; i <= count; ++i) if (order[i] in known && order[i] in uncounted) print "uncounted", names[order[i]]
  for (i = 1; i <= count; ++i) deepest(order[i])  # recursion in what only a pointer reaches
}
