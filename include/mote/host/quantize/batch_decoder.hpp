// SPDX-License-Identifier: BSL-1.0
// The decoder for tools: a model of any family with a shape known at run time, each matrix in its own format, many
// sequences at once, and an observer that sees the input of each matrix. It runs the same block code as decode() and
// the training pass, so its logits are those of decode(), bit for bit.
// Refuses to run on a board: it allocates, and calls matrices through std::function.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "mote/block/decode.hpp"
#include "mote/family/llama.hpp"
#include "mote/host/import/model_tensors.hpp"
#include "mote/host/import/raw_model.hpp"
#include "mote/kernel/finite.hpp"
#include "mote/kernel/matmul.hpp"
#include "mote/kernel/rope.hpp"
#include "mote/model/cache.hpp"

namespace mote::inline v0::host {

/// A packed matrix of (rows, cols) and its product.
struct linear {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t bytes = 0;  ///< packed
  /// y (tokens, y_stride) = x (tokens, x_stride) * w^T; y_stride is padded(rows) or more.
  std::function<void(const float* x, std::size_t x_stride, std::size_t tokens, float* y, std::size_t y_stride)>
      multiply;
  std::function<void(std::size_t row, float* out /* (cols) */)> decode_row;
};

/// A zeroed buffer that is aligned to 64 bytes, as kernels need, with 64 spare bytes after its end.
class packed_bytes {
 public:
  explicit packed_bytes(std::size_t size)
      : bytes_(static_cast<std::byte*>(::operator new(size + 64, std::align_val_t{64}))), size_(size) {
    std::memset(bytes_, 0, size + 64);
  }
  packed_bytes(const packed_bytes&) = delete;
  packed_bytes& operator=(const packed_bytes&) = delete;
  ~packed_bytes() { ::operator delete(bytes_, std::align_val_t{64}); }
  std::byte* data() { return bytes_; }
  const std::byte* data() const { return bytes_; }
  std::size_t size() const { return size_; }

 private:
  std::byte* bytes_;
  std::size_t size_;
};

/// A matrix of (rows, cols) from bytes that Format has packed.
template <class Format>
linear use_packed(std::shared_ptr<const packed_bytes> bytes, std::size_t rows, std::size_t cols) {
  linear l{.rows = rows, .cols = cols, .bytes = Format::bytes(rows, cols), .multiply = {}, .decode_row = {}};
  const matrix<Format> m{bytes->data(), rows, cols};
  l.multiply = [bytes, m, buffer = std::make_shared<packed_bytes>(activation_bytes<Format>(cols))](
                   const float* x, std::size_t x_stride, std::size_t tokens, float* y, std::size_t y_stride) {
    matmul(m, x, x_stride, tokens, y, y_stride, buffer->data());
  };
  l.decode_row = [bytes, m](std::size_t row, float* out) { m.decode_row(row, out); };
  return l;
}

/// Packs floats with the format's own rounding.
template <class Format>
linear pack(const float* w /* (rows, cols) */, std::size_t rows, std::size_t cols) {
  auto bytes = std::make_shared<packed_bytes>(Format::bytes(rows, cols));
  for (std::size_t row = 0; row < rows; row += Format::rows)
    Format::encode_tile(w + row * cols, (std::min)(Format::rows, rows - row), cols,
                        bytes->data() + row / Format::rows * Format::tile_bytes(cols));
  return use_packed<Format>(std::move(bytes), rows, cols);
}
linear pack_floats(const float* w /* (rows, cols) */, std::size_t rows, std::size_t cols);

/// A model as packed matrices and float vectors.
template <class Family>
struct batch_model_of {
  using tensors = tensors_of<Family>;

  mote::shape shape;
  linear embedding;
  linear positions;  // only in families with learned positions
  linear head;
  std::vector<std::array<linear, tensors::matrices>> blocks;              // (layers)
  std::vector<std::array<std::vector<float>, tensors::vectors>> vectors;  // (layers)
  std::array<std::vector<float>, tensors::outer_vectors> outer;           // vectors outside of layers

