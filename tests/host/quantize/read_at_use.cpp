// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/read_at_use.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <vector>

#include "../../synthetic_model.hpp"
#include "mote/core/rng.hpp"
#include "mote/family/gpt2.hpp"

namespace host = mote::host;
using mote_tests::synthetic;

TEST_CASE("read_at_use: a product has the bits of the matrix in memory, and no large part of it is read at once",
          "[host][read_at_use]") {
  constexpr std::size_t most = (std::size_t{1} << 18U);
  mote::rng random(3);
  for (const auto& [rows, cols] : {std::pair{1U, 3U}, std::pair{37U, 24U}, std::pair{150U, 5001U},
                                   std::pair{96U, 5000U}, std::pair{9U, 300000U}}) {
    std::vector<float> w(std::size_t{rows} * cols);
    for (float& x : w) x = random.normal();
    std::size_t next = 0, largest = 0;
    const host::linear read = host::read_at_use(
        [&](std::size_t first, std::size_t count) -> const float* {
          CHECK(first == next);
          CHECK((count > 0 && first + count <= rows));
          next = first + count;
          largest = std::max(largest, count);
          return w.data() + first * cols;
        },
        rows, cols);
    const host::linear held = host::pack_floats(w.data(), rows, cols);
    CHECK((read.rows == rows && read.cols == cols && read.bytes == held.bytes));
    for (const std::size_t tokens : {1U, 2U, 7U}) {
      const std::size_t x_stride = mote::padded(cols) + 16, y_stride = mote::padded(rows) + 16;
      host::packed_bytes memory(tokens * x_stride * sizeof(float));
      auto* x = reinterpret_cast<float*>(memory.data());
      for (std::size_t i = 0; i < tokens * x_stride; ++i) x[i] = random.normal();
      host::packed_bytes first(tokens * y_stride * sizeof(float)), second(tokens * y_stride * sizeof(float));
      next = 0;
      read.multiply(x, x_stride, tokens, reinterpret_cast<float*>(first.data()), y_stride);
      CHECK(next == rows);
      held.multiply(x, x_stride, tokens, reinterpret_cast<float*>(second.data()), y_stride);
      CHECK(std::equal(first.data(), first.data() + first.size(), second.data()));
    }
    CHECK(largest * cols <= most + 16 * std::size_t{cols});
    std::vector<float> row(cols);
    for (const std::size_t i : {std::size_t{0}, std::size_t{rows - 1}}) {
      next = i;
      read.decode_row(i, row.data());
      CHECK(std::equal(row.begin(), row.end(), w.data() + i * cols));
    }
  }
}

TEST_CASE("read_at_use: the model of a source gives the logits of the model in memory", "[host][read_at_use]") {
  for (const bool tied : {true, false}) {
    mote::shape s = synthetic::shape;
    s.tied_head = tied;
    const auto weights = mote_tests::synthetic_weights(s, 6);
    host::held_model<> source(weights);
    const auto read = host::use_source(source), held = host::use_floats(weights);
    host::batch_decoder one(read, 2, 8), other(held, 2, 8);
    for (const std::vector<std::size_t>& tokens : {std::vector<std::size_t>{1, 5, 7, 1, 9, 4}, {2, 8}})
      CHECK(one.run(tokens) == other.run(tokens));
    CHECK_THROWS_WITH(host::use_source<mote::gpt2>(source),
                      Catch::Matchers::ContainsSubstring("this needs one of mote::gpt2"));
  }
}
