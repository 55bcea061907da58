// SPDX-License-Identifier: BSL-1.0
// What a pipeline does: attach, answer step by step, remember, learn in between, save, load; and what it leaves alone.
#include "mote/pipeline/object.hpp"

#include <catch2/catch_test_macros.hpp>

#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "../synthetic_model.hpp"
#include "mote/decode/sample.hpp"
#include "mote/learn/full.hpp"
#include "mote/learn/lora.hpp"
#include "mote/pipeline.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/rag.hpp"

// Every `new` of this program goes through here, so that a test can say: none.
namespace {

/// An optimizer with a rate that knobs may not have, as one of a user's own may.
template <class Optimizer>
struct too_fast : Optimizer {
  void reset() {
    Optimizer::reset();
    this->rate = 1e5F;
  }
};
template <class Optimizer>
struct far_too_fast : Optimizer {
  void reset() {
    Optimizer::reset();
    this->rate = 1e20F;
  }
};

std::size_t allocations = 0;
void* counted(std::size_t bytes) noexcept {
  ++allocations;
  return std::malloc(bytes == 0 ? 1 : bytes);
}
}  // namespace
// Not inlined: GCC would see malloc and free where it expects new and delete.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  if (void* p = counted(bytes)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new[](std::size_t bytes) { return ::operator new(bytes); }
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return counted(bytes); }
[[gnu::noinline]] void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return counted(bytes); }
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

// Where the linker puts what is zero until the program runs.
extern "C" const char __bss_start;
extern "C" const char _end;

using mote::status;
using mote_tests::aligned_bytes;
using mote_tests::synthetic;
using mote_tests::synthetic_story;

namespace {

using window = mote::context<96>;
using recall = mote::rag<mote::bm25<mote::bm25_knobs{.items = 4, .item_bytes = 48}>, mote::rag_knobs{.tokens = 48}>;
using plain = mote::pipeline<synthetic, window>;
using whole = mote::pipeline<synthetic, window, mote::lora<2>, recall>;
using trained = mote::pipeline<synthetic, window, mote::quantize<32>, mote::full<mote::full_knobs{.tokens = 64}>>;
using story = mote::pipeline<synthetic_story, window>;

struct wider : synthetic {
  static constexpr mote::shape shape = [] {
    mote::shape s = synthetic::shape;
    s.hidden = 56;
    return s;
  }();
};

/// Picks a letter for ever, but the end of a text as the n-th token after seed(n).
struct scripted {
  using slot = mote::slots::decoding;
  template <std::size_t Vocab>
  struct state {
    std::uint64_t left = 0;
    void seed(std::uint64_t n) { left = n; }
    std::size_t pick(const float*) {
      constexpr std::size_t letter = 263 + 1;
      return left != 0 && --left == 0 ? static_cast<std::size_t>(synthetic::special_tokens.eos) : letter;
    }
  };
};

constexpr mote::example lesson{.prompt = "lights", .answer = "on"};

/// The tokens and the logits' bits of an answer; `between` runs behind each step.
struct trace {
  std::vector<unsigned> tokens;
  std::vector<std::uint32_t> bits;
  std::string text;
  std::size_t steps = 0;
  bool operator==(const trace&) const = default;
};
template <class Pipeline, class Between>
trace answer_of(Pipeline& ai, std::string_view question, std::size_t limit, Between&& between) {
  trace t;
  REQUIRE(ai.begin(question, limit) == status::ok);
  for (;;) {
    const mote::progress_step s = ai.step();
    ++t.steps;
    REQUIRE(s.state == status::ok);
    if (s.done) break;
    t.text += s.piece;
    if (t.steps >= ai.prompt_tokens())
      for (float l : ai.logits()) t.bits.push_back(std::bit_cast<std::uint32_t>(l));
    between();
  }
  for (unsigned token : ai.tokens()) t.tokens.push_back(token);
  return t;
}
template <class Pipeline>
trace answer_of(Pipeline& ai, std::string_view question, std::size_t limit = 24) {
  return answer_of(ai, question, limit, [] {});
}

/// The bytes of an object that must not change; the copy lives on the heap.
template <class Pipeline>
class frozen_bytes {
 public:
  explicit frozen_bytes(const Pipeline& ai) : ai_(ai), kept_(sizeof ai) { std::memcpy(kept_.data(), &ai, sizeof ai); }
  bool same() const { return std::memcmp(kept_.data(), &ai_, sizeof ai_) == 0; }

