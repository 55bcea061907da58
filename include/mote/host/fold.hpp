// SPDX-License-Identifier: BSL-1.0
// Scales that move between a matrix and what feeds it, so that the model computes the same: the input of a matrix
// becomes smaller by s, its columns larger by s. The scale disappears in the norm before it, or in the rows of the
// matrix before it (value before output, up before down).
// Refuses a head that is also the embedding: its columns are read in two places, and only one could be made up for.
#pragma once

#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include "mote/host/batch_decoder.hpp"
#include "mote/host/model_tensors.hpp"

namespace mote::inline v0::host {

/// The matrices that read a site.
inline std::vector<role> readers_of(site where) {
  switch (where) {
    case site::attention: return {role::query, role::key, role::value};
    case site::output: return {role::output};
    case site::feed_forward: return {role::gate, role::up};
    case site::down: return {role::down};
    case site::head: break;
  }
  return {};
}

/// How many scales a site has. Query heads that share a value head share its scales at the site `output`.
inline std::size_t scales_of(const mote::shape& s, site where) {
  if (where == site::output) return s.kv_dim();
  return where == site::down ? s.hidden : s.dim;
}
/// Which scale a column of the site's input has.
inline std::size_t scale_of_column(const mote::shape& s, site where, std::size_t col) {
  if (where != site::output) return col;
  const std::size_t head = col / s.head_dim();
  return head / (s.heads / s.kv_heads) * s.head_dim() + col % s.head_dim();
}

namespace detail {
inline void scale_columns(raw_model& m, const tensor_place& p, site where, const std::vector<float>& scale) {
  const matrix_size size = size_of(m.shape, p);
  const auto w = change_values(m, p);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] *= scale[scale_of_column(m.shape, where, i % size.cols)];
}
inline void divide_rows(raw_model& m, const tensor_place& p, const std::vector<float>& scale) {
  const matrix_size size = size_of(m.shape, p);
  const auto w = change_values(m, p);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] /= scale[i / size.cols];
}
inline void divide_norm(std::vector<float>& gains, std::size_t first, const std::vector<float>& scale) {
  for (std::size_t i = 0; i < scale.size(); ++i) gains[first + i] /= scale[i];
}
}  // namespace detail

/// Divides the input of a site by `scale` and multiplies the columns that read it.
inline void fold_scales(raw_model& m, std::size_t layer, site where,
                        const std::vector<float>& scale /* (scales_of) */) {
  const mote::shape& s = m.shape;
  if (scale.size() != scales_of(s, where))
    throw std::runtime_error("fold: as many scales as the site has columns are needed");
  for (float x : scale)
    if (!(x > 0) || !std::isfinite(x)) throw std::runtime_error("fold: a scale is not a positive number");
  for (role r : readers_of(where)) detail::scale_columns(m, tensor_place::block(layer, r), where, scale);
  switch (where) {
    case site::attention: detail::divide_norm(m.attention_norm.values, layer * s.dim, scale); break;
    case site::feed_forward: detail::divide_norm(m.ffn_norm.values, layer * s.dim, scale); break;
    case site::output: detail::divide_rows(m, tensor_place::block(layer, role::value), scale); break;
    case site::down: detail::divide_rows(m, tensor_place::block(layer, role::up), scale); break;
    case site::head:
      if (s.tied_head) throw std::runtime_error("fold: the head is the embedding; untie it first");
      detail::scale_columns(m, tensor_place::head(), where, scale);
      detail::divide_norm(m.final_norm.values, 0, scale);
      break;
  }
}

/// Gives the head its own copy of the embedding: more bytes, but it can be changed alone.
inline void untie_head(raw_model& m) {
  if (!m.shape.tied_head) return;
  m.head = m.embedding;
  m.shape.tied_head = false;
}

}  // namespace mote::inline v0::host
