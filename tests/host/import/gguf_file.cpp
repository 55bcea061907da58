// SPDX-License-Identifier: BSL-1.0
// What has been done to readers of GGUF files, one class of attack a test: each is refused with a sentence, and nothing
// is read outside the file. (The suite's sanitizers watch; the last test spoils a file at random.)
// GCC 12 takes an empty vector's data() for null where it is copied, and warns of a copy of no bytes.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wnonnull"
#endif
#include "mote/host/import/gguf_file.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstring>
#include <limits>
#include <memory>
#include <string>

#include "gguf_writer.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/host/import/gguf.hpp"
#include "mote/host/import/gguf_blocks.hpp"

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using mote::host::gguf_type;
using mote_tests::byte_writer;
using mote_tests::gguf_parts;
using mote_tests::little_gguf;

namespace {

constexpr std::uint64_t huge = std::numeric_limits<std::uint64_t>::max();

/// Parses bytes that lie in memory of exactly their size, so that a read behind them is caught.
void parse(const std::vector<std::byte>& file) {
  const auto exact = std::make_unique<std::byte[]>(file.size());
  if (!file.empty()) std::memcpy(exact.get(), file.data(), file.size());
  (void)mote::host::parse_gguf({exact.get(), file.size()}, "x.gguf");
}
void refused(const gguf_parts& g, const std::string& why) {
  REQUIRE_THROWS_MATCHES(parse(g.file()), mote::host::file_error, MessageMatches(ContainsSubstring(why)));
}
gguf_parts good() { return little_gguf(gguf_type::q8_0); }

}  // namespace

TEST_CASE("gguf: the file that is spoiled below is good") { REQUIRE_NOTHROW(parse(good().file())); }

TEST_CASE("gguf: what is no GGUF file, or of another version") {
  REQUIRE_THROWS_MATCHES(parse({}), mote::host::file_error, MessageMatches(ContainsSubstring("is not a GGUF file")));
  REQUIRE_THROWS_MATCHES(parse(byte_writer{}.put(std::uint32_t{0x616B3432}).bytes), mote::host::file_error,
                         MessageMatches(ContainsSubstring("is not a GGUF file")));
  gguf_parts g = good();
  g.version = 1;
  refused(g, "version 1");
  g.version = 0x03000000;  // big-endian
  refused(g, "version 50331648");
}

TEST_CASE("gguf: a file cut at any byte (CVE-2024-32878: parts that were never read)") {
  const auto file = good().file();
  for (std::size_t n = 0; n < 9000; n += n < 400 ? 1 : 97)
    REQUIRE_THROWS_AS(parse({file.begin(), file.begin() + static_cast<std::ptrdiff_t>(n)}), mote::host::file_error);
  REQUIRE_THROWS_AS(parse({file.begin(), file.end() - 1}), mote::host::file_error);
}

TEST_CASE("gguf: counts of values and tensors that the file cannot hold (CVE-2024-23496, -21836)") {
  gguf_parts g = good();
  g.value_count = huge;
  REQUIRE_THROWS_AS(parse(g.file()), mote::host::file_error);
  g = good();
  g.tensor_count = huge;
  REQUIRE_THROWS_AS(parse(g.file()), mote::host::file_error);
}

TEST_CASE("gguf: a string longer than the file (CVE-2024-23605)") {
  for (const std::uint64_t length : {huge, huge - 7, std::uint64_t{1} << 30U, std::uint64_t{100000000}}) {
    gguf_parts g = good();
    g.set("general.name", byte_writer{}.put(std::uint32_t{8}).put(length).bytes);
    refused(g, "bytes at offset");
  }
}

TEST_CASE("gguf: an array larger than the file (CVE-2024-21802, and a gigabyte asked for by 160 bytes)") {
  for (const std::uint64_t count : {huge, huge / 4 + 1, huge / 8 + 1, std::uint64_t{1} << 30U})
    for (const std::uint32_t element : {0U, 6U, 8U, 12U}) {
      gguf_parts g = good();
      g.set("general.list", byte_writer{}.put(std::uint32_t{9}).put(element).put(count).bytes);
      refused(g, "elements; only");
    }
}

