#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Instructions a token, exact: stories260K in 8 bits, 256 tokens from the first one, in an emulator that counts. The mean
# is over tokens 1 to 255, the least is that of the cheapest token. With FOLDER, llama2.c's run.c and runq.c, which lie
# there and are compiled from there, in the same emulator with the same compiler at -O2, -O3 and -Ofast.
# Refuses to guess cycles, and skips (77) what this machine cannot build or run, saying why.
#   run.sh [--peers FOLDER] [TARGET...]   a table
#   run.sh --check TARGET...              exits 1 where ours is more than 2 % above expected.txt
#   run.sh --update [TARGET...]           writes expected.txt
#   run.sh --profile TARGET VARIANT       the instructions of a token, by function
#   run.sh --kernels [TARGET...]          products an instruction of each format's kernels, under their roof
#   run.sh --encoder [TARGET...]          an embedding by an encoder of MiniLM-L6's size, in 8 bits
#   run.sh --grammars [TARGET...]         what a grammar adds to a token, or saves: 64 tokens of each of five
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

here=bench/instructions out=$PWD/build/bench/instructions assets=${MOTE_ASSETS:-$PWD/../shared/assets} tokens=256
model=$assets/llama2c-stories260K/stories260K.bin tokenizer=$assets/llama2c-stories260K/tok512.bin
targets="aarch64 aarch64-dotprod armhf riscv64 riscv64-v cortex-m7 cortex-m55"

skip() { echo "instructions: skipped: $*" >&2; exit 77; }
die() { echo "instructions: $*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# Which policies are counted, as `name|policies|what import_model needs`.
variants=("q8|mote::quantize<8>|--formats q8" "q8-cache8|mote::quantize<8>,mote::cache<8>|--formats q8")

# What is said under --grammars, as `name|grammar`. None is whole before 64 tokens.
grammars=('[^\x00]*|root ::= [^\x00]*' '[ -~]{220,230}|root ::= [ -~]{220,230}' '([a-e] [ ]){70,80}|root ::= ([a-e] [ ]){70,80}'
  '[0-9]{70,80}|root ::= [0-9]{70,80}'
  'orders in JSON|root ::= ("{\"device\":\"" ("lamp" | "fan") "\",\"level\":" ("0" | [1-9] [0-9]? | "100") "}\n"){8}')

# target NAME: sets cc cxx arch rows emulator board, and own: what only mote's programs get.
target() {
  board="" own=""
  case $1 in
    aarch64) cc=aarch64-linux-gnu-gcc cxx=aarch64-linux-gnu-g++ arch="" rows=4 emulator=qemu-aarch64 ;;
    aarch64-dotprod) cc=aarch64-linux-gnu-gcc cxx=aarch64-linux-gnu-g++ arch=-march=armv8.2-a+dotprod rows=4
      emulator="qemu-aarch64 -cpu max" ;;
    aarch64-i8mm) cc=aarch64-linux-gnu-gcc cxx=aarch64-linux-gnu-g++ arch=-march=armv8.2-a+dotprod+i8mm rows=4
      emulator="qemu-aarch64 -cpu max" ;;
    armhf) cc=arm-linux-gnueabihf-gcc cxx=arm-linux-gnueabihf-g++ arch="" rows=1 emulator=qemu-arm ;;
    riscv64) cc=riscv64-linux-gnu-gcc cxx=riscv64-linux-gnu-g++ arch="" rows=1 emulator=qemu-riscv64 ;;
    riscv64-v) cc="clang-19 --target=riscv64-linux-gnu" cxx="clang++-19 --target=riscv64-linux-gnu" rows=16
      arch="-march=rv64gcv_zvl128b -mrvv-vector-bits=zvl" emulator="qemu-riscv64 -cpu rv64,v=true,vlen=128,vext_spec=v1.0" ;;
    cortex-m7) board=mps2-an500 arch="-mcpu=cortex-m7 -mfpu=fpv5-d16 -mfloat-abi=hard -mthumb" ;;
    cortex-m55) board=mps3-an547 arch="-mcpu=cortex-m55 -mfloat-abi=hard -mthumb" own=-fno-tree-vectorize ;;  # subnormals
    *) die "there is no target '$1'; known are: $targets" ;;
  esac
  if [ -n "$board" ]; then
    cc=arm-none-eabi-gcc cxx=arm-none-eabi-g++ rows=1
    emulator="qemu-system-arm -M $board -nographic -monitor none -serial none -semihosting-config enable=on,target=native"
  fi
  for tool in ${cc%% *} ${cxx%% *} ${emulator%% *}; do have "$tool" || skip "$1 needs $tool, which is not here"; done
  case $(${emulator%% *} -help) in
    *-plugin*) ;;
    *) skip "$1 needs plugins of ${emulator%% *}, which was built without them" ;;  # as Debian 13's qemu-user
  esac
}

