// SPDX-License-Identifier: BSL-1.0
// What the importer says of a small model, every field unlike its default: for tests of the header it writes and reads.
// Refuses to be a model: there are no weights.
#pragma once

#include "mote/host/image/model_header.hpp"

namespace mote_tests {

inline mote::host::model_facts tiny_facts() {
  return {.name = "tiny",
          .origin = "tiny.bin and tok.bin",
          .shape = {.dim = 64,
                    .hidden = 172,
                    .layers = 5,
                    .heads = 8,
                    .kv_heads = 4,
                    .vocab = 512,
                    .context = 512,
                    .tied_head = false,
                    .rope_theta = 500000.0F,
                    .norm_epsilon = 1e-6F},
          .vocabulary_bytes = 4464,
          .longest_piece = 7,
          .special_tokens = {.bos = 1, .eos = 2, .note = 259, .user = 260, .answer = 261}};
}

}  // namespace mote_tests