 private:
  const Pipeline& ai_;
  std::vector<std::byte> kept_;
};

template <class Pipeline>
std::vector<float> parameters(const Pipeline& ai) {
  const float* p = ai.learning().parameters();
  return {p, p + std::remove_cvref_t<decltype(ai.learning())>::parameter_floats};
}

}  // namespace

TEST_CASE("basic_pipeline: without an image, every call says so and does nothing", "[pipeline]") {
  static whole ai;
  const frozen_bytes before(ai);
  std::array<std::byte, 64> buffer{};
  CHECK(!ai.attached());
  CHECK(ai.remember("the cat") == status::not_attached);
  CHECK(ai.learn(lesson).state == status::not_attached);
  CHECK(ai.loss(lesson).state == status::not_attached);
  CHECK(ai.save(buffer) == status::not_attached);
  CHECK(ai.load(buffer) == status::not_attached);
  CHECK(before.same());
  CHECK(ai.begin("the cat") == status::not_attached);
  CHECK(ai.step().done);
  CHECK(ai.ask("the cat").state() == status::not_attached);
  for (std::string_view piece : ai.ask("the cat")) FAIL("an answer out of nothing: " << piece);
  CHECK(ai.tokens().empty());
}

TEST_CASE("basic_pipeline: attach takes the type's image, in place, and no other", "[pipeline]") {
  static plain ai;
  const aligned_bytes image = mote_tests::synthetic_image<plain>();
  const std::span<const std::byte> bytes = image;
  const frozen_bytes before(ai);
  const auto refuses = [&](std::span<const std::byte> wrong, status why) {
    CHECK(mote::name(ai.attach(wrong)) == mote::name(why));
    CHECK(before.same());
  };
  refuses({}, status::truncated);
  refuses(bytes.first(100), status::truncated);
  refuses(bytes.first(bytes.size() - 1), status::truncated);
  const aligned_bytes shifted(bytes, 8);
  refuses(shifted, status::misaligned);
  const auto changed = [&](std::size_t at) {
    std::vector<std::byte> copy(bytes.begin(), bytes.end());
    copy[at] ^= std::byte{1};
    return aligned_bytes(copy);
  };
  refuses(changed(0), status::not_mote);
  refuses(changed(4), status::wrong_version);
  refuses(changed(24), status::corrupt_header);
  refuses(changed(128), status::corrupt_payload);
  refuses(changed(bytes.size() - 1), status::corrupt_payload);
  refuses(mote_tests::synthetic_image<mote::pipeline<synthetic, mote::quantize<32>>>(), status::wrong_format);
  refuses(mote_tests::synthetic_image<mote::pipeline<synthetic, mote::quantize<8, 64>>>(), status::wrong_format);
  refuses(
      mote_tests::synthetic_image<mote::pipeline<synthetic, mote::interleave<(plain::format::rows == 1 ? 4 : 1)>>>(),
      status::wrong_format);
  refuses(mote_tests::synthetic_image<mote::pipeline<wider>>(), status::wrong_shape);

  REQUIRE(ai.attach(image) == status::ok);
  CHECK(ai.attached());
  // A refused image leaves the attached one in use.
  const trace answer = answer_of(ai, "the cat");
  CHECK(ai.attach(bytes.first(100)) == status::truncated);
  CHECK(answer_of(ai, "the cat") == answer);
  // A flipped weight goes unseen where the check is skipped, and only there.
  const aligned_bytes flipped = changed(200);
  CHECK(ai.attach(flipped) == status::corrupt_payload);
  CHECK(ai.attach(flipped, mote::payload_check::skip) == status::ok);
  // In place: what changes in the image changes in the answers.
  aligned_bytes mine(bytes);
  REQUIRE(ai.attach(mine) == status::ok);
  const trace first = answer_of(ai, "the cat");
  CHECK(first == answer);
  for (std::size_t i = 0; i < 600; ++i) mine[600 + i] = std::byte{1};
  CHECK(!(answer_of(ai, "the cat") == first));
}

TEST_CASE("basic_pipeline: a step is a token, and there are as many as prompt and answer have", "[pipeline]") {
  static plain ai;
  const aligned_bytes image = mote_tests::synthetic_image<plain>();
  REQUIRE(ai.attach(image) == status::ok);
  for (std::size_t limit : {0U, 1U, 2U, 7U, 20U}) {
    const trace t = answer_of(ai, "in the end", limit);
    const std::size_t answered = t.tokens.size() - ai.prompt_tokens();
    CHECK(answered <= limit);
    if (limit == 0) {
      CHECK(t.steps == 1);  // nothing runs for an answer of no tokens
      continue;
    }
    CHECK(t.steps ==
          ai.prompt_tokens() + answered);  // the last prompt token gives the first of the answer; one says done
    CHECK(ai.prompt_tokens() == 3 + 7);    // bos, user, answer; " " "in" " the" " " "e" "n" "d"
  }
}

