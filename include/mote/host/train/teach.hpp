// SPDX-License-Identifier: BSL-1.0
// Trains a pipeline on a few lessons without losing what it knew: each lesson is mixed with ordinary items (replay),
// some of both are held back to decide when to stop, and the parameters with the lowest held-back loss are kept.
// Refuses to end worse than it began: if no round lowers the held-back loss, it restores the start (no_effect). It does
// not search for ordinary items without end either.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
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
  std::size_t rounds = 12;    ///< at most; each round trains on every lesson once
  std::size_t replay = 4;     ///< ordinary items trained on after each lesson
  std::size_t held_back = 7;  ///< every seventh lesson is only evaluated; with fewer lessons, or 0, all do both
  std::size_t ordinary = 12;  ///< ordinary items that are evaluated
  std::size_t tries = 1000;   ///< ordinary items that are passed over, one after another, before the search is given up
  std::uint64_t seed = 1;
};

struct taught {
  /// no_effect: no round was better; empty: no lessons; too_long: of `tries` ordinary items in a row none fits the
  /// training window; else why a lesson cannot be taught.
  status state = status::ok;
  std::size_t rounds = 0;
  std::size_t steps = 0;  ///< examples trained on
  float before = 0;       ///< loss of the held-back part, nats per token
  float after = 0;
};

/// The type of a lesson: `prompt`, `answer` and `notes`, a list of at most one note.
template <class Source>
using item_of = std::remove_cvref_t<decltype(std::declval<Source&>().next())>;

/// An item as a training example.
template <class Item>
example to_example(const Item& item) {
  return {.prompt = item.prompt,
          .answer = item.answer,
          .note = item.notes.empty() ? std::string_view() : std::string_view(item.notes.front())};
}

/// Trains `ai` on the lessons. ordinary.next() returns items of what must still work afterwards, without end; items
/// that do not fit the training window are passed over. report(round, rounds, held-back loss) is called after each
/// round. If ordinary items run out in a round, the parameters of the best round before it are kept.
template <class Assistant, class Source, class Report>
taught teach(Assistant& ai, std::span<const item_of<Source>> lessons, Source& ordinary, teach_knobs knobs,
             Report&& report) {
  using item_type = item_of<Source>;
  taught result;
  if (lessons.empty()) return {.state = status::empty};
  for (const item_type& lesson : lessons)  // refuses a lesson that cannot be taught before anything changes
    if (const learned l = ai.loss(to_example(lesson)); l.state != status::ok) return {.state = l.state};

  const auto next_ordinary = [&]() -> std::optional<item_type> {
    for (std::size_t i = 0; i < knobs.tries; ++i) {
      item_type item = ordinary.next();
      if (item.notes.size() > 1) continue;
      if (const status s = ai.loss(to_example(item)).state; s == status::ok || s == status::not_finite) return item;
    }
    return std::nullopt;
  };
  std::vector<item_type> teaching;
  std::vector<item_type> judging;
  const bool enough = knobs.held_back > 0 && lessons.size() >= knobs.held_back;
  for (std::size_t i = 0; i < lessons.size(); ++i) {
    const bool held = enough && i % knobs.held_back == knobs.held_back - 1;
    if (held || !enough) judging.push_back(lessons[i]);
    if (!held) teaching.push_back(lessons[i]);
  }
  // Lessons and ordinary items have half of the held-back loss each: the ordinary items outnumber a single lesson.
  std::vector<item_type> usual;
  for (std::size_t i = 0; i < knobs.ordinary; ++i) {
    std::optional<item_type> item = next_ordinary();
    if (!item) return {.state = status::too_long};
    usual.push_back(std::move(*item));
  }
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
  bool found = true;  // an ordinary item to every lesson so far
  const auto train_on = [&](const item_type& lesson) {
    (void)ai.learn(to_example(lesson));
    ++result.steps;
    for (std::size_t i = 0; i < knobs.replay && found; ++i) {
      const std::optional<item_type> item = next_ordinary();
      found = item.has_value();
      if (!found) break;
      (void)ai.learn(to_example(*item));
      ++result.steps;
    }
  };
  for (verdict v = verdict::better; v != verdict::stop && result.rounds < knobs.rounds;) {
    for (std::size_t i = teaching.size(); i > 1; --i)
      std::swap(teaching[i - 1], teaching[random.below(static_cast<std::uint32_t>(i))]);
    for (const item_type& lesson : teaching)
      if (found) train_on(lesson);
    if (!found) break;
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
  if (!found) result.state = status::too_long;
  else if (!improved) result.state = status::no_effect;
  return result;
}

}  // namespace mote::inline v0::host
