// SPDX-License-Identifier: BSL-1.0
// The caches against attention in double precision over what they were given; and what a cache promises: runs of tokens,
// splits of the heads, tokens taken back and the order of an instruction set change no bit.
// Sanitized at -O1: computes for longer than it is compiled.
#include "mote/model/cache.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <memory>
#include <tuple>
#include <type_traits>
#include <vector>

#include "../synthetic_model.hpp"
#include "mote/core/rng.hpp"
#include "mote/model/attention_form.hpp"
#include "mote/policy/cache.hpp"
#include "mote/simd/float16.hpp"

using mote::shape;
using mote_tests::aligned_bytes;

namespace {

constexpr shape form(std::size_t heads, std::size_t kv_heads, std::size_t head_dim) {
  return {.dim = heads * head_dim,
          .hidden = 4,
          .layers = 2,
          .heads = heads,
          .kv_heads = kv_heads,
          .vocab = 4,
          .context = 128};
}
constexpr shape forms[] = {form(8, 4, 8), form(4, 2, 6), form(3, 3, 48), form(9, 1, 64), form(1, 1, 2), form(6, 2, 20)};
constexpr std::size_t context = 83;  // no multiple of a tile

/// Queries, keys and values of every token and layer; a third of the channels lie far off centre, as keys do.
struct material {
  shape s;
  std::size_t tokens;
  bool both_ways = false;
  std::vector<float> q, k, v;  // (tokens, layers, query_dim or kv_dim)

  material(const shape& of, std::size_t n, std::uint64_t seed) : s(of), tokens(n) {
    mote::rng random(seed);
    const auto draw = [&](std::vector<float>& to, std::size_t width, float aside) {
      to.resize(n * s.layers * width);
      for (std::size_t i = 0; i < to.size(); ++i)
        to[i] = (random.uniform() - 0.5F) * 2.0F + (i % width % 3 == 0 ? aside : 0.0F);
    };
    draw(q, s.query_dim(), 0);
    draw(k, s.kv_dim(), 3);
    draw(v, s.kv_dim(), 0);
  }
  std::size_t at(std::size_t token, std::size_t layer, std::size_t width) const {
    return (token * s.layers + layer) * width;
  }

  /// One query head's answer, in double.
  std::vector<double> answer(std::size_t token, std::size_t layer, std::size_t head) const {
    const std::size_t d = s.head_dim(), kv = head / (s.heads / s.kv_heads);
    const std::size_t seen = both_ways ? tokens : token + 1;
    const std::size_t first = s.window != 0 && s.window < seen ? seen - s.window : 0;
    std::vector<double> e(seen), out(d);
    double most = -1e300, sum = 0;
    for (std::size_t t = first; t < seen; ++t) {
      double dot = 0;
      for (std::size_t c = 0; c < d; ++c)
        dot += static_cast<double>(q[at(token, layer, s.query_dim()) + head * d + c]) *
               static_cast<double>(k[at(t, layer, s.kv_dim()) + kv * d + c]);
      e[t] = s.score_scale != 0 ? dot * static_cast<double>(s.score_scale) : dot / std::sqrt(static_cast<double>(d));
      if (s.softcap != 0) e[t] = static_cast<double>(s.softcap) * std::tanh(e[t] / static_cast<double>(s.softcap));
      most = std::max(most, e[t]);
    }
    for (std::size_t t = first; t < seen; ++t) sum += e[t] = std::exp(e[t] - most);
    for (std::size_t t = first; t < seen; ++t)
      for (std::size_t c = 0; c < d; ++c)
        out[c] += e[t] / sum * static_cast<double>(v[at(t, layer, s.kv_dim()) + kv * d + c]);
    return out;
  }
};

/// What was given to a cache, whatever its type.
class kept_by_any {
 public:
  explicit kept_by_any(const shape& s) : s_(s) {}
  virtual ~kept_by_any() = default;
  /// The answers to `tokens` tokens from `position` on, of one layer, for the key heads [first, last).
  virtual void run(const material& m, std::size_t layer, std::size_t position, std::size_t tokens, std::size_t first,
                   std::size_t last, std::vector<float>& out) = 0;
  std::vector<float> one_by_one(const material& m) {
    std::vector<float> out(m.q.size());
    for (std::size_t t = 0; t < m.tokens; ++t)
      for (std::size_t layer = 0; layer < s_.layers; ++layer) run(m, layer, t, 1, 0, s_.kv_heads, out);
    return out;
  }

