// SPDX-License-Identifier: BSL-1.0
// The same answers on every target: small models made from a seed answer, draw, recall, learn, save and load, and every
// bit of every logit, token, loss and adapter goes into hashes that are written below. A target that gives another
// number is a fault of mote, whatever the target.
// Refuses files, a heap and a test framework, so that it runs on a Cortex-M as it does on a PC.
//
// The constants change only when the meaning of a computation is changed on purpose; the program prints the new ones.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>

#include "mote/core/rng.hpp"
#include "mote/decode/draft_gate.hpp"
#include "mote/decode/gbnf.hpp"
#include "mote/decode/greedy.hpp"
#include "mote/decode/ngram.hpp"
#include "mote/decode/sample.hpp"
#include "mote/learn/full.hpp"
#include "mote/pipeline.hpp"
#include "mote/pipeline/self_check.hpp"
#include "mote/policy/cache.hpp"
#include "mote/policy/streamed.hpp"
#include "mote/policy/window.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/rag.hpp"
#include "mote/store/container.hpp"

namespace golden {

// ---- a model out of nothing -----------------------------------------------------------------------------------------

inline constexpr std::size_t vocab = 300;
inline constexpr mote::special_tokens control{.bos = 1, .eos = 2, .note = 259, .user = 260, .answer = 261};
inline constexpr std::size_t first_letter = 262;  // behind <unk>, <s>, </s>, 256 bytes and three control tokens
inline constexpr std::size_t letters = 27;        // a to z and the space
inline constexpr std::size_t merges = vocab - first_letter - letters;

struct piece {
  std::array<char, 3> text{};
  std::size_t size = 0;
  constexpr std::string_view view() const { return {text.data(), size}; }
};

/// Pieces of two or three letters, drawn until all differ; a later piece may build on an earlier one.
consteval std::array<piece, vocab> draw_pieces() {
  std::array<piece, vocab> pieces{};
  for (std::size_t byte = 0; byte < 256; ++byte) pieces[3 + byte] = {{static_cast<char>(byte)}, 1};
  for (std::size_t i = 0; i < letters; ++i)
    pieces[first_letter + i] = {{i < 26 ? static_cast<char>('a' + static_cast<int>(i)) : ' '}, 1};
  mote::rng random(2024);
  constexpr std::string_view frequent = " etaoinshr";
  for (std::size_t i = first_letter + letters; i < vocab;) {
    piece p;
    p.size = i < vocab - 3 ? 2 : 3;
    if (p.size == 2) {
      for (std::size_t c = 0; c < 2; ++c)
        p.text[c] = frequent[random.below(static_cast<std::uint32_t>(frequent.size()))];
    } else {
      const piece& head = pieces[first_letter + letters + random.below(merges - 3)];
      p.text = {head.text[0], head.text[1], frequent[random.below(static_cast<std::uint32_t>(frequent.size()))]};
    }
    bool is_new = true;
    for (std::size_t j = first_letter; j < i; ++j) is_new = is_new && pieces[j].view() != p.view();
    if (is_new) pieces[i++] = p;
  }
  return pieces;
}

inline constexpr std::array<piece, vocab> pieces = draw_pieces();
inline constexpr std::size_t searchable = letters + merges;
inline constexpr std::size_t text_bytes = [] {
  std::size_t n = 0;
  for (const piece& p : pieces) n += p.size;
  return n;
}();
inline constexpr std::size_t table_bytes = mote::vocabulary_bytes(vocab, searchable, text_bytes);

/// The token table as model/vocabulary.hpp draws it.
consteval std::array<std::byte, table_bytes> pack_table() {
  std::array<std::byte, table_bytes> table{};
  std::size_t at = 0;
  const auto put = [&](std::size_t v, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) table[at++] = static_cast<std::byte>((v >> (8 * i)) & 0xFFU);
  };
  put(vocab, 4);
  put(searchable, 4);
  put(3, 4);  // the longest text
  put(text_bytes, 4);
  put(3, 4);  // byte 0
  at = mote::vocabulary_header_bytes;
  std::size_t offset = 0;
  for (const piece& p : pieces) {
    put(offset, 4);
    offset += p.size;
  }
  put(offset, 4);
  for (std::size_t id = 0; id < vocab; ++id) put(id < first_letter + letters ? 0 : vocab - id, 2);
  std::array<std::size_t, searchable> order{};
  for (std::size_t i = 0; i < searchable; ++i) {
    std::size_t place = i;
    for (; place > 0 && pieces[first_letter + i].view() < pieces[order[place - 1]].view(); --place)
      order[place] = order[place - 1];
    order[place] = first_letter + i;
  }
  for (const std::size_t id : order) put(id, 2);
  for (const piece& p : pieces)
    for (const char c : p.view()) put(static_cast<unsigned char>(c), 1);
  return table;
}
inline constexpr std::array<std::byte, table_bytes> table = pack_table();

