// SPDX-License-Identifier: BSL-1.0
// self_check() on sound pipelines, and what it says of memory with a bit that stays or an address that is another's, of
// kernels of an instruction set that is wrong, of a cache that gives another number than plain loops, and of modes of the
// processor: each name of a kernel of floats. Wrong flags of the compiler: self_check.sh.
#include "mote/pipeline/self_check.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cfenv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include "../random_model.hpp"
#include "mote/block/per_layer_embedding.hpp"
#include "mote/core/rng.hpp"
#include "mote/mote.hpp"

using namespace mote;
using namespace mote_tests;

namespace {

template <class... Policies>
std::unique_ptr<pipeline<random_model, Policies...>> attached() {
  using type = pipeline<random_model, Policies...>;
  static const random_model_image image(type::format::rows);
  auto ai = std::make_unique<type>();
  REQUIRE(ai->attach(image.bytes()) == status::ok);
  return ai;
}

/// Plain loops, but the product of weights of 8 bits is one too large.
struct off_by_one : simd::scalar {};

/// A cache, but the first number that it answers is not its own.
template <class Store>
struct another_number : Store {
  using Store::Store;
  template <class Attention>
  void attend(const Attention& a, const attention_run& r, std::size_t first, std::size_t last, float* scratch) const {
    Store::attend(a, r, first, last, scratch);
    r.out[0] += 0.125F;
  }
};
template <class Store>
struct kept_as {
  using slot = slots::cache;
  using store = Store;
};

}  // namespace

template <class Store>
struct mote::detail::plain_store<another_number<Store>> : plain_store<Store> {};

template <std::size_t Rows>
struct mote::simd::dot4<off_by_one, Rows> : mote::simd::plain_dot4<Rows> {
  using plain = plain_dot4<Rows>;
  template <std::size_t Quads>
  static ints<Rows> signed_dot(ints<Rows> from, const typename plain::vector (&w)[Quads], const std::int8_t* x,
                               std::int32_t sum) {
    return plain::signed_dot(from + ints<Rows>::all(1), w, x, sum);
  }
  static constexpr bool own = true;
};

namespace {

/// Words of a memory, of which bit 5 of word `at` is always `bit`.
struct stuck {
  std::vector<std::uint32_t>* words;
  bool bit;
  std::size_t at = 70;
  struct word {
    std::uint32_t* at;
    std::uint32_t set, clear;
    word& operator=(std::uint32_t v) {
      *at = (v | set) & ~clear;
      return *this;
    }
    operator std::uint32_t() const { return *at; }
  };
  word operator[](std::size_t i) const {
    const std::uint32_t mask = i == at ? 32U : 0U;
    return {&(*words)[i], bit ? mask : 0, bit ? 0 : mask};
  }
};
/// Words that count how often they are touched.
struct counted {
  std::vector<std::uint32_t>* words;
  std::size_t* touched;
  std::uint32_t& operator[](std::size_t i) const {
    ++*touched;
    return (*words)[i];
  }
};
/// Words at addresses of which a line is not connected.
struct aliased {
  std::vector<std::uint32_t>* words;
  std::size_t line;
  std::uint32_t& operator[](std::size_t i) const { return (*words)[i & ~line]; }
};

}  // namespace

TEST_CASE("a sound pipeline finds nothing, and answers afterwards as before") {
  const auto check = []<class... Policies>() {
    const auto ai = attached<Policies...>();
    std::vector<std::string> said;
    for (int i = 0; i < 2; ++i) {
      std::string text;
      for (const auto piece : ai->ask("ab", 12)) text += piece;
      said.push_back(text);
      (void)ai->begin("abc");
      (void)ai->step();
      const self_checked found = self_check(*ai);
      CHECK(name(found.state) == "ok");
      CHECK(found.kernel == "");
      CHECK(ai->step().done);  // the answer under way has ended
    }
    CHECK(said[0] == said[1]);
  };
  check.operator()<>();
  check.operator()<cache<8>, prefill<3>>();
  check.operator()<kivi<4, 32>>();
}

TEST_CASE("without weights there is nothing to check") {
  pipeline<random_model> ai;
  CHECK(self_check(ai).state == status::not_attached);
}

TEST_CASE("what was learned stays, and an open lesson ends") {
  const auto ai = attached<lora<2, {.tokens = 16}>>();
  CHECK(ai->learn({"ab", "cd"}).state == status::ok);
  const float before = ai->loss({"ab", "cd"}).loss;
  REQUIRE(ai->learn_begin({"ab", "cd"}) == status::ok);
  CHECK(ai->learn_step(1).state == status::ok);
  CHECK(self_check(*ai).state == status::ok);
  CHECK(ai->learn_step(1).state == status::empty);
  CHECK(ai->loss({"ab", "cd"}).loss == before);
}

