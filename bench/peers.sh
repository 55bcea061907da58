#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Times mote beside its peers on this machine: the same shapes with random weights, the same bits, the same tokens, in
# turns. A PATH is llama2.c's folder (run.c, runq.c), or the build folder of llama.cpp or ik_llama.cpp (bin/llama-bench),
# built by whoever runs this; which one it is, the program itself says. Nothing of a peer is copied.
# Refuses to hide noise: it waits for a quiet machine, but not for ever, and writes down what others used of it.
#   bench/peers.sh PATH...
#   SHAPES="stories260K ..." FORMATS="f32 f16 bf16 q8 q4" THREADS="1 2" TESTS="tg64 pp128 pp512" ROUNDS=5 QUIET=60
#   OUT=build/bench/peers CC=gcc CXX=g++ PRIORITY=-10    change what their names say
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

[ $# -gt 0 ] || { echo "usage: ./dev bench peers PATH...   (llama2.c's folder, builds of llama.cpp and ik_llama.cpp)" >&2; exit 2; }
shapes=${SHAPES:-stories260K stories15M smollm2_135M qwen05B llama32_1B}
formats=${FORMATS:-f32 f16 bf16 q8 q4}
threads=${THREADS:-1 2}
tests=${TESTS:-tg64 pp128 pp512}
rounds=${ROUNDS:-5} quiet=${QUIET:-60} cc=${CC:-gcc} cxx=${CXX:-g++}
out=${OUT:-$PWD/build/bench/peers}
mkdir -p "$out"
out=$(cd "$out" && pwd)
flags="-std=c++23 -O3 -march=native -ffp-contract=off -Iinclude -isystem build/deps/usr/include"
$cxx --version | grep -qi clang || flags+=" -Wno-uninitialized -Wno-maybe-uninitialized"
peer_flags="-Ofast -march=native -w"
version() { "$1" --version | head -n 1; }

# newer FILE: whether FILE is missing, or older than what it is made from, or was made by another compiler.
newer() {
  [ ! -e "$1" ] || [ -n "$(find include tools/host bench/peers -newer "$1" -print -quit)" ] || [ ! -e "$1.by" ] ||
    [ "$(cat "$1.by")" != "$(version "$cxx") $flags" ]
}
# build FILE SOURCE FLAG...
build() {
  local file=$1 source=$2
  shift 2
  if newer "$file"; then
    $cxx $flags "$@" "bench/peers/$source" -o "$file" || return 1
    echo "$(version "$cxx") $flags" >"$file.by"
  fi
}

llama2c="" builds=()
for path in "$@"; do
  if [ -f "$path/run.c" ] && [ -f "$path/runq.c" ]; then
    llama2c=$(cd "$path" && pwd)
  else
    for bench in "$path/bin/llama-bench" "$path/build/bin/llama-bench" "$path/llama-bench" ""; do
      [ -z "$bench" ] || [ ! -x "$bench" ] || break
    done
    [ -n "$bench" ] || { echo "peers: in $path there is no run.c and runq.c, and no bin/llama-bench: build it first" >&2; exit 2; }
    builds+=("$(realpath "$bench")")
  fi
done

echo "peers: building" >&2
for program in make_gguf report; do build "$out/$program" "$program.cpp" -O2; done
build "$out/make_model" make_model.cpp -O2 tools/host/import/raw_model.cpp tools/host/build_settings.cpp
build "$out/run" run.cpp -O2 -static
build "$out/bandwidth" bandwidth.cpp -O2 -pthread
if [ -n "$llama2c" ]; then
  for file in run runq; do
    $cc $peer_flags -DPEER_FILE="\"$llama2c/$file.c\"" bench/peers/llama2c_worker.c -o "$out/llama2c_$file" -lm
    $cc $peer_flags -fopenmp -DPEER_FILE="\"$llama2c/$file.c\"" bench/peers/llama2c_worker.c -o "$out/llama2c_${file}_omp" -lm
  done
fi

# times SHAPE TEST: how often a program repeats a test in one run; short ones more often.
times() {
  case $1 in
    stories260K) echo 10 ;;
    stories15M) echo 4 ;;
    smollm2_135M) case $2 in pp512) echo 1 ;; *) echo 2 ;; esac ;;
    *) echo 1 ;;
  esac
}
gguf_name() { case $1 in q8) echo q8_0 ;; q4) echo q4_0 ;; *) echo "$1" ;; esac; }

