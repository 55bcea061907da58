// SPDX-License-Identifier: BSL-1.0
// self_check(ai): at boot, whether memory keeps what is written and the kernels of mote's blocks that the pipeline's
// passes call give the bits of their plain bodies. A wrong flag, processor mode or memory setting is then a status, not
// nonsense.
//   if (const mote::self_checked c = mote::self_check(ai); c.state != mote::status::ok) report(c.state, c.kernel);
// Refuses to find what stops a program: an instruction that the core does not have. docs/reference/self_check.md lists
// what else it does not see.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "mote/block/attention.hpp"
#include "mote/block/feed_forward.hpp"
#include "mote/block/head.hpp"
#include "mote/block/norm.hpp"
#include "mote/budget/cost.hpp"
#include "mote/core/bytes.hpp"
#include "mote/core/extremes.hpp"
#include "mote/core/rng.hpp"
#include "mote/core/status.hpp"
#include "mote/kernel/matmul.hpp"
#include "mote/model/cache.hpp"
#include "mote/model/int8_cache.hpp"
#include "mote/model/kivi_cache.hpp"
#include "mote/model/known_answers.hpp"
#include "mote/model/streamed_weights.hpp"
#include "mote/model/weights.hpp"
#include "mote/simd/contraction.hpp"
#include "mote/simd/subnormals.hpp"

namespace mote::inline v0 {

/// What self_check() found. memory_fault: memory did not keep what was written; kernel_differs: a kernel's bits are not
/// those of its plain body; fused_multiply_add, flushed_subnormals: as attach(); not_attached; io_error: of a
/// reader, where products are compared.
struct self_checked {
  status state = status::ok;
  /// Where: "memory", "norm", "layer norm", "rotation", "activation", "attention", "softcap", "gates", or the name of a
  /// format of the weights. Empty if nothing was found.
  std::string_view kernel = {};
};

template <class Pipeline>
class self_checking;

namespace detail {

/// Whether `count` words keep two patterns, of which each is the other's complement and differs from word to word: a
/// bit that stays, and an address that is another's, show. Words: `w[i]` is written and read.
template <class Words>
MOTE_NOINLINE bool keeps_words(Words w, std::size_t count) {
  constexpr std::size_t most = std::size_t{1} << 18U;  // of a larger memory, words that lie evenly
  const std::size_t step = ceil_div(count, most) | 1U;
  std::uint32_t differs = 0;
  for (const std::uint32_t turn : {0U, 0xFFFFFFFFU}) {
    std::uint32_t v = 0x5DEECE66U;
    for (std::size_t i = 0; i < count; i += step, v += 0x9E3779B1U) w[i] = v ^ turn;
    v = 0x5DEECE66U;
    for (std::size_t i = 0; i < count; i += step, v += 0x9E3779B1U) differs |= w[i] ^ v ^ turn;
  }
  return differs == 0;
}
inline bool keeps_bytes(std::byte* p, std::size_t n) {
  return keeps_words(reinterpret_cast<volatile std::uint32_t*>(p), n / sizeof(std::uint32_t));
}

/// What passes of Tokens tokens need for rows_agree(), in bytes, for inputs of `cols` numbers.
inline constexpr std::size_t checked_rows = 16;
template <class Format>
constexpr std::size_t rows_room(std::size_t cols, std::size_t tokens) {
  return tokens * (padded(cols) * sizeof(float) + round_up(activation_bytes<Format>(cols), 16) +
                   2 * checked_rows * sizeof(float));
}
/// Whether the kernels of Isa give the bits of plain loops for the first rows of a matrix, at most checked_rows, and
/// `tokens` random vectors: matvec for one, matmul for several.
template <class Isa, std::size_t Tokens, class Format>
MOTE_NOINLINE bool rows_agree(matrix<Format> m, std::byte* room /* (rows_room) */) {
  if (m.rows > checked_rows) m.rows = checked_rows;
  const std::size_t wide = padded(m.cols);
  const std::size_t rounded = round_up(activation_bytes<Format>(m.cols), 16);
  auto* const x = reinterpret_cast<float*>(room);
  std::byte* const buffer = room + Tokens * wide * sizeof(float);
  auto* const got = reinterpret_cast<float*>(buffer + Tokens * rounded);
  float* const plain = got + Tokens * checked_rows;
  rng random(m.cols);
  std::array<activation, Tokens> in;
  for (std::size_t t = 0; t < Tokens; ++t) {
    draw_floats(random, x + t * wide, m.cols, 2.0F);
    in[t] = quantize_activations<Format>(x + t * wide, m.cols, buffer + t * rounded);
    matvec<simd::scalar>(m, in[t], plain + t * checked_rows);
  }
  const auto same = [&](std::size_t tokens) {
    for (std::size_t t = 0; t < tokens; ++t)
      if (__builtin_memcmp(got + t * checked_rows, plain + t * checked_rows, m.rows * sizeof(float)) != 0) return false;
    return true;
  };
  matvec<Isa>(m, in[0], got);
  if (!same(1)) return false;
  if constexpr (Tokens > 1) {
    matmul<Isa>(m, in.data(), Tokens, got, checked_rows);
    return same(Tokens);
  } else {
    return true;
  }
}

/// A cache's type with plain loops; void if its kernels are no template of an instruction set.
template <class Store>
struct plain_store {
  using type = void;
};
template <class Isa>
struct plain_store<int8_cache<Isa>> {
  using type = int8_cache<simd::scalar>;
  static constexpr std::size_t positions = 20;
};
template <std::size_t Bits, std::size_t Window, class Isa>
struct plain_store<kivi_cache<Bits, Window, Isa>> {
  using type = kivi_cache<Bits, Window, simd::scalar>;
  static constexpr std::size_t positions = Window + 33;  // a group of old tokens is rounded
};

/// The known hashes of activations; 0: not known, and not checked.
template <class Activation>
inline constexpr std::uint32_t known_gate = 0;
template <>
inline constexpr std::uint32_t known_gate<silu> = known::silu_gate;
template <>
inline constexpr std::uint32_t known_gate<gelu> = known::gelu_gate;
template <class Activation>
inline constexpr std::uint32_t known_activation = 0;
template <>
inline constexpr std::uint32_t known_activation<gelu> = known::gelu;
template <>
inline constexpr std::uint32_t known_activation<exact_gelu> = known::exact_gelu;
template <>
inline constexpr std::uint32_t known_activation<rectifier> = known::rectifier;

/// Memory for the kernels of floats: `kept` for keys and values, `room` for everything else.
struct self_check_room {
  std::byte* kept;
  float* room;
};

/// How many tokens a pass runs at once, at most four.
template <class Pipeline>
inline constexpr std::size_t checked_tokens = least_of(pass_size_of(Pipeline::facts).tokens, std::size_t{4});

/// What a pipeline's keys and values are kept in, and the kernels that read them.
template <class Pipeline>
struct attention_kernels {
  using store = typename self_checking<Pipeline>::store;
  using plain = typename plain_store<store>::type;
  static constexpr std::size_t tokens = checked_tokens<Pipeline>;
  static constexpr bool known = std::is_same_v<store, float_cache> || std::is_same_v<store, half_cache>;

