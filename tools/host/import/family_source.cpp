// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/family_source.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mote/host/import/any_family.hpp"
#include "mote/host/import/gguf_blocks.hpp"

namespace mote::inline v0::host {

namespace {

/// A tensor name of the family, with '#' replaced by the number of the layer.
std::string name_in_layer(std::string_view pattern, std::size_t layer) {
  std::string name(pattern);
  if (const std::size_t at = name.find('#'); at != std::string::npos) name.replace(at, 1, std::to_string(layer));
  return name;
}

tensor_id id_of(const tensor_place& p) {
  switch (p.where) {
    case tensor_place::part::embedding: return outer_matrix::embedding;
    case tensor_place::part::positions: return outer_matrix::positions;
    case tensor_place::part::head: return outer_matrix::head;
    case tensor_place::part::block: break;
  }
  return p.role;
}

bool is_gain(vector_role v) {
  for (const vector_role each :
       {vector_role::attention_norm, vector_role::ffn_norm, vector_role::final_norm, vector_role::query_norm,
        vector_role::key_norm, vector_role::post_attention_norm, vector_role::post_ffn_norm})
    if (v == each) return true;
  return false;
}

/// llama.cpp's converter may join query, key and value of any architecture (--fuse-qkv), and old files of Phi-2 do.
struct joined_tensor {
  std::string_view name;
  std::array<tensor_id, 3> parts;
};
constexpr std::array joined_in_gguf{
    joined_tensor{"blk.#.attn_qkv.weight", {role::query, role::key, role::value}},
    joined_tensor{"blk.#.attn_qkv.bias", {vector_role::query_bias, vector_role::key_bias, vector_role::value_bias}}};

std::span<const std::byte> rows_of_tensor(const gguf_tensor& t, std::size_t first, std::size_t count) {
  if (first > t.rows || count > t.rows - first) throw std::runtime_error("model: a matrix has fewer rows than asked");
  const std::size_t row = t.cols / t.type->cols * t.type->bytes;
  return t.bytes.subspan(first * row, count * row);
}

}  // namespace

family_source::family_source(tensor_files in, naming names, const mote::shape& s, const any_family& family,
                             const std::set<std::string>& known)
    : in_(std::move(in)),
      names_(names),
      order_(names == naming::gguf ? family.facts().in_gguf : family.facts().in_safetensors) {
  shape_ = s;
  family_ = family;
  find_tensors(known);
}

/// Whether the rows, or floats, are in the order of rotary pairs that lie half a head apart.
bool family_source::turns(tensor_id which) const {
  if (!order_.rotates_halves) return false;
  for (const tensor_id each :
       {tensor_id(role::query), tensor_id(role::key), tensor_id(vector_role::query_bias),
        tensor_id(vector_role::key_bias), tensor_id(vector_role::query_norm), tensor_id(vector_role::key_norm)})
    if (which == each) return true;
  return false;
}

bool family_source::is_transposed(tensor_id which) const {
  return order_.transposed && which.kind == tensor_id::matrix;
}

bool family_source::is_table(tensor_id which) const {
  return which.kind == tensor_id::matrix && family_.facts().is_table(family_.find(static_cast<role>(which.number)));
}

/// Where the file has a row, or a float, of ours.
std::size_t family_source::row_in_file(const part_of_file& at, tensor_id which, std::size_t row) const {
  const std::size_t head = shape_.head_dim();
  if (turns(which)) {
    const std::size_t rotated = shape_.rotary_dim();
    const std::size_t in_head = row % head;
    if (in_head < rotated) row = row - in_head + (in_head % 2 == 0 ? 0 : rotated / 2) + in_head / 2;
  }
  if (order_.parts_by_head && at.parts > 1) return (row / head * at.parts + at.part) * head + row % head;
  return at.first + row;
}

std::size_t family_source::floats_of(vector_role v) const {
  const family_facts& facts = family_.facts();
  if (const std::size_t out = family_.find_outer(v); out < facts.outer_vectors.size())
    return facts.outer_floats(shape_, out);
  return facts.floats(shape_, family_.find(v));
}

/// Rows of a matrix of a layer, floats of a vector.
std::size_t family_source::rows_of_part(tensor_id which) const {
  if (which.kind == tensor_id::vector) return floats_of(static_cast<vector_role>(which.number));
  return family_.facts().size(shape_, family_.find(static_cast<role>(which.number))).rows;
}

/// The tensor of the file that holds one of ours, alone or with others of the same name, whose rows are added to `rows`.
family_source::part_of_file family_source::find(tensor_id which, std::size_t layer, std::size_t& rows) const {
  const mote::named n = family_.find_name(which);
  auto found = in_.tensors.find(name_in_layer(name_of(n), layer));
  // A tied model may have its one table under the name of the head.
  if (found == in_.tensors.end() && which == tensor_id(outer_matrix::embedding) && names_ == naming::safetensors)
    found = in_.tensors.find(name_of(family_.find_name(outer_matrix::head)));
  if (found == in_.tensors.end() && names_ == naming::gguf) {
    for (const joined_tensor& j : joined_in_gguf) {
      const auto own = std::find(j.parts.begin(), j.parts.end(), which);
      const auto joined = in_.tensors.find(name_in_layer(j.name, layer));
      if (own == j.parts.end() || joined == in_.tensors.end()) continue;
      part_of_file at{&*joined, static_cast<std::size_t>(own - j.parts.begin()), j.parts.size(), 0};
      for (auto other = j.parts.begin(); other != j.parts.end(); ++other) {
        if (other == own) continue;
        const std::size_t more = rows_of_part(*other);
        rows += more;
        if (other < own) at.first += more;
      }
      return at;
    }
  }
  if (found == in_.tensors.end()) fail(in_.name, "has no tensor " + detail::shown(name_in_layer(name_of(n), layer)));
  part_of_file at{&*found, 0, 1, 0};
  if (n.part == 0) return at;
  at.part = n.part - 1;
  for (const mote::named& other : family_.facts().names) {
    if (name_of(other) != name_of(n) || other.which == which) continue;
    const std::size_t more = rows_of_part(other.which);
    rows += more;
    ++at.parts;
    if (other.part < n.part) at.first += more;
  }
  return at;
}

family_source::part_of_file family_source::matrix_at(const tensor_place& p) const {
  const tensor_id which = id_of(p);
  matrix_size size = family_.size(shape_, p);
  part_of_file at = find(which, p.layer, size.rows);
  if (which == tensor_id(outer_matrix::positions)) {
    at.first = order_.rows_before_positions;
    size.rows += order_.rows_before_positions;
  }
  if (in_.token_rows != 0 && (which == tensor_id(outer_matrix::embedding) || is_table(which)))
    size.rows = in_.token_rows;
  if (which.kind == tensor_id::matrix && name_of(family_.find_name(which)).find('#') == std::string_view::npos) {
    (is_table(which) ? at.first_col : at.first) = p.layer * (is_table(which) ? size.cols : size.rows);
    (is_table(which) ? size.cols : size.rows) *= shape_.layers;
  }
  if (is_transposed(which)) std::swap(size.rows, size.cols);
  const gguf_tensor& t = at.in->second;
  if (t.rows != size.rows || t.cols != size.cols)
    fail(in_.name, detail::shown(at.in->first) + " is " + std::to_string(t.cols) + " x " + std::to_string(t.rows) +
                       "; expected " + std::to_string(size.cols) + " x " + std::to_string(size.rows));
  return at;
}

family_source::part_of_file family_source::vector_at(std::size_t layer, vector_role v) const {
  std::size_t floats = floats_of(v);
  const part_of_file at = find(v, layer, floats);
  const gguf_tensor& t = at.in->second;
  if (v == vector_role::token_type && t.cols == floats) return at;  // the first of several types
  if (t.rows * t.cols != floats || (t.rows != 1 && v != vector_role::convolution_taps))
    fail(in_.name, detail::shown(at.in->first) + " is " + std::to_string(t.cols) + " x " + std::to_string(t.rows) +
                       "; expected " + std::to_string(floats) + " x 1");
  return at;
}

/// Looks for every tensor of the model, and for tensors that it does not have.
void family_source::find_tensors(std::set<std::string> used) {
  const family_facts& facts = family_.facts();
  for (std::size_t layer = 0; layer < shape_.layers; ++layer)
    for (std::size_t i = 0; i < facts.vectors.size(); ++i)
      if (family_.has_vector(layer, i)) used.insert(vector_at(layer, facts.vectors[i]).in->first);
  for (const vector_role v : facts.outer_vectors) used.insert(vector_at(0, v).in->first);
  for (const tensor_place& p : family_.all_tensors(shape_)) used.insert(matrix_at(p).in->first);
  if (!shape_.tied_head) shape_.tied_head = head_repeats_embedding();
  for (const auto& [name, t] : in_.tensors)
    if (!used.contains(name))
      fail(in_.name, "has the tensor " + detail::shown(name) + ", which no model of this kind has");
  std::string types;
  for (const gguf_type_facts& type : gguf_types) {
    const auto matrix_of_type = [&](const auto& t) { return t.second.dimensions > 1 && t.second.type == &type; };
    if (std::any_of(in_.tensors.begin(), in_.tensors.end(), matrix_of_type)) types += ", " + std::string(type.name);
  }
  kind_ = (names_ == naming::gguf ? "GGUF" : "safetensors") + types;
}

/// The part of the file that was used before is given back.
void family_source::use(const entry& in, std::span<const std::byte> part) {
  in_.files[file_in_use_]->forget(in_use_);
  file_in_use_ = in.second.file;
  in_use_ = part;
}

/// The weights of some blocks, the first of which is at `index` in its tensor.
void family_source::decode(const entry& in, std::span<const std::byte> blocks, std::size_t index, float* out) const {
  const gguf_type_facts& type = *in.second.type;
  const std::size_t count = blocks.size() / type.bytes;
  for (std::size_t i = 0; i < count; ++i) gguf_decode(type.type, blocks.data() + i * type.bytes, out + i * type.cols);
  for (std::size_t i = 0; i < count * type.cols; ++i)
    if (!std::isfinite(out[i]))
      fail(in_.name,
           detail::shown(in.first) + " holds a value that is not finite, at index " + std::to_string(index + i));
}

/// So many columns of a row from the first of this layer's on.
void family_source::decode_cols(const part_of_file& at, std::size_t row, std::size_t cols, float* out) const {
  const gguf_tensor& t = at.in->second;
  const std::size_t each = t.type->cols;
  const std::size_t from = at.first_col / each, end = (at.first_col + cols + each - 1) / each;  // blocks
  std::vector<float> whole((end - from) * each);
  decode(*at.in, rows_of_tensor(t, row, 1).subspan(from * t.type->bytes, (end - from) * t.type->bytes),
         row * t.cols + from * each, whole.data());
  std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(at.first_col - from * each), cols, out);
}

