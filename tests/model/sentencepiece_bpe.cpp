// SPDX-License-Identifier: BSL-1.0
// Sanitized at -O1: computes for longer than it is compiled.
#include "mote/model/sentencepiece_bpe.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "../assets.hpp"
#include "mote/core/rng.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/host/import/llama2c.hpp"
#include "mote/model/vocabulary.hpp"
#include "plain_tokenizer.hpp"

namespace {

struct packed {
  explicit packed(const mote::host::vocabulary_text& text, const mote::special_tokens& control = {})
      : table(mote::host::pack_vocabulary(text, control)) {
    REQUIRE(mote::vocabulary_view::check(table) == mote::status::ok);
    tokens = mote::sentencepiece_bpe{mote::vocabulary_view{table}, control};
  }
  std::vector<std::byte> table;
  mote::sentencepiece_bpe tokens;
};

/// <unk>, <s>, </s>, the bytes, then the pieces given, each a point less urgent than the one before.
mote::host::vocabulary_text vocabulary_of(const std::vector<std::string>& pieces) {
  mote::host::vocabulary_text text{{"<unk>", "\n<s>\n", "\n</s>\n"}, {}};
  for (unsigned b = 0; b < 256; ++b) text.pieces.push_back(mote::host::detail::byte_spelling(b));
  text.scores.assign(text.pieces.size(), 0.0F);
  for (const std::string& p : pieces) {
    text.pieces.push_back(p);
    text.scores.push_back(-static_cast<float>(text.pieces.size()));
  }
  return text;
}

std::vector<int> ids(const mote::sentencepiece_bpe& t, std::string_view text, bool bos = true) {
  std::vector<mote::merge_slot> slots(text.size() + 2);
  const mote::encoded e = t.encode(text, slots, bos);
  REQUIRE(e.state == mote::status::ok);
  std::vector<int> out;
  for (std::size_t i = 0; i < e.count; ++i) out.push_back(static_cast<int>(slots[i].token));
  return out;
}

std::string text_of(const mote::sentencepiece_bpe& t, const std::vector<int>& tokens) {
  std::string out;
  std::uint32_t previous = mote::no_token;
  for (int token : tokens) {
    const auto id = static_cast<std::uint32_t>(token);
    if (token != t.control().bos) out += t.piece(previous, id);
    previous = id;
  }
  return out;
}

/// Text that a vocabulary knows, characters that it does not, and bytes that are no UTF-8.
std::string random_text(mote::rng& random, const std::vector<std::string>& pieces) {
  std::string s;
  const std::uint32_t parts = random.below(40);
  for (std::uint32_t i = 0; i < parts; ++i) {
    switch (random.below(6)) {
      case 0: s += static_cast<char>(static_cast<unsigned char>(1 + random.below(255))); break;
      case 1: s += static_cast<char>(static_cast<unsigned char>(32 + random.below(95))); break;
      case 2:
        s += std::array{"ą", "ü", "\xE2\x80\x8A", "日本", "😀", "  ", "\n", "<0x41>", "<s>"}[random.below(9)];
        break;
      default: s += pieces[259 + random.below(static_cast<std::uint32_t>(pieces.size() - 259))];
    }
  }
  return s;
}

}  // namespace

TEST_CASE("sentencepiece bpe: agrees with a plain implementation on real vocabularies", "[model][sentencepiece_bpe]") {
  const auto [file, vocab, rounds] =
      GENERATE(table<std::string, std::size_t, int>({{"llama2c-stories260K/tok512.bin", 512U, 1500},
                                                     {"llama2c-stories3M-q80/tok4096.bin", 4096U, 1500},
                                                     {"llama2c-tokenizer32k/tokenizer.bin", 32000U, 1500}}));
  const auto text = mote::host::read_llama2c_tokenizer(mote_tests::asset(file), vocab);
  const packed p(text);
  const mote_tests::plain_tokenizer plain(text);
  mote::rng random(vocab);
  std::size_t merged = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::string s = random_text(random, text.pieces);
    const bool bos = random.below(2) == 0;
    const std::vector<int> expected = plain.encode(s, bos);
    const std::vector<int> found = ids(p.tokens, s, bos);
    if (found != expected) {
      CAPTURE(s);
      REQUIRE(found == expected);
    }
    merged += s.size() + 2 - found.size();
    int previous = 0;
    for (int token : found) {
      const auto piece = p.tokens.piece(static_cast<std::uint32_t>(previous), static_cast<std::uint32_t>(token));
      if (piece != plain.decode(previous, token)) REQUIRE(piece == plain.decode(previous, token));
      previous = token;
    }
    if (bos && text_of(p.tokens, found) != s) REQUIRE(text_of(p.tokens, found) == s);
  }
  CHECK(merged > static_cast<std::size_t>(rounds));  // the strings are such that merges happen
}

