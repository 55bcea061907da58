// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/flat.hpp"

#include <algorithm>
#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "collection.hpp"
#include "mote/core/checksum.hpp"
#include "mote/core/rng.hpp"
#include "reference.hpp"

namespace {

using mote::flat_knobs;
using mote::hit;
using mote::item_id;
using mote::status;

static_assert(mote::retriever<mote::flat<>>);
static_assert(mote::flat<>::ram_bytes == sizeof(mote::flat<>::index));
static_assert(mote::flat<>::max_item_bytes == 128 * 96);
static_assert(mote::flat<>::stack_bytes == 260 + 516);
static_assert(!flat_knobs{.items = 0}.valid() && !flat_knobs{.items = 65536}.valid());
static_assert(!flat_knobs{.dims = 0}.valid() && !flat_knobs{.dims = 6}.valid() && !flat_knobs{.dims = 65536}.valid());
static_assert(!flat_knobs{.gram = 1}.valid() && !flat_knobs{.gram = 9}.valid() && flat_knobs{.gram = 8}.valid());
static_assert(!flat_knobs{.least = 1.0F}.valid() && !flat_knobs{.least = -0.1F}.valid());

constinit mote::flat<>::index in_bss;  // no constructor runs at start-up

// The vector of an ASCII text a second time, in double: strings of n-grams, a map of what each hash adds to.
std::map<std::uint32_t, double> direction(std::string_view text, std::size_t dims, std::size_t gram) {
  std::string line = " ";
  for (char c : text) {
    const bool letter = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (letter) line += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (line.back() != ' ') line += ' ';
  }
  if (line.back() != ' ') line += ' ';
  std::map<std::uint32_t, double> v;
  for (std::size_t at = 0; at + gram <= line.size(); ++at) {
    std::uint64_t h = 2166136261;
    for (char c : line.substr(at, gram)) h = ((h ^ static_cast<unsigned char>(c)) * 16777619) % 4294967296;
    h = ((h ^ (h / 32768)) * 739982445) % 4294967296;
    const auto code = static_cast<std::uint32_t>(h / 256 % dims);
    v[code] = std::clamp(v[code] + (h >= 2147483648 ? 1.0 : -1.0), -127.0, 127.0);
  }
  return v;
}
double cosine(const std::map<std::uint32_t, double>& a, const std::map<std::uint32_t, double>& b) {
  double dot = 0.0, aa = 0.0, bb = 0.0;
  for (const auto& [code, x] : a) {
    aa += x * x;
    if (const auto it = b.find(code); it != b.end()) dot += x * it->second;
  }
  for (const auto& [code, x] : b) bb += x * x;
  return aa == 0.0 || bb == 0.0 ? 0.0 : dot / std::sqrt(aa * bb);
}

std::string random_text(mote::rng& random, std::size_t most) {
  static constexpr std::string_view pieces[] = {"boiler", "Code", "window", "x",  "is", "7731", "the",
                                                " ",      ", ",   "-",      "bo", "il", "er"};
  std::string t;
  for (std::uint32_t n = 1 + random.below(12); n > 0; --n) t += pieces[random.below(13)];
  return t.substr(0, most);
}

template <flat_knobs Knobs>
void equals_reference(int rounds) {
  static typename mote::flat<Knobs>::index index;
  index.clear();
  mote::rng random(7);
  std::map<std::uint32_t, std::string> wanted;
  std::vector<hit> hits(Knobs.items);
  std::size_t compared = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::string text = random_text(random, Knobs.item_bytes);
    const auto v = direction(text, Knobs.dims, Knobs.gram);
    const bool none = std::all_of(v.begin(), v.end(), [](const auto& x) { return x.second == 0.0; });
    const status state = index.add(text);
    REQUIRE(state == (text.empty() || none ? status::empty : status::ok));
    if (state == status::ok) {
      std::erase_if(wanted, [&](const auto& w) { return w.second == text; });
      if (wanted.size() == Knobs.items) wanted.erase(wanted.begin());
      wanted[static_cast<std::uint32_t>(index.newest())] = text;
    }
    if (round % 5 == 0 && wanted.size() > 1) {
      const auto gone = wanted.begin()->first;
      REQUIRE(index.erase(item_id{gone}));
      wanted.erase(gone);
    }
    REQUIRE(index.size() == wanted.size());
    const std::string query = random_text(random, 40);
    const auto q = direction(query, Knobs.dims, Knobs.gram);
    const std::size_t found = index.search(query, hits);
    std::size_t expected = 0;
    for (const auto& [id, t] : wanted) {
      const double score = cosine(q, direction(t, Knobs.dims, Knobs.gram));
      const auto it = std::find_if(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(found),
                                   [&](const hit& h) { return h.id == item_id{id}; });
      const bool there = it != hits.begin() + static_cast<std::ptrdiff_t>(found);
      if (std::abs(score - static_cast<double>(Knobs.least)) > 1e-6)
        REQUIRE(there == (score > static_cast<double>(Knobs.least)));
      if (!there) continue;
      REQUIRE(std::abs(static_cast<double>(it->score) - score) < 1e-6);
      ++expected;
      ++compared;
    }
    REQUIRE(found == expected);
    for (std::size_t i = 1; i < found; ++i) {
      const bool sorted =
          hits[i - 1].score > hits[i].score || (hits[i - 1].score == hits[i].score && hits[i - 1].id > hits[i].id);
      REQUIRE(sorted);
    }
  }
  CHECK(compared > 500);
}

}  // namespace

