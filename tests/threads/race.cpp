// SPDX-License-Identifier: BSL-1.0
// Everything a team does, without a test framework, for a build under ThreadSanitizer: spinning and sleeping, starting
// and stopping, two teams, calls from within. The sanitizer judges; the counts only say that the work was done.
#include "mote/policy/threads.hpp"

#include <ctime>

#include <cstdio>

namespace {

template <class Team>
bool rounds(Team& team, std::size_t parts, unsigned count) {
  unsigned calls[8] = {};
  for (unsigned i = 0; i < count; ++i) team.run([&](std::size_t part, std::size_t) { ++calls[part]; });
  for (std::size_t p = 0; p < parts; ++p)
    if (calls[p] != count) return false;
  return team.size() == parts;
}

void nap() {
  const timespec t{.tv_sec = 0, .tv_nsec = 2'000'000};
  ::nanosleep(&t, nullptr);
}

}  // namespace

int main() {
  static mote::threads<2>::team spinning;
  mote::threads<4, mote::threads_knobs{.spins = 0}>::team sleeping;
  spinning.start();
  sleeping.start();
  bool good = true;
  for (int i = 0; i < 20; ++i) {
    good = good && rounds(spinning, 2, 100) && rounds(sleeping, 4, 20);
    nap();
  }
  unsigned within[2] = {};
  spinning.run([&](std::size_t part, std::size_t) {
    spinning.run([&](std::size_t, std::size_t parts) { within[part] += parts == 1 ? 1U : 0U; });
    if (part == 1) good = rounds(sleeping, 4, 20) && good;
  });
  good = good && within[0] == 1 && within[1] == 1;
  for (int i = 0; i < 10; ++i) {
    sleeping.stop();
    good = good && rounds(sleeping, 1, 3);
    sleeping.start();
    good = good && rounds(sleeping, 4, 5);
  }
  std::puts(good ? "every part ran once a round" : "a part was lost");
  return good ? 0 : 1;
}
