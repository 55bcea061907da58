// SPDX-License-Identifier: BSL-1.0
// The policies of the cache slot: how keys and values are kept. What to choose when: docs/reference/cache.md.
//   cache<32>   floats: nothing is rounded                                     8 bytes a channel and token
//   cache<16>   binary16: half of that, and nothing to be seen of it           4
//   cache<8>    8 bits; attention multiplies integers                          2, and 6 a token and head
//   kivi<4>     the newest tokens as floats, older ones in 8, 4 or 2 bits      1.13, and 4 a token and 32 channels
// Refuses a number of bits that has no meaning, and a window that no group fits, with those that have.
#pragma once

#include <cstddef>
#include <type_traits>

#include "mote/core/slots.hpp"
#include "mote/model/cache.hpp"
#include "mote/model/coded_cache.hpp"
#include "mote/model/kivi_cache.hpp"

namespace mote::inline v0 {

template <std::size_t Bits>
struct cache {
  using slot = slots::cache;
  using store = std::conditional_t<Bits == 8, coded_cache<>, std::conditional_t<Bits == 16, half_cache, float_cache>>;

  // Last, because Clang leaves out every member behind a failed assertion and then complains that it is missing.
  static_assert(Bits == 32 || Bits == 16 || Bits == 8,
                "mote: keys and values cannot be kept in this many bits; use cache<8>, <16> or <32> [mote-cache-bits]");
};

/// Window tokens are kept as floats; what they guarantee is model/kivi_cache.hpp's to say.
template <std::size_t Bits, std::size_t Window = 64>
struct kivi {
  static constexpr bool has_bits = Bits == 8 || Bits == 4 || Bits == 2;
  static constexpr bool has_window = Window >= 32 && Window % 32 == 0;
  using slot = slots::cache;
  using store = kivi_cache<has_bits ? Bits : 4, has_window ? Window : 64>;

  static_assert(has_bits,
                "mote: old keys and values cannot be kept in this many bits; use kivi<8>, <4> or <2> [mote-kivi-bits]");
  static_assert(has_window,
                "mote: keys are rounded in groups of 32 tokens; use a window of 32, 64, 96 and so on, "
                "kivi<4, 64> [mote-kivi-window]");
};

}  // namespace mote::inline v0
