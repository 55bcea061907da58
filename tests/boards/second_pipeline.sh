#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# A second pipeline of another shape, or another learner of the same model, adds at most 2 KiB of code to a firmware for a
# Cortex-M7: what depends on no shape stands once.
# Refuses to pass without a cross compiler: it is skipped (77).
# Usage: second_pipeline.sh [include directory]; prints rows of a table.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
include=${1:-$here/../../include}
command -v arm-none-eabi-g++ > /dev/null || { echo "skip: arm-none-eabi-g++ is not installed"; exit 77; }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

flash() {  # OPTION...: of the firmware
  arm-none-eabi-g++ -std=gnu++23 -Os -mcpu=cortex-m7 -mthumb -mfpu=fpv5-d16 -mfloat-abi=hard -ffp-contract=off \
    -fno-exceptions -fno-rtti -fno-threadsafe-statics -ffunction-sections -fdata-sections -Wl,--gc-sections \
    --specs=nano.specs --specs=nosys.specs "-I$include" "$@" "$here/second_pipeline/firmware.cpp" -o "$work/firmware" 2> "$work/log" ||
    { tail -n 20 "$work/log" >&2; exit 1; }
  arm-none-eabi-size "$work/firmware" | awk 'NR == 2 { print $1 + $2 }'
}
status=0
second() {  # BYTES WHAT
  echo "| flash that a second adds, $2 | $1 |"
  [ "$1" -le 2048 ] || { echo "FAILED: more than 2,048 bytes" >&2; status=1; }
}
one=$(flash) two=$(flash -DTWO) learner=$(flash -DLEARN) learners=$(flash -DLEARN -DTWO)
echo "| flash of a firmware with one pipeline, -Os, without an image | $one |"
second $((two - one)) "another shape and context, the same format"
echo "| flash of a firmware with one that learns and keeps what it learned | $learner |"
second $((learners - learner)) "another rank, other targets and another seed"
exit $status
