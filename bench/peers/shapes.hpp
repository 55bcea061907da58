// SPDX-License-Identifier: BSL-1.0
// The shapes that mote and its peers are timed in; the weights are random. qwen05b is Qwen2.5-0.5B without its biases.
// Refuses to be a list of models: no weights, no tokenizer.
#pragma once

#include <string_view>

#include "mote/model/shape.hpp"

namespace peers {

struct named_shape {
  std::string_view name;
  mote::shape shape;
};

inline constexpr named_shape shapes[] = {
    {"stories260K", {.dim = 64, .hidden = 172, .layers = 5, .heads = 8, .kv_heads = 4, .vocab = 512, .context = 1024}},
    {"stories15M",
     {.dim = 288, .hidden = 768, .layers = 6, .heads = 6, .kv_heads = 6, .vocab = 32000, .context = 1024}},
    {"smollm2_135M",
     {.dim = 576, .hidden = 1536, .layers = 30, .heads = 9, .kv_heads = 3, .vocab = 49152, .context = 1024}},
    {"qwen05B",
     {.dim = 896, .hidden = 4864, .layers = 24, .heads = 14, .kv_heads = 2, .vocab = 151936, .context = 1024}},
    {"llama32_1B",
     {.dim = 2048, .hidden = 8192, .layers = 16, .heads = 32, .kv_heads = 8, .vocab = 128256, .context = 1024}},
};

/// The shape of that name; one that is not valid() where there is none.
constexpr mote::shape shape_called(std::string_view name) {
  for (const named_shape& s : shapes)
    if (s.name == name) return s.shape;
  return {};
}

}  // namespace peers
