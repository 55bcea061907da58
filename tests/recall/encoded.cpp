// SPDX-License-Identifier: BSL-1.0
// An embedder over an encoder: codes against the vector's numbers, hits of each index against cosines in double
// precision, what stands in front, what is cut and what is refused. The encoder is a class of the tests' own;
// pipeline/encoder.cpp has the library's, which is asked once here.
#include "mote/recall/encoded.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../golden/families.hpp"
#include "mote/family/bert.hpp"
#include "mote/pipeline/encoder.hpp"
#include "mote/recall/binary.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/fuse.hpp"
#include "mote/recall/hnsw.hpp"
#include "mote/recall/ngrams.hpp"

using mote::hit;
using mote::item_id;
using mote::status;

namespace {

/// A vector that is drawn from the letters of a text; it reads twelve of them.
struct letters {
  static constexpr std::size_t dim = 20;
  static constexpr std::size_t longest = 12;
  std::string seen;
  std::array<float, dim> numbers{};

  static std::array<double, dim> of(std::string_view text) {
    std::array<double, dim> v{};
    std::uint64_t seed = 1;
    for (const char c : text) seed = seed * 31 + static_cast<unsigned char>(c);
    mote::rng random(seed);
    for (double& x : v) x = static_cast<double>(random.normal());
    return v;
  }
  status embed(std::string_view text, const mote::embedding_knobs& knobs = {}) {
    if (text.empty()) return status::empty;
    seen = std::string(knobs.before) + std::string(text);
    if (seen.size() > longest && !knobs.cuts) return status::too_long;
    seen.resize(std::min(seen.size(), longest));
    const auto v = of(seen);
    for (std::size_t i = 0; i < dim; ++i) numbers[i] = static_cast<float>(v[i]);
    return status::ok;
  }
  std::span<const float> vector() const { return numbers; }
};
letters finder;

using means = mote::encoded_by<finder>;
static_assert(mote::embedder<means> && sizeof(means::item) == 24 && std::is_empty_v<means>);

double cosine(std::string_view a, std::string_view b) {
  const auto x = letters::of(a), y = letters::of(b);
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) xy += x[i] * y[i], xx += x[i] * x[i], yy += y[i] * y[i];
  return xy / std::sqrt(xx * yy);
}

template <class R>
void finds_the_nearest(const char* name) {
  INFO(name);
  const auto memory = std::make_unique<typename R::index>();
  std::vector<std::pair<item_id, std::string>> texts;
  for (int i = 0; i < 60; ++i) {
    texts.emplace_back(item_id{}, "text " + std::to_string(i));
    REQUIRE(memory->add(texts.back().second) == status::ok);
    texts.back().first = memory->newest();
  }
  for (int q = 0; q < 20; ++q) {
    const std::string question = "what " + std::to_string(q);
    std::array<hit, 3> hits;
    REQUIRE(memory->search(question, hits) == 3);
    std::vector<double> all;
    for (const auto& [id, text] : texts) all.push_back(cosine(question, text));
    std::sort(all.rbegin(), all.rend());
    for (std::size_t i = 0; i < hits.size(); ++i) {  // eight bits: nearly the same order, nearly the same cosine
      CHECK(std::abs(cosine(question, memory->text(hits[i].id)) - all[i]) < 0.01);
      CHECK(std::abs(static_cast<double>(hits[i].score) - all[i]) < 0.01);
    }
  }
}

/// Whose numbers a test gives.
struct given {
  static constexpr std::size_t dim = 4;
  std::array<float, dim> numbers{};
  static status embed(std::string_view, const mote::embedding_knobs&) { return status::ok; }
  std::span<const float> vector() const { return numbers; }
};

struct model : mote_families::model<mote::bert, mote_families::sizes(2)> {
  static constexpr mote::pooling pooling = mote::pooling::mean;
};
using store = mote::item_store<64, 16>;
using wide = mote::encoded_by<finder, 32>;  // a power of 2, for bits

}  // namespace

TEST_CASE("encoded_by: codes are the vector's numbers in proportion", "[recall][encoded]") {
  for (const char* text : {"a", "boiler", "text 17"}) {
    means::item codes;
    wide::item more;
    REQUIRE(means::embed(text, codes) == status::ok);
    REQUIRE(wide::embed(text, more) == status::ok);
    const auto v = letters::of(text);
    double most = 0, squares = 0;
    for (const double x : v) most = std::max(most, std::abs(x));
    for (std::size_t i = 0; i < v.size(); ++i) {
      CHECK(std::abs(codes.codes[i] - v[i] / most * 127) < 0.501);
      CHECK(more.codes[i] == codes.codes[i]);
      squares += codes.codes[i] * codes.codes[i];
    }
    for (std::size_t i = v.size(); i < 32; ++i) CHECK(more.codes[i] == 0);
    CHECK(mote::sign_code<32>::of(codes).bits == mote::sign_code<32>::of(more).bits);
    CHECK(std::abs(static_cast<double>(codes.scale) * std::sqrt(squares) - 1) < 1e-6);
  }
}

