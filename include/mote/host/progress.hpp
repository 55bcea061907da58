// SPDX-License-Identifier: BSL-1.0
// How far a tool is: on a terminal a bar with the rate and the time left, on one line; elsewhere a line for every tenth
// that is done. It goes to stderr, so that stdout has the tool's result alone.
// Refuses to redraw more than ten times per second, and, where it is no terminal, to say anything in the first second.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>

namespace mote::inline v0::host {

class progress {
 public:
  /// `what` is done; `unit` is what show(done, all) counts, for the rate.
  explicit progress(std::string what, std::string unit = {}, std::FILE* out = stderr)
      : what_(std::move(what)), unit_(std::move(unit)), out_(out), terminal_(::isatty(::fileno(out)) == 1) {}
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  ~progress() { end(); }

  /// Shows `part` in [0, 1], with `note` after it.
  void show(double part, const std::string& note = {}) {
    const double spent = seconds(clock::now() - start_);
    if (terminal_) {
      if (drawn_ && part < 1 && seconds(clock::now() - last_) < 0.1) return;
      last_ = clock::now();
    } else {
      const int tenth = static_cast<int>(part * 10);
      if (tenth == tenth_ || spent < 1) return;
      tenth_ = tenth;
    }
    drawn_ = true;
    const int left = part > 0.001 ? static_cast<int>(spent / part * (1 - part) + 0.5) : 0;
    if (!terminal_) {
      std::fprintf(out_, "%s %3.0f %%, %d s left  %s\n", what_.c_str(), part * 100, left, note.c_str());
    } else {
      constexpr int width = 30;
      std::string bar(static_cast<std::size_t>(part * width), '=');
      bar.resize(width, ' ');
      std::fprintf(out_, "\r%s [%s] %3.0f %%  %2d:%02d left  %s\x1b[K", what_.c_str(), bar.c_str(), part * 100,
                   left / 60, left % 60, note.c_str());
    }
    std::fflush(out_);
  }
  /// The same of `done` units of `all`, with their rate.
  void show(std::size_t done, std::size_t all) {
    const double spent = seconds(clock::now() - start_);
    const double part = all == 0 ? 1 : static_cast<double>(done) / static_cast<double>(all);
    show(part, spent > 0
                   ? std::to_string(static_cast<std::size_t>(static_cast<double>(done) / spent)) + " " + unit_ + "/s"
                   : "");
  }
  /// The work is done: shows all of it, if something was shown.
  void done() {
    if (drawn_ && terminal_) show(1.0);
    end();
  }

 private:
  using clock = std::chrono::steady_clock;
  static double seconds(clock::duration d) { return std::chrono::duration<double>(d).count(); }

  /// Leaves the line.
  void end() {
    if (drawn_ && terminal_) std::fputc('\n', out_);
    drawn_ = false;
    std::fflush(out_);
  }

  std::string what_;
  std::string unit_;
  std::FILE* out_;
  bool terminal_;
  bool drawn_ = false;
  int tenth_ = 0;
  clock::time_point start_ = clock::now();
  clock::time_point last_{};
};

}  // namespace mote::inline v0::host
