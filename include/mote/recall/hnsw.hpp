// SPDX-License-Identifier: BSL-1.0
// Finds remembered texts by the letters they share, as flat<> does, without reading every vector: a hierarchy of graphs
// of near vectors in fixed memory (hierarchical navigable small worlds, Malkov and Yashunin 2016).
//   hnsw<>                                       4,096 items
//   retrieve<item_store<9000, 96>, yours, hnsw_index<int8_vector<64>, 9000>>     vectors of an embedder of a user's own
// mote.hpp does not bring it. Refuses chance: a row's number says on which levels it is, so the same texts make the
// same graph on every machine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "mote/config.hpp"
#include "mote/core/check.hpp"
#include "mote/recall/flat.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/item_store.hpp"
#include "mote/recall/retrieve.hpp"

namespace mote::inline v0 {

namespace detail {
template <std::size_t Items, std::size_t Degree, std::size_t Build, std::size_t Search>
struct hnsw_check {
  static constexpr bool in_range = Items >= 1 && Degree >= 2 && Degree <= 64 && Build >= Degree && Search >= 1;
  static_assert(
      in_range,
      "mote: hnsw_index<> keeps from 1 item on, with 2 to 64 links each, build from those on and search from 1 [mote-hnsw-index]");
};
}  // namespace detail

/// degree: M of the paper, links of a vector on each upper level, twice as many on the lowest. build: efConstruction,
/// the candidates kept while a vector is added. search: efSearch, the candidates kept during a search.
template <class Vector, std::size_t Items, std::size_t Degree = 16, std::size_t Build = 100, std::size_t Search = 64,
          float Least = 0.0F>
class hnsw_index {
  using said = decltype(let_speak(static_cast<detail::hnsw_check<Items, Degree, Build, Search>*>(nullptr)));
  using number = std::conditional_t<(Items <= 65535), std::uint16_t, std::uint32_t>;

  /// Items of a level: those whose row its step divides.
  static constexpr std::size_t step(std::size_t level) {
    std::size_t s = 1;
    while (level-- > 0) s *= Degree;
    return s;
  }
  static constexpr std::size_t top = [] {
    std::size_t level = 0;
    while (step(level + 1) < Items) ++level;
    return level;
  }();
  static constexpr std::size_t level_of(std::size_t row) {
    std::size_t level = 0;
    while (level < top && row % step(level + 1) == 0) ++level;
    return level;
  }
  /// Lists of the upper levels stand one level behind the other.
  static constexpr std::size_t lists_below(std::size_t level) {
    std::size_t sum = 0;
    for (std::size_t l = 1; l < level; ++l) sum += (Items - 1) / step(l) + 1;
    return sum;
  }

  struct near_row {
    float score = 0.0F;
    std::uint32_t row = 0;
    bool expanded = false;
  };
  /// The nearest so far, best first.
  template <std::size_t Most>
  struct nearest {
    std::array<near_row, Most> rows;
    std::size_t count = 0;

    bool takes(float score, std::size_t most) const { return count < most || score > rows[count - 1].score; }
    /// Where it stands now.
    std::size_t put(float score, std::uint32_t row, std::size_t most) {
      if (count < most) ++count;
      std::size_t at = count - 1;
      for (; at > 0 && score > rows[at - 1].score; --at) rows[at] = rows[at - 1];
      rows[at] = {.score = score, .row = row};
      return at;
    }
  };
  using visited = std::array<std::uint32_t, (Items + 31) / 32>;
  static constexpr std::size_t most_links = 2 * Degree;
  static constexpr std::size_t most_near = Build > Search ? Build : Search;

 public:
  static constexpr std::size_t capacity = Items;  ///< rows
  static constexpr std::size_t stack_bytes = sizeof(nearest<most_near>) + sizeof(visited) +
                                             sizeof(nearest<2 * most_links + 1>) + 4 * most_links * sizeof(number);

  /// Work: one search that keeps `build` vectors in mind, and the links of each new neighbour are chosen again.
  void add(std::size_t row, const Vector& v) {
    vectors_[row] = v;
    in_use_[row / 32] |= 1U << row % 32;
    if (count_++ == 0) {
      entry_ = static_cast<number>(row);
      return;
    }
    const std::size_t own = level_of(row);
    nearest<most_near> found;
    start(v, found);
    for (std::size_t level = level_of(entry_) + 1; level-- > 0;) {
      explore(v, found, level, level > own ? 1 : Build);
      if (level > own) continue;
      nearest<2 * most_links + 1> candidates;
      for (std::size_t i = 0; i < found.count && i < candidates.rows.size(); ++i)
        candidates.rows[candidates.count++] = found.rows[i];
      set_links(row, level, candidates, Degree);
      const list mine = links(row, level);
      for (std::size_t i = 0; i < mine.count; ++i) link(mine.rows[i], row, level);
    }
    if (own > level_of(entry_)) entry_ = static_cast<number>(row);
  }

