// SPDX-License-Identifier: BSL-1.0
// The tokenizer of a model: its member type `tokenizer`, else sentencepiece_bpe; and the tokens that no text becomes.
//   struct yours { using tokenizer = mote::byte_level_bpe<mote::llama3_pieces>; ... };
// Refuses to take it from the image: what a firmware cannot do has no code in it.
#pragma once

#include <span>

#include "mote/model/sentencepiece_bpe.hpp"
#include "mote/model/tokenizer.hpp"

namespace mote::inline v0 {

namespace detail {
template <class Model>
struct named_tokenizer {
  using type = sentencepiece_bpe;
};
template <class Model>
  requires requires { typename Model::tokenizer; }
struct named_tokenizer<Model> {
  using type = typename Model::tokenizer;
};
}  // namespace detail

template <class Model>
using tokenizer_of = typename detail::named_tokenizer<Model>::type;

/// The tokens that a model's type says no text becomes: its special tokens, and those of `control_tokens`, an array of
/// token_range, where it has one.
template <class Model>
inline constexpr control_set control_of = [] {
  control_set all{.spoken = Model::special_tokens};
  if constexpr (requires { Model::control_tokens; }) all.ranges = std::span<const token_range>(Model::control_tokens);
  return all;
}();

}  // namespace mote::inline v0
