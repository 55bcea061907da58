// SPDX-License-Identifier: BSL-1.0
// A personal assistant as firmware: the model in flash, one static object in RAM, no heap. It runs the fixed
// conversation of transcript.hpp, then prints its RAM, flash and stack. Compiled for a PC, it has the same
// conversation.
// Refuses input: the output of a board or an emulator is compared with that of a PC.
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

home ai;  // zero until attach(), so it is in .bss and costs no flash

// A function object, not a function pointer: its calls are direct, so a stack analysis of the firmware can follow them.
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
