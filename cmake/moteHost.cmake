# SPDX-License-Identifier: BSL-1.0
# mote::host: the static library of mote/host/ (import, quantization, training on a PC), compiled from tools/host/.
# The source tree and find_package(mote) both define it as a target of your build, with your compiler and the flags of
# its folder. Set flags that choose instructions (-march) and macros of mote/config.hpp for the whole folder, not for
# one target that links the library: the library and the program share templates, so a program with others does not link
# (mote/host/build_settings.hpp).
# Refuses to be built unless a target links it.
include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/moteImage.cmake")

# mote_add_host_library(<target of the headers>): defines mote::host on top of that target.
function(mote_add_host_library headers)
  if(NOT EXISTS "${MOTE_TOOLS_DIR}/host")
    return()  # a package of the headers alone
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${MOTE_TOOLS_DIR}/host/*.cpp")
  add_library(mote_host STATIC EXCLUDE_FROM_ALL ${sources})
  add_library(mote::host ALIAS mote_host)
  target_link_libraries(mote_host PUBLIC ${headers})
  mote_link_host_libraries(mote_host)
  # Unity build: each folder is compiled as one file and parses its headers once, in less than half of the time.
  set_target_properties(mote_host PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP POSITION_INDEPENDENT_CODE ON)
  foreach(source IN LISTS sources)
    cmake_path(GET source PARENT_PATH room)
    cmake_path(GET room FILENAME room)
    if(NOT source MATCHES "/format_families\\.cpp$")  # takes as long as all others together
      set_source_files_properties("${source}" PROPERTIES UNITY_GROUP ${room})
    endif()
  endforeach()
  # Warnings and checks of your build are for your code: they are off here. mote's own build has those of mote_dev.
  if(NOT (PROJECT_NAME STREQUAL "mote" AND PROJECT_IS_TOP_LEVEL))
    set_target_properties(mote_host PROPERTIES COMPILE_WARNING_AS_ERROR OFF CXX_CLANG_TIDY "" CXX_CPPCHECK "")
    target_compile_options(mote_host PRIVATE -w)
  endif()
endfunction()
