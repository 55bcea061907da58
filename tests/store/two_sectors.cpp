// SPDX-License-Identifier: BSL-1.0
// The power fails at every byte of an erase and of each page: what is loaded then is the old snapshot or the new one.
#include "mote/store/two_sectors.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <limits>
#include <string>
#include <vector>

#include "../synthetic_model.hpp"
#include "mote/core/rng.hpp"
#include "mote/learn/lora.hpp"
#include "mote/pipeline.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/rag.hpp"

using mote::status;
using mote_tests::aligned_bytes;
using mote_tests::synthetic;

namespace {

using small_index = mote::bm25<mote::bm25_knobs{.items = 4, .item_bytes = 32}>;
using device =
    mote::pipeline<synthetic, mote::context<96>, mote::lora<1>, mote::rag<small_index, mote::rag_knobs{.tokens = 40}>>;

/// Two sectors of NOR flash: programming only clears bits. The power fails behind `left` bytes, and the next one is
/// changed in some bits only.
template <std::size_t Page, std::size_t Bytes>
struct flash {
  static constexpr std::size_t page_bytes = Page;
  alignas(64) std::array<std::array<std::byte, Bytes>, 2> bytes{};
  std::size_t left = std::numeric_limits<std::size_t>::max();
  bool backwards = false;  // an erase that fails has erased the end
  std::size_t changed = 0;
  std::size_t erased = 0;
  bool misused = false;
  mote::rng random{5};

  std::span<const std::byte> sector(std::size_t which) const { return bytes[which]; }

  status erase(std::size_t which) {
    ++erased;
    for (std::size_t i = 0; i < Bytes; ++i) {
      std::byte& b = bytes[which][backwards ? Bytes - 1 - i : i];
      if (fails()) return b |= some(), status::io_error;
      b = std::byte{0xFF};
    }
    return status::ok;
  }
  status program(std::size_t which, std::size_t at, std::span<const std::byte> page) {
    misused = misused || at % Page != 0 || page.size() != Page || at + Page > Bytes;
    if (misused) return status::io_error;
    for (std::size_t i = 0; i < Page; ++i) {
      std::byte& b = bytes[which][at + i];
      misused = misused || b != std::byte{0xFF};
      if (fails()) return b &= page[i] | some(), status::io_error;
      b &= page[i];
    }
    return status::ok;
  }

 private:
  bool fails() {
    if (left == 0) return true;
    --left;
    ++changed;
    return false;
  }
  std::byte some() { return static_cast<std::byte>(random.below(256)); }
};

struct machines {
  aligned_bytes image = mote_tests::synthetic_image<device>();
  static device& one() {
    static device ai;
    return ai;
  }
  static device& other() {
    static device ai;
    return ai;
  }
  /// As it starts: nothing learned, nothing remembered.
  device& started(device& ai = one()) const {
    ai.memory().clear();
    REQUIRE(ai.attach(image, mote::payload_check::skip) == status::ok);
    return ai;
  }
  /// Another one, that has what was saved.
  const device& with(const std::vector<std::byte>& saved) const {
    REQUIRE(started(other()).load(aligned_bytes(saved)) == status::ok);
    return other();
  }
};
std::vector<std::byte> state_of(const device& ai) {
  aligned_bytes out(ai.saved_bytes());
  REQUIRE(ai.save(out.span()) == status::ok);
  return {out.span().begin(), out.span().end()};
}
std::vector<std::vector<std::byte>> three_days(const machines& m) {
  std::vector<std::vector<std::byte>> days;
  device& ai = m.started();
  for (const char* text : {"the ant is in", "the bee is not", "a cat"}) {
    REQUIRE(ai.learn({.prompt = "lights", .answer = "on"}).state == status::ok);
    REQUIRE(ai.remember(text) == status::ok);
    days.push_back(state_of(ai));
  }
  return days;
}

template <class Flash>
void power_fails_everywhere(bool backwards) {
  const machines m;
  const std::vector<std::vector<std::byte>> days = three_days(m);
  static Flash chip;
  chip = {};
  chip.backwards = backwards;
  const auto all = chip.left;
  mote::two_sectors<Flash> kept(chip);
  CHECK(kept.newest() == kept.none);
  CHECK(kept.load(m.started()) == status::empty);
  std::size_t old_states = 0, new_states = 0;
  // On the first day the other sector is empty, on the second it holds an older snapshot.
  for (std::size_t day = 0; day + 1 < days.size(); ++day) {
    REQUIRE(kept.save(m.with(days[day])) == status::ok);
    REQUIRE(kept.newest() == day % 2);
    const auto before = chip.bytes;
    const device& tomorrow = m.with(days[day + 1]);
    status said = status::io_error;
    for (std::size_t left = 0; said != status::ok; ++left) {
      chip.bytes = before;
      chip.left = left;
      said = kept.save(tomorrow);
      chip.left = all;
      REQUIRE(!chip.misused);
      device& ai = m.started();
      const status back = mote::two_sectors<Flash>(chip).load(ai);
      if (back != status::ok) FAIL("power failed behind " << left << " bytes: " << mote::name(back));
      const std::vector<std::byte> now = state_of(ai);
      const bool is_new = now == days[day + 1];
      if (!is_new && (said == status::ok || now != days[day])) FAIL("behind " << left << " bytes: another state");
      (is_new ? new_states : old_states) += 1;
      if (left % 61 == 0) {  // the next save goes well
        REQUIRE(kept.save(tomorrow) == status::ok);
        REQUIRE(kept.load(m.started()) == status::ok);
        REQUIRE(state_of(m.one()) == days[day + 1]);
      }
    }
    chip.bytes = before;
  }
  CHECK(old_states > 2 * (days[0].size() + chip.bytes[0].size()));
  CHECK(new_states >= 2);
}

}  // namespace

