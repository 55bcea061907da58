# SPDX-License-Identifier: BSL-1.0
# mote_check_stack(): a firmware whose deepest call does not fit its stack is not built.
# Refuses what is not Thumb code (Cortex-M), and does not see behind calls through pointers.

set(MOTE_STACK_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/stack_depth.sh" CACHE INTERNAL "says how deep a program's stack gets")

# mote_check_stack(<target> BYTES <n> [ENTRY <regular expression>] [ON_TOP <n>])
# After <target> is linked: the deepest call below ENTRY (Reset_Handler; a task's function, as c++filt writes it whole) and
# ON_TOP, what an operating system puts on a task's stack, take at most BYTES; else the build fails and shows the chain of calls.
function(mote_check_stack target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "BYTES;ENTRY;ON_TOP" "")
  if(NOT arg_BYTES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "mote_check_stack(${target}): BYTES <n> [ENTRY <function>] [ON_TOP <n>]")
  endif()
  if(NOT arg_ENTRY)
    set(arg_ENTRY Reset_Handler)
  endif()
  if(NOT arg_ON_TOP)
    set(arg_ON_TOP 0)
  endif()
  string(REGEX REPLACE "objdump[^/]*$" "" prefix "${CMAKE_OBJDUMP}")
  add_custom_command(TARGET ${target} POST_BUILD VERBATIM COMMAND sh "${MOTE_STACK_SCRIPT}" --prefix "${prefix}"
    "$<TARGET_FILE:${target}>" "${arg_BYTES}" "${arg_ENTRY}" "${arg_ON_TOP}")
endfunction()
