// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/ivf.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "beside_flat.hpp"
#include "mote/core/rng.hpp"
#include "mote/recall/ngrams.hpp"
#include "mote/recall/pieces.hpp"
#include "mote/recall/rag.hpp"
#include "mote/store/record_writer.hpp"

namespace {

using mote::hit;
using mote::item_id;
using mote::ivf_knobs;
using mote::status;
using mote_tests::random_text;

/// An embedder that needs 5,000 bytes of stack: whatever makes vectors of texts again, they are counted once.
struct light : mote::hashed_ngrams<64, 3> {};
struct heavy : light {
  static constexpr std::size_t stack_bytes = 5000;
};
template <class Embedder>
using by_bits = mote::retrieve<mote::item_store<8, 64>, mote::signs_of<Embedder>, mote::binary_index<Embedder, 8, 4>>;
template <class Embedder>
using by_lists =
    mote::retrieve<mote::item_store<8, 64>, Embedder,
                   mote::ivf_index<mote::reread_vectors<Embedder>, mote::moving_means<light::item, 2>, 8, 1>>;
template <class Embedder>
using by_letters = mote::retrieve<mote::item_store<8, 64>, mote::asked_of<Embedder>, mote::reread_index<Embedder>>;
static_assert(by_bits<heavy>::stack_bytes == by_bits<light>::stack_bytes + 5000);
static_assert(by_lists<heavy>::stack_bytes == by_lists<light>::stack_bytes + 5000);
static_assert(by_letters<heavy>::stack_bytes == by_letters<light>::stack_bytes + 5000);

static_assert(mote::retriever<mote::ivf<ivf_knobs{.items = 100}>>);
static_assert(!ivf_knobs{.items = 63}.valid() && ivf_knobs{}.of_items(20).valid() &&
              ivf_knobs{}.of_items(20).lists == 20);
static_assert(ivf_knobs{}.of_items(20).probes == 20 && ivf_knobs{}.of_items(64).probes == 32);
static_assert(!ivf_knobs{.lists = 0}.valid() && !ivf_knobs{.probes = 65}.valid() && !ivf_knobs{.probes = 0}.valid());
static_assert(!ivf_knobs{.dims = 6}.valid() && !ivf_knobs{.gram = 1}.valid() && ivf_knobs{.settled = 0}.valid());

constexpr std::size_t rows = 600, dims = 32, lists = 24;
using vector = mote::int8_vector<dims>;
using flat = mote::flat_index<vector, rows, -2.0F>;

struct places {  // rows in use, as a store says them
  std::array<std::size_t, rows> row_of{};
  std::size_t count = 0;
  std::size_t size() const { return count; }
  std::size_t row(std::size_t place) const { return row_of[place]; }
  static item_id id(std::size_t row) { return item_id{static_cast<std::uint32_t>(row + 1)}; }
};

/// Vectors of a user's own: behind a driver, which counts what is read, and may refuse some of it.
struct behind_a_driver {
  using vector = ::vector;
  static inline std::array<::vector, rows> memory{};
  static inline std::size_t reads = 0;
  static inline mote::rng chance{9};
  static inline std::uint32_t refused = 0;  // of ten reads
  static void put(std::size_t row, const vector& v) { memory[row] = v; }
  static void wipe(std::size_t row) { memory[row] = {}; }
  template <class Store>
  static const vector* get(std::size_t row, const Store&, vector& room) {
    ++reads;
    if (refused != 0 && chance.below(10) < refused) return nullptr;
    room = memory[row];
    return &room;
  }
};

template <class Index>
struct both_indexes {
  Index by_lists;
  flat by_scan;
  places in_use;
  std::array<vector, rows> vectors{};