  linear& at(const tensor_place& p) {
    switch (p.where) {
      case tensor_place::part::embedding: return embedding;
      case tensor_place::part::positions: return positions;
      case tensor_place::part::head: return head;
      case tensor_place::part::block: break;
    }
    return blocks[p.layer][tensors::find(p.role)];
  }
  /// Replaces a matrix. A new embedding replaces a tied head as well.
  void put(const tensor_place& p, linear l) {
    at(p) = std::move(l);
    if (p.where == tensor_place::part::embedding && shape.tied_head) head = embedding;
  }
};
using batch_model = batch_model_of<llama>;

/// One input of matrices. An observer gets it once per layer, with the rows of all sequences.
struct matrix_input {
  std::size_t layer = 0;          ///< shape.layers for the head's input
  std::span<const role> readers;  ///< the matrices that multiply it; empty for the head's input
  const float* x = nullptr;       // (rows, stride)
  std::size_t cols = 0;
  std::size_t stride = 0;
  std::size_t rows = 0;

  bool of_head() const { return readers.empty(); }
};
using observer = std::function<void(const matrix_input&)>;

template <class Family>
batch_model_of<Family> use_floats(const raw_model_of<Family>& m) {
  using tensors = tensors_of<Family>;
  if (!m.shape.valid()) throw std::runtime_error("model: the numbers of the shape make no model");
  batch_model_of<Family> b;
  b.shape = m.shape;
  b.blocks.resize(m.shape.layers);
  b.vectors.resize(m.shape.layers);
  const auto copy = [&](std::size_t layer, vector_role v) {
    const auto from = vector_of(m, layer, v);
    return std::vector<float>(from.begin(), from.end());
  };
  for (std::size_t layer = 0; layer < m.shape.layers; ++layer)
    for (std::size_t i = 0; i < tensors::vectors; ++i)
      if (tensors::has_vector(Family::layer::kind_of(layer), i)) b.vectors[layer][i] = copy(layer, tensors::vector(i));
  for (std::size_t i = 0; i < tensors::outer_vectors; ++i) b.outer[i] = copy(0, tensors::outer_vector(i));
  for (const tensor_place& p : all_tensors<Family>(m.shape)) {
    const matrix_size size = size_of<Family>(m.shape, p);
    b.put(p, pack_floats(values_of(m, p).data(), size.rows, size.cols));
  }
  return b;
}

extern template batch_model use_floats(const raw_model&);

/// What a decoder keeps: the keys, values and states of every layer, or of the layer alone that runs. Then a sequence
/// does not advance: a layer runs all its tokens at once.
enum class kept_layers : std::uint8_t { all, one };

/// Sequences that advance together, the same number of tokens in each. Rows of every buffer are in the order
/// (sequence, token). A block with `rows_are_alone` runs over all rows at once, others over one sequence after another.
template <class Cache = float_cache, class Family = llama>
class batch_decoder {
  using facts = decode_plan_of<Family>;
  using tensors = tensors_of<Family>;
  using store = kept_in<Family, Cache>;
  using buffers = join_lives<typename Family::embedding::template forward_buffers<facts::embed>,
                             decltype(v0::detail::left_by<Family, facts::embed, facts::head>()),
                             typename facts::each_layer::template forward_buffers<facts::layers>>;

 public:
  /// `m` is referred to; its matrices may be replaced between calls.
  batch_decoder(const batch_model_of<Family>& m, std::size_t sequences, std::size_t context,
                kept_layers keep = kept_layers::all)
      : m_(&m), sequences_(sequences), context_(context), keep_(keep), cached_(cached(m.shape, keep)) {
    if (has_positions<Family> && context > m.shape.context)
      throw std::runtime_error("decoder: a context of " + std::to_string(context) + "; the model has learned " +
                               std::to_string(m.shape.context) + " positions");
    for (std::size_t i = 0; i < sequences; ++i)
      kept_.push_back(std::make_unique<packed_bytes>(store::bytes(cached_, context)));
    frequencies_.resize(rotary_count<Family>(m.shape));
    put_rotary_frequencies<Family>(m.shape, frequencies_.data());
  }

