// SPDX-License-Identifier: BSL-1.0
// libFuzzer on grammars: GBNF as text, and schemas whose names, ranges, lengths and patterns are the input's. Of what
// is no fault the tables are made, and the rest of the input is said: at each place a byte leads on, or the text may
// end there; numbers of a range are those of the range, and what is said of a schema is JSON.
// Refuses to know a right fault: that is for tests/decode/gbnf.cpp.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../wide_vocabulary.hpp"
#include "mote/core/rng.hpp"
#include "mote/decode/admission.hpp"
#include "mote/decode/constrained.hpp"
#include "mote/decode/gbnf.hpp"
#include "mote/decode/json.hpp"
#include "mote/decode/sample.hpp"
#include "mote/kernel/matrix.hpp"
#include "mote/model/sentencepiece_bpe.hpp"

namespace {

constexpr std::size_t levels = 8;
mote::grammar_tables tables;
using place = mote::grammar_place<tables, levels>;
using copying = mote::copying_place<tables, levels>;

class bytes_in {
 public:
  bytes_in(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  std::uint8_t next() { return at_ < size_ ? data_[at_++] : 0; }
  bool done() const { return at_ >= size_; }
  std::string_view text(std::size_t most) {
    const std::size_t n = std::min(most, size_ - std::min(at_, size_));
    at_ += n;
    return {reinterpret_cast<const char*>(data_) + at_ - n, n};
  }
  std::uint64_t number() {
    std::uint64_t v = 0;
    for (int i = 0; i < 8; ++i) v = v << 8U | next();
    return v % 1'000'000'000'000'000'000U >> next() % 60U;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_, at_ = 0;
};

void want(bool holds) {
  if (!holds) std::abort();
}

/// A value of a schema, as decode/json.hpp emits it.
std::uint32_t emit(mote::detail::nfa& n, bytes_in& in, std::uint32_t next, int depth) {
  using namespace mote::detail;
  switch (in.next() % (depth > 3 ? 4 : 6)) {
    case 0: return json_quoted(n, in.text(in.next() % 16), next);
    case 1: {
      const std::uint64_t a = in.number(), b = in.number();
      return json_range(n, std::min(a, b), std::max(a, b), next);
    }
    case 2: {  // text<least, most>
      const std::uint32_t end = n.text("\"", next);
      const unsigned least = in.next() % 8, more = in.next() % 8;
      next = end;
      for (unsigned i = 0; i < more; ++i) next = n.split(json_character(n, next), end);
      for (unsigned i = 0; i < least; ++i) next = json_character(n, next);
      return n.text("\"", next);
    }
    case 3: return n.text("null", next);
    case 4: {  // one of two
      const std::uint32_t first = emit(n, in, next, depth + 1);
      return n.split(first, emit(n, in, next, depth + 1));
    }
    default: {  // an array of one or two
      const std::uint32_t end = n.text("]", next);
      const std::uint32_t second = n.split(n.text(",", emit(n, in, end, depth + 1)), end);
      return n.text("[", emit(n, in, second, depth + 1));
    }
  }
}

/// Says what the input wants, else the first byte that may follow.
template <class Place>
std::string say(bytes_in& in, Place at) {
  std::string said;
  for (std::size_t n = 0; n < 200; ++n) {
    const bool hurry = in.done();
    if (at.may_end() && (hurry || in.next() % 8 == 0)) return said;
    const unsigned wanted = in.next();
    bool goes_on = false;
    for (unsigned i = 0; i < 256 && !goes_on; ++i) {
      const auto byte = static_cast<unsigned char>(wanted + i);
      Place then = at;
      if (!then.enter(byte)) continue;
      at = then;
      if constexpr (requires { at.sound(); }) want(at.sound());
      said += static_cast<char>(byte);
      goes_on = true;
    }
    want(goes_on || at.may_end());  // no dead end
    if (!goes_on) return said;
  }
  return "";
}

/// The grammar of the input as a constraint.
template <class Place>
struct of_input {
  static constexpr mote::byte_set bytes = mote::byte_set::every();
  using state = Place;
};

/// Tokens in the place of bytes, of so many that the likeliest are tried: what is chosen, and how many guesses may
/// follow, is as where all texts are walked over.
template <class Place>
void choose(bytes_in& in, const Place& start) {
  static const mote::vocabulary_view v(wide::table());
  static const bool sound = mote::vocabulary_view::check(wide::table(), {.spoken = wide::control}) == mote::status::ok;
  want(sound);
  static mote::admission<of_input<Place>, wide::tokens, false> walked;
  static mote::admission<of_input<Place>, wide::tokens, true> tried;
  static std::array<float, mote::padded(wide::tokens)> logits, same;
  using greedy = mote::greedy::state<wide::tokens>;
  walked.go_on_at(start);
  tried.go_on_at(start);
  const mote::sentencepiece_bpe pieces(v, wide::control);
  for (int n = 0; n < 3 && !in.done(); ++n) {
    const std::uint8_t liking = in.next();
    const bool opened = n == 0 && (liking & 1U) != 0;
    walked.find(v, wide::control, opened);
    tried.find(v, wide::control, opened);
    want(walked.goes_on() == tried.goes_on() && walked.may_end() == tried.may_end());
    want(walked.goes_on() || walked.may_end());
    if (!walked.goes_on()) return;
    mote::rng random(in.next() + 1U);
    for (std::size_t id = 0; id < wide::tokens; ++id) {
      logits[id] = static_cast<float>(random.below(1000));
      if ((liking & 2U) != 0 && !walked.has(id)) logits[id] += 2000.0F;
    }
    for (unsigned liked = liking >> 4U; liked > 0; --liked) {
      const std::size_t id = (std::size_t{in.next()} << 8U | in.next()) % wide::tokens;
      logits[id] = 4000.0F - static_cast<float>(liked / 2);
    }
    if ((liking & 4U) != 0) logits[2] = 5000.0F;  // the end token
    for (std::size_t id = 0; id < wide::tokens; ++id) same[id] = logits[id] / static_cast<float>(1U + liking);
    static mote::sample<>::state<wide::tokens> chance;
    const std::size_t drawn = chance.pick_among(same.data(), mote::detail::tried_tokens{tried, v, wide::control});
    want(drawn == wide::tokens || walked.has(drawn));
    same = logits;
    walked.mask(v, wide::control, logits.data());
    tried.mask(v, wide::control, same.data());
    const std::size_t chosen = walked.checked(greedy::pick(logits.data()), logits.data());
    want(walked.has(chosen));
    want(tried.checked(greedy::pick(same.data()), same.data()) == chosen);
    if (chosen == static_cast<std::size_t>(wide::control.eos)) return;
    const auto id = static_cast<std::uint32_t>(chosen);
    const std::uint32_t guesses[] = {
        id, (std::uint32_t{in.next()} << 8U | in.next()) % static_cast<std::uint32_t>(wide::tokens)};
    want(walked.follow(v, wide::control, std::span<const std::uint32_t>(guesses)) ==
         tried.follow(v, wide::control, std::span<const std::uint32_t>(guesses)));
    const std::string_view piece =
        pieces.piece(opened ? static_cast<std::uint32_t>(wide::control.bos) : mote::no_token, id);
    walked.advance(piece);
    tried.advance(piece);
    want(walked.place() == tried.place());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bytes_in in(data, size);
  const unsigned kind = in.next() % 4;
  mote::detail::nfa n;
  std::uint64_t low = 0, high = 0;
  if (kind < 2) {
    const std::string_view text = in.text(in.next() * 4U);
    if (kind == 0) {
      mote::detail::gbnf_parser(text, n);
    } else {
      n.starts.push(0);
      const std::uint32_t start = mote::detail::gbnf_parser::pattern(text, n, 0);
      n.starts[0] = start;
    }
  } else {
    n.starts.push(0);
    std::uint32_t start = 0;
    if (kind == 2) {
      start = emit(n, in, 0, 0);
    } else {
      low = in.number(), high = in.number();
      if (low > high) std::swap(low, high);
      start = mote::detail::json_range(n, low, high, 0);
    }
    n.starts[0] = start;
  }
  const mote::detail::grammar_compiler made(n, levels);
  const mote::detail::table_sizes sizes = made.sizes();
  if (sizes.fault != mote::grammar_fault::none) {
    using f = mote::grammar_fault;
    want(kind < 2 || sizes.fault == f::two_ways || sizes.fault == f::too_large || sizes.fault == f::utf8);
    return 0;
  }
  std::vector<mote::grammar_node> nodes(sizes.nodes);
  std::vector<mote::grammar_edge> edges(sizes.edges);
  std::vector<mote::grammar_call> calls(sizes.calls);
  std::vector<mote::grammar_copy> copies(sizes.copies);
  made.write_to(nodes.data(), edges.data(), calls.data(), copies.data());
  tables = {nodes.data(), edges.data(), calls.data(), copies.data(), copies.size(), nodes.size() - 1};
  if (sizes.copies != 0) {
    static const std::string_view notes[] = {"the code is 4711, and B-MX 12.50.", "Zo\xC3\xAB has 2027-03-14"};
    copying at;
    if (!at.begin(notes)) return 0;
    if (in.next() % 4 == 0) choose(in, at);
    else (void)say(in, at);
    return 0;
  }
  if (kind == 3)
    for (int i = 0; i < 4; ++i) {
      const std::uint64_t number = i == 0 ? low : i == 1 ? high : i == 2 ? in.number() : high + 1;
      place at;
      bool taken = true;
      for (const char c : std::to_string(number)) taken = taken && at.enter(static_cast<unsigned char>(c));
      want((taken && at.may_end()) == (low <= number && number <= high));
    }
  if (in.next() % 4 == 0) {
    choose(in, place{});
    return 0;
  }
  const std::string said = say(in, place{});
  want(kind < 2 || said.empty() || nlohmann::json::accept(said));
  return 0;
}