  template <class Store, class Attention>
  static std::uint32_t answers(const Attention& a, std::size_t context, self_check_room at) {
    return attention_bits<Store, tokens>(a, context, at.kept, at.room);
  }
  /// Two heads that share keys, of 16 or 25 channels; scores are scaled by 1 / sqrt(channels), whatever says so.
  static constexpr auto shape_of(std::size_t channels) {
    mote::shape s = Pipeline::shape;
    s.heads = 2;
    s.kv_heads = 1;
    s.head_width = channels;
    s.window = 0;
    s.softcap = 0;
    s.score_scale = channels == 16 ? 0.25F : 0.2F;
    return s;
  }
  template <class Form>
  static bool agrees(self_check_room at) {
    if constexpr (known) {
      constexpr auto& expected =
          std::is_same_v<store, float_cache> ? known::attention_to_floats : known::attention_to_halves;
      return answers<store>(Form::of(shape_of(16)), known::attention_positions, at) == expected[0] &&
             answers<store>(Form::of(shape_of(25)), known::attention_positions, at) == expected[1];
    } else if constexpr (!std::is_void_v<plain>) {
      constexpr std::size_t more = plain_store<store>::positions;
      constexpr std::size_t context = Pipeline::context < more ? Pipeline::context : more;
      return answers<store>(Form::of(one_head()), context, at) == answers<plain>(Form::of(one_head()), context, at);
    } else {
      return true;
    }
  }

  /// The largest memory and room that agrees() needs, in bytes.
  static constexpr std::array<std::size_t, 2> needs() {
    std::array<std::size_t, 2> most{};
    const auto add = [&]<class Store>(const mote::shape& one, std::size_t context) {
      const attention_shape a = attention_form<>::of(one);
      const cache_shape kept{a, 1};
      const std::size_t room =
          attention_room<tokens>(a, padded(Store::scratch_floats(kept, context, tokens))) * sizeof(float);
      if (Store::bytes(kept, context) > most[0]) most[0] = Store::bytes(kept, context);
      if (room > most[1]) most[1] = room;
    };
    if constexpr (known) {
      add.template operator()<store>(shape_of(16), known::attention_positions);
      add.template operator()<store>(shape_of(25), known::attention_positions);
    } else if constexpr (!std::is_void_v<plain>) {
      constexpr std::size_t more = plain_store<store>::positions;
      constexpr std::size_t context = Pipeline::context < more ? Pipeline::context : more;
      add.template operator()<store>(one_head(), context);
      add.template operator()<plain>(one_head(), context);
    }
    return most;
  }