  /// Work: the links of all vectors are read once; those that led here choose others.
  void remove(std::size_t row) {
    if (!is_in_use(row)) return;
    in_use_[row / 32] &= ~(1U << row % 32);
    --count_;
    for (std::size_t level = 0; level <= level_of(row); ++level) {
      const list gone = links(row, level);
      for (std::size_t other = 0; other < Items; other += step(level)) {
        if (!is_in_use(other)) continue;
        list l = links(other, level);
        std::size_t at = 0;
        while (at < l.count && l.rows[at] != row) ++at;
        if (at == l.count) continue;
        nearest<2 * most_links + 1> candidates;
        for (std::size_t i = 0; i < l.count; ++i)
          if (i != at) offer(candidates, other, l.rows[i]);
        for (std::size_t i = 0; i < gone.count; ++i)
          if (gone.rows[i] != other) offer(candidates, other, gone.rows[i]);
        set_links(other, level, candidates, room(level));
      }
      for (std::size_t i = 0; i < gone.count; ++i) gone.rows[i] = 0;
      gone.count = 0;
    }
    vectors_[row] = {};
    if (entry_ == row) choose_entry();
  }

  /// Offers the items whose cosine with the query is above Least: as many as are wanted, and at most `search`. Work:
  /// grows with the logarithm of the items.
  template <class Store>
  void search(const Vector& query, const Store& items, best_hits& best) const {
    if (count_ == 0) return;
    nearest<most_near> found;
    start(query, found);
    for (std::size_t level = level_of(entry_) + 1; level-- > 0;) explore(query, found, level, level > 0 ? 1 : Search);
    for (std::size_t i = 0; i < found.count; ++i) {
      const float cosine = detail::cosine(query, vectors_[found.rows[i].row]);
      if (cosine > Least) best.offer(items.id(found.rows[i].row), cosine);
    }
  }

  /// Calls visit(row, level, other) for each link.
  template <class Visit>
  void for_each_link(Visit&& visit) const {
    for (std::size_t row = 0; row < Items; ++row)
      for (std::size_t level = 0; level <= level_of(row); ++level)
        for (const number other : linked(row, level)) visit(row, level, std::size_t{other});
  }

 private:
  struct list {
    number* rows;
    std::uint8_t& count;
  };
  static constexpr std::size_t room(std::size_t level) { return level == 0 ? most_links : Degree; }
  list links(std::size_t row, std::size_t level) {
    if (level == 0) return {lowest_[row].data(), lowest_count_[row]};
    const std::size_t at = lists_below(level) + row / step(level);
    return {upper_[at].data(), upper_count_[at]};
  }
  std::span<const number> linked(std::size_t row, std::size_t level) const {
    if (level == 0) return {lowest_[row].data(), lowest_count_[row]};
    const std::size_t at = lists_below(level) + row / step(level);
    return {upper_[at].data(), upper_count_[at]};
  }
  bool is_in_use(std::size_t row) const { return (in_use_[row / 32] >> row % 32 & 1U) != 0; }

  void start(const Vector& v, nearest<most_near>& found) const {
    found.count = 0;
    (void)found.put(detail::cosine(v, vectors_[entry_]), entry_, 1);
  }

  /// From the rows that are there: the `most` nearest of a level that are found on the way.
  void explore(const Vector& v, nearest<most_near>& found, std::size_t level, std::size_t most) const {
    visited seen{};
    for (std::size_t i = 0; i < found.count; ++i) {
      found.rows[i].expanded = false;
      seen[found.rows[i].row / 32] |= 1U << found.rows[i].row % 32;
    }
    for (std::size_t at = 0; at < found.count;) {
      if (found.rows[at].expanded) {
        ++at;
        continue;
      }
      found.rows[at].expanded = true;
      std::array<number, most_links> unseen;
      std::size_t count = 0;
      for (const number row : linked(found.rows[at].row, level)) {
        if ((seen[row / 32] >> row % 32 & 1U) != 0) continue;
        seen[row / 32] |= 1U << row % 32;
        unseen[count++] = row;
        __builtin_prefetch(&vectors_[row]);
      }
      std::size_t next = at + 1;
      for (std::size_t i = 0; i < count; ++i) {
        const float score = detail::cosine(v, vectors_[unseen[i]]);
        if (!found.takes(score, most)) continue;
        const std::size_t place = found.put(score, unseen[i], most);
        next = place < next ? place : next;
      }
      at = next;
    }
  }

  void offer(nearest<2 * most_links + 1>& candidates, std::size_t row, number other) const {
    for (std::size_t i = 0; i < candidates.count; ++i)
      if (candidates.rows[i].row == other) return;
    (void)candidates.put(detail::cosine(vectors_[row], vectors_[other]), other, candidates.rows.size());
  }

  /// Links a row to the candidates, best first, that are nearer to it than to those that are taken: so links lead into
  /// different directions.
  void set_links(std::size_t row, std::size_t level, const nearest<2 * most_links + 1>& candidates, std::size_t most) {
    list l = links(row, level);
    const std::size_t before = l.count;
    l.count = 0;
    for (std::size_t i = 0; i < candidates.count && l.count < most; ++i) {
      const near_row& c = candidates.rows[i];
      if (c.row == row) continue;
      bool other_way = true;
      for (std::size_t k = 0; k < l.count && other_way; ++k)
        other_way = detail::cosine(vectors_[c.row], vectors_[l.rows[k]]) < c.score;
      if (other_way) l.rows[l.count++] = static_cast<number>(c.row);
    }
    for (std::size_t i = l.count; i < before; ++i) l.rows[i] = 0;
  }

