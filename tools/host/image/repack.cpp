// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/repack.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mote/core/bytes.hpp"
#include "mote/host/file.hpp"
#include "mote/host/image/any_table.hpp"
#include "mote/host/image/image_sink.hpp"
#include "mote/host/image/image_writer.hpp"
#include "mote/host/image/model_header.hpp"
#include "mote/host/image/packing.hpp"
#include "mote/store/container.hpp"

namespace mote::inline v0::host {

namespace detail {

namespace {

/// An image that is read from its first byte to its last; of a mapped one, what was read is given back.
struct source_image {
  std::span<const std::byte> bytes;
  const mapped_file* mapped = nullptr;

  void forget(std::span<const std::byte> part) const {
    if (mapped != nullptr) mapped->forget(part);
  }
};

constexpr std::size_t bytes_at_once = std::size_t{1} << 20U;

std::uint32_t checksum_of(const source_image& image, std::span<const std::byte> payload) {
  std::uint32_t crc = 0;
  for (std::size_t at = 0; at < payload.size(); at += bytes_at_once) {
    const auto part = payload.subspan(at, (std::min)(bytes_at_once, payload.size() - at));
    crc = crc32(part, crc);
    image.forget(part);
  }
  return crc;
}

class weight_mover {
 public:
  weight_mover(const source_image& image, const std::byte* weights, payload_writer& out, std::size_t weights_offset)
      : image_(image), weights_(weights), out_(out), weights_offset_(weights_offset) {}

  void vector(std::size_t from, std::size_t to, std::size_t floats) {
    out_.fill_to(weights_offset_ + to);
    out_.append({weights_ + from, floats * sizeof(float)});
  }

  /// Copies every row of a matrix from the layout of f to that of g. The last tile is filled up with padding rows.
  void matrix(const packed_format& f, const packed_format& g, std::size_t from, std::size_t to, matrix_size m) {
    out_.fill_to(weights_offset_ + to);
    const std::size_t read_tile = f.tile_bytes(m.cols);
    const std::size_t tile = g.tile_bytes(m.cols);
    std::vector<std::byte> alone((std::max)(read_tile / f.rows, read_tile));
    const std::vector<float> nothing(g.rows * m.cols);
    const std::size_t at_once = round_up((std::max)(bytes_at_once / tile * g.rows, std::size_t{1}), 16);
    std::vector<std::byte> tiles;
    for (std::size_t first = 0; first < m.rows; first += at_once) {
      const std::size_t count = (std::min)(at_once, m.rows - first);
      tiles.assign((count + g.rows - 1) / g.rows * tile, std::byte{0});
      for (std::size_t i = 0; i < count; ++i) {
        std::byte* moved = tiles.data() + i / g.rows * tile;
        const std::size_t row = first + i;
        if (i % g.rows == 0) g.encode_tile(nothing.data(), 0, m.cols, moved);
        f.take_row(weights_ + from + row / f.rows * read_tile, row % f.rows, m.cols, alone.data());
        g.put_row(alone.data(), moved, i % g.rows, m.cols);
      }
      out_.append(tiles);
      image_.forget({weights_ + from + first / f.rows * read_tile, (count + f.rows - 1) / f.rows * read_tile});
    }
  }

