// SPDX-License-Identifier: BSL-1.0
// A policy without its arguments: here C++ stops before the library is asked, and the words are the compiler's own.
// EXPECT: type/value mismatch at argument 2 in template parameter list|use of class template .mote::lora. requires template arguments
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::lora>;
#else
using assistant = mote::pipeline<little, mote::lora<4>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
}
