// SPDX-License-Identifier: BSL-1.0
// Chat templates of three real tokenizers, derived and rendered as jinja2 renders them, to text and to tokens; templates of
// further shapes, written here; and words that look like control tokens.
#include "mote/host/import/chat_form.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../model/tokenizer_cases.hpp"
#include "chat_conversations.hpp"
#include "mote/model/byte_level_bpe.hpp"
#include "mote/model/chat_coder.hpp"
#include "mote/model/hashed_sentencepiece_bpe.hpp"

using Catch::Matchers::ContainsSubstring;
using mote::status;
using mote::turn;
using mote::host::chat_form;
using mote::host::chat_source;
using mote::host::token_type;

namespace {

chat_source source_of(const std::string& folder) {
  const auto j = nlohmann::json::parse(
      mote_tests::unzipped(mote_tests::asset("tokenizers/" + folder + "/tokenizer_config.json.gz")));
  const auto text = [&](const char* key) { return j.at(key).is_string() ? j.at(key).get<std::string>() : ""; };
  return {.text = text("chat_template"),
          .key = "chat_template",
          .bos_token = text("bos_token"),
          .eos_token = text("eos_token")};
}

/// The tokens of a conversation as a board makes them.
template <class Tokenizer>
std::vector<int> tokens_of(const Tokenizer& words, const chat_form& chat, std::span<const turn> all,
                           std::size_t room = 4096) {
  std::vector<mote::chat_token> tokens;
  for (const auto& t : chat.tokens) tokens.push_back({t.spelling, t.id, t.strips});
  std::vector<mote::merge_slot> slots(4096);
  std::vector<std::uint32_t> target(room);
  mote::chat_coder out(words, std::span<const mote::chat_token>(tokens), std::span(slots), std::span(target), false);
  REQUIRE(mote::render_turns(chat.form, all, false, out) == status::ok);
  if (out.finish() != status::ok) return {};
  return {target.begin(), target.begin() + static_cast<std::ptrdiff_t>(out.count())};
}

template <class Tokenizer>
void renders_as_its_file(const std::string& folder, const std::vector<mote_tests::conversation>& all, int end) {
  const auto text = mote_tests::json_tokenizer(folder);
  const chat_form chat = mote::host::read_chat_form(source_of(folder), text);
  CHECK(chat.end_of_turn() == end);
  const mote_tests::packed_tokenizer<Tokenizer> p(text);
  const auto is_control = [&](int id) { return text.types[static_cast<std::size_t>(id)] == token_type::control; };
  REQUIRE(all.size() == 10);
  std::size_t harmless = 0;
  for (const auto& c : all) {
    CAPTURE(c.rendered);
    CHECK(mote::host::render_form(chat.form, c.turns) == c.rendered);
    const std::vector<int> tokens = tokens_of(p.words, chat, c.turns);
    const bool hostile = std::any_of(c.turns.begin(), c.turns.end(), [](const turn& t) {
      return t.role == mote::turn_role::user && t.content.find('<') != t.content.npos;
    });
    if (!hostile) {
      ++harmless;
      CHECK(tokens == p(c.rendered, mote::added_tokens::all));  // as other programs encode the whole text
      CHECK(tokens_of(p.words, chat, c.turns, tokens.size() - 1).empty());
      continue;
    }
    std::vector<turn> same = c.turns;
    for (turn& t : same)
      if (t.role == mote::turn_role::user) t.content = "x";
    const auto plain = tokens_of(p.words, chat, same);
    CHECK(std::count_if(tokens.begin(), tokens.end(), is_control) ==
          std::count_if(plain.begin(), plain.end(), is_control));
    CHECK(p(c.rendered, mote::added_tokens::all) != tokens);
  }
  CHECK(harmless == 9);
}

/// A template over a vocabulary of a few control tokens.
chat_form form_of(const std::string& text, const std::vector<std::string>& controls, bool strips = false) {
  mote::host::tokenizer_text words;
  words.pieces = controls;
  words.types.assign(controls.size(), token_type::control);
  return mote::host::read_chat_form(
      {.text = text, .key = "tokenizer.chat_template", .bos_token = "<s>", .eos_token = "</s>", .strips = strips},
      words);
}
std::string shown(const chat_form& chat, const std::vector<turn>& all) {
  return mote::host::render_form(chat.form, all).value_or("refused");
}

}  // namespace

TEST_CASE("chat form: Llama 3.1, as its own template renders", "[host][chat]") {
  renders_as_its_file<mote::byte_level_bpe<mote::llama3_pieces>>("llama3_1", mote_tests::conversations_of_llama3_1,
                                                                 128009);
}
TEST_CASE("chat form: Qwen3, as its own template renders", "[host][chat]") {
  renders_as_its_file<mote::byte_level_bpe<mote::qwen2_pieces, mote::nfc>>("qwen3", mote_tests::conversations_of_qwen3,
                                                                           151645);
}
TEST_CASE("chat form: Gemma 3, as its own template renders", "[host][chat]") {
  renders_as_its_file<mote::hashed_sentencepiece_bpe<false>>("gemma3", mote_tests::conversations_of_gemma3, 106);
}

