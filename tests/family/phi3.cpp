// SPDX-License-Identifier: BSL-1.0
#include "mote/family/phi3.hpp"

#include <catch2/catch_test_macros.hpp>

#include "published.hpp"

namespace {

constexpr mote::shape shape_of(std::size_t layers) {
  return {.dim = 24,
          .hidden = 44,
          .layers = layers,
          .heads = 4,
          .kv_heads = 2,
          .vocab = 37,
          .context = 80,
          .tied_head = false,
          .window = 7};
}

// The technical report (arXiv 2404.14219): the block of Llama 2; the published configuration of Phi-3-mini-4k has a
// sliding_window in every layer.
mote_tests::published definition(const mote::shape& s) {
  mote_tests::published p = mote_tests::sizes_of(s);
  p.layer = [&s](std::size_t) { return mote_tests::published_layer{.window = s.window}; };
  return p;
}

}  // namespace

TEST_CASE("Phi-3: logits and 64 greedy tokens are those of its definition in double precision", "[family]") {
  for (const std::size_t layers : {1U, 2U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<mote::phi3>(s, definition(s), 21).check_logits();
  }
}

TEST_CASE("Phi-3: gradients of every tensor are those of its definition", "[family]") {
  for (const std::size_t layers : {1U, 2U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<mote::phi3>(s, definition(s), 22).check_gradients();
  }
}
