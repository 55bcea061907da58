// SPDX-License-Identifier: BSL-1.0
// The parts that the reference models' blocks share, each with its weights, their random values and their names, and the
// gradient of a loss with respect to any of them by central differences.
// Refuses a name that the model does not have.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "plain_math.hpp"

namespace mote_tests {

// ------------------------------------------------------------------------------------------------------- names, values

/// A matrix or a vector of a model; the other is null.
struct named_tensor {
  std::string name;
  plain_matrix* matrix = nullptr;
  plain_vector* vector = nullptr;

  plain_vector& values() const { return matrix != nullptr ? matrix->v : *vector; }
};

/// Calls f(name, part); an absent part has no name.
template <class F>
void name_one(const std::string& name, auto& part, F f) {
  if constexpr (requires { part.v; }) {
    if (!part.v.empty()) f(name, part);
  } else {
    if (!part.empty()) f(name, part);
  }
}

/// Every weight of a model, in the order its `each` tells.
template <class Model>
std::vector<named_tensor> tensors_of(Model& m) {
  std::vector<named_tensor> all;
  Model::each(m, [&](const std::string& name, auto& part) {
    if constexpr (requires { part.v; }) all.push_back({.name = name, .matrix = &part});
    else all.push_back({.name = name, .vector = &part});
  });
  return all;
}

/// One weight of a model: a matrix `layers.0.query`, its bias `layers.0.query.bias`, a gain `layers.0.attention_norm`.
template <class Model>
named_tensor tensor_of(Model& m, const std::string& name) {
  for (const named_tensor& t : tensors_of(m))
    if (t.name == name) return t;
  throw std::out_of_range("no tensor is named " + name);
}

/// Values that keep the size of what they carry, each an exact float, so that no part is too small to be missed.
struct weight_maker {
  mote::rng& random;

  plain_vector gains(std::size_t n) const {
    plain_vector g(n);
    for (double& v : g) v = static_cast<double>(0.7F + 0.6F * random.uniform());
    return g;
  }
  plain_vector biases(std::size_t n) const { return random_matrix(n, 1, 0.1, random).v; }
  plain_matrix matrix(std::size_t rows, std::size_t cols) const {
    return random_matrix(rows, cols, 1.2 / std::sqrt(static_cast<double>(cols)), random);
  }
  plain_matrix table(std::size_t rows, std::size_t cols) const { return random_matrix(rows, cols, 0.3, random); }
};

// --------------------------------------------------------------------------------------------------------------- parts

enum class norm_kind { rms, layer };

struct plain_norm {
  norm_kind kind = norm_kind::rms;
  plain_vector gain, bias;  // an RMS norm has no bias

  static plain_norm random(norm_kind kind, std::size_t n, const weight_maker& make) {
    return {.kind = kind, .gain = make.gains(n), .bias = kind == norm_kind::layer ? make.biases(n) : plain_vector{}};
  }
  plain_vector operator()(const plain_vector& x, double epsilon) const {
    return kind == norm_kind::rms ? rms_norm(x, gain, epsilon) : layer_norm(x, gain, bias, epsilon);
  }
  template <class F>
  static void each(auto& self, const std::string& name, F f) {
    name_one(name, self.gain, f);
    name_one(name + ".bias", self.bias, f);
  }
};

struct plain_linear {
  plain_matrix weight;  // (out, in)
  plain_vector bias;    // empty: none

  static plain_linear random(std::size_t out, std::size_t in, bool biased, const weight_maker& make) {
    return {.weight = make.matrix(out, in), .bias = biased ? make.biases(out) : plain_vector{}};
  }
  bool absent() const { return weight.v.empty(); }
  plain_vector operator()(const plain_vector& x) const {
    plain_vector y = weight.times(x);
    if (!bias.empty()) add_to(y, bias);
    return y;
  }
  template <class F>
  static void each(auto& self, const std::string& name, F f) {
    name_one(name, self.weight, f);
    name_one(name + ".bias", self.bias, f);
  }
};

/// What of an attention is not weights.
struct attention_form {
  head_counts count;
  std::size_t turning = 0;  // of each head's values, those that carry the position; 0: none
  double rope_theta = 10000;
  rope_pairs pairs = rope_pairs::halves;
  double cap = 0;              // of the scores; 0: none
  double norm_epsilon = 1e-5;  // of every norm
  double score_scale = 0;      // of the scores; 0: 1 / sqrt(width)
  rope_stretch stretch{};
};

struct plain_attention {
  plain_linear query, key, value, output;
  plain_norm query_norm, key_norm;      // of each head, before it turns; without a gain: none
  plain_rows front_keys, front_values;  // of positions in front of the first token, as they are seen

