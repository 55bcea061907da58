// SPDX-License-Identifier: BSL-1.0
#include "mote/model/merge.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <span>
#include <vector>

#include "mote/core/rng.hpp"

namespace {

/// Tokens below 64. A pair merges where a hash of both says so, into a token and with a rank that the hash says, too.
template <bool LowerLeftFirst>
struct chance {
  static constexpr bool lower_left_first = LowerLeftFirst;
  std::uint32_t seed = 0;
  std::uint32_t ranks = 0;  // 0: as many as tokens
  mutable std::size_t asked = 0;

  std::uint32_t merge_of(std::uint32_t left, std::uint32_t right) const {
    ++asked;
    std::uint32_t h = (left * 2654435761U ^ right * 40503U ^ seed) * 2246822519U;
    h ^= h >> 15U;
    return h % 3 != 0 ? mote::no_token : (h >> 8U) % 64;
  }
  std::uint32_t rank(std::uint32_t token) const { return ranks == 0 ? token : token % ranks; }
};

/// Looks at every pair in every round.
template <class Rule>
std::vector<std::uint32_t> plainly(std::vector<std::uint32_t> tokens, const Rule& rule) {
  for (;;) {
    std::size_t best = tokens.size();
    std::uint32_t rank = 0;
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
      const std::uint32_t merged = rule.merge_of(tokens[i], tokens[i + 1]);
      if (merged == mote::no_token || rule.rank(merged) == 0) continue;
      const bool same = best < tokens.size() && rule.rank(merged) == rank;
      if (rule.rank(merged) > rank || (Rule::lower_left_first && same && tokens[i] < tokens[best])) {
        best = i;
        rank = rule.rank(merged);
      }
    }
    if (best == tokens.size()) return tokens;
    tokens[best] = rule.merge_of(tokens[best], tokens[best + 1]);
    tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

template <bool LowerLeftFirst>
void compare(std::size_t longest, int rounds, std::uint32_t ranks) {
  mote::rng random(ranks + longest);
  std::size_t merged = 0;
  for (int round = 0; round < rounds; ++round) {
    chance<LowerLeftFirst> rule{.seed = random.below(1U << 30U), .ranks = ranks};
    std::vector<std::uint32_t> tokens(random.below(static_cast<std::uint32_t>(longest)));
    for (std::uint32_t& t : tokens) t = random.below(64);
    std::vector<mote::merge_slot> slots(tokens.size());
    for (std::size_t i = 0; i < tokens.size(); ++i) slots[i].token = tokens[i];
    const std::vector<std::uint32_t> expected = plainly(tokens, rule);
    rule.asked = 0;
    const std::size_t count = mote::merge(std::span(slots), rule);
    CHECK(rule.asked <= 3 * tokens.size());
    std::vector<std::uint32_t> found;
    for (std::size_t i = 0; i < count; ++i) found.push_back(slots[i].token);
    if (found != expected) REQUIRE(found == expected);
    merged += tokens.size() - count;
  }
  CHECK(merged > static_cast<std::size_t>(rounds));
}

/// Two of n make one of n + 1, the highest first: the most merges that there can be.
struct halves {
  static constexpr bool lower_left_first = false;
  mutable std::size_t ranked = 0;
  std::uint32_t merge_of(std::uint32_t left, std::uint32_t right) const {
    return left == right ? left + 1 : mote::no_token;
  }
  std::uint32_t rank(std::uint32_t token) const {
    ++ranked;
    return token + 1;
  }
};

}  // namespace

TEST_CASE("merge: what a plain loop merges, in short texts and in long ones", "[model][merge]") {
  for (const std::uint32_t ranks : {0U, 3U}) {  // with 3 many pairs have the same rank
    compare<false>(40, 2000, ranks);
    compare<true>(40, 2000, ranks);
    compare<false>(300, 300, ranks);
    compare<true>(300, 300, ranks);
  }
}

TEST_CASE("merge: a text without pairs stays", "[model][merge]") {
  chance<false> rule;
  std::vector<mote::merge_slot> slots(1);
  CHECK(mote::merge(std::span(slots), rule) == 1);
  CHECK(mote::merge(std::span<mote::merge_slot>{}, rule) == 0);
  CHECK(rule.asked == 0);
}

TEST_CASE("merge: a long text takes n log n", "[model][merge]") {
  std::size_t before = 0;
  for (const std::size_t n : {1U << 12U, 1U << 16U}) {
    const halves rule;
    std::vector<mote::merge_slot> slots(n);
    CHECK(mote::merge(std::span(slots), rule) == 1);
    CHECK(rule.ranked < 40 * n);  // 64 n where each pair that changes is played up to the last round
    if (before != 0) CHECK(rule.ranked < 24 * before);  // 16 times the text, 4/3 of the height
    before = rule.ranked;
  }
}
