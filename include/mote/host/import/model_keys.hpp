// SPDX-License-Identifier: BSL-1.0
// Every key that files of the families use to describe a model: GGUF's, and those of Hugging Face's config.json. A key is
// read by an importer, has no effect on answers, or must have one value, because another is a model that no family here
// computes. find_gguf_key() and find_config_key() return null for a key that is not listed.
// Refuses to let a key pass that is not listed: an importer that finds one names it and stops.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mote::inline v0::host {

/// What an importer does with a key.
enum class key_use : std::uint8_t { read, no_effect, fixed };

/// A key, with its only value, as JSON writes it, if it is fixed. A name that ends with * stands for all that begin so.
struct model_key {
  std::string_view name;
  key_use use = key_use::read;
  std::string_view value{};

  constexpr bool is(std::string_view key) const {
    return name.ends_with('*') ? key.starts_with(name.substr(0, name.size() - 1)) : key == name;
  }
};

/// The keys of one kind of model: its architecture in GGUF, its model_type in config.json; empty: there is none.
struct family_keys {
  std::string_view gguf, config;
  std::span<const model_key> in_gguf, in_config;
};

namespace detail {

using enum key_use;

/// Of any GGUF file.
inline constexpr model_key gguf_common[]{
    {"general.architecture"},
    {"general.alignment"},
    {"general.type", fixed, "\"model\""},
    {"general.*", no_effect},
    {"split.no"},
    {"split.count"},
    {"split.tensors.count", no_effect},
    {"quantize.*", no_effect},
    {"tokenizer.chat_template"},
    {"tokenizer.chat_template.*", no_effect},
    {"tokenizer.chat_templates", no_effect},
    {"tokenizer.ggml.model"},
    {"tokenizer.ggml.pre"},
    {"tokenizer.ggml.tokens"},
    {"tokenizer.ggml.scores"},
    {"tokenizer.ggml.token_type"},
    {"tokenizer.ggml.merges"},
    {"tokenizer.ggml.bos_token_id"},
    {"tokenizer.ggml.eos_token_id"},
    {"tokenizer.ggml.eot_token_id"},
    {"tokenizer.ggml.eom_token_id"},
    {"tokenizer.ggml.add_bos_token"},
    {"tokenizer.ggml.add_eos_token", fixed, "false"},
    {"tokenizer.ggml.add_space_prefix"},
    {"tokenizer.ggml.remove_extra_whitespaces", fixed, "false"},
    {"tokenizer.ggml.unknown_token_id", no_effect},
    {"tokenizer.ggml.padding_token_id", no_effect},
    {"tokenizer.ggml.seperator_token_id", no_effect},
    {"tokenizer.ggml.cls_token_id", no_effect},
    {"tokenizer.ggml.mask_token_id", no_effect},
    {"tokenizer.ggml.token_type_count", no_effect},
    {"tokenizer.ggml.prefix_token_id", no_effect},
    {"tokenizer.ggml.suffix_token_id", no_effect},
    {"tokenizer.ggml.middle_token_id", no_effect},
    {"tokenizer.ggml.fim_*", no_effect},
    {"tokenizer.huggingface.json", no_effect},
};

/// Of any decoder, behind the architecture and a point.
inline constexpr model_key gguf_decoder[]{
    {"context_length"},
    {"embedding_length"},
    {"block_count"},
    {"feed_forward_length"},
    {"attention.head_count"},
    {"attention.head_count_kv"},
    {"vocab_size", no_effect},  // tokens are counted
    {"tensor_data_layout", no_effect},
    {"attention.causal", fixed, "true"},
    {"attention.max_alibi_bias", fixed, "0"},
    {"attention.clamp_kqv", fixed, "0"},
    {"logit_scale", fixed, "1"},
    {"residual_scale", fixed, "1"},
    {"embedding_scale", fixed, "1"},
    {"expert_count", fixed, "0"},
    {"expert_used_count", fixed, "0"},
    {"rope.scale_linear", fixed, "1"},
    {"rope.scaling.attn_factor", fixed, "1"},
    {"rope.scaling.finetuned", no_effect},
};
inline constexpr model_key gguf_rotary[]{
    {"attention.key_length"},
    {"attention.value_length"},
    {"rope.dimension_count"},
    {"rope.freq_base"},
    {"attention.layer_norm_rms_epsilon"},
    {"rope.scaling.type"},
    {"rope.scaling.factor"},
    {"rope.scaling.original_context_length", no_effect},  // the tensor rope_freqs says what is scaled
};
inline constexpr model_key gguf_gemma[]{
    {"attention.key_length"},
    {"attention.value_length"},
    {"rope.dimension_count"},
    {"rope.freq_base"},
    {"rope.freq_base_swa"},
    {"attention.layer_norm_rms_epsilon"},
    {"rope.scaling.type"},
    {"rope.scaling.factor"},
    {"rope.scaling.original_context_length", no_effect},
    {"attention.sliding_window"},
    {"attention.sliding_window_pattern"},
    {"attn_logit_softcapping"},
    {"final_logit_softcapping"},
};
inline constexpr model_key gguf_phi3[]{
    {"rope.dimension_count"},
    {"rope.freq_base"},
    {"attention.layer_norm_rms_epsilon"},
    {"attention.sliding_window"},
    {"rope.scaling.original_context_length", no_effect},  // the tensors rope_factors_* would use it; they are refused
};
inline constexpr model_key gguf_lfm2[]{
    {"attention.key_length"}, {"attention.value_length"},           {"rope.dimension_count"},
    {"rope.freq_base"},       {"attention.layer_norm_rms_epsilon"}, {"shortconv.l_cache", fixed, "3"},
};
inline constexpr model_key gguf_layer_norm[]{{"attention.layer_norm_epsilon"}};
inline constexpr model_key gguf_partly[]{
    {"attention.layer_norm_epsilon"},
    {"rope.dimension_count"},
    {"rope.freq_base"},
};
inline constexpr model_key gguf_neox[]{
    {"attention.layer_norm_epsilon"},
    {"rope.dimension_count"},
    {"rope.freq_base"},
    {"use_parallel_residual", fixed, "true"},
};
inline constexpr model_key gguf_stablelm[]{
    {"attention.layer_norm_epsilon"},
    {"rope.dimension_count"},
    {"rope.freq_base"},
    {"use_parallel_residual", fixed, "false"},
};

/// Of any config.json.
inline constexpr model_key config_common[]{
    {"model_type"},
    {"architectures", no_effect},
    {"vocab_size"},
    {"tie_word_embeddings"},
    {"bos_token_id"},
    {"eos_token_id"},
    {"pad_token_id", no_effect},
    {"sep_token_id", no_effect},
    {"_name_or_path", no_effect},
    {"torch_dtype", no_effect},
    {"dtype", no_effect},
    {"transformers_version", no_effect},
    {"use_cache", no_effect},
    {"cache_implementation", no_effect},
    {"initializer_range", no_effect},
    {"gradient_checkpointing", no_effect},
    {"attention_dropout", no_effect},
    {"hidden_dropout", no_effect},
    {"hidden_dropout_prob", no_effect},
    {"classifier_dropout", no_effect},
    {"auto_map", no_effect},
    {"pretraining_tp", no_effect},
    {"task_specific_params", no_effect},
    {"output_past", no_effect},
    {"is_decoder", no_effect},
};
inline constexpr model_key config_llama[]{
    {"hidden_size"},
    {"intermediate_size"},
    {"num_hidden_layers"},
    {"num_attention_heads"},
    {"num_key_value_heads"},
    {"head_dim"},
    {"max_position_embeddings"},
    {"rms_norm_eps"},
    {"rope_theta"},
    {"rope_scaling"},
    {"hidden_act", fixed, "\"silu\""},
    {"attention_bias", fixed, "false"},
    {"mlp_bias", fixed, "false"},
};
/// Qwen2's biases are its family's; its windows are off in every published model.
inline constexpr model_key config_qwen[]{
    {"hidden_size"},
    {"intermediate_size"},
    {"num_hidden_layers"},
    {"num_attention_heads"},
    {"num_key_value_heads"},
    {"head_dim"},
    {"max_position_embeddings"},
    {"rms_norm_eps"},
    {"rope_theta"},
    {"rope_scaling"},
    {"hidden_act", fixed, "\"silu\""},
    {"attention_bias", fixed, "false"},
    {"use_sliding_window", fixed, "false"},
    {"sliding_window", no_effect},
    {"max_window_layers", no_effect},
    {"layer_types", no_effect},
};
inline constexpr model_key config_gemma[]{
    {"hidden_size"},
    {"intermediate_size"},
    {"num_hidden_layers"},
    {"num_attention_heads"},
    {"num_key_value_heads"},
    {"head_dim"},
    {"max_position_embeddings"},
    {"rms_norm_eps"},
    {"rope_theta"},
    {"rope_local_base_freq"},
    {"rope_scaling"},
    {"query_pre_attn_scalar"},
    {"sliding_window"},
    {"sliding_window_size"},
    {"sliding_window_pattern"},
    {"_sliding_window_pattern"},
    {"layer_types"},
    {"attn_logit_softcapping"},
    {"final_logit_softcapping"},
    {"hidden_activation", fixed, "\"gelu_pytorch_tanh\""},
    {"hidden_act", fixed, "\"gelu_pytorch_tanh\""},
    {"attention_bias", fixed, "false"},
    {"use_bidirectional_attention", fixed, "false"},
};
inline constexpr model_key config_phi3[]{
    {"hidden_size"},
    {"intermediate_size"},
    {"num_hidden_layers"},
    {"num_attention_heads"},
    {"num_key_value_heads"},
    {"max_position_embeddings"},
    {"original_max_position_embeddings", no_effect},
    {"rms_norm_eps"},
    {"rope_theta"},
    {"sliding_window"},
    {"rope_scaling", fixed, "null"},
    {"partial_rotary_factor", fixed, "1"},
    {"hidden_act", fixed, "\"silu\""},
    {"attention_bias", fixed, "false"},
    {"embd_pdrop", no_effect},
    {"resid_pdrop", no_effect},
};
inline constexpr model_key config_phi2[]{
    {"hidden_size"},
    {"intermediate_size"},
    {"num_hidden_layers"},
    {"num_attention_heads"},
    {"num_key_value_heads"},
    {"max_position_embeddings"},
    {"layer_norm_eps"},
    {"rope_theta"},
    {"partial_rotary_factor"},
    {"rope_scaling", fixed, "null"},
    {"hidden_act", fixed, "\"gelu_new\""},
    {"qk_layernorm", fixed, "false"},
    {"embd_pdrop", no_effect},
    {"resid_pdrop", no_effect},
};
inline constexpr model_key config_stablelm[]{
    {"hidden_size"},
    {"intermediate_size"},
    {"num_hidden_layers"},
    {"num_attention_heads"},
    {"num_key_value_heads"},
    {"max_position_embeddings"},
    {"layer_norm_eps"},
    {"norm_eps"},
    {"rope_theta"},
    {"partial_rotary_factor"},
    {"rope_pct"},
    {"use_qkv_bias"},  // which of the two families it is
    {"rope_scaling", fixed, "null"},
    {"hidden_act", fixed, "\"silu\""},
    {"qk_layernorm", fixed, "false"},
    {"use_parallel_residual", fixed, "false"},
};
inline constexpr model_key config_lfm2[]{
    {"hidden_size"},
    {"intermediate_size"},
    {"num_hidden_layers"},
    {"num_attention_heads"},
    {"num_key_value_heads"},
    {"max_position_embeddings"},
    {"norm_eps"},
    {"rope_theta"},
    {"full_attn_idxs"},
    {"layer_types"},
    {"block_ff_dim"},
    {"block_auto_adjust_ff_dim"},
    {"block_ffn_dim_multiplier"},
    {"block_multiple_of"},
    {"block_dim", no_effect},
    {"block_norm_eps", no_effect},
    {"num_heads", no_effect},
    {"conv_dim", no_effect},
    {"conv_dim_out", no_effect},
    {"conv_use_xavier_init", no_effect},
    {"block_mlp_init_scale", no_effect},
    {"block_out_init_scale", no_effect},
    {"block_use_swiglu", fixed, "true"},
    {"block_use_xavier_init", no_effect},
    {"use_pos_enc", fixed, "true"},
    {"conv_L_cache", fixed, "3"},
    {"conv_bias", fixed, "false"},
};
inline constexpr model_key config_gpt2[]{
    {"n_embd"},
    {"n_inner"},
    {"n_layer"},
    {"n_head"},
    {"n_positions"},
    {"n_ctx", no_effect},
    {"layer_norm_epsilon"},
    {"activation_function", fixed, "\"gelu_new\""},
    {"scale_attn_weights", fixed, "true"},
    {"scale_attn_by_inverse_layer_idx", fixed, "false"},
    {"reorder_and_upcast_attn", no_effect},
    {"attn_pdrop", no_effect},
    {"embd_pdrop", no_effect},
    {"resid_pdrop", no_effect},
    {"summary_*", no_effect},
};
inline constexpr model_key config_gpt_neo[]{
    {"hidden_size"},
    {"intermediate_size"},
    {"num_layers"},
    {"num_heads"},
    {"max_position_embeddings"},
    {"layer_norm_epsilon"},
    {"window_size"},
    {"attention_types"},
    {"attention_layers"},
    {"activation_function", fixed, "\"gelu_new\""},
    {"embed_dropout", no_effect},
    {"resid_dropout", no_effect},
    {"summary_*", no_effect},
};
inline constexpr model_key config_gpt_neox[]{
    {"hidden_size"},
    {"intermediate_size"},
    {"num_hidden_layers"},
    {"num_attention_heads"},
    {"max_position_embeddings"},
    {"layer_norm_eps"},
    {"rotary_pct"},
    {"rotary_emb_base"},
    {"rope_theta"},
    {"partial_rotary_factor"},
    {"rope_scaling", fixed, "null"},
    {"hidden_act", fixed, "\"gelu\""},
    {"use_parallel_residual", fixed, "true"},
    {"attention_bias", fixed, "true"},
};
inline constexpr model_key config_opt[]{
    {"hidden_size"},
    {"ffn_dim"},
    {"num_hidden_layers"},
    {"num_attention_heads"},
    {"max_position_embeddings"},
    {"word_embed_proj_dim"},  // as wide as the stream
    {"activation_function", fixed, "\"relu\""},
    {"do_layer_norm_before", fixed, "true"},
    {"enable_bias", fixed, "true"},
    {"layer_norm_elementwise_affine", fixed, "true"},
    {"_remove_final_layer_norm", fixed, "false"},
    {"activation_dropout", no_effect},
    {"dropout", no_effect},
    {"layerdrop", no_effect},
    {"init_std", no_effect},
    {"prefix", no_effect},
};

constexpr const model_key* find_in(std::span<const model_key> keys, std::string_view key) {
  for (const model_key& one : keys)
    if (one.is(key)) return &one;
  return nullptr;
}

}  // namespace detail

