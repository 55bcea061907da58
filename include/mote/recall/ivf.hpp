// SPDX-License-Identifier: BSL-1.0
// Finds remembered texts by the letters they share, as flat<> does, in the lists that are nearest to the question: each
// vector is in the list whose mean is nearest to it (an inverted file, Sivic and Zisserman 2003).
//   ivf<>                                        4,096 items in 64 lists, of which a search reads 32
//   ivf<ivf_knobs{.reread = true}>               no vector is kept: those of the lists that are read are made again
//   retrieve<item_store<900, 96>, yours, ivf_index<kept_vectors<int8_vector<64>, 900>, moving_means<..., 30>, ...>>
// Means move with each text that comes or goes; of a table that a tool made (fixed_means) nothing is in RAM.
// mote.hpp does not bring it. Refuses a training that lasts: an add places one text and looks at a few again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "mote/core/check.hpp"
#include "mote/core/status.hpp"
#include "mote/recall/binary.hpp"
#include "mote/recall/flat.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/item_store.hpp"
#include "mote/recall/retrieve.hpp"

namespace mote::inline v0 {

// Where the vectors of the texts are: put(row, vector), wipe(row), and get(row, items, room), which gives the vector,
// in `room` if it is nowhere else, or nullptr: it cannot be read now. One of a user's own may lie behind a driver.

/// In this object: a row's vector is read where it lies.
template <class Vector, std::size_t Items>
class kept_vectors {
 public:
  using vector = Vector;
  static constexpr std::size_t capacity = Items;  ///< rows
  void put(std::size_t row, const Vector& v) { vectors_[row] = v; }
  void wipe(std::size_t row) { vectors_[row] = {}; }
  template <class Store>
  const Vector* get(std::size_t row, const Store&, Vector&) const {
    return &vectors_[row];
  }

 private:
  std::array<Vector, Items> vectors_{};  // by row
};

/// Nowhere: they are made again from the texts. Embedder: static status embed(text, int8_vector<...>&).
template <class Embedder>
struct reread_vectors {
  using vector = typename Embedder::item;
  static void put(std::size_t, const vector&) {}
  static void wipe(std::size_t) {}
  template <class Store>
  static const vector* get(std::size_t row, const Store& items, vector& room) {
    return Embedder::embed(items.text(row), room) == status::ok ? &room : nullptr;
  }
};

/// A list's mean is that of the vectors that are in it now, each of length 1: their sum is kept exactly, so a text that
/// goes leaves nothing in it.
template <class Vector, std::size_t Lists>
class moving_means {
  static constexpr std::size_t dims = detail::dims_of(static_cast<Vector*>(nullptr));

 public:
  static constexpr std::size_t lists = Lists;

  const Vector& mean(std::size_t list) const { return means_[list]; }
  std::size_t size(std::size_t list) const { return count_[list]; }

  void enter(std::size_t list, const Vector& v) {
    ++count_[list];
    change(list, v, 1);
  }
  void leave(std::size_t list, const Vector& v) {
    --count_[list];
    change(list, v, -1);
  }
  /// Forgets all that entered a list.
  void clear(std::size_t list) {
    sums_[list] = {};
    means_[list] = {};
    count_[list] = 0;
  }

 private:
  void change(std::size_t list, const Vector& v, std::int32_t sign) {
    std::array<std::int32_t, dims>& sum = sums_[list];
    std::int32_t largest = 0;
    for (std::size_t i = 0; i < dims; ++i) {
      const float part = 127.0F * (static_cast<float>(v.codes[i]) * v.scale);
      sum[i] += sign * static_cast<std::int32_t>(part < 0.0F ? part - 0.5F : part + 0.5F);
      const std::int32_t size = sum[i] < 0 ? -sum[i] : sum[i];
      largest = size > largest ? size : largest;
    }
    Vector& mean = means_[list];
    mean = {};
    if (largest == 0) return;
    const float step = 127.0F / static_cast<float>(largest);
    for (std::size_t i = 0; i < dims; ++i) {
      const float code = static_cast<float>(sum[i]) * step;
      mean.codes[i] = static_cast<std::int8_t>(code < 0.0F ? code - 0.5F : code + 0.5F);
    }
    mean.measure();
  }

