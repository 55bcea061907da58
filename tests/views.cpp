// SPDX-License-Identifier: BSL-1.0
#include <catch2/catch_test_macros.hpp>

#if __has_include(<range/v3/version.hpp>)

#include "mote/views.hpp"

#include <range/v3/range/conversion.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/take.hpp>
#include <range/v3/view/transform.hpp>

#include <string>
#include <vector>

#include "mote/mote.hpp"
#include "random_model.hpp"

namespace views = mote::views;
using mote::status;
using mote_tests::random_model;
using mote_tests::random_model_image;

namespace {

using pipeline = mote::pipeline<random_model, mote::rag<mote::bm25<>, mote::rag_knobs{.tokens = 20}>>;
using pieces = views::pieces_view<pipeline>;
static_assert(ranges::input_range<pieces> && ranges::view_<pieces> && !ranges::forward_range<pieces>);
static_assert(ranges::forward_range<views::sentences_view> && ranges::view_<views::sentences_view>);
static_assert(ranges::random_access_range<views::hits_view<3>> && ranges::view_<views::hits_view<3>>);

}  // namespace

TEST_CASE("views: pieces say what a plain loop over ask() says", "[views]") {
  const random_model_image weights(pipeline::format::rows);
  static pipeline ai;
  REQUIRE(ai.attach(weights.bytes()) == status::ok);
  std::vector<std::string> plain;
  for (std::string_view piece : ai.ask("where is it", 12)) plain.emplace_back(piece);
  REQUIRE(plain.size() >= 4);

  const auto copy = [](std::string_view piece) { return std::string(piece); };
  auto all = views::pieces(ai, "where is it", 12);
  REQUIRE(all.state() == status::ok);
  CHECK((all | ranges::views::transform(copy) | ranges::to<std::vector>()) == plain);
  CHECK(all.ending() == ai.ending());
  CHECK(all.ending() != mote::ending::none);

  const auto three = views::pieces(ai, "where is it") | ranges::views::take(3) | ranges::views::transform(copy) |
                     ranges::to<std::vector>();
  CHECK(three == std::vector<std::string>(plain.begin(), plain.begin() + 3));
}

TEST_CASE("views: a question that cannot be asked gives no piece and says why", "[views]") {
  static pipeline ai;
  auto none = views::pieces(ai, "hello");
  CHECK(none.state() == status::not_attached);
  CHECK(none.begin() == none.end());
  CHECK(none.ending() == mote::ending::failed);

  const random_model_image weights(pipeline::format::rows);
  REQUIRE(ai.attach(weights.bytes()) == status::ok);
  CHECK(views::pieces(ai, std::string(200, 'a')).state() == status::too_long);
  CHECK(views::pieces_view<pipeline>().state() == status::empty);
  CHECK(views::pieces_view<pipeline>().ending() == mote::ending::stopped);
}

TEST_CASE("views: hits carry their texts, best first, never more than asked for", "[views]") {
  static mote::bm25<mote::every_hit, mote::words<>>::index notes;
  REQUIRE(notes.add("the key is under the mat") == status::ok);
  REQUIRE(notes.add("the bins go out on thursday") == status::ok);
  REQUIRE(notes.add("the boiler key hangs behind the door") == status::ok);

  const auto found = views::hits(notes, "boiler key");
  REQUIRE(found.size() == 2);
  CHECK(found[0].text == "the boiler key hangs behind the door");
  CHECK(found[1].text == "the key is under the mat");
  CHECK(found[0].score > found[1].score);
  CHECK(notes.text(found[0].id) == found[0].text);

  CHECK(views::hits(notes, "the key").size() == 3);
  CHECK(views::hits(notes, "the key", 1).size() == 1);
  CHECK(views::hits<2>(notes, "the key", 100).size() == 2);
  CHECK(views::hits(notes, "the key", 0).empty());
  CHECK(views::hits(notes, "zebra").empty());
}

TEST_CASE("views: sentences", "[views]") {
  const auto cut = [](std::string_view text) {
    return views::sentences(text) | ranges::views::transform([](std::string_view s) { return std::string(s); }) |
           ranges::to<std::vector>();
  };
  using texts = std::vector<std::string>;
  CHECK(cut("") == texts{});
  CHECK(cut(" \n\t ") == texts{});
  CHECK(cut("one") == texts{"one"});
  CHECK(cut("One. Two!  Three?") == texts{"One.", "Two!", "Three?"});
  CHECK(cut("It is 7.5 bar. Good.") == texts{"It is 7.5 bar.", "Good."});
  CHECK(cut("He said \"Go!\" She went (really...). End") == texts{"He said \"Go!\"", "She went (really...).", "End"});
  CHECK(cut("a title\n\nIts text.\r\nMore") == texts{"a title", "Its text.", "More"});
  CHECK(cut("...") == texts{"..."});
  CHECK(cut("Same. Same. Same.") == texts{"Same.", "Same.", "Same."});
  CHECK(cut("gr\xC3\xBC\xC3\x9F dich. \xFF\x00z") == texts{"gr\xC3\xBC\xC3\x9F dich.", "\xFF"});

  const auto lazy = views::sentences("One. Two. Three.");
  auto second = ranges::next(lazy.begin());
  const auto kept = second++;
  CHECK(*kept == "Two.");
  CHECK(*second == "Three.");
  CHECK(++second == lazy.end());
  CHECK(ranges::distance(lazy | ranges::views::filter([](std::string_view s) { return s.size() < 5; })) == 2);
}

#else

TEST_CASE("views: need range-v3", "[views]") { SKIP("range-v3 is not here"); }

#endif
