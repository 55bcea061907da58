// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/rag.hpp"

#include <catch2/catch_test_macros.hpp>
#include <concepts>
#include <type_traits>

#include "mote/recall/bm25.hpp"
#include "mote/recall/no_recall.hpp"

namespace {

using by_words = mote::rag<mote::bm25<>>;
using more = mote::rag<mote::bm25<mote::bm25_knobs{.items = 8}>, mote::rag_knobs{.hits = 4, .tokens = 160}>;

// A retriever of a user's own: it keeps the last text and finds it always.
struct last_text {
  struct index {
    mote::status add(std::string_view text) {
      kept = text;
      return mote::status::ok;
    }
    bool erase(mote::item_id) {
      const bool had = !kept.empty();
      kept = {};
      return had;
    }
    void clear() { kept = {}; }
    std::size_t size() const { return kept.empty() ? 0 : 1; }
    std::string_view text(mote::item_id) const { return kept; }
    std::size_t search(std::string_view, std::span<mote::hit> out) const {
      if (out.empty() || kept.empty()) return 0;
      out[0] = {.id = mote::item_id{1}, .score = 1.0F};
      return 1;
    }
    template <mote::record_sink Sink>
    mote::status save(Sink&) const {
      return mote::status::ok;
    }
    mote::status load(std::span<const std::byte>) { return mote::status::ok; }
    std::string_view kept;
  };
  static constexpr std::size_t ram_bytes = sizeof(index);
  static constexpr std::size_t stack_bytes = 0;
  static constexpr std::size_t max_item_bytes = 32;
};

struct cannot_forget {
  struct index {
    mote::status add(std::string_view) { return mote::status::ok; }
  };
  static constexpr std::size_t ram_bytes = 1;
  static constexpr std::size_t stack_bytes = 0;
  static constexpr std::size_t max_item_bytes = 32;
};

}  // namespace

TEST_CASE("rag fills the recall slot and passes on its retriever's costs", "[recall][rag]") {
  STATIC_CHECK(mote::fills<by_words, mote::slots::recall>);
  STATIC_CHECK(by_words::recalls);
  STATIC_CHECK(std::same_as<by_words::index, mote::bm25<>::index>);
  STATIC_CHECK(by_words::ram_bytes == sizeof(by_words::index));
  STATIC_CHECK(by_words::max_item_bytes == 128 * 96);  // what all share
  STATIC_CHECK(by_words::hits == 2);
  STATIC_CHECK(by_words::tokens == 96);
  STATIC_CHECK(more::hits == 4);
  STATIC_CHECK(more::tokens == 160);
  STATIC_CHECK(more::ram_bytes < by_words::ram_bytes);
  STATIC_CHECK(std::is_empty_v<by_words>);
}

TEST_CASE("a user's retriever is as good as ours, half of one is none", "[recall][rag]") {
  STATIC_CHECK(mote::retriever<last_text>);
  STATIC_CHECK(mote::rag<last_text>::ram_bytes == sizeof(last_text::index));
  STATIC_CHECK_FALSE(mote::retriever<cannot_forget>);
  STATIC_CHECK_FALSE(mote::retriever<int>);
  STATIC_CHECK_FALSE(mote::retriever<mote::no_recall>);
}

TEST_CASE("no_recall costs nothing", "[recall][rag]") {
  STATIC_CHECK(mote::fills<mote::no_recall, mote::slots::recall>);
  STATIC_CHECK_FALSE(mote::no_recall::recalls);
  STATIC_CHECK(mote::no_recall::ram_bytes == 0);
  STATIC_CHECK(std::is_empty_v<mote::no_recall::index>);
}