TEST_CASE("two_sectors: the power fails at any byte, and the old state or the new one is loaded",
          "[store][two_sectors]") {
  power_fails_everywhere<flash<256, 2048>>(false);
  power_fails_everywhere<flash<256, 2048>>(true);
  power_fails_everywhere<flash<16, 1808>>(true);
}

TEST_CASE("two_sectors: a page may end anywhere in a snapshot, and what is too large erases nothing",
          "[store][two_sectors]") {
  const machines m;
  const std::vector<std::byte> day = three_days(m)[2];
  const auto saves = [&]<std::size_t Page>() {
    static flash<Page, 4096> chip;
    mote::two_sectors<flash<Page, 4096>> kept(chip);
    for (int i = 0; i < 3; ++i) {
      REQUIRE(kept.save(m.with(day)) == status::ok);
      REQUIRE(kept.newest() == static_cast<std::size_t>(i % 2));
      REQUIRE(kept.load(m.started()) == status::ok);
      CHECK(state_of(m.one()) == day);
    }
    CHECK(!chip.misused);
  };
  saves.template operator()<16>();
  saves.template operator()<48>();
  saves.template operator()<512>();
  saves.template operator()<2048>();
  static flash<256, 1024> small;
  mote::two_sectors<flash<256, 1024>> kept(small);
  CHECK(kept.save(m.with(day)) == status::full);
  static flash<256, 16> tiny;
  CHECK(mote::two_sectors<flash<256, 16>>(tiny).save(m.with(day)) == status::full);
  CHECK(small.erased + tiny.erased == 0);
}

TEST_CASE("two_sectors: numbers go round, and what fails before the first byte erases nothing",
          "[store][two_sectors]") {
  const machines m;
  const std::vector<std::byte> day = three_days(m)[0];
  using chip_type = flash<256, 2048>;
  static chip_type chip;
  mote::two_sectors<chip_type> kept(chip);
  REQUIRE(kept.save(m.with(day)) == status::ok);
  const auto renumber = [&](std::size_t sector, std::uint32_t number) {
    std::size_t at = 0;
    mote::put_number(chip.bytes[sector], at, number);
    mote::put_number(chip.bytes[sector], at, ~number);
  };
  renumber(0, 0xFFFFFFFE);
  for (std::size_t i = 1; i < 6; ++i) {
    REQUIRE(kept.save(m.with(day)) == status::ok);
    CHECK(kept.newest() == i % 2);
  }
  static device never_attached;
  const std::size_t erased = chip.erased;
  CHECK(kept.save(never_attached) == status::not_attached);
  CHECK(chip.erased == erased);
  chip.bytes[kept.newest()][3] ^= std::byte{1};  // a stamp that is none
  CHECK(kept.newest() == 0);
}