TEST_CASE("basic_pipeline: done stays done; stop and a new question start afresh", "[pipeline]") {
  static plain ai;
  const aligned_bytes image = mote_tests::synthetic_image<plain>();
  REQUIRE(ai.attach(image) == status::ok);
  CHECK(ai.step().done);  // nothing was asked
  const trace t = answer_of(ai, "the cat", 5);
  for (int i = 0; i < 3; ++i) {
    const mote::progress_step s = ai.step();
    CHECK(s.done);
    CHECK(s.piece.empty());
    CHECK(s.state == status::ok);
  }
  REQUIRE(ai.begin("the cat", 5) == status::ok);
  for (std::size_t i = 0; i < ai.prompt_tokens() + 1; ++i) CHECK(!ai.step().done);
  ai.stop();
  CHECK(ai.step().done);
  CHECK(ai.tokens().empty());
  CHECK(ai.prompt_tokens() == 0);
  CHECK(answer_of(ai, "the cat", 5) == t);
  // A question in the middle of another's answer.
  REQUIRE(ai.begin("in the end", 5) == status::ok);
  for (int i = 0; i < 4; ++i) (void)ai.step();
  CHECK(answer_of(ai, "the cat", 5) == t);
  // ask() gives what step() gives; it can be left early.
  std::string text;
  for (std::string_view piece : ai.ask("the cat", 5)) text += piece;
  CHECK(text == t.text);
  for (std::string_view piece : ai.ask("the cat", 5)) {
    text = piece;
    break;
  }
  CHECK(t.text.starts_with(text));
  CHECK(answer_of(ai, "the cat", 5) == t);
}

TEST_CASE("basic_pipeline: the context ends an answer, and no step runs behind it", "[pipeline]") {
  static story ai;  // no mark ends a text but bos and eos, which noise rarely draws
  bool reached = false;
  for (std::uint64_t seed = 1; seed < 20 && !reached; ++seed) {
    const aligned_bytes image = mote_tests::synthetic_image<story>(seed);
    REQUIRE(ai.attach(image) == status::ok);
    const trace t = answer_of(ai, "the", 1000);
    CHECK(t.steps <= story::context + 1);
    CHECK(ai.tokens().size() <= story::context);
    reached = t.steps == story::context + 1;
    if (reached) CHECK(ai.tokens().size() == story::context);
  }
  CHECK(reached);
  // The same where the context is the model's own.
  using full_length = mote::pipeline<synthetic_story>;
  static full_length longer;
  const aligned_bytes image = mote_tests::synthetic_image<full_length>();
  REQUIRE(longer.attach(image) == status::ok);
  CHECK(answer_of(longer, "the", 1000).steps <= full_length::context + 1);
}

TEST_CASE("basic_pipeline: an answer says how it ended", "[pipeline]") {
  using mote::ending;
  const auto check = []<class Pipeline>(Pipeline& ai, std::string_view question) {
    const aligned_bytes image = mote_tests::synthetic_image<Pipeline>();
    REQUIRE(ai.attach(image) == status::ok);
    REQUIRE(ai.begin(question) == status::ok);
    // The last token of the prompt gives the first of the answer, and the last place of the context one more.
    const std::size_t room = Pipeline::context - ai.prompt_tokens() + 1;
    for (const std::size_t end : {std::size_t{0}, std::size_t{1}, std::size_t{4}, room - 1, room, room + 1}) {
      for (const std::size_t limit : {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{4}, room - 1, room,
                                      room + 1, Pipeline::context, mote::too_big}) {
        const std::size_t most = std::min(limit, room);
        const bool said = end != 0 && end <= most;
        const ending expected = said ? ending::end_of_text : limit <= room ? ending::limit : ending::context_full;
        INFO("end " << end << ", limit " << limit << ", room " << room);
        ai.seed(end);
        REQUIRE(ai.begin(question, limit) == status::ok);
        mote::progress_step s;
        std::size_t answered = 0;
        for (s = ai.step(); !s.done; s = ai.step()) {
          REQUIRE(s.ending == ending::none);
          REQUIRE(ai.ending() == ending::none);
          answered += s.piece.empty() ? 0U : 1U;
        }
        CHECK(answered == (said ? end - 1 : most));
        for (int again = 0; again < 3; ++again, s = ai.step()) {
          CHECK(s.state == status::ok);
          CHECK(s.done);
          CHECK(mote::name(s.ending) == mote::name(expected));
          CHECK(s.piece.empty());
          CHECK(ai.ending() == expected);
        }
        ai.seed(end);
        std::size_t pieces = 0;
        auto answer = ai.ask(question, limit);
        for (std::string_view piece : answer) pieces += piece.empty() ? 0U : 1U;
        CHECK(pieces == answered);
        CHECK(answer.ending() == expected);
        CHECK(answer.state() == status::ok);
      }
    }
  };
  static mote::pipeline<synthetic, window, scripted> ai;
  check(ai, "the cat");
  static mote::pipeline<synthetic, window, scripted, mote::prefill<4>> several;
  check(several, "the cat");
  static mote::pipeline<synthetic_story, window, scripted> teller;
  check(teller, "");  // one token of prompt: the context is full before it has given as many tokens as it is long
}