  std::array<std::array<std::int32_t, dims>, Lists> sums_{};  // 127 is a length of 1
  std::array<Vector, Lists> means_{};
  std::array<std::uint32_t, Lists> count_{};
};

/// Means of a table in flash: a constexpr std::array of vectors with static storage.
template <const auto& Table>
struct fixed_means {
  static constexpr std::size_t lists = Table.size();
  static const auto& mean(std::size_t list) { return Table[list]; }
  static constexpr std::size_t size(std::size_t) { return 1; }  // none is to be begun
  template <class Vector>
  static void enter(std::size_t, const Vector&) {}
  template <class Vector>
  static void leave(std::size_t, const Vector&) {}
  static void clear(std::size_t) {}
};

namespace detail {
template <std::size_t Items, std::size_t Lists, std::size_t Probes>
struct ivf_check {
  static constexpr bool in_range = Items >= 1 && Lists >= 1 && Lists < 32768 && Probes >= 1 && Probes <= Lists;
  static_assert(
      in_range,
      "mote: ivf_index<> keeps from 1 item on, in 1 to 32767 lists, of which a search reads 1 to all [mote-ivf-index]");
};
}  // namespace detail

/// Settled: texts that are looked at again with each add, one after the other, and change to a nearer list.
template <class Vectors, class Means, std::size_t Items, std::size_t Probes, std::size_t Settled = 2,
          float Least = 0.0F>
class ivf_index {
  static constexpr std::size_t lists = Means::lists;
  using said = decltype(let_speak(static_cast<detail::ivf_check<Items, lists, Probes>*>(nullptr)));
  using vector = typename Vectors::vector;
  using number = std::conditional_t<(Items < 65535), std::uint16_t, std::uint32_t>;  // a row + 1; 0: none

  struct near_list {
    float score = 0.0F;
    std::uint32_t list = 0;
  };

 public:
  static constexpr std::size_t capacity = [] {  ///< rows: of the vectors as well, where they say it
    if constexpr (requires { Vectors::capacity; }) return Vectors::capacity < Items ? Vectors::capacity : Items;
    else return Items;
  }();
  /// As every index's, beside what its features need: an embedder that makes the vectors again is counted there.
  static constexpr std::size_t stack_bytes =
      sizeof(vector) + detail::greatest_of(sizeof(detail::wide_vector(vector{})), Probes * sizeof(near_list));

  /// Work: the vector is compared with all means, and so is one for each text that is looked at again.
  template <class Store>
  void add(std::size_t row, const vector& v, const Store& items) {
    vectors_.put(row, v);
    put_in(nearest(v, true), row, v);
    for (std::size_t i = 0; i < Settled && i < items.size(); ++i) settle(items);
  }
  /// Where the vector cannot be read, the mean is made again from those of its list that can: so nothing of it is left.
  /// The others enter when an add looks at them again.
  template <class Store>
  void remove(std::size_t row, const Store& items) {
    if (list_of_[row] == 0) return;
    const std::size_t list = list_of(row);
    const bool entered = is_in_mean(row);
    vector room;
    const vector* v = vectors_.get(row, items, room);
    unlink(row);
    if (entered && v != nullptr) means_.leave(list, *v);
    if (entered && v == nullptr) make_mean(list, items, room);
    vectors_.wipe(row);
    if (items.size() <= 1) settled_ = 0;
  }

