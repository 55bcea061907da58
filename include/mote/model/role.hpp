// SPDX-License-Identifier: BSL-1.0
// The tensors of a layer by name: matrices by their role, vectors of floats (gains, biases) by theirs. Users write the
// names (`in<role::down, quantize<4>>`, `only(role::query)`); blocks say which they have, and how large each is.
// Refuses to know sizes and formats: model/tensors.hpp collects the sizes, model/formats.hpp has the formats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/config.hpp"

namespace mote::inline v0 {

/// The matrices of a layer. Numbers 9 to 12 are per_layer's (block/per_layer_embedding.hpp), 16 to 31 are for users'
/// blocks: own_role(0) to own_role(15).
enum class role : std::uint8_t { query, key, value, output, gate, up, down, convolution_input, convolution_output };
/// The first of them are those of a Llama's layer.
inline constexpr std::size_t role_count = 7;

namespace detail {
void no_name_of_that_number();  // not constexpr: a consteval call that reaches it does not compile
}  // namespace detail

consteval role own_role(unsigned n) {
  if (n >= 16) detail::no_name_of_that_number();
  return static_cast<role>(16 + n);
}

constexpr std::string_view name(role r) {
  constexpr std::string_view names[] = {
      "query", "key", "value", "output", "gate", "up", "down", "convolution_input", "convolution_output"};
  constexpr std::string_view more[] = {"per_layer_table", "per_layer_input", "per_layer_gate", "per_layer_output"};
  const auto at = static_cast<std::size_t>(r), first = std::size(names);
  return at < first ? names[at] : at - first < std::size(more) ? more[at - first] : "own";
}

/// The vectors of a model: gains and biases of norms, biases of matrices. They are floats in every image. The numbers
/// 64 to 254 are for users' blocks: own_vector(0) to own_vector(190).
enum class vector_role : std::uint8_t {
  attention_norm,
  ffn_norm,
  final_norm,
  attention_norm_bias,
  ffn_norm_bias,
  final_norm_bias,
  query_bias,
  key_bias,
  value_bias,
  output_bias,
  gate_bias,
  up_bias,
  down_bias,
  query_norm,
  key_norm,
  post_attention_norm,
  post_ffn_norm,
  convolution_taps,
  head_bias,
  token_type,
  embedding_norm,
  embedding_norm_bias,
  none = 255
};

constexpr std::string_view name(vector_role v) {
  constexpr std::string_view names[] = {
      "attention_norm", "ffn_norm",   "final_norm",     "attention_norm_bias", "ffn_norm_bias",  "final_norm_bias",
      "query_bias",     "key_bias",   "value_bias",     "output_bias",         "gate_bias",      "up_bias",
      "down_bias",      "query_norm", "key_norm",       "post_attention_norm", "post_ffn_norm",  "convolution_taps",
      "head_bias",      "token_type", "embedding_norm", "embedding_norm_bias", "per_layer_norm", "post_per_layer_norm"};
  return static_cast<std::size_t>(v) < std::size(names) ? names[static_cast<std::size_t>(v)] : "own";
}
consteval vector_role own_vector(unsigned n) {
  if (n >= 191) detail::no_name_of_that_number();
  return static_cast<vector_role>(64 + n);
}

struct matrix_size {
  std::size_t rows, cols;
};

/// What a block declares of a matrix: its role, its size, and its bias, if any. A table is never multiplied: a token
/// reads one of its rows.
struct matrix_tensor {
  role which;
  std::size_t rows, cols;
  vector_role bias = vector_role::none;
  bool is_table = false;
};
/// What a block declares of a vector.
struct vector_tensor {
  vector_role which;
  std::size_t floats;
};

}  // namespace mote::inline v0
