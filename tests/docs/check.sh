#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Compiles every ```cpp block of a document. `<!-- compile: skip -->` before a block leaves it out (a fragment);
# `<!-- compile: body -->` wraps it in a function after <mote/mote.hpp>. Errors name the document's own lines.
# Blocks may include our own model, "hearth.hpp", and its text, <hearth/corpus.hpp>. A program after which the document says,
# at once or later, `prints` and shows a block without a language is run, and must print that. `<!-- lines: NAME... N -->` says how many lines classes of the document have.
# With a folder in MOTE_BLOCKS, blocks that need no program of their own are left there for together.sh.
# check.sh DOCUMENT SCRATCH COMPILER FLAGS...
set -u
document=$1
models=$(dirname "$0")/../../models
tools=$(dirname "$0")/../../tools
scratch=$2/$(printf '%s' "$1" | tr -c 'A-Za-z0-9\n' '_')
shift 2
rm -rf "$scratch"
mkdir -p "$scratch"
[ -z "${MOTE_BLOCKS:-}" ] || { mkdir -p "$MOTE_BLOCKS" && rm -f "$MOTE_BLOCKS/${scratch##*/}"_block_*; }

awk -v scratch="$scratch" -v document="$document" '
  /^```cpp/ && !inside {
    inside = 1
    if (mode == "skip") next
    file = sprintf("%s/block_%03d.cpp", scratch, ++blocks)
    if (mode == "body") print "#include <mote/mote.hpp>\nvoid block();\nvoid block() {" >file
    printf "#line %d \"%s\"\n", NR + 1, document >file
    next
  }
  /^```/ && inside {
    if (mode == "body") print "}" >file
    if (mode != "skip") close(file)
    inside = 0
    mode = ""
    next
  }
  inside { if (mode != "skip") print >file; if (mode != "skip" && /^int main\(/) program = file; next }
  /^```$/ && says { shown = program ".shown"; printf "" >shown; says = 0; program = ""; next }
  /^```$/ && shown { close(shown); shown = ""; next }
  shown { print >shown; next }
  program && NF { says = /^prints$/ }
  /^<!-- compile: [a-z]+ -->/ {
    mode = $3
    if (mode != "skip" && mode != "body") { print document ":" NR ": unknown mark: " mode; exit 1 }
    next
  }
  /^```/ { if (!other) mode = ""; other = !other; next }
  NF { mode = "" }
  END { if (inside) { print document ": a cpp block is not closed"; exit 1 } }
' "$document" || exit 1

failed=0
grep -E '^<!-- lines: [a-z_ ]+ [0-9]+ -->$' "$document" >"$scratch/lines" || true
while read -r _ _ names; do
  set_of=${names% -->}
  said=${set_of##* }
  found=0
  for name in ${set_of% *}; do
    of=$(awk -v name="$name" '$0 ~ "^(struct|class) " name "( |;|$)" { on = 1 } on { ++n } on && /^};/ { print n; exit }' "$document")
    found=$((found + ${of:-0}))
  done
  [ "$found" -eq "$said" ] || { echo "$document: ${set_of% *}: $found lines, not $said"; failed=$((failed + 1)); }
done <"$scratch/lines"
for block in "$scratch"/block_*.cpp; do
  [ -e "$block" ] || continue
  # Alone: what is run, defines a macro or something of mote or the C library, or includes by a condition.
  if [ -n "${MOTE_BLOCKS:-}" ] && [ ! -e "$block.shown" ] &&
    ! grep -qE '^ *# *(define|if)|^namespace (mote|std)|^template ([^<]|<>)|^extern "C"|[ (<={!]::[a-z]' "$block"; then
    mv "$block" "$MOTE_BLOCKS/${scratch##*/}_${block##*/}"
    continue
  fi
  "$@" "-I$models/hearth" "-I$tools" "$block" || failed=$((failed + 1))
  [ -e "$block.shown" ] || continue
  (
    for flag; do
      shift
      [ "$flag" = -fsyntax-only ] || set -- "$@" "$flag"
    done
    for source in $tools/host/build_settings.cpp \
      $(sed -n "s|^#include <mote/host/\\(.*\\)[.]hpp>|$tools/host/\\1.cpp|p" "$block"); do
      [ ! -e "$source" ] || set -- "$@" "$source"  # bodies of mote::host that the block asks for
    done
    "$@" "-I$models/hearth" "-Wa,-I$models/hearth" "-I$tools" "$block" -o "$block.out" && "$block.out" | diff "$block.shown" - >&2
  ) || { echo "$block does not print what $document shows"; failed=$((failed + 1)); }
done
[ "$failed" -eq 0 ] || { echo "$failed block(s) of $document do not compile, or print something else"; exit 1; }
