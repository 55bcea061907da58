// SPDX-License-Identifier: BSL-1.0
// What is missing from a store, an embedder, an index or a retriever is named, each member in its turn; and an embedder
// that asks the model for its states works wherever a pipeline is.
#include "mote/recall/parts.hpp"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <string_view>
#include <vector>

#include "mote/recall/bm25.hpp"
#include "mote/recall/flat.hpp"
#include "mote/recall/fuse.hpp"
#include "mote/recall/rag.hpp"
#include "mote/store/record_writer.hpp"

namespace {

using mote::best_hits;
using mote::hit;
using mote::item_id;
using mote::status;
using text = std::string_view;
using bytes = std::span<const std::byte>;

// ---- types that lack all but the first N members: each adds one ------------------------------------------------------

namespace store {
using m = mote::store_member;
struct s0 {};
struct s1 : s0 {
  static constexpr std::size_t capacity = 1;
};
struct s2 : s1 {
  static constexpr std::size_t max_item_bytes = 1;
};
struct s3 : s2 {
  static status fits(text);
};
struct s4 : s3 {
  std::size_t add(text, void (*)(std::size_t));
};
struct s5 : s4 {
  void erase(std::size_t);
};
struct s6 : s5 {
  std::size_t size() const;
};
struct s7 : s6 {
  std::size_t row(std::size_t) const;
};
struct s8 : s7 {
  item_id id(std::size_t) const;
};
struct s9 : s8 {
  std::string_view text(std::size_t) const;
};
struct s10 : s9 {
  std::size_t find(item_id) const;
};
struct s11 : s10 {
  template <class Sink>
  status save(Sink&) const;
};
struct s12 : s11 {
  template <class Reads>
  static status check(bytes, Reads&&);
};
struct s13 : s12 {
  template <class Added>
  void load(bytes, Added&&);
};
static_assert(mote::store_lacks<int> == m::capacity && mote::store_lacks<s0> == m::capacity);
static_assert(mote::store_lacks<s1> == m::max_item_bytes && mote::store_lacks<s2> == m::fits);
static_assert(mote::store_lacks<s3> == m::add && mote::store_lacks<s4> == m::erase);
static_assert(mote::store_lacks<s5> == m::size && mote::store_lacks<s6> == m::row);
static_assert(mote::store_lacks<s7> == m::id && mote::store_lacks<s8> == m::text);
static_assert(mote::store_lacks<s9> == m::find && mote::store_lacks<s10> == m::save);
static_assert(mote::store_lacks<s11> == m::check && mote::store_lacks<s12> == m::load);
static_assert(mote::keeps_items<s13>);
}  // namespace store

namespace features {
using m = mote::embedder_member;
struct e0 {};
struct e1 : e0 {
  using item = int;
};
struct e2 : e1 {
  using query = float;
};
struct e3 : e2 {
  static constexpr std::size_t stack_bytes = 0;
};
struct e4 : e3 {
  status embed(text, int&) const;
};
struct e5 : e4 {
  status ask(text, float&) const;
};
struct of_model : e3 {  // embed and ask want the model
  template <mote::gives_states Model>
  status embed(text, int&, Model&) const;
  template <mote::gives_states Model>
  status ask(text, float&, Model&) const;
};
struct no_default : e0 {
  struct item {
    explicit item(int);
  };
};
static_assert(mote::embedder_lacks<int> == m::item && mote::embedder_lacks<e0> == m::item);
static_assert(mote::embedder_lacks<no_default> == m::item && mote::embedder_lacks<e1> == m::query);
static_assert(mote::embedder_lacks<e2> == m::stack_bytes && mote::embedder_lacks<e3> == m::embed);
static_assert(mote::embedder_lacks<e4> == m::ask && mote::embedder<e5> && mote::embedder<of_model>);
static_assert(mote::embeds<e5> && !mote::embeds<of_model> && mote::embeds<of_model, mote::any_model>);
}  // namespace features

namespace finder {
using m = mote::finder_member;
struct f0 {};
struct f1 : f0 {
  static constexpr std::size_t stack_bytes = 0;
};
struct f2 : f1 {
  void add(std::size_t, int);
};
struct f3 : f2 {
  void remove(std::size_t);
};
struct f4 : f3 {
  template <class Items>
  void search(float, const Items&, best_hits&) const;
};
template <class F>
inline constexpr m lacks = mote::finder_lacks<F, features::e5, store::s13>;
static_assert(lacks<int> == m::stack_bytes && lacks<f0> == m::stack_bytes && lacks<f1> == m::add);
static_assert(lacks<f2> == m::remove && lacks<f3> == m::search && lacks<f4> == m::none);
}  // namespace finder

namespace whole {
using m = mote::retriever_member;
struct i0 {};
struct i1 : i0 {
  status add(text);
};
struct i2 : i1 {
  bool erase(item_id);
};
struct i3 : i2 {
  void clear();
};
struct i4 : i3 {
  std::size_t size() const;
};
struct i5 : i4 {
  std::string_view text(item_id) const;
};
struct i6 : i5 {
  std::size_t search(std::string_view, std::span<hit>) const;
};
struct i7 : i6 {
  template <class Sink>
  status save(Sink&) const;
};
struct i8 : i7 {
  status load(bytes);
};
struct r0 {};
template <class Index>
struct r1 {
  using index = Index;
};
template <class Index>
struct r2 : r1<Index> {
  static constexpr std::size_t ram_bytes = 1;
};
template <class Index>
struct r3 : r2<Index> {
  static constexpr std::size_t stack_bytes = 0;
};
template <class Index>
struct r4 : r3<Index> {
  static constexpr std::size_t max_item_bytes = 9;
};
static_assert(mote::retriever_lacks<int> == m::index && mote::retriever_lacks<r0> == m::index);
static_assert(mote::retriever_lacks<r1<i8>> == m::ram_bytes && mote::retriever_lacks<r2<i8>> == m::stack_bytes);
static_assert(mote::retriever_lacks<r3<i8>> == m::max_item_bytes && mote::retriever_lacks<r4<i0>> == m::add);
static_assert(mote::retriever_lacks<r4<i1>> == m::erase && mote::retriever_lacks<r4<i2>> == m::clear);
static_assert(mote::retriever_lacks<r4<i3>> == m::size && mote::retriever_lacks<r4<i4>> == m::text);
static_assert(mote::retriever_lacks<r4<i5>> == m::search && mote::retriever_lacks<r4<i6>> == m::save);
static_assert(mote::retriever_lacks<r4<i7>> == m::load && mote::retriever<r4<i8>>);
}  // namespace whole

// ---- an embedder of the model's own states ---------------------------------------------------------------------------

// A model whose state for a text is how often it has each of four letters; and it counts how often it is asked.
struct letters_model {
  status states(std::string_view t, std::span<float> out) {
    ++asked;
    if (t.size() > 20) return status::too_long;
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = 0.0F;
      for (char c : t) out[i] += c == "abcd"[i] ? 1.0F : 0.0F;
    }
    return status::ok;
  }
  int asked = 0;
};

