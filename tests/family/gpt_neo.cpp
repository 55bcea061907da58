// SPDX-License-Identifier: BSL-1.0
#include "mote/family/gpt_neo.hpp"

#include <catch2/catch_test_macros.hpp>

#include "published.hpp"

namespace {

constexpr mote::shape shape_of(std::size_t layers) {
  return {
      .dim = 24, .hidden = 44, .layers = layers, .heads = 4, .kv_heads = 4, .vocab = 37, .context = 80, .window = 6};
}

// The authors' description (doi:10.5281/zenodo.5297715) and the published configuration of gpt-neo-125m: attention_types
// global, local in turn, window_size 256, gelu_new; scores are not divided; query, key and value have no bias.
mote_tests::published definition(const mote::shape& s) {
  mote_tests::published p = mote_tests::sizes_of(s);
  p.layer = [&s](std::size_t l) { return mote_tests::published_layer{.window = l % 2 == 1 ? s.window : 0}; };
  p.turning = 0;
  p.learned_positions = true;
  p.norm = mote_tests::norm_kind::layer;
  p.act = mote_tests::activation::gelu_tanh;
  p.gated = false;
  p.output_biased = p.ffn_biased = true;
  p.score_scale = 1;
  return p;
}

}  // namespace

TEST_CASE("GPT-Neo: logits and 64 greedy tokens are those of its definition in double precision", "[family]") {
  for (const std::size_t layers : {1U, 3U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<mote::gpt_neo>(s, definition(s), 21).check_logits();
  }
}

TEST_CASE("GPT-Neo: gradients of every tensor are those of its definition", "[family]") {
  for (const std::size_t layers : {1U, 3U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<mote::gpt_neo>(s, definition(s), 22).check_gradients();
  }
}
