// SPDX-License-Identifier: BSL-1.0
// A target whose objects are not ELF.
// EXPECT: mote: this target.s object format has no .incbin sections here; read or map the image instead \[mote-embed\]
#if MOTE_FAIL
#undef __ELF__
#endif
#include <mote/store/embed.hpp>
