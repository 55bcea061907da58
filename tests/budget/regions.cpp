// SPDX-License-Identifier: BSL-1.0
// Parts that lie apart: what the object saves, what each region holds, and that the answers are the same.
#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../synthetic_model.hpp"
#include "mote/boards/stm32h743.hpp"
#include "mote/mote.hpp"
#include "mote/pipeline/sweep.hpp"
#include "mote/policy/fit.hpp"

namespace {

using mote_tests::synthetic;

template <std::size_t Main, std::size_t Fast, std::size_t Slow>
struct banks {
  static constexpr mote::board_facts facts{.name = "banks",
                                           .ram_bytes = Main + Fast + Slow,
                                           .ram_block_bytes = Main,
                                           .flash_bytes = std::size_t{1} << 24U,
                                           .stack_bytes = 1000,
                                           .regions = {{{.name = "main", .bytes = Main},
                                                        {.name = "fast", .bytes = Fast, .fast = true},
                                                        {.name = "slow", .bytes = Slow}}}};
};
constexpr std::size_t plenty = std::size_t{1} << 24U;
using roomy = banks<plenty, plenty, plenty>;

template <class Board, class... Places>
using placed = mote::pipeline<synthetic, mote::context<96>, mote::lora<2, mote::lora_knobs{.tokens = 40}>,
                              mote::fit<Board, mote::fit_knobs{}, Places...>>;
template <class Board, class... Places>
constexpr bool fits = mote::can_compose<synthetic, mote::context<96>, mote::lora<2, mote::lora_knobs{.tokens = 40}>,
                                        mote::fit<Board, mote::fit_knobs{}, Places...>>;

using whole = placed<roomy>;
using split = placed<roomy, mote::arena_in<"fast">, mote::cache_in<"slow">>;
constexpr mote::footprint one = whole::cost();
constexpr mote::footprint three = split::cost();

// All that may lie apart, each of it or not: bit i of Apart is a part_memory's number.
using recalls = mote::rag<mote::bm25<mote::bm25_knobs{.items = 6, .item_bytes = 40}>, mote::rag_knobs{.tokens = 40}>;
template <unsigned Apart, std::size_t Part, class Place>
using place_if = std::conditional_t<(Apart >> Part & 1U) != 0, Place, mote::object_in<"main">>;
template <class Board, unsigned Apart>
using parted_fit =
    mote::fit<Board, mote::fit_knobs{}, mote::object_in<"main">, place_if<Apart, 0, mote::cache_in<"slow">>,
              place_if<Apart, 1, mote::arena_in<"fast">>, place_if<Apart, 2, mote::learning_in<"slow">>,
              place_if<Apart, 3, mote::recall_in<"fast">>>;
using learns = mote::lora<2, mote::lora_knobs{.tokens = 40, .takes_turns = true}>;
template <unsigned Apart, class Board = roomy>
using parted = mote::pipeline<synthetic, mote::context<96>, learns, recalls, mote::sample<>, parted_fit<Board, Apart>>;
template <class Board, unsigned Apart>
constexpr bool parted_fits =
    mote::can_compose<synthetic, mote::context<96>, learns, recalls, mote::sample<>, parted_fit<Board, Apart>>;

struct stories {
  static constexpr std::string_view name = "stories260k";
  static constexpr mote::shape shape{
      .dim = 64, .hidden = 172, .layers = 5, .heads = 8, .kv_heads = 4, .vocab = 512, .context = 512};
  static constexpr std::size_t vocabulary_bytes = 4492;
  static constexpr mote::special_tokens special_tokens{};
};

std::string talk(auto& ai, std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return "not attached";
  std::string said;
  for (int i = 0; i < 3; ++i) (void)ai.learn({.prompt = "the heat", .answer = "is on"});
  for (std::string_view piece : ai.ask("the", 20)) said += piece;
  for (float logit : ai.logits()) said += std::to_string(logit) + ' ';
  return said;
}

}  // namespace

TEST_CASE("regions: a part that lies apart leaves the object, and no byte is lost or counted twice",
          "[budget][regions]") {
  STATIC_REQUIRE(sizeof(whole) == one.ram.object());
  STATIC_REQUIRE(sizeof(split) == three.ram.object());
  STATIC_REQUIRE(sizeof(split::arena_memory) == three.ram.activations);
  STATIC_REQUIRE(sizeof(split::cache_memory) == three.ram.cache);
  STATIC_REQUIRE(three.ram.apart == three.ram.activations + three.ram.cache);
  STATIC_REQUIRE(three.ram.activations == one.ram.activations);
  STATIC_REQUIRE(three.ram.cache == one.ram.cache);
  STATIC_REQUIRE(three.ram.sum() >= one.ram.sum());
  STATIC_REQUIRE(three.ram.sum() <= one.ram.sum() + 64);  // two pointers
  STATIC_REQUIRE(three.regions[0].used == sizeof(split));
  STATIC_REQUIRE(three.regions[1].used == three.ram.activations);
  STATIC_REQUIRE(three.regions[2].used == three.ram.cache);
  CHECK(three.regions[1].name == "fast");
  STATIC_REQUIRE(one.regions[0].name.empty());  // nothing was named
}

