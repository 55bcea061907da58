// SPDX-License-Identifier: BSL-1.0
// Draws the next token by chance: temperature, then from the likeliest tokens that top_k, top_p (Holtzman et al. 2020,
// arXiv 1904.09751) and min_p (Nguyen et al. 2024, arXiv 2407.01082) all keep. The same seed gives the same text on
// every machine.
//   sample<>                                         temperature 0.8, top_p 0.9
//   sample<sample_knobs{.temperature = 1, .top_p = 1}>   the model's own distribution
//   sample<sample_knobs{.top_k = 40, .top_p = 1, .min_p = 0.05F}>
// Each of the three looks at the whole distribution, so their order does not matter.
// Cost: 4 bytes for each token of the vocabulary; each drawn token builds one heap of the likely ones. For finite
// logits the distribution is exact but for rounding. A temperature near 0 is greedy, but equal logits share the chance.
// Refuses a hidden seed: it is 1 until the program sets another.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/core/rng.hpp"
#include "mote/core/slots.hpp"
#include "mote/decode/greedy.hpp"
#include "mote/kernel/loss.hpp"

namespace mote::inline v0 {

struct sample_knobs {
  float temperature = 0.8F;  ///< above 0 and finite; below 1 sharpens
  float top_p = 0.9F;        ///< in (0, 1]; 1 keeps every token
  std::size_t top_k = 0;     ///< the likeliest so many, of equals the first; 0 keeps every token
  float min_p = 0;           ///< in [0, 1]; tokens below this share of the likeliest one's probability are left out
};

template <sample_knobs Knobs = sample_knobs{}>
struct sample {
  using slot = slots::decoding;

  template <std::size_t Vocab>
  class state {
   public:
    void seed(std::uint64_t s) { random_ = rng(s).state(); }

    std::size_t pick(float* logits /* (padded(Vocab)), becomes probabilities */) {
      const float most = detail::largest_of(logits, Vocab);
      // A quotient beyond 2^10 loses digits that matter and may overflow; then the largest logit is subtracted first.
      const bool low = most <= Knobs.temperature * 1024.0F && most >= Knobs.temperature * -1024.0F;
      const float origin = low ? 0.0F : most;
      for (std::size_t i = 0; i < Vocab; ++i) logits[i] = (logits[i] - origin) / Knobs.temperature;
      softmax(logits, Vocab);
      rng random(random_);
      float coin = random.uniform();
      if (coin == 0.0F) coin = 0x1p-25F;  // no probability is 0, so a coin of 0 would draw token 0, however unlikely
      random_ = random.state();
      if constexpr (keeps_all) {
        return walk(logits, coin, [](std::size_t i) { return i; }, Vocab);
      } else {
        const float least = least_drawn(logits);
        std::size_t count = 0;
        for (std::size_t i = 0; i < Vocab; ++i)
          if (logits[i] >= least) order_[count++] = static_cast<std::uint32_t>(i);
        // None is left only if top_p < 1 / Vocab; then the nucleus is the likeliest token.
        if (count == 0) return greedy::state<Vocab>::pick(logits);
        for (std::size_t i = count / 2; i-- > 0;) sink(logits, i, count);
        // Heap sort: the largest moves to the end of the shrinking heap, so the nucleus is at the back, largest last.
        float mass = 0;
        std::size_t heap = count;
        while (heap > 0) {
          const std::uint32_t top = order_[0];
          order_[0] = order_[--heap];
          order_[heap] = top;
          sink(logits, 0, heap);
          mass += logits[top];
          if (Knobs.top_p < 1.0F && mass > Knobs.top_p) break;
          if (Knobs.top_k != 0 && count - heap == Knobs.top_k) break;
        }
        return walk(logits, coin * mass, [&](std::size_t i) { return order_[count - 1 - i]; }, count - heap);
      }
    }

   private:
    static constexpr bool keeps_all = Knobs.top_p >= 1.0F && Knobs.top_k == 0 && Knobs.min_p <= 0.0F;

    /// No token of a smaller probability is drawn.
    static float least_drawn(const float* p) {
      // All tokens below this together have less than 1 - top_p, so the nucleus is complete without them.
      float least = Knobs.top_p < 1.0F ? (1.0F - Knobs.top_p) / static_cast<float>(Vocab - 1) : 0.0F;
      if constexpr (Knobs.min_p > 0.0F)
        if (const float kept = Knobs.min_p * detail::largest_of(p, Vocab); kept > least) least = kept;
      return least;
    }
    /// The first token, in this order, at which the running sum exceeds r. If rounding keeps the whole sum at or below
    /// r: the last token that increased it.
    template <class Order>
    static std::size_t walk(const float* p, float r, Order order, std::size_t count) {
      float sum = 0;
      for (std::size_t i = 0; i < count; ++i) {
        sum += p[order(i)];
        if (r < sum) return order(i);
      }
      std::size_t last = 0;
      float whole = 0;
      for (std::size_t i = 0; i < count; ++i) {
        const float before = whole;
        whole += p[order(i)];
        if (whole > before) last = i;
      }
      return order(last);
    }
    /// The heap's order: the larger probability first; of equals, the smaller id.
    static bool above(const float* p, std::uint32_t a, std::uint32_t b) {
      return p[a] > p[b] || (p[a] == p[b] && a < b);
    }
    void sink(const float* p, std::size_t i, std::size_t count) {
      for (;;) {
        std::size_t largest = i;
        for (std::size_t child = 2 * i + 1; child <= 2 * i + 2 && child < count; ++child)
          if (above(p, order_[child], order_[largest])) largest = child;
        if (largest == i) return;
        const std::uint32_t moved = order_[i];
        order_[i] = order_[largest];
        order_[largest] = moved;
        i = largest;
      }
    }

    std::uint64_t random_ = 0;
    std::uint32_t order_[Vocab] = {};
  };

  // Last, because Clang drops every member after a failed assertion and then reports that it is missing.
  static_assert(Knobs.temperature > 0 && Knobs.temperature <= 0x1.FFFFFEp127F,
                "mote: sample<> needs a finite temperature above 0; for none, leave it out [mote-temperature]");
  static_assert(Knobs.top_p > 0 && Knobs.top_p <= 1,
                "mote: top_p of sample<> must lie in (0, 1]; 0.9 is usual [mote-top-p]");
  static_assert(Knobs.min_p >= 0 && Knobs.min_p <= 1,
                "mote: min_p of sample<> must lie in [0, 1]; 0.05 is usual, 0 is none [mote-min-p]");
};

}  // namespace mote::inline v0
