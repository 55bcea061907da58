// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/model_config.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../json.hpp"
#include "mote/family/bert.hpp"
#include "mote/family/gemma2.hpp"
#include "mote/family/gemma3.hpp"
#include "mote/family/gpt2.hpp"
#include "mote/family/gpt_neo.hpp"
#include "mote/family/gpt_neox.hpp"
#include "mote/family/opt.hpp"
#include "mote/family/phi2.hpp"
#include "mote/family/phi3.hpp"
#include "mote/family/ple_tinylm.hpp"
#include "mote/family/qwen.hpp"
#include "mote/family/stablelm.hpp"
#include "mote/host/file.hpp"
#include "mote/host/import/any_family.hpp"
#include "mote/host/import/gguf_file.hpp"
#include "mote/host/import/model_keys.hpp"

namespace mote::inline v0::host {

namespace {

using nlohmann::json;

constexpr std::uint64_t largest_number = std::uint64_t{1} << 20U;  // the limit of shape::valid()

/// The ids of an eos_token_id: one, or a list.
std::vector<int> ids_in(const json& eos, const std::filesystem::path& file) {
  std::vector<int> ids;
  if (eos.is_null()) return ids;
  for (const json& one : eos.is_array() ? eos : json::array({eos})) {
    if (!one.is_number_unsigned() || one.get<std::uint64_t>() >= largest_number)
      fail(file, "\"eos_token_id\" is neither the id of a token nor a list of them");
    ids.push_back(one.get<int>());
  }
  return ids;
}

class config_reader {
 public:
  config_reader(json root, const std::filesystem::path& file) : root_(std::move(root)), file_(file) {
    if (!root_.is_object() || !root_.contains("model_type") || !root_.at("model_type").is_string())
      fail(file, "has no model_type; expected a config.json");
    kind_ = root_.at("model_type").get<std::string>();
    keys_ = keys_of_config(kind_);
    if (keys_ != nullptr) return;
    std::string known;
    for (const family_keys& one : all_family_keys()) known += (known.empty() ? "" : ", ") + std::string(one.config);
    fail(file, "is of the model_type " + detail::shown(kind_) + ", which no family here computes; there are " + known);
  }

  model_config read() {
    check_keys();
    if (is_set("rope_parameters")) take_apart();
    check_keys();
    sizes();
    out_.family = family();
    positions();
    features();
    for (const char* key : {"tie_embedding", "tie_word_embeddings"})
      if (is_set(key)) out_.tied = truth(key, true);
    if (is("bert")) out_.tied = true;  // it has no head
    if (root_.contains("eos_token_id")) out_.eos = ids_in(root_.at("eos_token_id"), file_);
    if (!out_.shape.valid()) fail(file_, "has a shape whose numbers make no model");
    if (!out_.family.facts().reads(out_.shape))
      fail(file_, "states a window, a soft-cap, a scale of scores or rotary positions that no layer of " +
                      out_.family.type() + " reads");
    return out_;
  }

 private:
  bool is_set(std::string_view key) const { return root_.contains(key) && !root_.at(std::string(key)).is_null(); }
  const json& at(std::string_view key) const { return root_.at(std::string(key)); }
  [[noreturn]] void refuse(std::string_view key, const std::string& what) const {
    fail(file_, detail::shown(key) + " " + what);
  }

  std::size_t number(std::string_view key, std::int64_t fallback = -1, std::uint64_t least = 1) const {
    if (!is_set(key)) {
      if (fallback < 0) fail(file_, "has no " + detail::shown(key));
      return static_cast<std::size_t>(fallback);
    }
    if (!at(key).is_number_unsigned() || at(key).get<std::uint64_t>() < least ||
        at(key).get<std::uint64_t>() > largest_number)
      refuse(key, "is not a whole number of " + std::to_string(least) + " to " + std::to_string(largest_number));
    return at(key).get<std::size_t>();
  }
  static float finite(const json& v) { return v.is_number() ? v.get<float>() : NAN; }
  float real(std::string_view key) const {
    if (!is_set(key)) fail(file_, "has no " + detail::shown(key));
    return real(key, 0);
  }
  float real(std::string_view key, float fallback) const {
    if (!is_set(key)) return fallback;
    const float v = finite(at(key));
    if (!std::isfinite(v)) refuse(key, "is not a finite number");
    return v;
  }
  bool truth(std::string_view key, bool fallback) const {
    if (!is_set(key)) return fallback;
    if (!at(key).is_boolean()) refuse(key, "is neither true nor false");
    return at(key).get<bool>();
  }
  bool is(std::string_view kind) const { return kind_ == kind; }

