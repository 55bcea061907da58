// SPDX-License-Identifier: BSL-1.0
// A program does not link with a mote::host that was compiled for other instructions or with other macros of
// config.hpp: the two share templates, of which the linker keeps one copy. What is missing then is named
// `flags_of_mote_host_differ`.
// Refuses to compare what changes no template: optimization, debug information, the compiler.
#pragma once

#include "mote/simd/isa.hpp"

namespace mote::inline v0::host {

/// Macros that change types without changing the instruction set.
inline constexpr unsigned macros_of_this_build =
    (MOTE_WITH_THREADS != 0 ? 1U : 0U) | (MOTE_POISON_ARENA != 0 ? 2U : 0U);

template <isa Instructions, unsigned Macros>
struct build_settings {};

/// The library defines the one for its own settings; each object file of a program asks for that of the program's.
void flags_of_mote_host_differ(build_settings<simd::native::value, macros_of_this_build>);
[[gnu::used]] inline constexpr auto settings_of_mote_host = &flags_of_mote_host_differ;

}  // namespace mote::inline v0::host
