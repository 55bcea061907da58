// SPDX-License-Identifier: BSL-1.0
// A personal language model in one type.
//
//   using assistant = mote::pipeline<stories260k,                 // the model, written by the importer
//                                    mote::quantize<8>,           // weights in 8 bits
//                                    mote::lora<4>,               // learns by rank-4 adapters
//                                    mote::rag<mote::bm25<>>,     // recalls by words
//                                    mote::fit<mote::boards::stm32h743>>;  // or it does not compile
//   static assistant ai;                                          // all zero until attach(): .bss
//
// Policies stand in any order; a slot that is left out takes its default. Every call does bounded work.
// Refuses heap, exceptions and hidden state: sizeof(assistant) is the whole truth about RAM.
#pragma once

// First, so that what is missing on the include path is said in few lines.
#include "mote/simd/isa.hpp"

// Then the slots: the shorter the way to them, the fewer lines of it stand before a message.
#include "mote/decode/slot.hpp"
#include "mote/learn/slot.hpp"
#include "mote/policy/cache.hpp"
#include "mote/policy/context.hpp"
#include "mote/policy/fit.hpp"
#include "mote/policy/layout.hpp"
#include "mote/policy/prefill.hpp"
#include "mote/policy/quantize.hpp"
#include "mote/recall/slot.hpp"

#include "mote/pipeline/compose.hpp"
