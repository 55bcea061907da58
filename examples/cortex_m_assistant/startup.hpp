// SPDX-License-Identifier: BSL-1.0
// The functions of the start-up code for programs: how deep the stack has been.
// Refuses to measure an overflow: it counts only the stack that the linker script reserves.
#pragma once

#include <cstddef>

namespace firmware {

/// The exit code after a fault; it differs from that of an ordinary failure.
inline constexpr int exit_after_fault = 70;

/// The bytes of stack that the linker script reserves.
std::size_t stack_bytes();
/// The most bytes of stack that were in use since start-up or the last paint_stack().
std::size_t stack_high_water();
/// Fills the unused stack with the pattern again: the high-water mark then counts from here on.
void paint_stack();

}  // namespace firmware
