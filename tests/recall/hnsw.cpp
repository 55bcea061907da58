// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/hnsw.hpp"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <set>
#include <string>
#include <utility>

#include "mote/core/rng.hpp"
#include "mote/recall/rag.hpp"

namespace {

using mote::hit;
using mote::hnsw_knobs;
using mote::item_id;
using mote::status;

static_assert(mote::retriever<mote::hnsw<hnsw_knobs{.items = 100}>>);
static_assert(!hnsw_knobs{.degree = 1}.valid() && !hnsw_knobs{.build = 8}.valid() && !hnsw_knobs{.search = 0}.valid());

constexpr std::size_t rows = 600, dims = 32;
using vector = mote::int8_vector<dims>;
using graph = mote::hnsw_index<vector, rows, 8, 48, 64, -2.0F>;
using flat = mote::flat_index<vector, rows, -2.0F>;
static_assert(sizeof(graph) < rows * (sizeof(vector) + 2 * (16 + 8 / 7 + 1) + 4));

struct places {  // rows in use, as a store says them
  std::array<std::size_t, rows> row_of{};
  std::size_t count = 0;
  std::size_t size() const { return count; }
  std::size_t row(std::size_t place) const { return row_of[place]; }
  static item_id id(std::size_t row) { return item_id{static_cast<std::uint32_t>(row + 1)}; }
};

struct both_indexes {
  graph by_graph;
  flat by_scan;
  places in_use;

  void add(std::size_t row, const vector& v) {
    by_graph.add(row, v);
    by_scan.add(row, v);
    in_use.row_of[in_use.count++] = row;
  }
  void remove(std::size_t place) {
    const std::size_t row = in_use.row_of[place];
    by_graph.remove(row);
    by_scan.remove(row);
    in_use.row_of[place] = in_use.row_of[--in_use.count];
  }
  bool has(std::size_t row) const {
    for (std::size_t i = 0; i < in_use.count; ++i)
      if (in_use.row_of[i] == row) return true;
    return false;
  }
};
both_indexes both;

// Around one of thirty centres.
vector clustered(mote::rng& random) {
  mote::rng centre(random.below(30) + 1);
  vector v;
  for (std::int8_t& code : v.codes)
    code = static_cast<std::int8_t>(static_cast<int>(centre.below(161)) - 80 + static_cast<int>(random.below(81)) - 40);
  v.measure();
  return v;
}

/// How many of the eight nearest are found, of a hundred.
double recall(mote::rng& random, int questions) {
  std::size_t found = 0;
  for (int n = 0; n < questions; ++n) {
    const vector q = clustered(random);
    std::array<hit, 8> a, b;
    mote::best_hits exact(a), near(b);
    both.by_scan.search(q, both.in_use, exact);
    both.by_graph.search(q, both.in_use, near);
    REQUIRE(near.found() == exact.found());
    std::set<item_id> ids;
    for (const hit& h : a) ids.insert(h.id);
    for (const hit& h : b) found += ids.contains(h.id) ? 1 : 0;
  }
  return 100.0 * static_cast<double>(found) / (8.0 * questions);
}

void check_links() {
  std::set<std::pair<std::size_t, std::size_t>> seen[8];
  std::size_t wrong = 0;
  std::set<std::size_t> used;
  for (std::size_t i = 0; i < both.in_use.count; ++i) used.insert(both.in_use.row_of[i]);
  both.by_graph.for_each_link([&](std::size_t row, std::size_t level, std::size_t other) {
    const bool right = row != other && used.contains(row) && used.contains(other) && level < 8 &&
                       seen[level & 7U].insert({row, other}).second;
    wrong += right ? 0 : 1;
  });
  REQUIRE(wrong == 0);
}

}  // namespace

TEST_CASE("hnsw: the nearest are found, through additions, removals and changes", "[recall][hnsw]") {
  mote::rng random(4);
  for (std::size_t row = 0; row < rows; ++row) both.add(row, clustered(random));
  check_links();
  CHECK(recall(random, 100) >= 95.0);

  std::size_t freed = 0;
  for (int change = 0; change < 800; ++change) {
    const auto place = static_cast<std::size_t>(random.below(static_cast<std::uint32_t>(both.in_use.count)));
    const std::size_t row = both.in_use.row_of[place];
    both.remove(place);
    if (random.below(10) == 0) ++freed;
    else both.add(row, clustered(random));  // an update
    if (change % 200 == 0) check_links();
  }
  CHECK(freed > 40);
  check_links();
  CHECK(recall(random, 100) >= 95.0);

  while (both.in_use.count > 0) both.remove(random.below(static_cast<std::uint32_t>(both.in_use.count)));
  static const graph empty{};
  CHECK(std::memcmp(&both.by_graph, &empty, sizeof(graph)) == 0);  // nothing is left of what was there
}

TEST_CASE("hnsw<> finds what flat<> finds, among few texts", "[recall][hnsw]") {
  static mote::hnsw<hnsw_knobs{.items = 60, .item_bytes = 24, .degree = 6, .build = 60}>::index notes;
  static mote::flat<mote::flat_knobs{.items = 60, .item_bytes = 24, .gram = 4}>::index wanted;
  mote::rng random(9);
  const auto random_text = [&] {
    std::string t;
    for (std::uint32_t n = 4 + random.below(18); n > 0; --n) t += "abc d"[random.below(5)];
    return t + "x";
  };
  std::array<hit, 4> a, b;
  std::size_t same = 0, all = 0;
  for (int change = 0; change < 300; ++change) {
    const std::string text = random_text();
    REQUIRE(notes.add(text) == wanted.add(text));
    const std::string question = random_text();
    const std::size_t found = wanted.search(question, a);
    const std::size_t near = notes.search(question, b);
    for (std::size_t i = 0; i < found; ++i) same += i < near && a[i].id == b[i].id && a[i].score == b[i].score ? 1 : 0;
    all += found;
  }
  CHECK(static_cast<double>(same) >= 0.98 * static_cast<double>(all));
  CHECK(notes.add("...") == status::empty);
}
