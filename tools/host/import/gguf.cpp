// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/gguf.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "mote/family/llama.hpp"
#include "mote/host/import/gguf_blocks.hpp"
#include "mote/host/import/gguf_file.hpp"
#include "mote/host/import/model_keys.hpp"
#include "mote/host/import/model_source.hpp"
#include "mote/host/import/raw_model.hpp"
#include "mote/host/import/vocabulary_text.hpp"

namespace mote::inline v0::host {

namespace detail {

namespace {

/// Whether a value is the one that a table states, as JSON writes it.
bool is_stated(const gguf_file& in, std::string_view key, gguf_value_type type, std::string_view stated) {
  switch (type) {
    case gguf_value_type::boolean: return stated == (in.truth(key, false) ? "true" : "false");
    case gguf_value_type::string: return '"' + std::string(in.text(key)) + '"' == stated;
    case gguf_value_type::array: return false;
    case gguf_value_type::f32:
    case gguf_value_type::f64: {
      float number = 0;
      const auto [end, error] = std::from_chars(stated.data(), stated.data() + stated.size(), number);
      return error == std::errc{} && end == stated.data() + stated.size() && in.real(key, 0) == number;
    }
    default: return std::to_string(in.integer(key, 0, ~std::uint64_t{0})) == stated;
  }
}

/// Refuses a key that may change the answers: one that no table lists, or one that is fixed to another value.
void check_keys(const gguf_file& in, const family_keys& family) {
  for (const auto& [key, value] : in.values()) {
    const model_key* known = find_gguf_key(family, key);
    if (known == nullptr) fail(in.name(), "has the key " + shown(key) + ", which may change answers and is not known");
    if (known->use == key_use::fixed && !is_stated(in, key, value.type, known->value))
      fail(in.name(), shown(key) + " is not " + std::string(known->value) + ", the only value that is supported");
  }
}

mote::shape read_gguf_shape(const gguf_file& in) {
  constexpr std::uint64_t most = std::uint64_t{1} << 20U;  // the limit of shape::valid()
  const auto number = [&](std::string_view key, std::int64_t fallback = -1) {
    return static_cast<std::size_t>(in.integer(key, 1, most, fallback));
  };
  if (const std::string_view kind = in.text("general.architecture"); kind != "llama")
    fail(in.name(), "is of the architecture " + shown(kind) + "; expected \"llama\"");
  mote::shape s;
  s.dim = number("llama.embedding_length");
  s.hidden = number("llama.feed_forward_length");
  s.layers = number("llama.block_count");
  s.heads = number("llama.attention.head_count");
  s.kv_heads = number("llama.attention.head_count_kv", static_cast<std::int64_t>(s.heads));
  s.context = number("llama.context_length");
  s.norm_epsilon = in.real("llama.attention.layer_norm_rms_epsilon", 1e-5F);
  s.rope_theta = in.real("llama.rope.freq_base", 10000.0F);

  const std::string heads = "dim " + std::to_string(s.dim) + ", heads " + std::to_string(s.heads) + ", kv heads " +
                            std::to_string(s.kv_heads);
  if (s.dim % s.heads != 0 || s.head_dim() % 2 != 0)
    fail(in.name(), "says " + heads + "; expected heads that divide dim into an even width");
  if (s.heads % s.kv_heads != 0) fail(in.name(), "says " + heads + "; expected kv heads that divide heads");
  if (!(s.norm_epsilon > 0)) fail(in.name(), "has a norm epsilon that is not above zero");
  if (!(s.rope_theta > 1)) fail(in.name(), "has a rotary base that is not above one");
  for (const char* key : {"llama.rope.dimension_count", "llama.attention.key_length", "llama.attention.value_length"})
    if (const auto width = number(key, static_cast<std::int64_t>(s.head_dim())); width != s.head_dim())
      fail(in.name(), shown(key) + " is " + std::to_string(width) + "; only the heads' width, " +
                          std::to_string(s.head_dim()) + ", is supported");
  if (in.integer("llama.expert_count", 0, most, 0) != 0)
    fail(in.name(), "is a mixture of experts, which is not supported");
  const std::string_view scaling =
      in.find("llama.rope.scaling.type") == nullptr ? "none" : in.text("llama.rope.scaling.type");
  s.rope.factor = in.real("llama.rope.scaling.factor", 1);
  if (scaling != "linear" && (scaling != "none" || s.rope.factor != 1))
    fail(in.name(), "scales its rotary positions by the rule " + shown(scaling) + ", which is not supported");
  if (!(s.rope.factor >= 1 && s.rope.factor <= 1048576))
    fail(in.name(), "\"llama.rope.scaling.factor\" is " + std::to_string(s.rope.factor) + "; expected 1 to 1048576");
  check_keys(in, *keys_of_gguf("llama"));
  return s;
}

/// A tensor name of the family, with '#' replaced by the number of the layer.
std::string name_in_layer(std::string_view pattern, std::size_t layer) {
  std::string name(pattern);
  if (const std::size_t at = name.find('#'); at != std::string::npos) name.replace(at, 1, std::to_string(layer));
  return name;
}

vocabulary_text read_gguf_vocabulary(const gguf_file& in) {
  if (const std::string_view kind = in.text("tokenizer.ggml.model"); kind != "llama")
    fail(in.name(), "has a tokenizer of the kind " + shown(kind) + "; expected \"llama\" (SentencePiece)");
  if (!in.truth("tokenizer.ggml.add_space_prefix", true))
    fail(in.name(), "puts no space in front of a text, which is not supported");
  const gguf_value* tokens = in.array("tokenizer.ggml.tokens", gguf_value_type::string);
  if (tokens == nullptr) in.missing("tokenizer.ggml.tokens");
  const gguf_value* scores = in.array("tokenizer.ggml.scores", gguf_value_type::f32);
  if (scores == nullptr) in.missing("tokenizer.ggml.scores");
  const gguf_value* types = in.array("tokenizer.ggml.token_type", gguf_value_type::i32);
  if (scores->count != tokens->count || (types != nullptr && types->count != tokens->count))
    fail(in.name(), "has " + std::to_string(tokens->count) + " tokens but another number of scores or types");

  constexpr std::int32_t normal = 1, user_defined = 4, byte = 6;
  constexpr std::string_view space = "\xE2\x96\x81";  // SentencePiece's sign for a space, U+2581
  vocabulary_text text;
  const std::vector<std::string_view> pieces = in.texts(*tokens);
  for (std::size_t id = 0; id < pieces.size(); ++id) {
    std::int32_t type = normal;
    if (types != nullptr) std::memcpy(&type, types->bytes.data() + id * 4, 4);
    float score = 0;
    std::memcpy(&score, scores->bytes.data() + id * 4, 4);
    if (!std::isfinite(score)) fail(in.name(), "token " + std::to_string(id) + " has a score that is not finite");
    std::string piece;
    if (type == normal || type == user_defined || type == byte) {
      for (std::string_view rest = pieces[id]; !rest.empty();) {
        const bool is_space = type != byte && rest.starts_with(space);
        if (is_space) piece += ' ';
        else piece += rest.front();
        rest.remove_prefix(is_space ? space.size() : 1);
      }
    }  // <unk>, control and unused tokens get an empty text: no text is encoded as one, and they print nothing
    text.pieces.push_back(std::move(piece));
    text.scores.push_back(score);
  }
  return text;
}

/// The tensors of a file by their places in a model.
class gguf_source : public model_source {
 public:
  explicit gguf_source(file_bytes file) : file_(std::move(file)), in_(file_.bytes(), file_.name()) {
    shape_ = read_gguf_shape(in_);
  }