  /// Refuses a key that may change the answers: one that no table lists, one that is fixed to another value, and those of
  /// models that are not computed.
  void check_keys() const {
    for (const auto& [key, value] : root_.items()) {
      const model_key* known = find_config_key(*keys_, key);
      if (known == nullptr)
        fail(file_, "has the key " + detail::shown(key) +
                        ", which may change answers and is not known; a model without it is read");
      if (value.is_null()) continue;
      if (known->use == key_use::refused) refuse(key, std::string(known->value));
      if (known->use == key_use::fixed && value != json::parse(known->value))
        refuse(key, "is not " + std::string(known->value) + ", the only value that is supported");
    }
  }

  /// Puts a number of rope_parameters under the key that older files have, which must not say another.
  void move_to(const std::string& key, const json& value) {
    if (is_set(key) && at(key) != value)
      refuse("rope_parameters", "says another " + key + " than the key of that name");
    root_[key] = value;
  }
  /// rope_parameters, of transformers since version 5, is rope_theta, partial_rotary_factor and rope_scaling in one; of
  /// Gemma 3 one for the layers that see all and one for those with a window.
  void take_apart() {
    json all = at("rope_parameters");
    if (is("gemma3_text") && all.is_object() && (all.contains("full_attention") || all.contains("sliding_attention"))) {
      if (!all.contains("full_attention") || !all.contains("sliding_attention") || all.size() != 2)
        refuse("rope_parameters", "does not state full_attention and sliding_attention");
      const json local = all.at("sliding_attention");
      if (!local.is_object() || !local.contains("rope_theta") || local.size() != 1 + local.count("rope_type") ||
          local.value("rope_type", json("default")) != "default")
        refuse("rope_parameters", "scales the positions of layers with a window; a rope_theta alone is supported");
      move_to("rope_local_base_freq", local.at("rope_theta"));
      all = json(all.at("full_attention"));
    }
    if (!all.is_object()) refuse("rope_parameters", "is not an object");
    for (const char* key : {"rope_theta", "partial_rotary_factor"}) {
      if (!all.contains(key)) continue;
      if (find_config_key(*keys_, key) != nullptr) move_to(key, all.at(key));
      else if (all.at(key) != 1)
        refuse("rope_parameters", "has a " + std::string(key) + ", which is not supported of " + kind_);
      all.erase(key);
    }
    const bool scales = all.size() > 1 || (all.size() == 1 && all.value("rope_type", json()) != "default");
    if (!scales) return;
    if (find_config_key(*keys_, "rope_scaling") == nullptr)
      refuse("rope_parameters", "scales rotary positions, which is not supported of " + kind_);
    move_to("rope_scaling", all);
  }

  void sizes() {
    mote::shape& s = out_.shape;
    const bool second = is("gpt2");
    s.dim = number(second ? "n_embd" : "hidden_size");
    s.layers = number(second ? "n_layer" : is("gpt_neo") ? "num_layers" : "num_hidden_layers");
    s.heads = number(second ? "n_head" : is("gpt_neo") ? "num_heads" : "num_attention_heads");
    s.kv_heads = number("num_key_value_heads", static_cast<std::int64_t>(s.heads));
    s.context = number(second ? "n_positions" : is("ple-tinylm") ? "seq_len" : "max_position_embeddings");
    s.vocab = number("vocab_size");
    if (is("ple-tinylm")) {
      const std::size_t width = number("ple_dim");
      if (width > 65535) refuse("ple_dim", "is more than 65535");
      s.per_layer_width = static_cast<std::uint16_t>(width);
      const std::size_t said = number("out_vocab", static_cast<std::int64_t>(s.vocab));
      if (said > s.vocab) refuse("out_vocab", "is more than the rows of the embedding, " + std::to_string(s.vocab));
      if (said < s.vocab) out_.token_rows = std::exchange(s.vocab, said);
    }
    const auto four = static_cast<std::int64_t>(4 * s.dim);
    if (second) s.hidden = number("n_inner", four);
    else if (is("opt")) s.hidden = number("ffn_dim");
    else if (is("ple-tinylm")) s.hidden = number("ffn_hidden");
    else if (is("gpt_neo")) s.hidden = number("intermediate_size", four);
    else if (is("lfm2")) s.hidden = 1;  // its tensors say it
    else s.hidden = number("intermediate_size");
    if (is("opt")) s.norm_epsilon = 1e-5F;              // no key states it
    else if (is("ple-tinylm")) s.norm_epsilon = 1e-6F;  // nor this
    else {
      const char* const key = second || is("gpt_neo")                     ? "layer_norm_epsilon"
                              : is("phi") || is("gpt_neox") || is("bert") ? "layer_norm_eps"
                              : is("stablelm") ? (is_set("layer_norm_eps") ? "layer_norm_eps" : "norm_eps")
                              : is("lfm2")     ? "norm_eps"
                                               : "rms_norm_eps";
      s.norm_epsilon = real(key);
      if (!(s.norm_epsilon > 0 && s.norm_epsilon < 1)) refuse(key, "is not above 0 and below 1");
    }
    const bool gemma = is("gemma2") || is("gemma3_text");
    if (!is_set("head_dim") && !gemma && !is("qwen3") && s.dim % s.heads != 0)
      fail(file_,
           "has " + std::to_string(s.heads) + " heads, which do not divide its width of " + std::to_string(s.dim));
    const std::size_t width = number("head_dim", static_cast<std::int64_t>(gemma         ? 256
                                                                           : is("qwen3") ? 128
                                                                                         : s.dim / s.heads));
    if (width * s.heads != s.dim) s.head_width = width;
    if (is("opt") && number("word_embed_proj_dim", static_cast<std::int64_t>(s.dim)) != s.dim)
      refuse("word_embed_proj_dim", "is not the width of the model, which is all that is supported");
  }

