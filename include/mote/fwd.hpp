// SPDX-License-Identifier: BSL-1.0
// The public names without their bodies, for headers of an application that only mention them: a class that holds a
// pipeline by reference, a function that takes a shape.
// Refuses default arguments, and templates with a parameter of class type (lora, full, rag, bm25, sample, fit): C++
// needs that class complete, so include the policy's own header for these.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/config.hpp"

namespace mote::inline v0 {

// core
// status is not here: GCC takes its [[nodiscard]] only from the first declaration, and core/status.hpp is small
enum class isa : std::uint8_t;
struct lifetime;
template <std::size_t Tensors>
struct arena_plan;
template <std::size_t Tensors>
class arena_guard;
class fingerprint;
class rng;

// the slots of a pipeline
namespace slots {
struct weights;
struct interleave;
struct context;
struct fit;
struct cache;
struct learning;
struct recall;
struct decoding;
struct constraint;
struct stopping;
struct confidence;
struct drafting;
struct prefill;
struct overflow;
struct threads;
}  // namespace slots

// formats and their policies
template <std::size_t Rows>
struct f32;
template <std::size_t Rows, std::size_t Group>
struct q8;
template <std::size_t Bits, std::size_t Group>
struct quantize;
template <std::size_t Bits>
struct k_quant;
template <std::size_t Rows>
struct interleave;
struct board_interleave;
template <std::size_t Tokens>
struct context;
struct trained_context;
template <std::size_t Tokens>
struct prefill;
struct one_by_one;
template <std::size_t Kept, std::size_t Sinks>
struct window;
struct ends_when_full;
template <template <std::size_t> class Format>
struct packed;
template <class Weights, class Reader, std::size_t Bytes>
struct streamed;
template <class Default, class... Entries>
struct mixed;
template <class Policy, std::size_t First>
struct split;

// the model
struct shape;
struct special_tokens;
template <std::size_t Vectors, std::size_t Matrices>
struct block_map;
template <std::size_t Layers, class Family>
struct tensor_map;
template <std::size_t Layers, std::size_t Matrices>
struct format_choice;
struct matrix_size;
struct matrix_tensor;
struct vector_tensor;
template <class Family>
class tensors_of;
enum class role : std::uint8_t;
enum class vector_role : std::uint8_t;
template <class Format>
struct matrix;
template <class Formats, class Family>
class weights;
struct attention_run;
template <class Element>
class plain_cache;
template <class Isa>
class int8_cache;
template <std::size_t Bits, std::size_t Window, class Isa>
class kivi_cache;
template <std::size_t Bits>
struct cache;
template <std::size_t Bits, std::size_t Window>
struct kivi;
struct no_adapter;
struct pass_size;
struct pass_facts;
struct train_progress;
template <class... Blocks>
struct in_sequence;
template <class... Pattern>
struct cycle;
template <class Norm, class Inner, class Behind>
struct residual;
template <class Norm, class A, class B, class Second>
struct parallel;
template <vector_role Gain>
struct rms_norm_block;
struct feed_forward_tensors;
struct attention_tensors;
struct gelu;
struct exact_gelu;
struct silu;
struct rectifier;
struct softcapped_head;
struct scaled_token_embedding;
struct gemma2;
struct gemma3;
struct gpt2;
struct gpt_neo;
struct gpt_neox;
struct opt;
struct phi2;
struct phi3;
struct qwen2;
struct qwen3;
struct stablelm;
struct stablelm2;
struct token_and_position_embedding;
template <vector_role Gain, vector_role Bias>
struct layer_norm_block;
struct token_embedding;
struct llama;
class low_rank_adapters;
template <class Family>
struct decode_buffers;
template <class Family>
struct train_buffers;
class vocabulary_view;
template <class Table, bool SpaceBefore>
class basic_sentencepiece_bpe;
struct merge_slot;
struct encoded;

// learning
struct frozen;
struct lora_knobs;
struct full_knobs;
struct ia3_knobs;
struct prefix_tuning_knobs;
class prefix_rows;
template <std::size_t Count, std::uint64_t Seed>
struct cache_prefix;
struct prompt_tuning_knobs;
class virtual_tokens;
template <std::size_t Count, std::uint64_t Seed>
struct soft_prompt;
struct learner_knobs;
struct zeroth_order_knobs;
struct backpropagation;
template <std::size_t Layers>
struct last_layers;
struct matrices_only;
template <class Family>
struct output_vectors;
struct lesson;
struct adam_knobs;
struct sgd_knobs;
enum class verdict : std::uint8_t;
template <std::size_t Patience>
class early_stop;
template <std::size_t Rows, class Family>
class full_gradients;

// recall
struct no_recall;
struct rag_knobs;
struct bm25_knobs;
struct binary_knobs;
struct flat_knobs;
struct fuse_knobs;
struct hnsw_knobs;
struct ivf_knobs;
struct mmr_knobs;
struct ngrams_knobs;
struct pieces_knobs;
struct recent_knobs;
struct item_use;
struct least_used;
struct least_used_a_byte;
enum class item_id : std::uint32_t;
struct hit;
class best_hits;
template <std::size_t Items, std::size_t ItemBytes>
class item_store;
template <std::size_t Items, std::size_t ItemBytes>
class piece_store;
template <class Store, class Embedder, class Index>
struct retrieve;
template <class Store, class Embedder, class Index>
class item_memory;
template <std::size_t Dims>
struct int8_vector;
template <std::size_t Dims, std::size_t Gram, class Words>
struct hashed_ngrams;
struct word;
template <class... Scripts>
class words;
template <class Words, class... Stages>
class analysis;
struct porter2;
struct fold_accents;
struct prompt_result;

// decoding
struct greedy;
template <std::size_t Rows>
struct fused_greedy;
struct sample_knobs;
struct repetition_knobs;
template <class Decoding, std::size_t... Tokens>
struct banned_tokens;
struct unconstrained;
struct word_node;
struct passed_text;
struct no_stop_text;
struct no_confidence;
struct confidence;
struct answer_confidence;
struct chosen_label;
template <class Schema>
struct json;
template <std::size_t Least, std::size_t Most>
struct copied;
struct no_draft;
struct draft_knobs;
struct pass_clock;
template <std::size_t Slots, std::size_t Ways, std::size_t Length>
struct ngram;
template <std::size_t N, std::size_t Length>
struct lookup;
template <class... Drafters>
struct first_of;

// threads
struct part_range;
struct single_thread;
struct threads_knobs;

// what is stored
enum class container_kind : std::uint16_t;
enum class payload_check : bool;
struct container_header;
template <class Table>
struct basic_attached_image;
struct image_expectation;
struct image_layout;
struct snapshot_identity;
struct snapshot_header;
struct kept_records;
enum class record_kind : std::uint16_t;
struct record;
class record_reader;
class record_writer;
class counting_sink;
class buffer_sink;

// budgets
struct board_facts;
struct memory_region;
struct choices;
struct work;
struct costs;
enum class memory : std::uint8_t;
enum class way : std::uint8_t;
struct help;
struct helps;
struct remedy;
template <std::size_t Part, std::size_t Bytes>
struct part_memory;
struct footprint;
struct ram_regions;
struct flash_regions;
struct fit_knobs;
struct unchecked;

// what a pipeline is, takes and gives
struct example;
struct learned;
struct progress_step;
enum class ending : std::uint8_t;
template <class Model, class Format, std::size_t Context, class... Policies>
class basic_pipeline;

}  // namespace mote::inline v0