struct of_states {
  using item = mote::int8_vector<4>;
  using query = item;
  static constexpr std::size_t stack_bytes = 4 * sizeof(float);

  template <mote::gives_states Model>
  static status embed(std::string_view t, item& out, Model& model) {
    std::array<float, 4> state;
    if (const status s = model.states(t, state); s != status::ok) return s;
    for (std::size_t i = 0; i < 4; ++i) out.codes[i] = static_cast<std::int8_t>(state[i]);
    out.measure();
    return status::ok;
  }
  template <mote::gives_states Model>
  static status ask(std::string_view t, query& out, Model& model) {
    return embed(t, out, model);
  }
};

using by_states = mote::retrieve<mote::item_store<8, 96>, of_states, mote::flat_index<of_states::item, 8>>;
static_assert(mote::retriever<by_states> &&
              mote::retriever<mote::fuse<by_states, mote::bm25<mote::bm25_knobs{.items = 8}>>>);
static_assert(mote::rag<by_states>::ram_bytes == sizeof(by_states::index));

}  // namespace

TEST_CASE("an embedder may ask the model that answers", "[recall][parts]") {
  static by_states::index notes;
  letters_model model;
  REQUIRE(mote::add_with(notes, "aab", model) == status::ok);
  REQUIRE(mote::add_with(notes, "cd", model) == status::ok);
  CHECK(mote::add_with(notes, "a text that is too long", model) == status::too_long);  // the model's own answer
  CHECK(notes.size() == 2);
  std::array<hit, 4> hits;
  REQUIRE(mote::search_with(notes, "baa", hits, model) == 1);
  CHECK(notes.text(hits[0].id) == "aab");
  CHECK(std::abs(hits[0].score - 1.0F) < 1e-6F);
  CHECK(mote::search_with(notes, "bac", hits, model) == 2);
  CHECK(mote::search_with(notes, "a question that is too long", hits, model) == 0);
  CHECK(model.asked == 6);

  std::vector<std::byte> kept(mote::records_bytes(notes));
  REQUIRE(mote::write_records(notes, kept) == status::ok);
  static by_states::index other;
  REQUIRE(mote::load_with(other, kept, model) == status::ok);
  CHECK(mote::search_with(other, "baa", hits, model) == 1);
}

TEST_CASE("a retriever that wants no model is not asked with one, and both may be fused", "[recall][parts]") {
  static mote::bm25<mote::bm25_knobs{.items = 8}>::index words;
  using by_words = mote::bm25<mote::bm25_knobs{.items = 8}>;  // it has floors of its own
  static mote::fuse<by_states, by_words, mote::fuse_knobs{.alone = 0.0F}>::index both;
  letters_model model;
  std::array<hit, 4> hits;
  REQUIRE(mote::add_with(words, "aab", model) == status::ok);
  CHECK(mote::search_with(words, "aab", hits, model) == 1);
  CHECK(model.asked == 0);
  REQUIRE(mote::add_with(both, "aab", model) == status::ok);
  REQUIRE(mote::add_with(both, "other", model) == status::ok);
  CHECK(model.asked == 2);
  CHECK(mote::search_with(both, "aba", hits, model) == 1);    // by its states
  CHECK(mote::search_with(both, "other", hits, model) == 1);  // by its word
}