struct middling {  // rows of 172 are no multiple of a group of 32, nor of 16 lanes
  static constexpr std::string_view name = "golden";
  static constexpr mote::shape shape{
      .dim = 64, .hidden = 172, .layers = 2, .heads = 8, .kv_heads = 4, .vocab = vocab, .context = 64};
  static constexpr std::size_t vocabulary_bytes = table_bytes;
  static constexpr mote::special_tokens special_tokens = control;
};
struct tiny {  // nothing is a multiple of 16, and the head is a matrix of its own
  static constexpr std::string_view name = "golden_tiny";
  static constexpr mote::shape shape{.dim = 24,
                                     .hidden = 44,
                                     .layers = 2,
                                     .heads = 4,
                                     .kv_heads = 2,
                                     .vocab = vocab,
                                     .context = 64,
                                     .tied_head = false};
  static constexpr std::size_t vocabulary_bytes = table_bytes;
  static constexpr mote::special_tokens special_tokens = control;
};

/// Room for the largest image, the largest pipeline and the largest snapshot, one after another.
inline constexpr std::size_t image_room = 480 * 1024;
inline constexpr std::size_t pipeline_room = 640 * 1024;
inline constexpr std::size_t snapshot_room = 160 * 1024;
alignas(64) inline std::byte image[image_room];
alignas(64) inline std::byte pipeline_bytes[pipeline_room];
alignas(64) inline std::byte snapshot[snapshot_room];

/// Writes an image of random weights; the numbers do not depend on the format, whose rounding is part of the test.
template <class Format>
std::span<const std::byte> make_image(const mote::shape& s, std::string_view name,
                                      std::span<const std::byte> words = table, std::span<std::byte> to = image) {
  static float tile[Format::rows * 172];
  mote::rng random(7);
  const mote::tensor_map<> map = mote::map_tensors<Format>(s);
  const mote::image_layout layout = mote::lay_image(map.bytes, words.size());
  if (layout.total_bytes > to.size()) return {};
  for (std::size_t i = 0; i < layout.total_bytes; ++i) to[i] = std::byte{0};
  std::byte* weights = to.data() + layout.weights_offset;

  const auto matrix = [&](std::size_t offset, std::size_t rows, std::size_t cols, float deviation) {
    for (std::size_t row = 0; row < rows; row += Format::rows) {
      const std::size_t count = rows - row < Format::rows ? rows - row : Format::rows;
      for (std::size_t i = 0; i < count * cols; ++i) tile[i] = random.normal() * deviation;
      Format::encode_tile(tile, count, cols, weights + offset + row / Format::rows * Format::tile_bytes(cols));
    }
  };
  const auto norm = [&](std::size_t offset) {
    for (std::size_t i = 0; i < s.dim; ++i) {
      const float gain = 0.75F + 0.5F * random.uniform();
      __builtin_memcpy(weights + offset + i * sizeof gain, &gain, sizeof gain);
    }
  };
  matrix(map.embedding, s.vocab, s.dim, 0.25F);
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    const std::size_t block = map.start_of(layer);
    norm(map.at<mote::vector_role::attention_norm>(layer));
    norm(map.at<mote::vector_role::ffn_norm>(layer));
    for (std::size_t r = 0; r < mote::role_count; ++r) {
      const mote::matrix_size m = mote::size_of(s, static_cast<mote::role>(r));
      matrix(block + map.in(layer).matrix[r], m.rows, m.cols, 1.5F / mote::simd::sqrt(static_cast<float>(m.cols)));
    }
  }
  norm(map.at<mote::vector_role::final_norm>(0));
  if (!s.tied_head) matrix(map.head, s.vocab, s.dim, 0.25F);
  for (std::size_t i = 0; i < words.size(); ++i) to[layout.vocabulary_offset + i] = words[i];

  mote::container_header h;
  h.kind = static_cast<std::uint16_t>(mote::container_kind::image);
  h.total_bytes = layout.total_bytes;
  h.shape_fingerprint = s.fingerprint();
  h.format_fingerprint = mote::format_fingerprint<Format>();
  h.weights_offset = layout.weights_offset;
  h.weights_bytes = map.bytes;
  h.vocabulary_offset = layout.vocabulary_offset;
  h.vocabulary_bytes = words.size();
  const std::span<const std::byte> made = to.first(layout.total_bytes);
  h.payload_crc = mote::crc32(made.subspan(mote::container_header_bytes));
  h.base_fingerprint = mote::image_fingerprint(h.payload_crc, h.shape_fingerprint);
  mote::put_name(h.model_name, name);
  mote::put_name(h.format_name, Format::name);
  mote::seal(h);
  __builtin_memcpy(to.data(), &h, sizeof h);
  return made;
}

