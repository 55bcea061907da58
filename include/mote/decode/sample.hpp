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
      return pick_sorted(logits);
    }

    /// As pick(), where some tokens may not follow: the same distribution as with their logits masked, but other
    /// tokens for a seed. admitted.may(id) says whether one may, and is asked of likely ones alone; after
    /// admitted.all(), which is called where that leaves something open, of any. Vocab: none was drawn, too many would
    /// have to be asked; the logits are as they were.
    template <class Admitted>
    std::size_t pick_among(float* logits /* (padded(Vocab)) */, Admitted&& admitted) {
      if constexpr (beyond_measure) return Vocab;
      else if constexpr (keeps_all) return draw_again(logits, admitted);
      else return draw_among(logits, admitted);
    }

    /// As pick(): the same distribution, but other tokens for a seed. Where most tokens are in the nucleus, one that is
    /// drawn from all is asked whether it is, instead of putting them in order.
    std::size_t pick_unsorted(float* logits /* (padded(Vocab)), becomes probabilities */) {
      if constexpr (Knobs.top_k != 0 || Knobs.min_p > 0.0F || Knobs.top_p < 0.5F || Knobs.top_p >= 1.0F)
        return pick(logits);
      to_probabilities(logits);
      rng random(random_);
      for (int tried = 0; tried < 4; ++tried) {
        const float coin = coin_of(random);
        random_ = random.state();
        const std::size_t id = walk(logits, coin, [](std::size_t i) { return i; }, Vocab);
        const float own = logits[id];
        float before = 0;
        for (std::size_t i = 0; i < Vocab; ++i)
          if (logits[i] > own || (logits[i] == own && i < id)) before += logits[i];
        if (before <= Knobs.top_p) return id;
      }
      return pick_sorted(logits);
    }

   private:
    /// Divided by such a temperature, a masked logit would be as likely as others.
    static constexpr bool beyond_measure = Knobs.temperature > 1.0e6F;
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
    std::size_t pick_sorted(const float* logits /* probabilities */) {
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

    static void to_probabilities(float* logits) {
      const float most = detail::largest_of(logits, Vocab);
      // A quotient beyond 2^10 loses digits that matter and may overflow; then the largest logit is subtracted first.
      const float origin = is_low(most) ? 0.0F : most;
      for (std::size_t i = 0; i < Vocab; ++i) {
        const bool masked = beyond_measure && logits[i] == -0x1p50F;  // as admission::mask()
        logits[i] = masked ? -0x1p50F : (logits[i] - origin) / Knobs.temperature;
      }
      softmax(logits, Vocab);
    }
    static bool is_low(float most) {
      return most <= Knobs.temperature * 1024.0F && most >= Knobs.temperature * -1024.0F;
    }
    /// No probability is 0, so a coin of 0 would draw token 0, however unlikely.
    static float coin_of(rng& random) {
      const float coin = random.uniform();
      return coin == 0.0F ? 0x1p-25F : coin;
    }

    /// Draws from all tokens, and again without what may not follow, until it is one that may. Never where more than
    /// half of the chance would be left out: what is left has fewer digits.
    template <class Admitted>
    std::size_t draw_again(float* logits, Admitted& admitted) {
      __builtin_memcpy(order_, logits, sizeof order_);
      to_probabilities(logits);
      rng random(random_);
      float left_out = 0;
      for (int tried = 0; tried < 16 && left_out < 0.5F; ++tried) {
        const float r = coin_of(random) * (1.0F - left_out);
        random_ = random.state();  // also if none is chosen: another coin must not depend on what this one drew
        const std::size_t id = walk(logits, r, [](std::size_t i) { return i; }, Vocab);
        if (admitted.may(static_cast<std::uint32_t>(id))) return id;
        left_out += logits[id];
        logits[id] = 0;
      }
      __builtin_memcpy(logits, order_, sizeof order_);
      return Vocab;
    }

    static constexpr std::size_t most_asked = 64 + Vocab / 128;

    // Draws from all tokens in the order of their chance, so all that are likelier than the drawn one were asked. It is
    // kept if it may follow and is in the nucleus of those that may; else another is drawn. The chance of all that may
    // follow is known within bounds: of those that were asked, and of these with all others. Where the bounds leave it
    // open, all are asked: a token that was drawn is never dropped undecided, which would make it less likely.
    template <class Admitted>
    std::size_t draw_among(const float* logits, Admitted& admitted) {
      const float most = detail::largest_of(logits, Vocab);
      if (!is_low(most)) return Vocab;
      const float top = most / Knobs.temperature;
      ranking r{.logits = logits, .top = top, .all = chance_of_all(logits, top)};
      if (Knobs.top_k == 0 && Knobs.min_p <= 0.0F && r.all * Knobs.top_p > static_cast<float>(most_asked)) return Vocab;
      // Tokens below this together have less than a tenth of the chance, or than 1 - top_p of it.
      const float left = Knobs.top_p < 0.9F || Knobs.top_p >= 1.0F ? 0.1F : 1.0F - Knobs.top_p;
      r.least = (top + natural_log(r.all * left / static_cast<float>(Vocab))) * Knobs.temperature;
      for (std::size_t i = 0; i < Vocab; ++i)
        if (logits[i] >= r.least) order_[r.end++] = static_cast<std::uint32_t>(i);
      for (std::size_t i = r.end / 2; i-- > 0;) sink<scaled>(logits, i, r.end);
      r.heap = r.end;
      rng random(random_);
      for (int tried = 0; tried < 16 && r.refused < r.all * 0.5F; ++tried) {
        const float coin = coin_of(random);
        random_ = random.state();
        const std::size_t chosen = draw_one(r, coin, admitted);
        if (chosen != Vocab) return chosen;
      }
      return Vocab;
    }
    struct ranking {
      const float* logits;
      float top, all, least = 0;  // all: the chance of all tokens, that of the likeliest being 1
      std::size_t end = 0;        // order_[end - 1 - i] is the i-th likeliest, from `heap` on
      std::size_t heap = 0;
      float kept = 0, refused = 0;  // the chance of those that were asked and may follow, or may not
    };
    static constexpr std::uint32_t may_not = std::uint32_t{1} << 31U;

    /// Asks for the next token in the order. False: there is none, or too many were asked.
    template <class Admitted>
    bool ask_next(ranking& r, Admitted& admitted) {
      if (r.heap == 0 || r.end - r.heap == most_asked) return false;
      const std::uint32_t id = order_[0];
      order_[0] = order_[--r.heap];
      sink<scaled>(r.logits, 0, r.heap);
      const bool may = admitted.may(id);
      order_[r.heap] = may ? id : id | may_not;
      (may ? r.kept : r.refused) += chance(r.logits, id, r.top);
      return true;
    }
    /// Draws one token; Vocab: it may not follow, or is not in the nucleus.
    template <class Admitted>
    std::size_t draw_one(ranking& r, float coin, Admitted& admitted) {
      const std::size_t known = r.end - r.heap;  // what was refused before is not drawn from
      const float drawn = coin * (r.all - r.refused);
      float passed = 0;
      above_it up;
      for (std::size_t i = 0; i < r.end - r.heap || ask_next(r, admitted); ++i) {
        const std::uint32_t entry = order_[r.end - 1 - i];
        const bool may = (entry & may_not) == 0;
        if (!may && i < known) continue;
        const std::uint32_t id = entry & ~may_not;
        const float own = chance(r.logits, id, r.top);
        passed += own;
        if (passed > drawn) return may && in_nucleus(r, own, up, admitted) ? id : Vocab;
        if (may) up.add(own);
      }
      if (up.ends(r.all - r.refused)) return Vocab;
      return draw_below(r, drawn, passed, admitted);
    }
    /// Draws from those that were not asked, which are too many, or too unlikely to be in the order.
    template <class Admitted>
    MOTE_NOINLINE std::size_t draw_below(ranking& r, float drawn, float passed, Admitted& admitted) {
      admitted.all();
      const std::uint32_t last = order_[r.heap] & ~may_not;
      std::size_t chosen = Vocab;
      for (std::uint32_t id = 0; id < Vocab && !(passed > drawn); ++id)
        if (above<scaled>(r.logits, last, id)) {
          chosen = id;
          passed += chance(r.logits, id, r.top);
        }
      if (chosen == Vocab) return Vocab;
      const auto it = static_cast<std::uint32_t>(chosen);
      above_it up;
      for (std::uint32_t id = 0; id < Vocab; ++id)
        if (above<scaled>(r.logits, id, it) && admitted.may(id)) up.add(chance(r.logits, id, r.top));
      return admitted.may(it) && in_nucleus(r, chance(r.logits, it, r.top), up, admitted) ? chosen : Vocab;
    }
    /// Of those that are likelier than a token and may follow.
    struct above_it {
      float sum = 0, first = 0;  // their chance, and that of the likeliest
      std::size_t count = 0;
      void add(float chance) {
        sum += chance;
        first = chance > first ? chance : first;
        ++count;
      }
      /// Whether filters leave out a token below them, of this chance.
      bool leaves_out(float own) const {
        return (Knobs.top_k != 0 && count >= Knobs.top_k) || (Knobs.min_p > 0.0F && own < Knobs.min_p * first);
      }
      /// Whether no token below them is in the nucleus, of those that have at most `all`.
      bool ends(float all) const {
        return (Knobs.top_k != 0 && count >= Knobs.top_k) || (Knobs.top_p < 1.0F && sum > Knobs.top_p * all);
      }
    };
    template <class Admitted>
    bool in_nucleus(ranking& r, float own, const above_it& up, Admitted& admitted) {
      if (up.leaves_out(own)) return false;
      if constexpr (Knobs.top_p < 1.0F) {
        do {
          if (up.sum <= Knobs.top_p * r.kept) return true;
          if (up.sum > Knobs.top_p * (r.all - r.refused)) return false;
        } while (ask_next(r, admitted));
        return up.sum <= Knobs.top_p * chance_of_admitted(r, admitted);
      }
      return true;
    }
    template <class Admitted>
    MOTE_NOINLINE static float chance_of_admitted(const ranking& r, Admitted& admitted) {
      admitted.all();
      float sum = 0;
      for (std::uint32_t id = 0; id < Vocab; ++id)
        if (admitted.may(id)) sum += chance(r.logits, id, r.top);
      return sum;
    }
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
