// SPDX-License-Identifier: BSL-1.0
#include <catch2/catch_test_macros.hpp>

#if __has_include(<range/v3/version.hpp>)

#include "mote/views.hpp"

#include <range/v3/range/conversion.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/take.hpp>
#include <range/v3/view/transform.hpp>

#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/host/image_writer.hpp"
#include "mote/host/vocabulary_packer.hpp"
#include "mote/mote.hpp"

namespace views = mote::views;
using mote::status;

namespace {

/// Random weights over the letters: what it says means nothing, but it says it every time.
struct babbler {
  static constexpr std::string_view name = "babbler";
  static constexpr mote::shape shape{
      .dim = 32, .hidden = 48, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = 29, .context = 64};
  static constexpr std::size_t vocabulary_bytes = mote::vocabulary_bytes(29, 27, 3 + 4 + 27);
  static constexpr mote::dialogue dialogue{.bos = 0, .eos = 1};
};

using pipeline = mote::pipeline<babbler, mote::rag<mote::bm25<>, mote::rag_knobs{.tokens = 20}>>;
using pieces = views::pieces_view<pipeline>;
static_assert(ranges::input_range<pieces> && ranges::view_<pieces> && !ranges::forward_range<pieces>);
static_assert(ranges::forward_range<views::sentences_view> && ranges::view_<views::sentences_view>);
static_assert(ranges::random_access_range<views::hits_view<3>> && ranges::view_<views::hits_view<3>>);

class image {
 public:
  image() {
    constexpr mote::shape s = babbler::shape;
    mote::host::raw_model m;
    m.shape = s;
    mote::rng random(5);
    const auto fill = [&random](mote::host::raw_tensor& t, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) t.values.push_back(random.normal());
    };
    fill(m.embedding, s.vocab * s.dim);
    fill(m.attention_norm, s.layers * s.dim);
    fill(m.ffn_norm, s.layers * s.dim);
    fill(m.final_norm, s.dim);
    fill(m.wq, s.layers * s.dim * s.dim);
    fill(m.wk, s.layers * s.kv_dim() * s.dim);
    fill(m.wv, s.layers * s.kv_dim() * s.dim);
    fill(m.wo, s.layers * s.dim * s.dim);
    fill(m.w1, s.layers * s.hidden * s.dim);
    fill(m.w2, s.layers * s.hidden * s.dim);
    fill(m.w3, s.layers * s.hidden * s.dim);
    mote::host::vocabulary_text text{{"<s>", "</s>", " "}, std::vector<float>(29)};
    for (char c = 'a'; c <= 'z'; ++c) text.pieces.emplace_back(1, c);
    const auto table = mote::host::pack_vocabulary(text, babbler::dialogue);
    const auto written =
        mote::host::write_image(m, table, "babbler", {.bits = 8, .rows = pipeline::format::rows});
    size_ = written.bytes.size();
    data_ = static_cast<std::byte*>(::operator new(size_, std::align_val_t{64}));
    std::memcpy(data_, written.bytes.data(), size_);
  }
  image(const image&) = delete;
  image& operator=(const image&) = delete;
  ~image() { ::operator delete(data_, std::align_val_t{64}); }
  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace

TEST_CASE("views: pieces say what a plain loop over ask() says", "[views]") {
  const image weights;
  static pipeline ai;
  REQUIRE(ai.attach(weights.bytes()) == status::ok);
  std::vector<std::string> plain;
  for (std::string_view piece : ai.ask("where is it", 12)) plain.emplace_back(piece);
  REQUIRE(plain.size() >= 4);

  const auto copy = [](std::string_view piece) { return std::string(piece); };
  auto all = views::pieces(ai, "where is it", 12);
  REQUIRE(all.state() == status::ok);
  CHECK((all | ranges::views::transform(copy) | ranges::to<std::vector>()) == plain);

  const auto three = views::pieces(ai, "where is it") | ranges::views::take(3) | ranges::views::transform(copy) |
                     ranges::to<std::vector>();
  CHECK(three == std::vector<std::string>(plain.begin(), plain.begin() + 3));
}

TEST_CASE("views: a question that cannot be asked gives no piece and says why", "[views]") {
  static pipeline ai;
  auto none = views::pieces(ai, "hello");
  CHECK(none.state() == status::not_attached);
  CHECK(none.begin() == none.end());

  const image weights;
  REQUIRE(ai.attach(weights.bytes()) == status::ok);
  CHECK(views::pieces(ai, std::string(200, 'a')).state() == status::too_long);
  CHECK(views::pieces_view<pipeline>().state() == status::empty);
}

TEST_CASE("views: hits carry their texts, best first, never more than asked for", "[views]") {
  static mote::bm25<>::index notes;
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
  CHECK(cut("He said \"Go!\" She went (really...). End") ==
        texts{"He said \"Go!\"", "She went (really...).", "End"});
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
