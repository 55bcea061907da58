// SPDX-License-Identifier: BSL-1.0
// An encoder's vector against the states of its pass (whose reference is in family/bert.cpp), pooled here in double
// precision; with weights in memory, through a reader and by threads; what is refused of texts.
#include "mote/pipeline/encoder.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "../golden/families.hpp"
#include "mote/family/bert.hpp"
#include "mote/policy/streamed.hpp"
#include "mote/policy/threads.hpp"

using mote::status;

namespace {

constexpr mote::shape small = mote_families::sizes(2, [](mote::shape& s) {
  s.kv_heads = 4;
  s.head_width = 0;
  s.norm_epsilon = 1e-12F;
});
template <mote::pooling Pooling>
struct model : mote_families::model<mote::bert, small> {
  static constexpr mote::pooling pooling = Pooling;
};
using of_mean = mote::encoder<model<mote::pooling::mean>, mote::context<32>>;
using of_cls = mote::encoder<model<mote::pooling::cls>, mote::context<32>>;
static_assert(std::is_same_v<of_mean, mote::encoder<model<mote::pooling::mean>, mote::context<32>, mote::quantize<8>>>);
static_assert(of_mean::dim == 24 && of_mean::context == 32);
static_assert(sizeof(of_mean) <= of_mean::arena_bytes + 256);  // and its tokens, an image, and numbers
// The keys of a run are in the arena, and no logits are.
static_assert(of_mean::arena_bytes < 32 * 4 * (2 * 32 + 3 * 32 + 48 + 32) + 32 * 4 * 32);

/// A flash that may refuse one read.
struct flash {
  std::span<const std::byte> image;
  std::size_t reads = 0;
  std::size_t refused = mote::too_big;

  bool fetch(std::size_t offset, std::span<std::byte> to) {
    if (reads++ == refused || offset > image.size() || to.size() > image.size() - offset) return false;
    std::memcpy(to.data(), image.data() + offset, to.size());
    return true;
  }
};

template <class Encoder>
std::span<const std::byte> image_of() {
  const auto made = mote_families::make_image<typename Encoder::format, mote::bert>(small);
  REQUIRE(made.size() == Encoder::image_bytes);
  return made;
}
template <class Encoder>
std::unique_ptr<Encoder> attached() {
  auto e = std::make_unique<Encoder>();
  REQUIRE(e->attach(image_of<Encoder>()) == status::ok);
  return e;
}
std::vector<float> copy(std::span<const float> v) { return {v.begin(), v.end()}; }

/// The states of an encoder's last text, from the pass alone.
template <class Encoder>
std::vector<std::vector<double>> states_of(const Encoder& e) {
  using format = typename Encoder::format;
  static constexpr auto map = mote::map_tensors<format, mote::bert>(small);
  static constexpr auto plan = mote::plan_arena(mote::encode_lifetimes<mote::bert, format>(small, 32));
  alignas(64) static std::byte arena[plan.bytes];
  const auto image = image_of<Encoder>();
  const mote::weights<format, mote::bert> w{image.data() + mote::lay_image(map.bytes, 0).weights_offset, small, map};
  mote::single_thread::team alone;
  const mote::decode_buffers<mote::bert> buffers{arena, plan};
  const float* row =
      mote::encode<mote::simd::native, 32>(small, w, nullptr, alone, buffers, e.tokens().data(), e.tokens().size());
  REQUIRE(row != nullptr);
  std::vector<std::vector<double>> all;
  for (std::size_t t = 0; t < e.tokens().size(); ++t, row += mote::padded(small.dim)) {
    all.emplace_back(row, row + small.dim);
  }
  return all;
}

template <class Encoder>
void check_vector(Encoder& e, std::string_view text) {
  REQUIRE(e.embed(text) == status::ok);
  const std::vector<float> got = copy(e.vector());
  REQUIRE(got.size() == small.dim);
  CHECK(e.tokens().front() == golden::control.bos);
  CHECK(e.tokens().back() == golden::control.eos);
  const auto states = states_of(e);
  std::vector<double> expected = states[0];
  if (Encoder::model_type::pooling == mote::pooling::mean)
    for (std::size_t t = 1; t < states.size(); ++t)
      for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += states[t][i];
  double squares = 0, error = 0, length = 0;
  for (const double v : expected) squares += v * v;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    error += std::pow(static_cast<double>(got[i]) - expected[i] / std::sqrt(squares), 2);
    length += static_cast<double>(got[i]) * static_cast<double>(got[i]);
  }
  INFO(text);
  CHECK(std::sqrt(error) < 3e-7);
  CHECK(std::abs(length - 1) < 1e-6);
}

}  // namespace

