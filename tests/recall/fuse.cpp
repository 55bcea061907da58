// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/fuse.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fused_by_hand.hpp"
#include "mote/core/rng.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/flat.hpp"
#include "mote/recall/ngrams.hpp"
#include "mote/recall/rag.hpp"
#include "mote/store/record_writer.hpp"

namespace {

using fused_by_hand::above_last;
using fused_by_hand::random_text;
using fused_by_hand::search;
using mote::hit;
using mote::item_id;
using mote::status;

using words =
    mote::bm25<mote::bm25_knobs{.items = 50, .item_bytes = 64, .least = 0, .share = 0, .alike = 1}, mote::words<>>;
using letters = mote::flat<mote::flat_knobs{.items = 50, .item_bytes = 64, .dims = 128}>;
using both = mote::fuse<words, letters>;

// The store once, and both indexes.
static_assert(both::ram_bytes == words::ram_bytes + letters::ram_bytes - sizeof(words::store));
static_assert(both::ram_bytes == sizeof(words::store) + sizeof(words::finder) + sizeof(letters::finder));
static_assert(both::max_item_bytes == 50 * 64);
static_assert(both::stack_bytes >= 2 * 16 * sizeof(hit) + words::finder::stack_bytes);
static_assert(mote::retriever<both> && mote::retriever<mote::fuse<both, words>>);
static_assert(mote::rag<both>::ram_bytes == sizeof(both::index));
static_assert(mote::fuse<both, words>::ram_bytes == both::ram_bytes + sizeof(words::finder));

constinit both::index in_bss;  // no constructor runs at start-up

// A word of two letters has no run of five characters, even with the spaces around it.
using few_words = mote::bm25<mote::bm25_knobs{.items = 4}>;
using long_runs = mote::flat<mote::flat_knobs{.items = 4, .gram = 5}>;

// Refuses each question after it has read it.
struct asked_in_vain : mote::hashed_ngrams<64, 3> {
  static status ask(std::string_view text, query& out) {
    (void)embed(text, out);
    return status::not_attached;
  }
};
using in_vain = mote::retrieve<few_words::store, asked_in_vain, mote::flat_index<asked_in_vain::item, 4>>;

template <class Retriever>
std::vector<hit> found_by(std::string_view question) {
  static typename Retriever::index notes;
  notes.clear();
  REQUIRE(notes.add("TV is in the hall") == status::ok);
  REQUIRE(notes.add("The radio is in the kitchen") == status::ok);
  return search(notes, question, 4);
}

}  // namespace

TEST_CASE("fuse adds what each part's hits are above its last", "[recall][fuse]") {
  both::index& fused = in_bss;
  static words::index by_words;
  static letters::index by_letters;
  fused.clear();
  by_words.clear();
  by_letters.clear();
  mote::rng random(3);
  std::size_t alone = 0, kept_out = 0;
  for (int round = 0; round < 600; ++round) {
    const std::string text = random_text(random);
    REQUIRE(fused.add(text) == status::ok);  // the same ids in all three
    REQUIRE(by_words.add(text) == status::ok);
    REQUIRE(by_letters.add(text) == status::ok);
    if (round % 7 == 0) {
      const item_id gone{static_cast<std::uint32_t>(fused.newest()) - random.below(3)};
      const bool was = fused.erase(gone);
      REQUIRE(by_words.erase(gone) == was);
      REQUIRE(by_letters.erase(gone) == was);
    }
    const std::string query = random_text(random);
    const auto of_words = search(by_words, query, 16), of_letters = search(by_letters, query, 16);
    std::map<item_id, double> scores;
    for (const hit& h : of_words) scores[h.id] = above_last(h, of_words);
    for (const hit& h : of_letters) {
      if (!scores.contains(h.id) && h.score <= 0.45F) ++kept_out;
      else alone += scores.contains(h.id) ? 0 : 1, scores[h.id] += 0.1 * above_last(h, of_letters);
    }
    const auto hits = search(fused, query, 50);
    REQUIRE(hits.size() == scores.size());
    for (std::size_t i = 0; i < hits.size(); ++i) {
      REQUIRE(std::abs(static_cast<double>(hits[i].score) - scores.at(hits[i].id)) < 1e-5);
      if (i == 0) continue;
      const bool sorted =
          hits[i - 1].score > hits[i].score || (hits[i - 1].score == hits[i].score && hits[i - 1].id > hits[i].id);
      REQUIRE(sorted);
    }
    const auto few = search(fused, query, 2);
    REQUIRE(few.size() == std::min<std::size_t>(2, hits.size()));
    for (std::size_t i = 0; i < few.size(); ++i) REQUIRE((few[i].id == hits[i].id && few[i].score == hits[i].score));
  }
  CHECK(alone > 100);
  CHECK(kept_out > 100);
}

TEST_CASE("fuse keeps what both can read, and forgets in both", "[recall][fuse]") {
  both::index& fused = in_bss;
  fused.clear();
  CHECK(fused.add("...") == status::empty);
  CHECK(fused.add(std::string(50 * 64 + 1, 'x')) == status::too_long);
  CHECK(fused.size() == 0);
  REQUIRE(fused.add("pin 48213") == status::ok);
  CHECK(search(fused, "48213", 4).size() == 1);
  CHECK(fused.erase(fused.newest()));
  CHECK(search(fused, "48213", 4).empty());
  const std::string_view memory(reinterpret_cast<const char*>(&fused), sizeof fused);
  CHECK(memory.find("48213") == std::string_view::npos);
}

