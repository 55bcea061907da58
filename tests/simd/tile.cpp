// SPDX-License-Identifier: BSL-1.0
// Tiles of codes: every body against sums in 64 bits over the bytes where its order puts them, at the ends of the range.
#include "mote/simd/tile.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <set>
#include <vector>

#include "mote/core/rng.hpp"
#include "tags.hpp"

namespace simd = mote::simd;

namespace {

std::int8_t code(mote::rng& random, bool extreme) {
  if (extreme) return random.below(2) == 0 ? 127 : -127;
  return static_cast<std::int8_t>(static_cast<int>(random.below(255)) - 127);
}
std::int16_t number(mote::rng& random, bool extreme, bool positive) {
  if (extreme) return positive || random.below(2) == 0 ? 16383 : -16383;
  const int n = static_cast<int>(random.below(16384));
  return static_cast<std::int16_t>(positive || random.below(2) == 0 ? n : -n);
}

template <std::size_t Heads, class Isa>
void check(std::size_t width, bool extreme) {
  constexpr simd::tile_order order = simd::tile_order_of(Isa::value);
  mote::rng random(width * 2 + (extreme ? 1 : 0));
  std::vector<std::int8_t> plain(32 * width), keys(32 * width), values(32 * width);
  std::vector<std::int16_t> q(Heads * width), p(Heads * 32);
  for (auto& v : plain) v = code(random, extreme);
  for (auto& v : q) v = number(random, extreme, false);
  for (auto& v : p) v = number(random, extreme, true);
  for (std::size_t t = 0; t < 32; ++t)
    for (std::size_t c = 0; c < width; ++c) {
      keys[order.key(t, c, width)] = plain[t * width + c];
      values[order.value(t, c, width)] = plain[t * width + c];
    }
  std::vector<std::int32_t> dots(Heads * 32, -1), sums(Heads * width, 12345);
  simd::tile_scores<Heads, Isa>(keys.data(), q.data(), width, dots.data());
  simd::tile_sums<Heads, Isa>(values.data(), p.data(), width, sums.data());
  for (std::size_t h = 0; h < Heads; ++h) {
    for (std::size_t t = 0; t < 32; ++t) {
      std::int64_t sum = 0;
      for (std::size_t c = 0; c < width; ++c) sum += q[h * width + c] * plain[t * width + c];
      REQUIRE(dots[h * 32 + t] == sum);
    }
    for (std::size_t c = 0; c < width; ++c) {
      std::int64_t sum = 12345;
      for (std::size_t t = 0; t < 32; ++t) sum += p[h * 32 + t] * plain[t * width + c];
      REQUIRE(sums[h * width + c] == sum);
    }
  }
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("tiles give exact sums", "[tile]", mote_tests::isa_tags) {
  constexpr std::size_t heads = simd::tile_order_of(TestType::value).heads;
  for (const std::size_t width : {4U, 8U, 12U, 16U, 20U, 24U, 32U, 36U, 48U, 64U, 80U, 96U, 112U, 128U, 256U})
    for (const bool extreme : {false, true}) {
      check<1, TestType>(width, extreme);
      check<heads, TestType>(width, extreme);
    }
}

TEST_CASE("an order of a tile gives every code a place of its own", "[tile]") {
  for (int i = 0; i < 16; ++i) {
    const simd::tile_order order = simd::tile_order_of(static_cast<mote::isa>(i));
    for (const std::size_t width : {4U, 12U, 64U}) {
      std::set<std::size_t> keys, values;
      for (std::size_t t = 0; t < 32; ++t)
        for (std::size_t c = 0; c < width; ++c) {
          keys.insert(order.key(t, c, width));
          values.insert(order.value(t, c, width));
        }
      CHECK((keys.size() == 32 * width && *keys.rbegin() == 32 * width - 1));
      CHECK((values.size() == 32 * width && *values.rbegin() == 32 * width - 1));
    }
  }
}
