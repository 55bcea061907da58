#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Breaks the code in one place after another, and expects that a test sees each: tests/mutations.txt has the places.
#   tests/mutate.sh               all of them
#   tests/mutate.sh 'kernel/'     those whose title matches an extended regular expression
# For each it changes a copy of the sources, compiles the test that is named there with it, and runs that. The test must
# pass with the code as it is (tried once), and must fail, or run for more than five minutes, with the change. CXX, FLAGS
# and JOBS from the environment: the compiler, its options (-O0), how many at once (1).
# Refuses a change whose text is not in its file exactly once, and a change that does not compile, unless it is a static
# assertion that fails.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
if [ "${1:-}" = --one ]; then  # NUMBER: one mutation, in a folder of its own
  number=$2
  block=$work/block.$number
  tree=$work/tree.$number
  title=$(sed -n 1p "$block")
  file=$(sed -n 's/^file //p' "$block")
  test=$(sed -n 's/^test \([^ ]*\).*/\1/p' "$block")
  filter=$(sed -n 's/^test [^ ]* *//p' "$block")
  with=$(sed -n 's/^with //p' "$block")
  [ -z "$with" ] || with="$with tools/host/build_settings.cpp"
  say() { printf '%-9s %s -> %s\n' "$1" "$title" "$test${filter:+ ($filter)}"; }
  # What a program with an image needs of mote::host.
  grep -q '^host$' "$block" && with="$with tools/host/image/image_writer.cpp tools/host/image/packed_format.cpp
    tools/host/image/packing_plan.cpp tools/host/image/packing.cpp
    tools/host/image/format_families.cpp tools/host/image/vocabulary_packer.cpp
    tools/host/import/any_family.cpp tools/host/import/gguf_blocks.cpp tools/host/import/model_source.cpp
    tools/host/import/model_tensors.cpp tools/host/import/raw_model.cpp
    tools/host/quantize/quantization_grid.cpp tools/host/quantize/quantizer.cpp tools/host/build_settings.cpp"
  compile() {  # TREE SOURCE OBJECT
    ${CXX:-g++} -std=c++23 ${FLAGS:--O0} -ffp-contract=off -w -fmax-errors=20 \
      -DMOTE_ASSETS_DEFAULT="\"$root/../shared/assets\"" -include "$work/first.hpp" -I"$1/include" -I"$1/tests" -I"$1/tools" \
      -I"$1/models" -isystem "$root/build/deps/usr/include" -c "$1/$2" -o "$3.part" && mv "$3.part" "$3"
  }
  lock() { until mkdir "$work/lock" 2> /dev/null; do sleep 1; done; }  # what several jobs need is made once
  unlock() { rmdir "$work/lock"; }
  named() { printf '%s' "$1" | tr -c 'a-zA-Z0-9' _; }
  build() {  # TREE OUT MUTATED: the test of that tree comes first, so that its inline functions are those that count
    objects=$2.o
    compile "$1" "tests/$test.cpp" "$2.o" || return 1
    for source in $with; do
      if [ "$source" = "$3" ]; then
        compile "$1" "$source" "$2.source.o" || return 1
        objects="$objects $2.source.o"
      else  # as it is, compiled once
        object=$work/object.$(named "$source").o
        if [ ! -e "$object" ]; then
          lock
          [ -e "$object" ] || compile "$root" "$source" "$object" || { unlock; return 1; }
          unlock
        fi
        objects="$objects $object"
      fi
    done
    ${CXX:-g++} $objects -L"$root/build/deps/usr/lib" -L"$root/build/deps/usr/lib/x86_64-linux-gnu" -lCatch2Main -lCatch2 \
      -pthread -o "$2"
  }
  mkdir -p "$tree"
  for folder in include tools models tests; do [ -e "$tree/$folder" ] || cp -rl "$root/$folder" "$tree/$folder"; done
  # The test as it is, once for all mutations that name it.
  good=$work/good.$(named "$test")
  until mkdir "$good.making" 2> /dev/null || [ -e "$good.built" ]; do sleep 1; done
  if [ ! -e "$good.built" ]; then
    build "$root" "$good" "" > "$good.log" 2>&1 || { rmdir "$good.making"; say UNBUILT; tail -n 5 "$good.log"; exit 1; }
    : > "$good.built"
  fi
  passes=$good.passes.$(named "$filter")
  if [ ! -e "$passes" ]; then
    timeout 1200 "$good" ${filter:+"$filter"} > "$good.out" 2>&1 || { say "NOT GREEN"; tail -n 20 "$good.out"; exit 1; }
    : > "$passes"
  fi
  rm "$tree/$file"  # it is linked with the original
  # Exact text, which may stand on one line only; \n in the file's text is never part of it.
  old=$(sed -n 's/^- //p' "$block") new=$(sed -n 's/^+ //p' "$block") awk '
    BEGIN { old = ENVIRON["old"]; new = ENVIRON["new"] }
    { at = index($0, old); if (at > 0) { ++n; $0 = substr($0, 1, at - 1) new substr($0, at + length(old)) } print }
    END { if (n != 1) exit 1 }' "$root/$file" > "$tree/$file" || { say "NO PLACE"; exit 1; }
  mutant=$work/mutant.$number
  if ! build "$tree" "$mutant" "$file" > "$mutant.log" 2>&1; then
    # A static assertion, of the test or of mote, is as good as a test that fails.
    if grep 'error' "$mutant.log" | head -n 1 | grep -q 'static assertion failed'; then say refused; exit 0; fi
    say "NO CODE"
    grep 'error' "$mutant.log" | head -n 3
    exit 1
  fi
  result=0
  timeout 300 "$mutant" ${filter:+"$filter"} > "$mutant.out" 2>&1 || result=$?
  rm -rf "$mutant" "$mutant.o" "$tree"
  [ $result -ne 0 ] || { say SURVIVED; exit 1; }
  say caught
  exit 0
fi

mkdir -p "$root/build"
work=$(mktemp -d "$root/build/mutate.XXXXXX")  # beside the sources: they are linked, not copied
trap 'rm -rf "$work"' EXIT
export work
# One file a mutation; blocks are separated by empty lines, remarks begin with #.
awk -v work="$work" -v wanted="${1:-.}" 'BEGIN { RS = ""; FS = "\n" }
  { title = ""; text = ""
    for (i = 1; i <= NF; ++i) if ($i !~ /^#/) { if (title == "") title = $i; text = text $i "\n" }
    if (title != "" && title ~ wanted) { printf "%s", text > (work "/block." ++n); close(work "/block." n) } }
  END { print n + 0 > (work "/count") }' "$root/tests/mutations.txt"
count=$(cat "$work/count")
[ "$count" -gt 0 ] || { echo "no mutation matches"; exit 1; }
# What most tests begin with is parsed once.
printf '#include <%s>\n' algorithm array cmath span string vector catch2/catch_template_test_macros.hpp \
  catch2/catch_test_macros.hpp > "$work/first.hpp"
${CXX:-g++} -std=c++23 ${FLAGS:--O0} -ffp-contract=off -w -isystem "$root/build/deps/usr/include" -x c++-header \
  "$work/first.hpp" -o "$work/first.hpp.gch" 2> /dev/null || { echo "needs Catch2 3, from ./dev setup"; exit 77; }
failed=0
seq "$count" | xargs -n 1 -P "${JOBS:-1}" "$0" --one || failed=1
[ $failed -eq 0 ] && echo "$count mutations, each is caught"
exit $failed
