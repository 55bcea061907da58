// SPDX-License-Identifier: BSL-1.0
// The byte order of a tile of codes for each instruction set, as data that every build has for all sets.
// Refuses code that computes with tiles: that is in tile_<name>.hpp.
#pragma once

#include <cstddef>

#include "mote/simd/isa.hpp"

namespace mote::inline v0::simd {

/// Tokens of a tile. 8 on the scalar instruction set: it needs no more, and the caches of the smallest machines have no
/// RAM for padding to 32.
inline constexpr std::size_t tile_tokens = native::value == isa::scalar ? 8 : 32;
/// The channels of a tile are padded to a multiple of this.
inline constexpr std::size_t tile_channels = 4;

/// Keys: `key_rows` tokens are interleaved in runs of `key_depth` channels. Values: channels are interleaved in runs of
/// `value_depth` tokens. `pairs` swaps the middle two of each four, because SXTB16 extracts bytes 0 and 2.
struct tile_order {
  std::size_t key_rows = 1;
  std::size_t key_depth = 1;
  std::size_t value_depth = 1;
  bool pairs = false;
  std::size_t heads = 1;  ///< query heads that share a load
  /// In heads of fewer channels than this, all tokens of a channel are one run; narrow_sums() sums all tiles at once.
  std::size_t narrow = 0;

  /// The offset in a tile of the key or the value of (token, channel); width: the padded number of channels.
  constexpr std::size_t key(std::size_t token, std::size_t channel, std::size_t width) const {
    return token / key_rows * key_rows * width + channel / key_depth * key_rows * key_depth +
           token % key_rows * key_depth + within(channel % key_depth);
  }
  constexpr std::size_t value(std::size_t token, std::size_t channel, std::size_t width) const {
    const std::size_t depth = width < narrow ? tile_tokens : value_depth;
    return token / depth * depth * width + channel * depth + within(token % depth);
  }

 private:
  constexpr std::size_t within(std::size_t i) const { return pairs && (i % 4 == 1 || i % 4 == 2) ? i ^ 3U : i; }
};

constexpr tile_order tile_order_of(isa i) {
  switch (i) {
    case isa::avx512: return {.key_rows = 16, .key_depth = 2, .value_depth = 2, .heads = 2};
    case isa::avx_vnni:
    case isa::avx2: return {.key_rows = 8, .key_depth = 2, .value_depth = 2, .heads = 2};
    case isa::ssse3:
    case isa::sse2:
    case isa::wasm: return {.key_rows = 4, .key_depth = 2, .value_depth = 2, .heads = 2};
    case isa::neon_i8mm:
    case isa::sve256:
    case isa::neon_dotprod: return {.key_rows = 4, .key_depth = 4, .value_depth = 4, .heads = 2};
    case isa::rvv: return {.key_rows = 32, .key_depth = 1, .value_depth = 1, .heads = 2, .narrow = 32};
    case isa::neon: return {.key_rows = 32, .key_depth = 1, .value_depth = 1, .heads = 2};
    case isa::mve: return {.key_rows = 1, .key_depth = 4, .value_depth = 32, .heads = 2};
    case isa::dsp: return {.key_rows = 1, .key_depth = 4, .value_depth = 4, .pairs = true, .heads = 2};
    default: return {.key_rows = 1, .key_depth = 4, .value_depth = 1};
  }
}

}  // namespace mote::inline v0::simd
