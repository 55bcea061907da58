// SPDX-License-Identifier: BSL-1.0
// The overloads of matvec() that this binary has beside the generic ones, for instruction sets that take several rows at once.
// Refuses to be included by others: it wants the concepts of kernel/matvec.hpp before it.
#pragma once

#if MOTE_WITH_MVE
#include "mote/kernel/arch/mve/row_major.hpp"
#endif
#if MOTE_WITH_MVE_FLOATS
#include "mote/kernel/arch/mve/rows_q8.hpp"
#endif