TEST_CASE("gguf: arrays of arrays, and types that do not exist (CVE-2024-42477: an index that nobody checked)") {
  for (const std::uint32_t element : {9U, 13U, 0xFFFFFFFFU}) {
    gguf_parts g = good();
    g.set("general.list",
          byte_writer{}.put(std::uint32_t{9}).put(element).put(std::uint64_t{1}).put(std::uint64_t{0}).bytes);
    refused(g, "is an array of type");
  }
  gguf_parts g = good();
  g.set("general.thing", byte_writer{}.put(std::uint32_t{13}).put(std::uint64_t{0}).bytes);
  refused(g, "unknown type 13");
  for (const std::uint32_t type : {4U, 31U, 1000U, 0x80000000U, 0xFFFFFFFFU}) {
    g = good();
    g.tensors[0].type = type;
    refused(g, "which is not read");
  }
}

TEST_CASE("gguf: dimensions whose product wraps (CVE-2025-53630, CVE-2026-27940, llama.cpp 27203)") {
  for (const auto& dimensions : std::vector<std::vector<std::uint64_t>>{
           {std::uint64_t{1} << 40U, std::uint64_t{1} << 40U},
           {std::uint64_t{1} << 32U, std::uint64_t{1} << 16U, std::uint64_t{1} << 16U},
           {32, std::uint64_t{1} << 31U, std::uint64_t{1} << 31U, 2},
           {std::uint64_t{1} << 36U, std::uint64_t{1} << 27U},
           {64, huge},
           {std::uint64_t{1} << 63U}}) {
    gguf_parts g = good();
    g.at("blk.0.attn_q.weight").dimensions = dimensions;
    REQUIRE_THROWS_AS(parse(g.file()), mote::host::file_error);
  }
  gguf_parts g = good();
  g.at("blk.0.attn_q.weight").dimensions = {64, 0};
  refused(g, "a dimension of 0");
}

TEST_CASE("gguf: more dimensions than there is room for (gguf-tools 25: an assertion as the only bound)") {
  for (const std::size_t n : {0U, 5U, 8U, 9U, 64U}) {
    gguf_parts g = good();
    g.at("blk.0.attn_q.weight").dimensions = std::vector<std::uint64_t>(n, 1);
    refused(g, "dimensions; expected 1 to 4");
  }
}

TEST_CASE("gguf: a tensor that ends, or begins, behind the file (CVE-2026-7482)") {
  for (const std::uint64_t offset : {huge - 31, huge / 2 + 1, std::uint64_t{1} << 30U, std::uint64_t{1} << 20U}) {
    gguf_parts g = good();
    g.tensors.back().offset = offset;
    REQUIRE_THROWS_AS(parse(g.file()), mote::host::file_error);
  }
  gguf_parts g = good();
  g.at("token_embd.weight").dimensions = {64, 1U << 20U};
  refused(g, "ends behind the file's");
}

TEST_CASE("gguf: an alignment that is none (GHSA-96jg-mvhq-q7q7, llama.cpp 26318)") {
  for (const std::uint32_t alignment : {0U, 3U, 33U, 0x80000000U, 0xFFFFFFFFU}) {
    gguf_parts g = good();
    g.value("general.alignment", 4, alignment);
    REQUIRE_THROWS_AS(parse(g.file()), mote::host::file_error);
  }
  gguf_parts g = good();
  g.value("general.alignment", 10, huge - 31);
  REQUIRE_THROWS_AS(parse(g.file()), mote::host::file_error);
  g.value("general.alignment", "32");  // of another type
  refused(g, "is not an integer");
  g = good();
  g.tensors.back().offset += 4;
  refused(g, "no multiple of the alignment");
  g = good();
  g.alignment = 64;
  g.value("general.alignment", 4, std::uint32_t{64});
  std::uint64_t end = 0;
  for (auto& t : g.tensors) {
    t.offset = end;
    end = (end + t.bytes.size() + 63) / 64 * 64;
  }
  REQUIRE_NOTHROW(parse(g.file()));
}

