// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/gguf_tokenizer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mote/host/import/byte_symbols.hpp"
#include "mote/host/import/model_keys.hpp"

namespace mote::inline v0::host {

namespace {

using detail::shown;

/// Texts of control tokens that end an answer in the families that are read, whether a key says so or not.
constexpr std::array<std::string_view, 8> end_texts{"<|eot_id|>",    "<|eom_id|>", "<|end_of_text|>", "<|im_end|>",
                                                    "<|endoftext|>", "<|end|>",    "<end_of_turn>",   "<eos>"};

/// The value of tokenizer.ggml.pre, by what it means. Names as llama.cpp writes them.
pre_tokenizer pre_tokenizer_of(const gguf_file& in) {
  struct known {
    std::string_view name;
    pre_tokenizer cut;
  };
  using p = pre_tokenizer;
  static constexpr std::array all{known{"gpt-2", p::gpt2},
                                  known{"mpt", p::gpt2},
                                  known{"olmo", p::gpt2},
                                  known{"phi-2", p::gpt2},
                                  known{"roberta-bpe", p::gpt2},
                                  known{"llama3", p::llama3},
                                  known{"llama-v3", p::llama3},
                                  known{"llama-bpe", p::llama3},
                                  known{"lfm2", p::llama3},
                                  known{"qwen2", p::qwen2},
                                  known{"stablelm2", p::qwen2},
                                  known{"deepseek-r1-qwen", p::qwen2},
                                  known{"starcoder", p::starcoder},
                                  known{"refact", p::starcoder},
                                  known{"smollm", p::starcoder},
                                  known{"command-r", p::starcoder},
                                  known{"codeshell", p::starcoder},
                                  known{"falcon", p::falcon},
                                  known{"deepseek-llm", p::deepseek_llm},
                                  known{"deepseek-coder", p::deepseek_coder}};
  if (in.find("tokenizer.ggml.pre") == nullptr)
    fail(in.name(),
         "does not say how its tokenizer cuts a text; it needs \"tokenizer.ggml.pre\", which converters of "
         "2024 and later write");
  const std::string_view name = in.text("tokenizer.ggml.pre");
  for (const known& k : all)
    if (k.name == name) return k.cut;
  fail(in.name(), "has the pre-tokenizer " + shown(name) + ", which is not known; model/pieces.hpp has those that are");
}

token_type type_of(const gguf_file& in, const gguf_value* types, std::size_t id) {
  if (types == nullptr) return token_type::normal;
  std::int32_t type = 0;
  std::memcpy(&type, types->bytes.data() + id * 4, 4);
  if (type < 1 || type > 6)
    fail(in.name(), "token " + std::to_string(id) + " is of the type " + std::to_string(type) + "; expected 1 to 6");
  return static_cast<token_type>(type);
}

int special(const gguf_file& in, std::string_view key, std::size_t count, int otherwise = -1) {
  const gguf_value* v = in.find(key);
  if (v == nullptr) return otherwise;
  const bool is_number = gguf_number_bytes(static_cast<std::uint32_t>(v->type)) > 1;
  if (is_number && std::all_of(v->bytes.begin(), v->bytes.end(), [](std::byte b) { return b == std::byte{0xFF}; }))
    return -1;  // some converters write -1 for none
  const std::uint64_t id = in.integer(key, 0, 0xFFFFFFFFU);
  if (id >= count)
    fail(in.name(), shown(key) + " is " + std::to_string(id) + "; there are " + std::to_string(count) + " tokens");
  return static_cast<int>(id);
}

std::string spaced(std::string_view piece) {
  constexpr std::string_view space = "\xE2\x96\x81";  // SentencePiece's sign for a space, U+2581
  std::string out;
  while (!piece.empty()) {
    const bool is_space = piece.starts_with(space);
    out += is_space ? ' ' : piece.front();
    piece.remove_prefix(is_space ? space.size() : 1);
  }
  return out;
}

void read_merges(const gguf_file& in, const std::vector<std::string_view>& names, tokenizer_text& out) {
  const gguf_value* merges = in.array("tokenizer.ggml.merges", gguf_value_type::string);
  if (merges == nullptr) in.missing("tokenizer.ggml.merges");
  std::unordered_map<std::string_view, std::uint32_t> ids;
  for (std::size_t id = 0; id < names.size(); ++id) ids.emplace(names[id], static_cast<std::uint32_t>(id));
  for (const std::string_view merge : in.texts(*merges)) {
    const std::size_t at = merge.find(' ', 1);
    const auto left = at == std::string_view::npos ? ids.end() : ids.find(merge.substr(0, at));
    const auto right = at == std::string_view::npos ? ids.end() : ids.find(merge.substr(at + 1));
    if (left == ids.end() || right == ids.end())
      fail(in.name(), "has the merge " + shown(merge) + ", whose halves are not two of its tokens");
    out.merges.emplace_back(left->second, right->second);
  }
}

}  // namespace

tokenizer_text read_gguf_tokenizer(const gguf_file& in) {
  // read_gguf_shape() refuses these too; who reads a tokenizer alone, as of a file without tensors, has not called it.
  for (const model_key& key : common_gguf_keys())
    if (key.use == key_use::refused && in.find(key.name) != nullptr)
      fail(in.name(), shown(key.name) + " " + std::string(key.value));
  tokenizer_text out;
  const std::string_view model = in.text("tokenizer.ggml.model");
  if (model == "gpt2") out.kind = table_kind::byte_level;
  else if (model == "llama") out.kind = table_kind::sentencepiece;
  else if (model == "t5") out.kind = table_kind::unigram;
  else if (model == "bert") out.kind = table_kind::word_pieces;
  else
    fail(in.name(),
         "has a tokenizer of the kind " + shown(model) + "; known are \"gpt2\", \"llama\", \"t5\" and \"bert\"");
  const gguf_value* tokens = in.array("tokenizer.ggml.tokens", gguf_value_type::string);
  if (tokens == nullptr) in.missing("tokenizer.ggml.tokens");
  const gguf_value* types = in.array("tokenizer.ggml.token_type", gguf_value_type::i32);
  const gguf_value* scores = in.array("tokenizer.ggml.scores", gguf_value_type::f32);
  if ((types != nullptr && types->count != tokens->count) || (scores != nullptr && scores->count != tokens->count))
    fail(in.name(), "has " + std::to_string(tokens->count) + " tokens but another number of scores or types");
  const bool spelled = out.kind == table_kind::sentencepiece || out.kind == table_kind::unigram;
  if (spelled && scores == nullptr) in.missing("tokenizer.ggml.scores");

  const std::vector<std::string_view> names = in.texts(*tokens);
  for (std::size_t id = 0; id < names.size(); ++id) {
    const token_type type = type_of(in, types, id);
    std::string piece(names[id]);
    if (type == token_type::unused) piece.clear();
    else if (out.kind == table_kind::byte_level) {
      if (type == token_type::normal) {
        const auto bytes = bytes_of_symbols(names[id]);
        if (!bytes)
          fail(in.name(), "token " + std::to_string(id) + ", " + shown(names[id]) + ", is not of byte-level symbols");
        piece = *bytes;
      }
    } else if (type != token_type::control && type != token_type::unknown) {
      piece = spaced(names[id]);
    }
    out.pieces.push_back(std::move(piece));
    out.types.push_back(type);
    if (!spelled) continue;
    float score = 0;
    std::memcpy(&score, scores->bytes.data() + id * 4, 4);
    if (!std::isfinite(score)) fail(in.name(), "token " + std::to_string(id) + " has a score that is not finite");
    out.scores.push_back(score);
  }
  if (out.kind == table_kind::byte_level) {
    out.cut = pre_tokenizer_of(in);
    out.composes = false;  // a GGUF file does not say it
    out.takes_whole = out.cut == pre_tokenizer::llama3;
    read_merges(in, names, out);
  }
  out.space_before = in.truth("tokenizer.ggml.add_space_prefix", true);
  const std::size_t count = names.size();
  const bool words = out.kind == table_kind::word_pieces;
  const bool old = out.kind == table_kind::sentencepiece && count > 2;  // files without the keys mean Llama's tokens
  out.bos = special(in, words ? "tokenizer.ggml.cls_token_id" : "tokenizer.ggml.bos_token_id", count, old ? 1 : -1);
  out.eos =
      special(in, words ? "tokenizer.ggml.seperator_token_id" : "tokenizer.ggml.eos_token_id", count, old ? 2 : -1);
  out.unknown = special(in, "tokenizer.ggml.unknown_token_id", count);
  for (const char* key : {"tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"})
    out.add_end(special(in, key, count));
  // Most files name one end. llama.cpp takes control tokens of these texts as others, and so do we.
  for (std::size_t id = 0; id < count && out.eos >= 0; ++id)
    if (out.types[id] == token_type::control &&
        std::find(end_texts.begin(), end_texts.end(), names[id]) != end_texts.end())
      out.add_end(static_cast<int>(id));
  // Where the key is missing, texts begin with bos if the kind is SentencePiece's, BERT's, or Llama 3's of byte-level BPE.
  const bool begins =
      out.kind == table_kind::byte_level ? out.cut == pre_tokenizer::llama3 : out.kind != table_kind::unigram;
  if (!in.truth("tokenizer.ggml.add_bos_token", begins) && !words) out.bos = -1;
  // llama.cpp puts [CLS] and [SEP] around a text of WordPiece whatever a key says; others may have nothing behind it.
  for (const char* key : {"tokenizer.ggml.add_eos_token", "tokenizer.ggml.add_sep_token"})
    if (in.truth(key, false) && !words)
      fail(in.name(), shown(key) + " is not false, the only value that is supported of this tokenizer");
  return out;
}

}  // namespace mote::inline v0::host
