// SPDX-License-Identifier: BSL-1.0
// A layer is a sequence of blocks, each of which reads the residual stream and adds to it. Here their operations and
// buffers are put in order, for the forward and for the backward pass. in_sequence<...> makes all layers alike; with
// cycle<A, A, B> layers are of the kinds A, A, B, A, A, B and so on.
// Refuses to run: a pass calls forward() and backward() with the number of a block.
#pragma once

#include <array>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "mote/block/buffers.hpp"
#include "mote/block/states.hpp"
#include "mote/core/extremes.hpp"
#include "mote/model/cache.hpp"
#include "mote/model/tensors.hpp"

namespace mote::inline v0 {

/// Whether the family's embedding leaves its vectors for the layers.
template <class Family>
inline constexpr bool leaves_embedding = requires { typename Family::embedding::embedded; };

namespace detail {
/// Whether a block uses what the pass provides: the cache of keys and values (attends), the rotations by position
/// (rotates), of the first shape.rotary_dim() channels (rotates_partly), by shape.local_theta (rotates_locally).
template <class Block>
inline constexpr bool attends = requires(const shape& s) { Block::attention(s); };
template <class Block>
inline constexpr bool rotates = requires { requires Block::rotates; };
template <class Block>
inline constexpr bool rotates_partly = requires { requires Block::rotates_partly; };
template <class Block>
inline constexpr bool rotates_locally = requires { requires Block::rotates_locally; };
/// The stream into block `Block` of a layer, from the block before it; in training, for a whole sequence.
template <std::size_t Block>
struct stream_between {
  static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
    return rows_of_floats(n.kept, s.dim);
  }
};
/// What the family's embedding leaves for the layers (block/per_layer_embedding.hpp) from one operation to another, and
/// in the way back; nothing, as a rule.
template <class Family, int... Operations>
consteval auto left_by() {
  if constexpr (leaves_embedding<Family>) return Family::embedding::template left<Operations...>();
  else return lives<>{};
}
}  // namespace detail

template <class... Blocks>
struct in_sequence {
  using parts = part_list<Blocks...>;
  static constexpr std::size_t blocks = sizeof...(Blocks);
  static constexpr bool attends = (detail::attends<Blocks> || ...);
  static constexpr bool rotates = (detail::rotates<Blocks> || ...);
  static constexpr bool rotates_partly = (detail::rotates_partly<Blocks> || ...);
  static constexpr bool rotates_locally = (detail::rotates_locally<Blocks> || ...);
  // All layers are of this one kind.
  static constexpr std::size_t kinds = 1;
  static constexpr std::size_t period = 1;
  template <std::size_t>
  using kind = in_sequence;
  static constexpr std::size_t kind_of(std::size_t) { return 0; }

  template <std::size_t I>
  using block = std::tuple_element_t<I, std::tuple<Blocks...>>;
  static constexpr std::size_t attending =
      (std::size_t{detail::attends<Blocks>} + ...);  // at most one: block/check.hpp
  static constexpr int operations = (Blocks::operations + ...);
  static constexpr int phases = (Blocks::phases + ...);
  /// How many blocks are recomputed before the backward pass of the layer: all but the last, whose output is not
  /// needed, and the last as well if its gradient reads what its forward pass wrote (keeps).
  static constexpr std::size_t again = [] {
    constexpr std::array<bool, blocks> keeps{Blocks::keeps...};
    return keeps[blocks - 1] ? blocks : blocks - 1;
  }();

  template <std::size_t Block>
  using between = detail::stream_between<Block>;

  /// The first operation of a block in a forward pass whose first operation is `at`.
  static constexpr int forward_from(std::size_t block, int at) {
    constexpr std::array<int, blocks> each{Blocks::operations...};
    for (std::size_t i = 0; i < block; ++i) at += each[i];
    return at;
  }
  /// The same in the backward pass: the last block comes first.
  static constexpr int backward_from(std::size_t block, int at) {
    constexpr std::array<int, blocks> each{Blocks::phases...};
    for (std::size_t i = blocks - 1; i > block; --i) at += each[i];
    return at;
  }

