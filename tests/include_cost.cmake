# SPDX-License-Identifier: BSL-1.0
# How many lines a compiler reads for mote's headers, without xsimd and threads: as for a Cortex-M. The limits are those of
# GCC 12's library, with a little room for headers of ours; one of <algorithm>, <iterator> or <cmath> breaks them.
# Refuses to take a time: lines are the same on a busy machine.
cmake_minimum_required(VERSION 3.25)
set(limit_pipeline 33500)
set(limit_mote 41300)
foreach(name IN ITEMS pipeline mote)
  file(WRITE "${SCRATCH}/${name}.cpp" "#include <mote/${name}.hpp>\n")
  execute_process(COMMAND "${CXX}" "@${FLAGS}" -DMOTE_WITH_XSIMD=0 -DMOTE_WITH_THREADS=0 -E -P "${SCRATCH}/${name}.cpp"
    OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "\n" ends "${text}")
  list(LENGTH ends lines)
  if(lines GREATER limit_${name} OR lines LESS 10000)
    message(SEND_ERROR "mote/${name}.hpp is ${lines} lines after the preprocessor, of at most ${limit_${name}}; `${CXX} -H` "
      "shows which header brings them")
  endif()
  message(STATUS "mote/${name}.hpp: ${lines} lines after the preprocessor, of at most ${limit_${name}}")
endforeach()
