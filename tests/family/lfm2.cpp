// SPDX-License-Identifier: BSL-1.0
#include "mote/family/lfm2.hpp"

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
          .rope_theta = 1e6F};
}

// The technical report (arXiv 2511.23404) and the published configuration of LFM2-350M: conv_L_cache 3, conv_bias false,
// norms of query and key heads, SwiGLU, the embedding as the head.
mote_tests::published definition(const mote::shape& s) {
  mote_tests::published p = mote_tests::sizes_of(s);
  p.layer = [](std::size_t l) { return mote_tests::published_layer{.convolution = l % 3 != 1, .rope_theta = 1e6}; };
  p.head_norms = true;
  return p;
}

}  // namespace

TEST_CASE("LFM2: logits and 64 greedy tokens are those of its definition in double precision", "[family]") {
  for (const std::size_t layers : {2U, 3U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<mote::lfm2_layers<"cac">>(s, definition(s), 21).check_logits();
  }
}

TEST_CASE("LFM2: gradients of every tensor are those of its definition", "[family]") {
  for (const std::size_t layers : {2U, 3U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<mote::lfm2_layers<"cac">>(s, definition(s), 22).check_gradients();
  }
}
