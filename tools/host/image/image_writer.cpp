// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/image_writer.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mote/core/bytes.hpp"
#include "mote/core/finite.hpp"
#include "mote/host/image/any_table.hpp"
#include "mote/host/image/image_sink.hpp"
#include "mote/host/image/packing_plan.hpp"
#include "mote/host/import/any_family.hpp"
#include "mote/host/import/model_source.hpp"
#include "mote/host/import/model_tensors.hpp"
#include "mote/host/import/raw_model.hpp"
#include "mote/host/quantize/quantizer.hpp"
#include "mote/model/role.hpp"
#include "mote/model/vocabulary.hpp"
#include "mote/store/container.hpp"

namespace mote::inline v0::host {

namespace detail {

namespace {

/// A vector in messages.
std::string called(vector_role v) {
  switch (v) {
    case vector_role::attention_norm: return "the attention norm";
    case vector_role::ffn_norm: return "the feed-forward norm";
    case vector_role::final_norm: return "the final norm";
    default: return "the vector " + spelled(v);
  }
}

/// Rows of a matrix that are in memory at a time: about a quarter of a million weights, whole tiles.
std::size_t rows_at_once(const packed_format& f, std::size_t cols) {
  constexpr std::size_t weights = std::size_t{1} << 18U;
  return round_up((std::max)(weights / cols, std::size_t{1}), f.rows);
}

class weight_packer {
 public:
  weight_packer(model_source& source, payload_writer& out, const packing_report& report, const row_coder& coder)
      : source_(source), out_(out), report_(report), coder_(coder) {
    for (const tensor_place& p : source.family().all_tensors(source.shape()))
      all_ += source.family().size(source.shape(), p).rows;
  }

  void floats(std::string_view name, std::size_t layer, vector_role v, std::size_t count, std::size_t offset) {
    values_.resize(count);
    source_.load_vector(layer, v, values_.data());
    for (float x : values_) {
      if (!std::isfinite(x)) throw std::runtime_error("packing: " + std::string(name) + " is not finite");
      if (!is_weight(x))
        throw std::runtime_error("packing: " + std::string(name) + " holds a gain of " + std::to_string(x) +
                                 "; no pipeline takes one beyond 65504");
    }
    out_.fill_to(offset);
    out_.append(std::as_bytes(std::span(values_)));
  }

  /// Packs one matrix: from its codes if it has some, else by the format's own rounding.
  void matrix(const packed_format& f, std::string_view name, const tensor_place& p, std::size_t offset) {
    const matrix_size m = source_.family().size(source_.shape(), p);
    const stored_matrix stored = source_.stored(p);
    const std::size_t at_once = rows_at_once(f, m.cols);
    decoded_.resize(m.cols);
    out_.fill_to(offset);
    for (std::size_t first = 0; first < m.rows; first += at_once) {
      const std::size_t count = (std::min)(at_once, m.rows - first);
      values_.resize(count * m.cols);
      source_.load_rows(p, first, count, values_.data());
      const quantizer_task rows{.place = p, .w = values_.data(), .rows = count, .cols = m.cols};
      const coded_rows coded = coder_ ? coder_(rows, first) : coded_rows{};
      if (coded.codes != nullptr) check(f, name, m, rows, first, coded);
      tiles_.assign((count + f.rows - 1) / f.rows * f.tile_bytes(m.cols), std::byte{0});
      for (std::size_t row = 0; row < count; row += f.rows)
        tile(f, name, stored, coded, {first, row, (std::min)(f.rows, count - row), m.cols},
             tiles_.data() + row / f.rows * f.tile_bytes(m.cols));
      out_.append(tiles_);
    }
  }

  double relative_error() const { return power_ > 0 ? std::sqrt(error_ / power_) : 0; }
  void finish() const {
    if (report_) report_(all_, all_);
  }

 private:
  /// Rows of one tile: the first of the rows in memory, the first of the tile among them, how many, and their length.
  struct tile_rows {
    std::size_t first, row, count, cols;
  };

  void tile(const packed_format& f, std::string_view name, const stored_matrix& stored, const coded_rows& coded,
            tile_rows at, std::byte* tile) {
    const float* source = values_.data() + at.row * at.cols;
    f.encode_tile(source, at.count, at.cols, tile);
    if (coded.codes == nullptr) {
      f.keep(stored, at.first + at.row, at.count, at.cols, tile);
    } else {
      const coded_matrix& c = *coded.codes;
      for (std::size_t i = 0; i < at.count; ++i) {
        const std::size_t row = coded.first + at.row + i;
        f.put_codes(tile, i, at.cols, c.scales.data() + row * c.groups(), c.codes.data() + row * at.cols);
      }
    }
    for (std::size_t i = 0; i < at.count; ++i) measure(f, name, source + i * at.cols, i, at.cols, tile);
    if (!f.is_bounded(tile, at.cols))
      throw std::runtime_error("packing: " + std::string(name) + " has a scale that is too large for " +
                               std::string(f.name));
    done_ += at.count;
    if (done_ / 1024 != (done_ - at.count) / 1024 && report_) report_(done_, all_);
  }

