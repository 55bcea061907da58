// SPDX-License-Identifier: BSL-1.0
// Where a large part of a pipeline lies: in the object, or in memory of its own that the program gives.
// Refuses to name an address: where memory lies is the linker's and the program's business.
#pragma once

#include <cstddef>

#include "mote/config.hpp"

namespace mote::inline v0 {

/// Memory for one part of a pipeline, of its size, aligned for it. Part tells the types apart where sizes are equal.
template <int Part, std::size_t Bytes>
struct alignas(64) part_memory {
  std::byte bytes[Bytes];
};

namespace detail {

template <std::size_t Bytes, bool Apart>
struct part_room {
  alignas(64) std::byte bytes[Bytes] = {};  // so that a static pipeline is a constant: no code makes it
  std::byte* data() { return bytes; }
  const std::byte* data() const { return bytes; }
  static constexpr bool placed() { return true; }
};
template <std::size_t Bytes>
struct part_room<Bytes, true> {
  std::byte* at = nullptr;  // null until the program gives some: a static pipeline is all zero
  std::byte* data() { return at; }
  const std::byte* data() const { return at; }
  bool placed() const { return at != nullptr; }
};

}  // namespace detail

}  // namespace mote::inline v0
