// SPDX-License-Identifier: BSL-1.0
// Which changes make a pipeline fit a board. For each knob: the mildest setting that is enough, or else the strongest,
// with the bytes that it saves, largest saving first. If no knob alone is enough: which together are. Budget messages,
// reports and programs that search for a fit use this.
//   for (const mote::help& h : mote::what_helps(shape, choices, board)) ...
//   const mote::remedy r = mote::what_fits(shape, choices, board);
// Refuses to remove learning, recall or the model: their sizes, formats and places change, the optimizer and drafts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mote/budget/board.hpp"
#include "mote/budget/cost.hpp"
#include "mote/budget/functions.hpp"
#include "mote/budget/ways.hpp"
#include "mote/format/q4.hpp"
#include "mote/format/q5.hpp"
#include "mote/format/q6.hpp"
#include "mote/format/q8.hpp"
#include "mote/learn/optimizer.hpp"
#include "mote/model/cache.hpp"
#include "mote/model/int8_cache.hpp"

namespace mote::inline v0 {

namespace detail {

// Lazy is unused: it makes templates, so that a program that never asks what helps instantiates none of these formats.
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
template <class Lazy = void>
constexpr const weights_functions* of_bits(std::size_t bits, std::size_t rows) {
  switch (bits) {
    case 8: return in_rows<Lazy, q8_of_32>(rows);
    case 6: return in_rows<Lazy, q6>(rows);
    case 5: return in_rows<Lazy, q5>(rows);
    default: return in_rows<Lazy, q4>(rows);
  }
}

}  // namespace detail

/// The choices after one change.
template <class Lazy = void>
constexpr choices changed(choices c, way what, std::size_t to) {
  switch (what) {
    case way::context: c.context = to; break;
    case way::cache_bits:
      c.cache = to == 16 ? &detail::cache_functions_of<half_cache> : &detail::cache_functions_of<int8_cache<>>;
      break;
    case way::example_tokens:
      c.learning.tokens = to;
      if (c.learning.chunk > to) c.learning.chunk = to;
      break;
    case way::rank: c.learning.rank = to; break;
    case way::sgd: c.learning.optimizer = &detail::optimizer_functions_of<sgd<>>; break;
    case way::items: {
      const recall_size fewer = c.recall.sized->of(to);
      c.recall.items = to;
      c.recall.ram_bytes = fewer.ram_bytes;
      c.recall.stack_bytes = fewer.stack_bytes;
      c.recall.index = fewer.index;
      break;
    }
    case way::prefill: c.prefill = to; break;
    case way::no_draft: c.drafting = {}; break;
    case way::cache_region: c.fit.cache_region = to; break;
    case way::arena_region: c.fit.arena_region = to; break;
    case way::learning_region: c.fit.learning_region = to; break;
    case way::recall_region: c.fit.recall_region = to; break;
    case way::bits: c.weights = detail::of_bits<Lazy>(to, c.weights->rows); break;
  }
  return c;
}

namespace detail {

/// Tries settings of one pipeline against one memory of a board.
template <class Lazy>
struct fitting_of {
  const shape& s;
  const choices& now;
  const board_facts& board;
  memory which;
  footprint before;