TEST_CASE("sentencepiece bpe: merges the best pair first, and the leftmost of equals", "[model][sentencepiece_bpe]") {
  auto text = vocabulary_of({" ", "a", "b", "ab", "ba", "aa"});
  const int a = 260, b = 261, ab = 262, ba = 263, aa = 264;
  SECTION("by score") {
    CHECK(ids(packed(text).tokens, "bab", false) == std::vector{259, b, ab});
    text.scores[static_cast<std::size_t>(ba)] = 1;
    CHECK(ids(packed(text).tokens, "bab", false) == std::vector{259, ba, b});
  }
  SECTION("leftmost of equals") {
    CHECK(ids(packed(text).tokens, "aaa", false) == std::vector{259, aa, a});
    text.scores[static_cast<std::size_t>(ab)] = text.scores[static_cast<std::size_t>(ba)] = 0.5F;
    CHECK(ids(packed(text).tokens, "bab", false) == std::vector{259, ba, b});
    CHECK(ids(packed(text).tokens, "aba", false) == std::vector{259, ab, a});
  }
  SECTION("a score at llama2.c's floor never merges, though the character is found") {
    text.scores[static_cast<std::size_t>(ab)] = -1e10F;
    text.scores[static_cast<std::size_t>(a)] = -1e12F;
    CHECK(ids(packed(text).tokens, "ab", false) == std::vector{259, a, b});
  }
  SECTION("zero and minus zero are the same score") {
    text.scores[static_cast<std::size_t>(ab)] = 0.0F;
    text.scores[static_cast<std::size_t>(ba)] = -0.0F;
    CHECK(ids(packed(text).tokens, "bab", false) == std::vector{259, ba, b});
  }
}

TEST_CASE("sentencepiece bpe: unknown characters become bytes, whatever they are", "[model][sentencepiece_bpe]") {
  const packed p(vocabulary_of({" ", "a", "é"}));
  CHECK(ids(p.tokens, "") == std::vector{1});
  CHECK(ids(p.tokens, "", false).empty());
  CHECK(ids(p.tokens, "é") == std::vector{1, 259, 261});
  CHECK(ids(p.tokens, "ü") == std::vector{1, 259, 3 + 0xC3, 3 + 0xBC});
  CHECK(ids(p.tokens, "a\x80") == std::vector{1, 259, 3 + 'a', 3 + 0x80});  // llama2.c cuts there
  CHECK(ids(p.tokens, "\x80\x81\x82\x83\x84", false) ==
        std::vector{259, 3 + 0x80, 3 + 0x81, 3 + 0x82, 3 + 0x83, 3 + 0x84});
  CHECK(text_of(p.tokens, ids(p.tokens, "aéü\xFF")) == "aéü\xFF");
}

TEST_CASE("sentencepiece bpe: no text becomes a control token", "[model][sentencepiece_bpe]") {
  auto text = vocabulary_of({" ", "<", "s", ">", "<s", "<s>", "|", "<|", "<|>", "x"});
  // The control token's text can be reached by merges; the user must not reach the token.
  const packed p(text, {.user = 267, .answer = 264});
  for (const char* attempt : {"<s>", "<|>", "x<|>x", "<0x41>", "\n<s>\n", "<s><|>"})
    for (int id : ids(p.tokens, attempt, false)) CHECK((id != 1 && id != 2 && id != 264 && id != 267));
  CHECK(ids(p.tokens, "<|>", false) == std::vector{259, 266, 262});
  CHECK(p.tokens.piece(0, 267) == "<|>");
}

