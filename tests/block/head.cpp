// SPDX-License-Identifier: BSL-1.0
#include "mote/block/head.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "mote/block/train_plan.hpp"
#include "mote/core/rng.hpp"
#include "mote/family/gemma2.hpp"
#include "mote/family/phi2.hpp"

namespace {

struct pass {
  mote::shape s{.vocab = 21, .logit_softcap = 3};
  std::vector<float> bias = std::vector<float>(21, 0.5F), dbias = std::vector<float>(21);
  bool learns = true;

  const mote::shape& shape() const { return s; }
  template <mote::vector_role>
  const float* vector() const {
    return bias.data();
  }
  template <mote::vector_role>
  float* vector_gradient() {
    return learns ? dbias.data() : nullptr;
  }
};

}  // namespace

TEST_CASE("a cap of the logits: its value, its slope, and what is not finite stays so", "[family]") {
  pass p;
  std::vector<float> x(32), y(32), d(32);
  mote::rng random(1);
  for (std::size_t i = 0; i < 21; ++i) {
    x[i] = 4 * random.normal();
    d[i] = random.normal();
  }
  y = x;
  mote::softcapped_head::forward(p, y.data());
  auto dx = d;
  mote::softcapped_head::backward(p, y.data(), dx.data());
  for (std::size_t i = 0; i < 21; ++i) {
    const double part = std::tanh(static_cast<double>(x[i]) / 3);
    CHECK(std::fabs(static_cast<double>(y[i]) - 3 * part) <= 1e-6);
    CHECK(std::fabs(static_cast<double>(dx[i]) - static_cast<double>(d[i]) * (1 - part * part)) <= 2e-6);
  }
  for (const float bad : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(), NAN}) {
    std::vector<float> not_finite(32, bad);
    mote::softcapped_head::forward(p, not_finite.data());
    for (std::size_t i = 0; i < 21; ++i) CHECK(std::isnan(not_finite[i]));
  }
  p.s.logit_softcap = 0;  // none
  y = x;
  mote::softcapped_head::forward(p, y.data());
  CHECK(y == x);
}

TEST_CASE("a bias of the head is added, and its gradient is the sum of those of the logits", "[family]") {
  pass p;
  std::vector<float> x(32), d(32, 2.0F);
  mote::biased_head<>::forward(p, x.data());
  for (std::size_t i = 0; i < 32; ++i) CHECK(x[i] == (i < 21 ? 0.5F : 0.0F));
  mote::biased_head<>::backward(p, nullptr, d.data());
  mote::biased_head<>::backward(p, nullptr, d.data());
  for (const float v : p.dbias) CHECK(v == 4.0F);
  p.learns = false;
  mote::biased_head<>::backward(p, nullptr, d.data());
  for (const float v : p.dbias) CHECK(v == 4.0F);
}

TEST_CASE("a head that does nothing has no tensor, no buffer and no code", "[family]") {
  STATIC_CHECK_FALSE(mote::changes_logits<mote::llama>);
  STATIC_CHECK(mote::changes_logits<mote::gemma2>);
  STATIC_CHECK(mote::tensors_of<mote::llama>::outer_vectors == 1);
  STATIC_CHECK(mote::tensors_of<mote::phi2>::outer_vectors == 3);  // the last norm's two and the bias
  STATIC_CHECK_FALSE(mote::train_plan_of<mote::phi2>::keeps_logits);
  STATIC_CHECK(mote::train_plan_of<mote::gemma2>::keeps_logits);
}

TEST_CASE("a head changes logits of some rows as those of all", "[family]") {
  pass p;
  p.s.vocab = 150;
  p.bias.resize(160);
  mote::rng random(2);
  std::vector<float> x(160);
  for (std::size_t i = 0; i < 150; ++i) {
    x[i] = 9 * random.normal();
    p.bias[i] = random.normal();
  }
  const auto same = [&]<class Head>(Head) {
    auto all = x, rows = x;
    Head::forward(p, all.data());
    for (std::size_t first = 0; first < 150; first += 64)
      Head::forward_rows(p, rows.data() + first, first, first + 64 < 150 ? 64 : 150 - first);
    for (std::size_t i = 0; i < 150; ++i) CHECK(rows[i] == all[i]);
    CHECK(all[149] != x[149]);
  };
  same(mote::softcapped_head{});
  same(mote::biased_head<>{});
}
