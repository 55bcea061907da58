// SPDX-License-Identifier: BSL-1.0
// A small model with a byte-level vocabulary, as an image in memory, for the tests of learning.
// Refuses files: its weights come from a seed.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "../model/plain_decoder.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/model/vocabulary.hpp"
#include "mote/pipeline.hpp"
#include "mote/store/container.hpp"

namespace mote_tests {

inline constexpr mote::special_tokens small_dialogue{.bos = 1, .eos = 2, .note = 259, .user = 260, .answer = 261};

/// <unk>, <s>, </s>, the bytes, three control tokens, a to z and the space: 289 tokens, nothing merges.
inline std::vector<std::byte> small_vocabulary() {
  mote::host::vocabulary_text text{{"<unk>", "<s>", "</s>"}, {}};
  for (unsigned b = 0; b < 256; ++b) text.pieces.push_back(mote::host::detail::byte_spelling(b));
  for (const char* control : {"<note>", "<user>", "<answer>"}) text.pieces.emplace_back(control);
  for (char c = 'a'; c <= 'z'; ++c) text.pieces.emplace_back(1, c);
  text.pieces.emplace_back(" ");
  text.scores.assign(text.pieces.size(), 0.0F);
  return mote::host::pack_vocabulary(text, small_dialogue);
}
inline constexpr std::size_t small_vocab = 289;

struct small_model {
  static constexpr std::string_view name = "small";
  static constexpr mote::shape shape{
      .dim = 32, .hidden = 44, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = small_vocab, .context = 64};
  static constexpr std::size_t vocabulary_bytes =
      mote::vocabulary_bytes(small_vocab, 27, 5 + 3 + 4 + 256 + 6 + 6 + 8 + 27);
  static constexpr mote::special_tokens special_tokens = small_dialogue;
};

/// Packs doubles as an image of Format.
template <class Format>
packed_bytes small_image(const plain_decoder& m) {
  const auto vocabulary = small_vocabulary();
  const packed_bytes weights = m.pack<Format>();
  const mote::image_layout layout = mote::lay_image(weights.size(), vocabulary.size());
  packed_bytes image(layout.total_bytes);
  std::copy(weights.data(), weights.data() + weights.size(), image.data() + layout.weights_offset);
  std::copy(vocabulary.begin(), vocabulary.end(), image.data() + layout.vocabulary_offset);
  mote::container_header h;
  h.kind = static_cast<std::uint16_t>(mote::container_kind::image);
  h.total_bytes = layout.total_bytes;
  h.shape_fingerprint = m.s.fingerprint();
  h.format_fingerprint = mote::format_fingerprint<Format>();
  h.weights_offset = layout.weights_offset;
  h.weights_bytes = weights.size();
  h.vocabulary_offset = layout.vocabulary_offset;
  h.vocabulary_bytes = vocabulary.size();
  h.payload_crc = mote::crc32(image.span().subspan(mote::container_header_bytes));
  h.base_fingerprint = mote::image_fingerprint(h.payload_crc, h.shape_fingerprint);
  mote::put_name(h.model_name, small_model::name);
  mote::put_name(h.format_name, Format::name);
  mote::seal(h);
  std::memcpy(image.data(), &h, sizeof h);
  return image;
}

}  // namespace mote_tests
