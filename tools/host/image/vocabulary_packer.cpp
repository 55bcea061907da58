// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/vocabulary_packer.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "mote/host/import/vocabulary_text.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/model/vocabulary.hpp"

namespace mote::inline v0::host {

namespace detail {

std::string byte_spelling(unsigned byte) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  return {'<', '0', 'x', digits[byte >> 4U], digits[byte & 15U], '>'};
}

namespace {

[[noreturn]] void bad_vocabulary(const std::string& sentence) { throw std::runtime_error("vocabulary: " + sentence); }

/// The id of the token of byte 0, or no_token. Throws unless all 256 byte tokens follow one another in order: an
/// encoder computes the id of a byte token from that of byte 0.
std::uint32_t find_bytes(const vocabulary_text& text) {
  const auto first = std::find(text.pieces.begin(), text.pieces.end(), byte_spelling(0));
  if (first == text.pieces.end()) return no_token;
  const auto at = static_cast<std::size_t>(first - text.pieces.begin());
  for (unsigned b = 0; b < 256; ++b)
    if (at + b >= text.pieces.size() || text.pieces[at + b] != byte_spelling(b))
      bad_vocabulary("token " + std::to_string(at + b) + " should be " + byte_spelling(b) +
                     "; the 256 byte tokens must follow one another");
  return static_cast<std::uint32_t>(at);
}

}  // namespace

std::vector<std::uint32_t> ranks(const std::vector<float>& scores) {
  constexpr float never = -1e10F;  // llama2.c takes only pairs with a score above this
  std::vector<float> distinct;
  for (float s : scores)
    if (s > never) distinct.push_back(s);
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  std::vector<std::uint32_t> result;
  for (float s : scores)
    result.push_back(s > never ? static_cast<std::uint32_t>(std::lower_bound(distinct.begin(), distinct.end(), s) -
                                                            distinct.begin() + 1)
                               : 0U);
  return result;
}

namespace {

/// Ids in the order of their texts, one per text. Of equal texts the id is the one that llama2.c finds: the first hit
/// of a binary search over the whole vocabulary, sorted by text and then by id.
std::vector<std::uint32_t> search_order(const vocabulary_text& text, const std::vector<bool>& hidden) {
  std::vector<std::uint32_t> all(text.pieces.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint32_t>(i);
  std::sort(all.begin(), all.end(), [&](std::uint32_t a, std::uint32_t b) {
    const int side = text.pieces[a].compare(text.pieces[b]);
    return side != 0 ? side < 0 : a < b;
  });
  std::vector<std::uint32_t> order;
  for (std::size_t i = 0; i < all.size();) {
    const std::string& piece = text.pieces[all[i]];
    std::size_t low = 0;
    std::size_t high = all.size();
    std::size_t hit = (low + high) / 2;
    while (text.pieces[all[hit]] != piece) {
      if (piece < text.pieces[all[hit]]) high = hit;
      else low = hit + 1;
      hit = (low + high) / 2;
    }
    // If that id is hidden, take the first of the equal texts that is not.
    for (; i < all.size() && text.pieces[all[i]] == piece; ++i)
      if (hidden[all[hit]]) hit = i;
    if (!hidden[all[hit]]) order.push_back(all[hit]);
  }
  return order;
}

}  // namespace

}  // namespace detail

std::vector<std::byte> pack_vocabulary(const vocabulary_text& text, const special_tokens& control) {
  const std::size_t count = text.pieces.size();
  if (count == 0 || count > most_tokens)
    detail::bad_vocabulary("has " + std::to_string(count) + " tokens; 1 to " + std::to_string(most_tokens) +
                           " can be packed");
  if (text.scores.size() != count)
    detail::bad_vocabulary("has " + std::to_string(count) + " texts but " + std::to_string(text.scores.size()) +
                           " scores");
  for (std::size_t id = 0; id < count; ++id) {
    if (text.pieces[id].find('\0') != std::string::npos)
      detail::bad_vocabulary("the text of token " + std::to_string(id) + " holds a NUL");
    if (!std::isfinite(text.scores[id]))
      detail::bad_vocabulary("the score of token " + std::to_string(id) + " is not a finite number");
  }

  const std::uint32_t byte_first = detail::find_bytes(text);
  std::vector<bool> hidden(count, false);
  for (std::size_t id = 0; id < count; ++id) hidden[id] = text.pieces[id].empty();
  if (byte_first != no_token) std::fill_n(hidden.begin(), byte_first + 256, true);
  for (int id : {control.bos, control.eos, control.note, control.user, control.answer}) {
    if (id < 0) continue;
    if (static_cast<std::size_t>(id) >= count)
      detail::bad_vocabulary("control token " + std::to_string(id) + " is not one of its " + std::to_string(count) +
                             " tokens");
    hidden[static_cast<std::size_t>(id)] = true;
  }

  const std::vector<std::uint32_t> order = detail::search_order(text, hidden);
  const std::vector<std::uint32_t> ranks = detail::ranks(text.scores);

  std::string texts;
  std::vector<std::uint32_t> offsets{0};
  std::size_t longest = 0;
  for (std::size_t id = 0; id < count; ++id) {
    const std::size_t before = texts.size();
    if (byte_first != no_token && id >= byte_first && id - byte_first < 256)
      texts.push_back(static_cast<char>(static_cast<unsigned char>(id - byte_first)));
    else texts += text.pieces[id];
    longest = (std::max)(longest, texts.size() - before);
    if (texts.size() > 0x7FFFFFFFU) detail::bad_vocabulary("holds more than 2 GiB of text");
    offsets.push_back(static_cast<std::uint32_t>(texts.size()));
  }

  std::vector<std::byte> table(vocabulary_bytes(count, order.size(), texts.size()));
  std::byte* at = table.data();
  const auto put = [&at](std::uint32_t v, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) *at++ = static_cast<std::byte>((v >> (8 * i)) & 0xFFU);
  };
  put(static_cast<std::uint32_t>(count), 4);
  put(static_cast<std::uint32_t>(order.size()), 4);
  put(static_cast<std::uint32_t>(longest), 4);
  put(static_cast<std::uint32_t>(texts.size()), 4);
  put(byte_first, 4);
  at = table.data() + vocabulary_header_bytes;
  for (std::uint32_t o : offsets) put(o, 4);
  const std::size_t index = count < 65536 ? 2 : 4;
  // Rank 0: a hidden token is never the result of a merge, whatever its score.
  for (std::size_t id = 0; id < count; ++id) put(hidden[id] ? 0U : ranks[id], index);
  for (std::uint32_t id : order) put(id, index);
  std::memcpy(at, texts.data(), texts.size());
  return table;
}

}  // namespace mote::inline v0::host