TEST_CASE("fuse searches the halves that can read the question", "[recall][fuse]") {
  REQUIRE(found_by<few_words>("TV").size() == 1);
  REQUIRE(found_by<long_runs>("TV").empty());
  const auto one_of = [](float score, const std::vector<hit>& hits) {
    return hits.size() == 1 && hits[0].score == score;
  };
  CHECK(one_of(1.0F, found_by<mote::fuse<few_words, long_runs>>("TV")));
  CHECK(one_of(0.1F, found_by<mote::fuse<long_runs, few_words, mote::fuse_knobs{.alone = 1000.0F}>>("TV")));
  CHECK(one_of(1.0F, found_by<mote::fuse<mote::fuse<few_words, long_runs>, long_runs>>("TV")));
  CHECK(one_of(0.1F, found_by<mote::fuse<long_runs, mote::fuse<long_runs, few_words>>>("TV")));

  // What refuses is not searched, whatever it left in its query.
  CHECK(one_of(1.0F, found_by<mote::fuse<few_words, in_vain>>("TV")));
  CHECK(one_of(0.1F, found_by<mote::fuse<in_vain, few_words>>("TV")));

  // Both refuse: nothing.
  CHECK(found_by<mote::fuse<in_vain, in_vain>>("TV is in the hall").empty());
  CHECK(found_by<mote::fuse<long_runs, in_vain>>("TV").empty());
  CHECK(found_by<mote::fuse<long_runs, long_runs>>("TV").empty());
}

TEST_CASE("one retriever may count more than the other", "[recall][fuse]") {
  static mote::fuse<words, letters, mote::fuse_knobs{.second = 0.0F}>::index by_words_first;
  static mote::fuse<words, letters, mote::fuse_knobs{.first = 0.0F, .second = 2.0F, .alone = 0.0F}>::index by_letters;
  static words::index only_words;
  static letters::index only_letters;
  for (const char* text : {"red boiler here", "the boilers", "blue boiler there and there", "boil"}) {
    for (const status s :
         {by_words_first.add(text), by_letters.add(text), only_words.add(text), only_letters.add(text)})
      REQUIRE(s == status::ok);
  }
  const auto ranks = search(only_letters, "boilers", 8), same = search(by_letters, "boilers", 8);
  REQUIRE(ranks.size() == same.size());
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    CHECK(ranks[i].id == same[i].id);
    CHECK(same[i].score == 2.0F * (ranks[i].score / ranks[0].score));
  }
  const auto e = search(only_words, "the boiler", 2), w = search(by_words_first, "the boiler", 2);
  REQUIRE(e.size() == 2);
  REQUIRE(w.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) CHECK((e[i].id == w[i].id && w[i].score == e[i].score / e[0].score));
  STATIC_CHECK(!mote::fuse_knobs{.first = 0, .second = 0}.valid() && !mote::fuse_knobs{.first = -1}.valid());
  STATIC_CHECK(!mote::fuse_knobs{.alone = -1}.valid());
}

TEST_CASE("letters find a mistyped word and are silent about what is far", "[recall][fuse]") {
  static mote::fuse<mote::bm25<>, mote::ngrams<>>::index notes;
  static_assert(sizeof notes == mote::bm25<>::ram_bytes);
  for (const char* text : {"The boiler's service code is 7731.", "The bins go out on Thursday.", "Ann likes tea."})
    REQUIRE(notes.add(text) == status::ok);
  const auto typed = search(notes, "thrusday bins", 2);
  REQUIRE(typed.size() == 1);
  CHECK(notes.text(typed[0].id) == "The bins go out on Thursday.");
  const auto mistyped = search(notes, "serviceboiler", 2);
  REQUIRE(mistyped.size() == 1);  // it has no word of theirs
  CHECK(notes.text(mistyped[0].id) == "The boiler's service code is 7731.");
  CHECK(search(notes, "Who won the football match in Madrid?", 2).empty());
}

TEST_CASE("a kept fuse is the texts, and both indexes are made again", "[recall][fuse][snapshot]") {
  both::index& fused = in_bss;
  static both::index other;
  static words::index by_words;
  fused.clear();
  for (const char* text : {"red boiler", "blue window", "the boilers"}) REQUIRE(fused.add(text) == status::ok);
  std::vector<std::byte> kept(mote::records_bytes(fused));
  REQUIRE(mote::write_records(fused, kept) == status::ok);
  REQUIRE(other.load(kept) == status::ok);
  const auto a = search(fused, "boiler", 5), b = search(other, "boiler", 5);
  REQUIRE(a.size() == 2);
  REQUIRE(b.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) CHECK((a[i].id == b[i].id && a[i].score == b[i].score));
  REQUIRE(by_words.load(kept) == status::ok);  // a store's records are of no index
  CHECK(search(by_words, "boiler", 5).size() == 1);
  static letters::index by_letters;
  std::vector<std::byte> of_words(mote::records_bytes(by_words));
  REQUIRE(mote::write_records(by_words, of_words) == status::ok);
  REQUIRE(by_letters.load(of_words) == status::ok);
  CHECK(search(by_letters, "boiler", 5).size() == 2);
  REQUIRE(fused.load(of_words) == status::ok);
  CHECK(search(fused, "boiler", 5).size() == 2);

  // A text that the other cannot read is none of its own.
  static few_words::index short_words;
  static long_runs::index no_short_ones;
  REQUIRE(short_words.add("TV") == status::ok);
  std::vector<std::byte> of_short(mote::records_bytes(short_words));
  REQUIRE(mote::write_records(short_words, of_short) == status::ok);
  CHECK(no_short_ones.load(of_short) == status::corrupt_payload);
}
