// SPDX-License-Identifier: BSL-1.0
// How many weights a model of each family has: against sums by hand, and against files that are published.
#include "mote/model/tensors.hpp"

#include <catch2/catch_test_macros.hpp>

#include "mote/family/gpt2.hpp"
#include "mote/family/llama.hpp"
#include "mote/family/qwen.hpp"

namespace {

constexpr mote::shape s{
    .dim = 10, .hidden = 14, .layers = 3, .heads = 2, .kv_heads = 1, .vocab = 37, .context = 29, .tied_head = false};
constexpr std::size_t tables = 2 * 37 * 10;  // embedding and head
constexpr std::size_t attention = 10 * 10 + 5 * 10 + 5 * 10 + 10 * 10;
constexpr std::size_t gated = 3 * 10 * 14;
constexpr std::size_t norms = 10 + 10;

constexpr mote::shape with(mote::shape changed, std::size_t head_width, bool tied_head) {
  changed.head_width = head_width;
  changed.tied_head = tied_head;
  return changed;
}

}  // namespace

TEST_CASE("parameters_of: each family counts its own tensors", "[model][tensors]") {
  STATIC_CHECK(mote::parameters_of<mote::llama>(s) == tables + 3 * (attention + gated + norms) + 10);
  STATIC_CHECK(mote::parameters_of<mote::llama>(with(s, 0, true)) == tables / 2 + 3 * (attention + gated + norms) + 10);
  // Biases of query, key and value.
  STATIC_CHECK(mote::parameters_of<mote::qwen2>(s) == tables + 3 * (attention + 10 + 5 + 5 + gated + norms) + 10);
  // Norms of a query and a key head, which are 8 wide: 16 of queries, 8 of keys and of values.
  constexpr std::size_t wide = 16 * 10 + 8 * 10 + 8 * 10 + 10 * 16;
  STATIC_CHECK(mote::parameters_of<mote::qwen3>(with(s, 8, false)) == tables + 3 * (wide + 8 + 8 + gated + norms) + 10);
  // Positions, a bias for each matrix and norm, and no gate.
  constexpr std::size_t biased = attention + 10 + 5 + 5 + 10 + 2 * 10 * 14 + 14 + 10 + 2 * norms;
  STATIC_CHECK(mote::parameters_of<mote::gpt2>(with(s, 0, true)) == tables / 2 + 29 * 10 + 3 * biased + 2 * 10);
}

TEST_CASE("parameters_of: published models have as many as their files hold", "[model][tensors]") {
  constexpr mote::shape gpt2_small{
      .dim = 768, .hidden = 3072, .layers = 12, .heads = 12, .kv_heads = 12, .vocab = 50257, .context = 1024};
  STATIC_CHECK(mote::parameters_of<mote::gpt2>(gpt2_small) == 124'439'808);
  constexpr mote::shape qwen2_half{
      .dim = 896, .hidden = 4864, .layers = 24, .heads = 14, .kv_heads = 2, .vocab = 151936, .context = 32768};
  STATIC_CHECK(mote::parameters_of<mote::qwen2>(qwen2_half) == 494'032'768);
  constexpr mote::shape qwen3_small{.dim = 1024,
                                    .hidden = 3072,
                                    .layers = 28,
                                    .heads = 16,
                                    .kv_heads = 8,
                                    .vocab = 151936,
                                    .context = 40960,
                                    .head_width = 128};
  STATIC_CHECK(mote::parameters_of<mote::qwen3>(qwen3_small) == 596'049'920);
}
