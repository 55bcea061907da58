// SPDX-License-Identifier: BSL-1.0
// A firmware with one pipeline, or with -DTWO a second one of another shape and context in the same format: what
// bench/cost.sh takes the sizes of.
// Refuses to run anywhere: its images have no address.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mote/pipeline.hpp"

// Names of the whole program, like the models that the importer writes.
template <std::size_t Dim, std::size_t Layers>
struct model_of {
  static constexpr std::string_view name = "cost";
  static constexpr mote::shape shape{.dim = Dim,
                                     .hidden = Dim * 8 / 3 / 4 * 4,
                                     .layers = Layers,
                                     .heads = 8,
                                     .kv_heads = 4,
                                     .vocab = 512,
                                     .context = 512};
  static constexpr std::size_t vocabulary_bytes = 4488;
  static constexpr std::size_t longest_piece = 10;
  static constexpr mote::dialogue dialogue{};
};

using first = mote::pipeline<model_of<64, 5>, mote::quantize<8>, mote::layout<1>, mote::context<128>>;
using second = mote::pipeline<model_of<96, 4>, mote::quantize<8>, mote::layout<1>, mote::context<256>>;
static first one;
#ifdef TWO
static second two;
#endif

// The linker cannot know them, and must keep all that depends on them.
static volatile std::uintptr_t image_address;
static volatile std::size_t image_bytes;

template <class Pipeline>
int answer(Pipeline& ai) {
  const std::span<const std::byte> image(reinterpret_cast<const std::byte*>(image_address), image_bytes);
  if (ai.attach(image) != mote::status::ok) return -1;
  int letters = 0;
  for (std::string_view piece : ai.ask("hello")) letters += static_cast<int>(piece.size());
  return letters;
}

int main() {
#ifdef TWO
  return answer(one) + answer(two);
#else
  return answer(one);
#endif
}
