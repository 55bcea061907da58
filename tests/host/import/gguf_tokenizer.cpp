// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/gguf_tokenizer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "gguf_writer.hpp"
#include "mote/host/image/token_table_packer.hpp"

using Catch::Matchers::ContainsSubstring;
using mote::host::token_type;

namespace {

void texts(mote_tests::gguf_parts& g, const std::string& key, const std::vector<std::string>& all) {
  mote_tests::byte_writer w;
  w.put(std::uint32_t{9}).put(std::uint32_t{8}).put(static_cast<std::uint64_t>(all.size()));
  for (const std::string& s : all) w.text(s);
  g.set(key, w.bytes);
}
void numbers(mote_tests::gguf_parts& g, const std::string& key, const std::vector<std::int32_t>& all) {
  mote_tests::byte_writer w;
  w.put(std::uint32_t{9}).put(std::uint32_t{5}).put(static_cast<std::uint64_t>(all.size()));
  for (const std::int32_t v : all) w.put(v);
  g.set(key, w.bytes);
}

/// "a", "b", "ab", a space with an a, and two added tokens.
mote_tests::gguf_parts small() {
  mote_tests::gguf_parts g;
  g.value("tokenizer.ggml.model", "gpt2");
  g.value("tokenizer.ggml.pre", "qwen2");
  texts(g, "tokenizer.ggml.tokens",
        {"a", "b", "ab", "\xC4\xA0",
         "\xC4\xA0"
         "a",
         "<|end|>", "<think>"});
  numbers(g, "tokenizer.ggml.token_type", {1, 1, 1, 1, 1, 3, 4});
  texts(g, "tokenizer.ggml.merges", {"a b", "\xC4\xA0 a"});
  g.value("tokenizer.ggml.eos_token_id", 4, std::uint32_t{5});
  return g;
}

mote::host::tokenizer_text read(const mote_tests::gguf_parts& g) {
  const auto bytes = g.file();
  return mote::host::read_gguf_tokenizer(mote::host::gguf_file(bytes, "a.gguf"));
}

}  // namespace

TEST_CASE("gguf tokenizer: texts, types, merges, and the way to cut", "[host][gguf_tokenizer]") {
  const auto t = read(small());
  CHECK(t.type_name() == "mote::byte_level_bpe<mote::qwen2_pieces>");
  CHECK(t.pieces == std::vector<std::string>{"a", "b", "ab", " ", " a", "<|end|>", "<think>"});
  CHECK(t.types[5] == token_type::control);
  CHECK(t.types[6] == token_type::user_defined);
  CHECK(t.merges[1] == std::pair<std::uint32_t, std::uint32_t>{3, 0});
  CHECK(t.bos == -1);
  CHECK(t.eos == 5);
  REQUIRE(t.control_tokens().size() == 1);
  CHECK(t.control_tokens()[0].first == 5);
  CHECK_NOTHROW(mote::host::pack_token_table(t));
}

TEST_CASE("gguf tokenizer: an id of -1 is none", "[host][gguf_tokenizer]") {
  auto g = small();
  g.value("tokenizer.ggml.bos_token_id", 4, std::uint32_t{0xFFFFFFFF});
  g.value("tokenizer.ggml.eos_token_id", 4, std::uint32_t{0xFFFFFFFF});
  CHECK(read(g).bos == -1);
  CHECK(read(g).eos == -1);
  g.value("tokenizer.ggml.bos_token_id", 4, std::uint32_t{0});
  CHECK(read(g).bos == -1);  // no key says that Qwen's texts begin with it
  g.value("tokenizer.ggml.add_bos_token", 7, std::uint8_t{1});
  CHECK(read(g).bos == 0);
  g.value("tokenizer.ggml.add_bos_token", 7, std::uint8_t{0});
  CHECK(read(g).bos == -1);
  g.erase("tokenizer.ggml.add_bos_token");
  g.value("tokenizer.ggml.pre", "llama-bpe");
  CHECK(read(g).bos == 0);
}

