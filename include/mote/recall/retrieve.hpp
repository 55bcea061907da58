// SPDX-License-Identifier: BSL-1.0
// A retriever made of three parts: a store keeps texts, an embedder turns a text into features, an index compares them.
//   retrieve<item_store<64, 96>, counted_words<english>, bm25_index<...>> what bm25<> is
//   retrieve<item_store<64, 96>, yours, flat_index<int8_vector<64>, 64>>  an embedder of a user's own
// An embedder may need the model: its calls then take one more argument, and a pipeline passes itself.
// Refuses to save features: a snapshot holds texts only, so that texts and features cannot disagree.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include "mote/core/check.hpp"
#include "mote/core/extremes.hpp"
#include "mote/core/records.hpp"
#include "mote/core/status.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/parts.hpp"
#include "mote/recall/words.hpp"

namespace mote::inline v0 {

template <class Store, class Embedder, class Index>
class item_memory {
 public:
  /// Remembers a text as the newest item; the oldest go until it has room. A text that is there already becomes the
  /// newest, under a new id. too_long, empty (from the store or the embedder): nothing changes.
  template <class... Model>
    requires embeds<Embedder, Model...>
  status add(std::string_view text, Model&... model) {
    if (const status s = Store::fits(text); s != status::ok) return s;
    typename Embedder::item features;
    if (const status s = embedder_.embed(text, features, model...); s != status::ok) return s;
    if (!can_take<Index>(features)) return status::too_long;
    put_in(store_.add(text, [this](std::size_t gone) { remove_row(index_, gone, store_); }), features);
    return status::ok;
  }

  /// Forgets an item and zeroes its bytes. False: no item has that id.
  bool erase(item_id id) {
    const std::size_t row = store_.find(id);
    if (row == Store::capacity) return false;
    wipe(row);
    return true;
  }

  /// Forgets each item whose text has all of these words, in upper or lower case; returns how many. No word: none.
  std::size_t forget(std::string_view these) {
    std::size_t count = 0;
    for (std::size_t place = size(); place-- > 0;) {
      if (!has_words(store_.text(store_.row(place)), these)) continue;
      wipe(store_.row(place));
      ++count;
    }
    return count;
  }

  /// Forgets all items and zeroes their bytes. Later ids continue after the last one.
  void clear() {
    while (size() > 0) wipe(store_.row(size() - 1));
  }

  /// Fills `out` with the items that match the query, best first, equal scores newest first; returns how many.
  template <class... Model>
    requires embeds<Embedder, Model...>
  std::size_t search(std::string_view text, std::span<hit> out, Model&... model) const {
    typename Embedder::query query;
    if (embedder_.ask(text, query, model...) != status::ok) return 0;
    best_hits best(out);
    index_.search(query, store_, best);
    return best.found();
  }

  /// Tells the index which item helped with a question, so that it learns: that of a fuse<> with learned_weights<>, and
  /// of what is made of one. empty: no item has that id; else the embedder's status, and nothing is learned.
  template <class... Model>
    requires embeds<Embedder, Model...> && (floats_learned<Index> != 0)
  status helped(std::string_view question, item_id id, Model&... model) {
    return learned_floats<Index>::tell(index_, store_, embedder_, question, id, model...);
  }

  /// Counts a use of an item, in a memory that forgets by use: of evict<>. No item has that id: nothing.
  void used(item_id id)
    requires requires(Store& texts) { texts.used(std::size_t{}); }
  {
    if (const std::size_t row = store_.find(id); row != Store::capacity) store_.used(row);
  }

  /// The text of an item, valid until the memory changes; empty if no item has that id.
  std::string_view text(item_id id) const {
    const std::size_t row = store_.find(id);
    return row == Store::capacity ? std::string_view{} : store_.text(row);
  }

  std::size_t size() const { return store_.size(); }

  /// The id of the newest item; none if there is no item.
  item_id newest() const { return size() == 0 ? item_id::none : store_.id(store_.row(size() - 1)); }

  /// Calls visit(item_id, std::string_view) for each item, the oldest first.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t place = 0; place < size(); ++place)
      visit(store_.id(store_.row(place)), store_.text(store_.row(place)));
  }

  /// Writes the store's records, and one of what the index has learned. load() computes the features again.
  template <record_sink Sink>
  status save(Sink& sink) const {
    if constexpr (floats_learned<Index> != 0) return learned_floats<Index>::save(index_, store_, sink);
    else return store_.save(sink);
  }

