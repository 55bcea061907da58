// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/gguf.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mote/family/phi3.hpp"
#include "mote/host/import/any_family.hpp"
#include "mote/host/import/chat_form.hpp"
#include "mote/host/import/family_source.hpp"
#include "mote/host/import/gguf_file.hpp"
#include "mote/host/import/gguf_shape.hpp"
#include "mote/host/import/gguf_tokenizer.hpp"
#include "mote/host/import/model_source.hpp"
#include "mote/host/import/raw_model.hpp"
#include "mote/host/import/tokenizer_text.hpp"
#include "mote/host/import/vocabulary_text.hpp"

namespace mote::inline v0::host {

namespace detail {

namespace {

/// Whether sentencepiece_bpe, whose table is the smallest, cuts texts as this tokenizer says: it hides all tokens up to
/// the last byte token, and finds every other text by merges alone.
bool is_plain(const tokenizer_text& t) {
  if (t.kind != table_kind::sentencepiece || !t.space_before) return false;
  std::size_t bytes_end = 0;
  for (std::size_t id = 0; id < t.types.size(); ++id)
    if (t.types[id] == token_type::byte) bytes_end = id + 1;
  for (std::size_t id = 0; id < t.types.size(); ++id)
    if (t.types[id] == token_type::user_defined || (t.types[id] == token_type::normal && id < bytes_end)) return false;
  return true;
}

/// <unk>, control and unused tokens get an empty text: no text is encoded as one, and they print nothing.
vocabulary_text plain_vocabulary(const tokenizer_text& t) {
  vocabulary_text text{.pieces = t.pieces, .scores = t.scores};
  for (std::size_t id = 0; id < t.types.size(); ++id)
    if (t.types[id] != token_type::normal && t.types[id] != token_type::byte) text.pieces[id].clear();
  return text;
}

/// The chat template of a file and the two tokens that it may print, whether or not texts begin with one.
chat_source chat_of(const gguf_file& in, const tokenizer_text& words, const any_family& family) {
  chat_source out{.text = {}, .key = "tokenizer.chat_template", .strips = family == any_family::of<phi3>()};
  if (in.find(out.key) == nullptr) return out;
  out.text = in.text(out.key);
  const auto token = [&](const char* key) {
    const std::uint64_t id = in.integer(key, 0, 0xFFFFFFFF, 0xFFFFFFFF);
    return id < words.pieces.size() ? words.pieces[static_cast<std::size_t>(id)] : std::string();
  };
  out.bos_token = token("tokenizer.ggml.bos_token_id");
  out.eos_token = token("tokenizer.ggml.eos_token_id");
  return out;
}

/// The number of files that the model is in, of which this is the first.
std::size_t parts_of(const gguf_file& in) {
  constexpr std::uint64_t most = 65535;
  const auto count = static_cast<std::size_t>(in.integer("split.count", 0, most, 1));
  if (const std::uint64_t number = in.integer("split.no", 0, most, 0); number != 0)
    fail(in.name(), "is part " + std::to_string(number + 1) + " of " + std::to_string(count) + "; name the first");
  return count;
}

/// The name of another part, where the first is called NAME-00001-of-00002.gguf.
std::filesystem::path part_beside(const std::filesystem::path& first, std::size_t number, std::size_t count) {
  const auto ending = [count](std::size_t n) {
    const auto five = [](std::size_t v) {
      const std::string digits = std::to_string(v);
      return std::string(5 - (std::min)(digits.size(), std::size_t{5}), '0') + digits;
    };
    return "-" + five(n) + "-of-" + five(count) + ".gguf";
  };
  const std::string name = first.filename().string();
  if (!name.ends_with(ending(1)))
    fail(first, "is the first of " + std::to_string(count) + " parts, and its name does not end with " + ending(1));
  return first.parent_path() / (name.substr(0, name.size() - ending(1).size()) + ending(number));
}

/// Reads the other parts of a model, whose keys say nothing of it.
void add_parts(tensor_files& all, gguf_file& in, std::size_t count) {
  for (std::size_t n = 2; n <= count; ++n) {
    all.files.push_back(std::make_unique<file_bytes>(part_beside(all.name, n, count)));
    const gguf_file part(all.files.back()->bytes(), all.files.back()->name());
    if (part.integer("split.no", 0, 65535, 0) != n - 1 || part.integer("split.count", 0, 65535, 1) != count)
      fail(part.name(), "is not part " + std::to_string(n) + " of " + std::to_string(count));
    for (const auto& [key, value] : part.values())
      if (!key.starts_with("split.") && !key.starts_with("general."))
        fail(part.name(), "has the key " + shown(key) + ", which only the first part may have");
    in.join(part);
    for (const auto& [name, t] : part.tensors()) all.tensors.emplace(name, tensor_files::tensor{t, n - 1});
  }
}

opened_model open_gguf_bytes(file_bytes file) {
  tensor_files all{.name = file.name(), .files = {}, .tensors = {}};
  all.files.push_back(std::make_unique<file_bytes>(std::move(file)));
  gguf_file in(all.files.front()->bytes(), all.name);
  for (const auto& [name, t] : in.tensors()) all.tensors.emplace(name, tensor_files::tensor{t, 0});
  add_parts(all, in, parts_of(in));
  const gguf_shape read = read_gguf_shape(in);
  std::set<std::string> known;
  if (read.has_rotary_factors) known.emplace("rope_freqs.weight");
  auto source =
      std::make_unique<family_source>(std::move(all), family_source::naming::gguf, read.shape, read.family, known);
  tokenizer_text words = read_gguf_tokenizer(in);
  const std::size_t vocab = source->shape().vocab;
  if (words.pieces.empty()) fail(in.name(), "has a vocabulary of no tokens");
  if (words.pieces.size() > vocab)
    fail(in.name(), "has " + std::to_string(words.pieces.size()) + " tokens, and an embedding of " +
                        std::to_string(vocab) + " rows");
  words.pieces.resize(vocab);  // rows that pad the embedding are tokens that nothing is
  words.types.resize(vocab, token_type::unused);
  if (!words.scores.empty()) words.scores.resize(vocab);
  opened_model out;
  out.chat = try_chat_form(chat_of(in, words, read.family), words);
  if (out.chat.form) words.add_first_end(out.chat.form->end_of_turn());
  out.bos = words.bos;
  out.eos = words.eos;
  out.end_tokens = words.end_tokens;
  if (is_plain(words)) out.vocabulary = plain_vocabulary(words);
  else out.tokenizer = std::move(words);
  out.pooled = read.pooled;
  out.weights = std::move(source);
  return out;
}

gguf_model whole_gguf(opened_model m, const std::filesystem::path& file) {
  if (!m.weights->family().is_llama())
    fail(file, "is a model of " + m.weights->family().type() + ", which can be imported, not run here");
  if (m.tokenizer)
    fail(file, "has the tokenizer " + m.tokenizer->type_name() + ", with which it can be imported, not run here");
  return {.model = read_whole(*m.weights), .vocabulary = std::move(m.vocabulary), .bos = m.bos, .eos = m.eos};
}

}  // namespace

}  // namespace detail

opened_model open_gguf(std::span<const std::byte> bytes, const std::filesystem::path& file) {
  return detail::open_gguf_bytes({bytes, file});
}
opened_model open_gguf(const std::filesystem::path& file) { return detail::open_gguf_bytes(detail::file_bytes(file)); }

gguf_model parse_gguf(std::span<const std::byte> bytes, const std::filesystem::path& file) {
  return detail::whole_gguf(open_gguf(bytes, file), file);
}
gguf_model read_gguf(const std::filesystem::path& file) { return detail::whole_gguf(open_gguf(file), file); }

}  // namespace mote::inline v0::host