TEST_CASE("regions: each is proven to the byte", "[budget][regions]") {
  constexpr std::size_t object = three.ram.object();
  constexpr std::size_t arena = three.ram.activations;
  constexpr std::size_t cache = three.ram.cache;
  using both = mote::arena_in<"fast">;
  using rest = mote::cache_in<"slow">;
  STATIC_REQUIRE(fits<banks<object + 1000, arena, cache>, both, rest>);
  STATIC_REQUIRE(!fits<banks<object + 1000, arena - 1, cache + 1>, both, rest>);
  STATIC_REQUIRE(!fits<banks<object + 1000, arena + 1, cache - 1>, both, rest>);
  STATIC_REQUIRE(!fits<banks<object - 1, arena + 2000, cache>, both, rest>);
  STATIC_REQUIRE(!fits<banks<object + 999, arena, cache>, both, rest>);  // the stack
  // Two parts in one region need room for both, the object's own region included.
  STATIC_REQUIRE(fits<banks<object + 1000, arena + cache, 1>, both, mote::cache_in<"fast">>);
  STATIC_REQUIRE(!fits<banks<object + 1001, arena + cache - 1, 1>, both, mote::cache_in<"fast">>);
  STATIC_REQUIRE(fits<banks<object + arena, 1000, cache>, mote::arena_in<"main">, rest>);
  STATIC_REQUIRE(!fits<banks<object + arena - 1, 2000, cache>, mote::arena_in<"main">, rest>);
  // The object need not lie in the largest block.
  constexpr std::size_t all = one.ram.object();
  STATIC_REQUIRE(fits<banks<all + 5000, all, 1>, mote::object_in<"fast">>);
  STATIC_REQUIRE(!fits<banks<all + 5000, all - 1, 2>, mote::object_in<"fast">>);
}

TEST_CASE("regions: the same answers and lessons, wherever parts lie", "[budget][regions]") {
  const auto image = mote_tests::synthetic_image<whole>();
  const auto at_home = std::make_unique<whole>();
  const auto apart = std::make_unique<split>();
  const auto arena = std::make_unique<split::arena_memory>();
  const auto cache = std::make_unique<split::cache_memory>();
  CHECK(apart->attach(image) == mote::status::not_placed);
  apart->use(*arena);
  CHECK(apart->attach(image) == mote::status::not_placed);
  CHECK_FALSE(apart->attached());
  apart->use(*cache);
  const std::string expected = talk(*at_home, image);
  CHECK(expected.size() > 100);
  CHECK(talk(*apart, image) == expected);
}

namespace {

/// A pipeline with the memories of its parts, which were not cleared: start-up code may leave them alone.
template <class Pipeline, unsigned Apart>
struct with_memories {
  std::unique_ptr<Pipeline> ai = std::make_unique<Pipeline>();
  std::vector<std::unique_ptr<typename Pipeline::cache_memory>> cache;
  std::vector<std::unique_ptr<typename Pipeline::arena_memory>> arena;
  std::vector<std::unique_ptr<typename Pipeline::learning_memory>> learning;
  std::vector<std::unique_ptr<typename Pipeline::recall_memory>> recall;