  /// Offers the items of the Probes nearest lists whose cosine with the query is above Least. Work: lists x codes, and
  /// codes for each item of these lists.
  template <class Store>
  void search(const vector& query, const Store& items, best_hits& best) const {
    const auto wide = detail::wide_vector(query);
    std::array<near_list, Probes> nearest;
    std::size_t count = 0;
    for (std::size_t list = 0; list < lists; ++list) {
      if (heads_[list] == 0) continue;
      const float score = detail::cosine(wide, means_.mean(list));
      if (count == Probes && score <= nearest[count - 1].score) continue;
      if (count < Probes) ++count;
      std::size_t at = count - 1;
      for (; at > 0 && score > nearest[at - 1].score; --at) nearest[at] = nearest[at - 1];
      nearest[at] = {.score = score, .list = static_cast<std::uint32_t>(list)};
    }
    vector room;
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t next = heads_[nearest[i].list]; next != 0; next = next_[next - 1]) {
        const vector* v = vectors_.get(next - 1, items, room);
        if (v == nullptr) continue;
        const float cosine = detail::cosine(wide, *v);
        if (cosine >= best.bar() && cosine > Least) best.offer(items.id(next - 1), cosine);
      }
  }

  const Means& means() const { return means_; }
  std::size_t list_of(std::size_t row) const { return (list_of_[row] & list_bits) - 1U; }  ///< of a row in use

 private:
  /// The list whose mean is nearest; where one is empty and may be begun, that.
  std::size_t nearest(const vector& v, bool may_begin) const {
    std::size_t best = lists;
    float most = 0.0F;
    for (std::size_t list = 0; list < lists; ++list) {
      if (means_.size(list) == 0) {
        if (may_begin) return list;
        continue;
      }
      const float score = detail::cosine(v, means_.mean(list));
      if (best == lists || score > most) best = list, most = score;
    }
    return best;
  }

  template <class Store>
  void settle(const Store& items) {
    if (++settled_ >= items.size()) settled_ = 0;
    const std::size_t row = items.row(settled_);
    if (list_of_[row] == 0) return;  // in the store, and not here yet
    vector room;
    const vector* v = vectors_.get(row, items, room);
    if (v == nullptr) return;
    const std::size_t list = nearest(*v, false), before = list_of(row);
    const bool entered = is_in_mean(row);
    if (list == before && entered) return;
    unlink(row);
    if (entered) means_.leave(before, *v);
    put_in(list, row, *v);
  }

  void put_in(std::size_t list, std::size_t row, const vector& v) {
    next_[row] = heads_[list];
    heads_[list] = static_cast<number>(row + 1);
    list_of_[row] = static_cast<std::uint16_t>(list + 1);
    means_.enter(list, v);
  }
  void unlink(std::size_t row) {
    number* from = &heads_[list_of(row)];
    while (*from != row + 1) from = &next_[*from - 1];
    *from = next_[row];
    next_[row] = 0;
    list_of_[row] = 0;
  }
  bool is_in_mean(std::size_t row) const { return (list_of_[row] & unread) == 0; }
  template <class Store>
  void make_mean(std::size_t list, const Store& items, vector& room) {
    means_.clear(list);
    for (std::size_t next = heads_[list]; next != 0; next = next_[next - 1]) {
      std::uint16_t& of = list_of_[next - 1];
      const vector* v = vectors_.get(next - 1, items, room);
      of = static_cast<std::uint16_t>(v != nullptr ? of & list_bits : of | unread);
      if (v != nullptr) means_.enter(list, *v);
    }
  }

  static constexpr std::uint16_t list_bits = 0x7FFF, unread = 0x8000;

  [[no_unique_address]] Vectors vectors_;
  [[no_unique_address]] Means means_;
  std::array<number, lists> heads_{};           // the newest of a list
  std::array<number, Items> next_{};            // in its list, by row, as list_of_
  std::array<std::uint16_t, Items> list_of_{};  // + 1; 0: the row is in none; unread: not in its mean
  std::uint32_t settled_ = 0;                   // the place that was looked at last
};

