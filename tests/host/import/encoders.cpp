// SPDX-License-Identifier: BSL-1.0
// BERT's files, from bytes to states: a GGUF file as llama.cpp writes it, a folder as sentence-transformers has it,
// with tokenizer.json and with vocab.txt; and what is refused of them, by name.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "../../model/plain_encoder.hpp"
#include "family_folder.hpp"
#include "mote/block/encode.hpp"
#include "mote/family/bert.hpp"
#include "mote/host/import/tokenizer_json.hpp"
#include "mote/model/wordpiece.hpp"

namespace {

namespace host = mote::host;
using Catch::Matchers::ContainsSubstring;
using mote_tests::gguf_parts;
using mote_tests::json;
using mote_tests::plain_encoder;
using mote_tests::plain_vector;

constexpr mote::shape s{.dim = 24,
                        .hidden = 44,
                        .layers = 2,
                        .heads = 4,
                        .kv_heads = 4,
                        .vocab = 37,
                        .context = 29,
                        .norm_epsilon = 1e-12F};

/// The words of the vocabulary, as vocab.txt has them.
std::vector<std::string> words() {
  std::vector<std::string> all{"[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hug", "##s", "##ging", ","};
  while (all.size() < s.vocab) all.push_back("w" + std::to_string(all.size()));
  return all;
}

/// A model with two types of tokens and the names of its tensors: our reference's, llama.cpp's, transformers'.
struct reference {
  plain_encoder m = plain_encoder::random(mote_tests::encoder_shape::of(s, mote_tests::norm_place::after), 12);
  mote_tests::plain_matrix types{.rows = 2, .cols = s.dim, .v = plain_vector(2 * s.dim)};

