// SPDX-License-Identifier: BSL-1.0
// How fast this machine reads memory: for each number of threads given and each size, gigabytes a second as lines
// "threads,bytes,best,median". The roof under which bench/peers.sh puts its figures.
//   bandwidth 1 2
// Refuses to compute: a read and an addition of whole vectors, in one stream or four, whichever is faster.
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace {

#if defined __AVX512F__
constexpr std::size_t width = 64;
#elif defined __AVX__
constexpr std::size_t width = 32;
#else
constexpr std::size_t width = 16;
#endif
using vector [[gnu::vector_size(width), gnu::may_alias]] = std::uint64_t;

volatile std::uint64_t kept;

template <std::size_t Streams>
void read_once(const std::byte* from, std::size_t bytes) {
  vector sum[4]{};
  const std::size_t part = bytes / Streams / (4 * width) * (4 * width);
  for (std::size_t at = 0; at < part; at += 4 * width)
    for (std::size_t stream = 0; stream < Streams; ++stream)
#pragma GCC unroll 4
      for (std::size_t i = 0; i < 4; ++i)
        sum[i] += *reinterpret_cast<const vector*>(from + stream * part + at + i * width);
  kept = sum[0][0] + sum[1][0] + sum[2][0] + sum[3][0];
}

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Gigabytes a second of `threads` that each read their own part `times` times.
double measure(const std::byte* memory, std::size_t bytes, std::size_t threads, std::size_t times, bool four) {
  std::atomic<std::size_t> ready{0};
  std::vector<double> from(threads);
  std::vector<double> to(threads);
  std::vector<std::thread> crew;
  const std::size_t part = bytes / threads / 4096 * 4096;
  for (std::size_t t = 0; t < threads; ++t)
    crew.emplace_back([&, t] {
      const std::byte* mine = memory + t * part;
      read_once<1>(mine, part);
      ++ready;
      while (ready != threads) {
      }
      from[t] = seconds();
      for (std::size_t i = 0; i < times; ++i) four ? read_once<4>(mine, part) : read_once<1>(mine, part);
      to[t] = seconds();
    });
  for (std::thread& t : crew) t.join();
  const double spent = *std::max_element(to.begin(), to.end()) - *std::min_element(from.begin(), from.end());
  return static_cast<double>(part * threads) * static_cast<double>(times) / spent * 1e-9;
}

}  // namespace

int main(int count, char** words) {
  constexpr std::size_t most = std::size_t{2} << 30U;
  void* mapped = mmap(nullptr, most, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return std::fprintf(stderr, "bandwidth: no 2 GiB to be had\n"), 1;
#ifdef MADV_HUGEPAGE
  madvise(mapped, most, MADV_HUGEPAGE);
#endif
  std::memset(mapped, 1, most);
  const auto* memory = static_cast<const std::byte*>(mapped);
  for (int i = 1; i < count; ++i) {
    const auto threads = static_cast<std::size_t>(std::strtoul(words[i], nullptr, 10));
    if (threads == 0) return 2;
    for (std::size_t bytes = std::size_t{256} << 10U; bytes <= most; bytes *= bytes < most / 4 ? 2 : 4) {
      const std::size_t times = std::max<std::size_t>(1, (std::size_t{1} << 30U) / bytes);
      std::vector<double> rates;
      for (int run = 0; run < 10; ++run) rates.push_back(measure(memory, bytes, threads, times, run % 2 == 1));
      std::sort(rates.begin(), rates.end());
      std::printf("%zu,%zu,%.2f,%.2f\n", threads, bytes, rates.back(), rates[rates.size() / 2]);
      std::fflush(stdout);
    }
  }
}
