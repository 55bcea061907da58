// SPDX-License-Identifier: BSL-1.0
// A decoding policy and a constraint as one policy: logits of tokens that may not follow are masked before a choice, or
// the policy asks which of the likely ones may.
// Refuses a choice that is not admitted, whatever the decoding policy does.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "mote/block/head_rows.hpp"
#include "mote/decode/admission.hpp"
#include "mote/decode/confidence_slot.hpp"
#include "mote/decode/constraint.hpp"
#include "mote/decode/greedy.hpp"
#include "mote/decode/picking.hpp"
#include "mote/kernel/finite.hpp"

namespace mote::inline v0 {

namespace detail {

/// The texts of the notes in a prompt, for a constraint that copies from them.
template <std::size_t Most>
struct note_texts {
  std::array<std::string_view, Most> texts{};
  std::size_t count = 0;
  note_texts& clear() {
    count = 0;
    return *this;
  }
  void operator()(std::string_view text) { texts[count++] = text; }
  std::span<const std::string_view> all() const { return std::span(texts).first(count); }
};
struct no_note_texts {};
/// The token that a policy chose before pick() was called.
struct chosen_token {
  std::uint32_t id = 0;
  bool asked = false;   // the policy has seen the logits: pick_masked() picks, not pick()
  bool finite = false;  // the logits before it saw them
};
struct no_chosen_token {};

/// Which tokens may follow, for a policy that asks.
template <class Admission, class Table, class Controls>
struct tried_tokens {
  Admission& admitted;
  const Table& v;
  const Controls& control;
  bool may(std::uint32_t id) { return admitted.tries(v, control, id); }
  void all() { admitted.mark_all(v, control); }
};
/// The same for a policy that chooses while the head is computed.
template <class Admission, class Table, class Controls>
struct admitted_rows {
  static constexpr bool limits = true;
  Admission& admitted;
  const Table& v;
  const Controls& control;
  bool may(std::size_t id) const { return admitted.may(v, control, static_cast<std::uint32_t>(id)); }
  void all() const { admitted.mark_all(v, control); }
  bool open() const { return admitted.is_open(); }
  bool many() const { return admitted.many(); }
  head_rows rows() const { return admitted.rows(); }
  void mask(float* logits, std::size_t first, std::size_t n) const {
    Admission::mask_rows(rows().bits + first / 32, logits, n);
  }
};

/// The decoding policy of a pipeline and its constraint as one policy; the decoding policy itself if unconstrained.
/// Notes: the most of a prompt. Measured: logits are read beside the choice, so all that are not admitted are masked.
template <class Decoding, class Constraint, std::size_t Notes, bool Measured>
struct constrained {
  template <std::size_t Vocab>
  struct state {
    using decoding_state = typename Decoding::template state<Vocab>;
    /// A vocabulary is tried token by token where walking over all of it would cost more.
    static constexpr bool large = !Measured && Vocab >= 4096;
    static constexpr bool is_greedy = std::is_same_v<Decoding, greedy>;
    static constexpr bool asks = large && !is_greedy && asks_for_tokens<decoding_state, Vocab>;
    static constexpr bool fuses = picks_in_head<decoding_state>;
    static constexpr bool settles = asks || (large && (fuses || is_greedy));
    [[no_unique_address]] decoding_state decoding;
    [[no_unique_address]] admission<Constraint, Vocab, settles> admitted;
    [[no_unique_address]]
    std::conditional_t<constraint_copies<Constraint> && Notes != 0, note_texts<Notes>, no_note_texts> notes;
    [[no_unique_address]] std::conditional_t<asks, chosen_token, no_chosen_token> chosen;
    void seed(std::uint64_t s) { decoding.seed(s); }
    /// Before pick(): masks what may not follow, or has the policy choose and ask which of the likely tokens may.
    template <class Table, class Controls, class Token>
    void limit(const Table& v, const Controls& control, float* logits, [[maybe_unused]] std::span<const Token> answer) {
      if constexpr (fuses) {  // it has chosen among those that may follow
      } else if constexpr (asks) {
        chosen = {.id = Vocab, .asked = admitted.many() && are_finite(logits, Vocab)};
        chosen.finite = chosen.asked;
        if (chosen.asked) {
          tried_tokens which{admitted, v, control};
          chosen.id = static_cast<std::uint32_t>(pick_by_asking<Vocab>(decoding, logits, answer, which));
          if (chosen.id != Vocab) return;
        }
        admitted.mark_all(v, control);
        admitted.mask_marked(logits);
        if (!chosen.asked) chosen.finite = are_finite(logits, Vocab);
      } else {
        admitted.mask(v, control, logits);
      }
    }
    template <class Table, class Controls>
    auto head_chooser(const Table& v, const Controls& control) {
      return decoding.head_chooser(admitted_rows<decltype(admitted), Table, Controls>{admitted, v, control});
    }
    auto choice_in_head() const
      requires fuses
    {
      return decoding.choice_in_head();
    }
    template <class Token>
    std::size_t pick(float* logits /* limited */, std::span<const Token> answer) {
      if constexpr (fuses) return decoding.pick(logits);
      if constexpr (asks) {
        if (chosen.id != Vocab) return chosen.id;
        if (chosen.asked) return admitted.checked(pick_masked<Vocab>(decoding, logits), logits);
      }
      return admitted.checked(pick_next(decoding, logits, answer), logits);
    }
  };
};
template <class Decoding, class Constraint, std::size_t Notes, bool Measured>
struct under_constraint {
  using type = constrained<Decoding, Constraint, Notes, Measured>;
};
template <class Decoding, std::size_t Notes, bool Measured>
struct under_constraint<Decoding, unconstrained, Notes, Measured> {
  using type = Decoding;
};

/// The policy of a pipeline that chooses tokens, made of those of three slots and the number of notes in a prompt.
template <class Decoding, class Constraint, class Confidence, std::size_t Notes>
using chooser = typename with_confidence<
    typename under_constraint<Decoding, Constraint, Notes, !std::is_same_v<Confidence, no_confidence>>::type, Decoding,
    Confidence>::type;

}  // namespace detail

}  // namespace mote::inline v0