TEST_CASE("encoded_by: every index finds the texts of the largest cosines", "[recall][encoded]") {
  finds_the_nearest<mote::retrieve<store, means, mote::flat_index<means::item, 64>>>("flat");
  finds_the_nearest<mote::retrieve<store, means, mote::hnsw_index<means::item, 64, 8, 64, 64>>>("hnsw");
  finds_the_nearest<mote::retrieve<store, mote::signs_of<means>, mote::binary_index<means, 64, 64>>>("binary");
  finds_the_nearest<mote::retrieve<store, mote::asked_of<means>, mote::reread_index<means>>>("read again");
}

TEST_CASE("encoded_by: what stands in front, what is cut, what is refused", "[recall][encoded]") {
  using asks = mote::encoded_by<finder, 32, "q: ", "t: ">;
  asks::item codes;
  REQUIRE(asks::embed("boiler", codes) == status::ok);
  CHECK(finder.seen == "t: boiler");
  REQUIRE(asks::ask("boiler", codes) == status::ok);
  CHECK(finder.seen == "q: boiler");
  REQUIRE(mote::signs_of<asks>::ask("boiler", codes) == status::ok);  // a question for those that hold it, too
  CHECK(finder.seen == "q: boiler");
  REQUIRE(mote::asked_of<asks>::ask("boiler", codes) == status::ok);
  CHECK(finder.seen == "q: boiler");
  CHECK(asks::embed("nine letters", codes) == status::too_long);
  REQUIRE(asks::ask("nine letters", codes) == status::ok);
  CHECK(finder.seen == "q: nine lett");
  means::item none;
  CHECK(means::embed("", none) == status::empty);
}

TEST_CASE("encoded_by: a vector without a length, or of numbers that are none, is refused", "[recall][encoded]") {
  static given encoder;
  using codes = mote::encoded_by<encoder>;
  using limits = std::numeric_limits<float>;
  codes::item c;
  CHECK((codes::embed("a", c) == status::empty && c.scale == 0.0F));
  for (const float bad : {limits::infinity(), -limits::infinity(), limits::quiet_NaN()})
    for (const std::size_t at : {std::size_t{0}, std::size_t{3}}) {
      encoder.numbers = {1.0F, 1.0F, 1.0F, 1.0F};
      encoder.numbers[at] = bad;
      CHECK(codes::embed("a", c) == status::not_finite);
      CHECK(codes::ask("a", c) == status::not_finite);
    }
  for (const float size : {limits::denorm_min(), 1e-42F, 1e-38F, 1e-20F, 1.0F, 1e20F, (limits::max)()}) {
    CAPTURE(size);
    encoder.numbers = {0.0F, size, 0.0F, -size};
    REQUIRE(codes::embed("a", c) == status::ok);
    CHECK(c.codes == std::array<std::int8_t, 4>{0, 127, 0, -127});
  }
}

TEST_CASE("encoded_by: mote's encoder in a memory, beside words", "[recall][encoded]") {
  static mote::encoder<model, mote::context<32>> encoder;
  using meaning = mote::encoded_by<encoder>;
  using vectors = mote::retrieve<store, meaning, mote::flat_index<meaning::item, 64>>;
  using memory = mote::fuse<mote::bm25<mote::bm25_knobs{.items = 64, .item_bytes = 16}>, vectors>;
  static vectors::index notes;
  static memory::index both;
  CHECK(notes.add("the heat is on") == status::not_attached);
  CHECK(notes.size() == 0);
  const auto image = mote_families::make_image<decltype(encoder)::format, mote::bert>(model::shape);
  REQUIRE(encoder.attach(image) == status::ok);
  for (const char* text : {"the heat is on", "no rain in the east", "tea at nine"}) {
    REQUIRE(notes.add(text) == status::ok);
    REQUIRE(both.add(text) == status::ok);
  }
  for (const char* text : {"no rain in the east", "tea at nine"}) {
    std::array<hit, 1> hits;
    REQUIRE(notes.search(text, hits) == 1);
    CHECK(notes.text(hits[0].id) == text);
    CHECK(hits[0].score > 0.999F);
    REQUIRE(both.search(text, hits) == 1);
    CHECK(both.text(hits[0].id) == text);
  }
  CHECK(notes.add(std::string(48, 'q')) == status::too_long);
  CHECK(notes.size() == 3);
}
