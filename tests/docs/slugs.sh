#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Every slug of a message has its section in docs/errors.md, and every section its message; every pair of tests/fail is
# shown there; every status has its row.
# slugs.sh INCLUDE
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
include=${1:-$here/../include}
page=$here/../docs/errors.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

grep -rhoE '\[mote-[a-z0-9-]+\]' "$include" "$here/../cmake" | tr -d '[]' | sort -u > "$work/said"
sed -n 's/^### \(mote-[a-z0-9-]*\)$/\1/p' "$page" | sort > "$work/explained"
(cd "$here/fail" && ls ./*.cpp) | sed 's|^\./||; s|\.cpp$||' | sort > "$work/tried"
sed -n 's/^<!-- pair: \([a-z0-9_]*\) -->$/\1/p' "$page" | sort > "$work/shown"
sed -n '/^enum class/,/^};/s/^  \([a-z0-9_]*\),.*/\1/p' "$include/mote/core/status.hpp" | sort > "$work/statuses"
sed -n 's/^| `\([a-z0-9_]*\)` |.*/\1/p' "$page" | sort > "$work/rows"

failed=0
same() {  # FILE FILE "what the first has and the second lacks" "the other way round"
  [ -s "$1" ] || { echo "found nothing to compare in $1"; failed=1; }
  for only in $(comm -23 "$1" "$2"); do echo "$3: $only"; failed=1; done
  for only in $(comm -13 "$1" "$2"); do echo "$4: $only"; failed=1; done
}
same "$work/said" "$work/explained" "no section in docs/errors.md" "a section, but no message"
same "$work/tried" "$work/shown" "a pair that docs/errors.md does not show" "docs/errors.md shows a pair that is not there"
same "$work/statuses" "$work/rows" "no row in docs/errors.md" "a row, but no status"
# Every message is proven by a pair, but the assembler's and that of a check behind the linker (tests/boards/stack.sh).
for slug in $(cat "$work/said"); do
  case $slug in mote-embed-size | mote-stack) continue ;; esac
  grep -lqF "\\[$slug\\]" "$here"/fail/*.cpp || { echo "no pair in tests/fail expects it: $slug"; failed=1; }
done
# A section whose printed text was never filled in shows nothing.
awk '/^<!-- pair: / { name = $3; n = 0 } /error:/ { ++n } /^<!-- end pair/ { if (n < 2) { print "not printed yet: " name; bad = 1 } }
  END { exit bad }' "$page" || failed=1
[ $failed -eq 0 ] && echo "$(wc -l < "$work/said") slugs, $(wc -l < "$work/tried") pairs, $(wc -l < "$work/statuses") statuses"
exit $failed
