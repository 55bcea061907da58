#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# libFuzzer with ASan and UBSan on what comes from outside: grammars and schemas (grammar.cpp), sessions and prefixes whose
# checksums are mended (session.cpp), and what a model comes in, a program for each parser (model_files.cpp). Prints executions and
# coverage.
# Refuses to run in the ordinary run, and without Clang's libFuzzer: it is skipped (77).
# Usage: fuzz.sh [include directory [seconds of each [NAME...]]]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
include=${1:-$here/../../include}
seconds=${2:-30}
parsers="gguf safetensors tokenizer vocab_txt config chat llama2c checkpoint"
if [ $# -gt 2 ]; then shift 2; names=$*; else names="grammar session $parsers"; fi
[ "${MOTE_TEST_ALL:-ON}" = ON ] || { echo "skip: with --all"; exit 77; }
clang=$(command -v clang++-19 || command -v clang++-20) || { echo "skip: clang++-19 is not installed"; exit 77; }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' > "$work/none.cpp"
"$clang" -fsanitize=fuzzer "$work/none.cpp" -o "$work/none" 2> /dev/null || { echo "skip: no libFuzzer here"; exit 77; }

mkdir "$work/grammar" "$work/session"
# Seeds: the kind of input, four bytes a unit of text, the text, whether tokens are chosen (0) or bytes said, and which.
seed() {
  for what in 000 001; do
    printf "\\00$1\\0$(printf %o $(((${#2} + 3) / 4)))%-$((((${#2} + 3) / 4) * 4))s\\$what%b" "$2" '\002abc019{}":' \
      > "$work/grammar/$3$what"
  done
}
seed 0 'root ::= "a" | "b" c{2,3} c ::= [a-z]+ # x' a
seed 0 'root ::= "room " copied [0-9]+ "."' b
seed 0 'root ::= "(" root? ")" | "\x41\u00e9" [^a-z]{1,} .' c
seed 1 '[A-Z]{2} "-" [0-9]{1,3}' d
printf '\002\005\004\003\002\001abcdefghijklmnop' > "$work/grammar/e"
printf '\003\001\002\003\004\005\006\007\010\011\012\013\014\015\016' > "$work/grammar/f"
printf '"root ::= "\n"copied "\n"\\\\x"\n"\\\\U0010FFFF"\n"[^"\n"{1,3}"\n"{2,}"\n"\\""\n' > "$work/words"
for kind in 00 01 02 03 04 06 10 12 14 16; do printf "\\0$kind\\000\\005\\001\\000\\040\\377" > "$work/session/$kind"; done

flags="-std=c++23 -O1 -gline-tables-only -ffp-contract=off -DMOTE_WITH_XSIMD=0 -fsanitize=address,undefined -fno-sanitize-recover=undefined"
flags="$flags -I$include -I$here/.. -I$here/../../tools -isystem $here/../../build/deps/usr/include"
host=  # what reads model files, compiled once
for name in $names; do
  words= made=$here/$name.cpp
  [ $name != grammar ] || words=-dict=$work/words
  case " $parsers " in *" $name "*)
    made="$here/model_files.cpp -DPARSER=$name"
    if [ -z "$host" ]; then
      command -v python3 > /dev/null || { echo "skip  $name: python3 makes its seeds, and is not here"; continue; }
      python3 "$here/model_seeds.py" "$work"
      host=$work/host.o
      for source in "$here"/../../tools/host/build_settings.cpp "$here"/../../tools/host/import/*.cpp \
        "$here"/../../tools/host/image/token_table_packer.cpp "$here"/../../tools/host/image/vocabulary_packer.cpp; do echo "#include \"$source\""; done > "$work/host.cpp"
      "$clang" $flags -fsanitize=fuzzer-no-link -c "$work/host.cpp" -o "$host"
    fi
    made="$made $host"
    [ ! -f "$work/$name.dict" ] || words=-dict=$work/$name.dict ;;
  esac
  "$clang" $flags -fsanitize=fuzzer $made -o "$work/fuzz_$name"
  (cd "$work" && "./fuzz_$name" "$name" $words -max_len="$(case $made in *PARSER*) echo 8192 ;; *) echo 600 ;; esac)" -len_control=0 \
    -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2000 -malloc_limit_mb=64 -print_final_stats=1 > "$name.log" 2>&1) ||
    { echo "FAILED: $name"; tail -n 40 "$work/$name.log"; exit 1; }
  echo "ok    $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name.log") executions," \
    "coverage $(sed -n 's/.*cov: \([0-9]*\).*/\1/p' "$work/$name.log" | tail -n 1)"
done