 private:
  template <int At, std::size_t... I>
  static auto forward_list(std::index_sequence<I...>)
      -> join_lives<typename block<I>::template forward_buffers<forward_from(I, At)>...,
                    typename block<I>::template added_buffers<forward_from(I, At)>...>;
  template <int Forward, int Again, int Back, std::size_t I>
  using at = block_operations<Forward, Again, (I < again), backward_from(I, Back)>;
  template <int Forward, int Again, int Back, std::size_t... I>
  static auto backward_list(std::index_sequence<I...>)
      -> join_lives<typename block<I>::template backward_buffers<at<Forward, Again, Back, I>>...>;
  template <int Forward, int Again, int Back, std::size_t... I>  // the stream into block I + 1
  static auto between_list(std::index_sequence<I...>)
      -> lives<typename at<Forward, Again, Back, I + 1>::template kept<between<I + 1>, block<I + 1>::phases - 1>...>;
  template <int First, std::size_t... I>
  static auto loss_list(std::index_sequence<I...>)
      -> join_lives<typename block<I>::template backward_buffers<loss_operations<First + static_cast<int>(I)>>...>;
  template <int First, std::size_t... I>  // block I writes what block I + 1 reads
  static auto loss_between_list(std::index_sequence<I...>)
      -> lives<live<between<I + 1>, First + static_cast<int>(I), First + static_cast<int>(I) + 1>...>;
  using all = std::make_index_sequence<blocks>;
  using inner = std::make_index_sequence<blocks - 1>;

 public:
  template <int At>
  using forward_buffers = decltype(forward_list<At>(all{}));
  template <int Forward, int Again, int Back>
  using backward_buffers = join_lives<decltype(backward_list<Forward, Again, Back>(all{})),
                                      decltype(between_list<Forward, Again, Back>(inner{}))>;
  /// The same buffers without a backward pass: block I is operation First + I.
  template <int First>
  using loss_buffers = join_lives<decltype(loss_list<First>(all{})), decltype(loss_between_list<First>(inner{}))>;

  /// Calls f(attention) with the attention form of each block that attends.
  template <class Function>
  static constexpr void each_attention(const mote::shape& s, Function f) {
    const auto one = [&]<class Block>(std::type_identity<Block>) {
      if constexpr (requires { Block::attention(s); }) f(Block::attention(s));
    };
    (one(std::type_identity<Blocks>{}), ...);
  }

  /// Calls f.operator()<I>() for each block in order.
  template <class Function>
  MOTE_INLINE static void each(Function&& f) {
    [&]<std::size_t... I>(std::index_sequence<I...>)
        __attribute__((always_inline)) { (f.template operator()<I>(), ...); }(all{});
  }
};

/// Layers of several kinds: the pattern of kinds repeats. A kind that occurs twice is compiled once.
template <class... Pattern>
struct cycle {
  static constexpr std::size_t period = sizeof...(Pattern);
  static constexpr bool rotates = (Pattern::rotates || ...);
  static constexpr bool rotates_partly = (Pattern::rotates_partly || ...);
  static constexpr bool rotates_locally = (Pattern::rotates_locally || ...);

 private:
  template <std::size_t I>
  using at = std::tuple_element_t<I, std::tuple<Pattern...>>;
  struct survey {
    std::array<std::size_t, period> kind{};   // of each place
    std::array<std::size_t, period> place{};  // of each kind
    std::size_t kinds = 0;
  };
  static constexpr survey found = [] {
    survey s;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      const auto see = [&]<std::size_t Place>() {
        std::size_t first = period;
        ((first = first == period && std::is_same_v<at<I>, at<Place>> ? I : first), ...);
        s.kind[Place] = first < Place ? s.kind[first] : s.kinds;
        if (first == Place) s.place[s.kinds++] = Place;
      };
      (see.template operator()<I>(), ...);
    }(std::make_index_sequence<period>{});
    return s;
  }();

 public:
  static constexpr std::size_t kinds = found.kinds;
  template <std::size_t Kind>
  using kind = at<found.place[Kind]>;
  static constexpr std::size_t kind_of(std::size_t layer) { return found.kind[layer % period]; }
};

/// Facts over all kinds of layers.
template <class Layers, class Kinds = std::make_index_sequence<Layers::kinds>>
struct layers_facts;
template <class Layers, std::size_t... Kind>
struct layers_facts<Layers, std::index_sequence<Kind...>> {
  template <std::size_t K>
  using kind = typename Layers::template kind<K>;
  static constexpr int operations = detail::greatest_of(kind<Kind>::operations...);
  static constexpr int phases = detail::greatest_of(kind<Kind>::phases...);
  static constexpr std::size_t fewest_blocks = detail::least_of(kind<Kind>::blocks...);
  static constexpr std::size_t most_blocks = detail::greatest_of(kind<Kind>::blocks...);
  /// A buffer that several kinds have is one buffer, with the lifetimes of all.
  template <int At>
  using forward_buffers = join_lives<typename kind<Kind>::template forward_buffers<At>...>;
  template <int Forward, int Again, int Back>
  using backward_buffers = join_lives<typename kind<Kind>::template backward_buffers<Forward, Again, Back>...>;
  template <int First>
  using loss_buffers = join_lives<typename kind<Kind>::template loss_buffers<First>...>;

