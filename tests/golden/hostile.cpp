// SPDX-License-Identifier: BSL-1.0
// Runs hostile.hpp where there is an operating system. tests/boards/golden.sh runs it where there is none.
// Refuses to pass with one bit changed: the exit code is the number of pipelines that answered otherwise. With an
// argument it prints a line a case, for comparing two targets.
#include "hostile.hpp"

#include <cstdio>

int main(int count, char**) {
  return mote_hostile([](const char* text) { std::fputs(text, stdout); }, count > 1);
}
