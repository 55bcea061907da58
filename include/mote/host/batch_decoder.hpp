// SPDX-License-Identifier: BSL-1.0
// The decoder for tools: shapes known at run time, every matrix in a format of its own, many sequences at once, and
// somebody may look at what goes into each matrix. A third pass over the blocks of a family, so the logits are those of
// decode(), bit for bit.
// Refuses to be small or to run on a board: it allocates, and calls matrices through std::function.
#pragma once

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

#include "mote/family/llama.hpp"
#include "mote/format/f32.hpp"
#include "mote/host/model_tensors.hpp"
#include "mote/host/raw_model.hpp"
#include "mote/kernel/finite.hpp"
#include "mote/kernel/matmul.hpp"
#include "mote/kernel/norm.hpp"
#include "mote/kernel/rope.hpp"
#include "mote/model/cache.hpp"

namespace mote::inline v0::host {

/// A matrix in use.
struct linear {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t bytes = 0;  ///< packed
  /// y (tokens, y_stride) = x (tokens, x_stride) * w^T; y_stride is padded(rows) or more.
  std::function<void(const float* x, std::size_t x_stride, std::size_t tokens, float* y, std::size_t y_stride)>
      multiply;
  std::function<void(std::size_t row, float* out /* (cols) */)> decode_row;
};

/// Bytes on a boundary of 64, as kernels want them.
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

/// Takes bytes that are packed as Format packs a (rows, cols) matrix.
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

/// Packs floats by the format's own rounding.
template <class Format>
linear pack(const float* w /* (rows, cols) */, std::size_t rows, std::size_t cols) {
  auto bytes = std::make_shared<packed_bytes>(Format::bytes(rows, cols));
  for (std::size_t row = 0; row < rows; row += Format::rows)
    Format::encode_tile(w + row * cols, (std::min)(Format::rows, rows - row), cols,
                        bytes->data() + row / Format::rows * Format::tile_bytes(cols));
  return use_packed<Format>(std::move(bytes), rows, cols);
}
inline linear pack_floats(const float* w /* (rows, cols) */, std::size_t rows, std::size_t cols) {
  return pack<f32<16>>(w, rows, cols);
}

/// Where an observer stands: the input of query, key and value; of output; of gate and up; of down; of the head.
enum class site : std::uint8_t { attention, output, feed_forward, down, head };
constexpr site site_of(role r) {
  switch (r) {
    case role::query:
    case role::key:
    case role::value: return site::attention;
    case role::output: return site::output;
    case role::gate:
    case role::up: return site::feed_forward;
    case role::down: break;
  }
  return site::down;
}

/// A model as matrices in use.
struct batch_model {
  mote::shape shape;
  linear embedding;
  linear head;
  std::vector<std::array<linear, role_count>> blocks;
  std::vector<float> attention_norm;  // (layers, dim)
  std::vector<float> ffn_norm;        // (layers, dim)
  std::vector<float> final_norm;      // (dim)

  linear& at(const tensor_place& p) {
    if (p.where == tensor_place::part::embedding) return embedding;
    if (p.where == tensor_place::part::head) return head;
    return blocks[p.layer][static_cast<std::size_t>(p.role)];
  }
  /// Puts a matrix into its place; a tied head follows its embedding.
  void put(const tensor_place& p, linear l) {
    at(p) = std::move(l);
    if (p.where == tensor_place::part::embedding && shape.tied_head) head = embedding;
  }
};

/// Told (layer, site, rows of floats, stride, number of rows).
using observer = std::function<void(std::size_t, site, const float*, std::size_t, std::size_t)>;

inline batch_model use_floats(const raw_model& m) {
  if (!m.shape.valid()) throw std::runtime_error("model: the numbers of the shape make no model");
  batch_model b;
  b.shape = m.shape;
  b.blocks.resize(m.shape.layers);
  b.attention_norm = m.attention_norm.values;
  b.ffn_norm = m.ffn_norm.values;
  b.final_norm = m.final_norm.values;
  for (const tensor_place& p : all_tensors(m.shape)) {
    const matrix_size size = size_of(m.shape, p);
    b.put(p, pack_floats(values_of(m, p).data(), size.rows, size.cols));
  }
  return b;
}

/// Sequences that advance together. Rows of every buffer are (sequence, token), a sequence's tokens next to each other.
template <class Cache = float_cache, class Family = llama>
class batch_decoder {
 public:
  batch_decoder(const batch_model& m, std::size_t sequences, std::size_t context)
      : m_(&m), sequences_(sequences), context_(context) {
    for (std::size_t i = 0; i < sequences; ++i)
      kept_.push_back(std::make_unique<packed_bytes>(Cache::bytes(cached_by<Family>(m.shape), context)));
    const double log_theta = v0::detail::constant_log(static_cast<double>(m.shape.rope_theta));
    const std::size_t pairs = m.shape.head_dim() / 2;
    for (std::size_t i = 0; i < pairs; ++i) frequencies_.push_back(rope_frequency(log_theta, i, pairs));
  }

  std::size_t length() const { return length_; }
  std::size_t hidden_stride() const { return padded(m_->shape.dim); }
  std::size_t logits_stride() const { return padded(m_->shape.vocab); }