# roof NAME: the widest load and multiply-accumulate of a target's kernels: name, bytes; name, products.
roof() {
  case $1 in
    aarch64) roof=("LDP" 32 "SMLAL" 8) ;;
    aarch64-dotprod) roof=("LDP" 32 "SDOT" 16) ;;
    aarch64-i8mm) roof=("LDP" 32 "SMMLA" 32) ;;
    armhf) roof=("LDRD" 8 "SMLAD" 2) ;;
    cortex-m7) roof=("LDM of four" 16 "SMLAD" 2) ;;
    cortex-m55) roof=("VLDRB" 16 "VMLADAVA" 16) ;;
    riscv64) roof=("LD" 8 "MUL and ADD" 0.5) ;;
    riscv64-v) roof=("VLSEG4E8" 64 "VWMACC" 16) ;;
    *) die "$1 has no roof yet: it wants a line in roof()" ;;
  esac
}

# prepare: the plugin, the models, the headers that are no target's own.
prepare() {
  mkdir -p "$out"
  exec 9>"$out/lock"
  flock 9
  gcc -O2 -shared -fPIC -fvisibility=hidden $here/count.c -o "$out/libcount.so" 2>"$out/log" ||
    skip "the plugin does not build: $(head -n 1 "$out/log")"
  [ $mode = kernels ] || [ $mode = encoder ] || prepare_models
  local folder
  mkdir -p "$out/headers"
  for folder in build/deps/usr/include /usr/include /usr/local/include; do  # without the rest of this machine's headers
    [ ! -f "$folder/xsimd/xsimd.hpp" ] || { ln -sfn "$(realpath "$folder")/xsimd" "$out/headers/xsimd"; break; }
  done
  flock -u 9
}

prepare_models() {
  [ -f "$model" ] && [ -f "$tokenizer" ] || skip "stories260K is not in $assets"
  import_model=$(cmake/host_tools.sh)
  import_model=${import_model:-$out}/import_model
  if [ ! -e "$import_model" ] || [ -n "$(find include tools -newer "$import_model" -print -quit)" ]; then
    cmake/compile_tool.sh import_model "$import_model" -isystem build/deps/usr/include
  fi
  if [ ! -e "$out/model_q8.bin" ]; then
    gcc -O2 $here/make_q8.c -o "$out/make_q8" -lm && "$out/make_q8" "$model" "$out/model_q8.bin"
  fi
}

# count PROGRAM FILE [COUNTS]: the counts of its tokens go to FILE.
count() {
  local mark plugin
  mark=0x$(nm "$1" | awk '$3 == "instruction_mark" { print $1 }')
  mark=$((mark & ~1))  # the bit that says Thumb
  plugin=$out/libcount.so,mark=$mark,out=$2${profile:+,profile=$2.profile}
  if [ -n "$board" ]; then
    timeout 600 $emulator -plugin "$plugin" -kernel "$1" || die "$1 ends with $?"
  else
    timeout 600 $emulator -plugin "$plugin" "$1" || die "$1 ends with $?"
  fi >&2 </dev/null
  [ "$(wc -l <"$2")" -eq "${3:-$tokens}" ] || die "$1 counted $(wc -l <"$2") times instead of ${3:-$tokens}"
}
summary() { awk 'NR > 1 { sum += $1; if (!least || $1 < least) least = $1 } END { printf "%.0f %d\n", sum / (NR - 1), least }' "$1"; }

firmware="-nostdlib -Lexamples/cortex_m_assistant/board -Wl,--defsym=mote_stack_bytes=16384 -Wl,--gc-sections"
start=examples/cortex_m_assistant/startup.cpp

# build_ours SOURCE PROGRAM OPTION...
build_ours() {
  local source=$1 program=$2
  shift 2
  local options="-std=gnu++23 $* $arch $own -ffp-contract=off -fno-math-errno -Wno-psabi -Iinclude -isystem $out/headers"
  if [ -n "$board" ]; then
    $cxx $options -fno-exceptions -fno-rtti -fno-threadsafe-statics -ffunction-sections -fdata-sections \
      "$source" $start -o "$program" $firmware -T$board.ld -Wl,--start-group -lc -lgcc -Wl,--end-group
  else
    $cxx $options "$source" -o "$program" -static
  fi || die "$program does not build"
}