  struct biases {
    bool inputs, output;
  };
  static plain_attention random(std::size_t dim, const head_counts& c, biases biased, bool head_norms,
                                const weight_maker& make) {
    plain_attention a;
    a.query = plain_linear::random(c.heads * c.width, dim, biased.inputs, make);
    a.key = plain_linear::random(c.kv_heads * c.width, dim, biased.inputs, make);
    a.value = plain_linear::random(c.kv_heads * c.width, dim, biased.inputs, make);
    a.output = plain_linear::random(dim, c.heads * c.width, biased.output, make);
    if (head_norms) {
      a.query_norm = plain_norm::random(norm_kind::rms, c.width, make);
      a.key_norm = plain_norm::random(norm_kind::rms, c.width, make);
    }
    return a;
  }

  template <class Sees>
  plain_rows operator()(const attention_form& form, const plain_rows& x, Sees sees) const {
    const std::size_t front = front_keys.size();
    const auto prepared = [&](const plain_linear& linear, const plain_norm& norm, std::size_t t) {
      plain_vector v = linear(x[t]);
      if (!norm.gain.empty())
        for (auto head = v.begin(); head != v.end(); head += static_cast<std::ptrdiff_t>(form.count.width)) {
          const plain_vector normed =
              norm(plain_vector(head, head + static_cast<std::ptrdiff_t>(form.count.width)), form.norm_epsilon);
          std::copy(normed.begin(), normed.end(), head);
        }
      rotate_heads(v, form.count.width, form.turning, front + t, form.rope_theta, form.pairs, form.stretch);
      return v;
    };
    plain_rows queries, keys = front_keys, values = front_values;
    for (std::size_t t = 0; t < x.size(); ++t) {
      queries.push_back(prepared(query, query_norm, t));
      if (form.score_scale != 0)  // attend() divides by the root
        for (double& v : queries.back()) v *= form.score_scale * std::sqrt(static_cast<double>(form.count.width));
      keys.push_back(prepared(key, key_norm, t));
      values.push_back(value(x[t]));
    }
    plain_rows y = attend(queries, keys, values, form.count, form.cap,
                          [&](std::size_t t, std::size_t u) { return sees(front + t, u); });
    for (plain_vector& row : y) row = output(row);
    return y;
  }

  template <class F>
  static void each(auto& self, const std::string& block, F f) {
    plain_linear::each(self.query, block + "query", f);
    plain_linear::each(self.key, block + "key", f);
    plain_linear::each(self.value, block + "value", f);
    plain_linear::each(self.output, block + "output", f);
    plain_norm::each(self.query_norm, block + "query_norm", f);
    plain_norm::each(self.key_norm, block + "key_norm", f);
  }
};

/// down(act(gate(x)) * up(x)) (SwiGLU: Shazeer 2020, arXiv 2002.05202); without a gate down(act(up(x))).
struct plain_feed_forward {
  plain_linear gate, up, down;

  static plain_feed_forward random(std::size_t dim, std::size_t hidden, bool gated, bool biased,
                                   const weight_maker& make) {
    plain_feed_forward f;
    if (gated) f.gate = plain_linear::random(hidden, dim, biased, make);
    f.up = plain_linear::random(hidden, dim, biased, make);
    f.down = plain_linear::random(dim, hidden, biased, make);
    return f;
  }
  plain_vector operator()(activation a, const plain_vector& x) const {
    plain_vector wide = up(x);
    if (gate.absent()) {
      for (double& v : wide) v = activate(a, v);
    } else {
      const plain_vector open = gate(x);
      for (std::size_t i = 0; i < wide.size(); ++i) wide[i] *= activate(a, open[i]);
    }
    return down(wide);
  }
  template <class F>
  static void each(auto& self, const std::string& block, F f) {
    plain_linear::each(self.gate, block + "gate", f);
    plain_linear::each(self.up, block + "up", f);
    plain_linear::each(self.down, block + "down", f);
  }
};

/// A transformer's block: attention and feed-forward, each with its norm.
struct plain_transformer_block {
  plain_norm attention_norm;
  plain_attention attention;
  plain_norm ffn_norm;
  plain_feed_forward ffn;

