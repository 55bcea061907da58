// SPDX-License-Identifier: BSL-1.0
// Text that a model samples from its own distribution, for calibrating quantizers and for measuring quality. It needs
// no corpus, and the same seed gives the same text on every machine.
// Refuses an encoder, which writes no text. Quality on such a text is the distance from this model, not correctness.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/host/quantize/batch_decoder.hpp"
#include "mote/kernel/loss.hpp"

namespace mote::inline v0::host {

struct text_sample {
  std::size_t sequences = 0;
  std::size_t length = 0;           ///< tokens per sequence that a model is run on
  std::vector<std::size_t> tokens;  // (sequences, length + 1): `begin`, then the tokens that were drawn

  std::span<const std::size_t> sequence(std::size_t i) const {
    return std::span(tokens).subspan(i * (length + 1), length + 1);
  }
};

/// How many sequences run at once: 16, or as many as have room for their keys and values in the bytes that the largest
/// matrix has as floats, or in 64 MiB; one at least. It does not affect the text.
template <class Family>
std::size_t sampled_together(const mote::shape& s, std::size_t length) {
  std::size_t room = std::size_t{64} << 20U;
  for (const tensor_place& p : all_tensors<Family>(s)) {
    const matrix_size m = size_of<Family>(s, p);
    room = (std::max)(room, m.rows * m.cols * sizeof(float));
  }
  const std::size_t each = batch_decoder<float_cache, Family>::bytes_kept(s, length);
  return std::clamp<std::size_t>(room / (std::max)(each, std::size_t{1}), 1, 16);
}

/// Samples `sequences` sequences of `length` tokens that follow `begin`. `report` is called with the part that is done,
/// 0 to 1. Throws if `begin` is not in the vocabulary.
template <class Family>
text_sample sample_text(const batch_model_of<Family>& m, std::size_t sequences, std::size_t length, std::size_t begin,
                        std::uint64_t seed, const std::function<void(double)>& report = {}) {
  if (begin >= m.shape.vocab) throw std::runtime_error("sampling: the first token lies beyond the vocabulary");
  if (looks_ahead<Family>(m.shape))
    throw std::runtime_error("sampling: an encoder writes no text; give one of your own");
  const std::size_t together = sampled_together<Family>(m.shape, length);
  text_sample text{.sequences = sequences, .length = length, .tokens = {}};
  text.tokens.resize(sequences * (length + 1));
  for (std::size_t first = 0; first < sequences; first += together) {
    const std::size_t count = sequences - first < together ? sequences - first : together;
    batch_decoder decoder(m, count, length);
    std::vector<rng> random;
    for (std::size_t i = 0; i < count; ++i) random.emplace_back((seed + first + i + 1) * 0x9E3779B97F4A7C15ULL);
    std::vector<std::size_t> now(count, begin);
    for (std::size_t i = 0; i < count; ++i) text.tokens[(first + i) * (length + 1)] = begin;
    for (std::size_t position = 0; position < length; ++position) {
      std::vector<float> logits = decoder.run(now);
      for (std::size_t i = 0; i < count; ++i) {
        float* p = logits.data() + i * decoder.logits_stride();
        softmax(p, m.shape.vocab);
        const float coin = random[i].uniform();
        float sum = 0;
        std::size_t drawn = 0;
        while (drawn + 1 < m.shape.vocab && !(coin < (sum += p[drawn]))) ++drawn;
        now[i] = drawn;
        text.tokens[(first + i) * (length + 1) + position + 1] = drawn;
      }
      if (report)
        report(
            (static_cast<double>(first) + static_cast<double>(count * (position + 1)) / static_cast<double>(length)) /
            static_cast<double>(sequences));
    }
  }
  return text;
}

extern template text_sample sample_text(const batch_model&, std::size_t, std::size_t, std::size_t, std::uint64_t,
                                        const std::function<void(double)>&);

}  // namespace mote::inline v0::host
