// SPDX-License-Identifier: BSL-1.0
// Netduino Plus 2: an STM32F405RG on a board. QEMU: -M netduinoplus2.
// Refuses facts of its own, except the name: all others are the chip's.
#pragma once

#include "mote/boards/stm32f405.hpp"

namespace mote::inline v0::boards {

struct netduinoplus2 {
  static constexpr board_facts facts = [] {
    board_facts f = stm32f405::facts;
    f.name = "Netduino Plus 2";
    return f;
  }();
};

}  // namespace mote::inline v0::boards
