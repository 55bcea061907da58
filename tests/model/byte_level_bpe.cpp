// SPDX-License-Identifier: BSL-1.0
// Sanitized at -O1: computes for longer than it is compiled.
#include "mote/model/byte_level_bpe.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

#include "mote/core/rng.hpp"
#include "tokenizer_cases.hpp"

using mote::added_tokens;
using mote::byte_level_bpe;
using mote::status;
using mote_tests::packed_tokenizer;

namespace {

/// llama.cpp matches user-defined tokens in any text, so these cases do.
template <class Pieces>
void agrees_with_llama_cpp(const std::string& name) {
  CAPTURE(name);
  const auto cases = mote_tests::gguf_cases(name);
  CHECK(cases.size() == 46);
  packed_tokenizer<byte_level_bpe<Pieces>>(mote_tests::gguf_tokenizer(name)).agrees(cases, added_tokens::user_defined);
}

}  // namespace

TEST_CASE("byte-level bpe: the tokens of llama.cpp, for each family's way to cut", "[model][byte_level_bpe]") {
  agrees_with_llama_cpp<mote::gpt2_pieces>("gpt-2");
  agrees_with_llama_cpp<mote::gpt2_pieces>("mpt");
  agrees_with_llama_cpp<mote::starcoder_pieces>("starcoder");
  agrees_with_llama_cpp<mote::starcoder_pieces>("refact");
  agrees_with_llama_cpp<mote::falcon_pieces>("falcon");
  agrees_with_llama_cpp<mote::deepseek_llm_pieces>("deepseek-llm");
  agrees_with_llama_cpp<mote::deepseek_coder_pieces>("deepseek-coder");
}

TEST_CASE("byte-level bpe: Llama 3.1, by two other programs", "[model][byte_level_bpe]") {
  using words = byte_level_bpe<mote::llama3_pieces>;
  const auto text = mote_tests::json_tokenizer("llama3_1");
  CHECK(text.type_name() == "mote::byte_level_bpe<mote::llama3_pieces>");
  const packed_tokenizer<words> p(text);
  p.agrees(mote_tests::json_cases("llama3_1"));
  p.agrees(mote_tests::gguf_cases("llama-bpe"));
  CHECK(p.bytes.size() < 1'900'000);
}

TEST_CASE("byte-level bpe: Qwen3, by two other programs", "[model][byte_level_bpe]") {
  const auto text = mote_tests::json_tokenizer("qwen3");
  CHECK(text.type_name() == "mote::byte_level_bpe<mote::qwen2_pieces, mote::nfc>");
  packed_tokenizer<byte_level_bpe<mote::qwen2_pieces, mote::nfc>>(text).agrees(mote_tests::json_cases("qwen3"));
  // llama.cpp does not compose.
  const packed_tokenizer<byte_level_bpe<mote::qwen2_pieces>> plain(text);
  plain.agrees(mote_tests::gguf_cases("qwen2"));
  plain.agrees(mote_tests::gguf_cases("deepseek-r1-qwen"));
}

TEST_CASE("byte-level bpe: no text becomes a control token; templates may ask for one", "[model][byte_level_bpe]") {
  auto text = mote_tests::byte_level_of({{"<", "e"}, {"e", "n"}, {"<e", "n"}, {"d", ">"}, {"<en", "d>"}});
  // The control token has the text of a token that merges make: only the latter can be found.
  const int end = mote_tests::add(text, "<end>", mote::host::token_type::control);
  const int think = mote_tests::add(text, "<think>", mote::host::token_type::user_defined);
  const mote::token_range range{static_cast<std::uint32_t>(end), 1};
  const packed_tokenizer<byte_level_bpe<mote::in_turn<mote::isolated<mote::detail::one_line_end>>>> p(
      text, {.ranges = {&range, 1}});
  CHECK(p("<end>") == std::vector<int>{260});
  CHECK(p("<end>", added_tokens::user_defined) == std::vector<int>{260});
  CHECK(p("a<end>\n", added_tokens::all) == std::vector<int>{'a', end, '\n'});
  CHECK(p("<think>") == std::vector<int>{'<', 't', 'h', 'i', 'n', 'k', '>'});
  CHECK(p("<think><end>", added_tokens::user_defined) == std::vector<int>{think, 260});
  CHECK(p.text_of({'a', think, end, 260}) == "a<think><end>");  // the control token itself prints nothing
  CHECK(p.words.piece(0, 999).empty());
}

