// SPDX-License-Identifier: BSL-1.0
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "mote/boards/esp32c6.hpp"
#include "mote/boards/esp32p4.hpp"
#include "mote/boards/esp32s3.hpp"
#include "mote/boards/imxrt1062.hpp"
#include "mote/boards/microbit.hpp"
#include "mote/boards/mps2_an386.hpp"
#include "mote/boards/mps2_an500.hpp"
#include "mote/boards/mps2_an505.hpp"
#include "mote/boards/mps3_an547.hpp"
#include "mote/boards/netduinoplus2.hpp"
#include "mote/boards/nrf52840.hpp"
#include "mote/boards/pc.hpp"
#include "mote/boards/raspberry_pi_4.hpp"
#include "mote/boards/raspberry_pi_5.hpp"
#include "mote/boards/raspberry_pi_zero_2.hpp"
#include "mote/boards/rp2040.hpp"
#include "mote/boards/rp2350.hpp"
#include "mote/boards/stm32f405.hpp"
#include "mote/boards/stm32h743.hpp"
#include "mote/boards/stm32n657.hpp"
#include "mote/boards/visionfive_2.hpp"
#include "mote/core/bytes.hpp"

namespace {

namespace boards = mote::boards;
using namespace mote::literals;

template <class... Boards>
struct list {};
using all = list<boards::rp2040, boards::nrf52840, boards::imxrt1062, boards::esp32s3, boards::esp32p4, boards::esp32c6,
                 boards::raspberry_pi_4, boards::microbit, boards::mps2_an386, boards::mps2_an500, boards::mps2_an505,
                 boards::mps3_an547, boards::netduinoplus2, boards::pc, boards::pc_avx2, boards::pc_sse2,
                 boards::raspberry_pi_5, boards::raspberry_pi_zero_2, boards::rp2350, boards::stm32f405,
                 boards::stm32h743, boards::stm32n657, boards::visionfive_2>;

template <class... Boards, class Function>
void for_each(list<Boards...>, Function function) {
  static_assert((mote::board<Boards> && ...));
  (function(Boards::facts), ...);
}

/// FLASH, IMAGE and RAM of a linker script, in bytes.
std::map<std::string, std::size_t> regions(const std::filesystem::path& script) {
  std::map<std::string, std::size_t> found;
  std::ifstream in(script);
  const std::regex region(R"(^\s*(\w+)\s*\([rwx]+\)\s*:\s*ORIGIN = 0x[0-9A-Fa-f]+, LENGTH = (\d+)([KM]))");
  for (std::string line; std::getline(in, line);)
    if (std::smatch m; std::regex_search(line, m, region))
      found[m[1]] = std::stoul(m[2]) * (m[3] == "K" ? 1024 : 1024 * 1024);
  return found;
}

}  // namespace

TEST_CASE("the facts of each board make sense together", "[boards]") {
  std::set<std::string_view> names;
  for_each(all{}, [&](const mote::board_facts& f) {
    CAPTURE(f.name);
    CHECK_FALSE(f.name.empty());
    CHECK(names.insert(f.name).second);
    CHECK(f.ram_bytes >= f.ram_block_bytes);
    CHECK(f.ram_block_bytes >= 16_KiB);
    CHECK(f.flash_bytes >= 256_KiB);
    CHECK(f.clock_hz >= 16'000'000);
    CHECK(f.clock_hz <= 6'000'000'000);
    CHECK(f.stack_bytes >= 2_KiB);
    CHECK(f.stack_bytes <= f.ram_block_bytes / 8);
    // Several memories: the object's home first, each once, together no more than all.
    std::set<std::string_view> memories;
    std::size_t together = 0;
    for (const mote::memory_region& r : f.regions) {
      if (r.name.empty()) {
        CHECK(r.bytes == 0);
        continue;
      }
      CHECK(r.bytes > 0);
      CHECK(memories.insert(r.name).second);
      together += r.bytes;
    }
    CHECK(together <= f.ram_bytes);
    CHECK(memories.size() != 1);  // one block has no name
    if (!memories.empty()) CHECK(f.regions[0].bytes == f.ram_block_bytes);
    // A 32-bit compiler must read the same numbers: a PC budgets every board, and a board may include any header.
    CHECK(static_cast<std::uint64_t>(f.ram_bytes) <= 0xFFFFFFFFU);
    CHECK(static_cast<std::uint64_t>(f.flash_bytes) <= 0xFFFFFFFFU);
  });
}

TEST_CASE("datasheet numbers that firmware teams know by heart", "[boards]") {
  STATIC_CHECK(boards::stm32f405::facts.ram_bytes == 192_KiB);
  STATIC_CHECK(boards::stm32f405::facts.ram_block_bytes == 128_KiB);
  STATIC_CHECK(boards::stm32f405::facts.flash_bytes == 1_MiB);
  STATIC_CHECK(boards::stm32h743::facts.ram_block_bytes == 512_KiB);
  STATIC_CHECK(boards::stm32h743::facts.flash_bytes == 2_MiB);
  STATIC_CHECK(boards::rp2350::facts.ram_bytes == 520_KiB);
  STATIC_CHECK(boards::rp2040::facts.ram_bytes == 264_KiB);
  STATIC_CHECK(boards::nrf52840::facts.ram_bytes == 256_KiB);
  STATIC_CHECK(boards::nrf52840::facts.flash_bytes == 1_MiB);
  STATIC_CHECK(boards::imxrt1062::facts.ram_bytes == 1_MiB);
  STATIC_CHECK(boards::raspberry_pi_4::facts.instructions == mote::isa::neon);
  STATIC_CHECK(boards::stm32n657::facts.instructions == mote::isa::mve);
  STATIC_CHECK(boards::raspberry_pi_5::facts.instructions == mote::isa::neon_dotprod);
  STATIC_CHECK(boards::raspberry_pi_zero_2::facts.instructions == mote::isa::neon);
  STATIC_CHECK(boards::visionfive_2::facts.instructions == mote::isa::scalar);
}

TEST_CASE("a board of the firmware example has the memory that its linker script has", "[boards]") {
  const auto folder = std::filesystem::path(__FILE__).parent_path() / "../../examples/cortex_m_assistant/board";
  if (!std::filesystem::exists(folder)) SKIP("needs the source tree: no " << folder.string());
  const std::map<std::string, mote::board_facts> of_script{{"mps2-an386", boards::mps2_an386::facts},
                                                           {"mps2-an500", boards::mps2_an500::facts},
                                                           {"mps2-an505", boards::mps2_an505::facts},
                                                           {"mps3-an547", boards::mps3_an547::facts},
                                                           {"netduinoplus2", boards::netduinoplus2::facts}};
  int scripts = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    const std::string name = file.path().stem().string();
    if (file.path().extension() != ".ld" || name == "sections") continue;
    ++scripts;
    CAPTURE(name);
    REQUIRE(of_script.contains(name));
    const auto memory = regions(file.path());
    REQUIRE(memory.contains("FLASH"));
    REQUIRE(memory.contains("RAM"));
    CHECK(memory.at("RAM") == of_script.at(name).ram_block_bytes);
    CHECK((memory.contains("IMAGE") ? memory.at("IMAGE") : memory.at("FLASH")) == of_script.at(name).flash_bytes);
  }
  CHECK(scripts == static_cast<int>(of_script.size()));
}
