// SPDX-License-Identifier: BSL-1.0
// Two retrievers over one store: each text is kept once, both indexes know it, and their hits are fused. The first
// retriever finds; the second moves what is found, and adds what it is sure of.
//   fuse<bm25<>, ngrams<>>                   by words and by letters, in the bytes of bm25<>
//   fuse<fuse<bm25<>, ngrams<>>, yours>      three retrievers
//   fuse<bm25<>, ngrams<>, fuse_knobs{}, learned_weights<>>     weights that move with use: learned_weights.hpp
// Refuses to add raw scores: each list is scaled to 0..1 first, from its last hit to its best. A text that one embedder
// rejects is not kept; a question that one rejects is searched by the other alone.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include "mote/core/check.hpp"
#include "mote/core/extremes.hpp"
#include "mote/core/status.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/retrieve.hpp"

namespace mote::inline v0 {

struct fuse_knobs {
  std::size_t depth = 16;  ///< hits taken from each
  float first = 1.0F;      ///< what the best of the first retriever counts
  float second = 0.1F;     ///< and of the second
  float alone = 0.45F;     ///< a text that only the second finds is a hit above this score of it

  constexpr bool valid() const {
    const auto is_weight = [](float w) { return w >= 0.0F && w <= 1000.0F; };
    return depth >= 1 && depth <= 4096 && is_weight(first) && is_weight(second) && first + second > 0.0F &&
           alone >= 0.0F && alone <= 1e6F;
  }
};

/// At least one embedder takes these further arguments; the other takes them or none.
template <class A, class B, class... Model>
concept one_embeds =
    (embeds<A, Model...> && embeds_with<B, Model...>) || (embeds_with<A, Model...> && embeds<B, Model...>);

/// Embeds a text twice, for two indexes.
template <class A, class B>
struct both_features {
  struct item {
    typename A::item a;
    typename B::item b;
  };
  struct query {
    typename A::query a;
    typename B::query b;
    bool asks_a = false, asks_b = false;  // which embedder accepted the question
  };
  static constexpr std::size_t stack_bytes =
      detail::greatest_of(std::size_t{A::stack_bytes}, std::size_t{B::stack_bytes});

  /// Rejects a text that either embedder rejects, with the same status.
  template <class... Model>
    requires one_embeds<A, B, Model...>
  status embed(std::string_view text, item& out, Model&... model) const {
    const status s = embed_with(a_, text, out.a, model...);
    return s != status::ok ? s : embed_with(b_, text, out.b, model...);
  }
  /// Rejects a question only if both embedders do, with the status of the first.
  template <class... Model>
    requires one_embeds<A, B, Model...>
  status ask(std::string_view text, query& out, Model&... model) const {
    const status s = ask_with(a_, text, out.a, model...);
    out.asks_a = s == status::ok;
    out.asks_b = ask_with(b_, text, out.b, model...) == status::ok;
    return out.asks_b ? status::ok : s;
  }

 private:
  [[no_unique_address]] A a_;
  [[no_unique_address]] B b_;
};

/// Weights that stay as the knobs say. Others: learned_weights<>, or a class of your own with `second`; if that learns,
/// with the members of learned_weights<>, whose header it needs.
struct fixed_weights {
  static constexpr float second(float given) { return given; }
};

template <class A, class B, fuse_knobs Knobs, class Weights = fixed_weights>
class fused_index {
  using ranking = std::array<hit, Knobs.depth>;

 public:
  static constexpr std::size_t capacity = index_rows<A> < index_rows<B> ? index_rows<A> : index_rows<B>;
  static constexpr std::size_t stack_bytes =
      2 * sizeof(ranking) + detail::greatest_of(std::size_t{A::stack_bytes}, std::size_t{B::stack_bytes});
  static constexpr std::size_t kept_floats = floats_learned<Weights> + floats_learned<A> + floats_learned<B>;

  template <class Item, class Items>
  void add(std::size_t row, const Item& features, const Items& items) {
    add_row(a_, row, features.a, items);
    add_row(b_, row, features.b, items);
  }
  template <class Items>
  void remove(std::size_t row, const Items& items) {
    remove_row(a_, row, items);
    remove_row(b_, row, items);
  }
  template <class Items>
  bool has_room(std::string_view text, const Items& items) const {
    return has_room_for(a_, text, items) && has_room_for(b_, text, items);
  }
  template <class Item>
  static constexpr bool can_take(const Item& features) {
    return v0::can_take<A>(features.a) && v0::can_take<B>(features.b);
  }

  /// Offers the first `depth` hits of each index whose embedder accepted the question, with their fused scores; of
  /// those that the second index alone has, the ones it is sure of. Where the first embedder rejected the question,
  /// all. Work: both searches, and depth x depth comparisons.
  template <class Query, class Items>
  void search(const Query& query, const Items& items, best_hits& best) const {
    ranking room_a, room_b;
    best_hits of_a(room_a), of_b(room_b);
    if (query.asks_a) a_.search(query.a, items, of_a);
    if (query.asks_b) b_.search(query.b, items, of_b);
    const std::span<const hit> first = std::span(room_a).first(of_a.found());
    const std::span<const hit> second = std::span(room_b).first(of_b.found());
    offer_fused(first, second, query.asks_a, best);
  }

