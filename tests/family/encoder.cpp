// SPDX-License-Identifier: BSL-1.0
// Encoders against their reference; they answer in one run over all tokens.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "../model/plain_encoder.hpp"
#include "against_reference.hpp"
#include "encoder.hpp"

namespace {

using mote_tests::norm_place;
using mote_tests::plain_encoder;
using mote_tests::plain_rows;
using mote_tests::encoders::norms_before;
using mote_tests::encoders::norms_behind;

constexpr mote::shape s{.dim = 24,
                        .hidden = 44,
                        .layers = 2,
                        .heads = 4,
                        .kv_heads = 4,
                        .vocab = 37,
                        .context = 29,
                        .norm_epsilon = 1e-12F};

/// The reference, whose tensors have the names that mote's have.
struct reference {
  plain_encoder m;

  explicit reference(norm_place norms, std::size_t layers = s.layers)
      : m(plain_encoder::random(of_layers(norms, layers), 12)) {}
  static mote_tests::encoder_shape of_layers(norm_place norms, std::size_t layers) {
    auto wanted = mote_tests::encoder_shape::of(s, norms);
    wanted.layers = layers;
    return wanted;
  }
  template <class F>
  static void each(auto& self, F f) {
    plain_encoder::each(self.m, [&](std::string name, auto& part) {
      if (name.starts_with("outer_norm")) name.replace(0, 5, "final");
      f(name, part);
    });
  }
};

double apart(const plain_rows& a, const plain_rows& b) {
  double error = 0, size = 0;
  REQUIRE(a.size() == b.size());
  for (std::size_t t = 0; t < b.size(); ++t)
    for (std::size_t i = 0; i < b[t].size(); ++i) {
      error += std::pow(a[t][i] - b[t][i], 2);
      size += std::pow(b[t][i], 2);
    }
  return std::sqrt(error / size);
}

/// What a text's positions hold, and the mean of them: what a search compares.
struct encoded {
  plain_rows hidden, logits;
  plain_rows pooled() const {
    plain_rows mean(1, mote_tests::plain_vector(s.dim));
    for (const auto& row : hidden)
      for (std::size_t i = 0; i < s.dim; ++i) mean[0][i] += row[i] / static_cast<double>(hidden.size());
    return mean;
  }
};

}  // namespace

TEMPLATE_TEST_CASE_SIG(
    "an encoder: hidden states, logits and their mean are those of its definition in double precision", "[family]",
    ((class Family, std::size_t Rows), Family, Rows), (norms_before, 1), (norms_before, 16), (norms_behind, 1),
    (norms_behind, 16)) {
  const std::size_t layers = GENERATE(1U, 2U);
  mote::shape of_layers = s;
  of_layers.layers = layers;
  reference r(Family::norms, layers);
  const mote_tests::against_reference<Family, Rows, reference> mine(of_layers, r);
  const auto tokens = mote_tests::family_tokens(21, s.vocab);
  for (const std::size_t count : {1U, 2U, 7U, 16U, 21U}) {
    const std::vector<std::uint16_t> text(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(count));
    encoded got;
    got.logits = mine.logits(text, count, [&](const float* stream) {
      for (std::size_t t = 0; t < count; ++t) {
        const float* row = stream + t * mote::padded(s.dim);
        got.hidden.emplace_back(row, row + s.dim);
        if (Family::norms == norm_place::before)
          got.hidden.back() = r.m.outer_norm(got.hidden.back(), r.m.s.norm_epsilon);
      }
    });
    const encoded expected{.hidden = r.m.hidden(text), .logits = r.m.logits(text)};
    INFO(Family::name << ", " << count << " tokens");
    CHECK(apart(got.hidden, expected.hidden) < 3e-6);
    CHECK(apart(got.logits, expected.logits) < 3e-6);
    CHECK(apart(got.pooled(), expected.pooled()) < 3e-6);
    // In parts its first tokens would not see the last: that is another model, and nearly as different as can be.
    if (count > 2) CHECK(apart(mine.logits(text, 2), expected.logits) > 1e-2);
  }
}

TEMPLATE_TEST_CASE("an encoder: the first token knows the last", "[family]", norms_before, norms_behind) {
  reference r(TestType::norms);
  const mote_tests::against_reference<TestType, 4, reference> mine(s, r);
  auto text = mote_tests::family_tokens(9, s.vocab);
  const plain_rows before = mine.logits(text, text.size());
  text.back() = static_cast<std::uint16_t>((text.back() + 1) % s.vocab);
  const plain_rows after = mine.logits(text, text.size());
  CHECK(before[0] != after[0]);
}