TEST_CASE("basic_pipeline: an answer that is stopped or fails says so, step after step", "[pipeline]") {
  using mote::ending;
  static whole ai;
  const auto says = [&](status state, ending how) {
    for (int again = 0; again < 2; ++again) {
      const mote::progress_step s = ai.step();
      CHECK(mote::name(s.state) == mote::name(state));
      CHECK(mote::name(s.ending) == mote::name(how));
      CHECK(s.done);
      CHECK(s.piece.empty());
    }
  };
  says(status::not_attached, ending::failed);
  CHECK(ai.ending() == ending::none);
  CHECK(ai.begin("the cat") == status::not_attached);
  says(status::not_attached, ending::failed);
  const aligned_bytes image = mote_tests::synthetic_image<whole>();
  REQUIRE(ai.attach(image) == status::ok);
  says(status::empty, ending::stopped);
  const auto under_way = [&] {
    REQUIRE(ai.begin("the cat") == status::ok);
    for (int i = 0; i < 3; ++i) REQUIRE(!ai.step().done);
    CHECK(ai.ending() == ending::none);
    CHECK(ai.state() == status::ok);
  };
  under_way();
  ai.stop();
  says(status::empty, ending::stopped);
  CHECK(ai.ending() == ending::stopped);
  under_way();
  REQUIRE(ai.attach(image) == status::ok);
  says(status::empty, ending::stopped);
  REQUIRE(ai.remember("the ant") == status::ok);
  aligned_bytes kept(ai.saved_bytes());
  REQUIRE(ai.save(kept.span()) == status::ok);
  under_way();
  REQUIRE(ai.load(kept) == status::ok);
  says(status::empty, ending::stopped);
  under_way();
  CHECK(ai.load(std::span<const std::byte>(kept).first(100)) == status::truncated);
  CHECK(ai.ending() == ending::none);  // what is refused changes nothing
  CHECK(ai.begin(std::string(400, 'x')) == status::too_long);
  says(status::too_long, ending::failed);
  auto refused = ai.ask("");
  CHECK(refused.state() == status::empty);
  CHECK(refused.ending() == ending::failed);
  CHECK(refused.begin() == refused.end());
  auto left = ai.ask("the cat");
  for (std::string_view piece : left)
    if (!piece.empty()) break;
  CHECK(left.ending() == ending::none);
  CHECK(left.state() == status::ok);
  under_way();
  REQUIRE(ai.learn(lesson).state == status::ok);
  REQUIRE(ai.remember("the bee") == status::ok);
  CHECK(ai.ending() == ending::none);
  for (const ending e : {ending::none, ending::end_of_text, ending::complete, ending::stop_word, ending::limit,
                         ending::context_full, ending::stopped, ending::failed})
    CHECK(mote::name(e) != "unknown");
}

TEST_CASE("basic_pipeline: a model of texts begins one out of nothing; a model of answers does not", "[pipeline]") {
  static story teller;
  static plain ai;
  const aligned_bytes image = mote_tests::synthetic_image<story>();
  REQUIRE(teller.attach(image) == status::ok);
  REQUIRE(ai.attach(image) == status::ok);
  REQUIRE(teller.begin("", 4) == status::ok);
  CHECK(teller.prompt_tokens() == 1);
  CHECK(ai.begin("", 4) == status::empty);
}

