// SPDX-License-Identifier: BSL-1.0
// Two policies answer the same question. Every call of a pipeline follows: none may add a message of its own.
// EXPECT: mote: two policies fill the same slot; keep one of them \[mote-slot-twice\]
// EXPECT: slots::weights
#include "little.hpp"

#if MOTE_FAIL
using assistant = mote::pipeline<little, mote::quantize<8>, mote::lora<4>, mote::rag<mote::bm25<>>, mote::quantize<32>>;
#else
using assistant = mote::pipeline<little, mote::quantize<8>, mote::lora<4>, mote::rag<mote::bm25<>>>;
#endif

static assistant ai;

static_assert(assistant::cost().ram.stack == 0);
constexpr std::size_t image_bytes = assistant::image_bytes;

std::size_t use(std::span<const std::byte> image, std::span<std::byte> kept);
std::size_t use(std::span<const std::byte> image, std::span<std::byte> kept) {
  if (image.size() != image_bytes || ai.attach(image) != mote::status::ok || !ai.attached()) return 0;
  if (ai.remember("The key lies under the mat.") != mote::status::ok) return 0;
  const mote::learned did = ai.learn({.prompt = "lights off", .answer = "done"});
  const float held_out = ai.loss({.prompt = "lights on", .answer = "done"}).loss;
  (void)ai.learning().rate(did.loss > held_out ? 1e-3F : 1e-4F);
  ai.seed(7);
  if (ai.begin("Where is the key?", 16) == mote::status::ok)
    for (mote::progress_step s = ai.step(); !s.done; s = ai.step()) (void)s.piece.size();
  auto answer = ai.ask("Is anybody at home?");
  if (answer.state() != mote::status::ok) return 0;
  for (std::string_view piece : answer) (void)piece.size();
  ai.stop();
  if (ai.save(kept.first(ai.saved_bytes())) == mote::status::ok) (void)ai.load(kept);
  if (ai.memory().search("key", {}) == 0) ai.memory().clear();
  if constexpr (assistant::learns && assistant::recalls) (void)ai.memory().erase(ai.memory().newest());
  return ai.tokens().size() + ai.prompt_tokens() + ai.recalled_items() + ai.logits().size() + ai.memory().size() +
         sizeof(assistant::token) + assistant::context;
}
