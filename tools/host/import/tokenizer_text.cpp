// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/tokenizer_text.hpp"

#include <string>

namespace mote::inline v0::host {

std::string tokenizer_text::type_name() const {
  switch (kind) {
    case table_kind::byte_level_bpe:
      return "mote::byte_level_bpe<mote::" + std::string(pre_tokenizer_names[static_cast<std::size_t>(cut)]) +
             "_pieces" + (composes ? ", mote::nfc>" : ">");
    case table_kind::sentencepiece_bpe:
      return std::string("mote::hashed_sentencepiece_bpe<") + (space_before ? "true>" : "false>");
    case table_kind::unigram: return "mote::sentencepiece_unigram";
    case table_kind::wordpiece: return "mote::wordpiece";
  }
  return {};
}

}  // namespace mote::inline v0::host
