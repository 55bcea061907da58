// SPDX-License-Identifier: BSL-1.0
// Where a retriever should be silent: how sure it is of its texts, for questions that one of them answers and for
// questions that none does; the floor that loses few of the first kind; the area under the curve of all floors.
//   floor_meter<bm25<every_hit>> memory;   memory.add(note);   memory.ask(question, right notes)
// Refuses a retriever that leaves hits out: its knobs are `every_hit`, or `least` is 0.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "mote/recall/hit.hpp"
#include "mote/recall/parts.hpp"

namespace mote::inline v0::host {

/// How sure a retriever is, in units of its knob `least`.
struct sureness {
  float best = 0.0F;   ///< of the text that it is surest of
  float right = 0.0F;  ///< of a right one among the first hits; 0: none is there
};

/// A memory whose retriever says how sure it is. Notes are numbered from 0, as they were added.
template <class Retriever>
class floor_meter {
 public:
  /// False: the retriever does not take the note, which has a number all the same.
  bool add(std::string_view note) {
    const std::size_t number = notes_++;
    typename Retriever::features::item features;
    if (Retriever::store::fits(note) != status::ok) return false;
    if (features_.embed(note, features) != status::ok) return false;
    const auto gone = [&](std::size_t row) { remove_row(*index_, row, *store_); };
    const std::size_t row = store_->add(note, gone);
    add_row(*index_, row, features, *store_);
    row_of_.resize(notes_, Retriever::store::capacity);
    row_of_[number] = row;
    return true;
  }

  /// `right` are numbers of notes; hits: how many texts are put in a prompt.
  sureness ask(std::string_view question, std::span<const std::size_t> right, std::size_t hits = 2) const {
    sureness out;
    typename Retriever::features::query query;
    if (features_.ask(question, query) != status::ok) return out;
    std::vector<float> by_row(Retriever::store::capacity);
    std::vector<hit> found(Retriever::store::capacity);
    best_hits best(found);
    index_->search(query, *store_, best);
    found.resize(best.found());
    if constexpr (requires { index_->assess(query, *store_, by_row.data()); }) {
      index_->assess(query, *store_, by_row.data());
    } else {
      for (const hit& h : found) by_row[store_->find(h.id)] = h.score;
    }
    out.best = *std::max_element(by_row.begin(), by_row.end());
    for (std::size_t i = 0; i < (std::min)(hits, found.size()); ++i)
      for (const std::size_t number : right)
        if (number < row_of_.size() && store_->find(found[i].id) == row_of_[number])
          out.right = (std::max)(out.right, by_row[row_of_[number]]);
    return out;
  }

 private:
  std::size_t notes_ = 0;
  std::vector<std::size_t> row_of_;
  typename Retriever::features features_;
  std::unique_ptr<typename Retriever::store> store_ = std::make_unique<typename Retriever::store>();
  std::unique_ptr<typename Retriever::finder> index_ = std::make_unique<typename Retriever::finder>();
};

/// The largest floor that at most this part of the right texts is below; 0 if there are none.
inline float floor_that_loses(std::vector<float> right, double part) {
  if (right.empty()) return 0.0F;
  std::sort(right.begin(), right.end());
  const auto lost = static_cast<std::size_t>(part * static_cast<double>(right.size()));
  return right[(std::min)(lost, right.size() - 1)];
}

/// The part of them that is below a floor.
inline double part_below(std::span<const float> all, float floor) {
  if (all.empty()) return 0.0;
  const auto below = std::count_if(all.begin(), all.end(), [&](float f) { return f < floor; });
  return static_cast<double>(below) / static_cast<double>(all.size());
}

/// The chance that a right text is surer than the best of a question without an answer: the area under the curve of all
/// floors (ROC). 0.5: the retriever does not tell them apart.
inline double area_of_floors(std::span<const float> right, std::span<const float> unanswered) {
  if (right.empty() || unanswered.empty()) return 0.5;
  std::vector<float> sorted(unanswered.begin(), unanswered.end());
  std::sort(sorted.begin(), sorted.end());
  double sum = 0.0;
  for (const float r : right) {
    const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), r);
    sum += static_cast<double>((low - sorted.begin()) + (high - sorted.begin())) / 2.0;
  }
  return sum / (static_cast<double>(right.size()) * static_cast<double>(sorted.size()));
}

}  // namespace mote::inline v0::host
