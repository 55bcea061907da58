#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# The FreeRTOS example with the real kernel, in the emulator: what it prints is what its README prints, at -O2 and -Os alike; a
# build whose task does not fit its stack does not link, and says so.
#   freertos.sh [INCLUDE [KERNEL]]     KERNEL: a checkout of FreeRTOS-Kernel, else $FREERTOS_KERNEL_PATH
# Refuses to fetch the kernel: without it, it is skipped (77).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
kernel=${2:-${FREERTOS_KERNEL_PATH:-}}
[ -f "$kernel/tasks.c" ] || { echo "skip: FREERTOS_KERNEL_PATH names no checkout of FreeRTOS-Kernel"; exit 77; }
for tool in arm-none-eabi-g++ qemu-system-arm cmake; do
  command -v $tool > /dev/null || { echo "skip: $tool is not installed"; exit 77; }
done
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
built() {  # OPTIMIZE
  cmake -S "$root/examples/cortex_m_freertos" -B "$work/$1" "-DFREERTOS_KERNEL_PATH=$kernel" "-DOPTIMIZE=$1" > "$work/log" 2>&1 &&
    cmake --build "$work/$1" --target assistant >> "$work/log" 2>&1
}
# What the README shows, without the sizes and the version, which change.
session() { grep -vE '^(FreeRTOS|stack of) ' "$1"; }
awk '/^    FreeRTOS /, /^    done/ { sub(/^    /, ""); print }' "$root/examples/cortex_m_freertos/README.md" > "$work/page"
[ -s "$work/page" ] || { echo "FAILED: the README has no session"; exit 1; }
session "$work/page" > "$work/expected"
for level in -O2 -Os; do
  built "$level" || { echo "FAILED: $level does not build"; tail -n 30 "$work/log"; exit 1; }
  ! grep -q 'warning:' "$work/log" || { echo "FAILED: $level warns"; grep -A5 'warning:' "$work/log"; exit 1; }
  needs=$(sed -n 's/^mote: .*::\([a-z]*\).* needs at most \([0-9]*\) of .*/\1 \2/p' "$work/log")
  [ "$(echo "$needs" | wc -l)" -eq 3 ] || { echo "FAILED: the stacks were not checked"; cat "$work/log"; exit 1; }
  timeout 300 qemu-system-arm -M mps2-an500 -nographic -monitor none -serial none -semihosting-config enable=on,target=native \
    -kernel "$work/$level/assistant.elf" > "$work/out" < /dev/null || { echo "FAILED: $level"; cat "$work/out"; exit 1; }
  session "$work/out" | diff "$work/expected" - || { echo "FAILED: $level differs from the README"; exit 1; }
  for task in answer learn talk; do
    case $task in answer) words="that answers" ;; learn) words="that learns" ;; talk) words="that attaches and loads" ;; esac
    most=$(sed -n "s/^stack of the task $words: \([0-9]*\) of .*/\1/p" "$work/out" | sort -n | tail -n 1)
    said=$(echo "$needs" | sed -n "s/^$task //p")
    [ "$most" -le "$said" ] || { echo "FAILED: $level: the task $words used $most bytes, the code says $said"; exit 1; }
    echo "ok    $level: the task $words: $most bytes of stack, at most $said by its code"
  done
done
if built -O0; then echo "FAILED: -O0 fits"; exit 1; fi
grep -q 'may need .* bytes of stack, .* are kept.*\[mote-stack\]' "$work/log" || { echo "FAILED: -O0 says"; tail -n 20 "$work/log"; exit 1; }
echo "ok    -O0: $(grep -m 1 'may need' "$work/log")"
