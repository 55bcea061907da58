// SPDX-License-Identifier: BSL-1.0
// The pass of an encoder: all tokens of a text at once through the layers of a family, without a cache and without
// logits. What it leaves is the state of each token behind the last norm.
// Refuses a family that keeps anything from one run to the next: decode() (block/decode.hpp) has its pass.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/block/decode.hpp"
#include "mote/model/run_attention.hpp"

namespace mote::inline v0 {

/// In the place of a cache.
struct no_cache {
  static constexpr std::size_t scratch_floats(const attention_shape& a, std::size_t tokens, std::size_t) {
    return attention_scratch_floats(a, tokens, tokens);
  }
};

/// The size of each buffer of a pass of at most `tokens`, and its first and last operation.
template <class Family, class Formats>
constexpr auto encode_lifetimes(const shape& s, std::size_t tokens, std::size_t parts = 1) {
  return decode_lifetimes<Family, Formats, no_cache>(s, tokens, {.tokens = tokens, .logits = 0, .parts = parts});
}

/// Runs a text of `count` tokens (1 to Most) and returns their states (count, padded(dim)), in the arena. Null: a value
/// was not finite. `frequencies`: of rotary positions, where the family has them. packed: weights or streamed_weights.
template <class Isa = simd::native, std::size_t Most = 1, class Weights, class Team, class Family, class Token>
float* encode(const shape& model, const Weights& packed, const std::uint64_t* frequencies, Team& team,
              const decode_buffers<Family>& b, const Token* tokens /* (count) */, std::size_t count) {
  static_assert(
      is_encoder<Family>,
      "mote: the tokens of this family see others than those of one text; make a pipeline<> of it, which has a cache "
      "[mote-encoder-family]");
  const shape s = model;  // as in decode()
  const Weights w = packed.of_shape(s);
  const no_adapter nothing;
  const no_cache none;
  using pass_type = decode_pass<Isa, Most, Weights, no_adapter, no_cache, Team>;
  typename pass_type::maps_type maps(s, w, nothing, team, count,
                                     b.template bytes<typename decode_plan_of<Family>::rounded>());
  pass_type pass(s, w, maps, frequencies, none, team, b, count, 0);
  pass.embed(tokens);
  pass.run(0, s.layers);
  const bool finite = stayed_finite(b, s, count);
  auto* states = reinterpret_cast<float*>(b.template bytes<typename decode_plan_of<Family>::stream>());
  for (std::size_t t = 0; t < count; ++t)
    Family::last_norm::forward(pass, states + t * padded(s.dim), states + t * padded(s.dim));
  pass.leave();
  return finite ? states : nullptr;
}

}  // namespace mote::inline v0
