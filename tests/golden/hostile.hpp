// SPDX-License-Identifier: BSL-1.0
// Hostile numbers: one gain, scale, weight or matrix of a small model becomes huge, tiny, infinite or not a number, or
// a learner is sent astray, and the model answers and learns all the same. Every status, logit and loss goes into hashes
// that are written below, with all that is not a number counted as one: a target that gives another hash is a fault of
// mote.
// Refuses files, a heap and a test framework, so that it runs on a Cortex-M as it does on a PC.
#pragma once

#include "golden.hpp"
#include "mote/format/ternary.hpp"
#include "mote/learn/lora.hpp"
#include "mote/policy/quantize.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/rag.hpp"

namespace hostile {

struct small {
  static constexpr std::string_view name = "hostile";
  static constexpr mote::shape shape{
      .dim = 16, .hidden = 24, .layers = 2, .heads = 2, .kv_heads = 1, .vocab = golden::vocab, .context = 64};
  static constexpr std::size_t vocabulary_bytes = golden::table_bytes;
  static constexpr mote::special_tokens special_tokens = golden::control;
};

inline golden::digest seen;

inline void see(float v) {
  const auto bits = __builtin_bit_cast(std::uint32_t, v);
  seen.word((bits & 0x7FFFFFFFU) > 0x7F800000U ? 0x7FC00000U : bits);
}

/// Greedy, and every logit is seen first.
struct tap {
  using slot = mote::slots::decoding;
  template <std::size_t Vocab>
  struct state {
    static void seed(std::uint64_t) {}
    static std::size_t pick(const float* logits) {
      for (std::size_t i = 0; i < Vocab; ++i) see(logits[i]);
      return mote::greedy::state<Vocab>::pick(logits);
    }
  };
};

/// How a format's numbers are written: floats, or the 16 bits of its halves and of bfloat16.
template <class Format>
struct numbers_of {
  static constexpr bool wide = true;
  static constexpr std::size_t stride = 4;
};
template <std::size_t Rows>
struct numbers_of<mote::q8<Rows>> {
  static constexpr bool wide = false;
  static constexpr std::size_t stride = 2;
};
template <std::size_t Rows>
struct numbers_of<mote::f16<Rows>> : numbers_of<mote::q8<Rows>> {};
template <std::size_t Rows>
struct numbers_of<mote::bf16<Rows>> {
  static constexpr bool wide = false;
  static constexpr std::size_t stride = 4;
};

inline constexpr std::uint32_t floats[] = {0x7E967699U,  // 1e38
                                           0xFF61B1E6U,  // -3e38
                                           0x60AD78ECU,  // 1e20
                                           0x49742400U,  // 1e6
                                           0x7F800000U, 0x7FD5A5A5U /* what a number carries must not be seen */,
                                           0x000116C2U /* 1e-40 */};
inline constexpr std::uint16_t halves[] = {0x7BFFU, 0xFBFFU, 0x6400U, 0x5000U, 0x7C00U, 0x7ED5U, 0x0001U};
inline constexpr std::uint16_t brain[] = {0x7E97U, 0xFF62U, 0x60ADU, 0x4974U, 0x7F80U, 0x7FD5U, 0x2000U};
inline constexpr std::string_view value_names[] = {"1e38", "-3e38", "1e20", "1e6", "infinity", "not a number", "1e-40"};
inline constexpr std::size_t value_count = 7;

/// Every number of an image, or only what a learner does.
enum class extent { whole, of_learning };

class run {
 public:
  run(void (*print)(const char*), bool each) : print_(print), each_(each) {}
  int failures() const { return failures_; }
  unsigned cases() const { return cases_; }

