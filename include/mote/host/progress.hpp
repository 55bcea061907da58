// SPDX-License-Identifier: BSL-1.0
// A progress bar with the estimated time left, on one line of a terminal; without a terminal, a line every 15 seconds.
// Refuses to redraw more than ten times per second.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>

namespace mote::inline v0::host {

class progress {
 public:
  explicit progress(std::string what) : what_(std::move(what)), terminal_(isatty(fileno(stdout)) != 0) {}

  /// Draws the bar for `part` in [0, 1], with `note` after it.
  void show(double part, const std::string& note = {}) {
    const auto now = clock::now();
    const double interval = terminal_ ? 0.1 : 15.0;
    if (shown_ && std::chrono::duration<double>(now - last_).count() < interval) return;
    shown_ = true;
    last_ = now;
    draw(part, note);
  }
  void done() {
    if (shown_) draw(1, {});
    if (terminal_) std::putchar('\n');
    std::fflush(stdout);
  }

 private:
  using clock = std::chrono::steady_clock;

  void draw(double part, const std::string& note) {
    const double spent = std::chrono::duration<double>(clock::now() - start_).count();
    const int left = part > 0.001 ? static_cast<int>(spent / part * (1 - part) + 0.5) : 0;
    if (!terminal_) {
      std::printf("%s %3.0f %%, %d s left  %s\n", what_.c_str(), part * 100, left, note.c_str());
    } else {
      constexpr int width = 30;
      const int full = static_cast<int>(part * width);
      std::string bar(static_cast<std::size_t>(full), '=');
      bar.resize(width, ' ');
      std::printf("\r%s [%s] %3.0f %%  %2d:%02d left  %s\x1b[K", what_.c_str(), bar.c_str(), part * 100, left / 60,
                  left % 60, note.c_str());
    }
    std::fflush(stdout);
  }

  std::string what_;
  bool terminal_;
  bool shown_ = false;
  clock::time_point start_ = clock::now();
  clock::time_point last_{};
};

}  // namespace mote::inline v0::host
