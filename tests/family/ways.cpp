// SPDX-License-Identifier: BSL-1.0
// The answer of each family has the same bits however it is computed: token by token from memory, the prompt several
// tokens at a time and with drafts, by three threads, or through a reader. What they are on each target,
// tests/golden/families.hpp says.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "../few_types.hpp"
#include "../golden/families.hpp"
#include "mote/mote.hpp"
#include "mote/policy/streamed.hpp"
#include "mote/policy/threads.hpp"

namespace {

using namespace mote_families;

template <class Family, mote::shape Shape>
struct of {
  using kind = Family;
  static constexpr mote::shape shape = Shape;
};
using some = std::tuple<of<mote::llama, scaled_llama>, of<mote::lfm2_layers<"cac">, sizes(3)>, of<mote::gemma3, gemma3>,
                        of<mote::ple_tinylm, by_layer>>;
using rest = std::tuple<of<mote::qwen2, sizes(2)>, of<mote::qwen3, sizes(2)>, of<mote::gemma2, gemma2>,
                        of<mote::phi2, partly>, of<mote::phi3, windowed>, of<mote::stablelm, partly>,
                        of<mote::stablelm2, partly>, of<mote::gpt2, sizes(2)>, of<mote::gpt_neo, windowed>,
                        of<mote::gpt_neox, partly>, of<mote::opt, sizes(2)>>;

struct flash {
  std::span<const std::byte> image;
  bool fetch(std::size_t offset, std::span<std::byte> to) {
    if (offset > image.size() || to.size() > image.size() - offset) return false;
    std::memcpy(to.data(), image.data() + offset, to.size());
    return true;
  }
};

struct said {
  std::string text;
  std::vector<std::uint32_t> bits;
  bool operator==(const said&) const = default;
};
/// The text, and all logits behind it.
template <class Pipeline>
said answer(Pipeline& ai) {
  said s;
  REQUIRE(ai.begin("the heat is on and the heat is in the east", 14) == mote::status::ok);
  for (auto step = ai.step();; step = ai.step()) {
    s.text += step.piece;
    if (!step.piece.empty())
      for (const float logit : ai.logits()) s.bits.push_back(__builtin_bit_cast(std::uint32_t, logit));
    if (step.done) break;
  }
  CHECK(ai.state() == mote::status::ok);
  return s;
}

template <class Model, class... Policies>
said from_memory(std::span<const std::byte> image) {
  const auto ai = std::make_unique<mote::pipeline<Model, mote::interleave<4>, mote::context<64>, Policies...>>();
  REQUIRE(ai->attach(image) == mote::status::ok);
  return answer(*ai);
}

using tested = mote_tests::some_or_all<some, rest>;

/// Three, whatever the work.
using team = mote::threads<3, mote::threads_knobs{.spins = 0, .least_bytes = 1}>;

}  // namespace

TEMPLATE_LIST_TEST_CASE("family: the bits do not depend on drafts, threads or the reader", "[family]", tested) {
  using family = typename TestType::kind;
  using described = model<family, TestType::shape>;
  using plain = mote::pipeline<described, mote::interleave<4>, mote::context<64>>;
  const auto image = make_image<typename plain::format, family>(TestType::shape);
  REQUIRE(!image.empty());
  const said expected = from_memory<described>(image);
  REQUIRE(!expected.bits.empty());
  if constexpr (mote::states_of<family>::any) CHECK(from_memory<described, mote::prefill<5>, team>(image) == expected);
  else CHECK(from_memory<described, mote::prefill<5>, mote::ngram<256>, team>(image) == expected);

  flash reader{image};
  const auto through = std::make_unique<mote::pipeline<described, mote::streamed<mote::quantize<8>, flash, 1024>,
                                                       mote::interleave<4>, mote::context<64>, mote::prefill<3>>>();
  REQUIRE(through->attach(reader) == mote::status::ok);
  CHECK(answer(*through) == expected);
}
