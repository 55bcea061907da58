// SPDX-License-Identifier: BSL-1.0
#include "mote/basic_pipeline.hpp"

#include <catch2/catch_test_macros.hpp>

#include "babbler.hpp"
#include "mote/mote.hpp"

using mote_tests::babbler;
using mote_tests::babbler_image;

TEST_CASE("basic_pipeline: the type knows the image file's size to the byte", "[pipeline]") {
  using one = mote::pipeline<babbler, mote::layout<1>>;
  using sixteen = mote::pipeline<babbler, mote::layout<16>>;
  CHECK(one::image_bytes == babbler_image(1).bytes().size());
  CHECK(sixteen::image_bytes == babbler_image(16).bytes().size());
  STATIC_REQUIRE(one::cost().flash.image() == one::image_bytes);
  STATIC_REQUIRE(babbler::vocabulary_bytes % 64 != 0);  // else rounding would hide a mistake
  STATIC_REQUIRE(one::cost().ram.object() == sizeof(one));
}
