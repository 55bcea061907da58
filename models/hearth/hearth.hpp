// hearth: a model as a type. Written from model.bin (llama2.c legacy, floats) and tokenizer.bin.
// 455,520 parameters, 512 tokens. Its weights and its token table are in an image, hearth.mote.
#pragma once

#include <cstddef>
#include <string_view>

#ifndef MOTE_SINGLE_HEADER  // mote.hpp as one file has them
#include <mote/model/shape.hpp>
#include <mote/model/special_tokens.hpp>
#endif

struct hearth {
  static constexpr std::string_view name = "hearth";
  static constexpr mote::shape shape{
      .dim = 96,
      .hidden = 256,
      .layers = 4,
      .heads = 6,
      .kv_heads = 3,
      .vocab = 512,
      .context = 256,
      .tied_head = true,
      .rope_theta = 10000.0F,
      .norm_epsilon = 1e-05F,
  };
  static constexpr std::size_t vocabulary_bytes = 4488;  // of the packed token table
  static constexpr std::size_t longest_piece = 10;  // bytes
  static constexpr mote::special_tokens special_tokens{
      .bos = 1,
      .eos = 2,
      .note = 259,
      .user = 260,
      .answer = 261,
  };
};
