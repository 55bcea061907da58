// SPDX-License-Identifier: BSL-1.0
// A model where it is, in files or in memory, whose tensors are loaded one by one, a few rows at a time: what writers
// of images and quantizers read, so that nobody has to hold a whole model. A reader of a file format is a model_source.
// Refuses to hold weights: it knows where they are. read_whole() is for what needs all of them at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "mote/family/llama.hpp"
#include "mote/host/file.hpp"
#include "mote/host/import/any_family.hpp"
#include "mote/host/import/chat_form.hpp"
#include "mote/host/import/gguf_blocks.hpp"
#include "mote/host/import/model_tensors.hpp"
#include "mote/host/import/raw_model.hpp"
#include "mote/host/import/tokenizer_text.hpp"
#include "mote/host/import/vocabulary_text.hpp"
#include "mote/model/pooling.hpp"

namespace mote::inline v0::host {

/// GGUF blocks, all rows in order.
struct block_view {
  gguf_type type{};
  std::span<const std::byte> bytes;
};

/// A matrix in the numbers of its file, where the file is quantized: integers with a scale per group, or blocks. Views
/// of memory of the source. The default is a matrix of which there are floats only.
struct stored_matrix {
  std::span<const std::byte> integers;  // (rows, cols) int8
  std::span<const std::byte> scales;    // floats, not aligned: one per group of integers, in order across rows
  std::size_t group = 0;                ///< integers per scale; 0: no integers
  std::optional<block_view> blocks;
};

class model_source {
 public:
  model_source() = default;
  model_source(const model_source&) = delete;
  model_source& operator=(const model_source&) = delete;
  virtual ~model_source() = default;

  const mote::shape& shape() const { return shape_; }
  const any_family& family() const { return family_; }
  /// The kind of file, for messages: "llama2.c version 2, int8 in groups of 64".
  const std::string& kind() const { return kind_; }

  /// Writes the floats of rows first .. first + count - 1 of a matrix to `out`. All are finite. Throws file_error, or
  /// std::runtime_error if the model has no such rows. A file's pages of the rows that were loaded before are given
  /// back.
  virtual void load_rows(const tensor_place& p, std::size_t first, std::size_t count,
                         float* out /* (count, cols) */) = 0;
  /// The same for all floats of a vector. `layer` is ignored for vectors outside of layers.
  virtual void load_vector(std::size_t layer, vector_role v, float* out) = 0;
  /// The matrix in the numbers of its file, valid until the next call of this function.
  virtual stored_matrix stored(const tensor_place& p) = 0;

 protected:
  mote::shape shape_;
  any_family family_;
  std::string kind_;
};

/// A model that was opened: its weights, still in the file, its vocabulary, and the token ids that the file states (-1:
/// it states none). Either `vocabulary` has pieces, for sentencepiece_bpe, or `tokenizer` is what the file says of its
/// own.
struct opened_model {
  std::unique_ptr<model_source> weights;
  vocabulary_text vocabulary;
  std::optional<tokenizer_text> tokenizer{};
  int bos = -1;
  int eos = -1;
  std::vector<int> end_tokens{};    ///< others that end an answer
  chat_reading chat{};              ///< the file's chat template
  std::optional<pooling> pooled{};  ///< of an encoder, if the file says it
};

/// A raw_model as a source, for writers. The model must outlive it.
template <class Family = llama>
class held_model : public model_source {
 public:
  explicit held_model(const raw_model_of<Family>& m) : m_(&m) {
    shape_ = m.shape;
    family_ = any_family::of<Family>();
    kind_ = m.source;
  }

  void load_rows(const tensor_place& p, std::size_t first, std::size_t count, float* out) override {
    const auto values = values_of(*m_, p);
    const matrix_size size = size_of<Family>(shape_, p);
    if (first > size.rows || count > size.rows - first)
      throw std::runtime_error("model: " + name(p) + " has fewer rows than asked");
    const auto rows = values.subspan(first * size.cols, count * size.cols);
    std::copy(rows.begin(), rows.end(), out);
  }
  void load_vector(std::size_t layer, vector_role v, float* out) override {
    const auto values = vector_of(*m_, layer, v);
    std::copy(values.begin(), values.end(), out);
  }
  stored_matrix stored(const tensor_place& p) override {
    const raw_tensor& t = tensor_of(*m_, p);
    const std::size_t part = detail::part_of_tensor<Family>(p, m_->first_layer);
    const matrix_size size = size_of<Family>(shape_, p);
    const std::size_t count = size.rows * size.cols;
    stored_matrix out;
    if (t.group != 0 && count % t.group == 0 && t.integers.size() >= (part + 1) * count) {
      out.integers = std::as_bytes(std::span(t.integers).subspan(part * count, count));
      out.scales = std::as_bytes(std::span(t.scales).subspan(part * count / t.group, count / t.group));
      out.group = t.group;
    }
    if (part < t.blocks.size()) out.blocks = {t.blocks[part].type, t.blocks[part].bytes};
    return out;
  }

