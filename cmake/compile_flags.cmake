# SPDX-License-Identifier: BSL-1.0
# mote_write_flags(<file>): writes a response file with the flags for compiling against mote. The tests of errors,
# headers and documents call the compiler themselves, with this file.
function(mote_write_flags file)
  set(flags -std=c++23 -ffp-contract=off -Wall -Wextra -Wconversion -Wdouble-promotion -Wshadow
    "-I${PROJECT_SOURCE_DIR}/include")
  if(CMAKE_CROSSCOMPILING)
    separate_arguments(target_flags UNIX_COMMAND "${CMAKE_CXX_FLAGS}")
    list(APPEND flags ${target_flags})
  endif()
  foreach(directory IN LISTS MOTE_XSIMD_INCLUDE_DIR MOTE_RANGES_INCLUDE_DIR MOTE_CLI11_INCLUDE_DIR)
    if(directory AND NOT directory IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
      list(APPEND flags "-isystem${directory}")
    endif()
  endforeach()
  list(REMOVE_DUPLICATES flags)
  list(JOIN flags "\n" text)
  file(CONFIGURE OUTPUT "${file}" CONTENT "${text}\n" @ONLY)
endfunction()
