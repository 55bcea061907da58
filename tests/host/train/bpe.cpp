// SPDX-License-Identifier: BSL-1.0
#include "mote/host/train/bpe.hpp"

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hearth/corpus.hpp"
#include "mote/core/checksum.hpp"
#include "mote/core/rng.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/model/sentencepiece_bpe.hpp"
#include "mote/model/vocabulary.hpp"

using mote::host::bpe_encoder;
using mote::host::first_control_token;
using mote::host::train_bpe;
using mote::host::vocabulary_text;

namespace {

using token_ids = std::vector<std::int32_t>;
const std::vector<std::string> control = {"<note>", "<user>", "<answer>"};

std::vector<std::string> sample(int items) {
  mote::host::corpus source(1);
  std::vector<std::string> texts;
  for (int i = 0; i < items; ++i) {
    auto item = source.next();
    for (auto& note : item.notes) texts.push_back(std::move(note));
    texts.push_back(std::move(item.prompt));
    texts.push_back(std::move(item.answer));
  }
  return texts;
}

const bpe_encoder& trained() {
  static const bpe_encoder encoder(train_bpe(sample(4000), 512, control));
  return encoder;
}

/// llama2.c's loop as it is usually told: look every neighbouring pair up by its text, merge the best, start again.
token_ids encode_by_text(const vocabulary_text& words, std::string_view text) {
  token_ids ids;
  if (text.empty()) return ids;
  const auto find = [&](std::string_view piece) {
    for (std::size_t id = first_control_token; id < words.pieces.size(); ++id)
      if (words.pieces[id] == piece) return static_cast<std::int32_t>(id);
    return -1;
  };
  const std::string spaced = ' ' + std::string(text);
  for (std::size_t at = 0; at < spaced.size();) {
    std::size_t end = at + 1;
    while (end < spaced.size() && end < at + 4 && (static_cast<unsigned char>(spaced[end]) & 0xC0U) == 0x80U) ++end;
    const std::int32_t id = find(std::string_view(spaced).substr(at, end - at));
    if (id >= 0) ids.push_back(id);
    else
      for (; at < end; ++at) ids.push_back(static_cast<unsigned char>(spaced[at]) + 3);
    at = end;
  }
  for (;;) {
    std::size_t best = 0;
    std::int32_t best_id = -1;
    float best_score = -1e10F;
    for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
      const auto piece = [&](std::size_t k) {
        const auto id = static_cast<std::size_t>(ids[k]);
        return id < first_control_token ? std::string("\1") : words.pieces[id];  // a byte piece merges with nothing
      };
      const std::int32_t id = find(piece(i) + piece(i + 1));
      if (id < 0 || words.scores[static_cast<std::size_t>(id)] <= best_score) continue;
      best = i;
      best_id = id;
      best_score = words.scores[static_cast<std::size_t>(id)];
    }
    if (best_id < 0) return ids;
    ids[best] = best_id;
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

std::string random_utf8(mote::rng& random) {
  std::string text;
  const std::uint32_t length = random.below(40);
  for (std::uint32_t i = 0; i < length; ++i) {
    const std::uint32_t kind = random.below(8);
    std::uint32_t c = 1 + random.below(127);
    if (kind == 5) c = 0x80 + random.below(0x780);
    if (kind == 6) c = 0x800 + random.below(0xD000);
    if (kind == 7) c = 0x10000 + random.below(0x100000);
    const auto tail = [&](std::uint32_t shift) { text += static_cast<char>(0x80U | ((c >> shift) & 0x3FU)); };
    if (c < 0x80) {
      text += static_cast<char>(c);
    } else if (c < 0x800) {
      text += static_cast<char>(0xC0U | c >> 6U);
      tail(0);
    } else if (c < 0x10000) {
      text += static_cast<char>(0xE0U | c >> 12U);
      tail(6);
      tail(0);
    } else {
      text += static_cast<char>(0xF0U | c >> 18U);
      tail(12);
      tail(6);
      tail(0);
    }
  }
  return text;
}

}  // namespace

TEST_CASE("bpe: the merges of a text that can be done by hand", "[host][bpe]") {
  // " aab aab ac": pairs aa 2, ab 2, " a" 3 (chunks " aab" twice, " ac" once) -> " a" first, then " a"+"a", then +"b".
  const std::vector<std::string> texts = {"aab aab ac"};
  const vocabulary_text words = train_bpe(texts, 300, {});
  const std::vector<std::string> learned(words.pieces.begin() + 259, words.pieces.end());
  CHECK(learned == std::vector<std::string>{"a", " ", "b", "c", " a", "ab", " aab"});
  CHECK(words.scores[263] == 0.0F);
  CHECK(words.scores[264] == -1.0F);
  CHECK(words.scores[265] == -2.0F);
  const bpe_encoder encoder(words);
  CHECK(encoder.encode("aab ac b") == token_ids{265, 263, 262, 260, 261});
  CHECK(encoder.encode("aab7") == token_ids{265, '7' + 3});
  CHECK(encoder.encode("").empty());
}

TEST_CASE("bpe: ids lie where llama2.c expects them", "[host][bpe]") {
  const vocabulary_text& words = trained().vocabulary();
  REQUIRE(words.pieces.size() == 512);
  REQUIRE(words.scores.size() == 512);
  CHECK(words.pieces[0] == "<unk>");
  CHECK(words.pieces[1] == "\n<s>\n");
  CHECK(words.pieces[2] == "\n</s>\n");
  CHECK(words.pieces[3] == "<0x00>");
  CHECK(words.pieces[3 + 0xAB] == "<0xAB>");
  CHECK(words.pieces[258] == "<0xFF>");
  for (std::size_t i = 0; i < control.size(); ++i) {
    CHECK(words.pieces[first_control_token + i] == control[i]);
    CHECK(trained().find(control[i]) == static_cast<std::int32_t>(first_control_token + i));
  }
  bool merges = false;
  for (std::size_t id = first_control_token + control.size() + 1; id < 512; ++id) {
    const bool merge = words.pieces[id].size() > 1;
    CHECK((merge || !merges));  // characters first
    if (merge && merges) CHECK(words.scores[id] < words.scores[id - 1]);
    merges = merge;
  }
}

TEST_CASE("bpe: no piece holds a digit with anything, or two words", "[host][bpe]") {
  const vocabulary_text& words = trained().vocabulary();
  for (std::size_t id = first_control_token + control.size(); id < words.pieces.size(); ++id) {
    const std::string& piece = words.pieces[id];
    INFO('[' << piece << ']');
    if (piece.find_first_of("0123456789") != std::string::npos) CHECK(piece.size() == 1);
    CHECK(piece.find(' ', 1) == std::string::npos);
  }
  // So a code is copied digit by digit, wherever it stands.
  const token_ids lone = trained().encode("7731.");
  const token_ids end = trained().encode("The boiler's service code is 7731.");
  REQUIRE(lone.size() == 6);  // space, four digits, dot
  CHECK(std::equal(lone.rbegin(), lone.rend(), end.rbegin()));
}

TEST_CASE("bpe: text comes back as it went in", "[host][bpe]") {
  mote::rng random(3);
  for (int i = 0; i < 3000; ++i) {
    const std::string text = random_utf8(random);
    REQUIRE(trained().decode(trained().encode(text)) == text);
  }
  for (int i = 0; i < 1000; ++i) {  // not UTF-8 at all
    std::string bytes(random.below(30), ' ');
    for (char& c : bytes) c = static_cast<char>(random.below(256));
    REQUIRE(trained().decode(trained().encode(bytes)) == bytes);
  }
  for (const std::string& text : sample(300)) REQUIRE(trained().decode(trained().encode(text)) == text);
}

TEST_CASE("bpe: pairs by id give what pairs by text give, and what the board's tokenizer gives", "[host][bpe]") {
  const vocabulary_text& words = trained().vocabulary();
  const mote::special_tokens tokens{.note = 259, .user = 260, .answer = 261};
  const std::vector<std::byte> packed = mote::host::pack_vocabulary(words, tokens);
  REQUIRE(mote::vocabulary_view::check(packed) == mote::status::ok);
  const mote::sentencepiece_bpe board(mote::vocabulary_view(packed), tokens);
  std::vector<mote::merge_slot> slots(1000);

  std::vector<std::string> texts = sample(60);
  mote::rng random(4);
  for (int i = 0; i < 100; ++i) texts.push_back(random_utf8(random));
  for (const std::string& text : texts) {
    INFO(text);
    const token_ids ids = trained().encode(text);
    REQUIRE(ids == encode_by_text(words, text));
    const mote::encoded result = board.encode(text, slots, false);
    REQUIRE(result.state == mote::status::ok);
    REQUIRE(result.count == ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) REQUIRE(slots[i].token == static_cast<std::uint32_t>(ids[i]));
  }
}

TEST_CASE("bpe: of equal scores the leftmost pair merges first, and zeros of both signs are equal", "[host][bpe]") {
  vocabulary_text words = train_bpe({}, 512, {});
  const auto add = [&](std::string piece, float score) {
    words.pieces.push_back(std::move(piece));
    words.scores.push_back(score);
  };
  for (const char* character : {" ", "a", "b", "c"}) add(character, -9);
  add("ab", -0.0F);
  add("bc", 0.0F);
  add("ca", 0.0F);
  const bpe_encoder encoder(words);
  std::string text = "abc";
  CHECK(encoder.encode(text) == token_ids{259, 263, 262});
  for (int i = 0; i < 8; ++i) {  // also longer than what is scanned for its best pair
    CHECK(encoder.encode(text) == encode_by_text(words, text));
    text += "b" + text;
  }
}

TEST_CASE("bpe: no text becomes a control token", "[host][bpe]") {
  // The worst names: words of the text itself. An encoder that looks pairs up by their text, as llama2.c does, knows
  // nothing of control tokens; the vocabulary alone must keep it from them.
  const std::vector<std::string> texts(50, "the user uses a note, users note the user's notes");
  const vocabulary_text words = train_bpe(texts, 400, {"user", " note", "<answer>"});
  const bpe_encoder encoder(words);
  for (const token_ids& ids : {encoder.encode(texts[0]), encode_by_text(words, texts[0])}) {
    for (std::int32_t id : ids) CHECK((id < 259 || id > 261));
    CHECK(encoder.decode(ids) == texts[0]);
  }
  CHECK(encoder.find(" the") > 261);  // while other words are learned
  CHECK(encoder.decode(token_ids{1, 260, 2}).empty());
  CHECK(trained().decode(trained().encode("<user><note>")) == "<user><note>");
}

TEST_CASE("bpe: the same vocabulary on every machine", "[host][bpe]") {
  mote::fingerprint all;
  for (const std::string& piece : trained().vocabulary().pieces) all.add(piece);
  CHECK(all.value() == 0x53adbcafd37f2729U);
}

TEST_CASE("bpe: what cannot be trained is refused", "[host][bpe]") {
  const std::vector<std::string> texts = {"some text"};
  CHECK_THROWS_AS(train_bpe(texts, 259, {}), std::invalid_argument);
  CHECK_THROWS_AS(train_bpe(texts, 512, {"ab"}), std::invalid_argument);
  CHECK_THROWS_AS(train_bpe(texts, 512, {"<a>", "<a>"}), std::invalid_argument);
  // One character of room: the most frequent one has it, the rest is left to the bytes.
  const bpe_encoder tight(train_bpe(texts, 260, {}));
  CHECK(tight.vocabulary().pieces.size() == 260);
  CHECK(tight.decode(tight.encode("some text")) == "some text");
  // Nothing to learn is not an error: every text can still be spelled in bytes.
  const bpe_encoder empty(train_bpe({}, 512, {}));
  CHECK(empty.decode(empty.encode("some text")) == "some text");
}

TEST_CASE("bpe: items of the corpus fit a small context", "[host][bpe]") {
  mote::host::corpus source(9);
  std::size_t sum = 0;
  std::size_t most = 0;
  constexpr std::size_t items = 3000;
  for (std::size_t i = 0; i < items; ++i) {
    const auto item = source.next();
    std::size_t tokens = 4 + item.notes.size();  // begin, user, answer, end, and one a note
    for (const std::string& note : item.notes) tokens += trained().encode(note).size();
    tokens += trained().encode(item.prompt).size() + trained().encode(item.answer).size();
    sum += tokens;
    most = std::max(most, tokens);
  }
  const std::size_t tenths = 10 * sum / items;
  SUCCEED("tokens an item: " << tenths / 10 << '.' << tenths % 10 << ", at most " << most);
  CHECK(tenths < 600);
  CHECK(most < 160);
}
