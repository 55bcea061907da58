// SPDX-License-Identifier: BSL-1.0
// A board that a firmware can name, a tool can name: every header of mote/boards is in the list.
#include "mote/host/board_names.hpp"

#include <catch2/catch_test_macros.hpp>

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "mote/boards/raspberry_pi_5.hpp"
#include "mote/boards/stm32f405.hpp"

TEST_CASE("board_names: every header of mote/boards, by its name", "[host]") {
  const std::filesystem::path folder = std::filesystem::path(__FILE__).parent_path() / "../../include/mote/boards";
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.insert(entry.path().stem().string());
  REQUIRE(files.size() >= 14);
  const auto& names = mote::host::board_names();
  for (const std::string& file : files) {
    INFO(file);
    CHECK(names.contains(file));
  }
  std::set<std::string_view> shown;  // the names that people read
  for (const auto& [name, facts] : names) {
    INFO(name);
    CHECK(shown.insert(facts.name).second);
    CHECK(facts.ram_bytes > 0);
    // pc.hpp has several: one for each instruction set.
    CHECK((files.contains(name) || name.starts_with("pc_")));
  }
  CHECK(names.at("stm32f405").name == mote::boards::stm32f405::facts.name);
  CHECK(names.at("pc_sse2").instructions == mote::isa::sse2);
  CHECK(names.at("raspberry_pi_5").ram_bytes == mote::boards::raspberry_pi_5::facts.ram_bytes);
}
