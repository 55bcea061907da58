// SPDX-License-Identifier: BSL-1.0
#include "mote/family/gemma3.hpp"

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
          .rope_theta = 1e6F,
          .norm_epsilon = 1e-6F,
          .head_width = 10,
          .window = 6,
          .score_scale = 0.25F,
          .local_theta = 100.0F,
          .rope{.factor = 8}};
}

// The technical report (arXiv 2503.19786) and the published configuration of gemma-3-270m and -4b: sliding_window_pattern
// 6, rope_local_base_freq, rope_scaling linear by 8 of the global layers, query_pre_attn_scalar, hidden_activation
// gelu_pytorch_tanh, norms before and after attention and feed-forward, of query and key heads.
mote_tests::published definition(const mote::shape& s) {
  mote_tests::published p = mote_tests::sizes_of(s);
  p.layer = [&s](std::size_t l) -> mote_tests::published_layer {
    if (l % 6 == 5) return {.rope_theta = 1e6, .stretch = {.factor = 8}};
    return {.window = s.window, .rope_theta = 100};
  };
  p.embedding_scale = std::sqrt(static_cast<double>(s.dim));
  p.norms_behind = true;
  p.head_norms = true;
  p.act = mote_tests::activation::gelu_tanh;
  p.score_scale = 0.25;
  return p;
}

}  // namespace

TEST_CASE("Gemma 3: logits and 64 greedy tokens are those of its definition in double precision", "[family]") {
  for (const std::size_t layers : {1U, 7U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<mote::gemma3>(s, definition(s), 21).check_logits();
  }
}

TEST_CASE("Gemma 3: gradients of every tensor are those of its definition", "[family]") {
  for (const std::size_t layers : {1U, 7U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<mote::gemma3>(s, definition(s), 22).check_gradients();
  }
}