 private:
  static constexpr mote::shape one_head() {
    mote::shape s = Pipeline::shape;
    s.head_width = s.head_dim();
    s.heads = s.heads / s.kv_heads;
    s.kv_heads = 1;
    return s;
  }
};

/// The kernels that a block calls, but for the products of matrices. Returns the name of one that differs. A block that
/// is not mote's calls what it likes: of it an `activation` is checked that it names.
template <class Pipeline, class Block>
struct kernels_of {
  static std::string_view differs([[maybe_unused]] self_check_room at) {
    if constexpr (requires { typename Block::activation; })
      return kernels_of<Pipeline, feed_forward<typename Block::activation, feed_forward_tensors{}>>::differs(at);
    else return {};
  }
};
template <class Pipeline, vector_role Gain>
struct kernels_of<Pipeline, rms_norm_block<Gain>> {
  static std::string_view differs(self_check_room at) { return norm_bits(at.room) == known::norm ? "" : "norm"; }
};
template <class Pipeline, vector_role Gain, vector_role Bias>
struct kernels_of<Pipeline, layer_norm_block<Gain, Bias>> {
  static std::string_view differs(self_check_room at) {
    return layer_norm_bits(at.room) == known::layer_norm ? "" : "layer norm";
  }
};
template <class Pipeline, attention_tensors Has, class Form>
struct kernels_of<Pipeline, attention_block<Has, Form>> {
  static std::string_view differs(self_check_room at) {
    if constexpr (Has.query_norm != vector_role::none)
      if (norm_bits(at.room) != known::norm) return "norm";
    if constexpr (Has.rotary)
      if (rotation_bits(at.room) != known::rotation) return "rotation";
    if constexpr (has_softcap<decltype(Form::of(Pipeline::shape))>)
      if (softcap_bits(at.room) != known::softcap) return "softcap";
    return attention_kernels<Pipeline>::template agrees<Form>(at) ? "" : "attention";
  }
};
template <class Pipeline, feed_forward_tensors Has, class Activation>
struct kernels_of<Pipeline, gated_feed_forward<Has, Activation>> {
  static std::string_view differs([[maybe_unused]] self_check_room at) {
    if constexpr (constexpr std::uint32_t expected = known_gate<Activation>; expected != 0)
      if (gate_bits<Activation>(at.room) != expected) return "activation";
    return {};
  }
};
template <class Pipeline, class Activation, feed_forward_tensors Has>
struct kernels_of<Pipeline, feed_forward<Activation, Has>> {
  static std::string_view differs([[maybe_unused]] self_check_room at) {
    if constexpr (constexpr std::uint32_t expected = known_activation<Activation>; expected != 0)
      if (activation_bits<Activation>(at.room) != expected) return "activation";
    return {};
  }
};

}  // namespace detail

/// A friend of Pipeline.
template <class Pipeline>
class self_checking {
  using family = typename Pipeline::family;
  using formats = formats_of<typename Pipeline::format>;
  using tensors = tensors_of<family>;
  static constexpr const mote::shape& s = Pipeline::shape;
  static constexpr std::size_t tokens = detail::checked_tokens<Pipeline>;
  static constexpr std::size_t arena_bytes = detail::answer_arena_bytes(s, Pipeline::facts);

 public:
  using store = typename Pipeline::Cache::store;

  static self_checked run(Pipeline& ai) {
    constexpr auto needs = detail::attention_kernels<Pipeline>::needs();
    constexpr bool enough = needs[0] <= Pipeline::cache_bytes && needs[1] <= arena_bytes &&
                            detail::known_room * sizeof(float) <= arena_bytes;
    static_assert(
        enough,
        "mote: self_check() works in the memory of answers, and this pipeline's is too little for it; give it a longer context, or leave the check out [mote-self-check-room]");
    if (!ai.attached()) return {status::not_attached, {}};
    ai.stop();
    ai.drafts_.drop();
    ai.learning_->interrupt_lesson();
    if (!arithmetic_is_plain()) return {status::fused_multiply_add, {}};
    if (!subnormals_are_kept()) return {status::flushed_subnormals, {}};
    std::byte* const arena = ai.answer_arena();
    if (!detail::keeps_bytes(arena, arena_bytes) || !detail::keeps_bytes(ai.cache_.data(), Pipeline::cache_bytes))
      return {status::memory_fault, "memory"};
    const detail::self_check_room at{ai.cache_.data(), reinterpret_cast<float*>(arena)};
    std::string_view found = floats_differ(at);
    if constexpr (!std::is_same_v<simd::native, simd::scalar>)
      if (found.empty()) {
        found = weights_differ(Pipeline::passes::over(ai.base()), arena);
        if (found.empty() && !ai.source_.sound()) return {status::io_error, {}};
      }
    return found.empty() ? self_checked{} : self_checked{status::kernel_differs, found};
  }

