// SPDX-License-Identifier: BSL-1.0
// What a family does to the logits of a token after the head's matrix-vector product, and its gradient. A family names
// it, `using head = ...`; without that (plain_head) the logits stay as they are.
// Refuses to hide logits that are not finite: they stay so.
#pragma once

#include <array>
#include <cstddef>

#include "mote/kernel/matrix.hpp"
#include "mote/kernel/norm.hpp"
#include "mote/model/role.hpp"
#include "mote/model/shape.hpp"
#include "mote/model/tensors.hpp"
#include "mote/simd/math.hpp"

namespace mote::inline v0 {

/// logits += bias.
template <vector_role Bias = vector_role::head_bias>
struct biased_head {
  static constexpr bool reads_logits = false;  // the gradient reads what forward() wrote
  MOTE_INLINE static constexpr auto vectors(const mote::shape& s) { return std::array{vector_tensor{Bias, s.vocab}}; }

  template <class Pass>
  static void forward(const Pass& p, float* logits /* (padded(vocab)) */) {
    add_to(logits, p.template vector<Bias>(), p.shape().vocab);
  }
  /// The same of the logits (n) of rows from `first`, a multiple of 64, on.
  template <class Pass>
  static void forward_rows(const Pass& p, float* logits /* (padded(n)) */, std::size_t first, std::size_t n) {
    add_to(logits, p.template vector<Bias>() + first, n);
  }
  /// dlogits becomes the gradient of the matrix's output.
  template <class Pass>
  static void backward(Pass& p, const float*, float* dlogits) {
    if (float* sum = p.template vector_gradient<Bias>(); sum != nullptr) add_to(sum, dlogits, p.shape().vocab);
  }
};

/// logits = c tanh(logits / c) with c = shape.logit_softcap (Gemma 2, arXiv 2408.00118); 0: as they are.
struct softcapped_head {
  static constexpr bool softcapped = true;
  static constexpr bool reads_logits = true;

  template <class Pass>
  static void forward(const Pass& p, float* logits /* (padded(vocab)) */) {
    if (p.shape().logit_softcap != 0) cap(logits, p.shape().logit_softcap, p.shape().vocab);
  }
  template <class Pass>
  static void forward_rows(const Pass& p, float* logits /* (padded(n)) */, std::size_t, std::size_t n) {
    if (p.shape().logit_softcap != 0) cap(logits, p.shape().logit_softcap, n);
  }
  /// `logits` are those that forward() wrote.
  template <class Pass>
  static void backward(Pass& p, const float* logits, float* dlogits) {
    const float most = p.shape().logit_softcap;
    if (most == 0) return;
    const float inverse = 1.0F / most;
    using floats = simd::floats<16>;
    for (std::size_t i = 0; i < padded(p.shape().vocab); i += 16) {
      const auto part = floats::load(logits + i) * floats::all(inverse);
      (floats::load(dlogits + i) * (floats::all(1.0F) - part * part)).store(dlogits + i);
    }
  }

 private:
  /// x - x is NaN where x is not finite, and so is the result.
  MOTE_NOINLINE static void cap(float* logits, float most, std::size_t vocab) {
    using floats = simd::floats<16>;
    const float inverse = 1.0F / most;
    for (std::size_t i = 0; i < padded(vocab); i += 16) {
      const auto x = floats::load(logits + i);
      (simd::tanh(x * floats::all(inverse)) * floats::all(most) + (x - x)).store(logits + i);
    }
  }
};

}  // namespace mote::inline v0