// ---- what is hashed -------------------------------------------------------------------------------------------------

/// FNV-1a over bytes.
class digest {
 public:
  void bytes(const void* p, std::size_t n) {
    const auto* b = static_cast<const unsigned char*>(p);
    for (std::size_t i = 0; i < n; ++i) hash_ = (hash_ ^ b[i]) * 0x100000001B3ULL;
  }
  void word(std::uint32_t v) { bytes(&v, sizeof v); }
  void number(float v) { bytes(&v, sizeof v); }
  std::uint64_t take() {
    const std::uint64_t h = hash_;
    hash_ = 0xCBF29CE484222325ULL;
    return h;
  }

 private:
  std::uint64_t hash_ = 0xCBF29CE484222325ULL;
};
inline digest seen;

/// A decoding policy that lets the digest see every logit before greedy or sample<> picks; a seed of zero is greedy.
struct tap {
  using slot = mote::slots::decoding;
  template <std::size_t Vocab>
  struct state {
    void seed(std::uint64_t s) {
      draws = s != 0;
      if (draws) chance.seed(s);
    }
    std::size_t pick(float* logits) {
      seen.bytes(logits, Vocab * sizeof(float));
      const std::size_t chosen =
          draws ? chance.pick(logits) : mote::greedy::state<Vocab>::pick(static_cast<const float*>(logits));
      seen.word(static_cast<std::uint32_t>(chosen));
      return chosen;
    }
    mote::sample<>::state<Vocab> chance;
    bool draws = false;
  };
};

/// Draws with the knobs of sample<> from logits of every finite size: probabilities and tokens.
template <mote::sample_knobs Knobs>
void draw_everything() {
  constexpr std::size_t count = 43;
  constexpr float sizes[] = {1.0e-40F, 1.0e-3F, 8.0F, 2.0e4F, 1.0e30F, 3.4e38F};
  static typename mote::sample<Knobs>::template state<count> chance;
  static float logits[mote::padded(count)];
  chance.seed(11);
  mote::rng random(12);
  for (const float size : sizes) {
    for (int draw = 0; draw < 4; ++draw) {
      for (std::size_t i = 0; i < count; ++i) logits[i] = (2.0F * random.uniform() - 1.0F) * size;
      if (draw % 2 != 0)  // with equals
        for (std::size_t i = 1; i < count; i += 2) logits[i] = logits[i - 1];
      const auto chosen = static_cast<std::uint32_t>(chance.pick(logits));
      seen.bytes(logits, count * sizeof(float));
      seen.word(chosen);
    }
  }
}
template <float... Temperature>
std::uint64_t draws_at() {
  (draw_everything<mote::sample_knobs{.temperature = Temperature, .top_p = 1.0F}>(), ...);
  (draw_everything<mote::sample_knobs{.temperature = Temperature, .top_p = 0.01F}>(), ...);
  (draw_everything<mote::sample_knobs{.temperature = Temperature, .top_p = 0.9F}>(), ...);
  return seen.take();
}

