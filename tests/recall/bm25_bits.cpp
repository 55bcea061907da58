// SPDX-License-Identifier: BSL-1.0
// What bm25<> finds without an analysis, bit by bit, over random texts with every kind of knob and over a real
// collection: hashes recorded when store and index were one class. A change of one of them is another ranking
// somewhere.
#include <algorithm>
#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collection.hpp"
#include "mote/core/checksum.hpp"
#include "mote/core/rng.hpp"
#include "mote/recall/bm25.hpp"
#include "reference.hpp"

namespace {

using mote::bm25_knobs;
using mote::hit;
using mote::item_id;

void add_hits(mote::fingerprint& bits, const auto& index, std::string_view query, std::span<hit> room) {
  const std::size_t found = index.search(query, room);
  bits.add(found);
  for (const hit& h : room.first(found))
    bits.add(static_cast<std::uint32_t>(h.id)).add(std::bit_cast<std::uint32_t>(h.score));
}

// Words of a rough Zipf law in five scripts, with repetitions, apostrophes and bytes that are no UTF-8.
struct random_texts {
  mote::rng random{2024};

  std::string word() {
    static constexpr std::string_view stems[] = {"w", "\u00D6l", "\u041F\u0440", "\u65E5", "\xF6x", "Dog's", "\u0130z"};
    const float u = random.uniform();
    return std::string(stems[random.below(7)]) + std::to_string(static_cast<int>(300.0F * u * u * u));
  }
  std::string text(std::uint32_t most) {
    std::string t;
    std::string again = word();
    for (std::uint32_t n = 1 + random.below(most); n > 0; --n) {
      t += t.empty() ? "" : random.below(7) == 0 ? ", " : " ";
      t += random.below(4) == 0 ? again : word();
    }
    return t;
  }
};

/// The knobs without the floors.
constexpr bm25_knobs all_hits(bm25_knobs k) {
  k.least = k.share = 0.0F;
  k.alike = 1.0F;
  return k;
}

// Everything that can be seen of an index through thousands of changes. The hashes are from a time when an item had at most item_bytes bytes and `terms` different words.
template <bm25_knobs Knobs>
std::uint64_t run(int changes, std::uint32_t words, std::size_t terms = 24) {
  static typename mote::bm25<all_hits(Knobs), mote::words<>>::index index;
  index.clear();
  random_texts texts;
  std::vector<std::string> said;
  std::vector<hit> room(std::max<std::size_t>(Knobs.items, 4));
  mote::fingerprint bits;
  const auto add = [&](std::string_view t) {
    const bool fits = t.size() <= Knobs.item_bytes && mote::distinct_words<mote::words<>>::number_in(t) <= terms;
    bits.add(reference::number_of(fits ? index.add(t) : mote::status::too_long));
  };
  for (int i = 0; i < changes; ++i) {
    const std::uint32_t what = texts.random.below(10);
    if (what == 0 && index.size() > 0) {
      std::vector<item_id> ids;
      index.for_each([&](item_id id, std::string_view) { ids.push_back(id); });
      bits.add(index.erase(ids[texts.random.below(static_cast<std::uint32_t>(ids.size()))]) ? 1U : 0U);
    } else if (what == 1 && !said.empty()) {
      add(said[texts.random.below(static_cast<std::uint32_t>(said.size()))]);
    } else {
      said.push_back(texts.text(words));
      add(said.back());
    }
    bits.add(static_cast<std::uint32_t>(index.newest())).add(index.size());
    if (i % 8 == 0) {
      const std::string query = texts.text(6);
      add_hits(bits, index, query, std::span(room).first(3));
      add_hits(bits, index, query, room);
    }
  }
  index.for_each([&](item_id id, std::string_view t) { bits.add(static_cast<std::uint32_t>(id)).add(t); });
  return bits.value();
}

}  // namespace

TEST_CASE("bm25 over random texts: ids, order and bits of the scores", "[recall][bm25][bits]") {
  CHECK(run<bm25_knobs{.items = 64}>(20'000, 12) == 0x92B9E71EB1AC4A19ULL);
  CHECK(run<bm25_knobs{.items = 1, .item_bytes = 40}>(4'000, 6, 3) == 0xD496448FDA027312ULL);
  CHECK(run<bm25_knobs{.items = 500, .item_bytes = 160}>(8'000, 20, 32) == 0x5E879DCCB442B949ULL);
  CHECK(run<bm25_knobs{.items = 37, .item_bytes = 511}>(8'000, 24, 17) == 0x6A3BD0293C5D0AA4ULL);  // counts of 16 bits
  CHECK(run<bm25_knobs{.items = 100, .b = 0.0F}>(4'000, 12) == 0x0372DFDBAE26FED9ULL);
  CHECK(run<bm25_knobs{.items = 100, .k1 = 0.0F}>(4'000, 12) == 0x03397E8D1E34BD99ULL);
  CHECK(run<bm25_knobs{.items = 100, .k1 = 1000.0F, .b = 1.0F}>(4'000, 12) == 0x27FFC37C585EE936ULL);
}

TEST_CASE("bm25 over the Cranfield collection: ids, order and bits of the scores", "[recall][bm25][bits][cranfield]") {
  const auto documents = mote_tests::cranfield_documents();
  const auto queries = mote_tests::cranfield_queries();
  constexpr bm25_knobs knobs{.items = 1400, .item_bytes = 2000};  // an inverted index
  static mote::bm25<all_hits(knobs), mote::words<>>::index index;
  mote::fingerprint bits;
  for (const auto& d : documents) bits.add(reference::number_of(index.add(d.text)));
  std::vector<hit> room(knobs.items);
  for (const std::string& q : queries) {
    add_hits(bits, index, q, room);
    add_hits(bits, index, q, std::span(room).first(5));
  }
  CHECK(bits.value() == 0x7E186D80098E7249ULL);
}
