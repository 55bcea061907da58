// SPDX-License-Identifier: BSL-1.0
// Writes GGUF files for tests: a small llama model of seeded weights, and the same with one part spoiled.
// Refuses to check anything: that is what is tested.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mote/core/rng.hpp"
#include "mote/host/import/gguf_blocks.hpp"

namespace mote_tests {

/// Bytes that grow.
struct byte_writer {
  std::vector<std::byte> bytes;

  template <class T>
  byte_writer& put(T v) {
    const auto* p = reinterpret_cast<const std::byte*>(&v);
    bytes.insert(bytes.end(), p, p + sizeof v);
    return *this;
  }
  byte_writer& text(std::string_view s) {
    put(static_cast<std::uint64_t>(s.size()));
    const auto* p = reinterpret_cast<const std::byte*>(s.data());
    bytes.insert(bytes.end(), p, p + s.size());
    return *this;
  }
};

struct gguf_parts {
  struct tensor {
    std::string name;
    std::vector<std::uint64_t> dimensions;
    std::uint32_t type = 0;
    std::uint64_t offset = 0;
    std::vector<std::byte> bytes;
  };
  std::uint32_t version = 3;
  std::uint64_t tensor_count = 0;  // as `tensors` has; set it to lie
  std::uint64_t value_count = 0;
  std::vector<std::pair<std::string, std::vector<std::byte>>> values;  // key; type and value
  std::vector<tensor> tensors;
  std::size_t alignment = 32;

  template <class T>
  void value(std::string key, std::uint32_t type, T v) {
    set(std::move(key), byte_writer{}.put(type).put(v).bytes);
  }
  void value(std::string key, std::string_view v) {
    set(std::move(key), byte_writer{}.put(std::uint32_t{8}).text(v).bytes);
  }
  void set(std::string key, std::vector<std::byte> typed) {
    for (auto& [k, v] : values)
      if (k == key) {
        v = std::move(typed);
        return;
      }
    values.emplace_back(std::move(key), std::move(typed));
    ++value_count;
  }
  void erase(const std::string& key) {
    value_count -= std::erase_if(values, [&](const auto& v) { return v.first == key; });
  }
  tensor& at(std::string_view name) {
    for (auto& t : tensors)
      if (t.name == name) return t;
    std::abort();
  }
  void add(std::string name, std::vector<std::uint64_t> dimensions, mote::host::gguf_type type,
           std::vector<std::byte> bytes) {
    std::uint64_t end = 0;
    for (const auto& t : tensors) end = (t.offset + t.bytes.size() + alignment - 1) / alignment * alignment;
    tensors.push_back(
        {std::move(name), std::move(dimensions), static_cast<std::uint32_t>(type), end, std::move(bytes)});
    ++tensor_count;
  }