 protected:
  shape s_;
};

template <class Cache, class Form = mote::attention_form<>>
class kept : public kept_by_any {
 public:
  explicit kept(const shape& s)
      : kept_by_any(s),
        memory_(Cache::bytes(mote::cache_shape_of(s), context)),
        cache_(memory_.span().data(), mote::cache_shape_of(s), context),
        scratch_(Cache::scratch_floats(mote::cache_shape_of(s), context, context)) {
    std::memset(memory_.span().data(), 0xFF, memory_.span().size());  // NaN: what was not kept must not be seen
    std::fill(scratch_.begin(), scratch_.end(), std::nanf(""));
  }
  void run(const material& m, std::size_t layer, std::size_t position, std::size_t tokens, std::size_t first,
           std::size_t last, std::vector<float>& out) override {
    const mote::attention_run r{.layer = layer,
                                .position = position,
                                .tokens = tokens,
                                .query = &m.q[m.at(position, layer, s_.query_dim())],
                                .key = &m.k[m.at(position, layer, s_.kv_dim())],
                                .value = &m.v[m.at(position, layer, s_.kv_dim())],
                                .out = &out[m.at(position, layer, s_.query_dim())],
                                .query_stride = s_.layers * s_.query_dim(),
                                .key_stride = s_.layers * s_.kv_dim()};
    cache_.attend(Form::of(s_), r, first, last, scratch_.data());
  }

 private:
  aligned_bytes memory_;
  Cache cache_;
  std::vector<float> scratch_;
};

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/// The largest error of what was got for a token, against what double makes of what should have been seen.
double error_at(const material& m, std::size_t t, const material& seen, const std::vector<float>& got) {
  const shape& s = m.s;
  double largest = 0;
  for (std::size_t layer = 0; layer < s.layers; ++layer)
    for (std::size_t h = 0; h < s.heads; ++h) {
      const auto want = seen.answer(t, layer, h);
      for (std::size_t c = 0; c < want.size(); ++c) {
        const double error =
            std::abs(want[c] - static_cast<double>(got[m.at(t, layer, s.query_dim()) + h * s.head_dim() + c]));
        REQUIRE(std::isfinite(error));
        largest = std::max(largest, error);
      }
    }
  return largest;
}

/// The largest error against double, of values within [-1, 1].
template <class Cache>
double largest_error(const shape& s) {
  const material m(s, context, 11);
  const std::vector<float> got = kept<Cache>(s).one_by_one(m);
  double largest = 0;
  for (std::size_t t = 0; t < m.tokens; ++t) largest = std::max(largest, error_at(m, t, m, got));
  return largest;
}

}  // namespace

TEST_CASE("a cache answers as attention in double does", "[cache]") {
  for (const shape& s : forms) {
    CAPTURE(s.heads, s.kv_heads, s.head_dim());
    CHECK(largest_error<mote::float_cache>(s) < 2e-6);
    CHECK(largest_error<mote::half_cache>(s) < 4e-3);    // keys of 3 or 4 are rounded to 1/1024 each
    CHECK(largest_error<mote::int8_cache<>>(s) < 0.04);  // a step of keys is 5 / 254 here, one of values 2 / 254
  }
}

