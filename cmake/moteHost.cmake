# SPDX-License-Identifier: BSL-1.0
# mote::host: what a PC does with models (mote/host/), compiled once of tools/host/. In the source tree and, installed, by
# find_package: it is made where it is used, so that it has that build's compiler, flags and vectors.
# Refuses to be built by who does not link it.
include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/moteImage.cmake")

# mote_add_host_library(<target of the headers>)
function(mote_add_host_library headers)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${MOTE_TOOLS_DIR}/host/*.cpp")
  add_library(mote_host STATIC EXCLUDE_FROM_ALL ${sources})
  add_library(mote::host ALIAS mote_host)
  target_link_libraries(mote_host PUBLIC ${headers})
  mote_link_host_libraries(mote_host)
  # A room is one file to the compiler, which parses its headers once: less than half of what file by file costs.
  set_target_properties(mote_host PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  foreach(source IN LISTS sources)
    cmake_path(GET source PARENT_PATH room)
    cmake_path(GET room FILENAME room)
    if(NOT source MATCHES "/format_families\\.cpp$")  # as long as all others
      set_source_files_properties("${source}" PROPERTIES UNITY_GROUP ${room})
    endif()
  endforeach()
  # Who uses it chose the warnings for code of their own. GCC 12 sees ghosts in `"text" + std::string` and behind the end of
  # a loop that it made of vectors.
  set_target_properties(mote_host PROPERTIES COMPILE_WARNING_AS_ERROR OFF)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(mote_host PRIVATE -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow)
  endif()
endfunction()
