// SPDX-License-Identifier: BSL-1.0
// A 32-bit x86 whose floats have 80 bits in registers.
// EXPECT: mote: this target keeps floats in wider registers \(x87\); compile with -msse2 -mfpmath=sse \[mote-x87\]
#if MOTE_FAIL
#pragma GCC diagnostic ignored "-Wbuiltin-macro-redefined"
#undef __FLT_EVAL_METHOD__
#define __FLT_EVAL_METHOD__ 2
#endif
#include <mote/config.hpp>
