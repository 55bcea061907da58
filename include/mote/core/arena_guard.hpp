// SPDX-License-Identifier: BSL-1.0
// Shows that the lives stated for an arena's tensors are long enough: a pass announces its operations in their order,
// and where MOTE_POISON_ARENA is 1 each announcement overwrites all that no tensor carries into the operation, and finds
// what was written to a tensor outside its life. Where it is 0, the guard is empty and so is each of its calls.
//   a tensor is carried into an operation that lies in its life behind the first one. So it is poison before its first
//   operation, behind its last, and again whenever a loop enters its first operation once more.
// Refuses to know what runs: operations are the numbers of the lifetimes, whoever states them.
#pragma once

#include <cstddef>

#include "mote/core/arena.hpp"

namespace mote::inline v0 {

#if MOTE_POISON_ARENA

/// What all guards of a program do, set before a pass, and what they found, read behind it. Not for several threads.
struct arena_watch {
  static inline bool on = true;
  static inline unsigned char pattern = 0xFF;  ///< of what is dead: as a float, not a number
  static inline std::size_t faults = 0;        ///< tensors found written in an operation in which they do not live
  static inline std::size_t tensor = 0;        ///< the last of them
  static inline int operation = 0;             ///< and where that was
};

template <std::size_t Tensors>
class arena_guard {
 public:
  constexpr arena_guard(std::byte* arena, const arena_plan<Tensors>& plan) : arena_(arena), plan_(plan) {}

  /// What follows is this operation, up to the next call.
  void enter(int operation) { enter(operation, operation); }
  /// What follows is several operations in one call, which no announcement divides.
  void enter(int first, int last) {
    if (!arena_watch::on) return;
    find_writes();
    each_gap(
        0, plan_.bytes, [&](const lifetime& t) { return t.carried_into(first); },
        [&](std::size_t begin, std::size_t end) {
          for (; begin < end; ++begin) arena_[begin] = static_cast<std::byte>(arena_watch::pattern);
        });
    inside_ = true;
    first_ = first;
    last_ = last;
  }
  /// The pass is over: the arena may change hands.
  void leave() {
    if (arena_watch::on) find_writes();
    inside_ = false;
  }

 private:
  void find_writes() const {
    if (!inside_) return;
    const auto lives = [this](const lifetime& t) { return t.lives(first_, last_); };
    for (std::size_t i = 0; i < Tensors; ++i) {
      if (lives(plan_.tensors[i])) continue;
      bool written = false;
      each_gap(plan_[i], plan_[i] + plan_.tensors[i].bytes, lives, [&](std::size_t begin, std::size_t end) {
        for (; begin < end; ++begin) written = written || arena_[begin] != static_cast<std::byte>(arena_watch::pattern);
      });
      if (!written) continue;
      ++arena_watch::faults;
      arena_watch::tensor = i;
      arena_watch::operation = first_;
    }
  }

  /// Calls f(begin, end) for each stretch of [from, to) in which no tensor lies that `lives` says yes to.
  template <class Lives, class Function>
  void each_gap(std::size_t from, std::size_t to, Lives lives, Function f) const {
    while (from < to) {
      std::size_t end = to;
      std::size_t covered = from;
      for (std::size_t i = 0; i < Tensors; ++i) {
        if (!lives(plan_.tensors[i])) continue;
        const std::size_t begin = plan_[i];
        const std::size_t stop = begin + plan_.tensors[i].bytes;
        if (begin <= from && covered < stop) covered = stop;
        if (from < begin && begin < end) end = begin;
      }
      if (covered == from) f(from, end);
      from = covered == from ? end : covered;
    }
  }

  std::byte* arena_;
  arena_plan<Tensors> plan_;
  bool inside_ = false;
  int first_ = 0;
  int last_ = 0;
};

#else

template <std::size_t Tensors>
class arena_guard {
 public:
  constexpr arena_guard(std::byte*, const arena_plan<Tensors>&) {}
  static constexpr void enter(int) {}
  static constexpr void enter(int, int) {}
  static constexpr void leave() {}
};

#endif

}  // namespace mote::inline v0
