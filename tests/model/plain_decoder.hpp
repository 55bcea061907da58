// SPDX-License-Identifier: BSL-1.0
// The decoder as a text book writes it: double precision, plain loops, nothing shared with include/mote but the shape.
// What the kernels, the gradients and the learners are measured against.
// Refuses to be fast.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "mote/core/arena.hpp"
#include "mote/core/rng.hpp"
#include "mote/family/llama.hpp"
#include "mote/model/weights.hpp"
#include "plain_math.hpp"

namespace mote_tests {

struct plain_block {
  std::vector<double> attention_norm, ffn_norm;
  std::array<plain_matrix, mote::role_count> matrix;
  std::vector<std::vector<double>> front_keys = {}, front_values = {};  // of positions in front of the first token
};

struct plain_decoder {
  mote::shape s;
  plain_matrix embedding, head;  // head is empty where it is the embedding
  std::vector<plain_block> blocks;
  std::vector<double> final_norm;

  /// Weights whose every part matters: gains around one, matrices that keep the size of what they carry.
  static plain_decoder random(const mote::shape& s, std::uint64_t seed) {
    mote::rng r(seed);
    plain_decoder m{
        .s = s, .embedding = random_matrix(s.vocab, s.dim, 0.3, r), .head = {}, .blocks = {}, .final_norm = {}};
    const auto gains = [&] {
      std::vector<double> g(s.dim);
      for (double& v : g) v = static_cast<double>(0.7F + 0.6F * r.uniform());
      return g;
    };
    for (std::size_t l = 0; l < s.layers; ++l) {
      plain_block b{.attention_norm = gains(), .ffn_norm = gains(), .matrix = {}};
      for (std::size_t i = 0; i < mote::role_count; ++i) {
        const mote::matrix_size m2 = mote::size_of(s, static_cast<mote::role>(i));
        b.matrix[i] = random_matrix(m2.rows, m2.cols, 1.2 / std::sqrt(static_cast<double>(m2.cols)), r);
      }
      m.blocks.push_back(b);
    }
    m.final_norm = gains();
    if (!s.tied_head) m.head = random_matrix(s.vocab, s.dim, 0.3, r);
    return m;
  }

  const plain_matrix& classifier() const { return s.tied_head ? embedding : head; }

