// SPDX-License-Identifier: BSL-1.0
// The parameters of an attention, without its weights: heads, their width, the scale of scores, and which positions a
// query sees. Options are wrappers around attention_shape; kernels hold code only for the options that the type has.
//   with_window<with_softcap<attention_shape>> a{{{.heads = 8, .kv_heads = 4, .head_dim = 32}, 50.0F}, 1024};
// Refuses to know a model: a block makes one from the shape of its model.
#pragma once

#include <cstddef>

#include "mote/config.hpp"

namespace mote::inline v0 {

/// Every position sees itself and all before it; scores are divided by sqrt(head_dim).
struct attention_shape {
  std::size_t heads = 0;     ///< query heads
  std::size_t kv_heads = 0;  ///< key and value heads; divides heads
  std::size_t head_dim = 0;

  constexpr std::size_t group() const { return heads / kv_heads; }  ///< query heads that share a key head
  constexpr std::size_t query_dim() const { return heads * head_dim; }
  constexpr std::size_t kv_dim() const { return kv_heads * head_dim; }
};

/// Scores are multiplied by score_scale; 0: divided by sqrt(head_dim).
template <class Attention>
struct with_score_scale : Attention {
  float score_scale = 0;
};
/// Scores stay within (-softcap, softcap): softcap * tanh(score / softcap) (Gemma 2, arXiv 2408.00118). 0: no cap.
template <class Attention>
struct with_softcap : Attention {
  float softcap = 0;
};
/// A position sees itself and the window - 1 before it (Mistral, arXiv 2310.06825). 0: all before it.
template <class Attention>
struct with_window : Attention {
  std::size_t window = 0;
};
/// Every token of a run sees all tokens of the run and all cached positions before it (the attention of an encoder).
template <class Attention>
struct both_ways : Attention {
  static constexpr bool sees_all = true;
};

/// Every token of a run sees all tokens of the run and no other: an encoder, which takes a text as one run.
template <class Attention>
struct one_run : both_ways<Attention> {
  static constexpr bool sees_one_run = true;
};

template <class Attention>
inline constexpr bool has_score_scale = requires(Attention a) { a.score_scale; };
template <class Attention>
inline constexpr bool has_softcap = requires(Attention a) { a.softcap; };
template <class Attention>
inline constexpr bool has_window = requires(Attention a) { a.window; };
template <class Attention>
inline constexpr bool sees_all = requires { Attention::sees_all; };
template <class Attention>
inline constexpr bool sees_one_run = requires { Attention::sees_one_run; };

/// The first position seen by a query that sees positions up to count - 1: 0, or count - window.
template <class Attention>
constexpr std::size_t first_seen([[maybe_unused]] const Attention& a, [[maybe_unused]] std::size_t count) {
  static_assert(
      !has_window<Attention> || !sees_all<Attention>,
      "mote: a window counts the positions before a token, and an attention that looks both ways sees later ones "
      "too; drop one of the two [mote-window-both-ways]");
  if constexpr (has_window<Attention>) return a.window != 0 && count > a.window ? count - a.window : 0;
  else return 0;
}

/// One past the last position that token i sees, in a run of `tokens` that starts at `position`.
template <class Attention>
constexpr std::size_t seen_by(std::size_t position, [[maybe_unused]] std::size_t i,
                              [[maybe_unused]] std::size_t tokens) {
  if constexpr (sees_all<Attention>) return position + tokens;
  else return position + i + 1;
}

}  // namespace mote::inline v0