TEST_CASE("byte-level bpe: only the merge that the file lists", "[model][byte_level_bpe]") {
  const packed_tokenizer<byte_level_bpe<mote::gpt2_pieces>> p(
      mote_tests::byte_level_of({{"a", "b"}, {"b", "c"}, {"ab", "c"}}));
  CHECK(p("abc") == std::vector{258});
  CHECK(p("bc") == std::vector{257});
  const packed_tokenizer<byte_level_bpe<mote::gpt2_pieces>> q(
      mote_tests::byte_level_of({{"b", "c"}, {"a", "b"}, {"ab", "c"}}));
  CHECK(q("abc") == std::vector<int>{'a', 256});  // "abc" is a token, and no merge leads there
}

TEST_CASE("byte-level bpe: too little room is said, and nothing is changed", "[model][byte_level_bpe]") {
  const packed_tokenizer<byte_level_bpe<mote::gpt2_pieces, mote::nfc>> p(mote_tests::byte_level_of({{"a", "b"}}));
  std::vector<mote::merge_slot> slots(8);
  std::size_t count = 1;
  CHECK(p.words.append("xyzxyzxyz", slots, count) == status::too_long);
  CHECK(p.words.append("e\xCC\x81 xyzxyz", slots, count) == status::too_long);
  CHECK(count == 1);
  CHECK(p.words.append("e\xCC\x81", slots, count) == status::ok);
  CHECK(count == 3);
  CHECK(slots[1].token == 0xC3);
  CHECK(slots[2].token == 0xA9);
  CHECK(byte_level_bpe<mote::gpt2_pieces>{}.append("a", slots, count) == status::not_attached);
  std::size_t beyond = 9;
  CHECK(p.words.append("a", slots, beyond) == status::too_long);
}

TEST_CASE("byte-level bpe: any bytes come back, or are refused where the vocabulary lacks one",
          "[model][byte_level_bpe]") {
  const packed_tokenizer<byte_level_bpe<mote::gpt2_pieces>> gpt2(mote_tests::gguf_tokenizer("gpt-2"));
  const packed_tokenizer<byte_level_bpe<mote::starcoder_pieces>> lacking(mote_tests::gguf_tokenizer("starcoder"));
  mote::rng random(20);
  std::vector<mote::merge_slot> slots(10240);
  std::size_t refused = 0;
  for (int round = 0; round < 20000; ++round) {
    const std::string s = mote_tests::random_bytes(random, round % 500 == 0 ? 10000 : 60);
    std::string back;
    std::size_t count = 0;
    REQUIRE(gpt2.words.append(s, slots, count) == status::ok);
    for (std::size_t i = 0; i < count; ++i) back += gpt2.words.piece(mote::no_token, slots[i].token);
    if (back != s) REQUIRE(back == s);

    count = 0;
    back.clear();
    const status state = lacking.words.append(s, slots, count);
    REQUIRE((state == status::ok || state == status::not_spelled));
    bool lacks = false;
    for (const char c : s) lacks = lacks || lacking.words.vocabulary().token_of(c) == mote::no_token;
    if ((state == status::not_spelled) != lacks) REQUIRE((state == status::not_spelled) == lacks);
    refused += state == status::not_spelled ? 1 : 0;
    for (std::size_t i = 0; i < count; ++i) back += lacking.words.piece(mote::no_token, slots[i].token);
    if (state == status::ok && back != s) REQUIRE(back == s);
  }
  CHECK(refused > 100);
}
