// SPDX-License-Identifier: BSL-1.0
// Weights that are read as a pass needs them: from a flash behind SPI, a card, a file that is not mapped. Matrices come
// in blocks of rows through one buffer, or two where the reader fetches while the kernels work; vectors stay in RAM.
// Refuses to know an image: open_streamed() (store/streamed_image.hpp) checks one and loads the vectors.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "mote/core/bytes.hpp"
#include "mote/core/extremes.hpp"
#include "mote/model/weights.hpp"

namespace mote::inline v0 {

/// Where an image lies: fetch() copies the bytes from `offset` of the image on into `to`, whole or not at all: false.
template <class R>
concept block_reader = requires(R& r, std::size_t offset, std::span<std::byte> to) {
  { r.fetch(offset, to) } -> std::convertible_to<bool>;
};
/// A reader that works beside the core (DMA): begin_fetch() starts what fetch() does, end_fetch() waits for it. One at
/// a time; each one that was begun, with true, is ended. No load of `to` may move above end_fetch():
/// it ends with a barrier for memory, and where it may be inlined, one for the compiler.
template <class R>
concept overlapping_reader = block_reader<R> && requires(R& r, std::size_t offset, std::span<std::byte> to) {
  { r.begin_fetch(offset, to) } -> std::convertible_to<bool>;
  { r.end_fetch() } -> std::convertible_to<bool>;
};

/// The buffers of a reader and where the weights begin in the image. Bytes: of one buffer, a multiple of 64.
template <block_reader Reader, std::size_t Bytes>
class block_stream {
 public:
  static constexpr std::size_t buffers = overlapping_reader<Reader> ? 2 : 1;
  static constexpr std::size_t bytes = Bytes;

  void attach(Reader& reader, std::size_t weights_at) {
    reader_ = &reader;
    weights_at_ = weights_at;
    failed_ = false;
  }
  /// Whether all reads since the last begin_pass() succeeded. After one that did not, nothing is read any more.
  bool sound() const { return !failed_; }
  void begin_pass() { failed_ = false; }

  /// Reads bytes of the image.
  bool fetch(std::size_t offset, std::span<std::byte> to) {
    failed_ = failed_ || !reader_->fetch(offset, to);
    return !failed_;
  }
  std::span<std::byte> buffer() { return {blocks_[0], Bytes}; }
  std::size_t weights_at() const { return weights_at_; }

  /// Calls f(block, first, count) for tiles of `tile` bytes each, which lie from `offset` of the weights on: `count` of
  /// them from `first` on are at `block`, which is null if they could not be read. A tile fits a buffer.
  template <class F>
  MOTE_INLINE void each(std::size_t offset, std::size_t tile, std::size_t tiles, F&& f) {
    std::size_t most = Bytes / tile;
    if (most > 4) most = most / 4 * 4;  // kernels take four rows of one matrix at once
    std::size_t now = detail::least_of(tiles, most);
    bool begun = begin(0, offset, now * tile);
    for (std::size_t first = 0, which = 0; first < tiles; which = (which + 1) % buffers) {
      if (begun) failed_ = !end() || failed_;
      const std::byte* block = failed_ ? nullptr : blocks_[which];
      const std::size_t next = first + now;
      const std::size_t more = detail::least_of(tiles - next, most);
      if constexpr (buffers == 2) begun = more != 0 && begin(1 - which, offset + next * tile, more * tile);
      f(block, first, now);
      if constexpr (buffers == 1) begun = more != 0 && begin(0, offset + next * tile, more * tile);
      first = next;
      now = more;
    }
  }

 private:
  /// False: nothing was begun.
  bool begin(std::size_t which, std::size_t offset, std::size_t n) {
    if (failed_) return false;
    const std::span<std::byte> to(blocks_[which], n);
    if constexpr (buffers == 2) failed_ = !reader_->begin_fetch(weights_at_ + offset, to);
    else failed_ = !reader_->fetch(weights_at_ + offset, to);
    return !failed_;
  }
  bool end() {
    if constexpr (buffers == 2) return reader_->end_fetch();
    else return true;
  }

  alignas(64) std::byte blocks_[buffers][Bytes] = {};
  Reader* reader_ = nullptr;
  std::size_t weights_at_ = 0;
  bool failed_ = false;
};

/// A (rows, cols) matrix packed in Format that comes through a block_stream; `offset`: of its first tile.
template <class Format, class Stream>
struct streamed_matrix {
  using format = Format;
  Stream* stream = nullptr;
  std::size_t offset = 0;
  std::size_t rows = 0;
  std::size_t cols = 0;