  // What is learned from use: recall/learned_weights.hpp defines these.
  template <class Query, class Items>
  void learn(const Query& query, const Items& items, item_id helpful);
  void keep(float* out) const;
  static bool may_take(const float* from);
  void take(const float* from);

 private:
  float of_second() const {
    if constexpr (std::is_empty_v<Weights>) return Weights{}.second(Knobs.second);
    else return weights_.second(Knobs.second);
  }
  void offer_fused(std::span<const hit> first, std::span<const hit> second, bool asks_a, best_hits& best) const {
    for (const hit& h : first) best.offer(h.id, Knobs.first * share(h.id, first) + of_second() * share(h.id, second));
    for (const hit& h : second)
      if ((h.score > Knobs.alone || !asks_a) && !has(h.id, first)) best.offer(h.id, of_second() * share(h.id, second));
  }
  static bool has(item_id id, std::span<const hit> found) {
    for (const hit& h : found)
      if (h.id == id) return true;
    return false;
  }

  /// How far a score stands above the last of a full list, or above 0: 1 for the best; 0 for an id that is not there.
  static float share(item_id id, std::span<const hit> found) {
    for (const hit& h : found) {
      if (h.id != id) continue;
      const float last = found.back().score;
      const float floor = found.size() == Knobs.depth || last < 0.0F ? last : 0.0F;
      const float range = found.front().score - floor;
      return range > 0.0F ? (h.score - floor) / range : 1.0F;
    }
    return 0.0F;
  }

  static constexpr std::size_t at_a = floats_learned<Weights>, at_b = at_a + floats_learned<A>;

  [[no_unique_address]] A a_;
  [[no_unique_address]] B b_;
  struct none {};  // of another type in each fuse: empty members of one type would need addresses of their own
  [[no_unique_address]] std::conditional_t<std::is_empty_v<Weights>, none, Weights> weights_;
};

namespace detail {

template <class R>
concept has_parts = requires {
  typename R::store;
  typename R::features;
  typename R::finder;
};
// Plain bools: of a concept that fails, a compiler prints the inside as further lines.
template <class A, class B>
inline constexpr bool have_parts = has_parts<A> && has_parts<B>;
template <class A, class B>
consteval bool share_a_store() {
  if constexpr (has_parts<A> && has_parts<B>) return std::is_same_v<typename A::store, typename B::store>;
  else return true;
}

template <class A, class B>
struct fuse_check {
  static_assert(
      have_parts<A, B>,
      "mote: fuse<> takes two retrievers that are made of a store, features and an index, as bm25<> and flat<> are; write yours with retrieve<> [mote-fuse]");
  static_assert(
      share_a_store<A, B>(),
      "mote: fuse<> keeps each text once, so both retrievers need the same store; give them the same items and item_bytes [mote-fuse]");
};

template <class A, class B, fuse_knobs Knobs, class Weights, bool Fits>
struct fuse_parts {
  using type = retrieve<typename A::store, both_features<typename A::features, typename B::features>,
                        fused_index<typename A::finder, typename B::finder, Knobs, Weights>>;
};
template <class A, class B, fuse_knobs Knobs, class Weights>
struct fuse_parts<A, B, Knobs, Weights, false> {
  using type = no_retriever;
};
/// What a class of weights has to say of its knobs.
template <class Weights>
struct weights_check {};
template <class Weights>
  requires requires { typename Weights::check; }
struct weights_check<Weights> : Weights::check {};

template <class A, class B>
inline constexpr bool can_fuse = have_parts<A, B> && share_a_store<A, B>();

}  // namespace detail

template <class A, class B, fuse_knobs Knobs = fuse_knobs{}, class Weights = fixed_weights>
struct fuse : detail::fuse_parts<A, B, Knobs, Weights, detail::can_fuse<A, B>>::type {
  using said = decltype(let_speak(static_cast<detail::fuse_check<A, B>*>(nullptr)));
  using weights_said = decltype(let_speak(static_cast<detail::weights_check<Weights>*>(nullptr)));
  /// The type with another number of items. With knobs out of range it is this type, so that they are reported once.
  template <std::size_t Items, class First = A, class Second = B>
  using with_items = std::conditional_t<
      Knobs.valid(),
      fuse<typename First::template with_items<Items>, typename Second::template with_items<Items>, Knobs, Weights>,
      fuse>;
  static_assert(Knobs.depth - 1 < 4096, "mote: fuse<> takes .depth from 1 to 4096 [mote-fuse-knobs]");
  static_assert(Knobs.first >= 0.0F && Knobs.first <= 1000.0F,
                "mote: fuse<> takes .first from 0 to 1000 [mote-fuse-knobs]");
  static_assert(Knobs.second >= 0.0F && Knobs.second <= 1000.0F,
                "mote: fuse<> takes .second from 0 to 1000 [mote-fuse-knobs]");
  static_assert((Knobs.first != 0.0F || Knobs.second != 0.0F),
                "mote: fuse<> takes .first or .second above 0 [mote-fuse-knobs]");
  static_assert((Knobs.alone >= 0.0F && Knobs.alone <= 1e6F),
                "mote: fuse<> takes .alone from 0 to 1000000 [mote-fuse-knobs]");
};

}  // namespace mote::inline v0
