// SPDX-License-Identifier: BSL-1.0
// Weights of a fuse<> that move with use: each time that another text than the helpful one stood first, the retriever
// that ranked the helpful one higher comes to count more.
//   fuse<bm25<>, ngrams<>, fuse_knobs{}, learned_weights<>>      memory.helped("when are bins out?", id);
//   learned_weights<learned_knobs{.step = 0.02F}>               slower: for questions of many kinds
// mote.hpp does not bring it.
// Refuses to learn from a text that stood first, or that no retriever found, and to silence a retriever.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "mote/core/records.hpp"
#include "mote/core/status.hpp"
#include "mote/recall/fuse.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/parts.hpp"

namespace mote::inline v0 {

struct learned_knobs {
  float step = 0.05F;   ///< a question changes the ratio of the weights by about twice this share at most
  float most = 100.0F;  ///< the ratio is at most so many times that of the knobs, and at least that divided by it

  constexpr bool valid() const { return step > 0.0F && step <= 0.5F && most >= 1.0F && most <= 1e6F; }
};

namespace detail {
template <learned_knobs Knobs>
struct learned_check {
  static_assert(Knobs.step > 0.0F && Knobs.step <= 0.5F,
                "mote: learned_weights<> takes .step from above 0 to 0.5 [mote-learned-knobs]");
  static_assert(Knobs.most >= 1.0F && Knobs.most <= 1e6F,
                "mote: learned_weights<> takes .most from 1 to 1000000 [mote-learned-knobs]");
};
}  // namespace detail

/// The rule is Littlestone's Winnow (1988) in the bounded form of multiplicative weights (Arora, Hazan and Kale 2012):
/// after a mistake a weight is multiplied by 1 + step * (what its retriever gives the helpful text - what it gives the
/// other). Only the ratio of two weights has an effect, so that is what is kept: 4 bytes.
template <learned_knobs Knobs = learned_knobs{}>
class learned_weights {
  static constexpr learned_knobs knobs = Knobs.valid() ? Knobs : learned_knobs{};  // fuse<> reports a bad knob, once

 public:
  using check = detail::learned_check<Knobs>;
  static constexpr std::size_t kept_floats = 1;

  /// What the second retriever counts, if the knobs give it `second`.
  float second(float second) const { return second * ratio(); }

  /// The shares, 0 to 1, that both retrievers give the helpful text and the one that stands first in its place.
  void learn(const std::array<float, 2>& helpful, const std::array<float, 2>& other) {
    const float now =
        ratio() * (1.0F + knobs.step * (helpful[1] - other[1])) / (1.0F + knobs.step * (helpful[0] - other[0]));
    change_ = bounded(now < 1.0F ? 1.0F - 1.0F / now : now - 1.0F);
  }

  void keep(float* out) const { *out = change_; }
  static bool may_take(const float* from) { return *from > -1e6F && *from < 1e6F; }  // false for a NaN
  /// What was learned with a larger `most` is bounded by this one.
  void take(const float* from) { change_ = bounded(*from); }

 private:
  static float bounded(float change) {
    constexpr float limit = knobs.most - 1.0F;
    return change > limit ? limit : change < -limit ? -limit : change;
  }
  float ratio() const { return change_ < 0.0F ? 1.0F / (1.0F - change_) : 1.0F + change_; }

  // Above 0 the ratio is 1 + this times that of the knobs, below 0 that divided by 1 - this: a small ratio has as many
  // digits as a large one, so that it can grow again.
  float change_ = 0.0F;
};

// ---- what fuse<> and its memories leave to this header --------------------------------------------------------------

/// What an index has learned is one record of floats behind those of the store.
template <class I>
struct learned_floats {
  float all[floats_learned<I>]{};

