// SPDX-License-Identifier: BSL-1.0
// Ranges for range-v3 over texts: pieces of a pipeline's answer, hits of a search, sentences of a text. Optional:
// mote.hpp does not include it, and nothing in mote needs it.
//   views::pieces(ai, "Is the oven on?") | ranges::views::take(8)       input range of std::string_view
//   views::hits(ai.memory(), "boiler code")                            random access range of views::found, best first
//   views::sentences(manual) | ranges::views::filter(short_enough)     forward range of std::string_view
// Works with -fno-exceptions and -fno-rtti. Define NDEBUG in a release: without it range-v3 checks its own
// preconditions on every step.
// Refuses range/v3/all.hpp, and to hide work: each piece costs a pass through the model, or more where a token has no
// text; the first one runs the whole prompt.
#pragma once

#include <array>
#include <cstddef>
#include <iterator>
#include <range/v3/range/concepts.hpp>
#include <range/v3/view/interface.hpp>
#include <span>
#include <string_view>

#include "mote/core/bytes.hpp"
#include "mote/core/status.hpp"
#include "mote/pipeline/answer.hpp"
#include "mote/recall/retriever.hpp"

namespace mote::inline v0::views {

// ---- pieces of an answer --------------------------------------------------------------------------------------------

/// The answer of a pipeline. A single-pass range: a second begin() continues where the first one stopped.
template <class Pipeline>
class pieces_view : public ranges::view_interface<pieces_view<Pipeline>> {
 public:
  /// The pipeline's own iterator, with the category that adaptors of range-v3 need.
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using reference = std::string_view;
    using pointer = void;
    iterator() = default;
    explicit iterator(Pipeline* owner) : at_(owner) {}
    std::string_view operator*() const { return *at_; }
    iterator& operator++() {
      ++at_;
      return *this;
    }
    void operator++(int) { ++at_; }
    bool operator==(const iterator& other) const { return at_ == other.at_; }

   private:
    typename Pipeline::answer::iterator at_;
  };

  pieces_view() = default;
  explicit pieces_view(Pipeline& owner) : pipeline_(&owner) {}

  iterator begin() { return pipeline_ == nullptr ? iterator() : iterator(pipeline_); }
  iterator end() { return {}; }
  /// ok, or why there is no answer or no more of it. Like ending(), it is about the pipeline's newest question.
  status state() const { return pipeline_ == nullptr ? status::empty : pipeline_->state(); }
  /// After the loop: how the answer ended. none: the loop was left early, as views::take does.
  v0::ending ending() const { return pipeline_ == nullptr ? v0::ending::stopped : pipeline_->ending(); }

 private:
  Pipeline* pipeline_ = nullptr;
};

/// Asks a question and makes the prompt; no token runs before the view's begin(). `limit`: the answer's most tokens.
template <class Pipeline>
pieces_view<Pipeline> pieces(Pipeline& owner, std::string_view question, std::size_t limit = too_big) {
  (void)owner.begin(question, limit);
  return pieces_view<Pipeline>(owner);
}

// ---- hits of a search -----------------------------------------------------------------------------------------------

/// A remembered text and how well it matches. The text is the index's own, valid until the index changes.
struct found {
  item_id id = item_id::none;
  float score = 0.0F;
  std::string_view text;
};

/// At most Most hits, inside the view itself: nothing is allocated.
template <std::size_t Most>
class hits_view : public ranges::view_interface<hits_view<Most>> {
 public:
  hits_view() = default;
  template <searchable Index>
  hits_view(const Index& index, std::string_view question, std::size_t most) {
    std::array<hit, Most> best;
    count_ = index.search(question, std::span<hit>(best).first(most < Most ? most : Most));
    for (std::size_t i = 0; i < count_; ++i) found_[i] = {best[i].id, best[i].score, index.text(best[i].id)};
  }

  const found* begin() const { return found_.data(); }
  const found* end() const { return found_.data() + count_; }

 private:
  std::array<found, Most> found_{};
  std::size_t count_ = 0;
};

/// Searches once, when called. `most` above Most counts as Most.
template <std::size_t Most = 8, searchable Index>
hits_view<Most> hits(const Index& index, std::string_view question, std::size_t most = Most) {
  return hits_view<Most>(index, question, most);
}

// ---- sentences of a text --------------------------------------------------------------------------------------------

/// Sentences as views into the text, without the spaces around them. A sentence ends after '.', '!' or '?' and any
/// closing quotes or brackets, if a space or the end of the text follows (so 7.5 stays whole), and at a line's end.
/// Abbreviations are not known: "Dr. Ng" is cut.
class sentences_view : public ranges::view_interface<sentences_view> {
 public:
  class iterator {
   public:
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    iterator() = default;
    explicit iterator(std::string_view rest) : rest_(rest) { ++*this; }
    std::string_view operator*() const { return sentence_; }
    iterator& operator++() {
      do {
        const std::size_t length = first_length(rest_);
        sentence_ = trim(rest_.substr(0, length));
        rest_.remove_prefix(length);
      } while (sentence_.empty() && !rest_.empty());
      return *this;
    }
    iterator operator++(int) {
      iterator before = *this;
      ++*this;
      return before;
    }
    /// For two iterators over one text: as much text is left, and both or neither are at the end.
    bool operator==(const iterator& other) const {
      return rest_.size() == other.rest_.size() && sentence_.empty() == other.sentence_.empty();
    }

   private:
    static constexpr bool space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
    static constexpr bool stop(char c) { return c == '.' || c == '!' || c == '?'; }
    static constexpr bool closing(char c) { return c == '"' || c == '\'' || c == ')' || c == ']'; }

    static constexpr std::size_t first_length(std::string_view text) {
      for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n') return i + 1;
        if (!stop(text[i])) continue;
        std::size_t end = i + 1;
        while (end < text.size() && (stop(text[end]) || closing(text[end]))) ++end;
        if (end == text.size() || space(text[end])) return end;
      }
      return text.size();
    }
    static constexpr std::string_view trim(std::string_view text) {
      while (!text.empty() && space(text.front())) text.remove_prefix(1);
      while (!text.empty() && space(text.back())) text.remove_suffix(1);
      return text;
    }

    std::string_view rest_;
    std::string_view sentence_;
  };

  sentences_view() = default;
  explicit sentences_view(std::string_view text) : text_(text) {}
  iterator begin() const { return iterator(text_); }
  iterator end() const { return {}; }

 private:
  std::string_view text_;
};

inline sentences_view sentences(std::string_view text) { return sentences_view(text); }

}  // namespace mote::inline v0::views
