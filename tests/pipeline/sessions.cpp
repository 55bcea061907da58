// SPDX-License-Identifier: BSL-1.0
// Answers that go on after a restart, and prompts behind a kept prefix, beside those that were never interrupted; and what
// is refused: other images, parameters, types and tokens, and damage at every place.
#include "mote/pipeline/sessions.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "../synthetic_model.hpp"
#include "mote/decode/banned.hpp"
#include "mote/decode/confidence.hpp"
#include "mote/decode/gbnf.hpp"
#include "mote/decode/ngram.hpp"
#include "mote/decode/sample.hpp"
#include "mote/decode/stop_at.hpp"
#include "mote/learn/lora.hpp"
#include "mote/mote.hpp"

using mote::status;
using mote_tests::aligned_bytes;
using mote_tests::synthetic;

namespace {

using window = mote::context<96>;
using few_notes = mote::rag<mote::bm25<mote::bm25_knobs{.items = 4, .item_bytes = 48}>, mote::rag_knobs{.tokens = 30}>;
constexpr mote::sample_knobs hot{.temperature = 1.5F};
constexpr mote::draft_knobs always{.batch_cost = 0, .measured = false};

struct growing_sink {
  std::vector<std::byte> bytes;
  status put(std::span<const std::byte> portion) {
    bytes.insert(bytes.end(), portion.begin(), portion.end());
    return status::ok;
  }
};

struct rest_of_answer {
  std::string text;
  std::vector<std::uint32_t> bits;
  std::size_t steps = 0;
  mote::ending how = mote::ending::none;
  bool operator==(const rest_of_answer&) const = default;
};
template <class Pipeline>
rest_of_answer go_on(Pipeline& ai) {
  rest_of_answer all;
  for (;; ++all.steps) {
    const std::size_t before = ai.tokens().size();
    const mote::progress_step s = ai.step();
    REQUIRE(s.state == status::ok);
    if (s.done) {
      all.how = s.ending;
      return all;
    }
    all.text += s.piece;
    if (ai.tokens().size() != before)
      for (const float l : ai.logits()) all.bits.push_back(__builtin_bit_cast(std::uint32_t, l));
  }
}

template <class Pipeline>
std::unique_ptr<Pipeline> attached(std::uint64_t seed = 1) {
  static std::vector<std::unique_ptr<aligned_bytes>> images;
  images.emplace_back(new aligned_bytes(mote_tests::synthetic_image<Pipeline>(seed)));
  auto ai = std::make_unique<Pipeline>();
  REQUIRE(ai->attach(*images.back()) == status::ok);
  return ai;
}

/// Says some of an answer, saves it, and compares what follows with what another object says behind the saved bytes.
/// `leaves`: tokens have left the window by then.
template <class Pipeline>
std::size_t check_session(std::size_t steps, std::string_view other_question, bool leaves = false) {
  const auto ai = attached<Pipeline>();
  if constexpr (Pipeline::recalls)
    for (const std::string_view note : {"the ring is in the hen or in the thing", "a ring of 12.50 is in the hat"})
      REQUIRE(ai->memory().add(note) == status::ok);
  for (std::uint64_t seed = 1; ai->ending() != mote::ending::none; ++seed) {  // the first whose answer is long enough
    REQUIRE(seed < 200);
    ai->seed(seed);
    REQUIRE(ai->begin("the ring of the thing", 40) == status::ok);
    for (std::size_t i = 0; i < steps; ++i) (void)ai->step();
  }
  growing_sink out;
  status saved = ai->save_session(out);
  for (; saved == status::empty && ai->ending() == mote::ending::none; saved = ai->save_session(out)) {
    REQUIRE(out.bytes.empty());
    (void)ai->step();
  }
  REQUIRE(saved == status::ok);
  if (leaves) CHECK(ai->tokens().size() < steps);
  growing_sink again;
  REQUIRE(ai->save_session(again) == status::ok);
  CHECK(again.bytes == out.bytes);
  const aligned_bytes kept(out.bytes);

  const auto restored = attached<Pipeline>();  // which remembers nothing
  restored->seed(99);
  (void)restored->begin(other_question);
  (void)restored->step();
  REQUIRE(restored->load_session(kept) == status::ok);
  CHECK(restored->ending() == mote::ending::none);
  const auto same = [](auto a, auto b) { return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin()); };
  CHECK(same(ai->tokens(), restored->tokens()));
  CHECK(ai->prompt_tokens() == restored->prompt_tokens());
  const rest_of_answer expected = go_on(*ai);
  const rest_of_answer seen = go_on(*restored);
  CHECK(seen.text == expected.text);
  CHECK(seen.bits == expected.bits);
  CHECK(seen.how == expected.how);
  if constexpr (Pipeline::measures) {
    CHECK(ai->confidence().tokens == restored->confidence().tokens);
    CHECK(ai->confidence().mean_log_probability == restored->confidence().mean_log_probability);
  }
  return out.bytes.size();
}

}  // namespace

