// SPDX-License-Identifier: BSL-1.0
// The default of the recall slot: the pipeline remembers no text, at no cost.
// Refuses `remember`: a program that calls it does not compile, and one message says why.
#pragma once

#include <cstddef>

#include "mote/core/slots.hpp"

namespace mote::inline v0 {

struct no_recall {
  using slot = slots::recall;
  struct index {};

  static constexpr bool recalls = false;
  static constexpr std::size_t ram_bytes = 0;
  static constexpr std::size_t stack_bytes = 0;
  static constexpr std::size_t hits = 0;
  static constexpr std::size_t tokens = 0;
};

}  // namespace mote::inline v0
