// SPDX-License-Identifier: BSL-1.0
// Makes an incomplete policy give one error message: a list of the members that a concept requires names the first one
// that is missing, and in a class with one static_assert per member only that one fails.
//
//   enum class part_member { none, size, read };
//   template <class P>
//   inline constexpr part_member part_lacks = first_missing<part_member>({
//       {requires(const P& p) { p.size(); }, part_member::size}, {requires(P& p) { p.read(); }, part_member::read}});
//   template <class P>
//   struct part_check {
//     template <part_member Member>
//     static constexpr bool has = part_lacks<P> != Member;  // a plain bool: Clang would print the comparison as well
//     static_assert(has<part_member::size>, "mote: a part needs size() [your-slug]");
//     static_assert(has<part_member::read>, "mote: a part needs read() [your-slug]");
//   };
//
// Refuses to print: the compiler prints the assertion, and a test can read the constant `part_lacks<yours>`.
#pragma once

#include <initializer_list>
#include <type_traits>

#include "mote/config.hpp"

namespace mote::inline v0 {

/// A member that a concept requires, and whether a type has it.
template <class Member>
struct wanted {
  bool there;
  Member name;
};

/// The first member of the list that is missing; Member{} if none is.
template <class Member>
consteval Member first_missing(std::initializer_list<wanted<Member>> members) {
  for (const wanted<Member>& m : members)
    if (!m.there) return m.name;
  return Member{};
}

/// Check, whose assertions fail, unless Well; then void.
template <bool Well, class Check>
using unless = std::conditional_t<Well, void, Check>;

/// Instantiates a class, so that its assertions are checked, without naming one of its members: Clang would report each
/// later use of a class with a failed assertion as well. Argument-dependent lookup of this name instantiates the class:
///   using said = decltype(let_speak(static_cast<part_check<P>*>(nullptr)));
/// Write the call out, without a namespace in front: a qualified name gets no such lookup, and an alias would add a
/// line to what compilers print before the message.
void let_speak(const volatile void*);

}  // namespace mote::inline v0