/// The kinds of models that the families compute.
inline constexpr std::array all_family_keys{
    family_keys{"llama", "llama", detail::gguf_rotary, detail::config_llama},
    family_keys{"qwen2", "qwen2", detail::gguf_rotary, detail::config_qwen},
    family_keys{"qwen3", "qwen3", detail::gguf_rotary, detail::config_qwen},
    family_keys{"gemma2", "gemma2", detail::gguf_gemma, detail::config_gemma},
    family_keys{"gemma3", "gemma3_text", detail::gguf_gemma, detail::config_gemma},
    family_keys{"phi3", "phi3", detail::gguf_phi3, detail::config_phi3},
    family_keys{"phi2", "phi", detail::gguf_partly, detail::config_phi2},
    family_keys{"stablelm", "stablelm", detail::gguf_stablelm, detail::config_stablelm},
    family_keys{"lfm2", "lfm2", detail::gguf_lfm2, detail::config_lfm2},
    family_keys{"gpt2", "gpt2", detail::gguf_layer_norm, detail::config_gpt2},
    family_keys{"gptneox", "gpt_neox", detail::gguf_neox, detail::config_gpt_neox},
    family_keys{"", "gpt_neo", {}, detail::config_gpt_neo},
    family_keys{"", "opt", {}, detail::config_opt},
};

