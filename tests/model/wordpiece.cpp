// SPDX-License-Identifier: BSL-1.0
#include "mote/model/wordpiece.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

#include "mote/core/rng.hpp"
#include "tokenizer_cases.hpp"

using mote::status;
using mote::wordpiece;
using mote_tests::packed_tokenizer;

namespace {

using mote::host::token_type;

mote::host::tokenizer_text small() {
  mote::host::tokenizer_text t;
  t.kind = mote::table_kind::word_pieces;
  t.unknown = mote_tests::add(t, "[UNK]", token_type::control);
  for (const char* piece : {" hug", "s", "ging", " e", "e", "ee", " ,", " \xE4\xBD\xA0", " [unused0]"})
    mote_tests::add(t, piece, token_type::normal);
  return t;
}

}  // namespace

TEST_CASE("wordpiece: the tokens of llama.cpp for BGE", "[model][wordpiece]") {
  const auto cases = mote_tests::gguf_cases("bert-bge");
  CHECK(cases.size() == 46);
  packed_tokenizer<wordpiece>(mote_tests::gguf_tokenizer("bert-bge")).agrees(cases);
}

TEST_CASE("wordpiece: the longest token that begins, then the longest that continues", "[model][wordpiece]") {
  const packed_tokenizer<wordpiece> p(small());
  CHECK(p("hugs") == std::vector<int>{1, 2});
  CHECK(p("eeeee") == std::vector<int>{4, 6, 6});
  CHECK(p("HUGGING, \xC3\x89") == std::vector<int>{1, 3, 7, 4});
  CHECK(p("hug\xE4\xBD\xA0s") == std::vector<int>{1, 8, 0});  // no word begins with an s
  CHECK(p("hugx hug") == std::vector<int>{0, 1});
  CHECK(p("[UNK]") == std::vector<int>{0, 0, 0});
  CHECK(p("[UNK]", mote::added_tokens::all) == std::vector<int>{0});
  CHECK(p("[unused0]") == std::vector<int>{0, 0, 0});
  CHECK(p(std::string(100, 'e')).size() == 51);
  CHECK(p(std::string(101, 'e')) == std::vector<int>{0});
  CHECK(p("\x1B\xFF\x80 \xEF\xBF\xBD").empty());
  CHECK(p.text_of({1, 2}) == "hugs");
}

TEST_CASE("wordpiece: too little room, and no unknown token", "[model][wordpiece]") {
  auto text = small();
  text.unknown = -1;
  const packed_tokenizer<wordpiece> p(text);
  std::vector<mote::merge_slot> slots(2);
  std::size_t count = 0;
  CHECK(p.words.append("hugs hugs", slots, count) == status::too_long);
  CHECK(p.words.append("x", slots, count) == status::not_spelled);
  CHECK(count == 0);
  CHECK(wordpiece{}.append("x", slots, count) == status::not_attached);
}

TEST_CASE("wordpiece: any bytes have tokens", "[model][wordpiece]") {
  const packed_tokenizer<wordpiece> p(mote_tests::gguf_tokenizer("bert-bge"));
  mote::rng random(21);
  std::size_t tokens = 0;
  for (int round = 0; round < 20000; ++round)
    tokens += p(mote_tests::random_bytes(random, round % 500 == 0 ? 10000 : 60)).size();
  CHECK(tokens > 20000);
}
