// SPDX-License-Identifier: BSL-1.0
#include "mote/store/container.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/model/vocabulary.hpp"

using mote::container_header;
using mote::container_kind;
using mote::status;

namespace {

/// Bytes on a 64-byte boundary, of exactly their size, so that a read behind them is caught.
class aligned_copy {
 public:
  explicit aligned_copy(std::span<const std::byte> bytes, std::size_t shift = 0)
      : memory_(static_cast<std::byte*>(::operator new(bytes.size() + shift, std::align_val_t{64}))),
        bytes_(memory_ + shift, bytes.size()) {
    if (!bytes.empty()) std::memcpy(bytes_.data(), bytes.data(), bytes.size());
  }
  aligned_copy(const aligned_copy&) = delete;
  aligned_copy& operator=(const aligned_copy&) = delete;
  ~aligned_copy() { ::operator delete(memory_, std::align_val_t{64}); }
  operator std::span<const std::byte>() const { return bytes_; }
  std::byte& operator[](std::size_t i) { return bytes_[i]; }

 private:
  std::byte* memory_;
  std::span<std::byte> bytes_;
};

struct sample {
  container_header header;
  mote::image_expectation expected;
  std::vector<std::byte> bytes;

  sample() {
    const auto table =
        mote::host::pack_vocabulary({{"<s>", " ", "a", "b", "ab"}, {0, 0, 0, 0, 1}}, {.bos = 0, .eos = -1});
    expected = {.shape_fingerprint = 0x1122334455667788,
                .format_fingerprint = 0x99AABBCCDDEEFF00,
                .weights_bytes = 192,
                .vocabulary_bytes = table.size(),
                .vocab_count = 5};
    bytes.resize(128 + 192 + table.size());
    for (std::size_t i = 0; i < 192; ++i) bytes[128 + i] = static_cast<std::byte>(i * 7);
    std::memcpy(bytes.data() + 320, table.data(), table.size());
    header.kind = 1;
    header.total_bytes = bytes.size();
    header.shape_fingerprint = expected.shape_fingerprint;
    header.format_fingerprint = expected.format_fingerprint;
    header.weights_offset = 128;
    header.weights_bytes = 192;
    header.vocabulary_offset = 320;
    header.vocabulary_bytes = table.size();
    mote::put_name(header.model_name, "sample");
    mote::put_name(header.format_name, "q8x16");
    seal();
  }
  /// Makes the header agree with the bytes again, as an attacker would.
  void seal(bool base = true) {
    header.payload_crc = mote::crc32(std::span(bytes).subspan(128));
    if (base) header.base_fingerprint = mote::image_fingerprint(header.payload_crc, header.shape_fingerprint);
    mote::seal(header);
    std::memcpy(bytes.data(), &header, sizeof header);
  }
  status open(mote::payload_check depth = mote::payload_check::full) const {
    mote::attached_image out;
    return mote::open_image(aligned_copy(bytes), expected, out, depth);
  }
};

}  // namespace

TEST_CASE("container: the header is the table of the reference page", "[store][container]") {
  CHECK(offsetof(container_header, magic) == 0);
  CHECK(offsetof(container_header, version) == 4);
  CHECK(offsetof(container_header, kind) == 6);
  CHECK(offsetof(container_header, header_bytes) == 8);
  CHECK(offsetof(container_header, header_crc) == 12);
  CHECK(offsetof(container_header, total_bytes) == 16);
  CHECK(offsetof(container_header, shape_fingerprint) == 24);
  CHECK(offsetof(container_header, format_fingerprint) == 32);
  CHECK(offsetof(container_header, base_fingerprint) == 40);
  CHECK(offsetof(container_header, weights_offset) == 48);
  CHECK(offsetof(container_header, weights_bytes) == 56);
  CHECK(offsetof(container_header, vocabulary_offset) == 64);
  CHECK(offsetof(container_header, vocabulary_bytes) == 72);
  CHECK(offsetof(container_header, payload_crc) == 80);
  CHECK(offsetof(container_header, reserved) == 84);
  CHECK(offsetof(container_header, model_name) == 88);
  CHECK(offsetof(container_header, format_name) == 112);
}