  std::vector<double> norm(const std::vector<double>& x, const std::vector<double>& gain) const {
    double sum = 0;
    for (double v : x) sum += v * v;
    const double r = 1.0 / std::sqrt(sum / static_cast<double>(x.size()) + static_cast<double>(s.norm_epsilon));
    std::vector<double> y(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = gain[i] * x[i] * r;
    return y;
  }

  void turn(std::vector<double>& v, std::size_t position) const {
    const std::size_t width = s.head_dim();
    for (std::size_t at = 0; at < v.size(); at += 2) {
      const double power = static_cast<double>(at % width) / static_cast<double>(width);
      const double angle = static_cast<double>(position) * std::pow(static_cast<double>(s.rope_theta), -power);
      const double a = v[at], b = v[at + 1];
      v[at] = a * std::cos(angle) - b * std::sin(angle);
      v[at + 1] = a * std::sin(angle) + b * std::cos(angle);
    }
  }

  /// The logits (positions, vocab) of every position of a sequence.
  template <class Token>
  std::vector<std::vector<double>> logits(std::span<const Token> tokens) const {
    const std::size_t n = tokens.size();
    std::vector<std::vector<double>> x(n);
    for (std::size_t t = 0; t < n; ++t)
      for (std::size_t i = 0; i < s.dim; ++i) x[t].push_back(embedding.at(tokens[t], i));
    const std::size_t group = s.heads / s.kv_heads;
    const std::size_t width = s.head_dim();
    for (const plain_block& b : blocks) {
      const auto of = [&](mote::role r) -> const plain_matrix& { return b.matrix[static_cast<std::size_t>(r)]; };
      const std::size_t front = b.front_keys.size();
      auto keys = b.front_keys, values = b.front_values;
      for (std::size_t t = 0; t < n; ++t) {
        const auto normed = norm(x[t], b.attention_norm);
        auto query = of(mote::role::query).times(normed);
        keys.push_back(of(mote::role::key).times(normed));
        values.push_back(of(mote::role::value).times(normed));
        turn(query, front + t);
        turn(keys.back(), front + t);
        std::vector<double> mixed(s.query_dim());
        for (std::size_t h = 0; h < s.heads; ++h) {
          const std::size_t kv = h / group * width;
          std::vector<double> p(front + t + 1);
          for (std::size_t u = 0; u <= front + t; ++u) {
            for (std::size_t d = 0; d < width; ++d) p[u] += query[h * width + d] * keys[u][kv + d];
            if (s.score_scale != 0) p[u] *= static_cast<double>(s.score_scale);
            else p[u] /= std::sqrt(static_cast<double>(width));
            p[u] = soft_cap(p[u], static_cast<double>(s.softcap));
            if (s.window != 0 && front + t - u >= s.window) p[u] = -1e300;
          }
          softmax(p);
          for (std::size_t u = 0; u <= front + t; ++u)
            for (std::size_t d = 0; d < width; ++d) mixed[h * width + d] += p[u] * values[u][kv + d];
        }
        const auto delta = of(mote::role::output).times(mixed);
        for (std::size_t i = 0; i < s.dim; ++i) x[t][i] += delta[i];
        const auto second = norm(x[t], b.ffn_norm);
        auto gate = of(mote::role::gate).times(second);
        const auto up = of(mote::role::up).times(second);
        for (std::size_t i = 0; i < s.hidden; ++i) gate[i] = gate[i] / (1.0 + std::exp(-gate[i])) * up[i];
        const auto more = of(mote::role::down).times(gate);
        for (std::size_t i = 0; i < s.dim; ++i) x[t][i] += more[i];
      }
    }
    std::vector<std::vector<double>> out;
    for (std::size_t t = 0; t < n; ++t) out.push_back(classifier().times(norm(x[t], final_norm)));
    return out;
  }

  /// The sum over t >= first of -log p(tokens[t + 1] | tokens[0..t]).
  template <class Token>
  double loss(std::span<const Token> tokens, std::size_t first) const {
    auto all = logits(tokens.first(tokens.size() - 1));
    double sum = 0;
    for (std::size_t t = first; t < all.size(); ++t) {
      softmax(all[t]);
      sum -= std::log(all[t][tokens[t + 1]]);
    }
    return sum;
  }

  static void softmax(std::vector<double>& p) {
    const double most = *std::max_element(p.begin(), p.end());
    double sum = 0;
    for (double& v : p) sum += v = std::exp(v - most);
    for (double& v : p) v /= sum;
  }

  /// The weights as Format packs them, 64-byte aligned.
  template <class Format>
  auto pack() const;
};

/// Bytes that start on a cache line, as an image in flash does.
class packed_bytes {
 public:
  explicit packed_bytes(std::size_t n, unsigned char fill = 0) : lines_(n / 64 + 1), size_(n) {
    for (line& l : lines_) std::fill(std::begin(l.b), std::end(l.b), static_cast<std::byte>(fill));
  }
  std::byte* data() { return lines_.data()->b; }
  const std::byte* data() const { return lines_.data()->b; }
  std::size_t size() const { return size_; }
  std::span<const std::byte> span() const { return {data(), size_}; }
  float* floats() { return reinterpret_cast<float*>(data()); }

 private:
  struct alignas(64) line {
    std::byte b[64];
  };
  std::vector<line> lines_;
  std::size_t size_;
};

template <class Format>
packed_bytes pack_matrix(const plain_matrix& m) {
  packed_bytes out(Format::bytes(m.rows, m.cols));
  std::vector<float> tile(Format::rows * m.cols);
  for (std::size_t row = 0; row < m.rows; row += Format::rows) {
    const std::size_t count = std::min(Format::rows, m.rows - row);
    for (std::size_t i = 0; i < count * m.cols; ++i) tile[i] = static_cast<float>(m.v[row * m.cols + i]);
    Format::encode_tile(tile.data(), count, m.cols, out.data() + row / Format::rows * Format::tile_bytes(m.cols));
  }
  return out;
}

template <class Format>
auto plain_decoder::pack() const {
  const mote::tensor_map<> map = mote::map_tensors<Format>(s);
  packed_bytes out(map.bytes);
  const auto place = [&](std::size_t offset, const plain_matrix& m) {
    const packed_bytes packed = pack_matrix<Format>(m);
    std::copy(packed.data(), packed.data() + packed.size(), out.data() + offset);
  };
  const auto gains = [&](std::size_t offset, const std::vector<double>& g) {
    float* at = out.floats() + offset / 4;
    for (double v : g) *at++ = static_cast<float>(v);
  };
  place(map.embedding, embedding);
  for (std::size_t l = 0; l < s.layers; ++l) {
    const std::size_t block = map.start_of(l);
    gains(map.at(l, mote::vector_role::attention_norm), blocks[l].attention_norm);
    gains(map.at(l, mote::vector_role::ffn_norm), blocks[l].ffn_norm);
    for (std::size_t r = 0; r < mote::role_count; ++r) place(block + map.in(l).matrix[r], blocks[l].matrix[r]);
  }
  gains(map.at(0, mote::vector_role::final_norm), final_norm);
  if (!s.tied_head) place(map.head, head);
  return out;
}

}  // namespace mote_tests