/// Reads the image block by block.
struct image_reader {
  static bool fetch(std::size_t offset, std::span<std::byte> to) {
    if (offset > image_room || to.size() > image_room - offset) return false;
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = image[offset + i];
    return true;
  }
};
/// Attaches the image that was made last.
template <class Pipeline>
mote::status attach_made(Pipeline& ai, std::span<const std::byte> made) {
  static image_reader reader;
  if constexpr (Pipeline::facts.stream_bytes != 0) return ai.attach(reader);
  else return ai.attach(made);
}

/// Where a session is kept.
struct snapshot_sink {
  std::size_t used = 0;
  mote::status put(std::span<const std::byte> portion) {
    if (portion.size() > snapshot_room - used) return mote::status::full;
    for (const std::byte b : portion) snapshot[used++] = b;
    return mote::status::ok;
  }
};

struct answers {
  std::uint64_t greedy, sampled, recalled, learned, taught, restored;
};
inline constexpr std::string_view part_names[] = {"greedy", "sampled", "recalled", "learned", "taught", "restored"};

class run {
 public:
  explicit run(void (*print)(const char*)) : print_(print) {}
  int failures() const { return failures_; }

  void check_draws(std::uint64_t expected) {
    const std::uint64_t got = draws_at<1.0e-45F, 1.0e-38F, 1.0e-30F, 0.02F, 1.0F, 1.0e30F, 3.4e38F>();
    say(got == expected ? "ok     draws\n" : "FAILED draws ");
    if (got == expected) return;
    say_hex(got);
    say("\n");
    ++failures_;
  }

  /// More: so many tokens more of the first answer, for what begins late.
  template <class Pipeline, std::size_t More = 0>
  void check(const answers& expected) {
    static_assert(sizeof(Pipeline) <= pipeline_room);
    auto* ai = new (pipeline_bytes) Pipeline();
    const answers got = ask_everything(*ai, More);
    ai->~Pipeline();
    const std::uint64_t g[] = {got.greedy, got.sampled, got.recalled, got.learned, got.taught, got.restored};
    const std::uint64_t e[] = {expected.greedy,  expected.sampled, expected.recalled,
                               expected.learned, expected.taught,  expected.restored};
    bool same = true;
    for (std::size_t i = 0; i < 6; ++i) same = same && g[i] == e[i];
    say(same ? "ok     " : "FAILED ");
    say(Pipeline::model_type::name);
    say(" ");
    say(Pipeline::format::name);
    for (std::size_t i = 0; i < 6; ++i) {
      if (g[i] == e[i]) continue;
      say("\n       ");
      say(part_names[i]);
      say(" ");
      say_hex(g[i]);
      say(", expected ");
      say_hex(e[i]);
    }
    say("\n");
    if (!same) ++failures_;
  }

  /// self_check() finds nothing on a target that is sound.
  template <class Pipeline>
  void check_itself() {
    static_assert(sizeof(Pipeline) <= pipeline_room);
    auto* ai = new (pipeline_bytes) Pipeline();
    const mote::self_checked none = mote::self_check(*ai);
    mote::self_checked found{ai->attach(make_image<typename Pipeline::format>(Pipeline::model_type::shape, "golden"))};
    if (found.state == mote::status::ok) found = mote::self_check(*ai);
    ai->~Pipeline();
    const bool sound = none.state == mote::status::not_attached && found.state == mote::status::ok;
    say(sound ? "ok     self check " : "FAILED self check ");
    say(mote::name(found.state));
    say(" ");
    say(found.kernel);
    say("\n");
    if (!sound) ++failures_;
  }
  /// A text of a grammar with spans of notes, longer than the context, with drafts, drawn; kept in the middle of its
  /// answer, it goes on in another object, which remembers no notes.
  template <class Speaker>
  void check_limited(std::uint64_t expected) {
    static_assert(sizeof(Speaker) <= pipeline_room);
    auto* ai = new (pipeline_bytes) Speaker();
    attach_and_seed(*ai);
    for (std::string_view item : {"ann has a red hat", "the tea is hot", "ten toes in the sea"})
      need(ai->remember(item) == mote::status::ok, "remember()");
    need(ai->begin("is the tea in the sea hot", 90) == mote::status::ok, "begin()");
    constexpr std::size_t before = 100;
    for (std::size_t n = 0; n < before; ++n) {
      const mote::progress_step s = ai->step();
      need(s.state == mote::status::ok && !s.done, "step()");
      seen.bytes(s.piece.data(), s.piece.size());
    }
    for (const auto t : ai->tokens()) seen.word(t);
    need(ai->tokens().size() < before, "an answer goes on in its window");
    const std::uint64_t said = seen.take();
    snapshot_sink sink;
    need(ai->save_session(sink) == mote::status::ok, "save_session()");
    const std::uint64_t whole = rest_of(*ai);
    need(ai->ending() == mote::ending::limit, "an answer ends at its limit");
    ai->~Speaker();
    ai = new (pipeline_bytes) Speaker();  // which remembers nothing
    attach_and_seed(*ai);
    need(ai->load_session(std::span<const std::byte>(snapshot, sink.used)) == mote::status::ok, "load_session()");
    need(rest_of(*ai) == whole, "a session goes on as it would have");
    ai->~Speaker();
    const std::uint64_t got = said ^ (whole << 1U | whole >> 63U);
    say(got == expected ? "ok     grammar, spans, window, drafts, session\n"
                        : "FAILED grammar, spans, window, drafts, session ");
    if (got == expected) return;
    say_hex(got);
    say("\n");
    ++failures_;
  }

