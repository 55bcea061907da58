// SPDX-License-Identifier: BSL-1.0
// Folding alone changes no answer: scales, AWQ, SmoothQuant and the turn of the residual stream.
#include "mote/host/quantize/fold.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>

#include "../../synthetic_model.hpp"
#include "../gaussian.hpp"
#include "mote/host/quantize/awq.hpp"
#include "mote/host/quantize/gptq.hpp"
#include "mote/host/quantize/hadamard.hpp"
#include "mote/host/quantize/smooth.hpp"
#include "mote/host/report/quality.hpp"
#include "relative_difference.hpp"

namespace host = mote::host;
using mote::scaled_input;

namespace {

using mote_tests::relative_difference;

/// Shapes on purpose: query heads that share value heads, widths with an odd factor.
constexpr mote::shape small{
    .dim = 48, .hidden = 52, .layers = 2, .heads = 6, .kv_heads = 3, .vocab = 70, .context = 32};
constexpr mote::shape untied{
    .dim = 40, .hidden = 36, .layers = 2, .heads = 4, .kv_heads = 1, .vocab = 70, .context = 32, .tied_head = false};

std::vector<float> logits_of(const host::raw_model& m) {
  const auto model = host::use_floats(m);
  host::batch_decoder<> decoder(model, 1, 24);
  std::vector<std::size_t> tokens;
  for (std::size_t i = 0; i < 24; ++i) tokens.push_back(i * 29 % 70);
  auto all = decoder.run(tokens);
  std::vector<float> logits;  // without the padding
  for (std::size_t t = 0; t < 24; ++t)
    logits.insert(logits.end(), all.begin() + static_cast<std::ptrdiff_t>(t * 80),
                  all.begin() + static_cast<std::ptrdiff_t>(t * 80 + 70));
  return logits;
}
bool same_weights(const host::raw_model& a, const host::raw_model& b, const host::tensor_place& p) {
  const auto x = host::values_of(a, p);
  const auto y = host::values_of(b, p);
  return std::equal(x.begin(), x.end(), y.begin(), y.end());
}

}  // namespace

TEST_CASE("fold: scales of each input leave the logits where they were", "[host][fold]") {
  for (const mote::shape& s : {small, untied}) {
    const auto before = mote_tests::synthetic_weights(s, 3);
    const auto expected = logits_of(before);
    auto inputs = host::scaled_inputs_of<mote::llama>(1);
    REQUIRE(inputs.size() == 4);
    if (!s.tied_head) inputs.push_back(host::head_input<mote::llama>());
    for (const scaled_input& where : inputs) {
      auto m = before;
      mote::rng random(4);
      std::vector<float> scale;
      for (std::size_t i = 0; i < host::scales_of(s, where); ++i) scale.push_back(0.25F + 4 * random.uniform());
      host::fold_scales(m, 1, where, scale);
      const auto changed =
          where.readers.empty() ? host::tensor_place::head() : host::tensor_place::block(1, where.readers[0]);
      CHECK_FALSE(same_weights(m, before, changed));
      CHECK(relative_difference(logits_of(m), expected) < 1e-5);
    }
  }
}

TEST_CASE("fold: refuses a tied head, scales of another number, and scales that are not positive", "[host][fold]") {
  auto m = mote_tests::synthetic_weights(small, 3);
  const auto inputs = host::scaled_inputs_of<mote::llama>(0);
  const auto head = host::head_input<mote::llama>();
  CHECK_THROWS(host::fold_scales(m, 0, head, std::vector<float>(48, 2.0F)));
  REQUIRE(inputs[1].readers[0] == mote::role::output);
  CHECK_THROWS(host::fold_scales(m, 0, inputs[1], std::vector<float>(48, 2.0F)));  // 24: heads share
  CHECK_THROWS(host::fold_scales(m, 0, inputs[3], std::vector<float>(52, 0.0F)));
  host::untie_head(m);
  CHECK(relative_difference(logits_of(m), logits_of(mote_tests::synthetic_weights(small, 3))) == 0);
  CHECK_NOTHROW(host::fold_scales(m, 0, head, std::vector<float>(48, 2.0F)));
}

TEST_CASE("awq: folding alone changes nothing, and the search never loses more than rounding", "[host][fold][awq]") {
  for (const mote::shape& s : {small, untied}) {
    auto before = mote_tests::synthetic_weights(s, 5);
    for (std::size_t i = 0; i < before.of(mote::vector_role::attention_norm).values.size(); i += 11)
      before.of(mote::vector_role::attention_norm).values[i] *= 6;
    const auto model = host::use_floats(before);
    const auto text = host::sample_text(model, 4, 30, 1, 6);
    const auto expected = logits_of(before);
    for (const double alpha : {-1.0, 0.5}) {
      auto m = before;
      const auto powers = host::awq{.alpha = alpha}(m, mote_tests::sixteen_integers(), text);
      REQUIRE(powers.size() == 4 * s.layers);
      CHECK(*std::ranges::max_element(powers) > 0);
      CHECK(relative_difference(logits_of(m), expected) < 1e-5);
    }
    host::calibrate(model, text, [&](std::size_t layer, const host::layer_moments& moments) {
      for (const scaled_input& where : host::scaled_inputs_of<mote::llama>(layer)) {
        const auto& input = moments.of(where.readers.front());
        const auto g = mote_tests::sixteen_integers();
        const double plain =
            host::awq::loss(before, layer, where, input, g, std::vector<float>(host::scales_of(s, where), 1.0F));
        double nearest = 0;  // without scales it is rounding to nearest
        for (mote::role r : where.readers) {
          const auto size = mote::size_of(s, r);
          const auto w = host::values_of(before, host::tensor_place::block(layer, r));
          nearest += host::output_error(
              input, w.data(),
              host::round_to_nearest{}({.w = w.data(), .rows = size.rows, .cols = size.cols}, g).values.data(),
              size.rows);
        }
        CHECK(std::fabs(plain / nearest - 1) < 1e-6);
      }
      return false;
    });
  }
}

