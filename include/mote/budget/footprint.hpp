// SPDX-License-Identifier: BSL-1.0
// What a pipeline costs, by region, as constants. The sum of the RAM regions without the stack is sizeof(pipeline).
// Refuses to print: host/footprint.hpp turns it into text, JSON or a picture.
#pragma once

#include <cstddef>
#include <string_view>

#include "mote/config.hpp"

namespace mote::inline v0 {

struct ram_regions {
  std::size_t weights = 0;      ///< parameters that live in RAM: adapters, or all of them with full<>
  std::size_t cache = 0;        ///< keys and values
  std::size_t activations = 0;  ///< the arena of one step, for inference or training, whichever is larger
  std::size_t gradients = 0;
  std::size_t optimiser = 0;
  std::size_t index = 0;    ///< remembered items
  std::size_t scratch = 0;  ///< token buffers and everything else inside the object
  std::size_t stack = 0;    ///< kept free on the caller's stack, outside the object

  constexpr std::size_t object() const {
    return weights + cache + activations + gradients + optimiser + index + scratch;
  }
  constexpr std::size_t sum() const { return object() + stack; }
};

struct flash_regions {
  std::size_t weights = 0;     ///< the packed tensors
  std::size_t vocabulary = 0;  ///< the token table
  std::size_t header = 0;      ///< the container's header
  std::size_t code = 0;        ///< kept free for machine code and constants
  constexpr std::size_t image() const { return weights + vocabulary + header; }
  constexpr std::size_t sum() const { return image() + code; }
};

struct footprint {
  std::string_view model;
  std::string_view board;
  ram_regions ram;
  flash_regions flash;
  std::size_t ram_other = 0;  ///< kept free for the rest of the application
  std::size_t ram_available = 0;
  std::size_t ram_block_available = 0;
  std::size_t flash_available = 0;

  /// All RAM together holds the pipeline, its stack and the rest of the application.
  constexpr bool ram_fits_total() const { return ram.sum() + ram_other <= ram_available; }
  /// And the object, which cannot be split, fits one block.
  constexpr bool ram_fits() const { return ram_fits_total() && ram.object() <= ram_block_available; }
  constexpr bool flash_fits() const { return flash.sum() <= flash_available; }
};

}  // namespace mote::inline v0
