// SPDX-License-Identifier: BSL-1.0
// The tokenizer of a model: its member type `tokenizer`, else sentencepiece_bpe; and the tokens that no text becomes.
//   struct yours { using tokenizer = mote::byte_level_bpe<mote::llama3_pieces>; ... };
// Refuses to take it from the image: what a firmware cannot do has no code in it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
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

namespace detail {
/// A model's `control_tokens`, and a range for each of its `end_tokens`.
template <class Model>
inline constexpr auto control_ranges = [] {
  constexpr std::size_t named = [] {
    if constexpr (requires { Model::control_tokens; }) return Model::control_tokens.size();
    else return std::size_t{0};
  }();
  constexpr std::size_t ends = [] {
    if constexpr (requires { Model::end_tokens; }) return Model::end_tokens.size();
    else return std::size_t{0};
  }();
  std::array<token_range, named + ends> all{};
  if constexpr (named != 0)
    for (std::size_t i = 0; i < named; ++i) all[i] = Model::control_tokens[i];
  if constexpr (ends != 0)
    for (std::size_t i = 0; i < ends; ++i) all[named + i] = {Model::end_tokens[i], 1};
  return all;
}();
}  // namespace detail

/// The tokens that a model's type says no text becomes: its special tokens, its `end_tokens`, and those of
/// `control_tokens`, an array of token_range, where it has them.
template <class Model>
inline constexpr control_set control_of{.spoken = Model::special_tokens,
                                        .ranges = std::span<const token_range>(detail::control_ranges<Model>)};

}  // namespace mote::inline v0
