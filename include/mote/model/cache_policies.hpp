// SPDX-License-Identifier: BSL-1.0
// The policies of the cache slot: how keys and values are kept. What to choose when: docs/reference/cache.md.
//   cache<32>   floats: nothing is rounded                                     8 bytes a channel and token
//   cache<16>   binary16: half of that, and nothing to be seen of it           4
//   cache<8>    8 bits; attention multiplies integers                          2, and 6 a token and head
// Refuses a number of bits that has no meaning, with those that have.
#pragma once

#include <cstddef>
#include <type_traits>

#include "mote/core/slots.hpp"
#include "mote/model/cache.hpp"
#include "mote/model/coded_cache.hpp"

namespace mote::inline v0 {

template <std::size_t Bits>
struct cache {
  using slot = slots::cache;
  using store = std::conditional_t<Bits == 8, coded_cache<>, std::conditional_t<Bits == 16, half_cache, float_cache>>;

  // Last, because Clang leaves out every member behind a failed assertion and then complains that it is missing.
  static_assert(Bits == 32 || Bits == 16 || Bits == 8,
                "mote: keys and values cannot be kept in this many bits; use cache<8>, <16> or <32> [mote-cache-bits]");
};

}  // namespace mote::inline v0
