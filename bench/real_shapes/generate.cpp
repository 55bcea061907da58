// SPDX-License-Identifier: BSL-1.0
// A model of bench/real_shapes.sh as a program has it: its image mapped, a prompt answered, then a question by the
// model's chat template.
//   generate IMAGE PROMPT TOKENS [RENDERED]     RENDERED: the question as the file's own template renders it
// Prints the milliseconds from its start to the first token, those of the others, the tokens, and whether chat() made
// the tokens of the rendered text.
// Refuses to go on where a status is not ok.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "mote/format/q8.hpp"
#include "mote/host/file.hpp"
#include "mote/mote.hpp"
#include MODEL_HEADER

namespace {

using assistant = mote::pipeline<MODEL, POLICY, mote::context<256>, mote::prefill<32>>;
assistant ai;

using clock_type = std::chrono::steady_clock;
double milliseconds(clock_type::time_point from) {
  return std::chrono::duration<double, std::milli>(clock_type::now() - from).count();
}
bool good(const char* what, mote::status s) {
  if (s != mote::status::ok) std::fprintf(stderr, "generate: %s: %.*s\n", what, int(name(s).size()), name(s).data());
  return s == mote::status::ok;
}

/// A line of /proc/self/status, in MiB.
double memory(std::string_view key) {
  double found = 0;
  if (std::FILE* const f = std::fopen("/proc/self/status", "r")) {
    char line[256];
    while (std::fgets(line, sizeof line, f) != nullptr)
      if (std::string_view(line).starts_with(key)) found = std::atof(line + key.size() + 1) / 1024;
    std::fclose(f);
  }
  return found;
}

/// The tokens of a text with all of the model's control tokens matched, as other programs encode what a template
/// renders.
std::vector<std::uint32_t> tokens_of(std::span<const std::byte> image, std::string_view text) {
  using words = mote::tokenizer_of<MODEL>;
  mote::container_header h;
  std::memcpy(&h, image.data(), sizeof h);
  const words t(typename words::table{image.subspan(h.vocabulary_offset, h.vocabulary_bytes)}, MODEL::special_tokens);
  std::vector<mote::merge_slot> slots(2 * text.size() + 8);
  std::size_t count = 0;
  if (!good("the rendered text",
            t.append(text, slots, count, {.space_before = false, .added = mote::added_tokens::all})))
    return {};
  std::vector<std::uint32_t> ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back(slots[i].token);
  return ids;
}

bool chats_as_its_file(std::span<const std::byte> image, const char* file) {
  if constexpr (requires { MODEL::chat_template; }) {
    auto answer = ai.chat({mote::turn::user("Is the door of the garage closed?")}, 8);
    if (!good("chat", answer.state())) return false;
    const std::vector<std::uint32_t> made(ai.tokens().begin(), ai.tokens().end());
    std::size_t said = 0;
    for (const std::string_view piece : answer) said += piece.size();
    const auto bytes = mote::host::read_file(file);
    const auto theirs = tokens_of(image, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    const bool same = made == theirs;
    std::printf("chat %s, %zu tokens, a reply of %zu bytes\n", same ? "as its file" : "OTHERWISE", made.size(), said);
    if (!same) {
      for (const auto* ids : {&made, &theirs}) {
        for (const std::uint32_t id : *ids) std::fprintf(stderr, " %u", id);
        std::fprintf(stderr, "\n");
      }
    }
    return same;
  } else {
    std::printf("chat none\n");
    return false;
  }
}

}  // namespace

int main(int count, char** words) try {
  const auto start = clock_type::now();
  if (count < 4) return std::fprintf(stderr, "usage: generate IMAGE PROMPT TOKENS [RENDERED]\n"), 2;
  const mote::host::mapped_file image(words[1]);
  const auto depth = std::getenv("CHECKED") != nullptr ? mote::payload_check::full : mote::payload_check::skip;
  if (!good("attach", ai.attach(image.bytes(), depth))) return 1;
  auto answer = ai.ask(words[2], static_cast<std::size_t>(std::atoi(words[3])));
  if (!good("ask", answer.state())) return 1;
  double first = 0;
  for (const std::string_view piece : answer) {
    if (first == 0) first = milliseconds(start);
    std::fwrite(piece.data(), 1, piece.size(), stderr);
  }
  const std::size_t said = ai.tokens().size() - ai.prompt_tokens();
  std::printf("first %.1f ms\nrest %.1f ms\nprompt %zu\ntokens %zu\nresident %.0f MiB\nobject %.1f MiB\n", first,
              milliseconds(start) - first, ai.prompt_tokens(), said, memory("VmHWM"),
              static_cast<double>(sizeof ai) / (1 << 20));
  if (count > 4 && !chats_as_its_file(image.bytes(), words[4])) return 1;
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "generate: %s\n", e.what());
  return 1;
}