  template <std::size_t Part, class Memory>
  void give(std::vector<std::unique_ptr<Memory>>& to) {
    if constexpr ((Apart >> Part & 1U) != 0) {
      to.push_back(std::make_unique<Memory>());
      std::memset(to.back()->bytes, 0xA5, sizeof(Memory));
      CHECK(ai->saved_bytes() == 0);
      CHECK(ai->attach({}) == mote::status::not_placed);
      ai->use(*to.back());
    }
  }
  with_memories() {
    give<3>(recall);
    give<2>(learning);
    give<1>(arena);
    give<0>(cache);
  }
};

/// Answers, lessons by turns with an answer, recalled texts and a snapshot.
std::string live(auto& ai, std::span<const std::byte> image) {
  if (ai.attach(image) != mote::status::ok) return "not attached";
  std::string said;
  if (ai.remember("the heat is on") != mote::status::ok) return "not remembered";
  if (ai.remember("a lamp") != mote::status::ok) return "not remembered";
  if (ai.begin("the heat", 12) != mote::status::ok) return "not begun";
  said += std::to_string(ai.recalled_items());
  for (int i = 0; i < 3; ++i) {
    if (ai.learn_begin({.prompt = "the heat", .answer = "is on"}) != mote::status::ok) return "not taught";
    for (mote::learned l{.done = false}; !l.done;) {
      l = ai.learn_step(40);
      said += ai.step().piece;
      if (l.done) said += std::to_string(l.loss) + ' ';
    }
  }
  for (std::string_view piece : ai.ask("the heat", 20)) said += piece;
  for (float logit : ai.logits()) said += std::to_string(logit) + ' ';
  mote_tests::aligned_bytes kept(ai.saved_bytes());
  if (ai.save(kept.span()) != mote::status::ok) return "not saved";
  for (std::byte b : kept.span()) said += std::to_string(static_cast<int>(b));
  ai.memory().clear();
  if (ai.load(kept.span()) != mote::status::ok) return "not loaded";
  return said + std::to_string(ai.memory().size());
}

template <unsigned Apart>
constexpr bool is_exact() {
  using made = parted<Apart>;
  constexpr mote::footprint f = made::cost();
  constexpr mote::footprint home = parted<0>::cost();
  constexpr bool cache = (Apart & 1U) != 0, arena = (Apart & 2U) != 0, learning = (Apart & 4U) != 0,
                 recall = (Apart & 8U) != 0;
  constexpr std::size_t learning_bytes = sizeof(typename made::learning_memory);
  constexpr std::size_t recall_bytes = sizeof(typename made::recall_memory);
  static_assert(sizeof(made) == f.ram.object());
  static_assert(sizeof(typename made::cache_memory) == f.ram.cache);
  static_assert(sizeof(typename made::arena_memory) == f.ram.activations);
  static_assert(learning_bytes ==
                mote::round_up(sizeof(std::remove_cvref_t<decltype(std::declval<made&>().learning())>), 64));
  static_assert(recall_bytes == mote::round_up(f.ram.index, 64) && f.ram.index == recalls::ram_bytes);
  constexpr std::size_t fast = (arena ? f.ram.activations : 0) + (recall ? recall_bytes : 0);
  constexpr std::size_t slow = (cache ? f.ram.cache : 0) + (learning ? learning_bytes : 0);
  static_assert(f.ram.apart == fast + slow);
  static_assert(f.regions[0].used == sizeof(made) && f.regions[1].used == fast && f.regions[2].used == slow);
  static_assert(f.ram.sum() >= home.ram.sum() && f.ram.sum() <= home.ram.sum() + 4 * 64);  // pointers, and ends
  static_assert(f.ram.weights == home.ram.weights && f.ram.gradients == home.ram.gradients &&
                f.ram.optimizer == home.ram.optimizer && f.ram.index == home.ram.index);
  // To the byte in each region, the object's own among them.
  constexpr std::size_t object = sizeof(made) + 1000;  // the stack
  static_assert(parted_fits<banks<object, fast, slow>, Apart>);
  static_assert(fast == 0 || !parted_fits<banks<object, fast - (fast != 0), slow + 1>, Apart>);
  static_assert(slow == 0 || !parted_fits<banks<object, fast + 1, slow - (slow != 0)>, Apart>);
  static_assert(!parted_fits<banks<sizeof(made) - 1, fast + 2000, slow>, Apart>);
  return true;
}

/// A constant of its own for each: Clang counts the steps of one.
template <unsigned Apart>
constexpr bool exact = is_exact<Apart>();

template <unsigned Apart>
void check_parted(std::span<const std::byte> image, const std::string& expected) {
  using made = parted<Apart>;
  constexpr bool recall = (Apart & 8U) != 0;
  CAPTURE(Apart);
  with_memories<made, Apart> all;
  CHECK(live(*all.ai, image) == expected);
  REQUIRE(all.ai->learn_begin({.prompt = "the heat", .answer = "on"}) == mote::status::ok);
  CHECK_FALSE(all.ai->learn_step(1).done);
  // Another memory: what is attached no longer is; what was remembered lies in the old one.
  if constexpr (recall) {
    CHECK(all.ai->memory().size() == 2);
    all.recall.push_back(std::make_unique<typename made::recall_memory>());
    all.ai->use(*all.recall.back());
    CHECK(all.ai->memory().size() == 0);
    CHECK_FALSE(all.ai->attached());
    CHECK(all.ai->begin("the heat") == mote::status::not_attached);
    CHECK(all.ai->learn_step(1).state == mote::status::not_attached);
  }
}

template <class Pipeline, class Memory>
concept can_use = requires(Pipeline& ai, Memory& m) { ai.use(m); };

}  // namespace