namespace {

/// Runs of tokens, key heads one by one, and tokens taken back give the bits of one token after another.
/// At most `taken_back` of them.
void check_runs(std::unique_ptr<kept_by_any> (*make)(const shape&), std::size_t taken_back, const shape& s) {
  const material m(s, context, 12);
  const std::vector<float> expected = make(s)->one_by_one(m);

  const auto chunks = make(s);
  std::vector<float> got(m.q.size());
  for (std::size_t t = 0, n = 1; t < m.tokens; t += n, n = n * 2 + 1) {
    n = std::min(n, m.tokens - t);
    for (std::size_t layer = 0; layer < s.layers; ++layer)
      for (std::size_t kv = s.kv_heads; kv-- > 0;) chunks->run(m, layer, t, n, kv, kv + 1, got);
  }
  CHECK(same_bits(got, expected));

  // Another ending first, then taken back.
  const std::size_t back = std::min<std::size_t>(taken_back, 40);
  const material other(s, context, 13);
  std::vector<float> unused(m.q.size());
  for (const std::size_t end : {back + 1, std::size_t{64}, std::size_t{65}, std::size_t{70}, context}) {
    CAPTURE(back, end);
    const auto again = make(s);
    got.assign(m.q.size(), 0.0F);
    for (std::size_t layer = 0; layer < s.layers; ++layer) {
      again->run(m, layer, 0, end - back, 0, s.kv_heads, got);
      again->run(other, layer, end - back, back, 0, s.kv_heads, unused);
      again->run(m, layer, end - back, context - (end - back), 0, s.kv_heads, got);
    }
    CHECK(same_bits(got, expected));
  }
}
template <class Cache, class Form>
void check_runs(const shape& s) {
  check_runs([](const shape& of) -> std::unique_ptr<kept_by_any> { return std::make_unique<kept<Cache, Form>>(of); },
             Cache::rollback_tokens(context), s);
}

#if MOTE_TEST_FEW_TYPES
using richer_caches = std::tuple<mote::float_cache, mote::half_cache, mote::int8_cache<>, mote::kivi_cache<4, 64>>;
using plain_caches = richer_caches;
#else
using richer_caches = std::tuple<mote::float_cache, mote::half_cache, mote::int8_cache<>, mote::kivi_cache<8, 32>,
                                 mote::kivi_cache<4, 64>>;
using plain_caches = std::tuple<mote::float_cache, mote::half_cache, mote::int8_cache<>, mote::kivi_cache<8, 32>,
                                mote::kivi_cache<4, 64>, mote::kivi_cache<2, 64>, mote::kivi_cache<4, 96>>;
#endif
using every_feature = mote::attention_form<mote::windowed, mote::softcapped, mote::score_scaled>;

/// Forms whose heads are not dim / heads wide, with windows around the sizes of groups and tiles, with caps and scales.
std::vector<shape> richer_forms() {
  std::vector<shape> all;
  constexpr std::size_t windows[] = {0, 1, 3, 8, 16, 17, 31, 32, 33, 50, 64, 200};
  std::size_t i = 0;
  for (const std::size_t window : windows) {
    shape s = forms[i % std::size(forms)];
    s.dim = 48, s.head_width = s.heads == 3 ? 46 : forms[i % std::size(forms)].head_dim();
    s.window = window, s.softcap = i % 3 == 1 ? 2.5F : 0.0F, s.score_scale = i % 4 == 3 ? 0.4F : 0.0F;
    all.push_back(s);
    ++i;
  }
  return all;
}

template <class Cache>
double richer_error(const shape& s) {
  const material m(s, context, 11);
  const std::vector<float> got = kept<Cache, every_feature>(s).one_by_one(m);
  double largest = 0;
  for (std::size_t t = 0; t < m.tokens; ++t) largest = std::max(largest, error_at(m, t, m, got));
  return largest;
}

}  // namespace

TEST_CASE("a cache answers with a window, a cap and a scale as attention in double does", "[cache]") {
  for (const shape& s : richer_forms()) {
    CAPTURE(s.heads, s.kv_heads, s.head_dim(), s.window, s.softcap, s.score_scale);
    CHECK(richer_error<mote::float_cache>(s) < 3e-6);
    CHECK(richer_error<mote::half_cache>(s) < 4e-3);
    CHECK(richer_error<mote::int8_cache<>>(s) < 0.05);
    CHECK(richer_error<mote::kivi_cache<8, 32>>(s) < 0.05);
    const bool plain = s.window == 0 && s.softcap == 0 && s.score_scale == 0;
    const material m(s, context, 20);
    CHECK(
        same_bits(kept<mote::float_cache, every_feature>(s).one_by_one(m), kept<mote::float_cache>(s).one_by_one(m)) ==
        (plain || (s.window >= context && s.softcap == 0 && s.score_scale == 0)));
  }
}

