# SPDX-License-Identifier: BSL-1.0
# Builds and runs tests/install as a stranger would, in a folder of its own.
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
file(COPY "${CMAKE_CURRENT_LIST_DIR}/CMakeLists.txt" "${CMAKE_CURRENT_LIST_DIR}/main.cpp" DESTINATION "${SCRATCH}/client")
if(WAY STREQUAL "installed")
  run("${CMAKE_COMMAND}" --install "${MOTE_BUILD}" --prefix "${SCRATCH}/prefix")
  set(where "-DCMAKE_PREFIX_PATH=${SCRATCH}/prefix")
else()
  set(where "-DMOTE_FOLDER=${MOTE}")
endif()
cmake_host_system_information(RESULT machine QUERY OS_PLATFORM)
set(arch "")
if(machine STREQUAL "x86_64")
  set(arch "-march=native")  # the client's own choice; where there is an FMA, it must not be used
endif()
run("${CMAKE_COMMAND}" -S "${SCRATCH}/client" -B "${SCRATCH}/build" -G "${GENERATOR}" "${where}"
  "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_FLAGS=-O2 ${arch}" -DCMAKE_CXX_EXTENSIONS=OFF
  "-DMOTE_XSIMD_INCLUDE_DIR=${XSIMD}" "-DMOTE_HANA_INCLUDE_DIR=${HANA}" -DFETCHCONTENT_FULLY_DISCONNECTED=ON)
run("${CMAKE_COMMAND}" --build "${SCRATCH}/build")
run("${SCRATCH}/build/client")
run("${SCRATCH}/build/client_tool")
