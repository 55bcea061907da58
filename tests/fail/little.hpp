// SPDX-License-Identifier: BSL-1.0
// The model of the pairs: small, and of no file; nothing here is run.
#pragma once

#include <mote/boards/stm32f405.hpp>
#include <mote/boards/stm32h743.hpp>
#include <mote/decode/sample.hpp>
#include <mote/learn/full.hpp>
#include <mote/learn/lora.hpp>
#include <mote/pipeline.hpp>
#include <mote/recall/bm25.hpp>
#include <mote/recall/rag.hpp>

struct little {
  static constexpr std::string_view name = "little";
  static constexpr mote::shape shape{
      .dim = 64, .hidden = 172, .layers = 5, .heads = 8, .kv_heads = 4, .vocab = 512, .context = 512};
  static constexpr std::size_t vocabulary_bytes = 6000;
  static constexpr mote::special_tokens special_tokens{};
};
