// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/token_table_packer.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/model/byte_level_bpe.hpp"
#include "mote/model/token_table.hpp"

namespace mote::inline v0::host {

namespace {

[[noreturn]] void bad(const std::string& sentence) { throw std::runtime_error("tokenizer: " + sentence); }

std::string token_name(std::uint32_t id) { return "token " + std::to_string(id); }

/// The tables of a vocabulary before they are laid out.
struct parts {
  std::vector<std::string> texts;
  std::vector<bool> searchable;
  std::vector<std::uint32_t> ranks;   // or scores; empty: by id
  std::vector<std::uint32_t> splits;  // empty: any
  std::uint32_t byte_first = no_token;
};

/// What the merges of a byte-pair vocabulary say: which tokens they make, in which order, of which halves.
void take_merges(const tokenizer_text& in, parts& out) {
  const std::size_t count = in.pieces.size();
  std::unordered_map<std::string_view, std::uint32_t> ids;
  for (std::uint32_t id = 0; id < count; ++id)
    if (!out.texts[id].empty() && (in.types[id] == token_type::normal || in.types[id] == token_type::user_defined))
      ids.emplace(out.texts[id], id);

  constexpr std::uint32_t none = 0xFFFFFFFFU;
  std::vector<std::uint32_t> first(count, none);  // merge that makes a token first
  std::vector<std::uint32_t> times(count, 0);
  std::vector<std::uint32_t> split(count, 0);
  std::vector<std::uint32_t> made_by;
  bool by_id = true;
  bool together = true;  // the merges that make one token follow one another
  std::uint32_t before = none;
  std::uint32_t left_before = 0;
  bool lower_left_first = true;
  for (std::size_t r = 0; r < in.merges.size(); ++r) {
    const auto [left, right] = in.merges[r];
    const auto made = ids.find(out.texts[left] + out.texts[right]);
    if (made == ids.end()) bad("merge " + std::to_string(r) + " makes no token");
    const std::uint32_t id = made->second;
    if (first[id] == none) first[id] = static_cast<std::uint32_t>(r);
    else if (id != before) together = false;
    else if (left < left_before) lower_left_first = false;
    if (before != none && id < before) by_id = false;
    ++times[id];
    split[id] = static_cast<std::uint32_t>(out.texts[left].size());
    made_by.push_back(id);
    before = id;
    left_before = left;
  }
  for (std::uint32_t id = 0; id < count; ++id)
    if (first[id] != none) out.searchable[id] = true;

  const bool one_each = std::all_of(times.begin(), times.end(), [](std::uint32_t n) { return n <= 1; });
  const bool byte_level = in.kind == table_kind::byte_level;
  if (one_each) {
    out.splits = std::move(split);
  } else {
    if (byte_level && !together)
      bad("the merges that make one token do not follow one another, and a table cannot keep their order");
    if (byte_level && !lower_left_first)
      bad("the merges that make one token are not in the order of their left halves, and a table cannot keep another");
    // Any two tokens merge whose texts make one: the list must say just that.
    for (std::uint32_t id = 0; id < count; ++id) {
      if (!out.searchable[id]) continue;
      const std::string_view text = out.texts[id];
      std::uint32_t ways = 0;
      for (std::size_t at = 1; at < text.size(); ++at) {
        const auto l = ids.find(text.substr(0, at));
        const auto r = ids.find(text.substr(at));
        if (l != ids.end() && r != ids.end()) ++ways;
      }
      if (ways != times[id])
        bad(token_name(id) + " is made by " + std::to_string(times[id]) + " merges and could be by " +
            std::to_string(ways));
    }
  }
  if (by_id && byte_level) return;
  // Tokens whose merges are mixed had one score, and of them the leftmost merges first.
  std::vector<std::uint32_t> last(count, 0);
  for (std::uint32_t r = 0; r < made_by.size(); ++r) last[made_by[r]] = r;
  out.ranks.assign(count, 0);
  std::uint32_t rank = 0;
  std::uint32_t end = 0;
  for (std::uint32_t r = 0; r < made_by.size(); ++r) {
    if (r != first[made_by[r]]) continue;
    if (rank == 0 || r > end) ++rank;
    end = (std::max)(end, last[made_by[r]]);
    out.ranks[made_by[r]] = rank;
  }
  for (std::uint32_t& each : out.ranks)
    if (each != 0) each = rank + 1 - each;
}

std::uint32_t slots_for(std::size_t searchable) {
  return static_cast<std::uint32_t>(searchable + searchable / 2 + 1);  // two thirds full
}

class table_writer {
 public:
  explicit table_writer(std::vector<std::byte>& out) : out_(out) {}
  void number(std::uint32_t v, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) out_.push_back(static_cast<std::byte>((v >> (8 * i)) & 0xFFU));
  }
  void text(std::string_view t) {
    for (char c : t) out_.push_back(static_cast<std::byte>(c));
  }

