// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/gguf.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mote/host/import/any_family.hpp"
#include "mote/host/import/gguf_blocks.hpp"
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

/// A tensor name of the family, with '#' replaced by the number of the layer.
std::string name_in_layer(std::string_view pattern, std::size_t layer) {
  std::string name(pattern);
  if (const std::size_t at = name.find('#'); at != std::string::npos) name.replace(at, 1, std::to_string(layer));
  return name;
}

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

/// The tensors of a file by their places in a model.
class gguf_source : public model_source {
 public:
  explicit gguf_source(file_bytes file) : file_(std::move(file)), in_(file_.bytes(), file_.name()) {
    const gguf_shape read = read_gguf_shape(in_);
    shape_ = read.shape;
    family_ = read.family;
    if (read.has_rotary_factors) used_.emplace("rope_freqs.weight");
    find_tensors();
  }

  const gguf_file& directory() const { return in_; }

  void load_rows(const tensor_place& p, std::size_t first, std::size_t count, float* out) override {
    const matrix_size size = family_.size(shape_, p);
    if (first > size.rows || count > size.rows - first)
      throw std::runtime_error("gguf: a matrix has fewer rows than asked");
    const part_of_file at = matrix_at(p);
    const gguf_tensor& t = at.in->second;
    if (!turns(id_of(p))) {
      decode(at.in->first, t, part_.next(rows_of(t, at.first + first, count)), (at.first + first) * t.cols, out);
      return;
    }
    const std::size_t head = shape_.head_dim();
    const std::size_t heads = first / head;
    part_.next(rows_of(t, at.first + heads * head, ((first + count + head - 1) / head - heads) * head));
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t row = at.first + row_in_file(first + i);
      decode(at.in->first, t, rows_of(t, row, 1), row * t.cols, out + i * t.cols);
    }
  }
  void load_vector(std::size_t layer, vector_role v, float* out) override {
    const part_of_file at = vector_at(layer, v);
    const gguf_tensor& t = at.in->second;
    std::vector<float> all(t.rows * t.cols);
    decode(at.in->first, t, part_.next(t.bytes), 0, all.data());
    const std::size_t count = floats_of(v);
    for (std::size_t i = 0; i < count; ++i) out[i] = all[at.first + (turns(v) ? row_in_file(i) : i)];
  }
  stored_matrix stored(const tensor_place& p) override {
    const part_of_file at = matrix_at(p);
    const gguf_tensor& t = at.in->second;
    const std::size_t rows = family_.size(shape_, p).rows;
    std::span<const std::byte> blocks = rows_of(t, at.first, rows);
    if (turns(id_of(p))) {
      turned_.clear();
      for (std::size_t row = 0; row < rows; ++row) {
        const auto one = rows_of(t, at.first + row_in_file(row), 1);
        turned_.insert(turned_.end(), one.begin(), one.end());
      }
      blocks = turned_;
    }
    return {.integers = {}, .scales = {}, .group = 0, .blocks = block_view{t.type->type, blocks}};
  }

 private:
  using entry = std::map<std::string_view, gguf_tensor>::value_type;

  /// A tensor of ours in a tensor of the file: its first row, or of a vector its first float.
  struct part_of_file {
    const entry* in;
    std::size_t first;
  };

  static tensor_id id_of(const tensor_place& p) {
    switch (p.where) {
      case tensor_place::part::embedding: return outer_matrix::embedding;
      case tensor_place::part::positions: return outer_matrix::positions;
      case tensor_place::part::head: return outer_matrix::head;
      case tensor_place::part::block: break;
    }
    return p.role;
  }
  /// Whether the rows, or floats, are in the order of rotary pairs that lie half a head apart.
  bool turns(tensor_id which) const {
    if (!family_.facts().in_gguf.rotates_halves) return false;
    for (const tensor_id each :
         {tensor_id(role::query), tensor_id(role::key), tensor_id(vector_role::query_bias),
          tensor_id(vector_role::key_bias), tensor_id(vector_role::query_norm), tensor_id(vector_role::key_norm)})
      if (which == each) return true;
    return false;
  }
  /// Where the file has a row whose rotary partner is its neighbour in our order.
  std::size_t row_in_file(std::size_t row) const {
    const std::size_t rotated = shape_.rotary_dim();
    const std::size_t in_head = row % shape_.head_dim();
    if (in_head >= rotated) return row;
    return row - in_head + (in_head % 2 == 0 ? 0 : rotated / 2) + in_head / 2;
  }

  std::size_t floats_of(vector_role v) const {
    const family_facts& facts = family_.facts();
    if (const std::size_t out = family_.find_outer(v); out < facts.outer_vectors.size())
      return facts.outer_floats(shape_, out);
    return facts.floats(shape_, family_.find(v));
  }
  /// Rows of a matrix of a layer, floats of a vector.
  std::size_t rows_of_part(tensor_id which) const {
    if (which.kind == tensor_id::vector) return floats_of(static_cast<vector_role>(which.number));
    return family_.facts().size(shape_, family_.find(static_cast<role>(which.number))).rows;
  }

  /// The tensor of the file that holds one of ours, alone or with others of the same name.
  part_of_file find(tensor_id which, std::size_t layer, std::size_t& rows) const {
    const mote::named n = family_.find_name(which);
    const std::string name = name_in_layer(n.gguf, layer);
    const auto found = in_.tensors().find(name);
    if (found == in_.tensors().end()) fail(in_.name(), "has no tensor " + shown(name));
    part_of_file at{&*found, 0};
    if (n.part == 0) return at;
    for (const mote::named& other : family_.facts().names) {
      if (other.gguf != n.gguf || other.which == which) continue;
      const std::size_t more = rows_of_part(other.which);
      rows += more;
      if (other.part < n.part) at.first += more;
    }
    return at;
  }
  part_of_file matrix_at(const tensor_place& p) const {
    const matrix_size size = family_.size(shape_, p);
    std::size_t rows = size.rows;
    const part_of_file at = find(id_of(p), p.layer, rows);
    const gguf_tensor& t = at.in->second;
    if (t.rows != rows || t.cols != size.cols)
      fail(in_.name(), shown(at.in->first) + " is " + std::to_string(t.cols) + " x " + std::to_string(t.rows) +
                           "; expected " + std::to_string(size.cols) + " x " + std::to_string(rows));
    return at;
  }
  part_of_file vector_at(std::size_t layer, vector_role v) const {
    std::size_t floats = floats_of(v);
    const part_of_file at = find(v, layer, floats);
    const gguf_tensor& t = at.in->second;
    if (t.rows * t.cols != floats || (t.rows != 1 && v != vector_role::convolution_taps))
      fail(in_.name(), shown(at.in->first) + " is " + std::to_string(t.cols) + " x " + std::to_string(t.rows) +
                           "; expected " + std::to_string(floats) + " x 1");
    return at;
  }

  /// Looks for every tensor of the model, and for tensors that it does not have.
  void find_tensors() {
    mote::shape& s = shape_;
    const family_facts& facts = family_.facts();
    for (std::size_t layer = 0; layer < s.layers; ++layer)
      for (std::size_t i = 0; i < facts.vectors.size(); ++i)
        if (family_.has_vector(layer, i)) used_.emplace(vector_at(layer, facts.vectors[i]).in->first);
    for (const vector_role v : facts.outer_vectors) used_.emplace(vector_at(0, v).in->first);
    for (const tensor_place& p : family_.all_tensors(s)) used_.emplace(matrix_at(p).in->first);
    if (!s.tied_head) s.tied_head = head_repeats_embedding();
    for (const auto& [name, t] : in_.tensors())
      if (!used_.contains(name))
        fail(in_.name(), "has the tensor " + shown(name) + ", which no model of this kind has");
    for (const gguf_type_facts& type : gguf_types) {
      const auto matrix_of_type = [&](const auto& t) { return t.second.dimensions > 1 && t.second.type == &type; };
      if (!std::any_of(in_.tensors().begin(), in_.tensors().end(), matrix_of_type)) continue;
      kind_ += (kind_.empty() ? "GGUF, " : ", ") + std::string(type.name);
    }
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
    const gguf_tensor& embedding = matrix_at(tensor_place::embedding()).in->second;
    const gguf_tensor& head = matrix_at(tensor_place::head()).in->second;
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

  file_bytes file_;
  gguf_file in_;
  part_in_use part_{file_};
  std::set<std::string_view> used_;
  std::vector<std::byte> turned_;  // the matrix that stored() gave last, in our order
};

opened_model open_gguf_bytes(file_bytes file) {
  auto source = std::make_unique<gguf_source>(std::move(file));
  const gguf_file& in = source->directory();
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
  out.bos = words.bos;
  out.eos = words.eos;
  for (const char* key : {"tokenizer.ggml.eom_token_id", "tokenizer.ggml.eot_token_id"})
    if (in.find(key) != nullptr)
      if (const std::uint64_t id = in.integer(key, 0, 0xFFFFFFFFU); id < vocab && static_cast<int>(id) != out.eos)
        out.end_of_turn = static_cast<int>(id);
  if (is_plain(words)) out.vocabulary = plain_vocabulary(words);
  else out.tokenizer = std::move(words);
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
