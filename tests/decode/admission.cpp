// SPDX-License-Identifier: BSL-1.0
// The tokens that a constraint admits, against a walk through each token alone; and pipelines with a constraint beside
// such without one, with drafts beside such without them.
#include "mote/decode/admission.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "../golden/golden.hpp"
#include "../random_model.hpp"
#include "../wide_vocabulary.hpp"
#include "constrained_text.hpp"
#include "mote/decode/gbnf.hpp"
#include "mote/decode/ngram.hpp"
#include "mote/decode/sample.hpp"
#include "mote/mote.hpp"

using namespace mote;
using namespace mote_tests;

namespace {

/// At most three letters, of which none comes twice in a row.
struct no_double {
  using slot = slots::constraint;
  static constexpr byte_set bytes = [] {
    byte_set b;
    b.add('a', 'z');
    b.add(' ', ' ');
    return b;
  }();
  struct state {
    unsigned char last = 0;
    unsigned char left = 3;
    bool enter(unsigned char b) {
      if (b == last || left == 0 || !bytes.has(b)) return false;
      last = b;
      --left;
      return true;
    }
    bool may_end() const { return left == 0; }
    bool operator==(const state&) const = default;
  };
};

template <class Policy>
void compare_with_each_token(const small_vocabulary& words, int texts) {
  rng random(5);
  admission_of<Policy> admitted;
  const vocabulary_view v = words.view();
  REQUIRE(admitted.begin_with(v, words.control));
  for (int i = 0; i < texts; ++i) {
    typename Policy::state at;
    admitted.begin();
    for (bool opened = i % 2 == 0;; opened = false) {
      admitted.find(v, words.control, opened);
      std::vector<std::uint32_t> may;
      for (std::uint32_t id = 0; id < small_vocabulary::room; ++id) {
        bool expected = false;
        if (id == 2) {
          expected = at.may_end();
        } else if (id > 2 && id < v.count()) {
          std::string_view text = v.text(id);
          if (opened && !v.is_byte(id) && text[0] == ' ') text.remove_prefix(1);
          typename Policy::state s = at;
          expected = true;
          for (const char c : text) expected = expected && s.enter(static_cast<unsigned char>(c));
          if (expected) may.push_back(id);
        }
        REQUIRE(admitted.has(id) == expected);
      }
      CHECK(admitted.count() == may.size());
      if (may.empty()) break;
      const std::uint32_t id = may[random.below(static_cast<std::uint32_t>(may.size()))];
      std::string_view text = v.text(id);
      if (opened && !v.is_byte(id) && text[0] == ' ') text.remove_prefix(1);
      for (const char c : text) (void)at.enter(static_cast<unsigned char>(c));
      admitted.advance(text);
      if (may.size() > 50 && random.below(8) == 0) break;
    }
  }
}

/// All that a pipeline says, with the logits of each choice.
struct said {
  std::string text;
  std::vector<std::uint32_t> bits;
  ending how = ending::none;
  bool operator==(const said&) const = default;
};
template <class Pipeline>
said say(Pipeline& ai, std::string_view question, std::uint64_t seed, bool with_logits) {
  said all;
  ai.seed(seed);
  REQUIRE(ai.begin(question, 30) == status::ok);
  for (;;) {
    const std::size_t before = ai.tokens().size();
    const progress_step s = ai.step();
    REQUIRE(s.state == status::ok);
    if (s.done) {
      all.how = s.ending;
      return all;
    }
    all.text += s.piece;
    if (with_logits && ai.tokens().size() != before)
      for (const float l : ai.logits()) all.bits.push_back(__builtin_bit_cast(std::uint32_t, l));
  }
}

template <class Pipeline>
std::unique_ptr<Pipeline> attached() {
  static const random_model_image image(Pipeline::format::rows);
  auto ai = std::make_unique<Pipeline>();
  REQUIRE(ai->attach(image.bytes()) == status::ok);
  return ai;
}

/// No token opens a text, and one opens an answer.
struct unopened : random_model {
  static constexpr mote::special_tokens special_tokens{.bos = -1, .eos = 1, .answer = 0};
};

/// Of a large vocabulary nearly all may follow, often at the same place.
template <class... Policies>
using widely = pipeline<wide::model, quantize<32>, mote::interleave<1>, context<64>,
                        gbnf<R"_(root ::= ([^"<\x00-\x1F] | "<" [0-9]{2} ">")* "!")_">, Policies...>;

