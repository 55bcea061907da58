// SPDX-License-Identifier: BSL-1.0
// Another xsimd stands before the right one on the include path.
// EXPECT: mote: xsimd 8.1 is too old; put 13.2 or newer first on the include path \[mote-xsimd-version\]
#if MOTE_FAIL
#define XSIMD_CONFIG_HPP  // as Debian 12's has it
#define XSIMD_VERSION_MAJOR 8
#define XSIMD_VERSION_MINOR 1
#endif
#include <mote/mote.hpp>
