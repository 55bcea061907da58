// SPDX-License-Identifier: BSL-1.0
// nlohmann-json, for the sources of mote::host that read or write JSON.
// Refuses to be without it: one sentence says what to install.
#pragma once

#if !__has_include(<nlohmann/json.hpp>)
#error "mote: mote::host reads and writes JSON with nlohmann-json; install it (Debian: nlohmann-json3-dev)"
#endif
#include <nlohmann/json.hpp>
