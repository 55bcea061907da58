// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/learned_weights.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fused_by_hand.hpp"
#include "mote/core/rng.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/flat.hpp"
#include "mote/recall/mmr.hpp"
#include "mote/recall/pieces.hpp"
#include "mote/recall/rag.hpp"
#include "mote/recall/recent.hpp"
#include "mote/store/record_writer.hpp"

namespace {

using fused_by_hand::above_last;
using fused_by_hand::random_text;
using fused_by_hand::search;
using mote::hit;
using mote::item_id;
using mote::status;

using words =
    mote::bm25<mote::bm25_knobs{.items = 50, .item_bytes = 64, .least = 0, .share = 0, .alike = 1}, mote::words<>>;
using letters = mote::flat<mote::flat_knobs{.items = 50, .item_bytes = 64, .dims = 128}>;
using newest = mote::recent<mote::recent_knobs{.items = 50, .item_bytes = 64}>;
constexpr mote::learned_knobs knobs{.step = 0.2F, .most = 30.0F};
using both = mote::fuse<words, letters, mote::fuse_knobs{}, mote::learned_weights<knobs>>;
using plain = mote::fuse<words, letters>;
using three = mote::fuse<both, newest, mote::fuse_knobs{}, mote::learned_weights<>>;

static_assert(both::ram_bytes == plain::ram_bytes + 4 && both::stack_bytes == plain::stack_bytes);
static_assert(three::ram_bytes == both::ram_bytes + 4);
static_assert(mote::retriever<both> && mote::retriever<three>);
static_assert(mote::rag<both>::with_items<20>::ram_bytes < both::ram_bytes);

template <class Index>
concept learns = requires(Index& i) { i.helped("", item_id{}); };
static_assert(learns<both::index> && learns<three::index> && learns<mote::mmr<both>::index>);
static_assert(learns<mote::pieces<both>::index> && !learns<plain::index> && !learns<mote::pieces<plain>::index>);

constinit both::index in_bss;  // no constructor runs at start-up

/// Weights of a user's own: the second counts twice as much with each text that helped.
class doubled {
 public:
  static constexpr std::size_t kept_floats = 1;
  float second(float given) const { return given * (1.0F + more_); }
  void learn(const std::array<float, 2>&, const std::array<float, 2>&) { more_ = 2.0F * more_ + 1.0F; }
  void keep(float* out) const { *out = more_; }
  static bool may_take(const float* from) { return *from >= 0.0F; }
  void take(const float* from) { more_ = *from; }

 private:
  float more_ = 0.0F;
};

/// Letters that count their searches.
struct counting : letters::finder {
  static inline int searches = 0;
  void search(const letters::features::query& query, const auto& items, mote::best_hits& best) const {
    ++searches;
    letters::finder::search(query, items, best);
  }
};

/// What a hit is above the last; 0 for one that is not there.
double share(item_id id, const std::vector<hit>& all) {
  const auto at = std::find_if(all.begin(), all.end(), [&](const hit& h) { return h.id == id; });
  return at == all.end() ? 0.0 : above_last(*at, all);
}

std::vector<std::byte> saved(const auto& index) {
  std::vector<std::byte> all(mote::records_bytes(index));
  REQUIRE(mote::write_records(index, all) == status::ok);
  return all;
}

}  // namespace