  void link(std::size_t row, std::size_t to, std::size_t level) {
    list l = links(row, level);
    if (l.count < room(level)) {
      l.rows[l.count++] = static_cast<number>(to);
      return;
    }
    nearest<2 * most_links + 1> candidates;
    for (std::size_t i = 0; i < l.count; ++i) offer(candidates, row, l.rows[i]);
    offer(candidates, row, static_cast<number>(to));
    set_links(row, level, candidates, room(level));
  }

  void choose_entry() {
    entry_ = 0;
    for (std::size_t level = top + 1; level-- > 0;)
      for (std::size_t row = 0; row < Items; row += step(level))
        if (is_in_use(row)) {
          entry_ = static_cast<number>(row);
          return;
        }
  }

  std::array<Vector, Items> vectors_{};                         // by row
  std::array<std::array<number, most_links>, Items> lowest_{};  // (lowest_count_) rows, by row
  std::array<std::array<number, Degree>, lists_below(top + 1) + 1> upper_{};
  std::array<std::uint32_t, (Items + 31) / 32> in_use_{};
  std::array<std::uint8_t, Items> lowest_count_{};
  std::array<std::uint8_t, lists_below(top + 1) + 1> upper_count_{};
  std::uint32_t count_ = 0;
  number entry_ = 0;  // of the highest level
};

struct hnsw_knobs {
  std::size_t items = 4096;     ///< texts kept; one more forgets the oldest
  std::size_t item_bytes = 96;  ///< of a text, on average: items * item_bytes is what all texts share
  std::size_t dims = 256;       ///< codes of a vector, a byte each; a multiple of 4
  std::size_t gram = 4;         ///< characters of an n-gram
  std::size_t degree = 16;      ///< links of a vector; twice as many on the lowest level
  std::size_t build = 100;      ///< vectors that are kept in mind while one is added
  std::size_t search = 64;      ///< and while one is looked for: the most hits
  float least = 0.0F;           ///< hits have a larger cosine than this

  constexpr bool valid() const {
    return items - 1 < 1'048'576 && detail::texts_can_share(items, item_bytes) && dims - 1 < 65535 && dims % 4 == 0 &&
           gram - 2 < 7 && degree >= 2 && degree <= 64 && build >= degree && build <= 4096 && search - 1 < 4096 &&
           least >= 0.0F && least < 1.0F;
  }
};

namespace detail {
template <hnsw_knobs Knobs>
using hnsw_parts =
    retrieve<item_store<Knobs.items, Knobs.item_bytes>, hashed_ngrams<Knobs.dims, Knobs.gram>,
             hnsw_index<int8_vector<Knobs.dims>, Knobs.items, Knobs.degree, Knobs.build, Knobs.search, Knobs.least>>;
}  // namespace detail

template <hnsw_knobs Knobs = hnsw_knobs{}>
struct hnsw : detail::hnsw_parts<Knobs.valid() ? Knobs : hnsw_knobs{}> {  // a bad knob is reported once, here
  template <std::size_t Items>
  using with_items = hnsw<detail::knobs_of_items(Knobs, Items)>;
  static_assert(Knobs.items - 1 < 1'048'576, "mote: hnsw<> takes .items from 1 to 1048576 [mote-hnsw-knobs]");
  static_assert(Knobs.item_bytes - 1 < 65'535, "mote: hnsw<> takes .item_bytes from 1 to 65535 [mote-hnsw-knobs]");
  static_assert(detail::stays_below_4_gib(Knobs),
                "mote: hnsw<> takes .items * .item_bytes below 4 GiB [mote-hnsw-knobs]");
  static_assert(Knobs.dims - 1 < 65'535 && Knobs.dims % 4 == 0,
                "mote: hnsw<> takes .dims from 4 to 65532, in fours [mote-hnsw-knobs]");
  static_assert(Knobs.gram - 2 < 7, "mote: hnsw<> takes .gram from 2 to 8 [mote-hnsw-knobs]");
  static_assert(Knobs.degree - 2 < 63, "mote: hnsw<> takes .degree from 2 to 64 [mote-hnsw-knobs]");
  static_assert(Knobs.build >= Knobs.degree && Knobs.build <= 4096,
                "mote: hnsw<> takes .build from .degree to 4096 [mote-hnsw-knobs]");
  static_assert(Knobs.search - 1 < 4096, "mote: hnsw<> takes .search from 1 to 4096 [mote-hnsw-knobs]");
  static_assert(Knobs.least >= 0.0F && Knobs.least < 1.0F,
                "mote: hnsw<> takes .least from 0 to below 1 [mote-hnsw-knobs]");
};

}  // namespace mote::inline v0
