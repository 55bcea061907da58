// SPDX-License-Identifier: BSL-1.0
// The slot that says who runs a kernel: the caller alone (single_thread, the default) or threads (policy/threads.hpp).
// Refuses to split a sum: a part is a range of rows, so the number of threads does not change a bit of the answer.
#pragma once

#include <concepts>
#include <cstddef>

#include "mote/config.hpp"
#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"

namespace mote::inline v0 {

/// A range of rows, tiles or heads: [first, last).
struct part_range {
  std::size_t first = 0;
  std::size_t last = 0;
  constexpr std::size_t count() const { return last - first; }
  constexpr bool operator==(const part_range&) const = default;
};

/// The range of part `part` when `count` things are split into `parts` contiguous ranges; sizes differ by at most one.
constexpr part_range part_of(std::size_t count, std::size_t part, std::size_t parts) {
  const std::size_t each = count / parts;
  const std::size_t more = count % parts;  // the first `more` parts get one more; count * part could overflow 32 bits
  const std::size_t first = part * each + (part < more ? part : more);
  return {first, first + each + (part < more ? 1U : 0U)};
}

/// The default of the threads slot: the caller does everything. run(f) is f(0, 1), inlined.
struct single_thread {
  using slot = slots::threads;
  static constexpr std::size_t parts = 1;

  struct team {
    static constexpr std::size_t parts = 1;
    static void start() {}
    static void stop() {}
    static constexpr std::size_t size() { return 1; }
    /// Whether splitting work that reads this many bytes saves time.
    static constexpr bool worth_splitting(std::size_t) { return false; }
    template <class F>
    MOTE_INLINE static constexpr void run(F&& f) {
      f(std::size_t{0}, std::size_t{1});
    }
  };
};

/// The members of a policy of the threads slot, in the order in which they are checked.
enum class threads_member { none, parts, team, start, worth_splitting, run };

namespace detail {

template <class P>
inline constexpr bool threads_has_parts = requires {
  { P::parts } -> std::convertible_to<std::size_t>;
};
template <class P>
inline constexpr bool threads_has_team = requires { requires std::default_initializable<typename P::team>; };
template <class P>
inline constexpr bool team_starts = requires(typename P::team& t) { t.start(); };
template <class P>
inline constexpr bool team_says_worth = requires(const typename P::team& t, std::size_t bytes) {
  { t.worth_splitting(bytes) } -> std::convertible_to<bool>;
};
template <class P>
inline constexpr bool team_runs =
    requires(typename P::team& t, void (&work)(std::size_t, std::size_t)) { t.run(work); };

}  // namespace detail

template <class P>
inline constexpr threads_member threads_lacks = first_missing<threads_member>({
    {detail::threads_has_parts<P>, threads_member::parts},
    {detail::threads_has_team<P>, threads_member::team},
    {detail::team_starts<P>, threads_member::start},
    {detail::team_says_worth<P>, threads_member::worth_splitting},
    {detail::team_runs<P>, threads_member::run},
});

template <class P>
struct threads_check {
  using m = threads_member;
  template <m Member>
  static constexpr bool has = threads_lacks<P> != Member;
  static_assert(has<m::parts>,
                "mote: this policy does not say how many cores work; give it `parts` [mote-threads-policy]");
  static_assert(has<m::team>,
                "mote: this policy has nobody who does the work; give it a class `team` [mote-threads-policy]");
  static_assert(has<m::start>, "mote: this policy's team does not begin; give it `start()` [mote-threads-policy]");
  static_assert(
      has<m::worth_splitting>,
      "mote: this policy's team does not say what is worth sharing; give it `bool worth_splitting(std::size_t bytes)` [mote-threads-policy]");
  static_assert(
      has<m::run>,
      "mote: this policy's team does no work; give it `run(f)`, which calls f(part, parts) for each part [mote-threads-policy]");
};

/// The threads slot.
struct slots::threads : slot_facts {
  using fallback = single_thread;
  template <class P, class>
  using lack = unless<threads_lacks<P> == threads_member::none, threads_check<P>>;
};

}  // namespace mote::inline v0
