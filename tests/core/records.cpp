// SPDX-License-Identifier: BSL-1.0
#include "mote/core/records.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstring>
#include <string_view>
#include <vector>

namespace {

using mote::record_kind;
using mote::status;
using byte_list = std::vector<std::byte>;

byte_list bytes_of(std::initializer_list<unsigned> values) {
  byte_list out;
  for (unsigned v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

/// Keeps what it gets, and fails at the call of this number.
struct failing_sink {
  int calls = 0, fails_at = -1;
  byte_list kept;
  status next() { return calls++ == fails_at ? status::io_error : status::ok; }
  status begin(record_kind, std::size_t) { return next(); }
  status append(std::span<const std::byte> portion) {
    kept.insert(kept.end(), portion.begin(), portion.end());
    return next();
  }
  status commit() { return next(); }
};

}  // namespace

TEST_CASE("records: numbers are little-endian, at any address", "[core]") {
  byte_list target(8);
  std::size_t at = 1;
  mote::put_number(target, at, std::uint16_t{0x1234});
  mote::put_number(target, at, std::uint32_t{0xA1B2C3D4U});
  CHECK(at == 7);
  CHECK(target == bytes_of({0, 0x34, 0x12, 0xD4, 0xC3, 0xB2, 0xA1, 0}));
  at = 1;
  CHECK(mote::get_number<std::uint16_t>(target, at) == 0x1234);
  CHECK(mote::get_number<std::uint32_t>(target, at) == 0xA1B2C3D4U);
  CHECK(at == 7);
}

TEST_CASE("records: a reader takes them one after another, and nothing of one that is cut short", "[core]") {
  // Kinds 2 and 0x8001, by hand: kind, bytes, payload.
  const byte_list source = bytes_of({2, 0, 3, 0, 0, 0, 7, 8, 9, 1, 0x80, 0, 0, 0, 0});
  mote::record_reader reader(source);
  mote::record r;
  REQUIRE(reader.next(r) == status::ok);
  CHECK(r.kind == record_kind::item);
  CHECK(byte_list(r.payload.begin(), r.payload.end()) == bytes_of({7, 8, 9}));
  CHECK(r.payload.data() == source.data() + 6);  // a view, no copy
  REQUIRE(reader.next(r) == status::ok);
  CHECK(static_cast<unsigned>(r.kind) == 0x8001);
  CHECK(r.payload.empty());
  CHECK(reader.done());
  CHECK(reader.next(r) == status::truncated);

  for (std::size_t n = 0; n < 9; ++n) {  // every length that cuts the first record
    INFO(n);
    mote::record_reader cut{std::span(source).first(n)};
    CHECK(cut.next(r) == status::truncated);
    CHECK(r.payload.empty());
    CHECK((r.kind == record_kind::item) == (n >= 2));
    CHECK(cut.rest().size() == n);
  }
  // A length that would wrap around is no reason to read on.
  const byte_list huge = bytes_of({2, 0, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2});
  CHECK(mote::record_reader(huge).next(r) == status::truncated);
}

TEST_CASE("records: write_record gives both parts in order, and stops at the first failure", "[core]") {
  const byte_list a = bytes_of({1, 2}), b = bytes_of({3});
  failing_sink all;
  CHECK(mote::write_record(all, record_kind::item, a, b) == status::ok);
  CHECK(all.kept == bytes_of({1, 2, 3}));
  CHECK(all.calls == 4);  // begin, two portions, commit
  for (int fails_at = 0; fails_at < 4; ++fails_at) {
    failing_sink sink{.calls = 0, .fails_at = fails_at, .kept = {}};
    CHECK(mote::write_record(sink, record_kind::item, a, b) == status::io_error);
    CHECK(sink.calls == fails_at + 1);
  }
}

TEST_CASE("records: a counting sink counts six bytes a record besides the payload", "[core]") {
  mote::counting_sink sink;
  const std::array<std::uint16_t, 5> values{};
  CHECK(mote::write_record(sink, record_kind::parameters, mote::detail::bytes_of(values.data(), values.size())) ==
        status::ok);
  CHECK(sink.bytes() == 16);
  CHECK(mote::write_record(sink, record_kind::end, {}) == status::ok);
  CHECK(sink.bytes() == 22);
}
