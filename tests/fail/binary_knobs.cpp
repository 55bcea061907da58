// SPDX-License-Identifier: BSL-1.0
// Bits that a rotation does not take: no power of 2.
// EXPECT: mote: binary<> has a knob out of range; .*\[mote-binary-knobs\]
#include "little.hpp"
#include "mote/recall/binary.hpp"
#include "recalling.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::rag<mote::binary<mote::binary_knobs{.dims = 96}>>>;
#else
using assistant = mote::pipeline<little, mote::rag<mote::binary<mote::binary_knobs{.dims = 64}>>>;
#endif

template struct recalling<assistant>;