 private:
  std::vector<std::byte>& out_;
};

std::vector<std::byte> laid_out(const tokenizer_text& in, const parts& p, text_order order) {
  const auto count = static_cast<std::uint32_t>(in.pieces.size());
  token_table_header h{.count = count, .byte_first = p.byte_first, .kind = static_cast<std::uint32_t>(in.kind)};
  std::string all;
  std::vector<std::uint32_t> offsets{0};
  for (std::uint32_t id = 0; id < count; ++id) {
    all += p.texts[id];
    h.longest = (std::max)(h.longest, static_cast<std::uint32_t>(p.texts[id].size()));
    if (all.size() > 0x3FFFFFFFU) bad("holds more than 1 GiB of text");
    offsets.push_back(static_cast<std::uint32_t>(all.size()));
    if (p.searchable[id]) ++h.searchable;
  }
  h.text_bytes = static_cast<std::uint32_t>(all.size());

  h.slots = slots_for(h.searchable);
  std::vector<std::uint32_t> index(h.slots, token_table::empty_slot);
  std::vector<std::uint32_t> homes(h.slots, 0);
  for (std::uint32_t id = 0; id < count; ++id) {
    if (!p.searchable[id]) continue;
    const std::uint32_t hash = v0::detail::text_hash{}.add(p.texts[id]).value();
    std::uint32_t entry = id | token_table::hash_bits(hash);
    std::uint32_t home = token_table::slot_of(hash, h.slots);
    // Robin Hood hashing (Celis 1986): who is further from home takes the place, so that no search is long.
    const auto distance = [&](std::uint32_t at, std::uint32_t from) {
      return at >= from ? at - from : at + h.slots - from;
    };
    for (std::uint32_t at = home;; at = at + 1 == h.slots ? 0 : at + 1) {
      const std::uint32_t steps = distance(at, home);
      if (index[at] == token_table::empty_slot) {
        index[at] = entry;
        homes[at] = home;
        h.probes = (std::max)(h.probes, steps + 1);
        break;
      }
      if (distance(at, homes[at]) >= steps) continue;
      h.probes = (std::max)(h.probes, steps + 1);
      std::swap(index[at], entry);
      std::swap(homes[at], home);
    }
  }
  if (h.probes == 0) h.probes = 1;

  std::vector<std::uint32_t> added;
  for (std::uint32_t id = 0; id < count; ++id) {
    const token_type t = in.types[id];
    if (p.texts[id].empty() || (t != token_type::control && t != token_type::user_defined)) continue;
    added.push_back(id | (t == token_type::control ? token_table::is_control : 0));
  }
  const auto text_of = [&](std::uint32_t e) -> const std::string& { return p.texts[e & token_table::id_bits]; };
  std::sort(added.begin(), added.end(), [&](std::uint32_t a, std::uint32_t b) { return text_of(a) < text_of(b); });
  for (std::size_t i = 1; i < added.size(); ++i)
    if (text_of(added[i]) == text_of(added[i - 1]))
      bad(token_name(added[i] & token_table::id_bits) + " and " + token_name(added[i - 1] & token_table::id_bits) +
          " are added with the same text");
  h.added = static_cast<std::uint32_t>(added.size());
  h.unknown = in.unknown < 0 ? no_token : static_cast<std::uint32_t>(in.unknown);
  h.ranks = p.ranks.empty() ? 0 : 1;
  if (in.kind == table_kind::unigram) {  // as SentencePiece: ten below the lowest
    float lowest = 0;
    for (std::uint32_t id = 0; id < count; ++id)
      if (p.searchable[id]) lowest = (std::min)(lowest, in.scores[id]);
    h.unknown_score = std::bit_cast<std::uint32_t>(lowest - 10.0F);
  }
  h.splits = p.splits.empty() ? 0 : h.longest < 256 ? 1 : 2;

  std::vector<std::uint32_t> sorted;
  if (order == text_order::kept) {
    h.ordered = 1;
    for (std::uint32_t id = 0; id < count; ++id)
      if (p.searchable[id]) sorted.push_back(id);
    std::sort(sorted.begin(), sorted.end(), [&](std::uint32_t a, std::uint32_t b) { return p.texts[a] < p.texts[b]; });
  }

  std::vector<std::byte> out;
  table_writer to(out);
  const auto words = std::bit_cast<std::array<std::uint32_t, 16>>(h);
  for (const std::uint32_t w : words) to.number(w, 4);
  for (const std::uint32_t w : index) to.number(w, 4);
  for (const std::uint32_t w : added) to.number(w, 4);
  for (std::uint32_t block = 0; block <= count / 64; ++block) to.number(offsets[std::size_t{64} * block], 4);
  for (const std::uint32_t w : p.ranks) to.number(w, 4);
  if (h.has_bytes_of()) {
    std::array<std::uint32_t, 256> bytes;
    bytes.fill(no_token);
    for (std::uint32_t id = 0; id < count; ++id)
      if (p.searchable[id] && p.texts[id].size() == 1) bytes[static_cast<unsigned char>(p.texts[id][0])] = id;
    for (const std::uint32_t id : bytes) to.number(id, 4);
  }
  for (const std::uint32_t id : sorted) to.number(id, h.order_entry());
  for (std::uint32_t id = 0; id <= count; ++id) {
    const std::uint32_t start = offsets[id] - offsets[std::size_t{64} * (id / 64)];
    if (start > 0xFFFF) bad("64 tokens before " + token_name(id) + " have more than 65,535 bytes of text");
    to.number(start, 2);
  }
  for (const std::uint32_t s : p.splits) to.number(s, h.splits);
  to.text(all);
  while (out.size() % 4 != 0) to.number(0, 1);
  if (out.size() != h.bytes()) bad("the table has another size than its header says");
  return out;
}

/// A piece is what a text is: for the question which tokens their own texts become.
struct uncut_rule {
  static constexpr std::size_t next(std::string_view text) { return text.size(); }
};

/// One character, or several times the same space, tab or line end.
bool is_character_or_run(std::string_view text) {
  if (text.empty()) return false;
  if (character_at(text, 0).bytes == text.size()) return true;
  return std::string_view(" \t\n").find(text[0]) != std::string_view::npos &&
         text.find_first_not_of(text[0]) == std::string_view::npos;
}

/// Marks the tokens that a piece with their text becomes. Where merges do not lead there, the token is found all the
/// same: other merges pass through it.
void mark_at_once(const tokenizer_text& in, std::vector<std::byte>& table) {
  using merging = byte_level_bpe<in_turn<uncut_rule>>;
  const merging::table view{std::span<const std::byte>(table)};
  const merging words(view, {});
  std::vector<merge_slot> slots(view.longest());
  const auto slot_count = std::size_t{4} * [&] {
    token_table_header h;
    std::memcpy(&h, table.data(), sizeof h);
    return h.slots;
  }();
  for (std::size_t at = sizeof(token_table_header); at < sizeof(token_table_header) + slot_count; at += 4) {
    std::uint32_t e = 0;
    std::memcpy(&e, table.data() + at, 4);
    if (e == token_table::empty_slot) continue;
    const std::uint32_t id = e & token_table::id_bits;
    std::size_t count = 0;
    const std::string_view text = view.text(id);
    const bool alone = words.append(text, slots, count) == status::ok && count == 1 && slots[0].token == id;
    if (!alone && !in.takes_whole) continue;
    e |= token_table::at_once;
    std::memcpy(table.data() + at, &e, 4);
  }
}

}  // namespace

