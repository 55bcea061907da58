// SPDX-License-Identifier: BSL-1.0
// Sanitized at -O1: computes for longer than it is compiled.
#include "mote/host/train/teach.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "../../../models/hearth/hearth.hpp"
#include "hearth/corpus.hpp"
#include "mote/host/file.hpp"
#include "mote/host/image/repack.hpp"
#include "mote/mote.hpp"

namespace {

using namespace mote;
using assistant = pipeline<hearth, lora<4, lora_knobs{.targets = all_matrices}>, rag<bm25<>>>;

/// The shipped image in this binary's layout; the working directory of a test is not the source's.
const std::vector<std::byte>& image() {
  static const std::vector<std::byte> bytes = [] {
    const std::filesystem::path file =
        std::filesystem::path(__FILE__).parent_path() / "../../../models/hearth/hearth.mote";
    const host::mapped_file shipped(file);
    return host::repack(shipped.bytes(),
                        {.name = "hearth",
                         .origin = "",
                         .shape = hearth::shape,
                         .vocabulary_bytes = hearth::vocabulary_bytes,
                         .longest_piece = hearth::longest_piece,
                         .special_tokens = hearth::special_tokens},
                        assistant::format::rows);
  }();
  return bytes;
}

std::unique_ptr<assistant> fresh() {
  auto ai = std::make_unique<assistant>();
  REQUIRE(ai->attach(image()) == status::ok);
  return ai;
}

host::corpus ordinary() {
  return host::corpus(3, host::split::train,
                      {.recall = 0, .unknown = 0, .command = 0.9F, .chat = 0.1F, .hardness = 1, .stray = 0});
}

std::size_t right(assistant& ai, const std::vector<host::dialogue_item>& items) {
  return static_cast<std::size_t>(std::count_if(items.begin(), items.end(), [&](const host::dialogue_item& item) {
    std::string said;
    for (const std::string_view piece : ai.ask(item.prompt)) said += piece;
    return said == item.answer;
  }));
}

}  // namespace

TEST_CASE("teach: private commands are learned in wordings never taught, and ordinary ones stay", "[host][teach]") {
  const auto ai = fresh();
  const auto later = host::private_command_heldout();
  const auto control = host::control_items(24, 5);
  const std::size_t knew = right(*ai, later);
  const std::size_t worked = right(*ai, control);
  auto source = ordinary();
  std::size_t reports = 0;
  const auto t = host::teach(*ai, host::private_command_examples(), source, {.rounds = 6},
                             [&](std::size_t round, std::size_t rounds, float) {
                               CHECK(round == ++reports);
                               CHECK(rounds == 6);
                             });
  CHECK(t.state == status::ok);
  CHECK(t.rounds == reports);
  CHECK(t.after < t.before);
  CHECK(right(*ai, later) >= knew + 9);  // of 18
  CHECK(right(*ai, control) + 4 >= worked);
}

TEST_CASE("teach: the same seeds teach the same parameters", "[host][teach]") {
  const auto a = fresh();
  const auto b = fresh();
  const std::vector<host::dialogue_item> lessons = {host::private_command_examples().front()};
  for (assistant* ai : {a.get(), b.get()}) {
    auto source = ordinary();
    CHECK(host::teach(*ai, lessons, source, {.rounds = 2}, [](std::size_t, std::size_t, float) {}).state == status::ok);
  }
  constexpr std::size_t n = std::remove_cvref_t<decltype(a->learning())>::parameter_floats;
  CHECK(std::equal(a->learning().parameters(), a->learning().parameters() + n, b->learning().parameters()));
}

TEST_CASE("teach: what makes nothing better leaves nothing behind", "[host][teach]") {
  const auto ai = fresh();
  constexpr std::size_t n = std::remove_cvref_t<decltype(ai->learning())>::parameter_floats;
  const std::vector<float> before(ai->learning().parameters(), ai->learning().parameters() + n);
  auto source = ordinary();
  const auto nothing = [](std::size_t, std::size_t, float) {};

  SECTION("a rate that destroys") {
    const auto t = host::teach(*ai, host::private_command_examples(), source, {.rate = 3.0F, .rounds = 4}, nothing);
    CHECK(t.state == status::no_effect);
    CHECK(t.rounds == 2);  // two looks without a gain
  }
  SECTION("a lesson that does not fit the window, among some that do") {
    auto lessons = host::private_command_examples();
    lessons.back().prompt = std::string(400, 'x');
    CHECK(host::teach(*ai, lessons, source, {}, nothing).state == status::too_long);
  }
  SECTION("ordinary items of which none fits the window: the search ends") {
    struct {
      std::size_t asked = 0;
      host::dialogue_item next() {
        ++asked;
        host::dialogue_item item = host::private_command_examples().front();
        item.prompt = std::string(400, 'x');
        return item;
      }
    } too_long;
    const auto t = host::teach(*ai, host::private_command_examples(), too_long, {.tries = 50}, nothing);
    CHECK(t.state == status::too_long);
    CHECK(t.steps == 0);
    CHECK(too_long.asked == 50);
    // With none to judge by, the search ends in the first round, and what that round had changed is taken back.
    const auto later =
        host::teach(*ai, host::private_command_examples(), too_long, {.ordinary = 0, .tries = 50}, nothing);
    CHECK(later.state == status::too_long);
    CHECK(later.rounds == 0);
    CHECK(too_long.asked == 100);
  }
  SECTION("no lesson") { CHECK(host::teach(*ai, {}, source, {}, nothing).state == status::empty); }
  CHECK(std::equal(before.begin(), before.end(), ai->learning().parameters()));
}

TEST_CASE("teach: how many lessons are held back", "[host][teach]") {
  const auto all = host::private_command_examples();
  const std::vector<host::dialogue_item> lessons(all.begin(), all.begin() + 4);
  const auto steps = [&](std::size_t held_back) {
    const auto ai = fresh();
    auto source = ordinary();
    return host::teach(*ai, lessons, source, {.rounds = 1, .replay = 0, .held_back = held_back, .ordinary = 0},
                       [](std::size_t, std::size_t, float) {})
        .steps;
  };
  CHECK(steps(0) == 4);  // none: all teach, and all judge
  CHECK(steps(1) == 0);  // every one
  CHECK(steps(2) == 2);
  CHECK(steps(4) == 3);
  CHECK(steps(5) == 4);  // fewer lessons than that
}
