// SPDX-License-Identifier: BSL-1.0
// No Boost on the include path.
// BARE: -nostdinc -nostdinc++
// EXPECT: mote: Boost.Hana is not on the include path; install Boost.s headers or add their folder with -isystem \[mote-hana\]
#if MOTE_FAIL
// g++ -std=c++23 -Imote/include main.cpp
#endif
#include <mote/core/hana.hpp>
