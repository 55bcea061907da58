// SPDX-License-Identifier: BSL-1.0
#include "mote/block/norm.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

#include "../model/plain_math.hpp"

namespace {

using mote::vector_role;
constexpr auto gain = vector_role::ffn_norm, bias = vector_role::ffn_norm_bias;
constexpr mote::shape s{.dim = 37,
                        .hidden = 4,
                        .layers = 1,
                        .heads = 1,
                        .kv_heads = 1,
                        .vocab = 5,
                        .context = 8,
                        .norm_epsilon = 1e-2F};  // large enough to be seen

struct pass {
  std::vector<float> gains, biases, dgains, dbiases;
  explicit pass(mote::rng& random) : dgains(s.dim), dbiases(s.dim) {
    for (std::size_t i = 0; i < s.dim; ++i) gains.push_back(1 + random.normal()), biases.push_back(random.normal());
  }
  static const mote::shape& shape() { return s; }
  template <vector_role V>
  const float* vector() const {
    return V == gain ? gains.data() : V == bias ? biases.data() : nullptr;
  }
  template <vector_role V>
  float* vector_gradient() {
    return V == gain ? dgains.data() : V == bias ? dbiases.data() : nullptr;
  }
};
std::vector<double> wide(const std::vector<float>& v) { return {v.begin(), v.end()}; }

/// Compares the block's output with `plain`, and its gradients with central differences of that, both in double.
template <class Block, bool HasBias, class Plain>
void check(Plain plain) {
  mote::rng random(7);
  pass p(random);
  std::vector<float> x, dy, y(s.dim), dx(s.dim);
  for (std::size_t i = 0; i < s.dim; ++i) x.push_back(random.normal()), dy.push_back(random.normal());
  for (float& d : dx) d = 0.5F;  // what is there already stays
  Block::forward(p, x.data(), y.data());
  Block::backward(p, x.data(), dy.data(), dx.data());

  std::vector<double> in = wide(x), g = wide(p.gains), b = HasBias ? wide(p.biases) : std::vector<double>{};
  const auto expected = plain(in, g, b);
  const auto along = [&] {  // the sum of dy * y
    const auto out = plain(in, g, b);
    double sum = 0;
    for (std::size_t i = 0; i < s.dim; ++i) sum += static_cast<double>(dy[i]) * out[i];
    return sum;
  };
  const auto slope = [&](double& at) {
    const double kept = at, h = 1e-5;
    at = kept + h;
    const double up = along();
    at = kept - h;
    const double down = along();
    at = kept;
    return (up - down) / (2 * h);
  };
  for (std::size_t i = 0; i < s.dim; ++i) {
    INFO(i);
    CHECK(std::fabs(static_cast<double>(y[i]) - expected[i]) < 2e-6 * (1 + std::fabs(expected[i])));
    CHECK(std::fabs(static_cast<double>(dx[i]) - 0.5 - slope(in[i])) < 2e-5);
    CHECK(std::fabs(static_cast<double>(p.dgains[i]) - slope(g[i])) < 2e-5);
    if (HasBias) CHECK(std::fabs(static_cast<double>(p.dbiases[i]) - slope(b[i])) < 2e-5);
  }
}

}  // namespace

TEST_CASE("norm: root mean square and its gradient", "[block]") {
  using block = mote::rms_norm_block<gain>;
  check<block, false>([](const auto& x, const auto& g, const auto&) {
    return mote_tests::rms_norm(x, g, static_cast<double>(s.norm_epsilon));
  });
  constexpr auto vectors = block::vectors(s);
  CHECK((vectors.size() == 1 && vectors[0].which == gain && vectors[0].floats == 37));
}

TEST_CASE("norm: mean and variance, with and without a bias, and their gradients", "[block]") {
  const auto plain = [](const auto& x, const auto& g, const auto& b) {
    return mote_tests::layer_norm(x, g, b, static_cast<double>(s.norm_epsilon));
  };
  using with = mote::layer_norm_block<gain, bias>;
  using without = mote::layer_norm_block<gain, vector_role::none>;
  check<with, true>(plain);
  check<without, false>(plain);
  CHECK((with::vectors(s).size() == 2 && with::vectors(s)[1].which == bias && with::vectors(s)[1].floats == 37));
  CHECK((without::vectors(s).size() == 1 && without::proportional_to.size() == 1 && with::proportional_to.size() == 2));
}
