// SPDX-License-Identifier: BSL-1.0
// A vocabulary as the importers and the trainers hold it: one text and one merge score a token, at the token's id.
// Refuses to be used in place: host/image/vocabulary_packer.hpp turns it into the table that a board reads from flash.
#pragma once

#include <string>
#include <vector>

namespace mote::inline v0::host {

/// Both vectors have one entry a token. Higher scores merge first; the order matters, the values do not.
struct vocabulary_text {
  std::vector<std::string> pieces;
  std::vector<float> scores;
};

}  // namespace mote::inline v0::host
