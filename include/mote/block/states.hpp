// SPDX-License-Identifier: BSL-1.0
// What blocks remember from pass to pass beside keys and values: a convolution its last positions, a recurrence its state.
// A block says how many floats it keeps of a layer, and asks the pass for them; they lie behind the cache.
//   static constexpr std::size_t state_floats(const shape& s) { return 2 * padded(s.dim); }
//   float* kept = p.template state<my_block>();   // null in a pass that has all positions in its buffers
// Refuses to take a token back: a state holds what has been, not what was before it.
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
  /// Floats in front of Block's.
  template <class Block>
  static constexpr std::size_t before(const shape& s) {
    static_assert((std::size_t{std::is_same_v<Block, Blocks>} + ...) <= 1,
                  "mote: a block that keeps a state stands twice in a layer; give one of them names of its own");
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
  /// Floats of the layers in front of this one; with s.layers, of all.
  static constexpr std::size_t floats(const shape& s, std::size_t layer) {
    const std::array<std::size_t, sizeof...(Kind)> each{in<Kind>::floats(s)...};
    std::size_t n = 0;
    for (std::size_t l = 0; l < layer; ++l) n += each[Layers::kind_of(l)];
    return n;
  }
  /// Where the state of a block of this layer begins.
  template <class Block>
  static constexpr std::size_t at(const shape& s, std::size_t layer) {
    const std::array<std::size_t, sizeof...(Kind)> before{in<Kind>::template before<Block>(s)...};
    return floats(s, layer) + before[Layers::kind_of(layer)];
  }
};

}  // namespace detail

template <class Family>
using states_of = detail::states_of_layers<typename Family::layer, std::make_index_sequence<Family::layer::kinds>>;

/// What the caches of a family with states are made for.
struct stateful_cache_shape : cache_shape {
  std::size_t state_floats = 0;
};

/// A cache, and the states behind it. Positions go on where the last run ended, or begin again at 0.
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

/// What a family's answers are kept in: a cache alone, where no block has a state.
template <class Family, class Cache>
using kept_in = std::conditional_t<states_of<Family>::any, cache_with_states<Cache>, Cache>;

}  // namespace mote::inline v0
