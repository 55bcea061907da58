// SPDX-License-Identifier: BSL-1.0
#include "mote/core/check.hpp"

#include <catch2/catch_test_macros.hpp>
#include <type_traits>

namespace {

using mote::let_speak;

enum class member { none, size, read };

// As check.hpp shows it.
template <class P>
inline constexpr member lacks = mote::first_missing<member>(
    {{requires(const P& p) { p.size();
}  // namespace
, member::size
}
, {
  requires(P & p) { p.read(); }
  , member::read
}
});
template <class P>
struct check {
  template <member Member>
  static constexpr bool has = lacks<P> != Member;
  static_assert(has<member::size>, "no size");
  static_assert(has<member::read>, "no read");
};

struct neither {};
struct sized {
  int size() const;
};
struct readable {
  void read();
};
struct both : sized, readable {};

}  // namespace

TEST_CASE("the first member that is missing has a name", "[core][check]") {
  STATIC_CHECK(lacks<neither> == member::size);
  STATIC_CHECK(lacks<readable> == member::size);
  STATIC_CHECK(lacks<sized> == member::read);
  STATIC_CHECK(lacks<both> == member::none);
  STATIC_CHECK(lacks<int> == member::size);
  STATIC_CHECK(std::is_void_v<decltype(let_speak(static_cast<check<both>*>(nullptr)))>);
}
