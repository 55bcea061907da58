#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# A check that never fails proves nothing: small firmwares that each break one promise must be refused by
# tools/check_image.sh in its own words, and one that breaks none must pass.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
example=$here/../../examples/cortex_m_assistant
command -v arm-none-eabi-g++ > /dev/null || { echo "skip: arm-none-eabi-g++ is not installed"; exit 77; }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

cpu="-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard -mthumb"
common="-std=gnu++23 -O2 -fno-exceptions -fno-rtti -fno-threadsafe-statics"
common="$common -ffunction-sections -fdata-sections -fstack-usage"
# shellcheck disable=SC2086
arm-none-eabi-g++ $cpu $common -c "$example/startup.cpp" -o "$work/startup.o"

build() {  # name, extra flags; the source comes on standard input
  name=$1; shift
  { echo '#include <cstddef>'; echo '#include <cstdint>'; cat; } > "$work/$name.cpp"
  # shellcheck disable=SC2086
  (cd "$work" && arm-none-eabi-g++ $cpu $common "$@" "$name.cpp" startup.o -nostdlib \
    "-L$example/board" -T netduinoplus2.ld -Wl,--gc-sections \
    -Wl,--start-group -lc -lgcc -Wl,--end-group -o "$name.elf") 2> "$work/$name.log" ||
    { echo "FAILED: $name does not build"; cat "$work/$name.log"; exit 1; }
}
refused() {  # name, words, options of check_image
  name=$1 words=$2; shift 2
  if "$here/tools/check_image.sh" "$@" "$work/$name.elf" > "$work/$name.out" 2>&1; then
    echo "FAILED: $name was let through"; exit 1
  fi
  grep -q "^FAILED: $words" "$work/$name.out" || { echo "FAILED: $name, other words:"; cat "$work/$name.out"; exit 1; }
  echo "ok    $name: $(grep -m 1 "^FAILED: $words" "$work/$name.out" | cut -c 9-90)"
}

build clean << 'X'
volatile float a = 2, b = 3;
std::uint32_t memory[1000];
[[gnu::noinline]] float hot_product() { memory[static_cast<int>(a)] = 1; return a * b; }
int main() { return hot_product() == 6.0F ? 0 : 1; }
X
out=$("$here/tools/check_image.sh" --hot hot_product --stack 256 --su "$work" "$work/clean.elf") ||
  { echo "FAILED: the clean one was refused:"; echo "$out"; exit 1; }
flash=$(echo "$out" | sed -n 's/^flash \([0-9]*\) bytes, RAM.*/\1/p')
ram=$(echo "$out" | sed -n 's/.*RAM \([0-9]*\) bytes.*/\1/p')
[ "$ram" -ge 8096 ] && [ "$ram" -lt 8200 ] ||
  { echo "FAILED: RAM is $ram, not 4096 of stack and 4000 of memory"; exit 1; }
"$here/tools/check_image.sh" --quiet --flash "$((flash * 101 / 100))" --ram "$((ram * 99 / 100))" "$work/clean.elf"
echo "ok    clean: flash $flash, RAM $ram"
refused clean "RAM: $ram bytes, promised" --ram $((ram * 95 / 100))
refused clean "flash: $flash bytes, promised" --flash $((flash * 110 / 100))
refused clean "the stack may need" --stack 8
refused clean "the board used 4000" --painted 4000
refused clean "no function matches" --hot gone

build heap << 'X'
extern "C" void* malloc(std::size_t);
extern "C" void* _sbrk(int) { return nullptr; }
int main() { return malloc(10) != nullptr; }
X
refused heap "a heap: "

build virtuals << 'X'
struct shape { virtual int area() const = 0; };
struct square : shape { int area() const override { return 4; } };
struct line : shape { int area() const override { return 0; } };
square s; line l; const shape* volatile which = &s;
[[gnu::noinline]] int hot_area() { return which->area() + 1; }
int main() { if (hot_area() > 100) which = &l; return hot_area(); }
X
refused virtuals "virtual functions"
refused virtuals "an indirect call in a hot function: hot_area" --hot hot_area

build doubles << 'X'
volatile float a = 2;
int main() { return static_cast<int>(a * 1.5); }
X
refused doubles "double arithmetic in software"

build recursive << 'X'
volatile int n = 5;
[[gnu::noinline]] int deeper(int k);
[[gnu::noinline]] int deep(int k) { return k == 0 ? n : deeper(k - n) + n; }
int deeper(int k) { return deep(k - 1) + n; }
int main() { return deep(n); }
X
refused recursive "recursion through deep"

build growing << 'X'
volatile std::size_t n = 5;
[[gnu::noinline]] int sum(const volatile char* p) { return p[0] + p[n - 1]; }
int main() { volatile char room[n]; room[0] = 1; room[n - 1] = 2; return sum(room); }
X
refused growing "a stack frame of unknown size: main"

build guarded -fthreadsafe-statics << 'X'
extern "C" [[gnu::noipa]] int __cxa_guard_acquire(char*) { return 1; }
extern "C" [[gnu::noipa]] void __cxa_guard_release(char*) {}
volatile int n = 5;
int main() { static int first = n; return first; }
X
refused guarded "locks for local statics"

# A frame too large for an immediate, and one pushed by the FPU: both must be counted.
build deep_frames << 'X'
volatile float f = 1;
[[gnu::noinline]] void touch(volatile char* p, std::size_t n) { p[0] = p[n - 1] = 1; }
[[gnu::noinline]] int large() { volatile char room[70004]; touch(room, sizeof room); return room[1]; }
int main() { return large() + static_cast<int>(f); }
X
worst=$("$here/tools/check_image.sh" "$work/deep_frames.elf" | sed -n 's/^worst stack \([0-9]*\) .*/\1/p')
[ "${worst:-0}" -ge 70004 ] && [ "$worst" -lt 70200 ] ||
  { echo "FAILED: a frame of 70004 bytes counts as ${worst:-nothing}"; exit 1; }
echo "ok    deep_frames: $worst bytes"
