// SPDX-License-Identifier: BSL-1.0
// Sanitized at -O1: computes for longer than it is compiled.
#include "mote/policy/cache.hpp"

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

namespace {

using member = mote::cache_member;

// Each lacks the next member only.
struct p0 {};
struct p1 {
  struct store {};
};
struct p2 {
  struct store {
    static std::size_t bytes(const mote::cache_shape&, std::size_t);
  };
};
struct p3 {
  struct store : p2::store {
    static std::size_t scratch_floats(const mote::cache_shape&, std::size_t, std::size_t);
  };
};
struct p4 {
  struct store : p3::store {
    static std::size_t rollback_tokens(std::size_t);
  };
};
struct p5 {
  struct store : p4::store {
    store(std::byte*, const mote::cache_shape&, std::size_t);
  };
};
struct p6 {
  struct store : p5::store {
    using p5::store::store;
    template <class Attention>
    void attend(const Attention&, const mote::attention_run&, std::size_t, std::size_t, float*) const;
  };
};

template <class Policy>
constexpr std::size_t bytes_of(std::size_t context) {
  return Policy::store::bytes({{.heads = 8, .kv_heads = 4, .head_dim = 32}, 3}, context);
}

}  // namespace

TEST_CASE("cache: the first member that a policy lacks is named", "[policy]") {
  STATIC_REQUIRE(mote::cache_lacks<p0> == member::store);
  STATIC_REQUIRE(mote::cache_lacks<p1> == member::bytes);
  STATIC_REQUIRE(mote::cache_lacks<p2> == member::scratch_floats);
  STATIC_REQUIRE(mote::cache_lacks<p3> == member::rollback_tokens);
  STATIC_REQUIRE(mote::cache_lacks<p4> == member::made_of_memory);
  STATIC_REQUIRE(mote::cache_lacks<p5> == member::attend);
  STATIC_REQUIRE(mote::cache_lacks<p6> == member::none);
  STATIC_REQUIRE(mote::cache_lacks<mote::cache<8>> == member::none);
  STATIC_REQUIRE(mote::cache_lacks<mote::kivi<2, 96>> == member::none);
}

TEST_CASE("cache: bytes are those of the menu", "[policy]") {
  // 3 layers, 4 heads of 32 channels: 384 channels of keys and of values a token.
  for (const std::size_t context : {64U, 512U}) {
    CHECK(bytes_of<mote::cache<32>>(context) == context * 384 * 8);
    CHECK(bytes_of<mote::cache<16>>(context) == context * 384 * 4);
    CHECK(bytes_of<mote::cache<8>>(context) == context * (384 * 2 + 12 * 6));
  }
  STATIC_REQUIRE(std::is_same_v<mote::slots::cache::fallback, mote::cache<32>>);
  STATIC_REQUIRE(std::is_same_v<mote::cache<16>::store, mote::half_cache>);
  STATIC_REQUIRE(bytes_of<mote::kivi<2>>(4096) < bytes_of<mote::kivi<4>>(4096));
  STATIC_REQUIRE(bytes_of<mote::kivi<4>>(4096) < bytes_of<mote::kivi<8>>(4096));
  STATIC_REQUIRE(bytes_of<mote::kivi<8>>(4096) < bytes_of<mote::cache<8>>(4096) * 11 / 10);
  STATIC_REQUIRE(bytes_of<mote::kivi<4, 32>>(4096) < bytes_of<mote::kivi<4, 128>>(4096));
}
