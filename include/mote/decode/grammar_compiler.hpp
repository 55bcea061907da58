// SPDX-License-Identifier: BSL-1.0
// The second half of making a grammar's tables, while the program is compiled: each automaton is made deterministic,
// and it is proved that one byte has one way to go, that no rule begins with itself, and how deep the stack must be.
// Refuses a grammar that would need a set of places or a look further ahead: the fault says at which byte.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/decode/constraint.hpp"
#include "mote/decode/grammar.hpp"
#include "mote/decode/grammar_builder.hpp"

namespace mote::inline v0::detail {

struct table_sizes {
  std::size_t nodes = 0, edges = 0, calls = 0, copies = 0;
  grammar_fault fault = grammar_fault::none;
  std::size_t at = 0;      ///< of the fault: an offset in the text, or the byte that has two ways
  std::size_t levels = 0;  ///< of the stack, that the shortest way through needs; 0 where no automaton is called
  bool calls_any = false;
  byte_set bytes{};  ///< that its strings may hold, without those that they copy: a note's were spelled already
};

class grammar_compiler {
 public:
  /// Levels: of the stack.
  constexpr grammar_compiler(nfa& from, std::size_t levels) : n_(from) {
    sizes_.fault = n_.fault;
    sizes_.at = n_.at;
    if (faulty()) return;
    find_nullable();
    for (std::size_t k = 0; k < n_.starts.size() && !faulty(); ++k) determine(k);
    if (faulty()) return;
    find_first();
    if (!faulty()) find_follow();
    if (!faulty()) lay_out();
    if (!faulty()) find_needs();
    if (faulty()) return;
    sizes_.levels = needs_[0];
    if (needs_[0] == no_end) fail(grammar_fault::no_string, 0);
    else if (needs_[0] > levels) fail(grammar_fault::too_deep, needs_[0]);
  }
  constexpr table_sizes sizes() const { return sizes_; }

  /// Each table has the size that sizes() says.
  constexpr void write_to(grammar_node* nodes, grammar_edge* edges, grammar_call* calls, grammar_copy* copies) const {
    for (std::size_t i = 0; i < edges_.size(); ++i) edges[i] = edges_[i];
    for (std::size_t i = 0; i < calls_.size(); ++i) calls[i] = calls_[i];
    for (std::size_t i = 0; i < n_.copies.size(); ++i) {
      const nfa_copy& c = n_.copies[i];
      const bool last = c.automaton + 1 == starts_.size();
      const std::size_t end = last ? sets_.size() : starts_[c.automaton + 1];
      copies[i] = {static_cast<std::uint16_t>(starts_[c.automaton]), static_cast<std::uint16_t>(end), c.least, c.most};
    }
    const std::size_t last_node = sizes_.nodes - 1;
    for (std::size_t i = 0; i < last_node; ++i)
      nodes[i] = {static_cast<std::uint16_t>(edges_begin_[i]), needs_[i], sets_[i].accepts};
    nodes[last_node] = {static_cast<std::uint16_t>(edges_begin_[last_node]), no_end, false};
  }

 private:
  static constexpr std::uint8_t no_end = 255;

  /// A set of states of the nondeterministic automaton: a node. Its items are [begin, begin + count) of items_, and its
  /// ways [ways, next node's ways) of ways_.
  struct node_set {
    std::size_t begin = 0, count = 0;
    std::size_t ways = 0, ways_end = 0;
    std::uint32_t automaton = 0;
    std::uint32_t hash = 0;
    bool accepts = false;
  };
  /// Bytes [first, last] to node `to`; called: through automaton `first` (then last is not used).
  struct way {
    std::uint32_t first = 0, last = 0, to = 0;
    bool called = false;
  };

  constexpr bool faulty() const { return sizes_.fault != grammar_fault::none; }
  constexpr void fail(grammar_fault why, std::size_t at) {
    if (faulty()) return;
    sizes_.fault = why;
    sizes_.at = at;
  }

  /// Counts a step; true where there were too many.
  constexpr bool tired(std::size_t units = 1) {
    if (!n_.tired(units)) return false;
    fail(grammar_fault::too_large, 0);
    return true;
  }

