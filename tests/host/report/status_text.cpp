// SPDX-License-Identifier: BSL-1.0
#include "mote/host/report/status_text.hpp"

#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string_view>

#include "mote/core/status.hpp"

namespace host = mote::host;

TEST_CASE("each status has words of its own, none of them the name of an enumerator") {
  std::set<std::string_view> seen;
  std::size_t known = 0;
  for (int i = 0; i < 256; ++i) {
    const auto s = static_cast<mote::status>(i);
    if (mote::name(s) == "unknown") {
      CHECK(host::status_text(s) == "an unknown status");
      continue;
    }
    ++known;
    const std::string_view words = host::status_text(s);
    INFO(mote::name(s) << ": " << words);
    CHECK(words != "an unknown status");
    CHECK(words.find('_') == words.find("_check"));  // self_check() is the manual's
    CHECK(!words.ends_with('.'));
    CHECK(seen.insert(words).second);
  }
  CHECK(known == static_cast<std::size_t>(mote::status::kernel_differs) + 1);
}
