// SPDX-License-Identifier: BSL-1.0
// Teaches a pipeline a few lessons without spoiling what it knew: each lesson is mixed with ordinary items (replay), a
// part of both is held back to see when to stop, and the best state that was seen is kept.
// Refuses to end worse than it began: if no state was better on the held-back part, nothing was learned and it says so.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/learn/early_stop.hpp"
#include "mote/pipeline.hpp"

namespace mote::inline v0::host {

struct teach_knobs {
  float rate = 2e-3F;
  std::size_t rounds = 12;    ///< at most; a round sees every lesson once
  std::size_t replay = 4;     ///< ordinary items beside each lesson
  std::size_t held_back = 7;  ///< every seventh lesson judges and does not teach; fewer lessons do both
  std::size_t ordinary = 12;  ///< ordinary items that judge
  std::uint64_t seed = 1;
};

struct taught {
  status state = status::ok;  ///< no_effect: no round was better than the start
  std::size_t rounds = 0;
  std::size_t steps = 0;
  float before = 0;  ///< loss of the held-back part, nats a token
  float after = 0;
};

/// What a lesson is: an item with `prompt`, `answer` and `notes`, of which it has none or one.
template <class Source>
using item_of = std::remove_cvref_t<decltype(std::declval<Source&>().next())>;

/// An item of text as something to learn.
template <class Item>
example to_example(const Item& item) {
  return {.prompt = item.prompt,
          .answer = item.answer,
          .note = item.notes.empty() ? std::string_view() : std::string_view(item.notes.front())};
}

/// `ordinary.next()` gives items of what must go on working, without end; `report(round, rounds, loss)` is called after
/// each round.
template <class Assistant, class Source, class Report>
taught teach(Assistant& ai, std::span<const item_of<Source>> lessons, Source& ordinary, teach_knobs knobs,
             Report&& report) {
  using item_type = item_of<Source>;
  taught result;
  if (lessons.empty()) return {.state = status::empty};
  for (const item_type& lesson : lessons)  // a lesson that cannot be taught is refused before anything changes
    if (const learned l = ai.loss(to_example(lesson)); l.state != status::ok) return {.state = l.state};

  // What does not fit the learning window is no replay for this pipeline.
  const auto next_ordinary = [&] {
    for (;;) {
      item_type item = ordinary.next();
      if (item.notes.size() > 1) continue;
      if (const status s = ai.loss(to_example(item)).state; s == status::ok || s == status::not_finite) return item;
    }
  };
  std::vector<item_type> teaching;
  std::vector<item_type> judging;
  const bool enough = lessons.size() >= knobs.held_back;
  for (std::size_t i = 0; i < lessons.size(); ++i) {
    const bool held = i % knobs.held_back == knobs.held_back - 1;
    if (held || !enough) judging.push_back(lessons[i]);
    if (!held || !enough) teaching.push_back(lessons[i]);
  }
  // Both halves count alike, or a single lesson would drown among the ordinary items.
  std::vector<item_type> usual;
  for (std::size_t i = 0; i < knobs.ordinary; ++i) usual.push_back(next_ordinary());
  const auto mean = [&](const std::vector<item_type>& items) {
    float sum = 0;
    for (const item_type& item : items) sum += ai.loss(to_example(item)).loss;
    return items.empty() ? 0.0F : sum / static_cast<float>(items.size());
  };
  const auto judge = [&] { return 0.5F * (mean(judging) + mean(usual)); };

  auto& learning = ai.learning();
  std::vector<float> best(std::remove_cvref_t<decltype(learning)>::parameter_floats);
  const auto keep = [&] { std::copy_n(learning.parameters(), best.size(), best.begin()); };
  keep();
  early_stop<2> stop;
  result.before = result.after = judge();
  (void)stop.observe(result.before);

  if (const status s = learning.rate(knobs.rate); s != status::ok) {
    result.state = s;
    return result;
  }
  rng random(knobs.seed);
  bool improved = false;
  for (verdict v = verdict::better; v != verdict::stop && result.rounds < knobs.rounds;) {
    for (std::size_t i = teaching.size(); i > 1; --i)
      std::swap(teaching[i - 1], teaching[random.below(static_cast<std::uint32_t>(i))]);
    for (const item_type& lesson : teaching) {
      (void)ai.learn(to_example(lesson));
      ++result.steps;
      for (std::size_t i = 0; i < knobs.replay; ++i, ++result.steps) (void)ai.learn(to_example(next_ordinary()));
    }
    ++result.rounds;
    const float loss = judge();
    v = stop.observe(loss);
    if (v == verdict::better) {
      result.after = loss;
      improved = true;
      keep();
    }
    report(result.rounds, knobs.rounds, loss);
  }
  learning.restore(best.data());
  if (!improved) result.state = status::no_effect;
  return result;
}

}  // namespace mote::inline v0::host