  /// Layer norms, a bias to every matrix, a feed-forward without a gate.
  static plain_transformer_block with_biases(std::size_t dim, std::size_t hidden, const head_counts& count,
                                             const weight_maker& make) {
    return {.attention_norm = plain_norm::random(norm_kind::layer, dim, make),
            .attention = plain_attention::random(dim, count, {.inputs = true, .output = true}, false, make),
            .ffn_norm = plain_norm::random(norm_kind::layer, dim, make),
            .ffn = plain_feed_forward::random(dim, hidden, false, true, make)};
  }

  /// Norms before each half, the halves one after the other: x += attention(norm(x)), then x += ffn(norm(x)).
  template <class Sees>
  void add(plain_rows& x, const attention_form& form, activation a, Sees sees) const {
    plain_rows normed;
    for (const plain_vector& row : x) normed.push_back(attention_norm(row, form.norm_epsilon));
    const plain_rows mixed = attention(form, normed, sees);
    for (std::size_t t = 0; t < x.size(); ++t) {
      add_to(x[t], mixed[t]);
      add_to(x[t], ffn(a, ffn_norm(x[t], form.norm_epsilon)));
    }
  }
  template <class F>
  static void each(auto& self, const std::string& block, F f) {
    plain_norm::each(self.attention_norm, block + "attention_norm", f);
    plain_attention::each(self.attention, block, f);
    plain_norm::each(self.ffn_norm, block + "ffn_norm", f);
    plain_feed_forward::each(self.ffn, block, f);
  }
};

inline bool sees_earlier(std::size_t t, std::size_t u) { return u <= t; }

template <class Block, class F>
void name_blocks(auto& blocks, F f) {
  for (std::size_t l = 0; l < blocks.size(); ++l) Block::each(blocks[l], "layers." + std::to_string(l) + ".", f);
}

/// One row of a table a token, and of a second table a position.
template <class Tokens>
plain_rows look_up(const plain_matrix& embedding, const Tokens& tokens) {
  plain_rows x;
  for (std::size_t t = 0; t < tokens.size(); ++t) x.push_back(embedding.row(tokens[t]));
  return x;
}
inline void add_positions(plain_rows& x, const plain_matrix& positions, std::size_t front = 0) {
  if (front + x.size() > positions.rows) throw std::invalid_argument("more tokens than the model has positions");
  for (std::size_t t = 0; t < x.size(); ++t) add_to(x[t], positions.row(front + t));
}

// ----------------------------------------------------------------------------------------------------------- gradients

struct difference {
  double slope;
  double error;  // about how far `slope` may be off

  double relative() const { return error / std::max(std::abs(slope), std::numeric_limits<double>::min()); }
};

/// d loss() / d parameter: central differences of three steps, h, h/2 and h/4, put together so that the terms in h^2 and
/// h^4 vanish (Richardson 1911). h = 2^-9 of the parameter's size: what is left, h^6, is then below the rounding of loss()
/// where it is analytic within a tenth around the parameter. A model that has corners (ReLU) gives a smaller step. The parameter is as before when this returns.
template <class Loss>
difference central_difference(double& parameter, Loss loss, double step = 0x1p-9) {
  const double kept = parameter;
  double h = step * std::max(1.0, std::abs(kept));
  double noise = 0;
  const auto slope = [&] {
    parameter = kept + h;
    const double right = parameter, up = loss();
    parameter = kept - h;
    const double left = parameter, down = loss();
    parameter = kept;
    noise = 64 * std::numeric_limits<double>::epsilon() * (std::abs(up) + std::abs(down)) / (right - left);
    h /= 2;
    return (up - down) / (right - left);
  };
  const double whole = slope(), half = slope(), quarter = slope();
  const double coarse = half + (half - whole) / 3, fine = quarter + (quarter - half) / 3;
  return {.slope = fine + (fine - coarse) / 15, .error = std::abs(fine - coarse) / 15 + noise};
}

/// The gradient of loss(model) with respect to every value of one tensor.
template <class Model, class Loss>
std::vector<difference> gradient_of(Model& m, const std::string& name, Loss loss) {
  std::vector<difference> g;
  for (double& v : tensor_of(m, name).values()) g.push_back(central_difference(v, [&] { return loss(m); }));
  return g;
}

}  // namespace mote_tests
