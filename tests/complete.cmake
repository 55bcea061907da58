# SPDX-License-Identifier: BSL-1.0
# mote.hpp brings every header of the rooms that policies lie in, and fwd.hpp names every policy and every slot: read from
# the folder, so that a new file is missed at once. What is left out stands here, with the reason.
# Run as: cmake -DROOT=<include folder> -P complete.cmake
cmake_minimum_required(VERSION 3.25)
set(rooms policy format family learn recall decode)  # boards are included one by one: mote.hpp says why
set(by_name
  mote/policy/threads.hpp  # <atomic> and <pthread.h>, of which a program of one core would compile a page
  mote/family/bert.hpp mote/recall/encoded.hpp  # of encoder<> (pipeline/encoder.hpp), which programs without one need not read
  mote/family/ple_tinylm.hpp  # of one published model, with a block of its own
  mote/recall/evict.hpp    # the oldest goes, unless a program asks for more
  mote/recall/ivf.hpp      # lists pay where reading a vector is dear: behind a driver, or made again
  mote/decode/fused_greedy.hpp mote/policy/split.hpp mote/format/split_rows.hpp  # for large vocabularies
  mote/recall/learned_weights.hpp  # nothing moves where a program does not say what helped
  mote/recall/examples.hpp mote/recall/noted_examples.hpp  # the shipped model answers worse with examples
  mote/recall/hnsw.hpp)    # a graph pays above some thousand texts, where a scan of mote.hpp's retrievers is slow
set(complaints "")

file(READ "${ROOT}/mote/mote.hpp" all)
file(READ "${ROOT}/mote/fwd.hpp" names)
file(READ "${ROOT}/mote/core/slots.hpp" slots)

# A policy that takes a value of a class cannot be declared before that class is whole.
set(takes_a_value stop_at repetition_penalty banned without allowed gbnf learner full rag examples sample fit gated threads)

set(policies "")
file(GLOB_RECURSE headers RELATIVE "${ROOT}" "${ROOT}/mote/*.hpp")
foreach(header IN LISTS headers)
  string(REGEX REPLACE "^mote/([a-z0-9]+)/.*$" "\\1" room "${header}")
  if(room IN_LIST rooms AND NOT header IN_LIST by_name)
    string(FIND "${all}" "#include \"${header}\"" at)
    if(at EQUAL -1)
      string(APPEND complaints "  mote.hpp does not include ${header}\n")
    endif()
  endif()
  if(room STREQUAL "host")
    continue()
  endif()
  file(STRINGS "${ROOT}/${header}" lines REGEX "^(struct|class) [a-z0-9_]+|^  using slot = slots::")
  foreach(line IN LISTS lines)
    if(line MATCHES "^(struct|class) ([a-z0-9_]+)")
      set(type "${CMAKE_MATCH_2}")
    elseif(line MATCHES "using slot")
      list(APPEND policies "${type}")
    endif()
  endforeach()
endforeach()

foreach(policy IN LISTS policies)
  if(NOT policy IN_LIST takes_a_value AND NOT names MATCHES "\n(struct|class) ${policy};")
    string(APPEND complaints "  fwd.hpp does not name the policy ${policy}\n")
  endif()
endforeach()

file(STRINGS "${ROOT}/mote/core/slots.hpp" known REGEX "^struct [a-z_]+. +///<")
string(REGEX MATCH "namespace slots {[^}]*}" named "${names}")
foreach(line IN LISTS known)
  string(REGEX REPLACE "^struct ([a-z_]+).*" "\\1" slot "${line}")
  if(NOT named MATCHES "\nstruct ${slot};")
    string(APPEND complaints "  fwd.hpp does not name the slot ${slot}\n")
  endif()
  if(NOT slots MATCHES "slot_list<[a-z, \n]*${slot}[,>]")
    string(APPEND complaints "  core/slots.hpp lists the slot ${slot} nowhere\n")
  endif()
endforeach()

list(LENGTH policies policy_count)
list(LENGTH known slot_count)
if(policy_count LESS 20 OR slot_count LESS 11)
  string(APPEND complaints "  only ${policy_count} policies and ${slot_count} slots were found: this test reads amiss\n")
endif()
if(complaints)
  message(FATAL_ERROR "not complete:\n${complaints}")
endif()
message(STATUS "mote.hpp and fwd.hpp are complete: ${policy_count} policies, ${slot_count} slots")
