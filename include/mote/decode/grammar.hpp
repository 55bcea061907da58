// SPDX-License-Identifier: BSL-1.0
// A grammar over bytes as tables in flash, and the place in it: an automaton for the root and for each rule that calls
// itself, and a small stack of the places to return to. For each byte there is one way to go, so a place is never a
// set.
// Refuses a place that cannot finish: each node says how many levels of the stack its end still needs, and a byte that
// would lead to a node that needs more than there are is not taken.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/config.hpp"

namespace mote::inline v0 {

/// Bytes [first, last] lead to node `to`, or, with grammar_calls set, to an automaton: calls[to - grammar_calls].
struct grammar_edge {
  std::uint8_t first, last;
  std::uint16_t to;
};
inline constexpr std::uint16_t grammar_calls = 0x8000;

/// Its edges are [edges, next node's edges); `need`: the levels of the stack that its nearest end needs, 255: none.
struct grammar_node {
  std::uint16_t edges;
  std::uint8_t need;
  bool accepts;
};

/// Node `start` of the automaton that is called, and the node to return to; tail_call: to where the caller returns.
struct grammar_call {
  std::uint16_t start, back;
};
inline constexpr std::uint16_t tail_call = 0xFFFF;

/// An automaton whose texts must also stand in a note: its nodes are [first, end), its start is `first`, and such a
/// text has at least `least` bytes and at most `most`.
struct grammar_copy {
  std::uint16_t first, end;
  std::uint16_t least, most;
};

/// Where the tables lie. Node 0 is the start.
struct grammar_tables {
  const grammar_node* nodes;
  const grammar_edge* edges;
  const grammar_call* calls;
  const grammar_copy* copies = nullptr;
  std::size_t copies_count = 0;
  std::size_t nodes_count = 0;
};

namespace detail {

/// What is asked at each step of a grammar that copies nothing.
struct copies_nothing {
  static constexpr void call(std::uint16_t) {}
  static constexpr bool take(std::uint16_t, unsigned) { return true; }
  static constexpr bool leave(std::uint16_t) { return true; }
};

/// Takes one byte: changes the node, the stack and its depth. False: the byte may not follow; they mean nothing then.
/// Ends: a call without a byte calls a further rule, never itself (checked when the tables are made), and a return
/// pops. Copied: whether the notes agree (note_span.hpp).
template <class Copied>
MOTE_NOINLINE bool enter_grammar(const grammar_tables& g, std::uint16_t& node, std::uint16_t& depth,
                                 std::uint16_t* stack /* (levels) */, std::size_t levels, unsigned byte,
                                 Copied copied) {
  for (;;) {
    const grammar_edge* e = g.edges + g.nodes[node].edges;
    const grammar_edge* const end = g.edges + g.nodes[node + 1].edges;
    while (e != end && (byte < e->first || byte > e->last)) ++e;
    if (e == end) {  // the rule ends before this byte, if it may
      if (depth == 0 || !g.nodes[node].accepts || !copied.leave(node)) return false;
      node = stack[--depth];
      continue;
    }
    if (e->to < grammar_calls) {
      if (!copied.take(node, byte)) return false;
      node = e->to;
      return depth + std::size_t{g.nodes[node].need} <= levels;
    }
    const grammar_call& c = g.calls[e->to - grammar_calls];
    if (c.back != tail_call) {
      if (depth == levels || depth + std::size_t{g.nodes[c.back].need} > levels) return false;
      stack[depth++] = c.back;
    }
    node = c.start;
    copied.call(node);
  }
}

}  // namespace detail

/// A place in the grammar: all zero at its start.
template <const grammar_tables& Tables, std::size_t Levels>
class grammar_place {
 public:
  bool enter(unsigned char byte) {
    return detail::enter_grammar(Tables, node_, depth_, stack_, Levels, byte, detail::copies_nothing{});
  }
  bool may_end() const {
    bool all = Tables.nodes[node_].accepts;
    for (std::size_t i = 0; i < depth_; ++i) all = all && Tables.nodes[stack_[i]].accepts;
    return all;
  }
  /// Whether a place that was read from bytes is one.
  bool sound() const {
    bool all = node_ < Tables.nodes_count && depth_ <= Levels;
    for (std::size_t i = 0; all && i < depth_; ++i) all = stack_[i] < Tables.nodes_count;
    return all;
  }
  bool operator==(const grammar_place& other) const {
    bool same = node_ == other.node_ && depth_ == other.depth_;
    for (std::size_t i = 0; same && i < depth_; ++i) same = stack_[i] == other.stack_[i];
    return same;
  }

 private:
  std::uint16_t node_ = 0;
  std::uint16_t depth_ = 0;
  std::uint16_t stack_[Levels] = {};
};

/// In a grammar without calls a place is a node.
template <const grammar_tables& Tables>
class grammar_place<Tables, 0> {
 public:
  MOTE_INLINE bool enter(unsigned char byte) {
    const grammar_edge* const end = Tables.edges + Tables.nodes[node_ + 1].edges;
    for (const grammar_edge* e = Tables.edges + Tables.nodes[node_].edges; e != end; ++e)
      if (byte >= e->first && byte <= e->last) {
        node_ = e->to;
        return true;
      }
    return false;
  }
  bool may_end() const { return Tables.nodes[node_].accepts; }
  bool sound() const { return node_ < Tables.nodes_count; }
  bool operator==(const grammar_place&) const = default;

 private:
  std::uint16_t node_ = 0;
};

}  // namespace mote::inline v0
