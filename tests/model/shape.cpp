// SPDX-License-Identifier: BSL-1.0
#include "mote/model/shape.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <set>
#include <vector>

namespace {

constexpr mote::shape plain{
    .dim = 24, .hidden = 44, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = 37, .context = 64};

template <class Change>
mote::shape with(Change change) {
  mote::shape s = plain;
  change(s);
  return s;
}
template <class Change>
bool is_valid(Change change) {
  return with(change).valid();
}

}  // namespace

TEST_CASE("shape: the widths of queries, keys and values", "[model]") {
  CHECK(plain.head_dim() == 6);
  CHECK(plain.query_dim() == 24);
  CHECK(plain.kv_dim() == 12);
  CHECK(plain.rotary_dim() == 6);
  CHECK(with([](mote::shape& s) { s.rotary_width = 4; }).rotary_dim() == 4);
  const mote::shape wide = with([](mote::shape& s) { s.head_width = 10; });
  CHECK(wide.head_dim() == 10);
  CHECK(wide.query_dim() == 40);
  CHECK(wide.kv_dim() == 20);
}

TEST_CASE("shape: what makes a model and what does not", "[model]") {
  constexpr std::size_t most = 1048576;
  CHECK(plain.valid());
  using s = mote::shape;
  for (const auto member : {&s::dim, &s::hidden, &s::layers, &s::heads, &s::kv_heads, &s::vocab, &s::context})
    CHECK(!is_valid([&](s& x) { x.*member = 0; }));
  for (const auto member : {&s::hidden, &s::layers, &s::vocab, &s::context}) {
    CHECK(is_valid([&](s& x) { x.*member = most; }));
    CHECK(!is_valid([&](s& x) { x.*member = most + 1; }));
  }
  CHECK(!is_valid([](s& x) { x.kv_heads = 3; }));               // 4 heads
  CHECK(!is_valid([](s& x) { x.heads = 5, x.kv_heads = 5; }));  // 24 / 5
  CHECK(is_valid([](s& x) { x.heads = 5, x.kv_heads = 5, x.head_width = 6; }));
  CHECK(!is_valid([](s& x) { x.dim = 20; }));  // heads of 5: no pairs
  CHECK(!is_valid([](s& x) { x.head_width = 7; }));
  CHECK(is_valid([](s& x) { x.head_width = most / 4; }));  // query_dim of 2^20
  CHECK(!is_valid([](s& x) { x.head_width = most / 4 + 2; }));
  CHECK(!is_valid([](s& x) { x.norm_epsilon = 0; }));
  CHECK(!is_valid([](s& x) { x.rope_theta = 1; }));
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  CHECK(!is_valid([&](s& x) { x.norm_epsilon = nan; }));
  CHECK(!is_valid([&](s& x) { x.rope_theta = nan; }));
  CHECK(is_valid([](s& x) { x.rotary_width = 4; }));
  CHECK(!is_valid([](s& x) { x.rotary_width = 3; }));
  CHECK(!is_valid([](s& x) { x.rotary_width = 8; }));  // of heads of 6
  CHECK(is_valid([](s& x) { x.local_theta = 2; }));
  CHECK(!is_valid([](s& x) { x.local_theta = 1; }));
  CHECK(is_valid([](s& x) { x.rope = {.factor = 8, .original_context = 8192}; }));
  CHECK(!is_valid([](s& x) { x.rope.factor = 0.5F; }));
  CHECK(!is_valid([&](s& x) { x.rope.factor = nan; }));
  CHECK(!is_valid([](s& x) { x.rope.low_frequency_factor = 4; }));  // not below the high one
  CHECK(!is_valid([](s& x) { x.rope.original_context = most + 1; }));
  for (const auto member : {&s::softcap, &s::score_scale, &s::logit_softcap}) {
    for (const float good : {0.0F, 50.0F, 0x1p-20F, 0x1p20F}) CHECK(is_valid([&](s& x) { x.*member = good; }));
    for (const float bad : {-1.0F, 0x1p-21F, 0x1p21F, nan, inf}) CHECK(!is_valid([&](s& x) { x.*member = bad; }));
  }
}

TEST_CASE("shape: each fact but the context changes the fingerprint", "[model]") {
  using s = mote::shape;
  std::set<std::uint64_t> all{plain.fingerprint(), plain.fingerprint("gpt2")};
  std::size_t count = 2;
  const auto differs = [&](auto change) {
    all.insert(with(change).fingerprint());
    CHECK(all.size() == ++count);
  };
  differs([](s& x) { x.dim = 32; });
  differs([](s& x) { x.hidden = 45; });
  differs([](s& x) { x.layers = 3; });
  differs([](s& x) { x.heads = 2; });
  differs([](s& x) { x.kv_heads = 4; });
  differs([](s& x) { x.vocab = 38; });
  differs([](s& x) { x.tied_head = false; });
  differs([](s& x) { x.rope_theta = 500000; });
  differs([](s& x) { x.norm_epsilon = 1e-6F; });
  for (const std::size_t n : {8U, 10U}) {  // the number, not only whether there is one
    differs([&](s& x) { x.head_width = n; });
    differs([&](s& x) { x.window = n; });
    differs([&](s& x) { x.softcap = static_cast<float>(n); });
    differs([&](s& x) { x.score_scale = static_cast<float>(n); });
    differs([&](s& x) { x.rotary_width = n - 6; });
    differs([&](s& x) { x.local_theta = static_cast<float>(n); });
    differs([&](s& x) { x.logit_softcap = static_cast<float>(n); });
    differs([&](s& x) { x.per_layer_width = static_cast<std::uint16_t>(n); });
    differs([&](s& x) { x.rope.factor = static_cast<float>(n); });
    differs([&](s& x) { x.rope = {.factor = 8, .original_context = n}; });
    differs([&](s& x) {
      x.rope = {.factor = 8, .low_frequency_factor = 1.0F / static_cast<float>(n), .original_context = 64};
    });
    differs(
        [&](s& x) { x.rope = {.factor = 8, .high_frequency_factor = static_cast<float>(n), .original_context = 64}; });
  }
  CHECK(with([](s& x) { x.context = 65; }).fingerprint() == plain.fingerprint());
  CHECK(with([](s& x) { x.head_width = 6; }).fingerprint() == plain.fingerprint());  // what it would be anyway
  CHECK(with([](s& x) { x.rotary_width = 6; }).fingerprint() == plain.fingerprint());
  CHECK(with([](s& x) { x.rope.original_context = 99; }).fingerprint() == plain.fingerprint());  // of a scaling by 1
  CHECK(plain.fingerprint() == plain.fingerprint("llama"));
}