 private:
  template <class... Blocks>
  static std::string_view any_differs(part_list<Blocks...>, detail::self_check_room at) {
    std::string_view found;
    (void)((found = detail::kernels_of<Pipeline, Blocks>::differs(at), !found.empty()) || ...);
    return found;
  }
  static std::string_view floats_differ(detail::self_check_room at) {
    std::string_view found;
    if (!detail::gates_hold(at.room)) return "gates";
    [&]<std::size_t... Kind>(std::index_sequence<Kind...>) {
      (void)((found = any_differs(typename detail::blocks_in<typename family::layer::template kind<Kind>>::type{}, at),
              !found.empty()) ||
             ...);
    }(std::make_index_sequence<family::layer::kinds>{});
    if (found.empty()) found = detail::kernels_of<Pipeline, typename family::last_norm>::differs(at);
    if constexpr (changes_logits<family>)
      if (found.empty() && s.logit_softcap != 0 && detail::softcap_bits(at.room) != detail::known::softcap)
        found = "softcap";
    return found;
  }

  struct place {
    enum kind_type { none, block, head } kind = none;
    std::size_t layer = 0, matrix = 0;
  };
  /// Some matrix that is multiplied and has that format.
  template <class Format>
  static constexpr place place_of() {
    for (std::size_t l = 0; l < s.layers; ++l)
      for (std::size_t i = 0; i < tensors::matrices; ++i)
        if (tensors::has_matrix(family::layer::kind_of(l), i) && !tensors::is_table(i) &&
            formats::with(l, i, []<class F>() { return std::is_same_v<F, Format>; }))
          return {place::block, l, i};
    return {std::is_same_v<typename formats::head, Format> ? place::head : place::none};
  }
  template <class F>
  static bool rows_agree_of(const matrix<F>& m, std::byte* room) {
    if constexpr (requires { m.first_part(); })  // a head in two parts: its kernels are those of one, and the basis's
      return detail::rows_agree<simd::native, tokens>(m.first_part(), room) &&
             detail::rows_agree<simd::native, tokens>(m.basis(), room);
    else return detail::rows_agree<simd::native, tokens>(m, room);
  }
  /// The first rows. Rows that cannot be read say nothing of a kernel.
  template <class F, class Stream>
  static bool rows_agree_of(const streamed_matrix<F, Stream>& m, std::byte* room) {
    bool agrees = true;
    m.slice(0, detail::least_of(m.rows, detail::greatest_of(F::rows, std::size_t{4})))
        .each_block([&](const matrix<F>& rows, std::size_t) {
          if (rows.data != nullptr) agrees = agrees && detail::rows_agree<simd::native, tokens>(rows, room);
        });
    return agrees;
  }
  template <class Weights>
  static std::string_view weights_differ(const Weights& w, std::byte* room) {
    std::string_view found;
    formats::each([&]<class Format>() {
      if (!found.empty()) return;
      constexpr place at = place_of<Format>();
      constexpr std::size_t cols = at.kind == place::block ? tensors::size(s, at.matrix).cols : s.dim;
      static_assert(detail::rows_room<Format>(cols, tokens) <= arena_bytes, "the arena holds a pass's vectors");
      bool agrees = true;
      const auto check = [&]<class Matrix>(const Matrix& m) {
        if constexpr (std::is_same_v<typename Matrix::format, Format>) agrees = rows_agree_of(m, room);
      };
      if constexpr (at.kind == place::block) w.with(at.layer, at.matrix, check);
      else if constexpr (at.kind == place::head) check(w.head());
      if (!agrees) found = Format::name;
    });
    return found;
  }
};

/// Checks the memory of answers (cache and arena; of more than a mebibyte each, words that lie evenly), then the
/// kernels of a pass: norms, rotations, activations, attention over the pipeline's cache, the gates of what is not
/// finite, and for each format of the weights products with rows of the attached image. Ends the current answer and an
/// open lesson; what was learned and remembered stays. Milliseconds on a Cortex-M, and no memory but the pipeline's.
template <class Pipeline>
self_checked self_check(Pipeline& ai) {
  return self_checking<Pipeline>::run(ai);
}

}  // namespace mote::inline v0
