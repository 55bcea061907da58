// SPDX-License-Identifier: BSL-1.0
// A head in two parts: its logits against products in double, and what choose() finds against all of them: of random
// heads and inputs, of equal rows, zeros, sizes from subnormal to infinite and NaN; what it skips.
#include "mote/kernel/split_matrix.hpp"

#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <utility>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/core/team.hpp"
#include "mote/decode/fused_greedy.hpp"
#include "mote/format/q4.hpp"
#include "mote/format/q8.hpp"
#include "mote/host/image/split_head.hpp"
#include "mote/kernel/matvec.hpp"

using namespace mote;

namespace {

/// The functions of detail::linear_maps that a head asks for; three parts.
struct maps {
  static constexpr std::size_t team_parts = 3;
  alignas(64) mutable std::byte rounded[4096];
  template <class Format>
  activation rounded_for(const float* x, std::size_t cols) const {
    return quantize_groups<Format::activation_group>(x, cols, const_cast<std::byte*>(rounded));
  }
  template <class Format>
  void multiply_rows(const matrix<Format>& m, const activation& in, float* y) const {
    matvec(m, in, y);
  }
  template <class F>
  void each_part(std::size_t, std::size_t n, std::size_t unit, F&& f) const {
    for (std::size_t part = 0; part < team_parts; ++part) {
      const part_range some = part_of(ceil_div(n, unit), part, team_parts);
      const std::size_t first = some.first * unit;
      if (some.count() != 0) f(part, first, some.count() * unit < n - first ? some.count() * unit : n - first);
    }
  }
};

struct counts {
  std::size_t computed = 0;
  bool skipped = false;
  static bool open() { return true; }
  void saw(std::size_t n, std::size_t) {
    computed += n;
    skipped = true;
  }
};

template <class Split, std::size_t Vocab, std::size_t Dim>
class head {
 public:
  std::size_t computed = 0, asked = 0;

  explicit head(const std::vector<float>& rows, const std::vector<float>& inputs = {}) {
    const auto packed = host::pack_split<Split>(rows, Dim, host::head_basis(rows, inputs, Dim));
    bytes_ = static_cast<std::byte*>(::operator new(packed.size(), std::align_val_t{64}));
    std::memcpy(bytes_, packed.data(), packed.size());
  }
  head(const head&) = delete;
  head& operator=(const head&) = delete;
  ~head() { ::operator delete(bytes_, std::align_val_t{64}); }

  /// All logits of an input, and a check that choose() says of it what greedy says of all.
  std::vector<float> agrees(const std::vector<float>& x) {
    const matrix<Split> m{bytes_, Vocab, Dim};
    std::memcpy(room_ + Split::scratch_bytes(Dim), x.data(), Dim * sizeof(float));
    const auto* in = reinterpret_cast<const float*>(room_ + Split::scratch_bytes(Dim));
    m.multiply(maps_, in, 1, logits_);
    [&]<bool... ByBlocks>(std::integer_sequence<bool, ByBlocks...>) {
      (chooses<ByBlocks>(m, in), ...);
    }(std::integer_sequence<bool, false, true>{});
    return {logits_, logits_ + Vocab};
  }

 private:
  template <bool ByBlocks>
  void chooses(const matrix<Split>& m, const float* in) {
    detail::head_choice choice;
    counts gate;
    m.template choose<128, ByBlocks>(maps_, in, stretch_, choice, gate);
    bool each = true, small = true;
    for (std::size_t i = 0; i < Vocab; ++i) {
      each = each && is_finite(logits_[i]);
      small = small && logits_[i] < 0x1p100F && logits_[i] > -0x1p100F;
    }
    if (!each) REQUIRE(!choice.finite);
    if (small) REQUIRE(choice.finite);  // between, sums may overflow: of a stretch, or of all only
    if (choice.finite) REQUIRE(choice.id == greedy::state<Vocab>::pick(logits_));
    computed += gate.skipped ? gate.computed : Vocab;
    asked += Vocab;
  }

