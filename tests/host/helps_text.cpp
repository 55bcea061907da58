// SPDX-License-Identifier: BSL-1.0
#include "mote/host/helps_text.hpp"

#include <catch2/catch_test_macros.hpp>

TEST_CASE("helps_text: every way is written as a program writes it", "[host][helps_text]") {
  using mote::way;
  mote::board_facts board{.name = "banks"};
  board.regions[2].name = "DTCM";
  const auto text = [&](way what, std::size_t to) { return mote::host::policy_text({.what = what, .to = to}, board); };
  CHECK(text(way::context, 64) == "context<64>");
  CHECK(text(way::cache_bits, 8) == "cache<8>");
  CHECK(text(way::example_tokens, 32) == ".tokens = 32");
  CHECK(text(way::rank, 2) == "lora<2>");
  CHECK(text(way::sgd, 0) == "sgd<>");
  CHECK(text(way::prefill, 4) == "prefill<4>");
  CHECK(text(way::prefill, 1) == "no prefill<>");
  CHECK(text(way::no_draft, 0) == "no drafts");
  CHECK(text(way::cache_region, 2) == "cache_in<\"DTCM\">");
  CHECK(text(way::arena_region, 2) == "arena_in<\"DTCM\">");
  CHECK(text(way::bits, 5) == "quantize<5>");

  mote::helps h;
  h.add({.what = way::context, .to = 64, .saves = 1000, .enough = false});
  h.add({.what = way::sgd, .saves = 20'000, .enough = true});
  h.add({.what = way::rank, .to = 1, .saves = 0});
  CHECK(mote::host::helps_text(h, board) ==
        "  sgd<>              saves        20000 bytes, and that is enough\n"
        "  context<64>        saves         1000 bytes\n");
  CHECK(mote::host::helps_text({}, board).empty());
}
