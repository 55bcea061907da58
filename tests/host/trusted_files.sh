#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# The terminal example's file in a rough world: modes, owners, links, what is no file, limits, a full disk, folders and
# files that are read-only, two programs at once, changes from outside, and facts that were not saved when it is ended by a
# person, a signal or the end of its input.
#   trusted_files.sh [INCLUDE [PROGRAM]]       PROGRAM: host_assistant, else the one of $MOTE_BUILD_DIR
# Refuses to judge answers: what stands on the disk, what was said, how it ended.
set -u
program=${2:-${MOTE_BUILD_DIR:-}/examples/host_assistant/host_assistant}
[ -x "$program" ] || { echo "skip: there is no $program; build the examples"; exit 77; }
command -v timeout > /dev/null || { echo "skip: timeout is not installed"; exit 77; }
program=$(realpath "$program")
work=$(mktemp -d)
trap 'umount "$work/disk" 2> /dev/null; rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work" || exit 1
failed=0

run() {  # LINE...: a session of its own; its words are in `said` and `errors`, how it ended in $code
  printf '%s\n' "$@" > lines
  timeout 20 "$program" --transcript < lines > said 2> errors
  code=$?
}
same() {  # WHAT FOUND EXPECTED, a pattern
  case $2 in
    $3) echo "ok    $1: $2" ;;
    *) echo "FAILED: $1: '$2', not '$3'"; cat said errors; failed=1 ;;
  esac
}
last() { grep -v '^> ' said | tail -n 1; }
mode() { stat -c '%a %u:%g' "$1"; }
fact='/remember The boiler is called Anna.'
other='/remember The cellar has a second key.'
others() { find . -name '.mote-*' -o -name '*.mote.*' | wc -l; }

# ---- what a file is stays what it is
run "$fact" /save
same "a first save" "$(last)" 'saved * bytes to mine.mote'
same "ends" "$code" 0
cp mine.mote kept
chmod 600 mine.mote
[ "$(id -u)" -ne 0 ] || chown 12:34 mine.mote
before=$(mode mine.mote)
run /load "$other" /save '/remember And one more.' /save
same "a second save" "$(grep -c '^saved' said)" 2
same "mode and owner" "$(mode mine.mote)" "$before"
same "it grew" "$(grep -ac 'second key' mine.mote)" '[1-9]*'
mkdir away && mv mine.mote away/theirs.mote && ln -s away/theirs.mote mine.mote
run /load '/remember A third thing.' /save
same "a link" "$(readlink mine.mote)" away/theirs.mote
same "its target" "$(grep -ac 'third thing' away/theirs.mote)" '[1-9]*'
same "the target's mode" "$(mode away/theirs.mote)" "$before"
rm mine.mote && cp kept mine.mote

# ---- what is forgotten is in no file that was kept
rm mine.mote
run "$fact" "$other" /save '/forget cellar moon' '/forget KEY cellar' /quit
same "none has these words" "$(sed -n '/moon$/{n;p;}' said)" 'not done: no fact has all of these words'
same "forgotten" "$(sed -n '/KEY cellar$/{n;p;}' said)" 'forgotten: 1 fact'
same "saved without it" "$code $(last) $(grep -ac 'second key' mine.mote) $(grep -ac Anna mine.mote)" '2 saved * bytes to mine.mote 0 [1-9]*'
run '/load' '/forget Anna' /load 'What is the boiler called?' /quit
same "nor after a load" "$code $(grep -ac Anna mine.mote)" '2 0'
rm mine.mote
run "$fact" "$other" '/forget boiler' /quit
same "what was not saved is in no file" "$code $(ls mine.mote 2> /dev/null) $(grep -o '1 fact is' errors)" '3  1 fact is'
run "$fact" /save /forget "$other" '/forget cellar' /quit
same "what /forget leaves in the file stays there" "$code $(grep -ac Anna mine.mote)" '0 [1-9]*'
cp kept mine.mote

# ---- what is no file
mkfifo fifo
mkdir folder
run '/load fifo' "$fact" '/save fifo' /forget
same "loading a FIFO" "$(sed -n '/load fifo/{n;p;}' said)" 'not done: fifo: is a FIFO, not a regular file'
same "saving to a FIFO" "$(sed -n '/save fifo/{n;p;}' said)" 'not done: fifo: is a FIFO, not a regular file'
same "and it ended" "$code" 2
run "$fact" '/save folder' /forget
same "a folder" "$(sed -n '/save folder/{n;p;}' said)" 'not done: folder: is a folder, not a regular file'
device=/dev/full
if [ "$(id -u)" -eq 0 ] && mknod full c 1 7 2> /dev/null; then device=full; fi  # were it replaced, /dev would not be hurt
run "$fact" "/save $device" /forget
same "a device" "$(sed -n '/save /{n;p;}' said)" "not done: $device: is a character device, not a regular file"
[ -c "$device" ] || { echo "FAILED: $device is no device any more"; failed=1; }
rm -f fifo full; mkfifo mine.fifo; mv mine.mote real; mv mine.fifo mine.mote
run "$fact" '/save other.mote'
same "a FIFO where the file should be" "$(cat errors)" 'mine.mote: is a FIFO, not a regular file'
same "it can be saved elsewhere" "$(last)" 'saved * bytes to other.mote'
rm mine.mote other.mote; mv real mine.mote

