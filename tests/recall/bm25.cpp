// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/bm25.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "collection.hpp"
#include "mote/core/checksum.hpp"
#include "mote/core/rng.hpp"
#include "mote/store/record_writer.hpp"
#include "reference.hpp"

namespace {

using mote::hit;
using mote::item_id;
using mote::status;

using small =
    mote::bm25<mote::bm25_knobs{.items = 4, .item_bytes = 32, .least = 0, .share = 0, .alike = 1}, mote::words<>>;

static_assert(mote::retriever<mote::bm25<>>);
static_assert(mote::retriever<small>);
static_assert(mote::bm25<>::ram_bytes == sizeof(mote::bm25<>::index));
static_assert(mote::bm25<>::max_item_bytes == 128 * 96);
static_assert(mote::bm25<>::ram_bytes == 128 * 108 + 16);
static_assert(std::is_same_v<mote::bm25<>, mote::bm25<mote::bm25_knobs{}>>);

constinit mote::bm25<>::index in_bss;  // no constructor runs at start-up

std::uint32_t number(item_id id) { return static_cast<std::uint32_t>(id); }

template <class Index>
std::vector<std::string> texts(const Index& index) {
  std::vector<std::string> all;
  index.for_each([&](item_id, std::string_view text) { all.emplace_back(text); });
  return all;
}

template <class Index>
std::vector<hit> search(const Index& index, std::string_view query, std::size_t most = 8) {
  std::vector<hit> hits(most);
  hits.resize(index.search(query, hits));
  return hits;
}

template <class Index>
std::vector<std::string> found(const Index& index, std::string_view query, std::size_t most = 8) {
  std::vector<std::string> all;
  for (const hit& h : search(index, query, most)) all.emplace_back(index.text(h.id));
  return all;
}

template <class Index>
std::vector<std::byte> saved(const Index& index) {
  std::vector<std::byte> bytes(mote::records_bytes(index));
  REQUIRE(mote::write_records(index, bytes) == status::ok);
  return bytes;
}

// Records written by hand: (id, text) pairs.
std::vector<std::byte> written(std::uint32_t last_id, const std::vector<std::pair<std::uint32_t, std::string>>& items) {
  std::vector<std::byte> bytes;
  const auto put = [&](std::uint32_t v, int n) {
    for (int i = 0; i < n; ++i) bytes.push_back(static_cast<std::byte>(v >> (8 * i) & 0xFF));
  };
  put(1, 2);  // a store: version, count, the last id
  put(10, 4);
  put(1, 2);
  put(static_cast<std::uint32_t>(items.size()), 4);
  put(last_id, 4);
  for (const auto& [id, text] : items) {
    put(2, 2);
    put(4 + static_cast<std::uint32_t>(text.size()), 4);
    put(id, 4);
    for (char c : text) put(static_cast<unsigned char>(c), 1);
  }
  return bytes;
}

}  // namespace

TEST_CASE("bm25 finds the text that shares the rarer word", "[recall][bm25]") {
  mote::bm25<>::index& index = in_bss;
  index.clear();
  CHECK(index.size() == 0);
  CHECK(search(index, "anything").empty());
  REQUIRE(index.add("The boiler's service code is 7731.") == status::ok);
  REQUIRE(index.add("The neighbour's dog is called Rex.") == status::ok);
  REQUIRE(index.add("The bins go out on Thursday.") == status::ok);
  CHECK(found(index, "What is the boiler's code?").front() == "The boiler's service code is 7731.");
  CHECK(found(index, "who is REX").front() == "The neighbour's dog is called Rex.");
  CHECK(found(index, "the", 2).empty());  // a word that says nothing
  CHECK(search(index, "the", 0).empty());
  CHECK(search(index, "zebra").empty());
  CHECK(search(index, "").empty());
}

