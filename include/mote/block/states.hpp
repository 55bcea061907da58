// SPDX-License-Identifier: BSL-1.0
// States that blocks keep from pass to pass besides keys and values: a convolution its last inputs, a recurrence its
// state. A block declares how many floats it keeps in each layer, and asks the pass for them. They follow the cache in
// memory.
//   static constexpr std::size_t state_floats(const shape& s) { return 2 * padded(s.dim); }
//   float* kept = p.template state<my_block>();   // null in training: the buffers hold all positions
// Refuses to take a token back: a state does not hold its earlier values.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "mote/kernel/matrix.hpp"
#include "mote/model/cache.hpp"
#include "mote/model/tensors.hpp"

namespace mote::inline v0 {

namespace detail {

template <class Block>
inline constexpr bool has_state = requires(const shape& s) { Block::state_floats(s); };
template <class Block>
constexpr std::size_t state_floats_of([[maybe_unused]] const shape& s) {
  if constexpr (has_state<Block>) return padded(Block::state_floats(s));
  else return 0;
}

/// The states of a kind of layer: those of its blocks, in their order.
template <class List>
struct states_in;
template <class... Blocks>
struct states_in<part_list<Blocks...>> {
  static constexpr bool any = (has_state<Blocks> || ...);
  static constexpr std::size_t floats(const shape& s) { return (state_floats_of<Blocks>(s) + ...); }
  /// How often Block is one of them: a state belongs to a type, so twice would be one state for both.
  template <class Block>
  static constexpr std::size_t times = (std::size_t{std::is_same_v<Block, Blocks>} + ...);
  static constexpr bool told_apart = ((!has_state<Blocks> || times<Blocks> == 1) && ...);
  /// The floats before Block's state.
  template <class Block>
  static constexpr std::size_t before(const shape& s) {
    static_assert(
        times<Block> <= 1,
        "mote: a block that keeps a state is twice in a layer, and both would have one state; make the second "
        "a type of its own, derived from the first [mote-state-twice]");
    std::size_t n = 0;
    (void)((std::is_same_v<Block, Blocks> || (n += state_floats_of<Blocks>(s), false)) || ...);
    return n;
  }
};

template <class Layers, class Kinds>
struct states_of_layers;
template <class Layers, std::size_t... Kind>
struct states_of_layers<Layers, std::index_sequence<Kind...>> {
  template <std::size_t K>
  using in = states_in<typename blocks_in<typename Layers::template kind<K>>::type>;
  static constexpr bool any = (in<Kind>::any || ...);
  /// The floats of all layers before `layer`; with s.layers, of all layers.
  static constexpr std::size_t floats(const shape& s, std::size_t layer) {
    const std::array<std::size_t, sizeof...(Kind)> each{in<Kind>::floats(s)...};
    std::size_t n = 0;
    for (std::size_t l = 0; l < layer; ++l) n += each[Layers::kind_of(l)];
    return n;
  }
  /// The offset of Block's state in a layer, in floats.
  template <class Block>
  static constexpr std::size_t at(const shape& s, std::size_t layer) {
    const std::array<std::size_t, sizeof...(Kind)> before{in<Kind>::template before<Block>(s)...};
    return floats(s, layer) + before[Layers::kind_of(layer)];
  }
};

}  // namespace detail

template <class Family>
using states_of = detail::states_of_layers<typename Family::layer, std::make_index_sequence<Family::layer::kinds>>;

/// The sizes of a cache with states.
struct stateful_cache_shape : cache_shape {
  std::size_t state_floats = 0;
};

/// A cache followed by the states. A run continues at the position where the last one ended, or starts again at 0.
template <class Cache>
class cache_with_states : public Cache {
 public:
  static constexpr std::size_t bytes(const stateful_cache_shape& s, std::size_t context) {
    return states_from(s, context) + s.state_floats * sizeof(float);
  }
  static constexpr std::size_t rollback_tokens(std::size_t) { return 0; }

  cache_with_states(std::byte* memory /* (bytes), 64-byte aligned */, const stateful_cache_shape& s,
                    std::size_t context)
      : Cache(memory, s, context), states_(reinterpret_cast<float*>(memory + states_from(s, context))) {}

  float* states() const { return states_; }

 private:
  static constexpr std::size_t states_from(const cache_shape& s, std::size_t context) {
    return round_up(Cache::bytes(s, context), 64);
  }
  float* states_;
};

/// The cache type of a family: Cache itself if no block has a state.
template <class Family, class Cache>
using kept_in = std::conditional_t<states_of<Family>::any, cache_with_states<Cache>, Cache>;

}  // namespace mote::inline v0
