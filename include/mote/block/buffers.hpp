// SPDX-License-Identifier: BSL-1.0
// The working buffers of a pass as types: each block declares its buffers, their sizes and the operations in which they
// live; one plan of all of them is made at compile time.
//   struct query { static constexpr std::size_t bytes(const shape&, const pass_facts&); };
//   using forward_buffers = lives<live<query, project, attend>>;
// Refuses to allocate: a buffer is an offset into an arena that the caller owns.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "mote/core/arena.hpp"
#include "mote/core/extremes.hpp"
#include "mote/kernel/matrix.hpp"
#include "mote/model/shape.hpp"

namespace mote::inline v0 {

/// The quantities from which the sizes of a pass's buffers are computed.
struct pass_facts {
  std::size_t tokens = 1;       ///< rows of a buffer: the tokens of a pass, or of a chunk of it
  std::size_t kept = 1;         ///< rows of a buffer that later tokens or the backward pass read: tokens of a sequence
  std::size_t prefix = 0;       ///< positions before a sequence that have keys and values only
  std::size_t saved = 1;        ///< rows of a buffer that only the backward pass reads: `kept`, or `tokens` without one
  std::size_t checkpoints = 1;  ///< layer inputs kept for the backward pass, and the last layer's output
  std::size_t outputs = 0;      ///< rows of W x + bias, for a delta that scales it; else 0
  std::size_t logits = 1;       ///< rows of logits
  std::size_t parts = 1;        ///< parts that work is split into
  std::size_t scratch_bytes = 0;  ///< scratch of attention, for all parts
  std::size_t rounded_bytes = 0;  ///< 8-bit copies of the widest input, for all tokens
  std::size_t head_bytes = 0;     ///< scratch of the head, in front of its input
  std::size_t stretch = 0;        ///< logits that a part has at once; 0: all
};

inline void zero(float* p, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) p[i] = 0;
}

/// The bytes of `rows` vectors of n floats, each padded.
constexpr std::size_t rows_of_floats(std::size_t rows, std::size_t n) { return rows * padded(n) * sizeof(float); }

/// The buffer Tag lives from operation First to Last, both included; only to Alone if a pass is one token in one part.
template <class Tag, int First, int Last, int Alone = Last>
struct live {
  using tag = Tag;
  static constexpr lifetime of(const shape& s, const pass_facts& n) {
    return {Tag::bytes(s, n), First, n.tokens == 1 && n.parts == 1 ? Alone : Last};
  }
};

/// The buffer Tag lives in these operations only; between them its bytes are free.
template <class Tag, int... Operations>
struct live_in {
  using tag = Tag;
  static constexpr lifetime of(const shape& s, const pass_facts& n) {
    constexpr int first = detail::least_of(Operations...);
    constexpr int last = detail::greatest_of(Operations...);
    constexpr std::uint64_t in = ((std::uint64_t{1} << static_cast<unsigned>(Operations)) | ...);
    return {Tag::bytes(s, n), first, last, lifetime{0, first, last}.operations() & ~in};
  }
};

/// A lifetime of which nothing is needed from one portion of an operation to the next.
template <class Live>
struct passing {
  using tag = typename Live::tag;
  static constexpr lifetime of(const shape& s, const pass_facts& n) {
    lifetime one = Live::of(s, n);
    one.passing = true;
    return one;
  }
};

/// The operations of a block in training: its forward pass (Forward), its recomputation before the backward pass
/// (Again, if RunsAgain), and the phases of its backward pass, from Back on.
template <int Forward, int Again, bool RunsAgain, int Back>
struct block_operations {
  /// A buffer for a chunk of tokens, in the forward pass and in these phases of the backward pass.
  template <class Tag, int... Phases>
  using portion = passing<live_in<Tag, Forward, RunsAgain ? Again : Forward, (Back + Phases)...>>;
  /// A buffer for a whole sequence, written by the forward pass and read up to this phase of the backward pass. Between
  /// Forward and Again, which writes it once more, its bytes are free.
  template <class Tag, int Phase>
  struct kept {
    using tag = Tag;
    static constexpr lifetime of(const shape& s, const pass_facts& n) {
      return {Tag::bytes(s, n), Forward, Back + Phase, lifetime{0, Forward + 1, Again - 1}.operations()};
    }
  };
  /// A buffer of the backward pass only, in its phases First to Last.
  template <class Tag, int First, int Last = First>
  using back = live<Tag, Back + First, Back + Last>;
};

/// The same without a backward pass: a block is one operation, no buffer outlives it, and those of `back` have no
/// bytes.
template <int Forward>
struct loss_operations {
  template <class Tag, int...>
  using portion = passing<live<Tag, Forward, Forward>>;
  template <class Tag, int>
  using kept = live<Tag, Forward, Forward>;
  template <class Tag, int, int = 0>
  struct back {
    using tag = Tag;
    static constexpr lifetime of(const shape&, const pass_facts&) { return {0, Forward, Forward}; }
  };
};

/// A list of lifetimes. A tag that is listed twice is one buffer with both lifetimes.
template <class... Lives>
struct lives {
  static constexpr std::size_t count = sizeof...(Lives);

  /// The index of a tag in the plan.
  template <class Tag>
  static consteval std::size_t index() {
    constexpr bool is[] = {std::is_same_v<Tag, typename Lives::tag>...};
    static_assert(
        (std::is_same_v<Tag, typename Lives::tag> || ...),
        "mote: a block uses a buffer that its list lacks; add it to the block's forward_buffers or backward_buffers [mote-buffer-unlisted]");
    std::size_t i = 0;
    while (i + 1 < count && !is[i]) ++i;
    return i;
  }
  static constexpr std::array<lifetime, count> of(const shape& s, const pass_facts& n) {
    std::array<lifetime, count> all{Lives::of(s, n)...};
    constexpr std::array<std::size_t, count> first{index<typename Lives::tag>()...};
    for (std::size_t i = 0; i < count; ++i) {
      if (first[i] == i) continue;
      lifetime& one = all[first[i]];
      const std::uint64_t both = one.operations() | all[i].operations();
      one = {detail::greatest_of(one.bytes, all[i].bytes), detail::least_of(one.first, all[i].first),
             detail::greatest_of(one.last, all[i].last), 0, one.passing && all[i].passing};
      one.rests = one.operations() & ~both;
      all[i].bytes = 0;
    }
    return all;
  }
};

namespace detail {
template <class... Lists>
struct joined;
template <>
struct joined<> {
  using type = lives<>;
};
template <class... A>
struct joined<lives<A...>> {
  using type = lives<A...>;
};
template <class... A, class... B, class... Others>
struct joined<lives<A...>, lives<B...>, Others...> : joined<lives<A..., B...>, Others...> {};
}  // namespace detail

/// Joins lists of lifetimes.
template <class... Lists>
using join_lives = typename detail::joined<Lists...>::type;

}  // namespace mote::inline v0