TEST_CASE("a restored answer goes on bit for bit") {
  using plain = mote::pipeline<synthetic, window, mote::sample<hot>>;
  const std::size_t few = check_session<plain>(3, "other");  // in the prompt
  const std::size_t more = check_session<plain>(40, "");
  CHECK(more > few);
  CHECK(more < plain::cost().ram.cache);  // only what is used
  (void)check_session<mote::pipeline<synthetic, window, mote::cache<8>, mote::sample<hot>, mote::confidence>>(33, "x");
  (void)check_session<mote::pipeline<synthetic, window, mote::kivi<4, 32>, mote::gbnf<"root ::= [a-z ]{20,60} \".\"">,
                                     mote::stop_at<"ing", "zz">, mote::confidence>>(35, "x");
  using drafted =
      mote::pipeline<synthetic, mote::context<40>, mote::window<20, 4>, mote::gated<mote::ngram<64>, always>>;
  (void)check_session<drafted>(50, "x", true);
  // What left cannot be said again: the place in the grammar is kept.
  using digits = mote::gbnf<R"_(root ::= [a-z ]{3} ("(" root ")" | [0-9]) [0-9]{90})_", 3>;
  using limited = mote::pipeline<synthetic, mote::context<40>, mote::window<20, 4>, mote::sample<hot>, digits>;
  (void)check_session<limited>(50, "x", true);
}

TEST_CASE("in a window, stop words and bans go on as well") {
  using short_window = mote::window<20, 4>;
  using banned = mote::banned<"the ", "ing", "ring of the things", "zz">;
  using both = mote::pipeline<synthetic, mote::context<40>, short_window, mote::sample<hot>, banned,
                              mote::stop_at<"q7#", "eea", "on and on">>;
  (void)check_session<both>(50, "x", true);
  using taken_out = mote::without<mote::gbnf<R"_(root ::= [a-e ]{120} "." | [f-z ]{100} "!")_">, "ab", "fg", "aa">;
  using grammar = mote::pipeline<synthetic, mote::context<40>, short_window, mote::sample<hot>, taken_out,
                                 mote::gated<mote::ngram<64>, always>, mote::stop_at<"bcd", "xyz">>;
  (void)check_session<grammar>(50, "x", true);
  // Here a beginning of the stop word is held back at all times.
  using held = mote::pipeline<synthetic, mote::context<40>, short_window, mote::gbnf<"root ::= (\"abcd\"){60}">,
                              mote::stop_at<"abcdabcdx", "q">>;
  (void)check_session<held>(50, "x", true);
}

TEST_CASE("an answer that copies goes on with the notes of its session, in a window and with drafts too") {
  using span = mote::copied<3, 24>;
  using alone = mote::pipeline<synthetic, window, few_notes, mote::sample<hot>, span, mote::confidence>;
  (void)check_session<alone>(34, "x");
  // A grammar with many places, stop words, a window and drafts together.
  using places = mote::gbnf<R"_(root ::= ("<" copied [a-z0-9. ]{2,12} ">" | [A-Z]{2})+)_">;
  using all = mote::pipeline<synthetic, mote::context<72>, mote::window<40, 4>, few_notes, mote::sample<hot>,
                             mote::without<places, "<ring>", "QQ">, mote::gated<mote::ngram<64>, always>,
                             mote::stop_at<"in the", "XYZ">, mote::confidence>;
  (void)check_session<all>(75, "x", true);
  using late = mote::pipeline<synthetic, mote::context<72>, mote::window<40, 4>, few_notes, mote::cache<8>, places>;
  (void)check_session<late>(76, "x", true);

  // In the same object, where the answer before had looked in as many other notes.
  const auto first = attached<alone>(), second = attached<alone>();
  REQUIRE(first->memory().add("the ring is in the hen") == status::ok);
  REQUIRE(second->memory().add("the ring is there, and QUITE") == status::ok);
  growing_sink out;
  for (const auto& ai : {first.get(), second.get()}) {
    REQUIRE(ai->begin("the ring") == status::ok);
    (void)ai->step();
  }
  REQUIRE(first->save_session(out) == status::ok);
  const aligned_bytes kept(out.bytes);
  REQUIRE(second->load_session(kept) == status::ok);
  const rest_of_answer expected = go_on(*first), seen = go_on(*second);
  CHECK(expected == seen);
  CHECK(std::string_view("the ring is in the hen").find(seen.text) != std::string_view::npos);
}