TEMPLATE_LIST_TEST_CASE("with a window, a cap and a scale too, runs, splits and tokens taken back change no bit",
                        "[cache]", richer_caches) {
  for (const shape& s : richer_forms()) {
    CAPTURE(s.heads, s.kv_heads, s.head_dim(), s.window, s.softcap, s.score_scale);
    check_runs<TestType, every_feature>(s);
  }
}

TEST_CASE("tokens that see each other: one run, split by heads, as attention in double does", "[cache]") {
  using encoder = mote::attention_form<mote::softcapped, mote::looks_both_ways>;
  for (shape s : forms)
    for (const float cap : {0.0F, 2.5F}) {
      s.softcap = cap;
      CAPTURE(s.heads, s.kv_heads, s.head_dim(), cap);
      material m(s, 45, 21);
      m.both_ways = true;
      const auto check = [&]<class Cache>(std::type_identity<Cache>, double most) {
        kept<Cache, encoder> whole(s), split(s);
        std::vector<float> got(m.q.size()), again(m.q.size());
        for (std::size_t layer = 0; layer < s.layers; ++layer) {
          whole.run(m, layer, 0, m.tokens, 0, s.kv_heads, got);
          for (std::size_t kv = 0; kv < s.kv_heads; ++kv) split.run(m, layer, 0, m.tokens, kv, kv + 1, again);
        }
        CHECK(same_bits(got, again));
        for (std::size_t t = 0; t < m.tokens; ++t) CHECK(error_at(m, t, m, got) < most);
      };
      check(std::type_identity<mote::float_cache>{}, 3e-6);
      check(std::type_identity<mote::half_cache>{}, 4e-3);
      check(std::type_identity<mote::int8_cache<>>{}, 0.05);
    }
}

TEMPLATE_LIST_TEST_CASE("runs, splits and tokens taken back change no bit", "[cache]", plain_caches) {
  for (const shape& s : forms) {
    CAPTURE(s.heads, s.kv_heads, s.head_dim());
    check_runs<TestType, mote::attention_form<>>(s);
  }
}

namespace {

/// KIVI by its definition, with loops over single numbers: how a token is read once it is old.
struct rounded_group {
  double step, least;
  double most;
  rounded_group(const std::vector<float>& x, int levels) : most(levels - 1) {
    const float low = *std::min_element(x.begin(), x.end());
    std::uint16_t half = mote::simd::to_binary16(low);
    while (mote::simd::from_binary16(half) > low)  // the next half below
      half = half == 0 ? 0x8001 : static_cast<std::uint16_t>((half & 0x8000U) != 0 ? half + 1 : half - 1);
    least = static_cast<double>(mote::simd::from_binary16(half));
    const double range = static_cast<double>(*std::max_element(x.begin(), x.end())) - least;
    step = static_cast<double>(mote::simd::from_binary16(mote::simd::to_binary16(static_cast<float>(range / most))));
  }
  double seen(float x) const {
    if (step == 0.0) return least;
    return least + step * std::clamp(std::nearbyint((static_cast<double>(x) - least) / step), 0.0, most);
  }
};

/// The material as a query of `count` tokens sees it, of which `coded` are old.
material kivi_view(const material& m, std::size_t coded, int levels) {
  material seen = m;
  const std::size_t dim = m.s.head_dim(), kv_dim = m.s.kv_dim();
  for (std::size_t layer = 0; layer < m.s.layers; ++layer)
    for (std::size_t kv = 0; kv < m.s.kv_heads; ++kv) {
      for (std::size_t t = 0; t < coded; t += 32)
        for (std::size_t d = kv * dim; d < (kv + 1) * dim; ++d) {
          std::vector<float> x;
          for (std::size_t i = 0; i < 32; ++i) x.push_back(m.k[m.at(t + i, layer, kv_dim) + d]);
          const rounded_group g(x, levels);
          for (std::size_t i = 0; i < 32; ++i)
            seen.k[m.at(t + i, layer, kv_dim) + d] = static_cast<float>(g.seen(x[i]));
        }
      for (std::size_t t = 0; t < coded; ++t)
        for (std::size_t d = 0; d < dim; d += 32) {
          const auto from = m.v.begin() + static_cast<std::ptrdiff_t>(m.at(t, layer, kv_dim) + kv * dim + d);
          const std::vector<float> x(from, from + static_cast<std::ptrdiff_t>(std::min<std::size_t>(32, dim - d)));
          const rounded_group g(x, levels);
          for (std::size_t i = 0; i < x.size(); ++i)
            seen.v[m.at(t, layer, kv_dim) + kv * dim + d + i] = static_cast<float>(g.seen(x[i]));
        }
    }
  return seen;
}

/// The largest difference between a cache and KIVI in double, where `coded(count)` tokens are old.
template <class Cache, class Coded>
double largest_difference(const shape& s, int levels, Coded coded) {
  const material m(s, context, 16);
  const std::vector<float> got = kept<Cache>(s).one_by_one(m);
  double largest = 0;
  for (std::size_t t = 0; t < m.tokens; t += t % 32 < 3 ? 1 : 7)
    largest = std::max(largest, error_at(m, t, kivi_view(m, coded(t + 1), levels), got));
  return largest;
}

}  // namespace

