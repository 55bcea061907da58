// SPDX-License-Identifier: BSL-1.0
// What would make a pipeline fit a board: for each knob the mildest setting that is enough, or else the most it can do,
// with the bytes that it saves, largest first. The message of a budget, reports and programs that search all ask here.
//   for (const mote::help& h : mote::what_helps(shape, choices, board)) ...
// Refuses to take something away: learning, recall and the model stay what they are; only their sizes are at question.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/budget/board.hpp"
#include "mote/budget/cost.hpp"
#include "mote/budget/functions.hpp"
#include "mote/format/q4.hpp"
#include "mote/format/q5.hpp"
#include "mote/format/q6.hpp"
#include "mote/format/q8.hpp"
#include "mote/learn/optimiser.hpp"
#include "mote/model/cache.hpp"
#include "mote/model/coded_cache.hpp"

namespace mote::inline v0 {

enum class memory : std::uint8_t { ram, flash };

/// What can be changed.
enum class way : std::uint8_t {
  context,         ///< context<to>
  cache_bits,      ///< cache<to>
  example_tokens,  ///< .tokens = to of the learning policy
  rank,            ///< lora<to>
  sgd,             ///< sgd<> instead of an optimiser that keeps something
  prefill,         ///< prefill<to>; 1: leave it out
  no_draft,        ///< no drafts
  cache_region,    ///< the cache in region `to` of the board: cache_in<"...">
  arena_region,    ///< the arena in region `to` of the board: arena_in<"...">
  bits             ///< quantize<to>
};
inline constexpr std::size_t ways_to_help = 10;
constexpr std::string_view name(way w) {
  constexpr std::string_view names[] = {"context", "cache",    "tokens",   "rank",     "sgd",
                                        "prefill", "no_draft", "cache_in", "arena_in", "quantize"};
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
struct bits {
  std::size_t bits, saves_bytes;
  bool enough;
};
}  // namespace ways

namespace detail {

/// Tries settings of one pipeline against one memory of a board.
struct fitting {
  const shape& s;
  const choices& now;
  const board_facts& board;
  memory which;
  footprint before;