 private:
  const source_image& image_;
  const std::byte* weights_;
  payload_writer& out_;
  std::size_t weights_offset_;
};

void move_weights(const shape& s, const packing_plan& plan, const packing_plan& wanted, weight_mover& mover) {
  const any_family& family = plan.family;
  const family_facts& facts = family.facts();
  const planned_map source = map_tensors(plan, s);
  const planned_map target = map_tensors(wanted, s);
  mover.matrix(*plan.embedding, *wanted.embedding, source.embedding, target.embedding, {s.vocab, s.dim});
  if (facts.has_positions)
    mover.matrix(*plan.embedding, *wanted.embedding, source.positions, target.positions, {s.context, s.dim});
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const std::size_t a = source.start[layer];
    const std::size_t b = target.start[layer];
    for (std::size_t i = 0; i < facts.vectors.size(); ++i)
      if (family.has_vector(layer, i))
        mover.vector(a + source.block[layer].vector[i], b + target.block[layer].vector[i], facts.floats(s, i));
    for (std::size_t i = 0; i < facts.matrices.size(); ++i) {
      if (!family.has_matrix(layer, i)) continue;
      const tensor_place p = tensor_place::block(layer, facts.matrices[i]);
      mover.matrix(plan.at(p), wanted.at(p), a + source.block[layer].matrix[i], b + target.block[layer].matrix[i],
                   facts.size(s, i));
    }
  }
  for (std::size_t i = 0; i < facts.outer_vectors.size(); ++i)
    mover.vector(source.outer[i], target.outer[i], facts.outer_floats(s, i));
  if (!s.tied_head) mover.matrix(*plan.head, *wanted.head, source.head, target.head, {s.vocab, s.dim});
}

[[noreturn]] void refuse(status s, const model_facts& m) {
  throw std::runtime_error("repack: the image is refused: " + std::string(name(s)) + ", as an image of " + m.name);
}

image_summary repack(const source_image& image, const model_facts& m, const packing_plan& plan,
                     const packing_plan& wanted, image_sink& out) {
  const format_identity identity = identify(wanted, m.shape);
  const std::size_t weights_bytes = map_tensors(wanted, m.shape).bytes;
  basic_attached_image<any_table> opened;
  const image_expectation expected{.shape_fingerprint = m.shape.fingerprint(m.family.name()),
                                   .format_fingerprint = identify(plan, m.shape).fingerprint,
                                   .weights_bytes = map_tensors(plan, m.shape).bytes,
                                   .vocabulary_bytes = m.vocabulary_bytes,
                                   .vocab_count = m.shape.vocab};
  if (const status s = open_image(image.bytes, expected, opened, payload_check::skip); s != status::ok) refuse(s, m);
  container_header h;
  std::memcpy(&h, image.bytes.data(), sizeof h);
  const auto payload = image.bytes.first(static_cast<std::size_t>(h.total_bytes)).subspan(container_header_bytes);
  if (checksum_of(image, payload) != h.payload_crc) refuse(status::corrupt_payload, m);

  const auto table = image.bytes.subspan(static_cast<std::size_t>(h.vocabulary_offset), m.vocabulary_bytes);
  const image_layout layout = lay_image(weights_bytes, m.vocabulary_bytes);
  payload_writer written(out);
  weight_mover mover(image, opened.weights, written, layout.weights_offset);
  move_weights(m.shape, plan, wanted, mover);
  written.fill_to(layout.vocabulary_offset);
  written.append(table);
  h.total_bytes = layout.total_bytes;
  h.format_fingerprint = identity.fingerprint;
  h.weights_offset = layout.weights_offset;
  h.weights_bytes = weights_bytes;
  h.vocabulary_offset = layout.vocabulary_offset;
  put_name(h.format_name, identity.name);
  written.finish(h);
  return {.format_name = identity.name,
          .total_bytes = layout.total_bytes,
          .weights_bytes = weights_bytes,
          .vocabulary_bytes = m.vocabulary_bytes};
}

image_summary repack(const source_image& source, const model_facts& m, std::size_t rows, std::string_view formats,
                     image_sink& out) {
  const std::span<const std::byte> image = source.bytes;
  container_header h;
  if (const status s = read_header(image, container_kind::image, h); s != status::ok)
    throw std::runtime_error("repack: the image is refused: " + std::string(name(s)));
  if (rows != 1 && rows != 4 && rows != 8 && rows != 16)
    throw std::runtime_error("repack: no format interleaves " + std::to_string(rows) +
                             " rows; 1, 4, 8 or 16 can be packed");
  for (const format_family& family : format_families) {
    const std::string_view text = formats.empty() ? family.name : formats;
    for (const std::size_t from_rows : {1U, 4U, 8U, 16U}) {
      const packing_plan plan = read_packing(text, from_rows, m.shape, m.family);
      if (h.format_fingerprint == identify(plan, m.shape).fingerprint)
        return repack(source, m, plan, read_packing(text, rows, m.shape, m.family), out);
    }
    if (!formats.empty()) break;
  }
  if (!formats.empty())
    throw std::runtime_error("repack: the image does not hold \"" + std::string(formats) + "\" but \"" +
                             std::string(stored_format_name(image)) + "\"");
  throw std::runtime_error("repack: no known format is \"" + std::string(stored_format_name(image)) +
                           "\"; an image of mixed formats needs to be told which");
}

}  // namespace

}  // namespace detail

image_summary repack(const mapped_file& image, const model_facts& m, std::size_t rows, std::string_view formats,
                     image_sink& out) {
  return detail::repack(detail::source_image{image.bytes(), &image}, m, rows, formats, out);
}

std::vector<std::byte> repack(std::span<const std::byte> image, const model_facts& m, std::size_t rows,
                              std::string_view formats) {
  memory_sink out;
  detail::repack(detail::source_image{image}, m, rows, formats, out);
  return std::move(out.bytes);
}

}  // namespace mote::inline v0::host
