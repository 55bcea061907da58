// SPDX-License-Identifier: BSL-1.0
// docs/reference/boards.md says what the headers say.
#include <catch2/catch_test_macros.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "mote/core/isa.hpp"
#include "mote/host/board_names.hpp"

namespace {

std::string in_binary_units(std::size_t bytes) {
  const std::size_t kib = bytes / 1024;
  return kib % 1024 == 0 ? std::to_string(kib / 1024) + " MiB" : std::to_string(kib) + " KiB";
}

std::string row_of(const std::string& type, const mote::board_facts& f) {
  return "| `" + type + "` | " + std::string(f.name) + " | " + in_binary_units(f.ram_bytes) + " | " +
         in_binary_units(f.ram_block_bytes) + " | " + in_binary_units(f.flash_bytes) + " | " +
         std::to_string(f.clock_hz / 1'000'000) + " MHz | " + std::string(name(f.instructions)) + " | " +
         std::to_string(mote::interleaved_rows(f.instructions)) + " | " + in_binary_units(f.stack_bytes) + " |";
}

}  // namespace

TEST_CASE("boards.md has a row for each board, with the numbers of its header", "[boards]") {
  const auto page = std::filesystem::path(__FILE__).parent_path() / "../../docs/reference/boards.md";
  std::ifstream in(page);
  REQUIRE(in.is_open());
  std::set<std::string> rows;
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("| `")) rows.insert(line);
  for (const auto& [type, facts] : mote::host::board_names()) {
    CAPTURE(row_of(type, facts));
    CHECK(rows.erase(row_of(type, facts)) == 1);
  }
  for (const std::string& left : rows) FAIL_CHECK("no board has this row: " << left);
}
