// SPDX-License-Identifier: BSL-1.0
#include "mote/model/vocabulary.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/model/sentencepiece_bpe.hpp"

using mote::status;
using mote::vocabulary_view;

namespace {

/// Bytes at an address of our choosing whose end is the end of the allocation, so that a read behind them is caught.
class exact_copy {
 public:
  explicit exact_copy(std::span<const std::byte> bytes, std::size_t shift = 0)
      : memory_(new std::byte[bytes.size() + shift]), bytes_(memory_.get() + shift, bytes.size()) {
    if (!bytes.empty()) std::memcpy(bytes_.data(), bytes.data(), bytes.size());
  }
  operator std::span<const std::byte>() const { return bytes_; }
  std::byte& operator[](std::size_t i) { return bytes_[i]; }

 private:
  std::unique_ptr<std::byte[]> memory_;
  std::span<std::byte> bytes_;
};

std::vector<std::byte> small_table() {
  mote::host::vocabulary_text text{{"<s>", "</s>", " ", "a", "b", "ab", " ab", "c"}, {0, 0, -7, -6, -5, -4, -3, -2}};
  return mote::host::pack_vocabulary(text, {.bos = 0, .eos = 1});
}

void store(std::vector<std::byte>& table, std::size_t at, std::uint32_t v, std::size_t bytes = 4) {
  for (std::size_t i = 0; i < bytes; ++i) table[at + i] = static_cast<std::byte>(v >> (8 * i));
}

/// Uses everything that a checked table offers; a sanitizer or a hang would show what check() let through.
void use(std::span<const std::byte> table) {
  const vocabulary_view v{table};
  std::size_t bytes = 0;
  for (std::uint32_t id = 0; id < v.count(); ++id) bytes += v.text(id).size() + v.rank(id) + v.find(v.text(id));
  const mote::sentencepiece_bpe t{v, {.bos = 0, .eos = 1}};
  std::vector<mote::merge_slot> slots(32);
  const auto e = t.encode("ab abc \xC3\xBC a", slots);
  for (std::size_t i = 0; i < e.count; ++i) bytes += t.piece(0, slots[i].token).size();
  CHECK(bytes != 0);
}

}  // namespace

TEST_CASE("vocabulary: a table reads back what was packed", "[model][vocabulary]") {
  const auto table = small_table();
  REQUIRE(vocabulary_view::check(table) == status::ok);
  const vocabulary_view v{table};
  CHECK(v.count() == 8);
  CHECK(v.searchable() == 6);
  CHECK(v.longest() == 4);
  CHECK(table.size() == mote::vocabulary_bytes(8, 6, 3 + 4 + 1 + 1 + 1 + 2 + 3 + 1));
  CHECK(v.text(6) == " ab");
  CHECK(v.find("ab") == 5);
  CHECK(v.find("a", "b") == 5);
  CHECK(v.find(" ", "ab") == 6);
  CHECK(v.find("", "c") == 7);
  CHECK(v.find("abc") == mote::no_token);
  CHECK(v.find("") == mote::no_token);
  CHECK(v.find("<s>") == mote::no_token);
  CHECK_FALSE(v.has_bytes());
  CHECK_FALSE(v.is_byte(3));
  CHECK(v.rank(0) == 0);  // hidden, though its score is the highest
  CHECK(v.rank(7) > v.rank(6));
  CHECK(v.rank(3) > v.rank(2));
}

TEST_CASE("vocabulary: every length but the right one is refused", "[model][vocabulary]") {
  const auto table = small_table();
  for (std::size_t n = 0; n < table.size(); ++n)
    REQUIRE(vocabulary_view::check(exact_copy(std::span(table).first(n))) == status::truncated);
  auto longer = table;
  longer.resize(table.size() + 4);
  CHECK(vocabulary_view::check(longer) == status::corrupt_vocabulary);
  for (std::size_t shift = 1; shift < 4; ++shift)
    CHECK(vocabulary_view::check(exact_copy(table, shift)) == status::misaligned);
}

TEST_CASE("vocabulary: any byte may have any value; a table that passes is safe to use", "[model][vocabulary]") {
  const auto table = small_table();
  std::size_t passed = 0;
  for (std::size_t at = 0; at < table.size(); ++at) {
    for (unsigned value = 0; value < 256; ++value) {
      exact_copy mutant(table);
      mutant[at] = static_cast<std::byte>(value);
      const status s = vocabulary_view::check(mutant);
      REQUIRE((s == status::ok || s == status::truncated || s == status::corrupt_vocabulary));
      if (s != status::ok) continue;
      ++passed;
      use(mutant);
    }
  }
  // Ranks are free, and a text may be another one as long as the order holds; everything else must have been refused.
  CHECK(passed > table.size());
  CHECK(passed < 30 * 256);
}

