// SPDX-License-Identifier: BSL-1.0
// Rotates the residual stream by a random orthogonal matrix that is folded into the weights (QuaRot, Ashkboos et al.
// 2024, arXiv 2404.00456): outlier columns disappear, and the weights of every matrix become close to Gaussian. For a
// width of m * 2^k with m odd, the rotation is diag(+-1), then the Kronecker product of a cosine transform of size m
// and a fast Hadamard transform of size 2^k.
// Refuses a family whose norms or blocks see more of the stream than its length and its products with matrices: a layer
// norm subtracts the mean, which a rotation does not keep. It unties a tied head, which costs the bytes of that matrix:
// the gains of the last norm and the rotation go into the head in another way than into the embedding.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/host/quantize/fold.hpp"

namespace mote::inline v0::host {

/// v := v H / sqrt(n), n a power of two. Applied twice it gives v back.
void hadamard_transform(std::span<double> v);

/// A random rotation Q of vectors of n numbers; the same seed gives the same Q.
class rotation {
 public:
  rotation(std::size_t n, std::uint64_t seed);
  std::size_t size() const { return sign_.size(); }

  /// v := v Q
  void rotate(std::span<double> v) const;

 private:
  std::size_t two_;
  std::size_t odd_;
  std::vector<double> sign_;
  std::vector<double> cosines_;  // (odd, odd)
};

namespace detail {
/// W := W Q for a matrix that reads the stream; with `first`, only for the q.size() columns from there.
template <class Family>
void rotate_columns(raw_model_of<Family>& m, const tensor_place& p, const rotation& q, std::size_t first = 0) {
  const std::size_t cols = size_of<Family>(m.shape, p).cols;
  const auto w = change_values(m, p);
  std::vector<double> row(q.size());
  for (std::size_t at = first; at < w.size(); at += cols) {
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<double>(w[at + i]);
    q.rotate(row);
    for (std::size_t i = 0; i < row.size(); ++i) w[at + i] = static_cast<float>(row[i]);
  }
}
/// W := Q^T W, bias included, for a matrix that writes the stream; with `first`, only for the q.size() rows from there.
template <class Family>
void rotate_rows(raw_model_of<Family>& m, const tensor_place& p, const rotation& q, std::size_t first = 0) {
  using tensors = tensors_of<Family>;
  const std::size_t cols = size_of<Family>(m.shape, p).cols;
  const auto w = change_values(m, p);
  std::vector<double> column(q.size());
  for (std::size_t col = 0; col < cols; ++col) {
    for (std::size_t i = 0; i < column.size(); ++i) column[i] = static_cast<double>(w[(first + i) * cols + col]);
    q.rotate(column);
    for (std::size_t i = 0; i < column.size(); ++i) w[(first + i) * cols + col] = static_cast<float>(column[i]);
  }
  if (const vector_role bias = tensors::bias_of(tensors::find(p.role)); bias != vector_role::none) {
    const auto b = vector_of(m, p.layer, bias).subspan(first, column.size());
    std::copy(b.begin(), b.end(), column.begin());
    q.rotate(column);
    for (std::size_t i = 0; i < column.size(); ++i) b[i] = static_cast<float>(column[i]);
  }
}
}  // namespace detail

struct hadamard {
  std::uint64_t seed = 1;
  bool values = true;  ///< also rotate each value head, and the columns of the output matrix that read it

  template <class Family>
  void operator()(raw_model_of<Family>& m) const {
    must_rotate<Family>(m.shape);
    untie_head(m);
    const mote::shape& s = m.shape;
    // The gains of every norm move into the matrices that read it: a norm without gains commutes with a rotation.
    for (std::size_t layer = 0; layer < s.layers; ++layer)
      for (const stream_rotation& t : rotations_of<Family>(layer))
        fold_gains(m, layer, scaled_input{.readers = t.readers, .vectors = t.gain});
    fold_gains(m, 0, head_input<Family>());

    const rotation stream(s.dim, seed);
    detail::rotate_columns(m, tensor_place::embedding(), stream);
    if (has_positions<Family>) detail::rotate_columns(m, tensor_place::positions(), stream);
    detail::rotate_columns(m, tensor_place::head(), stream);
    for (std::size_t layer = 0; layer < s.layers; ++layer) {
      for (const stream_rotation& t : rotations_of<Family>(layer)) {
        for (role r : t.readers) detail::rotate_columns(m, tensor_place::block(layer, r), stream);
        for (role r : t.writers) detail::rotate_rows(m, tensor_place::block(layer, r), stream);
      }
      if (!values) continue;
      for (const scaled_input& heads : scaled_inputs_of<Family>(layer))
        if (heads.by_heads) rotate_heads(m, layer, heads);
    }
  }

 private:
  /// How each block of a layer reads and writes the stream. Throws if a block does not state it.
  template <class Family>
  static std::vector<stream_rotation> rotations_of(std::size_t layer) {
    std::vector<stream_rotation> all;
    layers_facts<typename Family::layer>::with(layer, [&]<class Layer>() {
      Layer::each([&]<std::size_t I>() {
        using block = typename Layer::template block<I>;
        if constexpr (requires { block::rotated_stream(); }) all.push_back(block::rotated_stream());
        else
          throw std::runtime_error("hadamard: block " + std::to_string(I) + " of layer " + std::to_string(layer) +
                                   " does not read the stream through a root-mean-square norm and by matrices alone, "
                                   "or does not say so (block/for_tools.hpp)");
      });
    });
    return all;
  }
  template <class Family>
  static void must_rotate(const mote::shape& s) {
    using embedding = typename Family::embedding;
    constexpr bool sums = requires { requires embedding::sums_rows; } && !requires { typename embedding::parts; };
    constexpr bool lengths = requires { requires Family::last_norm::sees_lengths_alone; };
    if (!sums || !lengths)
      throw std::runtime_error(std::string("hadamard: the ") + (sums ? "last norm" : "embedding") +
                               " of this family does not keep a turn of the stream" +
                               (sums ? "; root-mean-square norms do, layer norms do not" : ""));
    for (std::size_t layer = 0; layer < s.layers; ++layer) (void)rotations_of<Family>(layer);
  }
  template <class Family>
  void rotate_heads(raw_model_of<Family>& m, std::size_t layer, const scaled_input& heads) const {
    const mote::shape& s = m.shape;
    for (std::size_t head = 0; head < s.heads; ++head) {
      const std::size_t kv = head / (s.heads / s.kv_heads);
      const rotation own(s.head_dim(), seed + 1 + layer * s.kv_heads + kv);
      for (role r : heads.readers) detail::rotate_columns(m, tensor_place::block(layer, r), own, head * s.head_dim());
      if (head % (s.heads / s.kv_heads) == 0)
        for (role r : heads.matrix) detail::rotate_rows(m, tensor_place::block(layer, r), own, kv * s.head_dim());
    }
  }
  /// Unlike fold_scales() it allows gains of any sign, and sets the gains to exactly 1.
  template <class Family>
  static void fold_gains(raw_model_of<Family>& m, std::size_t layer, const scaled_input& input) {
    for (const vector_role v : input.vectors) {
      const auto gains = vector_of(m, layer, v);
      for (const tensor_place& p : detail::readers_of(layer, input))
        detail::scale_columns(m, p, input, {gains.begin(), gains.end()});
      std::fill(gains.begin(), gains.end(), 1.0F);
    }
  }
};

}  // namespace mote::inline v0::host