  std::vector<std::byte> file() const {
    byte_writer out;
    for (char c : std::string_view("GGUF")) out.put(c);
    out.put(version).put(tensor_count).put(value_count);
    for (const auto& [key, typed] : values) {
      out.text(key);
      out.bytes.insert(out.bytes.end(), typed.begin(), typed.end());
    }
    for (const auto& t : tensors) {
      out.text(t.name).put(static_cast<std::uint32_t>(t.dimensions.size()));
      for (std::uint64_t d : t.dimensions) out.put(d);
      out.put(t.type).put(t.offset);
    }
    for (const auto& t : tensors) {
      while (out.bytes.size() % alignment != 0) out.put('\0');
      out.bytes.insert(out.bytes.end(), t.bytes.begin(), t.bytes.end());
    }
    return out.bytes;
  }
};

/// A model of dim 64, hidden 96, two layers, four heads and two of keys, six letters and 256 bytes; matrices of `type`
/// where their rows allow it.
inline gguf_parts little_gguf(mote::host::gguf_type type, std::size_t dim = 64, std::size_t hidden = 96) {
  using mote::host::gguf_type;
  gguf_parts g;
  g.value("general.architecture", "llama");
  const auto number = [&](std::string key, std::size_t v) {
    g.value(std::move(key), 4, static_cast<std::uint32_t>(v));
  };
  number("llama.embedding_length", dim);
  number("llama.feed_forward_length", hidden);
  number("llama.block_count", 2);
  number("llama.attention.head_count", 4);
  number("llama.attention.head_count_kv", 2);
  number("llama.context_length", 128);
  g.value("llama.attention.layer_norm_rms_epsilon", 6, 1e-6F);
  g.value("tokenizer.ggml.model", "llama");
  number("tokenizer.ggml.bos_token_id", 1);
  number("tokenizer.ggml.eos_token_id", 2);

  std::vector<std::string> pieces{"<unk>", "<s>", "</s>"};
  for (int b = 0; b < 256; ++b) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    pieces.push_back(
        {'<', '0', 'x', hex[static_cast<std::size_t>(b / 16)], hex[static_cast<std::size_t>(b % 16)], '>'});
  }
  for (const char* letter : {"\xE2\x96\x81", "a", "b",
                             "\xE2\x96\x81"
                             "a",
                             "ab",
                             "\xE2\x96\x81"
                             "ab"})
    pieces.emplace_back(letter);
  byte_writer tokens, scores, types;
  const auto head = [&](byte_writer& w, std::uint32_t element) {
    w.put(std::uint32_t{9}).put(element).put(static_cast<std::uint64_t>(pieces.size()));
  };
  head(tokens, 8);
  head(scores, 6);
  head(types, 5);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    tokens.text(pieces[i]);
    scores.put(i < 259 ? 0.0F : -static_cast<float>(i));
    types.put(i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1);
  }
  g.set("tokenizer.ggml.tokens", tokens.bytes);
  g.set("tokenizer.ggml.scores", scores.bytes);
  g.set("tokenizer.ggml.token_type", types.bytes);

  mote::rng random(9);
  const auto tensor = [&](const std::string& name, std::size_t rows, std::size_t cols) {
    const bool is_norm = rows == 0;
    const auto& facts = mote::host::facts_of(type);
    const bool fits = !is_norm && cols % facts.cols == 0;
    byte_writer data;
    for (std::size_t i = 0; i < (is_norm ? 1 : rows) * cols; i += fits ? facts.cols : 1) {
      if (!fits || type == gguf_type::f32) {
        data.put((is_norm ? 1.0F : 0.0F) + 0.1F * random.normal());
        continue;
      }
      std::vector<std::byte> block(facts.bytes);
      for (auto& b : block) b = static_cast<std::byte>(random.next() & 0xFFU);
      // Whatever else the bits are, weights must be finite and small: every half between 2^-9 and 2^-8, of either sign.
      const auto half = [&](std::size_t at) {
        block[at + 1] = static_cast<std::byte>((std::to_integer<unsigned>(block[at + 1]) & 0x83U) | 0x18U);
      };
      switch (type) {
        case gguf_type::q2_k:
          half(80);
          half(82);
          break;
        case gguf_type::q3_k: half(108); break;
        case gguf_type::q6_k: half(208); break;
        case gguf_type::q4_k:
        case gguf_type::q5_k:
        case gguf_type::q4_1:
        case gguf_type::q5_1:
          half(0);
          half(2);
          break;
        case gguf_type::bf16:
          block[1] = static_cast<std::byte>((std::to_integer<unsigned>(block[1]) & 0x80U) | 0x3DU);
          break;
        default: half(0); break;
      }
      if (type == gguf_type::q8_0) {
        block[1] &= std::byte{0x7F};  // as writers make it: no negative scale, no -128
        for (std::size_t j = 2; j < 34; ++j) block[j] = block[j] == std::byte{0x80} ? std::byte{0} : block[j];
      }
      data.bytes.insert(data.bytes.end(), block.begin(), block.end());
    }
    std::vector<std::uint64_t> dimensions{cols};
    if (!is_norm) dimensions.push_back(rows);
    g.add(name, std::move(dimensions), fits ? type : gguf_type::f32, data.bytes);
  };
  tensor("token_embd.weight", pieces.size(), dim);
  for (int layer = 0; layer < 2; ++layer) {
    const std::string block = "blk." + std::to_string(layer) + ".";
    tensor(block + "attn_norm.weight", 0, dim);
    tensor(block + "attn_q.weight", dim, dim);
    tensor(block + "attn_k.weight", dim / 2, dim);
    tensor(block + "attn_v.weight", dim / 2, dim);
    tensor(block + "attn_output.weight", dim, dim);
    tensor(block + "ffn_norm.weight", 0, dim);
    tensor(block + "ffn_gate.weight", hidden, dim);
    tensor(block + "ffn_down.weight", dim, hidden);
    tensor(block + "ffn_up.weight", hidden, dim);
  }
  tensor("output_norm.weight", 0, dim);
  return g;
}

}  // namespace mote_tests
