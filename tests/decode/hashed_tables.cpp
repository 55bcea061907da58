// SPDX-License-Identifier: BSL-1.0
// Constraints over hashed tables that list their tokens in the order of their texts: of bounded languages every string
// is reached and none other, and at places along drawn texts the admitted tokens are those whose bytes are taken.
// With a small byte-level vocabulary drawn by chance, and with those of Llama 3.1, Qwen3 and Gemma 3.
// Optimized: real vocabularies are packed, and each token is tried alone.
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../model/tokenizer_cases.hpp"
#include "constrained_text.hpp"
#include "mote/decode/banned.hpp"
#include "mote/decode/gbnf.hpp"
#include "mote/decode/json.hpp"
#include "mote/model/byte_level_bpe.hpp"
#include "mote/model/hashed_sentencepiece_bpe.hpp"
#include "mote/model/sentencepiece_unigram.hpp"

using namespace mote;
using namespace mote_tests;

namespace {

namespace s = mote::schema;
using order = json<s::object<s::field<"device", s::one_of<"lamp", "fan", "pump 2", "lüfter">>,
                             s::field<"level", s::integer<-5, 30>>, s::optional<"on", s::boolean>>>;
using nested = gbnf<R"_(root ::= "(" root? ")" | "[" root? "]" | "é" "x"?)_", 3>;
using anything = gbnf<"root ::= [^\"\\\\\\x00-\\x1F]{3,40}">;

/// A packed table with the order of its texts.
template <class Tokenizer, std::size_t Room>
class hashed_words {
 public:
  using tokenizer = Tokenizer;
  static constexpr std::size_t room = Room;
  special_tokens_and_ends control;

  hashed_words(const host::tokenizer_text& text, const special_tokens& spoken, std::vector<std::uint32_t> further = {})
      : control{spoken, {}}, further_(std::move(further)) {
    control.ends = further_;
    const auto table = host::pack_token_table(text, host::text_order::kept);
    bytes = table.size();
    words_ = std::make_unique<std::uint32_t[]>(table.size() / 4);
    std::memcpy(words_.get(), table.data(), table.size());
    const std::span<const std::byte> all(reinterpret_cast<const std::byte*>(words_.get()), bytes);
    REQUIRE(tokenizer::table::check(all, {.spoken = spoken}) == status::ok);
    view_ = typename tokenizer::table(all);
    REQUIRE(view_.in_order());
    REQUIRE(view_.count() <= room);
  }
  const auto& view() const { return view_; }
  bool ends_answers(std::uint32_t id) const {
    return id == static_cast<std::uint32_t>(control.eos) || std::ranges::find(further_, id) != further_.end();
  }
  bool is_text(std::uint32_t id) const {
    for (const int c : {control.bos, control.note, control.user, control.answer})
      if (c == static_cast<int>(id)) return false;
    return !ends_answers(id) && (view_.is_byte(id) || (!view_.text(id).empty() && view_.find(view_.text(id)) == id));
  }
  std::size_t bytes = 0;

