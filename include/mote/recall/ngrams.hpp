// SPDX-License-Identifier: BSL-1.0
// Finds remembered texts by the letters they share, as flat<> does, and keeps nothing of them: each search makes the
// vectors again, from the texts.
//   ngrams<>                                      128 items: 13.3 KiB, the texts alone (flat<>: 45.8)
//   fuse<bm25<>, ngrams<>>                        words first, and letters beside them; not a byte more than bm25<>
//   retrieve<item_store<64, 96>, asked_of<yours>, reread_index<yours>>   an embedder of a user's own
// Refuses many texts: a search embeds all of them.
#pragma once

#include <cstddef>
#include <string_view>

#include "mote/core/status.hpp"
#include "mote/recall/flat.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/item_store.hpp"
#include "mote/recall/retrieve.hpp"

namespace mote::inline v0 {

struct ngrams_knobs {
  std::size_t items = 128;      ///< texts kept; one more forgets the oldest
  std::size_t item_bytes = 96;  ///< of a text, on average: items * item_bytes is what all texts share
  std::size_t dims = 1024;      ///< codes of a vector, which is on the stack alone; a multiple of 4
  std::size_t gram = 3;         ///< characters of an n-gram
  float least = 0.0F;           ///< hits have a larger cosine than this

  constexpr bool valid() const {
    return items - 1 < 1'048'576 && detail::texts_can_share(items, item_bytes) && dims - 1 < 65535 && dims % 4 == 0 &&
           gram - 2 < 7 && least >= 0.0F && least < 1.0F;
  }
};

/// Features for a reread_index: of a text nothing, of a question the embedder's vector.
template <class Embedder>
struct asked_of {
  struct item {};
  using query = typename Embedder::item;
  static constexpr std::size_t stack_bytes = Embedder::stack_bytes + sizeof(query);

  static status embed(std::string_view text, item&) {
    query v;
    return Embedder::embed(text, v);
  }
  static status ask(std::string_view text, query& out) { return detail::ask_vector<Embedder>(text, out); }
};

/// Embedder makes the vectors of the texts in each search: static status embed(text, item&), of items with a cosine.
template <class Embedder, float Least = 0.0F>
struct reread_index {
  static constexpr std::size_t stack_bytes = sizeof(typename Embedder::item);  // asked_of counts Embedder

  static void add(std::size_t, typename asked_of<Embedder>::item) {}
  static void remove(std::size_t) {}

  /// Offers the items whose cosine with the query is above Least. Work: all texts are embedded.
  template <class Store>
  static void search(const typename Embedder::item& query, const Store& items, best_hits& best) {
    typename Embedder::item v;
    for (std::size_t place = items.size(); place-- > 0;) {
      const std::size_t row = items.row(place);
      if (Embedder::embed(items.text(row), v) != status::ok) continue;
      if (const float cosine = detail::cosine(query, v); cosine > Least) best.offer(items.id(row), cosine);
    }
  }
};

namespace detail {
template <ngrams_knobs Knobs>
using ngrams_parts =
    retrieve<item_store<Knobs.items, Knobs.item_bytes>, asked_of<hashed_ngrams<Knobs.dims, Knobs.gram>>,
             reread_index<hashed_ngrams<Knobs.dims, Knobs.gram>, Knobs.least>>;
}  // namespace detail

template <ngrams_knobs Knobs = ngrams_knobs{}>
struct ngrams : detail::ngrams_parts<Knobs.valid() ? Knobs : ngrams_knobs{}> {  // a bad knob is reported once, here
  template <std::size_t Items>
  using with_items = ngrams<detail::knobs_of_items(Knobs, Items)>;
  static_assert(Knobs.items - 1 < 1'048'576, "mote: ngrams<> takes .items from 1 to 1048576 [mote-ngrams-knobs]");
  static_assert(Knobs.item_bytes - 1 < 65'535, "mote: ngrams<> takes .item_bytes from 1 to 65535 [mote-ngrams-knobs]");
  static_assert(detail::stays_below_4_gib(Knobs),
                "mote: ngrams<> takes .items * .item_bytes below 4 GiB [mote-ngrams-knobs]");
  static_assert(Knobs.dims - 1 < 65'535 && Knobs.dims % 4 == 0,
                "mote: ngrams<> takes .dims from 4 to 65532, in fours [mote-ngrams-knobs]");
  static_assert(Knobs.gram - 2 < 7, "mote: ngrams<> takes .gram from 2 to 8 [mote-ngrams-knobs]");
  static_assert(Knobs.least >= 0.0F && Knobs.least < 1.0F,
                "mote: ngrams<> takes .least from 0 to below 1 [mote-ngrams-knobs]");
};

}  // namespace mote::inline v0
