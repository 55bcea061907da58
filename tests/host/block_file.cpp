// SPDX-License-Identifier: BSL-1.0
// A pipeline that answers from a file which it reads block by block, as it answers from the same bytes in memory; and a
// file that was cut, or is cut while the pipeline answers.
#include "mote/host/block_file.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../random_model.hpp"
#include "file_processes.hpp"
#include "mote/host/file.hpp"
#include "mote/mote.hpp"

using namespace mote;
using namespace mote_tests;

namespace {

using through = pipeline<random_model, streamed<quantize<8>, host::block_file, 2048>>;

template <class Pipeline>
std::string answer(Pipeline& ai) {
  std::string text;
  for (const std::string_view piece : ai.ask("ab", 20)) text += piece;
  return text;
}

}  // namespace

TEST_CASE("blocks of a file are its bytes, and behind its end is none") {
  const scratch_folder folder;
  const auto file = folder.path / "bytes";
  std::vector<std::byte> bytes(5000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7 / 3);
  host::write_atomically(file, bytes);
  host::block_file blocks(file);
  std::array<std::byte, 600> got{};
  for (const std::size_t at : {std::size_t{0}, std::size_t{4400}, std::size_t{77}}) {
    REQUIRE(blocks.fetch(at, got));
    CHECK(std::equal(got.begin(), got.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at)));
  }
  CHECK(blocks.fetch(5000, {}));
  CHECK_FALSE(blocks.fetch(4401, got));
  CHECK_FALSE(blocks.fetch(5001, got));
  CHECK_FALSE(blocks.fetch(too_big - 5, got));
  CHECK_THROWS_AS(host::block_file(folder.path / "none"), host::file_error);
}

TEST_CASE("an image in a file answers as one in memory") {
  const random_model_image image(through::format::rows);
  const scratch_folder folder;
  const auto file = folder.path / "model.mote";
  host::write_atomically(file, image.bytes());
  host::block_file blocks(file);
  const auto ai = std::make_unique<through>();
  const auto in_memory = std::make_unique<pipeline<random_model, quantize<8>>>();
  REQUIRE(in_memory->attach(image.bytes()) == status::ok);
  REQUIRE(ai->attach(blocks) == status::ok);
  const std::string expected = answer(*in_memory);
  CHECK(!expected.empty());
  CHECK(answer(*ai) == expected);

  std::filesystem::resize_file(file, image.bytes().size() / 2);
  CHECK(answer(*ai).empty());
  CHECK(ai->state() == status::io_error);
  CHECK(ai->attach(blocks) == status::io_error);
}