TEST_CASE("bm25 refuses what it cannot keep whole, and then nothing changes", "[recall][bm25]") {
  static small::index index;
  index.clear();
  for (const char* text : {"one", "two", "three", "four"}) REQUIRE(index.add(text) == status::ok);
  const auto before = saved(index);
  CHECK(index.add(std::string(129, 'x')) == status::too_long);
  CHECK(index.add("") == status::empty);
  CHECK(index.add("... --- '") == status::empty);
  CHECK(saved(index) == before);
  CHECK(index.add("a b c d e f g h i j k l m n o p q r s t u v w x y z") == status::ok);  // any number of words
  CHECK(texts(index).size() == 4);
  CHECK(index.add(std::string(128, 'x')) == status::ok);  // all that there is
  CHECK(texts(index) == std::vector<std::string>{std::string(128, 'x')});
}

TEST_CASE("bm25 forgets the oldest, and a text said again is the newest", "[recall][bm25]") {
  static small::index index;
  index.clear();
  for (const char* text : {"one", "two", "three", "four"}) REQUIRE(index.add(text) == status::ok);
  const item_id three = search(index, "three").front().id;
  const item_id one = search(index, "one").front().id;
  REQUIRE(index.add("one") == status::ok);
  CHECK(texts(index) == std::vector<std::string>{"two", "three", "four", "one"});
  CHECK(index.text(one).empty());  // its old id is gone
  CHECK(index.newest() == search(index, "one").front().id);
  CHECK(index.newest() > one);
  REQUIRE(index.add("five") == status::ok);
  CHECK(texts(index) == std::vector<std::string>{"three", "four", "one", "five"});
  CHECK(index.erase(three));
  CHECK_FALSE(index.erase(three));
  CHECK_FALSE(index.erase(item_id::none));
  CHECK(texts(index) == std::vector<std::string>{"four", "one", "five"});
  CHECK(search(index, "three").empty());
  const item_id five = index.newest();
  index.clear();
  CHECK(index.size() == 0);
  CHECK(index.newest() == item_id::none);
  REQUIRE(index.add("six") == status::ok);
  CHECK(index.newest() > five);
}

TEST_CASE("bm25 gives equals newest first", "[recall][bm25]") {
  static small::index index;
  index.clear();
  for (const char* text : {"red one", "red two", "blue", "red three"}) REQUIRE(index.add(text) == status::ok);
  CHECK(found(index, "red") == std::vector<std::string>{"red three", "red two", "red one"});
  CHECK(found(index, "red", 2) == std::vector<std::string>{"red three", "red two"});
  CHECK(found(index, "one red", 2) == std::vector<std::string>{"red one", "red three"});
}

TEST_CASE("bm25 finds nothing where nothing is relevant", "[recall][bm25][floor]") {
  static mote::bm25<>::index index;
  static mote::bm25<mote::every_hit>::index all;
  for (const char* text : {"The bins go out on Thursday.", "Ann lives in Paris.", "The boiler was repaired in May.",
                           "The spare key is with Ben.", "Milk is in the fridge.", "The train leaves at nine.",
                           "The printer needs blue ink.", "Ben is allergic to nuts."}) {
    REQUIRE(index.add(text) == status::ok);
    REQUIRE(all.add(text) == status::ok);
  }
  constexpr std::string_view far = "Which colour of paint did the hotel manager choose for the lobby ceiling in May?";
  CHECK(search(all, far).size() == 1);  // "May" alone
  CHECK(search(index, far).empty());
  CHECK(search(index, "When was the boiler repaired?").size() == 1);
  CHECK(search(index, "Who has the key?").size() == 1);
  CHECK(search(index, "who is may").size() == 1);
  CHECK(search(index, "zebra").empty());
}

TEST_CASE("a single text is found by a part of a question, one of many by more", "[recall][bm25][floor]") {
  static mote::bm25<>::index index;
  REQUIRE(index.add("The boiler's service code is 7731.") == status::ok);
  CHECK(search(index, "Please tell me once more: which code has the boiler in the cellar?").size() == 1);
  CHECK(search(index, "Please tell me once more: which colour has the boiler in the cellar?").size() == 1);
  constexpr std::string_view other = "Who wrote this song about seven miners and a boiler lost somewhere near Dover?";
  CHECK(search(index, other).size() == 1);
  for (int n = 0; n < 30; ++n) REQUIRE(index.add("Box " + std::to_string(n) + " is on the shelf.") == status::ok);
  CHECK(search(index, "Please tell me once more: which code has the boiler in the cellar?").size() == 1);
  CHECK(search(index, other).empty());
}

