# SPDX-License-Identifier: BSL-1.0
# Every header of mote/ has its test at the same path: mote/core/arena.hpp has core/arena.cpp (or .sh) in TESTS. What has
# none stands here, with what proves it instead: a test that must exist, and the reason why it is not one of its own.
# Refuses a line here that is not needed any more: of a header that is gone, or that has a test.
# Run as: cmake -DROOT=<include folder> -DTESTS=<tests folder> -P every_header_tested.cmake
cmake_minimum_required(VERSION 3.25)
set(exceptions "")
macro(proved_by test reason)  # and the headers, without mote/ and .hpp
  foreach(header ${ARGN})
    list(APPEND exceptions "${header}")
    set(proof_of_${header} "${test}")
  endforeach()
endmacro()

proved_by(block/train.cpp "a part of a pass: gradients of every parameter against differences, answers in block/decode.cpp"
  block/attention block/feed_forward block/linear_maps learn/lesson)
proved_by(family/phi2.cpp "two blocks beside one another, with one norm; with two in family/gpt_neox.cpp" block/parallel)
proved_by(family/lfm2.cpp "a part of a pass, against a reference in double" block/short_convolution)
proved_by(decode/gbnf.cpp "a grammar's texts, by a recogniser that does not know it"
  decode/gbnf_parser decode/grammar decode/grammar_builder decode/grammar_compiler)
proved_by(decode/admission.cpp "what a constraint admits" decode/constraint)
proved_by(model/tokenizer.cpp "an image's own tokenizer, and the table that it reads"
  model/token_table model/tokenizer_of host/image/token_table_packer host/import/tokenizer_text)
proved_by(model/byte_level_bpe.cpp "the tokens of other programs, of files"
  model/pieces host/import/gguf_tokenizer host/import/tokenizer_json)
proved_by(model/unicode.cpp "a table, written by a tool" model/unicode_classes)
proved_by(model/normalizer.cpp "how a text is composed, and tables for it"
  model/unicode_combining model/unicode_compose model/unicode_decompositions)
proved_by(model/wordpiece.cpp "lower case and letters without accents" model/unicode_fold model/unicode_lower)
proved_by(recall/script_tables.cpp "tables, against Unicode's own" recall/scripts recall/unicode_data)
proved_by(recall/analysis.cpp "stages of an analysis" recall/word_lists)
proved_by(pipeline.cpp "what a composition gives; what it refuses is a pair of tests/fail each"
  pipeline/checks pipeline/compose pipeline/constants pipeline/proof pipeline/slots pipeline/stand_in pipeline/text_coder)
proved_by(budget/cost.cpp "cost_of() is compared with sizeof of every pipeline" pipeline/choices)
proved_by(budget/sweep.cpp "the cost of what is swept" pipeline/sweep)
proved_by(model/cache.cpp "all caches answer the same questions there" model/int8_cache model/kivi_cache)
proved_by(recall/parts.cpp "a concept: each member that may be missing" recall/retriever)
proved_by(learn/lora.cpp "the parts of every learner, which have no state of their own" learn/learner)
proved_by(format/integer.cpp "the layout that formats of integers share" format/group_scaled format/row_scaled)
proved_by(host/quantize/fold.cpp "folds, and what they are fitted to"
  host/quantize/awq host/quantize/hadamard host/quantize/smooth host/quantize/sampled_text)
proved_by(host/image/packed_format.cpp "formats as values" host/image/packed_format_of)
proved_by(host/image/image_writer.cpp "an image by a plan, and by a type" host/image/packing_plan host/image/plan_of)
proved_by(host/import/gguf.cpp "a model between a file and an image"
  host/import/model_tensors host/import/raw_model host/import/model_file)
proved_by(host/image/vocabulary_packer.cpp "two vectors" host/import/vocabulary_text)
proved_by(simd/isa.cpp "switches of the compiler's flags: a preset each" config)
proved_by(install/main.cpp "three numbers, which CMake reads" version)

set(complaints "")
set(tested 0)
file(GLOB_RECURSE headers RELATIVE "${ROOT}/mote" "${ROOT}/mote/*.hpp")
file(READ "${TESTS}/boards/boards.cpp" boards)
foreach(header IN LISTS headers)
  string(REGEX REPLACE "[.]hpp$" "" name "${header}")
  set(has_test FALSE)
  if(EXISTS "${TESTS}/${name}.cpp" OR EXISTS "${TESTS}/${name}.sh")
    set(has_test TRUE)
    math(EXPR tested "${tested} + 1")
  endif()
  if(name IN_LIST exceptions)
    if(has_test)
      string(APPEND complaints "  ${header} has a test of its own now: take its line out of every_header_tested.cmake\n")
    elseif(NOT EXISTS "${TESTS}/${proof_of_${name}}")
      string(APPEND complaints "  ${header}: tests/${proof_of_${name}}, which is said to prove it, does not exist\n")
    endif()
    list(REMOVE_ITEM exceptions "${name}")
  elseif(name MATCHES "^(simd|kernel)/arch/")
    # Parts of a header that includes them where the target has them: each is run by the golden programs of its preset.
  elseif(name MATCHES "^boards/(.*)$" AND NOT has_test)
    if(NOT boards MATCHES "boards/${CMAKE_MATCH_1}[.]hpp")
      string(APPEND complaints "  ${header}: boards/boards.cpp does not include it\n")
    endif()
  elseif(NOT has_test)
    string(APPEND complaints "  ${header} has no test: write tests/${name}.cpp\n")
  endif()
endforeach()
foreach(name IN LISTS exceptions)
  string(APPEND complaints "  ${name}: there is no such header; take its line out of every_header_tested.cmake\n")
endforeach()
if(tested LESS 100)
  string(APPEND complaints "  only ${tested} headers with a test were found: this test reads amiss\n")
endif()
if(complaints)
  message(FATAL_ERROR "headers and their tests:\n${complaints}")
endif()
message(STATUS "${tested} headers have a test of their own")
