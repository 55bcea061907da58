#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# mote_check_stack(): the depth that it computes is that of the frames, the chain is shown, too little stack fails the build by its
# name, and what it cannot know it says.
# Refuses to pass without the cross compiler: it is skipped (77).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
for tool in arm-none-eabi-g++ cmake; do command -v $tool > /dev/null || { echo "skip: $tool is not installed"; exit 77; }; done
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cat > "$work/main.cpp" << 'END'
extern "C" void leave(void*);
namespace {
[[gnu::noipa]] void deep(int) { char room[400]; leave(room); }
[[gnu::noipa]] void task(void* p) { char room[200]; leave(room); deep(*static_cast<int*>(p)); leave(room); }
[[gnu::noipa]] void shallow() { char room[40]; leave(room); }
[[gnu::noipa]] int around(int n) { char room[40]; leave(room); return n == 0 ? 0 : around(n - 1) + 1; }
[[gnu::noipa]] void through(void (*call)()) { char room[40]; leave(room); call(); leave(room); }
[[gnu::noipa]] void unsized(int n) { char room[n]; leave(room); leave(&n); }
}
extern "C" void leave(void* p) { __asm__ volatile("" : : "r"(p) : "memory"); }
extern "C" void Reset_Handler() { int n = 0; shallow(); task(&n); }
extern "C" void others() { around(3); through(shallow); unsized(5); }
END
cat > "$work/CMakeLists.txt" << END
cmake_minimum_required(VERSION 3.20)
project(p CXX)
include($root/cmake/moteStack.cmake)
add_executable(p main.cpp)
target_compile_options(p PRIVATE -mcpu=cortex-m7 -mthumb -O2 -fno-inline -fno-exceptions -fstack-usage)
target_link_options(p PRIVATE -mcpu=cortex-m7 -mthumb -nostdlib -Wl,-eReset_Handler -Wl,-uothers)
mote_check_stack(p BYTES \${BYTES} ENTRY \${ENTRY} ON_TOP \${ON_TOP})
END
built() {  # BYTES ENTRY ON_TOP
  cmake -S "$work" -B "$work/b" -DCMAKE_TOOLCHAIN_FILE="$root/examples/cortex_m_assistant/cmake/arm-none-eabi.cmake" \
    "-DBYTES=$1" "-DENTRY=$2" "-DON_TOP=$3" > "$work/log" 2>&1 && rm -f "$work/b/p" && cmake --build "$work/b" >> "$work/log" 2>&1
}
wrong() { echo "FAILED: $1"; cat "$work/log"; exit 1; }
built 4096 Reset_Handler 0 || wrong "it fits"
frame() { find "$work/b" -name '*.su' -exec cat {} + | awk -F '\t' -v f="$1" 'index($1, f) { print $2; exit }'; }
expected=$(($(frame Reset_Handler) + $(frame task) + $(frame deep)))
[ "$expected" -ge 600 ] || wrong "frames of $expected bytes"
grep -q "Reset_Handler needs at most $expected of 4096" "$work/log" || wrong "the compiler's frames are $expected bytes"
built "$expected" Reset_Handler 0 || wrong "it fits exactly"
built $((expected - 1)) Reset_Handler 0 && wrong "a byte too little"
grep -q "Reset_Handler may need $expected bytes of stack, $((expected - 1)) are kept.*\[mote-stack\]" "$work/log" || wrong "other words"
grep -q '^ *[0-9]*  (anonymous namespace)::deep(int)' "$work/log" || wrong "no chain"
task='.*::task\(void\*\)'
built $(($(frame task) + $(frame deep) + 224)) "$task" 224 || wrong "a task"
built $(($(frame task) + $(frame deep) + 223)) "$task" 224 && wrong "a task with a byte too little"
! grep -q 'not counted' "$work/log" || wrong "what the task does not reach is named"
built 4096 '.*::around\(int\)' 0 && wrong "recursion has a bound"
grep -q 'no bound: .*around(int) calls itself.*\[mote-stack\]' "$work/log" || wrong "other words for recursion"
for function in 'through(void (\*)())' 'unsized(int)'; do
  entry=.*::$(echo "$function" | sed 's/\\//; s/[()*]/\\&/g')
  built 4096 "$entry" 0 || wrong "$function fits"
  grep -q "not counted.*$function" "$work/log" || wrong "$function is not named"
done
built 4096 nobody 0 && wrong "a function that is not there"
grep -q "has no function 'nobody'" "$work/log" || wrong "other words for no function"
echo "ok    $expected bytes by the compiler and by the program, the chain, a task, a name that is not there"