TEST_CASE("bm25 leaves out hits far below the best", "[recall][bm25][floor]") {
  static mote::bm25<>::index index;
  static mote::bm25<mote::every_hit>::index all;
  for (int box = 0; box < 64; ++box) {
    const std::string text = "In box " + std::to_string(box) + " there is number " + std::to_string(7 * box + 1) + ".";
    REQUIRE(index.add(text) == status::ok);
    REQUIRE(all.add(text) == status::ok);
  }
  for (int box = 2; box < 64; box += 7) {  // no number is the number of another box
    const std::string question = "What is in box " + std::to_string(box) + "?";
    CHECK(search(all, question, 2).size() == 2);
    const auto hits = found(index, question, 2);
    REQUIRE(hits.size() == 1);
    CHECK(hits[0].starts_with("In box " + std::to_string(box) + " "));
  }
}

TEST_CASE("of texts that are alike the newest is a hit, in the place of the best", "[recall][bm25][floor]") {
  static mote::bm25<>::index index;
  static mote::bm25<mote::every_hit>::index all;
  for (const char* text : {"The service code, boiler code, of the boiler in the cellar is 1.", "The door code is 9.",
                           "The service code of the boiler in our cellar is 2."}) {
    REQUIRE(index.add(text) == status::ok);
    REQUIRE(all.add(text) == status::ok);
  }
  const std::string_view question = "What is the service code of the boiler in the cellar?";
  CHECK(found(all, question).front() ==
        "The service code, boiler code, of the boiler in the cellar is 1.");  // it has words twice
  CHECK(found(index, question) == std::vector<std::string>{"The service code of the boiler in our cellar is 2."});
  const auto scores = search(all, question);
  CHECK(search(index, question).front().score == scores.front().score);
  // One word of three is another: two facts.
  REQUIRE(index.add("Ann likes tea.") == status::ok);
  REQUIRE(index.add("Ben likes tea.") == status::ok);
  CHECK(found(index, "Who likes tea?") == std::vector<std::string>{"Ben likes tea.", "Ann likes tea."});
  REQUIRE(index.add("ben LIKES tea") == status::ok);
  CHECK(found(index, "Who likes tea?") == std::vector<std::string>{"ben LIKES tea", "Ann likes tea."});
}

TEST_CASE("bm25 takes a text that lies in itself", "[recall][bm25]") {
  static small::index index;
  index.clear();
  for (const char* text : {"alpha beta", "two", "three", "four"}) REQUIRE(index.add(text) == status::ok);
  item_id oldest = item_id::none;
  index.for_each([&](item_id id, std::string_view) { oldest = oldest == item_id::none ? id : oldest; });
  REQUIRE(index.add(index.text(oldest).substr(6)) == status::ok);  // its slot is the one that is evicted
  CHECK(texts(index) == std::vector<std::string>{"two", "three", "four", "beta"});
  CHECK(found(index, "beta") == std::vector<std::string>{"beta"});
  CHECK(found(index, "alpha").empty());
}

TEST_CASE("what bm25 forgets is wiped from memory", "[recall][bm25]") {
  static small::index index;
  const auto holds = [&](std::string_view secret) {
    const std::string_view memory(reinterpret_cast<const char*>(&index), sizeof index);
    return memory.find(secret) != std::string_view::npos;
  };
  REQUIRE(index.add("pin 48213 pin") == status::ok);
  CHECK(holds("48213"));
  CHECK(index.erase(index.newest()));
  CHECK_FALSE(holds("48213"));
  for (const char* text : {"pin 48213", "b", "c", "d", "e"}) REQUIRE(index.add(text) == status::ok);
  CHECK_FALSE(holds("48213"));  // evicted by a shorter one
  CHECK_FALSE(holds("213"));
}

