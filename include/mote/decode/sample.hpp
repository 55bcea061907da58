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

#include "mote/core/log.hpp"
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
      to_probabilities(logits);
      rng random(random_);
      const float coin = coin_of(random);
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

    /// As pick(), where some tokens may not follow; admits(id) says whether one may, and is asked of the likely ones alone.
    /// Vocab: too many would have to be asked, and the logits are as they were. With a filter the choice is that of pick()
    /// with the logits of the others masked, and logits stay as they are; without one it has the same distribution.
    template <class Admits>
    std::size_t pick_among(float* logits /* (padded(Vocab)) */, Admits&& admits) {
      if constexpr (Knobs.temperature > 1.0e6F) return Vocab;  // a masked logit would be as likely as others
      else if constexpr (keeps_all) return draw_again(logits, admits);
      else return draw_among(logits, admits);
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
    static void to_probabilities(float* logits) {
      const float most = detail::largest_of(logits, Vocab);
      // A quotient beyond 2^10 loses digits that matter and may overflow; then the largest logit is subtracted first.
      const float origin = is_low(most) ? 0.0F : most;
      for (std::size_t i = 0; i < Vocab; ++i) logits[i] = (logits[i] - origin) / Knobs.temperature;
      softmax(logits, Vocab);
    }
    static bool is_low(float most) {
      return most <= Knobs.temperature * 1024.0F && most >= Knobs.temperature * -1024.0F;
    }
    static float coin_of(rng& random) {
      const float coin = random.uniform();
      return coin == 0.0F ? 0x1p-25F : coin;  // no probability is 0, so a coin of 0 would draw token 0, however unlikely
    }

    /// Draws from all tokens, and again without what may not follow, until it is one that may. Never where more than half
    /// of the chance would be left out: what is left has fewer digits.
    template <class Admits>
    std::size_t draw_again(float* logits, Admits& admits) {
      __builtin_memcpy(order_, logits, sizeof order_);
      to_probabilities(logits);
      rng random(random_);
      float left_out = 0;
      for (int tried = 0; tried < 16 && left_out < 0.5F; ++tried) {
        const float r = coin_of(random) * (1.0F - left_out);
        random_ = random.state();  // also if none is chosen: another coin must not depend on what this one drew
        const std::size_t id = walk(logits, r, [](std::size_t i) { return i; }, Vocab);
        if (admits(static_cast<std::uint32_t>(id))) return id;
        left_out += logits[id];
        logits[id] = 0;
      }
      __builtin_memcpy(logits, order_, sizeof order_);
      return Vocab;
    }

    // draw_among() knows the chance A of all that may follow only within bounds: those that were asked and may, and these
    // with all that were not asked. It chooses where each A within them, and each rounding of pick(), chooses the same.
    static constexpr std::size_t most_asked = 64 + Vocab / 128;
    static constexpr float slack = static_cast<float>(Vocab / 16 + 4 * most_asked + 256) * 0x1p-23F;
    static constexpr float near_tie = 1.0e-5F;  // so close together, rounding may change two tokens' order

    template <class Admits>
    std::size_t draw_among(const float* logits, Admits& admits) {
      const float most = detail::largest_of(logits, Vocab);
      if (!is_low(most)) return Vocab;
      const float top = most / Knobs.temperature;
      const float all = chance_of_all(logits, top);
      if (Knobs.top_k == 0 && Knobs.min_p <= 0.0F && all * Knobs.top_p > static_cast<float>(most_asked)) return Vocab;
      // Tokens below this together have less than a tenth of the chance, or than 1 - top_p of it.
      const float left = Knobs.top_p < 0.9F || Knobs.top_p >= 1.0F ? 0.1F : 1.0F - Knobs.top_p;
      const float least = (top + natural_log(all * left / static_cast<float>(Vocab))) * Knobs.temperature;
      std::size_t count = 0;
      for (std::size_t i = 0; i < Vocab; ++i)
        if (logits[i] >= least) order_[count++] = static_cast<std::uint32_t>(i);
      for (std::size_t i = count / 2; i-- > 0;) sink<scaled>(logits, i, count);
      rng random(random_);
      const float coin = coin_of(random);
      asked_tokens seen{.not_asked = all * (1.0F + slack), .end = count};
      std::size_t due = 0;
      for (std::size_t heap = count, asked = 1; heap > 0 && asked <= most_asked; ++asked) {
        const std::uint32_t id = order_[0];
        order_[0] = order_[--heap];
        sink<scaled>(logits, 0, heap);
        const float e = chance(logits, id, top);
        seen.not_asked -= e * (1.0F - slack);
        if (admits(id)) {
          order_[count - 1 - seen.kept++] = id;
          seen.sum += e;
        }
        if (seen.kept == 0 || (asked < due && seen.kept != Knobs.top_k)) continue;
        const std::size_t chosen = decide(logits, top, coin, seen, heap, e);
        if (chosen != Vocab) {
          random_ = random.state();
          return chosen;
        }
        due = asked + 1 + asked / 8;
      }
      return Vocab;
    }
    struct asked_tokens {
      float not_asked;  // their chance, at most
      std::size_t end;  // order_[end - 1 - i]: the i-th likeliest that may follow
      std::size_t kept = 0;
      float sum = 0;  // of the chance of those
    };
    static float scaled_logit(const float* logits, std::uint32_t id) { return logits[id] / Knobs.temperature; }
    static float chance(const float* logits, std::uint32_t id, float top) {
      return simd::exp(scaled_logit(logits, id) - top);
    }
    static float chance_of_all(const float* logits, float top) {
      using floats = simd::floats<16>;
      floats sum = floats::all(0.0F);
      const auto divisor = floats::all(Knobs.temperature), largest = floats::all(top);
      for (std::size_t i = 0; i < Vocab / 16 * 16; i += 16)
        sum = sum + simd::exp(floats::load(logits + i) / divisor - largest);
      float all = simd::reduce_add(sum);
      for (std::size_t i = Vocab / 16 * 16; i < Vocab; ++i) all += chance(logits, static_cast<std::uint32_t>(i), top);
      return all;
    }
    /// The token that pick() would draw, or Vocab if more must be known. `last`: the chance of the token asked last.
    std::size_t decide(const float* logits, float top, float coin, const asked_tokens& seen, std::size_t heap, float last) {
      const auto id = [&](std::size_t i) { return order_[seen.end - 1 - i]; };
      const float not_asked = seen.not_asked > 0.0F ? seen.not_asked : 0.0F;
      const float fewest = seen.sum * (1.0F - slack), most = (seen.sum + not_asked) * (1.0F + slack);
      if (!is_low(logits[id(0)])) return Vocab;
      const float first = chance(logits, id(0), top);
      // How many are kept, at least and at most, and their chance.
      float sum = 0, least_kept = 0, most_kept = 0;
      bool begun = false, closed = false;
      std::size_t n = 0;
      for (; n < seen.kept && !closed; ++n) {
        const float e = chance(logits, id(n), top);
        if (Knobs.min_p > 0.0F && n > 0 && e <= Knobs.min_p * first * (1.0F + near_tie)) {
          if (!begun) least_kept = sum;
          begun = true;
          if (e < Knobs.min_p * first * (1.0F - near_tie)) {
            closed = true;
            break;
          }
        }
        sum += e;
        most_kept = sum;
        const bool whole = Knobs.top_k != 0 && n + 1 == Knobs.top_k;
        if (!begun && (whole || (Knobs.top_p < 1.0F && sum * (1.0F + slack) > Knobs.top_p * fewest))) {
          least_kept = sum;
          begun = true;
        }
        closed = whole || (Knobs.top_p < 1.0F && sum * (1.0F - slack) > Knobs.top_p * most);
      }
      if (Knobs.min_p > 0.0F && !closed && last < Knobs.min_p * first * (1.0F - near_tie)) {
        closed = true;  // what was not asked has less
        if (!begun) least_kept = sum;
      }
      if (!closed) return Vocab;
      const float low = coin * least_kept * (1.0F - slack), high = coin * most_kept * (1.0F + slack);
      float before = 0;
      for (std::size_t i = 0; i < n; ++i) {
        const float e = chance(logits, id(i), top);
        if ((before + e) * (1.0F - slack) <= high) {
          before += e;
          continue;
        }
        if (i > 0 && before * (1.0F + slack) >= low) return Vocab;
        const auto close = [&](std::uint32_t other) {
          const float apart = scaled_logit(logits, other) - scaled_logit(logits, id(i));
          return apart != 0.0F && apart <= near_tie && apart >= -near_tie;
        };
        if (i > 0 && close(id(i - 1))) return Vocab;
        if (i + 1 < seen.kept ? close(id(i + 1)) : heap > 0 && close(order_[0])) return Vocab;
        return id(i);
      }
      return Vocab;
    }

    static float plain(const float* p, std::uint32_t id) { return p[id]; }
    static float scaled(const float* p, std::uint32_t id) { return scaled_logit(p, id); }
    /// The heap's order: the larger probability first; of equals, the smaller id.
    template <auto Of>
    static bool above(const float* p, std::uint32_t a, std::uint32_t b) {
      const float of_a = Of(p, a), of_b = Of(p, b);
      return of_a > of_b || (of_a == of_b && a < b);
    }
    template <auto Of = plain>
    void sink(const float* p, std::size_t i, std::size_t count) {
      for (;;) {
        std::size_t largest = i;
        for (std::size_t child = 2 * i + 1; child <= 2 * i + 2 && child < count; ++child)
          if (above<Of>(p, order_[child], order_[largest])) largest = child;
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
