# SPDX-License-Identifier: BSL-1.0
# Builds and runs tests/install as a stranger would, in a folder of its own. With EMBEDDED it is a firmware, which is only
# built: it must come without threads and without xsimd, and with what a machine without an operating system wants.
# HEADERS_ALONE, if true: mote::host is there, but not built.
cmake_minimum_required(VERSION 3.25)
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " line)
    message(NOTICE "${line}\n${text}")
    message(FATAL_ERROR "that command failed")
  endif()
endfunction()

file(REMOVE_RECURSE "${SCRATCH}")
set(from "${CMAKE_CURRENT_LIST_DIR}")
if(EMBEDDED)
  string(APPEND from "/embedded")
endif()
file(COPY "${from}/CMakeLists.txt" "${from}/main.cpp" DESTINATION "${SCRATCH}/client")
if(WAY STREQUAL "installed")
  run("${CMAKE_COMMAND}" --install "${MOTE_BUILD}" --prefix "${SCRATCH}/prefix")
  set(where "-DCMAKE_PREFIX_PATH=${SCRATCH}/prefix")
else()
  set(where "-DMOTE_FOLDER=${MOTE}")
endif()
if(EMBEDDED)
  run("${CMAKE_COMMAND}" -S "${SCRATCH}/client" -B "${SCRATCH}/build" -G "${GENERATOR}" "${where}"
    "-DCMAKE_TOOLCHAIN_FILE=${from}/toolchain.cmake" -DCMAKE_CXX_EXTENSIONS=ON
    -DMOTE_XSIMD_INCLUDE_DIR=NOTFOUND -DCMAKE_DISABLE_FIND_PACKAGE_xsimd=ON -DFETCHCONTENT_FULLY_DISCONNECTED=ON)
  run("${CMAKE_COMMAND}" --build "${SCRATCH}/build")
  file(STRINGS "${SCRATCH}/build/compile_commands.json" lines REGEX "-ffp-contract=off.* -fno-tree-vectorize")
  if(NOT lines)
    message(FATAL_ERROR "a machine without an operating system is compiled without -fno-tree-vectorize")
  endif()
  return()
endif()
cmake_host_system_information(RESULT machine QUERY OS_PLATFORM)
set(arch "")
if(machine STREQUAL "x86_64")
  set(arch "-march=native")  # the client's own choice; where there is an FMA, it must not be used
endif()
run("${CMAKE_COMMAND}" -S "${SCRATCH}/client" -B "${SCRATCH}/build" -G "${GENERATOR}" "${where}"
  "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_FLAGS=-O1 ${arch}" -DCMAKE_CXX_EXTENSIONS=OFF
  "-DMOTE_XSIMD_INCLUDE_DIR=${XSIMD}" -DFETCHCONTENT_FULLY_DISCONNECTED=ON)
if(HEADERS_ALONE)
  run("${CMAKE_COMMAND}" --build "${SCRATCH}/build" --target client)
  run("${SCRATCH}/build/client")
  return()
endif()
run("${CMAKE_COMMAND}" --build "${SCRATCH}/build")
run("${SCRATCH}/build/client")
run("${SCRATCH}/build/client_tool")