  /// A scale in binary16 that is no number, or negative where none may be, is tried as a file only: machines decode it as
  /// they like.
  template <class Pipeline, extent Which = extent::whole>
  void check(std::string_view what, std::uint64_t expected, std::string_view question = "hot tea") {
    static_assert(sizeof(Pipeline) <= golden::pipeline_room);
    using format = typename Pipeline::format;
    constexpr const mote::shape& s = small::shape;
    what_ = what;
    question_ = question;
    all_.take();
    auto* ai = new (golden::pipeline_bytes) Pipeline();
    const auto map = mote::map_tensors<format>(s);
    const auto image = golden::make_image<format>(s, small::name);
    one(*ai, image, "nothing", "", [](std::byte*) {});
    const auto gain = [&](std::string_view name, std::size_t at) {
      for (std::size_t v = 0; v < value_count; ++v)
        one(*ai, image, name, value_names[v], [&](std::byte* w) { __builtin_memcpy(w + at, floats + v, 4); });
    };
    const auto number = [&](std::string_view name, std::size_t at, std::size_t row, std::size_t cols) {
      using n = numbers_of<format>;
      const std::size_t to = at + row / format::rows * format::tile_bytes(cols) + row % format::rows * n::stride;
      for (std::size_t v = 0; v < value_count; ++v) {
        as_file_only_ = !n::wide && format::quantized && (v == 1 || v == 4 || v == 5);
        one(*ai, image, name, value_names[v], [&](std::byte* w) {
          if constexpr (n::wide) __builtin_memcpy(w + to, floats + v, 4);
          else __builtin_memcpy(w + to, n::stride == 4 ? brain + v : halves + v, 2);
        });
        as_file_only_ = false;
      }
    };
    if constexpr (Which == extent::whole) {
      gain("attention_norm", map.at(0, mote::vector_role::attention_norm) + 12);
      gain("ffn_norm", map.at(1, mote::vector_role::ffn_norm) + 20);
      gain("final_norm", map.at(0, mote::vector_role::final_norm));
      number("embedding", map.embedding, 1, s.dim);
      number("query", map.at(0, mote::role::query), 2, s.dim);
      number("key", map.at(0, mote::role::key), 1, s.dim);
      number("value", map.at(1, mote::role::value), 3, s.dim);
      number("gate", map.at(1, mote::role::gate), 9, s.dim);
      number("down", map.at(0, mote::role::down), 5, s.hidden);
      if constexpr (!format::quantized && numbers_of<format>::wide)
        for (const float factor : {1e-36F, 1e-12F, 1e12F, 1e36F})
          for (const mote::role r : {mote::role::query, mote::role::gate, mote::role::value})
            one(*ai, image, "matrix times", factor < 1 ? (factor < 1e-20F ? "1e-36" : "1e-12") : "1e12 or 1e36",
                [&](std::byte* w) {
                  const mote::matrix_size m = mote::size_of(s, r);
                  for (std::size_t i = 0; i < format::bytes(m.rows, m.cols); i += 4) {
                    float x = 0;
                    __builtin_memcpy(&x, w + map.at(0, r) + i, 4);
                    x *= factor;
                    __builtin_memcpy(w + map.at(0, r) + i, &x, 4);
                  }
                });
    }
    if constexpr (Pipeline::learns) {
      for (std::size_t v = 0; v < value_count; ++v) {
        begin("parameter", value_names[v]);
        seen.word(static_cast<std::uint32_t>(ai->attach(image, mote::payload_check::skip)));
        const std::size_t at = format::quantized ? 7 : map.at(0, mote::vector_role::attention_norm) / 4 + 3;
        __builtin_memcpy(ai->learning().parameters() + at, floats + v, 4);
        answer(*ai);
        lesson(*ai);
        keep(*ai);
        end();
      }
      for (const float rate : {1e5F, 1e20F, __builtin_inff(), __builtin_nanf(""), -1.0F, 1.0F}) {
        begin("rate", rate > 1 ? "huge" : rate < 0 ? "negative" : rate == 1.0F ? "1" : "not a number");
        seen.word(static_cast<std::uint32_t>(ai->attach(image, mote::payload_check::skip)));
        if constexpr (std::is_void_v<decltype(ai->learning().rate(rate))>) ai->learning().rate(rate);
        else seen.word(static_cast<std::uint32_t>(ai->learning().rate(rate)));
        for (int i = 0; i < 4; ++i) lesson(*ai);
        answer(*ai);
        keep(*ai);
        end();
      }
    }
    ai->~Pipeline();
    compare(expected);
  }

