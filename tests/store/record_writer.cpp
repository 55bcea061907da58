// SPDX-License-Identifier: BSL-1.0
#include "mote/store/record_writer.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <vector>

#include "mote/core/rng.hpp"

using mote::record_kind;
using mote::status;

TEST_CASE("records: what is written is read again, in any portions", "[store][record_writer]") {
  mote::rng random(4);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<std::vector<std::byte>> payloads(random.below(5));
    std::vector<std::byte> target(200, std::byte{0x5A});
    mote::record_writer out(target);
    mote::counting_sink count;
    for (auto& p : payloads) {
      p.resize(random.below(20));
      for (std::byte& b : p) b = static_cast<std::byte>(random.below(256));
      const std::size_t cut = random.below(static_cast<std::uint32_t>(p.size() + 1));
      REQUIRE(write_record(out, record_kind{7}, std::span(p).first(cut), std::span(p).subspan(cut)) == status::ok);
      REQUIRE(write_record(count, record_kind{7}, p) == status::ok);
    }
    REQUIRE(out.used() == count.bytes());
    REQUIRE(target[out.used()] == std::byte{0x5A});
    const std::vector<std::byte> exact(target.begin(), target.begin() + static_cast<std::ptrdiff_t>(out.used()));
    mote::record_reader in(exact);
    mote::record r;
    for (const auto& p : payloads) {
      REQUIRE(in.next(r) == status::ok);
      REQUIRE(r.kind == record_kind{7});
      REQUIRE(std::equal(r.payload.begin(), r.payload.end(), p.begin(), p.end()));
    }
    REQUIRE(in.done());
    REQUIRE(in.next(r) == status::truncated);
    if (exact.empty()) continue;
    for (std::size_t n = 0; n < exact.size(); ++n) {  // cut anywhere: every record is whole or truncated
      const std::vector<std::byte> part(exact.begin(), exact.begin() + static_cast<std::ptrdiff_t>(n));
      mote::record_reader cut(part);
      status s = status::ok;
      while (s == status::ok && !cut.done()) s = cut.next(r);
      REQUIRE((s == status::ok || s == status::truncated));
    }
  }
}

TEST_CASE("records: a length beyond the bytes is truncated, also where a sum would wrap", "[store][record_writer]") {
  for (const std::uint32_t bytes : {5U, 0x7FFFFFFFU, 0xFFFFFFFAU, 0xFFFFFFFFU}) {
    std::array<std::byte, 10> source{};
    std::size_t at = 0;
    mote::put_number(source, at, std::uint16_t{2});
    mote::put_number(source, at, bytes);
    mote::record_reader in(source);
    mote::record r;
    CHECK(in.next(r) == status::truncated);
    CHECK(r.kind == record_kind::item);
    CHECK(r.payload.empty());
  }
}

TEST_CASE("record_writer: no more and no less than was announced", "[store][record_writer]") {
  std::array<std::byte, 16> target{};
  const std::array<std::byte, 5> five{};
  mote::record_writer out(target);
  CHECK(out.begin(record_kind::item, 11) == status::full);
  CHECK(out.used() == 0);
  REQUIRE(out.begin(record_kind::item, 10) == status::ok);
  CHECK(out.append(five) == status::ok);
  CHECK(out.commit() == status::wrong_size);
  CHECK(out.append(five) == status::ok);
  CHECK(out.append(std::span(five).first(1)) == status::wrong_size);
  CHECK(out.commit() == status::ok);
  CHECK(out.begin(record_kind::item, 0) == status::full);
  mote::record_writer nowhere(std::span<std::byte>{});
  CHECK(nowhere.begin(record_kind::item, static_cast<std::size_t>(-1)) == status::full);
}
