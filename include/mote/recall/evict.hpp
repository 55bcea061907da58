// SPDX-License-Identifier: BSL-1.0
// Which text goes when a store is full: the one that is worth least by a policy, instead of the oldest.
//   evict<bm25<>, least_used>            hits of questions for each text added since, as hyperbolic caching has it
//   evict<bm25<>, least_used_a_byte>     the same, divided by the text's bytes: a long text must help more
//   evict<fuse<bm25<>, recent<>>, mine>  a class of your own with `static float worth(const item_use&)`
// A pipeline counts what it finds for a question; ai.memory().used(id) counts one time more.
// Refuses to guess what a text was worth before it was asked for: a new one begins as one that was found at once.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/core/check.hpp"
#include "mote/core/records.hpp"
#include "mote/core/status.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/item_store.hpp"
#include "mote/recall/retrieve.hpp"

namespace mote::inline v0 {

/// What a store knows of a text when it looks for one to forget.
struct item_use {
  std::uint32_t times = 0;  ///< it was found for a question, or told to be of use; stays at 65,535
  std::uint32_t age = 0;    ///< ids given since its own: texts added, or said again, after it
  std::size_t bytes = 0;
};

/// Blankstein, Sen and Freedman (2017), hyperbolic caching: uses by time in the cache, the first when it comes.
struct least_used {
  static constexpr float worth(const item_use& u) {
    return static_cast<float>(u.times + 1) / (static_cast<float>(u.age) + 1.0F);
  }
};
struct least_used_a_byte {
  static constexpr float worth(const item_use& u) { return least_used::worth(u) / static_cast<float>(u.bytes); }
};

namespace detail {
template <class P>
inline constexpr bool states_worth = requires(const item_use& u) {
  { P::worth(u) } -> std::same_as<float>;
};
}  // namespace detail

/// An item_store whose least valuable text goes first, by Policy, the oldest of equals; 2 bytes a text more.
template <class Store, class Policy>
class evicting_store : public Store {
 public:
  using Store::capacity;

  /// As Store::add(). Work besides: the worth of each text, for each that goes. A text of which `text` is a part stays
  /// until it is alone.
  template <class Gone>
  std::size_t add(std::string_view text, Gone&& gone) {
    std::size_t around = capacity;  // the row in which `text` lies
    bool again = false;
    for (std::size_t place = 0; place < this->size(); ++place) {
      const std::string_view here = this->text(this->row(place));
      again = again || here == text;
      if (text.data() >= here.data() && text.data() < here.data() + here.size()) around = this->row(place);
    }
    if (again) return Store::add(text, gone);  // it keeps its row and its uses
    const std::size_t from = around == capacity ? 0 : static_cast<std::size_t>(text.data() - this->text(around).data());
    while (this->count_ == capacity || this->used_ + text.size() > Store::max_item_bytes) {
      const std::size_t least = least_worth(around);
      if (least == capacity) break;
      gone(least);
      erase(least);
      if (around != capacity) text = {this->text(around).data() + from, text.size()};
    }
    return Store::add(text, [&](std::size_t row) {
      gone(row);
      uses_[row] = 0;
    });
  }
  void erase(std::size_t row) {
    Store::erase(row);
    uses_[row] = 0;
  }
  /// Counts a use of the text of a row.
  void used(std::size_t row) { uses_[row] = static_cast<std::uint16_t>(uses_[row] + (uses_[row] != 65'535 ? 1 : 0)); }
  /// The row of the text that goes next, but for that of the row `stays`; `capacity`: there is no other.
  std::size_t least_worth(std::size_t stays) const {
    std::size_t least = capacity;
    float lowest = 0.0F;
    for (std::size_t place = 0; place < this->size(); ++place) {
      const std::size_t row = this->row(place);
      if (row == stays) continue;
      const float worth = Policy::worth(item_use{uses_[row], this->last_id_ - this->ids_[row], this->size_[row]});
      if (least == capacity || worth < lowest) {
        least = row;
        lowest = worth;
      }
    }
    return least;
  }

  // Saved as Store's records and one more: the uses u16 of each text, the oldest first. Without it nothing was used.

  template <record_sink Sink>
  status save(Sink& sink) const {
    status s = Store::save(sink);
    if (s == status::ok) s = sink.begin(record_kind::uses, this->size() * sizeof(std::uint16_t));
    for (std::size_t place = 0; place < this->size() && s == status::ok; ++place)
      s = sink.append(detail::bytes_of(&uses_[this->row(place)]));
    return s == status::ok ? sink.commit() : s;
  }
  template <class Reads>
  static status check(std::span<const std::byte> records, Reads&& reads) {
    std::span<const std::byte> uses;
    const status s = take_uses(records, uses);
    return s == status::ok ? Store::check(records, reads) : s;
  }
  template <class Added>
  void load(std::span<const std::byte> records, Added&& added) {
    std::span<const std::byte> uses;
    (void)take_uses(records, uses);
    std::size_t at = 0;
    Store::load(records, [&](std::size_t row, std::string_view text) {
      uses_[row] = at < uses.size() ? get_number<std::uint16_t>(uses, at) : std::uint16_t{0};
      added(row, text);
    });
  }

 private:
  /// Takes the record of uses, if there is one, off the end.
  static status take_uses(std::span<const std::byte>& records, std::span<const std::byte>& uses) {
    std::size_t texts = 0;
    record_reader in(records);
    for (record r; !in.done();) {
      const std::size_t before = records.size() - in.rest().size();
      if (in.next(r) != status::ok) return status::ok;  // Store says what is wrong with it
      texts += r.kind == record_kind::item ? 1 : 0;
      if (r.kind != record_kind::uses) continue;
      if (r.payload.size() != texts * sizeof(std::uint16_t) || !in.done()) return status::wrong_size;
      uses = r.payload;
      records = records.first(before);
    }
    return status::ok;
  }

  std::array<std::uint16_t, capacity> uses_{};  // by row
};

namespace detail {

template <class R, class Policy>
struct evict_check {
  static_assert(
      has_item_store<R>,
      "mote: evict<> takes a retriever that keeps its texts in an item_store, as bm25<>, flat<> and fuse<> do; pieces<> forgets whole notes by itself [mote-evict]");
  static_assert(
      states_worth<Policy>,
      "mote: this policy does not say what a text is worth; give it `static float worth(const mote::item_use&)` [mote-evict-policy]");
};
template <class R, class Policy, bool Fits>
struct evict_parts {
  using type = retrieve<evicting_store<typename R::store, Policy>, typename R::features, typename R::finder>;
};
template <class R, class Policy>
struct evict_parts<R, Policy, false> {
  using type = no_retriever;
};

}  // namespace detail

template <class Retriever, class Policy = least_used>
struct evict
    : detail::evict_parts<Retriever, Policy, detail::has_item_store<Retriever> && detail::states_worth<Policy>>::type {
  using said = decltype(let_speak(static_cast<detail::evict_check<Retriever, Policy>*>(nullptr)));
  template <std::size_t Items, class Of = Retriever>
  using with_items = evict<typename Of::template with_items<Items>, Policy>;
};

}  // namespace mote::inline v0