TEST_CASE("container: a whole image is attached in place", "[store][container]") {
  const sample s;
  const aligned_copy copy(s.bytes);
  const std::span<const std::byte> bytes = copy;
  mote::attached_image out;
  REQUIRE(mote::open_image(bytes, s.expected, out) == status::ok);
  CHECK(out.weights == bytes.data() + 128);
  CHECK(out.vocabulary.count() == 5);
  CHECK(out.vocabulary.find("a", "b") == 4);
  CHECK(out.vocabulary.text(4).data() > reinterpret_cast<const char*>(bytes.data() + 320));
  CHECK(out.base_fingerprint == s.header.base_fingerprint);
  CHECK(mote::stored_format_name(bytes) == "q8x16");
  CHECK(mote::stored_model_name(bytes) == "sample");

  auto partition = s.bytes;  // a flash partition goes on behind the image
  partition.resize(4096, std::byte{0xFF});
  CHECK(mote::open_image(aligned_copy(partition), s.expected, out) == status::ok);
}

TEST_CASE("container: cut anywhere, it is refused by name", "[store][container]") {
  const sample s;
  for (std::size_t n = 0; n < s.bytes.size(); ++n) {
    mote::attached_image out;
    REQUIRE(mote::open_image(aligned_copy(std::span(s.bytes).first(n)), s.expected, out) == status::truncated);
    REQUIRE(out.weights == nullptr);
  }
}

TEST_CASE("container: any other value in any byte is refused by name", "[store][container]") {
  const sample s;
  aligned_copy copy(s.bytes);
  for (std::size_t at = 0; at < s.bytes.size(); ++at) {
    for (unsigned value = 0; value < 256; ++value) {
      if (static_cast<std::byte>(value) == s.bytes[at]) continue;
      copy[at] = static_cast<std::byte>(value);
      mote::attached_image out;
      const status found = mote::open_image(copy, s.expected, out);
      const status expected = at == 3 && value == 'S' ? status::wrong_kind
                              : at < 4                ? status::not_mote
                              : at < 6                ? status::wrong_version
                              : at < 128              ? status::corrupt_header
                                                      : status::corrupt_payload;
      if (found != expected || out.weights != nullptr) {
        CAPTURE(at, value, mote::name(found));
        REQUIRE(found == expected);
        REQUIRE(out.weights == nullptr);
      }
    }
    copy[at] = s.bytes[at];
  }
}

TEST_CASE("container: any value in the header under a right checksum is refused or harmless", "[store][container]") {
  const sample s;
  std::size_t passed = 0;
  for (std::size_t at = 0; at < 128; ++at) {
    if (at >= 12 && at < 16) continue;  // the checksum itself
    for (unsigned value = 0; value < 256; ++value) {
      if (static_cast<std::byte>(value) == s.bytes[at]) continue;
      aligned_copy copy(s.bytes);
      copy[at] = static_cast<std::byte>(value);
      container_header h;
      std::memcpy(&h, std::span<const std::byte>(copy).data(), sizeof h);
      mote::seal(h);
      std::memcpy(&copy[0], &h, sizeof h);
      mote::attached_image out;
      if (mote::open_image(copy, s.expected, out) != status::ok) continue;
      ++passed;
      REQUIRE((at >= 88));  // only the names are free to change
      REQUIRE(out.weights == std::span<const std::byte>(copy).data() + 128);
    }
  }
  CHECK(passed > 0);
}