# ---- limits, full disks, what is read-only
cp mine.mote before
(ulimit -f 16; run /load "$other" /save; echo $code > code)
same "a limit of file size" "$(last)" 'not done: mine.mote: cannot write: File too large'
same "no signal" "$(cat code)" 3
cmp -s before mine.mote && echo "ok    the old file stays" || { echo "FAILED: the limit changed the file"; failed=1; }
chmod 444 mine.mote
run /load "$other" /save
same "a read-only file" "$(last)" 'not done: mine.mote: is read-only'
same "said at the start" "$(head -n 1 errors)" 'mine.mote is read-only: it can be loaded, not saved'
cmp -s before mine.mote || { echo "FAILED: a read-only file was changed"; failed=1; }
chmod 644 mine.mote
truncate -s 63M large
(ulimit -v 65536; run '/load large' "$fact" /forget; echo $code > code)
same "no memory for it" "$(sed -n '/^> .load/{n;p;}' said)" 'not done: there is not enough memory'
same "and it goes on" "$(cat code) $(grep -c '^remembered' said)" '2 1'
rm large
mkdir -p locked && cp mine.mote locked/ && chmod 666 locked/mine.mote && chmod 555 locked
image=$work/image.mote
cp "$(dirname "$program")/hearth.mote" "$image" && chmod 644 "$image" && cp "$program" ./assistant && chmod 755 assistant
printf '%s\n' /load "$other" /save > lines && chmod 644 lines
as_anybody="sh -c"
[ "$(id -u)" -ne 0 ] || as_anybody="setpriv --reuid 65534 --regid 65534 --clear-groups sh -c"
if command -v setpriv > /dev/null || [ "$(id -u)" -ne 0 ]; then
  $as_anybody "cd $work/locked && timeout 20 ../assistant --transcript ../image.mote < ../lines" > said 2> errors
  same "a read-only folder" "$(last)" 'not done: mine.mote: cannot create a temporary file beside it: Permission denied'
  cmp -s before locked/mine.mote || { echo "FAILED: the folder's file was changed"; failed=1; }
else
  echo "skip  a read-only folder: as root it needs setpriv"
fi
chmod 755 locked
mkdir disk
if mount -t tmpfs -o size=128k none disk 2> /dev/null; then
  cp mine.mote disk/ && cd disk
  run /load "$other" /save
  cd .. && cp disk/said disk/errors .
  same "a full disk" "$(last)" 'not done: mine.mote: cannot write: No space left on device'
  same "and nothing beside the old file" "$(cmp before disk/mine.mote && cd disk && others)" 0
  umount disk
else
  echo "skip  a full disk: mounting a small one needs root"
fi

# ---- two programs, and changes from outside
mkfifo first
timeout 20 "$program" --transcript < first > first.said 2> first.errors &
pid=$!
exec 3> first
wait_for() {  # WORDS [FILE]
  for _ in $(seq 100); do grep -q "$1" "${2:-first.said}" && return; sleep 0.1; done
  echo "FAILED: no '$1'"
  failed=1
}
printf '/load\n/remember The first one knows this.\n' >&3
wait_for '^remembered'
run /load "$other" /save
same "the second loads" "$(sed -n '/^> .load/{n;p;}' said)" loaded
same "the second is told at once" "$(head -n 1 errors)" 'mine.mote is in use by another program: it can be loaded, not saved'
same "the second does not save" "$(last)" 'not done: mine.mote: is in use by another program'
same "and says what is lost" "$(tail -n 1 errors)" '1 fact is not saved, and lost with the end of the input'
printf '/save\n' >&3
wait_for '^saved'
run /load "$other" /save
same "also after a save of the first" "$(last)" 'not done: mine.mote: is in use by another program'
cp before mine.mote  # by a program that knows no locks
printf '/remember Another one.\n/save\n' >&3
exec 3>&-
wait $pid
same "a change from outside" "$(grep '^not done' first.said)" \
  'not done: mine.mote: was changed by another program meanwhile; /load it, or /save to another file'
cmp -s before mine.mote && echo "ok    it stays" || { echo "FAILED: it was written over"; failed=1; }

