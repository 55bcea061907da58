// SPDX-License-Identifier: BSL-1.0
// Sanitized at -O1: computes for longer than it is compiled.
#include "mote/host/import/llama2c.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "../../assets.hpp"
#include "mote/core/rng.hpp"

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using mote::host::parse_llama2c;
using mote::host::parse_llama2c_tokenizer;
using mote::host::raw_model;

namespace {

using bytes = std::vector<std::byte>;

template <class T>
void put(bytes& out, T v) {
  const std::size_t at = out.size();
  out.resize(at + sizeof v);
  std::memcpy(out.data() + at, &v, sizeof v);
}
template <class T>
void put_at(bytes& out, std::size_t at, T v) {
  std::memcpy(out.data() + at, &v, sizeof v);
}

/// dim 8, hidden 12, layers 2, heads 2, kv heads 1, vocab 6, context 4.
constexpr std::int32_t numbers[] = {8, 12, 2, 2, 1, 6, 4};
constexpr std::size_t legacy_floats = 6 * 8 + 2 * 8 + 2 * 64 + 2 * 32 * 2 + 2 * 64 + 2 * 8 + 3 * 2 * 96 + 8 + 4 * 4;

/// Counting floats: each tensor is where the sum of those before it says.
bytes legacy_file(bool tied) {
  bytes out;
  for (std::int32_t n : numbers) put(out, n == 6 && !tied ? -6 : n);
  for (std::size_t i = 0; i < legacy_floats + (tied ? 0 : 48); ++i) put(out, static_cast<float>(i));
  return out;
}

bytes header_of(std::int32_t version, bool tied, std::int32_t group) {
  bytes out;
  put(out, std::uint32_t{0x616B3432});
  put(out, version);
  for (std::int32_t n : numbers) put(out, n);
  put(out, static_cast<std::uint8_t>(tied ? 1 : 0));
  if (version == 2) put(out, group);
  out.resize(256);
  return out;
}

bytes version1_file(bool tied) {
  bytes out = header_of(1, tied, 0);
  for (std::size_t i = 0; i < legacy_floats - 16 + (tied ? 0 : 48); ++i) put(out, static_cast<float>(i));
  return out;
}

bytes version2_file(bool tied, std::int32_t group) {
  bytes out = header_of(2, tied, group);
  for (std::size_t i = 0; i < 5 * 8; ++i) put(out, static_cast<float>(i));
  int q = 0;
  float scale = 0.5F;
  const auto matrix = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) put(out, static_cast<std::int8_t>((q++ * 37) % 255 - 127));
    for (std::size_t i = 0; i < count / static_cast<std::size_t>(group); ++i) put(out, scale += 0.25F);
  };
  matrix(48);
  for (std::size_t count : {64U, 32U, 32U, 64U, 96U, 96U, 96U})
    for (int layer = 0; layer < 2; ++layer) matrix(count);
  if (!tied) matrix(48);
  return out;
}

std::optional<std::string> complaint(const bytes& file) {
  try {
    static_cast<void>(parse_llama2c(file, "m.bin"));
    return std::nullopt;
  } catch (const mote::host::file_error& e) {
    return e.what();
  }
}

void refuses(const bytes& file, const char* words) {
  const auto said = complaint(file);
  REQUIRE(said.has_value());
  CHECK_THAT(*said, ContainsSubstring("m.bin: ") && ContainsSubstring(words));
}

}  // namespace

TEST_CASE("llama2c: the legacy kind, tensor by tensor", "[host][llama2c]") {
  const bool tied = GENERATE(true, false);
  const raw_model m = parse_llama2c(legacy_file(tied), "m.bin");
  CHECK(
      m.shape ==
      mote::shape{
          .dim = 8, .hidden = 12, .layers = 2, .heads = 2, .kv_heads = 1, .vocab = 6, .context = 4, .tied_head = tied});
  const auto starts = [](const mote::host::raw_tensor& t, float at, std::size_t count) {
    CHECK(t.values.size() == count);
    CHECK(t.values.front() == at);
    CHECK(t.values.back() == at + static_cast<float>(count - 1));
    CHECK(t.group == 0);
  };
  starts(m.embedding, 0, 48);
  starts(m.of(mote::vector_role::attention_norm), 48, 16);
  starts(m.of(mote::role::query), 64, 128);
  starts(m.of(mote::role::key), 192, 64);
  starts(m.of(mote::role::value), 256, 64);
  starts(m.of(mote::role::output), 320, 128);
  starts(m.of(mote::vector_role::ffn_norm), 448, 16);
  starts(m.of(mote::role::gate), 464, 192);
  starts(m.of(mote::role::down), 656, 192);
  starts(m.of(mote::role::up), 848, 192);
  starts(m.of(mote::vector_role::final_norm), 1040, 8);
  if (!tied) starts(m.head, 1064, 48);  // behind sixteen floats of rope tables
  CHECK(m.head.values.empty() == tied);
}

