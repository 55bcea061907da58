// SPDX-License-Identifier: BSL-1.0
// A tokenizer as a file states it: texts, types, scores or merges, and the rules by which a text is cut.
// Refuses to check: host/image/token_table_packer.hpp does, when it makes the table that a board reads from flash.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mote/model/token_table.hpp"

namespace mote::inline v0::host {

/// What a token is for, with the numbers of GGUF's tokenizer.ggml.token_type.
enum class token_type : std::uint8_t { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

/// How byte-level BPE cuts a text; the names are those of the types in model/pieces.hpp, without `_pieces`.
enum class pre_tokenizer : std::uint8_t { gpt2, llama3, qwen2, starcoder, falcon, deepseek_llm, deepseek_coder };

inline constexpr std::array<std::string_view, 7> pre_tokenizer_names{
    "gpt2", "llama3", "qwen2", "starcoder", "falcon", "deepseek_llm", "deepseek_coder"};

struct tokenizer_text {
  table_kind kind = table_kind::byte_level;
  std::vector<std::string> pieces;  ///< by id; bytes, with a space as a space; "" where the id is not used
  std::vector<token_type> types;    ///< one for each piece
  std::vector<float> scores;        ///< one for each piece, or none: of SentencePiece
  std::vector<std::pair<std::uint32_t, std::uint32_t>> merges;  ///< ids of both halves, the first merges first
  pre_tokenizer cut = pre_tokenizer::gpt2;                      ///< of byte-level BPE
  bool composes = false;                                        ///< the text is brought to Form C
  bool takes_whole = false;  ///< a piece that is a token is that token, whatever the merges say
  bool space_before = true;  ///< of SentencePiece
  int bos = -1;              ///< token that opens a text; -1: none
  int eos = -1;
  std::vector<int> end_tokens{};  ///< others that end an answer; add_end() makes them
  int unknown = -1;

  /// Another token that ends an answer: `eos`, if there is none, or one beside it. It is a control token from then on.
  void add_end(int id);
  /// The same, and it is `eos` from then on.
  void add_first_end(int id);

  /// The tokenizer's type: mote::byte_level_bpe<mote::qwen2_pieces, mote::nfc>.
  std::string type_name() const;
  /// The tokens that no text becomes: control tokens and the unknown one, in ranges.
  std::vector<token_range> control_tokens() const;
};

}  // namespace mote::inline v0::host