TEST_CASE("vocabulary: many wrong bytes at once are refused or safe", "[model][vocabulary]") {
  const auto table = small_table();
  mote::rng random(7);
  for (int round = 0; round < 20000; ++round) {
    exact_copy mutant(table);
    for (std::uint32_t i = 0, n = 1 + random.below(6); i < n; ++i)
      mutant[random.below(static_cast<std::uint32_t>(table.size()))] =
          static_cast<std::byte>(random.below(4) == 0 ? 0xFF : random.below(256));
    if (vocabulary_view::check(mutant) == status::ok) use(mutant);
  }
}

TEST_CASE("vocabulary: attacks by name", "[model][vocabulary]") {
  auto table = small_table();
  const std::size_t offsets = mote::vocabulary_header_bytes;
  const std::size_t ranks = offsets + 4 * 9;
  const std::size_t sorted = ranks + 2 * 8;
  const std::size_t text = sorted + 2 * 6;
  const auto verdict = [&] { return vocabulary_view::check(table); };
  REQUIRE(verdict() == status::ok);

  SECTION("no tokens") { store(table, 0, 0); }
  SECTION("a count whose table size wraps") { store(table, 0, 0xFFFFFFFF); }
  SECTION("a count whose table size wraps 32 bits") { store(table, 0, 0x40000001); }
  SECTION("more texts to find than tokens") { store(table, 4, 9); }
  SECTION("fewer texts to find: the table is too long") { store(table, 4, 4); }
  SECTION("a longest text that is not the longest") { store(table, 8, 3); }
  SECTION("a huge longest text") { store(table, 8, 0x7FFFFFFF); }
  SECTION("text bytes whose sum wraps") { store(table, 12, 0xFFFFFFFF); }
  SECTION("byte tokens behind the last token") { store(table, 16, 7); }
  SECTION("byte tokens that wrap") { store(table, 16, 0xFFFFFF80); }
  SECTION("byte tokens that are not bytes") { store(table, 16, 0); }
  SECTION("reserved words in use") { store(table, 20, 1); }
  SECTION("the first text does not start at 0") { store(table, offsets, 1); }
  SECTION("a text that ends before it starts") { store(table, offsets + 4 * 3, 2); }
  SECTION("a text that starts behind the area") { store(table, offsets + 4 * 4, 0x80000000); }
  SECTION("an id out of range") { store(table, sorted, 8, 2); }
  SECTION("an id twice") { store(table, sorted + 2, static_cast<std::uint32_t>(table[sorted]), 2); }
  SECTION("texts out of order") { table[text + 7] = std::byte{'z'}; }
  SECTION("bytes behind the texts") { table.back() = std::byte{1}; }
  const status s = verdict();
  CHECK(s != status::ok);
  CHECK((s == status::corrupt_vocabulary || s == status::truncated));
}

TEST_CASE("vocabulary: 65,536 tokens and more use wide indices", "[model][vocabulary]") {
  for (std::size_t count : {65535U, 65536U, 70000U}) {
    mote::host::vocabulary_text text;
    for (std::size_t i = 0; i < count; ++i) {
      text.pieces.push_back("t" + std::to_string(i));
      text.scores.push_back(-static_cast<float>(i));
    }
    const auto table = mote::host::pack_vocabulary(text, {.bos = -1, .eos = -1});
    REQUIRE(vocabulary_view::check(table) == status::ok);
    const vocabulary_view v{table};
    for (std::uint32_t id = 0; id < count; id += 997) {
      CHECK(v.find("t", std::to_string(id)) == id);
      CHECK(v.rank(id) == count - id);
    }
  }
}

TEST_CASE("vocabulary: sizes that cannot be are too big, not wrapped", "[model][vocabulary]") {
  CHECK(mote::vocabulary_bytes(mote::most_tokens + 1, 0, 0) == mote::too_big);
  CHECK(mote::vocabulary_bytes(4, 5, 0) == mote::too_big);
  CHECK(mote::vocabulary_bytes(4, 4, mote::too_big) == mote::too_big);
  CHECK(mote::vocabulary_bytes(4, 4, mote::too_big / 2) == mote::too_big);
}
