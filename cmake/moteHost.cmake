# SPDX-License-Identifier: BSL-1.0
# mote::host: what a PC does with models (mote/host/), compiled once of tools/host/. In the source tree and, installed, by
# find_package: it is made where it is used, with that build's compiler and the flags of its folder. Flags that choose
# instructions (-march) and macros of mote/config.hpp must be those of the whole folder, not of one target that links it: the
# library and the program share templates.
# Refuses to be built by who does not link it.
include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/moteImage.cmake")

# mote_add_host_library(<target of the headers>)
function(mote_add_host_library headers)
  if(NOT EXISTS "${MOTE_TOOLS_DIR}/host")
    return()  # a package of the headers alone
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${MOTE_TOOLS_DIR}/host/*.cpp")
  add_library(mote_host STATIC EXCLUDE_FROM_ALL ${sources})
  add_library(mote::host ALIAS mote_host)
  target_link_libraries(mote_host PUBLIC ${headers})
  mote_link_host_libraries(mote_host)
  # A room is one file to the compiler, which parses its headers once: less than half of what file by file costs.
  set_target_properties(mote_host PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP POSITION_INDEPENDENT_CODE ON)
  foreach(source IN LISTS sources)
    cmake_path(GET source PARENT_PATH room)
    cmake_path(GET room FILENAME room)
    if(NOT source MATCHES "/format_families\\.cpp$")  # as long as all others
      set_source_files_properties("${source}" PROPERTIES UNITY_GROUP ${room})
    endif()
  endforeach()
  # Who uses it chose warnings and checks for code of their own; ours are those of mote_dev.
  if(NOT (PROJECT_NAME STREQUAL "mote" AND PROJECT_IS_TOP_LEVEL))
    set_target_properties(mote_host PROPERTIES COMPILE_WARNING_AS_ERROR OFF CXX_CLANG_TIDY "" CXX_CPPCHECK "")
    target_compile_options(mote_host PRIVATE -w)
  endif()
endfunction()
