# SPDX-License-Identifier: BSL-1.0
# One pair of tests/fail: SOURCE must compile silently with MOTE_FAIL 0, must fail with MOTE_FAIL 1, and then every
# `// EXPECT: <regex>` line of the source must match what COMPILER prints, in at most LINES lines.
# Run as: cmake -DCOMPILER= -DFLAGS=<response file> -DSOURCE= -DLINES= -P compile_fail.cmake
cmake_minimum_required(VERSION 3.25)
set(ENV{LC_ALL} C)
set(command "${COMPILER}" "@${FLAGS}" -fdiagnostics-color=never "${SOURCE}")

execute_process(COMMAND ${command} -DMOTE_FAIL=0 RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
if(NOT result EQUAL 0 OR NOT text STREQUAL "")
  message(FATAL_ERROR "with MOTE_FAIL=0 it must compile without a word, but:\n${text}")
endif()

execute_process(COMMAND ${command} -DMOTE_FAIL=1 RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
if(result EQUAL 0)
  message(FATAL_ERROR "with MOTE_FAIL=1 it must not compile, but it does")
endif()
if(NOT text MATCHES "error: ")
  message(FATAL_ERROR "the compiler did not speak of an error:\n${text}")
endif()

file(STRINGS "${SOURCE}" expectations REGEX "^ *// EXPECT: ")
if(NOT expectations)
  message(FATAL_ERROR "no `// EXPECT: <regex>` line in ${SOURCE}")
endif()
foreach(line IN LISTS expectations)
  string(REGEX REPLACE "^ *// EXPECT: *" "" regex "${line}")
  if(NOT text MATCHES "${regex}")
    message(FATAL_ERROR "expected: ${regex}\nprinted:\n${text}")
  endif()
endforeach()

string(REGEX MATCHALL "\n" ends "${text}")
list(LENGTH ends lines)
if(lines GREATER LINES)
  message(FATAL_ERROR "${lines} lines of diagnostics; at most ${LINES} are wanted:\n${text}")
endif()
message(STATUS "${lines} lines:\n${text}")
