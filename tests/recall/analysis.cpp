// SPDX-License-Identifier: BSL-1.0
#include "mote/recall/analysis.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mote/recall/counted_words.hpp"
#include "mote/recall/porter2.hpp"
#include "mote/recall/word_lists.hpp"

namespace {

template <class Analysis>
std::vector<std::string> terms(std::string_view text) {
  std::vector<std::string> all;
  Analysis reader(text), again(text);
  mote::word w;
  std::uint32_t h = 0;
  while (reader.next(w)) {
    REQUIRE(again.next(h));
    CHECK(w.hash() == h);
    all.emplace_back();
    for (std::size_t i = 0; i < w.size; ++i) all.back() += static_cast<char>(w.letters[i]);
  }
  CHECK_FALSE(again.next(h));
  return all;
}
using list = std::vector<std::string>;

constexpr std::string_view few[] = {"the", "is", "it", "t"};
constexpr mote::synonym household[] = {{"telly", "television"}, {"fridges", "refrigerator"}};

struct no_digits {  // a stage of a user's own
  static constexpr bool apply(mote::word& w) { return w.letters[0] < '0' || w.letters[0] > '9'; }
};

using plain = mote::analysis<mote::words<>>;
using stopped = mote::analysis<mote::words<>, mote::stop_words<few>>;
using both = mote::analysis<mote::words<>, mote::stop_words<few>, mote::porter2>;
using names = mote::analysis<mote::words<>, mote::porter2, mote::synonyms<household>>;

}  // namespace

TEST_CASE("an analysis without stages reads words", "[recall][analysis]") {
  CHECK(terms<plain>("The boiler's on.") == list{"the", "boiler", "on"});
  CHECK(terms<plain>("") == list{});
  CHECK(terms<plain>(" ... ") == list{});
}

TEST_CASE("stages change a word or drop it, in their order", "[recall][analysis]") {
  CHECK(terms<stopped>("The tea is hot; it isn't cold") == list{"tea", "hot", "isn", "cold"});
  CHECK(terms<both>("The TEAS were repaired") == list{"tea", "were", "repair"});
  CHECK(terms<mote::analysis<mote::words<>, no_digits>>("call 911 now") == list{"call", "now"});
}

TEST_CASE("a text of stop words keeps them all", "[recall][analysis]") {
  CHECK(terms<stopped>("It is the") == list{"it", "is", "the"});
  CHECK(terms<both>("It is: it's the") == list{"it", "is", "it", "the"});
  CHECK(terms<stopped>("It is on") == list{"on"});
  mote::counted_words<stopped>::item item;
  CHECK(mote::counted_words<stopped>::embed("it is", item) == mote::status::ok);
  CHECK(item.length == 2);
  CHECK(mote::counted_words<stopped>::embed("...", item) == mote::status::empty);
}

TEST_CASE("a long word goes past the stages", "[recall][analysis]") {
  const std::string longest = std::string(28, 'x') + "ings";
  const std::string longer = "x" + longest;
  CHECK(terms<mote::analysis<mote::words<>, mote::porter2>>(longest) == list{std::string(28, 'x') + "ing"});
  mote::analysis<mote::words<>, mote::porter2> stemmed(longer);
  mote::words<> words(longer);
  std::uint32_t a = 0, b = 0;
  REQUIRE(stemmed.next(a));
  REQUIRE(words.next(b));
  CHECK(a == b);
}

TEST_CASE("synonyms are one term, in the form that the stages before give them", "[recall][analysis][word_lists]") {
  CHECK(terms<names>("the tellies and a fridge") == list{"the", "televis", "and", "a", "refriger"});
  CHECK(terms<names>("televisions, refrigerators") == terms<names>("telly fridge"));
  CHECK(terms<names>("tellyx") == list{"tellyx"});
}

TEST_CASE("accents are folded on wish", "[recall][analysis][word_lists]") {
  using folded = mote::analysis<mote::words<>, mote::fold_accents>;
  const auto same = [](std::string_view a, std::string_view b) {
    folded x(a), y(b);
    std::uint32_t h = 0, g = 0;
    while (x.next(h))
      if (!y.next(g) || g != h) return false;
    return !y.next(g);
  };
  CHECK(same("Caf\u00E9 na\u00EFve \u00D6l", "cafe naive ol"));
  CHECK(same("cafe\u0301", "caf\u00E9"));                          // an accent of its own
  CHECK(same("Vi\u1EC7t \u0141\u00F3d\u017A", "viet \u0142odz"));  // the stroke of l is no mark
  CHECK(same("\u0391\u03B8\u03AE\u03BD\u03B1", "\u03B1\u03B8\u03B7\u03BD\u03B1"));
  CHECK(same("\u0451\u043B\u043A\u0430", "\u0435\u043B\u043A\u0430"));
  CHECK(same("\u0301", "\u0301"));  // nothing but an accent: it stays
  CHECK_FALSE(same("cafe", "caff"));
}

TEST_CASE("an analysis says what it needs on the stack", "[recall][analysis]") {
  STATIC_CHECK(both::stack_bytes == sizeof(mote::word));
  STATIC_CHECK(mote::counted_words<both>::stack_bytes == sizeof(both) + sizeof(mote::word));
  STATIC_CHECK(mote::counted_words<mote::words<>>::stack_bytes == sizeof(mote::words<>));
}