  const gguf_file& directory() const { return in_; }

  /// Looks for every tensor of a model with so many tokens, and for tensors that it does not have.
  void find_tensors(std::size_t vocab) {
    mote::shape& s = shape_;
    s.vocab = vocab;
    s.tied_head = !in_.tensors().contains(llama::names.find(outer_matrix::head).gguf);
    using tensors = tensors_of<llama>;
    std::size_t used = 0;
    for (std::size_t layer = 0; layer < s.layers; ++layer)
      for (std::size_t i = 0; i < tensors::vectors; ++i, ++used) vector_at(layer, tensors::vector(i));
    for (std::size_t i = 0; i < tensors::outer_vectors; ++i, ++used) vector_at(0, tensors::outer_vector(i));
    for (const tensor_place& p : all_tensors(s)) {
      matrix_at(p);
      ++used;
    }
    if (!s.tied_head) s.tied_head = head_repeats_embedding();
    if (used != in_.tensors().size())
      for (const auto& [name, t] : in_.tensors()) check_known(name);
    for (const gguf_type_facts& facts : gguf_types) {
      const auto matrix_of_type = [&](const auto& t) { return t.second.dimensions > 1 && t.second.type == &facts; };
      if (!std::any_of(in_.tensors().begin(), in_.tensors().end(), matrix_of_type)) continue;
      kind_ += (kind_.empty() ? "GGUF, " : ", ") + std::string(facts.name);
    }
  }

