// SPDX-License-Identifier: BSL-1.0
#include "mote/family/ple_tinylm.hpp"

#include <catch2/catch_test_macros.hpp>

#include "published.hpp"

namespace {

constexpr mote::shape shape_of(std::size_t layers) {
  return {.dim = 24,
          .hidden = 22,
          .layers = layers,
          .heads = 4,
          .kv_heads = 4,
          .vocab = 37,
          .context = 80,
          .tied_head = layers == 1,
          .per_layer_width = 20,
          .norm_epsilon = 1e-6F};
}

// esp32-ai's definition (runtime/llm.h and brainscope_adapter/ple_hf.py of that repository): RMS norms of 1e-6, rotary
// pairs of halves, SwiGLU, the embedding as the head, and in every layer the row of its own table, gated by GELU of the
// error function.
mote_tests::published definition(const mote::shape& s) { return mote_tests::sizes_of(s); }

}  // namespace

TEST_CASE("PLE TinyLM: logits and 64 greedy tokens are those of its definition in double precision", "[family]") {
  for (const std::size_t layers : {1U, 3U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<mote::ple_tinylm>(s, definition(s), 21).check_logits();
  }
}

TEST_CASE("PLE TinyLM: gradients of every tensor are those of its definition", "[family]") {
  for (const std::size_t layers : {1U, 3U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<mote::ple_tinylm>(s, definition(s), 22).check_gradients();
  }
}
