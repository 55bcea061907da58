// SPDX-License-Identifier: BSL-1.0
// A story on a BBC micro:bit (16 KiB of RAM): 4-bit weights, 8-bit embedding and KV cache. The model continues "Once
// upon a time". Compiled for a PC, the same file prints the same story.
// Refuses input: the output of the emulator is compared with that of a PC.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <mote/boards/microbit.hpp>
#include <mote/mote.hpp>

#include "stories260k.hpp"

#if defined(__linux__)
#include <cstdio>
#else
#include "semihosting.hpp"
#include "startup.hpp"
#endif

namespace {

using weights = mote::mixed<mote::quantize<4>, mote::in_embedding<mote::quantize<8>>>;
#if defined(__linux__)
using storyteller = mote::pipeline<stories260k, weights, mote::cache<8>, mote::context<24>, mote::interleave<1>>;
#else
using storyteller =
    mote::pipeline<stories260k, weights, mote::cache<8>, mote::context<24>, mote::fit<mote::boards::microbit>>;
#endif
MOTE_EMBED_IMAGE(image, IMAGE, storyteller::image_bytes);

storyteller ai;

void print(std::string_view text) {
#if defined(__linux__)
  std::fwrite(text.data(), 1, text.size(), stdout);
#else
  semihosting::print(text);
#endif
}

}  // namespace

int main() {
  if (ai.attach(image) != mote::status::ok) return 1;
  constexpr std::string_view beginning = "Once upon a time";
  print(beginning);
  for (const std::string_view piece : ai.ask(beginning)) print(piece);
  print("\n");
#if !defined(__linux__)
  print("stack: ");
  semihosting::print(static_cast<unsigned long>(firmware::stack_high_water()));
  print(" of ");
  semihosting::print(static_cast<unsigned long>(firmware::stack_bytes()));
  print(" bytes\n");
#endif
  return 0;
}