  /// Calls f(attention) with the attention form of each block that attends, of every kind.
  template <class Function>
  static constexpr void each_attention(const mote::shape& s, Function f) {
    (kind<Kind>::each_attention(s, f), ...);
  }
  /// How many layers before this one attend: its index in a cache.
  MOTE_INLINE static constexpr std::size_t attending_before(std::size_t layer) {
    if constexpr ((kind<Kind>::attends && ...)) return layer;
    constexpr std::array<bool, sizeof...(Kind)> attends{kind<Kind>::attends...};
    std::size_t n = 0;
    for (std::size_t l = 0; l < layer; ++l) n += attends[Layers::kind_of(l)] ? 1U : 0U;
    return n;
  }

  /// Calls f.operator()<Layer>() with the kind of that layer.
  template <class Function>
  MOTE_INLINE static decltype(auto) with(std::size_t layer, Function&& f) {
    if constexpr (sizeof...(Kind) == 1) return f.template operator()<kind<0>>();
    else return choose<0>(Layers::kind_of(layer), f);
  }

 private:
  template <std::size_t K, class Function>
  MOTE_INLINE static decltype(auto) choose(std::size_t which, Function&& f) {
    if constexpr (K + 1 == sizeof...(Kind)) {
      return f.template operator()<kind<K>>();
    } else {
      if (which == K) return f.template operator()<kind<K>>();
      return choose<K + 1>(which, f);
    }
  }
};
/// The sizes of a family's cache. All blocks that attend must have the same heads and head_dim.
template <class Family>
constexpr auto cached_by(const shape& s) {
  using layers = layers_facts<typename Family::layer>;
  cache_shape kept{{}, layers::attending_before(s.layers)};
  layers::each_attention(s, [&](const attention_shape& a) { static_cast<attention_shape&>(kept) = a; });
  if constexpr (states_of<Family>::any) return stateful_cache_shape{kept, states_of<Family>::floats(s, s.layers)};
  else return kept;
}

/// Whether some block of the family reads the window, the soft-cap and the score scale, each if the shape sets it.
template <class Family>
constexpr bool attends_as_asked(const shape& s) {
  bool window = s.window == 0;
  bool cap = s.softcap == 0;
  bool scale = s.score_scale == 0;
  layers_facts<typename Family::layer>::each_attention(s, [&]<class Attention>(const Attention&) {
    window = window || has_window<Attention>;
    cap = cap || has_softcap<Attention>;
    scale = scale || has_score_scale<Attention>;
  });
  return window && cap && scale;
}

/// Whether no attention has a window and looks both ways.
template <class Family>
constexpr bool windows_look_back(const shape& s) {
  bool back = true;
  layers_facts<typename Family::layer>::each_attention(
      s, [&]<class Attention>(const Attention&) { back = back && !(has_window<Attention> && sees_all<Attention>); });
  return back;
}

/// Whether the family reads what the shape says of rotary positions, of a cap of the logits and of rows for each layer.
template <class Family>
constexpr bool shape_is_read(const shape& s) {
  using layer = typename Family::layer;
  return (layer::rotates_partly || s.rotary_dim() == s.head_dim()) && (layer::rotates_locally || s.local_theta == 0) &&
         (layer::rotates || s.rope.factor == 1) &&
         (s.logit_softcap == 0 || requires { requires head_of<Family>::softcapped; }) &&
         (s.per_layer_width != 0) == leaves_embedding<Family>;
}

/// Whether the tokens of some layer see later ones.
template <class Family>
constexpr bool looks_ahead(const shape& s) {
  bool ahead = false;
  layers_facts<typename Family::layer>::each_attention(
      s, [&]<class Attention>(const Attention&) { ahead = ahead || sees_all<Attention>; });
  return ahead;
}

/// How many attentions of a family see their run alone: 0 none, 1 some, 2 all.
template <class Family>
inline constexpr int attends_alone = [] {
  int all = 0, alone = 0;
  layers_facts<typename Family::layer>::each_attention(
      shape{.heads = 1, .kv_heads = 1}, [&]<class A>(const A&) { ++all, alone += sees_one_run<A> ? 1 : 0; });
  return alone == 0 ? 0 : alone < all ? 1 : 2;
}();
/// Whether all do: the family takes a text as a whole, and says nothing.
template <class Family>
inline constexpr bool is_encoder = attends_alone<Family> == 2;

}  // namespace mote::inline v0