TEST_CASE("learned weights: the rule a second time, over many questions", "[recall][learned_weights]") {
  both::index& fused = in_bss;
  static words::index by_words;
  static letters::index by_letters;
  mote::rng random(5);
  for (int i = 0; i < 40; ++i) {
    const std::string text = random_text(random);
    REQUIRE(fused.add(text) == status::ok);
    REQUIRE(by_words.add(text) == status::ok);
    REQUIRE(by_letters.add(text) == status::ok);
  }
  double ratio = 0.1, least = 1.0, greatest = 0.0;
  int moved = 0;
  for (int round = 0; round < 1500; ++round) {
    const std::string question = random_text(random);
    const auto a = search(by_words, question, 16), b = search(by_letters, question, 16);
    std::map<item_id, double> scores;
    for (const hit& h : a) scores[h.id] = share(h.id, a) + ratio * share(h.id, b);
    for (const hit& h : b)
      if (!scores.contains(h.id) && h.score > 0.45F) scores[h.id] = ratio * share(h.id, b);
    const auto hits = search(fused, question, 50);
    REQUIRE(hits.size() == scores.size());
    for (const hit& h : hits) REQUIRE(std::abs(static_cast<double>(h.score) - scores.at(h.id)) < 1e-3 * (1 + ratio));
    // For a while what words rank well helps, then what letters do, then anything.
    const auto& good = round % 600 < 200 ? b : a;
    const auto stored = static_cast<std::uint32_t>(fused.newest());
    const item_id helpful =
        round % 600 < 400 && !good.empty()
            ? good[random.below(static_cast<std::uint32_t>(std::min<std::size_t>(2, good.size())))].id
            : item_id{1 + random.below(stored)};
    const status s = fused.helped(question, helpful);
    REQUIRE(s == (fused.text(helpful).empty() ? status::empty : status::ok));
    if (s != status::ok || hits.empty() || hits[0].id == helpful) continue;
    const auto is_in = [&](const std::vector<hit>& v) {
      return std::any_of(v.begin(), v.end(), [&](const hit& h) { return h.id == helpful; });
    };
    if (!is_in(a) && !is_in(b)) continue;
    const double first = share(helpful, a) - share(hits[0].id, a), second = share(helpful, b) - share(hits[0].id, b);
    ratio = std::clamp(ratio * (1 + 0.2 * second) / (1 + 0.2 * first), 0.1 / 30, 0.1 * 30);
    least = std::min(least, ratio);
    greatest = std::max(greatest, ratio);
    ++moved;
  }
  CHECK(moved > 500);
  CHECK(least < 0.08);
  CHECK(greatest > 0.5);

  // What was learned is not forgotten with the texts, and no byte of a question is kept.
  const auto learned = saved(fused);
  fused.clear();
  const auto empty = saved(fused);
  CHECK(std::equal(learned.end() - 10, learned.end(), empty.end() - 10));
}