TEST_CASE("llama2c: version 1, tensor by tensor", "[host][llama2c]") {
  const bool tied = GENERATE(true, false);
  const raw_model m = parse_llama2c(version1_file(tied), "m.bin");
  CHECK(m.shape.tied_head == tied);
  CHECK(m.of(mote::vector_role::attention_norm).values[0] == 0);
  CHECK(m.of(mote::vector_role::ffn_norm).values[0] == 16);
  CHECK(m.of(mote::vector_role::final_norm).values[0] == 32);
  CHECK(m.embedding.values[0] == 40);
  CHECK(m.of(mote::role::query).values[0] == 88);
  CHECK(m.of(mote::role::key).values[0] == 216);
  CHECK(m.of(mote::role::value).values[0] == 280);
  CHECK(m.of(mote::role::output).values[0] == 344);
  CHECK(m.of(mote::role::gate).values[0] == 472);
  CHECK(m.of(mote::role::down).values[0] == 664);
  CHECK(m.of(mote::role::up).values[0] == 856);
  CHECK(m.of(mote::role::up).values.back() == 1047);
  if (!tied) CHECK(m.head.values[0] == 1048);
}

TEST_CASE("llama2c: version 2, integers and scales of any group", "[host][llama2c]") {
  const bool tied = GENERATE(true, false);
  const std::int32_t group = GENERATE(1, 2, 4, 8, 16);
  const raw_model m = parse_llama2c(version2_file(tied, group), "m.bin");
  const auto g = static_cast<std::size_t>(group);
  CHECK(m.shape.tied_head == tied);
  CHECK(m.of(mote::vector_role::final_norm).values[7] == 39);
  CHECK(m.embedding.group == g);
  CHECK(m.embedding.integers[0] == -127);
  CHECK(m.embedding.integers[1] == -90);
  CHECK(m.embedding.scales[0] == 0.75F);
  CHECK(m.embedding.values[1] == -90 * (g == 1 ? 1.0F : 0.75F));
  // The second layer's integers stand behind the first one's scales.
  CHECK(m.of(mote::role::query).integers.size() == 128);
  CHECK(m.of(mote::role::query).integers[64] == static_cast<std::int8_t>(((48 + 64) * 37) % 255 - 127));
  CHECK(m.of(mote::role::query).scales.size() == 128 / g);
  CHECK(m.of(mote::role::query).scales[64 / g] == 0.75F + 0.25F * static_cast<float>((48 + 64) / g));
  CHECK(m.of(mote::role::query).values[64] ==
        static_cast<float>(m.of(mote::role::query).integers[64]) * m.of(mote::role::query).scales[64 / g]);
  CHECK(m.head.values.size() == (tied ? 0U : 48U));
}

TEST_CASE("llama2c: cut anywhere or longer, every kind is refused", "[host][llama2c]") {
  for (const bytes& whole : {legacy_file(true), legacy_file(false), version1_file(true), version2_file(true, 8)}) {
    REQUIRE_FALSE(complaint(whole).has_value());
    for (std::size_t n = 0; n < whole.size(); ++n) {
      // A copy of exactly n bytes, so that a sanitizer sees a read behind them.
      if (!complaint(bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)))) FAIL("accepted " << n);
    }
    bytes longer = whole;
    longer.resize(whole.size() + 1);
    REQUIRE(complaint(longer).has_value());
  }
}

TEST_CASE("llama2c: any byte of the header may have any value", "[host][llama2c]") {
  for (const bytes& whole : {legacy_file(true), version1_file(true), version2_file(true, 8)}) {
    bytes file = whole;
    for (std::size_t at = 0; at < 48; ++at) {
      for (unsigned value = 0; value < 256; ++value) {
        file[at] = static_cast<std::byte>(value);
        static_cast<void>(complaint(file));  // anything but file_error would fail the test
      }
      file[at] = whole[at];
    }
  }
}