 private:
  std::vector<std::uint32_t> further_;
  std::unique_ptr<std::uint32_t[]> words_;
  typename tokenizer::table view_;
};

/// At places along drawn texts, each token alone.
template <class Policy, class Words>
void compare_with_each_token(const Words& words, int texts, std::size_t most_places, bool drops_space = false) {
  rng random(5);
  const auto admitted = std::make_unique<admission_of<Policy, Words>>();
  const auto& v = words.view();
  REQUIRE(admitted->begin_with(v, words.control));
  for (int i = 0; i < texts; ++i) {
    typename Policy::state at;
    admitted->begin();
    bool opened = drops_space && i % 2 == 0;
    for (std::size_t place = 0; place < most_places; ++place, opened = false) {
      admitted->find(v, words.control, opened);
      std::vector<std::uint32_t> may, wrong;
      const typename Words::tokenizer pieces(v, words.control);
      for (std::uint32_t id = 0; id < v.count(); ++id) {
        bool expected = false;
        if (words.ends_answers(id)) {
          expected = at.may_end();
        } else if (words.is_text(id)) {
          const std::string_view text =
              pieces.piece(opened ? static_cast<std::uint32_t>(words.control.bos) : no_token, id);
          typename Policy::state then = at;
          expected = true;
          for (const char c : text) expected = expected && then.enter(static_cast<unsigned char>(c));
          if (expected) may.push_back(id);
        }
        if (admitted->has(id) != expected) wrong.push_back(id);
      }
      REQUIRE(wrong.empty());
      REQUIRE(admitted->count() == may.size());
      if (may.empty()) break;
      const std::uint32_t id = may[random.below(static_cast<std::uint32_t>(may.size()))];
      const std::string_view text = pieces.piece(opened ? static_cast<std::uint32_t>(words.control.bos) : no_token, id);
      for (const char c : text) (void)at.enter(static_cast<unsigned char>(c));
      admitted->advance(text);
    }
  }
}

/// At places along drawn texts: trying the likeliest tokens one by one chooses what masking all chooses, whether the
/// model likes what may follow (0), likes nothing (1) or likes what may not follow (2), each with and without a liking
/// for the tokens that are no text.
template <class Policy, class Words>
void compare_choices(const Words& words, int texts, std::size_t most_places, bool drops_space = false) {
  rng random(9);
  using all_masked = admission_of<Policy, Words>;
  using settling = admission<Policy, Words::room, true>;
  const auto plain = std::make_unique<all_masked>();
  const auto tried = std::make_unique<settling>();
  const auto& v = words.view();
  REQUIRE(plain->begin_with(v, words.control));
  REQUIRE(tried->begin_with(v, words.control));
  std::vector<float> logits(Words::room), same(Words::room);
  std::size_t open = 0;
  for (int i = 0; i < texts; ++i) {
    plain->begin();
    tried->begin();
    for (std::size_t place = 0; place < most_places; ++place) {
      const bool opened = drops_space && place == 0;
      plain->find(v, words.control, opened);
      tried->find(v, words.control, opened);
      REQUIRE(tried->goes_on() == plain->goes_on());
      if (!plain->goes_on()) break;
      open += tried->count() == Words::room ? 1 : 0;
      for (std::size_t id = 0; id < Words::room; ++id) {
        const bool may = plain->has(id);
        logits[id] = static_cast<float>(random.below(1000)) + (i % 3 == 0           ? (may ? 500.0F : 0.0F)
                                                               : i % 3 == 2 && !may ? 2000.0F
                                                                                    : 0.0F);
        if (i % 2 == 0 && id < v.count() && !words.is_text(static_cast<std::uint32_t>(id))) logits[id] += 1500.0F;
      }
      same = logits;
      plain->mask(v, words.control, logits.data());
      tried->mask(v, words.control, same.data());
      if (tried->count() != Words::room) REQUIRE(tried->count() == plain->count());
      const std::size_t chosen = plain->checked(greedy::state<Words::room>::pick(logits.data()), logits.data());
      REQUIRE(tried->checked(greedy::state<Words::room>::pick(same.data()), same.data()) == chosen);
      if (words.ends_answers(static_cast<std::uint32_t>(chosen))) break;
      const typename Words::tokenizer pieces(v, words.control);
      const std::uint32_t before = opened ? static_cast<std::uint32_t>(words.control.bos) : no_token;
      const std::string_view piece = pieces.piece(before, static_cast<std::uint32_t>(chosen));
      const std::uint32_t guess[] = {static_cast<std::uint32_t>(chosen),
                                     static_cast<std::uint32_t>(random.below(v.count()))};
      CHECK(tried->follow(v, words.control, std::span<const std::uint32_t>(guess)) ==
            plain->follow(v, words.control, std::span<const std::uint32_t>(guess)));
      plain->advance(piece);
      tried->advance(piece);
    }
  }
  INFO(open);
  CHECK((open > 0) == (std::is_same_v<Policy, anything> || std::is_same_v<Policy, without<anything, "am", "0">>));
}

std::set<std::string> all_orders() {
  std::set<std::string> all;
  for (const char* device : {"lamp", "fan", "pump 2", "lüfter"})
    for (int level = -5; level <= 30; ++level)
      for (const char* on : {"", ",\"on\":true", ",\"on\":false"})
        all.insert("{\"device\":\"" + std::string(device) + "\",\"level\":" + std::to_string(level) + on + "}");
  return all;
}
std::set<std::string> all_nested() {
  std::set<std::string> all, level;
  for (int depth = 0; depth < 4; ++depth) {
    std::set<std::string> next = {"é", "éx"};
    if (depth == 0) next.insert({"()", "[]"});
    for (const std::string& inner : level) {
      next.insert("(" + inner + ")");
      next.insert("[" + inner + "]");
      next.insert("()");
      next.insert("[]");
    }
    level = next;
  }
  return level;
}

template <class Words>
void check_languages(const Words& words, bool drops_space) {
  CHECK(every_text<order>(words, false) == all_orders());
  CHECK(every_text<nested>(words, false) == all_nested());
  using answers = allowed<"yes", "no", " no", "nobody knows", "I do not know.">;
  const std::set<std::string> said{"yes", "no", " no", "nobody knows", "I do not know."};
  CHECK(every_text<answers>(words, false) == said);
  if (drops_space) CHECK(every_text<answers>(words, true) == said);
  CHECK(every_text<without<answers, "nob", "zz">>(words, false) ==
        std::set<std::string>{"yes", "no", " no", "I do not know."});
  const std::string_view notes[] = {"the code is B-MX 4711.", "Zoë pays 12.50"};
  using span = copied<1, 12>;
  admission_of<span, Words> start;
  REQUIRE(start.begin(notes));
  CHECK(every_text<span>(words, false, start).contains("B-MX 4711"));
  for (const std::string& text : every_text<span>(words, false, start)) {
    INFO(text);
    CHECK((notes[0].find(text) != notes[0].npos || notes[1].find(text) != notes[1].npos));
  }
}

/// All bytes, control tokens in the middle, and `more` merges of tokens that are there, drawn by chance.
host::tokenizer_text random_byte_level(std::size_t more, std::uint64_t seed) {
  host::tokenizer_text t = byte_level_of({});
  rng random(seed);
  std::set<std::string> known(t.pieces.begin(), t.pieces.end());
  (void)add(t, "<|begin|>", host::token_type::control);
  (void)add(t, "<|end|>", host::token_type::control);
  (void)add(t, "<think>", host::token_type::user_defined);
  std::vector<std::uint32_t> from;  // tokens that may merge; letters that the languages have are likely
  for (const char c : std::string_view("lampfnu {}\":,0123456789devicrs()[]x\xC3\xA9\xBC"))
    from.push_back(static_cast<unsigned char>(c));
  while (more > 0) {
    const std::uint32_t left = from[random.below(static_cast<std::uint32_t>(from.size()))];
    const std::uint32_t right = from[random.below(static_cast<std::uint32_t>(from.size()))];
    const std::string both = t.pieces[left] + t.pieces[right];
    if (both.size() > 9 || !known.insert(both).second) continue;
    t.merges.emplace_back(left, right);
    from.push_back(static_cast<std::uint32_t>(add(t, both, host::token_type::normal)));
    --more;
  }
  return t;
}

/// Bytes, printable ASCII and pieces of some letters.
host::tokenizer_text random_pieces(table_kind kind, std::uint64_t seed) {
  host::tokenizer_text t;
  t.kind = kind;
  for (const char* control : {"<unk>", "<s>", "</s>"}) (void)add(t, control, host::token_type::control);
  for (unsigned b = 0; b < 256; ++b) (void)add(t, host::detail::byte_spelling(b), host::token_type::byte);
  for (const std::string& piece : pieces_of("lampfnu {}\":,0123456789devicrs()[]x", 200, seed))
    (void)add(t, piece, host::token_type::normal);
  t.scores.resize(t.pieces.size());
  for (std::size_t id = 0; id < t.scores.size(); ++id) t.scores[id] = -static_cast<float>(id);
  return t;
}

}  // namespace

