// SPDX-License-Identifier: BSL-1.0
// With --all: every change has its answers (golden/families.hpp), and its blocks in other families.
#include "mote/family/gemma2.hpp"

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
          .norm_epsilon = 1e-6F,
          .head_width = 10,
          .window = 6,
          .softcap = 3.0F,
          .score_scale = 0.4F,
          .logit_softcap = 4.0F};
}

// The technical report (arXiv 2408.00118) and the published configuration of gemma-2-2b: a window in the first of two
// layers, attn_logit_softcapping, final_logit_softcapping, query_pre_attn_scalar, gelu_pytorch_tanh.
mote_tests::published definition(const mote::shape& s) {
  mote_tests::published p = mote_tests::sizes_of(s);
  p.layer = [&s](std::size_t l) { return mote_tests::published_layer{.window = l % 2 == 0 ? s.window : 0}; };
  p.embedding_scale = std::sqrt(static_cast<double>(s.dim));
  p.norms_behind = true;
  p.act = mote_tests::activation::gelu_tanh;
  p.score_scale = static_cast<double>(s.score_scale);
  p.softcap = 3;
  p.logit_softcap = 4;
  return p;
}

}  // namespace

TEST_CASE("Gemma 2: logits and 64 greedy tokens are those of its definition in double precision", "[family]") {
  for (const std::size_t layers : {1U, 3U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<mote::gemma2>(s, definition(s), 21).check_logits();
  }
}

TEST_CASE("Gemma 2: gradients of every tensor are those of its definition", "[family]") {
  for (const std::size_t layers : {1U, 3U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<mote::gemma2>(s, definition(s), 22).check_gradients();
  }
}
