// SPDX-License-Identifier: BSL-1.0
// A store whose texts may be longer than the 16 bits of their lengths count.
// EXPECT: mote: item_store<> keeps from 1 item on, of 1 to 65535 bytes \[mote-item-store\]
#include "little.hpp"

#if MOTE_FAIL
using notes = mote::item_store<16, 70'000>;
#else
using notes = mote::item_store<16, 65'535>;
#endif

static notes texts;

void use();
void use() { (void)texts.add("The key lies under the mat."); }
