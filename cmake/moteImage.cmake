# SPDX-License-Identifier: BSL-1.0
# Prepares models at build time: mote_repack_image() gives an image the row layout of a board, mote_import_model()
# converts a llama2.c checkpoint, a GGUF file or a folder of safetensors into a C++ type and an image.
#
#   mote_repack_image(my_image HEADER hearth.hpp IMAGE hearth.mote BOARD mps2_an500 OUTPUT ${CMAKE_BINARY_DIR}/board.mote)
#   mote_import_model(my_model NAME stories260k WEIGHTS stories260K.bin TOKENIZER tok512.bin BOARD stm32h743
#                     OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/model)      # also FORMATS QUANTIZER FOLD INTERLEAVE BOS EOS NOTE USER ANSWER
#
#   mote_add_model(smollm FILE smollm2-135m.gguf FORMATS q4)   # a library: target_link_libraries(program PRIVATE smollm)
#
# mote_add_model() makes a library that brings the type's header and the image. The others create a target of that name, and
# a program that embeds their file needs two more lines, because CMake does not see that the assembler reads the file:
#   add_dependencies(program my_image)
#   set_source_files_properties(main.cpp PROPERTIES OBJECT_DEPENDS <the file>)
# If the build is for a board, the two tools are compiled with the PC's own compiler (MOTE_HOST_CXX, by default c++), unless
# the mote that was found has them installed (mote_repack_image, mote_import_model). To use others that are already built,
# set MOTE_HOST_TOOLS=<folder with repack_image and import_model>.
# Refuses to need a second build tree for the tools.
include_guard(GLOBAL)

# MOTE_MODELS_DIR: the models that come with mote, <name>/<name>.hpp and .mote, in the source tree or installed.
foreach(_mote_place IN ITEMS "${CMAKE_CURRENT_LIST_DIR}/../models" "${CMAKE_CURRENT_LIST_DIR}/models")
  cmake_path(NORMAL_PATH _mote_place)
  if(EXISTS "${_mote_place}/hearth/hearth.hpp")
    set(MOTE_MODELS_DIR "${_mote_place}" CACHE INTERNAL "the models that come with mote")
  endif()
endforeach()
# MOTE_TOOLS_DIR: the sources of the host tools, and hearth/: the training text of mote's own model.
foreach(_mote_place IN ITEMS "${CMAKE_CURRENT_LIST_DIR}/../tools" "${CMAKE_CURRENT_LIST_DIR}/tools")
  cmake_path(NORMAL_PATH _mote_place)
  if(EXISTS "${_mote_place}/repack_image.cpp")
    set(MOTE_TOOLS_DIR "${_mote_place}" CACHE INTERNAL "sources of mote's host tools")
  endif()
endforeach()

# mote_target_board(<variable>): sets the variable to a board type whose row layout suits the instructions that the
# compiler may use for this target. A program for one particular board names that board instead.
function(mote_target_board variable)
  include(CheckCXXSourceCompiles)
  if(MOTE_ARCH)
    set(CMAKE_REQUIRED_FLAGS "-march=${MOTE_ARCH}")
  endif()
  foreach(candidate IN ITEMS pc=__AVX512VNNI__ pc_avx2=__AVX2__ pc_sse2=__SSE2__ raspberry_pi_5=__ARM_FEATURE_DOTPROD
      raspberry_pi_zero_2=__aarch64__ visionfive_2=__riscv)
    string(REPLACE "=" ";" candidate "${candidate}")
    list(GET candidate 0 board)
    list(GET candidate 1 macro)
    check_cxx_source_compiles("#ifndef ${macro}\n#error no\n#endif\nint main() {}" MOTE_COMPILER_HAS${macro})
    if(MOTE_COMPILER_HAS${macro})
      set(${variable} ${board} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "mote: no board type is known for this target; name one")
endfunction()

