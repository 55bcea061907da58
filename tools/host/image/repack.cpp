// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/repack.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "mote/host/image/image_writer.hpp"
#include "mote/host/image/model_header.hpp"
#include "mote/host/image/packing.hpp"
#include "mote/store/container.hpp"

namespace mote::inline v0::host {

namespace detail {

namespace {

/// Copies every row of a matrix from the layout of f to that of g. The last tile is filled up with padding rows.
void move_matrix(const packed_format& f, const packed_format& g, const std::byte* from, std::byte* to, matrix_size m) {
  std::vector<std::byte> alone((std::max)(f.tile_bytes(m.cols) / f.rows, f.tile_bytes(m.cols)));
  const std::vector<float> nothing(g.rows * m.cols);
  for (std::size_t row = 0; row < m.rows; ++row) {
    std::byte* tile = to + row / g.rows * g.tile_bytes(m.cols);
    if (row % g.rows == 0) g.encode_tile(nothing.data(), 0, m.cols, tile);
    f.take_row(from + row / f.rows * f.tile_bytes(m.cols), row % f.rows, m.cols, alone.data());
    g.put_row(alone.data(), tile, row % g.rows, m.cols);
  }
}

void move_weights(const shape& s, const packing_plan& plan, const packing_plan& wanted, const std::byte* from,
                  std::byte* to) {
  using tensors = tensors_of<llama>;
  const planned_map source = map_tensors(plan, s);
  const planned_map target = map_tensors(wanted, s);
  move_matrix(*plan.embedding, *wanted.embedding, from + source.embedding, to + target.embedding, {s.vocab, s.dim});
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const std::byte* a = from + source.start[layer];
    std::byte* b = to + target.start[layer];
    for (std::size_t i = 0; i < tensors::vectors; ++i)
      std::memcpy(b + target.block[layer].vector[i], a + source.block[layer].vector[i],
                  tensors::floats(s, i) * sizeof(float));
    for (std::size_t i = 0; i < tensors::matrices; ++i)
      move_matrix(*plan.blocks[layer][i], *wanted.blocks[layer][i], a + source.block[layer].matrix[i],
                  b + target.block[layer].matrix[i], tensors::size(s, i));
  }
  std::memcpy(to + target.final_norm, from + source.final_norm, s.dim * sizeof(float));
  if (!s.tied_head) move_matrix(*plan.head, *wanted.head, from + source.head, to + target.head, {s.vocab, s.dim});
}

std::vector<std::byte> repack(std::span<const std::byte> image, const model_facts& m, const packing_plan& plan,
                              const packing_plan& wanted) {
  const format_identity identity = identify(wanted, m.shape);
  const std::size_t weights_bytes = map_tensors(wanted, m.shape).bytes;
  attached_image opened;
  const image_expectation expected{.shape_fingerprint = m.shape.fingerprint(),
                                   .format_fingerprint = identify(plan, m.shape).fingerprint,
                                   .weights_bytes = map_tensors(plan, m.shape).bytes,
                                   .vocabulary_bytes = m.vocabulary_bytes,
                                   .vocab_count = m.shape.vocab};
  if (const status s = open_image(image, expected, opened); s != status::ok)
    throw std::runtime_error("repack: the image is refused: " + std::string(name(s)) + ", as an image of " + m.name);

  container_header h;
  std::memcpy(&h, image.data(), sizeof h);
  const auto table = image.subspan(static_cast<std::size_t>(h.vocabulary_offset), m.vocabulary_bytes);
  const image_layout layout = lay_image(weights_bytes, m.vocabulary_bytes);
  std::vector<std::byte> out(layout.total_bytes);
  move_weights(m.shape, plan, wanted, opened.weights, out.data() + layout.weights_offset);
  std::memcpy(out.data() + layout.vocabulary_offset, table.data(), table.size());
  h.total_bytes = layout.total_bytes;
  h.format_fingerprint = identity.fingerprint;
  h.weights_offset = layout.weights_offset;
  h.weights_bytes = weights_bytes;
  h.vocabulary_offset = layout.vocabulary_offset;
  h.payload_crc = crc32(std::span(out).subspan(container_header_bytes));
  h.base_fingerprint = image_fingerprint(h.payload_crc, h.shape_fingerprint);
  put_name(h.format_name, identity.name);
  seal(h);
  std::memcpy(out.data(), &h, sizeof h);
  return out;
}

}  // namespace

}  // namespace detail

std::vector<std::byte> repack(std::span<const std::byte> image, const model_facts& m, std::size_t rows,
                              std::string_view formats) {
  container_header h;
  if (const status s = read_header(image, container_kind::image, h); s != status::ok)
    throw std::runtime_error("repack: the image is refused: " + std::string(name(s)));
  if (rows != 1 && rows != 4 && rows != 8 && rows != 16)
    throw std::runtime_error("repack: no format interleaves " + std::to_string(rows) +
                             " rows; 1, 4, 8 or 16 can be packed");
  for (const format_family& family : format_families) {
    const std::string_view text = formats.empty() ? family.name : formats;
    for (const std::size_t from_rows : {1U, 4U, 8U, 16U}) {
      const packing_plan plan = read_packing(text, from_rows, m.shape);
      if (h.format_fingerprint == identify(plan, m.shape).fingerprint)
        return detail::repack(image, m, plan, read_packing(text, rows, m.shape));
    }
    if (!formats.empty()) break;
  }
  if (!formats.empty())
    throw std::runtime_error("repack: the image does not hold \"" + std::string(formats) + "\" but \"" +
                             std::string(stored_format_name(image)) + "\"");
  throw std::runtime_error("repack: no known format is \"" + std::string(stored_format_name(image)) +
                           "\"; an image of mixed formats needs to be told which");
}

}  // namespace mote::inline v0::host
