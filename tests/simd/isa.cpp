// SPDX-License-Identifier: BSL-1.0
#include "mote/simd/isa.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <type_traits>

#include "mote/kernel/arch/guarded.hpp"
#include "mote/simd/arch/tile_order.hpp"
#include "mote/simd/dot4.hpp"
#include "tags.hpp"

namespace simd = mote::simd;

namespace {
template <class Tag>
concept borrows_tiles = requires { typename Tag::tile_body; };

bool is_one_of(std::size_t n, auto... those) { return ((n == static_cast<std::size_t>(those)) || ...); }

[[maybe_unused]] bool lie_alike(const simd::tile_order& a, const simd::tile_order& b) {
  return a.key_rows == b.key_rows && a.key_depth == b.key_depth && a.value_depth == b.value_depth &&
         a.pairs == b.pairs && a.heads == b.heads && a.narrow == b.narrow;
}
}  // namespace

TEMPLATE_LIST_TEST_CASE("a tag's traits are among those that kernels know", "[simd][isa]", mote_tests::isa_tags) {
  using tag = TestType;
  CHECK(is_one_of(tag::integer_tokens, 1, 4, 8));  // matmul() goes on with halves of it
  CHECK(is_one_of(tag::integer_tiles, 1, 2));      // and with one tile
  CHECK(is_one_of(tag::float_tiles, 1, 2));
  CHECK(is_one_of(tag::float_tokens, 4, 8));
  CHECK(simd::dot4<tag, mote::interleaved_rows(tag::value)>::own == (tag::value != mote::isa::scalar));
  // Whoever takes the bodies of another tag for tiles has them lie as that one's do.
  if constexpr (borrows_tiles<tag>)
    CHECK(lie_alike(simd::tile_order_of(tag::value), simd::tile_order_of(tag::tile_body::value)));
}

TEST_CASE("the native tag is one that this binary has, the last of its kind", "[simd][isa]") {
  STATIC_CHECK(std::is_same_v<simd::native, simd::scalar> == (simd::native::value == mote::isa::scalar));
  bool found = false;
  mote_tests::for_each_isa([&]<class Tag>() { found = found || std::is_same_v<Tag, simd::native>; });
  CHECK(found);
  CHECK(simd::tile_tokens == (simd::native::value == mote::isa::scalar ? 8U : 32U));
  CHECK(simd::floats<16>::machine_registers >= simd::floats<16>::registers);
}

TEST_CASE("without vectors under guard nothing is done for a kernel", "[simd][isa]") {
  using mote::detail::unguarded;
  float x[16] = {1.0F};
  float y[16] = {};
  CHECK_FALSE(unguarded::offered);
  CHECK_FALSE(unguarded::swiglu(x, x, y));
  CHECK(y[0] == 0.0F);
  if (simd::native::value != mote::isa::mve) CHECK_FALSE(mote::detail::guarded::offered);
}
