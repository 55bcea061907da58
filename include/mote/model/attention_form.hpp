// SPDX-License-Identifier: BSL-1.0
// The kind of attention of a block, made from the shape of its model. attention_form<> is plain causal attention, as in
// Llama; attention_form<windowed> reads shape.window, attention_form<windowed, softcapped> shape.softcap as well.
// Layers of one family may have different forms.
// Refuses to check that some block reads what the shape sets: attends_as_asked() (block/layer.hpp) does.
#pragma once

#include "mote/kernel/attention_shape.hpp"
#include "mote/model/shape.hpp"

namespace mote::inline v0 {

/// The features of an attention, as arguments of attention_form.
struct windowed {
  template <class Attention>
  static constexpr auto add(const Attention& a, const shape& s) {
    return with_window<Attention>{a, s.window};
  }
};
struct softcapped {
  template <class Attention>
  static constexpr auto add(const Attention& a, const shape& s) {
    return with_softcap<Attention>{a, s.softcap};
  }
};
struct score_scaled {
  template <class Attention>
  static constexpr auto add(const Attention& a, const shape& s) {
    return with_score_scale<Attention>{a, s.score_scale};
  }
};
/// Scores are not scaled (GPT-Neo), unless the shape says by what.
struct unscaled {
  template <class Attention>
  static constexpr auto add(const Attention& a, const shape& s) {
    return with_score_scale<Attention>{a, s.score_scale == 0 ? 1.0F : s.score_scale};
  }
};
struct looks_both_ways {
  template <class Attention>
  static constexpr auto add(const Attention& a, const shape&) {
    return both_ways<Attention>{a};
  }
};
/// A text is one run, whose tokens see each other and nothing else (BERT): no cache, the arena has keys and values.
struct in_one_run {
  template <class Attention>
  static constexpr auto add(const Attention& a, const shape&) {
    return one_run<Attention>{{a}};
  }
};

namespace detail {
template <class Attention>
constexpr auto with_features(const Attention& a, const shape&) {
  return a;
}
template <class First, class... Others, class Attention>
constexpr auto with_features(const Attention& a, const shape& s) {
  return with_features<Others...>(First::add(a, s), s);
}
}  // namespace detail

template <class... Features>
struct attention_form {
  static constexpr auto of(const shape& s) {
    const attention_shape heads{.heads = s.heads, .kv_heads = s.kv_heads, .head_dim = s.head_dim()};
    if constexpr (sizeof...(Features) == 0) return heads;
    else return detail::with_features<Features...>(heads, s);
  }
};

}  // namespace mote::inline v0