  constexpr void find_nullable() {
    nullable_.fill(n_.starts.size(), false);
    stamps_.fill(n_.states.size(), 0U);
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t k = 0; k < n_.starts.size(); ++k) {
        if (nullable_[k]) continue;
        closure_.clear();
        ++stamp_;
        close(n_.starts[k]);
        for (std::size_t i = 0; i < closure_.size(); ++i)
          if (closure_[i] == 0) nullable_[k] = changed = true;
      }
    }
  }

  /// Adds to closure_ the states that take a byte, call or end, and that `from` leads to without a byte.
  constexpr void close(std::uint32_t from) {
    todo_.clear();
    todo_.push(from);
    while (todo_.size() != 0 && !tired()) {
      const std::uint32_t s = todo_[todo_.size() - 1];
      todo_.pop();
      if (stamps_[s] == stamp_) continue;
      stamps_[s] = stamp_;
      const nfa_state& state = n_.states[s];
      if (state.kind == nfa_kind::split) {
        todo_.push(state.other);
        todo_.push(state.next);
        continue;
      }
      closure_.push(s);
      if (state.kind == nfa_kind::call && nullable_[state.other]) todo_.push(state.next);
    }
  }

  /// The node of the states in closure_, which is emptied.
  constexpr std::uint32_t node_of_closure(std::uint32_t automaton) {
    for (std::size_t i = 1; i < closure_.size(); ++i)
      for (std::size_t j = i; j > 0 && closure_[j] < closure_[j - 1] && !tired(); --j) {
        const std::uint32_t t = closure_[j];
        closure_[j] = closure_[j - 1];
        closure_[j - 1] = t;
      }
    std::uint32_t hash = automaton * 0x9E3779B1U;
    for (std::size_t i = 0; i < closure_.size(); ++i) hash = (hash ^ closure_[i]) * 0x01000193U;
    hash ^= hash >> 15U;
    if (sets_.size() * 2 >= table_.size()) widen_table();
    const auto mask = static_cast<std::uint32_t>(table_.size() - 1);
    std::uint32_t slot = hash & mask;
    for (; table_[slot] != 0; slot = (slot + 1) & mask)
      if (same(table_[slot] - 1, automaton)) return table_[slot] - 1;
    if (tired(10 + closure_.size())) return 0;
    node_set made{.begin = items_.size(), .count = closure_.size(), .automaton = automaton, .hash = hash};
    for (std::size_t i = 0; i < closure_.size(); ++i) {
      items_.push(closure_[i]);
      if (closure_[i] == 0) made.accepts = true;
    }
    sets_.push(made);
    table_[slot] = static_cast<std::uint32_t>(sets_.size());
    return static_cast<std::uint32_t>(sets_.size() - 1);
  }
  constexpr void widen_table() {
    table_.fill(table_.size() == 0 ? 256 : table_.size() * 4, 0U);
    const auto mask = static_cast<std::uint32_t>(table_.size() - 1);
    for (std::size_t i = 0; i < sets_.size(); ++i) {
      std::uint32_t slot = sets_[i].hash & mask;
      while (table_[slot] != 0) slot = (slot + 1) & mask;
      table_[slot] = static_cast<std::uint32_t>(i + 1);
    }
  }
  constexpr bool same(std::size_t node, std::uint32_t automaton) const {
    const node_set& s = sets_[node];
    if (s.automaton != automaton || s.count != closure_.size()) return false;
    for (std::size_t i = 0; i < s.count; ++i)
      if (items_[s.begin + i] != closure_[i]) return false;
    return true;
  }

  constexpr void determine(std::size_t k) {
    const auto automaton = static_cast<std::uint32_t>(k);
    known_.fill(n_.states.size(), 0U);
    closure_.clear();
    ++stamp_;
    close(n_.starts[k]);
    std::size_t node = node_of_closure(automaton);
    starts_.push(static_cast<std::uint32_t>(node));
    for (; node < sets_.size() && !faulty(); ++node) {
      sets_[node].ways = sets_ways_ = ways_.size();
      bytes_of(node, automaton);
      calls_of(node, automaton);
      sets_[node].ways_end = ways_.size();
    }
  }
  constexpr const nfa_state& item(std::size_t node, std::size_t i) const {
    return n_.states[items_[sets_[node].begin + i]];
  }
  /// The ways of a node's own bytes. Its ranges are cut where one of them begins or ends; mostly they do not overlap.
  constexpr void bytes_of(std::size_t node, std::uint32_t automaton) {
    bool copies = false;
    for (std::size_t i = 0; i < n_.copies.size(); ++i) copies = copies || n_.copies[i].automaton == automaton;
    sorted_.clear();
    for (std::size_t i = 0; i < sets_[node].count; ++i) {
      const std::uint32_t s = items_[sets_[node].begin + i];
      const nfa_state state = n_.states[s];
      if (state.kind != nfa_kind::bytes) continue;
      if (!copies) sizes_.bytes.add(state.first, state.last);
      sorted_.push({state.first, state.last, state.next, false});
      for (std::size_t j = sorted_.size() - 1; j > 0 && sorted_[j].first < sorted_[j - 1].first && !tired(); --j) {
        const way w = sorted_[j];
        sorted_[j] = sorted_[j - 1];
        sorted_[j - 1] = w;
      }
    }
    for (std::size_t i = 0; i < sorted_.size();) {
      std::uint32_t last = sorted_[i].last;  // of the ranges that hang together
      std::size_t end = i + 1;
      for (; end < sorted_.size() && sorted_[end].first <= last; ++end)
        if (sorted_[end].last > last) last = sorted_[end].last;
      if (end == i + 1) add_way(sorted_[i].first, last, node_behind(sorted_[i].to, automaton));
      else cut(i, end, last, automaton);
      i = end;
    }
  }
  constexpr void cut(std::size_t begin, std::size_t end, std::uint32_t last, std::uint32_t automaton) {
    for (std::uint32_t first = sorted_[begin].first; first <= last;) {
      std::uint32_t until = last;
      closure_.clear();
      ++stamp_;
      for (std::size_t i = begin; i < end && !tired(); ++i) {
        if (sorted_[i].first > first && sorted_[i].first - 1 < until) until = sorted_[i].first - 1;
        if (sorted_[i].first > first || sorted_[i].last < first) continue;
        if (sorted_[i].last < until) until = sorted_[i].last;
        close(sorted_[i].to);
      }
      add_way(first, until, node_of_closure(automaton));
      first = until + 1;
    }
  }
  constexpr void add_way(std::uint32_t first, std::uint32_t last, std::uint32_t to) {
    if (ways_.size() > sets_ways_) {
      way& before = ways_[ways_.size() - 1];
      if (before.to == to && before.last + 1 == first) {
        before.last = last;
        return;
      }
    }
    ways_.push({first, last, to, false});
  }
  /// The node of one state of the nondeterministic automaton.
  constexpr std::uint32_t node_behind(std::uint32_t state, std::uint32_t automaton) {
    if (known_[state] != 0) return known_[state] - 1;
    closure_.clear();
    ++stamp_;
    close(state);
    const std::uint32_t node = node_of_closure(automaton);
    known_[state] = node + 1;
    return node;
  }
  constexpr void calls_of(std::size_t node, std::uint32_t automaton) {
    for (std::uint32_t called = 0; called < n_.starts.size(); ++called) {
      closure_.clear();
      ++stamp_;
      bool any = false;
      for (std::size_t i = 0; i < sets_[node].count; ++i)
        if (const nfa_state& s = item(node, i); s.kind == nfa_kind::call && s.other == called) {
          close(s.next);
          any = true;
        }
      if (!any) continue;
      sizes_.calls_any = true;
      ways_.push({called, 0, node_of_closure(automaton), true});
    }
  }

  /// The bytes that may come next at a node, its own and those of the rules that it calls.
  constexpr byte_set next_at(std::size_t node) const {
    byte_set s;
    for (std::size_t i = sets_[node].ways; i < sets_[node].ways_end; ++i)
      if (ways_[i].called) s.add(first_[ways_[i].first]);
      else s.add(ways_[i].first, ways_[i].last);
    return s;
  }
  constexpr void find_first() {
    const std::size_t count = n_.starts.size();
    first_.fill(count, byte_set{});
    for (std::size_t k = 0; k < count; ++k) {  // no rule may begin with itself
      growing<bool> seen;
      seen.fill(count, false);
      growing<std::uint32_t> todo;
      todo.push(static_cast<std::uint32_t>(k));
      while (todo.size() != 0) {
        const std::uint32_t at = todo[todo.size() - 1];
        todo.pop();
        const node_set& start = sets_[starts_[at]];
        for (std::size_t i = start.ways; i < start.ways_end; ++i) {
          if (!ways_[i].called || seen[ways_[i].first]) continue;
          if (ways_[i].first == k) return fail(grammar_fault::left, k);
          seen[ways_[i].first] = true;
          todo.push(ways_[i].first);
        }
      }
    }
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t k = 0; k < count; ++k) {
        const byte_set now = next_at(starts_[k]);
        changed = changed || now != first_[k];
        first_[k] = now;
      }
    }
  }
  constexpr void find_follow() {
    follow_.fill(n_.starts.size(), byte_set{});
    for (bool changed = sizes_.calls_any; changed;) {
      changed = false;
      for (std::size_t node = 0; node < sets_.size(); ++node)
        for (std::size_t i = sets_[node].ways; i < sets_[node].ways_end; ++i) {
          if (!ways_[i].called) continue;
          byte_set more = next_at(ways_[i].to);
          if (sets_[ways_[i].to].accepts) more.add(follow_[sets_[node].automaton]);
          byte_set& all = follow_[ways_[i].first];
          const byte_set before = all;
          all.add(more);
          changed = changed || all != before;
        }
    }
    for (std::size_t node = 0; node < sets_.size() && sizes_.calls_any; ++node) {
      byte_set taken;
      if (sets_[node].accepts) taken.add(follow_[sets_[node].automaton]);
      for (std::size_t i = sets_[node].ways; i < sets_[node].ways_end; ++i) {
        byte_set here;
        if (ways_[i].called) here.add(first_[ways_[i].first]);
        else here.add(ways_[i].first, ways_[i].last);
        if (const unsigned b = taken.shared_with(here); b < 256) return fail(grammar_fault::two_ways, b);
        taken.add(here);
      }
    }
  }

  constexpr void lay_out() {
    for (std::size_t node = 0; node < sets_.size(); ++node) {
      edges_begin_.push(edges_.size());
      for (std::size_t i = sets_[node].ways; i < sets_[node].ways_end; ++i) {
        const way& w = ways_[i];
        if (!w.called) {
          edges_.push({static_cast<std::uint8_t>(w.first), static_cast<std::uint8_t>(w.last),
                       static_cast<std::uint16_t>(w.to)});
          continue;
        }
        const node_set& back = sets_[w.to];
        const bool tail = back.accepts && back.ways == back.ways_end;
        const std::uint16_t to = static_cast<std::uint16_t>(grammar_calls + calls_.size());
        calls_.push(
            {static_cast<std::uint16_t>(starts_[w.first]), tail ? tail_call : static_cast<std::uint16_t>(w.to)});
        for (unsigned b = 0; b < 256; ++b) {
          if (!first_[w.first].has(b)) continue;
          unsigned last = b;
          while (last < 255 && first_[w.first].has(last + 1)) ++last;
          edges_.push({static_cast<std::uint8_t>(b), static_cast<std::uint8_t>(last), to});
          b = last;
        }
      }
    }
    edges_begin_.push(edges_.size());
    sizes_.nodes = sets_.size() + 1;
    sizes_.edges = edges_.size();
    sizes_.calls = calls_.size();
    sizes_.copies = n_.copies.size();
    if (edges_.size() > 0xFFFF || calls_.size() > 0x7FFF) fail(grammar_fault::too_large, 0);
  }

  /// The levels that the nearest end of each node needs: the least over its ways, the most along a way.
  constexpr void find_needs() {
    needs_.fill(sets_.size(), sizes_.calls_any ? no_end : std::uint8_t{0});  // without calls each node has an end
    for (bool changed = sizes_.calls_any; changed;) {
      changed = false;
      for (std::size_t node = sets_.size(); node-- > 0;) {
        unsigned least = sets_[node].accepts ? 0 : needs_[node];
        for (std::size_t e = edges_begin_[node]; e < edges_begin_[node + 1] && least != 0; ++e) {
          unsigned here = no_end;
          if (edges_[e].to < grammar_calls) {
            here = needs_[edges_[e].to];
          } else {
            const grammar_call& c = calls_[edges_[e].to - grammar_calls];
            const unsigned inside = needs_[c.start];
            if (c.back == tail_call) here = inside;
            else if (inside < no_end - 1) here = inside + 1 > needs_[c.back] ? inside + 1 : needs_[c.back];
          }
          if (here < least) least = here;
        }
        if (least != needs_[node]) {
          needs_[node] = static_cast<std::uint8_t>(least);
          changed = true;
        }
      }
    }
  }

  nfa& n_;
  table_sizes sizes_{};
  growing<bool> nullable_;
  growing<std::uint32_t> stamps_, closure_, todo_, items_, starts_;
  growing<std::uint32_t> known_;  // node + 1 of a state alone; 0: not known
  growing<way> sorted_;
  std::size_t sets_ways_ = 0;  // where the ways of the newest node begin
  std::uint32_t stamp_ = 0;
  growing<node_set> sets_;
  growing<way> ways_;
  growing<byte_set> first_, follow_;
  growing<grammar_edge> edges_;
  growing<grammar_call> calls_;
  growing<std::size_t> edges_begin_;
  growing<std::uint8_t> needs_;
  growing<std::uint32_t> table_;  // node + 1 by the hash of its set; 0: none
};

}  // namespace mote::inline v0::detail
