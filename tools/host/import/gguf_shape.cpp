// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/gguf_shape.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numbers>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "mote/family/bert.hpp"
#include "mote/family/gemma2.hpp"
#include "mote/family/gemma3.hpp"
#include "mote/family/gpt2.hpp"
#include "mote/family/gpt_neox.hpp"
#include "mote/family/phi2.hpp"
#include "mote/family/phi3.hpp"
#include "mote/family/qwen.hpp"
#include "mote/family/stablelm.hpp"
#include "mote/host/import/any_family.hpp"
#include "mote/host/import/gguf_blocks.hpp"
#include "mote/host/import/gguf_file.hpp"
#include "mote/host/import/model_keys.hpp"

namespace mote::inline v0::host {

namespace {

/// Whether a value is the one that a table states, as JSON writes it.
bool is_stated(const gguf_file& in, std::string_view key, gguf_value_type type, std::string_view stated) {
  switch (type) {
    case gguf_value_type::boolean: return stated == (in.truth(key, false) ? "true" : "false");
    case gguf_value_type::string: return '"' + std::string(in.text(key)) + '"' == stated;
    case gguf_value_type::array: return false;
    case gguf_value_type::f32:
    case gguf_value_type::f64: {
      float number = 0;
      const auto [end, error] = std::from_chars(stated.data(), stated.data() + stated.size(), number);
      return error == std::errc{} && end == stated.data() + stated.size() && in.real(key, 0) == number;
    }
    default: return std::to_string(in.integer(key, 0, ~std::uint64_t{0})) == stated;
  }
}

/// Reads the keys of one architecture.
class gguf_shape_reader {
 public:
  explicit gguf_shape_reader(const gguf_file& in) : in_(in), kind_(in.text("general.architecture")) {
    keys_ = keys_of_gguf(kind_);
    if (keys_ != nullptr) return;
    std::string known;
    for (const family_keys& one : all_family_keys())
      if (!one.gguf.empty()) known += (known.empty() ? "" : ", ") + std::string(one.gguf);
    fail(in.name(),
         "is of the architecture " + detail::shown(kind_) + ", which no family here computes; there are " + known);
  }

  gguf_shape read() {
    check_keys();
    sizes();
    out_.family = family();
    positions();
    windows_and_caps();
    if (kind_ == "llama") factors();
    if (kind_ == "bert") out_.pooled = pooled();
    mote::shape& s = out_.shape;
    if (!s.valid()) fail(in_.name(), "has a shape whose numbers make no model");
    if (!out_.family.facts().reads(s))
      fail(in_.name(),
           "states a window, a soft-cap or a rotary base that no layer of " + out_.family.type() + " reads");
    s.tied_head = !in_.tensors().contains(out_.family.find_name(outer_matrix::head).gguf);
    return out_;
  }

 private:
  static constexpr std::uint64_t most = std::uint64_t{1} << 20U;  // the limit of shape::valid()

  std::string key(std::string_view name) const { return std::string(kind_) + "." + std::string(name); }
  bool has(std::string_view name) const { return in_.find(key(name)) != nullptr; }
  std::size_t number(std::string_view name, std::int64_t fallback = -1, std::uint64_t least = 1) const {
    return static_cast<std::size_t>(in_.integer(key(name), least, most, fallback));
  }
  float real(std::string_view name, float fallback) const { return in_.real(key(name), fallback); }

  /// The number of key heads; of LFM2 an array, with nought where a layer does not attend.
  std::size_t key_heads() const {
    constexpr std::string_view name = "attention.head_count_kv";
    const gguf_value* v = in_.find(key(name));
    if (v == nullptr || v->type != gguf_value_type::array)
      return number(name, static_cast<std::int64_t>(out_.shape.heads));
    if (kind_ != "lfm2" || (v->element != gguf_value_type::i32 && v->element != gguf_value_type::u32))
      fail(in_.name(), detail::shown(key(name)) + " is not one number");
    std::size_t heads = 0;
    for (std::size_t i = 0; i < v->count; ++i) {
      std::uint32_t n = 0;
      std::memcpy(&n, v->bytes.data() + i * 4, 4);
      if (n > most || (n != 0 && heads != 0 && n != heads))
        fail(in_.name(), detail::shown(key(name)) + " has two numbers of heads");
      heads = (std::max)(heads, static_cast<std::size_t>(n));
    }
    if (heads == 0) fail(in_.name(), detail::shown(key(name)) + " has no layer that attends");
    return heads;
  }

