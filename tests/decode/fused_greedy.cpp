// SPDX-License-Identifier: BSL-1.0
// fused_greedy<> against greedy: the same tokens and the same status, of any logits and of pipelines, with a head in two
// parts too; how small the arena is; the gate.
#include "mote/decode/fused_greedy.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <vector>

#include "../golden/golden.hpp"
#include "../wide_vocabulary.hpp"
#include "mote/core/rng.hpp"
#include "mote/host/image/split_head.hpp"
#include "mote/mote.hpp"
#include "mote/pipeline/self_check.hpp"
#include "mote/policy/split.hpp"
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

struct wider : wide::model {
  static constexpr mote::shape shape{
      .dim = 64, .hidden = 40, .layers = 1, .heads = 2, .kv_heads = 1, .vocab = wide::tokens, .context = 64};
};
template <class... Policies>
using one = pipeline<wider, context<48>, Policies...>;

using answers = std::vector<std::vector<unsigned>>;
template <class Pipeline>
answers answers_of(Pipeline& ai) {
  answers all;
  for (const std::string_view question : {"the heat is on", "12", "no (it is not)"}) {
    for (const std::string_view piece : ai.ask(question, 20)) (void)piece;
    REQUIRE(ai.state() == status::ok);
    all.emplace_back(ai.tokens().begin(), ai.tokens().end());
  }
  return all;
}
std::span<const std::byte> image() {
  return golden::make_image<one<quantize<8>>::format>(wider::shape, wider::name, wide::table());
}
template <class Pipeline>
answers answers_from_image() {
  STATIC_REQUIRE(sizeof(Pipeline) == Pipeline::cost().ram.object());
  const auto ai = std::make_unique<Pipeline>();
  REQUIRE(golden::attach_made(*ai, image()) == status::ok);
  return answers_of(*ai);
}

}  // namespace

TEST_CASE("logits in stretches: the choice of greedy, the status of all at once") {
  rng random(3);
  constexpr float infinite = std::numeric_limits<float>::infinity(), most = std::numeric_limits<float>::max();
  std::vector<float> logits(vocab);
  for (const std::size_t rows : std::array<std::size_t, 4>{64, 192, 512, 1024}) {
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
  const auto expected = answers_from_image<plain>();
  CHECK(expected[0] != expected[1]);
  CHECK(answers_from_image<fused>() == expected);
  CHECK(answers_from_image<streaming>() == expected);
  STATIC_REQUIRE(plain::arena_bytes >= 4 * wide::tokens);
  STATIC_REQUIRE(fused::arena_bytes <= 6144);
}

TEST_CASE("a pipeline with a head in two parts says what it says with all logits") {
  using formats = mixed<quantize<8>, in_head<split<quantize<8>, 32>>>;
  using whole = pipeline<own_head<wider>, context<48>, formats, prefill<4>>;
  using skips = pipeline<own_head<wider>, context<48>, formats, fused_greedy<128>>;
  using under = pipeline<own_head<wider>, context<48>, formats, gbnf<"root ::= [a-e]{1,9}">>;  // few rows
  STATIC_REQUIRE(sizeof(skips) == skips::cost().ram.object());
  const auto made = host::split_head<one<quantize<8>>, whole>(image(), {});
  const std::unique_ptr<std::byte[], void (*)(std::byte*)> room(
      static_cast<std::byte*>(::operator new(made.size(), std::align_val_t{64})),
      [](std::byte* p) { ::operator delete(p, std::align_val_t{64}); });
  std::memcpy(room.get(), made.data(), made.size());
  const std::span<const std::byte> split_image(room.get(), made.size());
  const auto all = std::make_unique<whole>();
  const auto some = std::make_unique<skips>();
  const auto few = std::make_unique<under>();
  REQUIRE(all->attach(split_image) == status::ok);
  REQUIRE(some->attach(split_image) == status::ok);
  REQUIRE(few->attach(split_image) == status::ok);
  CHECK(answers_of(*some) == answers_of(*all));
  CHECK(self_check(*all).state == status::ok);

  REQUIRE(all->begin("12", 1) == status::ok);
  while (!all->step().done) {
  }
  const std::vector<float> logits(all->logits().begin(), all->logits().end());
  REQUIRE(few->begin("12", 1) == status::ok);
  while (!few->step().done) {
  }
  std::size_t computed = 0;
  for (std::size_t i = 0; i < wide::tokens; ++i)
    if (const float logit = few->logits()[i]; logit > -0x1p49F) {  // others are masked
      CHECK(logit == logits[i]);
      ++computed;
    }
  CHECK(computed >= 5);
  CHECK(computed < wide::tokens / 4);
}

TEST_CASE("where passes compute most rows, fifteen of sixteen compute all, until one shows that it pays") {
  detail::skipping_gate gate;
  for (int pass = 0; pass < 100; ++pass) {  // one in five alone does not close it
    REQUIRE(gate.open());
    gate.saw(pass % 5 == 0 ? 1000 : 300, 1000);
  }
  int tries = 0;
  for (int pass = 0; pass < 16 * 20; ++pass)
    if (gate.open()) {
      gate.saw(1000, 1000);
      ++tries;
    }
  CHECK(tries >= 20);
  CHECK(tries <= 24);
  while (!gate.open()) {
  }
  gate.saw(10, 1000);
  CHECK(gate.open());
}