  /// A snapshot of what was learned and remembered, damaged at every byte.
  template <class Pipeline>
  void check_snapshots(std::string_view what, std::uint64_t expected) {
    static_assert(sizeof(Pipeline) <= golden::pipeline_room);
    what_ = what;
    all_.take();
    auto* ai = new (golden::pipeline_bytes) Pipeline();
    begin("snapshot", "");
    seen.word(static_cast<std::uint32_t>(
        ai->attach(golden::make_image<typename Pipeline::format>(small::shape, small::name))));
    lesson(*ai);
    for (const std::string_view text : {"the tea is hot", "ann has ten hats"})
      seen.word(static_cast<std::uint32_t>(ai->remember(text)));
    const std::size_t n = ai->saved_bytes();
    seen.word(static_cast<std::uint32_t>(ai->save(std::span(golden::snapshot))));
    damage_snapshots(*ai, std::span(golden::snapshot).first(n));
    end();
    ai->~Pipeline();
    compare(expected);
  }

 private:
  void compare(std::uint64_t expected) {
    const std::uint64_t got = all_.take();
    say(got == expected ? "ok     " : "FAILED ");
    say(what_);
    if (got != expected) {
      say(" ");
      say_hex(got);
      ++failures_;
    }
    say("\n");
  }
  template <class Pipeline, class Change>
  void one(Pipeline& ai, std::span<const std::byte> image, std::string_view where, std::string_view value,
           Change change) {
    static std::byte kept[48 * 1024];
    const std::size_t n = image.size() < sizeof kept ? image.size() : sizeof kept;
    __builtin_memcpy(kept, golden::image, n);
    begin(where, value);
    std::byte* weights = golden::image + mote::container_header_bytes;
    change(weights);
    mote::status s = ai.attach(image, mote::payload_check::skip);
    seen.word(static_cast<std::uint32_t>(s));
    if (s != mote::status::ok && !as_file_only_) {  // overwritten after it was looked at
      __builtin_memcpy(golden::image, kept, n);
      s = ai.attach(image, mote::payload_check::skip);
      change(weights);
    }
    if (s == mote::status::ok) {
      answer(ai);
      if constexpr (Pipeline::learns) {
        lesson(ai);
        answer(ai);
        keep(ai);
      }
    }
    __builtin_memcpy(golden::image, kept, n);
    end();
  }
  /// Each byte of a snapshot changed, as an accident does it and under checksums made right again, and the snapshot cut
  /// behind each byte: every status is seen, and what a pipeline that took it saves.
  template <class Pipeline>
  void damage_snapshots(Pipeline& ai, std::span<std::byte> bytes) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      const std::byte good = bytes[at];
      for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
        bytes[at] = good ^ static_cast<std::byte>(flip);
        take(ai, bytes);
        mote::snapshot_header h;
        __builtin_memcpy(&h, bytes.data(), sizeof h);
        const mote::snapshot_header was = h;
        std::uint32_t crc = 0, crc_was = 0;
        mote::seal(h);
        __builtin_memcpy(bytes.data(), &h, sizeof h);
        std::byte* const last = bytes.data() + bytes.size() - sizeof crc;
        __builtin_memcpy(&crc_was, last, sizeof crc);
        crc = mote::crc32(bytes.first(bytes.size() - sizeof crc));
        __builtin_memcpy(last, &crc, sizeof crc);
        take(ai, bytes);
        __builtin_memcpy(last, &crc_was, sizeof crc);
        __builtin_memcpy(bytes.data(), &was, sizeof was);
      }
      bytes[at] = good;
      take(ai, bytes.first(at));
    }
    take(ai, bytes);
  }
  template <class Pipeline>
  static void take(Pipeline& ai, std::span<const std::byte> bytes) {
    const mote::status s = ai.load(bytes);
    seen.word(static_cast<std::uint32_t>(s));
    if (s != mote::status::ok) return;
    struct {
      static mote::status put(std::span<const std::byte> portion) {
        seen.bytes(portion.data(), portion.size());
        return mote::status::ok;
      }
    } all;
    seen.word(static_cast<std::uint32_t>(ai.save(all)));
  }

  template <class Pipeline>
  void answer(Pipeline& ai) {
    seen.word(static_cast<std::uint32_t>(ai.begin(question_, 2)));
    for (int i = 0; i < 100; ++i) {
      const mote::progress_step p = ai.step();
      seen.word(static_cast<std::uint32_t>(p.state));
      seen.bytes(p.piece.data(), p.piece.size());
      if (p.done) return;
    }
  }
  template <class Pipeline>
  static void lesson(Pipeline& ai) {
    const mote::learned l = ai.learn(mote::example{.prompt = "is it hot", .answer = "it is"});
    seen.word(static_cast<std::uint32_t>(l.state));
    see(l.loss);
  }
  template <class Pipeline>
  static void keep(Pipeline& ai) {
    const std::size_t n = ai.saved_bytes();
    if (n > golden::snapshot_room) return;
    const mote::status s = ai.save(std::span(golden::snapshot));
    seen.word(static_cast<std::uint32_t>(s));
    if (s == mote::status::ok) seen.word(static_cast<std::uint32_t>(ai.load(std::span(golden::snapshot).first(n))));
  }

  void begin(std::string_view where, std::string_view value) {
    where_ = where;
    value_ = value;
    seen.take();
  }
  void end() {
    const std::uint64_t hash = seen.take();
    all_.bytes(&hash, sizeof hash);
    ++cases_;
    if (!each_) return;
    for (const std::string_view text : {std::string_view("case "), what_, std::string_view(", "), where_,
                                        std::string_view(" "), value_, std::string_view(": ")})
      say(text);
    say_hex(hash);
    say("\n");
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

  void (*print_)(const char*);
  bool each_;
  bool as_file_only_ = false;
  std::string_view what_, where_, value_, question_;
  golden::digest all_;
  unsigned cases_ = 0;
  int failures_ = 0;
};

