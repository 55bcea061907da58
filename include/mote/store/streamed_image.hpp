// SPDX-License-Identifier: BSL-1.0
// Opens an image that is not in memory: everything that attach() checks of a mapped one is checked through the reader,
// block by block; vectors and the token table are copied to RAM.
// Refuses to trust a second reading: what the card gives later is not compared with what was checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "mote/core/checksum.hpp"
#include "mote/core/extremes.hpp"
#include "mote/core/finite.hpp"
#include "mote/core/status.hpp"
#include "mote/model/bounds.hpp"
#include "mote/model/streamed_weights.hpp"
#include "mote/store/container.hpp"

namespace mote::inline v0::detail {

/// The checksum of bytes [first, end) of the image. False: they could not be read.
template <class Stream>
bool streamed_checksum(Stream& stream, std::size_t first, std::size_t end, std::uint32_t& crc) {
  crc = 0;
  for (std::size_t at = first; at < end;) {
    const auto portion = stream.buffer().first(least_of(end - at, Stream::bytes));
    if (!stream.fetch(at, portion)) return false;
    crc = crc32(portion, crc);
    at += portion.size();
  }
  return true;
}

/// Loads the vectors of the weights into `to`, and says whether they and the scales of all matrices are bounded.
template <class Formats, class Family, class Stream>
status load_vectors(Stream& stream, const shape& s, const tensor_map_of<Formats, Family>& map,
                    const vectors_map_of<Family>& own, std::byte* to,
                    const streamed_weights<Formats, Family, Stream>& w) {
  using tensors = tensors_of<Family>;
  using layers = typename Family::layer;
  bool bounded = true;
  const auto load = [&](std::size_t from, std::size_t at, std::size_t floats) {
    const std::span<std::byte> bytes(to + at, floats * sizeof(float));
    if (stream.fetch(stream.weights_at() + from, bytes))
      bounded = bounded && floats_within(reinterpret_cast<const float*>(bytes.data()), floats);
  };
  const auto check = [&]<class Matrix>(const Matrix& m) {
    m.each_block([&]<class Format>(const matrix<Format>& rows, std::size_t) {
      bounded = bounded && (rows.data == nullptr || is_bounded(rows));
    });
  };
  for (std::size_t i = 0; i < tensors::outer_vectors; ++i)
    load(map.outer[i], own.outer[i], tensors::outer_floats(s, i));
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const std::size_t kind = layers::kind_of(layer);
    for (std::size_t i = 0; i < tensors::vectors; ++i)
      if (tensors::has_vector(kind, i))
        load(map.start_of(layer) + map.in(layer).vector[i], own.start_of(layer) + own.in(layer).vector[i],
             tensors::floats(s, i));
    for (std::size_t i = 0; i < tensors::matrices; ++i)
      if (tensors::has_matrix(kind, i)) w.with(layer, i, check);
  }
  check(w.embedding());
  if constexpr (has_positions<Family>) check(w.positions());
  if (!s.tied_head) check(w.head());
  if (!stream.sound()) return status::io_error;
  return bounded ? status::ok : status::not_finite;
}

/// Opens the image behind a stream. `vectors` and `table` are the RAM of vectors and token table. Errors: those of
/// open_image(), not_finite; io_error: the reader refused.
template <class Formats, class Family, class Reader, class Stream, class Table>
status open_streamed(Reader& reader, Stream& stream, const image_expectation& expected, const shape& s,
                     const tensor_map_of<Formats, Family>& map, const vectors_map_of<Family>& own, std::byte* vectors,
                     std::span<std::byte> table, payload_check depth, basic_attached_image<Table>& opened) {
  stream.attach(reader, 0);
  alignas(64) container_header h;  // no neighbour in its cache lines: a reader may invalidate them
  if (!stream.fetch(0, std::span(reinterpret_cast<std::byte*>(&h), sizeof h))) return status::io_error;
  if (const status state = check_header(h, container_kind::image, h.total_bytes); state != status::ok) return state;
  if (static_cast<std::size_t>(h.total_bytes) != h.total_bytes) return status::wrong_size;
  if (const status state = check_sections(h, expected); state != status::ok) return state;
  const auto at = [](std::uint64_t n) { return static_cast<std::size_t>(n); };
  if (depth == payload_check::full) {
    std::uint32_t crc = 0;
    if (!streamed_checksum(stream, container_header_bytes, at(h.total_bytes), crc)) return status::io_error;
    if (crc != h.payload_crc) return status::corrupt_payload;
  }
  if (!stream.fetch(at(h.vocabulary_offset), table)) return status::io_error;
  if (const status state = Table::check(table, expected.control); state != status::ok)
    return state == status::truncated ? status::corrupt_vocabulary : state;
  const Table words{table};
  if (words.count() != expected.vocab_count) return status::wrong_size;
  stream.attach(reader, at(h.weights_offset));
  const streamed_weights<Formats, Family, Stream> w(stream, vectors, s, map, own);
  const status state = load_vectors(stream, s, map, own, vectors, w);
  if (state == status::ok) opened = {.weights = nullptr, .vocabulary = words, .base_fingerprint = h.base_fingerprint};
  return state;
}

}  // namespace mote::inline v0::detail