TEMPLATE_TEST_CASE("one token's key and value may lie where the scratch or the answer will", "[cache]",
                   mote::float_cache, mote::half_cache, mote::int8_cache<>, (mote::kivi_cache<8, 32>),
                   (mote::kivi_cache<4, 64>)) {
  for (const shape& s : forms) {
    CAPTURE(s.heads, s.kv_heads, s.head_dim());
    const material m(s, context, 19);
    const auto apart = kept<TestType>(s).one_by_one(m);
    const std::size_t scratch = mote::padded(TestType::scratch_floats(mote::cache_shape_of(s), context));
    for (const bool under_scratch : {true, false}) {
      aligned_bytes memory(TestType::bytes(mote::cache_shape_of(s), context));
      const TestType cache(memory.span().data(), mote::cache_shape_of(s), context);
      std::vector<float> room(std::max(scratch, s.query_dim()) + 2 * s.kv_dim());
      std::vector<float> elsewhere(std::max(scratch, s.query_dim()));
      std::vector<float> out(m.q.size());
      for (std::size_t t = 0; t < m.tokens; ++t) {
        for (std::size_t layer = 0; layer < s.layers; ++layer) {
          std::copy_n(&m.k[m.at(t, layer, s.kv_dim())], s.kv_dim(), room.begin());
          std::copy_n(&m.v[m.at(t, layer, s.kv_dim())], s.kv_dim(), room.data() + s.kv_dim());
          float* answer = under_scratch ? elsewhere.data() : room.data();
          const mote::attention_run r{.layer = layer,
                                      .position = t,
                                      .query = &m.q[m.at(t, layer, s.query_dim())],
                                      .key = room.data(),
                                      .value = room.data() + s.kv_dim(),
                                      .out = answer,
                                      .query_stride = s.query_dim(),
                                      .key_stride = s.kv_dim()};
          cache.attend(mote::cache_shape_of(s), r, 0, s.kv_heads, under_scratch ? room.data() : elsewhere.data());
          std::copy_n(answer, s.query_dim(), &out[m.at(t, layer, s.query_dim())]);
        }
      }
      CAPTURE(under_scratch);
      CHECK(same_bits(out, apart));
    }
  }
}

TEST_CASE("kivi reads old tokens in groups, keys by channel and values by token, and new ones as they are", "[cache]") {
  const auto all_but_one = [](std::size_t count) { return (count - 1) / 32 * 32; };
  for (const shape& s : forms) {
    CAPTURE(s.heads, s.kv_heads, s.head_dim());
    CHECK(largest_difference<mote::kivi_cache<8, 32>>(s, 256, all_but_one) < 1e-3);
    CHECK(largest_difference<mote::kivi_cache<4, 32>>(s, 16, all_but_one) < 1e-3);
    CHECK(largest_difference<mote::kivi_cache<2, 64>>(s, 4, all_but_one) < 1e-3);
    const auto none = [](std::size_t) { return std::size_t{0}; };
    CHECK(largest_difference<mote::kivi_cache<4, 64>>(s, 16, none) > 1e-3);  // so it is rounded
  }
}

