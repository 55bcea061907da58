// SPDX-License-Identifier: BSL-1.0
// Tests at run time that the lifetimes stated for an arena's tensors are long enough. A pass announces its operations
// in order. If MOTE_POISON_ARENA is 1, each announcement finds tensors that were written outside their life, and then
// overwrites every byte that no tensor carries into the operation. If it is 0, the guard does nothing.
//   A tensor is carried into an operation if it lives in it and in the one before. So it is poisoned before its first
//   operation, after its last, and whenever a loop enters its first operation again.
// Refuses to know what runs: an operation is only the number that the lifetimes use.
#pragma once

#include <cstddef>
#include <cstring>

#include "mote/core/arena.hpp"

namespace mote::inline v0 {

#if MOTE_POISON_ARENA

/// Settings of all guards of a program (set before a pass) and their findings (read after it). For one thread only.
struct arena_watch {
  static inline bool on = true;
  static inline unsigned char pattern = 0xFF;  ///< overwrites dead bytes; 0xFF makes every float a NaN
  static inline std::size_t faults = 0;        ///< how often a tensor was written in an operation outside its life
  static inline std::size_t tensor = 0;        ///< the tensor of the last fault
  static inline int operation = 0;             ///< the operation of the last fault
};

template <std::size_t Tensors>
class arena_guard {
 public:
  constexpr arena_guard(std::byte* arena, const arena_plan<Tensors>& plan) : arena_(arena), plan_(plan) {}

  /// From here to the next call, this operation runs.
  void enter(int operation) { enter(operation, operation); }
  /// From here to the next call, operations first to last run, in one function that announces none of them.
  void enter(int first, int last) {
    if (!arena_watch::on) return;
    find_writes();
    each_gap(
        0, plan_.bytes, [&](const lifetime& t) { return t.carried_into(first); },
        [&](std::size_t begin, std::size_t end) { std::memset(arena_ + begin, arena_watch::pattern, end - begin); });
    inside_ = true;
    first_ = first;
    last_ = last;
  }
  /// The pass is over; others may write to the arena.
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
        const std::byte* const bytes = arena_ + begin;
        written = written || bytes[0] != static_cast<std::byte>(arena_watch::pattern) ||
                  std::memcmp(bytes, bytes + 1, end - begin - 1) != 0;
      });
      if (!written) continue;
      ++arena_watch::faults;
      arena_watch::tensor = i;
      arena_watch::operation = first_;
    }
  }

  /// Calls f(begin, end) for each run of bytes in [from, to) that belongs to no tensor for which `lives` is true.
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
