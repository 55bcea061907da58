// SPDX-License-Identifier: BSL-1.0
// The tokenizer of a GGUF file: texts, types, merges and scores, and what is refused.
// Sanitized at -O1: a vocabulary of 262,144 tokens is read and packed.
#include "mote/host/import/gguf_tokenizer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "../../model/tokenizer_cases.hpp"
#include "gguf_writer.hpp"
#include "mote/host/image/token_table_packer.hpp"
#include "mote/model/hashed_sentencepiece_bpe.hpp"

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

TEST_CASE("gguf tokenizer: Gemma 3 as converters write it, whose line ends and spaces are added tokens",
          "[host][gguf_tokenizer]") {
  const auto j = nlohmann::json::parse(mote_tests::unzipped(mote_tests::asset("tokenizers/gemma3/tokenizer.json.gz")));
  const auto& model = j.at("model");
  std::vector<std::string> pieces(262144);
  std::vector<std::int32_t> types(pieces.size(), 1);
  for (const auto& [piece, id] : model.at("vocab").items()) pieces.at(id.get<std::size_t>()) = piece;
  for (std::size_t id = 0; id < pieces.size(); ++id)
    if (pieces[id].size() == 6 && pieces[id].starts_with("<0x")) types[id] = 6;
  for (const auto& added : j.at("added_tokens"))
    if (const auto id = added.at("id").get<std::size_t>(); id < types.size())
      types[id] =
          added.at("special").get<bool>() || added.at("content").get<std::string>().starts_with("<unused") ? 3 : 4;
  std::unordered_map<std::string, float> merged;
  for (const auto& merge : model.at("merges"))
    merged.emplace(merge[0].get<std::string>() + merge[1].get<std::string>(), -static_cast<float>(merged.size()));
  mote_tests::gguf_parts g;
  g.value("general.architecture", "gemma3");
  g.value("tokenizer.ggml.model", "llama");
  g.value("tokenizer.ggml.pre", "default");
  g.value("tokenizer.ggml.add_space_prefix", 7, false);
  texts(g, "tokenizer.ggml.tokens", pieces);
  numbers(g, "tokenizer.ggml.token_type", types);
  mote_tests::byte_writer scores;
  scores.put(std::uint32_t{9}).put(std::uint32_t{6}).put(static_cast<std::uint64_t>(pieces.size()));
  for (std::size_t id = 0; id < pieces.size(); ++id) {
    const auto at = merged.find(pieces[id]);
    scores.put(types[id] == 3 || types[id] == 4 ? -1000.0F : at == merged.end() ? -1e6F : at->second);
  }
  g.set("tokenizer.ggml.scores", scores.bytes);
  const auto words = read(g);
  CHECK(words.type_name() == "mote::hashed_sentencepiece_bpe<false>");
  const mote_tests::packed_tokenizer<mote::hashed_sentencepiece_bpe<false>> p(words);
  const auto cases = mote_tests::json_cases("gemma3");
  p.agrees(cases, mote::added_tokens::user_defined);
  std::size_t same = 0;
  for (const auto& c : cases) same += p(c.text) == c.tokens ? 1 : 0;
  CHECK(same >= 315);  // as many as of its tokenizer.json: the others have HTML
  CHECK(p("a\n\n\nb") == std::vector{236746, 109, 236763});
}