TEST_CASE("basic_pipeline: a refused question, item or example changes nothing", "[pipeline]") {
  static whole ai;
  const aligned_bytes image = mote_tests::synthetic_image<whole>();
  REQUIRE(ai.attach(image) == status::ok);
  for (int i = 0; i < 3; ++i) REQUIRE(ai.learn(lesson).state == status::ok);
  REQUIRE(ai.remember("the ant is in") == status::ok);
  const trace t = answer_of(ai, "where is the ant");
  const auto learned = parameters(ai);

  const std::string endless(400, 'x');
  const std::string long_item(49, 'x');
  const std::string_view nul("a\0b", 3);
  CHECK(ai.begin(endless) == status::too_long);
  CHECK(ai.tokens().empty());
  CHECK(ai.step().done);
  CHECK(ai.begin("") == status::empty);
  CHECK(ai.begin(nul) == status::bad_utf8);
  CHECK(ai.remember(long_item) == status::too_long);
  CHECK(ai.remember("") == status::empty);
  CHECK(ai.remember(nul) == status::bad_utf8);
  CHECK(ai.remember("...") == status::empty);  // no word to find it by
  CHECK(ai.memory().size() == 1);
  const auto refuses = [&](const mote::example& e, status why) {
    const mote::learned did = ai.learn(e);
    CHECK(did.state == why);
    CHECK(!did.stepped);
    CHECK(ai.loss(e).state == why);
  };
  refuses({.prompt = "lights", .answer = ""}, status::empty);
  refuses({.prompt = "", .answer = "on"}, status::empty);
  refuses({.prompt = endless, .answer = "on"}, status::too_long);
  refuses({.prompt = "lights", .answer = endless}, status::too_long);
  refuses({.prompt = "lights", .answer = "on", .note = endless}, status::too_long);
  refuses({.prompt = nul, .answer = "on"}, status::bad_utf8);
  refuses({.prompt = "lights", .answer = nul}, status::bad_utf8);
  CHECK(parameters(ai) == learned);
  CHECK(answer_of(ai, "where is the ant") == t);
  // Nor in the middle of an answer, where they leave the scratch memory behind as they used it.
  CHECK(answer_of(ai, "where is the ant", 24, [&] {
          (void)ai.learn({.prompt = endless, .answer = "on"});
          (void)ai.remember(nul);
          (void)ai.remember(long_item);
        }) == t);
}

TEST_CASE("basic_pipeline: learning between two steps of an answer does not touch it", "[pipeline]") {
  const auto check = []<class Pipeline>(Pipeline& ai) {
    const aligned_bytes image = mote_tests::synthetic_image<Pipeline>();
    REQUIRE(ai.attach(image) == status::ok);
    for (int i = 0; i < 4; ++i) REQUIRE(ai.learn(lesson).state == status::ok);  // so that what was learned counts
    const trace t = answer_of(ai, "where is the ant");
    const float usual = ai.loss(lesson).loss;
    (void)ai.learning().rate(0);
    const auto before = parameters(ai);
    CHECK(answer_of(ai, "where is the ant", 24, [&] {
            const mote::learned did = ai.learn({.prompt = "where are the lights", .answer = "in the end"});
            REQUIRE(did.state == status::ok);
          }) == t);
    CHECK(parameters(ai) == before);
    CHECK(answer_of(ai, "where is the ant", 24, [&] { REQUIRE(ai.loss(lesson).loss == usual); }) == t);
    // With a rate, the answer may change, and what is learned is the same with and without an answer in between.
    (void)ai.learning().rate(1e-2F);
    return t;
  };
  static whole with_adapters;
  static trained with_weights;
  check(with_adapters);
  check(with_weights);
}

TEST_CASE("basic_pipeline: an answer between two lessons does not touch them", "[pipeline]") {
  static whole alone;
  static whole interleaved;
  const aligned_bytes image = mote_tests::synthetic_image<whole>();
  REQUIRE(alone.attach(image) == status::ok);
  REQUIRE(interleaved.attach(image) == status::ok);
  for (int i = 0; i < 6; ++i) {
    REQUIRE(alone.learn(lesson).state == status::ok);
    (void)answer_of(interleaved, "where is the ant", 3);
    REQUIRE(interleaved.remember("the ant") == status::ok);
    REQUIRE(interleaved.learn(lesson).state == status::ok);
  }
  CHECK(parameters(alone) == parameters(interleaved));
}

