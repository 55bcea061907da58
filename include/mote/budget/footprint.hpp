// SPDX-License-Identifier: BSL-1.0
// What a pipeline costs, by region, as constants. The sum of the RAM regions, without the stack and without the parts
// outside the object, is sizeof(pipeline).
// Refuses to print: host/report/footprint.hpp turns it into text, JSON or a picture.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "mote/budget/board.hpp"

namespace mote::inline v0 {

struct ram_regions {
  std::size_t weights = 0;      ///< parameters in RAM: adapters, or all with full<>; what streamed<> keeps there
  std::size_t cache = 0;        ///< keys and values
  std::size_t activations = 0;  ///< the arena: the larger of an answer's and a lesson's, or for both if they take turns
  std::size_t gradients = 0;
  std::size_t perturbed = 0;  ///< in place of gradients, the moved parameters of a schedule without a backward pass
  std::size_t optimizer = 0;
  std::size_t index = 0;    ///< remembered items
  std::size_t scratch = 0;  ///< token buffers and everything else
  std::size_t stack = 0;    ///< kept free on the caller's stack, outside the object
  std::size_t apart = 0;    ///< of the sum of all but the stack, the bytes outside the object

  constexpr std::size_t all_but_scratch() const {
    return weights + cache + activations + gradients + perturbed + optimizer + index;
  }
  constexpr std::size_t object() const { return all_but_scratch() + scratch - apart; }
  constexpr std::size_t sum() const { return object() + apart + stack; }
};

struct flash_regions {
  std::size_t weights = 0;     ///< the packed tensors
  std::size_t vocabulary = 0;  ///< the token table
  std::size_t header = 0;      ///< the container's header
  std::size_t code = 0;        ///< kept free for machine code and constants
  constexpr std::size_t image() const { return weights + vocabulary + header; }
  constexpr std::size_t sum() const { return image() + code; }
};

/// A region of the board in which the program places parts, and the bytes used there.
struct region_use {
  std::string_view name;
  std::size_t used = 0;
  std::size_t available = 0;
};

struct footprint {
  std::string_view model;
  std::string_view board;
  ram_regions ram;
  flash_regions flash;
  std::size_t ram_other = 0;  ///< kept free for the rest of the application
  std::size_t ram_available = 0;
  std::size_t ram_block_available = 0;  ///< of the memory that holds the object: the largest, or the one that is named
  std::size_t flash_available = 0;
  std::array<region_use, most_regions> regions{};  ///< the regions in which the program places parts

  /// Whether all RAM together holds the pipeline, its stack and the rest of the application.
  constexpr bool ram_fits_total() const { return ram.sum() + ram_other <= ram_available; }
  /// The first region that is too small for what is placed in it; nullptr if there is none.
  constexpr const region_use* overfull() const {
    for (const region_use& r : regions)
      if (r.used > r.available) return &r;
    return nullptr;
  }
  /// Whether, besides, the object (which cannot be split) fits one block, and every placed part its region.
  constexpr bool ram_fits() const {
    for (const region_use& r : regions)  // GCC 12 cannot compare overfull() of a temporary with null
      if (r.used > r.available) return false;
    return ram_fits_total() && ram.object() <= ram_block_available;
  }
  constexpr bool flash_fits() const { return flash.sum() <= flash_available; }
};

namespace detail {

/// Bytes needed of a memory, and bytes available.
struct demand {
  std::size_t needs = 0;
  std::size_t has = 0;
  constexpr std::size_t over() const { return needs > has ? needs - has : 0; }
};
/// The first that does not fit: the sum against all RAM; then the parts of a region against the region; then the
/// object, which cannot be split, against its block. The last one if all fit.
constexpr demand ram_demand(const footprint& f) {
  if (!f.ram_fits_total()) return {f.ram.sum() + f.ram_other, f.ram_available};
  if (const region_use* r = f.overfull()) return {r->used, r->available};
  return {f.ram.object(), f.ram_block_available};
}
constexpr demand flash_demand(const footprint& f) { return {f.flash.sum(), f.flash_available}; }

}  // namespace detail

}  // namespace mote::inline v0