TEST_CASE("learned weights: however often, each retriever keeps a part", "[recall][learned_weights]") {
  mote::learned_weights<knobs> w;
  const auto learn = [&](float first, float second) {
    for (int i = 0; i < 100; ++i) w.learn({first, second}, {0.5F, 0.5F});
  };
  learn(0.0F, 1.0F);
  CHECK(w.second(0.1F) == 0.1F * 30.0F);
  learn(1.0F, 0.0F);
  CHECK(std::abs(w.second(0.1F) - 0.1F / 30.0F) < 1e-8F);
  learn(1.0F, 1.0F);
  CHECK(std::abs(w.second(0.1F) - 0.1F / 30.0F) < 1e-8F);

  // Slow, and far away: it comes back, and a narrower bound holds for what is loaded.
  mote::learned_weights<mote::learned_knobs{.step = 0.001F, .most = 1e6F}> slow;
  const float far = -999'999.0F;
  slow.take(&far);
  CHECK(std::abs(slow.second(1.0F) - 1e-6F) < 1e-12F);
  for (int i = 0; i < 20'000; ++i) slow.learn({0.0F, 1.0F}, {0.5F, 0.5F});
  CHECK(slow.second(1.0F) > 400.0F);  // e^20 times
  w.take(&far);
  CHECK(std::abs(w.second(0.1F) - 0.1F / 30.0F) < 1e-8F);
  CHECK(!mote::learned_knobs{.step = 0.0F}.valid());
  CHECK(!mote::learned_knobs{.most = 0.5F}.valid());
}

TEST_CASE("learned weights: what helped is found by one search of each retriever", "[recall][learned_weights]") {
  using counted = mote::retrieve<letters::store, letters::features, counting>;
  static mote::fuse<words, counted, mote::fuse_knobs{}, mote::learned_weights<>>::index memory;
  REQUIRE(memory.add("red boiler here") == status::ok);
  REQUIRE(memory.add("boilers are blue") == status::ok);
  CHECK(memory.helped("boilers here", item_id{2}) == status::ok);
  CHECK(counting::searches == 1);  // stack_bytes has room for its hits once
}

TEST_CASE("learned weights: kept with the texts, and a file is hostile", "[recall][learned_weights][snapshot]") {
  static three::index memory;
  static three::index other;
  for (const char* text : {"red boiler here", "boilers are blue", "a window and a boilerplate", "boil"})
    REQUIRE(memory.add(text) == status::ok);
  const auto records_before = saved(memory);
  const auto of = [](const auto& m, std::string_view question) {
    std::vector<float> scores;
    for (const hit& h : search(m, question, 4)) scores.push_back(h.score);
    return scores;
  };
  const auto before = of(memory, "the boiler");
  for (int i = 0; i < 20; ++i)
    for (std::uint32_t id = 1; id <= 4; ++id) REQUIRE(memory.helped("the boiler", item_id{id}) == status::ok);
  const auto learned = of(memory, "the boiler");
  CHECK(learned != before);
  const auto records = saved(memory);
  REQUIRE(other.load(records) == status::ok);
  CHECK(of(other, "the boiler") == learned);
  REQUIRE(other.load(records_before) == status::ok);
  CHECK(of(other, "the boiler") == before);
  REQUIRE(other.load(records) == status::ok);

  // Records without weights: as the knobs say.
  static mote::fuse<plain, newest>::index unlearned;
  for (const char* text : {"red boiler here", "boilers are blue", "a window and a boilerplate", "boil"})
    REQUIRE(unlearned.add(text) == status::ok);
  REQUIRE(other.load(saved(unlearned)) == status::ok);
  CHECK(of(other, "the boiler") == before);
  CHECK(of(unlearned, "the boiler") == before);
  CHECK(unlearned.load(records) == status::wrong_size);  // a part would be lost

  // Bytes that no index could have written, and each shorter piece: nothing changes.
  REQUIRE(other.load(records) == status::ok);
  for (const float bad :
       {-1e7F, 1e7F, std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()})
    for (const std::size_t at : {records.size() - 4, records.size() - 8}) {
      auto changed = records;
      const auto bytes = std::bit_cast<std::array<std::byte, 4>>(bad);
      std::copy(bytes.begin(), bytes.end(), changed.begin() + static_cast<std::ptrdiff_t>(at));
      CHECK(other.load(changed) == status::corrupt_payload);
    }
  for (std::size_t bytes = 0; bytes < records.size(); ++bytes) {
    const status s = other.load(std::span(records).first(bytes));
    if (bytes == records.size() - 14) CHECK(s == status::ok);  // the texts alone
    else REQUIRE(s != status::ok);
    if (s == status::ok) REQUIRE(other.load(records) == status::ok);
  }
  auto twice = records;
  twice.insert(twice.end(), records.end() - 14, records.end());
  CHECK(other.load(twice) == status::wrong_size);
  CHECK(of(other, "the boiler") == learned);
}

TEST_CASE("learned weights in pieces<> and mmr<>, and weights of a user's own", "[recall][learned_weights]") {
  static mote::pieces<mote::fuse<words, letters, mote::fuse_knobs{.alone = 0.0F}, doubled>>::index notes, again;
  static mote::mmr<mote::fuse<words, letters, mote::fuse_knobs{.alone = 0.0F}, doubled>>::index different;
  for (const char* text : {"red boiler here", "the boilers are blue"}) {
    REQUIRE(notes.add(text) == status::ok);
    REQUIRE(different.add(text) == status::ok);
  }
  const auto found = search(notes, "boiler", 2);
  REQUIRE(found.size() == 2);
  const float second = 10.0F * found[1].score;               // its share among letters, of which words know nothing
  CHECK(notes.helped("boiler", found[0].id) == status::ok);  // it is first
  CHECK(search(notes, "boiler", 2)[1].score == found[1].score);
  CHECK(notes.helped("boiler", found[1].id) == status::ok);
  CHECK(std::abs(search(notes, "boiler", 2)[1].score - 0.2F * second) < 1e-6F);
  CHECK(notes.helped("boiler", item_id{77}) == status::empty);
  CHECK(notes.helped("...", found[1].id) == status::ok);  // nothing is found, nothing is learned
  CHECK(std::abs(search(notes, "boiler", 2)[1].score - 0.2F * second) < 1e-6F);
  REQUIRE(again.load(saved(notes)) == status::ok);
  CHECK(search(again, "boiler", 2)[1].score == search(notes, "boiler", 2)[1].score);
  CHECK(different.helped("boiler", item_id{2}) == status::ok);
  CHECK(saved(different).size() == saved(notes).size());
}
