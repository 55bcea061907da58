// SPDX-License-Identifier: BSL-1.0
// What a program may ask its start-up code: how deep the stack has been.
// Refuses to grow: the rest of startup.cpp happens before main().
#pragma once

#include <cstddef>

namespace firmware {

/// main's answer after a fault, so that a script tells it from an ordinary failure.
inline constexpr int exit_after_fault = 70;

/// The stack that the linker script keeps.
std::size_t stack_bytes();
/// The deepest it has been since start-up, or since paint_stack().
std::size_t stack_high_water();
/// Forget the past: the next high-water mark is that of what runs from here on.
void paint_stack();

}  // namespace firmware
