// SPDX-License-Identifier: BSL-1.0
// The inverted index beside the one that reads the texts: the same hits with the same bits, whatever was added and
// forgotten, and where its room ends the oldest texts go.
#include "mote/recall/inverted.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <string>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/store/record_writer.hpp"

namespace {

using mote::bm25_knobs;
using mote::hit;
using mote::item_id;
using mote::status;

template <bm25_knobs Knobs, std::size_t Postings>
using inverted = mote::retrieve<mote::item_store<Knobs.items, Knobs.item_bytes>, mote::counted_words<mote::words<>>,
                                mote::inverted_index<mote::words<>, Knobs, Postings>>;
template <bm25_knobs Knobs>
using scan = mote::retrieve<mote::item_store<Knobs.items, Knobs.item_bytes>, mote::counted_words<mote::words<>>,
                            mote::bm25_index<mote::words<>, Knobs>>;

std::string random_text(mote::rng& random, std::uint32_t most) {
  std::string t;
  for (std::uint32_t n = 1 + random.below(most); n > 0; --n) {
    const float u = random.uniform();
    t += "w" + std::to_string(static_cast<int>(400.0F * u * u * u)) + " ";
  }
  return t;
}

template <class A, class B>
void same_hits(const A& a, const B& b, std::string_view query, std::size_t most) {
  std::vector<hit> of_a(most), of_b(most);
  of_a.resize(a.search(query, of_a));
  of_b.resize(b.search(query, of_b));
  REQUIRE(of_a.size() == of_b.size());
  for (std::size_t i = 0; i < of_a.size(); ++i) REQUIRE((of_a[i].id == of_b[i].id && of_a[i].score == of_b[i].score));
}

template <bm25_knobs Knobs>
void same_as_scan(int changes, std::uint32_t words) {
  static typename inverted<Knobs, 40'000>::index ours;
  static typename scan<Knobs>::index wanted;
  mote::rng random(17);
  std::vector<std::string> said;
  for (int i = 0; i < changes; ++i) {
    const std::uint32_t what = random.below(10);
    if (what < 3 && ours.size() > 0) {
      std::vector<item_id> ids;
      ours.for_each([&](item_id id, std::string_view) { ids.push_back(id); });
      const item_id gone = ids[random.below(static_cast<std::uint32_t>(ids.size()))];
      REQUIRE(ours.erase(gone));
      REQUIRE(wanted.erase(gone));
    } else if (what == 3 && ours.size() > 0) {  // a text, or a part of one, that lies in each of them
      const std::string_view own = ours.text(ours.newest()), theirs = wanted.text(wanted.newest());
      REQUIRE(own == theirs);
      const std::size_t from = random.below(static_cast<std::uint32_t>(own.size() - 1));
      const status s = ours.add(own.substr(from));
      REQUIRE(wanted.add(theirs.substr(from)) == s);
    } else {
      const std::string text = random_text(random, words);
      REQUIRE(ours.add(text) == status::ok);
      REQUIRE(wanted.add(text) == status::ok);
    }
    REQUIRE(ours.size() == wanted.size());
    if (i % 16 == 0) {
      same_hits(ours, wanted, random_text(random, 20), 5);
      same_hits(ours, wanted, random_text(random, 3), Knobs.items);
    }
    if (i % 4000 == 3999) {  // and after a load
      std::vector<std::byte> saved(mote::records_bytes(ours));
      REQUIRE(mote::write_records(ours, saved) == status::ok);
      REQUIRE(ours.load(saved) == status::ok);
      REQUIRE(wanted.load(saved) == status::ok);
    }
  }
  ours.clear();
  const auto* bytes = reinterpret_cast<const unsigned char*>(&ours);
  std::size_t not_zero = 0;  // ids, the order, and the chain of free blocks: no hash
  for (std::size_t i = 0; i + 4 <= sizeof ours; ++i) not_zero += bytes[i] != 0 ? 1U : 0U;
  CHECK(not_zero < sizeof ours / 4);
}

}  // namespace

