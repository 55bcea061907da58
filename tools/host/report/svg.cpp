// SPDX-License-Identifier: BSL-1.0
#include "mote/host/report/svg.hpp"

#include <string>

namespace mote::inline v0::host::detail {

std::string white_page(double width, double height, double font_size) {
  return print_to_string(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" font-size=\"%g\">\n"
      "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
      width, height, font_size);
}

}  // namespace mote::inline v0::host::detail