TEST_CASE("encoder: the mean of the states, or the first, with length 1", "[pipeline][encoder]") {
  const auto mean = attached<of_mean>();
  const auto cls = attached<of_cls>();
  for (const std::string_view text : {"a", "the heat is on", "no heat in the east tonight"}) {
    check_vector(*mean, text);
    check_vector(*cls, text);
    CHECK(copy(mean->vector()) != copy(cls->vector()));
  }
  std::vector<float> out(small.dim);
  REQUIRE(mean->embed("the heat is on", out) == status::ok);
  CHECK(copy(mean->vector()) == out);
  REQUIRE(mean->embed("a") == status::ok);
  CHECK(copy(mean->vector()) != out);
  REQUIRE(mean->embed("the heat is on", out) == status::ok);  // nothing is left of the text before
  CHECK(copy(mean->vector()) == out);
  CHECK(mean->embed("a", std::span(out).first(small.dim - 1)) == status::full);
  CHECK(mean->vector().empty());  // not that of the text before
  CHECK(mean->tokens().empty());
}

TEST_CASE("encoder: a text that is too long is refused, or its first tokens are read", "[pipeline][encoder]") {
  const auto e = attached<of_mean>();
  CHECK(e->embed("") == status::empty);
  CHECK(e->vector().empty());
  CHECK(e->tokens().empty());
  std::string text;
  while (e->embed(text += 'q') == status::ok) {
  }  // a token each
  CHECK(text.size() == 30);  // one of them is the space in front
  CHECK(e->embed(text) == status::too_long);
  CHECK(e->vector().empty());
  REQUIRE(e->embed(text, {.cuts = true}) == status::ok);
  const auto cut = copy(e->vector());
  text.pop_back();
  REQUIRE(e->embed(text) == status::ok);
  CHECK(copy(e->vector()) == cut);
  CHECK(e->tokens().size() == 32);
  CHECK(e->embed(std::string(1 << 20U, 'q'), {.cuts = true}) == status::too_long);
  CHECK(e->embed(std::string(300, 'q'), {.cuts = true}) == status::ok);
  // What stands in front is read as a part of the text.
  REQUIRE(e->embed("is on", {.before = "the heat"}) == status::ok);
  const auto two = copy(e->vector());
  REQUIRE(e->embed("the heat is on") == status::ok);
  CHECK(copy(e->vector()) == two);
}

TEST_CASE("encoder: hostile texts have a vector of length 1 or a status", "[pipeline][encoder]") {
  const auto e = attached<of_mean>();
  mote::rng random(8);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::size_t n = random.below(48); text.size() < n;) text += static_cast<char>(random.below(256));
    const status s = e->embed(text, {.cuts = random.below(2) == 0});
    const bool known = s == status::ok || s == status::too_long || s == status::bad_utf8 || s == status::not_spelled ||
                       s == status::empty;
    CHECK(known);
    float length = 0;
    for (const float v : e->vector()) length += v * v;
    CHECK((s == status::ok ? length > 0.999F && length < 1.001F : length == 0));
  }
}

TEST_CASE("encoder: without an image, with another, and with one that is broken", "[pipeline][encoder]") {
  auto e = std::make_unique<of_mean>();
  CHECK_FALSE(e->attached());
  CHECK(e->embed("a") == status::not_attached);
  const auto image = image_of<of_mean>();
  CHECK(e->attach(image.first(image.size() - 1)) == status::truncated);
  golden::image[mote::container_header_bytes + 7] ^= std::byte{1};
  CHECK(e->attach(image) == status::corrupt_payload);
  golden::image[mote::container_header_bytes + 7] ^= std::byte{1};
  using of_floats = mote::encoder<model<mote::pooling::mean>, mote::quantize<32>>;
  CHECK(std::make_unique<of_floats>()->attach(image) == status::wrong_format);
  CHECK_FALSE(e->attached());
  CHECK(e->attach(image) == status::ok);
}

TEST_CASE("encoder: the same bits by two threads, and through a reader", "[pipeline][encoder]") {
  constexpr std::string_view text = "no heat in the east";
  const auto plain = attached<of_mean>();
  REQUIRE(plain->embed(text) == status::ok);
  const auto expected = copy(plain->vector());
  using of_threads = mote::encoder<model<mote::pooling::mean>, mote::context<32>,
                                   mote::threads<2, mote::threads_knobs{.least_bytes = 0}>>;
  const auto two = attached<of_threads>();
  REQUIRE(two->embed(text) == status::ok);
  CHECK(copy(two->vector()) == expected);

  using of_reader =
      mote::encoder<model<mote::pooling::mean>, mote::context<32>, mote::streamed<mote::quantize<8>, flash, 2048>>;
  flash from{image_of<of_reader>()};
  auto read = std::make_unique<of_reader>();
  REQUIRE(read->attach(from) == status::ok);
  from.reads = 0;
  REQUIRE(read->embed(text) == status::ok);
  CHECK(copy(read->vector()) == expected);
  const std::size_t reads = from.reads;
  CHECK(reads > 10);
  for (const std::size_t which : {std::size_t{0}, reads / 2, reads - 1}) {
    from.reads = 0, from.refused = which;
    CHECK(read->embed(text) == status::io_error);
    CHECK(read->vector().empty());
  }
  from.refused = mote::too_big;
  REQUIRE(read->embed(text) == status::ok);
  CHECK(copy(read->vector()) == expected);
}