  any_family family() const {
    if (is("llama")) return any_family::of<llama>();
    if (is("qwen2")) return any_family::of<qwen2>();
    if (is("qwen3")) return any_family::of<qwen3>();
    if (is("gemma2")) return any_family::of<gemma2>();
    if (is("gemma3_text")) return any_family::of<gemma3>();
    if (is("phi")) return any_family::of<phi2>();
    if (is("phi3")) return any_family::of<phi3>();
    if (is("bert")) return any_family::of<bert>();
    if (is("gpt2")) return any_family::of<gpt2>();
    if (is("gpt_neo")) return any_family::of<gpt_neo>();
    if (is("gpt_neox")) return any_family::of<gpt_neox>();
    if (is("opt")) return any_family::of<opt>();
    if (is("ple-tinylm")) return any_family::of<ple_tinylm>();
    if (is("stablelm")) return truth("use_qkv_bias", false) ? any_family::of<stablelm2>() : any_family::of<stablelm>();
    if (is("lfm2")) return any_family::of_type("mote::lfm2_layers<\"" + lfm2_order() + "\">");
    fail(file_, "is of the model_type " + detail::shown(kind_) + ", which is not imported");
  }

  std::string lfm2_order() const {
    constexpr std::size_t longest = 1024;
    if (out_.shape.layers > longest) fail(file_, "has more than 1024 layers");
    std::string order(out_.shape.layers, 'c');
    if (is_set("layer_types")) {
      if (!at("layer_types").is_array() || at("layer_types").size() != order.size())
        refuse("layer_types", "has not one entry for each layer");
      for (std::size_t i = 0; i < order.size(); ++i) {
        const json& type = at("layer_types")[i];
        if (type == "full_attention") order[i] = 'a';
        else if (type != "conv") refuse("layer_types", "has a type that is neither conv nor full_attention");
      }
      return order;
    }
    if (!is_set("full_attn_idxs")) fail(file_, "does not say which layers attend, in layer_types or full_attn_idxs");
    if (!at("full_attn_idxs").is_array()) refuse("full_attn_idxs", "is not a list of layers");
    for (const json& i : at("full_attn_idxs")) {
      if (!i.is_number_unsigned() || i.get<std::uint64_t>() >= order.size())
        refuse("full_attn_idxs", "names a layer that is not there");
      order[i.get<std::size_t>()] = 'a';
    }
    return order;
  }