TEST_CASE("chat form: a system that is there without being asked, and one within the user's turn", "[host][chat]") {
  const chat_form chatml = form_of(
      "{% for m in messages %}{% if loop.first and m.role != 'system' %}{{ '[system]You are X.[end]' }}{% endif %}"
      "{{ '[' + m.role + ']' + m.content + '[end]' }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}",
      {"[end]"});
  CHECK(chatml.form.no_system == "[system]You are X.[end]");
  CHECK(shown(chatml, {turn::user("a")}) == "[system]You are X.[end][user]a[end][assistant]");
  CHECK(shown(chatml, {turn::system("s"), turn::user("a")}) == "[system]s[end][user]a[end][assistant]");
  CHECK(shown(chatml, {turn::user("a"), turn::assistant("b"), turn::tool("c")}) ==
        "[system]You are X.[end][user]a[end][assistant]b[end][tool]c[end][assistant]");
  REQUIRE(chatml.tokens.size() == 1);
  CHECK(chatml.end_of_turn() == 0);

  const chat_form within = form_of(
      "{% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}{% set s = '<<SYS>>\\n' + "
      "messages[0]['content'] + '\\n<</SYS>>\\n\\n' %}{% else %}{% set rest = messages %}{% set s = '' %}{% endif %}"
      "{% for m in rest %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('order') }}{% endif %}"
      "{% if loop.index0 == 0 %}{% set c = s + m['content'] %}{% else %}{% set c = m['content'] %}{% endif %}"
      "{% if m['role'] == 'user' %}{{ bos_token + '[INST] ' + c.strip() + ' [/INST]' }}{% else %}"
      "{{ ' ' + c.strip() + ' ' + eos_token }}{% endif %}{% endfor %}",
      {"<s>", "</s>"});
  CHECK(within.form.system_in_user);
  CHECK(within.form.alternates);
  CHECK(shown(within, {turn::system("s"), turn::user("a"), turn::assistant("b"), turn::user(" c ")}) ==
        "<s>[INST] <<SYS>>\ns\n<</SYS>>\n\na [/INST] b </s><s>[INST] c [/INST]");
  CHECK(shown(within, {turn::user("a"), turn::user("b")}) == "refused");
  CHECK(within.end_of_turn() == 1);
}

TEST_CASE("chat form: turns that a template leaves out are refused, not forgotten", "[host][chat]") {
  const chat_form chat = form_of(
      "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}{{ '<|user|>\\n' + m.content + '<|end|>\\n"
      "<|assistant|>\\n' }}{% elif m.role == 'assistant' %}{{ m.content + '<|end|>\\n' }}{% endif %}{% endfor %}",
      {"<s>", "<|end|>", "<|user|>", "<|assistant|>"}, true);
  CHECK_FALSE(chat.form.system.known);
  CHECK_FALSE(chat.form.tool.known);
  CHECK(shown(chat, {turn::user("a"), turn::assistant("b"), turn::user("c")}) ==
        "<s><|user|>\na<|end|>\n<|assistant|>\nb<|end|>\n<|user|>\nc<|end|>\n<|assistant|>\n");
  CHECK(shown(chat, {turn::system("s"), turn::user("a")}) == "refused");
  for (const auto& t : chat.tokens) CHECK(t.strips == (t.spelling != "<s>"));
}

TEST_CASE("chat form: what is no such template is refused by the key that has it", "[host][chat]") {
  const auto refused = [](const std::string& text, const char* says) {
    CHECK_THROWS_WITH(form_of(text, {"<s>"}), ContainsSubstring(says) && ContainsSubstring("tokenizer.chat_template"));
  };
  refused("{{ messages[-1].content }}", "of unknown shape");
  refused("{% for m in messages %}{{ loop.index }}{{ m.content }}{% endfor %}", "of unknown shape");
  refused("{% for m in messages %}{{ m.content | upper }}{% endfor %}", "of unknown shape");
  refused("{% for m in messages %}[{{ m.role }}]{{ m.content }}{{ m.content|length }}{% endfor %}", "of unknown shape");
  refused("{{ raise_exception('no') }}", "of unknown shape");
  refused("{% for m in messages %}{{ m.content | shout }}{% endfor %}", "has the filter shout, which is not known");
  refused("{% include 'x' %}", "{% include %}, which is not known");
  refused("{% for m in messages %}", "without {% endfor %}");
  refused("{{ lipsum() }}", "calls lipsum, which is not known");
}
