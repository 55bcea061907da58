// SPDX-License-Identifier: BSL-1.0
// A model of two layers with random weights, for tests that need a pipeline that answers but not a good answer.
// Refuses to mean anything; it says the same on every run.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mote/host/image/image_writer.hpp"
#include "mote/host/image/packing.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/model/shape.hpp"
#include "mote/model/special_tokens.hpp"
#include "mote/model/vocabulary.hpp"
#include "random_weights.hpp"

namespace mote_tests {

/// Its tokens are the letters and the space.
struct random_model {
  static constexpr std::string_view name = "random_model";
  static constexpr mote::shape shape{
      .dim = 32, .hidden = 48, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = 29, .context = 64};
  static constexpr std::size_t vocabulary_bytes = mote::vocabulary_bytes(29, 27, 3 + 4 + 27);
  static constexpr mote::special_tokens special_tokens{.bos = 0, .eos = 1};
};

/// Its image, packed with `rows` rows interleaved. The letters behind `last` have no text: they are no part of one.
class random_model_image {
 public:
  explicit random_model_image(std::size_t rows, char last = 'z', std::string_view format = "q8") {
    const mote::host::raw_model m = random_weights(random_model::shape, 5);
    mote::host::vocabulary_text text{{"<s>", "</s>", " "}, std::vector<float>(29)};
    for (char c = 'a'; c <= 'z'; ++c) text.pieces.emplace_back(c <= last ? 1 : 0, c);
    const auto table = mote::host::pack_vocabulary(text, random_model::special_tokens);
    const auto written =
        mote::host::write_image(m, table, "random_model", mote::host::read_packing(format, rows, m.shape));
    size_ = written.bytes.size();
    data_ = static_cast<std::byte*>(::operator new(size_, std::align_val_t{64}));
    std::memcpy(data_, written.bytes.data(), size_);
  }
  random_model_image(const random_model_image&) = delete;
  random_model_image& operator=(const random_model_image&) = delete;
  ~random_model_image() { ::operator delete(data_, std::align_val_t{64}); }
  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace mote_tests
