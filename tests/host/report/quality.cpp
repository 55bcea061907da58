// SPDX-License-Identifier: BSL-1.0
#include "mote/host/report/quality.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "../../synthetic_model.hpp"

using mote_tests::synthetic;
namespace host = mote::host;

TEST_CASE("sampled_text: seeded, in range, and the same however many run at once", "[host][quality]") {
  const auto model = host::use_floats(mote_tests::synthetic_weights(synthetic::shape, 8));
  const auto text = host::sample_text(model, 3, 20, 1, 4);
  REQUIRE(text.tokens.size() == 3 * 21);
  CHECK(text.tokens == host::sample_text(model, 3, 20, 1, 4).tokens);
  CHECK(text.tokens != host::sample_text(model, 3, 20, 1, 5).tokens);
  const auto more = host::sample_text(model, 18, 20, 1, 4);  // two batches
  CHECK(std::equal(text.tokens.begin(), text.tokens.end(), more.tokens.begin()));
  for (std::size_t i = 0; i < 18; ++i) CHECK(more.sequence(i).front() == 1);
  for (std::size_t t : more.tokens) CHECK(t < synthetic::shape.vocab);
  CHECK_THROWS(host::sample_text(model, 1, 4, synthetic::shape.vocab, 1));
}

TEST_CASE("sampled_text: tokens come as often as the model says", "[host][quality]") {
  auto weights = mote_tests::synthetic_weights(synthetic::shape, 8);
  for (float& w : weights.embedding.values) w *= 0.3F;  // a flatter distribution: more tokens are seen
  const auto model = host::use_floats(weights);
  const auto text = host::sample_text(model, 4000, 1, 1, 4);
  host::batch_decoder<> decoder(model, 1, 1);
  auto p = decoder.run(std::vector<std::size_t>{1});
  mote::softmax(p.data(), synthetic::shape.vocab);
  std::vector<double> seen(synthetic::shape.vocab);
  for (std::size_t i = 0; i < text.sequences; ++i) seen[text.sequence(i)[1]] += 1;
  double chi = 0, cells = 0, rest = 0, rest_seen = 0;
  for (std::size_t v = 0; v < seen.size(); ++v) {
    const double expected = 4000.0 * static_cast<double>(p[v]);
    if (expected < 8) {
      rest += expected;
      rest_seen += seen[v];
      continue;
    }
    chi += (seen[v] - expected) * (seen[v] - expected) / expected;
    ++cells;
  }
  chi += rest > 0 ? (rest_seen - rest) * (rest_seen - rest) / rest : 0;
  REQUIRE(cells > 20);
  CHECK(chi < cells + 4 * std::sqrt(2 * cells));
}

TEST_CASE("quality: zero for the same model, and a plain sum in double for another", "[host][quality]") {
  const auto weights = mote_tests::synthetic_weights(synthetic::shape, 9);
  const auto base = host::use_floats(weights);
  auto changed_weights = weights;
  for (float& w : host::change_values(changed_weights, host::tensor_place::block(1, mote::role::down))) w *= 0.9F;
  const auto changed = host::use_floats(changed_weights);

  const host::quality_meter meter(base, host::sample_text(base, 3, 24, 1, 2));
  const auto same = meter.measure(base);
  CHECK(same.divergence == 0);
  CHECK(same.perplexity_ratio == 1);
  CHECK(same.same_choice == 1);
  CHECK(same.tokens == 72);

  double divergence = 0, lost = 0, nats = 0;
  std::size_t agree = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto tokens = meter.text().sequence(i);
    host::batch_decoder<> a(base, 1, 24), b(changed, 1, 24);
    for (std::size_t t = 0; t < 24; ++t) {
      const std::size_t fed[] = {tokens[t]};
      const auto x = a.run(fed), y = b.run(fed);
      std::vector<double> p, q;
      double p_sum = 0, q_sum = 0;
      std::size_t p_best = 0, q_best = 0;
      for (std::size_t v = 0; v < synthetic::shape.vocab; ++v) {
        p_sum += p.emplace_back(std::exp(static_cast<double>(x[v])));
        q_sum += q.emplace_back(std::exp(static_cast<double>(y[v])));
        if (p[v] > p[p_best]) p_best = v;
        if (q[v] > q[q_best]) q_best = v;
      }
      for (std::size_t v = 0; v < p.size(); ++v) divergence += p[v] / p_sum * std::log(p[v] / p_sum / (q[v] / q_sum));
      lost += std::log(p[tokens[t + 1]] / p_sum / (q[tokens[t + 1]] / q_sum));
      nats -= std::log(p[tokens[t + 1]] / p_sum);
      agree += p_best == q_best ? 1U : 0U;
    }
  }
  const auto q = meter.measure(changed);
  CHECK(std::fabs(q.divergence - divergence / 72) < 1e-6 + divergence / 72 * 1e-4);
  CHECK(std::fabs(q.perplexity_ratio - std::exp(lost / 72)) < 1e-5);
  CHECK(std::fabs(meter.base_perplexity() / std::exp(nats / 72) - 1) < 1e-5);
  CHECK(q.same_choice == static_cast<double>(agree) / 72);
  CHECK(q.divergence > 1e-4);

  const host::quality_meter lean(base, meter.text(), 0);  // keeps nothing, runs the base again
  CHECK(lean.measure(changed).divergence == q.divergence);
  CHECK(lean.base_perplexity() == meter.base_perplexity());
}
