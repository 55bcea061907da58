// SPDX-License-Identifier: BSL-1.0
// Finds remembered texts by the letters they share, as flat<> does, in an eighth of its memory: of a text's vector one
// bit each is kept, its sign after a rotation. The texts whose bits differ least are read again and compared exactly.
//   binary<>                                      128 items, 256 bits each: 17.3 KiB (flat<>: 45.8)
//   retrieve<item_store<64, 96>, signs_of<yours>, binary_index<yours, 64, 8>>   an embedder of a user's own
// Refuses to score by bits: a hit's score is flat<>'s cosine.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "mote/core/status.hpp"
#include "mote/recall/flat.hpp"
#include "mote/recall/hit.hpp"
#include "mote/recall/item_store.hpp"
#include "mote/recall/retrieve.hpp"

namespace mote::inline v0 {

struct binary_knobs {
  std::size_t items = 128;      ///< texts kept; one more forgets the oldest
  std::size_t item_bytes = 96;  ///< of a text, on average: items * item_bytes is what all texts share
  std::size_t dims = 256;       ///< bits of a text; a power of 2
  std::size_t gram = 3;         ///< characters of an n-gram
  std::size_t candidates = 0;   ///< texts compared exactly, for each hit that is wanted; 0: 16, 1 more for 1,024 items
  float least = 0.0F;           ///< hits have a larger cosine than this

  constexpr std::size_t most_candidates() const { return candidates != 0 ? candidates : 16 + items / 1024; }

  constexpr bool valid() const {
    return items - 1 < 1'048'576 && detail::texts_can_share(items, item_bytes) && dims >= 32 && dims <= 4096 &&
           std::has_single_bit(dims) && gram - 2 < 7 && candidates <= 4096 && least >= 0.0F && least < 1.0F;
  }
};

/// The signs of a vector after a rotation: a sign for each code, then a Walsh-Hadamard transform. Vectors at an angle a
/// differ in about a / 180 degrees of the bits.
template <std::size_t Dims>
struct sign_code {
  static_assert(Dims >= 32 && std::has_single_bit(Dims));
  std::array<std::uint32_t, Dims / 32> bits{};

  using turned = std::array<std::int32_t, Dims>;

  /// A vector of fewer codes is taken as one with zeros behind them.
  template <std::size_t Codes>
    requires(Codes <= Dims)
  static sign_code of(const int8_vector<Codes>& v) {
    turned x;
    turn(v, x);
    sign_code code;
    for (std::size_t i = 0; i < Dims; ++i) code.bits[i / 32] |= (x[i] > 0 ? 1U : 0U) << i % 32;
    return code;
  }
  /// The vector after the rotation, longer by the root of Dims.
  template <std::size_t Codes>
    requires(Codes <= Dims)
  static void turn(const int8_vector<Codes>& v, turned& x) {
    for (std::size_t i = 0; i < Codes; ++i) x[i] = is_turned(i) ? -v.codes[i] : v.codes[i];
    for (std::size_t i = Codes; i < Dims; ++i) x[i] = 0;
    for (std::size_t half = 1; half < Dims; half *= 2)
      for (std::size_t begin = 0; begin < Dims; begin += 2 * half)
        for (std::size_t i = begin; i < begin + half; ++i) {
          const std::int32_t a = x[i], b = x[i + half];
          x[i] = a + b;
          x[i + half] = a - b;
        }
  }
  static constexpr std::size_t work_bytes = Dims * sizeof(std::int32_t);

 private:
  static constexpr bool is_turned(std::size_t i) {
    std::uint32_t h = static_cast<std::uint32_t>(i) * 0x9E3779B1U;
    h = (h ^ h >> 15U) * 0x2C1B3C6DU;
    return h >> 31U != 0;
  }
};

/// A question for sign codes: its rotated vector in steps of a 31st of its largest number, added up for each value of
/// four bits. A text's signs are multiplied by the question's numbers, not by their signs: of the first ten among
/// 20,000 texts the best 160 then have 93 % instead of 73 % (bench/recall/signs.cpp).
template <std::size_t Dims>
class asked_signs {
 public:
  template <std::size_t Codes>
  explicit asked_signs(const int8_vector<Codes>& v) {
    typename sign_code<Dims>::turned x;
    sign_code<Dims>::turn(v, x);
    std::int32_t largest = 1;
    for (const std::int32_t n : x) largest = n > largest ? n : -n > largest ? -n : largest;
    for (std::size_t at = 0; at < Dims; at += 4) {
      std::array<std::int8_t, 16>& sums = sums_[at / 4];
      sums[0] = 0;
      for (std::size_t i = 0; i < 4; ++i) {
        const std::int32_t twice = 62 * x[at + i] + (x[at + i] < 0 ? -largest : largest);
        const auto step = static_cast<std::int8_t>(twice / (2 * largest));  // 4 * 31 is below 128
        for (std::size_t low = 0; low < std::size_t{1} << i; ++low)
          sums[low + (std::size_t{1} << i)] = static_cast<std::int8_t>(sums[low] + step);
      }
    }
  }
  /// The sum of the question's numbers where a bit is set: rises with the cosine. Written out: a compiler's loop takes
  /// twice the instructions.
  std::int32_t product(const sign_code<Dims>& code) const {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < Dims / 32; ++i) {
      const std::uint32_t b = code.bits[i];
      const std::array<std::int8_t, 16>* const of = &sums_[8 * i];
      sum += of[0][b & 15U] + of[1][b >> 4U & 15U] + of[2][b >> 8U & 15U] + of[3][b >> 12U & 15U];
      sum += of[4][b >> 16U & 15U] + of[5][b >> 20U & 15U] + of[6][b >> 24U & 15U] + of[7][b >> 28U];
    }
    return sum;
  }

