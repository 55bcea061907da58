// SPDX-License-Identifier: BSL-1.0
// The row counts that tests of formats go through: all four, or with MOTE_TEST_FEW_TYPES one row and those that this
// build's instruction set interleaves.
#pragma once

#include <cstddef>
#include <tuple>

#include "../few_types.hpp"
#include "mote/simd/isa.hpp"

namespace mote_tests {

/// As this build's own images have them, 16 where it interleaves none.
inline constexpr std::size_t native_rows = mote::interleaved_rows(mote::simd::native::value) > 1
                                               ? mote::interleaved_rows(mote::simd::native::value)
                                               : 16;
inline constexpr std::size_t widest_rows = few_types ? native_rows : 16;

template <template <std::size_t> class Format, bool Few>
struct every_row_count {
  using type = std::tuple<Format<1>, Format<4>, Format<8>, Format<16>>;
};
template <template <std::size_t> class Format>
struct every_row_count<Format, true> {
  using type = std::tuple<Format<1>, Format<native_rows>>;
};

template <template <std::size_t> class... Formats>
using at_every_row_count = decltype(std::tuple_cat(typename every_row_count<Formats, few_types>::type{}...));

}  // namespace mote_tests
