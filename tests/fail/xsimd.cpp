// SPDX-License-Identifier: BSL-1.0
// No xsimd on the include path.
// BARE: -nostdinc -nostdinc++
// EXPECT: mote: xsimd is not on the include path; add the folder of version 13.2 or newer with -isystem \[mote-xsimd\]
#if MOTE_FAIL
// g++ -std=c++23 -Imote/include main.cpp
#endif
#include <mote/simd/isa.hpp>
