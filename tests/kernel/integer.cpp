// SPDX-License-Identifier: BSL-1.0
// matvec and matmul of every integer format against sums in 64 bits, on every instruction set of this build.
#include "mote/kernel/integer.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "../format/formats.hpp"
#include "../format/integer_formats.hpp"
#include "mote/kernel/matmul.hpp"

namespace {

/// matvec and matmul of a format on one instruction set.
struct kernels {
  mote::isa isa;
  void (*matvec)(const std::byte* packed, std::size_t rows, std::size_t cols, const mote::activation& a, float* y);
  void (*matmul)(const std::byte* packed, std::size_t rows, std::size_t cols, const mote::activation* a,
                 std::size_t tokens, float* y, std::size_t stride);
};

/// A format as values, so that what follows is compiled once and not for each.
struct any_format {
  std::string_view name;
  std::size_t rows, group;
  bool whole_row;  // one scale for all columns
  std::vector<std::byte> (*encode)(const std::vector<float>&, std::size_t rows, std::size_t cols);
  std::size_t (*tile_bytes)(std::size_t cols);
  std::size_t (*groups)(std::size_t cols);
  void (*read_group)(const std::byte* tile, std::size_t row, std::size_t cols, std::size_t g, float& scale,
                     std::int32_t* values);
  std::size_t (*activation_bytes)(std::size_t cols);
  mote::activation (*quantize)(const float* x, std::size_t cols, std::byte* buffer);
  std::vector<kernels> on;  // instruction sets that have a body for these rows, and plain loops