TEST_CASE("a small byte-level vocabulary: the admitted tokens, and every string of bounded languages") {
  for (const std::uint64_t seed : {std::uint64_t{1}, std::uint64_t{2}}) {
    const hashed_words<byte_level_bpe<gpt2_pieces>, 600> words(random_byte_level(330, seed), {.bos = 256, .eos = 257});
    compare_with_each_token<order>(words, 40, 60);
    compare_with_each_token<nested>(words, 40, 60);
    compare_with_each_token<anything>(words, 20, 60);
    compare_with_each_token<without<anything, "am", "0">>(words, 20, 60);
    compare_choices<anything>(words, 30, 40);
    compare_choices<without<anything, "am", "0">>(words, 30, 40);
    compare_choices<order>(words, 30, 40);
    check_languages(words, false);
  }
}

TEST_CASE("small hashed SentencePiece and unigram vocabularies, whose first space is not said") {
  const hashed_words<hashed_sentencepiece_bpe<true>, 600> words(random_pieces(table_kind::sentencepiece, 4),
                                                                {.bos = 1, .eos = 2});
  compare_with_each_token<order>(words, 40, 60, true);
  compare_with_each_token<anything>(words, 20, 60, true);
  compare_choices<anything>(words, 30, 40, true);
  check_languages(words, true);
  // an end token that is `user` too, and bytes that end an answer or speak
  const hashed_words<hashed_sentencepiece_bpe<true>, 600> mixed(
      random_pieces(table_kind::sentencepiece, 6), {.bos = 1, .eos = 3 + 'a', .note = 3 + 'b', .user = 2, .answer = -1},
      {2, 3 + 'c'});
  compare_with_each_token<anything>(mixed, 20, 60, true);
  compare_choices<anything>(mixed, 60, 40, true);
  const hashed_words<sentencepiece_unigram<true>, 600> unigram(random_pieces(table_kind::unigram, 5),
                                                               {.bos = 1, .eos = 2});
  compare_with_each_token<order>(unigram, 40, 60, true);
  CHECK(every_text<nested>(unigram, true) == all_nested());
}

