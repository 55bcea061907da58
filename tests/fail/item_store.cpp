// SPDX-License-Identifier: BSL-1.0
// A store of longer texts than there are.
// EXPECT: mote: item_store<> keeps from 1 item on, of 1 to 65535 bytes on average, and below 4 GiB in all \[mote-item-store\]
#include "little.hpp"

#if MOTE_FAIL
using notes = mote::item_store<16, 70'000>;
#else
using notes = mote::item_store<16, 65'535>;
#endif

static notes texts;

void use();
void use() {
  (void)texts.add("The key lies under the mat.", [](std::size_t) {});
}