template <mote::bm25_knobs knobs>
void ten_thousand_changes() {
  static typename mote::bm25<knobs, mote::words<>>::index index;
  index.clear();
  reference::bm25 wanted(static_cast<double>(knobs.k1), static_cast<double>(knobs.b));
  mote::rng random(11);

  // Words of a rough Zipf law: a few are in most texts, most are in few.
  const auto word = [&] {
    const float u = random.uniform();
    return "w" + std::to_string(static_cast<int>(2000.0F * u * u * u * u));
  };
  const auto text = [&] {
    std::string t = "Text";
    for (std::uint32_t n = 1 + random.below(22); n > 0; --n) t += (random.below(9) == 0 ? ", " : " ") + word();
    return t;
  };
  const auto add = [&](const std::string& t) {
    std::uint32_t same = 0;
    for (const auto& [id, d] : wanted.documents())
      if (d.text == t) same = id;
    const status state = index.add(t);
    REQUIRE(state == status::ok);
    if (same != 0) wanted.erase(same);
    else if (wanted.documents().size() == knobs.items) wanted.erase(wanted.documents().begin()->first);
    wanted.add(number(index.newest()), t);
  };
  std::size_t compared = 0;
  const auto compare = [&](int queries) {
    REQUIRE(index.size() == wanted.documents().size());
    std::vector<hit> hits(knobs.items);
    for (int q = 0; q < queries; ++q) {
      std::string query = word();
      for (std::uint32_t n = random.below(6); n > 0; --n) query += " " + word();
      if (q % 5 == 0) query += " text text";
      const auto scores = wanted.search(query);
      const std::size_t count = index.search(query, hits);
      REQUIRE(count == scores.size());
      for (std::size_t i = 0; i < count; ++i) {
        const auto it = scores.find(number(hits[i].id));
        REQUIRE(it != scores.end());
        const double error = std::abs(static_cast<double>(hits[i].score) / it->second - 1.0);
        if (error > 1e-6) FAIL("query '" << query << "' differs by " << error);
        if (i > 0) {
          const bool sorted =
              hits[i - 1].score > hits[i].score || (hits[i - 1].score == hits[i].score && hits[i - 1].id > hits[i].id);
          REQUIRE(sorted);
        }
        ++compared;
      }
    }
  };

  for (int i = 0; i < 1000; ++i) add(text());
  compare(20);
  for (int change = 1; change <= 10'000; ++change) {
    const std::uint32_t what = random.below(10);
    if (what < 6) {
      add(text());
    } else if (wanted.documents().size() > 1) {
      auto it = wanted.documents().begin();
      std::advance(it, random.below(static_cast<std::uint32_t>(wanted.documents().size())));
      if (what < 9) {
        REQUIRE(index.erase(item_id{it->first}));
        wanted.erase(it->first);
      } else {
        add(std::string(it->second.text));
      }
    }
    if (change % 2500 == 0) compare(10);
  }
  for (const auto& [id, d] : wanted.documents()) REQUIRE(index.text(item_id{id}) == d.text);
  compare(20);
  CHECK(compared > 10'000);
}

TEST_CASE("bm25 equals a reference in double, through ten thousand changes", "[recall][bm25]") {
  ten_thousand_changes<mote::bm25_knobs{.items = 1000, .item_bytes = 160, .least = 0, .share = 0, .alike = 1}>();
}
TEST_CASE("bm25 with an inverted index equals a reference in double, through ten thousand changes", "[recall][bm25]") {
  ten_thousand_changes<mote::bm25_knobs{
      .items = 1025, .item_bytes = 160, .least = 0, .share = 0, .alike = 1, .words = 24}>();
}

TEST_CASE("bm25's scores have the same bits on every machine", "[recall][bm25][bits]") {
  static mote::bm25<mote::bm25_knobs{.items = 64, .least = 0, .share = 0, .alike = 1}, mote::words<>>::index index;
  index.clear();
  mote::rng random(5);
  mote::fingerprint bits;
  for (int i = 0; i < 200; ++i) {
    std::string text = "w" + std::to_string(random.below(30));
    for (std::uint32_t n = random.below(12); n > 0; --n) text += " w" + std::to_string(random.below(60));
    REQUIRE(index.add(text) == status::ok);
    for (const hit& h : search(index, text, 64)) bits.add(number(h.id)).add(std::bit_cast<std::uint32_t>(h.score));
  }
  CHECK(bits.value() == 0xB161AE54DB2E6D5EULL);
}

TEST_CASE("a snapshot of bm25 brings back the same index", "[recall][bm25][snapshot]") {
  static small::index index;
  static small::index other;
  index.clear();
  other.clear();
  for (const char* text : {"one", "two red", "three", "four red", "five"}) REQUIRE(index.add(text) == status::ok);
  REQUIRE(index.erase(search(index, "three").front().id));
  const auto bytes = saved(index);
  REQUIRE(other.add("something else") == status::ok);
  REQUIRE(other.load(bytes) == status::ok);
  CHECK(texts(other) == std::vector<std::string>{"two red", "four red", "five"});
  CHECK(saved(other) == bytes);
  const auto a = search(index, "red five");
  const auto b = search(other, "red five");
  REQUIRE(a.size() == 3);
  REQUIRE(b.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK((a[i].id == b[i].id && a[i].score == b[i].score));
  REQUIRE(other.add("six") == status::ok);
  REQUIRE(index.add("six") == status::ok);
  CHECK(other.newest() == index.newest());

  std::vector<std::byte> small_target(bytes.size() - 1, std::byte{0x5A});
  CHECK(mote::write_records(other, small_target) == status::full);
  CHECK(small_target.back() == std::byte{0x5A});  // the record that does not fit is not begun

  static mote::bm25<>::index larger;  // other knobs: taken over, because all of it fits
  REQUIRE(larger.load(bytes) == status::ok);
  CHECK(found(larger, "five") == std::vector<std::string>{"five"});

  static small::index nothing;
  nothing.clear();
  REQUIRE(other.load(saved(nothing)) == status::ok);
  CHECK(other.size() == 0);
}

TEST_CASE("hostile records: what is taken could have been written, else nothing changes", "[recall][bm25][snapshot]") {
  static small::index index;
  static small::index target;
  index.clear();
  for (const char* text : {"one is here", "two", "three for tea", "four"}) REQUIRE(index.add(text) == status::ok);
  const auto good = saved(index);

  target.clear();
  for (const char* text : {"kept", "and kept again"}) REQUIRE(target.add(text) == status::ok);
  const auto before = saved(target);
  const auto memory = [&] {
    const auto* p = reinterpret_cast<const std::byte*>(&target);
    return std::vector<std::byte>(p, p + sizeof target);
  };
  auto before_memory = memory();
  std::map<status, int> seen;
  const auto try_load = [&](std::span<const std::byte> bytes) {
    const std::vector<std::byte> exact(bytes.begin(), bytes.end());  // the sanitizer sees a read past the end
    const status state = target.load(exact);
    ++seen[state];
    REQUIRE(mote::name(state) != "unknown");
    if (state == status::ok) {  // byte for byte
      REQUIRE(saved(target) == exact);
      REQUIRE(target.load(before) == status::ok);
      before_memory = memory();
    }
    REQUIRE(memory() == before_memory);
    return state;
  };

  for (std::size_t n = 0; n < good.size(); ++n) REQUIRE(try_load({good.data(), n}) != status::ok);
  for (std::size_t i = 0; i < good.size(); ++i)
    for (int flip = 1; flip < 256; ++flip) {
      auto bad = good;
      bad[i] ^= static_cast<std::byte>(flip);
      (void)try_load(bad);
    }
  auto longer = good;
  longer.push_back(std::byte{0});
  REQUIRE(try_load(longer) == status::wrong_size);
  for (status s : {status::ok, status::truncated, status::wrong_kind, status::wrong_version, status::wrong_size,
                   status::corrupt_payload})
    CHECK(seen[s] > 0);

  // Two bytes at once, and records put together at random from sound pieces.
  mote::rng random(9);
  for (int round = 0; round < 40'000; ++round) {
    auto bad = good;
    for (std::uint32_t n = 1 + random.below(3); n > 0; --n)
      bad[random.below(static_cast<std::uint32_t>(bad.size()))] = static_cast<std::byte>(random.below(256));
    const std::size_t from = random.below(static_cast<std::uint32_t>(good.size()));
    const std::size_t count = random.below(static_cast<std::uint32_t>(good.size() - from));
    if (round % 2 == 0)
      bad.insert(bad.end(), good.begin() + static_cast<std::ptrdiff_t>(from),
                 good.begin() + static_cast<std::ptrdiff_t>(from + count));
    (void)try_load(bad);
  }
}

TEST_CASE("each impossible number of a snapshot has its name", "[recall][bm25][snapshot]") {
  static small::index index;
  index.clear();
  REQUIRE(index.add("kept") == status::ok);
  const auto before = saved(index);
  CHECK(index.load(written(4, {{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}})) == status::ok);
  REQUIRE(index.load(before) == status::ok);

  CHECK(index.load(written(5, {{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}, {5, "e"}})) == status::wrong_size);
  CHECK(index.load(written(4, {{1, std::string(129, 'a')}})) == status::too_long);
  CHECK(index.load(written(4, {{1, std::string(64, 'a')}, {2, std::string(65, 'b')}})) == status::wrong_size);
  CHECK(index.load(written(4, {{1, ""}})) == status::corrupt_payload);
  CHECK(index.load(written(4, {{1, "..."}})) == status::corrupt_payload);
  CHECK(index.load(written(4, {{0, "a"}})) == status::corrupt_payload);
  CHECK(index.load(written(4, {{2, "a"}, {2, "b"}})) == status::corrupt_payload);
  CHECK(index.load(written(4, {{2, "a"}, {1, "b"}})) == status::corrupt_payload);
  CHECK(index.load(written(4, {{5, "a"}})) == status::corrupt_payload);
  CHECK(index.load(written(4, {{1, "a"}, {2, "a"}})) == status::corrupt_payload);
  const auto with = [](std::size_t at, unsigned value) {
    auto bytes = written(4, {{1, "a"}});
    bytes[at] = static_cast<std::byte>(value);
    return bytes;
  };
  CHECK(index.load(with(0, 'M')) == status::wrong_kind);
  CHECK(index.load(with(0, 0)) == status::wrong_kind);
  CHECK(index.load(with(0, 2)) == status::wrong_kind);   // an item where the store should begin
  CHECK(index.load(with(16, 1)) == status::wrong_kind);  // a store where an item should begin
  CHECK(index.load(with(6, 2)) == status::wrong_version);
  CHECK(index.load(with(2, 11)) == status::wrong_size);       // a longer head
  CHECK(index.load(with(2, 1)) == status::truncated);         // a head without a version
  CHECK(index.load(with(18, 3)) == status::corrupt_payload);  // an item shorter than its id
  CHECK(index.load(with(8, 2)) == status::truncated);         // one item is missing
  CHECK(index.load(with(8, 0)) == status::wrong_size);        // one is too many
  CHECK(index.load({}) == status::truncated);
  for (const unsigned count : {1U, 2U, 3U, 4U, 5U, 255U}) {  // a text that ends one byte too far, and others behind it
    auto over = with(18, 6);
    over[8] = static_cast<std::byte>(count);
    CHECK(index.load(over) == (count <= 4 ? status::truncated : status::wrong_size));
  }
  CHECK(saved(index) == before);
}

TEST_CASE("ids start again when 32 bits are used up, in the same order", "[recall][bm25][snapshot]") {
  static small::index index;
  REQUIRE(index.load(written(0xFFFFFFFF, {{7, "red a"}, {0xFFFFFFFF, "red b"}})) == status::ok);
  REQUIRE(index.add("red c") == status::ok);
  CHECK(number(index.newest()) == 3);
  CHECK(texts(index) == std::vector<std::string>{"red a", "red b", "red c"});
  CHECK(found(index, "red") == std::vector<std::string>{"red c", "red b", "red a"});
  CHECK(index.erase(item_id{1}));
}

// ---------------------------------------------------------------------------------------------- a real collection

TEST_CASE("bm25 ranks the Cranfield collection as the reference does", "[recall][bm25][cranfield]") {
  const auto documents = mote_tests::cranfield_documents();
  const auto queries = mote_tests::cranfield_queries();

  constexpr mote::bm25_knobs knobs{.items = 1400, .item_bytes = 2000, .least = 0, .share = 0, .alike = 1};
  static mote::bm25<knobs, mote::words<>>::index index;
  index.clear();
  reference::bm25 wanted(static_cast<double>(knobs.k1), static_cast<double>(knobs.b));
  std::map<std::uint32_t, int> document_number;
  int without_text = 0;
  for (const auto& [number_in_file, text] : documents) {
    const status state = index.add(text);
    if (state == status::empty) {
      ++without_text;
      REQUIRE(reference::words(text).empty());
      continue;
    }
    REQUIRE(state == status::ok);
    wanted.add(number(index.newest()), text);
    document_number[number(index.newest())] = number_in_file;
  }
  CHECK(without_text == 2);  // 471 and 995 have none
  REQUIRE(index.size() == document_number.size());

  std::map<int, std::map<int, int>> relevant;  // query's place in the file -> document -> grade in the file
  {
    std::istringstream lines(mote_tests::file_text(mote_tests::asset("retrieval/cranfield/cranqrel.trec.txt")));
    int query = 0, zero = 0, document = 0, grade = 0;
    while (lines >> query >> zero >> document >> grade) relevant[query][document] = grade;
  }

  double average_precision = 0.0, precision_at_10 = 0.0, gain_at_10 = 0.0;
  int judged = 0, swapped = 0;
  std::vector<hit> hits(knobs.items);
  for (std::size_t q = 0; q < queries.size(); ++q) {
    const auto scores = wanted.search(queries[q]);
    std::vector<std::pair<double, std::uint32_t>> order;
    for (const auto& [id, score] : scores) order.emplace_back(score, id);
    std::sort(order.rbegin(), order.rend());  // equals: the newest first
    const std::size_t count = index.search(queries[q], hits);
    REQUIRE(count == order.size());

    std::vector<hit> first(20);
    first.resize(index.search(queries[q], first));
    REQUIRE(first.size() == std::min<std::size_t>(20, count));
    for (std::size_t i = 0; i < first.size(); ++i) {
      REQUIRE((first[i].id == hits[i].id && first[i].score == hits[i].score));
      if (number(first[i].id) == order[i].second) continue;
      ++swapped;  // only where the reference itself hardly tells the two apart
      const double theirs = order[i].first;
      const double ours = scores.at(number(first[i].id));
      INFO("query " << q + 1 << " rank " << i + 1);
      REQUIRE(std::abs(ours / theirs - 1.0) <= 1e-6);
    }
    for (std::size_t i = 0; i < count; ++i)
      REQUIRE(std::abs(static_cast<double>(hits[i].score) / scores.at(number(hits[i].id)) - 1.0) <= 1e-6);

    // For information: how good BM25 is here. Any positive grade counts as relevant; gain is 1.
    std::set<int> good;
    for (const auto& [document, grade] : relevant[static_cast<int>(q + 1)])
      if (grade > 0) good.insert(document);
    if (good.empty()) continue;
    ++judged;
    double right = 0.0, precision = 0.0, gain = 0.0, best_gain = 0.0;
    for (std::size_t i = 0; i < count; ++i) {
      if (i < 10 && i < good.size()) best_gain += 1.0 / std::log2(static_cast<double>(i) + 2.0);
      if (!good.contains(document_number.at(number(hits[i].id)))) continue;
      right += 1.0;
      precision += right / static_cast<double>(i + 1);
      if (i < 10) precision_at_10 += 0.1, gain += 1.0 / std::log2(static_cast<double>(i) + 2.0);
    }
    average_precision += precision / static_cast<double>(good.size());
    gain_at_10 += gain / best_gain;
  }
  std::ostringstream line;
  line << std::fixed << std::setprecision(4) << "Cranfield, " << judged << " queries: MAP "
       << average_precision / judged << ", P@10 " << precision_at_10 / judged << ", nDCG@10 " << gain_at_10 / judged
       << "; " << swapped << " of the first twenty swapped within 1e-6";
  WARN(line.str());
  CHECK(average_precision / judged > 0.25);  // far below it, the words would be cut wrongly
}
