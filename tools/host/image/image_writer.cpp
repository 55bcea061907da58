// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/image_writer.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "mote/core/finite.hpp"
#include "mote/host/image/packing_plan.hpp"
#include "mote/host/import/raw_model.hpp"
#include "mote/host/quantize/quantizer.hpp"
#include "mote/model/vocabulary.hpp"
#include "mote/model/weights.hpp"
#include "mote/store/container.hpp"

namespace mote::inline v0::host {

namespace detail {

namespace {

class weight_packer {
 public:
  weight_packer(const mote::shape& shape, std::span<std::byte> out, const packing_report& report)
      : out_(out), report_(report) {
    all_ = shape.vocab * (shape.tied_head ? 1 : 2);
    using tensors = tensors_of<llama>;
    for (std::size_t i = 0; i < tensors::matrices; ++i) all_ += shape.layers * tensors::size(shape, i).rows;
  }

  void floats(std::string_view name, const raw_tensor& t, std::size_t first, std::size_t count, std::size_t offset) {
    check(t, first + count);
    for (std::size_t i = first; i < first + count; ++i) {
      if (!std::isfinite(t.values[i])) throw std::runtime_error("packing: " + std::string(name) + " is not finite");
      if (!is_weight(t.values[i]))
        throw std::runtime_error("packing: " + std::string(name) + " holds a gain of " + std::to_string(t.values[i]) +
                                 "; no pipeline takes one beyond 65504");
    }
    std::memcpy(out_.subspan(offset, count * 4).data(), t.values.data() + first, count * 4);
  }

  /// Packs one matrix of a layer: from `codes` if not null, else by the format's own rounding.
  void matrix(const packed_format& f, std::string_view name, const raw_tensor& t, std::size_t layer, matrix_size m,
              const coded_matrix* codes, std::size_t offset) {
    const std::size_t first = layer * m.rows * m.cols;
    check(t, first + m.rows * m.cols);
    if (codes != nullptr) check(f, name, m, *codes);
    decoded_.resize(m.cols);
    for (std::size_t row = 0; row < m.rows; row += f.rows) {
      const std::size_t count = (std::min)(f.rows, m.rows - row);
      const float* source = t.values.data() + first + row * m.cols;
      std::byte* tile = out_.subspan(offset + row / f.rows * f.tile_bytes(m.cols), f.tile_bytes(m.cols)).data();
      f.encode_tile(source, count, m.cols, tile);
      if (codes == nullptr) f.keep(t, layer, m.rows, row, count, m.cols, tile);
      else
        for (std::size_t i = 0; i < count; ++i)
          f.put_codes(tile, i, m.cols, codes->scales.data() + (row + i) * codes->groups(),
                      codes->codes.data() + (row + i) * m.cols);
      for (std::size_t i = 0; i < count; ++i) measure(f, name, source + i * m.cols, i, m.cols, tile);
      if (!f.is_bounded(tile, m.cols))
        throw std::runtime_error("packing: " + std::string(name) + " has a scale that is too large for " +
                                 std::string(f.name));
      done_ += count;
      if (done_ / 1024 != (done_ - count) / 1024 && report_) report_(done_, all_);
    }
  }

  double relative_error() const { return power_ > 0 ? std::sqrt(error_ / power_) : 0; }
  void finish() const {
    if (report_) report_(all_, all_);
  }

 private:
  static void check(const raw_tensor& t, std::size_t end) {
    if (t.values.size() < end)
      throw std::runtime_error("packing: a tensor has " + std::to_string(t.values.size()) +
                               " values; the shape needs " + std::to_string(end));
  }
  static void check(const packed_format& f, std::string_view name, matrix_size m, const coded_matrix& codes) {
    if (!f.takes_codes())
      throw std::runtime_error("packing: " + std::string(f.name) + " takes no codes from a quantizer, and " +
                               std::string(name) + " has some");
    if (codes.rows != m.rows || codes.cols != m.cols || codes.grid != f.levels().name)
      throw std::runtime_error("packing: the codes of " + std::string(name) + " are for another format than " +
                               std::string(f.name));
  }
  void measure(const packed_format& f, std::string_view name, const float* source, std::size_t row, std::size_t cols,
               const std::byte* tile) {
    f.decode_row(tile, row, cols, decoded_.data());
    std::size_t largest = 0;
    for (std::size_t i = 0; i < cols; ++i) {
      if (!std::isfinite(source[i])) throw std::runtime_error("packing: " + std::string(name) + " is not finite");
      if (std::fabs(source[i]) > std::fabs(source[largest])) largest = i;
      const double d = static_cast<double>(decoded_[i]) - static_cast<double>(source[i]);
      error_ += d * d;
      power_ += static_cast<double>(source[i]) * static_cast<double>(source[i]);
    }
    if (const float wanted = std::fabs(source[largest]); !is_weight(wanted) || !std::isfinite(decoded_[largest]))
      throw std::runtime_error("packing: " + std::string(name) + " holds a weight of " + std::to_string(wanted) +
                               ", too large for " + std::string(f.name) + ": no pipeline takes one beyond 65504");
  }

  std::span<std::byte> out_;
  const packing_report& report_;
  std::size_t done_ = 0;
  std::size_t all_ = 0;
  std::vector<float> decoded_;
  double error_ = 0;
  double power_ = 0;
};

}  // namespace

}  // namespace detail

written_image write_image(const raw_model& m, std::span<const std::byte> vocabulary, std::string_view name,
                          const packing_plan& plan, const packing_report& report,
                          std::span<const quantized_tensor> codes) {
  using tensors = tensors_of<llama>;
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

  const auto codes_of = [&](const tensor_place& p) -> const coded_matrix* {
    for (const quantized_tensor& t : codes)
      if (t.place == p) return &t.codes;
    return nullptr;
  };
  detail::weight_packer packer(s, weights, report);
  packer.matrix(*plan.embedding, "the token embedding", m.embedding, 0, {s.vocab, s.dim},
                codes_of(tensor_place::embedding()), map.embedding);
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const auto& block = map.block[layer];
    packer.floats("the attention norm", m.of(vector_role::attention_norm), layer * s.dim, s.dim,
                  map.start[layer] + block.vector[tensors::find(vector_role::attention_norm)]);
    packer.floats("the feed-forward norm", m.of(vector_role::ffn_norm), layer * s.dim, s.dim,
                  map.start[layer] + block.vector[tensors::find(vector_role::ffn_norm)]);
    for (std::size_t i = 0; i < tensors::matrices; ++i) {
      const role r = tensors::matrix(i);
      packer.matrix(*plan.blocks[layer][i], mote::name(r), m.of(r), layer, size_of(s, r),
                    codes_of(tensor_place::block(layer, r)), map.start[layer] + block.matrix[i]);
    }
  }
  packer.floats("the final norm", m.of(vector_role::final_norm), 0, s.dim, map.final_norm);
  if (!s.tied_head)
    packer.matrix(*plan.head, "the head", m.head, 0, {s.vocab, s.dim}, codes_of(tensor_place::head()), map.head);
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

}  // namespace mote::inline v0::host
