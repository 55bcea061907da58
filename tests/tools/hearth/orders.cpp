// SPDX-License-Identifier: BSL-1.0
// The model that is shipped, under the grammar of its demo's world: whatever is asked, an answer that ends is an order to
// a device that exists. 10,000 questions with --all.
// Optimized: it answers hundreds of questions with a whole model.
#include "orders.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "../../../models/hearth/hearth.hpp"
#include "../../few_types.hpp"
#include "../../synthetic_model.hpp"
#include "mote/host/file.hpp"
#include "mote/mote.hpp"

using mote_tests::is_order_of_the_world;
using mote_tests::world_orders;

TEST_CASE("who decides about orders takes those of the corpus, and no others") {
  mote::host::corpus of(5);
  std::size_t known = 0;
  for (int i = 0; i < 300; ++i) {
    const auto item = of.command();
    world_orders::state at;
    bool taken = true;
    for (const char c : item.answer) taken = taken && at.enter(static_cast<unsigned char>(c));
    taken = taken && at.may_end();
    INFO(item.answer);
    if (taken) CHECK(is_order_of_the_world(item.answer));  // else a made-up room, music or a longer item
    known += taken ? 1 : 0;
  }
  CHECK(known > 150);
  for (const char* none :
       {"", "{}", "[]", "null", "{\"light\":\"moon\",\"set\":\"on\"}", "{\"light\":\"kitchen\",\"set\":\"maybe\"}",
        "{\"light\":\"kitchen\"}", "{\"light\":\"kitchen\",\"set\":\"on\",\"x\":1}", "{\"heat\":\"20\"}",
        "{\"heat\":99}", "{\"light\":\"@noun\",\"set\":\"on\"}", "{\"alarm\":\"24:00\"}", "{\"timer\":0}",
        "{\"light\":\"kitchen\",\"set\":\"on\"}{}", "{\"plug\":\"{p}\",\"set\":\"on\"}"}) {
    INFO(none);
    CHECK_FALSE(is_order_of_the_world(none));
  }
}

TEST_CASE("hearth's orders are of its world, whatever is asked") {
  const mote::host::mapped_file file(std::filesystem::path(__FILE__).parent_path() /
                                     "../../../models/hearth/hearth.mote");
  const mote_tests::aligned_bytes image(file.bytes());
  using assistant = mote::pipeline<hearth, mote::interleave<1>, mote::context<128>, world_orders>;
  const auto ai = std::make_unique<assistant>();
  REQUIRE(ai->attach(image) == mote::status::ok);
  mote_tests::hostile_questions questions;
  std::size_t orders = 0, refused = 0;
  std::set<std::string> different;
  constexpr int all = mote_tests::few_types ? 200 : 10'000;
  for (int i = 0; i < all; ++i) {
    const std::string question = questions.next();
    std::string said;
    auto answer = ai->ask(question);
    for (const std::string_view piece : answer) said += piece;
    INFO(question << "\n" << said);
    if (answer.state() != mote::status::ok) {  // before a word
      REQUIRE(said.empty());
      const bool known = answer.state() == mote::status::too_long || answer.state() == mote::status::empty ||
                         answer.state() == mote::status::bad_utf8;
      REQUIRE(known);
      ++refused;
      continue;
    }
    REQUIRE((answer.ending() == mote::ending::complete || answer.ending() == mote::ending::end_of_text));
    REQUIRE(is_order_of_the_world(said));
    different.insert(said);
    ++orders;
  }
  CHECK(orders + refused == static_cast<std::size_t>(all));
  CHECK(orders > static_cast<std::size_t>(all) * 3 / 4);
  CHECK(different.size() > orders / 5);
}
