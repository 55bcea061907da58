// SPDX-License-Identifier: BSL-1.0
// Where a pipeline's weights come from: in memory, where nothing is kept, or through a reader, where this part of the
// object has the buffers, the vectors and the token table.
// Refuses to know a policy: bind_formats<> says where they are.
#pragma once

#include <cstddef>
#include <span>

#include "mote/core/bytes.hpp"
#include "mote/core/status.hpp"
#include "mote/model/streamed_weights.hpp"
#include "mote/pipeline/constants.hpp"
#include "mote/store/streamed_image.hpp"

namespace mote::inline v0::detail {

template <class Bound, class Family, class Model>
struct weights_source {
  static constexpr bool streams = false;
  struct reader {};  // of no image
  static constexpr bool sound() { return true; }
  /// Why a pass failed.
  static constexpr status failure() { return status::not_finite; }
  template <class Reader, class Table>
  static status open(Reader&, payload_check, basic_attached_image<Table>&) {
    static_assert(
        sizeof(Reader) == 0,
        "mote: the weights are in memory; attach the bytes of the image, or read them through mote::streamed<Weights, Reader> [mote-in-memory]");
    return status::ok;
  }
};

template <class Formats, class Reader, std::size_t Bytes, class Family, class Model>
struct weights_source<streamed_formats<Formats, Reader, Bytes>, Family, Model> {
  static constexpr bool streams = true;
  using reader = Reader;
  using stream_type = block_stream<Reader, Bytes>;

  alignas(64) std::byte vectors[round_up(vectors_map<Family, Model::shape>.bytes, 64)] = {};
  alignas(64) std::byte table[round_up(Model::vocabulary_bytes, 64)] = {};
  stream_type stream;

  bool sound() const { return stream.sound(); }
  status failure() const { return sound() ? status::not_finite : status::io_error; }
  /// For one pass: what failed before is forgotten.
  streamed_base<stream_type> begin_pass() {
    stream.begin_pass();
    return {&stream, vectors};
  }
  template <class Table>
  status open(Reader& from, payload_check depth, basic_attached_image<Table>& opened) {
    return open_streamed<Formats, Family>(from, stream, expected_image<Formats, Family, Model>, Model::shape,
                                          map_of<Formats, Family, Model::shape>, vectors_map<Family, Model::shape>,
                                          vectors, std::span(table).first(Model::vocabulary_bytes), depth, opened);
  }
};

}  // namespace mote::inline v0::detail
