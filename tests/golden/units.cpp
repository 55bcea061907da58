// SPDX-License-Identifier: BSL-1.0
// Runs units.hpp where there is an operating system. tests/boards/golden.sh runs it where there is none.
// Refuses to pass with one bit changed: the exit code is the number of comparisons that failed, at most 99.
#include "units.hpp"

#include <cstdio>

int main() {
  const int failures = mote_units::run([](const char* text) { std::fputs(text, stdout); });
  return failures > 99 ? 99 : failures;
}
