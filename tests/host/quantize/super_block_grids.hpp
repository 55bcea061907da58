// SPDX-License-Identifier: BSL-1.0
// The grids of two levels that quantizers are tried on: every number of bits, a block that a row fills and one that it does
// not.
// Refuses to make up grids: these are what formats give.
#pragma once

#include <vector>

#include "mote/host/image/packed_format.hpp"
#include "mote/host/image/packed_format_of.hpp"

namespace mote_tests {

inline std::vector<mote::host::quantization_grid> super_block_grids() {
  using mote::host::packed_format_of;
  return {packed_format_of<mote::qk<2, 64>>.levels(), packed_format_of<mote::qk<3, 192>>.levels(),
          packed_format_of<mote::qk<4, 192>>.levels(), packed_format_of<mote::qk<5, 256>>.levels(),
          packed_format_of<mote::qk<6, 96>>.levels()};
}

}  // namespace mote_tests