  constexpr std::size_t used(const footprint& f) const {
    if (which == memory::flash) return f.flash.sum();
    if (!before.ram_fits_total()) return f.ram.sum();
    // All RAM together is enough: the short memory counts, the first region that is overfull, or else the object's.
    for (std::size_t i = 0; i < most_regions; ++i)
      if (before.regions[i].used > before.regions[i].available) return f.regions[i].used;
    return f.ram.object();
  }
  constexpr bool fits(const footprint& f) const { return which == memory::flash ? f.flash_fits() : f.ram_fits(); }
  constexpr help try_one(way what, std::size_t to) const {
    const footprint f = footprint_of(s, v0::changed<Lazy>(now, what, to), board);
    const std::size_t a = used(before);
    const std::size_t b = used(f);
    return {what, to, a > b ? a - b : 0, fits(f)};
  }
  /// The largest number from `least` to `most`, in these steps, that is enough; if none is, the least.
  template <class Number>
  constexpr help largest(way what, std::size_t least, std::size_t most, std::size_t step, Number number) const {
    if (most <= least) return {};
    help best = try_one(what, number(least));
    if (!best.enough) return best;
    std::size_t low = 0;  // steps above `least` that are enough
    std::size_t high = (most - least) / step;
    while (low < high) {
      const std::size_t middle = (low + high + 1) / 2;
      const help h = try_one(what, number(least + middle * step));
      if (h.enough) {
        best = h;
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return best;
  }
  constexpr help largest(way what, std::size_t least, std::size_t most, std::size_t step) const {
    return largest(what, least, most, step, [](std::size_t n) { return n; });
  }
};
using fitting = fitting_of<void>;

template <class Lazy = void>
constexpr help fewer_bits(const fitting_of<Lazy>& f) {
  help best{};
  if (f.now.learning.owns_weights) return best;  // must stay floats
  for (const std::size_t bits : {8U, 6U, 5U, 4U})
    if (!best.enough || best.saves == 0) best = f.try_one(way::bits, bits);
  return best;
}
template <class Lazy = void>
constexpr help smaller_cache(const fitting_of<Lazy>& f) {
  const help half = f.try_one(way::cache_bits, 16);
  return half.enough && half.saves != 0 ? half : f.try_one(way::cache_bits, 8);
}
/// Moves a part to the region, other than the object's, that has room for it and where it saves most.
template <class Lazy = void>
constexpr help place_apart(const fitting_of<Lazy>& f, way what, bool there, std::size_t fit_choice::* part) {
  help best{};
  if (!there || f.now.fit.*part != nowhere) return best;
  const std::size_t home = f.now.fit.object_region == nowhere ? 0 : f.now.fit.object_region;
  for (std::size_t i = 0; i < most_regions; ++i) {
    if (f.board.regions[i].bytes == 0 || i == home) continue;
    const footprint after = footprint_of(f.s, v0::changed<Lazy>(f.now, what, i), f.board);
    if (after.regions[i].used > after.regions[i].available) continue;
    const help h = f.try_one(what, i);
    if (h.saves > best.saves) best = h;
  }
  return best;
}

/// The best setting of one way. Each call is a constant expression of its own, because Clang limits the steps of one.
template <class Lazy = void>
constexpr help help_by(way what, const fitting_of<Lazy>& f) {
  const choices& c = f.now;
  if ((what == way::bits) != (f.which == memory::flash) || !c.holds_for(f.s)) return {};
  const bool learns = c.learning.learns && c.learning.own.bytes == 0;
  switch (what) {
    case way::context: {
      const std::size_t front = c.learning.positions;  // at most half
      const std::size_t room = front + (c.recall.recalls ? c.recall.tokens + least_dialogue_tokens : front);
      const std::size_t least = round_up(room < 32 ? 32 : room, 16);
      return f.largest(what, least, c.context_of(f.s), 16);
    }
    case way::cache_bits: return smaller_cache<Lazy>(f);
    case way::example_tokens: return f.largest(what, 16, learns ? c.learning.tokens : 0, 8);
    case way::rank: return f.largest(what, 1, learns ? c.learning.rank : 1, 1);
    case way::sgd: return learns ? f.try_one(what, 0) : help{};
    case way::items:  // sixteenths of what the policy keeps
      return f.largest(what, 1, c.recall.sized == nullptr ? 0 : 15, 1,
                       [&](std::size_t n) { return c.recall.sized->number(n); });
    case way::prefill: return f.largest(what, 1, c.prefill, 1);
    case way::no_draft: return f.try_one(what, 0);
    case way::cache_region: return place_apart<Lazy>(f, what, true, &fit_choice::cache_region);
    case way::arena_region: return place_apart<Lazy>(f, what, true, &fit_choice::arena_region);
    case way::learning_region: return place_apart<Lazy>(f, what, c.learning.learns, &fit_choice::learning_region);
    case way::recall_region: return place_apart<Lazy>(f, what, c.recall.recalls, &fit_choice::recall_region);
    case way::bits: break;
  }
  return fewer_bits<Lazy>(f);
}

/// Missing bytes: the most of any one memory, which a message states, and the sum over all memories.
struct shortage {
  std::size_t most = 0;
  std::size_t sum = 0;
};
constexpr shortage shortage_of(const footprint& f, memory which) {
  shortage all;
  const auto add = [&](std::size_t needs, std::size_t has) {
    const std::size_t over = demand{needs, has}.over();
    all.sum += over;
    if (over > all.most) all.most = over;
  };
  if (which == memory::flash) {
    add(f.flash.sum(), f.flash_available);
  } else {
    add(f.ram.sum() + f.ram_other, f.ram_available);
    bool placed = false;  // then the object is counted in its region
    for (const region_use& r : f.regions) {
      add(r.used, r.available);
      placed = placed || r.used != 0;
    }
    if (!placed) add(f.ram.object(), f.ram_block_available);
  }
  return all;
}

/// A way, the bytes missing after it, and by how much it shrinks the sum of RAM.
struct tried_way {
  help what;
  bool there = false;
  std::size_t missing = 0;
  std::size_t shrinks = 0;
};
template <class Lazy = void>
constexpr tried_way try_way(way what, const fitting_of<Lazy>& f) {
  const help h = help_by<Lazy>(what, f);
  if (h.what != what || (what == way::context && h.to == 0)) return {};
  const footprint after = footprint_of(f.s, v0::changed<Lazy>(f.now, what, h.to), f.board);
  const std::size_t a = f.before.ram.sum();
  const std::size_t b = after.ram.sum();
  return {h, true, shortage_of(after, f.which).sum, a > b ? a - b : 0};
}
/// The index of the best way: the one after which least is missing; of equals, the one that saves most. If no way
/// reduces what is missing, the one that shrinks RAM most, since a smaller part may then fit another region.
/// ways_to_help: none.
constexpr std::size_t best_of(const std::array<tried_way, ways_to_help>& all, std::size_t missing) {
  std::size_t best = ways_to_help;
  for (std::size_t i = 0; i < ways_to_help; ++i) {
    if (!all[i].there || all[i].missing >= missing) continue;
    const bool better = best == ways_to_help || all[i].missing < all[best].missing ||
                        (all[i].missing == all[best].missing && all[i].what.saves > all[best].what.saves);
    if (better) best = i;
  }
  if (best != ways_to_help) return best;
  for (std::size_t i = 0; i < ways_to_help; ++i)
    if (all[i].there && all[i].missing == missing && all[i].shrinks > 0 &&
        (best == ways_to_help || all[i].shrinks > all[best].shrinks))
      best = i;
  return best;
}
/// The choices after the changes whose bits are set.
template <class Lazy = void>
constexpr choices changed(const choices& c, const remedy& r, std::uint32_t which) {
  choices now = c;
  for (std::size_t i = 0; i < r.count; ++i)
    if ((which >> i & 1U) != 0) now = v0::changed<Lazy>(now, r.list[i].what, r.list[i].to);
  return now;
}
/// The remedy with only the changes whose bits are set, and what each of them saves then.
template <class Lazy = void>
constexpr remedy told(const shape& s, const choices& c, const board_facts& board, const remedy& r,
                      std::uint32_t which) {
  remedy out{.which = r.which};
  choices now = c;
  for (std::size_t i = 0; i < r.count; ++i) {
    if ((which >> i & 1U) == 0) continue;
    const fitting_of<Lazy> f{s, now, board, r.which, footprint_of(s, now, board)};
    const help h = f.try_one(r.list[i].what, r.list[i].to);
    now = v0::changed<Lazy>(now, h.what, h.to);
    out.list[out.count] = h;
    out.over_by[out.count++] = shortage_of(footprint_of(s, now, board), r.which).most;
  }
  return out;
}

}  // namespace detail

/// What helps with RAM, or with flash.
template <class Lazy = void>
constexpr helps what_helps(const shape& s, const choices& c, const board_facts& board, memory which) {
  helps found{.which = which};
  if (!c.holds_for(s)) return found;
  const detail::fitting_of<Lazy> f{s, c, board, which, footprint_of(s, c, board)};
  for (std::size_t i = 0; i < ways_to_help; ++i) found.add(detail::help_by<Lazy>(static_cast<way>(i), f));
  return found;
}

/// What helps with the memory that is short: flash if only flash is, else RAM.
template <class Lazy = void>
constexpr helps what_helps(const shape& s, const choices& c, const board_facts& board) {
  if (!c.holds_for(s)) return {};
  const footprint f = footprint_of(s, c, board);
  return what_helps<Lazy>(s, c, board, f.ram_fits() && !f.flash_fits() ? memory::flash : memory::ram);
}

/// Which changes together make it fit: in each round the one after which least is missing; needless changes are
/// removed at the end. If one alone is enough, it is the only one. Empty if it fits already or the choices do not hold.
template <class Lazy = void>
constexpr remedy what_fits(const shape& s, const choices& c, const board_facts& board, memory which) {
  remedy r{.which = which};
  if (!c.holds_for(s)) return r;
  choices now = c;
  for (; r.count < ways_to_help; ++r.count) {
    const detail::fitting_of<Lazy> f{s, now, board, which, footprint_of(s, now, board)};
    const detail::shortage missing = detail::shortage_of(f.before, which);
    r.misses = missing.most;
    if (r.misses == 0) break;
    std::array<detail::tried_way, ways_to_help> all{};
    for (std::size_t i = 0; i < ways_to_help; ++i) all[i] = detail::try_way<Lazy>(static_cast<way>(i), f);
    const std::size_t best = detail::best_of(all, missing.sum);
    if (best == ways_to_help) break;
    r.list[r.count] = all[best].what;
    now = v0::changed<Lazy>(now, r.list[r.count].what, r.list[r.count].to);
  }
  if (r.misses != 0) return {.which = which, .misses = r.misses};
  std::uint32_t needed = (1U << r.count) - 1;
  for (std::size_t i = 0; i < r.count; ++i) {
    const std::uint32_t fewer = needed & ~(1U << i);
    if (detail::shortage_of(footprint_of(s, detail::changed<Lazy>(c, r, fewer), board), which).sum == 0) needed = fewer;
  }
  return detail::told<Lazy>(s, c, board, r, needed);
}
/// The same for the memory that is short: flash if only flash is, else RAM.
template <class Lazy = void>
constexpr remedy what_fits(const shape& s, const choices& c, const board_facts& board) {
  if (!c.holds_for(s)) return {};
  const footprint f = footprint_of(s, c, board);
  return what_fits<Lazy>(s, c, board, f.ram_fits() && !f.flash_fits() ? memory::flash : memory::ram);
}

}  // namespace mote::inline v0
