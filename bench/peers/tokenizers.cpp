// SPDX-License-Identifier: BSL-1.0
// Encodes texts with mote's tokenizer and with llama.cpp's, in turns in one program, from the same vocabulary:
// milliseconds, and whether the tokens are equal. Built by bench/tokenizers.sh, once a vocabulary.
//   tokenizers GGUF IMAGE TEXT [BYTES]      TEXT: a file, of which BYTES are read by paragraphs and as a whole
// Texts of 10,000 bytes without spaces come behind it. Both match the tokens that the file calls parts of texts
// (<think>), as llama.cpp always does, and no control tokens; `words` is what mote does with a user's text, which matches neither.
// Refuses to be right: where tokens differ it says at which.
#include <llama.h>

#include <time.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mote/host/file.hpp"
#include "mote/mote.hpp"
#include MODEL_HEADER

namespace {

using words = mote::tokenizer_of<MODEL>;

/// Microseconds of this thread's processor time: what other programs take is not in it.
double now() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

/// The best of some rounds of each, in microseconds, in turns; short ones run more often.
std::array<double, 3> best(const std::array<std::function<void()>, 3>& each) {
  std::array<double, 3> least{1e30, 1e30, 1e30};
  double spent = 0;
  for (int round = 0; round < 400 && (round < 5 || spent < 1e6); ++round)
    for (std::size_t i = 0; i < each.size(); ++i) {
      const double from = now();
      each[i]();
      const double took = now() - from;
      spent += took;
      least[i] = std::min(least[i], took);
    }
  return least;
}

struct sample {
  std::string name;
  std::vector<std::string> parts;
};

std::string repeated(std::string_view unit, std::size_t bytes) {
  std::string s;
  while (s.size() + unit.size() <= bytes) s += unit;
  return s;
}

std::vector<sample> samples(const std::string& text) {
  sample whole{"text, whole", {text}}, parts{"text, by lines", {}};
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    parts.parts.push_back(text.substr(at, end - at));
    at = end;
  }
  std::string letters, mixed;
  std::uint32_t state = 1;
  const auto draw = [&state] { return (state = state * 1664525U + 1013904223U) >> 16U; };
  while (letters.size() < 10000) letters += static_cast<char>('a' + draw() % 26);
  while (mixed.size() < 10000) mixed += static_cast<char>('!' + draw() % 94);
  return {parts,
          whole,
          {"one letter", {repeated("a", 10000)}},
          {"random letters", {letters}},
          {"random printable", {mixed}},
          {"two letters", {repeated("ab", 10000)}},
          {"digits", {repeated("1234567890", 10000)}},
          {"spaces", {repeated(" ", 10000)}},
          {"line ends", {repeated("\n", 10000)}},
          {"one ideograph", {repeated("\xE6\xB0\xB4", 10000)}},
          {"one emoji", {repeated("\xF0\x9F\x98\x80", 10000)}}};
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return std::fprintf(stderr, "usage: tokenizers GGUF IMAGE TEXT [BYTES]\n"), 2;
  llama_log_set(
      [](ggml_log_level level, const char* t, void*) {
        if (level == GGML_LOG_LEVEL_ERROR) std::fputs(t, stderr);
      },
      nullptr);
  llama_model_params of_model = llama_model_default_params();
  of_model.vocab_only = true;
  llama_model* const model = llama_model_load_from_file(arguments[1], of_model);
  if (model == nullptr) return 1;
  const llama_vocab* const theirs = llama_model_get_vocab(model);

  const mote::host::mapped_file image(arguments[2]);
  mote::container_header h;
  std::memcpy(&h, image.bytes().data(), sizeof h);
  const auto bytes = image.bytes().subspan(h.vocabulary_offset, h.vocabulary_bytes);
  const words ours(typename words::table{bytes}, MODEL::special_tokens);

  const auto read = mote::host::read_file(arguments[3]);
  std::string text(reinterpret_cast<const char*>(read.data()), read.size());
  if (count > 4) text.resize(std::min(text.size(), static_cast<std::size_t>(std::atoll(arguments[4]))));
  std::vector<mote::merge_slot> slots(2 * std::max<std::size_t>(text.size(), 10000) + 64);
  std::vector<llama_token> out(slots.size());

  int differ = 0;
  for (const sample& s : samples(text)) {
    const auto encode = [&](mote::added_tokens added, std::vector<std::uint32_t>* ids) {
      for (const std::string& part : s.parts) {
        std::size_t n = 0;
        if (ours.append(part, slots, n, {.added = added}) != mote::status::ok)
          std::fprintf(stderr, "%s: refused\n", s.name.c_str());
        if (ids != nullptr)
          for (std::size_t i = 0; i < n; ++i) ids->push_back(slots[i].token);
      }
    };
    const auto encode_theirs = [&](std::vector<std::uint32_t>* ids) {
      for (const std::string& part : s.parts) {
        const int n = llama_tokenize(theirs, part.data(), static_cast<int>(part.size()), out.data(),
                                     static_cast<int>(out.size()), false, false);
        if (ids != nullptr)
          for (int i = 0; i < n; ++i) ids->push_back(static_cast<std::uint32_t>(out[static_cast<std::size_t>(i)]));
      }
    };
    std::vector<std::uint32_t> a, b;
    encode(mote::added_tokens::user_defined, &a);
    encode_theirs(&b);
    std::string same = "equal";
    if (a != b) {
      ++differ;
      const auto at = static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
      same = "DIFFER at " + std::to_string(at);
    }
    const auto [they, plain, added] =
        best({[&] { encode_theirs(nullptr); }, [&] { encode(mote::added_tokens::none, nullptr); },
              [&] { encode(mote::added_tokens::user_defined, nullptr); }});
    std::size_t size = 0;
    for (const std::string& part : s.parts) size += part.size();
    std::printf("| %.*s | %s | %zu | %zu | %.2f | %.2f | %.2f | %.2f | %s |\n", static_cast<int>(MODEL::name.size()),
                MODEL::name.data(), s.name.c_str(), size, a.size(), they / 1000, plain / 1000, added / 1000,
                they / added, same.c_str());
    std::fflush(stdout);
  }
  llama_model_free(model);
  return differ == 0 ? 0 : 1;
}
