// SPDX-License-Identifier: BSL-1.0
#include "mote/model/token_table.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "mote/core/rng.hpp"
#include "tokenizer_cases.hpp"

using mote::added_tokens;
using mote::status;
using mote::token_table_header;

namespace {

using words = mote::byte_level_bpe<mote::gpt2_pieces>;
using mote::host::token_type;

/// Bytes whose end is the end of the allocation, so that a read behind them is caught.
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

struct little {
  std::vector<std::byte> table;
  mote::token_range end;
  mote::control_set control() const { return {.ranges = {&end, 1}}; }
};
little little_table(mote::host::text_order order = mote::host::text_order::left_out) {
  auto text = mote_tests::byte_level_of({{"a", "b"}, {"ab", "c"}, {" ", "a"}});
  const int end = mote_tests::add(text, "<end>", token_type::control);
  mote_tests::add(text, "<think>", token_type::user_defined);
  mote_tests::add(text, "", token_type::unused);
  return {mote::host::pack_token_table(text, order), {static_cast<std::uint32_t>(end), 1}};
}

/// Uses everything that a checked table offers; a sanitizer or a hang would show what check() let through.
void use(std::span<const std::byte> bytes, const mote::control_set& control) {
  const words::table t{bytes};
  std::size_t sum = 0;
  for (std::uint32_t id = 0; id < t.count(); ++id) sum += t.text(id).size() + t.shown(id).size() + t.rank(id);
  if (t.in_order())
    for (std::uint32_t place = 1; place < t.searchable(); ++place)
      REQUIRE(t.text(t.searched(place - 1)) < t.text(t.searched(place)));
  const words w(t, {});
  std::vector<mote::merge_slot> slots(64);
  for (const auto added : {added_tokens::none, added_tokens::user_defined, added_tokens::all}) {
    std::size_t count = 0;
    const status s = w.append("abc ab<end> abcabc<think>\xFF z", slots, count, {.added = added});
    if (s != status::ok) continue;
    for (std::size_t i = 0; i < count; ++i) {
      if (slots[i].token >= t.count()) REQUIRE(slots[i].token < t.count());
      if (added != added_tokens::all && control.contains(slots[i].token))
        REQUIRE_FALSE(control.contains(slots[i].token));
    }
    sum += count;
  }
  CHECK(sum != 0);
}

}  // namespace

TEST_CASE("token table: reads back what was packed", "[model][token_table]") {
  const little l = little_table();
  REQUIRE(words::table::check(l.table, l.control()) == status::ok);
  const words::table t{l.table};
  CHECK(t.count() == 262);
  CHECK(t.longest() == 7);
  CHECK(t.find("ab") == 256);
  CHECK(t.find("a", "bc") == 257);
  CHECK(t.find("abcd") == mote::no_token);
  CHECK(t.find("") == mote::no_token);
  CHECK(t.find("<end>") == mote::no_token);
  CHECK(t.split(257) == 2);
  CHECK(t.rank(256) > t.rank(257));
  CHECK(t.added_at("<end>!", added_tokens::all) == 259);
  CHECK(t.added_at("<end>!", added_tokens::user_defined) == mote::no_token);
  CHECK(t.added_at("<thin", added_tokens::all) == mote::no_token);
  for (unsigned b = 0; b < 256; ++b) CHECK(t.added_begins_with(static_cast<unsigned char>(b)) == (b == '<'));
  CHECK(t.shown(259).empty());
  CHECK(t.shown(260) == "<think>");
  CHECK(t.shown(261).empty());
}

TEST_CASE("token table: the order of the texts, if it is kept, has every token that is found", "[model][token_table]") {
  const little l = little_table(mote::host::text_order::kept);
  REQUIRE(words::table::check(l.table, l.control()) == status::ok);
  const words::table t{l.table};
  REQUIRE(t.in_order());
  CHECK_FALSE(words::table{little_table().table}.in_order());
  std::set<std::string> expected, seen;
  for (std::uint32_t id = 0; id < t.count(); ++id)
    if (t.find(t.text(id)) == id) expected.emplace(t.text(id));
  for (std::uint32_t place = 0; place < t.searchable(); ++place) seen.emplace(t.text(t.searched(place)));
  CHECK(seen == expected);
  CHECK(t.searchable() == expected.size());
  CHECK(t.searchable() == 259);

  // Two entries changed places, one stands twice, one is a token that is not found.
  token_table_header h;
  std::memcpy(&h, l.table.data(), sizeof h);
  const std::size_t order = sizeof h + 4 * (h.slots + h.added + h.count / 64 + 1) + 1024;
  for (const auto change : {0, 1, 2}) {
    auto table = l.table;
    std::uint16_t two[2];
    std::memcpy(two, table.data() + order + 100, 4);
    if (change == 0) std::swap(two[0], two[1]);
    if (change == 1) two[1] = two[0];
    if (change == 2) two[1] = 259;
    std::memcpy(table.data() + order + 100, two, 4);
    CHECK(words::table::check(table, {}) == status::corrupt_vocabulary);
  }
}