  void load_rows(const tensor_place& p, std::size_t first, std::size_t count, float* out) override {
    const auto& [name, t] = matrix_at(p);
    decode(name, t, part_.next(rows_of(t, first, count)), first * t.cols, out);
  }
  void load_vector(std::size_t layer, vector_role v, float* out) override {
    const auto& [name, t] = vector_at(layer, v);
    decode(name, t, part_.next(t.bytes), 0, out);
  }
  stored_matrix stored(const tensor_place& p) override {
    const gguf_tensor& t = matrix_at(p).second;
    return {.integers = {}, .scales = {}, .group = 0, .blocks = block_view{t.type->type, t.bytes}};
  }

 private:
  using entry = std::map<std::string_view, gguf_tensor>::value_type;

  const entry& matrix_at(const tensor_place& p) const {
    const matrix_size size = size_of(shape_, p);
    switch (p.where) {
      case tensor_place::part::embedding: return at(outer_matrix::embedding, 0, size.rows, size.cols);
      case tensor_place::part::head: return at(outer_matrix::head, 0, size.rows, size.cols);
      case tensor_place::part::positions: in_.missing("table of positions");
      case tensor_place::part::block: break;
    }
    return at(p.role, p.layer, size.rows, size.cols);
  }
  const entry& vector_at(std::size_t layer, vector_role v) const { return at(v, layer, 1, shape_.dim); }

  const entry& at(tensor_id which, std::size_t layer, std::size_t rows, std::size_t cols) const {
    const std::string name = name_in_layer(llama::names.find(which).gguf, layer);
    const auto found = in_.tensors().find(name);
    if (found == in_.tensors().end()) fail(in_.name(), "has no tensor " + shown(name));
    const gguf_tensor& t = found->second;
    if (t.rows != rows || t.cols != cols)
      fail(in_.name(), shown(name) + " is " + std::to_string(t.cols) + " x " + std::to_string(t.rows) + "; expected " +
                           std::to_string(cols) + " x " + std::to_string(rows));
    return *found;
  }

  static std::span<const std::byte> rows_of(const gguf_tensor& t, std::size_t first, std::size_t count) {
    if (first > t.rows || count > t.rows - first) throw std::runtime_error("gguf: a matrix has fewer rows than asked");
    const std::size_t row = t.cols / t.type->cols * t.type->bytes;
    return t.bytes.subspan(first * row, count * row);
  }

