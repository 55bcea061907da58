// SPDX-License-Identifier: BSL-1.0
// Pipelines whose weights come through a reader against the same ones with weights in memory: the same bits for every
// size of buffer, for readers that wait and readers that work beside the core, for prompts at once, drafts and kinds of
// layers; what a token reads; what every read that fails makes of an answer; what is refused of an image.
#include "mote/policy/streamed.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../golden/families.hpp"
#include "mote/family/gemma3.hpp"
#include "mote/mote.hpp"
#include "mote/pipeline/self_check.hpp"
#include "mote/pipeline/sweep.hpp"

using namespace mote;

namespace {

/// A flash that counts, and that may refuse one read.
struct flash {
  std::span<const std::byte> image;
  std::size_t reads = 0, bytes = 0;
  std::size_t refused = too_big;  // the number of the read that fails

  bool fetch(std::size_t offset, std::span<std::byte> to) {
    if (reads++ == refused || offset > image.size() || to.size() > image.size() - offset) return false;
    std::memcpy(to.data(), image.data() + offset, to.size());
    bytes += to.size();
    return true;
  }
};
/// One that writes when it is waited for, and leaves noise until then.
struct dma_flash : flash {
  std::size_t offset = 0;
  std::span<std::byte> to;
  bool busy = false;

  bool begin_fetch(std::size_t from, std::span<std::byte> into) {
    CHECK_FALSE(std::exchange(busy, true));
    std::memset(into.data(), 0xA5, into.size());
    offset = from, to = into;
    return true;
  }
  bool end_fetch() {
    CHECK(std::exchange(busy, false));
    return fetch(offset, to);
  }
};

using llama_model = mote_families::model<llama, mote_families::sizes(2)>;
using lfm2_model = mote_families::model<lfm2_layers<"cac">, mote_families::sizes(3)>;
using gemma_model = mote_families::model<gemma3, mote_families::gemma3>;

/// An image of the pipeline's model, which may be changed.
template <class Pipeline>
struct image_of {
  alignas(64) std::byte memory[96 * 1024] = {};
  std::size_t size = 0;
  image_of() {
    const auto made =
        mote_families::make_image<typename Pipeline::format, typename Pipeline::family>(Pipeline::model_type::shape);
    REQUIRE(!made.empty());
    REQUIRE(made.size() <= sizeof memory);
    std::memcpy(memory, made.data(), size = made.size());
  }
  std::span<const std::byte> bytes() const { return {memory, size}; }
};

struct said {
  std::string text;
  std::vector<std::uint32_t> bits;
  status state = status::ok;
  bool operator==(const said&) const = default;
};
template <class Pipeline>
said answer(Pipeline& ai, std::string_view question, std::size_t limit = 9) {
  said s;
  s.state = ai.begin(question, limit);
  for (auto step = ai.step();; step = ai.step()) {
    s.text += step.piece;
    if (!step.piece.empty())
      for (const float logit : ai.logits()) s.bits.push_back(__builtin_bit_cast(std::uint32_t, logit));
    if (step.done) break;
  }
  s.state = ai.state();
  return s;
}

constexpr std::string_view question = "the heat is on and the rest is here";

/// Model with Weights through Reader with buffers of Bytes, beside the same in memory.
template <class Model, class Weights, class Reader, std::size_t Bytes, class... Policies>
void answers_alike() {
  using mapped = pipeline<Model, Weights, Policies...>;
  using through = pipeline<Model, streamed<Weights, Reader, Bytes>, Policies...>;
  STATIC_REQUIRE(sizeof(through) == through::cost().ram.object());
  STATIC_REQUIRE(through::cost().flash.image() == 0);
  STATIC_REQUIRE(std::is_same_v<typename mapped::format, typename through::format>);
  const auto mapped_one = std::make_unique<mapped>();
  const auto streamed_one = std::make_unique<through>();
  const auto image = std::make_unique<image_of<mapped>>();
  Reader reader{};
  reader.image = image->bytes();
  REQUIRE(mapped_one->attach(image->bytes()) == status::ok);
  REQUIRE(streamed_one->attach(reader) == status::ok);
  for (const auto text : {question, std::string_view("no"), question}) {
    const said expected = answer(*mapped_one, text), got = answer(*streamed_one, text);
    CHECK(expected.state == status::ok);
    CHECK(!expected.bits.empty());
    CHECK(got == expected);
  }
  CHECK(self_check(*streamed_one).state == status::ok);
  CHECK(answer(*streamed_one, question) == answer(*mapped_one, question));
}

}  // namespace

