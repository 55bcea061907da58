// SPDX-License-Identifier: BSL-1.0
// The overloads of matvec() for instruction sets that multiply several row-major rows at once, if this binary has them.
// Refuses to be included by other headers: kernel/matvec.hpp includes it after the concepts that it needs.
#pragma once

#if MOTE_WITH_MVE
#include "mote/kernel/arch/mve/row_major.hpp"
#endif
#if MOTE_WITH_MVE_FLOATS
#include "mote/kernel/arch/mve/rows_q8.hpp"
#endif
