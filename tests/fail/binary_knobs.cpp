// SPDX-License-Identifier: BSL-1.0
// Bits that a rotation does not take: no power of 2.
// EXPECT: mote: binary<> takes \.dims of 32 to 4096, a power of 2 \[mote-binary-knobs\]
#include "little.hpp"
#include "mote/recall/binary.hpp"
#include "recalling.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::rag<mote::binary<mote::binary_knobs{.dims = 96}>>>;
#else
using assistant = mote::pipeline<little, mote::rag<mote::binary<mote::binary_knobs{.dims = 64}>>>;
#endif

template struct recalling<assistant>;