template <class Pipeline, int>
Pipeline& wide_pipeline() {
  static const auto ai = [] {
    alignas(64) static std::byte room[golden::image_room];
    auto made = std::make_unique<Pipeline>();
    REQUIRE(made->attach(golden::make_image<typename Pipeline::format>(wide::model::shape, "wide", wide::table(),
                                                                       room)) == status::ok);
    return made;
  }();
  return *ai;
}
/// The tokens of an answer. At `kept` of them the rest is said by another object, which the session is loaded into.
template <class Pipeline>
std::vector<std::uint32_t> tokens_of(std::uint64_t seed, std::size_t kept) {
  Pipeline* ai = &wide_pipeline<Pipeline, 1>();
  ai->seed(seed);
  REQUIRE(ai->begin("the heat is on", 14) == status::ok);
  for (bool done = false; !done;) {
    if (kept != 0 && ai->tokens().size() == ai->prompt_tokens() + kept) {
      golden::snapshot_sink sink;
      REQUIRE(ai->save_session(sink) == status::ok);
      ai = &wide_pipeline<Pipeline, 2>();
      ai->stop();
      REQUIRE(ai->load_session(std::span<const std::byte>(golden::snapshot, sink.used)) == status::ok);
      kept = 0;
    }
    const progress_step s = ai->step();
    REQUIRE(s.state == status::ok);
    done = s.done;
  }
  return {ai->tokens().begin(), ai->tokens().end()};
}
template <class Decoding>
void draws_alike() {
  std::size_t longest = 0;
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    const auto plain = tokens_of<widely<Decoding>>(seed, 0);
    CHECK(tokens_of<widely<Decoding, golden::guesses>>(seed, 0) == plain);
    CHECK(tokens_of<widely<Decoding>>(seed, 4) == plain);
    longest = std::max(longest, plain.size());
  }
  CHECK(longest > 20);
}

using words_of_abc = gbnf<"root ::= [a-c]{2,5} (\" \" [x-z]){0,6}">;

}  // namespace

TEST_CASE("the admitted tokens are those whose bytes the constraint takes") {
  compare_with_each_token<gbnf<"root ::= (\"a\" | \"ab\" [0-9]{2} | [^ab]{3} | \" \" \"a\"+ \"b\")*">>(
      small_vocabulary(pieces_of("ab 0123456789xy", 150, 8)), 60);
  compare_with_each_token<gbnf<R"_(root ::= "(" root? ")" | "[" root? "]")_", 3>>(
      small_vocabulary(pieces_of("()[]", 100, 9)), 60);
  compare_with_each_token<no_double>(small_vocabulary(pieces_of("abc ", 100, 10), false), 100);
}

TEST_CASE("a place that was seen before is not searched again, and another is") {
  const small_vocabulary words(pieces_of("ab", 20, 1));
  admission_of<allowed<"ab">> a;
  REQUIRE(a.begin_with(words.view(), words.control));
  a.find(words.view(), words.control, false);
  const std::size_t first = a.count();
  CHECK(first == 3);  // "a", "ab", and the byte of "a"
  a.advance("a");
  a.find(words.view(), words.control, false);
  CHECK(a.count() == 2);
  a.begin();
  a.find(words.view(), words.control, false);
  CHECK(a.count() == first);
}

