// SPDX-License-Identifier: BSL-1.0
// What a core does that waits for another: its instruction for that.
// Refuses to sleep, which is the operating system's.
#pragma once

#include "mote/config.hpp"

namespace mote::inline v0::simd {

/// A hint that this core waits: saves power, and leaves a sibling thread the core.
MOTE_INLINE void pause_briefly() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");  // yield does nothing on Cortex-A; this waits some nanoseconds
#elif defined(__arm__)
  asm volatile("yield" ::: "memory");
#elif defined(__riscv)
  asm volatile(".4byte 0x0100000F" ::: "memory");  // pause; a core that lacks it takes it for a fence
#else
  asm volatile("" ::: "memory");
#endif
}

}  // namespace mote::inline v0::simd