  /// The weights of some blocks, the first of which is at `index` in its tensor.
  void decode(std::string_view name, const gguf_tensor& t, std::span<const std::byte> blocks, std::size_t index,
              float* out) const {
    const std::size_t count = blocks.size() / t.type->bytes;
    for (std::size_t i = 0; i < count; ++i)
      gguf_decode(t.type->type, blocks.data() + i * t.type->bytes, out + i * t.type->cols);
    for (std::size_t i = 0; i < count * t.type->cols; ++i)
      if (!std::isfinite(out[i]))
        fail(in_.name(), shown(name) + " holds a value that is not finite, at index " + std::to_string(index + i));
  }

  /// Some writers store the embedding a second time as the head; one copy is kept.
  bool head_repeats_embedding() const {
    const gguf_tensor& embedding = matrix_at(tensor_place::embedding()).second;
    const gguf_tensor& head = matrix_at(tensor_place::head()).second;
    if (embedding.type != head.type) return false;
    part_in_use one(file_);
    part_in_use other(file_);
    std::vector<float> a(shape_.dim);
    std::vector<float> b(shape_.dim);
    constexpr std::size_t rows = 256;
    for (std::size_t first = 0; first < shape_.vocab; first += rows) {
      const std::size_t count = (std::min)(rows, shape_.vocab - first);
      const auto x = one.next(rows_of(embedding, first, count));
      const auto y = other.next(rows_of(head, first, count));
      if (std::memcmp(x.data(), y.data(), x.size()) == 0) continue;
      for (std::size_t row = first; row < first + count; ++row) {  // other bits can be the same floats: 0 and -0
        decode("embedding", embedding, rows_of(embedding, row, 1), row * shape_.dim, a.data());
        decode("head", head, rows_of(head, row, 1), row * shape_.dim, b.data());
        if (a != b) return false;
      }
    }
    one.next({});
    other.next({});
    return true;
  }

  void check_known(std::string_view name) const {
    for (const named& ours : llama::names.all)
      for (std::size_t layer = 0; layer < shape_.layers; ++layer)
        if (name == name_in_layer(ours.gguf, layer)) return;
    fail(in_.name(), "has the tensor " + shown(name) + ", which no model of this kind has");
  }

  file_bytes file_;
  gguf_file in_;
  part_in_use part_{file_};
};

opened_model open_gguf_bytes(file_bytes file) {
  auto source = std::make_unique<gguf_source>(std::move(file));
  const gguf_file& in = source->directory();
  opened_model out;
  out.vocabulary = read_gguf_vocabulary(in);
  const std::size_t vocab = out.vocabulary.pieces.size();
  if (vocab == 0 || vocab > std::size_t{1} << 20U)
    fail(in.name(), "has " + std::to_string(vocab) + " tokens; expected 1 to 1048576");
  for (const auto& [key, id] :
       {std::pair{"tokenizer.ggml.bos_token_id", &out.bos}, {"tokenizer.ggml.eos_token_id", &out.eos}})
    if (in.find(key) != nullptr) *id = static_cast<int>(in.integer(key, 0, vocab - 1));
  source->find_tensors(vocab);
  out.weights = std::move(source);
  return out;
}

gguf_model whole_gguf(opened_model m) {
  return {.model = read_whole(*m.weights), .vocabulary = std::move(m.vocabulary), .bos = m.bos, .eos = m.eos};
}

}  // namespace

}  // namespace detail

opened_model open_gguf(std::span<const std::byte> bytes, const std::filesystem::path& file) {
  return detail::open_gguf_bytes({bytes, file});
}
opened_model open_gguf(const std::filesystem::path& file) { return detail::open_gguf_bytes(detail::file_bytes(file)); }

gguf_model parse_gguf(std::span<const std::byte> bytes, const std::filesystem::path& file) {
  return detail::whole_gguf(open_gguf(bytes, file));
}
gguf_model read_gguf(const std::filesystem::path& file) { return detail::whole_gguf(open_gguf(file)); }

}  // namespace mote::inline v0::host
