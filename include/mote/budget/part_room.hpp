// SPDX-License-Identifier: BSL-1.0
// The place of a large part of a pipeline: in the object, or in memory of its own that the program gives.
// Refuses to name an address: the linker and the program choose it.
#pragma once

#include <cstddef>
#include <new>

#include "mote/config.hpp"

namespace mote::inline v0 {

/// Memory for one part of a pipeline, of its size, aligned for it. Part tells the types apart where sizes are equal.
template <std::size_t Part, std::size_t Bytes>
struct alignas(64) part_memory {
  std::byte bytes[Bytes];
};

namespace detail {

template <std::size_t Bytes, bool Apart>
struct part_room {
  alignas(64) std::byte bytes[Bytes] = {};  // constant initialization: a static pipeline needs no code
  std::byte* data() { return bytes; }
  const std::byte* data() const { return bytes; }
  static constexpr bool placed() { return true; }
};
template <std::size_t Bytes>
struct part_room<Bytes, true> {
  std::byte* at = nullptr;  // null until the program gives memory: a static pipeline is all zero
  std::byte* data() { return at; }
  const std::byte* data() const { return at; }
  void take(std::byte* bytes) { at = bytes; }
  bool placed() const { return at != nullptr; }
};

/// A part that is an object: a member of the pipeline, whose tail padding the next member may use, or constructed in
/// memory that the program gives.
template <class Part, bool Apart>
class part_home {
 public:
  Part* operator->() { return &part_; }
  const Part* operator->() const { return &part_; }
  Part& operator*() { return part_; }
  const Part& operator*() const { return part_; }
  static constexpr bool placed() { return true; }

 private:
  [[no_unique_address]] Part part_;
};
template <class Part>
class part_home<Part, true> {
 public:
  Part* operator->() { return at_; }
  const Part* operator->() const { return at_; }
  Part& operator*() { return *at_; }
  const Part& operator*() const { return *at_; }
  void take(std::byte* bytes) {
    static_assert(alignof(Part) <= 64, "part_memory is aligned for 64 bytes");
    at_ = ::new (static_cast<void*>(bytes)) Part();
  }
  bool placed() const { return at_ != nullptr; }

 private:
  Part* at_ = nullptr;
};

}  // namespace detail

}  // namespace mote::inline v0
