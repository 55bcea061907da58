// SPDX-License-Identifier: BSL-1.0
// Finds remembered texts by the letters they share: "boilers" finds "boiler", and a typing error does little harm. A
// text becomes an int8 vector of hashed character n-grams; the score is the cosine with the question's vector.
//   flat<>                            128 items, 256 codes each: 45.8 KiB
//   flat<flat_knobs{.dims = 64}>      21.8 KiB; more n-grams share one code
//   retrieve<item_store<64, 96>, yours, flat_index<int8_vector<64>, 64>>     vectors of an embedder of a user's own
// Refuses an index structure: a search reads every vector, so its answer is exact.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/core/status.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/item_store.hpp"
#include "mote/recall/retrieve.hpp"
#include "mote/recall/words.hpp"
#include "mote/simd/math.hpp"

namespace mote::inline v0 {

struct flat_knobs {
  std::size_t items = 128;      ///< texts kept; one more forgets the oldest
  std::size_t item_bytes = 96;  ///< of a text, on average: items * item_bytes is what all texts share
  std::size_t dims = 256;       ///< codes of a vector, a byte each; a multiple of 4
  std::size_t gram = 3;         ///< characters of an n-gram
  float least = 0.0F;           ///< hits have a larger cosine than this

  constexpr bool valid() const {  // unsigned: 0 - 1 is a large number
    return items - 1 < 65535 && item_bytes - 1 < 65535 && dims - 1 < 65535 && dims % 4 == 0 && gram - 2 < 7 &&
           least >= 0.0F && least < 1.0F;
  }
};

template <std::size_t Dims>
struct int8_vector {
  std::array<std::int8_t, Dims> codes{};
  float scale = 0.0F;  ///< 1 / length of the vector; 0 if its length is 0

  std::int32_t dot(const int8_vector& other) const {  // below 2^31: 65,535 products within 127 * 127
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < Dims; ++i) sum += codes[i] * other.codes[i];
    return sum;
  }
  void measure() { scale = dot(*this) == 0 ? 0.0F : 1.0F / simd::sqrt(static_cast<float>(dot(*this))); }
};

namespace detail {
template <std::size_t Dims>
constexpr std::size_t dims_of(const int8_vector<Dims>*) {
  return Dims;
}

/// A question's codes in 16 bits, for many products: a compiler adds products of them in one instruction on processors
/// without a dot product of bytes.
template <std::size_t Dims>
struct wide_vector {
  std::array<std::int16_t, Dims> codes;
  float scale;

  explicit wide_vector(const int8_vector<Dims>& of) : scale(of.scale) {
    for (std::size_t i = 0; i < Dims; ++i) codes[i] = of.codes[i];
  }
  std::int32_t dot(const int8_vector<Dims>& other) const {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < Dims; ++i) sum += codes[i] * static_cast<std::int16_t>(other.codes[i]);
    return sum;
  }
};
}  // namespace detail

/// Each n-gram adds 1 or -1 to one code; its hash chooses both. Words are in lower case, with one space around each.
/// Words says which characters are letters: words<...>.
template <std::size_t Dims, std::size_t Gram, class Words = words<>>
struct hashed_ngrams {
  using item = int8_vector<Dims>;
  using query = item;
  static constexpr std::size_t stack_bytes = 0;

  /// empty: the text has no n-gram, or its n-grams cancel to a vector of zeros.
  static status embed(std::string_view text, item& out) {
    out = {};
    std::array<std::uint32_t, Gram> window{};  // the newest character is the last; 0: not full yet
    const auto push = [&](std::uint32_t code) {
      if (code == ' ' && window[Gram - 1] == ' ') return;
      for (std::size_t i = 1; i < Gram; ++i) window[i - 1] = window[i];
      window[Gram - 1] = code;
      if (window[0] != 0) count(window, out);
    };
    for (push(' '); !text.empty();) {
      const character c = detail::first_character(text);
      text.remove_prefix(c.bytes);
      if (!detail::is_invisible(c.code)) push(Words::is_letter(c.code) ? Words::lower(c.code) : ' ');
    }
    push(' ');
    out.measure();
    return out.scale == 0.0F ? status::empty : status::ok;
  }
  static status ask(std::string_view text, query& out) { return embed(text, out); }

