#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Embeds a file with each compiler given (default: every one found) and checks the bytes, the alignment and that a file
# of another size is refused with our words.
# Refuses to pass if no compiler was there.
# Usage: embed.sh [include directory] [compiler ...]
set -eu
include=${1:-$(dirname "$0")/../../include}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- g++ clang++-19 arm-none-eabi-g++ aarch64-linux-gnu-g++ arm-linux-gnueabihf-g++ \
  riscv64-linux-gnu-g++
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

i=0; : > "$work/image"
while [ $i -lt 1000 ]; do printf 'bytes%05d' $i >> "$work/image"; i=$((i + 1)); done   # 10000 bytes

cat > "$work/use.cpp" <<'X'
#include <mote/store/embed.hpp>
struct some_model { static constexpr std::size_t image_bytes = SIZE; };
namespace inside {
MOTE_EMBED_IMAGE(weights, IMAGE, some_model::image_bytes);
}
static_assert(inside::weights.size() == SIZE && inside::weights.extent == SIZE);
int main() {
  const auto address = reinterpret_cast<std::size_t>(inside::weights.data());
  const std::byte* p = inside::weights.data();
  bool same = address % 64 == 0;
  for (std::size_t i = 0; i < 1000; ++i) {  // "bytes00042"
    same = same && p[10 * i] == std::byte{'b'} && p[10 * i + 4] == std::byte{'s'};
    same = same && static_cast<unsigned>(p[10 * i + 9]) == '0' + i % 10;
  }
  return same ? 0 : 1;
}
X

tried=0
for compiler; do
  command -v "$compiler" > /dev/null || { echo "skip  $compiler: not installed"; continue; }
  tried=$((tried + 1))
  flags='-std=gnu++23 -Wall -Wextra -Wconversion -Wshadow -Werror'
  emulator=
  case ${compiler##*/} in
    arm-none-eabi-*) flags="$flags -mcpu=cortex-m7 -mthumb -mfloat-abi=hard" ;;
    aarch64-*) flags="$flags -static"; emulator=qemu-aarch64 ;;
    arm-linux-*) flags="$flags -static"; emulator=qemu-arm ;;
    riscv64-*) flags="$flags -static"; emulator=qemu-riscv64 ;;
  esac
  for level in -O0 -O2 "-O2 -flto"; do
    # LTO of another compiler than the linker's is the toolchain's problem, not this header's.
    case "$compiler $level" in clang*flto) continue ;; esac
    # shellcheck disable=SC2086
    if [ "${compiler##*arm-none-eabi-}" != "$compiler" ]; then
      "$compiler" $flags ${level% -flto} -I "$include" \
        "-DIMAGE=\"$work/image\"" -DSIZE=10000 -c "$work/use.cpp" -o "$work/use.o"
      [ "$(arm-none-eabi-size -A "$work/use.o" | awk '$1 == ".rodata.mote_image.weights" { print $2 }')" = 10000 ]
    else
      "$compiler" $flags $level -I "$include" "-DIMAGE=\"$work/image\"" -DSIZE=10000 "$work/use.cpp" -o "$work/use"
      if [ -z "$emulator" ] || command -v $emulator > /dev/null; then $emulator "$work/use"; fi
    fi
  done
  for wrong in 9999 10001; do
    # shellcheck disable=SC2086
    if "$compiler" $flags -O2 -I "$include" "-DIMAGE=\"$work/image\"" -DSIZE=$wrong -c "$work/use.cpp" \
        -o "$work/use.o" 2> "$work/errors"; then
      echo "FAILED $compiler: took 10000 bytes for $wrong"; exit 1
    fi
    grep -q "mote: the embedded file is not the $wrong bytes.*\[mote-embed-size\]" "$work/errors" ||
      { echo "FAILED $compiler: other words:"; cat "$work/errors"; exit 1; }
  done
  echo "ok    $compiler"
done
[ $tried -gt 0 ] || { echo "FAILED: none of these compilers is installed: $*"; exit 1; }
