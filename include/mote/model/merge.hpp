// SPDX-License-Identifier: BSL-1.0
// Merges neighbouring tokens, the pair of highest rank first, until none merges: the loop of every byte-pair encoding.
// Refuses memory of its own: a long text keeps the tournament of its pairs in the slots of its tokens, so that the work
// is n log n and the room is twelve bytes a token.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "mote/config.hpp"

namespace mote::inline v0 {

/// No such token.
inline constexpr std::uint32_t no_token = 0xFFFFFFFFU;

/// Working memory for one token while merging. After encode() the tokens are in `token`.
struct merge_slot {
  std::uint32_t token = 0;
  std::uint32_t merged = 0;  ///< what this token and the next become
  std::uint32_t rank = 0;  ///< priority of that merge, higher first, 0: none; in a long text, a node of the tournament
};

/// What a vocabulary says of merges. `merge_of` is the token that two become, or no_token; `rank` is the priority of
/// that merge, higher first, and 0: never. Of equal ranks the pair whose left token has the lower id is first if
/// `lower_left_first`, and the leftmost else.
template <class Rule>
concept merge_rule = requires(const Rule& rule, std::uint32_t token) {
  { rule.merge_of(token, token) } -> std::same_as<std::uint32_t>;
  { rule.rank(token) } -> std::same_as<std::uint32_t>;
  { Rule::lower_left_first } -> std::convertible_to<bool>;
};

namespace detail {

/// Up to this many tokens, the best pair is found by looking at all; above, by a tournament.
inline constexpr std::size_t scanned_tokens = 32;

/// The tournament of the pairs of a text, a binary tree. Node n + i is the leaf of slot i: the pair that begins there.
/// Node k, 1 <= k < n, is in the field `rank` of slot k: the better pair of nodes 2k and 2k + 1. A token that covers
/// several slots is in the first; how many they are is in `token` of the second and in `merged` of the last.
template <class Rule>
class tournament {
 public:
  tournament(std::span<merge_slot> slots, const Rule& rule) : slots_(slots), rule_(rule), n_(slots.size()) {
    for (std::size_t i = 0; i + 1 < n_; ++i) slots_[i].merged = rule_.merge_of(slots_[i].token, slots_[i + 1].token);
    slots_[n_ - 1].merged = no_token;
    for (std::size_t k = n_ - 1; k > 0; --k) play(k);
  }

  std::size_t run() {
    for (;;) {
      const std::size_t at = slots_[1].rank;
      if (rank_of(at) == 0) return packed();
      join(at);
    }
  }

 private:
  static constexpr std::uint32_t inside = 0x80000000U;  // the slot is not the first of its token; ids are below 2^20

  bool is_inside(std::size_t i) const { return (slots_[i].token & inside) != 0; }
  std::uint32_t rank_of(std::size_t i) const {
    return is_inside(i) || slots_[i].merged == no_token ? 0 : rule_.rank(slots_[i].merged);
  }
  std::size_t length(std::size_t i) const {
    return i + 1 < n_ && is_inside(i + 1) ? slots_[i + 1].token & ~inside : std::size_t{1};
  }
  std::size_t winner(std::size_t node) const { return node >= n_ ? node - n_ : slots_[node].rank; }

  /// The better of two pairs whose ranks are known.
  bool is_second(std::size_t a, std::uint32_t of_a, std::size_t b, std::uint32_t of_b) const {
    if (of_a != of_b) return of_b > of_a;
    if (!Rule::lower_left_first || of_a == 0 || slots_[a].token == slots_[b].token) return b < a;
    return slots_[b].token < slots_[a].token;
  }

  void play(std::size_t node) {
    const std::size_t a = winner(2 * node), b = winner(2 * node + 1);
    slots_[node].rank = static_cast<std::uint32_t>(is_second(a, rank_of(a), b, rank_of(b)) ? b : a);
  }
  /// Plays again what a leaf takes part in: up to a node that it neither won nor wins, above which nothing knows of it.
  void play_from(std::size_t leaf) {
    std::size_t best = leaf;
    std::uint32_t rank = rank_of(leaf);
    for (std::size_t node = leaf + n_; node > 1;) {
      const std::size_t other = winner(node ^ 1U);
      const std::uint32_t of_other = rank_of(other);
      if (is_second(best, rank, other, of_other)) best = other, rank = of_other;
      node /= 2;
      const std::uint32_t before = slots_[node].rank;
      slots_[node].rank = static_cast<std::uint32_t>(best);
      if (before != leaf && before == best) return;
    }
  }

  void look(std::size_t i) {
    const std::size_t next = i + length(i);
    slots_[i].merged = next < n_ ? rule_.merge_of(slots_[i].token, slots_[next].token) : no_token;
  }

  /// Merges the token at `i` and its neighbour. All pairs that change do so before the first is played: seen old by
  /// another, one could leave a node behind.
  void join(std::size_t i) {
    const std::size_t next = i + length(i);
    const std::size_t both = next - i + length(next);
    const std::size_t before = i == 0 ? i : is_inside(i - 1) ? i - slots_[i - 1].merged : i - 1;
    slots_[i].token = slots_[i].merged;
    slots_[next].token = inside;
    slots_[i + 1].token = inside | static_cast<std::uint32_t>(both);
    slots_[i + both - 1].merged = static_cast<std::uint32_t>(both);
    const std::size_t changed[] = {before, i, next};  // the first two may be one
    for (std::size_t each = 0; each < 2; ++each) look(changed[each]);
    for (const std::size_t leaf : changed) play_from(leaf);
  }

  std::size_t packed() {
    std::size_t count = 0;
    for (std::size_t i = 0; i < n_; ++i)
      if (!is_inside(i)) slots_[count++].token = slots_[i].token;
    return count;
  }

  std::span<merge_slot> slots_;
  const Rule& rule_;
  std::size_t n_;
};

template <class Rule>
std::size_t merge_by_scan(std::span<merge_slot> slots, const Rule& rule) {
  const auto look = [&rule](merge_slot& left, const merge_slot& right) {
    left.rank = 0;
    left.merged = rule.merge_of(left.token, right.token);
    if (left.merged != no_token) left.rank = rule.rank(left.merged);
  };
  std::size_t count = slots.size();
  for (std::size_t i = 0; i + 1 < count; ++i) look(slots[i], slots[i + 1]);
  slots[count - 1].rank = 0;
  for (;;) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < count; ++i)
      if (slots[i].rank > slots[best].rank || (Rule::lower_left_first && slots[i].rank == slots[best].rank &&
                                               slots[i].rank != 0 && slots[i].token < slots[best].token))
        best = i;
    if (slots[best].rank == 0) return count;

    slots[best].token = slots[best].merged;
    --count;
    for (std::size_t i = best + 1; i < count; ++i) slots[i] = slots[i + 1];
    if (best + 1 < count) look(slots[best], slots[best + 1]);
    else slots[best].rank = 0;
    if (best > 0) look(slots[best - 1], slots[best]);
  }
}

}  // namespace detail

/// Merges the tokens of the slots, and returns how many remain, in the first slots. At most three calls of merge_of()
/// for each slot.
template <merge_rule Rule>
std::size_t merge(std::span<merge_slot> slots, const Rule& rule) {
  if (slots.size() < 2) return slots.size();
  if (slots.size() <= detail::scanned_tokens) return detail::merge_by_scan(slots, rule);
  return detail::tournament<Rule>(slots, rule).run();
}

}  // namespace mote::inline v0
