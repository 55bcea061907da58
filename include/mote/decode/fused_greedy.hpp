// SPDX-License-Identifier: BSL-1.0
// fused_greedy<>: what greedy chooses, found while the head's rows are computed: the arena has a stretch of logits for
// each part of the work, instead of a logit for each token of the vocabulary. A constraint's rows alone are asked.
// Refuses what reads logits: confidence, drafts, a policy around it, score(), a head that cannot be changed by rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "mote/block/head_rows.hpp"
#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/decode/confidence_slot.hpp"
#include "mote/decode/draft.hpp"
#include "mote/decode/greedy.hpp"
#include "mote/family/family_of.hpp"
#include "mote/kernel/finite.hpp"
#include "mote/kernel/matrix.hpp"
#include "mote/model/tensors.hpp"

namespace mote::inline v0 {

namespace detail {

/// The largest of the logits so far, its row, and whether all were finite. Each stretch is asked by itself and none is
/// added to another, so neither the number of threads nor the instruction set is seen.
struct head_choice {
  float most = -__builtin_inff();  // below every finite logit
  std::uint32_t id = 0;
  bool finite = true;

  /// n logits of rows from `first` on.
  void see(const float* logits, std::size_t n, std::size_t first) {
    finite = are_finite(logits, n) && finite;
    see_finite(logits, n, first);
  }
  /// The same of logits that are finite.
  void see_finite(const float* logits, std::size_t n, std::size_t first) {
    const float here = largest_of(logits, n);
    if (!(here > most)) return;  // nor where it is equal: the first of equals is chosen
    most = here;
    id = static_cast<std::uint32_t>(first + place_of(logits, n, here));
  }
  /// The same of rows that may(id). False: more than `tries` of them, which were likelier than any before, may not.
  template <class Admitted>
  bool see_admitted(const float* logits, std::size_t n, std::size_t first, const Admitted& admitted,
                    std::size_t& tries) {
    const float here = largest_of(logits, n);
    if (!(here > most)) return true;
    if (admitted.may(first + place_of(logits, n, here))) {
      see_finite(logits, n, first);
      return true;
    }
    for (std::size_t i = 0; i < n; ++i) {
      if (!(logits[i] > most)) continue;
      if (admitted.may(first + i)) {
        most = logits[i];
        id = static_cast<std::uint32_t>(first + i);
      } else if (tries-- == 0) {
        return false;
      }
    }
    return true;
  }
  /// With the choice among the rows behind these.
  void join(const head_choice& next) {
    finite = finite && next.finite;
    if (!(next.most > most)) return;
    most = next.most;
    id = next.id;
  }
  static std::size_t largest(const float* logits, std::size_t n) { return place_of(logits, n, largest_of(logits, n)); }

 private:
  static std::size_t place_of(const float* logits, std::size_t n, float x) {
    std::size_t i = 0;
    while (i + 1 < n && logits[i] != x) ++i;
    return i;
  }
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

/// Every row of the head may be chosen.
struct every_row {
  static constexpr bool limits = false;
};

/// The product of a head whose rows are one matrix each: f(first, n, y).
template <class Maps, class Matrix>
struct head_product {
  const Maps& maps;
  const Matrix& head;
  activation in;
  void operator()(std::size_t first, std::size_t n, float* y) const { maps.multiply_rows(head.slice(first, n), in, y); }
};

/// Chooses among the rows of a head, `Rows` at a time. Admitted: every_row, or admitted_rows (decode/constrained.hpp).
template <std::size_t Rows, class Admitted>
class stretch_chooser {
 public:
  static constexpr bool chooses = true;

  stretch_chooser(head_choice& choice, skipping_gate& gate, Admitted admitted)
      : choice_(choice), gate_(gate), admitted_(admitted) {}

  /// y (Maps::team_parts, Rows) are the logits that are there at once.
  template <class Pass, class Maps, class Matrix>
  MOTE_NOINLINE void run(const Pass& pass, const Maps& maps, const Matrix& head, const float* x, float* y) const {
    using format = typename Matrix::format;
    constexpr bool changes = changes_logits<typename std::remove_cvref_t<decltype(pass.packed())>::family>;
    if constexpr (requires { format::first_columns; }) {
      if constexpr (!Admitted::limits && !changes) return head.template choose<Rows>(maps, x, y, choice_, gate_);
      else choose(pass, maps, head, head.product_of(maps, x), y);
    } else {
      const head_product<Maps, Matrix> product{maps, head, maps.template rounded_for<format>(x, head.cols)};
      if constexpr (requires { head.stream; }) {
        if (!few(head)) return stream(pass, maps, head, product.in, y);
      }
      choose(pass, maps, head, product, y);
    }
  }

 private:
  /// One part's work: where it writes logits, its choice, and tokens that it may still try in vain.
  struct part_choice : head_choice {
    std::size_t tries = 64;
    bool gave_up = false;
  };

