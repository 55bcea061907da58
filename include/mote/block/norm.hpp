// SPDX-License-Identifier: BSL-1.0
// The norms that a residual block begins with, each with its gradient: y = norm(x) of one token.
// Refuses buffers of its own: input and output are the residual's.
#pragma once

#include <array>
#include <cstddef>

#include "mote/kernel/layer_norm.hpp"
#include "mote/kernel/norm.hpp"
#include "mote/model/role.hpp"
#include "mote/model/shape.hpp"

namespace mote::inline v0 {

/// Root-mean-square norm with the gains of that name.
template <vector_role Gain>
struct rms_norm_block {
  static constexpr std::array proportional_to{Gain};  // block/for_tools.hpp
  static constexpr bool sees_lengths_alone = true;    // rotating x rotates y, apart from the gains
  MOTE_INLINE static constexpr auto vectors(const mote::shape& s) { return std::array{vector_tensor{Gain, s.dim}}; }

  template <class Pass>
  MOTE_INLINE static void forward(const Pass& p, const float* x, float* y) {
    rms_norm(x, p.template vector<Gain>(), p.shape().dim, p.shape().norm_epsilon, y);
  }
  /// dx += the gradient of the input; the gradient of the gains goes to the learner.
  template <class Pass>
  static void backward(Pass& p, const float* x, const float* dy, float* dx) {
    rms_norm_gradient(x, p.template vector<Gain>(), dy, p.shape().dim, p.shape().norm_epsilon, dx,
                      p.template vector_gradient<Gain>());
  }
};

/// Layer norm with the gains and biases of those names; Bias is vector_role::none if there is none.
template <vector_role Gain, vector_role Bias>
struct layer_norm_block {
  static constexpr auto proportional_to = [] {  // block/for_tools.hpp
    if constexpr (Bias == vector_role::none) return std::array{Gain};
    else return std::array{Gain, Bias};
  }();
  MOTE_INLINE static constexpr auto vectors(const mote::shape& s) {
    if constexpr (Bias == vector_role::none) return std::array{vector_tensor{Gain, s.dim}};
    else return std::array{vector_tensor{Gain, s.dim}, vector_tensor{Bias, s.dim}};
  }

  template <class Pass>
  MOTE_INLINE static void forward(const Pass& p, const float* x, float* y) {
    layer_norm(x, p.template vector<Gain>(), bias(p), p.shape().dim, p.shape().norm_epsilon, y);
  }
  template <class Pass>
  static void backward(Pass& p, const float* x, const float* dy, float* dx) {
    float* dbias = nullptr;
    if constexpr (Bias != vector_role::none) dbias = p.template vector_gradient<Bias>();
    layer_norm_gradient(x, p.template vector<Gain>(), dy, p.shape().dim, p.shape().norm_epsilon, dx,
                        p.template vector_gradient<Gain>(), dbias);
  }

 private:
  template <class Pass>
  MOTE_INLINE static const float* bias([[maybe_unused]] const Pass& p) {
    if constexpr (Bias == vector_role::none) return nullptr;
    else return p.template vector<Bias>();
  }
};

}  // namespace mote::inline v0
