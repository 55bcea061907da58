// SPDX-License-Identifier: BSL-1.0
// The matrix products of a layer for one or more tokens, with biases and the learned delta; rows are split among the
// threads of a team.
// Refuses to round a vector twice where all formats have one activation group: matrices that read it share its 8-bit
// copy.
#pragma once

#include <array>
#include <cstddef>

#include "mote/block/head_rows.hpp"
#include "mote/core/team.hpp"
#include "mote/kernel/matmul.hpp"
#include "mote/kernel/matvec.hpp"
#include "mote/kernel/norm.hpp"
#include "mote/model/streamed_weights.hpp"
#include "mote/model/weights.hpp"

namespace mote::inline v0 {

/// The adapter that does nothing: for models that do not learn, and for those that train the weights themselves.
struct no_adapter {
  static void apply(std::size_t, role, const float*, float*) {}
};

namespace detail {

/// y (tokens, padded(n)): each row += v (n).
inline void add_to_rows(const float* v, std::size_t n, std::size_t tokens, float* y) {
  for (std::size_t t = 0; t < tokens; ++t) add_to(y + t * padded(n), v, n);
}

/// Isa: the instruction set of the kernels; Most: the most tokens at once; Weights: weights or streamed_weights;
/// Adapter: apply(layer, role, x, y); Team: the threads that do the parts.
template <class Isa, std::size_t Most, class Weights, class Adapter, class Team>
class linear_maps {
  using Formats = typename Weights::format;
  using facts = formats_of<Formats>;
  using tensors = tensors_of<typename Weights::family>;

 public:
  MOTE_INLINE linear_maps(const shape& s, const Weights& w, const Adapter& adapter, Team& team, std::size_t tokens,
                          std::byte* rounded)
      : s_(s), w_(w), adapter_(adapter), team_(team), tokens_(tokens), rounded_(rounded) {}

  MOTE_INLINE const Adapter& adapter() const { return adapter_; }
  /// y (tokens, padded(rows)) = W x + bias (if any), changed by the adapter, for each role; x (tokens, padded(cols)).
  template <role... Roles, class... Floats>
  MOTE_INLINE void run(std::size_t layer, const float* x, std::size_t cols, Floats*... y) const {
    if constexpr (facts::shares_activation) {
      const auto in = quantize_activations<facts::embedding::activation_group>(x, cols, tokens());
      share((bytes<Roles>(layer) + ...), [&](std::size_t part, std::size_t parts) {
        (w_.template with<Roles>(layer, [&](auto m) { multiply(m, in, tokens(), y, part, parts); }), ...);
      });
    } else {
      (w_.template with<Roles>(layer,
                               [&]<class Matrix>(const Matrix& m) {
                                 using F = typename Matrix::format;
                                 const auto in = quantize_activations<F::activation_group>(x, cols, tokens());
                                 share(F::bytes(m.rows, m.cols), [&](std::size_t part, std::size_t parts) {
                                   multiply(m, in, tokens(), y, part, parts);
                                 });
                               }),
       ...);
    }
    (add_bias<Roles>(layer, y), ...);
    for (std::size_t t = 0; t < tokens(); ++t)
      (adapter_.apply(layer, Roles, x + t * padded(cols), y + t * padded(tensors::template size<Roles>(s_).rows)), ...);
  }

  /// logits (count, padded(vocab)) of x (count, padded(dim)).
  MOTE_INLINE void run_head(const float* x, std::size_t count, float* logits) const {
    if constexpr (Most == 1) count = 1;
    const auto m = w_.head();
    using format = typename facts::head;
    if constexpr (requires { format::first_columns; }) {  // kernel/split_matrix.hpp
      m.multiply(*this, x, count, logits);
    } else {
      const auto in = quantize_activations<format::activation_group>(x, s_.dim, count);
      share(format::bytes(m.rows, m.cols),
            [&](std::size_t part, std::size_t parts) { multiply(m, in, count, logits, part, parts); });
    }
  }
  /// The same where few rows are asked for: logits of the others are not written. More than one vector has all rows.
  MOTE_INLINE void run_head(const float* x, std::size_t count, float* logits, const head_rows& rows) const {
    const auto m = w_.head();
    using format = typename facts::head;
    if ((Most != 1 && count != 1) || !rows.few(m.rows)) return run_head(x, count, logits);
    if constexpr (requires { format::first_columns; }) {
      m.multiply_some(*this, x, logits, rows);
    } else {
      const auto in = quantize_activations<format::activation_group>(x, s_.dim, 1);
      for (std::size_t first = 0; first < m.rows;) {
        std::size_t end = first;
        while (end < m.rows && rows.any(end, format::rows)) end += format::rows;
        if (end != first) multiply_rows(m.slice(first, (end < m.rows ? end : m.rows) - first), in[0], logits + first);
        first = end + format::rows;
      }
    }
  }
  /// For who chooses among rows: x (cols) rounded for a format; y (m.rows) = m x, by the caller alone; and
  /// f(part, first, n) for parts of `rows` rows, cut at multiples of `unit`, by the team if `bytes` are worth it.
  template <class Format>
  MOTE_INLINE activation rounded_for(const float* x, std::size_t cols) const {
    return quantize_groups<Format::activation_group>(x, cols, rounded_);
  }
  template <class F>
  MOTE_INLINE static void multiply_rows(const matrix<F>& m, const activation& in, float* y) {
    matvec<Isa>(m, in, y);
  }
  template <class F, class Stream>
  MOTE_INLINE static void multiply_rows(const streamed_matrix<F, Stream>& m, const activation& in, float* y) {
    m.each_block([&](const matrix<F>& rows, std::size_t first) {
      if (rows.data != nullptr) matvec<Isa>(rows, in, y + first);
    });
  }
  static constexpr std::size_t team_parts = Team::parts;
  template <class F>
  MOTE_INLINE void each_part(std::size_t bytes, std::size_t rows, std::size_t unit, F&& f) const {
    share(bytes, [&](std::size_t part, std::size_t count) {
      if constexpr (Team::parts > 1) {
        const part_range some = part_of(ceil_div(rows, unit), part, count);
        const std::size_t first = some.first * unit, n = some.count() * unit;
        if (n != 0) f(part, first, n < rows - first ? n : rows - first);
      } else {
        f(std::size_t{0}, std::size_t{0}, rows);
      }
    });
  }