  void positions() {
    mote::shape& s = out_.shape;
    if (is("gpt2") || is("gpt_neo") || is("opt") || is("bert")) return;
    s.rope_theta = real(is_set("rotary_emb_base") ? "rotary_emb_base" : "rope_theta",
                        is("gemma3_text") || is("lfm2") ? 1e6F : 10000.0F);
    if (is("phi") || is("stablelm") || is("gpt_neox")) {
      const char* key = is_set("rotary_pct") ? "rotary_pct" : is_set("rope_pct") ? "rope_pct" : "partial_rotary_factor";
      const float part = real(key);
      if (!(part > 0 && part <= 1)) refuse(key, "is not above 0 and at most 1");
      const auto rotated = static_cast<std::size_t>(static_cast<double>(part) * static_cast<double>(s.head_dim()));
      if (rotated != s.head_dim()) s.rotary_width = rotated;
      if (rotated == 0) refuse(key, "rotates no channel");
    }
    if (is("gemma3_text") || is_set("rope_local_base_freq")) s.local_theta = real("rope_local_base_freq", 10000.0F);
    if (!is_set("rope_scaling")) return;
    const json& scaling = at("rope_scaling");
    if (!scaling.is_object()) refuse("rope_scaling", "is not an object");
    const auto text = [&](const char* key) {
      return scaling.contains(key) && scaling.at(key).is_string() ? scaling.at(key).get<std::string>() : std::string();
    };
    const std::string rule = text("rope_type").empty() ? text("type") : text("rope_type");
    std::size_t known = (scaling.contains("rope_type") ? 1U : 0U) + (scaling.contains("type") ? 1U : 0U);
    const auto take = [&](const char* key) {
      const float v = scaling.contains(key) ? finite(scaling.at(key)) : NAN;
      if (!std::isfinite(v)) refuse("rope_scaling", "has no finite " + std::string(key));
      ++known;
      return v;
    };
    if (rule == "linear" || rule == "llama3") s.rope.factor = take("factor");
    if (rule == "llama3") {
      s.rope.low_frequency_factor = take("low_freq_factor");
      s.rope.high_frequency_factor = take("high_freq_factor");
      const float context = take("original_max_position_embeddings");
      if (!(context >= 1 && context <= 1048576)) refuse("rope_scaling", "has an original context out of range");
      s.rope.original_context = static_cast<std::size_t>(context);
    } else if (rule != "linear" && rule != "default") {
      refuse("rope_scaling", "is by the rule " + detail::shown(rule) + ", which is not supported");
    }
    if (known != scaling.size()) refuse("rope_scaling", "has a key that may change answers and is not known");
  }

  void features() {
    mote::shape& s = out_.shape;
    if (is("gemma2") || is("gemma3_text")) {
      const std::size_t period = is("gemma2") ? 2 : 6;
      const char* window = is_set("sliding_window_size") ? "sliding_window_size" : "sliding_window";
      s.window = number(window, is("gemma2") ? 4096 : -1);
      for (const char* key : {"sliding_window_pattern", "_sliding_window_pattern"})
        if (number(key, static_cast<std::int64_t>(period)) != period)
          refuse(key, "is not " + std::to_string(period) + ", the only value that is supported");
      if (is_set("layer_types")) {
        const json& types = at("layer_types");
        bool same = types.is_array() && types.size() == s.layers;
        for (std::size_t i = 0; same && i < s.layers; ++i)
          same = types[i] == (i % period == period - 1 ? "full_attention" : "sliding_attention");
        if (!same) refuse("layer_types", "is another order than that of " + out_.family.type());
      }
      const float scalar = real("query_pre_attn_scalar", static_cast<float>(s.head_dim()));
      if (!(scalar > 0)) refuse("query_pre_attn_scalar", "is not above 0");
      if (scalar != static_cast<float>(s.head_dim())) s.score_scale = 1 / std::sqrt(scalar);
      const auto cap = [&](const char* key, float otherwise) {
        return root_.contains(key) ? real(key, 0) : is("gemma2") ? otherwise : 0.0F;
      };
      s.softcap = cap("attn_logit_softcapping", 50);
      s.logit_softcap = cap("final_logit_softcapping", 30);
    }
    if (is("phi3")) s.window = number("sliding_window", 0);
    if (is("gpt_neo")) {
      s.window = number("window_size", 256);
      if (!is_set("attention_layers")) {
        const json plain = json::array({json::array({json::array({"global", "local"}), s.layers / 2})});
        if (is_set("attention_types") && at("attention_types") != plain)
          refuse("attention_types", "is another order than global, local, global, local");
        return;
      }
      const json& types = at("attention_layers");
      bool same = types.is_array() && types.size() == s.layers;
      for (std::size_t i = 0; same && i < s.layers; ++i) same = types[i] == (i % 2 == 0 ? "global" : "local");
      if (!same) refuse("attention_layers", "is another order than global, local, global, local");
    }
  }

  json root_;
  const std::filesystem::path& file_;
  std::string kind_;
  const family_keys* keys_ = nullptr;
  model_config out_{};
};

}  // namespace

model_config read_model_config(std::span<const std::byte> bytes, const std::filesystem::path& file) {
  json root = detail::parse_json(bytes);
  if (root.is_discarded()) fail(file, "is not JSON");
  return config_reader(std::move(root), file).read();
}

std::optional<std::vector<int>> read_end_tokens(std::span<const std::byte> bytes, const std::filesystem::path& file) {
  const json root = detail::parse_json(bytes);
  if (!root.is_object()) fail(file, "has a text that is not a JSON object");
  if (!root.contains("eos_token_id") || root.at("eos_token_id").is_null()) return std::nullopt;
  return ids_in(root.at("eos_token_id"), file);
}

}  // namespace mote::inline v0::host
