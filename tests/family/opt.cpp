// SPDX-License-Identifier: BSL-1.0
// With --all: every change has its answers (golden/families.hpp), and its blocks in other families.
#include "mote/family/opt.hpp"

#include <catch2/catch_test_macros.hpp>

#include "published.hpp"

namespace {

constexpr mote::shape shape_of(std::size_t layers) {
  return {.dim = 24, .hidden = 44, .layers = layers, .heads = 4, .kv_heads = 4, .vocab = 37, .context = 80};
}

// arXiv 2205.01068, section 2.2, and the published configuration of opt-125m: do_layer_norm_before, activation_function
// relu, enable_bias, the embedding as the head.
mote_tests::published definition(const mote::shape& s) {
  mote_tests::published p = mote_tests::sizes_of(s);
  p.turning = 0;
  p.learned_positions = true;
  p.norm = mote_tests::norm_kind::layer;
  p.act = mote_tests::activation::relu;
  p.gated = false;
  p.input_biased = p.output_biased = p.ffn_biased = true;
  return p;
}

}  // namespace

TEST_CASE("OPT: logits and 64 greedy tokens are those of its definition in double precision", "[family]") {
  for (const std::size_t layers : {1U, 2U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<mote::opt, mote_tests::plain_published_with_corners>(s, definition(s), 21)
        .check_logits();
  }
}

TEST_CASE("OPT: gradients of every tensor are those of its definition", "[family]") {
  for (const std::size_t layers : {1U, 2U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<mote::opt, mote_tests::plain_published_with_corners>(s, definition(s), 22)
        .check_gradients();
  }
}