 private:
  template <class Pipeline>
  std::span<const std::byte> attach_and_seed(Pipeline& ai) {
    const auto weights = make_image<typename Pipeline::format>(Pipeline::shape, Pipeline::model_type::name);
    need(weights.size() <= Pipeline::image_bytes && ai.attach(weights) == mote::status::ok, "attach()");
    ai.seed(3);
    seen.take();
    return weights;
  }
  template <class Pipeline>
  std::uint64_t rest_of(Pipeline& ai) {
    for (bool done = false; !done;) {
      const mote::progress_step s = ai.step();
      need(s.state == mote::status::ok, "step()");
      seen.bytes(s.piece.data(), s.piece.size());
      done = s.done;
    }
    return seen.take();
  }
  void say(std::string_view text) {
    char line[64];
    while (!text.empty()) {
      const std::size_t n = text.size() < sizeof line - 1 ? text.size() : sizeof line - 1;
      for (std::size_t i = 0; i < n; ++i) line[i] = text[i];
      line[n] = 0;
      print_(line);
      text.remove_prefix(n);
    }
  }
  void say_hex(std::uint64_t v) {
    char digits[19] = {'0', 'x'};
    for (unsigned i = 0; i < 16; ++i) digits[2 + i] = "0123456789ABCDEF"[(v >> (60U - 4U * i)) & 15U];
    say({digits, 18});
  }
  void need(bool holds, std::string_view what) {
    if (holds) return;
    say("FAILED ");
    say(what);
    say("\n");
    ++failures_;
  }

  template <class Pipeline>
  void converse(Pipeline& ai, std::string_view question, std::size_t most) {
    need(ai.begin(question, most) == mote::status::ok, "begin()");
    seen.word(static_cast<std::uint32_t>(ai.prompt_tokens()));
    for (const auto t : ai.tokens()) seen.word(t);
    seen.word(static_cast<std::uint32_t>(ai.recalled_items()));
    for (;;) {
      const mote::progress_step s = ai.step();
      need(s.state == mote::status::ok, "step()");
      seen.bytes(s.piece.data(), s.piece.size());
      if (s.done) return;
    }
  }

  template <class Pipeline>
  answers ask_everything(Pipeline& ai, std::size_t more) {
    using mote::status;
    answers a{};
    const auto weights = make_image<typename Pipeline::format>(Pipeline::shape, Pipeline::model_type::name);
    need(weights.size() <= Pipeline::image_bytes && attach_made(ai, weights) == status::ok, "attach()");
    seen.take();

    ai.seed(0);
    converse(ai, "the heat is on", 12 + more);
    a.greedy = seen.take();

    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
      ai.seed(seed);
      converse(ai, "say a thing \xC3\xA9", 8);
    }
    a.sampled = seen.take();
    ai.seed(0);

    if constexpr (Pipeline::recalls) {
      for (std::string_view item : {"ann has a red hat", "the tea is hot", "ten toes in the sea", "he is there at ten"})
        need(ai.remember(item) == status::ok, "remember()");
      for (std::string_view question : {"is the tea hot", "who has a hat", "when is ten"}) converse(ai, question, 3);
      a.recalled = seen.take();
    }