  void sizes() {
    mote::shape& s = out_.shape;
    s.dim = number("embedding_length");
    s.hidden = number("feed_forward_length");
    s.layers = number("block_count");
    s.heads = number("attention.head_count");
    s.kv_heads = key_heads();
    s.context = number("context_length");
    const bool root = find_gguf_key(*keys_, key("attention.layer_norm_rms_epsilon")) != nullptr;
    const std::string epsilon = root ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon";
    if (!has(epsilon)) in_.missing(key(epsilon));
    s.norm_epsilon = real(epsilon, 0);
    s.rope_theta = real("rope.freq_base", 10000.0F);

    const std::string heads = "dim " + std::to_string(s.dim) + ", heads " + std::to_string(s.heads) + ", kv heads " +
                              std::to_string(s.kv_heads);
    if (!has("attention.key_length") && s.dim % s.heads != 0)
      fail(in_.name(), "says " + heads + "; expected heads that divide dim into an even width");
    const std::size_t width = number("attention.key_length", static_cast<std::int64_t>(s.dim / s.heads));
    if (const std::size_t other = number("attention.value_length", static_cast<std::int64_t>(s.dim / s.heads));
        other != width)
      fail(in_.name(), detail::shown(key("attention.value_length")) + " is " + std::to_string(other) +
                           "; only the width of keys, " + std::to_string(width) + ", is supported");
    if (width * s.heads != s.dim) s.head_width = width;
    if (s.head_dim() % 2 != 0)
      fail(in_.name(), "says " + heads + "; expected heads that divide dim into an even width");
    if (s.heads % s.kv_heads != 0) fail(in_.name(), "says " + heads + "; expected kv heads that divide heads");
    if (!(s.norm_epsilon > 0 && s.norm_epsilon < 1))
      fail(in_.name(), "has a norm epsilon that is not above zero and below one");
    if (!(s.rope_theta > 1)) fail(in_.name(), "has a rotary base that is not above one");
    const auto embedding = in_.tensors().find("token_embd.weight");
    if (embedding == in_.tensors().end()) fail(in_.name(), "has no tensor \"token_embd.weight\"");
    s.vocab = embedding->second.rows;
  }

  any_family family() const {
    if (kind_ == "llama") return any_family::of<llama>();
    if (kind_ == "qwen2") return any_family::of<qwen2>();
    if (kind_ == "qwen3") return any_family::of<qwen3>();
    if (kind_ == "gemma2") return any_family::of<gemma2>();
    if (kind_ == "gemma3") return any_family::of<gemma3>();
    if (kind_ == "phi2") return any_family::of<phi2>();
    if (kind_ == "phi3") return any_family::of<phi3>();
    if (kind_ == "gpt2") return any_family::of<gpt2>();
    if (kind_ == "bert") return any_family::of<bert>();
    if (kind_ == "gptneox") return any_family::of<gpt_neox>();
    if (kind_ == "stablelm")
      return in_.tensors().contains("blk.0.attn_q.bias") || in_.tensors().contains("blk.0.attn_qkv.bias")
                 ? any_family::of<stablelm2>()
                 : any_family::of<stablelm>();
    if (kind_ == "lfm2") return any_family::of_type("mote::lfm2_layers<\"" + order() + "\">");
    fail(in_.name(), "is of the architecture " + detail::shown(kind_) + ", which is not imported");
  }

  /// How an encoder's states become one vector; nothing if the file does not say it.
  std::optional<mote::pooling> pooled() const {
    const std::size_t type = number("pooling_type", 0, 0);
    if (type == 0) return std::nullopt;
    if (type == 1) return mote::pooling::mean;
    if (type == 2) return mote::pooling::cls;
    fail(in_.name(), detail::shown(key("pooling_type")) + " is " + std::to_string(type) +
                         "; 1, the mean, and 2, the first token, are supported");
  }