TEST_CASE("sentencepiece bpe: refuses what does not fit or cannot be spelled", "[model][sentencepiece_bpe]") {
  const packed p(vocabulary_of({" ", "a", "aa"}));
  std::vector<mote::merge_slot> slots(6);
  CHECK(p.tokens.encode("aaaa", slots).state == mote::status::ok);
  CHECK(p.tokens.encode("aaaaa", slots).state == mote::status::too_long);
  CHECK(p.tokens.encode("aaaaa", slots, false).state == mote::status::ok);
  CHECK(p.tokens.encode("aaa\xC3\xBC", slots).state == mote::status::too_long);
  CHECK(p.tokens.encode("", std::span<mote::merge_slot>{}).state == mote::status::too_long);
  CHECK(p.tokens.encode("", std::span<mote::merge_slot>{}, false).state == mote::status::ok);
  CHECK(p.tokens.encode(std::string_view("a\0a", 3), slots).state == mote::status::bad_utf8);
  CHECK(mote::sentencepiece_bpe{}.encode("a", slots).state == mote::status::not_attached);
  CHECK(mote::sentencepiece_bpe{}.encode("a", slots, false).state == mote::status::not_attached);
  CHECK(p.tokens.piece(0, 262).empty());
  CHECK(p.tokens.piece(0, mote::no_token).empty());

  const packed bare({{"<s>", " ", "a"}, {0, 0, 0}}, {.bos = 0, .eos = -1});
  CHECK(bare.tokens.encode("a", slots).count == 3);
  CHECK(bare.tokens.encode("b", slots).state == mote::status::not_spelled);
}

TEST_CASE("sentencepiece bpe: append joins segments that do not merge into one another", "[model][sentencepiece_bpe]") {
  const packed p(vocabulary_of({" ", "a", "aa", " a"}));
  std::array<mote::merge_slot, 8> slots{};
  std::size_t count = 0;
  REQUIRE(p.tokens.append("a", slots, count, {.space_before = false}) == mote::status::ok);
  REQUIRE(p.tokens.append("a", slots, count, {.space_before = false}) == mote::status::ok);
  REQUIRE(p.tokens.append("a", slots, count) == mote::status::ok);
  REQUIRE(count == 3);
  CHECK(slots[0].token == 260);
  CHECK(slots[1].token == 260);
  CHECK(slots[2].token == 262);
  CHECK(p.tokens.append("xxxxxx", slots, count) == mote::status::too_long);
  CHECK(count == 3);
  CHECK(slots[2].token == 262);
  std::size_t beyond = 9;
  CHECK(p.tokens.append("a", slots, beyond) == mote::status::too_long);
}

TEST_CASE("sentencepiece bpe: one space goes behind the opening token, and only there", "[model][sentencepiece_bpe]") {
  const packed p(vocabulary_of({" ", "a", " a", "  a"}));
  CHECK(p.tokens.piece(1, 261) == "a");
  CHECK(p.tokens.piece(1, 262) == " a");
  CHECK(p.tokens.piece(260, 261) == " a");
  CHECK(p.tokens.piece(1, 3 + ' ') == " ");  // a byte token is the byte: llama2.c strips spelled spaces only
  CHECK(p.tokens.piece(1, 3 + '\n') == "\n");
}

TEST_CASE("sentencepiece bpe: at rest it is all zeros, so that a static one lies in .bss",
          "[model][sentencepiece_bpe]") {
  static const mote::sentencepiece_bpe rest;
  static const mote::merge_slot slot;
  const auto zero = [](const auto& object) {
    for (std::byte b : std::as_bytes(std::span(&object, 1)))
      if (b != std::byte{0}) return false;
    return true;
  };
  CHECK(zero(rest));
  CHECK(zero(slot));
}

TEST_CASE("printable: drops a lone control byte, as llama2.c does", "[model][sentencepiece_bpe]") {
  using mote::printable;
  CHECK(printable("a"));
  CHECK(printable("\n"));
  CHECK(printable("\t"));
  CHECK(printable("~"));
  CHECK(printable("\xC3\xBC"));
  CHECK_FALSE(printable(""));
  CHECK_FALSE(printable("\x7F"));
  CHECK_FALSE(printable("\x1B"));
  CHECK_FALSE(printable("\xC3"));
  CHECK_FALSE(printable(std::string_view("\0", 1)));
}
