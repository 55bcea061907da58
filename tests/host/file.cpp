// SPDX-License-Identifier: BSL-1.0
#include "mote/host/file.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {
struct scratch_folder {
  scratch_folder() : path(fs::temp_directory_path() / ("mote_file_test." + std::to_string(::getpid()))) {
    fs::create_directories(path);
  }
  ~scratch_folder() { fs::remove_all(path); }
  std::size_t files() const {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(path)) ++n;
    return n;
  }
  fs::path path;
};

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
}  // namespace

TEST_CASE("file: what is written is read and mapped", "[host][file]") {
  const scratch_folder folder;
  const fs::path file = folder.path / "a.bin";
  mote::host::write_atomically(file, std::string_view("first"));
  CHECK(text_of(mote::host::read_file(file)) == "first");
  const mote::host::mapped_file before(file);
  mote::host::write_atomically(file, std::string_view("second, and longer"));
  CHECK(text_of(mote::host::read_file(file)) == "second, and longer");
  CHECK(text_of(before.bytes()) == "first");  // the old file lives on under the mapping
  CHECK(reinterpret_cast<std::uintptr_t>(before.bytes().data()) % 64 == 0);
  CHECK(folder.files() == 1);

  mote::host::write_atomically(file, std::string_view{});
  CHECK(mote::host::read_file(file).empty());
  mote::host::mapped_file empty(file);
  CHECK(empty.bytes().empty());
  mote::host::write_atomically(folder.path / "b", std::string_view("b"));
  empty = mote::host::mapped_file(folder.path / "b");
  CHECK(text_of(empty.bytes()) == "b");
}

TEST_CASE("file: a result has the permissions of any new file", "[host][file]") {
  const scratch_folder folder;
  const mode_t mask = ::umask(022);
  mote::host::write_atomically(folder.path / "a", std::string_view("a"));
  ::umask(mask);
  struct stat facts{};
  REQUIRE(::stat((folder.path / "a").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777U) == 0644U);
}

TEST_CASE("file: failures name the file and leave nothing behind", "[host][file]") {
  const scratch_folder folder;
  const auto missing = folder.path / "missing";
  CHECK_THROWS_MATCHES(mote::host::read_file(missing), mote::host::file_error,
                       MessageMatches(ContainsSubstring("missing: cannot open: ")));
  CHECK_THROWS_MATCHES(mote::host::mapped_file(missing), mote::host::file_error,
                       MessageMatches(ContainsSubstring("missing: cannot open: ")));
  CHECK_THROWS_MATCHES(mote::host::read_file(folder.path), mote::host::file_error,
                       MessageMatches(ContainsSubstring("is not a regular file")));
  CHECK_THROWS_MATCHES(mote::host::write_atomically(missing / "x", std::string_view("x")), mote::host::file_error,
                       MessageMatches(ContainsSubstring("cannot create a temporary file")));
  fs::create_directories(folder.path / "taken" / "inside");
  CHECK_THROWS_MATCHES(mote::host::write_atomically(folder.path / "taken", std::string_view("x")),
                       mote::host::file_error, MessageMatches(ContainsSubstring("cannot rename")));
  CHECK(folder.files() == 1);
}
