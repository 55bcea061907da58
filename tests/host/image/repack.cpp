// SPDX-License-Identifier: BSL-1.0
// Sanitized at -O1: computes for longer than it is compiled.
#include "mote/host/image/repack.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "../../few_types.hpp"
#include "../../random_weights.hpp"
#include "mote/core/rng.hpp"
#include "mote/host/image/image_writer.hpp"
#include "mote/host/image/packing.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/store/container.hpp"

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using namespace mote;

namespace {

/// Odd sizes on purpose: no tile and no group is whole.
host::raw_model odd_model(bool tied) {
  return mote_tests::random_weights(
      {.dim = 40, .hidden = 52, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = 13, .context = 16, .tied_head = tied},
      5);
}

std::vector<std::byte> small_table() {
  host::vocabulary_text text;
  text.pieces = {"<unk>", "<s>", "</s>", " ", "a", "b", "c", "d", " a", "ab", "cd", "abcd", " ab"};
  text.scores.assign(text.pieces.size(), -1.0F);
  return host::pack_vocabulary(text, {.bos = 1, .eos = 2});
}

host::model_facts facts_of(const host::raw_model& m, std::size_t vocabulary_bytes) {
  return {.name = "odd",
          .origin = "a test",
          .shape = m.shape,
          .vocabulary_bytes = vocabulary_bytes,
          .longest_piece = 4,
          .special_tokens = {}};
}

}  // namespace

TEST_CASE("repack: another layout is what the importer would have written, byte for byte", "[host][repack]") {
  const std::string formats =
      GENERATE("q8", "q8g64", "f32", "f16", "bf16", "q6", "q5", "q4", "iq4_nl", "q3", "q2", "ternary", "trits", "q6k",
               "q5k", "q4k", "q3k", "q2k", "q5a", "q4a", "q8,embedding=f32,value=q8g64", "f32,head=q8,1.down=q8",
               "q4k,embedding=bf16,key=trits");
  const bool tied = GENERATE(true, false);
  const host::raw_model model = odd_model(tied);
  const auto table = small_table();
  const auto facts = facts_of(model, table.size());
  const auto rows_of = [](std::vector<std::size_t> some) {
    return mote_tests::few_types ? some : std::vector<std::size_t>{1, 4, 8, 16};
  };
  for (const std::size_t from_rows : rows_of({1, 8})) {
    const auto plan = [&](std::size_t rows) { return host::read_packing(formats, rows, model.shape); };
    const auto image = host::write_image(model, table, "odd", plan(from_rows)).bytes;
    for (const std::size_t to_rows : rows_of({4, 16})) {
      INFO(formats << ", " << from_rows << " to " << to_rows << " rows");
      CHECK(host::repack(image, facts, to_rows, formats) ==
            host::write_image(model, table, "odd", plan(to_rows)).bytes);
      if (formats.find(',') == std::string::npos)
        CHECK(host::repack(image, facts, to_rows) == host::write_image(model, table, "odd", plan(to_rows)).bytes);
      else CHECK_THROWS_WITH(host::repack(image, facts, to_rows), ContainsSubstring("needs to be told which"));
    }
  }
}

TEST_CASE("repack: a bad image is refused by name", "[host][repack]") {
  const host::raw_model model = odd_model(true);
  const auto table = small_table();
  const auto facts = facts_of(model, table.size());
  auto image = host::write_image(model, table, "odd", host::read_packing("q8", 1, model.shape)).bytes;

  SECTION("a flipped bit in the weights") {
    image[1000] ^= std::byte{4};
    CHECK_THROWS_WITH(host::repack(image, facts, 16), ContainsSubstring("corrupt_payload"));
  }
  SECTION("every bit of the header") {
    for (std::size_t bit = 0; bit < 8 * container_header_bytes; ++bit) {
      image[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
      CHECK_THROWS_AS(host::repack(image, facts, 16), std::runtime_error);
      image[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    }
  }
  SECTION("cut anywhere") {
    for (std::size_t n = 0; n < image.size(); n += 97)
      CHECK_THROWS_WITH(host::repack(std::span(image).first(n), facts, 16), ContainsSubstring("truncated"));
  }
  SECTION("of another model") {
    auto other = facts;
    other.shape.layers = 3;
    CHECK_THROWS_WITH(host::repack(image, other, 16), ContainsSubstring("wrong_shape"));
  }
  SECTION("with another token table") {
    auto other = facts;
    other.vocabulary_bytes += 4;
    CHECK_THROWS_WITH(host::repack(image, other, 16), ContainsSubstring("wrong_size"));
  }
  SECTION("rows that no board wants") {
    CHECK_THROWS_WITH(host::repack(image, facts, 3), ContainsSubstring("3 rows"));
    CHECK_THROWS_WITH(host::repack(image, facts, 0), ContainsSubstring("0 rows"));
  }
  SECTION("a format that nobody knows") {
    container_header h;
    std::memcpy(&h, image.data(), sizeof h);
    h.format_fingerprint ^= 1;
    put_name(h.format_name, "q5");
    seal(h);
    std::memcpy(image.data(), &h, sizeof h);
    CHECK_THROWS_WITH(host::repack(image, facts, 16), ContainsSubstring("\"q5\""));
  }
}