TEST_CASE("gguf tokenizer: more than one end, by keys and by the texts of control tokens", "[host][gguf_tokenizer]") {
  auto g = small();
  CHECK(read(g).end_tokens.empty());
  g.value("tokenizer.ggml.eom_token_id", 4, std::uint32_t{4});
  g.value("tokenizer.ggml.eot_token_id", 4, std::uint32_t{6});
  CHECK(read(g).end_tokens == std::vector{6, 4});
  CHECK(read(g).types[6] == token_type::control);  // no text becomes an end, whatever the file's types say
  texts(g, "tokenizer.ggml.tokens",
        {"a", "b", "ab", "\xC4\xA0",
         "\xC4\xA0"
         "a",
         "<|end|>", "<|im_end|>"});
  g.erase("tokenizer.ggml.eom_token_id");
  g.erase("tokenizer.ggml.eot_token_id");
  CHECK(read(g).end_tokens.empty());  // a word
  numbers(g, "tokenizer.ggml.token_type", {1, 1, 1, 1, 1, 3, 3});
  CHECK(read(g).end_tokens == std::vector{6});
  g.value("tokenizer.ggml.eos_token_id", 4, std::uint32_t{0xFFFFFFFF});
  CHECK(read(g).end_tokens.empty());  // the file says that nothing ends an answer
  g.value("tokenizer.ggml.eot_token_id", 4, std::uint32_t{7});
  CHECK_THROWS_WITH(read(g), ContainsSubstring("is 7; there are 7 tokens"));
}

TEST_CASE("gguf tokenizer: what is not known is refused by its name", "[host][gguf_tokenizer]") {
  auto g = small();
  std::string says;
  SECTION("a kind") {
    g.value("tokenizer.ggml.model", "rwkv");
    says = "of the kind \"rwkv\"";
  }
  SECTION("a pre-tokenizer") {
    g.value("tokenizer.ggml.pre", "tekken");
    says = "the pre-tokenizer \"tekken\", which is not known";
  }
  SECTION("no pre-tokenizer") {
    g.erase("tokenizer.ggml.pre");
    says = "does not say how its tokenizer cuts a text";
  }
  SECTION("a type") {
    numbers(g, "tokenizer.ggml.token_type", {1, 1, 1, 1, 1, 3, 9});
    says = "token 6 is of the type 9";
  }
  SECTION("too few types") {
    numbers(g, "tokenizer.ggml.token_type", {1, 1, 1});
    says = "another number of scores or types";
  }
  SECTION("a merge of no tokens") {
    texts(g, "tokenizer.ggml.merges", {"a c"});
    says = "has the merge \"a c\", whose halves are not two of its tokens";
  }
  SECTION("a merge of one") {
    texts(g, "tokenizer.ggml.merges", {"ab"});
    says = "has the merge \"ab\"";
  }
  SECTION("no merges") {
    g.erase("tokenizer.ggml.merges");
    says = "tokenizer.ggml.merges";
  }
  SECTION("a token of other characters") {
    texts(g, "tokenizer.ggml.tokens", {"a", "b", "ab", "\xC4\xA0", "\xE4\xBD\xA0", "<|end|>", "<think>"});
    says = "is not of byte-level symbols";
  }
  SECTION("an end that is no token") {
    g.value("tokenizer.ggml.eos_token_id", 4, std::uint32_t{7});
    says = "is 7; there are 7 tokens";
  }
  SECTION("a table of normalizations") {
    numbers(g, "tokenizer.ggml.precompiled_charsmap", {1});
    says = "precompiled_charsmap";
  }
  CHECK_THROWS_WITH(read(g), ContainsSubstring(says));
}

TEST_CASE("packer: what a table cannot say is refused", "[host][token_table_packer]") {
  auto t = read(small());
  SECTION("a merge of a token that is not there") { t.merges.emplace_back(0, 70); }
  SECTION("a merge that makes no token") { t.merges.emplace_back(1, 0); }
  SECTION("two added tokens of one text") {
    t.pieces.push_back("<think>");
    t.types.push_back(token_type::control);
  }
  SECTION("an end that is no token") { t.eos = 7; }
  SECTION("too few types") { t.types.pop_back(); }
  SECTION("no tokens") { t = {}; }
  SECTION("two ways to one token, in the other order") {
    t.pieces.insert(t.pieces.end(), {"ba", "aba"});
    t.types.insert(t.types.end(), 2, token_type::normal);
    t.merges = {{1, 0}, {0, 1}, {2, 0}, {0, 7}};
  }
  CHECK_THROWS_WITH(mote::host::pack_token_table(t), ContainsSubstring("tokenizer: "));
}
