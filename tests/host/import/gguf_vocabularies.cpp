// SPDX-License-Identifier: BSL-1.0
// GGUF files with the vocabularies of Llama 3.1 and Qwen3 and few random weights, from bytes to answers: the model's
// header states what the types here do, texts become the tokens that others make of them, and the tokens that follow are
// those of a definition in double precision.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../few_types.hpp"
#include "../../model/tokenizer_cases.hpp"
#include "family_gguf.hpp"
#include "mote/decode/gbnf.hpp"
#include "mote/decode/json.hpp"
#include "mote/decode/sample.hpp"
#include "mote/family/qwen.hpp"
#include "mote/host/image/model_header.hpp"
#include "mote/host/image/plan_of.hpp"
#include "mote/model/byte_level_bpe.hpp"
#include "mote/pipeline.hpp"

using Catch::Matchers::ContainsSubstring;
using mote::status;

namespace {

struct little_llama3 {
  static constexpr std::string_view name = "little_llama3";
  static constexpr mote::shape shape{
      .dim = 16,
      .hidden = 24,
      .layers = 2,
      .heads = 2,
      .kv_heads = 1,
      .vocab = 128256,
      .context = 48,
      .rope_theta = 500000.0F,
      .rope{.factor = 32, .low_frequency_factor = 1, .high_frequency_factor = 4, .original_context = 8192}};
  static constexpr std::size_t vocabulary_bytes = 1873460 + 4 * 128000;
  static constexpr std::size_t longest_piece = 128;
  static constexpr mote::special_tokens special_tokens{.bos = 128000, .eos = 128009};
  using tokenizer = mote::byte_level_bpe<mote::llama3_pieces>;
  static constexpr bool texts_in_order = true;
  static constexpr std::array control_tokens{mote::token_range{128000, 256}};
};
/// Its embedding has 267 rows more than there are tokens.
struct little_qwen3 {
  using family = mote::qwen3;
  static constexpr std::string_view name = "little_qwen3";
  static constexpr mote::shape shape{.dim = 16,
                                     .hidden = 24,
                                     .layers = 2,
                                     .heads = 2,
                                     .kv_heads = 1,
                                     .vocab = 151936,
                                     .context = 48,
                                     .rope_theta = 1e6F,
                                     .norm_epsilon = 1e-6F,
                                     .head_width = 12};
  static constexpr std::size_t vocabulary_bytes = 2352672 + 4 * 151643;
  static constexpr std::size_t longest_piece = 128;
  static constexpr mote::special_tokens special_tokens{.bos = -1, .eos = 151645};
  using tokenizer = mote::byte_level_bpe<mote::qwen2_pieces>;
  static constexpr bool texts_in_order = true;
  static constexpr std::array control_tokens{mote::token_range{151643, 14}};
};

/// The vocabulary of a tokenizer.json as a converter writes it.
void put_vocabulary_of(mote_tests::gguf_parts& g, const std::string& folder) {
  const auto j =
      nlohmann::json::parse(mote_tests::unzipped(mote_tests::asset("tokenizers/" + folder + "/tokenizer.json.gz")));
  std::vector<std::string> pieces(j.at("model").at("vocab").size());
  std::vector<std::int32_t> types(pieces.size(), 1);
  for (const auto& [piece, id] : j.at("model").at("vocab").items()) pieces.at(id.get<std::size_t>()) = piece;
  for (const auto& added : j.at("added_tokens")) {
    REQUIRE(added.at("id").get<std::size_t>() == pieces.size());
    pieces.push_back(added.at("content").get<std::string>());
    types.push_back(added.at("special").get<bool>() ? 3 : 4);
  }
  mote_tests::byte_writer tokens, kinds, merges;
  tokens.put(std::uint32_t{9}).put(std::uint32_t{8}).put(std::uint64_t{pieces.size()});
  for (const std::string& piece : pieces) tokens.text(piece);
  kinds.put(std::uint32_t{9}).put(std::uint32_t{5}).put(std::uint64_t{types.size()});
  for (const std::int32_t type : types) kinds.put(type);
  const auto& all = j.at("model").at("merges");
  merges.put(std::uint32_t{9}).put(std::uint32_t{8}).put(std::uint64_t{all.size()});
  for (const auto& merge : all)
    merges.text(merge.is_string() ? merge.get<std::string>()
                                  : merge[0].get<std::string>() + " " + merge[1].get<std::string>());
  g.set("tokenizer.ggml.tokens", tokens.bytes);
  g.set("tokenizer.ggml.token_type", kinds.bytes);
  g.set("tokenizer.ggml.merges", merges.bytes);
}

/// Answers under constraints, drawn by chance: valid orders, and no space of the first token is left out.
template <class Model>
void says_orders(std::span<const std::byte> image) {
  namespace s = mote::schema;
  using order =
      mote::json<s::object<s::field<"device", s::one_of<"lamp", "fan">>, s::field<"level", s::integer<0, 99>>>>;
  using answers = mote::allowed<"yes", "no", " maybe">;
  constexpr mote::sample_knobs hot{.temperature = 3};
  using f32 = mote::quantize<32>;
  using rows = mote::interleave<4>;
  static mote::pipeline<Model, f32, rows, mote::context<48>, mote::sample<hot>, order> ordering;
  static mote::pipeline<Model, f32, rows, mote::context<48>, mote::sample<hot>, answers> answering;
  REQUIRE(ordering.attach(image) == status::ok);
  REQUIRE(answering.attach(image) == status::ok);
  std::set<std::string> orders, said;
  const auto text_of = [](auto& ai, std::string_view question) {
    std::string text;
    auto answer = ai.ask(question, 30);
    for (const std::string_view piece : answer) text += piece;
    CHECK(answer.state() == status::ok);
    CHECK((answer.ending() == mote::ending::complete || answer.ending() == mote::ending::end_of_text));
    return text;
  };
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    ordering.seed(seed);
    answering.seed(seed);
    const std::string text = text_of(ordering, "Dim the lamp, please.");
    CAPTURE(text);
    const auto j = nlohmann::json::parse(text);
    CHECK((j.at("device") == "lamp" || j.at("device") == "fan"));
    CHECK((j.at("level").get<int>() >= 0 && j.at("level").get<int>() <= 99 && j.size() == 2));
    orders.insert(text);
    said.insert(text_of(answering, ""));  // behind the token that opens a text
  }
  CHECK(orders.size() > 20);
  CHECK(said == std::set<std::string>{"yes", "no", " maybe"});
}

