// SPDX-License-Identifier: BSL-1.0
// The shape of a model of any family: sizes, heads of grouped-query attention (Ainslie et al. 2023, arXiv 2305.13245),
// constants of rotary positions and norms, and what few families have: windows, soft-caps, a score scale, partial or
// scaled rotary positions. A structural type, so that it can be a template argument.
// Refuses to know formats: sizes only. It takes any numbers; valid() says whether they make a model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "mote/core/checksum.hpp"

namespace mote::inline v0 {

/// How rotary frequencies were lowered for a context longer than the one of the first training (Llama 3.1,
/// arXiv 2407.21783). Without an original context all are divided by the factor.
struct rope_scaling {
  float factor = 1;                 ///< 1: none
  float low_frequency_factor = 1;   ///< pairs that turn less often than this in the original context: divided by factor
  float high_frequency_factor = 4;  ///< pairs that turn more often: unchanged; those between: interpolated
  std::size_t original_context = 0;  ///< positions

  constexpr bool operator==(const rope_scaling&) const = default;
};

struct shape {
  std::size_t dim = 0;       ///< width of the residual stream
  std::size_t hidden = 0;    ///< width of the feed-forward block
  std::size_t layers = 0;    ///< layers, each a sequence of blocks (block/layer.hpp)
  std::size_t heads = 0;     ///< query heads
  std::size_t kv_heads = 0;  ///< key and value heads; heads is a multiple
  std::size_t vocab = 0;     ///< tokens of the vocabulary
  std::size_t context = 0;   ///< the longest sequence it was trained for, in tokens
  bool tied_head = true;     ///< the head uses the matrix of the embedding
  /// Width of a token's row for each layer, in families with a table a layer. Its place is what tied_head leaves.
  std::uint16_t per_layer_width = 0;
  float rope_theta = 10000.0F;   ///< base of the rotary frequencies
  float norm_epsilon = 1e-5F;    ///< added to the mean square, or variance, in a norm
  std::size_t head_width = 0;    ///< width of a query, key or value head; 0: dim / heads
  std::size_t window = 0;        ///< positions that a token sees, itself included, in layers with a window; 0: all
  float softcap = 0;             ///< limit of attention's scores, in layers with a soft-cap; 0: none
  float score_scale = 0;         ///< factor of attention's scores, in layers with one; 0: 1 / sqrt(head_dim())
  std::size_t rotary_width = 0;  ///< channels of a head that are rotated, the first; in families that rotate a part
  float local_theta = 0;         ///< rope_theta of layers that have their own; 0: rope_theta
  float logit_softcap = 0;       ///< limit of the logits, in families with one; 0: none
  rope_scaling rope{};           ///< of the frequencies of rope_theta, not of local_theta

  constexpr std::size_t head_dim() const { return head_width == 0 ? dim / heads : head_width; }
  constexpr std::size_t query_dim() const { return head_width == 0 ? dim : heads * head_width; }
  constexpr std::size_t rotary_dim() const { return rotary_width == 0 ? head_dim() : rotary_width; }
  constexpr std::size_t kv_dim() const { return head_dim() * kv_heads; }

  constexpr bool valid() const {
    constexpr std::size_t most = std::size_t{1} << 20U;  // query_dim() and kv_dim() stay within it too
    for (std::size_t n : {dim, hidden, layers, heads, kv_heads, vocab, context})
      if (n == 0 || n > most) return false;
    if (heads % kv_heads != 0 || head_width > most / heads || (head_width == 0 && dim % heads != 0)) return false;
    const auto none_or_plain = [](float x) { return x == 0 || (x >= 0x1p-20F && x <= 0x1p20F); };
    if (rotary_width % 2 != 0 || rotary_width > head_dim() || !(local_theta == 0 || local_theta > 1)) return false;
    if (!(rope.factor >= 1 && rope.factor <= 0x1p20F) || rope.original_context > most ||
        !(rope.low_frequency_factor > 0 && rope.high_frequency_factor > rope.low_frequency_factor))
      return false;
    return head_dim() % 2 == 0 && norm_epsilon > 0 && rope_theta > 1 && none_or_plain(softcap) &&
           none_or_plain(score_scale) && none_or_plain(logit_softcap);
  }

  /// A hash of the shape, which an image must match. Without the context: the size of an image shows it if positions
  /// are learned, and otherwise no byte of the weights depends on it.
  constexpr std::uint64_t fingerprint(std::string_view family = "llama") const {
    auto facts = v0::fingerprint{}
                     .add(family)
                     .add(dim)
                     .add(hidden)
                     .add(layers)
                     .add(heads)
                     .add(kv_heads)
                     .add(vocab)
                     .add(tied_head ? 1U : 0U)
                     .add(__builtin_bit_cast(std::uint32_t, rope_theta))
                     .add(__builtin_bit_cast(std::uint32_t, norm_epsilon));
    // Features that few models have are hashed with their name, and only if present: other models keep their hash.
    if (query_dim() != dim) facts.add("head_width").add(head_width);
    if (window != 0) facts.add("window").add(window);
    if (softcap != 0) facts.add("softcap").add(__builtin_bit_cast(std::uint32_t, softcap));
    if (score_scale != 0) facts.add("score_scale").add(__builtin_bit_cast(std::uint32_t, score_scale));
    if (rotary_dim() != head_dim()) facts.add("rotary_width").add(rotary_width);
    if (local_theta != 0) facts.add("local_theta").add(__builtin_bit_cast(std::uint32_t, local_theta));
    if (logit_softcap != 0) facts.add("logit_softcap").add(__builtin_bit_cast(std::uint32_t, logit_softcap));
    if (per_layer_width != 0) facts.add("per_layer_width").add(per_layer_width);
    if (rope.factor != 1) {
      facts.add("rope").add(__builtin_bit_cast(std::uint32_t, rope.factor)).add(rope.original_context);
      if (rope.original_context != 0)
        facts.add(__builtin_bit_cast(std::uint32_t, rope.low_frequency_factor))
            .add(__builtin_bit_cast(std::uint32_t, rope.high_frequency_factor));
    }
    return facts.value();
  }

  constexpr bool operator==(const shape&) const = default;
};

}  // namespace mote::inline v0
