// SPDX-License-Identifier: BSL-1.0
// The concepts of a delta, the learned change of a model: the functions that a pass calls.
// Refuses to know the kind of delta: adapters, scales, all weights or a user's own.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "mote/config.hpp"
#include "mote/model/role.hpp"

namespace mote::inline v0 {

/// A delta as a pass sees it: how it changes each linear map, and where gradients go. For what it does not train,
/// vector_gradient() is null, and embedding_backward() and head_backward() do nothing.
template <class D>
concept delta_view = requires(D d, const D& c, std::size_t n, role r, vector_role v, const float* in, float* out) {
  c.apply(n, r, in, out);                     // layer, role, x, y: changes y = W x + bias to the learned output
  d.backward(n, r, in, n, n, in, n, out, n);  // layer, role, x, x_stride, tokens, dy, y_stride, dx, dx_stride
  { d.vector_gradient(n, v) } -> std::same_as<float*>;
  d.embedding_backward(n, in);  // token, dx (dim)
  d.head_backward(in, in, n, n,
                  n);  // dlogits (tokens, padded(vocab)), x (tokens, x_stride), tokens, y_stride, x_stride
};
/// A delta that scales the output of a matrix: output_backward() gets W x + bias and replaces it by its gradient.
template <class D>
concept scaling_delta = delta_view<D> && requires(D d, std::size_t n, role r, const float* in, float* out) {
  { d.scales(n, r) } -> std::same_as<bool>;  // layer, role
  d.output_backward(n, r, in, out, n, n);    // layer, role, dy, output and then its gradient, tokens, y_stride
};

/// A delta that owns the first positions of every sequence, before the text. Their number is `static constexpr
/// std::size_t positions` of its learning policy.
template <class D>
concept leading_delta = delta_view<D> && requires(const D& c) {
  { c.positions() } -> std::same_as<std::size_t>;
};
/// Prompt tuning: its positions hold tokens, which its class gives with `lead(vocab, tokens)`; it changes their
/// vectors.
template <class D>
concept prompting_delta = leading_delta<D> && requires(D d, const D& c, std::size_t n, const float* in, float* out) {
  c.embed(n, out);          // position, x (dim): changes the embedding of the token at that position
  d.embed_backward(n, in);  // position, dx (dim)
};
/// Prefix tuning: its positions hold no tokens, only keys and values for each layer that attends; `layer` counts those.
template <class D>
concept prefixing_delta = leading_delta<D> && requires(D d, const D& c, std::size_t n) {
  { c.key(n, n) } -> std::same_as<const float*>;  // layer, position: (kv_heads, head_dim)
  { c.value(n, n) } -> std::same_as<const float*>;
  { d.key_gradient(n, n) } -> std::same_as<float*>;
  { d.value_gradient(n, n) } -> std::same_as<float*>;
};
namespace detail {
/// How many positions a learning policy owns before a text, and how many of them hold no tokens.
template <class Learning>
constexpr std::size_t positions_of() {
  if constexpr (requires { Learning::positions; }) return Learning::positions;
  else return 0;
}
template <class Learning>
constexpr std::size_t prefix_of() {
  if constexpr (requires(std::size_t vocab, std::uint16_t* to) { Learning::delta::lead(vocab, to); }) return 0;
  else return positions_of<Learning>();
}
/// How many positions of a context are left for the text.
template <class Learning>
constexpr std::size_t left_of_context(std::size_t context) {
  return context > positions_of<Learning>() ? context - positions_of<Learning>() : 0;
}
}  // namespace detail

/// A base for deltas, whose gradients all do nothing. A delta defines those of what it learns.
struct matrices_only {
  static void backward(std::size_t, role, const float*, std::size_t, std::size_t, const float*, std::size_t, float*,
                       std::size_t) {}
  static float* vector_gradient(std::size_t, vector_role) { return nullptr; }
  static void embedding_backward(std::size_t, const float*) {}
  static void head_backward(const float*, const float*, std::size_t, std::size_t, std::size_t) {}
};

}  // namespace mote::inline v0
