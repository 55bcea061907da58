// SPDX-License-Identifier: BSL-1.0
// A small model of seeded random weights with a vocabulary of bytes, letters and a few merges, packed for any format:
// for tests of everything around the weights. Sizes are odd on purpose: no tile and no group is whole.
// Refuses to make sense: its answers are noise, but always the same noise.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/host/image/plan_of.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/model/shape.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/model/vocabulary.hpp"
#include "random_weights.hpp"

namespace mote_tests {

/// Bytes on a 64-byte boundary, of exactly their size, so that a read behind them is caught.
class aligned_bytes {
 public:
  explicit aligned_bytes(std::span<const std::byte> from, std::size_t shift = 0)
      : memory_(static_cast<std::byte*>(::operator new(from.size() + shift + 1, std::align_val_t{64}))),
        bytes_(memory_ + shift, from.size()) {
    if (!from.empty()) std::memcpy(bytes_.data(), from.data(), from.size());
  }
  explicit aligned_bytes(std::size_t size) : aligned_bytes(std::vector<std::byte>(size)) {}
  aligned_bytes(const aligned_bytes&) = delete;
  aligned_bytes& operator=(const aligned_bytes&) = delete;
  ~aligned_bytes() { ::operator delete(memory_, std::align_val_t{64}); }
  operator std::span<const std::byte>() const { return bytes_; }
  std::span<std::byte> span() { return bytes_; }
  std::byte& operator[](std::size_t i) { return bytes_[i]; }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::byte* memory_;
  std::span<std::byte> bytes_;
};

namespace synthetic_parts {
constexpr std::array<std::string_view, 3> control_front{"<unk>", "<s>", "</s>"};
constexpr std::array<std::string_view, 3> control_back{"<note>", "<user>", "<answer>"};
constexpr std::array<std::string_view, 9> merged{"he", "th", "the", " t", " the", "in", "ing", "er", " a"};
constexpr std::string_view letters = " abcdefghijklmnopqrstuvwxyz.?";
constexpr std::size_t tokens = 3 + 256 + 3 + letters.size() + merged.size();
constexpr std::size_t searchable = letters.size() + merged.size();
constexpr std::size_t text_bytes = [] {
  std::size_t n = 256 + letters.size();
  for (std::string_view s : control_front) n += s.size();
  for (std::string_view s : control_back) n += s.size();
  for (std::string_view s : merged) n += s.size();
  return n;
}();
}  // namespace synthetic_parts

/// The model's type, as an importer would write it.
struct synthetic {
  static constexpr std::string_view name = "synthetic";
  static constexpr mote::shape shape{.dim = 40,
                                     .hidden = 52,
                                     .layers = 2,
                                     .heads = 4,
                                     .kv_heads = 2,
                                     .vocab = synthetic_parts::tokens,
                                     .context = 128};
  static constexpr std::size_t vocabulary_bytes =
      mote::vocabulary_bytes(synthetic_parts::tokens, synthetic_parts::searchable, synthetic_parts::text_bytes);
  static constexpr mote::special_tokens special_tokens{.bos = 1, .eos = 2, .note = 259, .user = 260, .answer = 261};
};

/// The same without marks of a dialogue: a model that goes on with a text.
struct synthetic_story : synthetic {
  static constexpr std::string_view name = "story";
  static constexpr mote::special_tokens special_tokens{};
};

inline std::vector<std::byte> synthetic_vocabulary(const mote::special_tokens& control) {
  mote::host::vocabulary_text text;
  const auto add = [&text](std::string piece, float score) {
    text.pieces.push_back(std::move(piece));
    text.scores.push_back(score);
  };
  for (std::string_view s : synthetic_parts::control_front) add(std::string(s), 0);
  for (unsigned b = 0; b < 256; ++b) add(mote::host::detail::byte_spelling(b), 0);
  for (std::string_view s : synthetic_parts::control_back) add(std::string(s), -2e10F);  // never merged into
  for (char c : synthetic_parts::letters) add(std::string(1, c), -100);
  float score = -1;
  for (std::string_view s : synthetic_parts::merged) add(std::string(s), score--);
  mote::special_tokens hidden = control;  // the marks stay hidden in either model
  hidden.note = synthetic::special_tokens.note;
  hidden.user = synthetic::special_tokens.user;
  hidden.answer = synthetic::special_tokens.answer;
  return mote::host::pack_vocabulary(text, hidden);
}

/// Weights of the size that training would give, so that nothing overflows and every path counts.
inline mote::host::raw_model synthetic_weights(const mote::shape& s, std::uint64_t seed) {
  return random_weights(s, seed, {.table = 0.5F, .matrix = 0.2F, .gain = 0.1F, .mean_gain = 1});
}

/// The image that a pipeline's type asks for.
template <class Pipeline>
aligned_bytes synthetic_image(std::uint64_t seed = 1) {
  using model = typename Pipeline::model_type;
  return aligned_bytes(mote::host::write_image<typename Pipeline::format>(synthetic_weights(model::shape, seed),
                                                                          synthetic_vocabulary(model::special_tokens),
                                                                          model::name)
                           .bytes);
}

}  // namespace mote_tests