TEST_CASE("memory with a fault is noticed") {
  std::vector<std::uint32_t> words(300);
  CHECK(detail::keeps_words(words.data(), words.size()));
  CHECK_FALSE(detail::keeps_words(stuck{&words, true}, words.size()));
  CHECK_FALSE(detail::keeps_words(stuck{&words, false}, words.size()));
  for (std::size_t line = 1; line < 300; line *= 2)
    CHECK_FALSE(detail::keeps_words(aliased{&words, line}, words.size()));
}

TEST_CASE("of a large memory at most 2^18 words are tested") {
  constexpr std::size_t most = std::size_t{1} << 18U;
  std::vector<std::uint32_t> words(2 * most);
  for (const std::size_t count : {most, most + 1, 2 * most - 1, 2 * most}) {
    std::size_t touched = 0;
    CHECK(detail::keeps_words(counted{&words, &touched}, count));
    CHECK(touched <= 4 * most);  // written and read, twice
    CHECK(touched > most);
    CHECK_FALSE(detail::keeps_words(stuck{&words, true, 0}, count));
  }
}

TEST_CASE("a kernel with one number too many is noticed") {
  using format = q8<4>;
  constexpr std::size_t rows = 21, cols = 100;
  alignas(64) static std::byte packed[format::bytes(rows, cols)];
  alignas(64) static std::byte room[detail::rows_room<format>(cols, 3)];
  rng random(3);
  std::vector<float> tile(4 * cols);
  for (std::size_t row = 0; row < rows; row += 4) {
    for (float& v : tile) v = random.normal();
    format::encode_tile(tile.data(), rows - row < 4 ? rows - row : 4, cols,
                        packed + row / 4 * format::tile_bytes(cols));
  }
  const matrix<format> m{packed, rows, cols};
  CHECK(detail::rows_agree<simd::native, 1>(m, room));
  CHECK(detail::rows_agree<simd::native, 3>(m, room));
  CHECK(detail::rows_agree<simd::scalar, 3>(m, room));
  CHECK_FALSE(detail::rows_agree<off_by_one, 1>(m, room));
  CHECK_FALSE(detail::rows_agree<off_by_one, 3>(m, room));
}

TEST_CASE("a cache that gives another number is noticed") {
  const auto check = []<class Store>(std::type_identity<Store>) {
    CHECK(self_check(*attached<kept_as<Store>>()).state == status::ok);
    const self_checked found = self_check(*attached<kept_as<another_number<Store>>>());
    CHECK(name(found.state) == "kernel_differs");
    CHECK(found.kernel == "attention");
  };
  check(std::type_identity<int8_cache<>>{});
  check(std::type_identity<kivi_cache<4, 32>>{});
}

TEST_CASE("each kernel of floats is reported by its name") {
  using type = pipeline<random_model, cache<32>>;
  alignas(64) static std::byte kept[32768];
  alignas(64) static float room[8192];
  const detail::self_check_room at{kept, room};
  const auto named = [&]<class Block>(std::type_identity<Block>, std::string_view expected) {
    CHECK(detail::kernels_of<type, Block>::differs(at) == "");
    REQUIRE(std::fesetround(FE_TOWARDZERO) == 0);
    const std::string_view found = detail::kernels_of<type, Block>::differs(at);
    std::fesetround(FE_TONEAREST);
    CHECK(found == expected);
  };
  named(std::type_identity<rms_norm_block<vector_role::ffn_norm>>{}, "norm");
  named(std::type_identity<layer_norm_block<vector_role::ffn_norm, vector_role::none>>{}, "layer norm");
  named(std::type_identity<attention_block<attention_tensors{}>>{}, "rotation");
  named(std::type_identity<attention_block<attention_tensors{.rotary = false}>>{}, "attention");
  named(std::type_identity<attention_block<attention_tensors{.rotary = false}, attention_form<softcapped>>>{},
        "softcap");
  named(std::type_identity<gated_feed_forward<feed_forward_tensors{}, silu>>{}, "activation");
  named(std::type_identity<feed_forward<gelu, feed_forward_tensors{}>>{}, "activation");
  named(std::type_identity<per_layer_embedding<exact_gelu>>{}, "activation");
}

TEST_CASE("a processor's mode is noticed") {
  const auto ai = attached<>();
  self_checked found;
  REQUIRE(std::fesetround(FE_TOWARDZERO) == 0);
  found = self_check(*ai);
  std::fesetround(FE_TONEAREST);
  CHECK(name(found.state) == "kernel_differs");
  CHECK(found.kernel == "norm");
#if defined(__SSE__)
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | 0x8040U);  // results and operands that are subnormal become zero
  found = self_check(*ai);
  _mm_setcsr(before);
  CHECK(name(found.state) == "flushed_subnormals");
#endif
  CHECK(self_check(*ai).state == status::ok);
}
