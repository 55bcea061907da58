// SPDX-License-Identifier: BSL-1.0
// A pipeline that drafts beside one that does not: each step must give the same piece and the same logits, bit for bit,
// whatever happens between the steps.
#include "mote/decode/drafts.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "../synthetic_model.hpp"
#include "mote/decode/first_of.hpp"
#include "mote/decode/lookup.hpp"
#include "mote/decode/ngram.hpp"
#include "mote/mote.hpp"
#include "mote/policy/threads.hpp"

using namespace mote;
using mote_tests::synthetic;
using mote_tests::synthetic_story;

namespace {

/// Always right: knows what the other pipeline has said. Every guess after the `wrong_after`th is spoilt.
std::span<const std::uint16_t> known;
std::size_t wrong_after = 16;
template <std::size_t Length>
struct oracle {
  using slot = slots::drafting;
  static constexpr std::size_t length = Length;
  template <class Token>
  struct state {
    static void observe(std::span<const Token>) {}
    static void reset() {}
    static std::size_t propose(std::span<const Token> context, std::span<Token> out) {
      std::size_t n = 0;
      for (; n < out.size() && n < Length && context.size() + n < known.size(); ++n)
        out[n] = static_cast<Token>(known[context.size() + n] + (n >= wrong_after ? 1 : 0));
      return n;
    }
  };
};
static_assert(drafting_policy<oracle<4>>);

/// Counts its calls: two a pass, and every pass takes the same.
struct pass_counter {
  static inline std::uint32_t calls = 0;
  static std::uint32_t now() { return ++calls; }
};

constexpr draft_knobs always{.batch_cost = 0, .measured = false};

template <class Model, class... Policies>
using plain = pipeline<Model, quantize<8>, mote::interleave<8>, mote::context<64>, Policies...>;

/// How the last answer of compare() ended.
ending last_ending = ending::none;

/// The likeliest token, but the end of a text as the n-th token after seed(n).
struct ends {
  using slot = slots::decoding;
  template <std::size_t Vocab>
  struct state {
    std::uint64_t left = 0;
    void seed(std::uint64_t n) { left = n; }
    std::size_t pick(const float* logits) {
      if (left != 0 && --left == 0) return static_cast<std::size_t>(synthetic::special_tokens.eos);
      const std::size_t likeliest = greedy::state<Vocab>::pick(logits);
      return likeliest < 3 ? 270 : likeliest;  // the model itself never ends
    }
  };
};

template <class Pipeline>
bool same_logits(const Pipeline& a, const auto& b) {
  return std::memcmp(a.logits().data(), b.logits().data(), a.logits().size_bytes()) == 0;
}

/// Both answer the question; `between(i)` happens before step i.
template <class A, class B>
std::size_t compare(A& one, B& drafted, std::string_view question, std::size_t limit, auto between) {
  REQUIRE(one.begin(question, limit) == status::ok);
  REQUIRE(drafted.begin(question, limit) == status::ok);
  std::string said;
  for (std::size_t i = 0;; ++i) {
    between(i);
    progress_step a, b;  // passes over the prompt may differ in number
    do a = one.step();
    while (!a.done && a.piece.empty() && one.tokens().size() == one.prompt_tokens());
    do b = drafted.step();
    while (!b.done && b.piece.empty() && drafted.tokens().size() == drafted.prompt_tokens());
    REQUIRE(a.state == b.state);
    REQUIRE(a.done == b.done);
    REQUIRE(a.ending == b.ending);
    REQUIRE(one.ending() == drafted.ending());
    REQUIRE(a.piece == b.piece);
    REQUIRE(same_logits(one, drafted));
    if (a.done) {
      last_ending = a.ending;
      CHECK(std::ranges::equal(one.tokens(), drafted.tokens()));
      return i;
    }
  }
}
template <class... Shared, class... Drafting>
void check_same(std::tuple<Drafting...>*, std::size_t limit) {
  const auto image = mote_tests::synthetic_image<plain<synthetic, Shared...>>();
  static plain<synthetic, Shared...> one;
  static plain<synthetic, Shared..., Drafting...> drafted;
  REQUIRE(one.attach(image) == status::ok);
  REQUIRE(drafted.attach(image) == status::ok);
  for (const char* question : {"the ring", "what is in there?", "the ring"}) {
    one.seed(7);
    drafted.seed(7);
    CHECK(compare(one, drafted, question, limit, [](std::size_t) {}) > 0);
  }
}

}  // namespace

TEST_CASE("decode/drafts: whatever is guessed, by chance or not, the answer and its logits stay") {
  constexpr auto knobs = sample_knobs{.temperature = 1.3F, .top_p = .95F};
  check_same<>(static_cast<std::tuple<gated<ngram<64>, always>>*>(nullptr), 60);
  check_same<>(static_cast<std::tuple<gated<first_of<lookup<2, 5>, ngram<16, 2, 3>>, always>, prefill<5>>*>(nullptr),
               60);
  check_same<sample<knobs>>(static_cast<std::tuple<gated<lookup<1, 16>, always>>*>(nullptr), 60);
  check_same<>(static_cast<std::tuple<lookup<>, prefill<16>, threads<3, threads_knobs{.least_bytes = 1}>>*>(nullptr),
               17);
  check_same<mote::cache<8>>(static_cast<std::tuple<gated<ngram<64>, always>>*>(nullptr), 60);
  check_same<mote::lora<2>>(static_cast<std::tuple<gated<ngram<64>, always>, prefill<4>>*>(nullptr), 60);
}