TEST_CASE("llama2c: attacks by name", "[host][llama2c]") {
  const auto with = [](std::size_t field, std::int32_t v) {
    bytes file = legacy_file(true);
    put_at(file, 4 * field, v);
    return file;
  };
  refuses({}, "the header needs 4 bytes at offset 0, found 0");
  refuses(with(0, 0), "the header says dim = 0; expected 1 to 1048576");
  refuses(with(0, -8), "the header says dim = -8");
  refuses(with(1, std::numeric_limits<std::int32_t>::max()), "the header says hidden = 2147483647");
  refuses(with(2, 1 << 20), "of tensors for dim 8, hidden 12, layers 1048576");
  refuses(with(3, 3), "expected heads that divide dim into an even width");
  refuses(with(3, 8), "expected heads that divide dim into an even width");
  refuses(with(4, 3), "expected kv heads that divide heads");
  refuses(with(5, std::numeric_limits<std::int32_t>::min()), "the header says vocab = 2147483648");
  refuses(with(5, 7), "bytes of tensors");
  refuses(with(6, 0), "the header says context = 0");

  // All products at once: 2^62 weights and more, whose bytes wrap 64 bits.
  bytes huge;
  for (std::int32_t n : {1 << 20, 1 << 20, 1 << 20, 2, 2, 1 << 20, 1 << 20}) put(huge, n);
  huge.resize(4096);
  refuses(huge, "of tensors for dim 1048576");

  refuses(header_of(3, true, 0), "is of llama2.c version 3; expected 1 or 2");
  for (std::int32_t group : {0, -1, std::numeric_limits<std::int32_t>::min(), (1 << 20) + 1})
    refuses(header_of(2, true, group), "the header says group = ");
  bytes flag = version1_file(true);
  flag[36] = std::byte{2};
  refuses(flag, "shared classifier = 2");

  // Groups of 5 make the sizes agree nowhere; of 48 they fit the embedding only.
  refuses(version2_file(true, 5), "");
  bytes partly = version2_file(true, 48);
  refuses(partly, "");

  bytes infinite = legacy_file(true);
  put_at(infinite, 28 + 4 * 64, std::numeric_limits<float>::infinity());
  refuses(infinite, "wq holds a value that is not finite, at index 0");
  put_at(infinite, 28 + 4 * 64, std::numeric_limits<float>::quiet_NaN());
  refuses(infinite, "wq holds a value that is not finite, at index 0");
  bytes scale = version2_file(true, 8);
  put_at(scale, 256 + 160 + 48, std::numeric_limits<float>::quiet_NaN());
  refuses(scale, "the token embedding's scales holds a value that is not finite, at index 0");
  put_at(scale, 256 + 160 + 48, 1e38F);
  refuses(scale, "the token embedding holds a product that is not finite");
}

TEST_CASE("llama2c: the real files", "[host][llama2c]") {
  const raw_model small = mote::host::read_llama2c(mote_tests::asset("llama2c-stories260K/stories260K.bin"));
  CHECK(small.shape ==
        mote::shape{.dim = 64, .hidden = 172, .layers = 5, .heads = 8, .kv_heads = 4, .vocab = 512, .context = 512});
  CHECK(mote::parameters_of<mote::llama>(small.shape) == 260032);
  const raw_model q80 = mote::host::read_llama2c(mote_tests::asset("llama2c-stories3M-q80/stories3M-q80.bin"));
  CHECK(q80.shape ==
        mote::shape{.dim = 192, .hidden = 512, .layers = 6, .heads = 6, .kv_heads = 2, .vocab = 4096, .context = 512});
  CHECK(q80.of(mote::role::down).group == 64);
  CHECK(q80.of(mote::role::down).scales.size() == 6 * 192 * 512 / 64);
  // In a q8_0 file the largest of a group is 127 times its scale.
  for (std::size_t g = 0; g < 100; ++g) {
    int largest = 0;
    for (std::size_t i = 0; i < 64; ++i)
      largest = std::max(largest, std::abs(int{q80.of(mote::role::gate).integers[g * 64 + i]}));
    CHECK(largest == 127);
  }
}

TEST_CASE("llama2c tokenizer: reads, and refuses what does not add up", "[host][llama2c]") {
  bytes file;
  put(file, std::int32_t{3});
  for (const char* piece : {"a", "bcd", "ef"}) {
    put(file, -1.5F);
    put(file, static_cast<std::int32_t>(std::strlen(piece)));
    for (const char* c = piece; *c != 0; ++c) put(file, *c);
  }
  const auto text = parse_llama2c_tokenizer(file, 3, "t.bin");
  CHECK(text.pieces == std::vector<std::string>{"a", "bcd", "ef"});
  CHECK(text.scores == std::vector{-1.5F, -1.5F, -1.5F});

  const auto refuses_vocabulary = [](const bytes& f, std::size_t vocab, const char* words) {
    CHECK_THROWS_MATCHES(parse_llama2c_tokenizer(f, vocab, "t.bin"), mote::host::file_error,
                         MessageMatches(ContainsSubstring("t.bin: ") && ContainsSubstring(words)));
  };
  refuses_vocabulary(file, 4, "holds 3 tokens; expected 4");
  refuses_vocabulary(file, 2, "holds more than 2 tokens; expected 2");
  for (std::size_t n = 0; n < file.size(); ++n)
    refuses_vocabulary(bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(n)), 3, "t.bin");
  for (std::int32_t length :
       {0, -1, 4, std::numeric_limits<std::int32_t>::max(), std::numeric_limits<std::int32_t>::min()}) {
    bytes bad = file;
    put_at(bad, 8, length);
    refuses_vocabulary(bad, 3, "token 0 has length ");
  }
  bytes bad = file;
  put_at(bad, 0, std::numeric_limits<std::int32_t>::max());
  put_at(bad, 8, std::int32_t{0x7FFFFFF0});
  refuses_vocabulary(bad, 3, "token 0 needs 2147483632 bytes at offset 12, found ");
  bad = file;
  put_at(bad, 4, std::numeric_limits<float>::infinity());
  refuses_vocabulary(bad, 3, "score that is not finite");
}