    if constexpr (Pipeline::learns) {
      constexpr mote::example lessons[] = {{.prompt = "lights on", .answer = "on it is"},
                                           {.prompt = "is it hot", .answer = "hot", .note = "tea is hot"},
                                           {.prompt = "thanks", .answer = "a pleasure then"}};
      for (int round = 0; round < 2; ++round) {
        for (const mote::example& e : lessons) {
          const mote::learned l = ai.learn(e);
          need(l.state == status::ok, "learn()");
          seen.number(l.loss);
          seen.word(static_cast<std::uint32_t>(l.tokens));
        }
      }
      seen.number(ai.loss(mote::example{.prompt = "lights off", .answer = "off it is"}).loss);
      // full<> keeps its parameters in the order of its rows: there the logits below stand for them
      if constexpr (Pipeline::recalls) seen.bytes(ai.learning().parameters(), ai.learning().parameter_floats * 4);
      a.learned = seen.take();

      converse(ai, "the heat is on", 6);
      a.taught = seen.take();

      const std::size_t n = ai.saved_bytes();
      need(n <= snapshot_room && ai.save(std::span(snapshot)) == status::ok, "save()");
      need(ai.attach(weights) == status::ok, "attach() again");
      ai.seed(0);
      need(ai.load(std::span<const std::byte>(snapshot, n < snapshot_room ? n : 0)) == status::ok, "load()");
      converse(ai, "the heat is on", 6);
      a.restored = seen.take();
      need(a.restored == a.taught, "what was loaded answers like what was saved");
    }
    return a;
  }

  void (*print_)(const char*);
  int failures_ = 0;
};

inline constexpr mote::lora_knobs everywhere{.targets = mote::all_matrices, .tokens = 48, .batch = 2};

template <class Bits, std::size_t Rows>
using assistant = mote::pipeline<
    middling, Bits, mote::interleave<Rows>, mote::context<64>, mote::lora<4, everywhere>,
    mote::rag<
        mote::bm25<mote::bm25_knobs{.items = 8, .item_bytes = 32, .least = 0, .share = 0, .alike = 1}, mote::words<>>,
        mote::rag_knobs{.hits = 2, .tokens = 24}>,
    tap>;
/// Questions only, the keys and values rounded: learning does not read the cache.
template <std::size_t Bits, std::size_t Rows>
using rounder =
    mote::pipeline<middling, mote::quantize<8>, mote::cache<Bits>, mote::interleave<Rows>, mote::context<64>, tap>;
template <std::size_t Rows>
using streamer = mote::pipeline<middling, mote::streamed<mote::quantize<8>, image_reader, 3400>, mote::cache<8>,
                                mote::interleave<Rows>, mote::context<64>, tap>;
template <std::size_t Bits, std::size_t Rows>  // the first 32 tokens are rounded when the 33rd comes
using grouper =
    mote::pipeline<middling, mote::quantize<8>, mote::kivi<Bits, 32>, mote::interleave<Rows>, mote::context<64>, tap>;
template <std::size_t Rows>
using student = mote::pipeline<tiny, mote::quantize<32>, mote::interleave<Rows>, mote::context<64>,
                               mote::full<mote::full_knobs{.tokens = 48, .batch = 2, .chunk = 7}>, tap>;

using guesses = mote::gated<mote::ngram<64>, mote::draft_knobs{.batch_cost = 0, .measured = false}>;
using short_notes = mote::rag<
    mote::bm25<mote::bm25_knobs{.items = 8, .item_bytes = 32, .least = 0, .share = 0, .alike = 1}, mote::words<>>,
    mote::rag_knobs{.hits = 2, .tokens = 24}>;
using speaker =
    mote::pipeline<middling, mote::quantize<8>, mote::interleave<1>, mote::context<64>, mote::window<32, 4>,
                   short_notes, mote::gbnf<R"_(root ::= ("[" copied [a-z]{1,8} "]" [0-9]{2}){20})_">, guesses, tap>;

inline constexpr std::uint64_t of_limited = 0x0D1AB97DE48A8810;
inline constexpr std::uint64_t of_draws = 0x4C20996077645AD0;
inline constexpr answers of_q8{0xEE23B57F7260DD93, 0x34854549D5741E4D, 0xA8BF5268EFDDA6BD,
                               0x33B50F10815B9C5A, 0xB1050629A8C4EF22, 0xB1050629A8C4EF22};
