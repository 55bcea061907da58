// SPDX-License-Identifier: BSL-1.0
#include "mote/host/board_names.hpp"

#include <map>
#include <string>

#include "mote/boards/esp32c6.hpp"
#include "mote/boards/esp32p4.hpp"
#include "mote/boards/esp32s3.hpp"
#include "mote/boards/imxrt1062.hpp"
#include "mote/boards/microbit.hpp"
#include "mote/boards/mps2_an386.hpp"
#include "mote/boards/mps2_an500.hpp"
#include "mote/boards/mps2_an505.hpp"
#include "mote/boards/mps3_an547.hpp"
#include "mote/boards/netduinoplus2.hpp"
#include "mote/boards/nrf52840.hpp"
#include "mote/boards/pc.hpp"
#include "mote/boards/raspberry_pi_4.hpp"
#include "mote/boards/raspberry_pi_5.hpp"
#include "mote/boards/raspberry_pi_zero_2.hpp"
#include "mote/boards/rp2040.hpp"
#include "mote/boards/rp2350.hpp"
#include "mote/boards/stm32f405.hpp"
#include "mote/boards/stm32h743.hpp"
#include "mote/boards/stm32n657.hpp"
#include "mote/boards/visionfive_2.hpp"
#include "mote/budget/board.hpp"

namespace mote::inline v0::host {

const std::map<std::string, board_facts>& board_names() {
  static const std::map<std::string, board_facts> names{
      {"esp32c6", boards::esp32c6::facts},
      {"esp32p4", boards::esp32p4::facts},
      {"esp32s3", boards::esp32s3::facts},
      {"imxrt1062", boards::imxrt1062::facts},
      {"microbit", boards::microbit::facts},
      {"mps2_an386", boards::mps2_an386::facts},
      {"mps2_an500", boards::mps2_an500::facts},
      {"mps2_an505", boards::mps2_an505::facts},
      {"mps3_an547", boards::mps3_an547::facts},
      {"netduinoplus2", boards::netduinoplus2::facts},
      {"nrf52840", boards::nrf52840::facts},
      {"pc", boards::pc::facts},
      {"pc_avx2", boards::pc_avx2::facts},
      {"pc_sse2", boards::pc_sse2::facts},
      {"raspberry_pi_4", boards::raspberry_pi_4::facts},
      {"raspberry_pi_5", boards::raspberry_pi_5::facts},
      {"raspberry_pi_zero_2", boards::raspberry_pi_zero_2::facts},
      {"rp2040", boards::rp2040::facts},
      {"rp2350", boards::rp2350::facts},
      {"stm32f405", boards::stm32f405::facts},
      {"stm32h743", boards::stm32h743::facts},
      {"stm32n657", boards::stm32n657::facts},
      {"visionfive_2", boards::visionfive_2::facts},
  };
  return names;
}

}  // namespace mote::inline v0::host