  /// The residual stream of new tokens, (sequences * each, hidden_stride).
  std::vector<float> embed(std::span<const std::size_t> tokens /* (sequences, each) */) const {
    std::vector<float> x(tokens.size() * hidden_stride());
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i] >= m_->shape.vocab) throw std::runtime_error("decoder: a token beyond the vocabulary");
      m_->embedding.decode_row(tokens[i], x.data() + i * hidden_stride());
    }
    return x;
  }

  /// Runs one layer over the residual stream in place, and keeps its keys and values.
  void block(std::size_t layer, std::vector<float>& x, const observer& see = {}) {
    const std::size_t rows = x.size() / hidden_stride();
    const std::size_t each = rows / sequences_;
    if (length_ + each > context_) throw std::runtime_error("decoder: more tokens than the context it was made for");
    if (rows != planned_) {
      planned_ = rows;
      plan_ = plan_arena(
          buffers::of(m_->shape, {.tokens = rows, .kept = rows, .saved = rows, .scratch_bytes = scratch_bytes(each)}));
      arena_ = std::make_unique<packed_bytes>(plan_.bytes);
    }
    pass p{.owner = *this, .see = see, .stream = x.data(), .rows = rows, .each = each, .at_layer = layer};
    layers::each([&]<std::size_t I>() { layers::template block<I>::template forward<0>(p); });
  }

  /// The logits of every row, (sequences * each, logits_stride).
  std::vector<float> head(const std::vector<float>& x, const observer& see = {}) {
    const std::size_t rows = x.size() / hidden_stride();
    std::vector<float> normed(x.size());
    for (std::size_t at = 0; at < x.size(); at += hidden_stride())
      rms_norm(x.data() + at, m_->final_norm.data(), m_->shape.dim, m_->shape.norm_epsilon, normed.data() + at);
    if (see) see(m_->shape.layers, site::head, normed.data(), hidden_stride(), rows);
    std::vector<float> logits(rows * logits_stride());
    m_->head.multiply(normed.data(), hidden_stride(), rows, logits.data(), logits_stride());
    return logits;
  }

  /// The tokens that were run are part of the sequences now.
  void advance(std::size_t each) { length_ += each; }
  void restart() { length_ = 0; }

  /// All of it: the logits of new tokens, (sequences, each, logits_stride).
  std::vector<float> run(std::span<const std::size_t> tokens /* (sequences, each) */, const observer& see = {}) {
    std::vector<float> x = embed(tokens);
    for (std::size_t layer = 0; layer < m_->shape.layers; ++layer) block(layer, x, see);
    advance(tokens.size() / sequences_);
    return head(x, see);
  }

 private:
  using layers = typename Family::layer;
  using buffers = typename layers::template forward_buffers<1>;

  /// What the blocks of a layer ask while many sequences answer.
  struct pass {
    batch_decoder& owner;
    const observer& see;
    float* stream;  // (rows, hidden_stride)
    std::size_t rows;
    std::size_t each;
    std::size_t at_layer;
    mutable std::vector<simd::sine_cosine> turned{};

    const mote::shape& shape() const { return owner.m_->shape; }
    std::size_t layer() const { return at_layer; }
    std::size_t attention_layer() const { return at_layer; }
    std::size_t tokens() const { return rows; }
    std::size_t position() const { return owner.length_; }
    const float* x() const { return stream; }
    const simd::sine_cosine* turns(std::size_t row) const {
      turned.resize(owner.frequencies_.size());
      rope_turns(owner.frequencies_.data(), turned.size(), owner.length_ + row % each, turned.data());
      return turned.data();
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
      static_assert(V != vector_role::final_norm);
      const auto& all = V == vector_role::attention_norm ? owner.m_->attention_norm : owner.m_->ffn_norm;
      return all.data() + at_layer * shape().dim;
    }
    template <int, int = 0>
    static void enter() {}
    static void pad(float*, std::size_t) {}
    void add(std::size_t row, const float* delta) {
      float* to = stream + row * owner.hidden_stride();
      for (std::size_t i = 0; i < shape().dim; ++i) to[i] += delta[i];
    }
    void admit(std::size_t row, float* query, std::size_t dim, float* key, float* value, std::size_t kv_dim) {
      (void)v0::admit(query, dim, key, value, kv_dim, stream + row * owner.hidden_stride());
    }
    template <role First, role... Others, class... Floats>
    void multiply(const float* in, std::size_t cols, float* y, Floats*... others) {
      if (see) see(at_layer, site_of(First), in, padded(cols), rows);
      const auto one = [&](role r, float* to) {
        const linear& w = owner.m_->blocks[at_layer][static_cast<std::size_t>(r)];
        w.multiply(in, padded(cols), rows, to, padded(w.rows));
      };
      one(First, y);
      (one(Others, others), ...);
    }
    template <class, class Attention>
    void attend(const Attention& a, attention_run run, float* scratch) {
      run.tokens = each;
      for (const auto& kept : owner.kept_) {
        Cache(kept->data(), cached_by<Family>(shape()), owner.context_).attend(a, run, 0, a.kv_heads, scratch);
        run.query += each * run.query_stride;
        run.out += each * run.query_stride;
        run.key += each * run.key_stride;
        run.value += each * run.key_stride;
      }
    }
  };

  std::size_t scratch_bytes(std::size_t each) const {
    return Cache::scratch_floats(cached_by<Family>(m_->shape), context_, each) * sizeof(float);
  }

  const batch_model* m_;
  std::size_t sequences_;
  std::size_t context_;
  std::size_t length_ = 0;
  std::vector<std::uint64_t> frequencies_;
  std::vector<std::unique_ptr<packed_bytes>> kept_;  // a sequence: its cache
  std::size_t planned_ = 0;                          // the rows that the arena is for
  arena_plan<buffers::count> plan_;
  std::unique_ptr<packed_bytes> arena_;
};

}  // namespace mote::inline v0::host
