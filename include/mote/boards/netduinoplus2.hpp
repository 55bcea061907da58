// SPDX-License-Identifier: BSL-1.0
// Netduino Plus 2: an STM32F405RG on a board, and the smallest machine here that QEMU emulates (-M netduinoplus2).
// Refuses to differ from its chip in anything but the name.
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