std::vector<std::byte> pack_token_table(const tokenizer_text& in, text_order order) {
  const std::size_t count = in.pieces.size();
  if (count == 0 || count > token_table_header::most)
    bad("has " + std::to_string(count) + " tokens; 1 to " + std::to_string(token_table_header::most) +
        " can be packed");
  if (in.types.size() != count)
    bad("has " + std::to_string(in.types.size()) + " types for " + std::to_string(count) + " tokens");
  for (const auto& [left, right] : in.merges)
    if (left >= count || right >= count) bad("a merge of a token that does not exist");
  for (const int id : {in.bos, in.eos, in.unknown})
    if (id >= 0 && static_cast<std::size_t>(id) >= count)
      bad(token_name(static_cast<std::uint32_t>(id)) + " does not exist");

  parts p;
  p.texts = in.pieces;
  p.searchable.assign(count, false);
  if (in.kind == table_kind::byte_level) {
    for (std::uint32_t id = 0; id < count; ++id)
      p.searchable[id] =
          in.types[id] == token_type::normal && (p.texts[id].size() == 1 || (in.takes_whole && !p.texts[id].empty()));
    take_merges(in, p);
    std::vector<std::byte> table = laid_out(in, p, order);
    mark_at_once(in, table);
    return table;
  }

  // The spelled kinds: all 256 bytes in a row, or none.
  if (const auto at = std::find(in.types.begin(), in.types.end(), token_type::byte); at != in.types.end()) {
    p.byte_first = static_cast<std::uint32_t>(at - in.types.begin());
    for (unsigned b = 0; b < 256; ++b) {
      const std::size_t id = p.byte_first + b;
      if (id >= count || in.types[id] != token_type::byte || in.pieces[id] != detail::byte_spelling(b))
        bad(token_name(static_cast<std::uint32_t>(id)) + " should be " + detail::byte_spelling(b) +
            "; the 256 byte tokens must follow one another");
      p.texts[id] = std::string(1, static_cast<char>(static_cast<unsigned char>(b)));
    }
    if (std::count(in.types.begin(), in.types.end(), token_type::byte) != 256) bad("has more than 256 byte tokens");
  }
  const bool scored = !in.scores.empty();
  if (scored && in.scores.size() != count) bad("has another number of scores than of tokens");
  for (std::uint32_t id = 0; id < count; ++id)
    p.searchable[id] = in.types[id] == token_type::normal && !p.texts[id].empty();
  std::unordered_map<std::string_view, std::uint32_t> seen;  // of equal texts the first is found
  for (std::uint32_t id = 0; id < count; ++id)
    if (p.searchable[id] && !seen.emplace(p.texts[id], id).second) p.searchable[id] = false;

  if (in.kind == table_kind::sentencepiece) {
    if (scored) {
      p.ranks = detail::ranks(in.scores);
      // Gemma's line ends and runs of white space are tokens that its file adds, with a score that means nothing: the
      // longest goes before all merges, as in its tokenizer.json.
      const auto most = static_cast<std::uint32_t>(count);
      for (std::uint32_t id = 0; id < count; ++id) {
        if (in.types[id] == token_type::user_defined && is_character_or_run(p.texts[id]) &&
            seen.emplace(p.texts[id], id).second) {
          p.searchable[id] = true;
          p.ranks[id] = most + static_cast<std::uint32_t>(p.texts[id].size());
        }
        if (!p.searchable[id]) p.ranks[id] = 0;
      }
    } else {
      for (std::uint32_t id = 0; id < count; ++id)
        p.searchable[id] = (p.searchable[id] || (in.types[id] == token_type::user_defined && !p.texts[id].empty())) &&
                           character_at(p.texts[id], 0).bytes == p.texts[id].size();
      take_merges(in, p);
      p.splits.clear();
    }
  } else if (in.kind == table_kind::unigram) {
    for (const float s : in.scores) {
      if (!std::isfinite(s)) bad("has a score that is not finite");
      p.ranks.push_back(std::bit_cast<std::uint32_t>(s));
    }
    if (!scored) bad("has no scores");
  }
  return laid_out(in, p, order);
}

}  // namespace mote::inline v0::host