void family_source::load_rows(const tensor_place& p, std::size_t first, std::size_t count, float* out) {
  const matrix_size size = family_.size(shape_, p);
  if (first > size.rows || count > size.rows - first)
    throw std::runtime_error("model: a matrix has fewer rows than asked");
  const part_of_file at = matrix_at(p);
  const gguf_tensor& t = at.in->second;
  const tensor_id which = id_of(p);
  if (is_transposed(which)) {  // our rows are the file's columns, all of them floats
    use(*at.in, t.bytes);
    std::vector<float> column(count);
    for (std::size_t col = 0; col < size.cols; ++col) {
      const std::size_t from = at.first + first;
      decode(*at.in, rows_of_tensor(t, col, 1).subspan(from * t.type->bytes, count * t.type->bytes),
             col * t.cols + from, column.data());
      for (std::size_t i = 0; i < count; ++i) out[i * size.cols + col] = column[i];
    }
    return;
  }
  if (t.cols != size.cols) {  // columns of a table that holds all layers
    use(*at.in, rows_of_tensor(t, first, count));
    for (std::size_t i = 0; i < count; ++i) decode_cols(at, first + i, size.cols, out + i * size.cols);
    return;
  }
  if (!turns(which) && !(order_.parts_by_head && at.parts > 1)) {
    const auto rows = rows_of_tensor(t, at.first + first, count);
    use(*at.in, rows);
    decode(*at.in, rows, (at.first + first) * t.cols, out);
    return;
  }
  if (count == 0) return;
  const std::size_t head = shape_.head_dim();  // rows move within their heads
  const std::size_t last_head = (first + count - 1) / head;
  std::size_t from = t.rows;
  std::size_t end = 0;
  for (const std::size_t row : {first / head * head, last_head * head + head - 1}) {
    from = (std::min)(from, row_in_file(at, which, row) / head * head);
    end = (std::max)(end, row_in_file(at, which, row) / head * head + head);
  }
  use(*at.in, rows_of_tensor(t, from, (std::min)(end, t.rows) - from));
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t row = row_in_file(at, which, first + i);
    decode(*at.in, rows_of_tensor(t, row, 1), row * t.cols, out + i * t.cols);
  }
}

