// SPDX-License-Identifier: BSL-1.0
// The changes that can make a pipeline fit, as values and as the types that a message prints.
// Refuses to compute what a change saves: budget/what_helps.hpp does, with cost_of().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/config.hpp"

namespace mote::inline v0 {

enum class memory : std::uint8_t { ram, flash };

/// What can be changed.
enum class way : std::uint8_t {
  context,          ///< context<to>
  cache_bits,       ///< cache<to>
  example_tokens,   ///< .tokens = to of the learning policy
  rank,             ///< lora<to>
  sgd,              ///< sgd<> instead of an optimizer with state
  items,            ///< .items = to of the retriever
  prefill,          ///< prefill<to>; 1: leave it out
  no_draft,         ///< no drafts
  cache_region,     ///< the cache in region `to` of the board: cache_in<"...">
  arena_region,     ///< the arena in region `to` of the board: arena_in<"...">
  learning_region,  ///< the learning state in region `to`: learning_in<"...">
  recall_region,    ///< the remembered texts in region `to`: recall_in<"...">
  bits              ///< quantize<to>
};
inline constexpr std::size_t ways_to_help = 13;
constexpr std::string_view name(way w) {
  constexpr std::string_view names[] = {"context",     "cache",     "tokens",   "rank",     "sgd",
                                        "items",       "prefill",   "no_draft", "cache_in", "arena_in",
                                        "learning_in", "recall_in", "quantize"};
  return names[static_cast<std::size_t>(w)];
}

struct help {
  way what = way::context;
  std::size_t to = 0;     ///< the new number
  std::size_t saves = 0;  ///< bytes of the memory that is short
  bool enough = false;    ///< true: it fits with this change alone
  constexpr bool operator==(const help&) const = default;
};

/// Ways, the largest saving first.
struct helps {
  memory which = memory::ram;
  std::array<help, ways_to_help> list{};
  std::size_t count = 0;
  constexpr const help* begin() const { return list.data(); }
  constexpr const help* end() const { return list.data() + count; }
  constexpr std::size_t size() const { return count; }
  constexpr const help& operator[](std::size_t i) const { return list[i]; }

  constexpr void add(const help& h) {
    if (h.saves == 0) return;
    std::size_t at = count++;
    for (; at > 0 && list[at - 1].saves < h.saves; --at) list[at] = list[at - 1];
    list[at] = h;
  }
  constexpr bool any_is_enough() const {
    for (std::size_t i = 0; i < count; ++i)
      if (list[i].enough) return true;
    return false;
  }
  /// Keeps the first `most`. If none of them is enough, the last one is replaced by the first way that is.
  constexpr void keep(std::size_t most) {
    if (count <= most) return;
    const helps all = *this;
    count = most;
    if (any_is_enough()) return;
    for (std::size_t i = all.count; i-- > most;)
      if (all.list[i].enough) list[most - 1] = all.list[i];
  }
};

/// Several changes, applied in this order; after the last one the pipeline fits. If nothing makes it fit, the list is
/// empty and `misses` is the number of bytes still missing with every change that helps.
struct remedy {
  memory which = memory::ram;
  std::array<help, ways_to_help> list{};            ///< `saves` counts after the changes before it
  std::array<std::size_t, ways_to_help> over_by{};  ///< bytes still missing after each change
  std::size_t count = 0;
  std::size_t misses = 0;
  constexpr bool fits() const { return misses == 0; }
  constexpr const help* begin() const { return list.data(); }
  constexpr const help* end() const { return list.data() + count; }
  constexpr std::size_t size() const { return count; }
  constexpr const help& operator[](std::size_t i) const { return list[i]; }
};

/// The ways as a message prints them: the new number, the bytes that it saves, whether it alone is enough.
namespace ways {
struct context {
  std::size_t tokens, saves_bytes;
  bool enough;
};
struct cache {
  std::size_t bits, saves_bytes;
  bool enough;
};
struct tokens {
  std::size_t of_an_example, saves_bytes;
  bool enough;
};
struct rank {
  std::size_t rank, saves_bytes;
  bool enough;
};
struct sgd {
  std::size_t saves_bytes;
  bool enough;
};
struct items {
  std::size_t items, saves_bytes;
  bool enough;
};
struct prefill {
  std::size_t tokens, saves_bytes;
  bool enough;
};
struct no_draft {
  std::size_t saves_bytes;
  bool enough;
};
struct cache_in {
  std::size_t region, saves_bytes;
  bool enough;
};
struct arena_in {
  std::size_t region, saves_bytes;
  bool enough;
};
struct learning_in {
  std::size_t region, saves_bytes;
  bool enough;
};
struct recall_in {
  std::size_t region, saves_bytes;
  bool enough;
};
struct bits {
  std::size_t bits, saves_bytes;
  bool enough;
};
}  // namespace ways

}  // namespace mote::inline v0
