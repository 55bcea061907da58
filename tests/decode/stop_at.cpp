// SPDX-License-Identifier: BSL-1.0
// What is passed on of a text, against a search of the whole text, however it is cut into pieces; and pipelines that
// stop beside such that do not.
#include "mote/decode/stop_at.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "../random_model.hpp"
#include "mote/core/rng.hpp"
#include "mote/mote.hpp"

using namespace mote;
using namespace mote_tests;

namespace {

/// The text before the first stop word to be complete; of those that are complete at once, the longest.
std::string before_stop(const std::string& text, const std::vector<std::string>& words, bool& stops) {
  stops = false;
  for (std::size_t end = 1; end <= text.size(); ++end) {
    std::size_t longest = 0;
    for (const std::string& w : words)
      if (text.substr(0, end).ends_with(w)) longest = std::max(longest, w.size());
    if (longest == 0) continue;
    stops = true;
    return text.substr(0, end - longest);
  }
  return text;
}

template <text_literal... Words>
void compare(std::string_view letters, std::uint64_t seed) {
  const std::vector<std::string> words{std::string(Words.view())...};
  rng random(seed);
  std::size_t stopped = 0, whole = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::size_t n = random.below(14); n > 0; --n)
      text += letters[random.below(static_cast<std::uint32_t>(letters.size()))];
    bool stops = false;
    const std::string expected = before_stop(text, words, stops);

    typename stop_at<Words...>::state filter;
    std::string said;
    bool ended = false;
    for (std::size_t at = 0; at < text.size() && !ended;) {
      const std::size_t size = std::min<std::size_t>(1 + random.below(5), text.size() - at);
      const passed_text p = filter.enter(std::string_view(text).substr(at, size));
      REQUIRE((!p.first.empty() || p.second.empty()));
      said += p.first;
      said += p.second;
      ended = p.stops;
      at += size;
      REQUIRE(expected.starts_with(said));
      if (!ended) {  // no more is held back than what may become a stop word
        const std::string held = text.substr(said.size(), at - said.size());
        bool begins = held.empty();
        for (const std::string& w : words) begins = begins || (held.size() < w.size() && w.starts_with(held));
        REQUIRE(begins);
      }
    }
    REQUIRE(ended == stops);
    said += filter.release();
    REQUIRE(said == expected);
    REQUIRE(filter.release().empty());
    (stops ? stopped : whole) += 1;
  }
  CHECK(stopped > 50);
  CHECK(whole > 50);
}

template <class Pipeline>
std::unique_ptr<Pipeline> attached() {
  static const random_model_image image(Pipeline::format::rows);
  auto ai = std::make_unique<Pipeline>();
  REQUIRE(ai->attach(image.bytes()) == status::ok);
  return ai;
}

struct told {
  std::string text;
  ending how = ending::none;
  status state = status::ok;
};
template <class Pipeline>
told tell(Pipeline& ai, std::uint64_t seed, std::size_t limit = 30) {
  told t;
  ai.seed(seed);
  REQUIRE(ai.begin("abc", limit) == status::ok);
  for (;;) {
    const progress_step s = ai.step();
    t.text += s.piece;
    if (s.done) {
      REQUIRE(s.piece.empty());
      REQUIRE(ai.ending() == s.ending);
      REQUIRE(ai.step().done);  // and so it stays
      t.how = s.ending;
      t.state = s.state;
      return t;
    }
    REQUIRE(s.ending == ending::none);
  }
}

}  // namespace

TEST_CASE("no part of a stop word is passed on, all other text is, however it is cut") {
  compare<"a">("abcdefgh", 1);
  compare<"ab", "bcd">("abcd", 2);
  compare<"abab", "ba">("abcd", 3);
  compare<"aab", "aaab", "ca">("abcd", 4);
  compare<"abcabd", "dd">("abcd", 5);
  compare<"\n", "User:">("User:\n.", 6);
  compare<"\xC3\xA4\xC3\xB6">("\xC3\xA4\xB6", 7);
  compare<"aaaa">("aab", 8);
}

TEST_CASE("a pipeline that stops says what another says before the stop word, and how it ended") {
  using drawing = sample<sample_knobs{.temperature = 1.5F}>;
  using words = stop_at<"e", "st", "abc">;
  const auto plain = attached<pipeline<random_model, drawing>>();
  const auto stopping = attached<pipeline<random_model, drawing, words>>();
  const auto drafting = attached<
      pipeline<random_model, drawing, words, gated<ngram<64>, draft_knobs{.batch_cost = 0, .measured = false}>>>();
  std::size_t stopped = 0, held = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const std::size_t limit = 1 + seed % 12;
    const told whole = tell(*plain, seed, limit);
    bool stops = false;
    const std::string expected = before_stop(whole.text, {"e", "st", "abc"}, stops);
    for (const told& t : {tell(*stopping, seed, limit), tell(*drafting, seed, limit)}) {
      REQUIRE(t.text == expected);
      REQUIRE(t.how == (stops ? ending::stop_word : whole.how));
      REQUIRE(t.state == status::ok);
    }
    stopped += stops ? 1U : 0U;
    held += !stops && (expected.ends_with("s") || expected.ends_with("a") || expected.ends_with("ab")) ? 1U : 0U;
  }
  CHECK(stopped > 20);
  CHECK(held > 5);  // what was held back at the end of the answer came all the same
}

TEST_CASE("the range of an answer has every piece, and a new question forgets what was held back") {
  const auto ai = attached<pipeline<random_model, stop_at<"zzzz">, allowed<"xzz", "zyz">>>();
  for (const std::string_view only : {"xzz", "zyz"}) {
    std::string text;
    auto answer = ai->ask("abc");
    for (const std::string_view piece : answer) text += piece;
    CHECK((text == "xzz" || text == "zyz"));
    CHECK(answer.ending() == ending::complete);
    (void)only;
  }
  const auto z = attached<pipeline<random_model, stop_at<"zzzz">, allowed<"zzy">>>();
  REQUIRE(z->begin("abc") == status::ok);
  for (int i = 0; i < 40 && z->tokens().size() < z->prompt_tokens() + 2; ++i) CHECK(z->step().piece.empty());
  z->stop();
  CHECK(z->ending() == ending::stopped);
  CHECK(tell(*z, 1).text == "zzy");
}

TEST_CASE("a stop word ends a constrained answer, and costs nothing where there is none") {
  const auto ai = attached<pipeline<random_model, stop_at<"b">, gbnf<"root ::= \"aabcc\"">>>();
  const told t = tell(*ai, 1);
  CHECK(t.text == "aa");
  CHECK(t.how == ending::stop_word);
  CHECK(name(t.how) == "stop_word");
  STATIC_REQUIRE(std::is_empty_v<stopping<no_stop_text>>);
  STATIC_REQUIRE(sizeof(pipeline<random_model, stop_at<"b">>) <= sizeof(pipeline<random_model>) + 64);
}

TEST_CASE("a state of stop words that is read from bytes is told from what is none") {
  using words = stop_at<"abc", "b">;
  words::state at;
  (void)at.enter("ab");
  CHECK(at.sound());
  std::size_t sound = 0;
  for (std::uint16_t n = 0; n < 600; ++n) {
    words::state other;
    std::memcpy(static_cast<void*>(&other), &n, sizeof other);
    sound += other.sound() ? 1 : 0;
    if (other.sound()) (void)other.enter("abcab");
  }
  CHECK(sound == 5);  // nothing, and four beginnings
}