TEST_CASE("gguf: numbers of the model out of range (llama.cpp 25821: more layers than an array has)") {
  for (const char* key : {"llama.embedding_length", "llama.feed_forward_length", "llama.block_count",
                          "llama.attention.head_count", "llama.attention.head_count_kv", "llama.context_length"})
    for (const std::uint32_t v : {0U, 0xFFFFFFFFU, 0x80000000U}) {
      gguf_parts g = good();
      g.value(key, 4, v);
      refused(g, "expected 1 to 1048576");
    }
  gguf_parts g = good();
  g.value("llama.block_count", 5, std::int32_t{-2});
  refused(g, "is -2; expected 1");
  g.value("llama.block_count", 4, std::uint32_t{513});
  refused(g, "has no tensor \"blk.2.attn_norm.weight\"");
  g.value("llama.block_count", 4, std::uint32_t{1});
  refused(g, "which no model of this kind has");
}

TEST_CASE("gguf: tokens without scores, ids without tokens (CVE-2025-49847, CVE-2025-52566)") {
  gguf_parts g = good();
  g.set("tokenizer.ggml.scores",
        byte_writer{}.put(std::uint32_t{9}).put(std::uint32_t{6}).put(std::uint64_t{1}).put(0.0F).bytes);
  refused(g, "another number of scores");
  g = good();
  g.set("tokenizer.ggml.token_type",
        byte_writer{}.put(std::uint32_t{9}).put(std::uint32_t{5}).put(std::uint64_t{1}).put(1).bytes);
  refused(g, "another number of scores");
  g = good();
  g.value("tokenizer.ggml.eos_token_id", 4, std::uint32_t{265});
  refused(g, "is 265; there are 265 tokens");
  g = good();
  g.set("tokenizer.ggml.scores", byte_writer{}.put(std::uint32_t{9}).put(std::uint32_t{8}).put(std::uint64_t{0}).bytes);
  refused(g, "is not an array of the expected type");
}

TEST_CASE("gguf: a byte token whose number is no byte (llama.cpp 27226: <0x-1>)") {
  gguf_parts g = good();
  for (auto& [key, typed] : g.values)
    if (key == "tokenizer.ggml.tokens") {
      const std::string_view from = "<0x01>";
      auto* text = reinterpret_cast<char*>(typed.data());
      const std::size_t at = std::string_view(text, typed.size()).find(from);
      std::memcpy(text + at, "<0x-1>", 6);
    }
  const auto file = g.file();  // no number is parsed from a text: the packer compares texts, and refuses
  const auto m = mote::host::parse_gguf(file, "x.gguf");
  CHECK(m.vocabulary.pieces[4] == "<0x-1>");
  CHECK_THROWS_WITH(mote::host::pack_vocabulary(m.vocabulary), ContainsSubstring("should be <0x01>"));
}

TEST_CASE("gguf: names that come twice, and names that are no text") {
  gguf_parts g = good();
  g.values.push_back(g.values[1]);
  ++g.value_count;
  refused(g, "twice");
  g = good();
  g.tensors.push_back(g.tensors[0]);
  ++g.tensor_count;
  refused(g, "twice");
  g = good();
  g.add("a\n\x1B[31m", {1}, gguf_type::f32, std::vector<std::byte>(4));
  refused(g, "has the tensor \"a??[31m\", which no model of this kind has");
  g = good();
  g.value("", 4, 0U);
  refused(g, "a key has 0 bytes");
}

TEST_CASE("gguf: weights that are not finite") {
  gguf_parts g = good();
  auto& t = g.at("blk.1.ffn_down.weight");
  t.bytes[1] = std::byte{0x7C};  // an infinite scale
  t.bytes[0] = std::byte{0};
  t.bytes[2] = std::byte{1};
  refused(g, "not finite");
}

TEST_CASE("gguf: whatever byte is changed, the answer is a model or a sentence") {
  const auto file = good().file();
  mote::rng random(77);
  std::size_t refusals = 0;
  for (int turn = 0; turn < 1500; ++turn) {
    auto spoiled = file;
    const std::size_t changes = 1 + random.below(3);
    for (std::size_t i = 0; i < changes; ++i) {  // mostly the front, where the numbers are
      const std::size_t at = random.below(static_cast<std::uint32_t>(turn % 4 == 0 ? file.size() : 700));
      constexpr std::uint8_t telling[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
      spoiled[at] = static_cast<std::byte>(turn % 3 == 0 ? telling[random.below(5)] : random.next() & 0xFFU);
    }
    try {
      parse(spoiled);
    } catch (const mote::host::file_error&) {
      ++refusals;
    }
  }
  CHECK(refusals > 300);
}