  /// Replaces the items by those that save() wrote, of a store of this or another size, if all of them fit; else
  /// nothing changes. full: the store holds them and the index does not; the newest are loaded. An embedder that fails
  /// when it reads a text the second time: its status, and no item is left. Earlier ids become invalid. Work: every
  /// text is embedded twice.
  template <class... Model>
    requires embeds<Embedder, Model...>
  status load(std::span<const std::byte> records, Model&... model) {
    if constexpr (floats_learned<Index> == 0) return load_texts(records, model...);
    else return learned_floats<Index>::load(index_, records, [&](auto texts) { return load_texts(texts, model...); });
  }

 private:
  template <class... Model>
  status load_texts(std::span<const std::byte> records, Model&... model) {
    typename Embedder::item features{};
    status s = Store::check(records, [&](std::string_view t) {
      const status embedded = embedder_.embed(t, features, model...);
      return embedded == status::ok && !can_take<Index>(features) ? status::too_long : embedded;
    });
    if (s != status::ok) return s;
    clear();
    bool whole = true;
    store_.load(records, [&](std::size_t row, std::string_view t) {
      const status again = embedder_.embed(t, features, model...);
      if (s == status::ok) s = again;  // after an error all of them go
      whole = put_in(row, features) && whole;
    });
    if (s != status::ok) clear();
    return s != status::ok || whole ? s : status::full;
  }

  void wipe(std::size_t row) {
    remove_row(index_, row, store_);
    store_.erase(row);
  }
  /// Puts the newest text into the index; false if older ones had to go for it.
  bool put_in(std::size_t row, const typename Embedder::item& features) {
    bool all_stay = true;
    for (; size() > 1 && !has_room_for(index_, store_.text(row), store_); all_stay = false) wipe(next_to_go(row));
    add_row(index_, row, features, store_);
    return all_stay;
  }

  /// The row of a text that goes for that of the row `stays`.
  std::size_t next_to_go(std::size_t stays) const {
    if constexpr (requires { store_.least_worth(stays); }) return store_.least_worth(stays);
    else return store_.row(0);
  }

  [[no_unique_address]] Embedder embedder_;
  Store store_;
  [[no_unique_address]] Index index_;
};

namespace detail {

template <class Store, class Index>
consteval bool has_rows() {
  if constexpr (keeps_items<Store>) return Store::capacity <= index_rows<Index>;
  else return true;
}
/// The check of the first of the three parts that is incomplete, or of their sizes; void if all is well.
template <class Store, class Embedder, class Index>
using parts_check = std::conditional_t<
    !keeps_items<Store>, store_check<Store>,
    std::conditional_t<!embedder<Embedder>, embedder_check<Embedder>,
                       std::conditional_t<!finds<Index, Embedder, Store>, finder_check<Index, Embedder, Store>,
                                          unless<has_rows<Store, Index>(), rows_check<Index, Store>>>>>;

template <bool Whole, class Store, class Embedder, class Index>
struct retrieve_costs {
  using index = item_memory<Store, Embedder, Index>;
  static constexpr std::size_t items = Store::capacity;
  static constexpr std::size_t max_item_bytes = Store::max_item_bytes;
  static constexpr std::size_t query_bytes = sizeof(typename Embedder::query) + Index::stack_bytes;
  static constexpr std::size_t stack_bytes =
      Embedder::stack_bytes + detail::greatest_of(sizeof(typename Embedder::item), query_bytes);
};
template <class Store, class Embedder, class Index>
struct retrieve_costs<false, Store, Embedder, Index> : no_retriever {
  static constexpr std::size_t items = 0;
};

}  // namespace detail

template <class Store, class Embedder, class Index>
struct retrieve {
 private:
  using check = detail::parts_check<Store, Embedder, Index>;
  using said = decltype(let_speak(static_cast<check*>(nullptr)));
  using costs = detail::retrieve_costs<std::is_void_v<check>, Store, Embedder, Index>;

 public:
  using store = Store;
  using features = Embedder;
  using finder = Index;
  using index = typename costs::index;
  static constexpr std::size_t items = costs::items;  ///< that it keeps
  static constexpr std::size_t ram_bytes = sizeof(index);
  static constexpr std::size_t max_item_bytes = costs::max_item_bytes;
  /// Bytes that add() or search() keeps on the stack, whichever is larger, without the call frames.
  static constexpr std::size_t stack_bytes = costs::stack_bytes;
};

}  // namespace mote::inline v0
