// SPDX-License-Identifier: BSL-1.0
#include "mote/kernel/low_rank.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

#include "mote/core/rng.hpp"

TEST_CASE("a low-rank addition and its gradients follow the definition in double precision") {
  mote::rng random(1);
  for (const std::size_t rank : {1U, 4U, 7U})
    for (const std::size_t rows : {8U, 16U, 44U})
      for (const std::size_t cols : {6U, 32U, 172U}) {
        const mote::low_rank_size size{rank, rows, cols};
        const std::size_t wide = mote::padded(cols), tall = mote::padded(rows);
        REQUIRE(size.floats() == rank * (wide + tall));
        const auto fill = [&](std::size_t lines, std::size_t width, std::size_t stride) {
          std::vector<float> v(lines * stride);
          for (std::size_t l = 0; l < lines; ++l)
            for (std::size_t i = 0; i < width; ++i) v[l * stride + i] = random.normal();
          return v;
        };
        const auto a = fill(rank, cols, wide), b = fill(rank, rows, tall);
        const auto x = fill(1, cols, wide), dy = fill(1, rows, tall);
        const auto y_before = fill(1, rows, tall), da_before = fill(rank, cols, wide),
                   db_before = fill(rank, rows, tall), dx_before = fill(1, cols, wide);
        auto y = y_before, da = da_before, db = db_before, dx = dx_before;
        const float scale = 0.5F;
        mote::low_rank_add(size, a.data(), b.data(), scale, x.data(), y.data());
        mote::low_rank_gradient(size, a.data(), b.data(), scale, x.data(), dy.data(), da.data(), db.data(), dx.data());

        const auto of = [](const std::vector<float>& v, std::size_t i) { return static_cast<double>(v[i]); };
        std::vector<double> hidden(rank), back(rank);
        for (std::size_t k = 0; k < rank; ++k) {
          for (std::size_t i = 0; i < cols; ++i) hidden[k] += 0.5 * of(a, k * wide + i) * of(x, i);
          for (std::size_t i = 0; i < rows; ++i) back[k] += 0.5 * of(b, k * tall + i) * of(dy, i);
        }
        INFO("rank " << rank << ", rows " << rows << ", cols " << cols);
        constexpr double near = 1e-4;
        for (std::size_t i = 0; i < rows; ++i) {
          double exact = of(y_before, i);
          for (std::size_t k = 0; k < rank; ++k) exact += hidden[k] * of(b, k * tall + i);
          REQUIRE(std::fabs(of(y, i) - exact) < near);
          for (std::size_t k = 0; k < rank; ++k)
            REQUIRE(std::fabs(of(db, k * tall + i) - of(db_before, k * tall + i) - hidden[k] * of(dy, i)) < near);
        }
        for (std::size_t i = 0; i < cols; ++i) {
          double exact = of(dx_before, i);
          for (std::size_t k = 0; k < rank; ++k) exact += back[k] * of(a, k * wide + i);
          REQUIRE(std::fabs(of(dx, i) - exact) < near);
          for (std::size_t k = 0; k < rank; ++k)
            REQUIRE(std::fabs(of(da, k * wide + i) - of(da_before, k * wide + i) - back[k] * of(x, i)) < near);
        }
        for (std::size_t i = rows; i < tall; ++i) REQUIRE(y[i] == 0);  // padding stays
        for (std::size_t i = cols; i < wide; ++i) REQUIRE(da[i] == 0);
      }
}

TEST_CASE("B of zeros adds nothing") {
  const mote::low_rank_size size{4, 16, 16};
  const std::vector<float> a(64, 3.0F), b(64, 0.0F), x(16, 1.0F);
  std::vector<float> y(16, 0.25F);
  mote::low_rank_add(size, a.data(), b.data(), 2.0F, x.data(), y.data());
  CHECK(y == std::vector<float>(16, 0.25F));
}
