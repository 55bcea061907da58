#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# The terminal example as a stranger takes it: copied out of the tree, against an installed mote, and a session from a
# pipe. What it answers is compared, and every line that cannot be used must be answered with its reason. With --all and by
# hand it is built so; else only configured, and the session is one with the program of the build that calls.
# Refuses to test the model: one fact, one command, and that both outlive a restart.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
for tool in cmake g++; do command -v $tool > /dev/null || { echo "skip: $tool is not installed"; exit 77; }; done
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cp -R "$root/examples/host_assistant" "$work/example"

where=-DMOTE_SOURCE_DIR=$root
if [ -n "${MOTE_BUILD_DIR:-}" ]; then
  cmake --install "$MOTE_BUILD_DIR" --prefix "$work/prefix" > "$work/log" 2>&1 ||
    { echo "FAILED: mote does not install"; cat "$work/log"; exit 1; }
  where=-DCMAKE_PREFIX_PATH=$work/prefix
fi
set -- "$where"
[ ! -d "$root/build/deps/usr/include/xsimd" ] || set -- "$@" "-DMOTE_XSIMD_INCLUDE_DIR=$root/build/deps/usr/include"
build=$work/build source=$work/example/main.cpp
cmake -S "$work/example" -B "$build" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON "$@" > "$work/log" 2>&1 &&
  if [ -n "${MOTE_BUILD_DIR:-}" ] && [ "${MOTE_TEST_ALL:-ON}" != ON ]; then
    build=$MOTE_BUILD_DIR source=$root/examples/host_assistant/main.cpp
    ln -s "$build/examples/host_assistant" "$work/program"
  else
    cmake --build "$build" >> "$work/log" 2>&1 && ln -s "$build" "$work/program"
  fi ||
  { echo "FAILED: it does not build"; tail -n 40 "$work/log"; exit 1; }
[ -x "$work/program/host_assistant" ] || { echo "skip: there is no $build/examples/host_assistant; build the examples"; exit 77; }
! grep -q 'warning:' "$work/log" || { echo "FAILED: warnings"; grep -A5 'warning:' "$work/log"; exit 1; }
promise=$("$here/../boards/tools/check_promise.sh" "$build" "$source" assistant \
  "$work/program/host_assistant" "$work/program/hearth.mote") || { echo "FAILED: the promise"; echo "$promise"; exit 1; }
echo "ok    $promise"

cd "$work"
cat > teach << 'END'
What is the boiler's code?
/remember The boiler's service code is 7731.
What is the boiler's code?
/learn movie night => {"scene":"cinema"}
movie night
/save
END
cat > again << 'END'
/load
What is the boiler's code?
movie night
/forget
What is the boiler's code?
/load nowhere.mote
/load example/main.cpp
/learn without an arrow
/learn => {"a":1}
/remember
/nonsense
/footprint
END
cat > dropped << 'END'
/load
/learn quiet hours => {"mode":"silent"}
/save learned.mote
/load
/learn wake me up => {"scene":"morning"}
quiet hours
wake me up
/save learned.mote
END
program/host_assistant --transcript < teach > first || { echo "FAILED: the first session"; cat first; exit 1; }
code=0
program/host_assistant --transcript < again > second || code=$?
[ $code -eq 2 ] || { echo "FAILED: the second session"; cat second; exit 1; }
program/host_assistant --transcript < dropped > third || { echo "FAILED: the third session"; cat third; exit 1; }
answer() {  # file, line, which occurrence: the last line before the next prompt, as a progress line may stand between
  awk -v line="> $2" -v nth="$3" '/^> / { if (on) exit; on = $0 == line && ++n == nth; next } on { last = $0 }
    END { print last }' "$1"
}
expect() {  # file, line, occurrence, pattern of the answer
  got=$(answer "$1" "$2" "$3")
  case $got in
    $4) echo "ok    $2: $got" ;;
    *) echo "FAILED: '$2' was answered '$got', not '$4'"; cat "$1"; exit 1 ;;
  esac
}
question="What is the boiler's code?"
expect first "$question" 1 'I do not know.'
expect first "$question" 2 '*7731*'
expect first '/learn movie night => {"scene":"cinema"}' 1 'learned in *'
expect first 'movie night' 1 '{"scene":"cinema"}'
expect second /load 1 loaded
expect second "$question" 1 '*7731*'
expect second 'movie night' 1 '{"scene":"cinema"}'
expect second "$question" 2 'I do not know.'
expect second '/load nowhere.mote' 1 'not done: nowhere.mote: cannot open*'
expect second '/load example/main.cpp' 1 'not done: this is no file of mote'
expect second '/learn without an arrow' 1 'not done: write*'
expect second '/learn => {"a":1}' 1 'not done: there is no text'
expect second /remember 1 'not done: there is no text'
expect second /nonsense 1 'not done: there is no such command*'
expect third 'wake me up' 1 '{"scene":"morning"}'
case $(answer third 'quiet hours' 1) in
  '{"mode":"silent"}') echo "FAILED: a lesson that /load dropped was taught again"; cat third; exit 1 ;;
  *) echo "ok    a lesson that /load dropped is gone" ;;
