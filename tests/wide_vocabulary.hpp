// SPDX-License-Identifier: BSL-1.0
// A vocabulary of 4,342 tokens, for tests and fuzzers, and a model of them: from 4,096 on a constraint tries the likely
// tokens before it walks over all. Its texts share beginnings, as those of a real one; some hold a part of a character.
// Refuses merges: a text becomes its single bytes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mote/model/shape.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/model/vocabulary.hpp"

namespace wide {

inline constexpr mote::special_tokens control{.bos = 1, .eos = 2, .note = 259, .user = 260, .answer = 261};
inline constexpr std::string_view letters = " etaoinshrdlcumwfgypbvk0123456789\"\\{}[]():,-.<>\xC3\xA9";
inline constexpr std::size_t frequent = 12;  // letters of texts of three
inline constexpr std::size_t first_letter = 262;
inline constexpr std::size_t pairs = letters.size() * letters.size();
inline constexpr std::size_t triples = frequent * frequent * frequent;
inline constexpr std::size_t tokens = first_letter + letters.size() + pairs + triples;
inline constexpr std::size_t searchable = tokens - first_letter;
inline constexpr std::size_t table_bytes =
    mote::vocabulary_bytes(tokens, searchable, 256 + letters.size() + 2 * pairs + 3 * triples);
static_assert(tokens >= 4096 && tokens < 65536);

/// The token table as model/vocabulary.hpp draws it.
inline std::span<const std::byte> table() {
  alignas(64) static std::array<std::byte, table_bytes> bytes{};
  static const bool once = [] {
    std::vector<std::string> texts(first_letter);
    for (std::size_t b = 0; b < 256; ++b) texts[3 + b] = std::string(1, static_cast<char>(b));
    for (const char a : letters) texts.emplace_back(1, a);
    for (const char a : letters)
      for (const char b : letters) texts.push_back({a, b});
    for (const char a : letters.substr(0, frequent))
      for (const char b : letters.substr(0, frequent))
        for (const char c : letters.substr(0, frequent)) texts.push_back({a, b, c});
    std::vector<std::size_t> order;
    for (std::size_t id = first_letter; id < tokens; ++id) order.push_back(id);
    std::ranges::sort(order, {}, [&](std::size_t id) { return std::string_view(texts[id]); });

    std::size_t at = 0;
    const auto put = [&](std::size_t v, std::size_t size) {
      for (std::size_t i = 0; i < size; ++i) bytes[at++] = static_cast<std::byte>(v >> (8 * i) & 0xFFU);
    };
    std::size_t end = 0;
    for (const std::string& t : texts) end += t.size();
    for (const std::size_t v : {tokens, searchable, std::size_t{3}, end, std::size_t{3}}) put(v, 4);
    at = mote::vocabulary_header_bytes;
    end = 0;
    put(end, 4);
    for (const std::string& t : texts) put(end += t.size(), 4);
    for (std::size_t id = 0; id < tokens; ++id) put(0, 2);
    for (const std::size_t id : order) put(id, 2);
    for (const std::string& t : texts)
      for (const char c : t) put(static_cast<unsigned char>(c), 1);
    return true;
  }();
  return once ? std::span<const std::byte>(bytes) : std::span<const std::byte>();
}

struct model {
  static constexpr std::string_view name = "wide";
  static constexpr mote::shape shape{
      .dim = 16, .hidden = 20, .layers = 1, .heads = 2, .kv_heads = 1, .vocab = tokens, .context = 64};
  static constexpr std::size_t vocabulary_bytes = table_bytes;
  static constexpr mote::special_tokens special_tokens = control;
};

}  // namespace wide