struct ivf_knobs {
  std::size_t items = 4096;     ///< texts kept; one more forgets the oldest
  std::size_t item_bytes = 96;  ///< of a text, on average: items * item_bytes is what all texts share
  std::size_t dims = 256;       ///< codes of a vector, a byte each; a multiple of 4
  std::size_t gram = 4;         ///< characters of an n-gram
  std::size_t lists = 64;       ///< about the root of items
  std::size_t probes = 32;      ///< lists that a search reads; all of them: flat<>'s hits
  std::size_t settled = 2;      ///< texts that are looked at again with each add
  bool reread = false;          ///< vectors are not kept but made again from the texts
  float least = 0.0F;           ///< hits have a larger cosine than this

  /// With other items, and no more lists than they are.
  constexpr ivf_knobs of_items(std::size_t n) const {
    ivf_knobs k = detail::knobs_of_items(*this, n);
    if (!valid() || n == 0 || n >= lists) return k;
    k.lists = n;
    k.probes = probes < n ? probes : n;
    return k;
  }

  constexpr bool valid() const {
    return items - 1 < 1'048'576 && detail::texts_can_share(items, item_bytes) && dims - 1 < 65535 && dims % 4 == 0 &&
           gram - 2 < 7 && lists - 1 < 32767 && lists <= items && probes - 1 < lists && settled <= 4096 &&
           least >= 0.0F && least < 1.0F;
  }
};

namespace detail {
template <ivf_knobs Knobs>
using ivf_embedder = hashed_ngrams<Knobs.dims, Knobs.gram>;
template <ivf_knobs Knobs>
using ivf_vectors =
    typename std::conditional_t<Knobs.reread, std::type_identity<reread_vectors<ivf_embedder<Knobs>>>,
                                std::type_identity<kept_vectors<int8_vector<Knobs.dims>, Knobs.items>>>::type;
template <ivf_knobs Knobs>
using ivf_parts = retrieve<item_store<Knobs.items, Knobs.item_bytes>, ivf_embedder<Knobs>,
                           ivf_index<ivf_vectors<Knobs>, moving_means<int8_vector<Knobs.dims>, Knobs.lists>,
                                     Knobs.items, Knobs.probes, Knobs.settled, Knobs.least>>;
}  // namespace detail

template <ivf_knobs Knobs = ivf_knobs{}>
struct ivf : detail::ivf_parts<Knobs.valid() ? Knobs : ivf_knobs{}> {  // a bad knob is reported once, here
  template <std::size_t Items>
  using with_items = ivf<Knobs.of_items(Items)>;
  static_assert(Knobs.items - 1 < 1'048'576, "mote: ivf<> takes .items from 1 to 1048576 [mote-ivf-knobs]");
  static_assert(Knobs.item_bytes - 1 < 65'535, "mote: ivf<> takes .item_bytes from 1 to 65535 [mote-ivf-knobs]");
  static_assert(detail::stays_below_4_gib(Knobs),
                "mote: ivf<> takes .items * .item_bytes below 4 GiB [mote-ivf-knobs]");
  static_assert(Knobs.dims - 1 < 65'535 && Knobs.dims % 4 == 0,
                "mote: ivf<> takes .dims from 4 to 65532, in fours [mote-ivf-knobs]");
  static_assert(Knobs.gram - 2 < 7, "mote: ivf<> takes .gram from 2 to 8 [mote-ivf-knobs]");
  static_assert(Knobs.lists - 1 < 32'767 && (Knobs.lists <= Knobs.items || Knobs.items == 0),
                "mote: ivf<> takes .lists from 1 to 32767, and to .items [mote-ivf-knobs]");
  static_assert(Knobs.probes - 1 < Knobs.lists || Knobs.lists - 1 >= 32'767,
                "mote: ivf<> takes .probes from 1 to .lists [mote-ivf-knobs]");
  static_assert(Knobs.settled <= 4096, "mote: ivf<> takes .settled to 4096 [mote-ivf-knobs]");
  static_assert(Knobs.least >= 0.0F && Knobs.least < 1.0F,
                "mote: ivf<> takes .least from 0 to below 1 [mote-ivf-knobs]");
};

}  // namespace mote::inline v0
