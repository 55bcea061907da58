// SPDX-License-Identifier: BSL-1.0
// How fast each integer format multiplies, beside a plain read of the same bytes: matvec<FORMAT>/bytes and
// matmul<FORMAT>/tokens. Weights are one encoded tile, repeated; what is random does not change the time.
// Refuses threads: one core.
#include <benchmark/benchmark.h>
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/format/iq4_nl.hpp"
#include "mote/format/q2.hpp"
#include "mote/format/q3.hpp"
#include "mote/format/q4.hpp"
#include "mote/format/q5.hpp"
#include "mote/format/q6.hpp"
#include "mote/format/qk.hpp"
#include "mote/format/ternary.hpp"
#include "mote/format/trits.hpp"
#include "mote/kernel/matmul.hpp"

namespace {

constexpr std::size_t rows = mote::interleaved_rows(mote::simd::native::value);
constexpr std::size_t cols = 1536;

struct pages {
  explicit pages(std::size_t bytes) : size(mote::round_up(bytes, 1U << 21U)) {
    data = static_cast<std::byte*>(std::aligned_alloc(1U << 21U, size));
    madvise(data, size, MADV_HUGEPAGE);
  }
  pages(const pages&) = delete;
  pages& operator=(const pages&) = delete;
  ~pages() { std::free(data); }
  std::size_t size;
  std::byte* data;
};

/// About `bytes` of weights in Format, and activations for some tokens.
template <class Format>
struct problem {
  problem(std::size_t bytes, std::size_t tokens)
      : tiles(bytes / Format::tile_bytes(cols)),
        weights(tiles * Format::tile_bytes(cols)),
        y(tokens * tiles * rows),
        step(mote::round_up(mote::activation_bytes<Format>(cols), 64)),
        buffer(tokens * step) {
    mote::rng random(1);
    std::vector<float> w(rows * cols), x(cols);
    for (float& v : w) v = random.normal();
    Format::encode_tile(w.data(), rows, cols, weights.data);
    for (std::size_t t = 1; t < tiles; ++t)
      std::memcpy(weights.data + t * Format::tile_bytes(cols), weights.data, Format::tile_bytes(cols));
    for (std::size_t k = 0; k < tokens; ++k) {
      for (float& v : x) v = random.normal();
      a.push_back(mote::quantize_activations<Format>(x.data(), cols, buffer.data + k * step));
    }
    m = {weights.data, tiles * rows, cols};
  }
  std::size_t tiles;
  pages weights;
  std::vector<float> y;
  std::size_t step;
  pages buffer;
  std::vector<mote::activation> a;
  mote::matrix<Format> m;
};

template <class Format>
void matvec(benchmark::State& state) {
  problem<Format> p(static_cast<std::size_t>(state.range(0)), 1);
  for (auto _ : state) {
    mote::matvec(p.m, p.a[0], p.y.data());
    benchmark::DoNotOptimize(p.y.data());
  }
  const auto iterations = static_cast<double>(state.iterations());
  state.counters["GB/s"] = benchmark::Counter(
      static_cast<double>(p.tiles * Format::tile_bytes(cols)) * iterations * 1e-9, benchmark::Counter::kIsRate);
  state.counters["Gw/s"] =
      benchmark::Counter(static_cast<double>(p.tiles * rows * cols) * iterations * 1e-9, benchmark::Counter::kIsRate);
}

/// 12 MB of q4, or as many weights of another format.
template <class Format>
void matmul(benchmark::State& state) {
  const auto tokens = static_cast<std::size_t>(state.range(0));
  problem<Format> p(static_cast<std::size_t>(12e6 * Format::bits_per_weight / 4.5), tokens);
  for (auto _ : state) {
    mote::matmul(p.m, p.a.data(), tokens, p.y.data(), p.tiles * rows);
    benchmark::DoNotOptimize(p.y.data());
  }
  state.counters["Gmac/s"] = benchmark::Counter(
      static_cast<double>(p.tiles * rows * cols * tokens) * static_cast<double>(state.iterations()) * 1e-9,
      benchmark::Counter::kIsRate);
}

/// The ceiling: each 64 bytes loaded once, joined by an operation that costs nothing beside.
void read(benchmark::State& state) {
  const pages p(static_cast<std::size_t>(state.range(0)));
  std::memset(p.data, 1, p.size);
  const auto bytes = static_cast<std::size_t>(state.range(0)) / 256 * 256;
  for (auto _ : state) {
    typedef std::uint64_t line __attribute__((vector_size(64)));
    line sum[4] = {};
    for (std::size_t i = 0; i < bytes; i += 256)
      for (std::size_t k = 0; k < 4; ++k) {
        line v;
        __builtin_memcpy(&v, p.data + i + k * 64, 64);
        sum[k] |= v;
      }
    sum[0] |= sum[1] | sum[2] | sum[3];
    std::uint64_t some = sum[0][0] | sum[0][5];
    benchmark::DoNotOptimize(some);
  }
  state.counters["GB/s"] = benchmark::Counter(
      static_cast<double>(bytes) * static_cast<double>(state.iterations()) * 1e-9, benchmark::Counter::kIsRate);
}

// Within the second cache, the third, a model of a hundred million weights, and one of a billion.
void sizes(benchmark::internal::Benchmark* b) {
  for (const std::int64_t bytes : {1'000'000, 12'000'000, 140'000'000, 1'300'000'000}) b->Arg(bytes);
}

using q8 = mote::q8<rows>;
using q6 = mote::q6<rows>;
using q5 = mote::q5<rows>;
using q4 = mote::q4<rows>;
using iq4_nl = mote::iq4_nl<rows>;
using q3 = mote::q3<rows>;
using q2 = mote::q2<rows>;
using ternary = mote::ternary<rows>;
using trits = mote::trits<rows>;
using q6k = mote::qk<6, 256, rows>;
using q5k = mote::qk<5, 256, rows>;
using q4k = mote::qk<4, 256, rows>;
using q3k = mote::qk<3, 256, rows>;
using q2k = mote::qk<2, 256, rows>;

BENCHMARK(read)->Apply(sizes);
#define FOR_FORMAT(format)                 \
  BENCHMARK(matvec<format>)->Apply(sizes); \
  BENCHMARK(matmul<format>)->Arg(1)->Arg(2)->Arg(4)->Arg(16)->Arg(128);
FOR_FORMAT(q8)
FOR_FORMAT(q6)
FOR_FORMAT(q5)
FOR_FORMAT(q4)
FOR_FORMAT(iq4_nl)
FOR_FORMAT(q3)
FOR_FORMAT(q2)
FOR_FORMAT(ternary)
FOR_FORMAT(trits)
FOR_FORMAT(q6k)
FOR_FORMAT(q5k)
FOR_FORMAT(q4k)
FOR_FORMAT(q3k)
FOR_FORMAT(q2k)

}  // namespace

BENCHMARK_MAIN();
