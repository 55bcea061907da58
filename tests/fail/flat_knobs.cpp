// SPDX-License-Identifier: BSL-1.0
// Vectors whose codes do not come in fours.
// EXPECT: mote: flat<> takes \.dims from 4 to 65532, in fours \[mote-flat-knobs\]
#include "little.hpp"
#include "recalling.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::rag<mote::flat<mote::flat_knobs{.dims = 50}>>>;
#else
using assistant = mote::pipeline<little, mote::rag<mote::flat<mote::flat_knobs{.dims = 52}>>>;
#endif

template struct recalling<assistant>;
