// SPDX-License-Identifier: BSL-1.0
// What can be changed so that a pipeline fits, as values and as what a message prints.
// Refuses to know what it saves: budget/what_helps.hpp asks cost_of().
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
  sgd,              ///< sgd<> instead of an optimiser that keeps something
  items,            ///< .items = to of the retriever
  prefill,          ///< prefill<to>; 1: leave it out
  no_draft,         ///< no drafts
  cache_region,     ///< the cache in region `to` of the board: cache_in<"...">
  arena_region,     ///< the arena in region `to` of the board: arena_in<"...">
  learning_region,  ///< what learns in region `to`: learning_in<"...">
  recall_region,    ///< what is recalled in region `to`: recall_in<"...">
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
  bool enough = false;    ///< with this alone it fits
  constexpr bool operator==(const help&) const = default;
};

/// Ways, the one that saves most first.
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
  /// The first `most` alone; where none of them is enough, the last of them is the first that is.
  constexpr void keep(std::size_t most) {
    if (count <= most) return;
    const helps all = *this;
    count = most;
    if (any_is_enough()) return;
    for (std::size_t i = all.count; i-- > most;)
      if (all.list[i].enough) list[most - 1] = all.list[i];
  }
};

/// Several changes, one after the other, the one that saves most first: with the last of them it fits. Where nothing makes
/// it fit there are none, and `misses` are the bytes that are missing with all that can be changed.
struct remedy {
  memory which = memory::ram;
  std::array<help, ways_to_help> list{};            ///< each saves what it says behind those in front of it
  std::array<std::size_t, ways_to_help> over_by{};  ///< bytes that are still missing behind each
  std::size_t count = 0;
  std::size_t misses = 0;
  constexpr bool fits() const { return misses == 0; }
  constexpr const help* begin() const { return list.data(); }
  constexpr const help* end() const { return list.data() + count; }
  constexpr std::size_t size() const { return count; }
  constexpr const help& operator[](std::size_t i) const { return list[i]; }
};

/// As a message prints them: what to write, the bytes that it saves, whether it alone is enough.
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