  /// Calls f(rows, first) for blocks of rows from `first` on, in order; `rows.data` is null if they could not be read.
  template <class F>
  MOTE_INLINE void each_block(F&& f) const {
    stream->each(offset, Format::tile_bytes(cols), ceil_div(rows, Format::rows),
                 [&](const std::byte* block, std::size_t first, std::size_t tiles) __attribute__((always_inline)) {
                   const std::size_t row = first * Format::rows;
                   f(matrix<Format>{block, detail::least_of(tiles * Format::rows, rows - row), cols}, row);
                 });
  }
  streamed_matrix slice(std::size_t first_row, std::size_t row_count) const {
    return {stream, offset + first_row / Format::rows * Format::tile_bytes(cols), row_count, cols};
  }
  /// Decodes one row into out, (cols): zeros if it could not be read.
  void decode_row(std::size_t row, float* out) const {
    slice(row / Format::rows * Format::rows, 1).each_block([&](const matrix<Format>& one, std::size_t) {
      if (one.data != nullptr) return Format::decode_row(one.data, row % Format::rows, cols, out);
      for (std::size_t i = 0; i < cols; ++i) out[i] = 0;
    });
  }
};

/// Formats of weights that are read through a Reader, with buffers of Bytes.
template <class Formats, class Reader, std::size_t Bytes>
struct streamed_formats {
  static constexpr std::size_t rows = Formats::rows;
};
namespace detail {
template <class Bound>
struct in_memory {
  using formats = Bound;
  static constexpr std::size_t stream_bytes = 0;
};
template <class Formats, class Reader, std::size_t Bytes>
struct in_memory<streamed_formats<Formats, Reader, Bytes>> {
  using formats = Formats;
  static constexpr std::size_t stream_bytes = sizeof(block_stream<Reader, Bytes>);
};
}  // namespace detail
/// The formats without the reader; Bound: what bind_formats<> gives.
template <class Bound>
using formats_in = typename detail::in_memory<Bound>::formats;

/// Where vectors lie among those that stay in RAM: as in an image without matrices.
template <class Family>
using vectors_map_of = tensor_map<Family::layer::period, Family>;
template <class Family>
constexpr vectors_map_of<Family> map_vectors(const shape& s) {
  return place_tensors<Family, Family::layer::period>(
      s, [](std::size_t) { return std::size_t{0}; }, 0, [](std::size_t, std::size_t) { return std::size_t{0}; });
}

/// The largest tile of a model's matrices in bytes: the least that a buffer must hold.
template <class Formats, class Family>
constexpr std::size_t largest_tile(const shape& s) {
  std::size_t most = detail::greatest_of(formats_of<Formats>::embedding::tile_bytes(s.dim),
                                         formats_of<Formats>::head::tile_bytes(s.dim));
  for (std::size_t layer = 0; layer < s.layers; ++layer)
    for (std::size_t i = 0; i < tensors_of<Family>::matrices; ++i)
      if (tensors_of<Family>::has_matrix(Family::layer::kind_of(layer), i))
        formats_of<Formats>::with(layer, i, [&]<class F>() {
          most = detail::greatest_of(most, F::tile_bytes(tensors_of<Family>::size(s, i).cols));
        });
  return most;
}

/// The bytes that a token reads: every matrix of the layers and the head once, and the tile of its row of each table.
template <class Formats, class Family>
constexpr std::uint64_t streamed_bytes_a_token(const shape& s) {
  using facts = formats_of<Formats>;
  using embedding = typename facts::embedding;
  std::uint64_t n = facts::head::bytes(s.vocab, s.dim) + embedding::tile_bytes(s.dim) * (has_positions<Family> ? 2 : 1);
  for (std::size_t layer = 0; layer < s.layers; ++layer)
    for (std::size_t i = 0; i < tensors_of<Family>::matrices; ++i)
      if (tensors_of<Family>::has_matrix(Family::layer::kind_of(layer), i))
        n += matrix_bytes<Formats, Family>(s, layer, i, tensors_of<Family>::is_table(i));
  return n;
}

/// What `weights` is for weights in memory: views of the matrices behind a stream, and of the vectors in RAM.
template <class Formats, class Family, class Stream>
class streamed_weights {
  using facts = formats_of<Formats>;
  using tensors = tensors_of<Family>;

 public:
  using format = Formats;
  using family = Family;
  using map_type = tensor_map_of<Formats, Family>;
  using vectors_type = vectors_map_of<Family>;

  constexpr streamed_weights(Stream& stream, const std::byte* vectors, const shape& s, const map_type& map,
                             const vectors_type& vectors_map)
      : stream_(&stream), vectors_(vectors), shape_(&s), map_(&map), vectors_map_(&vectors_map) {}

  streamed_matrix<typename facts::embedding, Stream> embedding() const {
    return {stream_, map_->embedding, shape_->vocab, shape_->dim};
  }
  streamed_matrix<typename facts::embedding, Stream> positions() const {
    return {stream_, map_->positions, shape_->context, shape_->dim};
  }
  streamed_matrix<typename facts::head, Stream> head() const {
    return {stream_, map_->head, shape_->vocab, shape_->dim};
  }
  template <role R, class F>
  MOTE_INLINE decltype(auto) with(std::size_t layer, F&& f) const {
    return facts::template with<tensors::template index<R>>(layer, [&]<class Format>() {
      const matrix_size m = tensors::template size<R>(*shape_);
      return f(streamed_matrix<Format, Stream>{stream_, map_->template at<R>(layer), m.rows, m.cols});
    });
  }
  template <class F>
  decltype(auto) with(std::size_t layer, std::size_t i, F&& f) const {
    return facts::with(layer, i, [&]<class Format>() {
      const matrix_size m = tensors::size(*shape_, i);
      return f(
          streamed_matrix<Format, Stream>{stream_, map_->start_of(layer) + map_->in(layer).matrix[i], m.rows, m.cols});
    });
  }
  template <vector_role V>
  MOTE_INLINE const float* vector(std::size_t layer) const {
    return reinterpret_cast<const float*>(vectors_ + vectors_map_->template at<V>(layer));
  }
  MOTE_INLINE streamed_weights of_shape(const shape& s) const { return {*stream_, vectors_, s, *map_, *vectors_map_}; }

 private:
  Stream* stream_;
  const std::byte* vectors_;
  const shape* shape_;
  const map_type* map_;
  const vectors_type* vectors_map_;
};

}  // namespace mote::inline v0
