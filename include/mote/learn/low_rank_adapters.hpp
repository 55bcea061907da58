// SPDX-License-Identifier: BSL-1.0
// The low-rank adapters of a model as a view: which matrices have one, of which rank, and where its floats lie are values.
// Pipelines that differ in rank, targets or seed share the code of decoder, gradient and this.
// Refuses to own memory: parameters and gradients are the learner's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mote/core/rng.hpp"
#include "mote/kernel/low_rank.hpp"
#include "mote/model/role.hpp"

namespace mote::inline v0 {

/// A set of matrices, one bit a role.
using role_set = std::uint8_t;
constexpr role_set only(role r) { return static_cast<role_set>(1U << static_cast<unsigned>(r)); }
inline constexpr role_set query_and_value = static_cast<role_set>(only(role::query) | only(role::value));
inline constexpr role_set all_matrices = 0x7F;

/// Where the adapter of each matrix lies in a layer's floats: A (rank, padded(cols)), then B (rank, padded(rows)).
struct adapter_layout {
  std::size_t rank = 0;
  std::array<std::size_t, role_count> offset{};  // too_big where a matrix has none
  std::size_t layer_floats = 0;

  constexpr low_rank_size size(const shape& s, role r) const {
    const matrix_size m = size_of(s, r);
    return {rank, m.rows, m.cols};
  }
};
constexpr adapter_layout lay_adapters(const shape& s, role_set targets, std::size_t rank) {
  adapter_layout l{.rank = rank};
  for (std::size_t r = 0; r < role_count; ++r) {
    l.offset[r] = too_big;
    if ((targets >> r & 1U) == 0) continue;
    l.offset[r] = l.layer_floats;
    l.layer_floats += l.size(s, static_cast<role>(r)).floats();
  }
  return l;
}

/// Adds the adapters to the decoder and collects their gradients. Satisfies `learner`.
class low_rank_adapters {
 public:
  low_rank_adapters(const shape& s, const adapter_layout& layout, float scale, float* parameters, float* gradients)
      : s_(s), layout_(layout), scale_(scale), parameters_(parameters), gradients_(gradients) {}

  MOTE_NOINLINE void add(std::size_t layer, role r, const float* x, float* y) const {
    const std::size_t offset = layout_.offset[static_cast<std::size_t>(r)];
    if (offset == too_big) return;
    const low_rank_size n = layout_.size(s_, r);
    const float* a = parameters_ + layer * layout_.layer_floats + offset;
    low_rank_add(n, a, a + n.a_floats(), scale_, x, y);
  }

  MOTE_NOINLINE void backward(std::size_t layer, role r, const float* x, std::size_t x_stride, std::size_t count,
                              const float* dy, std::size_t y_stride, float* dx, std::size_t dx_stride) {
    const std::size_t offset = layout_.offset[static_cast<std::size_t>(r)];
    if (offset == too_big) return;
    const low_rank_size n = layout_.size(s_, r);
    const std::size_t at = layer * layout_.layer_floats + offset;
    for (std::size_t t = 0; t < count; ++t)
      low_rank_gradient(n, parameters_ + at, parameters_ + at + n.a_floats(), scale_, x + t * x_stride,
                        dy + t * y_stride, gradients_ + at, gradients_ + at + n.a_floats(), dx + t * dx_stride);
  }

  // The base is frozen: its norms, embedding and head collect nothing.
  static float* vector_gradient(std::size_t, vector_role) { return nullptr; }
  static void embedding_backward(std::size_t, const float*) {}
  static void head_backward(const float*, const float*, std::size_t, std::size_t, std::size_t) {}

  /// A small and random, B zero: the model answers as if there were no adapter.
  void reset(std::uint64_t seed) {
    rng random(seed);
    each([&](float* a, const low_rank_size& n) {
      const float deviation = 1.0F / simd::sqrt(static_cast<float>(n.cols));
      for (std::size_t row = 0; row < n.rank; ++row)
        for (std::size_t col = 0; col < padded(n.cols); ++col)
          a[row * padded(n.cols) + col] = col < n.cols ? random.normal() * deviation : 0.0F;
      for (std::size_t i = 0; i < n.b_floats(); ++i) a[n.a_floats() + i] = 0.0F;
    });
  }

  /// Whether the parameters would change an answer: some B is not zero.
  bool has_effect() const {
    bool found = false;
    each([&](const float* a, const low_rank_size& n) {
      for (std::size_t i = 0; i < n.b_floats(); ++i) found = found || a[n.a_floats() + i] != 0.0F;
    });
    return found;
  }

 private:
  /// f(A, size) for each adapter, by layer and role.
  template <class Function>
  void each(Function f) const {
    for (std::size_t layer = 0; layer < s_.layers; ++layer)
      for (std::size_t r = 0; r < role_count; ++r)
        if (layout_.offset[r] != too_big)
          f(parameters_ + layer * layout_.layer_floats + layout_.offset[r], layout_.size(s_, static_cast<role>(r)));
  }

  const shape& s_;
  const adapter_layout& layout_;
  float scale_;
  float* parameters_;
  float* gradients_;
};

}  // namespace mote::inline v0
