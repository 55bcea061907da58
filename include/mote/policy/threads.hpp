// SPDX-License-Identifier: BSL-1.0
// A team of threads for boards with several cores under Linux or macOS. Rows are split, sums are not, so the answer is
// bit for bit that of one thread.
//   threads<2>                                        two cores; leave a core free for other work of the program
//   threads<4, threads_knobs{.spins = 0}>             idle threads sleep at once: slower, but saves power
// Cost: 64 bytes for each helper thread and 64 for the team, counted in `scratch`; the helpers' stacks come from the
// system and are not in `cost()`. A part runs through one function pointer, outside of every kernel. No heap, no
// exceptions.
// Refuses targets without threads (bare metal). If the system creates fewer threads than asked for, those do all the
// work.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/config.hpp"
#include "mote/core/slots.hpp"
#include "mote/core/team.hpp"

#if MOTE_WITH_THREADS
#include <pthread.h>

#include <atomic>
#include <type_traits>

#include "mote/simd/arch/pause.hpp"
#endif

namespace mote::inline v0 {

struct threads_knobs {
  /// How often an idle thread polls for work before it sleeps, with a short pause after each poll. At 10 to 50 ns a
  /// poll the default lasts 40 to 200 us: longer than the gap between two matrices or two tokens, shorter than the one
  /// between two questions.
  std::uint32_t spins = 4000;
  /// Work that reads fewer bytes is done by the caller alone: waking the others would take longer.
  std::size_t least_bytes = 32768;
};

#if MOTE_WITH_THREADS

namespace detail {

/// Waits until `word` differs from `old` and returns its new value, loaded with acquire order. Polls `spins` times,
/// then sleeps.
inline std::uint32_t wait_while(const std::atomic<std::uint32_t>& word, std::uint32_t old, std::uint32_t spins) {
  for (std::uint32_t i = 0; i < spins; ++i) {
    const std::uint32_t now = word.load(std::memory_order_acquire);
    if (now != old) return now;
    simd::pause_briefly();
  }
  word.wait(old, std::memory_order_acquire);
  return word.load(std::memory_order_acquire);
}

/// The helper threads. Each run() is a numbered round: the caller increments the number, and each helper stores it in
/// `done` when its part is finished.
template <std::size_t Helpers, threads_knobs Knobs>
class thread_pool {
 public:
  thread_pool() = default;
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;
  ~thread_pool() { stop(); }

  static constexpr std::size_t parts = Helpers + 1;
  static constexpr bool worth_splitting(std::size_t bytes) { return bytes >= Knobs.least_bytes; }

  /// Threads that do the work, including the caller.
  std::size_t size() const { return started_ + 1; }

  /// Starts the helpers that do not run yet, up to the first that the system refuses.
  void start() {
    while (started_ < Helpers) {
      helper& h = helpers_[started_];
      h.owner = this;
      h.part = started_ + 1;
      h.done.store(round_.load(std::memory_order_relaxed), std::memory_order_relaxed);
      if (::pthread_create(
              &h.thread, nullptr,
              [](void* own) -> void* {
                static_cast<helper*>(own)->work();
                return nullptr;
              },
              &h) != 0)
        return;
      ++started_;
    }
  }

  /// Ends the helpers; run() goes on with the caller alone until the next start().
  void stop() {
    if (started_ == 0) return;
    call_ = nullptr;
    next_round();
    for (std::size_t i = 0; i < started_; ++i) ::pthread_join(helpers_[i].thread, nullptr);
    started_ = 0;
  }

  /// Calls f(part, parts) once for each part, part 0 on this thread, and returns when all are done. A call from within
  /// f, or from another thread during a run, does all of its work alone: f(0, 1).
  template <class F>
  void run(F&& f) {
    if (started_ == 0 || busy_.exchange(1, std::memory_order_acquire) != 0) {
      f(std::size_t{0}, std::size_t{1});
      return;
    }
    using callable = std::remove_reference_t<F>;
    job_ = const_cast<void*>(static_cast<const void*>(__builtin_addressof(f)));
    call_ = [](void* job, std::size_t part, std::size_t count) { (*static_cast<callable*>(job))(part, count); };
    const std::uint32_t round = next_round();
    f(std::size_t{0}, started_ + 1);
    for (std::size_t i = 0; i < started_; ++i)
      for (std::uint32_t seen = round - 1; seen != round;) seen = wait_while(helpers_[i].done, round - 1, Knobs.spins);
    busy_.store(0, std::memory_order_release);
  }

 private:
  struct alignas(64) helper {  // a cache line of its own: the caller reads `done` while others work
    std::atomic<std::uint32_t> done{0};
    thread_pool* owner = nullptr;
    std::size_t part = 0;
    pthread_t thread{};

    void work() {
      std::uint32_t round = done.load(std::memory_order_relaxed);
      for (;;) {
        round = wait_while(owner->round_, round, Knobs.spins);
        if (owner->call_ == nullptr) return;
        owner->call_(owner->job_, part, owner->started_ + 1);
        // Sequentially consistent, as next_round(): a waiter must not miss the store between its last poll and its
        // sleep.
        done.store(round);
        done.notify_one();
      }
    }
  };

  std::uint32_t next_round() {
    const std::uint32_t round = round_.fetch_add(1) + 1;
    round_.notify_all();
    return round;
  }

  // The caller writes these before it increments round_; helpers read them after. All share one cache line, so a round
  // moves one line to a helper and one back; one line for each field took 1.6 times as long.
  alignas(64) void* job_ = nullptr;
  void (*call_)(void*, std::size_t, std::size_t) = nullptr;
  std::size_t started_ = 0;
  std::atomic<std::uint32_t> busy_{0};  // not a bool: RISC-V has no atomic byte without libatomic
  std::atomic<std::uint32_t> round_{0};
  helper helpers_[Helpers];
};

}  // namespace detail

#endif

template <std::size_t N = 0 /* refused below */, threads_knobs Knobs = threads_knobs{}>
struct threads {
  using slot = slots::threads;
  static constexpr std::size_t parts = N;

#if MOTE_WITH_THREADS
  using team = detail::thread_pool<(N >= 2 && N <= 64 ? N - 1 : 1), Knobs>;
#else
  using team = single_thread::team;
#endif

  // Last in the class: after a failed assertion Clang drops the members that follow and reports each as missing.
  static_assert(
      N >= 2 && N <= 64,
      "mote: this number of threads makes no team; use threads<2> to <64>, or leave threads<> out for one [mote-threads]");
  static_assert(MOTE_WITH_THREADS == 1 || N == 0,
                "mote: this target has no threads; leave threads<> out, one core does the work [mote-no-threads]");
};

}  // namespace mote::inline v0