# ours TARGET VARIANT FLAGS [,POLICY OPTION...]: prints "mean least".
ours() {
  local name=$1 variant=$2 flags=$3 policies import entry
  shift 3
  for entry in "${variants[@]}"; do
    [ "${entry%%|*}" != "$variant" ] || { policies=${entry#*|} import=${policies#*|} policies=${policies%%|*}; }
  done
  local folder=$out/$name/$variant
  mkdir -p "$folder"
  "$import_model" --weights "$model" --tokenizer "$tokenizer" --name stories260K --interleave $rows --eos -1 $import \
    --out "$folder" >/dev/null || die "import_model fails"
  local program=$folder/mote$flags
  build_ours $here/mote_program.cpp "$program" $flags -DTOKENS=$tokens -DMOTE_POLICIES=$policies${1:-} ${*:2} \
    -DMOTE_MODEL_HEADER=\"$folder/stories260K.hpp\" -DMOTE_IMAGE=\"$folder/stories260K.mote\"
  count "$program" "$program.counts"
  summary "$program.counts"
}

# theirs TARGET FILE FLAGS: prints "mean least".
theirs() {
  local name=$1 file=$2 flags=$3 quantized=0 weights=$model
  [ "$file" != runq.c ] || quantized=1 weights=$out/model_q8.bin
  local program=$out/$name/${file%.c}$flags
  mkdir -p "$out/$name"
  local options="$flags $arch -w -DTOKENS=$tokens -DPEER_FILE=\"$peers/$file\" -DPEER_IS_QUANTIZED=$quantized
    -DMODEL_FILE=\"$weights\""
  if [ -n "$board" ]; then
    $cxx -std=gnu++23 -O2 $arch -fno-exceptions -fno-rtti -fno-threadsafe-statics -c $start -o "$program.start.o"
    $cc $options -I$here/newlib -ffunction-sections -fdata-sections $here/llama2c_program.c "$program.start.o" \
      -o "$program" $firmware -T$board.ld -Wl,--start-group -lm -lc -lgcc -lnosys -Wl,--end-group 2>"$out/log" ||
      { tail -n 20 "$out/log" >&2; die "$program does not build"; }
  else
    $cc $options $here/llama2c_program.c -o "$program" -static -lm || die "$program does not build"
  fi
  count "$program" "$program.counts"
  summary "$program.counts"
}

compiler() { $cxx -dumpfullversion -dumpversion; }

mode=table peers="" profile=""
case ${1:-} in
  --check | --update | --profile | --kernels | --encoder | --grammars) mode=${1#--}; shift ;;
  --peers)
    [ -f "${2:-}/run.c" ] && [ -f "$2/runq.c" ] || die "--peers wants a folder with run.c and runq.c"
    peers=$(cd "$2" && pwd)
    shift 2 ;;
esac
[ $# -gt 0 ] || [ $mode = check ] || set -- $targets $([ $mode != kernels ] || echo aarch64-i8mm)
prepare

case $mode in
  encoder)
    echo "| target | compiler | tokens | instructions a layer | of six layers, an embedding |"
    echo "|---|---|---:|---:|---:|"
    for name; do
      (
        target "$name"
        mkdir -p "$out/$name"
        for tokens in 8 32 128; do
          for layers in 1 2; do
            program=$out/$name/encoder$tokens.$layers
            build_ours $here/encoder_program.cpp "$program" -O2 -DTOKENS=$tokens -DLAYERS=$layers
            count "$program" "$program.counts" 2
            read -r one least <<<"$(summary "$program.counts")"
            [ $layers -eq 1 ] && first=$one || layer=$((one - first))
          done
          echo "| $name | $(compiler) | $tokens | $layer | $((first + 5 * layer)) |"
        done
      ) || [ $? -eq 77 ]
    done ;;
  table)
    echo "| target | compiler | program | flags | mean | least |${peers:+ ratio to the better of llama2.c |}"
    echo "|---|---|---|---|---:|---:|${peers:+---:|}"
    for name; do
      (
        target "$name"
        best=0
        if [ -n "$peers" ]; then
          for file in run.c runq.c; do
            for flags in -O2 -O3 -Ofast; do
              got=$(theirs "$name" $file $flags) || exit 1
              read -r mean least <<<"$got"
              echo "| $name | $(compiler) | llama2.c $file | $flags | $mean | $least | |"
              [ $best -ne 0 ] && [ $mean -ge $best ] || best=$mean
            done
          done
        fi
        for entry in "${variants[@]}"; do
          for flags in -O2 -O3; do
            got=$(ours "$name" "${entry%%|*}" $flags) || exit 1
            read -r mean least <<<"$got"
            ratio=""
            [ $best -eq 0 ] || ratio=" $(awk "BEGIN { printf \"%.2f\", $mean / $best }") |"
            echo "| $name | $(compiler) | mote ${entry%%|*} | $flags | $mean | $least |$ratio"
          done
        done
      ) || [ $? -eq 77 ]
    done ;;
  check | update)
    failed=0 new=""
    for name; do
      target "$name"
      for entry in "${variants[@]}"; do
        variant=${entry%%|*}
        for flags in -O3; do
          got=$(ours "$name" "$variant" $flags) || exit $?
          read -r mean least <<<"$got"
          new+="$name $(compiler) $variant $flags $mean $least"$'\n'
          expected=$(awk -v key="$name $(compiler) $variant $flags" '$1 " " $2 " " $3 " " $4 == key { print $5 }' $here/expected.txt)
          if [ $mode = check ] && [ -z "$expected" ]; then
            echo "instructions: nothing is expected of $name with compiler $(compiler)"
          elif [ $mode = check ] && ! awk "BEGIN { exit !($mean <= $expected * 1.02) }"; then
            echo "FAILED: $name $variant $flags: $mean instructions a token, more than 2 % above $expected"
            failed=1
          elif [ $mode = check ]; then
            echo "ok    $name $variant $flags: $mean instructions a token, $expected expected, 2 % more allowed"
          fi
        done
      done
    done
    if [ $mode = update ]; then
      # The first of equal keys stays: the new one.
      { printf '%s' "$new"; cat $here/expected.txt; } | awk '!/^#/ && !seen[$1 " " $2 " " $3 " " $4]++' | sort >"$out/lines"
      { grep '^#' $here/expected.txt; cat "$out/lines"; } >"$out/expected"
      cp "$out/expected" $here/expected.txt
    fi
    exit $failed ;;
  kernels)
    g++ -std=c++23 -O1 -Iinclude -isystem "$out/headers" $here/roofline.cpp tools/host/report/roofline_plot.cpp \
      tools/host/report/svg.cpp -o "$out/roofline" || die "roofline does not build"
    echo "| target | kernel | bytes a weight | products an instruction | of the roof |"
    echo "|---|---|---:|---:|---:|"
    for name; do
      (
        target "$name"
        roof "$name"
        program=$out/kernels-$name
        build_ours $here/kernels_program.cpp "$program" -O3
        count "$program" "$program.counts" 23  # twelve kernels, and what lies between them
        "$out/roofline" "$name" "${roof[@]}" "$program.counts" "$out/roofline-$name.csv" "$out/roofline-$name.svg"
      ) || [ $? -eq 77 ]
    done ;;
  grammars)
    tokens=64
    echo "| target | compiler | grammar | mean | against none |"
    echo "|---|---|---|---:|---:|"
    for name; do
      (
        target "$name"
        got=$(ours "$name" q8 -O3) || exit 1
        read -r without least <<<"$got"
        echo "| $name | $(compiler) | none | $without | |"
        for entry in "${grammars[@]}"; do
          printf '#include "mote/decode/gbnf.hpp"\nusing counted = mote::gbnf<R"_(%s)_">;\n' "${entry#*|}" >"$out/$name/counted.hpp"
          got=$(ours "$name" q8 -O3 ,counted -DMOTE_POLICIES_HEADER=\"$out/$name/counted.hpp\") || exit 1
          read -r mean least <<<"$got"
          change=$(awk "BEGIN { printf \"%+.1f %%\", ($mean / $without - 1) * 100 }")
          echo "| $name | $(compiler) | \`${entry%%|*}\` | $mean | $change |"
        done
      ) || [ $? -eq 77 ]
    done ;;
  profile)
    profile=yes
    target "$1"
    ours "$1" "${2:-q8}" "${3:--O3}"
    program=$out/$1/${2:-q8}/mote${3:--O3}
    nm -nC --defined-only "$program" | awk '$3 !~ /^\$/ && tolower($2) ~ /^[tw]$/' >"$out/symbols"
    # Addresses are compared as text of one width: not every awk reads hexadecimal numbers.
    awk -v tokens=$tokens 'function wide(x) { while (length(x) < 16) x = "0" x; return x "" }
      NR == FNR { at[++n] = wide($1); $1 = $2 = ""; name[n] = $0; next }
      { a = wide($1); low = 1; high = n
        while (low < high) { middle = int((low + high + 1) / 2); if (at[middle] <= a) low = middle; else high = middle - 1 }
        sum[name[low]] += $2 }
      END { for (f in sum) printf "%10.0f %s\n", sum[f] / tokens, substr(f, 1, 140) }' "$out/symbols" \
      "$program.counts.profile" | sort -rn | head -n 20 ;;
esac
