// SPDX-License-Identifier: BSL-1.0
// A number where a policy is wanted: here C++ stops before the library is asked, and the words are the compiler's own.
// EXPECT: type/value mismatch at argument 2 in template parameter list|template argument for template type parameter must be a type
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, 8>;
#else
using assistant = mote::pipeline<little, mote::quantize<8>>;
#endif

static assistant ai;

void use(std::span<const std::byte> image);
void use(std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return;
  for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
}
