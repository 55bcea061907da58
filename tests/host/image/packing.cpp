// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/packing.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>
#include <utility>
#include <vector>

#include "../../synthetic_model.hpp"
#include "mote/host/image/plan_of.hpp"
#include "mote/host/image/repack.hpp"
#include "mote/model/formats.hpp"
#include "mote/mote.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace mote;
using mote_tests::synthetic;

namespace {

/// A policy and the text that means it.
template <class Policy>
struct meaning {
  using policy = Policy;
  std::string_view text;
};

/// Every format that there is; with MOTE_TEST_FEW_TYPES one of a kind.
template <class F>
void each_format(F&& f) {
#if MOTE_TEST_FEW_TYPES
  f(meaning<quantize<32>>{"f32"});
  f(meaning<quantize<8, 64>>{"q8g64"});
  f(meaning<quantize<4>>{"q4"});
  f(meaning<packed<ternary>>{"ternary"});
  f(meaning<packed<trits>>{"trits"});
  f(meaning<k_quant<4>>{"q4k"});
  f(meaning<packed<q5a>>{"q5a"});
#else
  f(meaning<quantize<32>>{"f32"});
  f(meaning<quantize<16>>{"f16"});
  f(meaning<packed<bf16>>{"bf16"});
  f(meaning<quantize<8>>{"q8"});
  f(meaning<quantize<8, 64>>{"q8g64"});
  f(meaning<quantize<6>>{"q6"});
  f(meaning<quantize<5>>{"q5"});
  f(meaning<quantize<4>>{"q4"});
  f(meaning<packed<iq4_nl>>{"iq4_nl"});
  f(meaning<quantize<3>>{"q3"});
  f(meaning<quantize<2>>{"q2"});
  f(meaning<packed<ternary>>{"ternary"});
  f(meaning<packed<trits>>{"trits"});
  f(meaning<k_quant<6>>{"q6k"});
  f(meaning<k_quant<5>>{"q5k"});
  f(meaning<k_quant<4>>{"q4k"});
  f(meaning<k_quant<3>>{"q3k"});
  f(meaning<k_quant<2>>{"q2k"});
  f(meaning<packed<q5a>>{"q5a"});
  f(meaning<packed<q4a>>{"q4a"});
#endif
}

template <class Policy, std::size_t Rows>
using assistant = pipeline<synthetic, Policy, mote::interleave<Rows>>;

mote_tests::aligned_bytes image_of(std::string_view formats, std::size_t rows) {
  return mote_tests::aligned_bytes(host::write_image(mote_tests::synthetic_weights(synthetic::shape, 1),
                                                     mote_tests::synthetic_vocabulary(synthetic::special_tokens),
                                                     synthetic::name,
                                                     host::read_packing(formats, rows, synthetic::shape))
                                       .bytes);
}

/// What a pipeline says, and its last logits.
template <class Pipeline>
std::pair<std::string, std::vector<float>> answer(std::span<const std::byte> image) {
  static Pipeline ai;
  REQUIRE(ai.attach(image) == status::ok);
  std::string text;
  for (const std::string_view piece : ai.ask("the inner ring", 12)) text += piece;
  return {text, std::vector<float>(ai.logits().begin(), ai.logits().end())};
}

}  // namespace

TEST_CASE("packing: an image of every format is what its policy expects, and is refused by every other",
          "[host][packing]") {
  [[maybe_unused]] std::size_t formats = 0;
  each_format([&]<class Policy>(meaning<Policy> one) {
    INFO(one.text);
    ++formats;
    CHECK(host::plan_of<bind_formats<Policy, synthetic::shape, 16>>(synthetic::shape) ==
          host::read_packing(one.text, 16, synthetic::shape));
    CHECK(host::plan_of<bind_formats<Policy, synthetic::shape, 1>>(synthetic::shape) ==
          host::read_packing(one.text, 1, synthetic::shape));
    CHECK(host::policy_of(host::read_packing(one.text, 4, synthetic::shape), synthetic::shape) ==
          host::family_of(one.text).policy);
    CHECK(host::text_of(host::read_packing(one.text, 4, synthetic::shape), synthetic::shape) == one.text);
    static assistant<Policy, 4> ai;
    for (const host::format_family& other : host::format_families)
      for (const std::size_t rows : {4U, 8U}) {
        INFO(other.name << " rows " << rows);
        CHECK(ai.attach(image_of(other.name, rows)) ==
              (other.name == one.text && rows == 4 ? status::ok : status::wrong_format));
      }
  });
#if !MOTE_TEST_FEW_TYPES
  CHECK(formats == host::format_families.size());
#endif
}