  static void check(const packed_format& f, std::string_view name, matrix_size m, const quantizer_task& rows,
                    std::size_t first, const coded_rows& coded) {
    if (!f.takes_codes())
      throw std::runtime_error("packing: " + std::string(f.name) + " takes no codes from a quantizer, and " +
                               std::string(name) + " has some");
    const coded_matrix& c = *coded.codes;
    const bool whole = coded.first == first && c.rows == m.rows;
    const bool these = coded.first == 0 && c.rows == rows.rows;
    if (!(whole || these) || c.cols != m.cols || c.grid != f.levels().name)
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

  model_source& source_;
  payload_writer& out_;
  const packing_report& report_;
  const row_coder& coder_;
  std::size_t done_ = 0;
  std::size_t all_ = 0;
  std::vector<float> values_;  // (rows in memory, cols)
  std::vector<float> decoded_;
  std::vector<std::byte> tiles_;
  double error_ = 0;
  double power_ = 0;
};

}  // namespace

}  // namespace detail

row_coder coder_of(std::span<const quantized_tensor> codes) {
  return [codes](const quantizer_task& rows, std::size_t first) -> coded_rows {
    for (const quantized_tensor& t : codes)
      if (t.place == rows.place) return {&t.codes, first};
    return {};
  };
}

image_summary write_image(model_source& m, std::span<const std::byte> vocabulary, std::string_view name,
                          const packing_plan& plan, image_sink& out, const packing_report& report,
                          const row_coder& coder) {
  const mote::shape& s = m.shape();
  const any_family& family = m.family();
  if (!s.valid()) throw std::runtime_error("packing: the numbers of the shape make no model");
  if (!(plan.family == family)) throw std::runtime_error("packing: the plan is for another family");
  if (plan.blocks.size() != s.layers) throw std::runtime_error("packing: the plan is for another number of layers");
  if (any_table::check(vocabulary) != status::ok) throw std::runtime_error("packing: the token table is not sound");
  if (const std::size_t tokens = any_table{vocabulary}.count(); tokens != s.vocab)
    throw std::runtime_error("packing: the token table has " + std::to_string(tokens) + " tokens; the model has " +
                             std::to_string(s.vocab));

  const planned_map map = map_tensors(plan, s);
  const format_identity identity = identify(plan, s);
  const image_layout layout = lay_image(map.bytes, vocabulary.size());
  const auto at = [&](std::size_t offset) { return layout.weights_offset + offset; };

  detail::payload_writer payload(out);
  detail::weight_packer packer(m, payload, report, coder);
  packer.matrix(*plan.embedding, "the token embedding", tensor_place::embedding(), at(map.embedding));
  if (family.facts().has_positions)
    packer.matrix(*plan.embedding, "the table of positions", tensor_place::positions(), at(map.positions));
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const planned_map::layer& block = map.block[layer];
    const auto start = at(map.start[layer]);
    for (std::size_t i = 0; i < family.facts().vectors.size(); ++i)
      if (family.has_vector(layer, i)) {
        const vector_role v = family.facts().vectors[i];
        packer.floats(detail::called(v), layer, v, family.facts().floats(s, i), start + block.vector[i]);
      }
    for (std::size_t i = 0; i < family.facts().matrices.size(); ++i)
      if (family.has_matrix(layer, i)) {
        const tensor_place p = tensor_place::block(layer, family.facts().matrices[i]);
        packer.matrix(plan.at(p), mote::name(p.role), p, start + block.matrix[i]);
      }
  }
  for (std::size_t i = 0; i < map.outer.size(); ++i) {
    const vector_role v = family.facts().outer_vectors[i];
    packer.floats(detail::called(v), 0, v, family.facts().outer_floats(s, i), at(map.outer[i]));
  }
  if (!s.tied_head) packer.matrix(*plan.head, "the head", tensor_place::head(), at(map.head));
  packer.finish();
  payload.fill_to(layout.vocabulary_offset);
  payload.append(vocabulary);

  container_header h;
  h.kind = static_cast<std::uint16_t>(container_kind::image);
  h.total_bytes = layout.total_bytes;
  h.shape_fingerprint = s.fingerprint(family.name());
  h.format_fingerprint = identity.fingerprint;
  h.weights_offset = layout.weights_offset;
  h.weights_bytes = map.bytes;
  h.vocabulary_offset = layout.vocabulary_offset;
  h.vocabulary_bytes = vocabulary.size();
  put_name(h.model_name, name);
  put_name(h.format_name, identity.name);
  payload.finish(h);
  return {.format_name = identity.name,
          .total_bytes = layout.total_bytes,
          .weights_bytes = map.bytes,
          .vocabulary_bytes = vocabulary.size(),
          .relative_error = packer.relative_error()};
}

written_image write_image(const raw_model& m, std::span<const std::byte> vocabulary, std::string_view name,
                          const packing_plan& plan, const packing_report& report,
                          std::span<const quantized_tensor> codes) {
  held_model<> source(m);
  memory_sink out;
  written_image image{write_image(source, vocabulary, name, plan, out, report, coder_of(codes)), {}};
  image.bytes = std::move(out.bytes);
  return image;
}

}  // namespace mote::inline v0::host
