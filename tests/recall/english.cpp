// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/english.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstdint>
#include <iomanip>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "collection.hpp"
#include "mote/recall/bm25.hpp"

namespace {

constexpr mote::bm25_knobs roomy{.items = 3204, .item_bytes = 1000, .least = 0, .share = 0, .alike = 1};

/// The mean average precision over the questions that have a judgement.
template <class Analysis>
double mean_average_precision(const mote_tests::collection& c) {
  static typename mote::bm25<roomy, Analysis>::index index;
  index.clear();
  std::map<std::uint32_t, int> number_of;
  for (const auto& [number, text] : c.documents) {
    const mote::status s = index.add(text);
    REQUIRE((s == mote::status::ok || s == mote::status::empty));
    if (s == mote::status::ok) number_of[static_cast<std::uint32_t>(index.newest())] = number;
  }
  std::vector<mote::hit> hits(roomy.items);
  double total = 0.0;
  int judged = 0;
  for (const auto& [query, good] : c.relevant) {
    if (!c.queries.contains(query)) continue;
    ++judged;
    double right = 0.0, precision = 0.0;
    const std::size_t found = index.search(c.queries.at(query), hits);
    for (std::size_t i = 0; i < found; ++i)
      if (good.contains(number_of.at(static_cast<std::uint32_t>(hits[i].id)))) {
        right += 1.0;
        precision += right / static_cast<double>(i + 1);
      }
    total += precision / static_cast<double>(good.size());
  }
  return total / judged;
}

void compare(std::string_view name, const mote_tests::collection& c, double words, double english) {
  const double by_words = mean_average_precision<mote::words<>>(c);
  const double by_stems = mean_average_precision<mote::english>(c);
  std::ostringstream line;
  line << std::fixed << std::setprecision(4) << name << ": MAP " << by_words << " by words, " << by_stems
       << " in English";
  WARN(line.str());
  CHECK(std::abs(by_words - words) < 0.005);
  CHECK(std::abs(by_stems - english) < 0.005);
}

}  // namespace

TEST_CASE("English words are found in other forms", "[recall][english]") {
  static mote::bm25<>::index index;
  index.clear();
  REQUIRE(index.add("The heating was repaired in March.") == mote::status::ok);
  REQUIRE(index.add("The neighbours' dogs are called Rex and Ada.") == mote::status::ok);
  REQUIRE(index.add("It is on.") == mote::status::ok);
  mote::hit best[3];
  REQUIRE(index.search("Who did the repairs?", best) == 1);
  CHECK(index.text(best[0].id) == "The heating was repaired in March.");
  REQUIRE(index.search("What is the neighbour's dog called?", best) == 1);
  CHECK(index.text(best[0].id) == "The neighbours' dogs are called Rex and Ada.");
  CHECK(index.search("What is the code?", best) == 0);  // words that all texts share find none
  REQUIRE(index.search("is it on", best) == 1);
  CHECK(index.text(best[0].id) == "It is on.");
}

// The figures are printed by bench/recall/reference.py, which shares no line with this: Python's Unicode, Snowball's C.
TEST_CASE("BM25 in English is as precise as an independent implementation", "[recall][english][collections]") {
  SECTION("Cranfield") { compare("Cranfield", mote_tests::cranfield(), 0.2698, 0.3042); }
  SECTION("CACM") { compare("CACM", mote_tests::cacm(), 0.3263, 0.3864); }
  SECTION("CISI") { compare("CISI", mote_tests::cisi(), 0.1791, 0.2181); }
}
