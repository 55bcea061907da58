// SPDX-License-Identifier: BSL-1.0
// Packs a model that an importer or a trainer holds as floats into an image: the format is chosen at run time, the
// layout of the bytes is the one that the type computes (model/weights.hpp, store/container.hpp).
// Refuses weights that the format cannot hold, and reports what the rounding cost.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "mote/format/q8.hpp"
#include "mote/host/packing.hpp"
#include "mote/host/raw_model.hpp"
#include "mote/model/vocabulary.hpp"
#include "mote/model/weights.hpp"
#include "mote/simd/half.hpp"
#include "mote/store/container.hpp"

namespace mote::inline v0::host {

/// Told (done, all) in rows of matrices, now and then.
using packing_report = std::function<void(std::size_t, std::size_t)>;

struct written_image {
  std::vector<std::byte> bytes;
  std::string format_name;
  std::size_t weights_bytes = 0;
  std::size_t vocabulary_bytes = 0;
  double relative_error = 0;  ///< RMS of the rounding over RMS of the weights, all matrices together
};

namespace detail {

/// Where the source's own integers fit a q8 group, they go into the block as they are: rounding a second time would
/// cost more than the scale's way from 32 to 16 bits does.
template <class format>
void keep_integers(const raw_tensor& t, std::size_t first /* weight of the tile */, std::size_t count, std::size_t cols,
                   std::byte* tile) {
  for (std::size_t g = 0; g < format::groups(cols); ++g) {
    typename format::block b;
    std::memcpy(&b, tile + g * sizeof b, sizeof b);
    for (std::size_t row = 0; row < count; ++row) {
      const std::size_t at = first + row * cols + g * format::group;
      const std::size_t width = std::min(cols - g * format::group, format::group);
      if (at / t.group != (at + width - 1) / t.group) continue;  // two scales of the source meet here
      const float scale = t.scales[at / t.group];
      const auto stored = format::to_scale(scale);
      const float kept = format::from_scale(stored);
      if (!(scale > 0) || !(std::fabs(kept - scale) <= scale * 0x1p-11F)) continue;
      const auto integers = std::span(t.integers).subspan(at, width);
      if (std::find(integers.begin(), integers.end(), std::int8_t{-128}) != integers.end()) continue;
      b.scale[row] = stored;
      for (std::size_t i = 0; i < width; ++i) b.quads[i / 4][row][i % 4] = integers[i];
    }
    std::memcpy(tile + g * sizeof b, &b, sizeof b);
  }
}

template <class Format>
constexpr bool is_q8 = false;
template <std::size_t Rows, std::size_t Group>
constexpr bool is_q8<q8<Rows, Group>> = true;

class weight_packer {
 public:
  weight_packer(const mote::shape& shape, std::span<std::byte> out, const packing_report& report)
      : out_(out), report_(report) {
    all_ = shape.vocab * (shape.tied_head ? 1 : 2);
    for (std::size_t r = 0; r < role_count; ++r) all_ += shape.layers * size_of(shape, static_cast<role>(r)).rows;
  }

  void floats(const raw_tensor& t, std::size_t first, std::size_t count, std::size_t offset) {
    check(t, first + count);
    for (std::size_t i = first; i < first + count; ++i)
      if (!std::isfinite(t.values[i])) throw std::runtime_error("packing: a norm is not finite");
    std::memcpy(out_.subspan(offset, count * 4).data(), t.values.data() + first, count * 4);
  }

  void matrix(packing p, std::string_view name, const raw_tensor& t, std::size_t first, std::size_t rows,
              std::size_t cols, std::size_t offset) {
    with_format(p, cols, [&]<class Format>() { matrix<Format>(name, t, first, rows, cols, offset); });
  }

  double relative_error() const { return power_ > 0 ? std::sqrt(error_ / power_) : 0; }
  void finish() const {
    if (report_) report_(all_, all_);
  }

 private:
  template <class Format>
  void matrix(std::string_view name, const raw_tensor& t, std::size_t first, std::size_t rows, std::size_t cols,
              std::size_t offset) {
    check(t, first + rows * cols);
    decoded_.resize(cols);
    for (std::size_t row = 0; row < rows; row += Format::rows) {
      const std::size_t count = std::min(Format::rows, rows - row);
      const std::size_t at = first + row * cols;
      const auto tile = out_.subspan(offset + row / Format::rows * Format::tile_bytes(cols), Format::tile_bytes(cols));
      Format::encode_tile(t.values.data() + at, count, cols, tile.data());
      if constexpr (is_q8<Format>)
        if (t.group != 0) keep_integers<Format>(t, at, count, cols, tile.data());
      for (std::size_t i = 0; i < count; ++i)
        measure<Format>(name, t.values.data() + at + i * cols, i, cols, tile.data());
      done_ += count;
      if (done_ / 1024 != (done_ - count) / 1024 && report_) report_(done_, all_);
    }
  }

