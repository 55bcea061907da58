// SPDX-License-Identifier: BSL-1.0
// Learns one scale for each output of the key, value and up matrices (Liu et al. 2022, arXiv 2205.05638):
// y = W x + d * (W x), with d = 0 at the start. Scaling the output of `up` scales the input of a gated `down`.
// Refuses to fold the scales into the base: the image in flash stays as it was packed.
#pragma once

#include <cstddef>

#include "mote/learn/learner.hpp"
#include "mote/learn/learner_knobs.hpp"
#include "mote/learn/role_set.hpp"

namespace mote::inline v0 {

struct ia3_knobs {
  role_set targets = only(role::key) | only(role::value) | only(role::up);
  std::size_t tokens = 64, batch = 1, chunk = 8;  ///< as learner_knobs'
  bool takes_turns = false;
};

/// The scales as the passes call them. Satisfies `scaling_delta`.
template <class Family>
class output_scales : public matrices_only, public output_vectors<Family> {
  using vectors = output_vectors<Family>;

 public:
  output_scales(vectors layout, float* d, float* gradients) : vectors(layout), d_(d), g_(gradients) {}
  bool scales(std::size_t, role r) const { return has(this->targets, r); }
  void apply(std::size_t layer, role r, const float*, float* y) const {
    if (!scales(layer, r)) return;
    const float* d = d_ + this->at(layer, r);
    for (std::size_t i = 0; i < size_of<Family>(this->s, r).rows; ++i) y[i] += d[i] * y[i];
  }
  void output_backward(std::size_t layer, role r, const float* dy, float* y, std::size_t count, std::size_t stride) {
    const std::size_t first = this->at(layer, r), rows = size_of<Family>(this->s, r).rows;
    for (; count > 0; --count, dy += stride, y += stride)
      for (std::size_t i = 0; i < stride; ++i) {
        if (i < rows) g_[first + i] += dy[i] * y[i];
        y[i] = dy[i] + d_[first + i] * dy[i];
      }
  }

 private:
  float *d_, *g_;
};

template <role_set Targets>
struct ia3_delta : output_delta<Targets, output_scales> {
  template <class Family>
  static constexpr std::uint64_t fingerprint() {
    return v0::fingerprint{}.add("ia3").add(targets_in<Family>(Targets)).value();
  }
};

template <ia3_knobs Knobs = ia3_knobs{}, class Optimizer = adam<adam_knobs{.rate = 1e-2F}>,
          class Schedule = backpropagation>
struct ia3 : learner<ia3_delta<Knobs.targets>, Optimizer, Schedule, learner_knobs_of(Knobs)> {};

}  // namespace mote::inline v0
