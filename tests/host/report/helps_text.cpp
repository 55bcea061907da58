// SPDX-License-Identifier: BSL-1.0
#include "mote/host/report/helps_text.hpp"

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
  CHECK(text(way::learning_region, 2) == "learning_in<\"DTCM\">");
  CHECK(text(way::recall_region, 2) == "recall_in<\"DTCM\">");
  CHECK(text(way::items, 24) == ".items = 24");
  CHECK(text(way::bits, 5) == "quantize<5>");

  mote::helps h;
  h.add({.what = way::context, .to = 64, .saves = 1000, .enough = false});
  h.add({.what = way::sgd, .saves = 20'000, .enough = true});
  h.add({.what = way::rank, .to = 1, .saves = 0});
  CHECK(mote::host::helps_text(h, board) ==
        "  sgd<>              saves        20000 bytes, and that is enough\n"
        "  context<64>        saves         1000 bytes\n");
  CHECK(mote::host::helps_text({}, board).empty());

  mote::remedy r{.list = {{{.what = way::context, .to = 64, .saves = 1000},
                           {.what = way::items, .to = 8, .saves = 300, .enough = true}}},
                 .over_by = {{200}},
                 .count = 2};
  CHECK(mote::host::remedy_text(r, board) ==
        "  context<64>        saves         1000 bytes, 200 are missing\n"
        "  and .items = 8     saves          300 bytes, and that is enough\n");
  r.count = 1;  // one alone stands in the list already
  CHECK(mote::host::remedy_text(r, board).empty());
  CHECK(mote::host::remedy_text({.misses = 77}, board) ==
        "  nothing makes it fit: with all sizes at their least 77 bytes are missing\n");
}