TEST_CASE("the bits are those of weights in memory, whatever the buffer") {
  constexpr std::size_t least = largest_tile<pipeline<llama_model>::format, llama>(llama_model::shape);
  answers_alike<llama_model, quantize<8>, flash, least>();
  answers_alike<llama_model, quantize<8>, dma_flash, 2 * least + 64>();
  answers_alike<llama_model, quantize<8>, flash, 65536>();
}

TEST_CASE("formats that differ, prompts at once and drafts") {
  using formats = mixed<quantize<4>, in<role::down, quantize<32>>, in_embedding<quantize<16>>>;
  answers_alike<llama_model, formats, dma_flash, 2048, prefill<5>, ngram<256>>();
}

TEST_CASE("layers of several kinds, states, norms behind") {
  answers_alike<lfm2_model, quantize<8>, dma_flash, 1024, prefill<3>>();
  answers_alike<gemma_model, quantize<8>, flash, 1024>();
}

namespace {
using small = pipeline<llama_model, streamed<quantize<8>, flash, 1024>>;
}

TEST_CASE("a token reads what the type says") {
  const auto image = std::make_unique<image_of<small>>();
  const auto ai = std::make_unique<small>();
  flash reader{.image = image->bytes()};
  REQUIRE(ai->attach(reader, payload_check::skip) == status::ok);
  // Less than the image once: its padding is not read.
  CHECK(reader.bytes <= image->size);
  REQUIRE(ai->begin(question) == status::ok);
  while (ai->step().piece.empty()) {  // the prompt
  }
  const std::size_t before = reader.bytes;
  CHECK(ai->step().state == status::ok);
  CHECK(reader.bytes - before == small::bytes_a_token);
}

TEST_CASE("what the object keeps is in the budget") {
  using mapped = pipeline<llama_model, quantize<8>>;
  constexpr std::size_t vectors = 5 * 128;  // four norms of layers and the last one, 24 floats each, on 64 bytes
  constexpr std::size_t table = round_up(llama_model::vocabulary_bytes, 64);
  constexpr auto in_ram = small::cost().ram.weights;
  STATIC_REQUIRE(in_ram == vectors + table + sizeof(block_stream<flash, 1024>));
  STATIC_REQUIRE(sizeof(small) == sizeof(mapped) + in_ram);
  STATIC_REQUIRE(sizeof(block_stream<dma_flash, 1024>) == sizeof(block_stream<flash, 1024>) + 1024);
  STATIC_REQUIRE(mapped::cost().ram.weights == 0);
  // Without a model the cost of any shape, but for its token table.
  constexpr costs of_any = cost_of(llama_model::shape, choices_of<streamed<quantize<8>, flash, 1024>, context<64>>);
  STATIC_REQUIRE(of_any.holds);
  STATIC_REQUIRE(of_any.ram.weights + table == in_ram);
  STATIC_REQUIRE(of_any.flash.image() == 0);
  STATIC_REQUIRE(mapped::image_bytes == small::image_bytes);
  STATIC_REQUIRE(mapped::bytes_a_token == 0);
}

