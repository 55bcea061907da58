// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/sampled_text.hpp"

namespace mote::inline v0::host {

template text_sample sample_text(const batch_model&, std::size_t, std::size_t, std::size_t, std::uint64_t,
                                 const std::function<void(double)>&);

}  // namespace mote::inline v0::host