# sizes pp|tg: the tokens of those tests as llama-bench wants them, 0: none.
sizes() {
  local list="" test
  for test in $tests; do [ "${test%%[0-9]*}" != "$1" ] || list+=",${test#??}"; done
  list=${list#,}
  echo "${list:-0}"
}

# line SHAPE FORMAT THREADS ENGINE BYTES COMMAND
line() { printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$@" >>"$plan"; }

plan=$out/plan.tsv missing=""
: >"$plan"
for shape in $shapes; do
  for format in $formats; do
    case $shape-$format in qwen05B-f32 | llama32_1B-f32) continue ;; esac  # gigabytes of floats: nobody runs that
    gguf=$out/$shape-$(gguf_name "$format").gguf
    if [ ${#builds[@]} -gt 0 ] && [ ! -e "$gguf" ] && ! "$out/make_gguf" "$shape" "$(gguf_name "$format")" "$gguf" 2>"$out/log"; then
      sed 's/^/peers: no file for llama.cpp: /' "$out/log" >&2
      gguf=""
    fi
    if [ -n "$llama2c" ] && [ ! -e "$out/$shape/model_q8.bin" ]; then
      case $shape in stories260K | stories15M | smollm2_135M) "$out/make_model" "$shape" "$out/$shape" ;; esac
    fi
    for n in $threads; do
      list=""
      for test in $tests; do list+=" ${test}x$(times "$shape" "$test")"; done
      worker=$out/mote-$shape-$format-$n  # nothing of the C++ library at run time: mote needs none, and memory is compared
      if build "$worker" mote_worker.cpp -DMOTE_SHAPE="$shape" -DMOTE_FORMAT="$format" -DMOTE_THREADS="$n" \
        -pthread -static-libstdc++ -static-libgcc 2>"$out/log"; then
        line "$shape" "$format" "$n" mote 0 "$worker$list"
      else
        rm -f "$worker"
        missing+="  $shape $format, $n threads: $(grep -m 1 -E 'error' "$out/log" | cut -c1-160)"$'\n'
      fi
      if [ -n "$llama2c" ] && [ -e "$out/$shape/model_q8.bin" ]; then
        omp="" environment=""
        [ "$n" = 1 ] || omp=_omp environment="env OMP_NUM_THREADS=$n "
        case $format in
          f32) line "$shape" f32 "$n" llama2.c "$(stat -c %s "$out/$shape/model.bin")" "$environment$out/llama2c_run$omp $out/$shape/model.bin$list" ;;
          q8) line "$shape" q8 "$n" llama2.c "$(stat -c %s "$out/$shape/model_q8.bin")" "$environment$out/llama2c_runq$omp $out/$shape/model_q8.bin$list" ;;
        esac
      fi
      [ -n "$gguf" ] || continue
      for bench in ${builds[@]+"${builds[@]}"}; do
        name=llama.cpp repacks=""
        if "$bench" --help 2>&1 | grep -q -e '-rtr'; then name=ik_llama.cpp repacks=" -rtr"; fi
        # llama-bench has one number of repetitions for all tests: the least
        repeat=$(for test in $tests; do times "$shape" "$test"; done | sort -n | head -n 1)
        command="$bench -m $gguf -t $n -r $repeat -p $(sizes pp) -n $(sizes tg) -o json"
        size=$(stat -c %s "$gguf")
        line "$shape" "$format" "$n" "$name" "$size" "$command"
        [ -z "$repacks" ] || line "$shape" "$format" "$n" "$name$repacks" "$size" "$command -rtr 1"
      done
    done
  done
done
[ -z "$missing" ] || printf 'peers: mote has not yet:\n%s' "$missing" >&2

priority=""
nice -n "${PRIORITY:--10}" true 2>/dev/null && priority="nice -n ${PRIORITY:--10}"
echo "peers: measuring memory" >&2
$priority "$out/bandwidth" $threads >"$out/bandwidth.csv"
$priority "$out/run" "$plan" "$out/runs.csv" "$rounds" "$quiet"
$priority "$out/bandwidth" $threads >>"$out/bandwidth.csv"

{
  echo "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $(nproc) processors; $(date -u +%Y-%m-%d)"
  echo "mote: $(version "$cxx"), -O3 -march=native -ffp-contract=off; llama2.c: $(version "$cc"), ${peer_flags% -w}."
  echo "$rounds rounds; best run (median of runs). Bold: the fastest peer. Ratio: mote by the fastest peer, median of rounds."
  "$out/report" "$out/runs.csv" "$out/bandwidth.csv" "$out"
} | tee "$out/report.md"
echo "peers: $out/report.md, summary.csv, ratios.svg, roofline.svg" >&2
