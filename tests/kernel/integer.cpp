// SPDX-License-Identifier: BSL-1.0
// matvec and matmul of every integer format against sums in 64 bits, on every instruction set of this build.
#include "mote/kernel/integer.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstring>
#include <vector>

#include "../format/formats.hpp"
#include "../format/integer_formats.hpp"
#include "mote/kernel/matmul.hpp"

namespace {

/// y as the rules say: integers exactly, groups in index order, one float accumulator a row; or integers to the end.
template <class Format>
float expected_sum(const mote::matrix<Format>& w, std::size_t row, const mote::activation& a) {
  using grid = typename Format::grid;
  constexpr bool whole = Format::scale_columns == mote::whole_row;
  float sum = 0;
  std::int64_t total = 0;
  float last_scale = 0;
  for (std::size_t g = 0; g < Format::groups(w.cols); ++g) {
    float scale = 0;
    std::uint8_t codes[Format::group];
    Format::read_group(w.tile(row / Format::rows), row % Format::rows, w.cols, g, scale, codes);
    std::int64_t exact = 0;
    for (std::size_t i = 0; i < Format::group; ++i)
      exact += static_cast<std::int64_t>(grid::value(codes[i])) * a.q[g * Format::group + i];
    if constexpr (whole) {
      total += exact;
      last_scale = scale;
      continue;
    }
    volatile float both = scale * a.scale[g];
    volatile float part = both * static_cast<float>(exact);
    volatile float next = sum + part;
    sum = next;
  }
  if constexpr (whole) {
    volatile float both = last_scale * a.scale[0];
    volatile float part = both * static_cast<float>(total);
    sum = part;
  }
  return sum;
}

/// Bytes at an address that a cache line could start at, as images have them.
struct aligned_bytes {
  explicit aligned_bytes(const std::vector<std::byte>& from) : v(from.size() / 64 + 2) {
    std::memcpy(v.data(), from.data(), from.size());
  }
  struct alignas(64) line {
    std::byte byte[64];
  };
  std::vector<line> v;
  const std::byte* data() const { return v.front().byte; }
};

/// One instruction set, where it has a body for the format's rows; elsewhere it runs what `scalar` runs.
template <class Format, class Isa>
void check(const mote::matrix<Format>& w, const std::vector<mote::activation>& a, const std::vector<float>& expected) {
  if constexpr (mote::simd::dot4<Isa, Format::rows>::own || Isa::value == mote::isa::scalar) {
    const std::size_t stride = mote::padded(w.rows);
    std::vector<float> y(stride * a.size(), -99.0F);
    INFO(Format::name << " on " << mote::name(Isa::value) << ", " << w.rows << " x " << w.cols << ", " << a.size());
    mote::matmul<Isa>(w, a.data(), a.size(), y.data(), stride);
    for (std::size_t k = 0; k < a.size(); ++k)
      REQUIRE(std::memcmp(y.data() + k * stride, expected.data() + k * w.rows, w.rows * 4) == 0);
    std::vector<float> one(stride, -99.0F);
    mote::matvec<Isa>(w, a[0], one.data());
    REQUIRE(std::memcmp(one.data(), expected.data(), w.rows * 4) == 0);
  }
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("integers are exact and groups are added in order, for any number of tokens", "",
                        mote_tests::integer_formats) {
  using format = TestType;
  mote::rng random(1);
  for (std::size_t cols = 1; cols <= 300; cols += cols < 70 ? 1 : 23) {
    const std::size_t rows = 1 + random.below(70);
    const aligned_bytes packed(mote_tests::encode<format>(mote_tests::gaussian(rows * cols, cols), rows, cols));
    const mote::matrix<format> w{packed.data(), rows, cols};
    const std::size_t tokens = 1 + random.below(11);
    const auto x = mote_tests::gaussian(tokens * cols, cols + 1000);
    const std::size_t buffer_bytes = mote::round_up(mote::activation_bytes<format>(cols), 64);
    const aligned_bytes buffers(std::vector<std::byte>(tokens * buffer_bytes));
    std::vector<mote::activation> a;
    for (std::size_t k = 0; k < tokens; ++k)
      a.push_back(mote::quantize_activations<format>(x.data() + k * cols, cols,
                                                     const_cast<std::byte*>(buffers.data()) + k * buffer_bytes));
    std::vector<float> expected;
    for (std::size_t k = 0; k < tokens; ++k)
      for (std::size_t row = 0; row < rows; ++row) expected.push_back(expected_sum(w, row, a[k]));
    check<format, mote::simd::scalar>(w, a, expected);
    check<format, mote::simd::native>(w, a, expected);
#if MOTE_WITH_SSE2
    check<format, mote::simd::sse2>(w, a, expected);
#endif
#if MOTE_WITH_SSSE3
    check<format, mote::simd::ssse3>(w, a, expected);
#endif
#if MOTE_WITH_AVX2
    check<format, mote::simd::avx2>(w, a, expected);
#endif
#if MOTE_WITH_AVX_VNNI
    check<format, mote::simd::avx_vnni>(w, a, expected);
#endif
  }
}

TEMPLATE_LIST_TEST_CASE("a slice of rows is a matrix of its own", "", mote_tests::integer_formats) {
  using format = TestType;
  const std::size_t rows = 70, cols = 96;
  const aligned_bytes packed(mote_tests::encode<format>(mote_tests::gaussian(rows * cols, 4), rows, cols));
  const mote::matrix<format> w{packed.data(), rows, cols};
  const auto x = mote_tests::gaussian(cols, 5);
  const aligned_bytes buffer(std::vector<std::byte>(mote::activation_bytes<format>(cols)));
  const auto a = mote::quantize_activations<format>(x.data(), cols, const_cast<std::byte*>(buffer.data()));
  std::vector<float> whole(mote::padded(rows)), parts(mote::padded(rows) + 16);
  mote::matvec(w, a, whole.data());
  mote::matvec(w.slice(0, 32), a, parts.data());
  mote::matvec(w.slice(32, 38), a, parts.data() + 32);
  REQUIRE(std::memcmp(whole.data(), parts.data(), rows * 4) == 0);
}

namespace {

/// Is matmul for each number of tokens what matvec says, token by token?
template <class Format, class Isa>
void check_tokens(const mote::matrix<Format>& w, const std::vector<mote::activation>& a) {
  if constexpr (mote::simd::dot4<Isa, Format::rows>::own || Isa::value == mote::isa::scalar) {
    const std::size_t stride = mote::padded(w.rows) + 16;
    std::vector<float> expected(stride * a.size(), -99.0F);
    for (std::size_t k = 0; k < a.size(); ++k) mote::matvec<Isa>(w, a[k], expected.data() + k * stride);
    for (std::size_t tokens = 1; tokens <= a.size(); ++tokens) {
      INFO(Format::name << " on " << mote::name(Isa::value) << ", " << w.rows << " rows, " << tokens << " tokens");
      std::vector<float> y(stride * a.size(), -99.0F);  // what matvec leaves alone, matmul leaves alone
      mote::matmul<Isa>(w, a.data(), tokens, y.data(), stride);
      REQUIRE(std::memcmp(y.data(), expected.data(), tokens * stride * 4) == 0);
      for (std::size_t i = tokens * stride; i < y.size(); ++i) REQUIRE(y[i] == -99.0F);
    }
  }
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("matmul of 1 to 17 tokens has the bits of matvec, whole tiles or ragged rows", "",
                        mote_tests::integer_formats) {
  using format = TestType;
  constexpr std::size_t most = 17, cols = 172;
  const auto x = mote_tests::gaussian(most * cols, 6);
  const std::size_t buffer_bytes = mote::round_up(mote::activation_bytes<format>(cols), 64);
  const aligned_bytes buffers(std::vector<std::byte>(most * buffer_bytes));
  std::vector<mote::activation> a;
  for (std::size_t k = 0; k < most; ++k)
    a.push_back(mote::quantize_activations<format>(x.data() + k * cols, cols,
                                                   const_cast<std::byte*>(buffers.data()) + k * buffer_bytes));
  for (const std::size_t rows : {1U, 5U, 16U, 32U, 37U, 48U, 63U}) {
    const aligned_bytes packed(mote_tests::encode<format>(mote_tests::gaussian(rows * cols, rows), rows, cols));
    const mote::matrix<format> w{packed.data(), rows, cols};
    check_tokens<format, mote::simd::scalar>(w, a);
    check_tokens<format, mote::simd::native>(w, a);
#if MOTE_WITH_SSE2
    check_tokens<format, mote::simd::sse2>(w, a);
#endif
#if MOTE_WITH_SSSE3
    check_tokens<format, mote::simd::ssse3>(w, a);
#endif
#if MOTE_WITH_AVX2
    check_tokens<format, mote::simd::avx2>(w, a);
#endif
#if MOTE_WITH_AVX_VNNI
    check_tokens<format, mote::simd::avx_vnni>(w, a);
#endif
  }
}
