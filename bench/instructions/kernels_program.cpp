// SPDX-License-Identifier: BSL-1.0
// One product of each kernel of kernels.hpp between two marks, what it needs being made before the first of them: every
// other count is a kernel's. All tiles of a matrix hold the same weights; what they are does not change the count.
// Refuses to be optimized away: exits 1 if a product is zero where its weights are not.
#include <cstddef>
#include <cstring>

#include "kernels.hpp"
#include "mark.h"
#include "mote/core/rng.hpp"
#include "mote/kernel/matmul.hpp"
#include "mote/simd/isa.hpp"

namespace {

constexpr std::size_t tile_rows = mote::interleaved_rows(mote::simd::native::value);

float numbers[tile_rows * counted::cols];
float product[counted::most_tokens * counted::rows];
alignas(64) std::byte weights[counted::rows * counted::cols * 2];
alignas(64) std::byte integers[counted::most_tokens][counted::cols * 2];

void mark() {
  __asm__ volatile("" ::: "memory");
  instruction_mark();
  __asm__ volatile("" ::: "memory");
}

template <class Format, std::size_t Tokens>
[[gnu::noinline]] void run(const mote::matrix<Format>& w, const mote::activation* a /* (Tokens) */) {
  if constexpr (Tokens == 1) mote::matvec(w, a[0], product);
  else mote::matmul(w, a, Tokens, product, counted::rows);
}

template <class Format>
void fill_tile(mote::rng& random) {
  if constexpr (mote::super_block_format<Format>) {
    // Made up, not rounded: QEMU 7.2 dies of what Clang 19 makes of the search for RISC-V V.
    using grid = typename Format::grid;
    for (std::size_t g = 0; g < Format::groups(counted::cols); ++g)
      for (std::size_t row = 0; row < tile_rows; ++row) {
        mote::qk_row made{.d = 0x2400, .dmin = 0x2000};  // 2^-6 and 2^-7
        for (std::size_t s = 0; s < sizeof made.scale; ++s) {
          made.scale[s] = static_cast<std::uint8_t>(1 + random.below((1U << grid::scale_bits) - 1));
          made.min[s] = static_cast<std::uint8_t>(random.below(grid::has_min ? 1U << grid::scale_bits : 1));
        }
        for (auto& code : made.code) code = static_cast<std::uint8_t>(random.below(grid::codes));
        Format::write_row(weights, row, g, made);
      }
  } else {
    for (float& v : numbers) v = random.uniform() - 0.5F;
    Format::encode_tile(numbers, tile_rows, counted::cols, weights);
  }
}

template <class Format, std::size_t Tokens>
bool count() {
  constexpr std::size_t bytes = Format::tile_bytes(counted::cols);
  static_assert(counted::rows % tile_rows == 0 && counted::rows / tile_rows * bytes <= sizeof weights);
  static_assert(mote::activation_bytes<Format>(counted::cols) <= sizeof integers[0]);
  mote::rng random(1);
  fill_tile<Format>(random);
  for (std::size_t at = 1; at < counted::rows / tile_rows; ++at) std::memcpy(weights + at * bytes, weights, bytes);
  mote::activation a[Tokens];
  for (auto& one : a) {
    for (std::size_t i = 0; i < counted::cols; ++i) numbers[i] = random.uniform() - 0.5F;
    one = mote::quantize_activations<Format>(numbers, counted::cols, integers[&one - a]);
  }
  for (float& v : product) v = 0;
  const mote::matrix<Format> w{weights, counted::rows, counted::cols};
  mark();
  run<Format, Tokens>(w, a);
  mark();
  for (std::size_t i = 0; i < Tokens * counted::rows; ++i)
    if (!(product[i] < 0.0F) && !(product[i] > 0.0F)) return false;
  return true;
}

}  // namespace

int main() {
  bool all = true;
  counted::each_kernel<tile_rows>([&]<class Format, std::size_t Tokens> { all = count<Format, Tokens>() && all; });
  return all ? 0 : 1;
}
