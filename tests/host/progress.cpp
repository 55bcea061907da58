// SPDX-License-Identifier: BSL-1.0
#include "mote/host/progress.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

using Catch::Matchers::ContainsSubstring;

namespace {

std::string written_to(std::FILE* file) {
  std::string text;
  std::rewind(file);
  for (int c = 0; (c = std::fgetc(file)) != EOF;) text += static_cast<char>(c);
  return text;
}

}  // namespace

TEST_CASE("progress: without a terminal, a line for every tenth, and none of what took no second", "[host][progress]") {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  {
    mote::host::progress bar("packing", "rows", file);
    for (std::size_t i = 0; i <= 1000; ++i) bar.show(i, 1000);
    bar.done();
  }
  CHECK(written_to(file).empty());
  {
    mote::host::progress bar("packing", "rows", file);
    std::this_thread::sleep_for(std::chrono::milliseconds(1010));
    for (std::size_t i = 0; i <= 1000; ++i) bar.show(i, 1000);
    bar.done();
  }
  const std::string text = written_to(file);
  CHECK(std::count(text.begin(), text.end(), '\n') == 10);
  CHECK(text.starts_with("packing  10 %, "));  // about 9 s left, 99 rows/s
  CHECK_THAT(text, ContainsSubstring(" s left  ") && ContainsSubstring(" rows/s\npacking  20 %, "));
  CHECK_THAT(text, ContainsSubstring("packing 100 %, 0 s left"));
  CHECK(text.find('\r') == text.npos);
  std::fclose(file);
}
