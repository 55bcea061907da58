#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Each place of tests/mutations.txt is there: its text stands once in its file, and its test exists. That the test sees it
# is for tests/mutate.sh.
# Refuses an empty list.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
awk -v to="$work/" 'BEGIN { RS = ""; FS = "\n" } NR > 1 { print > (to sprintf("%04d", NR)) }' "$root/tests/mutations.txt"
failed=0 places=0
for block in "$work"/*; do
  title=$(sed -n 1p "$block") file=$(sed -n 's/^file //p' "$block") test=$(sed -n 's/^test \([^ ]*\).*/\1/p' "$block")
  places=$((places + 1))
  [ -f "$root/$file" ] || { echo "FAILED: $title: there is no $file"; failed=1; continue; }
  [ -f "$root/tests/$test.cpp" ] || { echo "FAILED: $title: there is no tests/$test.cpp"; failed=1; }
  old=$(sed -n 's/^- //p' "$block") awk 'index($0, ENVIRON["old"]) { ++n } END { exit n != 1 }' "$root/$file" ||
    { echo "FAILED: $title: its text does not stand once in $file"; failed=1; }
done
[ "$places" -gt 30 ] || { echo "FAILED: $places places"; failed=1; }
echo "$places places"
exit $failed
