// SPDX-License-Identifier: BSL-1.0
// The low-rank adapters of a model as a view. Its matrices, rank and offsets are values, so that pipelines that differ
// in rank, targets or seed share one copy of the code of the decoder, the backward pass and this view.
// Refuses to own memory: parameters and gradients are the learner's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mote/block/train.hpp"
#include "mote/core/rng.hpp"
#include "mote/kernel/low_rank.hpp"
#include "mote/learn/role_set.hpp"
#include "mote/model/tensors.hpp"

namespace mote::inline v0 {

/// The adapter of one matrix in a layer's floats: at `offset`, A (rank, padded(cols)), then B (rank, padded(rows)).
struct adapter_place {
  role which = role::query;
  std::size_t offset = 0;
  low_rank_size size{};
};
/// The adapters of a layer. A kind of layer without the matrix has the floats as well; no pass reads them.
template <std::size_t Count>
struct adapter_layout {
  std::array<adapter_place, Count> adapters{};
  std::size_t layer_floats = 0;

  /// The adapter of a matrix, which must have one.
  constexpr const adapter_place& of(role r) const {
    std::size_t i = 0;
    while (adapters[i].which != r) ++i;
    return adapters[i];
  }
};
template <class Family, role_set Targets>
constexpr auto lay_adapters(const shape& s, std::size_t rank) {
  using tensors = tensors_of<Family>;
  adapter_layout<std::size_t(__builtin_popcount(targets_in<Family>(Targets)))> l;
  std::size_t n = 0;
  for (std::size_t i = 0; i < tensors::matrices; ++i) {
    if ((only(tensors::matrix(i)) & Targets) == 0 || tensors::is_table(i)) continue;
    const matrix_size m = tensors::size(s, i);
    l.adapters[n] = {tensors::matrix(i), l.layer_floats, {rank, m.rows, m.cols}};
    l.layer_floats += l.adapters[n++].size.floats();
  }
  return l;
}

/// Adds the adapters to the decoder and collects their gradients. Satisfies `delta_view`.
class low_rank_adapters : public matrices_only {
 public:
  template <std::size_t Count>
  low_rank_adapters(const shape& s, const adapter_layout<Count>& layout, float scale, float* parameters,
                    float* gradients)
      : first_(layout.adapters.data()),
        count_(Count),
        layers_(s.layers),
        layer_floats_(layout.layer_floats),
        scale_(scale),
        parameters_(parameters),
        gradients_(gradients) {}

  MOTE_NOINLINE void apply(std::size_t layer, role r, const float* x, float* y) const {
    const adapter_place* of = find(r);
    if (of == nullptr) return;
    const low_rank_size& n = of->size;
    const float* a = parameters_ + layer * layer_floats_ + of->offset;
    low_rank_add(n, a, a + n.a_floats(), scale_, x, y);
  }

  MOTE_NOINLINE void backward(std::size_t layer, role r, const float* x, std::size_t x_stride, std::size_t count,
                              const float* dy, std::size_t y_stride, float* dx, std::size_t dx_stride) {
    const adapter_place* of = find(r);
    if (of == nullptr) return;
    const low_rank_size& n = of->size;
    const std::size_t at = layer * layer_floats_ + of->offset;
    for (std::size_t t = 0; t < count; ++t)
      low_rank_gradient(n, parameters_ + at, parameters_ + at + n.a_floats(), scale_, x + t * x_stride,
                        dy + t * y_stride, gradients_ + at, gradients_ + at + n.a_floats(), dx + t * dx_stride);
  }

  /// A small and random, B zero: the model answers as if there were no adapter.
  void reset(std::uint64_t seed) {
    rng random(seed);
    each_adapter([&](float* a, const low_rank_size& n) {
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
    each_adapter([&](const float* a, const low_rank_size& n) {
      for (std::size_t i = 0; i < n.b_floats(); ++i) found = found || a[n.a_floats() + i] != 0.0F;
    });
    return found;
  }

  /// Calls f(offset, n) for each row of A and of B, without the padding.
  template <class Function>
  void each(Function f) const {
    each_adapter([&](const float* a, const low_rank_size& n) {
      auto at = static_cast<std::size_t>(a - parameters_);
      for (std::size_t row = 0; row < n.rank; ++row, at += padded(n.cols)) f(at, n.cols);
      for (std::size_t row = 0; row < n.rank; ++row, at += padded(n.rows)) f(at, n.rows);
    });
  }

 private:
  const adapter_place* find(role r) const {
    for (std::size_t i = 0; i < count_; ++i)
      if (first_[i].which == r) return first_ + i;
    return nullptr;
  }
  /// Calls f(A, size) for each adapter, layer by layer.
  template <class Function>
  void each_adapter(Function f) const {
    for (std::size_t layer = 0; layer < layers_; ++layer)
      for (std::size_t i = 0; i < count_; ++i)
        f(parameters_ + layer * layer_floats_ + first_[i].offset, first_[i].size);
  }

  const adapter_place* first_;
  std::size_t count_;
  std::size_t layers_;
  std::size_t layer_floats_;
  float scale_;
  float* parameters_;
  float* gradients_;
};

}  // namespace mote::inline v0
