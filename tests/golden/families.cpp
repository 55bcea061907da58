// SPDX-License-Identifier: BSL-1.0
// Runs families.hpp where there is an operating system. tests/boards/golden.sh runs it where there is none.
// Refuses to pass with one bit changed: the exit code is the number of families that answered otherwise.
#include "families.hpp"

#include <cstdio>

int main() {
  return mote_golden_families([](const char* text) { std::fputs(text, stdout); });
}