template <class Model, std::size_t Most>
void answers_as_its_definition(const mote_tests::gguf_parts& g, const mote_tests::plain_published& m,
                               const std::string& folder) {
  using pipeline = mote::pipeline<Model, mote::quantize<32>, mote::interleave<4>, mote::context<Model::shape.context>>;
  const auto file = g.file();
  const mote::host::opened_model opened = mote::host::open_gguf(file, "x.gguf");
  mote::host::model_source& in = *opened.weights;
  REQUIRE(in.shape() == Model::shape);
  REQUIRE(opened.tokenizer);
  const auto table = mote::host::pack_token_table(*opened.tokenizer, mote::host::text_order::kept);
  REQUIRE(table.size() == Model::vocabulary_bytes);
  REQUIRE(mote::token_table{std::span<const std::byte>(table)}.longest() == Model::longest_piece);
  const std::string header = mote::host::model_header({.name = std::string(Model::name),
                                                       .origin = "a test",
                                                       .shape = in.shape(),
                                                       .family = in.family(),
                                                       .vocabulary_bytes = table.size(),
                                                       .longest_piece = Model::longest_piece,
                                                       .special_tokens = {.bos = opened.bos, .eos = opened.eos},
                                                       .tokenizer = opened.tokenizer->type_name(),
                                                       .texts_in_order = true,
                                                       .control_tokens = opened.tokenizer->control_tokens()});
  const mote::token_range controls = Model::control_tokens[0];
  CHECK_THAT(header, ContainsSubstring("  static constexpr std::array control_tokens{mote::token_range{" +
                                       std::to_string(controls.first) + ", " + std::to_string(controls.count) + "}};"));
  CHECK(opened.bos == Model::special_tokens.bos);
  CHECK(opened.eos == Model::special_tokens.eos);

  mote::host::memory_sink out;
  (void)mote::host::write_image(in, table, Model::name, mote::host::read_packing("f32", 4, in.shape(), in.family()),
                                out);
  const mote_tests::aligned_bytes image(out.bytes);
  static pipeline ai;
  REQUIRE(ai.attach(image) == status::ok);
  std::size_t texts = 0;
  for (const mote_tests::text_and_tokens& c : mote_tests::json_cases(folder)) {
    if (c.tokens.size() > 20 || c.text.empty() || c.text.find("<|") != std::string::npos) continue;
    if (++texts > Most) break;
    CAPTURE(c.text);
    REQUIRE(ai.begin(c.text, 8) == status::ok);
    while (!ai.step().done) {
    }
    std::vector<std::uint32_t> tokens;
    for (const auto t : ai.tokens()) tokens.push_back(static_cast<std::uint32_t>(t));
    std::vector<std::uint32_t> asked;
    if (opened.bos >= 0) asked.push_back(static_cast<std::uint32_t>(opened.bos));
    for (const int t : c.tokens) asked.push_back(static_cast<std::uint32_t>(t));
    REQUIRE(tokens.size() > asked.size());
    CHECK(std::equal(asked.begin(), asked.end(), tokens.begin()));
    if (texts > 2) continue;
    const mote_tests::plain_rows expected = m.logits(tokens);
    for (std::size_t t = asked.size(); t < tokens.size(); ++t)
      CHECK(std::max_element(expected[t - 1].begin(), expected[t - 1].end()) - expected[t - 1].begin() ==
            static_cast<std::ptrdiff_t>(tokens[t]));
  }
  CHECK(texts > 20);
  if constexpr (Model::special_tokens.bos >= 0) says_orders<Model>(image);
}

}  // namespace

