// SPDX-License-Identifier: BSL-1.0
// A set of a layer's matrices, and the layout of one trained float for each output (row) of those matrices.
// Refuses to give the floats a meaning: the delta that uses them does.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/block/buffers.hpp"
#include "mote/model/tensors.hpp"

namespace mote::inline v0 {

/// A set of matrices, one bit a role.
using role_set = std::uint32_t;
constexpr role_set only(role r) { return role_set{1} << static_cast<unsigned>(r); }
constexpr bool has(role_set set, role r) { return (set & only(r)) != 0; }
inline constexpr role_set query_and_value = only(role::query) | only(role::value);
inline constexpr role_set all_matrices = ~role_set{0};

/// The members of a set that a family has and multiplies: a table has no outputs to change.
template <class Family>
constexpr role_set targets_in(role_set targets) {
  role_set found = 0;
  for (std::size_t i = 0; i < tensors_of<Family>::matrices; ++i)
    if (!tensors_of<Family>::is_table(i)) found |= targets & only(tensors_of<Family>::matrix(i));
  return found;
}

/// One float for each output of the target matrices: (layers, then padded(rows) for each matrix). A kind of layer
/// without the matrix has the floats as well; no pass reads them.
template <class Family = llama>
struct output_vectors {
  using tensors = tensors_of<Family>;
  const shape& s;
  role_set targets;

  /// The offset of a matrix's vector, in floats.
  constexpr std::size_t at(std::size_t layer, role of) const { return at(layer, tensors::find(of)); }
  /// The number of floats, padding included.
  constexpr std::size_t floats() const { return at(s.layers, std::size_t{0}); }
  /// Calls f(offset, n) for each vector, without the padding.
  template <class Function>
  void each(Function f) const {
    for (std::size_t layer = 0; layer < s.layers; ++layer)
      for (std::size_t i = 0; i < tensors::matrices; ++i)
        if (has(targets_in<Family>(targets), tensors::matrix(i))) f(at(layer, i), tensors::size(s, i).rows);
  }

 private:
  constexpr std::size_t at(std::size_t layer, std::size_t of) const {
    std::size_t before = 0, others = 0;
    for (std::size_t i = 0; i < tensors::matrices; ++i) {
      if (!has(targets_in<Family>(targets), tensors::matrix(i))) continue;
      (i < of ? before : others) += padded(tensors::size(s, i).rows);
    }
    return layer * (before + others) + before;
  }
};

/// A delta with one float for each output of the target matrices. The passes call its View<Family>.
template <role_set Targets, template <class Family> class View>
struct output_delta {
  template <class Family>
  static constexpr std::size_t floats(const shape& s) {
    return output_vectors<Family>{s, Targets}.floats();
  }
  template <class Family, shape S>
  static View<Family> over(float* parameters, float* gradients) {
    return {{S, Targets}, parameters, gradients};
  }
};

}  // namespace mote::inline v0
