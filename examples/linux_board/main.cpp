// SPDX-License-Identifier: BSL-1.0
// An assistant on an embedded Linux board: it answers, remembers a fact and learns a command. It prints a hash of all
// logits, which is the same on every machine with the same answers, bit for bit. The image is a file, mapped read-only.
// Refuses to copy the image into RAM: the system loads pages on first use, and processes share them.
//   linux_board [hearth.mote]
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include <mote/host/file.hpp>
#include <mote/mote.hpp>

#include BOARD_HEADER
#include MODEL_HEADER

namespace {

using assistant =
    mote::pipeline<MODEL, mote::quantize<8>, mote::lora<4>, mote::rag<mote::bm25<>>, mote::fit<mote::boards::BOARD>>;
assistant ai;

bool good(const char* what, mote::status s) {
  if (s != mote::status::ok) std::printf("%s: %.*s\n", what, static_cast<int>(name(s).size()), name(s).data());
  return s == mote::status::ok;
}

/// Prints the answer, the tokens of prompt and answer, and a hash of the logits; the speed goes to standard error.
bool ask(std::string_view question) {
  std::printf("> %.*s\n", static_cast<int>(question.size()), question.data());
  const auto start = std::chrono::steady_clock::now();
  auto pieces = ai.ask(question);
  if (!good("ask", pieces.state())) return false;
  mote::fingerprint seen;
  for (const std::string_view piece : pieces) {
    std::fwrite(piece.data(), 1, piece.size(), stdout);
    for (const float x : ai.logits()) seen.add(__builtin_bit_cast(std::uint32_t, x));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("\ntokens");
  for (const auto t : ai.tokens()) std::printf(" %u", static_cast<unsigned>(t));
  std::printf("\nlogits %016llx\n", static_cast<unsigned long long>(seen.value()));
  std::fprintf(stderr, "%.0f tokens a second\n", static_cast<double>(ai.tokens().size()) / took.count());
  return true;
}

bool converse() {
  constexpr std::string_view question = "What is the boiler's code?";
  if (!ask(question) || !good("remember", ai.remember("The boiler's service code is 7731.")) || !ask(question))
    return false;

  const mote::example command{.prompt = "movie night", .answer = "{\"scene\":\"cinema\"}"};
  (void)ai.learning().rate(0.01F);  // five times the default, because there are only a few steps
  const mote::learned before = ai.loss(command);
  if (!ask(command.prompt) || !good("learn", before.state)) return false;
  for (int i = 0; i < 8; ++i)
    if (!good("learn", ai.learn(command).state)) return false;
  const float after = ai.loss(command).loss;
  std::printf("learned in 8 steps: loss %a -> %a\n", static_cast<double>(before.loss), static_cast<double>(after));
  return ask(command.prompt) && after < before.loss;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const mote::host::mapped_file image(argc > 1 ? argv[1] : IMAGE);
    if (!good("attach", ai.attach(image.bytes()))) return 1;
    return converse() ? 0 : 1;
  } catch (const mote::host::file_error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
