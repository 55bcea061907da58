// SPDX-License-Identifier: BSL-1.0
// What is forgotten leaves no trace: bytes and tokens of a text are looked for in the whole object and in its snapshots.
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "../synthetic_model.hpp"
#include "mote/decode/ngram.hpp"
#include "mote/learn/lora.hpp"
#include "mote/pipeline.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/evict.hpp"
#include "mote/recall/flat.hpp"
#include "mote/recall/fuse.hpp"
#include "mote/recall/pieces.hpp"
#include "mote/recall/rag.hpp"

namespace {

using mote::item_id;
using mote::status;
using mote_tests::aligned_bytes;
using mote_tests::synthetic;

constexpr mote::bm25_knobs few{.items = 4, .item_bytes = 48};
constexpr mote::rag_knobs short_notes{.tokens = 48};
using by_words =
    mote::pipeline<synthetic, mote::context<96>, mote::lora<2>, mote::ngram<>, mote::rag<mote::bm25<few>, short_notes>>;
using both = mote::fuse<mote::bm25<few>, mote::flat<mote::flat_knobs{.items = 4, .item_bytes = 48}>>;
using by_both = mote::pipeline<synthetic, mote::context<96>, mote::rag<mote::evict<both>, short_notes>>;

using by_pieces =
    mote::pipeline<synthetic, mote::context<96>,
                   mote::rag<mote::pieces<mote::bm25<few>, mote::pieces_knobs{.piece_bytes = 32}>, short_notes>>;

constexpr std::string_view secret = "the hidden note has nine";

bool holds(std::string_view bytes, std::string_view part) { return bytes.find(part) != std::string_view::npos; }
template <class Pipeline>
std::string_view bytes_of(const Pipeline& ai) {
  return {reinterpret_cast<const char*>(&ai), sizeof ai};
}
template <class Pipeline>
std::string saved(const Pipeline& ai) {
  aligned_bytes kept(ai.saved_bytes());
  REQUIRE(ai.save(kept.span()) == status::ok);
  return {reinterpret_cast<const char*>(kept.span().data()), kept.span().size()};
}

/// Four tokens in a row of the secret, as the prompt has them.
template <class Pipeline>
std::string tokens_in_prompt(const Pipeline& ai) {
  const auto tokens = ai.tokens();
  REQUIRE(tokens.size() > 8);
  const auto* first = reinterpret_cast<const char*>(tokens.data() + 3);  // after bos and the note's token
  return {first, 4 * sizeof tokens[0]};
}

template <class Pipeline, class Forget>
void check(Forget&& forget) {
  static Pipeline ai;
  const auto image = mote_tests::synthetic_image<Pipeline>();
  REQUIRE(ai.attach(image) == status::ok);
  ai.memory().clear();
  REQUIRE(ai.remember("an ant is in the inn") == status::ok);
  REQUIRE(ai.remember(secret) == status::ok);
  const item_id id = ai.memory().newest();
  for (std::string_view piece : ai.ask("hidden note", 6)) (void)piece.size();
  REQUIRE(ai.recalled_items() >= 1);
  const std::string tokens = tokens_in_prompt(ai);
  REQUIRE(holds(bytes_of(ai), secret));
  REQUIRE(holds(bytes_of(ai), tokens));
  REQUIRE(holds(saved(ai), secret));

  CHECK(forget(ai, id) == 1);
  CHECK_FALSE(holds(bytes_of(ai), secret));
  for (std::size_t n = 4; n + 8 <= secret.size(); ++n) CHECK_FALSE(holds(bytes_of(ai), secret.substr(n, 8)));
  CHECK_FALSE(holds(bytes_of(ai), tokens));
  CHECK_FALSE(holds(saved(ai), secret));
  CHECK(ai.ending() == mote::ending::stopped);
  CHECK(ai.memory().size() == 1);
  REQUIRE(ai.begin("hidden note", 1) == status::ok);
  CHECK(ai.recalled_items() == 0);

  CHECK(forget(ai, id) == 0);  // nothing to forget: the answer goes on
  CHECK(ai.ending() == mote::ending::none);

  // The same as a pipeline that never knew the text.
  static Pipeline other;
  REQUIRE(other.attach(image) == status::ok);
  other.memory().clear();
  REQUIRE(other.remember("an ant is in the inn") == status::ok);
  REQUIRE(ai.begin("an ant", 6) == status::ok);
  REQUIRE(other.begin("an ant", 6) == status::ok);
  for (mote::progress_step a, b; !a.done && !b.done;) {
    a = ai.step();
    b = other.step();
    CHECK(a.piece == b.piece);
    CHECK(a.done == b.done);
    CHECK(std::memcmp(ai.logits().data(), other.logits().data(), ai.logits().size_bytes()) == 0);
  }
}

}  // namespace

