// SPDX-License-Identifier: BSL-1.0
// A big-endian target.
// EXPECT: mote: images are little-endian and used in place; this target is big-endian \[mote-endian\]
#if MOTE_FAIL
#pragma GCC diagnostic ignored "-Wbuiltin-macro-redefined"
#undef __BYTE_ORDER__
#define __BYTE_ORDER__ __ORDER_BIG_ENDIAN__
#endif
#include <mote/config.hpp>
