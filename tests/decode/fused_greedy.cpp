// SPDX-License-Identifier: BSL-1.0
// fused_greedy<> against greedy: the same tokens and the same status, of any logits and of pipelines; how small the
// arena is.
#include "mote/decode/fused_greedy.hpp"

#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

#include "../golden/golden.hpp"
#include "../wide_vocabulary.hpp"
#include "mote/core/rng.hpp"
#include "mote/mote.hpp"
#include "mote/policy/streamed.hpp"

using namespace mote;

namespace {

constexpr std::size_t vocab = 1000;

/// What the logits give in stretches of `rows`, beside what greedy and are_finite() say of all at once.
void agree(const std::vector<float>& logits, std::size_t rows) {
  detail::running_choice choice;
  for (std::size_t first = 0; first < vocab; first += rows)
    choice.see(logits.data() + first, vocab - first < rows ? vocab - first : rows);
  REQUIRE(choice.finite() == are_finite(logits.data(), vocab));
  if (choice.finite()) REQUIRE(choice.id() == greedy::state<vocab>::pick(logits.data()));
}

template <class... Policies>
using one = pipeline<wide::model, context<48>, Policies...>;

template <class Pipeline>
std::vector<std::vector<unsigned>> answers() {
  const auto ai = std::make_unique<Pipeline>();
  STATIC_REQUIRE(sizeof(Pipeline) == Pipeline::cost().ram.object());
  static const auto made =
      golden::make_image<typename Pipeline::format>(wide::model::shape, wide::model::name, wide::table());
  REQUIRE(!made.empty());
  REQUIRE(golden::attach_made(*ai, made) == status::ok);
  std::vector<std::vector<unsigned>> all;
  for (const std::string_view question : {"the heat is on", "12", "no (it is not)"}) {
    for (std::string_view piece : ai->ask(question, 20)) (void)piece;
    REQUIRE(ai->state() == status::ok);
    all.emplace_back(ai->tokens().begin(), ai->tokens().end());
  }
  return all;
}

}  // namespace

TEST_CASE("logits in stretches: the choice of greedy, the status of all at once") {
  rng random(3);
  constexpr float infinite = std::numeric_limits<float>::infinity(), most = std::numeric_limits<float>::max();
  std::vector<float> logits(vocab);
  for (const std::size_t rows : {64, 192, 512, 1024}) {
    for (int round = 0; round < 40; ++round) {
      for (float& x : logits) x = static_cast<float>(static_cast<int>(random.normal() * 3.0F));  // many are equal
      agree(logits, rows);
      for (float& x : logits) x = std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));  // any bits
      agree(logits, rows);
      for (float& x : logits) x = is_finite(x) ? x * 0x1p-12F : 0.0F;  // finite
      agree(logits, rows);
    }
    for (std::size_t at = 0; at < vocab; at += 7)
      for (const float odd : {1.0F, 1e-45F, most, infinite, -infinite, std::numeric_limits<float>::quiet_NaN()}) {
        std::vector<float> flat(vocab, at % 2 == 0 ? 0.0F : -0.0F);
        flat[at] = odd;
        agree(flat, rows);
      }
    agree(std::vector<float>(vocab, -most), rows);  // each is finite, their sum is not
    agree(std::vector<float>(vocab, -most / 2000), rows);
  }
}

TEST_CASE("a pipeline says what greedy says, in less memory") {
  using plain = one<quantize<8>>;
  using fused = one<quantize<8>, fused_greedy<64>, prefill<4>>;
  using streaming = one<streamed<quantize<8>, golden::image_reader, 3200>, fused_greedy<64>>;  // no block is a stretch
  const auto expected = answers<plain>();
  CHECK(expected[0] != expected[1]);
  CHECK(answers<fused>() == expected);
  CHECK(answers<streaming>() == expected);
  STATIC_REQUIRE(plain::arena_bytes >= 4 * wide::tokens);
  STATIC_REQUIRE(fused::arena_bytes <= 4096);
}
