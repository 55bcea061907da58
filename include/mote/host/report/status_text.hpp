// SPDX-License-Identifier: BSL-1.0
// A status in words, for who sees a program and not its source: "the text is too long" instead of `too_long`.
// Refuses to say what to do: docs/errors.md has that under the status' name.
#pragma once

#include <string_view>

#include "mote/core/status.hpp"

namespace mote::inline v0::host {

/// What the status says, without a full stop, to stand behind "not done: ".
std::string_view status_text(status s);

}  // namespace mote::inline v0::host
