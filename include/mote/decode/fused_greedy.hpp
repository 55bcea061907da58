// SPDX-License-Identifier: BSL-1.0
// fused_greedy<>: what greedy chooses, found while the head's rows are computed: the arena has a stretch of logits
// instead of one for each token of the vocabulary.
// Refuses what reads logits: a constraint, confidence, drafts, a policy around it, a family that changes them, score().
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/decode/confidence_slot.hpp"
#include "mote/decode/constraint.hpp"
#include "mote/decode/draft.hpp"
#include "mote/decode/greedy.hpp"
#include "mote/family/family_of.hpp"
#include "mote/kernel/finite.hpp"
#include "mote/kernel/matrix.hpp"
#include "mote/model/streamed_weights.hpp"
#include "mote/model/tensors.hpp"

namespace mote::inline v0 {

namespace detail {

/// The largest of the logits so far, and whether all are finite: as are_finite() says of all at once, whose sums these
/// are, in its order.
class running_choice {
 public:
  std::size_t id() const { return id_; }
  float most() const { return most_; }
  bool finite() const { return is_finite(lanes_.joined() + rest_); }
  /// The next n logits; where weights are in memory, n is a multiple of 16 but for the last ones.
  void see(const float* logits, std::size_t n) {
    see_some(logits, n, seen_);
    for (std::size_t i = 0; i < n / 16 * 16; i += 16) lanes_.add(logits + i);
    for (std::size_t i = n / 16 * 16; i < n; ++i) rest_ += logits[i];
    seen_ += n;
  }
  /// n finite logits of rows from `first` on, behind those that were seen: others are smaller than one of all.
  void see_some(const float* logits, std::size_t n, std::size_t first) {
    const float here = largest_of(logits, n);
    if (!(here > most_)) return;  // nor where it is equal: the first of equals is chosen
    most_ = here;
    id_ = first + place_of(logits, n, here);
  }
  static std::size_t largest(const float* logits, std::size_t n) { return place_of(logits, n, largest_of(logits, n)); }

 private:
  static std::size_t place_of(const float* logits, std::size_t n, float x) {
    std::size_t i = 0;
    while (i + 1 < n && logits[i] != x) ++i;
    return i;
  }

  sixteen_finite lanes_;
  float rest_ = 0;
  float most_ = -__builtin_inff();  // below every finite logit
  std::size_t id_ = 0;
  std::size_t seen_ = 0;
};

/// Whether rows are skipped. Where the last passes had to compute most of them, the next fifteen compute all.
class skipping_gate {
 public:
  bool open() {
    if (wait_ == 0) return true;
    --wait_;
    return false;
  }
  void saw(std::size_t computed, std::size_t rows) {
    const auto share = static_cast<unsigned>(computed * 255 / rows);
    share_ = static_cast<std::uint8_t>(share_ > most ? share : (3U * share_ + share + 2) / 4);  // a try speaks alone
    if (share_ > most) wait_ = 15;
  }

 private:
  static constexpr unsigned most = 255 * 5 / 8;
  std::uint8_t share_ = 0;  // of the rows that were computed, of 255, the newest pass with a weight of a quarter
  std::uint8_t wait_ = 0;
};

/// Chooses of all rows of a head, `Rows` at a time.
template <std::size_t Rows>
struct stretch_chooser {
  static constexpr bool chooses = true;
  running_choice* choice;
  skipping_gate* gate;

  template <class Maps, class Matrix>
  void run(const Maps& maps, const Matrix& head, const float* x, float* logits /* (padded(Rows)) */) const {
    using format = typename Matrix::format;
    if constexpr (requires { format::first_columns; }) {
      head.template choose<Rows>(maps, x, logits, *choice, *gate);
    } else {
      const activation in = maps.template rounded_for<format>(x, head.cols);
      if constexpr (requires { head.each_block([](const matrix<format>&, std::size_t) {}); }) {
        head.each_block([&](const matrix<format>& rows, std::size_t) {
          if (rows.data != nullptr) some(maps, rows, in, logits);  // else the pass fails
        });
      } else {
        some(maps, head, in, logits);
      }
    }
  }

 private:
  template <class Maps, class Format>
  void some(const Maps& maps, const matrix<Format>& m, const activation& in, float* logits) const {
    for (std::size_t first = 0; first < m.rows; first += Rows) {
      const std::size_t n = m.rows - first < Rows ? m.rows - first : Rows;
      maps.multiply_rows(m.slice(first, n), in, logits);
      choice->see(logits, n);
    }
  }
};

template <bool Alone>
struct nothing_reads_logits {
  static_assert(
      Alone,
      "mote: fused_greedy<> keeps no logits, and something of this pipeline reads them: a constraint, confidence, drafts, a policy around it, or a family whose head has a bias or a cap; leave that out, or take greedy [mote-fused-greedy]");
};

}  // namespace detail

/// Rows: of the head at a time.
template <std::size_t Rows = 512>
struct fused_greedy {
  using slot = slots::decoding;
  static constexpr std::size_t stretch = Rows;

  template <std::size_t>
  class state {
   public:
    static void seed(std::uint64_t) {}
    std::size_t pick(const float*) const { return choice_.id(); }
    bool finite() const { return choice_.finite(); }
    /// What a pass takes; it begins a choice.
    detail::stretch_chooser<Rows> head_chooser() {
      choice_ = {};
      return {&choice_, &gate_};
    }

   private:
    detail::running_choice choice_;
    [[no_unique_address]] detail::skipping_gate gate_;
  };

  template <class Chosen>
  static constexpr bool alone =
      std::is_same_v<typename Chosen::template in<slots::decoding>, fused_greedy> &&
      std::is_same_v<typename Chosen::template in<slots::constraint>, unconstrained> &&
      std::is_same_v<typename Chosen::template in<slots::confidence>, no_confidence> &&
      Chosen::template in<slots::drafting>::length == 0 && !changes_logits<family_of<typename Chosen::model_type>>;
  template <class Chosen>
  using fault = unless<alone<Chosen>, detail::nothing_reads_logits<alone<Chosen>>>;

  static_assert(
      Rows >= 64 && Rows % 64 == 0,
      "mote: fused_greedy<> computes rows of the head in stretches of a multiple of 64; 512 is usual [mote-fused-stretch]");
};

}  // namespace mote::inline v0
