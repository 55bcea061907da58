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
// Policies may be in any order; a slot without a policy takes its default. Every call does bounded work.
// Refuses heap, exceptions and hidden state: all RAM is sizeof(assistant), the stack, and memory given by use().
#pragma once

// First, so that the error about a library missing on the include path is short.
#include "mote/simd/isa.hpp"

// Then the slots: a compiler prints the chain of includes before a message, and so the chain is short.
#include "mote/decode/confidence_slot.hpp"
#include "mote/decode/constraint.hpp"
#include "mote/decode/slot.hpp"
#include "mote/decode/stopping_slot.hpp"
#include "mote/learn/slot.hpp"
#include "mote/policy/cache.hpp"
#include "mote/policy/context.hpp"
#include "mote/policy/fit.hpp"
#include "mote/policy/interleave.hpp"
#include "mote/policy/prefill.hpp"
#include "mote/policy/quantize.hpp"
#include "mote/recall/slot.hpp"

#include "mote/pipeline/compose.hpp"
