#!/usr/bin/env bash
# Times mote against llama2.c on this machine: one thread, the same tokens' worth of work, in turns. The argument is a
# folder with llama2.c's run.c and runq.c, which are compiled from there and copied nowhere.
# Refuses to be misled by what else runs: processor time of the thread is measured, and neighbouring turns are compared.
# Refuses to call a slower mote a success: exits 1 when a median ratio is below 1.
#   bench/peers.sh FOLDER      REPEATS=25 TOKENS=128 CPU=1 CC=gcc CXX=g++ change what their names say
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

peer=${1:?usage: bench/peers.sh FOLDER_OF_LLAMA2C}
for file in run.c runq.c; do
  [ -f "$peer/$file" ] || { echo "peers: there is no $peer/$file" >&2; exit 2; }
done
peer=$(cd "$peer" && pwd)
repeats=${REPEATS:-25} tokens=${TOKENS:-128} cc=${CC:-gcc} cxx=${CXX:-g++}
out=$PWD/build/bench assets=${MOTE_ASSETS:-$PWD/../shared/assets}
mkdir -p "$out"
pin=""
command -v taskset >/dev/null && pin="taskset -c ${CPU:-$(($(nproc) - 1))}"
case $(uname -m) in
  x86_64) rows=4
    grep -qsE '^flags.* avx2( |$)' /proc/cpuinfo && rows=8
    grep -qsE '^flags.* avx512_vnni( |$)' /proc/cpuinfo && rows=16 ;;
  *) rows=4 ;;
esac

flags="-std=c++23 -O3 -march=native -ffp-contract=off -Iinclude -isystem build/deps/usr/include"
peer_flags="-Ofast -march=native"
newer() { [ ! -e "$1" ] || [ -n "$(find include bench/peers tools/import_model.cpp -newer "$1" -print -quit)" ]; }

echo "peers: building" >&2
newer "$out/make_model" && $cxx $flags -O2 bench/peers/make_model.cpp -o "$out/make_model"
newer "$out/import_model" && $cxx $flags -O2 tools/import_model.cpp -o "$out/import_model"
$cc $peer_flags -w -DPEER_FILE="\"$peer/run.c\"" bench/peers/llama2c_worker.c -o "$out/llama2c_32" -lm
$cc $peer_flags -w -DPEER_FILE="\"$peer/runq.c\"" bench/peers/llama2c_worker.c -o "$out/llama2c_8" -lm

# prepare NAME: the model's files in llama2.c's formats, mote's images of them, and a worker for each.
prepare() {
  local name=$1 folder=$out/$1 tokenizer=$out/$1/tokenizer.bin bits
  if [ "$name" = stories260K ] && [ -f "$assets/llama2c-stories260K/stories260K.bin" ]; then
    tokenizer=$assets/llama2c-stories260K/tok512.bin
    group=$("$out/make_model" from "$assets/llama2c-stories260K/stories260K.bin" "$folder")
  else
    group=$("$out/make_model" "${name#stories}" "$folder")
  fi
  for bits in 32 8; do
    "$out/import_model" --weights "$folder/model.bin" --tokenizer "$tokenizer" --name "$name" --bits $bits \
      --layout $rows --out "$folder/$bits" >/dev/null
    newer "$folder/mote_$bits" && $cxx $flags -Wno-uninitialized -Wno-maybe-uninitialized -DMOTE_MODEL="$name" \
      -DMOTE_BITS=$bits -DMOTE_MODEL_HEADER="\"$folder/$bits/$name.hpp\"" bench/peers/mote_worker.cpp \
      -o "$folder/mote_$bits"
  done
}