TEST_CASE("token table: every length but the right one is refused", "[model][token_table]") {
  const little l = little_table();
  for (std::size_t n = 0; n < l.table.size(); ++n)
    REQUIRE(words::table::check(exact_copy(std::span(l.table).first(n)), l.control()) == status::truncated);
  auto longer = l.table;
  longer.resize(longer.size() + 4);
  CHECK(words::table::check(longer, l.control()) == status::corrupt_vocabulary);
  for (std::size_t shift = 1; shift < 4; ++shift)
    CHECK(words::table::check(exact_copy(l.table, shift), l.control()) == status::misaligned);
  CHECK(mote::table_of<mote::table_kind::word_pieces>::check(l.table) == status::corrupt_vocabulary);
}

TEST_CASE("token table: a table that lets a text become a control token is refused", "[model][token_table]") {
  const little l = little_table();
  const mote::token_range ab{256, 1};
  CHECK(words::table::check(l.table, {.ranges = {&ab, 1}}) == status::corrupt_vocabulary);
  CHECK(words::table::check(l.table, {.spoken = {.bos = 'a', .eos = -1}}) == status::corrupt_vocabulary);
  const mote::token_range think{260, 1};  // the file says that it may be in a text, the program that it must not
  CHECK(words::table::check(l.table, {.ranges = {&think, 1}}) == status::corrupt_vocabulary);

  // An entry of the index that names the control token, with the hash of its text and with that of another.
  token_table_header h;
  std::memcpy(&h, l.table.data(), sizeof h);
  for (std::size_t slot = 0; slot < h.slots; ++slot) {
    auto table = l.table;
    std::uint32_t e = 0;
    std::memcpy(&e, table.data() + sizeof h + 4 * slot, 4);
    if (e == mote::token_table::empty_slot) continue;
    e = (e & ~mote::token_table::id_bits) | 259;
    std::memcpy(table.data() + sizeof h + 4 * slot, &e, 4);
    if (words::table::check(table, {}) != status::corrupt_vocabulary)
      REQUIRE(words::table::check(table, {}) == status::corrupt_vocabulary);
  }
}

TEST_CASE("token table: any byte may have any value; a table that passes is safe to use", "[model][token_table]") {
  const little l = little_table(mote::host::text_order::kept);
  std::size_t passed = 0;
  mote::rng random(9);
  for (std::size_t at = 0; at < l.table.size(); ++at) {
    for (int round = 0; round < 6; ++round) {
      exact_copy mutant(l.table);
      mutant[at] = static_cast<std::byte>(round == 0 ? 0 : round == 1 ? 0xFF : random.below(256));
      const status s = words::table::check(mutant, l.control());
      REQUIRE((s == status::ok || s == status::truncated || s == status::corrupt_vocabulary));
      if (s != status::ok) continue;
      ++passed;
      use(mutant, l.control());
    }
  }
  CHECK(passed > 100);
}

TEST_CASE("token table: many wrong bytes at once are refused or safe", "[model][token_table]") {
  const little l = little_table(mote::host::text_order::kept);
  mote::rng random(10);
  for (int round = 0; round < 20000; ++round) {
    exact_copy mutant(l.table);
    for (std::uint32_t i = 0, n = 1 + random.below(6); i < n; ++i)
      mutant[random.below(random.below(2) == 0 ? 64 : static_cast<std::uint32_t>(l.table.size()))] =
          static_cast<std::byte>(random.below(4) == 0 ? 0xFF : random.below(256));
    if (words::table::check(mutant, l.control()) == status::ok) use(mutant, l.control());
  }
}

TEST_CASE("token table: sizes that cannot be are too big, not wrapped", "[model][token_table]") {
  CHECK(token_table_header{.count = 1U << 20U}.bytes() == mote::too_big);
  CHECK(token_table_header{.count = 1, .slots = 0xFFFFFFFF}.bytes() == mote::too_big);
  CHECK(token_table_header{.count = 1, .text_bytes = 0xFFFFFFFF}.bytes() == mote::too_big);
  CHECK(token_table_header{.count = 1, .added = 2}.bytes() == mote::too_big);
  CHECK(token_table_header{.count = 1, .splits = 3}.bytes() == mote::too_big);
  CHECK(token_table_header{.count = 1, .ordered = 2}.bytes() == mote::too_big);
  CHECK(token_table_header{.count = 1, .searchable = 2, .ordered = 1}.bytes() == mote::too_big);
}