template <class... Policies>
using model = mote::pipeline<small, mote::context<64>, tap, Policies...>;
inline constexpr mote::lora_knobs everywhere{.targets = mote::all_matrices, .tokens = 16};
inline constexpr mote::lora_knobs short_ones{.tokens = 32};
using few_texts =
    mote::bm25<mote::bm25_knobs{.items = 3, .item_bytes = 24, .least = 0, .share = 0, .alike = 1}, mote::words<>>;
inline constexpr mote::full_knobs whole{.tokens = 16, .batch = 1, .chunk = 5};
/// Optimizers with rates that knobs may not have, as one of a user's own may.
struct leaping : mote::adam<mote::adam_knobs{.clip = 0}> {
  void reset() {
    adam::reset();
    rate = 3e4F;
  }
};
struct falling : mote::sgd<mote::sgd_knobs{.clip = 0}> {
  void reset() { rate = 1e30F; }
};

}  // namespace hostile

/// The number of pipelines that answered otherwise than written here. `print` gets pieces of text; `each`: a line a case.
inline int mote_hostile(void (*print)(const char*), bool each = false) {
  using namespace hostile;
  using mote::quantize;
  run r(print, each);
  r.check<model<quantize<32>>>("f32", 0x898B2DEE67494E6F);
  r.check<model<quantize<16>>>("f16", 0xB80ACD542AEC31C6);
  r.check<model<quantize<8>>>("q8", 0x32E62EF93FB4AE93);
  r.check<model<quantize<32>, mote::cache<8>>>("f32, cache<8>", 0x92C7C3E46DA8EC3E);
  r.check<model<quantize<8>, mote::cache<16>>>("q8, cache<16>", 0x9A0F37DA0890B6C3);
  r.check<model<quantize<32>, mote::kivi<4, 32>>>("f32, kivi<4>", 0xAE3AA946C7BF5616,
                                                  "the heat is on the tea is hot ann has ten hats");
  r.check<model<mote::packed<mote::ternary>>>("ternary", 0x0D7FBAF554757D19);
  r.check<model<quantize<8>, mote::lora<2, everywhere>>>("q8, lora", 0x740B5E7AA8620E96);
  r.check<model<quantize<8>, mote::lora<2, everywhere, falling>>, extent::of_learning>("q8, lora, sgd astray",
                                                                                       0xA5586C143B6651C2);
  r.check<model<quantize<32>, mote::full<whole>>>("full", 0x183820D76C4EF1C7);
  r.check<model<quantize<32>, mote::full<whole, leaping>>, extent::of_learning>("full astray", 0xBA78619019845D0B);
  r.check_snapshots<model<quantize<8>, mote::interleave<4>, mote::lora<1, short_ones>,
                          mote::rag<few_texts, mote::rag_knobs{.tokens = 24}>>>("q8, lora, bm25, damaged snapshots",
                                                                                0x8831D9AE569655B4);
  return r.cases() < 400 ? 1 : r.failures();
}
