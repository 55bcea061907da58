// SPDX-License-Identifier: BSL-1.0
// What a stranger makes first: a model that answers, remembers and learns, with the image in the program. Its logits are the
// same whichever way mote came into the build.
// Refuses to pass with one bit changed.
#include <cstdint>
#include <cstdio>
#include <string_view>

#include <mote/mote.hpp>

#ifndef MOTE_SINGLE_HEADER  // which has every board
#include <mote/boards/stm32h743.hpp>
#endif

#include "hearth.hpp"

using assistant = mote::pipeline<hearth, mote::context<160>, mote::rag<mote::bm25<>>,
                                 mote::lora<4, mote::lora_knobs{.tokens = 32}>, mote::fit<mote::boards::stm32h743>>;

MOTE_EMBED_IMAGE(image, "hearth.mote", assistant::image_bytes);
static assistant ai;

static mote::fingerprint seen;

static bool ask(std::string_view question) {
  auto pieces = ai.ask(question);
  if (pieces.state() != mote::status::ok) return false;
  for (const std::string_view piece : pieces) {
    std::fwrite(piece.data(), 1, piece.size(), stdout);
    for (const float x : ai.logits()) seen.add(__builtin_bit_cast(std::uint32_t, x));
  }
  std::puts("");
  return true;
}

#define TEXT(x) #x
#define TEXT_OF(x) TEXT(x)
constexpr std::string_view version =
    TEXT_OF(MOTE_VERSION_MAJOR) "." TEXT_OF(MOTE_VERSION_MINOR) "." TEXT_OF(MOTE_VERSION_PATCH);
static_assert(version == EXPECTED_VERSION);  // what the build system calls the version of mote

int main() {
  volatile float a = 1.0F + 0x1p-12F, b = -1.0F - 0x1p-11F;
  const float squared_and_added = a * a + b;  // 0 when rounded twice; a fused one would keep 2^-24
  if (squared_and_added > 0.0F || squared_and_added < 0.0F) return 6;
  if (ai.attach(image) != mote::status::ok) return 2;
  if (ai.remember("The boiler's service code is 7731.") != mote::status::ok || !ask("What is the boiler's code?"))
    return 3;
  for (int i = 0; i < 2; ++i)
    if (ai.learn({.prompt = "movie time", .answer = "{\"light\":0}"}).state != mote::status::ok) return 4;
  if (!ask("movie time")) return 5;
  std::printf("logits %016llx\n", static_cast<unsigned long long>(seen.value()));
  return seen.value() == 0x2ef2a77afec6d693ULL ? 0 : 1;
}
