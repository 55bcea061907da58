// SPDX-License-Identifier: BSL-1.0
// Reads the facts of a model from its `<name>.hpp`, for tools that were not compiled for that model. Only the header
// states the shape: an image holds a hash of it, and a third file could contradict the header.
// Refuses any text that model_header() would not write, byte for byte: the facts are written again and compared.
#pragma once

#include <string_view>

#include "mote/host/image/model_header.hpp"

namespace mote::inline v0::host {

/// The facts of a header that model_header() wrote. Throws if it did not write `text`.
model_facts read_model_header(std::string_view text);

}  // namespace mote::inline v0::host