TEST_CASE("kivi with a window as long as the context is cache<32>", "[cache]") {
  for (const shape& s : forms) {
    const material m(s, context, 17);
    CHECK(same_bits(kept<mote::kivi_cache<2, 96>>(s).one_by_one(m), kept<mote::float_cache>(s).one_by_one(m)));
    CHECK(mote::kivi_cache<2, 96>::bytes(mote::cache_shape_of(s), context) ==
          mote::float_cache::bytes(mote::cache_shape_of(s), context));
    CHECK(mote::kivi_cache<2, 96>::rollback_tokens(context) == context);
  }
}

TEST_CASE("the order of an instruction set changes no bit of a coded cache", "[cache]") {
  for (const shape& s : richer_forms()) {
    const material m(s, context, 14);
    CHECK(same_bits(kept<mote::int8_cache<mote::simd::scalar>, every_feature>(s).one_by_one(m),
                    kept<mote::int8_cache<>, every_feature>(s).one_by_one(m)));
    CHECK(same_bits(kept<mote::kivi_cache<4, 32, mote::simd::scalar>, every_feature>(s).one_by_one(m),
                    kept<mote::kivi_cache<4, 32>, every_feature>(s).one_by_one(m)));
  }
  for (const shape& s : forms) {
    const material m(s, context, 14);
    CHECK(same_bits(kept<mote::int8_cache<mote::simd::scalar>>(s).one_by_one(m),
                    kept<mote::int8_cache<>>(s).one_by_one(m)));
    CHECK(same_bits(kept<mote::kivi_cache<4, 32, mote::simd::scalar>>(s).one_by_one(m),
                    kept<mote::kivi_cache<4, 32>>(s).one_by_one(m)));
  }
}

TEST_CASE("a coded cache takes tokens without size and tokens all alike", "[cache]") {
  const shape s = form(2, 1, 8);
  material m(s, 40, 15);
  std::fill(m.v.begin(), m.v.end(), 0.0F);
  std::fill(m.k.begin(), m.k.end(), 2.0F);
  for (const float v : kept<mote::int8_cache<>>(s).one_by_one(m)) REQUIRE(v == 0.0F);
  std::fill(m.v.begin(), m.v.end(), -0.75F);
  for (const float v : kept<mote::int8_cache<>>(s).one_by_one(m)) REQUIRE(std::abs(v + 0.75F) < 1e-3F);
  for (const float v : kept<mote::kivi_cache<4, 32>>(s).one_by_one(m)) REQUIRE(std::abs(v + 0.75F) < 1e-6F);
}

TEST_CASE("what a cache costs", "[cache]") {
  constexpr mote::cache_shape s{{.heads = 8, .kv_heads = 4, .head_dim = 8}, 5};
  STATIC_REQUIRE(mote::cache<32>::store::bytes(s, 512) == std::size_t{512} * 20 * 8 * 8);
  STATIC_REQUIRE(mote::cache<16>::store::bytes(s, 512) == std::size_t{512} * 20 * 8 * 4);
  STATIC_REQUIRE(mote::cache<8>::store::bytes(s, 512) == std::size_t{512} * 20 * (2 * 8 + 6));
  // 64 tokens as floats; 480 have been rounded when the last one comes: 8 bytes of codes each, 5 of steps and least.
  STATIC_REQUIRE(mote::kivi<4>::store::bytes(s, 512) == std::size_t{20} * (64 * 2 * 8 * 4 + 480 * (8 + 1 + 4)));
  STATIC_REQUIRE(mote::kivi<4>::store::rollback_tokens(512) == 32);
  STATIC_REQUIRE(mote::kivi<4, 32>::store::rollback_tokens(512) == 0);
  STATIC_REQUIRE(mote::cache<8>::store::bytes(s, 1) == std::size_t{32} * 20 * (2 * 8 + 6));
}