  template <class Store, record_sink Sink>
  static status save(const I& index, const Store& texts, Sink& sink) {
    if (const status s = texts.save(sink); s != status::ok) return s;
    learned_floats learned;
    index.keep(learned.all);
    return write_record(sink, record_kind::weights, detail::bytes_of(learned.all, floats_learned<I>));
  }
  /// Records without it: as the knobs say.
  template <class LoadTexts>
  static status load(I& index, std::span<const std::byte> records, LoadTexts&& load_texts) {
    learned_floats learned;
    status s = learned.take_from(records);
    if (s == status::ok) s = load_texts(records);
    if (s == status::ok || s == status::full) index.take(learned.all);
    return s;
  }
  template <class Store, class Embedder, class... Model>
  static status tell(I& index, const Store& texts, const Embedder& embedder, std::string_view question, item_id helpful,
                     Model&... model) {
    if (texts.find(helpful) == Store::capacity) return status::empty;
    typename Embedder::query query;
    if (const status s = ask_with(embedder, question, query, model...); s != status::ok) return s;
    index.learn(query, texts, helpful);
    return status::ok;
  }

 private:
  /// Takes the record, if there is one, off the end.
  status take_from(std::span<const std::byte>& records) {
    record_reader in(records);
    for (record r; !in.done();) {
      const std::size_t before = records.size() - in.rest().size();
      if (in.next(r) != status::ok) return status::ok;  // the store says what is wrong with it
      if (r.kind != record_kind::weights) continue;
      if (r.payload.size() != sizeof all || !in.done()) return status::wrong_size;
      __builtin_memcpy(all, r.payload.data(), sizeof all);
      records = records.first(before);
      return I::may_take(all) ? status::ok : status::corrupt_payload;
    }
    return status::ok;
  }
};

/// The weights move if another than the helpful text stands first. Work: two searches.
template <class A, class B, fuse_knobs Knobs, class Weights>
template <class Query, class Items>
void fused_index<A, B, Knobs, Weights>::learn(const Query& query, const Items& items, item_id helpful) {
  if constexpr (floats_learned<A> != 0)
    if (query.asks_a) a_.learn(query.a, items, helpful);
  if constexpr (floats_learned<B> != 0)
    if (query.asks_b) b_.learn(query.b, items, helpful);
  if constexpr (floats_learned<Weights> != 0) {
    if (!query.asks_a || !query.asks_b) return;
    ranking room_a, room_b;
    best_hits of_a(room_a), of_b(room_b);
    a_.search(query.a, items, of_a);
    b_.search(query.b, items, of_b);
    const std::span<const hit> first = std::span(room_a).first(of_a.found());
    const std::span<const hit> second = std::span(room_b).first(of_b.found());
    const auto shares = [&](item_id id) { return std::array{share(id, first), share(id, second)}; };
    if (!has(helpful, first) && !has(helpful, second)) return;
    std::array<hit, 1> top;
    best_hits best(top);
    offer_fused(first, second, true, best);  // a search again would need as much stack again
    if (best.found() != 0 && top[0].id != helpful) weights_.learn(shares(helpful), shares(top[0].id));
  }
}

// In the order: these weights, those of the first retriever, those of the second.

template <class A, class B, fuse_knobs Knobs, class Weights>
void fused_index<A, B, Knobs, Weights>::keep(float* out) const {
  if constexpr (floats_learned<Weights> != 0) weights_.keep(out);
  if constexpr (floats_learned<A> != 0) a_.keep(out + at_a);
  if constexpr (floats_learned<B> != 0) b_.keep(out + at_b);
}
template <class A, class B, fuse_knobs Knobs, class Weights>
bool fused_index<A, B, Knobs, Weights>::may_take(const float* from) {
  bool well = true;
  if constexpr (floats_learned<Weights> != 0) well = Weights::may_take(from);
  if constexpr (floats_learned<A> != 0) well = well && A::may_take(from + at_a);
  if constexpr (floats_learned<B> != 0) well = well && B::may_take(from + at_b);
  return well;
}
template <class A, class B, fuse_knobs Knobs, class Weights>
void fused_index<A, B, Knobs, Weights>::take(const float* from) {
  if constexpr (floats_learned<Weights> != 0) weights_.take(from);
  if constexpr (floats_learned<A> != 0) a_.take(from + at_a);
  if constexpr (floats_learned<B> != 0) b_.take(from + at_b);
}

}  // namespace mote::inline v0