  const std::byte* tile(const std::byte* packed, std::size_t row, std::size_t cols) const {
    return packed + row / rows * tile_bytes(cols);
  }
};

template <class Format, class Isa>
void add_kernels(std::vector<kernels>& to) {
  for (const kernels& k : to)
    if (k.isa == Isa::value) return;  // native, by its name
  if constexpr (mote::simd::dot4<Isa, Format::rows>::own || Isa::value == mote::isa::scalar)
    to.push_back({.isa = Isa::value,
                  .matvec = [](const std::byte* packed, std::size_t rows, std::size_t cols, const mote::activation& a,
                               float* y) { mote::matvec<Isa>(mote::matrix<Format>{packed, rows, cols}, a, y); },
                  .matmul =
                      [](const std::byte* packed, std::size_t rows, std::size_t cols, const mote::activation* a,
                         std::size_t tokens, float* y, std::size_t stride) {
                        mote::matmul<Isa>(mote::matrix<Format>{packed, rows, cols}, a, tokens, y, stride);
                      }});
}

template <class Format>
any_format of() {
  any_format f{.name = Format::name,
               .rows = Format::rows,
               .group = Format::group,
               .whole_row = Format::scale_columns == mote::whole_row,
               .encode = &mote_tests::encode<Format>,
               .tile_bytes = [](std::size_t cols) { return Format::tile_bytes(cols); },
               .groups = [](std::size_t cols) { return Format::groups(cols); },
               .read_group =
                   [](const std::byte* tile, std::size_t row, std::size_t cols, std::size_t g, float& scale,
                      std::int32_t* values) {
                     std::uint8_t codes[Format::group];
                     Format::read_group(tile, row, cols, g, scale, codes);
                     for (std::size_t i = 0; i < Format::group; ++i) values[i] = Format::grid::value(codes[i]);
                   },
               .activation_bytes = [](std::size_t cols) { return mote::activation_bytes<Format>(cols); },
               .quantize = [](const float* x, std::size_t cols,
                              std::byte* buffer) { return mote::quantize_activations<Format>(x, cols, buffer); },
               .on = {}};
  add_kernels<Format, mote::simd::scalar>(f.on);
  add_kernels<Format, mote::simd::native>(f.on);
#if MOTE_WITH_SSE2
  add_kernels<Format, mote::simd::sse2>(f.on);
#endif
#if MOTE_WITH_SSSE3
  add_kernels<Format, mote::simd::ssse3>(f.on);
#endif
#if MOTE_WITH_AVX2
  add_kernels<Format, mote::simd::avx2>(f.on);
#endif
#if MOTE_WITH_AVX_VNNI
  add_kernels<Format, mote::simd::avx_vnni>(f.on);
#endif
  return f;
}

/// y as the rules say: integers exactly, groups in index order, one float accumulator a row; or integers to the end.
float expected_sum(const any_format& f, const std::byte* packed, std::size_t cols, std::size_t row,
                   const mote::activation& a) {
  float sum = 0;
  std::int64_t total = 0;
  float last_scale = 0;
  std::vector<std::int32_t> values(f.group);
  for (std::size_t g = 0; g < f.groups(cols); ++g) {
    float scale = 0;
    f.read_group(f.tile(packed, row, cols), row % f.rows, cols, g, scale, values.data());
    std::int64_t exact = 0;
    for (std::size_t i = 0; i < f.group; ++i) exact += static_cast<std::int64_t>(values[i]) * a.q[g * f.group + i];
    if (f.whole_row) {
      total += exact;
      last_scale = scale;
      continue;
    }
    volatile float both = scale * a.scale[g];
    volatile float part = both * static_cast<float>(exact);
    volatile float next = sum + part;
    sum = next;
  }
  if (f.whole_row) {
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

/// So many activations of x (tokens, cols), in buffers of their own.
struct activations {
  activations(const any_format& f, const std::vector<float>& x, std::size_t cols, std::size_t tokens)
      : bytes(mote::round_up(f.activation_bytes(cols), 64)), buffers(std::vector<std::byte>(tokens * bytes)) {
    for (std::size_t k = 0; k < tokens; ++k)
      a.push_back(f.quantize(x.data() + k * cols, cols, const_cast<std::byte*>(buffers.data()) + k * bytes));
  }
  std::size_t bytes;
  aligned_bytes buffers;
  std::vector<mote::activation> a;
};

void any_number_of_tokens(const any_format& f) {
  mote::rng random(1);
  for (std::size_t cols = 1; cols <= 300; cols += cols < 70 ? 1 : 23) {
    const std::size_t rows = 1 + random.below(70);
    const aligned_bytes packed(f.encode(mote_tests::gaussian_weights(rows * cols, cols), rows, cols));
    const std::size_t tokens = 1 + random.below(11);
    const activations x(f, mote_tests::gaussian_weights(tokens * cols, cols + 1000), cols, tokens);
    std::vector<float> expected;
    for (std::size_t k = 0; k < tokens; ++k)
      for (std::size_t row = 0; row < rows; ++row)
        expected.push_back(expected_sum(f, packed.data(), cols, row, x.a[k]));
    for (const kernels& k : f.on) {
      const std::size_t stride = mote::padded(rows);
      std::vector<float> y(stride * tokens, -99.0F);
      INFO(f.name << " on " << mote::name(k.isa) << ", " << rows << " x " << cols << ", " << tokens);
      k.matmul(packed.data(), rows, cols, x.a.data(), tokens, y.data(), stride);
      for (std::size_t t = 0; t < tokens; ++t)
        REQUIRE(std::memcmp(y.data() + t * stride, expected.data() + t * rows, rows * 4) == 0);
      std::vector<float> one(stride, -99.0F);
      k.matvec(packed.data(), rows, cols, x.a[0], one.data());
      REQUIRE(std::memcmp(one.data(), expected.data(), rows * 4) == 0);
    }
  }
}

/// Is matmul for each number of tokens what matvec says, token by token?
void whole_tiles_or_ragged(const any_format& f) {
  constexpr std::size_t most = 17, cols = 172;
  const activations x(f, mote_tests::gaussian_weights(most * cols, 6), cols, most);
  for (const std::size_t rows : {1U, 5U, 16U, 32U, 37U, 48U, 63U}) {
    const aligned_bytes packed(f.encode(mote_tests::gaussian_weights(rows * cols, rows), rows, cols));
    const std::size_t stride = mote::padded(rows) + 16;
    for (const kernels& k : f.on) {
      std::vector<float> expected(stride * most, -99.0F);
      for (std::size_t t = 0; t < most; ++t) k.matvec(packed.data(), rows, cols, x.a[t], expected.data() + t * stride);
      for (std::size_t tokens = 1; tokens <= most; ++tokens) {
        INFO(f.name << " on " << mote::name(k.isa) << ", " << rows << " rows, " << tokens << " tokens");
        std::vector<float> y(stride * most, -99.0F);  // what matvec leaves alone, matmul leaves alone
        k.matmul(packed.data(), rows, cols, x.a.data(), tokens, y.data(), stride);
        REQUIRE(std::memcmp(y.data(), expected.data(), tokens * stride * 4) == 0);
        for (std::size_t i = tokens * stride; i < y.size(); ++i) REQUIRE(y[i] == -99.0F);
      }
    }
  }
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("integers are exact and groups are added in order, for any number of tokens", "",
                        mote_tests::integer_formats) {
  any_number_of_tokens(of<TestType>());
}

TEMPLATE_LIST_TEST_CASE("a slice of rows is a matrix of its own", "", mote_tests::integer_formats) {
  using format = TestType;
  const std::size_t rows = 70, cols = 96;
  const aligned_bytes packed(mote_tests::encode<format>(mote_tests::gaussian_weights(rows * cols, 4), rows, cols));
  const mote::matrix<format> w{packed.data(), rows, cols};
  const auto x = mote_tests::gaussian_weights(cols, 5);
  const aligned_bytes buffer(std::vector<std::byte>(mote::activation_bytes<format>(cols)));
  const auto a = mote::quantize_activations<format>(x.data(), cols, const_cast<std::byte*>(buffer.data()));
  std::vector<float> whole(mote::padded(rows)), parts(mote::padded(rows) + 16);
  mote::matvec(w, a, whole.data());
  mote::matvec(w.slice(0, 32), a, parts.data());
  mote::matvec(w.slice(32, 38), a, parts.data() + 32);
  REQUIRE(std::memcmp(whole.data(), parts.data(), rows * 4) == 0);
}

TEMPLATE_LIST_TEST_CASE("matmul of 1 to 17 tokens has the bits of matvec, whole tiles or ragged rows", "",
                        mote_tests::integer_formats) {
  whole_tiles_or_ragged(of<TestType>());
}