  template <class Pass, class Maps, class Matrix, class Product>
  void choose(const Pass& pass, const Maps& maps, const Matrix& head, const Product& product, float* y) const {
    do {
      part_choice some[Maps::team_parts];
      maps.each_part(Matrix::format::bytes(head.rows, head.cols), head.rows, Rows,
                     [&](std::size_t part, std::size_t first, std::size_t n) {
                       float* const here = y + part * Rows;
                       for (std::size_t at = first; at < first + n && !some[part].gave_up; at += Rows) {
                         const std::size_t now = first + n - at < Rows ? first + n - at : Rows;
                         if (compute(head, product, at, now, here)) see(pass, here, now, at, some[part]);
                       }
                     });
      if (take(some)) return;
    } while (true);
  }
  /// The same of rows that come through a reader.
  template <class Pass, class Maps, class Matrix>
  void stream(const Pass& pass, const Maps& maps, const Matrix& head, const activation& in, float* y) const {
    do {
      part_choice some[1];
      std::size_t filled = 0;
      head.each_block([&](const matrix<typename Matrix::format>& rows, std::size_t first) {
        for (std::size_t done = 0; done < rows.rows;) {  // no block need be a stretch
          const std::size_t left = rows.rows - done, room = Rows - filled, n = left < room ? left : room;
          if (rows.data != nullptr) maps.multiply_rows(rows.slice(done, n), in, y + filled);  // else the pass fails
          done += n;
          filled += n;
          if (filled != Rows && first + done != head.rows) continue;
          if (!some[0].gave_up) see(pass, y, filled, first + done - filled, some[0]);
          filled = 0;
        }
      });
      if (take(some)) return;
    } while (true);
  }
  template <class Matrix>
  bool few([[maybe_unused]] const Matrix& head) const {
    if constexpr (Admitted::limits) return !admitted_.many() && admitted_.rows().few(head.rows);
    else return false;
  }
  /// Computes n rows from `first` on, or those that may follow if they are few. False: there is none.
  template <class Matrix, class Product>
  bool compute(const Matrix& head, const Product& product, std::size_t first, std::size_t n, float* y) const {
    if (!few(head)) {
      product(first, n, y);
      return true;
    }
    bool any = false;
    if constexpr (Admitted::limits) {
      constexpr std::size_t tile = Matrix::format::rows;
      const head_rows rows = admitted_.rows();
      for (std::size_t i = 0; i < n;) {
        std::size_t end = i;
        while (end < n && rows.any(first + end, tile)) end += tile;
        if (end != i) product(first + i, (end < n ? end : n) - i, y + i);
        any = any || end != i;
        i = end + tile;
      }
    }
    return any;
  }
  /// Where tokens are tried one by one (many()), every row must be finite; else those alone that may follow.
  template <class Pass>
  void see(const Pass& pass, float* y, std::size_t n, std::size_t first, part_choice& some) const {
    using family = typename std::remove_cvref_t<decltype(pass.packed())>::family;
    if constexpr (changes_logits<family>) head_of<family>::forward_rows(pass, y, first, n);
    if constexpr (!Admitted::limits) {
      some.see(y, n, first);
    } else {
      if (admitted_.many()) some.finite = are_finite(y, n) && some.finite;
      if (!admitted_.open()) admitted_.mask(y, first, n);
      if (!admitted_.many()) some.finite = are_finite(y, n) && some.finite;
      std::size_t each = n;  // where all that may follow are marked, asking costs nothing
      some.gave_up = !some.see_admitted(y, n, first, admitted_, admitted_.open() ? some.tries : each);
    }
  }
  /// False: so many tokens were tried in vain that all that may follow are marked now; once more.
  template <std::size_t Parts>
  bool take(const part_choice (&some)[Parts]) const {
    choice_ = {};
    for (const part_choice& one : some) {
      if constexpr (Admitted::limits)
        if (one.gave_up && admitted_.open()) {
          admitted_.all();
          return false;
        }
      choice_.join(one);
    }
    return true;
  }

  head_choice& choice_;
  skipping_gate& gate_;
  Admitted admitted_;
};

struct some_pass;
/// Whether a family's head leaves logits as they are, or can change those of some rows.
template <class Head>
inline constexpr bool goes_by_rows =
    std::is_same_v<Head, plain_head> ||
    requires(const some_pass& p, float* logits, std::size_t n) { Head::forward_rows(p, logits, n, n); };

template <bool Alone>
struct nothing_reads_logits {
  static_assert(
      Alone,
      "mote: fused_greedy<> keeps no logits, and something of this pipeline reads them: confidence, drafts, a policy around it, or a family whose head has no forward_rows(); leave that out, or take greedy [mote-fused-greedy]");
};

}  // namespace detail

/// Rows: of the head at a time, for each thread.
template <std::size_t Rows = 512>
struct fused_greedy {
  using slot = slots::decoding;
  static constexpr std::size_t stretch = Rows;

  template <std::size_t>
  class state {
   public:
    static void seed(std::uint64_t) {}
    std::size_t pick(const float*) const { return choice_.id; }
    const detail::head_choice& choice_in_head() const { return choice_; }
    /// What a pass takes.
    template <class Admitted = detail::every_row>
    auto head_chooser(Admitted admitted = {}) {
      return detail::stretch_chooser<Rows, Admitted>(choice_, gate_, admitted);
    }

   private:
    detail::head_choice choice_;
    detail::skipping_gate gate_;
  };

  template <class Chosen>
  static constexpr bool alone = std::is_same_v<typename Chosen::template in<slots::decoding>, fused_greedy> &&
                                std::is_same_v<typename Chosen::template in<slots::confidence>, no_confidence> &&
                                Chosen::template in<slots::drafting>::length == 0 &&
                                detail::goes_by_rows<head_of<family_of<typename Chosen::model_type>>>;
  template <class Chosen>
  using fault = unless<alone<Chosen>, detail::nothing_reads_logits<alone<Chosen>>>;

  static_assert(
      Rows >= 64 && Rows % 64 == 0,
      "mote: fused_greedy<> computes rows of the head in stretches of a multiple of 64; 512 is usual [mote-fused-stretch]");
};

}  // namespace mote::inline v0
