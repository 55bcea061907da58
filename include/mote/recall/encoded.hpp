// SPDX-License-Identifier: BSL-1.0
// An embedder that asks an encoder: texts that mean the same are near each other, in whatever words.
//   static mote::encoder<minilm, mote::context<64>> finder;   // pipeline/encoder.hpp
//   using means = mote::encoded_by<finder>;
//   retrieve<item_store<64, 96>, means, flat_index<means::item, 64>>     a vector of 8-bit codes for each text
// Refuses to own the encoder: it is an object of its own, which must be attached before the first text.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "mote/core/check.hpp"
#include "mote/core/finite.hpp"
#include "mote/core/status.hpp"
#include "mote/core/text_literal.hpp"
#include "mote/model/pooling.hpp"
#include "mote/recall/flat.hpp"

namespace mote::inline v0 {

namespace detail {

template <class E>
inline constexpr bool makes_vectors = requires(E& e, const E& there, std::string_view text) {
  { E::dim } -> std::convertible_to<std::size_t>;
  { e.embed(text, embedding_knobs{}) } -> std::same_as<status>;
  { there.vector() } -> std::convertible_to<std::span<const float>>;
};

template <class E>
inline constexpr std::size_t numbers_of = 4;
template <class E>
  requires makes_vectors<E>
inline constexpr std::size_t numbers_of<E> = E::dim;

template <class E>
constexpr std::size_t stack_of_encoder() {
  if constexpr (requires { E::stack_bytes; }) return E::stack_bytes;
  else return 0;
}

/// The codes of a vector: of its largest number 127, of the others in proportion. empty: all are zero. not_finite: one
/// is infinite or NaN.
template <std::size_t Dims>
status round_vector(std::span<const float> v, int8_vector<Dims>& out) {
  out = {};
  float most = 0;
  for (const float x : v) {
    if (!is_finite(x)) return status::not_finite;
    most = x > most ? x : -x > most ? -x : most;
  }
  if (most == 0.0F) return status::empty;
  for (std::size_t i = 0; i < v.size() && i < Dims; ++i) {
    const float x = v[i] / most * 127.0F;  // 127 / most of a small number would be infinite
    out.codes[i] = static_cast<std::int8_t>(x < 0 ? x - 0.5F : x + 0.5F);
  }
  out.measure();
  return status::ok;
}

template <class E, std::size_t Dims>
struct encoded_check {
  static_assert(
      makes_vectors<E>,
      "mote: this object makes no vector of a text; name an encoder<> of static duration, or give yours `dim`, `embed(text, embedding_knobs)` and `vector()` [mote-encoded]");
  static_assert(
      Dims >= numbers_of<E> && Dims % 4 == 0 && Dims < 65536,
      "mote: encoded_by<> has fewer codes than the encoder has numbers, or not four times a number of them; leave them out, or take a power of 2 above [mote-encoded-dims]");
};

}  // namespace detail

/// Encoder: an encoder<> of static duration, or an object of a user's own with dim, embed() and vector(). Dims: codes
/// of a text; more than the encoder's are zero, for what takes a power of 2 (binary_index). Question and Text: words in
/// front of a question and of a text, for models that were trained with them. A question longer than the encoder's
/// context is cut, unless it has more bytes than can be cut into tokens here: such a search finds nothing. A text that
/// is longer is refused.
template <auto& Encoder, std::size_t Dims = detail::numbers_of<std::remove_reference_t<decltype(Encoder)>>,
          text_literal Question = "", text_literal Text = "">
struct encoded_by {
  using item = int8_vector<Dims>;
  using query = item;
  static constexpr std::size_t stack_bytes = detail::stack_of_encoder<std::remove_reference_t<decltype(Encoder)>>();

  /// too_long, empty, bad_utf8, not_spelled, not_finite: as the encoder says, or of its vector. not_attached:
  /// it is not.
  static status embed(std::string_view text, item& out) { return make(text, Text.view(), false, out); }
  static status ask(std::string_view text, query& out) { return make(text, Question.view(), true, out); }

 private:
  using encoder_type = std::remove_reference_t<decltype(Encoder)>;
  using said = decltype(let_speak(static_cast<detail::encoded_check<encoder_type, Dims>*>(nullptr)));

  static status make(std::string_view text, std::string_view before, bool cuts, item& out) {
    if constexpr (detail::makes_vectors<encoder_type>) {
      const status s = Encoder.embed(text, embedding_knobs{.before = before, .cuts = cuts});
      return s == status::ok ? detail::round_vector(Encoder.vector(), out) : s;
    } else {
      return status::not_attached;  // encoded_check has spoken
    }
  }
};

}  // namespace mote::inline v0