/// The entry of a kind of model; null if no family computes it.
constexpr const family_keys* keys_of_gguf(std::string_view architecture) {
  for (const family_keys& one : all_family_keys)
    if (!one.gguf.empty() && one.gguf == architecture) return &one;
  return nullptr;
}
constexpr const family_keys* keys_of_config(std::string_view model_type) {
  for (const family_keys& one : all_family_keys)
    if (one.config == model_type) return &one;
  return nullptr;
}

/// A key of a GGUF file of that architecture; null if it is not listed.
constexpr const model_key* find_gguf_key(const family_keys& of, std::string_view key) {
  if (const model_key* common = detail::find_in(detail::gguf_common, key)) return common;
  if (!key.starts_with(of.gguf) || !key.substr(of.gguf.size()).starts_with('.')) return nullptr;
  const std::string_view rest = key.substr(of.gguf.size() + 1);
  const model_key* own = detail::find_in(of.in_gguf, rest);
  return own != nullptr ? own : detail::find_in(detail::gguf_decoder, rest);
}
/// A key of a config.json of that model_type; null if it is not listed.
constexpr const model_key* find_config_key(const family_keys& of, std::string_view key) {
  const model_key* own = detail::find_in(of.in_config, key);
  return own != nullptr ? own : detail::find_in(detail::config_common, key);
}

}  // namespace mote::inline v0::host