TEST_CASE("inverted: the hits and bits of a scan, through ten thousand changes", "[recall][inverted]") {
  same_as_scan<bm25_knobs{.items = 200, .item_bytes = 100, .least = 0, .share = 0, .alike = 1}>(12'000, 20);
  same_as_scan<bm25_knobs{.items = 60, .item_bytes = 100}>(4'000, 20);
  same_as_scan<bm25_knobs{.items = 7, .item_bytes = 3000, .k1 = 2, .b = 0.3F, .share = 0}>(600, 3000);  // times > 255
  same_as_scan<bm25_knobs{.items = 16'384, .item_bytes = 20, .least = 0, .share = 0, .alike = 1}>(600,
                                                                                                  60);  // times > 2
  same_as_scan<bm25_knobs{.items = 16'385, .item_bytes = 20, .least = 0, .share = 0, .alike = 1}>(300, 60);
}

TEST_CASE("inverted: a word is in no byte of it when the last text with it is gone", "[recall][inverted]") {
  constexpr bm25_knobs knobs{.items = 40, .item_bytes = 64};
  static inverted<knobs, 500>::index index;
  mote::words<> reader("secret");
  std::uint32_t hash = 0;
  REQUIRE(reader.next(hash));
  const auto holds = [&] {
    const std::string_view all(reinterpret_cast<const char*>(&index), sizeof index);
    return all.find(std::string_view(reinterpret_cast<const char*>(&hash), 4)) != all.npos;
  };
  for (int i = 0; i < 20; ++i) REQUIRE(index.add("secret " + std::to_string(i)) == status::ok);
  CHECK(holds());
  CHECK(index.forget("secret") == 20);
  CHECK(!holds());
}

TEST_CASE("inverted: where its room for words ends, the oldest texts go, and too many for it are refused",
          "[recall][inverted]") {
  constexpr bm25_knobs knobs{.items = 3000, .item_bytes = 4000, .least = 0, .share = 0, .alike = 1};
  using small = inverted<knobs, 1>;  // 3,072 different words
  static small::index index;
  constexpr std::size_t most = small::finder::most_words;
  static_assert(most >= 3000 && small::finder::blocks == 1);
  std::string too_many, all;
  for (std::size_t i = 0; i <= most; ++i) {
    if (i < most) all += "x" + std::to_string(i) + " ";
    too_many += "x" + std::to_string(i) + " ";
  }
  REQUIRE(index.add("kept") == status::ok);
  CHECK(index.add(too_many) == status::too_long);
  CHECK(index.size() == 1);
  CHECK(index.add(all) == status::ok);
  CHECK(index.size() == 1);
  hit best;
  CHECK(index.search("x17", std::span(&best, 1)) == 1);
  CHECK(index.search("kept", std::span(&best, 1)) == 0);
  CHECK(index.add("y z") == status::ok);  // two new words
  CHECK(index.size() == 1);
  CHECK(index.search("x17", std::span(&best, 1)) == 0);
  CHECK(index.add("y a") == status::ok);  // a block
  CHECK(index.size() == 2);
  CHECK(index.add("z b") == status::ok);  // another one: "y z" goes
  CHECK(index.size() == 2);
  CHECK(index.search("z", std::span(&best, 1)) == 1);

  // A snapshot that the store holds and the index does not: the newest are loaded, and it says so.
  static inverted<knobs, 4000>::index larger;
  for (const char* t : {"a b", "a b c", "a c", "d"}) REQUIRE(larger.add(t) == status::ok);
  std::vector<std::byte> saved(mote::records_bytes(larger));
  REQUIRE(mote::write_records(larger, saved) == status::ok);
  CHECK(index.load(saved) == status::full);
  std::vector<std::string> texts;
  index.for_each([&](item_id, std::string_view t) { texts.emplace_back(t); });
  CHECK(texts == std::vector<std::string>{"a c", "d"});
}
