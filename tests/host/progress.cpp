// SPDX-License-Identifier: BSL-1.0
#include "mote/host/progress.hpp"

#include <catch2/catch_test_macros.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace {

/// What f() writes to standard output, which is a file meanwhile and no terminal.
template <class Function>
std::string said_by(Function f) {
  std::fflush(stdout);
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  const int kept = ::dup(1);
  ::dup2(::fileno(file), 1);
  f();
  std::fflush(stdout);
  ::dup2(kept, 1);
  ::close(kept);
  std::rewind(file);
  std::string all;
  for (int c = 0; (c = std::fgetc(file)) != EOF;) all += static_cast<char>(c);
  std::fclose(file);
  return all;
}

}  // namespace

TEST_CASE("progress: without a terminal a line at the start and one at the end, whatever comes between", "[host]") {
  const std::string all = said_by([] {
    mote::host::progress bar("packing");
    for (int i = 1; i < 100; ++i) bar.show(i / 100.0, "layer " + std::to_string(i));
    bar.done();
  });
  CHECK(std::count(all.begin(), all.end(), '\n') == 2);
  CHECK(all.starts_with("packing   1 %, "));
  CHECK(all.find("layer 1\n") != std::string::npos);
  CHECK(all.find("packing 100 %, 0 s left") != std::string::npos);
  CHECK(all.find('\r') == std::string::npos);
  CHECK(all.find('\x1b') == std::string::npos);
}

TEST_CASE("progress: what never showed anything ends without a line", "[host]") {
  CHECK(said_by([] { mote::host::progress("packing").done(); }).empty());
}