TEST_CASE("basic_pipeline: the oldest item goes when the memory is full", "[pipeline]") {
  static whole ai;
  const aligned_bytes image = mote_tests::synthetic_image<whole>();
  REQUIRE(ai.attach(image) == status::ok);
  for (const char* item : {"ant one", "bee two", "cat three", "dog four", "eel five"})
    REQUIRE(ai.remember(item) == status::ok);
  CHECK(ai.memory().size() == 4);
  REQUIRE(ai.begin("ant", 1) == status::ok);
  CHECK(ai.recalled_items() == 0);
  REQUIRE(ai.begin("eel", 1) == status::ok);
  CHECK(ai.recalled_items() == 1);
  CHECK(ai.tokens()[1] == synthetic::special_tokens.note);
  REQUIRE(ai.begin("bee dog", 1) == status::ok);
  CHECK(ai.recalled_items() == 2);
}

TEST_CASE("basic_pipeline: what was saved comes back bit for bit, and only where it belongs", "[pipeline]") {
  static whole ai, other;
  const aligned_bytes image = mote_tests::synthetic_image<whole>();
  REQUIRE(ai.attach(image) == status::ok);
  REQUIRE(other.attach(image) == status::ok);
  const trace fresh = answer_of(other, "where is the ant");

  // Nothing learned, nothing remembered: a snapshot that says nothing is refused.
  aligned_bytes nothing(ai.saved_bytes());
  REQUIRE(ai.save(nothing.span()) == status::ok);
  CHECK(other.load(nothing) == status::no_effect);

  for (int i = 0; i < 10; ++i) REQUIRE(ai.learn(lesson).state == status::ok);
  REQUIRE(ai.remember("the ant is in") == status::ok);
  REQUIRE(ai.remember("the bee is not") == status::ok);
  const trace t = answer_of(ai, "where is the ant");
  CHECK(!(t == fresh));

  aligned_bytes kept(ai.saved_bytes());
  CHECK(ai.save(kept.span().first(kept.size() - 1)) == status::full);
  CHECK(ai.save(aligned_bytes(kept, 8).span()) == status::misaligned);
  REQUIRE(ai.save(kept.span()) == status::ok);
  aligned_bytes again(ai.saved_bytes());
  REQUIRE(ai.save(again.span()) == status::ok);
  CHECK(std::ranges::equal(kept.span(), again.span()));
  CHECK(answer_of(ai, "where is the ant") == t);  // saving is not felt

  REQUIRE(other.load(kept) == status::ok);
  CHECK(answer_of(other, "where is the ant") == t);
  CHECK(other.loss(lesson).loss == ai.loss(lesson).loss);
  CHECK(parameters(other) == parameters(ai));
  CHECK(other.memory().size() == 2);
  REQUIRE(other.save(again.span()) == status::ok);
  CHECK(std::ranges::equal(kept.span(), again.span()));

  // Loading ends an answer under way: its cache belongs to what was before.
  REQUIRE(other.begin("where is the ant") == status::ok);
  REQUIRE(other.load(kept) == status::ok);
  CHECK(other.step().done);

  // Attaching forgets what was learned, as a new object would; the texts stay.
  REQUIRE(other.attach(image) == status::ok);
  CHECK(parameters(other) != parameters(ai));
  CHECK(other.memory().size() == 2);

  // The same type on another image of the same shape.
  const aligned_bytes second = mote_tests::synthetic_image<whole>(2);
  REQUIRE(other.attach(second) == status::ok);
  const frozen_bytes before(other);
  CHECK(other.load(kept) == status::wrong_base);
  CHECK(before.same());
}

TEST_CASE("basic_pipeline: full training is saved too", "[pipeline]") {
  static trained ai, other;
  const aligned_bytes image = mote_tests::synthetic_image<trained>();
  REQUIRE(ai.attach(image) == status::ok);
  REQUIRE(other.attach(image) == status::ok);
  const float before = ai.loss(lesson).loss;
  for (int i = 0; i < 80; ++i) REQUIRE(ai.learn(lesson).state == status::ok);
  CHECK(ai.loss(lesson).loss < 0.5F * before);
  aligned_bytes kept(ai.saved_bytes());
  REQUIRE(ai.save(kept.span()) == status::ok);
  REQUIRE(other.load(kept) == status::ok);
  CHECK(answer_of(other, "where is the ant") == answer_of(ai, "where is the ant"));
}

TEST_CASE("basic_pipeline: the seed decides what chance draws", "[pipeline]") {
  using drawing =
      mote::pipeline<synthetic, window, mote::sample<mote::sample_knobs{.temperature = 1.5F, .top_p = 1.0F}>>;
  static drawing ai;
  const aligned_bytes image = mote_tests::synthetic_image<drawing>();
  REQUIRE(ai.attach(image) == status::ok);
  const auto tokens_of = [&](std::uint64_t seed) {
    ai.seed(seed);
    return answer_of(ai, "the cat").tokens;
  };
  const auto first = tokens_of(7);
  CHECK(tokens_of(7) == first);
  CHECK(tokens_of(8) != first);
}