TEST_CASE("a text forgotten by its id leaves no trace", "[pipeline][forgetting]") {
  const auto by_id = [](auto& ai, item_id id) { return ai.forget(id); };
  check<by_words>(by_id);
  check<by_both>(by_id);
}

TEST_CASE("a note in a prompt was of use: another goes for a new one", "[pipeline][evict]") {
  static by_both ai;
  const auto image = mote_tests::synthetic_image<by_both>();
  REQUIRE(ai.attach(image) == status::ok);
  ai.memory().clear();
  for (const char* const note : {"an ant is in the inn", "tea is hot", "a hat is on the tin", "nine nets"})
    REQUIRE(ai.remember(note) == status::ok);
  REQUIRE(ai.begin("the ant", 1) == status::ok);
  REQUIRE(ai.recalled_items() == 1);
  REQUIRE(ai.remember("a ham in the hall") == status::ok);
  std::string kept;
  ai.memory().for_each([&](item_id, std::string_view note) { kept += std::string(note) + "; "; });
  CHECK(kept == "an ant is in the inn; a hat is on the tin; nine nets; a ham in the hall; ");
}

TEST_CASE("a note that is longer than the prompt's room is kept in pieces, and forgotten whole",
          "[pipeline][forgetting]") {
  static by_pieces ai;
  static by_words whole;
  const auto image = mote_tests::synthetic_image<by_pieces>();
  const auto same = mote_tests::synthetic_image<by_words>();
  REQUIRE(ai.attach(image) == status::ok);
  REQUIRE(whole.attach(same) == status::ok);
  ai.memory().clear();
  const std::string note =
      "an ant is in the inn at noon. " + std::string(secret) + ". a hat is on the tin in the hall.";
  REQUIRE(whole.remember(note) == status::too_long);
  REQUIRE(ai.remember(note) == status::ok);
  REQUIRE(ai.remember("tea is hot") == status::ok);
  CHECK(ai.memory().size() == 2);
  REQUIRE(ai.begin("hidden note", 1) == status::ok);
  CHECK(ai.recalled_items() == 1);
  const std::size_t with_piece = ai.prompt_tokens();
  REQUIRE(ai.begin("tea", 1) == status::ok);
  CHECK(ai.prompt_tokens() < with_piece);
  REQUIRE(ai.begin("hidden note", 1) == status::ok);
  const std::string tokens = tokens_in_prompt(ai);
  CHECK(ai.forget("ant hidden") == 1);  // words of two pieces
  for (std::size_t n = 0; n + 8 <= note.size(); ++n) CHECK_FALSE(holds(bytes_of(ai), note.substr(n, 8)));
  CHECK_FALSE(holds(bytes_of(ai), tokens));
  CHECK_FALSE(holds(saved(ai), secret));
  CHECK(ai.memory().size() == 1);
}

TEST_CASE("texts forgotten by their words leave no trace", "[pipeline][forgetting]") {
  const auto by_text = [](auto& ai, item_id) { return ai.forget("NOTE hidden"); };
  check<by_words>(by_text);
  check<by_both>(by_text);
}

TEST_CASE("forgetting by words takes the texts that have all of them", "[recall][forgetting]") {
  static mote::bm25<few>::index notes;
  for (const char* text : {"red tea", "green tea", "red hat"}) REQUIRE(notes.add(text) == status::ok);
  CHECK(notes.forget("") == 0);
  CHECK(notes.forget("...") == 0);
  CHECK(notes.forget("blue tea") == 0);
  CHECK(notes.forget("te") == 0);
  CHECK(notes.size() == 3);
  CHECK(notes.forget("TEA") == 2);
  CHECK(notes.size() == 1);
  CHECK(notes.text(notes.newest()) == "red hat");
}
