// SPDX-License-Identifier: BSL-1.0
// nlohmann-json, for the sources of mote::host that read or write JSON.
// Refuses to be without it: one sentence says what to install.
#pragma once

#if !__has_include(<nlohmann/json.hpp>)
#error "mote: mote::host reads and writes JSON with nlohmann-json; install it (Debian: nlohmann-json3-dev)"
#endif
#include <cstddef>
#include <nlohmann/json.hpp>
#include <span>

namespace mote::inline v0::host::detail {

/// The value; one that is_discarded() where the bytes are no JSON.
inline nlohmann::json parse_json(std::span<const std::byte> bytes) {
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  return nlohmann::json::parse(text, text + bytes.size(), nullptr, false);
}

}  // namespace mote::inline v0::host::detail
