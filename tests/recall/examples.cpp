// SPDX-License-Identifier: BSL-1.0
// Examples in a pipeline: where they stand in a prompt, what is refused, what a snapshot keeps, and that what is forgotten
// is in no byte of the object or of a snapshot.
// Sanitized at -O0: the optimizer takes longer than what it saves.
#include "mote/recall/examples.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../synthetic_model.hpp"
#include "mote/pipeline.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/rag.hpp"

namespace {

using mote::example_id;
using mote::status;
using mote_tests::aligned_bytes;
using mote_tests::synthetic;

constexpr mote::bm25_knobs few{.items = 4, .item_bytes = 48};
using notes = mote::rag<mote::bm25<few>, mote::rag_knobs{.tokens = 40}>;
constexpr mote::examples_knobs knobs{.question_bytes = 40, .answer_bytes = 32, .shown = 1, .tokens = 48};
using with = mote::pipeline<synthetic, mote::context<128>, mote::examples<4, notes, knobs>>;

constexpr std::string_view question = "is the hidden gate shut", answer = "it is shut at nine";

std::string_view bytes_of(const with& ai) { return {reinterpret_cast<const char*>(&ai), sizeof ai}; }
bool holds(std::string_view bytes, std::string_view part) { return bytes.find(part) != std::string_view::npos; }
std::string saved(const with& ai) {
  aligned_bytes kept(ai.saved_bytes());
  REQUIRE(ai.save(kept.span()) == status::ok);
  return {reinterpret_cast<const char*>(kept.span().data()), kept.span().size()};
}
std::vector<std::size_t> prompt(with& ai, std::string_view asked) {
  REQUIRE(ai.begin(asked, 8) == status::ok);
  return {ai.tokens().begin(), ai.tokens().end()};
}

}  // namespace

TEST_CASE("examples stand in front of notes and question, in the form of question and answer", "[recall][examples]") {
  const auto image = mote_tests::synthetic_image<with>();
  const auto ours = std::make_unique<with>(), plain = std::make_unique<with>();  // which keeps notes alone
  with& ai = *ours;
  CHECK(ai.approve(question, answer) == status::not_attached);
  REQUIRE(ai.attach(image) == status::ok);
  REQUIRE(plain->attach(image) == status::ok);
  for (const char* note : {"an ant is in the inn", "the gate is of tin"}) {
    REQUIRE(ai.remember(note) == status::ok);
    REQUIRE(plain->remember(note) == status::ok);
  }
  CHECK(ai.approve(std::string("a\0b", 3), answer) == status::bad_utf8);
  CHECK(ai.approve("", answer) == status::empty);
  CHECK(ai.approve("q q q q q q q q q q q q q q q q q q", "zqzqzqzqzqzqzqzqzq") == status::too_long);  // of tokens
  CHECK(ai.approve("q", std::string(33, 'a')) == status::too_long);                                    // of bytes
  CHECK(ai.memory().examples() == 0);
  CHECK(prompt(ai, "is the gate shut") == prompt(*plain, "is the gate shut"));

  REQUIRE(ai.approve(question, answer) == status::ok);
  const auto alone = prompt(*plain, "is the gate shut");
  const auto both = prompt(ai, "is the gate shut");
  CHECK(ai.recalled_items() == plain->recalled_items());
  REQUIRE(ai.memory().shown() == 1);
  REQUIRE(both.size() > alone.size());
  CHECK(both[0] == alone[0]);
  CHECK(std::vector(both.end() - static_cast<std::ptrdiff_t>(alone.size()) + 1, both.end()) ==
        std::vector(alone.begin() + 1, alone.end()));
  // user, the question as it is encoded in a prompt, answer, the answer as it is encoded there, the end.
  const auto as_question = prompt(*plain, question), as_answer = prompt(*plain, answer);
  constexpr auto control = synthetic::special_tokens;
  const auto text_of = [&](const std::vector<std::size_t>& all) {
    std::size_t from = all.size() - 1;
    while (all[from] != static_cast<std::size_t>(control.user)) --from;
    return std::vector(all.begin() + static_cast<std::ptrdiff_t>(from) + 1, all.end() - 1);
  };
  std::vector<std::size_t> wanted{both[0], static_cast<std::size_t>(control.user)};
  for (const std::size_t t : text_of(as_question)) wanted.push_back(t);
  wanted.push_back(static_cast<std::size_t>(control.answer));
  for (const std::size_t t : text_of(as_answer)) wanted.push_back(t);
  wanted.push_back(static_cast<std::size_t>(control.eos));
  CHECK(std::vector(both.begin(), both.begin() + static_cast<std::ptrdiff_t>(both.size() - alone.size() + 1)) ==
        wanted);
  CHECK(prompt(ai, "tea") == prompt(*plain, "tea"));  // nothing like it was accepted

  // The answer goes on, and a person's word and the model's own reach the example.
  for (std::string_view piece : ai.ask("is the gate shut", 4)) (void)piece.size();
  CHECK(ai.memory().judge(-1.0F) == 1);
  REQUIRE(ai.approve("is the gate hidden", "no") == status::ok);
  for (int i = 0; i < 2; ++i) CHECK(ai.memory().renew(ai) == status::ok);
  ai.memory().for_each_example([](example_id, std::string_view, std::string_view, float u) {
    CHECK(u != 0.5F);
    CHECK(u != 0.125F);
  });
}

TEST_CASE("a forgotten example leaves no trace, and a snapshot keeps the others", "[recall][examples]") {
  const auto image = mote_tests::synthetic_image<with>();
  const auto ours = std::make_unique<with>(), other = std::make_unique<with>();
  with& ai = *ours;
  REQUIRE(ai.attach(image) == status::ok);
  REQUIRE(other->attach(image) == status::ok);
  for (const bool by_words : {false, true}) {
    REQUIRE(ai.approve("is the inn hot", "no") == status::ok);
    REQUIRE(ai.approve(question, answer) == status::ok);
    example_id id{};
    ai.memory().for_each_example([&](example_id each, std::string_view, std::string_view, float) { id = each; });
    for (std::string_view piece : ai.ask("the hidden gate", 4)) (void)piece.size();
    REQUIRE(ai.memory().shown() == 1);
    const std::string tokens(reinterpret_cast<const char*>(ai.tokens().data() + 3), 4 * sizeof ai.tokens()[0]);
    REQUIRE(holds(bytes_of(ai), tokens));
    for (const std::string_view part : {question, answer}) {
      REQUIRE(holds(bytes_of(ai), part));
      REQUIRE(holds(saved(ai), part));
    }
    const std::string before = saved(ai);
    CHECK((by_words ? ai.forget("HIDDEN nine") : ai.forget(id)) == 1);  // a word of each
    for (const std::string_view part : {question, answer})
      for (std::size_t at = 0; at + 8 <= part.size(); ++at) {
        CHECK_FALSE(holds(bytes_of(ai), part.substr(at, 8)));
        CHECK_FALSE(holds(saved(ai), part.substr(at, 8)));
      }
    CHECK_FALSE(holds(bytes_of(ai), tokens));
    CHECK(ai.ending() == mote::ending::stopped);
    CHECK(ai.memory().examples() == 1);
    aligned_bytes kept(before.size());
    std::copy_n(reinterpret_cast<const std::byte*>(before.data()), before.size(), kept.span().begin());
    REQUIRE(other->load(kept) == status::ok);
    CHECK(other->memory().examples() == 2);
    CHECK(saved(*other) == before);
    CHECK(prompt(*other, "the hidden gate").size() > prompt(ai, "the hidden gate").size());
  }
}
