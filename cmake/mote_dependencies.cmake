# SPDX-License-Identifier: BSL-1.0
# Where the headers are that mote needs: xsimd >= 13.2. Used by the build tree and, installed, by find_package(mote): both
# mean the same search. Refuses to download unless it is told to (the build tree does).
#
# MOTE_HOSTED is whether there is an operating system with files and threads. A system without one may have any name
# (Generic, PICO, ...), and its platform file may say UNIX: so those that have one are listed.
# mote_find_headers(<fetch>) sets MOTE_XSIMD_INCLUDE_DIR; where it is not found, it is left -NOTFOUND. Only a hosted system
# must have xsimd: of the others none but WebAssembly has vectors that it knows, and there the header speaks.
# mote_for_this_system(<target>) adds the flags that one answer needs on a machine without an operating system.

set(_mote_hosted "Linux|Android|Darwin|iOS|Windows|CYGWIN|MSYS|FreeBSD|NetBSD|OpenBSD|DragonFly|GNU|SunOS|AIX|QNX|Haiku")
if(CMAKE_SYSTEM_NAME MATCHES "^(${_mote_hosted})$")
  set(MOTE_HOSTED TRUE)
else()
  set(MOTE_HOSTED FALSE)
endif()

# The version that stands in an xsimd tree's own header; empty if there is none.
function(_mote_xsimd_version directory result)
  set(version "")
  set(file "${directory}/xsimd/config/xsimd_config.hpp")
  if(EXISTS "${file}")
    file(STRINGS "${file}" lines REGEX "define XSIMD_VERSION_(MAJOR|MINOR)")
    string(REGEX REPLACE ".*MAJOR ([0-9]+).*MINOR ([0-9]+).*" "\\1.\\2" version "${lines}")
  endif()
  set(${result} "${version}" PARENT_SCOPE)
endfunction()

# A cross compiler must not see the whole of the host's /usr/include: a link to the one folder is all it gets.
function(_mote_isolate_xsimd)
  if(NOT MOTE_XSIMD_INCLUDE_DIR OR NOT CMAKE_CROSSCOMPILING OR NOT MOTE_XSIMD_INCLUDE_DIR MATCHES "^/usr(/local)?/include$")
    return()
  endif()
  set(alone "${CMAKE_BINARY_DIR}/mote_headers/xsimd")
  file(MAKE_DIRECTORY "${alone}")
  file(CREATE_LINK "${MOTE_XSIMD_INCLUDE_DIR}/xsimd" "${alone}/xsimd" SYMBOLIC COPY_ON_ERROR)
  set(MOTE_XSIMD_INCLUDE_DIR "${alone}" CACHE PATH "" FORCE)
endfunction()

# Only headers, the same for every target: a toolchain file that hides the host's folders does not hide these.
function(_mote_find_xsimd)
  find_path(MOTE_XSIMD_INCLUDE_DIR NAMES xsimd/xsimd.hpp HINTS ${ARGN} PATH_SUFFIXES include)
  if(NOT MOTE_XSIMD_INCLUDE_DIR)
    find_path(MOTE_XSIMD_INCLUDE_DIR NAMES xsimd/xsimd.hpp PATHS ${ARGN} ${CMAKE_PREFIX_PATH} /usr/local /usr
      PATH_SUFFIXES include NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
  endif()
endfunction()

macro(_mote_fetch_xsimd)
  message(STATUS "mote: fetching xsimd 13.2.0")
  include(FetchContent)
  # No such SOURCE_SUBDIR: its headers are wanted, not its targets.
  FetchContent_Declare(mote_xsimd GIT_REPOSITORY "https://github.com/xtensor-stack/xsimd.git" GIT_TAG 13.2.0
    GIT_SHALLOW ON SOURCE_SUBDIR none)
  FetchContent_MakeAvailable(mote_xsimd)
  set(MOTE_XSIMD_INCLUDE_DIR "${mote_xsimd_SOURCE_DIR}/include" CACHE PATH "" FORCE)
endmacro()

macro(mote_find_headers fetch)
  _mote_find_xsimd(${MOTE_DEPS_DIR} $ENV{MOTE_DEPS_DIR} ${xsimd_ROOT} $ENV{xsimd_ROOT})
  _mote_xsimd_version("${MOTE_XSIMD_INCLUDE_DIR}" _mote_version)
  if(MOTE_XSIMD_INCLUDE_DIR AND _mote_version VERSION_LESS 13.2)
    message(STATUS "mote: xsimd ${_mote_version} in ${MOTE_XSIMD_INCLUDE_DIR} is too old; 13.2 is needed")
    set(MOTE_XSIMD_INCLUDE_DIR "MOTE_XSIMD_INCLUDE_DIR-NOTFOUND" CACHE PATH "" FORCE)
  endif()
  if(NOT MOTE_XSIMD_INCLUDE_DIR AND MOTE_HOSTED AND ${fetch})
    _mote_fetch_xsimd()
  endif()

  _mote_isolate_xsimd()
  mark_as_advanced(MOTE_XSIMD_INCLUDE_DIR)
endmacro()

# The compiler makes no vectors of loops there: only Helium has some, and they flush subnormals.
macro(mote_for_this_system target)
  if(NOT MOTE_HOSTED)
    target_compile_options(${target} INTERFACE "$<BUILD_INTERFACE:-fno-tree-vectorize>")
  endif()
endmacro()

# What a host tool links beside the headers: threads, and CLI11 where it is installed.
macro(mote_link_host_libraries target)
  find_package(Threads REQUIRED)
  target_link_libraries(${target} PUBLIC Threads::Threads)
  find_path(MOTE_CLI11_INCLUDE_DIR CLI/CLI.hpp)
  mark_as_advanced(MOTE_CLI11_INCLUDE_DIR)
  if(MOTE_CLI11_INCLUDE_DIR)
    target_include_directories(${target} SYSTEM INTERFACE "$<BUILD_INTERFACE:${MOTE_CLI11_INCLUDE_DIR}>")
  endif()
endmacro()