# ---- what was not saved
run "$fact" /save
same "a file that was not loaded" "$(last)" 'not done: mine.mote: holds what was not loaded; /load it, or /save to another file'
same "ends" "$code" 3
run "$fact" /quit
same "/quit" "$code $(cat errors)" '3 1 fact is not saved, and lost with the end of the input'
run "$fact" "$other"
same "end of input" "$code $(cat errors)" '3 2 facts are not saved, and lost with the end of the input'
run "$fact" /forget
same "forgotten on purpose" "$code$(cat errors)" 0
run "$fact" /load '/save two.mote'
same "/load" "$(sed -n '/^> .load/{n;p;}' said)" 'not done: 1 fact is not saved; /save first, or /forget'
same "and the fact is there" "$(grep -ac Anna two.mote)" '[1-9]*'

# ---- it is ended from outside
lost='1 fact is not saved, and lost with a signal to end'
begin() {  # COMMAND...: a session that has one fact, and waits
  : > first.said
  "$@" < first > first.said 2> errors &
  pid=$!
  exec 3> first
  printf '%s\n' "$fact" >&3
  wait_for '^remembered'
}
ended() {
  wait $pid
  code=$?
  exec 3>&-
  cp first.said said
}
for signal in TERM HUP; do
  begin timeout 20 "$program" --transcript
  printf '/forget' >&3  # half a line is not taken
  sleep 0.3
  kill -$signal $pid
  ended
  same "SIG$signal" "$code $(cat errors)" "3 $lost"
done
begin timeout 20 "$program" --transcript
printf '/save three.mote\n' >&3
wait_for '^saved'
kill -TERM $pid
ended
same "SIGTERM when all is saved" "$code$(cat errors)" 0
{ echo "$fact"; yes /help | head -n 2000; } > lines
{ timeout 20 "$program" --transcript < lines 2> errors; echo $? > code; } | head -n 4 > said
same "nobody reads what it says" "$(cat code) $(cat errors)" "3 $lost"
begin sh -c 'trap "" HUP; exec "$0" --transcript' "$program"
kill -HUP $pid
sleep 0.3
exec 3>&-
ended
same "what nohup ignores stays ignored" "$code $(cat errors)" '3 1 fact is not saved, and lost with the end of the input'

# ---- a person is asked
typed() {  # LINE...: at a terminal, where the last line is the end of input
  printf '%s\n' "$@" | timeout 20 script -qec "$program" /dev/null > said 2> errors
  code=$?
}
if command -v script > /dev/null; then for TERM in dumb xterm; do  # lines of the terminal, and of libedit
  export TERM
  echo "TERM=$TERM"
  rm -f two.mote mine.mote
  typed "$fact" /quit s
  same "asked at /quit: save" "$code $(tr -d '\r' < said | grep -c 's: save to mine.mote, d: drop')" '0 1'
  same "it is saved" "$(grep -ac Anna mine.mote)" '[1-9]*'
  cp mine.mote before
  typed "$other" /quit b "$fact" /quit d
  same "asked: back, then drop" "$code $(tr -d '\r' < said | grep -c 's: save to mine.mote, d: drop')" '0 2'
  typed "$other" /save n /quit d
  same "asked before what was not loaded is replaced: no" "$(cmp before mine.mote && echo the same)" 'the same'
  typed "$other" /save y /quit
  same "yes" "$code $(grep -ac 'second key' mine.mote)" '0 [1-9]*'
  typed "$fact" /load b /load d /quit
  same "asked before /load" "$code $(tr -d '\r' < said | grep -c 'loaded$')" '0 1'
  printf '%s\n\004' "$fact" | timeout 20 script -qec "$program" /dev/null > said 2> errors  # Ctrl-D, and again
  code=$?
  same "nobody answers" "$code $(tr -d '\r' < said | grep -c 'not saved, and lost')" '3 1'
  keys() {  # WHAT is typed when Ctrl-C after a fact has led to the question
    rm -f mine.mote
    : > said
    { printf '%s\n' "$fact"; wait_for '^remembered' said; printf '\003'; wait_for 's: save' said; printf "$1"; } |
      timeout 20 script -qec "exec $program" /dev/null > said 2> errors
    code=$?
  }
  keys 's\n'
  same "Ctrl-C: save" "$code $(grep -ac Anna mine.mote)" '0 [1-9]*'
  keys 'b\n/help\n/quit\nd\n'
  same "Ctrl-C: back, then /quit: drop" "$code $(tr -d '\r' < said | grep -c 's: save to mine.mote, d: drop')" '0 2'
  keys '\003'
  same "Ctrl-C and again" "$code $(tr -d '\r' < said | grep -c "$lost")" '3 1'
done
else
  echo "skip  questions: script is not installed"
fi
same "temporaries" "$(others)" 0
exit $failed
