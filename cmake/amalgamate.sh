#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# mote as one file: include/mote/mote.hpp, every board, and the headers that are named, with all that they include.
# Usage: cmake/amalgamate.sh OUTPUT [HEADER...], as in: cmake/amalgamate.sh mote.hpp mote/policy/threads.hpp
# xsimd and the headers of the C++ library stay includes. A header that is included only under an #if stands there, with a
# guard of its own, so that the file is the same for every target.
# Refuses a header that is not there, and writes nothing then.
set -eu
[ $# -gt 0 ] || { echo "usage: $0 OUTPUT [HEADER...]" >&2; exit 2; }
include=$(cd "$(dirname "$0")/../include" && pwd)
output=$1
shift
boards=$(cd "$include" && echo mote/boards/*.hpp)
trap 'rm -f "$output.part"' EXIT
awk -v include="$include" -v roots="mote/mote.hpp $boards $*" '
  function fail(words) { print "amalgamate: " words > "/dev/stderr"; failed = 1; exit 1 }

  # place(header): with a guard where a branch of an #if may have had it before, or has it now; whole[] has those that stand
  # in every translation unit.
  function place(header, branch, guard, guarded) {
    if (header in whole || failed) return
    guarded = branch || header in partly
    if (branch) partly[header] = 1
    else whole[header] = 1
    guard = toupper(header)
    gsub(/[^A-Z0-9]/, "_", guard)
    guard = "MOTE_SINGLE_" guard
    if (guarded) print "#ifndef " guard "\n#define " guard
    print "\n// ---- " header
    copy(header, branch)
    if (guarded) print "#endif  // " guard
  }

  function copy(header, branch, file, line, depth, name, result, body) {
    file = include "/" header
    depth = body = 0
    while ((result = (getline line < file)) > 0) {
      if (!body) {  # what a header says of itself stands above its #pragma once
        if (line ~ /^#pragma once/) body = 1
        continue
      }
      if (line ~ /^[ \t]*#[ \t]*if/) ++depth
      if (line ~ /^[ \t]*#[ \t]*endif/) --depth
      if (line ~ /^[ \t]*#[ \t]*include[ \t]*["<]mote\//) {
        name = line
        sub(/^[^"<]*["<]/, "", name)
        sub(/[">].*/, "", name)
        place(name, branch || depth > 0)
        continue
      }
      if (line ~ /^[ \t]*#[ \t]*include[ \t]*</ && !branch && depth == 0) {
        if (line in system_header) continue
        system_header[line] = 1
      }
      print line
    }
    close(file)
    if (result < 0) fail("there is no " file)
    if (!body) fail(file " has no #pragma once")
  }

  BEGIN {
    version = ""
    while ((getline line < (include "/mote/version.hpp")) > 0)
      if (split(line, words, " ") == 3 && words[2] ~ /^MOTE_VERSION_/) version = version (version == "" ? "" : ".") words[3]
    close(include "/mote/version.hpp")
    print "// SPDX-License-Identifier: BSL-1.0"
    print "// mote " version " as one file, made by cmake/amalgamate.sh from include/mote: edit those."
    print "// Refuses to stand beside the headers that it is made of: a program includes this file or those."
    print "#pragma once"
    print "#pragma GCC system_header  // a program'"'"'s own warnings do not look into this file"
    print "#define MOTE_SINGLE_HEADER 1  // a model of the importer includes nothing of mote then"
    n = split(roots, root, " ")
    for (i = 1; i <= n; ++i) place(root[i], 0)
    exit failed
  }' > "$output.part"
mv "$output.part" "$output"
