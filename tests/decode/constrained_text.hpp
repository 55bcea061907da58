// SPDX-License-Identifier: BSL-1.0
// Texts that a constraint admits, without a model: drawn by chance, or all of them.
// Refuses to know the constraint: it asks which tokens may follow, and says one of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/decode/admission.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/model/sentencepiece_bpe.hpp"

namespace mote_tests {

/// A vocabulary of three control tokens, the bytes if wanted, single characters, and longer pieces.
class small_vocabulary {
 public:
  using tokenizer = mote::sentencepiece_bpe;
  static constexpr std::size_t room = 512;
  static constexpr mote::special_tokens control{.bos = 1, .eos = 2};

  explicit small_vocabulary(const std::vector<std::string>& pieces, bool bytes = true) {
    mote::host::vocabulary_text text{{"<unk>", "<s>", "</s>"}, {}};
    if (bytes)
      for (unsigned b = 0; b < 256; ++b) text.pieces.push_back(mote::host::detail::byte_spelling(b));
    for (const std::string& p : pieces) text.pieces.push_back(p);
    text.scores.resize(text.pieces.size());
    table_ = mote::host::pack_vocabulary(text, control);
    words_ = std::make_unique<std::uint32_t[]>(table_.size() / 4);
    std::memcpy(words_.get(), table_.data(), table_.size());
  }
  mote::vocabulary_view view() const {
    return mote::vocabulary_view({reinterpret_cast<const std::byte*>(words_.get()), table_.size()});
  }

 private:
  std::vector<std::byte> table_;
  std::unique_ptr<std::uint32_t[]> words_;
};

/// Printable ASCII, and `more` pieces of two to five of `letters`, drawn by chance.
inline std::vector<std::string> pieces_of(std::string_view letters, std::size_t more, std::uint64_t seed) {
  std::vector<std::string> all;
  for (char c = ' '; c < 127; ++c) all.emplace_back(1, c);
  std::set<std::string> drawn;
  mote::rng random(seed);
  while (drawn.size() < more) {
    std::string piece;
    for (std::size_t n = 2 + random.below(4); n > 0; --n)
      piece += letters[random.below(static_cast<std::uint32_t>(letters.size()))];
    drawn.insert(piece);
  }
  all.insert(all.end(), drawn.begin(), drawn.end());
  return all;
}

template <class Policy, class Words = small_vocabulary>
using admission_of = mote::admission<Policy, Words::room>;

struct drawn_text {
  std::string text;
  bool ended = false;     // else it was cut
  bool dead_end = false;  // nothing could follow, and the text could not end
};

/// Draws a text. Half of the tokens are looked for among those that begin with a letter of `wanted`.
template <class Policy, class Words>
drawn_text draw_text(admission_of<Policy, Words>& admitted, const Words& words, std::string_view wanted, bool opened,
                     std::size_t most, mote::rng& random, std::span<const std::string_view> notes = {}) {
  const auto v = words.view();
  const typename Words::tokenizer pieces(v, words.control);
  drawn_text made;
  if constexpr (mote::copies_notes<typename Policy::state>) {
    made.dead_end = !admitted.begin(notes);
    if (made.dead_end) return made;
  } else {
    admitted.begin();
  }
  for (std::size_t n = 0; n < most; ++n) {
    const bool opens = opened && n == 0;
    admitted.find(v, words.control, opens);
    if (!admitted.goes_on()) {
      made.ended = admitted.may_end();
      made.dead_end = !made.ended;
      return made;
    }
    std::vector<std::uint32_t> may, liked;
    for (std::uint32_t id = 0; id < v.count(); ++id) {
      if (!admitted.has(id)) continue;
      may.push_back(id);
      const std::string_view text = v.text(id);
      if (!text.empty() && wanted.find(text[0]) != std::string_view::npos) liked.push_back(id);
    }
    const auto& from = !liked.empty() && random.below(2) == 0 ? liked : may;
    const std::uint32_t id = from[random.below(static_cast<std::uint32_t>(from.size()))];
    if (id == static_cast<std::uint32_t>(words.control.eos)) {
      made.ended = true;
      return made;
    }
    const std::string_view piece = pieces.piece(opens ? 1U : mote::no_token, id);
    made.text += piece;
    admitted.advance(piece);
  }
  return made;
}

/// Adds every whole text that the tokens can make to `all`. `begun`: the beginnings that were gone on from; a text has
/// one place, however it was cut.
template <class Policy, class Words>
void every_text(const admission_of<Policy, Words>& at, const Words& words, const std::string& text, bool opened,
                std::set<std::string>& begun, std::set<std::string>& all) {
  if (!opened && !begun.insert(text).second) return;
  const auto v = words.view();
  admission_of<Policy, Words> here = at;
  here.find(v, words.control, opened);
  if (here.may_end()) all.insert(text);
  const typename Words::tokenizer pieces(v, words.control);
  for (std::uint32_t id = 0; id < v.count(); ++id) {
    if (!here.has(id) || id == static_cast<std::uint32_t>(words.control.eos)) continue;
    const std::string_view piece = pieces.piece(opened ? 1U : mote::no_token, id);
    admission_of<Policy, Words> next = here;
    next.advance(piece);
    every_text<Policy>(next, words, text + std::string(piece), false, begun, all);
  }
}
template <class Policy, class Words>
std::set<std::string> every_text(const Words& words, bool opened,
                                 const admission_of<Policy, Words>& start = admission_of<Policy, Words>{}) {
  std::set<std::string> begun, all;
  every_text<Policy>(start, words, "", opened, begun, all);
  return all;
}

}  // namespace mote_tests
