// SPDX-License-Identifier: BSL-1.0
// What makes an incomplete type say one sentence: the members that a concept asks for stand in a list, the first one
// that is missing has a name, and a class of assertions, one a member, says only that one.
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
// Refuses to print: a compiler prints the assertion, and `part_lacks<yours>` is a constant that a test can read.
#pragma once

#include <initializer_list>
#include <type_traits>

#include "mote/config.hpp"

namespace mote::inline v0 {

/// A member that a concept asks for, and whether it is there.
template <class Member>
struct wanted {
  bool there;
  Member name;
};

/// The first member that is not there, in the order of the list; Member{} if all are.
template <class Member>
consteval Member first_missing(std::initializer_list<wanted<Member>> members) {
  for (const wanted<Member>& m : members)
    if (!m.there) return m.name;
  return Member{};
}

/// The check that has something to say; void where all is well.
template <bool Well, class Check>
using unless = std::conditional_t<Well, void, Check>;

/// Instantiates a class, so that its assertions speak, without asking it for a member: Clang would refuse each later
/// use of a class with a failed assertion as well. The lookup of this function's name looks into its argument's class:
///   using said = decltype(let_speak(static_cast<part_check<P>*>(nullptr)));
/// Written out and without a namespace in front, because a qualified name is not looked up in the argument's class, and
/// an alias for it would be one more line of the compilers' way to the message.
void let_speak(const volatile void*);

}  // namespace mote::inline v0