esac
grep -q '^flash  *bytes' second || { echo "FAILED: no footprint"; exit 1; }

# On a pipe answers alone are on standard output; a line that was not done is in the exit code. Ends of lines of other
# systems and spaces around a line do not count.
printf '  %s  \r\n' /load '/remember The lamp is red.' "$question" /nonsense /forget exit "$question" > lines
code=0
program/host_assistant < lines > out 2> errors || code=$?
[ "$code $(cat out)" = "2 $(answer second "$question" 1)" ] || { echo "FAILED: a pipe, code $code"; cat out errors; exit 1; }
printf '%s\n' loaded remembered 'not done: there is no such command; /help lists them' forgotten | diff - errors ||
  { echo "FAILED: what is said on a pipe"; exit 1; }
echo "ok    a pipe gets answers"
program/host_assistant --help > out && grep -q '^  --transcript' out && grep -q '^/remember TEXT' out ||
  { echo "FAILED: --help"; cat out; exit 1; }
version=$(awk '/VERSION_M|VERSION_P/ { v = v sep $3; sep = "." } END { print v }' "$root/include/mote/version.hpp")
[ "$(program/host_assistant --version)" = "host_assistant of mote $version, model hearth" ] || { echo "FAILED: --version"; exit 1; }
for wrong in --nonsense "a b"; do
  code=0
  program/host_assistant $wrong < lines > out 2> errors || code=$?
  [ "$code" -eq 1 ] && [ ! -s out ] && grep -q -e '--help says what it takes' errors || { echo "FAILED: $wrong"; cat out errors; exit 1; }
done
echo "ok    --help, --version, options that are none"

# Keys at a terminal: a line is brought back, two characters go, Ctrl-L redraws; letters of two bytes are one.
if ! grep -q WITH_LIBEDIT "$build/compile_commands.json" "$build/build.ninja" 2> /dev/null; then
  echo "skip  keys: it is built without libedit"
elif ! command -v script > /dev/null; then
  echo "skip  keys: script is not installed"
else
  shown() { for _ in $(seq 100); do [ "$(grep -ao '> ' out | wc -l)" -lt "$1" ] || return 0; sleep 0.05; done; }
  : > out
  {
    n=1  # a key is one only after the prompt is there
    for keys in '/remember The caf\303\251 opens at 7.' '\033[A\177\1778\f.' '/remember No caf\303\251\177\177es.' '/save keys.mote' /quit; do
      shown $n
      printf "$keys\n"
      n=$((n + 1))
      case $keys in *'\f'*) n=$((n + 1)) ;; esac  # the prompt is written again
    done
  } | LC_ALL=C TERM=xterm timeout 20 script -qefc program/host_assistant /dev/null > out 2>&1 || { echo "FAILED: keys"; cat out; exit 1; }
  for fact in 'The café opens at 7.' 'The café opens at 8.' 'No caes.'; do
    [ "$(grep -ac "$fact" keys.mote)" -ge 1 ] || { echo "FAILED: keys: no '$fact'"; cat out; exit 1; }
  done
  echo "ok    keys"
fi

# An image that is not whole is refused by name, and nothing is started.
head -c 1000 program/hearth.mote > cut.mote
if program/host_assistant cut.mote < teach > out 2>&1; then echo "FAILED: a cut image was taken"; exit 1; fi
grep -q '^cut.mote: the file ends too early$' out || { echo "FAILED: a cut image, other words:"; cat out; exit 1; }
echo "ok    a cut image is refused"