TEST_CASE("flat finds another form of a word and forgives a typing error", "[recall][flat]") {
  mote::flat<>::index& notes = in_bss;
  notes.clear();
  for (const char* text :
       {"The boiler's service code is 7731.", "The neighbour's dog is called Rex.", "The bins go out on Thursday."})
    REQUIRE(notes.add(text) == status::ok);
  std::array<hit, 3> hits;
  for (const auto& [query, text] :
       std::vector<std::pair<std::string_view, std::string_view>>{{"boilers", "The boiler's service code is 7731."},
                                                                  {"nieghbour", "The neighbour's dog is called Rex."},
                                                                  {"THURSDAYS?", "The bins go out on Thursday."}}) {
    REQUIRE(notes.search(query, hits) > 0);
    CHECK(notes.text(hits[0].id) == text);
  }
  CHECK(notes.search("", hits) == 0);
  CHECK(notes.search("...", hits) == 0);
  CHECK(notes.search("boiler", {}) == 0);
  CHECK(notes.add("...") == status::empty);
  CHECK(notes.add(std::string(128 * 96 + 1, 'x')) == status::too_long);
  CHECK(notes.size() == 3);
}

TEST_CASE("flat equals a reference in double", "[recall][flat]") {
  equals_reference<flat_knobs{.items = 40}>(1'000);
  equals_reference<flat_knobs{.items = 40, .dims = 4, .gram = 2}>(1'000);
  equals_reference<flat_knobs{.items = 7, .item_bytes = 20, .dims = 1000, .gram = 5, .least = 0.2F}>(3'000);
  equals_reference<flat_knobs{.items = 40, .dims = 64, .gram = 8}>(1'000);
}

TEST_CASE("flat: a code stops at 127", "[recall][flat]") {
  mote::hashed_ngrams<4, 3>::item v;
  const std::string many(4000, 'a');
  REQUIRE(mote::hashed_ngrams<4, 3>::embed(many, v) == status::ok);
  CHECK(std::any_of(v.codes.begin(), v.codes.end(), [](int code) { return std::abs(code) == 127; }));
  mote::int8_vector<65532> most;
  most.codes.fill(-127);
  CHECK(most.dot(most) == 127 * 127 * 65532);  // no overflow: the sanitizer looks on
}

TEST_CASE("what flat forgets is wiped from memory", "[recall][flat]") {
  static mote::flat<flat_knobs{.items = 2}>::index index;
  static mote::flat<flat_knobs{.items = 2}>::index never;
  REQUIRE(index.add("pin 48213 pin") == status::ok);
  CHECK(index.erase(index.newest()));
  REQUIRE(never.add("another text") == status::ok);
  never.clear();
  CHECK(std::equal(reinterpret_cast<const char*>(&index), reinterpret_cast<const char*>(&index + 1),
                   reinterpret_cast<const char*>(&never)));
}

TEST_CASE("flat's scores have the same bits on every machine", "[recall][flat][bits]") {
  static mote::flat<flat_knobs{.items = 64}>::index index;
  index.clear();
  mote::rng random(5);
  mote::fingerprint bits;
  std::array<hit, 64> hits;
  for (int i = 0; i < 2'000; ++i) {
    bits.add(reference::number_of(index.add(random_text(random, 96))));
    const std::size_t found = index.search(random_text(random, 30), hits);
    for (const hit& h : std::span(hits).first(found))
      bits.add(static_cast<std::uint32_t>(h.id)).add(std::bit_cast<std::uint32_t>(h.score));
  }
  CHECK(bits.value() == 0x02C3D982A2A643CCULL);
}

TEST_CASE("flat on the Cranfield collection", "[recall][flat][cranfield]") {
  const auto documents = mote_tests::cranfield_documents();
  const auto queries = mote_tests::cranfield_queries();
  static mote::flat<flat_knobs{.items = 1400, .item_bytes = 4200, .dims = 1024}>::index index;
  std::size_t kept = 0;
  for (const auto& d : documents) kept += index.add(d.text) == status::ok ? 1U : 0U;
  CHECK(kept == 1398);  // 471 and 995 have no text
  std::vector<hit> hits(20);
  for (std::size_t i = 0; i < queries.size(); i += 25) {
    const auto q = direction(queries[i], 1024, 3);
    hits.resize(20);
    hits.resize(index.search(queries[i], hits));
    REQUIRE(hits.size() == 20);
    for (const hit& h : hits)
      REQUIRE(std::abs(static_cast<double>(h.score) - cosine(q, direction(index.text(h.id), 1024, 3))) < 1e-6);
  }
}