TEST_CASE("gguf: a little model with Llama 3.1's vocabulary answers as its definition", "[host][gguf]") {
  mote_tests::published p = mote_tests::sizes_of(little_llama3::shape);
  p.layer = [](std::size_t) {
    return mote_tests::published_layer{
        .rope_theta = 500000, .stretch = {.factor = 32, .low_freq_factor = 1, .high_freq_factor = 4, .original = 8192}};
  };
  mote_tests::plain_published m = mote_tests::plain_published::random(p, 51);
  mote_tests::gguf_parts g = mote_tests::family_gguf(m, {});
  put_vocabulary_of(g, "llama3_1");
  g.value("tokenizer.ggml.pre", "llama-bpe");
  g.value("tokenizer.ggml.bos_token_id", 4, 128000U);
  g.value("tokenizer.ggml.eos_token_id", 4, 128009U);
  g.value("llama.rope.freq_base", 6, 500000.0F);
  mote_tests::byte_writer divisors;
  for (const float d : {1.0F, 1.0F, 32.0F, 32.0F}) divisors.put(d);  // of wavelengths 6, 167, 4443 and 118,143
  const double smooth = (8192 / (2 * std::acos(-1.0) * std::sqrt(500000.0)) - 1) / 3;
  const auto third = static_cast<float>(1 / ((1 - smooth) / 32 + smooth));
  std::memcpy(divisors.bytes.data() + 8, &third, 4);
  g.add("rope_freqs.weight", {4}, mote::host::gguf_type::f32, divisors.bytes);
  answers_as_its_definition<little_llama3, mote_tests::few_types ? 40 : 200>(g, m, "llama3_1");
}

TEST_CASE("gguf: a little model with Qwen3's vocabulary, in a padded embedding, answers as its definition",
          "[host][gguf]") {
  mote_tests::published p = mote_tests::sizes_of(little_qwen3::shape);
  p.layer = [](std::size_t) { return mote_tests::published_layer{.rope_theta = 1e6}; };
  p.pairs = mote_tests::rope_pairs::halves;
  p.head_norms = true;
  mote_tests::plain_published m = mote_tests::plain_published::random(p, 52);
  mote_tests::gguf_parts g = mote_tests::family_gguf(m, {.architecture = "qwen3"});
  put_vocabulary_of(g, "qwen3");
  g.value("tokenizer.ggml.pre", "qwen2");
  g.value("tokenizer.ggml.bos_token_id", 4, 151643U);
  g.value("tokenizer.ggml.add_bos_token", 7, false);
  g.value("tokenizer.ggml.eos_token_id", 4, 151645U);
  g.value("qwen3.rope.freq_base", 6, 1e6F);
  g.value("qwen3.attention.key_length", 4, 12U);
  g.value("qwen3.attention.value_length", 4, 12U);
  answers_as_its_definition<little_qwen3, 30>(g, m, "qwen3");
}
