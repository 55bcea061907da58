# SPDX-License-Identifier: BSL-1.0
# Whatever header comes first, a compiler in the mode of an older standard says one sentence and stops.
# Run as: cmake -DCOMPILER= -DINCLUDE=<include folder> -DSCRATCH=<folder> [-DEVERY=<all, by both standards>]
#   -P old_standard.cmake
cmake_minimum_required(VERSION 3.25)
set(ENV{LC_ALL} C)
file(GLOB_RECURSE headers RELATIVE "${INCLUDE}" "${INCLUDE}/mote/*.hpp")
list(FILTER headers EXCLUDE REGEX "^mote/(simd/arch|kernel/arch|host)/")  # parts of other headers; what tools include
set(complaints "")
set(count 0)
foreach(header IN LISTS headers)
  if(header STREQUAL "mote/version.hpp")
    continue()  # macros only: a program may ask it whether it wants the rest
  endif()
  if(NOT EVERY AND NOT header MATCHES "^mote/([a-z_]+|(boards|recall|learn)/[a-z_0-9]+)[.]hpp$")
    continue()
  endif()
  if(EVERY)
    set(standards 17 20)
  elseif(standards STREQUAL "17")  # the next header by the other one
    set(standards 20)
  else()
    set(standards 17)
  endif()
  math(EXPR count "${count} + 1")
  file(WRITE "${SCRATCH}/first.cpp" "#include <${header}>\n")
  foreach(standard IN LISTS standards)
    execute_process(COMMAND "${COMPILER}" -std=c++${standard} "-I${INCLUDE}" -fsyntax-only -fdiagnostics-color=never
      "${SCRATCH}/first.cpp" OUTPUT_VARIABLE text ERROR_VARIABLE text)
    string(REGEX MATCH "error: [^\n]*" first "${text}")
    string(REGEX MATCHALL "\n" ends "${text}")
    list(LENGTH ends lines)
    if(NOT first MATCHES "\\[mote-compiler\\]" OR lines GREATER 15)
      string(APPEND complaints "  ${header} in C++${standard}: ${lines} lines, the first is ${first}\n")
    endif()
  endforeach()
endforeach()
if(complaints)
  message(NOTICE "${complaints}")
  message(FATAL_ERROR "these do not begin with [mote-compiler], or do not stop there")
endif()
message(STATUS "${count} headers stop at once")