 private:
  const raw_model_of<Family>* m_;
};

/// All tensors of a source, as floats and in the numbers of its file: for what needs the whole model, as calibration.
template <class Family = llama>
raw_model_of<Family> read_whole(model_source& from) {
  using tensors = tensors_of<Family>;
  if (!(from.family() == any_family::of<Family>()))
    throw std::runtime_error("model: it is of " + from.family().type() + "; this needs one of " +
                             any_family::of<Family>().type());
  raw_model_of<Family> m;
  m.shape = from.shape();
  m.source = from.kind();
  const auto vector = [&](std::size_t layer, vector_role v, std::size_t floats) {
    std::vector<float>& to = m.of(v).values;
    to.resize(to.size() + floats);
    from.load_vector(layer, v, to.data() + to.size() - floats);
  };
  for (std::size_t layer = 0; layer < m.shape.layers; ++layer)
    for (std::size_t i = 0; i < tensors::vectors; ++i)
      if (tensors::has_vector(Family::layer::kind_of(layer), i))
        vector(layer, tensors::vector(i), tensors::floats(m.shape, i));
  for (std::size_t i = 0; i < tensors::outer_vectors; ++i)
    vector(0, tensors::outer_vector(i), tensors::outer_floats(m.shape, i));
  for (const tensor_place& p : all_tensors<Family>(m.shape)) {
    const matrix_size size = size_of<Family>(m.shape, p);
    const std::size_t count = size.rows * size.cols;
    raw_tensor& to = tensor_of(m, p);
    if (to.values.empty()) to.values.reserve(count * (p.where == tensor_place::part::block ? m.shape.layers : 1));
    to.values.resize(to.values.size() + count);
    from.load_rows(p, 0, size.rows, to.values.data() + to.values.size() - count);
    const stored_matrix in = from.stored(p);
    if (in.group != 0) {
      to.group = in.group;
      to.integers.resize(to.integers.size() + count);
      std::memcpy(to.integers.data() + to.integers.size() - count, in.integers.data(), count);
      const std::size_t scales = count / in.group;
      to.scales.resize(to.scales.size() + scales);
      std::memcpy(to.scales.data() + to.scales.size() - scales, in.scales.data(), scales * sizeof(float));
    }
    if (in.blocks) to.blocks.push_back({in.blocks->type, {in.blocks->bytes.begin(), in.blocks->bytes.end()}});
  }
  return m;
}

extern template class held_model<llama>;
extern template raw_model read_whole(model_source&);

namespace detail {

/// The bytes of a model file, mapped or the caller's. Who reads part after part lets go of the part before.
class file_bytes {
 public:
  explicit file_bytes(const std::filesystem::path& file)
      : name_(file), mapped_(std::in_place, file), bytes_(mapped_->bytes()) {}
  file_bytes(std::span<const std::byte> bytes, std::filesystem::path name) : name_(std::move(name)), bytes_(bytes) {}

  const std::filesystem::path& name() const { return name_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  void forget(std::span<const std::byte> part) const {
    if (mapped_) mapped_->forget(part);
  }

 private:
  std::filesystem::path name_;
  std::optional<mapped_file> mapped_;
  std::span<const std::byte> bytes_;
};

/// One part of a file that is in use.
class part_in_use {
 public:
  explicit part_in_use(const file_bytes& file) : file_(&file) {}
  std::span<const std::byte> next(std::span<const std::byte> part) {
    file_->forget(std::exchange(part_, part));
    return part;
  }

 private:
  const file_bytes* file_;
  std::span<const std::byte> part_;
};

}  // namespace detail

}  // namespace mote::inline v0::host