TEST_CASE("a vocabulary without a byte is refused where the constraint may ask for it, and so is one without order") {
  host::tokenizer_text t = random_byte_level(40, 3);
  t.types['f'] = host::token_type::unused;
  std::erase_if(t.merges,
                [&](const auto& m) { return (t.pieces[m.first] + t.pieces[m.second]).find('f') != std::string::npos; });
  const hashed_words<byte_level_bpe<gpt2_pieces>, 600> lacking(t, {.bos = 256, .eos = 257});
  const auto orders = std::make_unique<admission_of<order, hashed_words<byte_level_bpe<gpt2_pieces>, 600>>>();
  CHECK_FALSE(orders->begin_with(lacking.view(), lacking.control));
  CHECK(first_unspelled(lacking.view(), lacking.control, order::bytes) == 'f');
  const std::uint32_t ends[] = {'a'};
  CHECK(first_unspelled(lacking.view(), special_tokens_and_ends{lacking.control, ends}, order::bytes) == 'a');
  const auto bytes = host::pack_token_table(random_byte_level(40, 3));
  CHECK_FALSE(orders->begin_with(byte_level_bpe<gpt2_pieces>::table(std::span(bytes)), lacking.control));
}

TEST_CASE("Llama 3.1's 128,256 tokens under constraints") {
  const hashed_words<byte_level_bpe<llama3_pieces>, 128256> words(json_tokenizer("llama3_1"),
                                                                  {.bos = 128000, .eos = 128009});
  compare_with_each_token<order>(words, 3, 12);
  compare_with_each_token<anything>(words, 2, 5);
  compare_choices<anything>(words, 3, 5);
  check_languages(words, false);
}

#if !MOTE_TEST_FEW_TYPES  // the ordinary run has these tables in small, and a real one of the kind of Qwen3's
TEST_CASE("Qwen3's 151,669 tokens under constraints") {
  const hashed_words<byte_level_bpe<qwen2_pieces, nfc>, 151936> words(json_tokenizer("qwen3"),
                                                                      {.bos = -1, .eos = 151645});
  compare_with_each_token<order>(words, 3, 12);
  compare_with_each_token<anything>(words, 2, 5);
}

TEST_CASE("Gemma 3's 262,144 tokens under constraints") {
  const hashed_words<hashed_sentencepiece_bpe<false>, 262145> words(json_tokenizer("gemma3"), {.bos = 2, .eos = 1});
  compare_with_each_token<order>(words, 3, 12);
  compare_with_each_token<anything>(words, 2, 5);
  check_languages(words, false);
}
#endif
