// SPDX-License-Identifier: BSL-1.0
// The same integers and scales in another order of rows: one image is shipped, each board gets its own layout of it at
// build time, byte for byte what the importer would have written.
// Refuses to change bits, groups or a single weight, and an image that is not whole or not the model's.
#pragma once

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

/// The same format with other rows.
template <class Format, std::size_t Rows>
struct with_rows;
template <std::size_t From, std::size_t Rows>
struct with_rows<f32<From>, Rows> {
  using type = f32<Rows>;
};
template <std::size_t From, std::size_t Group, std::size_t Rows>
struct with_rows<q8<From, Group>, Rows> {
  using type = q8<Rows, Group>;
};

/// Moves one row of a tile to a row of another tile; what stands in the padding of its columns moves along.
template <std::size_t From, std::size_t To>
void move_row(f32<From>, f32<To>, const std::byte* from, std::size_t from_row, std::byte* to, std::size_t to_row,
              std::size_t cols) {
  for (std::size_t col = 0; col < cols; ++col)
    std::memcpy(to + (col * To + to_row) * 4, from + (col * From + from_row) * 4, 4);
}
template <std::size_t From, std::size_t To, std::size_t Group>
void move_row(q8<From, Group>, q8<To, Group>, const std::byte* from, std::size_t from_row, std::byte* to,
              std::size_t to_row, std::size_t cols) {
  using source = typename q8<From, Group>::block;
  using target = typename q8<To, Group>::block;
  for (std::size_t g = 0; g < q8<From, Group>::groups(cols); ++g) {
    source s;
    target t;
    std::memcpy(&s, from + g * sizeof s, sizeof s);
    std::memcpy(&t, to + g * sizeof t, sizeof t);
    t.scale[to_row] = s.scale[from_row];
    for (std::size_t quad = 0; quad < Group / 4; ++quad) std::memcpy(t.quads[quad][to_row], s.quads[quad][from_row], 4);
    std::memcpy(to + g * sizeof t, &t, sizeof t);
  }
}

template <class From, class To>
void move_matrix(const std::byte* from, std::byte* to, std::size_t rows, std::size_t cols) {
  for (std::size_t row = 0; row < rows; ++row)
    move_row(From{}, To{}, from + row / From::rows * From::tile_bytes(cols), row % From::rows,
             to + row / To::rows * To::tile_bytes(cols), row % To::rows, cols);
}

template <class From, class To>
void move_weights(const shape& s, const std::byte* from, std::byte* to) {
  const tensor_map source = map_tensors<From>(s);
  const tensor_map target = map_tensors<To>(s);
  move_matrix<From, To>(from + source.embedding, to + target.embedding, s.vocab, s.dim);
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const std::byte* a = from + source.blocks + layer * source.block_bytes;
    std::byte* b = to + target.blocks + layer * target.block_bytes;
    std::memcpy(b + target.attention_norm, a + source.attention_norm, s.dim * sizeof(float));
    std::memcpy(b + target.ffn_norm, a + source.ffn_norm, s.dim * sizeof(float));
    for (std::size_t r = 0; r < role_count; ++r) {
      const matrix_size m = size_of(s, static_cast<role>(r));
      move_matrix<From, To>(a + source.matrix[r], b + target.matrix[r], m.rows, m.cols);
    }
  }
  std::memcpy(to + target.final_norm, from + source.final_norm, s.dim * sizeof(float));
  if (!s.tied_head) move_matrix<From, To>(from + source.head, to + target.head, s.vocab, s.dim);
}

template <class From, class To>
std::vector<std::byte> repack(std::span<const std::byte> image, const model_facts& m) {
  attached_image opened;
  const image_expectation expected{.shape_fingerprint = m.shape.fingerprint(),
                                   .format_fingerprint = format_fingerprint<From>(),
                                   .weights_bytes = map_tensors<From>(m.shape).bytes,
                                   .vocabulary_bytes = m.vocabulary_bytes,
                                   .vocab_count = m.shape.vocab};
  if (const status s = open_image(image, expected, opened); s != status::ok)
    throw std::runtime_error("repack: the image is refused: " + std::string(name(s)) + ", as an image of " + m.name);

  container_header h;
  std::memcpy(&h, image.data(), sizeof h);
  const auto table = image.subspan(static_cast<std::size_t>(h.vocabulary_offset), m.vocabulary_bytes);
  const std::size_t weights_bytes = map_tensors<To>(m.shape).bytes;
  const image_layout layout = lay_image(weights_bytes, m.vocabulary_bytes);
  std::vector<std::byte> out(layout.total_bytes);
  move_weights<From, To>(m.shape, opened.weights, out.data() + layout.weights_offset);
  std::memcpy(out.data() + layout.vocabulary_offset, table.data(), table.size());
  h.total_bytes = layout.total_bytes;
  h.format_fingerprint = format_fingerprint<To>();
  h.weights_offset = layout.weights_offset;
  h.weights_bytes = weights_bytes;
  h.vocabulary_offset = layout.vocabulary_offset;
  h.payload_crc = crc32(std::span(out).subspan(container_header_bytes));
  h.base_fingerprint = image_fingerprint(h.payload_crc, h.shape_fingerprint);
  put_name(h.format_name, To::name);
  seal(h);
  std::memcpy(out.data(), &h, sizeof h);
  return out;
}

}  // namespace detail

/// An image of the model `m` with `rows` rows interleaved (1, 4, 8 or 16). The image's address is a multiple of 16.
/// A snapshot belongs to the image it learned on, and the new image is another one.
inline std::vector<std::byte> repack(std::span<const std::byte> image, const model_facts& m, std::size_t rows) {
  container_header h;
  if (const status s = read_header(image, container_kind::image, h); s != status::ok)
    throw std::runtime_error("repack: the image is refused: " + std::string(name(s)));
  for (const packing family : {packing{.bits = 8, .group = 32}, packing{.bits = 8, .group = 64}, packing{.bits = 32}}) {
    for (const std::size_t from_rows : {1U, 4U, 8U, 16U}) {
      packing from = family;
      from.rows = from_rows;
      std::vector<std::byte> out = with_format(from, [&]<class From>() -> std::vector<std::byte> {
        if (h.format_fingerprint != format_fingerprint<From>()) return {};
        packing to = family;
        to.rows = rows;
        return with_format(to, [&]<class To>() -> std::vector<std::byte> {
          if constexpr (std::is_same_v<To, typename detail::with_rows<From, To::rows>::type>)
            return detail::repack<From, To>(image, m);
          else
            return {};  // another family: `family` never leads here
        });
      });
      if (!out.empty()) return out;
    }
  }
  throw std::runtime_error("repack: no known format is \"" + std::string(stored_format_name(image)) + "\"");
}

}  // namespace mote::inline v0::host