  bool attends(std::size_t layer) const {
    const std::string block = "blk." + std::to_string(layer);
    return in_.tensors().contains(block + ".attn_q.weight") || in_.tensors().contains(block + ".attn_qkv.weight");
  }
  /// LFM2's order: a layer whose number of key heads is nought, or without a matrix of queries, is a convolution.
  std::string order() const {
    constexpr std::size_t longest = 1024;
    if (out_.shape.layers > longest) fail(in_.name(), "has more than 1024 layers");
    std::string letters;
    for (std::size_t layer = 0; layer < out_.shape.layers; ++layer) letters += attends(layer) ? 'a' : 'c';
    const gguf_value* v = in_.find(key("attention.head_count_kv"));
    if (v != nullptr && v->type == gguf_value_type::array) {
      if (v->count != letters.size()) fail(in_.name(), "has another number of key heads than of layers");
      for (std::size_t layer = 0; layer < letters.size(); ++layer) {
        std::uint32_t n = 0;
        std::memcpy(&n, v->bytes.data() + layer * 4, 4);
        if ((n != 0) != (letters[layer] == 'a'))
          fail(in_.name(), "layer " + std::to_string(layer) + " has " + std::to_string(n) +
                               " key heads, which its tensors do not fit");
      }
    }
    return letters;
  }

  void positions() {
    mote::shape& s = out_.shape;
    const std::size_t rotated = number("rope.dimension_count", static_cast<std::int64_t>(s.head_dim()));
    if (rotated != s.head_dim()) {
      s.rotary_width = rotated;
      if (rotated % 2 != 0 || rotated > s.head_dim() || !out_.family.facts().reads(s))
        fail(in_.name(), detail::shown(key("rope.dimension_count")) + " is " + std::to_string(rotated) +
                             "; only the heads' width, " + std::to_string(s.head_dim()) + ", is supported");
    }
    const std::string_view scaling = has("rope.scaling.type") ? in_.text(key("rope.scaling.type")) : "none";
    s.rope.factor = real("rope.scaling.factor", 1);
    if (scaling != "linear" && (scaling != "none" || s.rope.factor != 1))
      fail(in_.name(),
           "scales its rotary positions by the rule " + detail::shown(scaling) + ", which is not supported");
    if (!(s.rope.factor >= 1 && s.rope.factor <= 1048576))
      fail(in_.name(), detail::shown(key("rope.scaling.factor")) + " is " + std::to_string(s.rope.factor) +
                           "; expected 1 to 1048576");
  }

  void windows_and_caps() {
    mote::shape& s = out_.shape;
    if (const float local = real("rope.freq_base_swa", kind_ == "gemma3" ? 10000.0F : s.rope_theta);
        kind_ == "gemma3" || local != s.rope_theta) {
      if (!(local > 1)) fail(in_.name(), "has a rotary base of windows that is not above one");
      s.local_theta = local;
    }
    if (kind_ == "gemma3" && !has("attention.sliding_window")) in_.missing(key("attention.sliding_window"));
    s.window = number("attention.sliding_window", kind_ == "gemma2" ? 4096 : 0, 0);
    if (kind_ == "gemma2") check_pattern(2);
    if (kind_ == "gemma3") check_pattern(6);
    s.softcap = real("attn_logit_softcapping", kind_ == "gemma2" ? 50.0F : 0.0F);
    s.logit_softcap = real("final_logit_softcapping", kind_ == "gemma2" ? 30.0F : 0.0F);
    // No key states it: the models of 27 billion weights, which their layers tell, scale scores by dim / heads.
    const bool largest = (kind_ == "gemma2" && s.layers == 46) || (kind_ == "gemma3" && s.layers == 62);
    if (largest) s.score_scale = 1 / std::sqrt(static_cast<float>(s.dim) / static_cast<float>(s.heads));
  }

  /// The last of each `period` layers sees all, the others a window: the key may say so as a number or layer by layer.
  void check_pattern(std::size_t period) const {
    const std::string name = key("attention.sliding_window_pattern");
    const gguf_value* v = in_.find(name);
    if (v == nullptr) return;
    bool same =
        v->type == gguf_value_type::array && v->element == gguf_value_type::boolean && v->count == out_.shape.layers;
    if (v->type != gguf_value_type::array) same = in_.integer(name, 0, ~std::uint64_t{0}) == period;
    else
      for (std::size_t layer = 0; same && layer < v->count; ++layer)
        same = (v->bytes[layer] != std::byte{0}) == (layer % period != period - 1);
    if (!same)
      fail(in_.name(), detail::shown(name) + " is another than one layer of " + std::to_string(period) +
                           " without a window, the last, which is all that " + out_.family.type() + " has");
  }

