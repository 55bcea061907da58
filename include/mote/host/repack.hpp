// SPDX-License-Identifier: BSL-1.0
// The same integers and scales in another order of rows: one image is shipped, each board gets its own layout of it at
// build time, byte for byte what the importer would have written.
// Refuses to change bits, groups or a single weight, and an image that is not whole or not the model's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "mote/host/image_writer.hpp"
#include "mote/host/model_header.hpp"
#include "mote/store/container.hpp"

namespace mote::inline v0::host {

namespace detail {

/// Moves one row of a tile to a row of another tile of the same format with other rows: bits of weights, or codes and
/// scales of groups, as they are.
template <class From, class To>
void move_row(const std::byte* from, std::size_t from_row, std::byte* to, std::size_t to_row, std::size_t cols) {
  if constexpr (From::quantised) {
    float scale = 0;
    std::array<std::uint8_t, From::group> codes{};
    for (std::size_t g = 0; g < From::groups(cols); ++g) {
      From::read_group(from, from_row, cols, g, scale, codes.data());
      To::write_group(to, to_row, cols, g, scale, codes.data());
    }
  } else {
    const std::size_t width = From::tile_bytes(1) / From::rows;
    for (std::size_t col = 0; col < cols; ++col)
      std::memcpy(to + (col * To::rows + to_row) * width, from + (col * From::rows + from_row) * width, width);
  }
}

template <class From, class To>
void move_matrix(const std::byte* from, std::byte* to, std::size_t rows, std::size_t cols) {
  for (std::size_t row = 0; row < rows; ++row)
    move_row<From, To>(from + row / From::rows * From::tile_bytes(cols), row % From::rows,
                       to + row / To::rows * To::tile_bytes(cols), row % To::rows, cols);
}
/// The same for formats that are known at run time.
inline void move_matrix(packing from_packing, std::size_t to_rows, const std::byte* from, std::byte* to,
                        std::size_t rows, std::size_t cols) {
  with_format(from_packing, cols, [&]<class From>() {
    switch (to_rows) {
      case 1: return move_matrix<From, typename From::template with_rows<1>>(from, to, rows, cols);
      case 4: return move_matrix<From, typename From::template with_rows<4>>(from, to, rows, cols);
      case 8: return move_matrix<From, typename From::template with_rows<8>>(from, to, rows, cols);
      default: return move_matrix<From, typename From::template with_rows<16>>(from, to, rows, cols);
    }
  });
}

inline packing_plan with_other_rows(packing_plan plan, std::size_t rows) {
  plan.embedding.rows = plan.head.rows = rows;
  for (auto& block : plan.blocks)
    for (packing& p : block) p.rows = rows;
  return plan;
}

inline void move_weights(const shape& s, const packing_plan& plan, std::size_t rows, const std::byte* from,
                         std::byte* to) {
  const planned_map source = map_tensors(plan, s);
  const planned_map target = map_tensors(with_other_rows(plan, rows), s);
  move_matrix(plan.embedding, rows, from + source.embedding, to + target.embedding, s.vocab, s.dim);
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const std::byte* a = from + source.start[layer];
    std::byte* b = to + target.start[layer];
    std::memcpy(b + target.block[layer].attention_norm, a + source.block[layer].attention_norm, s.dim * sizeof(float));
    std::memcpy(b + target.block[layer].ffn_norm, a + source.block[layer].ffn_norm, s.dim * sizeof(float));
    for (std::size_t r = 0; r < role_count; ++r) {
      const matrix_size m = size_of(s, static_cast<role>(r));
      move_matrix(plan.blocks[layer][r], rows, a + source.block[layer].matrix[r], b + target.block[layer].matrix[r],
                  m.rows, m.cols);
    }
  }
  std::memcpy(to + target.final_norm, from + source.final_norm, s.dim * sizeof(float));
  if (!s.tied_head) move_matrix(plan.head, rows, from + source.head, to + target.head, s.vocab, s.dim);
}

inline std::vector<std::byte> repack(std::span<const std::byte> image, const model_facts& m, const packing_plan& plan,
                                     std::size_t rows) {
  const packing_plan wanted = with_other_rows(plan, rows);
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
  move_weights(m.shape, plan, rows, opened.weights, out.data() + layout.weights_offset);
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

}  // namespace detail

/// An image of the model `m` with `rows` rows interleaved (1, 4, 8 or 16). The image's address is a multiple of 16.
/// `formats` says which tensor has which, as in read_packing(); an image of one format needs no such help.
/// A snapshot belongs to the image it learned on, and the new image is another one.
inline std::vector<std::byte> repack(std::span<const std::byte> image, const model_facts& m, std::size_t rows,
                                     std::string_view formats = {}) {
  container_header h;
  if (const status s = read_header(image, container_kind::image, h); s != status::ok)
    throw std::runtime_error("repack: the image is refused: " + std::string(name(s)));
  if (rows != 1 && rows != 4 && rows != 8 && rows != 16)
    throw std::runtime_error("repack: no format interleaves " + std::to_string(rows) +
                             " rows; 1, 4, 8 or 16 can be packed");
  for (const std::string_view family : format_family_names) {
    for (const std::size_t from_rows : {1U, 4U, 8U, 16U}) {
      const packing_plan plan = read_packing(formats.empty() ? family : formats, from_rows, m.shape.layers);
      if (h.format_fingerprint == identify(plan, m.shape).fingerprint) return detail::repack(image, m, plan, rows);
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
