// SPDX-License-Identifier: BSL-1.0
// What a pass asks of a delta, the change that is learned.
// Refuses to know what learns: adapters, scales, all weights, a user's own.
#pragma once

#include <concepts>
#include <cstddef>

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

/// What a delta does about what it does not learn: nothing.
struct matrices_only {
  static void backward(std::size_t, role, const float*, std::size_t, std::size_t, const float*, std::size_t, float*,
                       std::size_t) {}
  static float* vector_gradient(std::size_t, vector_role) { return nullptr; }
  static void embedding_backward(std::size_t, const float*) {}
  static void head_backward(const float*, const float*, std::size_t, std::size_t, std::size_t) {}
};

}  // namespace mote::inline v0
