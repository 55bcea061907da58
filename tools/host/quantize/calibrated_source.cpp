// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/calibrated_source.hpp"

namespace mote::inline v0::host {

template class calibrated_source<llama>;

}  // namespace mote::inline v0::host
