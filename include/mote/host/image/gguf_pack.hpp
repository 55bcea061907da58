// SPDX-License-Identifier: BSL-1.0
// Copies GGUF blocks into the formats that hold the same numbers, so that nothing is rounded a second time:
//
//   Q8_0 q8    Q4_0 q4    Q5_0 q5    IQ4_NL iq4_nl    Q4_1 affine<4>    Q5_1 affine<5>    Q2_K .. Q6_K  qk<2 .. 6, 256>
//
// Refuses a block that would not read back byte for byte (q8 has no negative scales), and -128 in q8. Such a block
// keeps the format's own rounding.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <stdexcept>

#include "mote/format/affine.hpp"
#include "mote/format/iq4_nl.hpp"
#include "mote/format/q4.hpp"
#include "mote/format/q5.hpp"
#include "mote/format/q8.hpp"
#include "mote/format/qk.hpp"
#include "mote/host/import/gguf_blocks.hpp"
#include "mote/host/import/model_source.hpp"

namespace mote::inline v0::host {

namespace detail {

template <class Format>
struct gguf_twin {};
template <std::size_t Rows>
struct gguf_twin<q8<Rows, 32>> {
  static constexpr gguf_type type = gguf_type::q8_0;
};
template <std::size_t Rows>
struct gguf_twin<q4<Rows>> {
  static constexpr gguf_type type = gguf_type::q4_0;
};
template <std::size_t Rows>
struct gguf_twin<q5<Rows>> {
  static constexpr gguf_type type = gguf_type::q5_0;
};
template <std::size_t Rows>
struct gguf_twin<iq4_nl<Rows>> {
  static constexpr gguf_type type = gguf_type::iq4_nl;
};
template <unsigned Bits, std::size_t Rows>
struct gguf_twin<affine<Bits, Rows>> {
  static constexpr gguf_type type = Bits == 4 ? gguf_type::q4_1 : gguf_type::q5_1;
};
template <unsigned Bits, std::size_t Rows>
struct gguf_twin<qk<Bits, 256, Rows>> {
  static constexpr gguf_type type =
      std::array{gguf_type::q2_k, gguf_type::q3_k, gguf_type::q4_k, gguf_type::q5_k, gguf_type::q6_k}[Bits - 2];
};

}  // namespace detail

/// True for a format that holds the numbers of one GGUF block type; detail::gguf_twin<Format>::type is that type.
template <class Format>
concept has_gguf_twin = requires { detail::gguf_twin<Format>::type; };

/// Writes a GGUF block as group g of a row of the tile.
template <has_gguf_twin Format>
void put_gguf_block(const std::byte* block, std::byte* tile, std::size_t row, std::size_t cols, std::size_t g) {
  constexpr gguf_type type = detail::gguf_twin<Format>::type;
  if constexpr (facts_of(type).cols == 256) {
    Format::write_row(tile, row, g, read_super_block(type, block));
  } else {
    const gguf_group in = read_group_block(type, block);
    if constexpr (detail::has_m(type)) Format::write_bits(tile, row, g, in.d, in.m, in.code);
    else Format::write_group(tile, row, cols, g, simd::from_binary16(in.d), in.code);
  }
}

/// The inverse: group g of a row of the tile as a GGUF block.
template <has_gguf_twin Format>
void get_gguf_block(const std::byte* tile, std::size_t row, std::size_t cols, std::size_t g, std::byte* block) {
  constexpr gguf_type type = detail::gguf_twin<Format>::type;
  if constexpr (facts_of(type).cols == 256) {
    write_super_block(type, Format::read_row(tile, row, g), block);
  } else {
    gguf_group out;
    if constexpr (detail::has_m(type)) {
      Format::read_bits(tile, row, g, out.d, out.m, out.code);
    } else {
      float scale = 0;
      Format::read_group(tile, row, cols, g, scale, out.code);
      out.d = simd::to_binary16(scale);
    }
    write_group_block(type, out, block);
  }
}

/// If the file's matrix has the format's twin type, copies its rows first .. first + count - 1 into an encoded tile.
/// Blocks that the format cannot hold stay as encode_tile() rounded them. Returns the number of blocks copied. Throws
/// if the matrix has fewer blocks than the rows need.
template <class Format>
std::size_t keep_blocks(const block_view& from, std::size_t first, std::size_t count, std::size_t cols,
                        std::byte* tile) {
  std::size_t kept = 0;
  if constexpr (has_gguf_twin<Format>) {
    using alone = typename Format::template with_rows<1>;
    const gguf_type_facts& facts = facts_of(detail::gguf_twin<Format>::type);
    if (from.type != facts.type || cols % facts.cols != 0) return 0;
    const std::size_t blocks = cols / facts.cols;
    if (from.bytes.size() / facts.bytes < (first + count) * blocks)
      throw std::runtime_error("gguf: a matrix has fewer blocks than rows need");
    std::array<std::byte, alone::tile_bytes(Format::group)> trial{};
    std::array<std::byte, 256> again{};
    for (std::size_t row = 0; row < count; ++row)
      for (std::size_t g = 0; g < blocks; ++g) {
        const std::byte* block = from.bytes.data() + ((first + row) * blocks + g) * facts.bytes;
        put_gguf_block<alone>(block, trial.data(), 0, Format::group, 0);
        get_gguf_block<alone>(trial.data(), 0, Format::group, 0, again.data());
        if (std::memcmp(again.data(), block, facts.bytes) != 0) continue;
        if (facts.type == gguf_type::q8_0 &&
            std::find(block + 2, block + facts.bytes, std::byte{0x80}) != block + facts.bytes)
          continue;  // kernels assume that no code is -128
        put_gguf_block<Format>(block, tile, row, cols, g);
        ++kept;
      }
  }
  return kept;
}

}  // namespace mote::inline v0::host
