// SPDX-License-Identifier: BSL-1.0
// With --all: every change has its answers (golden/families.hpp), and its blocks in other families.
#include "mote/family/stablelm.hpp"

#include <catch2/catch_template_test_macros.hpp>

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
          .head_width = 10,
          .rotary_width = 4};
}

// The technical report (arXiv 2402.17834) and the published configurations of stablelm-3b-4e1t and stablelm-2-1_6b:
// LayerNorm with biases, partial_rotary_factor 0.25, SwiGLU, use_qkv_bias in the second.
template <class Family>
mote_tests::published definition(const mote::shape& s) {
  mote_tests::published p = mote_tests::sizes_of(s);
  p.turning = 4;
  p.norm = mote_tests::norm_kind::layer;
  p.input_biased = std::is_same_v<Family, mote::stablelm2>;
  return p;
}

}  // namespace

TEMPLATE_TEST_CASE("StableLM: logits and 64 greedy tokens are those of its definition in double precision", "[family]",
                   mote::stablelm, mote::stablelm2) {
  for (const std::size_t layers : {1U, 2U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<TestType>(s, definition<TestType>(s), 21).check_logits();
  }
}

TEMPLATE_TEST_CASE("StableLM: gradients of every tensor are those of its definition", "[family]", mote::stablelm,
                   mote::stablelm2) {
  for (const std::size_t layers : {1U, 2U}) {
    const mote::shape s = shape_of(layers);
    mote_tests::against_published<TestType>(s, definition<TestType>(s), 22).check_gradients();
  }
}
