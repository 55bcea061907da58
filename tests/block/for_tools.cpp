// SPDX-License-Identifier: BSL-1.0
#include "mote/block/for_tools.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>

#include "mote/family/llama.hpp"

namespace {
struct silent {};
struct denies {
  static constexpr bool rows_are_alone = false;
};
struct says {
  static constexpr bool rows_are_alone = true;
  static constexpr std::array input_readers{mote::role::up};
};
struct writes : says {
  static constexpr std::array output_writers{mote::role::down};
};
struct gain {
  static constexpr std::array proportional_to{mote::vector_role::ffn_norm};
};
struct length : gain {
  static constexpr bool sees_lengths_alone = true;
};
struct no_length : gain {
  static constexpr bool sees_lengths_alone = false;
};
}  // namespace

TEST_CASE("for_tools: a fact that a block does not state is not taken for true", "[block]") {
  namespace d = mote::detail;
  STATIC_REQUIRE((!d::rows_are_alone<silent> && !d::rows_are_alone<denies> && d::rows_are_alone<says>));
  STATIC_REQUIRE((d::scales_input<gain, says> && !d::scales_input<silent, says> && !d::scales_input<gain, silent>));
  STATIC_REQUIRE((d::rotates_stream<length, writes> && !d::rotates_stream<length, says>));
  STATIC_REQUIRE((!d::rotates_stream<gain, writes> && !d::rotates_stream<no_length, writes>));
}

TEST_CASE("for_tools: which matrices of a Llama read a norm's output, and which write to the stream", "[block]") {
  using attends = mote::llama::layer::block<0>;
  using feeds = mote::llama::layer::block<1>;
  STATIC_REQUIRE((attends::rows_are_alone && feeds::rows_are_alone));
  const auto is = [](auto span, auto... expected) {
    const std::array all{expected...};
    if (span.size() != all.size()) return false;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (span[i] != all[i]) return false;
    return true;
  };
  using mote::role, mote::vector_role;
  CHECK(is(attends::rotated_stream().readers, role::query, role::key, role::value));
  CHECK(is(attends::rotated_stream().writers, role::output));
  CHECK(is(attends::rotated_stream().gain, vector_role::attention_norm));
  CHECK(is(feeds::rotated_stream().readers, role::gate, role::up));
  CHECK(is(feeds::rotated_stream().writers, role::down));
  CHECK(is(feeds::scaled_inputs()[0].vectors, vector_role::ffn_norm));
}