 private:
  static void count(const std::array<std::uint32_t, Gram>& window, item& out) {
    std::uint32_t h = 0x811C9DC5U;
    for (std::uint32_t code : window) h = (h ^ code) * 0x01000193U;
    h = (h ^ h >> 15U) * 0x2C1B3C6DU;
    std::int8_t& code = out.codes[(h >> 8U) % Dims];
    const int next = code + (h >> 31U != 0 ? 1 : -1);
    if (next >= -127 && next <= 127) code = static_cast<std::int8_t>(next);
  }
};

namespace detail {
/// A question's vector: by the embedder's own ask(), where it has one for its items.
template <class Embedder>
status ask_vector(std::string_view text, typename Embedder::item& out) {
  if constexpr (requires { Embedder::ask(text, out); }) return Embedder::ask(text, out);
  else return Embedder::embed(text, out);
}
/// Of two vectors that have a scale, the first of them dot(), as int8_vector.
template <class A, class B>
float cosine(const A& a, const B& b) {
  return static_cast<float>(a.dot(b)) * (a.scale * b.scale);
}
}  // namespace detail

template <class Vector, std::size_t Items, float Least = 0.0F>
class flat_index {
  using asked = decltype(detail::wide_vector(Vector{}));

 public:
  static constexpr std::size_t capacity = Items;  ///< rows
  static constexpr std::size_t stack_bytes = sizeof(asked);

  void add(std::size_t row, const Vector& v) { vectors_[row] = v; }
  void remove(std::size_t row) { vectors_[row] = {}; }

  /// Offers the items whose cosine with the query is above Least. Work: items x codes.
  template <class Store>
  void search(const Vector& query, const Store& items, best_hits& best) const {
    const asked wide(query);
    for (std::size_t place = items.size(); place-- > 0;) {
      const std::size_t row = items.row(place);
      const float cosine = detail::cosine(wide, vectors_[row]);
      if (cosine >= best.bar() && cosine > Least) best.offer(items.id(row), cosine);
    }
  }

 private:
  std::array<Vector, Items> vectors_{};  // by row
};

namespace detail {

template <flat_knobs Knobs>
using flat_parts = retrieve<item_store<Knobs.items, Knobs.item_bytes>, hashed_ngrams<Knobs.dims, Knobs.gram>,
                            flat_index<int8_vector<Knobs.dims>, Knobs.items, Knobs.least>>;

}  // namespace detail

template <flat_knobs Knobs = flat_knobs{}>
struct flat : detail::flat_parts<Knobs.valid() ? Knobs : flat_knobs{}> {  // a bad knob is reported once, here
  template <std::size_t Items>
  using with_items = flat<detail::knobs_of_items(Knobs, Items)>;
  static_assert(Knobs.items - 1 < 65'535, "mote: flat<> takes .items from 1 to 65535 [mote-flat-knobs]");
  static_assert(Knobs.item_bytes - 1 < 65'535, "mote: flat<> takes .item_bytes from 1 to 65535 [mote-flat-knobs]");
  static_assert(Knobs.dims - 1 < 65'535 && Knobs.dims % 4 == 0,
                "mote: flat<> takes .dims from 4 to 65532, in fours [mote-flat-knobs]");
  static_assert(Knobs.gram - 2 < 7, "mote: flat<> takes .gram from 2 to 8 [mote-flat-knobs]");
  static_assert(Knobs.least >= 0.0F && Knobs.least < 1.0F,
                "mote: flat<> takes .least from 0 to below 1 [mote-flat-knobs]");
};

}  // namespace mote::inline v0
