// SPDX-License-Identifier: BSL-1.0
// A compiler in the mode of an older standard.
// EXPECT: mote: this compiler is not supported; use GCC 12 or Clang 19 with -std=c\+\+23 or later \[mote-compiler\]
#if MOTE_FAIL
#pragma GCC diagnostic ignored "-Wbuiltin-macro-redefined"
#undef __cplusplus
#define __cplusplus 202002L
#endif
#include <mote/config.hpp>
