// SPDX-License-Identifier: BSL-1.0
// Sanitized at -O1: computes for longer than it is compiled.
#include "mote/host/import/tokenizer_json.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/host/file.hpp"

using Catch::Matchers::ContainsSubstring;
using mote::host::token_type;

namespace {

const std::string small = R"({"version":"1.0","added_tokens":[
{"id":4,"content":"<|end|>","special":true},{"id":6,"content":"<think>","special":false}],
"normalizer":{"type":"NFC"},
"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},
{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}]},
"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|end|>","type_id":0}},
{"Sequence":{"id":"A","type_id":0}}]},
"model":{"type":"BPE","dropout":null,"continuing_subword_prefix":"","ignore_merges":false,
"vocab":{"a":0,"b":1,"ab":2,"\u0120":3},"merges":["a b"]}})";

mote::host::tokenizer_text parse(std::string_view text) {
  return mote::host::parse_tokenizer_json(std::as_bytes(std::span(text)), "tokenizer.json");
}
std::string changed(std::string_view from, std::string_view to) {
  std::string text = small;
  const std::size_t at = text.find(from);
  REQUIRE(at != text.npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("tokenizer.json: texts, types, merges, and the way to cut", "[host][tokenizer_json]") {
  const auto t = parse(small);
  CHECK(t.type_name() == "mote::byte_level_bpe<mote::starcoder_pieces, mote::nfc>");
  CHECK(t.pieces == std::vector<std::string>{"a", "b", "ab", " ", "<|end|>", "", "<think>"});
  CHECK(t.types[4] == token_type::control);
  CHECK(t.types[5] == token_type::unused);
  CHECK(t.types[6] == token_type::user_defined);
  CHECK(t.bos == 4);
  CHECK(t.merges.size() == 1);
  CHECK(parse(changed("\"a b\"", "[\"a\",\"b\"]")).merges == t.merges);
}

TEST_CASE("tokenizer.json: what is not known is refused by its name", "[host][tokenizer_json]") {
  struct attack {
    std::string_view from, to, says;
  };
  for (const attack& a : std::vector<attack>{
           {"\"BPE\"", "\"Banana\"", "of the kind \"Banana\""},
           {"\"NFC\"", "\"NFKC\"", "the normalizer \"NFKC\""},
           {"\"Digits\"", "\"Fingers\"", "the pre-tokenizer \"Fingers\""},
           {"\"use_regex\":true", "\"use_regex\":false", "does not say how"},
           {"\"add_prefix_space\":false", "\"add_prefix_space\":true", "puts a space before"},
           {"\"individual_digits\":true", "\"individual_digits\":false", "the pre-tokenizer \"Digits\""},
           {"\"continuing_subword_prefix\":\"\"", "\"continuing_subword_prefix\":\"@@\"", "continuing_subword_prefix"},
           {"\"ab\":2", "\"ab\":-2", "a token id that is none"},
           {"\"ab\":2", "\"ab\":1048575", "a token id that is none"},
           {"\"ab\":2", "\"ab\":900000", "the token id 900000 among 4"},
           {"\"id\":6", "\"id\":900000", "far behind the others"},
           {"\"a b\"", "\"a c\"", "a merge of \"c\""},
           {"\"a b\"", "\"ab\"", "which is not two tokens"},
           {"\"a b\"", "7", "a merge that is not two tokens"},
           {"\"ab\":2", "\"\xE4\xBD\xA0\":2", "not"},
           {"{\"id\":\"<|end|>\"", "{\"id\":\"<|begin|>\"", "opens or ends a text with \"<|begin|>\""},
           {"\"version\"", "version", "is no JSON"},
           {"\"model\"", "\"modem\"", "has no object \"model\""},
       }) {
    CAPTURE(a.to);
    CHECK_THROWS_WITH(parse(changed(a.from, a.to)), ContainsSubstring(std::string(a.says)));
  }
  CHECK_THROWS_WITH(parse("[]"), ContainsSubstring("no object"));
  CHECK_THROWS_WITH(parse(""), ContainsSubstring("is no JSON"));
}

TEST_CASE("tokenizer.json: any cut and any wrong bytes are refused or read", "[host][tokenizer_json]") {
  std::size_t read = 0;
  const auto attempt = [&](const std::string& text) {
    try {
      read += parse(text).pieces.size() != 0 ? 1 : 0;
    } catch (const mote::host::file_error&) {
    }
  };
  for (std::size_t n = 0; n < small.size(); ++n) attempt(small.substr(0, n));
  CHECK(read == 0);
  mote::rng random(8);
  for (int round = 0; round < 20000; ++round) {
    std::string text = small;
    for (std::uint32_t i = 1 + random.below(3); i > 0; --i)
      text[random.below(static_cast<std::uint32_t>(text.size()))] = static_cast<char>(static_cast<unsigned char>(
          random.below(2) == 0 ? random.below(256)
                               : static_cast<std::uint32_t>("{}[]\",:0123456789"[random.below(17)])));
    attempt(text);
  }
  CHECK(read > 100);
  attempt(std::string(100000, '['));
}