TEST_CASE("decode/drafts: right guesses save passes; wrong ones only cost", "[drafts]") {
  const auto image = mote_tests::synthetic_image<plain<synthetic_story>>();
  static plain<synthetic_story> one;
  static plain<synthetic_story, gated<oracle<4>, draft_knobs{.batch_cost = 0}, pass_counter>> drafted;
  REQUIRE(one.attach(image) == status::ok);
  REQUIRE(drafted.attach(image) == status::ok);
  for (const std::string_view piece : one.ask("", 50)) static_cast<void>(piece);
  known = one.tokens();
  REQUIRE(known.size() == 51);
  static std::array<std::uint16_t, 64> copy;
  std::ranges::copy(known, copy.begin());
  known = std::span<const std::uint16_t>(copy).first(51);
  const auto passes = [&](std::size_t right, std::size_t limit) {
    wrong_after = right;
    const std::uint32_t before = pass_counter::calls;
    compare(one, drafted, "", limit, [](std::size_t) {});
    return (pass_counter::calls - before) / 2;
  };
  CHECK(passes(4, 50) == 1 + 10);  // the first pass is without guesses: nothing was measured yet
  CHECK(passes(4, 50) == 10);
  CHECK(passes(4, 11) == 3);  // 5, 5, 1: no guess behind the limit
  CHECK(passes(3, 50) == 13);
  CHECK(passes(1, 50) == 25);
  CHECK(passes(0, 50) == 50);
  for (std::size_t limit : {1U, 2U, 5U, 64U}) CHECK(passes(2, limit) <= limit);
  known = {};
}

TEST_CASE("decode/drafts: an answer ends the same way at every length") {
  const auto image = mote_tests::synthetic_image<plain<synthetic, ends>>();
  static plain<synthetic, ends> one;
  static plain<synthetic, ends, gated<first_of<lookup<1, 8>, ngram<64>>, always>, prefill<3>> drafted;
  REQUIRE(one.attach(image) == status::ok);
  REQUIRE(drafted.attach(image) == status::ok);
  REQUIRE(one.begin("the ring") == status::ok);
  const std::size_t room = 64 - one.prompt_tokens() + 1;
  std::array<std::size_t, 3> seen{};
  for (std::size_t end = 0; end <= room + 1; ++end) {
    for (const std::size_t limit : {std::size_t{1}, std::size_t{7}, room - 1, room, room + 1, too_big}) {
      one.seed(end);
      drafted.seed(end);
      compare(one, drafted, "the ring", limit, [](std::size_t) {});
      const bool said = end != 0 && end <= std::min(limit, room);
      CHECK(last_ending == (said ? ending::end_of_text : limit <= room ? ending::limit : ending::context_full));
      ++seen[said ? 0 : limit <= room ? 1 : 2];
    }
  }
  CHECK(std::ranges::all_of(seen, [](std::size_t n) { return n > 0; }));
}

TEST_CASE("decode/drafts: learning, remembering and asking anew in the middle of an answer spoil nothing") {
  using retrieval = rag<bm25<bm25_knobs{.items = 4, .item_bytes = 32}>, rag_knobs{.hits = 1, .tokens = 8}>;
  using one_type = plain<synthetic, mote::lora<2>, retrieval>;
  const auto image = mote_tests::synthetic_image<one_type>();
  static one_type one;
  static plain<synthetic, mote::lora<2>, retrieval, gated<lookup<1, 8>, always>> drafted;
  REQUIRE(one.attach(image) == status::ok);
  REQUIRE(drafted.attach(image) == status::ok);
  const auto both = [](auto f) {
    f(one);
    f(drafted);
  };
  for (int round = 0; round < 2; ++round)
    compare(one, drafted, "the thing", 40, [&](std::size_t i) {
      if (i % 7 == 3) both([](auto& ai) { CHECK(ai.remember("a ring") == status::ok); });
      if (i % 7 == 5) both([](auto& ai) { CHECK(ai.learn({.prompt = "ring", .answer = "thin"}).state == status::ok); });
      if (i % 7 == 6) both([](auto& ai) { CHECK(ai.loss({.prompt = "ring", .answer = "thin"}).state == status::ok); });
      if (i == 20) both([](auto& ai) { CHECK(ai.begin("in the air", 12) == status::ok); });
      if (i == 26) both([](auto& ai) { (void)ai.learning().rate(.5F); });
    });
}

TEST_CASE("decode/drafts: a row of logits for each guess, and without drafts nothing at all") {
  using none = plain<synthetic>;
  using eight = plain<synthetic, ngram<64>>;
  STATIC_CHECK(std::is_empty_v<drafts<no_draft, std::uint16_t>>);
  STATIC_CHECK(sizeof(none) == none::cost().ram.object());
  STATIC_CHECK(eight::cost().ram.activations >=
               none::cost().ram.activations + 8 * sizeof(float) * synthetic::shape.vocab);
  static const drafts<ngram<64>, std::uint16_t> d{};  // all zero, so a pipeline lies in .bss
  static const std::array<unsigned char, sizeof d> zero{};
  CHECK(std::memcmp(&d, zero.data(), sizeof d) == 0);
}
