// SPDX-License-Identifier: BSL-1.0
// Real tokenizers of the assets, made once into tables, with the texts and tokens that others say they give.
// Refuses to decide what is right: the expected tokens are those of other programs.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../assets.hpp"
#include "mote/core/rng.hpp"
#include "mote/host/file.hpp"
#include "mote/host/image/token_table_packer.hpp"
#include "mote/host/import/gguf_tokenizer.hpp"
#include "mote/host/import/tokenizer_json.hpp"
#include "mote/model/byte_level_bpe.hpp"

namespace mote_tests {

struct text_and_tokens {
  std::string text;
  std::vector<int> tokens;
};

inline mote::host::tokenizer_text gguf_tokenizer(const std::string& name) {
  const auto file = asset("tokenizer-vectors/ggml-vocab-" + name + ".gguf");
  const mote::host::mapped_file bytes(file);
  return mote::host::read_gguf_tokenizer(mote::host::gguf_file(bytes.bytes(), file));
}

/// The texts of a `.inp` and the lines of its `.out`, by llama.cpp.
inline std::vector<text_and_tokens> gguf_cases(const std::string& name) {
  const auto read = [&](const char* end) {
    std::ifstream in(asset("tokenizer-vectors/ggml-vocab-" + name + ".gguf" + end), std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    return all.str();
  };
  const std::string texts = read(".inp");
  std::istringstream lines(read(".out"));
  constexpr std::string_view mark = "\n__ggml_vocab_test__\n";
  std::vector<text_and_tokens> cases;
  std::string line;
  for (std::size_t at = 0; std::getline(lines, line);) {
    const std::size_t end = texts.find(mark, at);
    text_and_tokens c{.text = texts.substr(at, end == std::string::npos ? end : end - at), .tokens = {}};
    at = end == std::string::npos ? texts.size() : end + mark.size();
    std::istringstream numbers(line);
    for (int id = 0; numbers >> id;) c.tokens.push_back(id);
    cases.push_back(std::move(c));
  }
  return cases;
}

inline std::string unzipped(const std::filesystem::path& file) {
  std::string out;
  std::FILE* pipe = ::popen(("gzip -dc '" + file.string() + "'").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("no gzip");
  std::vector<char> part(1U << 16U);
  for (std::size_t n = 0; (n = std::fread(part.data(), 1, part.size(), pipe)) > 0;) out.append(part.data(), n);
  if (::pclose(pipe) != 0) throw std::runtime_error("gzip failed");
  return out;
}

inline mote::host::tokenizer_text json_tokenizer(const std::string& folder) {
  const auto file = asset("tokenizers/" + folder + "/tokenizer.json.gz");
  const std::string text = unzipped(file);
  return mote::host::parse_tokenizer_json(std::as_bytes(std::span(text)), file);
}

inline std::vector<text_and_tokens> json_cases(const std::string& folder) {
  std::vector<text_and_tokens> cases;
  std::ifstream in(asset("tokenizers/" + folder + "/vectors.jsonl"));
  for (std::string line; std::getline(in, line);) {
    const auto j = nlohmann::json::parse(line);
    cases.push_back({j.at("text").get<std::string>(), j.at("ids").get<std::vector<int>>()});
  }
  return cases;
}

/// A tokenizer over its packed table.
template <class Tokenizer>
struct packed_tokenizer {
  explicit packed_tokenizer(const mote::host::tokenizer_text& text, const mote::control_set& control = {})
      : bytes(mote::host::pack_token_table(text)) {
    REQUIRE(Tokenizer::table::check(bytes, control) == mote::status::ok);
    words = Tokenizer(typename Tokenizer::table{std::span<const std::byte>(bytes)}, control.spoken);
  }
  std::vector<int> operator()(std::string_view text, mote::added_tokens added = mote::added_tokens::none) const {
    std::vector<mote::merge_slot> slots(2 * text.size() + 8);
    std::size_t count = 0;
    REQUIRE(words.append(text, slots, count, {.added = added}) == mote::status::ok);
    std::vector<int> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<int>(slots[i].token));
    return out;
  }
  std::string text_of(const std::vector<int>& tokens) const {
    std::string out;
    for (const int id : tokens) out += words.piece(mote::no_token, static_cast<std::uint32_t>(id));
    return out;
  }
  void agrees(const std::vector<text_and_tokens>& cases, mote::added_tokens added = mote::added_tokens::none) const {
    for (const text_and_tokens& c : cases) {
      CAPTURE(c.text);
      CHECK((*this)(c.text, added) == c.tokens);
    }
  }

  std::vector<std::byte> bytes;
  Tokenizer words;
};

/// All bytes, then merges of the halves named, in order.
inline mote::host::tokenizer_text byte_level_of(const std::vector<std::pair<std::string, std::string>>& merges) {
  mote::host::tokenizer_text t;
  for (unsigned b = 0; b < 256; ++b) t.pieces.emplace_back(1, static_cast<char>(static_cast<unsigned char>(b)));
  const auto find = [&](const std::string& piece) {
    for (std::size_t id = 0; id < t.pieces.size(); ++id)
      if (t.pieces[id] == piece) return static_cast<std::uint32_t>(id);
    throw std::runtime_error("no token " + piece);
  };
  for (const auto& [left, right] : merges) {
    t.merges.emplace_back(find(left), find(right));
    bool known = false;
    for (const std::string& p : t.pieces) known = known || p == left + right;
    if (!known) t.pieces.push_back(left + right);
  }
  t.types.assign(t.pieces.size(), mote::host::token_type::normal);
  return t;
}

/// Appends a token of a type, and returns its id.
inline int add(mote::host::tokenizer_text& t, const std::string& piece, mote::host::token_type type) {
  t.pieces.push_back(piece);
  t.types.push_back(type);
  return static_cast<int>(t.pieces.size()) - 1;
}

/// Random bytes of five kinds: letters and spaces, UTF-8 of all planes, broken UTF-8, controls, or all mixed.
inline std::string random_bytes(mote::rng& random, std::size_t longest) {
  std::string s;
  const std::uint32_t kind = random.below(5);
  const std::size_t size = random.below(static_cast<std::uint32_t>(longest));
  while (s.size() < size) {
    char utf8[4];
    switch (kind == 4 ? random.below(4) : kind) {
      case 0: s += " etaoinshrdlu,.'0123456789\n"[random.below(27)]; break;
      case 1: {
        const std::uint32_t planes[] = {0x80, 0x800, 0x3000, 0x10000, 0x110000};
        std::uint32_t code = random.below(planes[random.below(5)]);
        if (code >= 0xD800 && code < 0xE000) code = 0x301;
        s.append(utf8, mote::put_utf8(code, utf8));
        break;
      }
      case 2: s += static_cast<char>(static_cast<unsigned char>(random.below(256))); break;
      default: s += static_cast<char>(static_cast<unsigned char>(random.below(32)));
    }
  }
  return s;
}

}  // namespace mote_tests
