// SPDX-License-Identifier: BSL-1.0
// A personal assistant as a firmware: the model in flash, one static object in RAM, no heap. It holds the conversation of
// transcript.hpp and says how deep its stack was. Compiled for a PC, the same file prints the same conversation.
// Refuses to be interactive: an emulator's output is compared with a PC's.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include MODEL_HEADER
#include BOARD_HEADER

#include "assistant.hpp"
#include "transcript.hpp"

#if defined(__linux__)
#include <cstdio>
#else
#include "semihosting.hpp"
#include "startup.hpp"
#endif

namespace {

using home = assistant<MODEL, mote::boards::BOARD>;
MOTE_EMBED_IMAGE(image, IMAGE, home::image_bytes);

home ai;  // all zero until attach(): .bss

// A type of its own, not a function pointer: the linked image then holds no indirect call.
struct printer {
  void operator()(std::string_view piece) const {
#if defined(__linux__)
    std::fwrite(piece.data(), 1, piece.size(), stdout);
#else
    semihosting::print(piece);
#endif
  }
};
constexpr printer print;

}  // namespace

int main() {
  transcript conversation(ai, print);
  const bool good = conversation.run(image);

  constexpr mote::footprint cost = home::cost();
  print("RAM ");
  text::number(print, static_cast<std::uint32_t>(cost.ram.sum()));
  print(" flash ");
  text::number(print, static_cast<std::uint32_t>(cost.flash.sum()));
  print(" bytes, as the type says\n");
#if !defined(__linux__)
  print("stack: ");
  text::number(print, static_cast<std::uint32_t>(firmware::stack_high_water()));
  print(" of ");
  text::number(print, static_cast<std::uint32_t>(firmware::stack_bytes()));
  print(" bytes\n");
#endif
  return good ? 0 : 1;
}