TEST_CASE("a choice that is not admitted is replaced by the likeliest that is") {
  admission_of<allowed<"b", "c">> a;
  const small_vocabulary words({"a", "b", "c"}, false);
  REQUIRE(a.begin_with(words.view(), words.control));
  a.find(words.view(), words.control, false);
  std::vector<float> logits(small_vocabulary::room, -1.0F);
  logits[5] = 2.0F;
  CHECK(a.checked(3, logits.data()) == 5);
  CHECK(a.checked(4, logits.data()) == 4);
  CHECK(a.checked(100'000, logits.data()) == 5);
}

TEST_CASE("a constrained pipeline says strings of its grammar, and ends where nothing may follow") {
  const auto ai =
      attached<pipeline<random_model, allowed<"yes", "no", "nod">, sample<sample_knobs{.temperature = 2}>>>();
  std::set<std::string> all;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const said s = say(*ai, "abc", seed, false);
    CHECK(s.how == (s.text == "no" ? ending::end_of_text : ending::complete));
    all.insert(s.text);
  }
  CHECK(all == std::set<std::string>{"yes", "no", "nod"});
  CHECK(say(*attached<pipeline<random_model, no_double>>(), "abc", 1, false).text.size() == 3);
}

TEST_CASE("without a token that opens a text no space of the first token is left out") {
  const auto ai = attached<pipeline<unopened, allowed<"yes", "no">, sample<sample_knobs{.temperature = 4}>>>();
  std::set<std::string> all;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) all.insert(say(*ai, "abc", seed, false).text);
  CHECK(all == std::set<std::string>{"yes", "no"});
}

TEST_CASE("few rows of the head have the bits of all rows") {
  using q8_1 = pipeline<random_model, words_of_abc, mote::interleave<1>>;
  using q8_16 = pipeline<random_model, words_of_abc, mote::interleave<16>>;
  const auto check = [](auto& constrained, auto& plain) {
    REQUIRE(constrained.begin("hello there") == status::ok);
    REQUIRE(plain.begin("hello there") == status::ok);
    while (constrained.step().piece.empty()) {
    }
    while (plain.step().piece.empty()) {
    }
    std::size_t admitted = 0;
    for (std::size_t i = 0; i < random_model::shape.vocab; ++i) {
      if (constrained.logits()[i] < -1e10F) continue;
      ++admitted;
      CHECK(std::memcmp(&constrained.logits()[i], &plain.logits()[i], sizeof(float)) == 0);
    }
    CHECK(admitted == 3);
  };
  check(*attached<q8_1>(), *attached<pipeline<random_model, mote::interleave<1>>>());
  check(*attached<q8_16>(), *attached<pipeline<random_model, mote::interleave<16>>>());
}

TEST_CASE("drafts change nothing under a constraint") {
  constexpr draft_knobs always{.batch_cost = 0, .measured = false};
  const auto plain = attached<pipeline<random_model, words_of_abc, sample<>>>();
  const auto drafting = attached<pipeline<random_model, words_of_abc, sample<>, gated<ngram<64>, always>>>();
  std::size_t longest = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const said a = say(*plain, "abc", seed % 5 + 1, true);
    const said b = say(*drafting, "abc", seed % 5 + 1, true);
    CHECK(a == b);
    longest = std::max(longest, a.text.size());
  }
  CHECK(longest > 8);
}

TEST_CASE("of a large vocabulary, whose tokens are asked for, drafts and a session change no token that is drawn") {
  draws_alike<sample<sample_knobs{.temperature = 0.2F}>>();
  draws_alike<sample<>>();  // too flat to ask: the marks of a place stay
}

TEST_CASE("an image whose vocabulary cannot spell the constraint is not attached") {
  const random_model_image image(pipeline<random_model>::format::rows);
  const auto ai = std::make_unique<pipeline<random_model, gbnf<"root ::= [0-9]">>>();
  CHECK(ai->attach(image.bytes()) == status::not_spelled);
  CHECK_FALSE(ai->attached());
}

TEST_CASE("limit and full context are told apart from a complete answer") {
  const auto ai = attached<pipeline<random_model, gbnf<"root ::= [a-c]{40}">>>();
  CHECK(say(*ai, "abc", 1, false).how == ending::limit);
  REQUIRE(ai->begin("abc", 40) == status::ok);
  progress_step s;
  do s = ai->step();
  while (!s.done);
  CHECK(s.ending == ending::complete);
}
