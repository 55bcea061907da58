// SPDX-License-Identifier: BSL-1.0
// The confidence slot: what is measured of each choice of an answer. The default is no_confidence: no bytes, no code.
// confidence, in decode/confidence.hpp, measures how sure the model was.
// Refuses to change a choice: logits are read before the decoding policy sees them.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "mote/core/check.hpp"
#include "mote/core/slots.hpp"
#include "mote/decode/picking.hpp"

namespace mote::inline v0 {

struct answer_confidence {
  std::size_t tokens = 0;          ///< choices, the end token's included
  float mean_log_probability = 0;  ///< of the tokens that were picked, in nats: 0 is certain
  float margin = 0;                ///< of the first choice: the likeliest probability less the second, 0 to 1
  float entropy = 0;               ///< of the first choice, in nats: 0 to ln(vocab)
};

struct no_confidence {
  using slot = slots::confidence;
};

namespace detail {

/// Kept: pick() leaves the logits as they are; else a state that needs them afterwards keeps a copy.
template <class P, std::size_t Vocab>
inline constexpr bool measures_choices =
    requires(typename P::template state<Vocab, true>& kept, const typename P::template state<Vocab, false>& changed,
             float* logits, std::size_t id) {
      requires std::default_initializable<typename P::template state<Vocab, false>>;
      kept.begin();
      kept.see(logits);
      kept.picked(logits, id);
      changed.value();
    };

}  // namespace detail

template <class P, bool Measures>
struct confidence_check {
  static_assert(
      Measures,
      "mote: this policy measures no choice; give it a class template `state<Vocab, Kept>` with begin(), see(float*), picked(const float*, std::size_t) and value() [mote-confidence-policy]");
};

/// The slot.
struct slots::confidence : slot_facts {
  using fallback = no_confidence;
  template <class P, class Chosen, bool Measures = detail::measures_choices<P, Chosen::shape.vocab>>
  using lack = unless<Measures, confidence_check<P, Measures>>;
};

namespace detail {

/// A decoding policy, or one with its constraint, whose choices are measured. Decoding: the policy alone.
template <class Chooser, class Decoding, class Confidence>
struct measured {
  template <std::size_t Vocab>
  struct state : Chooser::template state<Vocab> {
    using base = typename Chooser::template state<Vocab>;
    static constexpr bool keeps =
        requires(typename Decoding::template state<Vocab>& s, const float* logits) { s.pick(logits); };

    typename Confidence::template state<Vocab, keeps> confidence;

    template <class Token>
    std::size_t pick(float* logits, std::span<const Token> answer) {
      confidence.see(logits);
      const std::size_t id = pick_next(static_cast<base&>(*this), logits, answer);
      confidence.picked(logits, id);
      return id;
    }
  };
};

template <class Chooser, class Decoding, class Confidence>
struct with_confidence {
  using type = measured<Chooser, Decoding, Confidence>;
};
template <class Chooser, class Decoding>
struct with_confidence<Chooser, Decoding, no_confidence> {
  using type = Chooser;
};

}  // namespace detail

}  // namespace mote::inline v0
