// SPDX-License-Identifier: BSL-1.0
// All that a pipeline can be made of: every policy, the object that they make, and the means to put an image into flash.
// Refuses to bring what a firmware may not want: boards (one header each), views.hpp (range-v3) and host/ (a PC's tools)
// are included by name.
#pragma once

#include "mote/config.hpp"   // IWYU pragma: export
#include "mote/version.hpp"  // IWYU pragma: export

#include "mote/pipeline.hpp"  // IWYU pragma: export

#include "mote/policy/cache.hpp"      // IWYU pragma: export
#include "mote/policy/context.hpp"    // IWYU pragma: export
#include "mote/policy/fit.hpp"        // IWYU pragma: export
#include "mote/policy/layout.hpp"     // IWYU pragma: export
#include "mote/policy/prefill.hpp"    // IWYU pragma: export
#include "mote/policy/quantize.hpp"   // IWYU pragma: export
#include "mote/policy/two_level.hpp"  // IWYU pragma: export

#include "mote/format/affine.hpp"   // IWYU pragma: export
#include "mote/format/iq4_nl.hpp"   // IWYU pragma: export
#include "mote/format/ternary.hpp"  // IWYU pragma: export
#include "mote/format/trits.hpp"    // IWYU pragma: export

#include "mote/learn/early_stop.hpp"  // IWYU pragma: export
#include "mote/learn/frozen.hpp"      // IWYU pragma: export
#include "mote/learn/full.hpp"        // IWYU pragma: export
#include "mote/learn/lora.hpp"        // IWYU pragma: export
#include "mote/learn/optimiser.hpp"   // IWYU pragma: export

#include "mote/recall/bm25.hpp"       // IWYU pragma: export
#include "mote/recall/flat.hpp"       // IWYU pragma: export
#include "mote/recall/fuse.hpp"       // IWYU pragma: export
#include "mote/recall/no_recall.hpp"  // IWYU pragma: export
#include "mote/recall/rag.hpp"        // IWYU pragma: export

#include "mote/decode/greedy.hpp"  // IWYU pragma: export
#include "mote/decode/sample.hpp"  // IWYU pragma: export

#if defined(__ELF__)             // elsewhere an image is read or mapped: embed.hpp says so when included
#include "mote/store/embed.hpp"  // IWYU pragma: export
#endif
