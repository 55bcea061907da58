// SPDX-License-Identifier: BSL-1.0
#include "mote/learn/zeroth_order.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

namespace {

constexpr std::size_t floats = 48;
/// Two runs of trained floats, with padding after each.
struct view {
  template <class Function>
  void each(Function f) const {
    f(0, 10);
    f(16, 20);
  }
};
bool is_padding(std::size_t i) { return (i >= 10 && i < 16) || i >= 36; }

/// A loss that is linear in the parameters: its slope along a direction is known without a limit.
double loss_at(const std::vector<float>& p, const std::vector<double>& slope) {
  double sum = 3;
  for (std::size_t i = 0; i < floats; ++i) sum += slope[i] * static_cast<double>(p[i]);
  return sum;
}

}  // namespace

TEST_CASE("zeroth_order: the gradient is the slope along a direction of signs, times that direction", "[learn]") {
  constexpr mote::zeroth_order_knobs knobs{.distance = 0.25F, .seed = 5};
  constexpr std::size_t batch = 3;
  mote::zeroth_order<knobs>::state<batch> state;
  std::vector<double> slope(floats);
  for (std::size_t i = 0; i < floats; ++i) slope[i] = is_padding(i) ? 100 : 0.1 * static_cast<double>(i) - 1.5;
  const std::vector<float> p(floats, 0.5F);
  std::vector<std::vector<double>> directions;
  for (int round = 0; round < 2; ++round) {  // two batches
    std::vector<double> expected(floats);
    std::vector<float> moved(floats, 7.0F);
    for (std::size_t example = 0; example < batch; ++example) {
      for (std::size_t i = 0; i < floats; ++i)
        if (is_padding(i)) moved[i] = 7.0F;
      state.begin(view{}, p.data(), moved.data());
      std::vector<double> direction(floats);
      for (std::size_t i = 0; i < floats; ++i)
        if (!is_padding(i)) direction[i] = static_cast<double>((moved[i] - p[i]) / knobs.distance);
      for (std::size_t i = 0; i < floats; ++i) {
        if (is_padding(i)) CHECK(moved[i] == 7.0F);
        else REQUIRE(std::fabs(direction[i]) == 1);
      }
      for (std::size_t i = 0; i < floats; ++i)
        if (is_padding(i)) moved[i] = p[i];
      const double above = loss_at(moved, slope);
      float loss = static_cast<float>(above);
      REQUIRE(state.next(view{}, p.data(), moved.data(), loss));
      for (std::size_t i = 0; i < floats; ++i)
        if (!is_padding(i)) CHECK(moved[i] == p[i] - knobs.distance * static_cast<float>(direction[i]));
      const double below = loss_at(moved, slope);
      loss = static_cast<float>(below);
      REQUIRE(!state.next(view{}, p.data(), moved.data(), loss));
      CHECK(std::fabs(static_cast<double>(loss) - (above + below) / 2) < 1e-5);
      double along = 0;
      for (std::size_t i = 0; i < floats; ++i) along += slope[i] * direction[i];
      for (std::size_t i = 0; i < floats; ++i) expected[i] += along * direction[i] / batch;
      directions.push_back(direction);
    }
    for (std::size_t i = 0; i < floats; ++i) {
      INFO("float " << i);
      if (!is_padding(i)) CHECK(std::fabs(static_cast<double>(moved[i]) - expected[i]) < 1e-3);
    }
  }
  for (std::size_t a = 0; a < directions.size(); ++a)
    for (std::size_t b = 0; b < a; ++b) CHECK(directions[a] != directions[b]);
}

TEST_CASE("zeroth_order: directions are those of the seed, and balanced", "[learn]") {
  const std::vector<float> p(floats);
  const auto first = [&]<mote::zeroth_order_knobs Knobs>() {
    typename mote::zeroth_order<Knobs>::template state<1> state;
    std::vector<float> moved(floats);
    state.begin(view{}, p.data(), moved.data());
    return moved;
  };
  const auto a = first.operator()<mote::zeroth_order_knobs{.seed = 1}>();
  CHECK(a == first.operator()<mote::zeroth_order_knobs{.seed = 1}>());
  CHECK(a != first.operator()<mote::zeroth_order_knobs{.seed = 2}>());
  mote::zeroth_order<>::state<1> state;
  std::vector<float> moved(floats);
  double sum = 0;
  for (int i = 0; i < 400; ++i) {
    state.begin(view{}, p.data(), moved.data());
    for (std::size_t k = 0; k < floats; ++k) sum += static_cast<double>(is_padding(k) ? 0.0F : moved[k]) / 1e-2;
    float loss = 0;
    (void)state.next(view{}, p.data(), moved.data(), loss);
    (void)state.next(view{}, p.data(), moved.data(), loss);
  }
  CHECK(std::fabs(sum / (400 * 30)) < 0.04);  // 12,000 signs: four deviations
  STATIC_REQUIRE(!mote::zeroth_order<>::goes_back);
}
