// SPDX-License-Identifier: BSL-1.0
// SentencePiece BPE over the hashed table: the tokens of other programs, and of our own over the plain table.
// Sanitized at -O1: computes for longer than it is compiled.
#include "mote/model/hashed_sentencepiece_bpe.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/host/import/llama2c.hpp"
#include "mote/model/sentencepiece_bpe.hpp"
#include "tokenizer_cases.hpp"

using mote::added_tokens;
using mote::hashed_sentencepiece_bpe;
using mote::status;
using mote_tests::packed_tokenizer;

TEST_CASE("hashed sentencepiece bpe: the tokens of llama.cpp", "[model][sentencepiece_bpe]") {
  for (const char* name : {"llama-spm", "phi-3"}) {
    CAPTURE(name);
    const packed_tokenizer<hashed_sentencepiece_bpe<true>> p(mote_tests::gguf_tokenizer(name));
    p.agrees(mote_tests::gguf_cases(name));
  }
}

TEST_CASE("hashed sentencepiece bpe: Gemma 3, by another program", "[model][sentencepiece_bpe]") {
  const auto text = mote_tests::json_tokenizer("gemma3");
  CHECK(text.type_name() == "mote::hashed_sentencepiece_bpe<false>");
  CHECK(text.bos == 2);
  const packed_tokenizer<hashed_sentencepiece_bpe<false>> p(text);
  // tokenizer.json has the added tokens matched in every text.
  p.agrees(mote_tests::json_cases("gemma3"), added_tokens::user_defined);
  std::size_t same = 0;
  const auto cases = mote_tests::json_cases("gemma3");
  for (const auto& c : cases) same += p(c.text) == c.tokens ? 1 : 0;
  INFO(same << " of " << cases.size() << " without added tokens");
  CHECK(same >= 315);
}

TEST_CASE("hashed sentencepiece bpe: as over the plain table", "[model][sentencepiece_bpe]") {
  const auto words = mote::host::read_llama2c_tokenizer(mote_tests::asset("llama2c-tokenizer32k/tokenizer.bin"), 32000);
  const auto plain_table = mote::host::pack_vocabulary(words);
  const mote::sentencepiece_bpe plain(mote::vocabulary_view{plain_table}, {});
  mote::host::tokenizer_text text;
  text.kind = mote::table_kind::sentencepiece;
  text.pieces = words.pieces;
  text.scores = words.scores;
  text.types.assign(words.pieces.size(), mote::host::token_type::normal);
  for (std::size_t id = 0; id < 259; ++id)
    text.types[id] = id < 3 ? mote::host::token_type::control : mote::host::token_type::byte;
  const packed_tokenizer<hashed_sentencepiece_bpe<true>> hashed(text, {.spoken = {.bos = 1, .eos = 2}});

  mote::rng random(32);
  std::vector<mote::merge_slot> slots(10300);
  for (int round = 0; round < 3000; ++round) {
    const std::string s = mote_tests::random_bytes(random, round % 300 == 0 ? 10000 : 60);
    std::size_t count = 0;
    const status state = plain.append(s, slots, count);
    std::vector<int> expected;
    for (std::size_t i = 0; i < count; ++i) expected.push_back(static_cast<int>(slots[i].token));
    count = 0;
    REQUIRE(hashed.words.append(s, slots, count) == state);
    if (state != status::ok) {
      CHECK(s.find('\0') != std::string::npos);  // the only texts that this vocabulary cannot spell
      continue;
    }
    std::string back;
    for (std::size_t i = 0; i < count; ++i) back += hashed.words.piece(i == 0 ? 1 : 0, slots[i].token);
    if (back != s) REQUIRE(back == s);
    std::vector<int> found;
    for (std::size_t i = 0; i < count; ++i) found.push_back(static_cast<int>(slots[i].token));
    if (found != expected) REQUIRE(found == expected);
  }
}

TEST_CASE("hashed sentencepiece bpe: without byte tokens, what is unknown is the unknown token",
          "[model][sentencepiece_bpe]") {
  mote::host::tokenizer_text text;
  text.kind = mote::table_kind::sentencepiece;
  text.unknown = mote_tests::add(text, "<unk>", mote::host::token_type::unknown);
  for (const char* piece : {" ", "h", "i", "hi", " hi"}) mote_tests::add(text, piece, mote::host::token_type::normal);
  text.scores = {0, -5, -4, -4, -2, -1};
  const packed_tokenizer<hashed_sentencepiece_bpe<true>> p(text);
  CHECK(p("hi") == std::vector<int>{5});
  CHECK(p("hix \xC3\xA9hi") == std::vector<int>{5, 0, 1, 0, 4});
  text.unknown = -1;
  std::vector<mote::merge_slot> slots(4);
  std::size_t count = 0;
  CHECK(packed_tokenizer<hashed_sentencepiece_bpe<true>>(text).words.append("x", slots, count) == status::not_spelled);
}
