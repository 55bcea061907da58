// SPDX-License-Identifier: BSL-1.0
// Weights that are not in memory: they come through a reader of yours, block by block, each time they are used.
//   streamed<quantize<8>, my_flash, 4096>    buffers of 4096 bytes: one, or two if my_flash fetches beside the core
// The reader: model/streamed_weights.hpp, docs/reference/streamed.md. Vectors and the token table stay in RAM.
// Refuses to learn and to share rows among threads: both would read the weights several times.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

#include "mote/core/bytes.hpp"
#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/family/family_of.hpp"
#include "mote/model/streamed_weights.hpp"
#include "mote/policy/bind_formats.hpp"
#include "mote/policy/quantize.hpp"

namespace mote::inline v0 {

// Numbers with a type of their own: compilers print it in a message.
struct buffer_bytes {
  std::size_t value;
};
struct tile_bytes {
  std::size_t value;
};

namespace detail {

template <class R>
inline constexpr bool is_block_reader = block_reader<R>;
struct no_reader {
  static bool fetch(std::size_t, std::span<std::byte>) { return false; }
};

template <buffer_bytes Has, tile_bytes Needs>
struct holds_a_tile {
  static constexpr bool enough = Has.value >= Needs.value;
  static_assert(
      enough,
      "mote: a buffer of streamed<> holds no tile of the widest matrix; give it as many bytes as `tile_bytes` has here [mote-streamed-buffer]");
};
template <bool Learns>
struct streams_without_learning {
  static_assert(
      !Learns,
      "mote: lessons read each weight several times, and streamed<> has it once; leave the learning policy out, or keep the weights in memory [mote-streamed-learning]");
};
template <std::size_t Parts>
struct streams_on_one_thread {
  static_assert(
      Parts == 1,
      "mote: streamed<> has one pair of buffers, which threads cannot share; leave threads<> out [mote-streamed-threads]");
};

template <class Chosen, std::size_t Bytes>
struct streamed_fault {
  static constexpr std::size_t least =
      largest_tile<typename Chosen::format, family_of<typename Chosen::model_type>>(Chosen::shape);
  static constexpr bool learns = Chosen::template in<slots::learning>::learns;
  static constexpr std::size_t parts = Chosen::template in<slots::threads>::parts;
  using type = std::conditional_t<
      learns, streams_without_learning<true>,
      std::conditional_t<parts != 1, streams_on_one_thread<parts>,
                         unless<(Bytes >= least), holds_a_tile<buffer_bytes{Bytes}, tile_bytes{least}>>>>;
};

}  // namespace detail

/// Weights: the policy of the formats. Bytes: of a buffer, rounded up to 64; at least a tile of the widest matrix.
template <class Weights, class Reader, std::size_t Bytes = 4096>
struct streamed {
  using slot = slots::weights;
  using packing = Weights;
  template <class Chosen>
  using fault = typename detail::streamed_fault<Chosen, round_up(Bytes, 64)>::type;

  // Last in the class: after a failed assertion Clang drops the members that follow and reports each as missing.
  static_assert(
      detail::is_block_reader<Reader>,
      "mote: this type reads no blocks; give it `bool fetch(std::size_t offset, std::span<std::byte> to)` [mote-streamed-reader]");
};

namespace detail {

template <class Weights, class Reader, std::size_t Bytes>
inline constexpr weights_member policy_without<streamed<Weights, Reader, Bytes>> = policy_without<Weights>;

template <class Weights, class Reader, std::size_t Bytes, shape S, std::size_t Rows, class Family>
struct binding<streamed<Weights, Reader, Bytes>, S, Rows, Family> {
  using reader = std::conditional_t<is_block_reader<Reader>, Reader, no_reader>;
  using type = streamed_formats<typename binding<Weights, S, Rows, Family>::type, reader, round_up(Bytes, 64)>;
};

}  // namespace detail

}  // namespace mote::inline v0
