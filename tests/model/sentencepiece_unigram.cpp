// SPDX-License-Identifier: BSL-1.0
#include "mote/model/sentencepiece_unigram.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "tokenizer_cases.hpp"

using mote::sentencepiece_unigram;
using mote::status;
using mote_tests::packed_tokenizer;

namespace {

using mote::host::token_type;

mote::host::tokenizer_text unigram_of(const std::vector<std::pair<std::string, float>>& pieces, bool bytes) {
  mote::host::tokenizer_text t;
  t.kind = mote::table_kind::unigram;
  t.unknown = mote_tests::add(t, "<unk>", token_type::unknown);
  t.scores.push_back(0);
  for (unsigned b = 0; b < (bytes ? 256U : 0U); ++b) {
    mote_tests::add(t, mote::host::detail::byte_spelling(b), token_type::byte);
    t.scores.push_back(0);
  }
  for (const auto& [piece, score] : pieces) {
    mote_tests::add(t, piece, token_type::normal);
    t.scores.push_back(score);
  }
  return t;
}

/// The largest sum of all ways, by trying each. Sums of quarters are exact, so their order does not matter.
float best_of(const mote::host::tokenizer_text& t, std::string_view text, float unknown) {
  if (text.empty()) return 0;
  float best = -1e30F;
  const std::size_t character = mote::character_at(text, 0).bytes;
  bool known = false;
  for (std::size_t id = 0; id < t.pieces.size(); ++id) {
    if (t.types[id] != token_type::normal || !text.starts_with(t.pieces[id])) continue;
    best = std::max(best, t.scores[id] + best_of(t, text.substr(t.pieces[id].size()), unknown));
    known = known || t.pieces[id].size() == character;
  }
  if (!known) best = std::max(best, unknown + best_of(t, text.substr(character), unknown));
  return best;
}

}  // namespace

TEST_CASE("unigram: the spelling whose scores have the largest sum", "[model][sentencepiece_unigram]") {
  const std::vector<std::pair<std::string, float>> pieces{{" ", -3},  {"a", -2.5F},    {"b", -2.25F},
                                                          {"ab", -4}, {"ba", -5},      {"aba", -6},
                                                          {" a", -2}, {"bab", -6.25F}, {"\xC3\xA9", -4}};
  const auto text = unigram_of(pieces, false);
  const packed_tokenizer<sentencepiece_unigram<false>> p(text);
  mote::rng random(5);
  for (int round = 0; round < 3000; ++round) {
    std::string s;
    for (std::uint32_t i = random.below(11); i > 0; --i)
      s += std::vector<std::string>{"a", "b", " ", "\xC3\xA9", "x"}[random.below(5)];
    float sum = 0;
    std::string spelled;
    std::size_t at = 0;
    for (const int id : p(s)) {
      if (id != text.unknown) {
        spelled += text.pieces[static_cast<std::size_t>(id)];
        at += text.pieces[static_cast<std::size_t>(id)].size();
        sum += text.scores[static_cast<std::size_t>(id)];
        continue;
      }
      for (; at < s.size() && s[at] == 'x'; ++at) {  // a row of unknown characters is one token
        spelled += 'x';
        sum += -16.25F;
      }
    }
    CHECK(spelled == s);
    if (sum != best_of(text, s, -16.25F)) REQUIRE(sum == best_of(text, s, -16.25F));
  }
}

TEST_CASE("unigram: a space in front, bytes for what is unknown, and too little room",
          "[model][sentencepiece_unigram]") {
  const packed_tokenizer<sentencepiece_unigram<true>> p(unigram_of({{" ", -3}, {"a", -2}, {" a", -2.5F}}, true));
  CHECK(p("a") == std::vector<int>{259});
  CHECK(p("a\xFF") == std::vector<int>{259, 256});
  CHECK(p("<0x41>") == std::vector<int>{257, 1 + '<', 1 + '0', 1 + 'x', 1 + '4', 1 + '1', 1 + '>'});
  CHECK(p.words.piece(1, 259) == " a");
  std::vector<mote::merge_slot> slots(3);
  std::size_t count = 1;
  CHECK(p.words.append("aa", slots, count) == status::too_long);
  CHECK(count == 1);
  CHECK(p.words.append("a", slots, count) == status::ok);
  CHECK(count == 2);
  auto nothing = unigram_of({{"a", -2}}, false);
  nothing.unknown = -1;
  CHECK(packed_tokenizer<sentencepiece_unigram<false>>(nothing).words.append("b", slots, count) == status::not_spelled);
}

TEST_CASE("unigram: any bytes come back", "[model][sentencepiece_unigram]") {
  const packed_tokenizer<sentencepiece_unigram<false>> p(
      unigram_of({{" ", -3}, {"e", -2}, {"t", -2.5F}, {"et", -3}, {"\xC3\xA9", -4}, {"the", -1}}, true));
  mote::rng random(6);
  for (int round = 0; round < 5000; ++round) {
    const std::string s = mote_tests::random_bytes(random, round % 500 == 0 ? 10000 : 60);
    if (p.text_of(p(s)) != s) REQUIRE(p.text_of(p(s)) == s);
  }
}
