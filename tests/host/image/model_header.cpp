// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/model_header.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "tiny_facts.hpp"

using Catch::Matchers::ContainsSubstring;

namespace {
using mote_tests::tiny_facts;
}  // namespace

TEST_CASE("model header: states every fact, one a line", "[host][model_header]") {
  const std::string text = mote::host::model_header(tiny_facts());
  for (const char* line : {"struct tiny {", "  static constexpr std::string_view name = \"tiny\";", "      .dim = 64,",
                           "      .hidden = 172,", "      .layers = 5,", "      .heads = 8,", "      .kv_heads = 4,",
                           "      .vocab = 512,", "      .context = 512,", "      .tied_head = false,",
                           "      .rope_theta = 5e+05F,", "      .norm_epsilon = 1e-06F,", "      .bos = 1,",
                           "      .eos = 2,", "      .note = 259,", "      .user = 260,", "      .answer = 261,"})
    CHECK_THAT(text, ContainsSubstring(std::string("\n") + line + "\n"));
  CHECK_THAT(text, ContainsSubstring("vocabulary_bytes = 4464;"));
  CHECK_THAT(text, ContainsSubstring("longest_piece = 7;"));
  CHECK_THAT(text, ContainsSubstring("from tiny.bin and tok.bin."));
}

TEST_CASE("model header: floats read back as the same bits", "[host][model_header]") {
  for (float v : {1.0F, 10000.0F, 1e-5F, 1e-6F, 500000.0F, 1234567.0F, 0.1F, 3.4e38F, 1.17549435e-38F}) {
    const std::string literal = mote::host::detail::float_literal(v);
    REQUIRE(literal.back() == 'F');
    CHECK(literal.find_first_of(".e") != std::string::npos);  // 10000F would not compile
    CHECK(std::bit_cast<std::uint32_t>(std::strtof(literal.c_str(), nullptr)) == std::bit_cast<std::uint32_t>(v));
  }
}

TEST_CASE("model header: refuses names that would not compile", "[host][model_header]") {
  for (const char* name : {"", "1a", "a-b", "a b", "class", "int", "a__b", "_a", "a;", "\xC3\xBC", "mote", "a\nb"}) {
    auto m = tiny_facts();
    m.name = name;
    CHECK_THROWS_MATCHES(mote::host::model_header(m), std::runtime_error,
                         Catch::Matchers::MessageMatches(ContainsSubstring("cannot name a C++ type")));
  }
  for (const char* name : {"a", "stories260k", "my_model", "A1_b"}) {
    auto m = tiny_facts();
    m.name = name;
    CHECK_NOTHROW(mote::host::model_header(m));
  }
}

TEST_CASE("model header: a file's name cannot leave its comment", "[host][model_header]") {
  auto m = tiny_facts();
  m.origin = "a\n#error out\r\\";
  const std::string text = mote::host::model_header(m);
  CHECK_THAT(text, ContainsSubstring("a?#error out??."));
  CHECK(text.find("\n#error") == std::string::npos);
}