TEST_CASE("basic_pipeline: a static one is no byte of flash until it is attached", "[pipeline]") {
  static whole ai;
  const auto* at = reinterpret_cast<const char*>(&ai);
  CHECK(at >= &__bss_start);
  CHECK(at + sizeof ai <= &_end);
  const std::vector<std::byte> zeros(sizeof ai);
  CHECK(std::memcmp(&ai, zeros.data(), sizeof ai) == 0);
}

TEST_CASE("basic_pipeline: no call takes memory", "[pipeline]") {
  static whole ai;
  static trained other;
  const aligned_bytes image = mote_tests::synthetic_image<whole>();
  const aligned_bytes floats = mote_tests::synthetic_image<trained>();
  aligned_bytes kept(ai.saved_bytes() + 4096);
  std::size_t ok = 0;
  std::size_t pieces = 0;
  const auto count = [&ok](status s) { ok += s == status::ok ? 1U : 0U; };

  const std::size_t before = allocations;
#if defined(__GLIBC__)
  const std::size_t in_use = mallinfo2().uordblks;
#endif
  count(ai.attach(image));
  count(other.attach(floats));
  count(ai.remember("the ant is in"));
  count(ai.learn(lesson).state);
  count(other.learn(lesson).state);
  count(ai.loss(lesson).state);
  for (std::string_view piece : ai.ask("where is the ant", 8)) pieces += piece.size();
  for (std::string_view piece : other.ask("where is the ant", 8)) pieces += piece.size();
  count(ai.save(kept.span()));
  count(ai.load(kept));
#if defined(__GLIBC__)
  const std::size_t in_use_after = mallinfo2().uordblks;
#endif
  const std::size_t after = allocations;

  CHECK(after == before);
#if defined(__GLIBC__)
  CHECK(in_use_after == in_use);
#endif
  CHECK(ok == 8);
  CHECK(pieces > 0);
  auto seen = std::make_unique<int>(1);  // the counter counts
  CHECK(allocations == after + static_cast<std::size_t>(*seen));
}

namespace {
template <class Pipeline>
void check_divergence(Pipeline& ai) {
  const aligned_bytes image = mote_tests::synthetic_image<Pipeline>();
  REQUIRE(ai.attach(image) == status::ok);
  if constexpr (Pipeline::recalls) REQUIRE(ai.remember("the ant is in the tent") == status::ok);
  while (!ai.learn(lesson).stepped) {
  }
  REQUIRE(ai.learning().rate(1e-2F) == status::ok);
  for (const float r : {1e5F, 1e20F, std::numeric_limits<float>::infinity(), std::nanf(""), -1.0F}) {
    CHECK(ai.learning().rate(r) == status::bad_rate);
    CHECK(ai.learning().rate() == 1e-2F);
  }
  std::vector<std::byte> good(ai.saved_bytes() + 64);
  const std::span<std::byte> at(std::assume_aligned<16>(good.data()), ai.saved_bytes());
  REQUIRE(ai.save(at) == status::ok);
  const auto before = parameters(ai);
  const trace t = answer_of(ai, "where is the ant");
  const float usual = ai.loss(lesson).loss;

  // A gradient that is not finite, as a diverging example leaves it: the step is refused, and forgotten.
  ai.learning().gradients()[3] = std::numeric_limits<float>::infinity();
  mote::learned did;
  do did = ai.learn(lesson);
  while (did.state == status::ok && !did.stepped);
  CHECK(did.state == status::not_finite);
  CHECK(!did.stepped);
  CHECK(parameters(ai) == before);
  CHECK(ai.loss(lesson).loss == usual);
  CHECK(answer_of(ai, "where is the ant") == t);

  // A parameter that a program itself wrote: every call says so, and load() brings back what was saved.
  for (const float evil : {std::nanf(""), std::numeric_limits<float>::infinity(), 1e30F, -1e30F}) {
    float* const p = ai.learning().parameters();
    for (std::size_t i = 0; i < before.size(); ++i)
      if (before[i] != 0) p[i] = evil;
    CHECK(ai.save(at) == status::not_finite);
    CHECK(ai.loss(lesson).state == status::not_finite);
    CHECK(ai.learn(lesson).state == status::not_finite);
    REQUIRE(ai.begin("where is the ant") == status::ok);
    mote::progress_step s;
    do s = ai.step();
    while (!s.done);
    CHECK(s.state == status::not_finite);
    CHECK(ai.step().state == status::not_finite);
    CHECK(ai.step().done);
    auto range = ai.ask("where is the ant");
    CHECK(range.state() == status::ok);
    std::string text;
    for (const std::string_view piece : range) text += piece;
    CHECK(text.empty());
    CHECK(range.state() == status::not_finite);
    REQUIRE(ai.load(at) == status::ok);
    CHECK(parameters(ai) == before);
    CHECK(answer_of(ai, "where is the ant") == t);
    if constexpr (Pipeline::recalls) CHECK(ai.memory().size() == 1);
  }
  CHECK(ai.loss(lesson).loss == usual);
  while (!ai.learn(lesson).stepped) {
  }
  CHECK(parameters(ai) != before);
}
}  // namespace

