// SPDX-License-Identifier: BSL-1.0
// A memory of 500 personal items on a board without an operating system, for boards.sh: after 16, 32, 64, 128, 256 and
// 500 of them eight questions are asked. A mark stands before each call that is counted.
// Refuses a note that is not taken: exits 1.
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "../instructions/mark.h"
#include "mote/recall/binary.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/flat.hpp"
#include "mote/recall/fuse.hpp"
#include "mote/recall/ivf.hpp"
#include "mote/recall/ngrams.hpp"
#include TEXTS_HEADER  // notes and questions, each a constexpr std::array of std::string_view

static_assert(RETRIEVER::ram_bytes == sizeof(RETRIEVER::index));
static RETRIEVER::index memory;

int main() {
  std::size_t found = 0;
  for (std::size_t i = 0; i < notes.size(); ++i) {
    instruction_mark();
    if (memory.add(notes[i]) != mote::status::ok) return 1;
    const std::size_t size = i + 1;
    if (size != 16 && size != 32 && size != 64 && size != 128 && size != 256 && size != 500) continue;
    for (const std::string_view question : questions) {
      std::array<mote::hit, 2> hits;
      instruction_mark();
      found += memory.search(question, hits);
    }
  }
  instruction_mark();
  return found > 8 ? 0 : 1;
}