  void add(std::size_t row, const vector& v) {
    in_use.row_of[in_use.count++] = row;
    vectors[row] = v;
    by_lists.add(row, v, in_use);
    by_scan.add(row, v);
  }
  void remove(std::size_t place) {
    const std::size_t row = in_use.row_of[place];
    by_lists.remove(row, in_use);
    by_scan.remove(row);
    in_use.row_of[place] = in_use.row_of[--in_use.count];
  }
};

vector random_vector(mote::rng& random) {  // around one of thirty centres
  mote::rng centre(random.below(30) + 1);
  vector v;
  for (std::int8_t& code : v.codes)
    code = static_cast<std::int8_t>(static_cast<int>(centre.below(161)) - 80 + static_cast<int>(random.below(81)) - 40);
  v.measure();
  return v;
}

/// How many of the eight nearest are found, of a hundred.
template <class Both>
double recall(const Both& both, mote::rng& random) {
  std::size_t found = 0, all = 0;
  for (int n = 0; n < 100; ++n) {
    const vector q = random_vector(random);
    std::array<hit, 8> a, b;
    mote::best_hits exact(a), near(b);
    both.by_scan.search(q, both.in_use, exact);
    both.by_lists.search(q, both.in_use, near);
    std::set<item_id> ids;
    for (const hit& h : std::span(a).first(exact.found())) ids.insert(h.id);
    for (const hit& h : std::span(b).first(near.found())) found += ids.contains(h.id) ? 1 : 0;
    all += exact.found();
  }
  return 100.0 * static_cast<double>(found) / static_cast<double>(all);
}

/// Each mean is that of the vectors that are in its list now, in doubles; and each list has as many as it says.
template <class Both>
void check_means(const Both& both) {
  std::array<std::array<double, dims>, lists> sums{};
  std::array<std::size_t, lists> count{};
  for (std::size_t place = 0; place < both.in_use.count; ++place) {
    const std::size_t row = both.in_use.row_of[place], list = both.by_lists.list_of(row);
    REQUIRE(list < lists);
    ++count[list];
    double length = 0.0;
    for (const std::int8_t c : both.vectors[row].codes) length += double{1} * c * c;
    for (std::size_t i = 0; i < dims; ++i) sums[list][i] += both.vectors[row].codes[i] / std::sqrt(length);
  }
  for (std::size_t list = 0; list < lists; ++list) {
    REQUIRE(both.by_lists.means().size(list) == count[list]);
    const auto& codes = both.by_lists.means().mean(list).codes;
    double largest = 0.0;
    for (const double s : sums[list]) largest = std::max(largest, std::abs(s));
    for (std::size_t i = 0; i < dims; ++i) {
      const double wanted = largest > 0.0 ? 127.0 * sums[list][i] / largest : 0.0;
      REQUIRE(std::abs(codes[i] - wanted) <= 2.5);  // the parts of a sum are rounded
    }
  }
}

template <class Index>
void changes() {
  static both_indexes<Index> both;
  mote::rng random(4);
  for (std::size_t row = 0; row < rows; ++row) both.add(row, random_vector(random));
  check_means(both);
  CHECK(recall(both, random) >= 95.0);
  for (int change = 0; change < 800; ++change) {
    const auto place = static_cast<std::size_t>(random.below(static_cast<std::uint32_t>(both.in_use.count)));
    const std::size_t row = both.in_use.row_of[place];
    both.remove(place);
    if (random.below(10) != 0) both.add(row, random_vector(random));  // an update
    if (change % 200 == 0) check_means(both);
  }
  check_means(both);
  CHECK(recall(both, random) >= 95.0);
  while (both.in_use.count > 0) both.remove(random.below(static_cast<std::uint32_t>(both.in_use.count)));
  static const Index empty{};
  CHECK(std::memcmp(&both.by_lists, &empty, sizeof(Index)) == 0);  // nothing is left of what was there
}

constexpr ivf_knobs all_lists{.items = 60, .item_bytes = 50, .dims = 64, .gram = 3, .lists = 7, .probes = 7};
constexpr ivf_knobs reread_lists = [] {
  ivf_knobs k = all_lists;
  k.reread = true;
  return k;
}();

constexpr std::array<vector, 3> table = [] {
  std::array<vector, 3> t{};
  for (std::size_t list = 0; list < 3; ++list) {
    for (std::size_t i = 0; i < dims; ++i) t[list].codes[i] = static_cast<std::int8_t>(i % 3 == list ? 100 : 0);
    t[list].scale = 1.0F / 331.0F;
  }
  return t;
}();

}  // namespace

TEST_CASE("ivf: the nearest are found in a quarter of the lists, through additions, removals and changes",
          "[recall][ivf]") {
  changes<mote::ivf_index<mote::kept_vectors<vector, rows>, mote::moving_means<vector, lists>, rows, lists / 4, 2,
                          -2.0F>>();
}

