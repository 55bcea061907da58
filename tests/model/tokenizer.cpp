// SPDX-License-Identifier: BSL-1.0
// What every tokenizer must say, and a tokenizer of a user's own in an image.
#include "mote/model/tokenizer.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "mote/model/byte_level_bpe.hpp"
#include "mote/model/hashed_sentencepiece_bpe.hpp"
#include "mote/model/sentencepiece_bpe.hpp"
#include "mote/model/sentencepiece_unigram.hpp"
#include "mote/model/tokenizer_of.hpp"
#include "mote/model/wordpiece.hpp"
#include "mote/store/container.hpp"

namespace {

using mote::status;
using mote::tokenizer_member;

/// Each byte is a token; an image holds four bytes that say so.
struct bytes_as_tokens {
  struct table {
    table() = default;
    explicit table(std::span<const std::byte> section) : tokens(section.size() == 4 ? 256 : 0) {}
    static status check(std::span<const std::byte> section, const mote::control_set& control) {
      return section.size() == 4 && !control.contains('a') ? status::ok : status::corrupt_vocabulary;
    }
    std::uint32_t count() const { return tokens; }
    std::uint32_t tokens = 0;
  };
  bytes_as_tokens() = default;
  bytes_as_tokens(table, const mote::special_tokens&) {}
  status append(std::string_view text, std::span<mote::merge_slot> slots, std::size_t& count) const {
    if (text.size() > slots.size() - count) return status::too_long;
    for (char c : text) slots[count++].token = static_cast<unsigned char>(c);
    return status::ok;
  }
  std::string_view piece(std::uint32_t, std::uint32_t) const { return "."; }
};
struct without_piece : bytes_as_tokens {
  using bytes_as_tokens::bytes_as_tokens;
  std::string_view piece() const { return {}; }
};
struct without_check : bytes_as_tokens {
  struct table {
    table() = default;
    explicit table(std::span<const std::byte>) {}
  };
};

struct chatty {
  using tokenizer = bytes_as_tokens;
  static constexpr mote::special_tokens special_tokens{.bos = 7, .eos = 8};
  static constexpr std::array control_tokens{mote::token_range{100, 3}, mote::token_range{0xFFFFFFFF, 1}};
};
struct chatty_with_ends : chatty {
  static constexpr std::array<std::uint32_t, 2> end_tokens{50, 9};
};
struct plain {
  static constexpr mote::special_tokens special_tokens{};
};

struct plain_with_end : plain {
  static constexpr std::array<std::uint32_t, 1> end_tokens{50};
};

}  // namespace

static_assert(mote::tokenizer<bytes_as_tokens>);
static_assert(mote::tokenizer<mote::sentencepiece_bpe> && mote::tokenizer<mote::hashed_sentencepiece_bpe<false>>);
static_assert(mote::tokenizer<mote::byte_level_bpe<mote::gpt2_pieces>>);
static_assert(mote::tokenizer<mote::byte_level_bpe<mote::qwen2_pieces, mote::nfc>>);
static_assert(mote::tokenizer<mote::wordpiece> && mote::tokenizer<mote::sentencepiece_unigram<>>);
static_assert(mote::tokenizer_lacks<int> == tokenizer_member::table);
static_assert(mote::tokenizer_lacks<without_check> == tokenizer_member::check);
static_assert(mote::tokenizer_lacks<without_piece> == tokenizer_member::piece);
static_assert(std::is_same_v<mote::tokenizer_of<plain>, mote::sentencepiece_bpe>);
static_assert(std::is_same_v<mote::tokenizer_of<chatty>, bytes_as_tokens>);

TEST_CASE("control set: special tokens and ranges", "[model][tokenizer]") {
  constexpr const mote::control_set& c = mote::control_of<chatty>;
  for (const std::uint32_t id : {7U, 8U, 100U, 102U, 0xFFFFFFFFU}) CHECK(c.contains(id));
  for (const std::uint32_t id : {0U, 1U, 2U, 99U, 103U, 0xFFFFFFFEU}) CHECK_FALSE(c.contains(id));
  for (const std::uint32_t id : {7U, 8U, 9U, 50U, 100U, 102U, 0xFFFFFFFFU})
    CHECK(mote::control_of<chatty_with_ends>.contains(id));
  for (const std::uint32_t id : {10U, 49U, 51U, 103U}) CHECK_FALSE(mote::control_of<chatty_with_ends>.contains(id));
  CHECK(mote::control_of<plain_with_end>.contains(50));
  CHECK_FALSE(mote::control_of<plain_with_end>.contains(49));
  CHECK_FALSE(mote::control_set{}.contains(1));
  CHECK(mote::control_of<plain>.contains(2));
}

TEST_CASE("tokenizer: an image of one's own", "[model][tokenizer]") {
  alignas(64) std::array<std::byte, 256> image{};
  mote::container_header h;
  h.kind = static_cast<std::uint16_t>(mote::container_kind::image);
  h.total_bytes = image.size();
  h.weights_offset = 128;
  h.weights_bytes = 16;
  h.vocabulary_offset = 192;
  h.vocabulary_bytes = 4;
  h.payload_crc = mote::crc32(std::span<const std::byte>(image).subspan(128));
  h.base_fingerprint = mote::image_fingerprint(h.payload_crc, 0);
  mote::put_name(h.model_name, "m");
  mote::put_name(h.format_name, "f");
  mote::seal(h);
  std::memcpy(image.data(), &h, sizeof h);

  mote::image_expectation expected{.weights_bytes = 16, .vocabulary_bytes = 4, .vocab_count = 256};
  mote::basic_attached_image<bytes_as_tokens::table> out;
  CHECK(mote::open_image(image, expected, out) == status::ok);
  CHECK(out.vocabulary.count() == 256);
  const mote::token_range a{'a', 1};
  expected.control.ranges = {&a, 1};
  CHECK(mote::open_image(image, expected, out) == status::corrupt_vocabulary);
  expected.control = {};
  expected.vocab_count = 255;
  CHECK(mote::open_image(image, expected, out) == status::wrong_size);
}

TEST_CASE("encode: the opening token, and its faults", "[model][tokenizer]") {
  const std::array<std::byte, 4> section{};
  const bytes_as_tokens::table table{section};
  std::array<mote::merge_slot, 3> slots;
  const mote::encoded e = mote::encode(bytes_as_tokens{}, table, 1, "ab", slots);
  CHECK(e.count == 3);
  CHECK(slots[0].token == 1);
  CHECK(slots[2].token == 'b');
  CHECK(mote::encode(bytes_as_tokens{}, table, -1, "abc", slots).count == 3);
  CHECK(mote::encode(bytes_as_tokens{}, table, 1, "abc", slots).state == status::too_long);
  CHECK(mote::encode(bytes_as_tokens{}, table, 256, "", slots).state == status::not_attached);
  CHECK(mote::encode(bytes_as_tokens{}, table, 0, "", std::span<mote::merge_slot>{}).state == status::too_long);
}
