# SPDX-License-Identifier: BSL-1.0
# Finds the headers that mote needs: xsimd >= 13.2. The build tree and find_package(mote) use the same search.
# Refuses to download unless it is told to; the build tree tells it to.
#
# MOTE_HOSTED: whether the target has an operating system with files and threads. Such systems are listed by name,
# because a system without one can have any name (Generic, PICO, ...), and its platform file may set UNIX.
# mote_find_headers(<fetch>) sets MOTE_XSIMD_INCLUDE_DIR, to -NOTFOUND if xsimd is not found. Only hosted systems must
# have xsimd. Of the others it supports WebAssembly alone, where a header's #error asks for it.
# mote_for_this_system(<target>) adds the flags that keep answers bit-identical on targets without an operating system.

set(_mote_hosted "Linux|Android|Darwin|iOS|Windows|CYGWIN|MSYS|FreeBSD|NetBSD|OpenBSD|DragonFly|GNU|SunOS|AIX|QNX|Haiku")
if(CMAKE_SYSTEM_NAME MATCHES "^(${_mote_hosted})$")
  set(MOTE_HOSTED TRUE)
else()
  set(MOTE_HOSTED FALSE)
endif()

# The version in the header of an xsimd tree; empty if there is none.
function(_mote_xsimd_version directory result)
  set(version "")
  set(file "${directory}/xsimd/config/xsimd_config.hpp")
  if(EXISTS "${file}")
    file(STRINGS "${file}" lines REGEX "define XSIMD_VERSION_(MAJOR|MINOR)")
    string(REGEX REPLACE ".*MAJOR ([0-9]+).*MINOR ([0-9]+).*" "\\1.\\2" version "${lines}")
  endif()
  set(${result} "${version}" PARENT_SCOPE)
endfunction()

# A cross compiler must not see the PC's /usr/include: it gets a folder with a link to xsimd alone.
function(_mote_isolate_xsimd)
  if(NOT MOTE_XSIMD_INCLUDE_DIR OR NOT CMAKE_CROSSCOMPILING OR NOT MOTE_XSIMD_INCLUDE_DIR MATCHES "^/usr(/local)?/include$")
    return()
  endif()
  set(alone "${CMAKE_BINARY_DIR}/mote_headers/xsimd")
  file(MAKE_DIRECTORY "${alone}")
  file(CREATE_LINK "${MOTE_XSIMD_INCLUDE_DIR}/xsimd" "${alone}/xsimd" SYMBOLIC COPY_ON_ERROR)
  set(MOTE_XSIMD_INCLUDE_DIR "${alone}" CACHE PATH "" FORCE)
endfunction()

# xsimd has only headers, the same for every target, so the search also looks into folders that a toolchain file hides.
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
  # SOURCE_SUBDIR names a folder that does not exist, so that only the headers are fetched and no targets are added.
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

# Turns off auto-vectorization on targets without an operating system: Helium's vectors flush subnormals to zero.
macro(mote_for_this_system target)
  if(NOT MOTE_HOSTED)
    target_compile_options(${target} INTERFACE "$<BUILD_INTERFACE:-fno-tree-vectorize>")
  endif()
endmacro()

# Links what host tools need besides the headers: threads, and nlohmann-json and CLI11 where they are installed. Without
# nlohmann-json mote::host does not compile; without CLI11 it does.
macro(mote_link_host_libraries target)
  find_package(Threads REQUIRED)
  target_link_libraries(${target} PUBLIC Threads::Threads)
  find_path(MOTE_JSON_INCLUDE_DIR nlohmann/json.hpp)
  find_path(MOTE_CLI11_INCLUDE_DIR CLI/CLI.hpp)
  mark_as_advanced(MOTE_JSON_INCLUDE_DIR MOTE_CLI11_INCLUDE_DIR)
  if(MOTE_JSON_INCLUDE_DIR)
    target_include_directories(${target} SYSTEM PRIVATE "${MOTE_JSON_INCLUDE_DIR}")
  endif()
  if(MOTE_CLI11_INCLUDE_DIR)
    target_include_directories(${target} SYSTEM INTERFACE "$<BUILD_INTERFACE:${MOTE_CLI11_INCLUDE_DIR}>")
  endif()
endmacro()