TEST_CASE("a read that fails is a status, and the next answer is right") {
  const auto image = std::make_unique<image_of<small>>();
  const auto ai = std::make_unique<small>();
  flash reader{.image = image->bytes()};
  REQUIRE(ai->attach(reader) == status::ok);
  const std::size_t to_attach = std::exchange(reader.reads, 0);
  const said whole = answer(*ai, question, 3);
  REQUIRE(whole.state == status::ok);
  const std::size_t to_answer = reader.reads;
  for (std::size_t n = 0; n < to_answer; n += n < 40 ? 1 : 13) {
    reader.reads = 0;
    reader.refused = n;
    const said broken = answer(*ai, question, 3);
    CHECK(name(broken.state) == "io_error");
    CHECK(whole.text.starts_with(broken.text));
    reader.refused = too_big;
    CHECK(answer(*ai, question, 3) == whole);
  }
  float score[1];
  const std::string_view one[] = {"on"};
  reader.reads = 0, reader.refused = 5;
  CHECK(ai->score(question, one, score) == status::io_error);
  reader.reads = 0, reader.refused = 0;
  constexpr bool reads = !std::is_same_v<simd::native, simd::scalar>;  // plain loops are compared with nothing
  CHECK(name(self_check(*ai).state) == (reads ? "io_error" : "ok"));
  reader.reads = 0, reader.refused = 0;
  CHECK(name(answer(*ai, question, 3).state) == "io_error");
  reader.refused = too_big;
  CHECK(name(self_check(*ai).state) == "ok");  // what failed before is not its matter
  for (std::size_t n = 0; n < to_attach; n += n < 40 ? 1 : 7) {
    reader.reads = 0;
    reader.refused = n;
    CHECK(name(ai->attach(reader)) == "io_error");
    CHECK_FALSE(ai->attached());
  }
  reader.refused = too_big;
  CHECK(ai->begin(question) == status::not_attached);
  REQUIRE(ai->attach(reader) == status::ok);
  CHECK(answer(*ai, question, 3) == whole);
}

TEST_CASE("what a failed pass has left is no prefix to keep") {
  const auto image = std::make_unique<image_of<small>>();
  const auto ai = std::make_unique<small>();
  flash reader{.image = image->bytes()};
  REQUIRE(ai->attach(reader) == status::ok);
  struct {
    std::size_t bytes = 0;
    status put(std::span<const std::byte> portion) {
      bytes += portion.size();
      return status::ok;
    }
  } sink;
  const auto fails_at = [&](std::size_t tokens, status why) {
    REQUIRE(ai->begin(question) == status::ok);
    for (std::size_t i = 0; i < tokens; ++i) REQUIRE_FALSE(ai->step().done);
    if (why == status::io_error) reader.refused = reader.reads + 3;
    else std::memset(image->memory + 1024, 0x7F, sizeof image->memory - 1024);
    CHECK(name(ai->step().state) == name(why));
    reader.refused = too_big;
    CHECK(name(ai->save_prefix(sink, tokens + 1)) == "empty");
    CHECK(name(ai->save_prefix(sink, 1)) == "empty");
    CHECK(name(ai->save_session(sink)) == "empty");
    CHECK(sink.bytes == 0);
    CHECK(ai->step().done);
    CHECK(name(ai->state()) == name(why));
  };
  fails_at(0, status::io_error);
  fails_at(3, status::io_error);
  fails_at(2, status::not_finite);
}

TEST_CASE("an image is refused as one in memory is") {
  using mapped = pipeline<llama_model, quantize<8>>;
  const auto image = std::make_unique<image_of<small>>();
  const auto in_memory = std::make_unique<mapped>();
  const auto ai = std::make_unique<small>();
  flash reader{.image = image->bytes()};
  const auto both = [&](payload_check depth) {
    const status expected = in_memory->attach(image->bytes(), depth), got = ai->attach(reader, depth);
    CHECK(name(expected) == name(got));
    return got;
  };
  const image_layout layout = lay_image(map_tensors<mapped::format>(llama_model::shape).bytes, golden::table_bytes);
  CHECK(both(payload_check::full) == status::ok);
  for (std::size_t at = 0; at < layout.total_bytes; at += at < 128 ? 5 : 997) {
    const auto kept = std::exchange(image->memory[at], image->memory[at] ^ std::byte{0x40});
    CHECK(both(payload_check::full) != status::ok);
    image->memory[at] = kept;
  }
  const auto infinite = [&](std::size_t at, std::size_t n) {
    std::byte kept[4];
    std::memcpy(kept, image->memory + layout.weights_offset + at, n);
    const std::uint32_t bits = n == 4 ? 0x7F800000U : 0x7C00U;
    std::memcpy(image->memory + layout.weights_offset + at, &bits, n);
    CHECK(both(payload_check::skip) == status::not_finite);
    std::memcpy(image->memory + layout.weights_offset + at, kept, n);
  };
  const auto map = map_tensors<mapped::format>(llama_model::shape);
  infinite(map.at<vector_role::ffn_norm>(1) + 20, 4);
  infinite(map.at<vector_role::final_norm>(0), 4);
  infinite(map.embedding, 2);
  infinite(map.at<role::down>(1), 2);
  CHECK(both(payload_check::skip) == status::ok);
}
