// SPDX-License-Identifier: BSL-1.0
// What the checks that run on every target count, and how they say what went wrong.
// Refuses files, a heap and a test framework.
#pragma once

namespace mote_units {

using print_function = void (*)(const char*);

/// Counts comparisons and says which went wrong.
struct report {
  print_function print;
  unsigned long checks = 0;
  int failures = 0;

  void check(bool same, const char* what) {
    ++checks;
    if (same) return;
    if (++failures <= 20) {
      print("FAILED ");
      print(what);
      print("\n");
    }
  }
};

}  // namespace mote_units