TEST_CASE("packing: what every format's image says is the same in another layout", "[host][packing]") {
  const auto vocabulary = mote_tests::synthetic_vocabulary(synthetic::special_tokens);
  const host::model_facts facts{.name = "synthetic",
                                .origin = "a test",
                                .shape = synthetic::shape,
                                .vocabulary_bytes = vocabulary.size(),
                                .longest_piece = 4,
                                .special_tokens = synthetic::special_tokens};
  std::vector<std::vector<float>> seen;
  each_format([&]<class Policy>(meaning<Policy> one) {
    INFO(one.text);
    const auto wide = image_of(one.text, 16);
    const auto said = answer<assistant<Policy, 16>>(wide);
    const mote_tests::aligned_bytes narrow(host::repack(wide, facts, 1, one.text));
    CHECK((answer<assistant<Policy, 1>>(narrow) == said));
    if (one.text == "trits") {  // ternary's numbers, which came before
      CHECK((said.second == seen.back()));
    } else {
      for (const auto& other : seen) CHECK((said.second != other));
      seen.push_back(said.second);
    }
  });
}

TEST_CASE("packing: a plan and the shortest text that means it", "[host][packing]") {
  shape s = synthetic::shape;
  s.layers = 5;
  s.tied_head = false;
  const auto round_trip = [&](std::string_view text) {
    const auto plan = host::read_packing(text, 8, s);
    const std::string again = host::text_of(plan, s);
    CHECK(host::read_packing(again, 8, s) == plan);
    return again;
  };
  CHECK(round_trip("q4") == "q4");
  CHECK(round_trip("q8,all=q4,head=q4") == "q4,embedding=q8");
  CHECK(round_trip("q4,embedding=q8,head=q6,value=q6,2.value=q4") == "q4,embedding=q8,head=q6,value=q6,2.value=q4");
  CHECK(round_trip("q4,0.down=q8,1.down=q8") == "q4,0.down=q8,1.down=q8");
  CHECK(round_trip("q4,0.down=q8,1.down=q8,2.down=q5,3.down=q8,4.down=q8") == "q4,down=q8,2.down=q5");
  CHECK(round_trip("q4,3.all=q3k") ==
        "q4,3.query=q3k,3.key=q3k,3.value=q3k,3.output=q3k,3.gate=q3k,3.up=q3k,3.down=q3k");
}

// The same words as a type and as a text.
#define POLICY                                                                                                         \
  mote::mixed<mote::quantize<4>, mote::in_embedding<mote::quantize<8>>,                                                \
              mote::in<mote::role::value, mote::quantize<6>>, mote::in_layer<1, mote::role::value, mote::quantize<4>>, \
              mote::in_layer<1, mote::role::down, mote::k_quant<5>>>
#define AS_TEXT(...) #__VA_ARGS__
#define TEXT_OF(...) AS_TEXT(__VA_ARGS__)

TEST_CASE("packing: a plan as C++ is the type that has it", "[host][packing]") {
  struct two_layers : synthetic {};
  constexpr shape s = two_layers::shape;
  const auto plan = host::read_packing("q4,embedding=q8,0.value=q6,1.down=q5k,head=q8", 4, s);
  using bound = bind_formats<POLICY, s, 4>;
  CHECK(host::plan_of<bound>(s) == plan);
  std::string spelled = host::policy_of(plan, s);
  // One of two layers is no majority: the exception is spelled for the layer.
  CHECK(spelled ==
        "mote::mixed<mote::quantize<4>, mote::in_embedding<mote::quantize<8>>, mote::in_layer<0, mote::role::value, "
        "mote::quantize<6>>, mote::in_layer<1, mote::role::down, mote::k_quant<5>>>");
  shape three = s;
  three.layers = 3;
  CHECK(host::policy_of(host::read_packing("q4,embedding=q8,value=q6,1.value=q4,1.down=q5k", 4, three), three) ==
        TEXT_OF(POLICY));
}

TEST_CASE("packing: what is not understood is named", "[host][packing]") {
  const shape s = synthetic::shape;
  CHECK_THROWS_WITH(host::read_packing("q7", 4, s),
                    ContainsSubstring("no format is called \"q7\"; there are f32, f16, bf16, q8"));
  CHECK_THROWS_WITH(host::read_packing("", 4, s), ContainsSubstring("no format is called \"\""));
  CHECK_THROWS_WITH(host::read_packing("q4,q8", 4, s), ContainsSubstring("\"q8\" is not understood"));
  CHECK_THROWS_WITH(host::read_packing("value=q8", 4, s), ContainsSubstring("\"value=q8\" is not understood"));
  CHECK_THROWS_WITH(host::read_packing("q4,values=q8", 4, s), ContainsSubstring("\"values\" names no tensor"));
  CHECK_THROWS_WITH(host::read_packing("q4,.value=q8", 4, s), ContainsSubstring("\".value\" names no tensor"));
  CHECK_THROWS_WITH(host::read_packing("q4,-1.value=q8", 4, s), ContainsSubstring("\"-1.value\" names no tensor"));
  CHECK_THROWS_WITH(host::read_packing("q4,99999.value=q8", 4, s),
                    ContainsSubstring("\"99999.value\" names no tensor"));
  CHECK_THROWS_WITH(host::read_packing("q4,2.value=q8", 4, s),
                    ContainsSubstring("layer 2 is named; the model has 2 layers"));
  CHECK_THROWS_WITH(host::read_packing("q4", 2, s), ContainsSubstring("no format interleaves 2 rows"));
}
