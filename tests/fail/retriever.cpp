// SPDX-License-Identifier: BSL-1.0
// A retriever that cannot forget.
// EXPECT: mote: this retriever.s index cannot forget; give it `bool erase\(item_id\)` \[mote-retriever\]
#include "little.hpp"
#include "recalling.hpp"

struct last_text {
  struct index {
    mote::status add(std::string_view t) { return text_ = t, mote::status::ok; }
#if MOTE_FAIL
    bool remove(mote::item_id) { return text_ = {}, true; }
#else
    bool erase(mote::item_id) { return text_ = {}, true; }
#endif
    void clear() { text_ = {}; }
    std::size_t size() const { return text_.empty() ? 0 : 1; }
    std::string_view text(mote::item_id) const { return text_; }
    std::size_t search(std::string_view, std::span<mote::hit> out) const {
      out[0] = {mote::item_id{1}, 1.0F};
      return size();
    }
    template <mote::record_sink Sink>
    mote::status save(Sink&) const {
      return mote::status::ok;
    }
    mote::status load(std::span<const std::byte>) { return mote::status::ok; }
    std::string_view text_;
  };
  static constexpr std::size_t ram_bytes = sizeof(index), stack_bytes = 0, max_item_bytes = 96;
};
using assistant = mote::pipeline<little, mote::rag<last_text>>;

template struct recalling<assistant>;