# median: of the numbers on the input, one a line. most: the largest.
median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# turns NAME PASSES: four workers, each asked in turn, REPEATS times; tokens a second go to FOLDER/<worker>.rates.
turns() {
  local folder=$out/$1 passes=$2 worker i ns done to back
  local -A in=() from=() object=()
  for worker in mote_32 llama2c_32 mote_8 llama2c_8; do
    local command="$folder/$worker" file=$folder/32/$1.mote
    case $worker in
      mote_8) file=$folder/8/$1.mote ;;
      llama2c_32) command=$out/$worker file=$folder/model.bin ;;
      llama2c_8) command=$out/$worker file=$folder/model_q8.bin ;;
    esac
    rm -f "$folder/$worker.to" "$folder/$worker.from"
    mkfifo "$folder/$worker.to" "$folder/$worker.from"
    $pin "$command" "$file" <"$folder/$worker.to" >"$folder/$worker.from" &
    exec {to}>"$folder/$worker.to" {back}<"$folder/$worker.from"
    in[$worker]=$to from[$worker]=$back
    read -r object[$worker] <&"$back"
    rm -f "$folder/$worker.to" "$folder/$worker.from"
    : >"$folder/$worker.rates"
  done
  for ((i = -1; i < repeats; ++i)); do  # the first turn warms up
    for worker in mote_32 llama2c_32 mote_8 llama2c_8; do
      echo "$passes $tokens" >&"${in[$worker]}"
      read -r ns done <&"${from[$worker]}"
      [ "$done" -eq $((passes * tokens)) ] || { echo "peers: $worker stopped after $done tokens" >&2; exit 1; }
      [ $i -lt 0 ] || awk "BEGIN { printf \"%.1f\n\", $done * 1e9 / $ns }" >>"$folder/$worker.rates"
    done
    [ ! -t 2 ] || printf '\rpeers: %s %d of %d' "$1" $((i + 1)) "$repeats" >&2
  done
  [ ! -t 2 ] || echo >&2
  for worker in "${!in[@]}"; do
    eval "exec ${in[$worker]}>&- ${from[$worker]}<&-"
  done
  wait
  object_32=${object[mote_32]} object_8=${object[mote_8]}
}

slower=0
# row NAME MOTE PEER: a line of the table; the ratio is the median of the ratios of neighbouring turns.
row() {
  local folder=$out/$1 ratio
  ratio=$(paste "$folder/$2.rates" "$folder/$3.rates" | awk '{ print $1 / $2 }' | median)
  printf '| %s | %s | %s | %.0f (%.0f) | %.0f (%.0f) | %.2f |\n' "$1" "$4" "$5" \
    "$(sort -n "$folder/$2.rates" | tail -n 1)" "$(median <"$folder/$2.rates")" \
    "$(sort -n "$folder/$3.rates" | tail -n 1)" "$(median <"$folder/$3.rates")" "$ratio"
  awk "BEGIN { exit !($ratio < 1) }" && slower=1
  return 0
}

prepare stories260K
group_260K=$group
prepare stories15M
group_15M=$group

echo
echo "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $($cxx --version | head -n 1)"
echo "mote: $($cxx -dumpfullversion) -O3 -march=native -ffp-contract=off, rows interleaved by $rows;" \
  "llama2.c: $($cc -dumpfullversion) $peer_flags, one thread."
echo "$tokens tokens from the first position, $repeats turns; tokens a second of processor time, best (median)."
echo
echo "| model | mote | llama2.c | mote | llama2.c | ratio |"
echo "|---|---|---|---:|---:|---:|"
table() {  # NAME PASSES GROUP
  turns "$1" "$2"
  row "$1" mote_32 llama2c_32 "f32" "run.c, f32"
  row "$1" mote_8 llama2c_8 "q8, groups of 32" "runq.c, groups of $3"
  row "$1" mote_8 llama2c_32 "q8, groups of 32" "run.c, f32"
  objects+="sizeof the $1 pipeline: f32 $object_32, q8 $object_8 bytes (cache, activations, state; weights are mapped)."$'\n'
}
objects=""
table stories260K 10 "$group_260K"
table stories15M 1 "$group_15M"
printf '\n%s' "$objects"
exit $slower