TEST_CASE("ivf: vectors behind a driver are read where lists are", "[recall][ivf]") {
  using index = mote::ivf_index<behind_a_driver, mote::moving_means<vector, lists>, rows, lists / 4, 2, -2.0F>;
  static_assert(sizeof(index) < sizeof(flat));
  changes<index>();
  CHECK(std::all_of(behind_a_driver::memory.begin(), behind_a_driver::memory.end(), [](const vector& v) {
    return v.scale == 0.0F && std::all_of(v.codes.begin(), v.codes.end(), [](int c) { return c == 0; });
  }));
  static both_indexes<index> both;
  mote::rng random(7);
  for (std::size_t row = 0; row < rows; ++row) both.add(row, random_vector(random));
  behind_a_driver::reads = 0;
  recall(both, random);
  CHECK(behind_a_driver::reads < 100 * rows / 2);
}

TEST_CASE("ivf: a row goes though its vector cannot be read, and its part of the mean with it", "[recall][ivf]") {
  using index = mote::ivf_index<behind_a_driver, mote::moving_means<vector, lists>, rows, lists, 2, -2.0F>;
  static both_indexes<index> both;
  mote::rng random(5);
  const auto any = [&] { return random.below(static_cast<std::uint32_t>(both.in_use.count)); };
  for (std::size_t row = 0; row < 100; ++row) both.add(row, random_vector(random));
  for (int change = 0; change < 600; ++change) {
    behind_a_driver::refused = change % 3 == 0 ? 5 : change % 100 == 1 ? 10 : 0;
    const std::size_t place = any(), row = both.in_use.row_of[place];
    both.remove(place);
    both.add(row, random_vector(random));
    behind_a_driver::refused = 0;
    std::array<hit, rows> found;
    mote::best_hits best(found);
    both.by_lists.search(random_vector(random), both.in_use, best);
    REQUIRE(best.found() == 100);  // each is in a list, and in one
  }
  for (int add = 0; add < 100; ++add) {  // what could not be read is looked at again
    const std::size_t place = any(), row = both.in_use.row_of[place];
    both.remove(place);
    both.add(row, random_vector(random));
  }
  check_means(both);
  behind_a_driver::refused = 10;
  while (both.in_use.count > 0) both.remove(any());
  behind_a_driver::refused = 0;
  static const index empty{};
  CHECK(std::memcmp(&both.by_lists, &empty, sizeof(index)) == 0);
}

TEST_CASE("ivf: means of a table stay", "[recall][ivf]") {
  using index = mote::ivf_index<mote::kept_vectors<vector, rows>, mote::fixed_means<table>, rows, 1, 1, -2.0F>;
  static both_indexes<index> both;
  for (std::size_t row = 0; row < 30; ++row) {
    vector v = table[row % 3];
    v.codes[0] = static_cast<std::int8_t>(row);
    v.measure();
    both.add(row, v);
    CHECK(both.by_lists.list_of(row) == row % 3);
  }
  std::array<hit, 16> found;
  mote::best_hits best(found);
  both.by_lists.search(table[1], both.in_use, best);
  REQUIRE(best.found() == 10);  // of its list alone
  for (const hit& h : std::span(found).first(10)) CHECK((static_cast<std::uint32_t>(h.id) - 1) % 3 == 1);
}

TEST_CASE("ivf<> with every list read is flat<>, kept or read again, through changes and a load", "[recall][ivf]") {
  constexpr mote::flat_knobs exact{.items = 60, .item_bytes = 50, .dims = 64};
  mote_tests::same_as_flat<mote::ivf<all_lists>, exact>(4'000);
  mote_tests::same_as_flat<mote::ivf<reread_lists>, exact>(4'000);
}

TEST_CASE("ivf<> in pieces<>: texts whose rows come together", "[recall][ivf]") {
  static mote::pieces<mote::ivf<all_lists>, mote::pieces_knobs{.piece_bytes = 32}>::index notes;
  mote::rng random(3);
  for (int i = 0; i < 200; ++i) REQUIRE(notes.add(random_text(random) + "and the boiler's code 7731") == status::ok);
  std::array<hit, 3> found;
  CHECK(notes.search("boiler code", found) == 3);
}
