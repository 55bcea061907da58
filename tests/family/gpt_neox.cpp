// SPDX-License-Identifier: BSL-1.0
// With --all: every change has its answers (golden/families.hpp), and its blocks in other families.
#include "mote/family/gpt_neox.hpp"

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

// arXiv 2204.06745, section 2.1, and the published configuration of pythia-70m: use_parallel_residual, rotary_pct 0.25,
// hidden_act gelu, biases everywhere but in the head.
mote_tests::published definition(const mote::shape& s) {
  mote_tests::published p = mote_tests::sizes_of(s);
  p.turning = 4;
  p.join = mote_tests::residual::parallel;
  p.norm = mote_tests::norm_kind::layer;
  p.act = mote_tests::activation::gelu_erf;
  p.gated = false;
  p.input_biased = p.output_biased = p.ffn_biased = true;
  return p;
}

}  // namespace

TEST_CASE("GPT-NeoX: logits and 64 greedy tokens are those of its definition in double precision", "[family]") {
  for (const std::size_t layers : {1U, 2U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<mote::gpt_neox>(s, definition(s), 21).check_logits();
  }
}

TEST_CASE("GPT-NeoX: gradients of every tensor are those of its definition", "[family]") {
  for (const std::size_t layers : {1U, 2U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<mote::gpt_neox>(s, definition(s), 22).check_gradients();
  }
}
