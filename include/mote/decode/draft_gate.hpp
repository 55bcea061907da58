// SPDX-License-Identifier: BSL-1.0
// Chooses how many guesses of a draft a pass runs. A pass with k guesses takes T(1 + k) and gives 1 + E(k) tokens on
// average, E(k) of them accepted guesses. The gate takes the k with the most tokens per time, often 0.
//   gated<ngram<>, draft_knobs{.batch_cost = 0.1F}>              slow weights (external flash, a large model)
//   gated<ngram<>, draft_knobs{.measured = false}>               the same passes on every run: no clock is read
//   gated<ngram<512>, draft_knobs{}, cycle_counter>              a firmware's own clock: static std::uint32_t now()
// E comes from one draft at a time, run or not: the next tokens of the text show which of its guesses were right. T is
// measured if there is a clock, else it is 1 + batch_cost * k.
// Refuses to change an answer: only the number of its passes depends on the gate.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "mote/core/slots.hpp"
#include "mote/decode/draft.hpp"

#if defined(__linux__) || defined(__APPLE__)
#include <time.h>
#endif

namespace mote::inline v0 {

struct draft_knobs {
  float batch_cost = 0.5F;  ///< time of each further token of a pass, the first taking 1; used until it is measured
  bool measured = true;     ///< true: measures passes by the clock, if there is one
};

/// The default clock of a gate: nanoseconds under Linux and macOS; elsewhere there is none.
struct pass_clock {
#if defined(__linux__) || defined(__APPLE__)
  static constexpr bool ticks = true;
  static std::uint32_t now() {
    timespec t;
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<std::uint32_t>(t.tv_sec) * 1'000'000'000U +
           static_cast<std::uint32_t>(t.tv_nsec);  // modulo 2^32
  }
#else
  static constexpr bool ticks = false;
#endif
};

/// A drafter with its gate's knobs and clock; a drafter alone has the defaults.
template <class Drafter, draft_knobs Knobs = draft_knobs{}, class Clock = pass_clock>
struct gated {
  using slot = slots::drafting;
  using clock = Clock;
  static constexpr std::size_t length = Drafter::length;
  static constexpr draft_knobs knobs = Knobs;
  template <class Token>
  using state = typename Drafter::template state<Token>;

  static_assert(
      Knobs.batch_cost >= 0,
      "mote: a further token of a pass cannot cost less than nothing; 0 always drafts, 1 never [mote-batch-cost]");
};

namespace detail {

template <class Clock>
inline constexpr bool clock_ticks = [] {
  if constexpr (requires { Clock::ticks; }) return static_cast<bool>(Clock::ticks);
  else return requires { Clock::now(); };
}();
template <class Policy>
constexpr draft_knobs knobs_of_draft() {
  if constexpr (requires { Policy::knobs; }) return Policy::knobs;
  else return {};
}
template <class Policy>
struct clock_of_draft {
  using type = pass_clock;
};
template <class Policy>
  requires requires { typename Policy::clock; }
struct clock_of_draft<Policy> {
  using type = typename Policy::clock;
};

}  // namespace detail

/// All zero at the start: a stored rate of 0 means one half, a time of 0 means not measured yet.
template <class Token, std::size_t Length, draft_knobs Knobs = draft_knobs{}, class Clock = pass_clock>
class draft_gate {
 public:
  static constexpr bool measures = Knobs.measured && detail::clock_ticks<Clock>;

  static std::uint32_t now() {
    if constexpr (measures) return Clock::now();
    else return 0;
  }

  /// How many of these guesses to run.
  std::size_t choose(std::span<const Token> guess) {
    if (checked_ == watched_) {  // one draft at a time is compared with the text, to its end
      watched_ = guess.size() < Length ? guess.size() : Length;
      checked_ = 0;
      for (std::size_t i = 0; i < watched_; ++i) guess_[i] = guess[i];
    }
    float alive = 1;   // probability that all guesses so far are right
    float tokens = 1;  // expected number that the pass gives
    float best = 1;
    std::size_t count = 0;
    for (std::size_t k = 1; k <= guess.size() && k <= Length; ++k) {
      alive *= rate(k - 1);
      tokens += alive;
      const float gain = tokens / cost(k);
      if (gain > best) {
        best = gain;
        count = k;
      }
    }
    return count;
  }

  /// The next token of the text is known.
  void observe(Token token) {
    if (checked_ == watched_) return;
    const bool right = guess_[checked_] == token;
    std::int32_t& r = rates_[checked_];  // moves a sixteenth of the way to the outcome
    r += ((right ? one_half : -one_half) - r) / 16;
    checked_ = right ? checked_ + 1 : watched_;
    if (!right) watched_ = checked_;
  }

  /// A pass with k guesses took from `start` to `end`.
  void took(std::size_t k, std::uint32_t start, std::uint32_t end) {
    if constexpr (measures) {
      const std::uint32_t time = end - start == 0 ? 1 : end - start;
      for (std::uint32_t& t : times_) t -= t / 512;  // times decay, so that an unused k is tried again
      std::uint32_t& t = times_[k];
      if (t == 0) t = time;
      else if (time > 2 * t) t += t / 8;  // an outlier: the system was busy elsewhere
      else t = t - t / 8 + time / 8;
    }
  }

  /// The probability that guess i is right if those before it are.
  float rate(std::size_t i) const { return 0.5F + static_cast<float>(rates_[i]) / (2.0F * one_half); }
  /// The time of a pass with k guesses; a pass without guesses takes 1.
  float cost(std::size_t k) const {
    if constexpr (measures) {
      if (times_[0] == 0) return k == 0 ? 1.0F : 1e9F;  // measures a pass without guesses first
      if (times_[k] != 0) return static_cast<float>(times_[k]) / static_cast<float>(times_[0]);
    }
    return 1.0F + Knobs.batch_cost * static_cast<float>(k);
  }
  /// The text ends: stops comparing the draft with it.
  void unwatch() { watched_ = checked_ = 0; }
  void reset() { *this = {}; }

 private:
  static constexpr std::int32_t one_half = 1 << 16;

  std::array<std::int32_t, Length> rates_{};
  std::array<std::uint32_t, Length + 1> times_{};
  std::array<Token, Length> guess_{};
  std::size_t watched_ = 0;  // guesses in guess_
  std::size_t checked_ = 0;  // of them, right so far
};

}  // namespace mote::inline v0