  /// The bytes of the caches and states of one sequence.
  static std::size_t bytes_kept(const mote::shape& s, std::size_t context) {
    return store::bytes(cached_by<Family>(s), context);
  }

  std::size_t length() const { return length_; }
  std::size_t hidden_stride() const { return padded(m_->shape.dim); }
  std::size_t logits_stride() const { return padded(m_->shape.vocab); }

  /// The residual stream of new tokens, (sequences * each, hidden_stride). Throws on a token beyond the vocabulary, and
  /// when the sequences would exceed the context.
  std::vector<float> embed(std::span<const std::size_t> tokens /* (sequences, each) */) {
    const std::size_t each = tokens.size() / sequences_;
    std::vector<float> x(tokens.size() * hidden_stride());
    plan_for(tokens.size());
    const pass p(*this, 0, 0, tokens.size(), x.data());
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i] >= m_->shape.vocab) throw std::runtime_error("decoder: a token beyond the vocabulary");
      Family::embedding::forward(p, tokens[i], length_ + i % each, x.data() + i * hidden_stride());
      if constexpr (leaves_embedding<Family>) Family::embedding::leave(p, i, tokens[i], x.data() + i * hidden_stride());
    }
    return x;
  }

  /// Runs one layer over the residual stream in place, and stores its keys, values and states.
  void block(std::size_t layer, std::vector<float>& x, const observer& see = {}) {
    plan_for(x.size() / hidden_stride());
    facts::each_layer::with(layer, [&]<class Layer>() {
      Layer::each([&]<std::size_t I>() {
        run_block<typename Layer::template block<I>, Layer::forward_from(I, facts::layers)>(layer, x, see);
      });
    });
  }

  /// What the head multiplies, (sequences * each, hidden_stride).
  std::vector<float> head_input(const std::vector<float>& x, const observer& see = {}) {
    const std::size_t rows = x.size() / hidden_stride();
    std::vector<float> normed(x.size());
    const pass p(*this, m_->shape.layers, 0, rows, nullptr);
    for (std::size_t at = 0; at < x.size(); at += hidden_stride())
      Family::last_norm::forward(p, x.data() + at, normed.data() + at);
    if (see) see({m_->shape.layers, {}, normed.data(), m_->shape.dim, hidden_stride(), rows});
    return normed;
  }
  /// The logits of every row, (sequences * each, logits_stride).
  std::vector<float> head(const std::vector<float>& x, const observer& see = {}) {
    const std::size_t rows = x.size() / hidden_stride();
    const std::vector<float> normed = head_input(x, see);
    const pass p(*this, m_->shape.layers, 0, rows, nullptr);
    std::vector<float> logits(rows * logits_stride());
    m_->head.multiply(normed.data(), hidden_stride(), rows, logits.data(), logits_stride());
    if constexpr (changes_logits<Family>)
      for (std::size_t row = 0; row < rows; ++row) head_of<Family>::forward(p, logits.data() + row * logits_stride());
    return logits;
  }

  /// Adds `each` tokens, which all layers have run, to the length of every sequence.
  void advance(std::size_t each) { length_ += each; }
  void restart() { length_ = 0; }

  /// embed(), every block(), advance() and head(): the logits of new tokens, (sequences, each, logits_stride).
  std::vector<float> run(std::span<const std::size_t> tokens /* (sequences, each) */, const observer& see = {}) {
    std::vector<float> x = embed(tokens);
    for (std::size_t layer = 0; layer < m_->shape.layers; ++layer) block(layer, x, see);
    advance(tokens.size() / sequences_);
    return head(x, see);
  }

 private:
  /// An input of matrices, collected over sequences that run one after another.
  struct input_rows {
    std::vector<role> readers;
    std::size_t cols = 0;
    std::vector<float> x;
  };

  /// The pass that blocks call, over `rows` rows: each_ rows per sequence, of the sequences from `sequence` on.
  struct pass {
    batch_decoder& owner;
    std::size_t at_layer;
    std::size_t sequence;
    std::size_t rows;
    float* stream;  // (rows, hidden_stride)
    const observer* see = nullptr;
    std::vector<input_rows>* collect = nullptr;  // if set, inputs are appended here instead of going to the observer
    mutable std::vector<simd::sine_cosine> row_rotations{};

    pass(batch_decoder& of, std::size_t layer, std::size_t first, std::size_t count, float* x)
        : owner(of), at_layer(layer), sequence(first), rows(count), stream(x) {}

    const mote::shape& shape() const { return owner.m_->shape; }
    std::size_t layer() const { return at_layer; }
    std::size_t attention_layer() const {
      return owner.keep_ == kept_layers::one ? 0 : facts::each_layer::attending_before(at_layer);
    }
    std::size_t tokens() const { return rows; }
    std::size_t position() const { return owner.length_; }
    const linear& embedding() const { return owner.m_->embedding; }
    const linear& positions() const { return owner.m_->positions; }
    const float* x() const { return stream; }
    const pass& packed() const { return *this; }
    template <role R, class F>
    void with(std::size_t layer, F f) const {
      f(owner.m_->blocks[layer][tensors::template index<R>]);
    }
    const simd::sine_cosine* rotations(std::size_t row) const {
      row_rotations.resize(owner.frequencies_.size());
      rope_rotations(owner.frequencies_.data(), row_rotations.size(), owner.length_ + row % owner.each_,
                     row_rotations.data());
      return row_rotations.data();
    }
    template <class Tag>
    float* at() const {
      return reinterpret_cast<float*>(owner.arena_->data() + owner.plan_[buffers::template index<Tag>()]);
    }
    template <class Tag>
    float* next() const {
      return at<Tag>();
    }
    template <vector_role V>
    const float* vector() const {
      constexpr std::size_t out = tensors::find_outer(V);
      if constexpr (out < tensors::outer_vectors) {
        return owner.m_->outer[out].data();
      } else {
        static_assert(
            tensors::find(V) < tensors::vectors,
            "mote: a block reads a vector that no block of its family states; add it to the block's vectors() [mote-tensor-unstated]");
        return owner.m_->vectors[at_layer][tensors::find(V)].data();
      }
    }
    template <class Block>
    float* state() const {
      const std::size_t before =
          owner.keep_ == kept_layers::one ? states_of<Family>::floats(shape(), at_layer) : std::size_t{0};
      return cache_of(sequence).states() + states_of<Family>::template at<Block>(shape(), at_layer) - before;
    }
    template <int, int = 0>
    static void enter() {}
    static void pad(float*, std::size_t) {}
    float* add(std::size_t row, const float* delta) {
      float* to = stream + row * owner.hidden_stride();
      for (std::size_t i = 0; i < shape().dim; ++i) to[i] += delta[i];
      return to;
    }
    void admit(std::size_t row, float* query, std::size_t dim, float* key, float* value, std::size_t kv_dim) {
      (void)v0::admit(query, dim, key, value, kv_dim, stream + row * owner.hidden_stride());
    }
    template <role... Roles, class... Floats>
    void multiply(const float* in, std::size_t cols, Floats*... y) {
      static constexpr std::array readers{Roles...};
      tell(readers, in, cols);
      (one<Roles>(in, cols, y), ...);
    }
    template <class, class Attention>
    void attend(const Attention& a, attention_run run, float* scratch) {
      run.tokens = owner.each_;
      for (std::size_t i = 0; i < rows / owner.each_; ++i) {
        cache_of(sequence + i).attend(a, run, 0, a.kv_heads, scratch);
        run.query += owner.each_ * run.query_stride;
        run.out += owner.each_ * run.query_stride;
        run.key += owner.each_ * run.key_stride;
        run.value += owner.each_ * run.key_stride;
      }
    }

   private:
    store cache_of(std::size_t i) const { return store(owner.kept_[i]->data(), owner.cached_, owner.context_); }
    template <role R>
    void one(const float* in, std::size_t cols, float* y) const {
      const linear& w = owner.m_->blocks[at_layer][tensors::template index<R>];
      w.multiply(in, padded(cols), rows, y, padded(w.rows));
      if constexpr (tensors::template bias<R> != vector_role::none)
        v0::detail::add_to_rows(vector<tensors::template bias<R>>(), w.rows, rows, y);
    }
    void tell(std::span<const role> readers, const float* in, std::size_t cols) const {
      if (see == nullptr || !*see) return;
      if (collect == nullptr) return (*see)({at_layer, readers, in, cols, padded(cols), rows});
      auto found = std::ranges::find_if(*collect, [&](const input_rows& r) { return r.readers.front() == readers[0]; });
      if (found == collect->end())
        found = collect->insert(found, {.readers = {readers.begin(), readers.end()}, .cols = cols, .x = {}});
      found->x.insert(found->x.end(), in, in + rows * padded(cols));
    }
  };

  static auto cached(const mote::shape& s, kept_layers keep) {
    auto kept = cached_by<Family>(s);
    if (keep == kept_layers::all) return kept;
    kept.layers = (std::min)(kept.layers, std::size_t{1});
    if constexpr (states_of<Family>::any) {
      kept.state_floats = 0;
      for (std::size_t l = 0; l < s.layers; ++l)
        kept.state_floats =
            (std::max)(kept.state_floats, states_of<Family>::floats(s, l + 1) - states_of<Family>::floats(s, l));
    }
    return kept;
  }

  void plan_for(std::size_t rows) {
    each_ = rows / sequences_;
    if (length_ + each_ > context_) throw std::runtime_error("decoder: more tokens than the context it was made for");
    if (rows == planned_) return;
    planned_ = rows;
    plan_ = plan_arena(
        buffers::of(m_->shape, {.tokens = rows,
                                .kept = rows,
                                .saved = rows,
                                .scratch_bytes = store::scratch_floats(cached_, context_, each_) * sizeof(float)}));
    arena_ = std::make_unique<packed_bytes>(plan_.bytes);
  }

  template <class Block, int At>
  void run_block(std::size_t layer, std::vector<float>& x, const observer& see) {
    if (v0::detail::rows_are_alone<Block> || sequences_ == 1) {
      pass p(*this, layer, 0, planned_, x.data());
      p.see = &see;
      return Block::template forward<At>(p);
    }
    std::vector<input_rows> seen;
    for (std::size_t i = 0; i < sequences_; ++i) {
      pass p(*this, layer, i, each_, x.data() + i * each_ * hidden_stride());
      p.see = &see;
      p.collect = &seen;
      Block::template forward<At>(p);
    }
    for (const input_rows& r : seen)
      see({layer, r.readers, r.x.data(), r.cols, padded(r.cols), r.x.size() / padded(r.cols)});
  }

  const batch_model_of<Family>* m_;
  std::size_t sequences_;
  std::size_t context_;
  kept_layers keep_;
  decltype(cached_by<Family>(mote::shape{})) cached_;
  std::size_t length_ = 0;
  std::vector<std::uint64_t> frequencies_;
  std::vector<std::unique_ptr<packed_bytes>> kept_;  // one per sequence: its cache and states
  std::size_t planned_ = 0;                          // rows that the arena has room for
  std::size_t each_ = 0;                             // rows per sequence
  arena_plan<buffers::count> plan_;
  std::unique_ptr<packed_bytes> arena_;
};
template <class Family>
batch_decoder(const batch_model_of<Family>&, std::size_t, std::size_t, kept_layers = kept_layers::all)
    -> batch_decoder<float_cache, Family>;

}  // namespace mote::inline v0::host