# mote_host_sources(<variable> <part>): the sources of mote::host that a program takes which does not link it, because it is
# compiled otherwise. <part>: image_writer (from weights to an image), repack_image or import_model (with what those tools
# need besides).
function(mote_host_sources variable part)
  set(used build_settings.cpp image/image_writer.cpp image/packed_format.cpp image/packing_plan.cpp image/vocabulary_packer.cpp
    import/any_family.cpp import/gguf_blocks.cpp import/model_source.cpp import/model_tensors.cpp import/raw_model.cpp
    quantize/quantization_grid.cpp quantize/quantizer.cpp)
  if(part STREQUAL "repack_image" OR part STREQUAL "import_model")
    list(APPEND used board_names.cpp image/*.cpp)
  endif()
  if(part STREQUAL "import_model")
    list(APPEND used import/*.cpp quantize/*.cpp report/helps_text.cpp report/quality.cpp)
  endif()
  list(TRANSFORM used PREPEND "${MOTE_TOOLS_DIR}/host/")
  file(GLOB sources ${used})
  set(${variable} ${sources} PARENT_SCOPE)
endfunction()

# Sets `result` to the tool's command, and `made` to the target or file that must exist before it runs.
function(_mote_host_tool tool result made)
  if(TARGET ${tool} AND NOT CMAKE_CROSSCOMPILING)
    set(${result} "$<TARGET_FILE:${tool}>" PARENT_SCOPE)
    set(${made} ${tool} PARENT_SCOPE)
    return()
  endif()
  if(MOTE_HOST_TOOLS)
    if(NOT EXISTS "${MOTE_HOST_TOOLS}/${tool}")
      message(FATAL_ERROR "mote: MOTE_HOST_TOOLS is '${MOTE_HOST_TOOLS}', and there is no ${tool} in it; without it this build makes the tool")
    endif()
    set(${result} "${MOTE_HOST_TOOLS}/${tool}" PARENT_SCOPE)
    set(${made} "${MOTE_HOST_TOOLS}/${tool}" PARENT_SCOPE)
    return()
  endif()
  if(MOTE_INSTALLED_TOOLS AND EXISTS "${MOTE_INSTALLED_TOOLS}/mote_${tool}")
    set(${result} "${MOTE_INSTALLED_TOOLS}/mote_${tool}" PARENT_SCOPE)
    set(${made} "${MOTE_INSTALLED_TOOLS}/mote_${tool}" PARENT_SCOPE)
    return()
  endif()
  set(program "${CMAKE_BINARY_DIR}/mote_tools/${tool}")
  if(NOT TARGET mote_build_${tool})
    if(NOT MOTE_HOST_CXX AND NOT CMAKE_CROSSCOMPILING)
      set(MOTE_HOST_CXX "${CMAKE_CXX_COMPILER}" CACHE FILEPATH "a C++23 compiler for this PC")
    endif()
    find_program(MOTE_HOST_CXX NAMES c++ g++ clang++ g++-14 g++-13 g++-12 clang++-19 DOC "a C++23 compiler for this PC")
    if(NOT MOTE_HOST_CXX)
      message(FATAL_ERROR "mote: ${tool} runs on this PC and there is no compiler for it; set MOTE_HOST_CXX")
    endif()
    set(source "${MOTE_TOOLS_DIR}/${tool}.cpp")
    foreach(place IN ITEMS "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../include" "${MOTE_INSTALLED_INCLUDE_DIR}")
      if(EXISTS "${place}/mote/version.hpp")
        set(include "${place}")
      endif()
    endforeach()
    if(NOT EXISTS "${source}" OR NOT include)
      message(FATAL_ERROR "mote: ${tool}.cpp is not where moteImage.cmake expects it, beside ${CMAKE_CURRENT_FUNCTION_LIST_DIR}")
    endif()
    set(extra "")
    if(tool STREQUAL "import_model")
      find_path(MOTE_HOST_CLI11_DIR CLI/CLI.hpp PATHS /usr/include /usr/local/include NO_CMAKE_FIND_ROOT_PATH)
      if(NOT MOTE_HOST_CLI11_DIR)
        message(FATAL_ERROR "mote: import_model needs CLI11 (libcli11-dev) on this PC")
      endif()
      set(extra -isystem "${MOTE_HOST_CLI11_DIR}")
      if(MOTE_HOST_CLI11_DIR STREQUAL "/usr/include")
        set(extra "")
      endif()
    endif()
    # The tool and its part of mote::host are compiled as one file, so that the headers are parsed once.
    set(all "${CMAKE_BINARY_DIR}/mote_tools/${tool}.cpp")
    mote_host_sources(sources ${tool})
    list(APPEND sources "${source}")
    list(TRANSFORM sources REPLACE ".+" "#include \"\\0\"" OUTPUT_VARIABLE lines)
    list(JOIN lines "\n" lines)
    file(CONFIGURE OUTPUT "${all}" CONTENT "${lines}\n" @ONLY)
    add_custom_command(OUTPUT "${program}"
      COMMAND "${MOTE_HOST_CXX}" -std=c++23 -O1 -ffp-contract=off -DMOTE_WITH_XSIMD=0 -pthread "-I${include}" ${extra}
        "${all}" -o "${program}"
      DEPENDS ${sources} COMMENT "Compiling ${tool} for this PC" VERBATIM)
    add_custom_target(mote_build_${tool} DEPENDS "${program}")
  endif()
  set(${result} "${program}" PARENT_SCOPE)
  set(${made} mote_build_${tool} PARENT_SCOPE)
endfunction()

# mote_repack_image(<target> HEADER <hpp> IMAGE <mote> (BOARD <name> | INTERLEAVE <rows>) OUTPUT <file>
#                   [FORMATS list])
# Writes OUTPUT: the image in the row layout of the board, or with INTERLEAVE rows interleaved (1, 4, 8 or 16). An image
# whose tensors have different formats needs FORMATS, the list that it was imported with.
function(mote_repack_image target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "HEADER;IMAGE;BOARD;INTERLEAVE;OUTPUT;FORMATS" "")
  foreach(need IN ITEMS HEADER IMAGE OUTPUT)
    if(NOT arg_${need})
      message(FATAL_ERROR "mote: mote_repack_image(${target}) needs ${need}")
    endif()
  endforeach()
  if((arg_BOARD AND arg_INTERLEAVE) OR NOT (arg_BOARD OR arg_INTERLEAVE) OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "mote: mote_repack_image(${target}) takes either BOARD or INTERLEAVE, and nothing else")
  endif()
  foreach(input IN ITEMS HEADER IMAGE)
    cmake_path(ABSOLUTE_PATH arg_${input} NORMALIZE)
    if(NOT EXISTS "${arg_${input}}")
      message(FATAL_ERROR "mote: mote_repack_image(${target}): there is no file '${arg_${input}}'")
    endif()
  endforeach()
  cmake_path(ABSOLUTE_PATH arg_OUTPUT BASE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}" NORMALIZE)
  if(arg_BOARD)
    set(rows --board ${arg_BOARD})
  else()
    set(rows --interleave ${arg_INTERLEAVE})
  endif()
  if(arg_FORMATS)
    list(APPEND rows --formats "${arg_FORMATS}")
  endif()
  _mote_host_tool(repack_image tool made)
  add_custom_command(OUTPUT "${arg_OUTPUT}"
    COMMAND "${tool}" --header "${arg_HEADER}" --image "${arg_IMAGE}" ${rows} --out "${arg_OUTPUT}"
    DEPENDS ${made} "${arg_HEADER}" "${arg_IMAGE}" VERBATIM)
  add_custom_target(${target} DEPENDS "${arg_OUTPUT}")
endfunction()

# mote_import_model(<target> NAME <type> WEIGHTS <file> [TOKENIZER <file>] OUTPUT_DIRECTORY <folder>
#                   [BOARD <name> | INTERLEAVE <rows>] [FORMATS list] [QUANTIZER name] [FOLD name]
#                   [BOS n] [EOS n] [NOTE n] [USER n] [ANSWER n])
# Writes OUTPUT_DIRECTORY/<type>.hpp and <type>.mote. The options are those of import_model; n is the id of a token.
function(mote_import_model target)
  set(optional BOARD INTERLEAVE FORMATS QUANTIZER FOLD BOS EOS NOTE USER ANSWER)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "NAME;WEIGHTS;TOKENIZER;OUTPUT_DIRECTORY;${optional}" "")
  foreach(need IN ITEMS NAME WEIGHTS OUTPUT_DIRECTORY)
    if(NOT arg_${need})
      message(FATAL_ERROR "mote: mote_import_model(${target}) needs ${need}")
    endif()
  endforeach()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "mote: mote_import_model(${target}) does not know '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  cmake_path(ABSOLUTE_PATH arg_WEIGHTS NORMALIZE)
  set(tokenizer "")  # a GGUF file and a folder have their own vocabulary
  if(arg_TOKENIZER)
    cmake_path(ABSOLUTE_PATH arg_TOKENIZER NORMALIZE)
    set(tokenizer --tokenizer "${arg_TOKENIZER}")
  endif()
  cmake_path(ABSOLUTE_PATH arg_OUTPUT_DIRECTORY BASE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}" NORMALIZE)
  set(options "")
  foreach(option IN LISTS optional)
    if(NOT "${arg_${option}}" STREQUAL "")
      string(TOLOWER ${option} name)
      list(APPEND options "--${name}=${arg_${option}}")
    endif()
  endforeach()
  set(base "${arg_OUTPUT_DIRECTORY}/${arg_NAME}")
  set(files "${arg_WEIGHTS}")
  if(IS_DIRECTORY "${arg_WEIGHTS}")
    file(GLOB files CONFIGURE_DEPENDS "${arg_WEIGHTS}/*.json" "${arg_WEIGHTS}/*.safetensors" "${arg_WEIGHTS}/*.jinja")
  endif()
  _mote_host_tool(import_model tool made)
  add_custom_command(OUTPUT "${base}.hpp" "${base}.mote"
    COMMAND "${tool}" --weights "${arg_WEIGHTS}" ${tokenizer} --name ${arg_NAME}
      --out "${arg_OUTPUT_DIRECTORY}" ${options}
    DEPENDS ${made} ${files} ${arg_TOKENIZER} VERBATIM)
  add_custom_target(${target} DEPENDS "${base}.hpp" "${base}.mote")
endfunction()

# mote_add_model(<target> FILE <file or folder> [NAME <type>] [TOKENIZER <file>] [BOARD <name> | INTERLEAVE <rows>]
#                [FORMATS list] [QUANTIZER name] [FOLD name] [BOS n] [EOS list] [NOTE n] [USER n] [ANSWER n] [IMAGE_AS_FILE])
# A library to link: #include "<type>.hpp" is the model's type (<target>, unless NAME says another), and
# #include "<type>_image.hpp" declares `std::span<const std::byte> <type>_image()`, the image in this program's flash. With
# IMAGE_AS_FILE the image is not in the program, and that header has `<type>_image_file`, its path. Without BOARD and
# INTERLEAVE the rows lie as this target's instructions want them.
function(mote_add_model target)
  set(optional BOARD INTERLEAVE FORMATS QUANTIZER FOLD BOS EOS NOTE USER ANSWER)
  cmake_parse_arguments(PARSE_ARGV 1 arg "IMAGE_AS_FILE" "FILE;NAME;TOKENIZER;${optional}" "")
  if(NOT arg_FILE OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "mote: mote_add_model(${target}) needs FILE, and does not know '${arg_UNPARSED_ARGUMENTS}'")
  endif()
  foreach(input IN ITEMS FILE TOKENIZER)
    if(arg_${input})
      cmake_path(ABSOLUTE_PATH arg_${input} NORMALIZE)
      if(NOT EXISTS "${arg_${input}}")
        message(FATAL_ERROR "mote: mote_add_model(${target}): there is no file or folder '${arg_${input}}' (${input})")
      endif()
    endif()
  endforeach()
  if(NOT arg_NAME)
    set(arg_NAME "${target}")
  endif()
  if(NOT arg_NAME MATCHES "^[A-Za-z][A-Za-z0-9_]*$")
    message(FATAL_ERROR "mote: mote_add_model(${target}): '${arg_NAME}' is no name of a C++ type; give it one by NAME")
  endif()
  if(NOT arg_BOARD AND NOT arg_INTERLEAVE)
    mote_target_board(arg_BOARD)
  endif()
  set(options "")
  foreach(option IN LISTS optional ITEMS TOKENIZER)
    if(NOT "${arg_${option}}" STREQUAL "")
      list(APPEND options ${option} "${arg_${option}}")
    endif()
  endforeach()
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${target}_model")
  set(image "${folder}/${arg_NAME}.mote")
  mote_import_model(${target}_import NAME ${arg_NAME} WEIGHTS "${arg_FILE}" OUTPUT_DIRECTORY "${folder}" ${options})

  set(top "// The image of ${arg_NAME}. Written by mote_add_model().\n#pragma once\n\n")
  if(arg_IMAGE_AS_FILE)
    file(CONFIGURE OUTPUT "${folder}/${arg_NAME}_image.hpp" @ONLY
      CONTENT "${top}inline constexpr char ${arg_NAME}_image_file[] = R\"mote(${image})mote\";\n")
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  else()
    file(CONFIGURE OUTPUT "${folder}/${arg_NAME}_image.hpp" @ONLY
      CONTENT "${top}#include <cstddef>\n#include <span>\n\nstd::span<const std::byte> ${arg_NAME}_image();\n")
    set(symbol "mote_image_${arg_NAME}")
    file(CONFIGURE OUTPUT "${folder}/${arg_NAME}_image.cpp" @ONLY CONTENT "#include \"${arg_NAME}_image.hpp\"

__asm__(
    \".pushsection .rodata.mote_image.${arg_NAME},\\\"a\\\"\\n\"
    \".balign 64\\n\"
    \".global ${symbol}\\n\"
    \"${symbol}:\\n\"
    \".incbin \\\"${image}\\\"\\n\"
    \".global ${symbol}_end\\n\"
    \"${symbol}_end:\\n\"
    \".byte 0\\n\"
    \".popsection\\n\");
extern \"C\" const std::byte ${symbol}[];
extern \"C\" const std::byte ${symbol}_end[];

std::span<const std::byte> ${arg_NAME}_image() { return {${symbol}, ${symbol}_end}; }
")
    add_library(${target} STATIC "${folder}/${arg_NAME}_image.cpp")
    set_property(SOURCE "${folder}/${arg_NAME}_image.cpp" APPEND PROPERTY OBJECT_DEPENDS "${image}")
    set(scope PUBLIC)
  endif()
  add_dependencies(${target} ${target}_import)
  target_include_directories(${target} ${scope} "${folder}")
  foreach(headers IN ITEMS mote::mote mote)
    if(TARGET ${headers})
      target_link_libraries(${target} ${scope} ${headers})
      break()
    endif()
  endforeach()
endfunction()
