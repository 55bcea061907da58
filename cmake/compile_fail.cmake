# SPDX-License-Identifier: BSL-1.0
# One pair of tests/fail: SOURCE must compile silently with MOTE_FAIL 0 and must fail with MOTE_FAIL 1. Then every
# `// EXPECT: <regex>` line of the source must match what COMPILER prints, in at most LINES lines, and the first error
# that it prints must match one of them.
# `// BARE: <options>` in the source replaces all other options of the run that must fail: only mote is on the include
# path.
# `// LINES: <n>` replaces LINES if a message comes with a long trace: through a user's own function, or through headers
# that include one another.
# Lines of source that the compiler quotes are not counted, because each version quotes others.
# PARSED, if set, is a header that COMPILER has precompiled (PARSED.gch, PARSED.pch), with WITH_PARSED; it is included first.
# Run as: cmake -DCOMPILER= -DFLAGS=<response file> -DSOURCE= -DLINES= [-DPARSED= -DWITH_PARSED=]
#   -P compile_fail.cmake
cmake_minimum_required(VERSION 3.25)
set(ENV{LC_ALL} C)

# The compiler's output is printed by NOTICE: FATAL_ERROR would fold its lines.
macro(refuse reason)
  message(NOTICE "${text}")
  message(FATAL_ERROR "${reason}")
endmacro()

set(command "${COMPILER}" "@${FLAGS}" -fsyntax-only -fdiagnostics-color=never "${SOURCE}")
if(PARSED)
  list(APPEND command ${WITH_PARSED} -Winvalid-pch -include "${PARSED}")
endif()

execute_process(COMMAND ${command} -DMOTE_FAIL=0 RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
if(NOT result EQUAL 0 OR NOT text STREQUAL "")
  refuse("with MOTE_FAIL=0 it must compile without a word")
endif()

file(STRINGS "${SOURCE}" bare REGEX "^// BARE: ")
if(bare)
  string(REGEX REPLACE "^// BARE: *" "" bare "${bare}")
  separate_arguments(bare UNIX_COMMAND "${bare}")
  set(command "${COMPILER}" -std=c++23 "-I${CMAKE_CURRENT_LIST_DIR}/../include" ${bare} -fsyntax-only
    -fdiagnostics-color=never "${SOURCE}")
endif()
execute_process(COMMAND ${command} -DMOTE_FAIL=1 RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
if(result EQUAL 0)
  refuse("with MOTE_FAIL=1 it must not compile, but it does")
endif()
if(text MATCHES "internal compiler error" OR NOT text MATCHES "error: ")
  refuse("the compiler did not speak of an error")
endif()

file(STRINGS "${SOURCE}" expectations REGEX "^ *// EXPECT: ")
if(NOT expectations)
  message(FATAL_ERROR "no `// EXPECT: <regex>` line in ${SOURCE}")
endif()
string(REGEX MATCH "[^\n]*error: [^\n]*" first "${text}")
set(comes_first FALSE)
foreach(line IN LISTS expectations)
  string(REGEX REPLACE "^ *// EXPECT: *" "" regex "${line}")
  if(first MATCHES "${regex}")
    set(comes_first TRUE)
  endif()
  if(NOT text MATCHES "${regex}")
    message(NOTICE "${text}\nexpected: ${regex}")
    message(FATAL_ERROR "this expectation is not met")
  endif()
endforeach()
if(NOT comes_first)
  refuse("the first error is another one")
endif()

string(REGEX REPLACE "\n *[0-9]* +\\|[^\n]*" "" said "\n${text}")
string(REGEX MATCHALL "\n." ends "${said}")
list(LENGTH ends lines)
file(STRINGS "${SOURCE}" own_limit REGEX "^// LINES: ")
if(own_limit)
  string(REGEX REPLACE "^// LINES: *" "" LINES "${own_limit}")
endif()
if(lines GREATER LINES)
  refuse("${lines} lines of diagnostics; at most ${LINES} are wanted")
endif()
message(STATUS "${lines} lines:\n${text}")
