// SPDX-License-Identifier: BSL-1.0
#include "mote/host/import/model_keys.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace mote::inline v0::host {

namespace keys {  // sources of this folder are compiled as one file: these names are its own
namespace {

using enum key_use;

/// Of any GGUF file.
constexpr model_key gguf_common[]{
    {"general.architecture"},
    {"general.alignment"},
    {"general.type", fixed, "\"model\""},
    {"general.*", no_effect},
    {"split.no"},
    {"split.count"},
    {"split.tensors.count", no_effect},
    {"quantize.*", no_effect},
    {"mradermacher.*", no_effect},  // who rounded the file, and when
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
    {"tokenizer.ggml.add_eos_token"},
    {"tokenizer.ggml.add_space_prefix"},
    {"tokenizer.ggml.add_sep_token"},
    {"tokenizer.ggml.remove_extra_whitespaces", fixed, "false"},
    {"tokenizer.ggml.normalizer.*", fixed, "false"},
    {"tokenizer.ggml.precompiled_charsmap", refused,
     "is a table by which texts are normalized, which is not read; a model whose tokenizer has none is"},
    {"tokenizer.ggml.suppress_tokens", refused,
     "names tokens that are never to be chosen, which is not done; a file without it is read"},
    {"tokenizer.rwkv.world", refused, "is a tokenizer of RWKV, which no family here has"},
    {"tokenizer.ggml.unknown_token_id"},
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
constexpr model_key gguf_decoder[]{
    {"context_length"},
    {"embedding_length"},
    {"block_count"},
    {"feed_forward_length"},
    {"attention.head_count"},
    {"attention.head_count_kv"},
    {"attention.key_length"},
    {"attention.value_length"},
    {"rope.scaling.type"},
    {"rope.scaling.factor"},
    {"rope.scaling.original_context_length", no_effect},  // the tensor rope_freqs says what is scaled
    {"vocab_size", no_effect},                            // tokens are counted
    {"tensor_data_layout", no_effect},
    {"attention.causal", fixed, "true"},
    {"attention.max_alibi_bias", fixed, "0"},
    {"attention.clamp_kqv", fixed, "0"},
    {"logit_scale", fixed, "1"},
    {"residual_scale", fixed, "1"},
    {"embedding_scale", fixed, "1"},
    {"expert_count", fixed, "0"},
    {"expert_used_count", fixed, "0"},
    {"expert_*", refused,
     "is of a mixture of experts, which no family here is; a dense model of this architecture is read"},
    {"attention.sliding_window", fixed, "0"},
    {"attn_logit_softcapping", fixed, "0"},
    {"final_logit_softcapping", fixed, "0"},
    {"nextn_predict_layers", fixed, "0"},
    {"pooling_type", fixed, "0"},  // another makes an embedding of a text
    {"rope.scale_linear", fixed, "1"},
    {"rope.scaling.attn_factor", fixed, "1"},
    {"rope.scaling.finetuned", no_effect},
    {"rope.scaling.yarn_*", refused,
     "stretches rotary positions by YaRN, which is not computed; a file converted without rope_scaling is read, for "
     "texts as long as the model was trained on"},
    {"rope.dimension_sections", refused,
     "turns positions of images, which no family here sees; the model of texts alone is read"},
};
constexpr model_key gguf_rotary[]{
    {"rope.dimension_count"},
    {"rope.freq_base"},
    {"attention.layer_norm_rms_epsilon"},
};
constexpr model_key gguf_gemma[]{
    {"rope.dimension_count"},     {"rope.freq_base"},
    {"rope.freq_base_swa"},       {"attention.layer_norm_rms_epsilon"},
    {"attention.sliding_window"}, {"attention.sliding_window_pattern"},
    {"attn_logit_softcapping"},   {"final_logit_softcapping"},
};
constexpr model_key gguf_phi3[]{
    {"rope.dimension_count"},
    {"rope.freq_base"},
    {"attention.layer_norm_rms_epsilon"},
    {"attention.sliding_window"},
};
constexpr model_key gguf_lfm2[]{
    {"rope.dimension_count"},
    {"rope.freq_base"},
    {"attention.layer_norm_rms_epsilon"},
    {"shortconv.l_cache", fixed, "3"},
};
constexpr model_key gguf_layer_norm[]{{"attention.layer_norm_epsilon"}};
constexpr model_key gguf_partly[]{
    {"attention.layer_norm_epsilon"},
    {"rope.dimension_count"},
    {"rope.freq_base"},
};
constexpr model_key gguf_neox[]{
    {"attention.layer_norm_epsilon"},
    {"rope.dimension_count"},
    {"rope.freq_base"},
    {"use_parallel_residual", fixed, "true"},
};
constexpr model_key gguf_stablelm[]{
    {"attention.layer_norm_epsilon"},
    {"rope.dimension_count"},
    {"rope.freq_base"},
    {"use_parallel_residual", no_effect},  // converters write true where nothing says it: the norms do
};

constexpr model_key gguf_bert[]{
    {"attention.layer_norm_epsilon"},
    {"attention.causal", fixed, "false"},
    {"pooling_type"},
};

/// Of any config.json.
constexpr model_key config_common[]{
    {"model_type"},
    {"architectures", no_effect},
    {"vocab_size"},
    {"tie_word_embeddings"},
    {"eos_token_id"},
    {"bos_token_id", no_effect},  // the tokenizer says it
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
    {"tokenizer_class", no_effect},
    {"transformers.js_config", no_effect},
    {"unsloth_version", no_effect},
    {"unsloth_fixed", no_effect},
    {"problem_type", no_effect},
    {"id2label", no_effect},
    {"label2id", no_effect},
    {"num_labels", no_effect},
    {"_num_labels", no_effect},
    {"return_dict", no_effect},
    {"output_attentions", no_effect},
    {"output_hidden_states", no_effect},
    {"do_sample", no_effect},
    {"temperature", no_effect},
    {"top_k", no_effect},
    {"top_p", no_effect},
    {"max_length", no_effect},
    {"max_new_tokens", no_effect},
    {"quantization_config", refused,
     "says that the weights are in the layout of another program's quantizer; the folder of the model before that is read, "
     "and a GGUF file of it"},
    {"num_experts", fixed, "0"},
    {"num_local_experts", fixed, "0"},
};
constexpr model_key config_llama[]{
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
    {"rope_parameters"},
    {"rope_interleaved", fixed, "false"},
    {"is_llama_config", no_effect},
    {"max_sequence_length", no_effect},
};
/// Qwen2's biases are its family's; its windows are off in every published model.
constexpr model_key config_qwen[]{
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
    {"rope_parameters"},
    {"use_mrope", fixed, "false"},
};
constexpr model_key config_gemma[]{
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
    {"rope_parameters"},
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
constexpr model_key config_phi3[]{
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
    {"rope_parameters"},
    {"hidden_act", fixed, "\"silu\""},
    {"attention_bias", fixed, "false"},
    {"embd_pdrop", no_effect},
    {"resid_pdrop", no_effect},
};
constexpr model_key config_phi2[]{
    {"hidden_size"},
    {"intermediate_size"},
    {"num_hidden_layers"},
    {"num_attention_heads"},
    {"num_key_value_heads"},
    {"max_position_embeddings"},
    {"layer_norm_eps"},
    {"rope_theta"},
    {"partial_rotary_factor"},
    {"rope_parameters"},
    {"rope_scaling", fixed, "null"},
    {"hidden_act", fixed, "\"gelu_new\""},
    {"qk_layernorm", fixed, "false"},
    {"embd_pdrop", no_effect},
    {"resid_pdrop", no_effect},
};
constexpr model_key config_stablelm[]{
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
    {"rope_parameters"},
    {"rope_pct"},
    {"use_qkv_bias"},  // which of the two families it is
    {"rope_scaling", fixed, "null"},
    {"hidden_act", fixed, "\"silu\""},
    {"qk_layernorm", fixed, "false"},
    {"use_parallel_residual", fixed, "false"},
    {"rotary_scaling_factor", fixed, "1"},
};
constexpr model_key config_lfm2[]{
    {"hidden_size"},
    {"intermediate_size", no_effect},  // how wide the feed-forward is, its tensors say
    {"num_hidden_layers"},
    {"num_attention_heads"},
    {"num_key_value_heads"},
    {"max_position_embeddings"},
    {"norm_eps"},
    {"rope_theta"},
    {"rope_parameters"},
    {"full_attn_idxs"},
    {"layer_types"},
    {"block_ff_dim", no_effect},
    {"tie_embedding"},
    {"block_auto_adjust_ff_dim", no_effect},
    {"block_ffn_dim_multiplier", no_effect},
    {"block_multiple_of", no_effect},
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
constexpr model_key config_gpt2[]{
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
constexpr model_key config_gpt_neo[]{
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
constexpr model_key config_gpt_neox[]{
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
    {"rope_parameters"},
    {"rope_scaling", fixed, "null"},
    {"hidden_act", fixed, "\"gelu\""},
    {"use_parallel_residual", fixed, "true"},
    {"attention_bias", fixed, "true"},
};
constexpr model_key config_opt[]{
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

constexpr model_key config_ple[]{
    {"hidden_size"},
    {"ffn_hidden"},
    {"ple_dim"},
    {"num_hidden_layers"},
    {"num_attention_heads"},
    {"seq_len"},
    {"max_position_embeddings", no_effect},  // how far its tables of sines go
    {"out_vocab"},
    {"rope_theta"},
};

constexpr model_key config_bert[]{
    {"hidden_size"},
    {"intermediate_size"},
    {"num_hidden_layers"},
    {"num_attention_heads"},
    {"max_position_embeddings"},
    {"layer_norm_eps"},
    {"type_vocab_size", no_effect},  // of the types of tokens the first is kept
    {"hidden_act", fixed, "\"gelu\""},
    {"position_embedding_type", fixed, "\"absolute\""},
    {"is_decoder", fixed, "false"},
    {"add_cross_attention", fixed, "false"},
    {"attention_probs_dropout_prob", no_effect},
    {"directionality", no_effect},
    {"finetuning_task", no_effect},
    {"pooler_*", no_effect},  // the pooler's matrix is not read: it is of the first training
};

constexpr std::array family_table{
    family_keys{"llama", "llama", gguf_rotary, config_llama},
    family_keys{"qwen2", "qwen2", gguf_rotary, config_qwen},
    family_keys{"qwen3", "qwen3", gguf_rotary, config_qwen},
    family_keys{"gemma2", "gemma2", gguf_gemma, config_gemma},
    family_keys{"gemma3", "gemma3_text", gguf_gemma, config_gemma},
    family_keys{"phi3", "phi3", gguf_phi3, config_phi3},
    family_keys{"phi2", "phi", gguf_partly, config_phi2},
    family_keys{"stablelm", "stablelm", gguf_stablelm, config_stablelm},
    family_keys{"lfm2", "lfm2", gguf_lfm2, config_lfm2},
    family_keys{"gpt2", "gpt2", gguf_layer_norm, config_gpt2},
    family_keys{"gptneox", "gpt_neox", gguf_neox, config_gpt_neox},
    family_keys{"bert", "bert", gguf_bert, config_bert},
    family_keys{"", "gpt_neo", {}, config_gpt_neo},
    family_keys{"", "opt", {}, config_opt},
    family_keys{"", "ple-tinylm", {}, config_ple},
};

const model_key* find_in(std::span<const model_key> keys, std::string_view key) {
  for (const model_key& one : keys)
    if (one.is(key)) return &one;
  return nullptr;
}

}  // namespace
}  // namespace keys

std::span<const family_keys> all_family_keys() { return keys::family_table; }
std::span<const model_key> common_gguf_keys() { return keys::gguf_common; }
std::span<const model_key> decoder_gguf_keys() { return keys::gguf_decoder; }
std::span<const model_key> common_config_keys() { return keys::config_common; }

const family_keys* keys_of_gguf(std::string_view architecture) {
  for (const family_keys& one : keys::family_table)
    if (!one.gguf.empty() && one.gguf == architecture) return &one;
  return nullptr;
}
const family_keys* keys_of_config(std::string_view model_type) {
  for (const family_keys& one : keys::family_table)
    if (one.config == model_type) return &one;
  return nullptr;
}

const model_key* find_gguf_key(const family_keys& of, std::string_view key) {
  if (const model_key* common = keys::find_in(keys::gguf_common, key)) return common;
  if (!key.starts_with(of.gguf) || !key.substr(of.gguf.size()).starts_with('.')) return nullptr;
  const std::string_view rest = key.substr(of.gguf.size() + 1);
  const model_key* own = keys::find_in(of.in_gguf, rest);
  return own != nullptr ? own : keys::find_in(keys::gguf_decoder, rest);
}
const model_key* find_config_key(const family_keys& of, std::string_view key) {
  const model_key* own = keys::find_in(of.in_config, key);
  return own != nullptr ? own : keys::find_in(keys::config_common, key);
}

}  // namespace mote::inline v0::host
