// SPDX-License-Identifier: BSL-1.0
// What a pipeline's cost depends on besides the shape, as one value: the facts of each slot's policy. A fact is a
// number, or a pure function of the shape: the same one by which the pipeline itself is laid out.
//   constexpr mote::choices c = mote::choices_of<mote::quantize<8>, mote::lora<4>>;   pipeline/choices.hpp makes them
// Refuses to name a type: a value can be changed, compared, kept in a table, and used for a shape read from a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/block/buffers.hpp"
#include "mote/budget/board.hpp"
#include "mote/model/cache.hpp"
#include "mote/model/shape.hpp"
#include "mote/model/special_tokens.hpp"

namespace mote::inline v0 {

/// A member of the object: its bytes up to where the next member may begin, and its alignment. 0 bytes: an empty class.
struct part_size {
  std::size_t bytes = 0;
  std::size_t align = 1;
  constexpr bool operator==(const part_size&) const = default;
};

// Functions of the shape are members of constant objects, and a choice holds the object's address: GCC 12 does not
// accept a value that holds a function's address as a template argument.

/// Sizes that depend on a model's family, such as the arena of a pass that answers and of one that learns.
struct way_back;
struct family_functions {
  std::size_t (*decode_bytes)(const shape&, const pass_facts&);
  std::size_t (*train_bytes)(const shape&, std::size_t tokens, std::size_t chunk, std::size_t rounded_bytes,
                             const way_back&, std::size_t beside);
  cache_shape (*cached)(const shape&);           ///< what its cache keeps
  std::uint64_t (*layer_weights)(const shape&);  ///< weights in the matrices of all layers
  std::uint64_t (*last_weights)(const shape&);   ///< of them, in matrices that the backward pass does not run again
  /// Bytes of all packed tensors in one format; matrix_bytes gives those of a matrix.
  std::size_t (*packed_bytes)(const shape&, std::size_t (*matrix_bytes)(std::size_t rows, std::size_t cols));
  std::size_t (*state_bytes)(const shape&);   ///< of the blocks' states, after the cache
  std::size_t (*vector_bytes)(const shape&);  ///< of all vectors, where matrices are streamed
};
struct weights_functions {
  std::size_t (*bytes)(const family_functions&, const shape&);  ///< of the packed tensors
  std::size_t (*embedding_bytes)(const shape&);                 ///< of the embedding alone
  std::size_t (*rounded_bytes)(std::size_t cols);               ///< of a vector's 8-bit copy
  std::size_t (*head_bytes)(std::size_t dim);                   ///< of the head's scratch
  std::size_t rows;                                             ///< interleaved
  std::string_view name;                                        ///< of the format
};
struct cache_functions {
  std::size_t (*bytes)(const cache_shape&, std::size_t context);
  std::size_t (*scratch_floats)(const cache_shape&, std::size_t context, std::size_t tokens);
};
struct delta_functions {
  std::size_t (*parameter_floats)(const shape&);  ///< at rank 1
};
struct optimizer_functions {
  std::size_t (*kept_floats)(std::size_t parameters);
  std::size_t bytes;  ///< of the optimizer's own members
};
struct schedule_functions {
  std::size_t (*first_layer)(const shape&);  ///< that learns
};
constexpr std::size_t from_the_first(const shape&) { return 0; }
inline constexpr schedule_functions all_layers{&from_the_first};

/// The learning policy. Its state is the parameters, their gradients (or perturbed parameters) and the optimizer's
/// state, in this order, each 64-byte aligned; for any other layout `own` is the size.
struct learning_choice {
  bool learns = false;
  bool owns_weights = false;  ///< true: all weights are in RAM and learn
  std::size_t tokens = 0;     ///< of the longest example
  std::size_t chunk = 0;
  std::size_t rank = 1;  ///< the parameters are this times delta's
  const delta_functions* delta = nullptr;
  const optimizer_functions* optimizer = nullptr;
  const schedule_functions* schedule = &all_layers;  // not null: under UBSan GCC compares no constant with null
  part_size own{};                                   ///< of a state with another layout; else 0 bytes
  bool goes_back = true;                             ///< false: no backward pass, no activations kept
  bool scales_outputs = false;                       ///< true: a lesson keeps W x, the matrices' own outputs
  std::size_t positions = 0;                         ///< in front of every prompt and example
  std::size_t prefix = 0;                            ///< of these, those with keys and values only
  constexpr std::size_t leading() const { return positions - prefix; }  ///< of these, those with tokens
  constexpr std::size_t run() const { return leading() + tokens; }      ///< tokens of the longest lesson
  bool takes_turns = false;  ///< true: the arena holds an answer beside a lesson
  constexpr bool operator==(const learning_choice&) const = default;
};

/// The cost of a memory for some number of items.
struct recall_size {
  std::size_t ram_bytes = 0;
  std::size_t stack_bytes = 0;  ///< of a search, with its hits
  part_size index{};
};
struct recall_functions {
  std::size_t (*number)(std::size_t sixteenths);  ///< items in 1 to 16 sixteenths of the policy's number
  recall_size (*of)(std::size_t items);           ///< the cost of such a number of items
};

struct recall_choice {
  bool recalls = false;
  std::size_t ram_bytes = 0;
  std::size_t stack_bytes = 0;  ///< of a search, with its hits
  std::size_t tokens = 0;       ///< of the prompt, for recalled items
  part_size index{};
  std::size_t items = 0;                    ///< that it keeps; 0: not stated
  const recall_functions* sized = nullptr;  ///< null: the cost of fewer items is not known
  constexpr bool operator==(const recall_choice&) const = default;
};

/// The state of the decoding policy: fixed bytes, and bytes for each token of the vocabulary.
struct decoding_choice {
  std::size_t fixed_bytes = 0;
  std::size_t token_bytes = 0;
  std::size_t align = 1;
  std::size_t stretch = 0;  ///< logits that a part has at once; 0: all
  constexpr bool operator==(const decoding_choice&) const = default;
};

struct drafting_choice {
  std::size_t length = 0;
  part_size narrow{};  ///< where a token takes two bytes
  part_size wide{};    ///< where it takes four
  constexpr bool operator==(const drafting_choice&) const = default;
};

/// Bytes kept free beside the pipeline (all 0 if no board is named), and the number of each part's region of the board.
struct fit_choice {
  bool checks = false;
  std::size_t stack_bytes = 0;
  std::size_t code_bytes = 0;
  std::size_t other_ram_bytes = 0;
  std::size_t object_region = nowhere;    ///< nowhere: the largest block
  std::size_t cache_region = nowhere;     ///< nowhere: in the object
  std::size_t arena_region = nowhere;     ///< nowhere: in the object
  std::size_t learning_region = nowhere;  ///< nowhere: in the object
  std::size_t recall_region = nowhere;    ///< nowhere: in the object
  constexpr bool operator==(const fit_choice&) const = default;
};

/// A pipeline's choices.
struct choices {
  const family_functions* family = nullptr;
  const weights_functions* weights = nullptr;
  std::size_t context = 0;  ///< tokens; 0: all that the model was trained for
  const cache_functions* cache = nullptr;
  learning_choice learning{};
  recall_choice recall{};
  decoding_choice decoding{};
  part_size stopping{};
  drafting_choice drafting{};
  std::size_t prefill = 1;  ///< prompt tokens a pass
  std::size_t parts = 1;    ///< threads
  part_size team{};
  part_size rest{};  ///< of the object: the attached image, counters, progress
  fit_choice fit{};
  std::size_t vocabulary_bytes = 0;  ///< the model's token table, in flash; 0 where no model was named
  std::size_t stream_bytes = 0;      ///< of streamed<>: its buffers; then vectors and token table are in RAM. 0: mapped
  /// 0: the facts hold for any shape. Else they hold for the shape with this fingerprint only, because of a mixed<> or
  /// k_quant<> of a model, or a user's own policy whose size only its type states.
  std::uint64_t bound_to = 0;

  constexpr std::size_t context_of(const shape& s) const { return context == 0 ? s.context : context; }
  constexpr bool arena_is_apart() const { return fit.arena_region != nowhere; }
  constexpr bool cache_is_apart() const { return fit.cache_region != nowhere; }
  constexpr bool learning_is_apart() const { return learning.learns && fit.learning_region != nowhere; }
  constexpr bool recall_is_apart() const { return recall.recalls && fit.recall_region != nowhere; }
  constexpr bool holds_for(const shape& s) const { return s.valid() && (bound_to == 0 || bound_to == s.fingerprint()); }
  constexpr bool operator==(const choices&) const = default;
};

}  // namespace mote::inline v0
