# SPDX-License-Identifier: BSL-1.0
# The sides with MOTE_FAIL 1 of many pairs of tests/fail in one program: it must not compile, the compiler must name each
# pair's file, and every `// EXPECT: <regex>` line of it must match what the compiler prints. What compile_fail.cmake asks of
# each pair besides (its own message comes first, in few lines) is asked of each alone, with MOTE_TEST_ALL.
# Run as: cmake -DCOMPILER= -DFLAGS=<response file> -DOPTIONS=<list> -DTOGETHER=<program>
#   -DLIST=<file of sources, a line each> -P compile_fail_together.cmake
cmake_minimum_required(VERSION 3.25)
set(ENV{LC_ALL} C)
execute_process(COMMAND "${COMPILER}" "@${FLAGS}" ${OPTIONS} -DMOTE_FAIL=1 -fsyntax-only -fdiagnostics-color=never
  "${TOGETHER}" RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
if(result EQUAL 0 OR text MATCHES "internal compiler error" OR NOT text MATCHES "error: ")
  message(NOTICE "${text}")
  message(FATAL_ERROR "with MOTE_FAIL=1 it must not compile, by errors of mote's")
endif()
set(complaints "")
set(expected 0)
file(STRINGS "${LIST}" sources)
foreach(source IN LISTS sources)
  string(FIND "${text}" "${source}:" at)
  if(at EQUAL -1)
    string(APPEND complaints "  ${source}: the compiler does not name it\n")
  endif()
  file(STRINGS "${source}" expectations REGEX "^ *// EXPECT: ")
  if(NOT expectations)
    string(APPEND complaints "  ${source}: no `// EXPECT: <regex>` line\n")
  endif()
  foreach(line IN LISTS expectations)
    string(REGEX REPLACE "^ *// EXPECT: *" "" regex "${line}")
    if(NOT text MATCHES "${regex}")
      string(APPEND complaints "  ${source}: ${regex}\n")
    endif()
    math(EXPR expected "${expected} + 1")
  endforeach()
endforeach()
if(complaints)
  message(NOTICE "${text}\n${complaints}")
  message(FATAL_ERROR "these expectations are not met")
endif()
message(STATUS "${expected} expectations are met")