 private:
  template <role R>
  MOTE_INLINE void add_bias(std::size_t layer, float* y) const {
    if constexpr (tensors::template bias<R> != vector_role::none) {
      const std::size_t rows = tensors::template size<R>(s_).rows;
      add_to_rows(w_.template vector<tensors::template bias<R>>(layer), rows, tokens(), y);
    }
  }
  // Local, not a member: kernels take its address, and after each call the compiler reloads an object whose address
  // escaped.
  using activations = std::array<activation, Most>;

  MOTE_INLINE std::size_t tokens() const { return Most == 1 ? 1 : tokens_; }
  template <role R>
  MOTE_INLINE std::size_t bytes(std::size_t layer) const {
    if constexpr (Team::parts == 1) return 0;
    else return w_.template with<R>(layer, []<class M>(const M& m) { return M::format::bytes(m.rows, m.cols); });
  }
  template <class F>
  MOTE_INLINE void share(std::size_t bytes, F&& f) const {
    if (team_.worth_splitting(bytes)) team_.run(f);
    else f(std::size_t{0}, std::size_t{1});
  }
  template <std::size_t Group>
  MOTE_INLINE activations quantize_activations(const float* x, std::size_t cols,
                                               [[maybe_unused]] std::size_t count) const {
    if constexpr (Most == 1) {
      return {quantize_groups<Group>(x, cols, rounded_)};  // constructed in place
    } else {
      activations in;
      for (std::size_t t = 0; t < count; ++t)
        in[t] = quantize_groups<Group>(x + t * padded(cols), cols, rounded_ + t * input_bytes<Formats>(cols));
      return in;
    }
  }
  template <class F>
  MOTE_INLINE static void multiply(matrix<F> m, const activations& in, std::size_t count, float* y, std::size_t part,
                                   std::size_t parts) {
    const std::size_t stride = padded(m.rows);
    if constexpr (Team::parts > 1) {
      const part_range tiles = part_of(ceil_div(m.rows, F::rows), part, parts);
      if (tiles.count() == 0) return;
      const std::size_t first = tiles.first * F::rows;
      const std::size_t rows = tiles.count() * F::rows;
      m = m.slice(first, rows < m.rows - first ? rows : m.rows - first);
      y += first;
    }
    if (Most == 1 || count == 1) matvec<Isa>(m, in[0], y);
    else matmul<Isa>(m, in.data(), count, y, stride);
  }
  /// The same kernels on blocks of rows, as they come. Rows that could not be read are zero.
  template <class F, class Stream>
  MOTE_INLINE static void multiply(const streamed_matrix<F, Stream>& m, const activations& in, std::size_t count,
                                   float* y, std::size_t, std::size_t) {
    const std::size_t stride = padded(m.rows);
    if constexpr (Most == 1) count = 1;
    m.each_block([&](const matrix<F>& rows, std::size_t first) {
      if (rows.data == nullptr) {
        for (std::size_t t = 0; t < count; ++t)
          for (std::size_t i = 0; i < rows.rows; ++i) y[t * stride + first + i] = 0;
      } else if (count == 1) {
        matvec<Isa>(rows, in[0], y + first);
      } else {
        matmul<Isa>(rows, in.data(), count, y + first, stride);
      }
    });
  }

  const shape& s_;
  const Weights& w_;
  const Adapter& adapter_;
  Team& team_;
  std::size_t tokens_;
  std::byte* rounded_;
};

}  // namespace detail

}  // namespace mote::inline v0
