#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# The switchboard example on an emulated MPS3 board: it prints what docs/howto/drive-a-gpio.md shows, the emulator sees the LED
# register written as the page says, and the page has the program as it is. The same source prints the same on this PC.
# Refuses to pass without a cross compiler or the emulator: it is skipped (77).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
for tool in arm-none-eabi-g++ qemu-system-arm cmake g++; do
  command -v $tool > /dev/null || { echo "skip: $tool is not installed"; exit 77; }
done
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
example=$root/examples/cortex_m_switchboard page=$root/docs/howto/drive-a-gpio.md

# Blocks of the page: the program, what it prints, what the emulator sees.
awk -v to="$work/block" '/^```/ { if (inside) close(to n); else n++; inside = !inside; next } inside { print > (to n) }' "$page"
diff "$work/block1" "$example/main.cpp" || { echo "FAILED: the page has another program"; exit 1; }

{ cmake -S "$example" -B "$work/build" "-DMOTE_SOURCE_DIR=$root" && cmake --build "$work/build" --target switchboard; } \
  > "$work/log" 2>&1 || { echo "FAILED: it does not build"; tail -n 40 "$work/log"; exit 1; }
! grep -q 'warning:' "$work/log" || { echo "FAILED: it warns"; grep -A5 'warning:' "$work/log"; exit 1; }
timeout 120 qemu-system-arm -M mps3-an547 -nographic -monitor none -serial none \
  -semihosting-config enable=on,target=native -trace mps2_fpgaio_write -kernel "$work/build/switchboard.elf" \
  > "$work/printed" 2> "$work/trace" < /dev/null || { echo "FAILED: the board answers with an error"; cat "$work/printed"; exit 1; }
diff "$work/block2" "$work/printed" || { echo "FAILED: the board prints something else than the page"; exit 1; }
sed -n 's/.*\(MPS2 FPGAIO write: .*\)/\1/p' "$work/trace" | diff "$work/block3" - ||
  { echo "FAILED: the LEDs were switched otherwise"; exit 1; }
"$here/tools/check_image.sh" --quiet --stack 4096 --su "$work/build" "$work/build/switchboard.elf" ||
  { echo "FAILED: the image"; exit 1; }
# Sizes as the page has them, 2 KB more or less: compilers differ.
awk -v page="$(grep '^Flash .* RAM ' "$page" | tr -d ',' | tr -c '0-9\n' ' ')" '
  BEGIN { split(page, want); of["FLASH"] = want[1] * 1000; of["IMAGE"] = want[2]; of["RAM"] = want[3] * 1000 }
  $1 ~ /^(FLASH|IMAGE|RAM):$/ {
    name = substr($1, 1, length($1) - 1); bytes = $2 * ($3 == "KB" ? 1024 : $3 == "MB" ? 1048576 : 1)
    print name, bytes; seen++
    if (bytes > of[name] + 2000 || bytes < of[name] - 2000) { print "  the page says", of[name]; bad = 1 }
  }
  END { exit bad || seen != 3 }' "$work/log" || { echo "FAILED: the page has other sizes"; exit 1; }

g++ -std=c++23 -O2 -ffp-contract=off -w -DMOTE_WITH_XSIMD=0 "-I$root/include" "-I$root/models/hearth" \
  "-DIMAGE=\"$root/models/hearth/hearth.mote\"" "$example/main.cpp" -o "$work/on_pc"
"$work/on_pc" | diff "$work/block2" - || { echo "FAILED: this PC prints something else"; exit 1; }
echo "ok    mps3-an547: the sentences of the page, and $(wc -l < "$work/block3") writes of the LED register"
