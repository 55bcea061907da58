// SPDX-License-Identifier: BSL-1.0
// The instruction for a core that waits in a loop for another core.
// Refuses to sleep: that needs the operating system.
#pragma once

#include "mote/config.hpp"

namespace mote::inline v0::simd {

/// Hints that this core waits in a loop: saves power, and gives a hardware thread on the same core more of it.
MOTE_INLINE void pause_briefly() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");  // some nanoseconds; yield does nothing on Cortex-A
#elif defined(__arm__)
  asm volatile("yield" ::: "memory");
#elif defined(__riscv)
  asm volatile(".4byte 0x0100000F" ::: "memory");  // pause (Zihintpause), elsewhere executed as a fence
#else
  asm volatile("" ::: "memory");
#endif
}

}  // namespace mote::inline v0::simd