 private:
  std::array<std::array<std::int8_t, 16>, Dims / 4> sums_;
};

/// Features for a binary_index: of a text the bits of another embedder's int8_vector, the next power of 2 of them, of a
/// question the vector.
template <class Embedder>
struct signs_of {
  static constexpr std::size_t codes = detail::dims_of(static_cast<typename Embedder::item*>(nullptr));
  static constexpr std::size_t dims = std::bit_ceil(codes < 32 ? 32 : codes);
  using item = sign_code<dims>;
  using query = typename Embedder::item;
  static constexpr std::size_t stack_bytes =
      Embedder::stack_bytes + sizeof(typename Embedder::item) + sign_code<dims>::work_bytes;

  static status embed(std::string_view text, item& out) {
    typename Embedder::item v;
    const status s = Embedder::embed(text, v);
    if (s == status::ok) out = item::of(v);
    return s;
  }
  static status ask(std::string_view text, query& out) { return detail::ask_vector<Embedder>(text, out); }
};

/// Embedder makes the vectors of the candidates again, from their texts: static status embed(text, int8_vector<...>&).
template <class Embedder, std::size_t Items, std::size_t Candidates, float Least = 0.0F>
class binary_index {
  using vector = typename Embedder::item;
  using code = typename signs_of<Embedder>::item;
  static constexpr std::size_t bits = signs_of<Embedder>::dims;
  using number = std::conditional_t<(31 * bits <= 32767), std::int16_t, std::int32_t>;

 public:
  static constexpr std::size_t capacity = Items;  ///< rows
  static constexpr std::size_t stack_bytes = sizeof(vector) + Items * sizeof(number) + sizeof(asked_signs<bits>) +
                                             code::work_bytes;  // signs_of counts Embedder

  void add(std::size_t row, const code& c) { codes_[row] = c; }
  void remove(std::size_t row) { codes_[row] = {}; }

  /// Offers the items whose cosine with the query is above Least, of those whose bits fit the query best: Candidates
  /// for each hit that is wanted; up to twice as many, the newest first, where others fit as well as the last. Work:
  /// items x bits / 4 additions, and one embedding for each candidate.
  template <class Store>
  void search(const vector& query, const Store& items, best_hits& best) const {
    const std::size_t count = items.size();
    const asked_signs<bits> asked(query);
    std::array<number, Items> fits;  // (size) by place
    std::int32_t lowest = 0, highest = 0;
    for (std::size_t place = 0; place < count; ++place) {
      const std::int32_t f = asked.product(codes_[items.row(place)]);
      fits[place] = static_cast<number>(f);
      lowest = f < lowest ? f : lowest;
      highest = f > highest ? f : highest;
    }
    unsigned step = 0;
    while ((highest - lowest) >> step >= static_cast<std::int32_t>(bits)) ++step;
    std::array<std::uint32_t, bits> having{};  // texts by how much less they fit than the best
    for (std::size_t place = 0; place < count; ++place)
      ++having[static_cast<std::size_t>((highest - fits[place]) >> step)];
    const std::size_t wanted = Candidates * best.most();
    std::size_t last = 0, taken = having[0];
    while (taken < wanted && last + 1 < bits) taken += having[++last];
    std::size_t of_last = taken > 2 * wanted ? having[last] - (taken - 2 * wanted) : having[last];
    for (std::size_t place = count; place-- > 0;) {
      const auto less = static_cast<std::size_t>((highest - fits[place]) >> step);
      if (less > last || (less == last && of_last == 0)) continue;
      if (less == last) --of_last;
      const std::size_t row = items.row(place);
      vector v;
      if (Embedder::embed(items.text(row), v) != status::ok) continue;
      if (const float cosine = detail::cosine(query, v); cosine > Least) best.offer(items.id(row), cosine);
    }
  }

 private:
  std::array<code, Items> codes_{};  // by row
};

namespace detail {
template <binary_knobs Knobs>
using binary_parts =
    retrieve<item_store<Knobs.items, Knobs.item_bytes>, signs_of<hashed_ngrams<Knobs.dims, Knobs.gram>>,
             binary_index<hashed_ngrams<Knobs.dims, Knobs.gram>, Knobs.items, Knobs.most_candidates(), Knobs.least>>;
}  // namespace detail

template <binary_knobs Knobs = binary_knobs{}>
struct binary : detail::binary_parts<Knobs.valid() ? Knobs : binary_knobs{}> {  // a bad knob is reported once, here
  template <std::size_t Items>
  using with_items = binary<detail::knobs_of_items(Knobs, Items)>;
  static_assert(Knobs.items - 1 < 1'048'576, "mote: binary<> takes .items from 1 to 1048576 [mote-binary-knobs]");
  static_assert(Knobs.item_bytes - 1 < 65'535, "mote: binary<> takes .item_bytes from 1 to 65535 [mote-binary-knobs]");
  static_assert(detail::stays_below_4_gib(Knobs),
                "mote: binary<> takes .items * .item_bytes below 4 GiB [mote-binary-knobs]");
  static_assert(Knobs.dims >= 32 && Knobs.dims <= 4096 && std::has_single_bit(Knobs.dims),
                "mote: binary<> takes .dims of 32 to 4096, a power of 2 [mote-binary-knobs]");
  static_assert(Knobs.gram - 2 < 7, "mote: binary<> takes .gram from 2 to 8 [mote-binary-knobs]");
  static_assert(Knobs.candidates <= 4096, "mote: binary<> takes .candidates to 4096 [mote-binary-knobs]");
  static_assert(Knobs.least >= 0.0F && Knobs.least < 1.0F,
                "mote: binary<> takes .least from 0 to below 1 [mote-binary-knobs]");
};

}  // namespace mote::inline v0
