// SPDX-License-Identifier: BSL-1.0
// Reads the facts back out of a `<name>.hpp`, for tools that meet a model they were not compiled for. The header is the
// one place that states a shape: an image holds only its hash, and a second file beside it could come to disagree.
// Refuses any text that model_header() would not write, byte for byte: what was understood is written again and compared.
#pragma once

#include <string_view>

#include "mote/host/image/model_header.hpp"

namespace mote::inline v0::host {

/// The facts of a header that model_header() wrote. Throws where it did not.
model_facts read_model_header(std::string_view text);

}  // namespace mote::inline v0::host
