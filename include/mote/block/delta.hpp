// SPDX-License-Identifier: BSL-1.0
// What a pass asks of a delta, the change that is learned.
// Refuses to know what learns: adapters, scales, all weights, a user's own.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "mote/config.hpp"
#include "mote/model/role.hpp"

namespace mote::inline v0 {

/// What the kernels see of a delta, the change that is learned: what it makes of each linear map, and where gradients go.
/// The gradients of vectors may be null, those of embedding and head do nothing, where they do not learn.
template <class D>
concept delta_view = requires(D d, const D& c, std::size_t n, role r, vector_role v, const float* in, float* out) {
  c.apply(n, r, in, out);                     // layer, role, x, y: y = W x becomes what it is with what was learned
  d.backward(n, r, in, n, n, in, n, out, n);  // layer, role, x, x_stride, tokens, dy, y_stride, dx, dx_stride
  { d.vector_gradient(n, v) } -> std::same_as<float*>;
  d.embedding_backward(n, in);  // token, dx (dim)
  d.head_backward(in, in, n, n,
                  n);  // dlogits (tokens, padded(vocab)), x (tokens, x_stride), tokens, y_stride, x_stride
};
/// A delta that scales what a matrix gives: it is told W x, and says which gradient the matrix itself gets.
template <class D>
concept scaling_delta = delta_view<D> && requires(D d, std::size_t n, role r, const float* in, float* out) {
  { d.scales(n, r) } -> std::same_as<bool>;  // layer, role
  d.output_backward(n, r, in, out, n, n);    // layer, role, dy, W x and then its gradient, tokens, y_stride
};

/// A delta that owns the first positions of every sequence, `static constexpr std::size_t positions` of its class; the text's
/// tokens stand behind them.
template <class D>
concept leading_delta = delta_view<D> && requires(const D& c) {
  { c.positions() } -> std::same_as<std::size_t>;
};
/// Tokens stand there, which its class names with `lead(vocab, tokens)`, and it changes their vectors.
template <class D>
concept prompting_delta = leading_delta<D> && requires(D d, const D& c, std::size_t n, const float* in, float* out) {
  c.embed(n, out);          // position, x (dim): a token's first vector becomes what it is with what was learned
  d.embed_backward(n, in);  // position, dx (dim)
};
/// Nothing runs there: each layer that attends, counted among those, finds these keys and values as a cache takes them.
template <class D>
concept prefixing_delta = leading_delta<D> && requires(D d, const D& c, std::size_t n) {
  { c.key(n, n) } -> std::same_as<const float*>;  // layer, position: (kv_heads, head_dim)
  { c.value(n, n) } -> std::same_as<const float*>;
  { d.key_gradient(n, n) } -> std::same_as<float*>;
  { d.value_gradient(n, n) } -> std::same_as<float*>;
};
namespace detail {
/// How many positions a learning policy owns in front of a text, and how many of them have no tokens.
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
/// The positions of a context that are the text's.
template <class Learning>
constexpr std::size_t left_of_context(std::size_t context) {
  return context > positions_of<Learning>() ? context - positions_of<Learning>() : 0;
}
}  // namespace detail

/// What a delta does about what it does not learn: nothing.
struct matrices_only {
  static void backward(std::size_t, role, const float*, std::size_t, std::size_t, const float*, std::size_t, float*,
                       std::size_t) {}
  static float* vector_gradient(std::size_t, vector_role) { return nullptr; }
  static void embedding_backward(std::size_t, const float*) {}
  static void head_backward(const float*, const float*, std::size_t, std::size_t, std::size_t) {}
};

}  // namespace mote::inline v0
