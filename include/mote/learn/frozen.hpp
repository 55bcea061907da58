// SPDX-License-Identifier: BSL-1.0
// The default of the learning slot: the model stays as it was packed.
// Refuses to learn, and costs nothing: neither bytes nor code.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/block/linear_maps.hpp"
#include "mote/core/slots.hpp"

namespace mote::inline v0 {

struct frozen {
  using slot = slots::learning;
  static constexpr bool learns = false;
  static constexpr bool owns_weights = false;
  static constexpr std::size_t tokens = 0;
  static constexpr std::size_t chunk = 0;
  static constexpr std::size_t batch = 0;

  template <class Model, class Format>
  struct state {
    static no_adapter adapter() { return {}; }
    static constexpr std::size_t parameter_floats = 0;
    static constexpr std::size_t optimizer_floats = 0;
    static constexpr std::uint64_t fingerprint() { return v0::fingerprint{}.add("frozen").value(); }
  };
};

}  // namespace mote::inline v0