  std::byte* bytes_;
  maps maps_;
  alignas(64) std::byte room_[Split::scratch_bytes(Dim) + Dim * sizeof(float) + 64] = {};
  alignas(64) float logits_[padded(Vocab)] = {};
  alignas(64) float stretch_[maps::team_parts * 128] = {};
};

/// n vectors of which each column is shorter than the one before it.
std::vector<float> falling(rng& random, std::size_t n, std::size_t dim) {
  std::vector<float> all(n * dim);
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = random.normal() * std::pow(0.93F, static_cast<float>(i % dim)) + (i % dim == 0 ? 1.0F : 0.0F);
  return all;
}
template <class Split, std::size_t Vocab, std::size_t Dim>
void holds(std::size_t rounds, double tolerance) {
  rng random(Vocab + Dim);
  const auto rows = falling(random, Vocab, Dim);
  head<Split, Vocab, Dim> h(rows, falling(random, 300, Dim));
  for (std::size_t round = 0; round < rounds; ++round) {
    const auto x = falling(random, 1, Dim);
    const auto logits = h.agrees(x);
    double error = 0, power = 0;
    for (std::size_t i = 0; i < Vocab; ++i) {
      double exact = 0;
      for (std::size_t j = 0; j < Dim; ++j) exact += static_cast<double>(rows[i * Dim + j]) * static_cast<double>(x[j]);
      error += (exact - static_cast<double>(logits[i])) * (exact - static_cast<double>(logits[i]));
      power += exact * exact;
    }
    REQUIRE(std::sqrt(error / power) < tolerance);
  }
  CHECK(h.computed < h.asked / 3);
}

}  // namespace

TEST_CASE("a head in two parts: logits are the products, most rows have no second part, the choice is that of all") {
  holds<split_rows<q8<1>, 32>, 700, 96>(100, 0.03);
  holds<split_rows<q8<16>, 64>, 1000, 160>(100, 0.03);
  holds<split_rows<q4<4>, 32>, 515, 72>(100, 0.2);
}

TEST_CASE("a head in two parts: equal rows, zeros, sizes beyond bounds, what is no number") {
  constexpr std::size_t vocab = 300, dim = 64;
  using split = split_rows<q8<4>, 32>;
  constexpr float infinite = std::numeric_limits<float>::infinity(), none = std::numeric_limits<float>::quiet_NaN();
  rng random(11);
  for (const bool few : {false, true}) {
    auto rows = falling(random, vocab, dim);
    for (std::size_t i = 0; i < vocab; ++i)  // each of few rows again and again, or pairs, and zeros
      if (few || i % 3 == 1) std::memcpy(&rows[i * dim], &rows[(few ? i % 5 : i - 1) * dim], dim * sizeof(float));
    for (std::size_t i = 7; i < vocab; i += 50) std::memset(&rows[i * dim], 0, dim * sizeof(float));
    head<split, vocab, dim> h(rows, falling(random, 100, dim));
    for (int round = 0; round < 60; ++round) {
      auto x = falling(random, 1, dim);
      (void)h.agrees(x);
      for (float& v : x) v = -v;
      (void)h.agrees(x);
      for (const float size : {0.0F, 1e-45F, 1e-40F, 1e-36F, 1e-30F, 1e15F, 1e30F, 1e36F, 3e38F}) {
        std::vector<float> scaled(x);
        for (float& v : scaled) v *= size;
        (void)h.agrees(scaled);
        scaled = std::vector<float>(dim, 0.0F);
        scaled[static_cast<std::size_t>(round) % dim] = size;
        (void)h.agrees(scaled);
      }
      for (const float odd : {infinite, -infinite, none}) {
        std::vector<float> broken(x);
        broken[static_cast<std::size_t>(round) % dim] = odd;
        (void)h.agrees(broken);
      }
      for (float& v : x) v = std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));
      (void)h.agrees(x);
    }
  }
  // One number a row, so that the axes are the columns: only a first part, only a second part, in sums that overflow.
  std::vector<float> lone(vocab * dim);
  for (std::size_t i = 0; i < vocab; ++i)
    lone[i * dim + i % dim] = 3.0F * std::pow(0.999F, static_cast<float>(i % dim)) * (i < vocab / 2 ? 1.0F : 0.5F);
  head<split, vocab, dim> apart(lone);
  for (std::size_t column = 0; column < dim; ++column)
    for (const float size : {1.0F, 1e14F, 1e20F, 1e37F, 1e38F, -3e38F}) {
      std::vector<float> x(dim);
      x[column] = size;
      (void)apart.agrees(x);
    }
  // Products of scales that are subnormal: rounded up, a sum is twice what it stands for.
  for (float& v : lone) v *= 1e-5F;
  head<split, vocab, dim> faint(lone);
  for (float size = 4e-37F; size < 1e-34F; size *= 1.03F) {
    auto x = falling(random, 1, dim);
    for (float& v : x) v *= size;
    (void)faint.agrees(x);
    for (std::size_t column = 0; column < dim; ++column) x[column] = column % 7 == 0 ? size : size / 3;
    (void)faint.agrees(x);
  }
  head<split, vocab, dim> zeros(std::vector<float>(vocab * dim, 0.0F));
  (void)zeros.agrees(falling(random, 1, dim));
}
