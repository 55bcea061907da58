// SPDX-License-Identifier: BSL-1.0
// Finds the newest texts, whatever the question: the score is 2^(-age / half_life), age 0 for the newest of all.
//   recent<>                                          the last that was said, for a question that says "it"
//   fuse<bm25<>, recent<>>                            a text that has the words is found first, the newest next
// Refuses to read a text: it costs nothing beside the store.
#pragma once

#include <cstddef>
#include <string_view>

#include "mote/core/status.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/item_store.hpp"
#include "mote/recall/retrieve.hpp"

namespace mote::inline v0 {

struct recent_knobs {
  std::size_t items = 128;      ///< texts kept; one more forgets the oldest
  std::size_t item_bytes = 96;  ///< of a text, on average: items * item_bytes is what all texts share
  std::size_t half_life = 8;    ///< texts after which a score is half; a hit has more than 2^-20

  constexpr bool valid() const {
    return items - 1 < 1'048'576 && detail::texts_can_share(items, item_bytes) && half_life - 1 < 1'048'576;
  }
};

/// No features: every text is taken.
struct no_features {
  struct item {};
  using query = item;
  static constexpr std::size_t stack_bytes = 0;
  static status embed(std::string_view, item&) { return status::ok; }
  static status ask(std::string_view, query&) { return status::ok; }
};

template <std::size_t HalfLife>
struct recent_index {
  static constexpr std::size_t stack_bytes = 0;
  static void add(std::size_t, no_features::item) {}
  static void remove(std::size_t) {}

  /// Offers as many as are wanted, the newest first. Work: one item each.
  template <class Store>
  static void search(no_features::query, const Store& items, best_hits& best) {
    float score = 1.0F;
    for (std::size_t age = 0; age < items.size() && age < best.most() && age < 20 * HalfLife; ++age) {
      best.offer(items.id(items.row(items.size() - 1 - age)), score);
      score *= step;
    }
  }

 private:
  /// 2^(-1 / HalfLife): its power is nearer to a half than those of its neighbours.
  static constexpr float step = [] {
    double low = 0.5, high = 1.0;
    for (int halving = 0; halving < 60; ++halving) {
      const double middle = 0.5 * (low + high);
      double power = 1.0;
      double square = middle;
      for (std::size_t n = HalfLife; n != 0; n /= 2, square *= square)
        if (n % 2 != 0) power *= square;
      (power < 0.5 ? low : high) = middle;
    }
    return static_cast<float>(high);
  }();
};

namespace detail {
template <recent_knobs Knobs>
using recent_parts = retrieve<item_store<Knobs.items, Knobs.item_bytes>, no_features, recent_index<Knobs.half_life>>;
}  // namespace detail

template <recent_knobs Knobs = recent_knobs{}>
struct recent : detail::recent_parts<Knobs.valid() ? Knobs : recent_knobs{}> {  // a bad knob is reported once, here
  template <std::size_t Items>
  using with_items = recent<detail::knobs_of_items(Knobs, Items)>;
  static_assert(Knobs.items - 1 < 1'048'576, "mote: recent<> takes .items from 1 to 1048576 [mote-recent-knobs]");
  static_assert(Knobs.item_bytes - 1 < 65'535, "mote: recent<> takes .item_bytes from 1 to 65535 [mote-recent-knobs]");
  static_assert(detail::stays_below_4_gib(Knobs),
                "mote: recent<> takes .items * .item_bytes below 4 GiB [mote-recent-knobs]");
  static_assert(Knobs.half_life - 1 < 1'048'576,
                "mote: recent<> takes .half_life from 1 to 1048576 [mote-recent-knobs]");
};

}  // namespace mote::inline v0
