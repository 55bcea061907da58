// SPDX-License-Identifier: BSL-1.0
// For pairs about recall: every retriever there is, and a program that uses a pipeline with one of them.
#pragma once

#include <mote/recall/flat.hpp>
#include <mote/recall/fuse.hpp>

#include "little.hpp"

template <class Assistant>
struct recalling {
  static inline Assistant ai;

  static void use(std::span<const std::byte> image, std::span<std::byte> kept) {
    if (ai.attach(image) != mote::status::ok) return;
    if (ai.remember("The key lies under the mat.") != mote::status::ok) return;
    for (std::string_view piece : ai.ask("Is anybody at home?", 32)) (void)piece.size();
    if (ai.save(kept) == mote::status::ok) (void)ai.load(kept);
  }
};