void family_source::load_vector(std::size_t layer, vector_role v, float* out) {
  const part_of_file at = vector_at(layer, v);
  const gguf_tensor& t = at.in->second;
  std::vector<float> all(t.rows * t.cols);
  use(*at.in, t.bytes);
  decode(*at.in, t.bytes, 0, all.data());
  const float added = order_.gains_less_one && is_gain(v) ? 1.0F : 0.0F;
  const std::size_t count = floats_of(v);
  for (std::size_t i = 0; i < count; ++i) out[i] = all[row_in_file(at, v, i)] + added;
}

stored_matrix family_source::stored(const tensor_place& p) {
  if (names_ == naming::safetensors) return {};
  const part_of_file at = matrix_at(p);
  const gguf_tensor& t = at.in->second;
  const tensor_id which = id_of(p);
  const auto [rows, cols] = family_.size(shape_, p);
  std::span<const std::byte> blocks = rows_of_tensor(t, at.first, rows);
  if (t.cols != cols) {  // columns of a table that holds all layers
    const std::size_t each = t.type->cols;
    if (at.first_col % each != 0 || cols % each != 0) return {};
    turned_.clear();
    for (std::size_t row = 0; row < rows; ++row) {
      const auto one =
          rows_of_tensor(t, row, 1).subspan(at.first_col / each * t.type->bytes, cols / each * t.type->bytes);
      turned_.insert(turned_.end(), one.begin(), one.end());
    }
    blocks = turned_;
  }
  if (turns(which)) {
    turned_.clear();
    for (std::size_t row = 0; row < rows; ++row) {
      const auto one = rows_of_tensor(t, row_in_file(at, which, row), 1);
      turned_.insert(turned_.end(), one.begin(), one.end());
    }
    blocks = turned_;
  }
  return {.integers = {}, .scales = {}, .group = 0, .blocks = block_view{t.type->type, blocks}};
}