  /// Refuses a key that may change the answers: one that no table lists, one that is fixed to another value, and those of
  /// models that are not computed.
  void check_keys() const {
    for (const auto& [name, value] : in_.values()) {
      const model_key* known = find_gguf_key(*keys_, name);
      if (known == nullptr)
        fail(in_.name(), "has the key " + detail::shown(name) +
                             ", which may change answers and is not known; a file without it is read");
      if (known->use == key_use::refused) fail(in_.name(), detail::shown(name) + " " + std::string(known->value));
      if (known->use == key_use::fixed && !is_stated(in_, name, value.type, known->value))
        fail(in_.name(),
             detail::shown(name) + " is not " + std::string(known->value) + ", the only value that is supported");
    }
  }

  /// The divisors of rotary frequencies that converters write for Llama 3.1 and later; the rule that gives them is the
  /// shape's. Its parameters are in no key: the factor is the largest divisor, the original context is found by trying.
  void factors() {
    constexpr std::string_view name = "rope_freqs.weight";
    const auto found = in_.tensors().find(name);
    if (found == in_.tensors().end()) return;
    mote::shape& s = out_.shape;
    const gguf_tensor& t = found->second;
    const std::size_t pairs = s.rotary_dim() / 2;
    if (t.rows != 1 || t.cols != pairs || t.type->type != gguf_type::f32)
      fail(in_.name(), detail::shown(name) + " is not " + std::to_string(pairs) + " floats, one for each rotary pair");
    std::vector<float> divisors(pairs);
    std::memcpy(divisors.data(), t.bytes.data(), pairs * sizeof(float));
    out_.has_rotary_factors = true;
    const float largest = *std::max_element(divisors.begin(), divisors.end());
    if (std::all_of(divisors.begin(), divisors.end(), [](float d) { return d == 1; })) return;
    if (s.rope.factor != 1)
      fail(in_.name(), "scales its rotary positions twice, by a key and by " + detail::shown(name));
    std::vector<std::size_t> contexts{8192};
    if (has("rope.scaling.original_context_length"))
      contexts.insert(contexts.begin(), number("rope.scaling.original_context_length"));
    for (std::size_t c = 512; c <= most / 2; c *= 2) contexts.push_back(c);
    for (const std::size_t context : contexts) {
      const rope_scaling rule{.factor = largest, .original_context = context};
      if (!(largest > 1 && largest <= 1048576) || !gives(rule, divisors)) continue;
      s.rope = rule;
      return;
    }
    fail(in_.name(), detail::shown(name) + " holds divisors that are not those of Llama 3.1's rule");
  }
  bool gives(const rope_scaling& rule, const std::vector<float>& divisors) const {
    const double low = static_cast<double>(rule.low_frequency_factor);
    const double high = static_cast<double>(rule.high_frequency_factor);
    for (std::size_t i = 0; i < divisors.size(); ++i) {
      const double exponent = static_cast<double>(i) / static_cast<double>(divisors.size());
      const double wavelength = 2 * std::numbers::pi * std::pow(static_cast<double>(out_.shape.rope_theta), exponent);
      const double turns = static_cast<double>(rule.original_context) / wavelength;
      const double smooth = std::clamp((turns - low) / (high - low), 0.0, 1.0);
      const double expected = 1 / ((1 - smooth) / static_cast<double>(rule.factor) + smooth);
      if (!(std::fabs(static_cast<double>(divisors[i]) / expected - 1) < 1e-4)) return false;
    }
    return true;
  }

  const gguf_file& in_;
  std::string_view kind_;
  const family_keys* keys_ = nullptr;
  gguf_shape out_{};
};

}  // namespace

gguf_shape read_gguf_shape(const gguf_file& in) { return gguf_shape_reader(in).read(); }

}  // namespace mote::inline v0::host