TEST_CASE("a session of anything else is refused, and nothing but the answer ends") {
  using plain = mote::pipeline<synthetic, window, mote::sample<hot>>;
  using adapted = mote::pipeline<synthetic, window, mote::sample<hot>, mote::lora<2>>;
  const auto ai = attached<plain>();
  growing_sink out;
  CHECK(ai->save_session(out) == status::empty);  // no question
  REQUIRE(ai->begin("the thing") == status::ok);
  for (int i = 0; i < 20; ++i) (void)ai->step();
  REQUIRE(ai->save_session(out) == status::ok);
  const aligned_bytes kept(out.bytes);

  CHECK(attached<plain>(2)->load_session(kept) == status::wrong_base);  // another image
  CHECK(attached<adapted>()->load_session(kept) == status::wrong_base);
  CHECK(attached<mote::pipeline<synthetic, mote::context<80>, mote::sample<hot>>>()->load_session(kept) ==
        status::wrong_base);
  CHECK(attached<plain>()->load(kept) != status::ok);  // no snapshot of what was learned
  CHECK(std::make_unique<plain>()->load_session(kept) == status::not_attached);

  const auto teacher = attached<adapted>();
  growing_sink before;
  REQUIRE(teacher->begin("the thing") == status::ok);
  for (int i = 0; i < 20; ++i) (void)teacher->step();
  REQUIRE(teacher->save_session(before) == status::ok);
  const aligned_bytes of_before(before.bytes);
  CHECK(teacher->load_session(of_before) == status::ok);
  REQUIRE(teacher->learn({"the thing", "a ring"}).state == status::ok);
  CHECK(teacher->load_session(of_before) == status::wrong_base);  // keys and values of other parameters

  const auto other = attached<plain>();
  for (std::size_t i = 0; i < out.bytes.size(); i += i < 200 ? 1 : 97) {
    std::vector<std::byte> damaged = out.bytes;
    damaged[i] ^= std::byte{0x10};
    INFO(i);
    CHECK(other->load_session(aligned_bytes(damaged)) != status::ok);
    CHECK(other->ending() == mote::ending::stopped);
  }
  for (std::size_t n = 0; n < out.bytes.size(); n += 101)
    CHECK(other->load_session(aligned_bytes(std::span(out.bytes).first(n))) != status::ok);
  CHECK(other->load_session(kept) == status::ok);
}

TEST_CASE("a prompt behind a kept prefix has the bits of one that was computed, in fewer steps") {
  const auto check = []<class Pipeline>(const Pipeline*) {
    constexpr std::string_view first = "the ring is in the thing and ", second = "the ring is in the thing or";
    const auto ai = attached<Pipeline>();
    growing_sink out;
    REQUIRE(ai->begin("the ring is in the thing and a hen") == status::ok);
    CHECK(ai->save_prefix(out, 4) == status::empty);  // nothing ran yet
    (void)go_on(*ai);
    constexpr std::size_t shared = 12;
    REQUIRE(ai->save_prefix(out, shared) == status::ok);
    const aligned_bytes kept(out.bytes);

    const auto other = attached<Pipeline>();
    for (const std::string_view question : {first, second}) {
      REQUIRE(ai->begin(question, 12) == status::ok);
      ai->seed(5);
      rest_of_answer whole = go_on(*ai);
      REQUIRE(other->begin_behind(kept, question, 12) == status::ok);
      other->seed(5);
      const rest_of_answer behind = go_on(*other);
      CHECK(behind.steps + shared == whole.steps);
      whole.steps = behind.steps;
      CHECK(behind == whole);
    }
    CHECK(other->begin_behind(kept, "a ring is in the thing and ") == status::wrong_prefix);
    CHECK(other->ending() == mote::ending::failed);
    CHECK(other->step().state == status::wrong_prefix);
    CHECK(other->begin_behind(kept, "the") == status::wrong_prefix);  // shorter than the prefix
    CHECK(attached<Pipeline>(2)->begin_behind(kept, first) == status::wrong_base);
    REQUIRE(other->begin(first, 3) == status::ok);  // and without it, it is computed
    CHECK(go_on(*other).steps > shared);
  };
  check(static_cast<const mote::pipeline<synthetic, window, mote::sample<hot>>*>(nullptr));
  check(static_cast<
        const mote::pipeline<synthetic, window, mote::cache<8>, mote::sample<hot>, few_notes, mote::copied<0, 9>>*>(
      nullptr));
}
