// SPDX-License-Identifier: BSL-1.0
#include "mote/family/bert.hpp"

#include <catch2/catch_template_test_macros.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "../model/plain_encoder.hpp"
#include "against_reference.hpp"
#include "mote/block/encode.hpp"

namespace {

using mote_tests::plain_encoder;
using mote_tests::plain_rows;
using mote_tests::plain_vector;

// Real ones, for their numbers alone.
constexpr mote::shape mini_lm_l6{.dim = 384,
                                 .hidden = 1536,
                                 .layers = 6,
                                 .heads = 12,
                                 .kv_heads = 12,
                                 .vocab = 30522,
                                 .context = 512,
                                 .norm_epsilon = 1e-12F};
constexpr mote::shape of_layers(mote::shape s, std::size_t layers) {
  s.layers = layers;
  return s;
}
constexpr mote::shape bert_base{.dim = 768,
                                .hidden = 3072,
                                .layers = 12,
                                .heads = 12,
                                .kv_heads = 12,
                                .vocab = 30522,
                                .context = 512,
                                .norm_epsilon = 1e-12F};
// What the published models count, without their pooler (dim * (dim + 1)) and their second type of tokens (dim).
constexpr std::size_t parameters(const mote::shape& s) { return mote::parameters_of<mote::bert>(s); }
static_assert(parameters(mini_lm_l6) == 22'713'216 - 384 * 385 - 384);
static_assert(parameters(of_layers(mini_lm_l6, 12)) == 33'360'000 - 384 * 385 - 384);  // BGE-small too
static_assert(parameters(bert_base) == 109'482'240 - 768 * 769 - 768);                 // BGE-base too
static_assert(mote::is_encoder<mote::bert> && mote::looks_ahead<mote::bert>(mini_lm_l6));
static_assert(!mote::is_encoder<mote::llama>);

// Neither width nor length is a multiple of 16; one has heads that are.
constexpr mote::shape odd{.dim = 24,
                          .hidden = 44,
                          .layers = 2,
                          .heads = 4,
                          .kv_heads = 4,
                          .vocab = 37,
                          .context = 29,
                          .norm_epsilon = 1e-12F};
constexpr mote::shape even{.dim = 64,
                           .hidden = 128,
                           .layers = 3,
                           .heads = 2,
                           .kv_heads = 2,
                           .vocab = 37,
                           .context = 48,
                           .norm_epsilon = 1e-12F};

/// The definition in double precision; its tensors have the names that mote's have.
struct reference {
  plain_encoder m;
  plain_vector token_type;

  explicit reference(const mote::shape& s)
      : m(plain_encoder::random(mote_tests::encoder_shape::of(s, mote_tests::norm_place::after), 12)),
        token_type(s.dim) {
    mote::rng random(3);
    for (double& v : token_type) v = static_cast<double>(0.3F * random.normal());
  }
  plain_rows states(const std::vector<std::uint16_t>& tokens) const { return m.hidden(tokens, token_type); }
  template <class F>
  static void each(auto& self, F f) {
    plain_encoder::each(self.m, [&](std::string name, auto& part) {
      if (name.starts_with("outer_norm")) name.replace(0, 5, "embedding");
      f(name, part);
    });
    f("token_type", self.token_type);
  }
};

/// The states of mote's pass, a row each.
template <std::size_t Rows, std::size_t Most>
plain_rows states_of(const mote::shape& s, const mote_tests::against_reference<mote::bert, Rows, reference>& mine,
                     const std::vector<std::uint16_t>& text) {
  const auto plan = mote::plan_arena(mote::encode_lifetimes<mote::bert, mote::f32<Rows>>(s, s.context));
  mote_tests::packed_bytes arena(plan.bytes, 0xFF);
  const mote::decode_buffers<mote::bert> buffers{arena.data(), plan};
  mote::single_thread::team alone;
  const float* row =
      mote::encode<mote::simd::native, Most>(s, mine.view(), nullptr, alone, buffers, text.data(), text.size());
  REQUIRE(row != nullptr);
  plain_rows all;
  for (std::size_t t = 0; t < text.size(); ++t, row += mote::padded(s.dim)) all.emplace_back(row, row + s.dim);
  return all;
}

template <std::size_t Rows>
using row_count = std::integral_constant<std::size_t, Rows>;
#if MOTE_TEST_FEW_TYPES
using row_counts = std::tuple<row_count<16>>;
#else
using row_counts = std::tuple<row_count<1>, row_count<16>>;
#endif

}  // namespace

TEMPLATE_LIST_TEST_CASE("BERT: the state of each token is that of its definition in double precision, at any length",
                        "[family]", row_counts) {
  for (const mote::shape& s : {odd, even}) {
    reference r(s);
    const mote_tests::against_reference<mote::bert, TestType::value, reference> mine(s, r);
    const auto tokens = mote_tests::family_tokens(s.context, s.vocab);
    for (std::size_t count = 1; count <= s.context; ++count) {
      const std::vector<std::uint16_t> text(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(count));
      const plain_rows expected = r.states(text), got = states_of<TestType::value, 48>(s, mine, text);
      double error = 0, size = 0;
      for (std::size_t t = 0; t < count; ++t)
        for (std::size_t i = 0; i < s.dim; ++i) {
          error += std::pow(got[t][i] - expected[t][i], 2);
          size += std::pow(expected[t][i], 2);
        }
      INFO("dim " << s.dim << ", " << count << " tokens");
      CHECK(std::sqrt(error / size) < 3e-6);
    }
  }
}

TEST_CASE("BERT: the first token knows the last, and which row of positions it has", "[family]") {
  reference r(odd);
  const mote_tests::against_reference<mote::bert, 4, reference> mine(odd, r);
  auto text = mote_tests::family_tokens(9, odd.vocab);
  const plain_rows before = states_of<4, 29>(odd, mine, text);
  text.back() = static_cast<std::uint16_t>((text.back() + 1) % odd.vocab);
  CHECK(states_of<4, 29>(odd, mine, text)[0] != before[0]);
  const std::vector<std::uint16_t> twice(2, text[0]);
  const plain_rows same = states_of<4, 29>(odd, mine, twice);
  CHECK(same[0] != same[1]);
}