/// Some writers store the embedding a second time as the head; one copy is kept.
bool family_source::head_repeats_embedding() const {
  const entry& embedding = *matrix_at(tensor_place::embedding()).in;
  const entry& head = *matrix_at(tensor_place::head()).in;
  if (&embedding == &head) return true;
  if (embedding.second.type != head.second.type) return false;
  detail::part_in_use one(*in_.files[embedding.second.file]);
  detail::part_in_use other(*in_.files[head.second.file]);
  std::vector<float> a(shape_.dim);
  std::vector<float> b(shape_.dim);
  constexpr std::size_t rows = 256;
  for (std::size_t first = 0; first < shape_.vocab; first += rows) {
    const std::size_t count = (std::min)(rows, shape_.vocab - first);
    const auto x = one.next(rows_of_tensor(embedding.second, first, count));
    const auto y = other.next(rows_of_tensor(head.second, first, count));
    if (std::memcmp(x.data(), y.data(), x.size()) == 0) continue;
    for (std::size_t row = first; row < first + count; ++row) {  // other bits can be the same floats: 0 and -0
      decode(embedding, rows_of_tensor(embedding.second, row, 1), row * shape_.dim, a.data());
      decode(head, rows_of_tensor(head.second, row, 1), row * shape_.dim, b.data());
      if (a != b) return false;
    }
  }
  one.next({});
  other.next({});
  return true;
}

}  // namespace mote::inline v0::host
