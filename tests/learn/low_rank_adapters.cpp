// SPDX-License-Identifier: BSL-1.0
#include "mote/learn/low_rank_adapters.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

#include "mote/family/llama.hpp"

namespace {

using mote::role;
constexpr mote::shape s{.dim = 24, .hidden = 44, .layers = 3, .heads = 4, .kv_heads = 2, .vocab = 37, .context = 64};
constexpr mote::role_set targets = mote::only(role::key) | mote::only(role::down);
constexpr std::size_t rank = 3;
constexpr auto layout = mote::lay_adapters<mote::llama, targets>(s, rank);

std::size_t padded(std::size_t n) { return (n + 15) / 16 * 16; }

}  // namespace

TEST_CASE("low_rank_adapters: A and B of each target lie one after another, rows padded", "[learn]") {
  STATIC_REQUIRE(layout.adapters.size() == 2);
  const auto key = layout.of(role::key), down = layout.of(role::down);
  CHECK((key.size.rows == 12 && key.size.cols == 24 && key.size.rank == 3));
  CHECK((down.size.rows == 24 && down.size.cols == 44));
  CHECK(key.offset == 0);
  CHECK(down.offset == rank * (padded(24) + padded(12)));
  CHECK(layout.layer_floats == down.offset + rank * (padded(44) + padded(24)));
}

TEST_CASE("low_rank_adapters: y gains scale * B A x in the layer that is asked for, and other matrices nothing",
          "[learn]") {
  mote::rng random(2);
  std::vector<float> p(s.layers * layout.layer_floats), g(p.size());
  for (float& v : p) v = random.normal();
  constexpr float scale = 0.75F;
  mote::low_rank_adapters adapters(s, layout, scale, p.data(), g.data());
  for (std::size_t layer = 0; layer < s.layers; ++layer)
    for (const role r : {role::key, role::down}) {
      const auto place = layout.of(r);
      const std::size_t cols = place.size.cols, rows = place.size.rows;
      std::vector<float> x(padded(cols)), y(padded(rows));
      for (std::size_t i = 0; i < cols; ++i) x[i] = random.normal();
      for (std::size_t i = 0; i < rows; ++i) y[i] = random.normal();
      const std::vector<float> before = y;
      adapters.apply(layer, r, x.data(), y.data());
      const float* a = p.data() + layer * layout.layer_floats + place.offset;
      const float* b = a + rank * padded(cols);
      for (std::size_t row = 0; row < rows; ++row) {
        double sum = 0;
        for (std::size_t k = 0; k < rank; ++k) {
          double inner = 0;
          for (std::size_t c = 0; c < cols; ++c)
            inner += static_cast<double>(a[k * padded(cols) + c]) * static_cast<double>(x[c]);
          sum += static_cast<double>(b[k * padded(rows) + row]) * inner;
        }
        const double expected = static_cast<double>(before[row]) + static_cast<double>(scale) * sum;
        CHECK(std::fabs(static_cast<double>(y[row]) - expected) < 1e-4);
      }
    }
  std::vector<float> x(64, 1.0F), y(64, 2.0F);
  adapters.apply(0, role::query, x.data(), y.data());
  CHECK(y == std::vector<float>(64, 2.0F));
}

TEST_CASE("low_rank_adapters: it starts without effect: A of its seed, B and all padding zero", "[learn]") {
  std::vector<float> p(s.layers * layout.layer_floats, 9.0F), g(p.size()), again(p.size(), 9.0F);
  mote::low_rank_adapters adapters(s, layout, 1, p.data(), g.data());
  CHECK(adapters.has_effect());
  adapters.reset(4);
  CHECK(!adapters.has_effect());
  mote::low_rank_adapters(s, layout, 1, again.data(), g.data()).reset(4);
  CHECK(p == again);
  mote::low_rank_adapters(s, layout, 1, again.data(), g.data()).reset(5);
  CHECK(p != again);
  double squares = 0;
  std::size_t count = 0;
  for (std::size_t layer = 0; layer < s.layers; ++layer)
    for (const role r : {role::key, role::down}) {
      const auto place = layout.of(r);
      const float* a = p.data() + layer * layout.layer_floats + place.offset;
      for (std::size_t k = 0; k < rank; ++k)
        for (std::size_t c = 0; c < padded(place.size.cols); ++c) {
          const double v = static_cast<double>(a[k * padded(place.size.cols) + c]);
          if (c >= place.size.cols) CHECK(v == 0);
          else squares += v * v * static_cast<double>(place.size.cols), ++count;
        }
      for (std::size_t i = 0; i < rank * padded(place.size.rows); ++i)
        CHECK(a[rank * padded(place.size.cols) + i] == 0);
    }
  CHECK(std::fabs(squares / static_cast<double>(count) - 1) < 0.25);  // deviation 1 / sqrt(cols)
  p[layout.of(role::down).offset + rank * padded(44)] = 1e-30F;
  CHECK(adapters.has_effect());
}