  reference() {
    mote::rng random(3);
    for (double& v : types.v) v = static_cast<double>(0.3F * random.normal());
  }
  template <class F>
  static void each(auto& self, F f) {
    plain_encoder::each(self.m, f);
    f("types", self.types);
  }
  mote_tests::plain_rows states(const std::vector<std::uint16_t>& tokens) const { return m.hidden(tokens, types.v); }
  /// f(our name without .bias, which file's name it has, the tensor)
  template <class F>
  void each_named(bool gguf, F f) {
    const std::string layer = "encoder.layer.#.";
    const std::map<std::string, std::pair<std::string, std::string>> names{
        {"embedding", {"token_embd", "embeddings.word_embeddings"}},
        {"positions", {"position_embd", "embeddings.position_embeddings"}},
        {"types", {"token_types", "embeddings.token_type_embeddings"}},
        {"outer_norm", {"token_embd_norm", "embeddings.LayerNorm"}},
        {"query", {"blk.#.attn_q", layer + "attention.self.query"}},
        {"key", {"blk.#.attn_k", layer + "attention.self.key"}},
        {"value", {"blk.#.attn_v", layer + "attention.self.value"}},
        {"output", {"blk.#.attn_output", layer + "attention.output.dense"}},
        {"attention_norm", {"blk.#.attn_output_norm", layer + "attention.output.LayerNorm"}},
        {"up", {"blk.#.ffn_up", layer + "intermediate.dense"}},
        {"down", {"blk.#.ffn_down", layer + "output.dense"}},
        {"ffn_norm", {"blk.#.layer_output_norm", layer + "output.LayerNorm"}}};
    for (const mote_tests::named_tensor& t : mote_tests::tensors_of(*this)) {
      std::string rest = t.name, number;
      if (rest.starts_with("layers.")) {
        number = rest.substr(7, rest.find('.', 7) - 7);
        rest = rest.substr(rest.find('.', 7) + 1);
      }
      std::string end = ".weight";
      if (rest.ends_with("bias")) {  // outer_norm.bias, outer_norm_bias
        end = ".bias";
        rest.resize(rest.size() - 5);
      }
      INFO(t.name);
      std::string name = gguf ? names.at(rest).first : names.at(rest).second;
      if (const std::size_t at = name.find('#'); at != name.npos) name.replace(at, 1, number);
      f(name + end, t);
    }
  }
};

std::vector<float> floats(const plain_vector& v) {
  std::vector<float> out;
  for (const double x : v) out.push_back(static_cast<float>(x));
  return out;
}

gguf_parts gguf_of(reference& r) {
  gguf_parts g;
  g.value("general.architecture", "bert");
  for (const auto& [key, number] : {std::pair{"bert.context_length", s.context},
                                    {"bert.embedding_length", s.dim},
                                    {"bert.feed_forward_length", s.hidden},
                                    {"bert.block_count", s.layers},
                                    {"bert.attention.head_count", s.heads},
                                    {"bert.pooling_type", std::size_t{2}}})
    g.value(key, 4, static_cast<std::uint32_t>(number));
  g.value("bert.attention.layer_norm_epsilon", 6, 1e-12F);
  g.value("bert.attention.causal", 7, false);
  mote_tests::byte_writer tokens, types;
  for (mote_tests::byte_writer* w : {&tokens, &types})
    w->put(std::uint32_t{9}).put(std::uint32_t{w == &tokens ? 8U : 5U}).put(static_cast<std::uint64_t>(s.vocab));
  for (const std::string& word : words()) {
    const bool control = word.starts_with('[') && word != "[unused0]";
    tokens.text(control ? word : word.starts_with("##") ? word.substr(2) : "\xE2\x96\x81" + word);
    types.put(control ? 3 : 1);
  }
  g.value("tokenizer.ggml.model", "bert");
  g.set("tokenizer.ggml.tokens", tokens.bytes);
  g.set("tokenizer.ggml.token_type", types.bytes);
  g.value("tokenizer.ggml.token_type_count", 4, std::uint32_t{2});
  g.value("tokenizer.ggml.unknown_token_id", 4, std::uint32_t{2});
  g.value("tokenizer.ggml.cls_token_id", 4, std::uint32_t{3});
  g.value("tokenizer.ggml.seperator_token_id", 4, std::uint32_t{4});
  g.value("tokenizer.ggml.add_eos_token", 7, true);
  g.value("tokenizer.ggml.add_sep_token", 7, true);
  r.each_named(true, [&](const std::string& name, const mote_tests::named_tensor& t) {
    mote_tests::byte_writer data;
    for (const float v : floats(t.values())) data.put(v);
    std::vector<std::uint64_t> dimensions{t.matrix != nullptr ? t.matrix->cols : t.values().size()};
    if (t.matrix != nullptr) dimensions.push_back(t.matrix->rows);
    g.add(name, std::move(dimensions), host::gguf_type::f32, data.bytes);
  });
  return g;
}

json tokenizer_of_folder() {
  json vocabulary = json::object();
  for (const std::string& word : words()) vocabulary[word] = vocabulary.size();
  json added = json::array();
  for (const auto& [word, id] : {std::pair{"[PAD]", 0}, {"[UNK]", 2}, {"[CLS]", 3}, {"[SEP]", 4}, {"[MASK]", 5}})
    added.push_back({{"id", id}, {"content", word}, {"special", true}});
  return {
      {"added_tokens", added},
      {"truncation", {{"max_length", 128}}},
      {"normalizer",
       {{"type", "BertNormalizer"},
        {"clean_text", true},
        {"handle_chinese_chars", true},
        {"strip_accents", nullptr},
        {"lowercase", true}}},
      {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
      {"post_processor",
       {{"type", "TemplateProcessing"},
        {"single",
         {{{"SpecialToken", {{"id", "[CLS]"}}}},
          {{"Sequence", {{"id", "A"}}}},
          {{"SpecialToken", {{"id", "[SEP]"}}}}}}}},
      {"model",
       {{"type", "WordPiece"}, {"unk_token", "[UNK]"}, {"continuing_subword_prefix", "##"}, {"vocab", vocabulary}}}};
}

/// A folder of sentence-transformers, with the names of the first training in front and its pooler behind.
struct bert_folder : mote_tests::scratch_folder {
  json config = mote_tests::sizes(s, "bert");

  explicit bert_folder(reference& r, const std::string& prefix = "bert.") {
    mote_tests::safetensors_writer file;
    r.each_named(false, [&](const std::string& name, const mote_tests::named_tensor& t) {
      std::vector<std::size_t> shape{t.values().size()};
      if (t.matrix != nullptr) shape = {t.matrix->rows, t.matrix->cols};
      file.add(prefix + name, shape, floats(t.values()));
    });
    file.add(prefix + "pooler.dense.weight", {s.dim, s.dim}, std::vector<float>(s.dim * s.dim));
    file.add(prefix + "pooler.dense.bias", {s.dim}, std::vector<float>(s.dim));
    host::write_atomically(path / "model.safetensors", file.file());
    config["vocab_size"] = s.vocab;
    config["layer_norm_eps"] = 1e-12;
    config["type_vocab_size"] = 2;
    mote_tests::put(path / "config.json", config.dump());
    std::string list;
    for (const std::string& word : words()) list += word + "\n";
    mote_tests::put(path / "vocab.txt", list);
    mote_tests::put(path / "modules.json", json({{{"type", "sentence_transformers.models.Transformer"}},
                                                 {{"type", "sentence_transformers.models.Pooling"}}})
                                               .dump());
    std::filesystem::create_directory(path / "1_Pooling");
    pool("pooling_mode_mean_tokens");
  }
  void pool(const char* how) const {
    json j{{"pooling_mode_mean_tokens", false}, {"pooling_mode_cls_token", false}, {"word_embedding_dimension", s.dim}};
    j[how] = true;
    mote_tests::put(path / "1_Pooling" / "config.json", j.dump());
  }
  host::opened_model open() const { return host::open_model_file(path, {}); }
};

void check_encoder(const reference& r, const host::opened_model& opened, mote::pooling pooled) {
  using format = mote::f32<4>;
  host::model_source& in = *opened.weights;
  REQUIRE(in.shape() == s);
  REQUIRE(in.family() == host::any_family::of<mote::bert>());
  REQUIRE(opened.tokenizer.has_value());
  CHECK(opened.pooled == pooled);
  CHECK(opened.bos == 3);
  CHECK(opened.eos == 4);
  CHECK(opened.end_tokens.empty());
  mote_tests::check_rows(in);

  const auto table = host::pack_token_table(*opened.tokenizer);
  const host::model_facts facts{.name = "x",
                                .origin = "a test",
                                .shape = s,
                                .family = in.family(),
                                .vocabulary_bytes = table.size(),
                                .longest_piece = 1,
                                .special_tokens = {.bos = opened.bos, .eos = opened.eos},
                                .tokenizer = opened.tokenizer->type_name(),
                                .control_tokens = opened.tokenizer->control_tokens(),
                                .pooled = opened.pooled};
  const std::string header = host::model_header(facts);
  CHECK_THAT(header, ContainsSubstring(" pooling = mote::pooling::" +
                                       std::string(pooled == mote::pooling::cls ? "cls" : "mean") + ";"));
  CHECK(host::read_model_header(header).pooled == pooled);

  const mote::wordpiece cut(mote::wordpiece::table{std::span<const std::byte>(table)}, facts.special_tokens);
  std::vector<mote::merge_slot> slots(16);
  std::size_t count = 0;
  REQUIRE(cut.append("Hugging, HUGS w12 [CLS]", slots, count) == mote::status::ok);
  std::vector<std::uint32_t> tokens;
  for (std::size_t i = 0; i < count; ++i) tokens.push_back(slots[i].token);
  CHECK(tokens == std::vector<std::uint32_t>{6, 8, 9, 6, 7, 12, 2, 2, 2});

  host::memory_sink out;
  (void)host::write_image(in, table, "x", host::read_packing("f32", 4, s, in.family()), out);
  const auto map = mote::map_tensors<format, mote::bert>(s);
  const mote_tests::aligned_bytes image(out.bytes);
  const mote::weights<format, mote::bert> w{
      std::span<const std::byte>(image).data() + mote::lay_image(map.bytes, table.size()).weights_offset, s, map};
  const auto plan = mote::plan_arena(mote::encode_lifetimes<mote::bert, format>(s, s.context));
  mote_tests::packed_bytes arena(plan.bytes, 0xFF);
  const mote::decode_buffers<mote::bert> buffers{arena.data(), plan};
  mote::single_thread::team alone;
  const auto text = mote_tests::family_tokens(21, s.vocab);
  const float* row = mote::encode<mote::simd::native, 29>(s, w, nullptr, alone, buffers, text.data(), text.size());
  REQUIRE(row != nullptr);
  double error = 0, size = 0;
  for (const auto& expected : r.states(text)) {
    for (std::size_t i = 0; i < s.dim; ++i) {
      error += std::pow(static_cast<double>(row[i]) - expected[i], 2);
      size += std::pow(expected[i], 2);
    }
    row += mote::padded(s.dim);
  }
  CHECK(std::sqrt(error / size) < 3e-6);
}

}  // namespace

TEST_CASE("gguf: a BERT as llama.cpp writes it", "[host][gguf]") {
  reference r;
  const gguf_parts g = gguf_of(r);
  const auto open = [](const gguf_parts& file) {
    const auto bytes = file.file();
    return host::open_gguf(bytes, "x.gguf").pooled;
  };
  const auto bytes = g.file();
  check_encoder(r, host::open_gguf(bytes, "x.gguf"), mote::pooling::cls);

  gguf_parts other = g;
  other.value("bert.pooling_type", 4, std::uint32_t{1});
  CHECK(open(other) == mote::pooling::mean);
  other.erase("bert.pooling_type");
  CHECK_FALSE(open(other).has_value());
  other.value("bert.pooling_type", 4, std::uint32_t{3});
  CHECK_THROWS_WITH(open(other), ContainsSubstring("\"bert.pooling_type\" is 3; 1, the mean, and 2"));
  other = g;
  other.value("bert.attention.causal", 7, true);
  CHECK_THROWS_WITH(open(other), ContainsSubstring("\"bert.attention.causal\" is not false"));
  for (const float epsilon : {0.0F, 1.0F, 17179869184.0F}) {
    other = g;
    other.value("bert.attention.layer_norm_epsilon", 6, epsilon);
    CHECK_THROWS_WITH(open(other), ContainsSubstring("norm epsilon that is not above zero and below one"));
  }
  other = g;
  other.add("cls.weight", {24, 24}, host::gguf_type::f32, std::vector<std::byte>(24 * 24 * 4));
  CHECK_THROWS_WITH(open(other), ContainsSubstring("has the tensor \"cls.weight\""));
  other = g;
  other.at("token_types.weight").dimensions = {12, 4};
  CHECK_THROWS_WITH(open(other), ContainsSubstring("\"token_types.weight\" is 12 x 4; expected 24"));
}

TEST_CASE("safetensors: a BERT in a folder, with vocab.txt and with tokenizer.json", "[host][safetensors]") {
  reference r;
  {
    const bert_folder folder(r);
    check_encoder(r, folder.open(), mote::pooling::mean);
    mote_tests::put(folder.path / "tokenizer_config.json", json({{"do_lower_case", false}}).dump());
    CHECK_THROWS_WITH(folder.open(), ContainsSubstring("\"do_lower_case\" is not true"));
  }
  const bert_folder folder(r, "");
  json tokens = tokenizer_of_folder();
  const auto put = [&] { mote_tests::put(folder.path / "tokenizer.json", tokens.dump()); };
  put();
  folder.pool("pooling_mode_cls_token");
  check_encoder(r, folder.open(), mote::pooling::cls);
  tokens["post_processor"] = {{"type", "BertProcessing"}, {"cls", {"[CLS]", 3}}, {"sep", {"[SEP]", 4}}};
  put();
  check_encoder(r, folder.open(), mote::pooling::cls);
  tokens["post_processor"] = nullptr;
  put();
  CHECK_THROWS_WITH(folder.open(), ContainsSubstring("does not say which tokens open and end"));
  tokens["normalizer"]["lowercase"] = false;
  put();
  CHECK_THROWS_WITH(folder.open(), ContainsSubstring("another normalizer than that of BERT without case"));

  const auto refuses = [&](const char* pointer, const json& value, const char* sentence) {
    tokens = tokenizer_of_folder();
    tokens[json::json_pointer(pointer)] = value;
    put();
    INFO(value.dump());
    CHECK_THROWS_WITH(folder.open(), ContainsSubstring(sentence) && ContainsSubstring("tokenizer.json"));
  };
  refuses("/model/max_input_chars_per_word", 3, "\"max_input_chars_per_word\" is not 100");
  const json cls{{"SpecialToken", {{"id", "[CLS]"}}}}, sep{{"SpecialToken", {{"id", "[SEP]"}}}};
  const json a{{"Sequence", {{"id", "A"}}}}, b{{"Sequence", {{"id", "B"}}}};
  for (const json& single : {json{cls, cls, a, sep}, json{cls, a, a, sep}, json{cls, a, sep, sep}, json{cls, b, sep}})
    refuses("/post_processor/single", single, "other than one token before a text and one behind it");
  for (const json& first : {json{"[CLS]", 4}, json{"[SEP]", 3}, json{3, 3}})
    refuses("/post_processor", {{"type", "BertProcessing"}, {"cls", first}, {"sep", {"[SEP]", 4}}},
            "has a \"cls\" that is not one of its tokens");

  tokens = tokenizer_of_folder();
  put();
  for (const char* how : {"pooling_mode_max_tokens", "pooling_mode_lasttoken"}) {
    folder.pool(how);
    CHECK_THROWS_WITH(folder.open(), ContainsSubstring(std::string("\"") + how + "\" is not supported"));
  }
  const auto modules = [&](const json& list) { mote_tests::put(folder.path / "modules.json", list.dump()); };
  const json pooling{{"type", "sentence_transformers.models.Pooling"}, {"path", "2_Pooling"}};
  std::filesystem::create_directory(folder.path / "2_Pooling");
  mote_tests::put(folder.path / "2_Pooling" / "config.json", json({{"pooling_mode_cls_token", true}}).dump());
  modules(json::array({pooling}));
  CHECK(folder.open().pooled == mote::pooling::cls);
  modules(json::array());
  CHECK_FALSE(folder.open().pooled.has_value());
  for (const json& bad :
       {json{{{"type", 5}}}, json{5}, json{pooling, pooling}, json{{{"type", ".Pooling"}, {"path", "../2_Pooling"}}},
        json{{{"type", ".Pooling"}, {"path", 5}}}}) {
    INFO(bad.dump());
    modules(bad);
    CHECK_THROWS_WITH(folder.open(), ContainsSubstring("modules.json: has "));
  }
  modules(json::array({{{"type", "sentence_transformers.models.Pooling"}}}));
  std::filesystem::remove(folder.path / "1_Pooling" / "config.json");
  CHECK_FALSE(folder.open().pooled.has_value());
  mote_tests::put(folder.path / "modules.json", json({{{"type", "sentence_transformers.models.Dense"}}}).dump());
  CHECK_THROWS_WITH(folder.open(),
                    ContainsSubstring("\"sentence_transformers.models.Dense\", which changes the vectors"));
  std::filesystem::remove(folder.path / "modules.json");
  json config = folder.config;
  config["position_embedding_type"] = "relative_key";
  mote_tests::put(folder.path / "config.json", config.dump());
  CHECK_THROWS_WITH(folder.open(), ContainsSubstring("\"position_embedding_type\" is not \"absolute\""));
  for (const double epsilon : {0.0, -1e-12, 1.0, 17179869184.0}) {
    config = folder.config;
    config["layer_norm_eps"] = epsilon;
    mote_tests::put(folder.path / "config.json", config.dump());
    CHECK_THROWS_WITH(folder.open(), ContainsSubstring("\"layer_norm_eps\" is not above 0 and below 1"));
  }
}

TEST_CASE("vocab.txt: without the three tokens of BERT it is none", "[host][safetensors]") {
  const auto read = [](std::string_view text) {
    return host::parse_vocab_txt(std::as_bytes(std::span(text)), "vocab.txt");
  };
  for (const char* text : {"", "\n\n", "[UNK]\n[CLS]\n", "a\nb", "[CLS]\n[SEP]\n"})
    CHECK_THROWS_WITH(read(text), ContainsSubstring("expected BERT's"));
  CHECK_THROWS_WITH(read("[UNK]\n[CLS]\n[SEP]\n\n\n[CLS]\n"),
                    ContainsSubstring("vocab.txt: has \"[CLS]\" in line 2 and in line 6"));
  const auto words = read("[UNK]\r\n[CLS]\r\n[SEP]\r\n##a\r\n##\r\n\r\nb");
  CHECK(words.pieces == std::vector<std::string>{"[UNK]", "[CLS]", "[SEP]", "a", " ##", "", " b"});
}
