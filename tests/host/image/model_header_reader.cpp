// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/model_header_reader.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "mote/host/import/chat_form.hpp"
#include "tiny_facts.hpp"

using Catch::Matchers::ContainsSubstring;
using mote::host::model_header;
using mote::host::read_model_header;

namespace {
mote::host::model_facts facts() {
  mote::host::model_facts f = mote_tests::tiny_facts();
  f.origin = "tiny.bin (llama2.c legacy, floats) and tok.bin";
  f.shape.context = 300;
  f.special_tokens.eos = -1;
  return f;
}
std::string changed(const std::string& from, const std::string& to) {
  std::string text = model_header(facts());
  const std::size_t at = text.find(from);
  REQUIRE(at != text.npos);
  return text.replace(at, from.size(), to);
}
}  // namespace

TEST_CASE("model header: reads back what was written", "[host][model_header_reader]") {
  const auto m = read_model_header(model_header(facts()));
  CHECK(m.name == "tiny");
  CHECK(m.origin == facts().origin);
  CHECK(m.shape == facts().shape);
  CHECK(m.vocabulary_bytes == 4464);
  CHECK(m.longest_piece == 7);
  CHECK(m.special_tokens == facts().special_tokens);
}

TEST_CASE("model header: reads back what few families have", "[host][model_header_reader]") {
  auto f = facts();
  f.shape.head_width = 12;
  f.shape.window = 40;
  f.shape.softcap = 50;
  f.shape.score_scale = 0.125F;
  f.shape.rotary_width = 6;
  f.shape.local_theta = 10000;
  f.shape.logit_softcap = 30;
  f.shape.per_layer_width = 20;
  CHECK(read_model_header(model_header(f)).shape == f.shape);
  f.shape.rope = {.factor = 32, .low_frequency_factor = 1, .high_frequency_factor = 4.5F, .original_context = 8192};
  CHECK(read_model_header(model_header(f)).shape == f.shape);
}

TEST_CASE("model header: reads back the family and the tokenizer", "[host][model_header_reader]") {
  for (const char* type : {"mote::qwen3", "mote::gemma2", "mote::lfm2_layers<\"ccacc\">"}) {
    auto f = facts();
    f.family = mote::host::any_family::of_type(type);
    f.tokenizer = "mote::byte_level_bpe<mote::qwen2_pieces>";
    f.control_tokens = {{500, 3}, {511, 1}};
    const std::string text = model_header(f);
    CHECK_THAT(text, ContainsSubstring("  using family = " + std::string(type) + ";\n"));
    CHECK_THAT(text, ContainsSubstring("#include <" + std::string(f.family.header()) + ">\n"));
    const auto m = read_model_header(text);
    CHECK(m.family == f.family);
    CHECK(m.tokenizer == f.tokenizer);
    CHECK(m.control_tokens.size() == 2);
  }
  CHECK(model_header(facts()).find("family") == std::string::npos);  // Llama is the family of a model that names none
  CHECK_THROWS_WITH(read_model_header(changed("{\n  static constexpr std::string_view name",
                                              "{\n  using family = mote::falcon;\n  static constexpr "
                                              "std::string_view name")),
                    ContainsSubstring("\"mote::falcon\""));
}

TEST_CASE("model header: reads back more than one end", "[host][model_header_reader]") {
  for (const std::vector<std::uint32_t>& ends : {std::vector<std::uint32_t>{128001}, {1, 128008, 5}}) {
    auto f = facts();
    f.end_tokens = ends;
    f.control_tokens = {{500, 3}};
    CHECK(read_model_header(model_header(f)).end_tokens == ends);
  }
  auto f = facts();
  f.end_tokens = {7, 9};
  CHECK_THAT(model_header(f), ContainsSubstring("\n  static constexpr std::array<std::uint32_t, 2> end_tokens{7, 9};"));
  CHECK(model_header(facts()).find("end_tokens") == std::string::npos);
}

TEST_CASE("model header: reads back a chat template", "[host][model_header_reader]") {
  mote::host::chat_form chat;
  chat.form.opening = "<s>\"\n\\\xC3\xBC?";
  chat.form.user = {"[", "]", true, true};
  chat.form.alternates = true;
  for (const bool spells : {false, true}) {
    if (spells) chat.tokens = {{"<s>", 1, true}, {"]", 2}};
    auto f = facts();
    f.chat = chat.header_text();
    CHECK(read_model_header(model_header(f)).chat == f.chat);
    CHECK_THAT(f.chat, ContainsSubstring("      .opening = \"<s>\\\"\\n\\\\\\303\\274\\?\",\n"));
  }
}

TEST_CASE("model header: any other text is refused", "[host][model_header_reader]") {
  CHECK_THROWS_WITH(read_model_header(""), ContainsSubstring("not what import_model writes"));
  CHECK_THROWS_WITH(read_model_header(changed(".dim = 64", ".dim = 6x")), ContainsSubstring("not a number"));
  CHECK_THROWS_WITH(read_model_header(changed(".dim = 64", ".dim = 99999999999999999999999")),
                    ContainsSubstring("not a number"));
  CHECK_THROWS_WITH(read_model_header(changed(".dim = 64", ".dim = 0")), ContainsSubstring("make no model"));
  // Understood, but not what the importer writes: a fact might stand where nobody looked.
  CHECK_THROWS_WITH(read_model_header(changed("      .dim = 64,", "      .dim = 064,")),
                    ContainsSubstring("import the model again"));
  CHECK_THROWS_WITH(read_model_header(changed("#pragma once\n", "#pragma once\n#define dim hidden\n")),
                    ContainsSubstring("import the model again"));
  CHECK_THROWS_WITH(read_model_header(changed(".tied_head = false", ".tied_head = maybe")),
                    ContainsSubstring("import the model again"));
  // No byte can be left out.
  const std::string text = model_header(facts());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string shorter = text;
    shorter.erase(i, 1);
    try {
      const auto m = read_model_header(shorter);
      // A digit less may be another sound model; then it must read as that one.
      CHECK(model_header(m) == shorter);
    } catch (const std::runtime_error&) {
    }
  }
}

TEST_CASE("model header: a tokenizer and its control tokens read back", "[host][model_header_reader]") {
  auto f = facts();
  f.tokenizer = "mote::byte_level_bpe<mote::qwen2_pieces, mote::nfc>";
  f.control_tokens = {{128, 3}, {500, 1}};
  const std::string text = model_header(f);
  CHECK_THAT(text, ContainsSubstring("#include <mote/model/byte_level_bpe.hpp>\n"));
  CHECK_THAT(text, ContainsSubstring("\n  using tokenizer = mote::byte_level_bpe<mote::qwen2_pieces, mote::nfc>;\n"));
  const auto m = read_model_header(text);
  CHECK(m.tokenizer == f.tokenizer);
  CHECK_FALSE(m.texts_in_order);
  f.texts_in_order = true;
  CHECK_THAT(model_header(f), ContainsSubstring("\n  static constexpr bool texts_in_order = true;"));
  CHECK(read_model_header(model_header(f)).texts_in_order);
  REQUIRE(m.control_tokens.size() == 2);
  CHECK(m.control_tokens[1].first == 500);
  CHECK(m.control_tokens[0].count == 3);
  f.tokenizer = "std::system";
  CHECK_THROWS_MATCHES(model_header(f), std::runtime_error,
                       Catch::Matchers::MessageMatches(ContainsSubstring("not a tokenizer of ours")));
}
