// SPDX-License-Identifier: BSL-1.0
// libFuzzer on grammars: GBNF as text, and schemas whose names, ranges, lengths and patterns are the input's. Of what
// is no fault the tables are made, and the rest of the input is said: at each place a byte leads on, or the text may
// end there; numbers of a range are those of the range, and what is said of a schema is JSON.
// Refuses to know a right fault: that is for tests/decode/gbnf.cpp.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mote/decode/gbnf.hpp"
#include "mote/decode/json.hpp"

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
    want(kind < 2 || sizes.fault == mote::grammar_fault::two_ways || sizes.fault == mote::grammar_fault::too_large);
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
    if (at.begin(notes)) (void)say(in, at);
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
  const std::string said = say(in, place{});
  if (kind >= 2 && !said.empty()) {
    bool ascii = true;
    for (const char c : said) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    want(!ascii || nlohmann::json::accept(said));
  }
  return 0;
}
