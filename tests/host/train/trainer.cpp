// SPDX-License-Identifier: BSL-1.0
#include "mote/host/train/trainer.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <memory>
#include <vector>

#include "../../model/plain_decoder.hpp"

namespace {

constexpr mote::shape s{
    .dim = 16, .hidden = 24, .layers = 2, .heads = 2, .kv_heads = 1, .vocab = 19, .context = 32, .tied_head = false};
using trainer = mote::host::model_trainer<s, 16>;

/// Sequences of which each token is the one before and 3, modulo the vocabulary: easily learned.
std::vector<mote::host::training_sequence> steps_of_three(std::size_t count) {
  std::vector<mote::host::training_sequence> all;
  for (std::uint32_t i = 0; i < count; ++i) {
    mote::host::training_sequence q;
    q.first_answer = 1 + i % 3;
    for (std::uint32_t t = 0; t < 8 + i % 5; ++t)
      q.tokens.push_back((i * 5 + t * 3) % static_cast<std::uint32_t>(s.vocab));
    all.push_back(q);
  }
  return all;
}

/// The trainer's parameters in a decoder of plain loops.
mote_tests::plain_decoder plain_of(const trainer& t) {
  auto m = mote_tests::plain_decoder::random(s, 1);
  const auto w = t.view();
  std::vector<float> row(64);
  const auto take = [&](mote_tests::plain_matrix& to, const auto& from) {
    for (std::size_t r = 0; r < to.rows; ++r) {
      from.decode_row(r, row.data());
      for (std::size_t c = 0; c < to.cols; ++c) to.at(r, c) = static_cast<double>(row[c]);
    }
  };
  const auto gains = [&](std::vector<double>& to, std::size_t layer, mote::vector_role v) {
    for (std::size_t i = 0; i < s.dim; ++i) to[i] = static_cast<double>(w.vector(layer, v)[i]);
  };
  take(m.embedding, w.embedding());
  take(m.head, w.head());
  gains(m.final_norm, 0, mote::vector_role::final_norm);
  for (std::size_t l = 0; l < s.layers; ++l) {
    gains(m.blocks[l].attention_norm, l, mote::vector_role::attention_norm);
    gains(m.blocks[l].ffn_norm, l, mote::vector_role::ffn_norm);
    for (std::size_t r = 0; r < mote::role_count; ++r) take(m.blocks[l].matrix[r], w.of(l, static_cast<mote::role>(r)));
  }
  return m;
}

}  // namespace

TEST_CASE("trainer: its loss is that of a decoder of plain loops, a mean over all predicted tokens",
          "[host][trainer]") {
  const auto t = std::make_unique<trainer>(3);
  const auto set = steps_of_three(5);
  const auto m = plain_of(*t);
  double sum = 0;
  std::size_t predicted = 0;
  for (const auto& q : set) {
    const std::vector<std::uint16_t> tokens(q.tokens.begin(), q.tokens.end());
    sum += m.loss(std::span<const std::uint16_t>(tokens), q.first_answer - 1);
    predicted += q.tokens.size() - q.first_answer;
  }
  const double expected = sum / static_cast<double>(predicted);
  CHECK(std::fabs(static_cast<double>(t->loss(set)) - expected) < 1e-4);
  CHECK(std::fabs(expected - std::log(19.0)) < 1.0);                         // it begins near chance
  CHECK(std::fabs(static_cast<double>(t->step(set, 0)) - expected) < 1e-4);  // the loss before the step
}

TEST_CASE("trainer: it learns, and the same seed and batches give the same bits however threads run",
          "[host][trainer]") {
  const auto a = std::make_unique<trainer>(3), b = std::make_unique<trainer>(3), other = std::make_unique<trainer>(4);
  const auto batch = steps_of_three(7);
  CHECK(!std::equal(a->packed().begin(), a->packed().end(), other->packed().begin()));
  const float before = a->loss(batch);
  for (int i = 0; i < 60; ++i) REQUIRE(a->step(batch, 0.01F) == b->step(batch, 0.01F));
  CHECK(std::equal(a->packed().begin(), a->packed().end(), b->packed().begin()));
  CHECK(a->loss(batch) < before * 0.3F);
  CHECK(static_cast<const void*>(a->parameters().data()) == a->packed().data());
}

TEST_CASE("trainer: a first step goes by the rate against the gradient's sign, as Adam does", "[host][trainer]") {
  const auto t = std::make_unique<trainer>(3);
  const auto batch = steps_of_three(2);
  const std::vector<float> before(t->parameters().begin(), t->parameters().end());
  auto m = plain_of(*t);
  double& weight = m.blocks[1].matrix[0].at(3, 5);
  const auto loss = [&] {
    double sum = 0;
    for (const auto& q : batch) {
      const std::vector<std::uint16_t> tokens(q.tokens.begin(), q.tokens.end());
      sum += m.loss(std::span<const std::uint16_t>(tokens), q.first_answer - 1);
    }
    return sum;
  };
  const double kept = weight;
  weight = kept + 1e-4;
  const double up = loss();
  weight = kept - 1e-4;
  const double slope = up - loss();
  (void)t->step(batch, 0.001F);
  std::size_t moved = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const float by = t->parameters()[i] - before[i];
    CHECK(std::fabs(by) < 0.00102F);
    moved += std::fabs(by) > 0.0009F ? 1U : 0U;
  }
  CHECK(moved > before.size() / 2);
  std::vector<float> row(64);
  t->view().of(1, mote::role::query).decode_row(3, row.data());
  CHECK((static_cast<double>(row[5]) < kept) == (slope > 0));
}

TEST_CASE("trainer: what is not finite changes no parameter", "[host][trainer]") {
  const auto t = std::make_unique<trainer>(3);
  t->parameters()[0] = __builtin_inff();
  const std::vector<float> before(t->parameters().begin(), t->parameters().end());
  CHECK(std::isnan(t->step(steps_of_three(4), 0.01F)));
  CHECK(std::equal(before.begin(), before.end(), t->parameters().begin()));
}
