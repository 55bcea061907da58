// SPDX-License-Identifier: BSL-1.0
// A vocabulary as importers and trainers have it: one text and one merge score per token, indexed by the token's id.
// Refuses to check: host/image/vocabulary_packer.hpp does, when it makes the table that a board reads from flash.
#pragma once

#include <string>
#include <vector>

namespace mote::inline v0::host {

/// Both vectors have one entry per token. The pair whose result has the highest score merges first; only order matters.
struct vocabulary_text {
  std::vector<std::string> pieces;
  std::vector<float> scores;
};

}  // namespace mote::inline v0::host