  constexpr std::size_t used(const footprint& f) const {
    if (which == memory::flash) return f.flash.sum();
    // Where the object's own memory is short, what leaves it counts; else all of RAM.
    return f.ram_fits_total() && before.ram_fits_total() ? f.ram.object() : f.ram.sum();
  }
  constexpr bool fits(const footprint& f) const { return which == memory::flash ? f.flash_fits() : f.ram_fits(); }
  constexpr help try_one(way what, std::size_t to, const choices& c) const {
    const footprint f = footprint_of(s, c, board);
    const std::size_t a = used(before);
    const std::size_t b = used(f);
    return {what, to, a > b ? a - b : 0, fits(f)};
  }
  /// The largest number from `least` to `most` in these steps that is enough; where none is, the least.
  template <class Set>
  constexpr help largest(way what, std::size_t least, std::size_t most, std::size_t step, Set set) const {
    const auto at = [&](std::size_t n) {
      choices c = now;
      set(c, n);
      return try_one(what, n, c);
    };
    if (most <= least) return {};
    help best = at(least);
    if (!best.enough) return best;
    std::size_t low = 0;  // steps above `least` that are enough
    std::size_t high = (most - least) / step;
    while (low < high) {
      const std::size_t middle = (low + high + 1) / 2;
      const help h = at(least + middle * step);
      if (h.enough) {
        best = h;
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return best;
  }
};

template <class Lazy, template <std::size_t> class Format>
constexpr const weights_functions* in_rows(std::size_t rows) {
  switch (rows) {
    case 1: return &weights_functions_of<Format<1>>;
    case 4: return &weights_functions_of<Format<4>>;
    case 8: return &weights_functions_of<Format<8>>;
    default: return &weights_functions_of<Format<16>>;
  }
}
template <std::size_t Rows>
using q8_of_32 = q8<Rows, 32>;

}  // namespace detail

namespace detail {

template <class Lazy = void>
constexpr help fewer_bits(const fitting& f) {
  help best{};
  if (f.now.learning.owns_weights) return best;  // must stay floats
  const std::size_t rows = f.now.weights->rows;
  const auto pack = [&](std::size_t bits, const weights_functions* weights) {
    if (best.enough && best.saves != 0) return;
    choices packed = f.now;
    packed.weights = weights;
    best = f.try_one(way::bits, bits, packed);
  };
  pack(8, in_rows<Lazy, q8_of_32>(rows));
  pack(6, in_rows<Lazy, q6>(rows));
  pack(5, in_rows<Lazy, q5>(rows));
  pack(4, in_rows<Lazy, q4>(rows));
  return best;
}
template <class Lazy = void>
constexpr help smaller_cache(const fitting& f) {
  choices c = f.now;
  c.cache = &cache_functions_of<half_cache>;
  const help half = f.try_one(way::cache_bits, 16, c);
  if (half.enough && half.saves != 0) return half;
  c.cache = &cache_functions_of<coded_cache<>>;
  return f.try_one(way::cache_bits, 8, c);
}
/// A part in the region, other than the object's, that has room for it.
constexpr help place_apart(const fitting& f, way what, std::size_t fit_choice::* part) {
  help best{};
  const std::size_t home = f.now.fit.object_region == nowhere ? 0 : f.now.fit.object_region;
  for (std::size_t i = 0; i < most_regions; ++i) {
    if (f.now.fit.*part != nowhere || f.board.regions[i].bytes == 0 || i == home) continue;
    choices c = f.now;
    c.fit.*part = i;
    const footprint after = footprint_of(f.s, c, f.board);
    if (after.regions[i].used > after.regions[i].available) continue;
    const help h = f.try_one(what, i, c);
    if (h.saves > best.saves) best = h;
  }
  return best;
}

/// What one way does. A constant expression of its own for each: Clang counts the steps of one.
template <class Lazy = void>
constexpr help help_by(way what, const fitting& f) {
  const choices& c = f.now;
  if ((what == way::bits) != (f.which == memory::flash) || !c.holds_for(f.s)) return {};
  const bool learns = c.learning.learns && c.learning.own.bytes == 0;
  switch (what) {
    case way::context: {
      const std::size_t room = c.recall.recalls ? c.recall.tokens + least_dialogue_tokens : 0;
      const std::size_t least = round_up(room < 32 ? 32 : room, 16);
      return f.largest(what, least, c.context_of(f.s), 16, [](choices& x, std::size_t n) { x.context = n; });
    }
    case way::cache_bits: return smaller_cache<Lazy>(f);
    case way::example_tokens:
      return f.largest(what, 16, learns ? c.learning.tokens : 0, 8, [](choices& x, std::size_t n) {
        x.learning.tokens = n;
        if (x.learning.chunk > n) x.learning.chunk = n;
      });
    case way::rank:
      return f.largest(what, 1, learns ? c.learning.rank : 1, 1,
                       [](choices& x, std::size_t n) { x.learning.rank = n; });
    case way::sgd: {
      choices plain = c;
      if (learns) plain.learning.optimiser = &optimiser_functions_of<sgd<>>;
      return f.try_one(what, 0, plain);
    }
    case way::prefill: return f.largest(what, 1, c.prefill, 1, [](choices& x, std::size_t n) { x.prefill = n; });
    case way::no_draft: {
      choices undrafted = c;
      undrafted.drafting = {};
      return f.try_one(what, 0, undrafted);
    }
    case way::cache_region: return place_apart(f, what, &fit_choice::cache_region);
    case way::arena_region: return place_apart(f, what, &fit_choice::arena_region);
    case way::bits: break;
  }
  return fewer_bits<Lazy>(f);
}

}  // namespace detail

/// What helps with RAM, or with flash.
template <class Lazy = void>
constexpr helps what_helps(const shape& s, const choices& c, const board_facts& board, memory which) {
  helps found{.which = which};
  if (!c.holds_for(s)) return found;
  const detail::fitting f{s, c, board, which, footprint_of(s, c, board)};
  for (std::size_t i = 0; i < ways_to_help; ++i) found.add(detail::help_by<Lazy>(static_cast<way>(i), f));
  return found;
}

/// What helps with the memory that is short: RAM, or else flash.
template <class Lazy = void>
constexpr helps what_helps(const shape& s, const choices& c, const board_facts& board) {
  if (!c.holds_for(s)) return {};
  const footprint f = footprint_of(s, c, board);
  return what_helps<Lazy>(s, c, board, f.ram_fits() && !f.flash_fits() ? memory::flash : memory::ram);
}

}  // namespace mote::inline v0
