// SPDX-License-Identifier: BSL-1.0
// A firmware with one pipeline, or with -DTWO a second one of another shape and context in the same format. With -DLEARN
// they learn and keep what they learned, and the second one differs in rank, targets and seed alone. second_pipeline.sh
// takes their sizes.
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
  static constexpr mote::special_tokens special_tokens{};
};

#ifdef LEARN
template <class Learning>
using learner = mote::pipeline<model_of<64, 5>, mote::quantize<8>, mote::interleave<1>, mote::context<128>, Learning>;
using first = learner<mote::lora<4>>;
using second = learner<mote::lora<8, mote::lora_knobs{.targets = mote::all_matrices, .seed = 7}>>;
#else
using first = mote::pipeline<model_of<64, 5>, mote::quantize<8>, mote::interleave<1>, mote::context<128>>;
using second = mote::pipeline<model_of<96, 4>, mote::quantize<8>, mote::interleave<1>, mote::context<256>>;
#endif
static first one;
#ifdef TWO
static second two;
#endif

// The linker cannot know them, and must keep all that depends on them.
static volatile std::uintptr_t image_address;
static volatile std::size_t image_bytes;
#ifdef LEARN
alignas(16) static std::byte kept[64 * 1024];
#endif

template <class Pipeline>
int answer(Pipeline& ai) {
  const std::span<const std::byte> image(reinterpret_cast<const std::byte*>(image_address), image_bytes);
  if (ai.attach(image) != mote::status::ok) return -1;
  int letters = 0;
  for (std::string_view piece : ai.ask("hello")) letters += static_cast<int>(piece.size());
#ifdef LEARN
  const mote::learned lesson = ai.learn({"hello", "good morning"});
  if (lesson.state != mote::status::ok || ai.loss({"hello", "good morning"}).loss > lesson.loss) return -1;
  if (ai.save(kept) != mote::status::ok || ai.load(kept) != mote::status::ok) return -1;
#endif
  return letters;
}

int main() {
#ifdef TWO
  return answer(one) + answer(two);
#else
  return answer(one);
#endif
}