TEST_CASE("container: attacks by name, under right checksums", "[store][container]") {
  sample s;
  status expected = status::corrupt_header;
  bool base = true;
  SECTION("a snapshot in place of an image") {
    s.header.kind = 2;
    expected = status::wrong_kind;
  }
  SECTION("an unknown kind") {
    s.header.kind = 3;
    expected = status::wrong_kind;
  }
  SECTION("a future version") {
    s.header.version = 2;
    expected = status::wrong_version;
  }
  SECTION("another header size") { s.header.header_bytes = 256; }
  SECTION("a reserved word in use") { s.header.reserved = 1; }
  SECTION("a total below the header") { s.header.total_bytes = 127; }
  SECTION("a total of zero") { s.header.total_bytes = 0; }
  SECTION("a total of 2^64 - 1") {
    s.header.total_bytes = ~std::uint64_t{0};
    expected = status::truncated;
  }
  SECTION("a total that fits 32 bits when cut") {
    s.header.total_bytes += std::uint64_t{1} << 32U;
    expected = status::truncated;
  }
  SECTION("a total that ends inside a section") { s.header.total_bytes -= 4; }
  SECTION("another shape") {
    s.header.shape_fingerprint ^= 1;
    expected = status::wrong_shape;
  }
  SECTION("another format") {
    s.header.format_fingerprint ^= 1;
    expected = status::wrong_format;
  }
  SECTION("more weights") {
    s.header.weights_bytes += 64;
    expected = status::wrong_size;
  }
  SECTION("weights of 2^64 - 64") {
    s.header.weights_bytes = 0 - std::uint64_t{64};
    expected = status::wrong_size;
  }
  SECTION("a smaller token table") {
    s.header.vocabulary_bytes -= 4;
    expected = status::wrong_size;
  }
  SECTION("weights inside the header") { s.header.weights_offset = 64; }
  SECTION("weights at 0") { s.header.weights_offset = 0; }
  SECTION("weights off the grid") { s.header.weights_offset = 129; }
  SECTION("weights behind the end") { s.header.weights_offset = 1 << 20U; }
  SECTION("weights whose end wraps") { s.header.weights_offset = 0 - std::uint64_t{64}; }
  SECTION("weights that reach into the table") { s.header.weights_offset = 192; }
  SECTION("a table inside the weights") { s.header.vocabulary_offset = 128; }
  SECTION("a table behind the end") { s.header.vocabulary_offset = 384; }
  SECTION("a table whose end wraps") { s.header.vocabulary_offset = ~std::uint64_t{63}; }
  SECTION("a base that is not its own") {
    s.header.base_fingerprint ^= 1;
    base = false;
  }
  SECTION("a name with a terminal's control code") { s.header.model_name[2] = '\x1B'; }
  SECTION("a name with a high byte") { s.header.format_name[0] = '\xFF'; }
  SECTION("something behind a name") { s.header.format_name[15] = 'x'; }
  SECTION("no name") { s.header.model_name = {}; }
  SECTION("a broken token table") {
    s.bytes[320] = std::byte{99};
    expected = status::corrupt_vocabulary;
  }
  SECTION("a table that asks for more than its section") {
    s.bytes[332] = std::byte{0x7F};
    expected = status::corrupt_vocabulary;
  }
  SECTION("more tokens than the type knows") {
    s.expected.vocab_count = 4;
    expected = status::wrong_size;
  }
  s.seal(base);
  CHECK(mote::name(s.open()) == mote::name(expected));
}

TEST_CASE("container: alignment in memory", "[store][container]") {
  const sample s;
  mote::attached_image out;
  for (std::size_t shift : {1U, 2U, 4U, 8U, 12U})
    CHECK(mote::open_image(aligned_copy(s.bytes, shift), s.expected, out) == status::misaligned);
  CHECK(mote::open_image(aligned_copy(s.bytes, 16), s.expected, out) == status::ok);
}

TEST_CASE("container: the payload's checksum can be left out, the structure's checks cannot", "[store][container]") {
  sample s;
  s.bytes[130] ^= std::byte{1};
  CHECK(s.open() == status::corrupt_payload);
  CHECK(s.open(mote::payload_check::skip) == status::ok);
  s.bytes[320] ^= std::byte{64};  // the token count
  CHECK(s.open(mote::payload_check::skip) == status::corrupt_vocabulary);
}

TEST_CASE("container: many wrong bytes under right checksums are refused or safe", "[store][container]") {
  mote::rng random(11);
  std::size_t passed = 0;
  for (int round = 0; round < 20000; ++round) {
    sample s;
    for (std::uint32_t i = 0, n = 1 + random.below(4); i < n; ++i)
      s.bytes[random.below(static_cast<std::uint32_t>(s.bytes.size()))] = static_cast<std::byte>(random.below(256));
    std::memcpy(&s.header, s.bytes.data(), sizeof s.header);
    s.seal();
    const aligned_copy copy(s.bytes);
    mote::attached_image out;
    if (mote::open_image(copy, s.expected, out) != status::ok) continue;
    ++passed;
    for (std::uint32_t id = 0; id < out.vocabulary.count(); ++id) {
      const std::uint32_t found = out.vocabulary.find(out.vocabulary.text(id));
      REQUIRE((found == mote::no_token || found < out.vocabulary.count()));
    }
  }
  CHECK(passed > 1000);  // weights and names are free
}

TEST_CASE("container: messages can name what an unsuitable file holds", "[store][container]") {
  sample s;
  s.header.format_fingerprint ^= 1;
  mote::put_name(s.header.format_name, "f32x8");
  s.seal();
  CHECK(s.open() == status::wrong_format);
  CHECK(mote::stored_format_name(aligned_copy(s.bytes)).size() == 5);
  const aligned_copy copy(s.bytes);
  CHECK(mote::stored_format_name(copy) == "f32x8");
  CHECK(mote::stored_format_name(std::span<const std::byte>(copy).first(100)).empty());
  s.bytes[90] ^= std::byte{1};
  const aligned_copy broken(s.bytes);
  CHECK(mote::stored_format_name(broken).empty());
  CHECK(mote::stored_model_name(broken).empty());
}
