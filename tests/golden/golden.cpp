// SPDX-License-Identifier: BSL-1.0
// Runs golden.hpp where there is an operating system. tests/boards/golden.sh runs it where there is none.
// Refuses to pass with one bit changed: the exit code is the number of pipelines that answered otherwise.
#include "golden.hpp"

#include <cstdio>

int main() {
  return mote_golden([](const char* text) { std::fputs(text, stdout); });
}
