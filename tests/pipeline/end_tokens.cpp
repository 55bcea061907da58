// SPDX-License-Identifier: BSL-1.0
// An answer ends at each token that the model's type names as an end, with a constraint and with drafts too, and a model
// with one end is a pipeline of the same size.
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "../forced_letters.hpp"
#include "../random_model.hpp"
#include "mote/decode/gbnf.hpp"
#include "mote/mote.hpp"

using namespace mote;
using namespace mote_tests;

namespace {

/// `y` and `z` are no letters, but ends.
struct three_ends : random_model {
  static constexpr std::size_t vocabulary_bytes = mote::vocabulary_bytes(29, 25, 3 + 4 + 25);
  static constexpr std::array<std::uint32_t, 2> end_tokens{3 + 'y' - 'a', 3 + 'z' - 'a'};
};

/// The same, with a vocabulary in which both are letters.
struct lies : three_ends {
  static constexpr std::size_t vocabulary_bytes = random_model::vocabulary_bytes;
};

template <class Model, class... Policies>
std::string answer_of(const std::string& text, ending expected) {
  using type = pipeline<Model, forced_letters<1>, Policies...>;
  static const random_model_image image(type::format::rows, std::is_same_v<Model, random_model> ? 'z' : 'x');
  const auto ai = std::make_unique<type>();
  REQUIRE(ai->attach(image.bytes()) == status::ok);
  forced = text;
  said = 0;
  std::string all;
  for (const std::string_view piece : ai->ask("is it on", 8)) all += piece;
  CHECK(ai->ending() == expected);
  CHECK(ai->state() == status::ok);
  return all;
}

}  // namespace

TEST_CASE("end tokens: each of them ends an answer, and none is a part of it") {
  CHECK(answer_of<three_ends>("abc.", ending::end_of_text) == "abc");
  CHECK(answer_of<three_ends>("abcy", ending::end_of_text) == "abc");
  CHECK(answer_of<three_ends>("z", ending::end_of_text).empty());
  CHECK(answer_of<random_model>("abcyxz.", ending::end_of_text) == "abcyxz");
  CHECK(answer_of<three_ends, lookup<>>("ababz", ending::end_of_text) == "abab");
  static_assert(sizeof(pipeline<three_ends>) == sizeof(pipeline<random_model>));
}

TEST_CASE("end tokens: an image in which a text may become one is refused") {
  const auto ai = std::make_unique<pipeline<lies>>();
  const random_model_image image(pipeline<lies>::format::rows);
  CHECK(ai->attach(image.bytes()) == status::corrupt_vocabulary);
}

TEST_CASE("end tokens: a constraint admits each where the answer may end, and none before") {
  using two_letters = gbnf<"root ::= [ab]{2,3}">;
  CHECK(answer_of<three_ends, two_letters>("aby", ending::end_of_text) == "ab");
  CHECK(answer_of<three_ends, two_letters>("ab.", ending::end_of_text) == "ab");
  const std::string goes_on = answer_of<three_ends, two_letters>("azaaaa", ending::complete);
  CHECK(goes_on.size() == 3);  // the end was not admitted, and the likeliest letter took its place
  CHECK(goes_on[0] == 'a');
}