inline constexpr answers of_q8_wide{0x12681FEB8954DC19, 0x045820D1D859C8FE, 0x0839245FB450891C,
                                    0x68AC2F85F492209B, 0x68EDE591397B8BDE, 0x68EDE591397B8BDE};
inline constexpr answers of_f32{0x0393022BDFEDA2AC, 0x806625919FB6AFB7, 0xE86CBF3EE26EF530,
                                0x85843A0F5471B147, 0xB7D22666E6FF2538, 0xB7D22666E6FF2538};
inline constexpr answers of_full{0x2A1C3AC28D346F7F, 0x0FC77AEF9B1CE24E, 0,
                                 0x74E4078F2D114DEA, 0x00F4ACB3583DCD02, 0x00F4ACB3583DCD02};
inline constexpr answers of_cache_8{0xD0863989C4878AC2, 0x3E389783276A039F, 0, 0, 0, 0};
inline constexpr answers of_cache_16{0x35E979D3E0FD7307, 0xFF41A7BB043844E9, 0, 0, 0, 0};
inline constexpr answers of_kivi_4{0x2A7E2E857E6F1C94, 0x34854549D5741E4D, 0, 0, 0, 0};

/// Whether images of so many interleaved rows are asked: all, or with MOTE_TEST_FEW_TYPES one row and this target's.
template <std::size_t Rows>
constexpr bool asked() {
#if MOTE_TEST_FEW_TYPES
  constexpr std::size_t own = mote::interleaved_rows(mote::simd::native::value);
  return Rows == 1 || Rows == (own == 1 ? 16 : own);
#else
  return true;
#endif
}

}  // namespace golden

/// The number of pipelines that answered otherwise than written above. `print` gets pieces of text.
template <class = void>  // who includes the images alone compiles no pipeline
int mote_golden(void (*print)(const char*)) {
  golden::run r(print);
  r.check_draws(golden::of_draws);
  r.check<golden::assistant<mote::quantize<8>, 1>>(golden::of_q8);
  if constexpr (golden::asked<4>()) r.check<golden::assistant<mote::quantize<8>, 4>>(golden::of_q8);
  if constexpr (golden::asked<8>()) r.check<golden::assistant<mote::quantize<8>, 8>>(golden::of_q8);
  if constexpr (golden::asked<16>()) r.check<golden::assistant<mote::quantize<8>, 16>>(golden::of_q8);
  r.check<golden::assistant<mote::quantize<8, 64>, 1>>(golden::of_q8_wide);
  if constexpr (golden::asked<4>()) r.check<golden::assistant<mote::quantize<8, 64>, 4>>(golden::of_q8_wide);
  if constexpr (golden::asked<8>()) r.check<golden::assistant<mote::quantize<8, 64>, 8>>(golden::of_q8_wide);
  if constexpr (golden::asked<16>()) r.check<golden::assistant<mote::quantize<8, 64>, 16>>(golden::of_q8_wide);
  r.check<golden::assistant<mote::quantize<32>, 1>>(golden::of_f32);
  r.check<golden::assistant<mote::quantize<32>, 16>>(golden::of_f32);
  r.check<golden::rounder<8, 1>>(golden::of_cache_8);
  if constexpr (golden::asked<8>()) r.check<golden::rounder<8, 8>>(golden::of_cache_8);
  r.check<golden::streamer<mote::interleaved_rows(mote::simd::native::value)>>(golden::of_cache_8);
  r.check<golden::rounder<16, 1>>(golden::of_cache_16);
  r.check<golden::grouper<4, 1>, 32>(golden::of_kivi_4);
  r.check<golden::grouper<4, 16>, 32>(golden::of_kivi_4);
  r.check_limited<golden::speaker>(golden::of_limited);
  r.check<golden::student<1>>(golden::of_full);
  r.check<golden::student<16>>(golden::of_full);
  r.check_itself<golden::rounder<8, 1>>();
  r.check_itself<golden::grouper<4, 1>>();
  r.check_itself<golden::student<mote::interleaved_rows(mote::simd::native::value)>>();
  return r.failures();
}