  static void check(const raw_tensor& t, std::size_t end) {
    if (t.values.size() < end)
      throw std::runtime_error("packing: a tensor has " + std::to_string(t.values.size()) +
                               " values; the shape needs " + std::to_string(end));
  }
  template <class Format>
  void measure(std::string_view name, const float* source, std::size_t row, std::size_t cols, const std::byte* tile) {
    Format::decode_row(tile, row, cols, decoded_.data());
    std::size_t largest = 0;
    for (std::size_t i = 0; i < cols; ++i) {
      if (!std::isfinite(source[i])) throw std::runtime_error("packing: " + std::string(name) + " is not finite");
      if (std::fabs(source[i]) > std::fabs(source[largest])) largest = i;
      const double d = static_cast<double>(decoded_[i]) - static_cast<double>(source[i]);
      error_ += d * d;
      power_ += static_cast<double>(source[i]) * static_cast<double>(source[i]);
    }
    // The largest weight sets its group's scale; if even that one is far off, the scale did not fit its 16 bits.
    const float wanted = std::fabs(source[largest]);
    if (wanted > 1 && !(std::fabs(decoded_[largest] - source[largest]) < wanted * 0.02F))
      throw std::runtime_error("packing: " + std::string(name) + " holds a weight of " + std::to_string(wanted) +
                               ", too large for " + std::string(Format::name));
  }

  std::span<std::byte> out_;
  const packing_report& report_;
  std::size_t done_ = 0;
  std::size_t all_ = 0;
  std::vector<float> decoded_;
  double error_ = 0;
  double power_ = 0;
};

}  // namespace detail

/// A whole image. `vocabulary` is a packed table (host/vocabulary_packer.hpp) of exactly the shape's tokens.
inline written_image write_image(const raw_model& m, std::span<const std::byte> vocabulary, std::string_view name,
                                 const packing_plan& plan, const packing_report& report = {}) {
  const mote::shape& s = m.shape;
  if (!s.valid()) throw std::runtime_error("packing: the numbers of the shape make no model");
  if (plan.blocks.size() != s.layers) throw std::runtime_error("packing: the plan is for another number of layers");
  if (vocabulary_view::check(vocabulary) != status::ok)
    throw std::runtime_error("packing: the token table is not sound");
  if (const std::size_t tokens = vocabulary_view{vocabulary}.count(); tokens != s.vocab)
    throw std::runtime_error("packing: the token table has " + std::to_string(tokens) + " tokens; the model has " +
                             std::to_string(s.vocab));

  const planned_map map = map_tensors(plan, s);
  const format_identity identity = identify(plan, s);
  const image_layout layout = lay_image(map.bytes, vocabulary.size());
  written_image image{.bytes = std::vector<std::byte>(layout.total_bytes),
                      .format_name = identity.name,
                      .weights_bytes = map.bytes,
                      .vocabulary_bytes = vocabulary.size()};
  const std::span<std::byte> weights = std::span(image.bytes).subspan(layout.weights_offset, map.bytes);

  detail::weight_packer packer(s, weights, report);
  packer.matrix(plan.embedding, "the token embedding", m.embedding, 0, s.vocab, s.dim, map.embedding);
  const raw_tensor* tensors[role_count] = {&m.wq, &m.wk, &m.wv, &m.wo, &m.w1, &m.w3, &m.w2};  // in the order of role
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const block_map& block = map.block[layer];
    packer.floats(m.attention_norm, layer * s.dim, s.dim, map.start[layer] + block.attention_norm);
    packer.floats(m.ffn_norm, layer * s.dim, s.dim, map.start[layer] + block.ffn_norm);
    for (std::size_t r = 0; r < role_count; ++r) {
      const matrix_size size = size_of(s, static_cast<role>(r));
      packer.matrix(plan.blocks[layer][r], mote::name(static_cast<role>(r)), *tensors[r],
                    layer * size.rows * size.cols, size.rows, size.cols, map.start[layer] + block.matrix[r]);
    }
  }
  packer.floats(m.final_norm, 0, s.dim, map.final_norm);
  if (!s.tied_head) packer.matrix(plan.head, "the head", m.head, 0, s.vocab, s.dim, map.head);
  packer.finish();
  image.relative_error = packer.relative_error();

  std::memcpy(image.bytes.data() + layout.vocabulary_offset, vocabulary.data(), vocabulary.size());
  container_header h;
  h.kind = static_cast<std::uint16_t>(container_kind::image);
  h.total_bytes = layout.total_bytes;
  h.shape_fingerprint = s.fingerprint();
  h.format_fingerprint = identity.fingerprint;
  h.weights_offset = layout.weights_offset;
  h.weights_bytes = map.bytes;
  h.vocabulary_offset = layout.vocabulary_offset;
  h.vocabulary_bytes = vocabulary.size();
  h.payload_crc = crc32(std::span(image.bytes).subspan(container_header_bytes));
  h.base_fingerprint = image_fingerprint(h.payload_crc, h.shape_fingerprint);
  put_name(h.model_name, name);
  put_name(h.format_name, identity.name);
  seal(h);
  std::memcpy(image.bytes.data(), &h, sizeof h);
  return image;
}

/// One format for every tensor.
inline written_image write_image(const raw_model& m, std::span<const std::byte> vocabulary, std::string_view name,
                                 packing p, const packing_report& report = {}) {
  return write_image(m, vocabulary, name, packing_plan::uniform(p, m.shape.layers), report);
}

/// The image of a type's formats.
template <class Formats>
written_image write_image(const raw_model& m, std::span<const std::byte> vocabulary, std::string_view name,
                          const packing_report& report = {}) {
  return write_image(m, vocabulary, name, plan_of<Formats>(m.shape), report);
}

}  // namespace mote::inline v0::host
