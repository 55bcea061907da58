// SPDX-License-Identifier: BSL-1.0
// Hits that differ from each other (maximal marginal relevance, Carbonell and Goldstein 1998): of a retriever's first
// hits the best is taken, then again and again the one with the largest
//   relevance * (its score / the best score)
//     - (1 - relevance) * (words in common with the most alike hit that is taken)
//   mmr<flat<>>      two texts of nearly the same words do not take two places in a prompt
// Refuses to add hits: what the retriever did not find stays unfound.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include "mote/core/check.hpp"
#include "mote/recall/distinct_words.hpp"
#include "mote/recall/english.hpp"
#include "mote/recall/fuse.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/retrieve.hpp"

namespace mote::inline v0 {

struct mmr_knobs {
  std::size_t depth = 16;  ///< hits of the retriever among which is chosen
  float relevance = 0.7F;  ///< 1: the retriever's order; 0: nothing but difference counts

  constexpr bool valid() const { return depth >= 1 && depth <= 4096 && relevance >= 0.0F && relevance <= 1.0F; }
};

/// Reader says what a word is: two texts are alike by their different words in common, divided by those of both.
template <class Index, mmr_knobs Knobs, class Reader>
class mmr_index : public Index {
 public:
  static constexpr std::size_t stack_bytes =
      Index::stack_bytes + Knobs.depth * (sizeof(hit) + sizeof(float)) + distinct_words<Reader>::stack_bytes;

  /// Offers with the values above as scores, which fall. Work: the retriever's search, and for each hit that is wanted
  /// `depth` comparisons of texts.
  template <class Query, class Items>
  void search(const Query& query, const Items& items, best_hits& best) const {
    std::array<hit, Knobs.depth> room;
    std::array<float, Knobs.depth> alike{};  // to the most alike that is taken
    best_hits found(room);
    Index::search(query, items, found);
    std::size_t left = found.found();
    const float top = left != 0 && room[0].score > 0.0F ? room[0].score : 1.0F;
    while (left != 0 && best.found() < best.most()) {
      std::size_t first = 0;
      float value = 0.0F;
      for (std::size_t i = 0; i < left; ++i) {
        const float v = Knobs.relevance * (room[i].score / top) - (1.0F - Knobs.relevance) * alike[i];
        if (i == 0 || v > value) first = i, value = v;
      }
      const item_id taken = room[first].id;
      best.offer(taken, value);
      --left;
      for (std::size_t i = first; i < left; ++i) room[i] = room[i + 1], alike[i] = alike[i + 1];
      const std::string_view text = items.text(items.find(taken));
      for (std::size_t i = 0; i < left; ++i) {
        const float a = in_common(text, items.text(items.find(room[i].id)));
        alike[i] = a > alike[i] ? a : alike[i];
      }
    }
  }

 private:
  static float in_common(std::string_view a, std::string_view b) {
    using distinct = distinct_words<Reader>;
    const std::size_t both = distinct::in_common(a, b);
    const std::size_t any = distinct::number_in(a) + distinct::number_in(b) - both;
    return any == 0 ? 0.0F : static_cast<float>(both) / static_cast<float>(any);
  }
};

namespace detail {

template <bool Fits>
struct mmr_check {
  static_assert(
      Fits,
      "mote: mmr<> takes a retriever that is made of a store, features and an index, as bm25<>, flat<> and fuse<> are; write yours with retrieve<> [mote-mmr]");
};
template <class R, mmr_knobs Knobs, class Reader, bool Fits>
struct mmr_parts {
  using type = retrieve<typename R::store, typename R::features, mmr_index<typename R::finder, Knobs, Reader>>;
};
template <class R, mmr_knobs Knobs, class Reader>
struct mmr_parts<R, Knobs, Reader, false> {
  using type = no_retriever;
};

}  // namespace detail

template <class Retriever, mmr_knobs Knobs = mmr_knobs{}, class Reader = english>
struct mmr
    : detail::mmr_parts<Retriever, Knobs.valid() ? Knobs : mmr_knobs{}, Reader, detail::has_parts<Retriever>>::type {
  using said = decltype(let_speak(static_cast<detail::mmr_check<detail::has_parts<Retriever>>*>(nullptr)));
  template <std::size_t Items, class Of = Retriever>
  using with_items =
      std::conditional_t<Knobs.valid(), mmr<typename Of::template with_items<Items>, Knobs, Reader>, mmr>;
  static_assert(Knobs.depth - 1 < 4096, "mote: mmr<> takes .depth from 1 to 4096 [mote-mmr-knobs]");
  static_assert(Knobs.relevance >= 0.0F && Knobs.relevance <= 1.0F,
                "mote: mmr<> takes .relevance from 0 to 1 [mote-mmr-knobs]");
};

}  // namespace mote::inline v0