TEST_CASE("regions: cache, arena, learning and recall, each apart or not: sizes, proofs and the same bits",
          "[budget][regions]") {
  const auto image = mote_tests::synthetic_image<parted<0>>();
  const auto at_home = std::make_unique<parted<0>>();
  const std::string expected = live(*at_home, image);
  CHECK(expected.size() > 1000);
#if MOTE_TEST_FEW_TYPES
  using proven = std::integer_sequence<unsigned, 15>;
  using run = std::integer_sequence<unsigned, 15>;
#else
  using proven = std::make_integer_sequence<unsigned, 16>;
  using run = std::integer_sequence<unsigned, 0, 4, 8, 12, 15>;
#endif
  []<unsigned... Apart>(std::integer_sequence<unsigned, Apart...>) { STATIC_REQUIRE((exact<Apart> && ...)); }(proven{});
  [&]<unsigned... Apart>(std::integer_sequence<unsigned, Apart...>) {
    (check_parted<Apart>(image, expected), ...);
  }(run{});
}

TEST_CASE("regions: memory of another part or size, and of a part that lies in the object, does not compile",
          "[budget][regions]") {
  using learning_apart = parted<4>;
  STATIC_REQUIRE(can_use<learning_apart, learning_apart::learning_memory>);
  STATIC_REQUIRE(!can_use<learning_apart, learning_apart::recall_memory>);
  STATIC_REQUIRE(!can_use<learning_apart, learning_apart::arena_memory>);
  STATIC_REQUIRE(!can_use<learning_apart, mote::part_memory<2, sizeof(learning_apart::learning_memory) + 64>>);
  STATIC_REQUIRE(!can_use<learning_apart, mote::part_memory<7, sizeof(learning_apart::learning_memory)>>);
  STATIC_REQUIRE(!can_use<parted<0>, parted<0>::learning_memory>);
}

TEST_CASE("regions: weights that are learned whole lie apart with their gradients", "[budget][regions]") {
  using learning = mote::full<mote::full_knobs{.tokens = 40}>;
  using home = mote::pipeline<synthetic, mote::context<96>, mote::quantize<32>, learning, mote::fit<roomy>>;
  using apart = mote::pipeline<synthetic, mote::context<96>, mote::quantize<32>, learning,
                               mote::fit<roomy, mote::fit_knobs{}, mote::learning_in<"slow">>>;
  constexpr mote::ram_regions ram = apart::cost().ram;
  STATIC_REQUIRE(sizeof(apart) == ram.object());
  STATIC_REQUIRE(sizeof(apart::learning_memory) >= ram.weights + ram.gradients + ram.optimizer);
  STATIC_REQUIRE(sizeof(apart::learning_memory) < ram.weights + ram.gradients + ram.optimizer + 512);
  const auto image = mote_tests::synthetic_image<home>();
  const auto at_home = std::make_unique<home>();
  const auto elsewhere = std::make_unique<apart>();
  const auto memory = std::make_unique<apart::learning_memory>();
  elsewhere->use(*memory);
  CHECK(talk(*elsewhere, image) == talk(*at_home, image));
}

TEST_CASE("regions: what a pipeline does not have is given no memory", "[budget][regions]") {
  using mote::fit_knobs;
  STATIC_REQUIRE(mote::can_compose<synthetic, mote::lora<2>, mote::fit<roomy, fit_knobs{}, mote::learning_in<"slow">>>);
  STATIC_REQUIRE(!mote::can_compose<synthetic, mote::fit<roomy, fit_knobs{}, mote::learning_in<"slow">>>);
  STATIC_REQUIRE(!mote::can_compose<synthetic, mote::lora<2>, mote::fit<roomy, fit_knobs{}, mote::recall_in<"slow">>>);
  // As a value it means nothing.
  mote::choices c = mote::choices_of<synthetic, mote::context<96>>;
  const std::size_t object = mote::cost_of(synthetic::shape, c).ram.object();
  c.fit.learning_region = c.fit.recall_region = 1;
  CHECK(mote::cost_of(synthetic::shape, c).ram.object() == object);
  CHECK(mote::cost_of(synthetic::shape, c).ram.apart == 0);
}

TEST_CASE("regions: a pipeline that is larger than every block fits in parts", "[budget][regions]") {
  using board = mote::boards::stm32h743;
  STATIC_REQUIRE(board::facts.regions[0].bytes == board::facts.ram_block_bytes);
  using learning = mote::lora<4, mote::lora_knobs{.tokens = 48}>;
  STATIC_REQUIRE(!mote::can_compose<stories, mote::context<320>, learning, mote::fit<board>>);
  STATIC_REQUIRE(mote::can_compose<stories, mote::context<320>, learning,
                                   mote::fit<board, mote::fit_knobs{}, mote::arena_in<"SRAM1-3">>>);
}