TEST_CASE("basic_pipeline: what diverges says not_finite, and the last good state stays", "[pipeline]") {
  static whole with_adapters;
  static trained with_weights;
  check_divergence(with_adapters);
  check_divergence(with_weights);
}

TEST_CASE("basic_pipeline: an absurd rate of the type itself is seen at its first step", "[pipeline]") {
  const auto check = []<class Pipeline>(Pipeline& ai) {
    const aligned_bytes image = mote_tests::synthetic_image<Pipeline>();
    REQUIRE(ai.attach(image) == status::ok);
    const auto before = parameters(ai);
    for (int i = 0; i < 3; ++i) {
      mote::learned did;
      do did = ai.learn(lesson);
      while (did.state == status::ok && !did.stepped);
      CHECK(did.state == status::not_finite);
      CHECK(std::isfinite(did.loss));
      CHECK(parameters(ai) == before);
    }
  };
  constexpr mote::full_knobs window_of{.tokens = 64, .batch = 1};
  static mote::pipeline<synthetic, window, mote::lora<2, mote::lora_knobs{}, far_too_fast<mote::adam<>>>> leaping;
  static mote::pipeline<synthetic, window, mote::quantize<32>, mote::full<window_of, too_fast<mote::adam<>>>>
      whole_leaping;
  static mote::pipeline<synthetic, window, mote::quantize<32>, mote::full<window_of, far_too_fast<mote::sgd<>>>>
      falling;
  check(leaping);
  check(whole_leaping);
  check(falling);
}

TEST_CASE("basic_pipeline: a number that is overwritten behind attach() ends the answer, a few tokens a pass or one",
          "[pipeline]") {
  using one = mote::pipeline<synthetic, window, mote::quantize<32>>;
  using several = mote::pipeline<synthetic, window, mote::quantize<32>, mote::prefill<4>>;
  using coded = mote::pipeline<synthetic, window, mote::quantize<32>, mote::cache<8>, mote::prefill<4>>;
  using halved = mote::pipeline<synthetic, window, mote::quantize<32>, mote::cache<16>>;
  using old = mote::pipeline<synthetic, window, mote::quantize<32>, mote::kivi<4, 32>, mote::prefill<8>>;
  static constexpr auto map = mote::map_tensors<one::format>(synthetic::shape);
  const auto check = []<class Pipeline>(Pipeline& ai) {
    aligned_bytes image = mote_tests::synthetic_image<Pipeline>();
    REQUIRE(ai.attach(image) == status::ok);
    const trace t = answer_of(ai, "where is the ant");
    for (const std::size_t at :
         {map.at(0, mote::role::key), map.at(1, mote::role::value), map.at(0, mote::role::query),
          map.at(1, mote::role::down), map.start_of(1), map.at(0, mote::vector_role::final_norm)})
      for (const float evil : {std::nanf("5"), std::numeric_limits<float>::infinity(), 1e38F, -3e38F}) {
        auto* p = image.span().data() + mote::container_header_bytes + at;
        float kept = 0;
        std::memcpy(&kept, p, 4);
        std::memcpy(p, &evil, 4);
        REQUIRE(ai.begin("where is the ant") == status::ok);
        mote::progress_step s;
        do s = ai.step();
        while (!s.done);
        INFO("at " << at << " " << evil);
        CHECK(s.state == status::not_finite);
        CHECK(s.piece.empty());
        std::memcpy(p, &kept, 4);
        REQUIRE(answer_of(ai, "where is the ant") == t);  // nothing of it stays in the cache
      }
  };
  static one a;
  static several b;
  static coded c;
  static halved d;
  static old e;
  check(a);
  check(b);
  check(c);
  check(d);
  check(e);
}
