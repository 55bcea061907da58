// SPDX-License-Identifier: BSL-1.0
// With --all: every change has its answers (golden/families.hpp), and its blocks in other families.
#include "mote/family/phi2.hpp"

#include <catch2/catch_test_macros.hpp>

#include "published.hpp"

namespace {

constexpr mote::shape shape_of(std::size_t layers) {
  return {.dim = 24,
          .hidden = 44,
          .layers = layers,
          .heads = 4,
          .kv_heads = 4,
          .vocab = 37,
          .context = 80,
          .tied_head = false,
          .head_width = 10,
          .rotary_width = 4};
}

// The published configuration and description of phi-2 (arXiv 2309.05463 for Phi-1.5, the same network): one norm for
// attention and feed-forward side by side, partial_rotary_factor 0.4, gelu_new, a bias in the head too.
mote_tests::published definition(const mote::shape& s) {
  mote_tests::published p = mote_tests::sizes_of(s);
  p.turning = 4;
  p.join = mote_tests::residual::parallel_one_norm;
  p.norm = mote_tests::norm_kind::layer;
  p.act = mote_tests::activation::gelu_tanh;
  p.gated = false;
  p.input_biased = p.output_biased = p.ffn_biased = true;
  p.head_biased = true;
  return p;
}

}  // namespace

TEST_CASE("Phi-2: logits and 64 greedy tokens are those of its definition in double precision", "[family]") {
  for (const std::size_t layers : {1U, 2U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<mote::phi2>(s, definition(s), 21).check_logits();
  }
}

TEST_CASE("Phi-2: gradients of every tensor are those of its definition", "[family]") {
  for (const std::size_t layers : {1U, 2U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<mote::phi2>(s, definition(s), 22).check_gradients();
  }
}
