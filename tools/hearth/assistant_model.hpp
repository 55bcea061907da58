// SPDX-License-Identifier: BSL-1.0
// The project's own small model: its shape, and how an item of text becomes a sequence of tokens.
// Refuses to choose anything about training: tools/train_model.cpp does.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "hearth/corpus.hpp"
#include "mote/host/train/bpe.hpp"
#include "mote/host/train/trainer.hpp"
#include "mote/model/shape.hpp"
#include "mote/model/special_tokens.hpp"

namespace mote::inline v0::host {

/// 455,520 parameters, 484 KB at 8 bits: it fits boards with 1 MiB of flash.
inline constexpr shape assistant_shape{
    .dim = 96, .hidden = 256, .layers = 4, .heads = 6, .kv_heads = 3, .vocab = 512, .context = 256};

/// The control tokens follow the 256 bytes of the vocabulary.
inline constexpr special_tokens assistant_dialogue{.bos = 1, .eos = 2, .note = 259, .user = 260, .answer = 261};
inline std::vector<std::string> assistant_control_names() { return {"<note>", "<user>", "<answer>"}; }

/// The tokens of an item: bos, <note> and the text of each note, <user> and the prompt, <answer> and the answer, eos.
inline training_sequence to_sequence(const bpe_encoder& encoder, const dialogue_item& item) {
  training_sequence q;
  const auto control = [&](int id) { q.tokens.push_back(static_cast<std::uint32_t>(id)); };
  const auto text = [&](const std::string& words) {
    for (std::int32_t id : encoder.encode(words)) control(id);
  };
  control(assistant_dialogue.bos);
  for (const std::string& note : item.notes) {
    control(assistant_dialogue.note);
    text(note);
  }
  control(assistant_dialogue.user);
  text(item.prompt);
  control(assistant_dialogue.answer);
  q.first_answer = q.tokens.size();
  text(item.answer);
  control(assistant_dialogue.eos);
  return q;
}

}  // namespace mote::inline v0::host
