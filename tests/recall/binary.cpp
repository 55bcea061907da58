// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/binary.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "beside_flat.hpp"
#include "collection.hpp"
#include "mote/core/rng.hpp"

using mote::binary_knobs;
using mote::hit;
using mote::item_id;
using mote::status;

namespace {

static_assert(mote::retriever<mote::binary<>>);
static_assert(mote::binary<>::ram_bytes == sizeof(mote::binary<>::store) + 128 * 256 / 8);
static_assert(!binary_knobs{.dims = 48}.valid() && !binary_knobs{.dims = 16}.valid() &&
              binary_knobs{.dims = 32}.valid());
static_assert(!binary_knobs{.candidates = 4097}.valid() && !binary_knobs{.gram = 1}.valid());
static_assert(binary_knobs{}.most_candidates() == 16 && binary_knobs{.items = 20'000}.most_candidates() == 35);
static_assert(binary_knobs{.candidates = 4}.most_candidates() == 4);
static_assert(!binary_knobs{.least = 1.0F}.valid() && !binary_knobs{.items = 0}.valid());

/// The rotated vector a second time: a sum of all codes, with the signs of a row of Sylvester's matrix.
template <std::size_t Dims>
std::vector<int> turned(const mote::int8_vector<Dims>& v) {
  std::vector<int> sums;
  for (std::size_t row = 0; row < Dims; ++row) {
    int sum = 0;
    for (std::size_t i = 0; i < Dims; ++i) {
      std::uint64_t h = i * 2654435761U % 4294967296U;
      h = (h ^ h / 32768U) * 739982445U % 4294967296U;
      const int sign = (__builtin_popcountll(row & i) % 2 != 0) != (h >= 2147483648U) ? -1 : 1;
      sum += sign * v.codes[i];
    }
    sums.push_back(sum);
  }
  return sums;
}

/// Vectors of many codes, of few, and of the largest that there are.
template <std::size_t Dims>
mote::int8_vector<Dims> random_vector(mote::rng& random, int round) {
  mote::int8_vector<Dims> v;
  for (auto& c : v.codes) {
    const int code = static_cast<int>(random.below(255)) - 127;
    if (round % 3 == 0) c = static_cast<std::int8_t>(code);
    else if (round % 3 == 1) c = static_cast<std::int8_t>(random.below(5) == 0 ? code % 3 : 0);
    else c = static_cast<std::int8_t>(code < 0 ? -127 : 127);
  }
  return v;
}

/// Bits are signs, and a product is the sum of the question's numbers in whole 31sts of the largest, where a bit is set.
template <std::size_t Dims>
void same_products() {
  mote::rng random(1);
  for (int round = 0; round < 42; ++round) {
    const auto a = random_vector<Dims>(random, round), b = random_vector<Dims>(random, round / 3);
    const auto code = mote::sign_code<Dims>::of(a);
    const auto signs = turned(a), numbers = turned(b);
    int largest = 1;
    for (const int n : numbers) largest = std::max(largest, std::abs(n));
    long wanted = 0;
    for (std::size_t i = 0; i < Dims; ++i) {
      REQUIRE((code.bits[i / 32] >> i % 32 & 1U) == (signs[i] > 0 ? 1U : 0U));
      if (signs[i] > 0) wanted += std::lround(31.0 * numbers[i] / largest);
    }
    REQUIRE(mote::asked_signs<Dims>(b).product(code) == wanted);
  }
  mote::int8_vector<Dims> one;  // all numbers are as large
  one.codes[0] = -127;
  const auto code = mote::sign_code<Dims>::of(one);
  CHECK(mote::asked_signs<Dims>(one).product(code) == static_cast<int>(turned(one)[0] > 0 ? 31 * Dims : 0));
  CHECK(mote::asked_signs<Dims>(mote::int8_vector<Dims>{}).product(code) == 0);
}

/// With all items as candidates.
template <binary_knobs Knobs>
void same_as_flat() {
  mote_tests::same_as_flat<mote::binary<Knobs>, mote::flat_knobs{.items = Knobs.items,
                                                                 .item_bytes = Knobs.item_bytes,
                                                                 .dims = Knobs.dims,
                                                                 .gram = Knobs.gram,
                                                                 .least = Knobs.least}>(10'000);
}

}  // namespace

TEST_CASE("binary: the bits are the signs of a rotated vector, a question its numbers", "[recall][binary]") {
  same_products<32>();
  same_products<256>();
  same_products<2048>();
}

namespace {
struct all_alike {
  using item = mote::int8_vector<32>;
  using query = item;
  static constexpr std::size_t stack_bytes = 0;
  static inline std::size_t read = 0;
  static status embed(std::string_view, item& out) {
    ++read;
    out.codes.fill(9);
    out.measure();
    return status::ok;
  }
};
}  // namespace

TEST_CASE("binary: of texts that fit as well as the last, no more than twice the candidates are read",
          "[recall][binary]") {
  static mote::retrieve<mote::item_store<100, 8>, mote::signs_of<all_alike>,
                        mote::binary_index<all_alike, 100, 4>>::index notes;
  for (int i = 0; i < 100; ++i) REQUIRE(notes.add(std::to_string(i)) == status::ok);
  all_alike::read = 0;
  std::array<hit, 2> found;
  REQUIRE(notes.search("?", found) == 2);
  CHECK(all_alike::read == 1 + 2 * 4 * 2);
  CHECK(notes.text(found[0].id) == "99");
}

TEST_CASE("binary: with every text a candidate it is flat, through ten thousand changes", "[recall][binary]") {
  same_as_flat<binary_knobs{.items = 60, .item_bytes = 50, .dims = 64, .candidates = 60}>();
  same_as_flat<binary_knobs{.items = 8, .item_bytes = 60, .dims = 256, .gram = 5, .candidates = 8, .least = 0.3F}>();
}

TEST_CASE("binary: of flat's first ten on Cranfield, with the default knobs, 95 in 100 are found",
          "[recall][binary][cranfield]") {
  static mote::binary<binary_knobs{.items = 1400, .item_bytes = 2000}>::index ours;
  static mote::flat<mote::flat_knobs{.items = 1400, .item_bytes = 2000}>::index wanted;
  for (const auto& d : mote_tests::cranfield_documents()) {
    const status s = ours.add(d.text);
    REQUIRE(wanted.add(d.text) == s);
  }
  std::array<hit, 10> a, b;
  std::size_t all = 0, both = 0;
  for (const std::string& q : mote_tests::cranfield_queries()) {
    const std::size_t found = ours.search(q, a), exact = wanted.search(q, b);
    all += exact;
    for (const hit& h : std::span(b).first(exact))
      both += std::any_of(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(found),
                          [&](const hit& o) { return o.id == h.id && o.score == h.score; })
                  ? 1U
                  : 0U;
  }
  const double recall = static_cast<double>(both) / static_cast<double>(all);
  WARN("binary keeps " << recall << " of flat's first ten");
  CHECK(recall >= 0.95);
}
