// SPDX-License-Identifier: BSL-1.0
// Makes an image with a head in two parts (policy/split.hpp) of an image without: finds the basis, turns the head, and
// writes both parts, the basis and the lengths of rows. All other tensors stay as they are.
// Refuses to decode: the caller gives inputs of the head, of texts that are like those to come.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "mote/core/bytes.hpp"
#include "mote/core/checksum.hpp"
#include "mote/format/split_rows.hpp"
#include "mote/model/weights.hpp"
#include "mote/store/container.hpp"

namespace mote::inline v0::host {

/// A (n, n) matrix by rows.
using square_matrix = std::vector<double>;

/// The basis in which the first columns have most of each product of a row (rows, dim) and an input (inputs, dim): rows
/// and inputs have the same lengths along each axis there, by falling length (in control theory, of a system's states: a
/// balanced realization; Moore 1981). Without inputs: the principal axes of the rows. An input in it is the result times
/// the input. Throws std::runtime_error where a number is not finite.
square_matrix head_basis(std::span<const float> rows, std::span<const float> inputs, std::size_t dim);

/// The inverse. Throws std::runtime_error if there is none.
square_matrix inverse_of(square_matrix m);

/// rows (n, dim) times m, as floats.
std::vector<float> times(std::span<const float> rows, const square_matrix& m, std::size_t dim);

/// How long the vectors (rows, cols) are as bytes, and what a byte of 1 stands for: none is longer than its byte says.
struct row_lengths {
  std::vector<std::uint8_t> bytes;
  float unit = 0;
};
row_lengths lengths_of(std::span<const float> vectors, std::size_t rows, std::size_t cols);

namespace detail {

/// Packs columns [first, last) of rows (n, cols) to `to`; returns what they are now, (n, last - first).
template <class Format>
std::vector<float> pack_columns(std::span<const float> rows, std::size_t cols, std::size_t first, std::size_t last,
                                std::byte* to) {
  const std::size_t n = rows.size() / cols, width = last - first;
  std::vector<float> some(n * width), kept(n * width);
  for (std::size_t i = 0; i < n; ++i)
    std::memcpy(some.data() + i * width, rows.data() + i * cols + first, width * sizeof(float));
  for (std::size_t i = 0; i < n; i += Format::rows) {
    std::byte* const tile = to + i / Format::rows * Format::tile_bytes(width);
    const std::size_t count = n - i < Format::rows ? n - i : Format::rows;
    Format::encode_tile(some.data() + i * width, count, width, tile);
    for (std::size_t r = 0; r < count; ++r) Format::decode_row(tile, r, width, kept.data() + (i + r) * width);
  }
  return kept;
}

}  // namespace detail

/// A head (n, dim) as split_rows<> packs it, in a basis of head_basis(). The basis is rounded first and the head is turned
/// by its inverse, so its rounding is no error.
template <class Split>
std::vector<std::byte> pack_split(std::span<const float> rows, std::size_t dim, const square_matrix& basis) {
  const std::size_t n = rows.size() / dim;
  std::vector<std::byte> packed(Split::bytes(n, dim));
  const std::vector<float> wanted(basis.begin(), basis.end());
  const auto rounded =
      detail::pack_columns<typename Split::basis>(wanted, dim, 0, dim, packed.data() + Split::basis_at(n, dim));
  const auto turned = times(rows, inverse_of({rounded.begin(), rounded.end()}), dim);
  using inner = typename Split::inner;
  constexpr std::size_t first = Split::first_columns;
  (void)detail::pack_columns<inner>(turned, dim, 0, first, packed.data());
  const auto second = detail::pack_columns<inner>(turned, dim, first, dim, packed.data() + Split::second_at(n));
  const row_lengths lengths = lengths_of(second, n, dim - first);
  std::byte* const at = packed.data() + Split::unit_at(n, dim);
  std::memcpy(at, &lengths.unit, sizeof lengths.unit);
  std::memcpy(at + sizeof lengths.unit, lengths.bytes.data(), n);
  for (std::size_t i = 0; i < n; ++i) {
    std::byte& longest = at[sizeof lengths.unit + n + i / Split::block];
    longest = std::max(longest, std::byte{lengths.bytes[i]});
  }
  return packed;
}

/// The image of Target, whose model and formats are those of Source but for the head; both are pipelines. `image` is one
/// that a Source has attached; `inputs` (count, dim) as head_basis() takes them.
template <class Source, class Target>
std::vector<std::byte> split_head(std::span<const std::byte> image, std::span<const float> inputs) {
  using family = typename Source::family;
  using from = typename Source::format;
  using to = typename Target::format;
  constexpr shape old = Source::shape, now = Target::shape;
  static_assert(old.vocab == now.vocab && old.dim == now.dim && !now.tied_head);
  const auto map = map_tensors<from, family>(old);
  const auto target = map_tensors<to, family>(now);
  container_header h;
  std::memcpy(&h, image.data(), sizeof h);
  const std::byte* const weights_of_old = image.data() + h.weights_offset;
  const weights<from, family> w(weights_of_old, old, map);
  std::vector<float> rows(old.vocab * old.dim);
  for (std::size_t i = 0; i < old.vocab; ++i) w.head().decode_row(i, rows.data() + i * old.dim);
  const auto head = pack_split<typename formats_of<to>::head>(rows, old.dim, head_basis(rows, inputs, old.dim));

  const std::span<const std::byte> words = image.subspan(h.vocabulary_offset, h.vocabulary_bytes);
  const image_layout layout = lay_image(target.bytes, words.size());
  std::vector<std::byte> made(layout.total_bytes);
  std::memcpy(made.data() + layout.weights_offset, weights_of_old, old.tied_head ? map.bytes : map.head);
  std::memcpy(made.data() + layout.weights_offset + target.head, head.data(), head.size());
  std::memcpy(made.data() + layout.vocabulary_offset, words.data(), words.size());
  h.total_bytes = layout.total_bytes;
  h.shape_fingerprint = now.fingerprint(family::name);
  h.format_fingerprint = format_fingerprint<to>();
  h.weights_offset = layout.weights_offset;
  h.weights_bytes = target.bytes;
  h.vocabulary_offset = layout.vocabulary_offset;
  put_name(h.format_name, "mixed");
  h.payload_crc = crc32(std::span<const std::byte>(made).subspan(container_header_bytes));
  h.base_fingerprint = image_fingerprint(h.payload_crc, h.shape_fingerprint);
  seal(h);
  std::memcpy(made.data(), &h, sizeof h);
  return made;
}

}  // namespace mote::inline v0::host
