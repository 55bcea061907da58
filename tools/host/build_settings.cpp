// SPDX-License-Identifier: BSL-1.0
#include "mote/host/build_settings.hpp"

namespace mote::inline v0::host {

void flags_of_mote_host_differ(build_settings<simd::native::value, macros_of_this_build>) {}

}  // namespace mote::inline v0::host
