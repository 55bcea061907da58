#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# kill -9 while the terminal example remembers and saves, at any moment: no fact whose save was acknowledged is lost, what
# stands on the disk can be loaded, and the next start leaves no temporary.
#   kills.sh [INCLUDE [PROGRAM [COUNT]]]       PROGRAM: host_assistant, else the one of $MOTE_BUILD_DIR; COUNT: 100
# Refuses to pass where nothing was tried: there must be half as many acknowledged saves as lives.
set -u
program=${2:-${MOTE_BUILD_DIR:-}/examples/host_assistant/host_assistant}
count=${3:-100}
[ -x "$program" ] || { echo "skip: there is no $program; build the examples"; exit 77; }
program=$(realpath "$program")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/home"
cd "$work/home" || exit 1
: > ../acknowledged
fail() { echo "FAILED in life $life: $1"; cat ../said ../errors; exit 1; }
left() { find . -type f ! -name mine.mote ! -name 'again.mote' | wc -l; }

life=0 all_left=0 most_left=0 at_a_start=0
while [ "$life" -lt "$count" ]; do
  life=$((life + 1))
  # A life: what was saved is loaded, then fact by fact. One save in four makes a new file.
  awk -v life=$life -v again="$([ -f again.mote ] && echo yes)" -v mine="$([ -f mine.mote ] && echo yes)" 'BEGIN {
    if (again) print "/load again.mote"
    if (mine) print "/load"
    for (i = 0; i < 200; ++i) {
      printf "/remember The note %05d%03d says all.\n/save\n", life, i
      if (i == 3) print "/save again.mote"
    }
  }' > ../lines
  loads=$(grep -c '^/load' ../lines)
  rm -f ../said
  "$program" --transcript < ../lines > ../said 2> ../errors &
  pid=$!
  # Milliseconds; on a slow machine, where few saves came to their end, some more.
  few=$(($(wc -l < ../acknowledged) < 2 * life))
  sleep "0.$(awk -v seed=$life -v few=$few 'BEGIN { srand(seed * 7919); printf "%03d", 10 + rand() * (few ? 150 : 90) }')"
  kill -9 $pid
  wait $pid 2> /dev/null
  [ ! -s ../errors ] || fail "words on standard error"
  # What could not be loaded, or not saved, is said with "not done"; the first lives have no file.
  ! grep -q '^not done' ../said || fail "something was not done"
  [ "$(grep -c '^> /remember' ../said)" -lt 1 ] || [ "$(grep -c '^loaded' ../said)" -eq "$loads" ] || fail "not loaded"
  awk '/^> / { word = $5 } /^remembered$/ { told = told word "\n" }
    /^saved [0-9]+ bytes to mine\.mote$/ { printf "%s", told; told = "" }' ../said >> ../acknowledged
  # Of 64 texts the oldest goes: from the oldest that is there on, none may miss.
  if [ -f mine.mote ]; then grep -ao 'The note [0-9]\{8\} says all\.' mine.mote | awk '{ print $3 }' | sort > ../kept; else : > ../kept; fi
  awk 'NR == FNR { kept[$1] = 1; n++; if (first == "" || $1 < first) first = $1; next }
    (n < 64 || $1 >= first) && !($1 in kept) { print; lost = 1 } END { exit lost }' ../kept ../acknowledged > ../lost ||
    fail "acknowledged and lost: $(head -n 3 ../lost | tr '\n' ' ')of $(wc -l < ../lost)"
  now=$(left)
  all_left=$((all_left + (now > 0)))
  [ "$now" -le "$most_left" ] || most_left=$now
  [ $((life % 10)) -ne 0 ] || rm -f again.mote
done

printf '%s\n' /load /quit | "$program" --transcript > ../said 2> ../errors || fail "the last start"
grep -q '^loaded' ../said || fail "the last start does not load"
at_a_start=$(left)
acknowledged=$(wc -l < ../acknowledged)
echo "$count kills, $acknowledged facts whose save was acknowledged, 0 lost; $all_left kills left a temporary, at most $most_left at a time; $at_a_start after the next start"
[ "$at_a_start" -eq 0 ] || { echo "FAILED: temporaries stay"; ls -la; exit 1; }
[ "$acknowledged" -ge $((count / 2)) ] || { echo "FAILED: too little was tried"; exit 1; }