TEST_CASE("smooth: folding alone changes nothing, and inputs come down to the weights' size", "[host][fold][smooth]") {
  auto before = mote_tests::synthetic_weights(small, 5);
  for (std::size_t i = 0; i < before.of(mote::vector_role::ffn_norm).values.size(); i += 11)
    before.of(mote::vector_role::ffn_norm).values[i] *= 20;
  const auto text = host::sample_text(host::use_floats(before), 4, 30, 1, 6);
  auto m = before;
  host::smooth{}(m, text);
  CHECK(relative_difference(logits_of(m), logits_of(before)) < 1e-5);
  const auto spread = [&](const host::raw_model& model) {  // largest input over the mean of the largest ones
    double worst = 0;
    host::calibrate(host::use_floats(model), text, [&](std::size_t, const host::layer_moments& moments) {
      const auto& largest = moments.of(mote::role::up).largest;
      double sum = 0;
      for (double x : largest) sum += x;
      worst = std::max(worst, *std::ranges::max_element(largest) / sum * static_cast<double>(largest.size()));
      return false;
    });
    return worst;
  };
  CHECK(spread(m) < 0.6 * spread(before));
}

TEST_CASE("hadamard: twice is nothing, a turn keeps lengths and angles", "[host][fold][hadamard]") {
  for (const std::size_t n : {1U, 2U, 64U, 256U}) {
    const auto x = mote_tests::gaussian(n, n);
    std::vector<double> v(x.begin(), x.end());
    host::hadamard_transform(v);
    if (n > 1) CHECK(std::fabs(v[1] - static_cast<double>(x[1])) > 1e-6);
    host::hadamard_transform(v);
    for (std::size_t i = 0; i < n; ++i) CHECK(std::fabs(v[i] - static_cast<double>(x[i])) < 1e-12);
  }
  for (const std::size_t n : {3U, 8U, 48U, 172U, 192U, 576U}) {
    const host::rotation q(n, 9);
    const auto a = mote_tests::gaussian(n, 1);
    const auto b = mote_tests::gaussian(n, 2);
    std::vector<double> x(a.begin(), a.end()), y(b.begin(), b.end());
    const auto inner = [](const std::vector<double>& l, const std::vector<double>& r) {
      double sum = 0;
      for (std::size_t i = 0; i < l.size(); ++i) sum += l[i] * r[i];
      return sum;
    };
    const double xx = inner(x, x), xy = inner(x, y);
    q.rotate(x);
    q.rotate(y);
    CHECK(std::fabs(inner(x, x) - xx) < 1e-9 * static_cast<double>(n));
    CHECK(std::fabs(inner(x, y) - xy) < 1e-9 * static_cast<double>(n));
    std::vector<double> spike(n);  // one loud column is spread over all of them
    spike[n / 2] = 1;
    q.rotate(spike);
    for (double s : spike) CHECK(std::fabs(s) < (n < 8 ? 1.0 : 3 / std::sqrt(static_cast<double>(n))));
  }
}

TEST_CASE("hadamard: the turned model gives the same logits, and its matrices have no loud columns",
          "[host][fold][hadamard]") {
  for (const mote::shape& s : {small, untied}) {
    auto before = mote_tests::synthetic_weights(s, 7);
    for (std::size_t i = 0; i < before.embedding.values.size(); i += s.dim) before.embedding.values[i] *= 8;
    before.of(mote::vector_role::attention_norm).values[3] = -2;  // a gain of any sign
    for (const bool values : {false, true}) {
      auto m = before;
      host::hadamard{.values = values}(m);
      CHECK_FALSE(m.shape.tied_head);
      CHECK(relative_difference(logits_of(m), logits_of(before)) < 1e-4);
      const auto loudest = [&](const host::raw_model& model) {
        double most = 0, all = 0;
        for (std::size_t col = 0; col < s.dim; ++col) {
          double power = 0;
          for (std::size_t row = 0; row < s.vocab; ++row) {
            const auto w = static_cast<double>(model.embedding.values[row * s.dim + col]);
            power += w * w;
          }
          most = std::max(most, power);
          all += power;
        }
        return most / all * static_cast<double>(s.dim);
      };
      CHECK(loudest(before) > 10);
      CHECK(loudest(m) < 5);
    }
  }
}
