// SPDX-License-Identifier: BSL-1.0
// What a pipeline's cost depends on beside the shape, as one value: the facts of the policy of each slot. Where a number
// would not do, a fact is a pure function of the shape, the very one that the pipeline itself is laid out by.
//   constexpr mote::choices c = mote::choices_of<mote::quantize<8>, mote::lora<4>>;   pipeline/choices.hpp makes them
// Refuses to name a type: a value can be changed, compared, kept in a table, and asked for a shape read from a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/block/buffers.hpp"
#include "mote/budget/board.hpp"
#include "mote/model/cache.hpp"
#include "mote/model/dialogue.hpp"
#include "mote/model/shape.hpp"

namespace mote::inline v0 {

/// A member of the object: the bytes up to where the next one may begin, and how it is aligned. 0 bytes: it is empty.
struct part_size {
  std::size_t bytes = 0;
  std::size_t align = 1;
  constexpr bool operator==(const part_size&) const = default;
};

// Pure functions of the shape stand in objects, of which a choice holds the address: GCC 12 takes no value with a
// function's own address for an argument of a template.

/// How a model's family lays its arena: bytes of a pass that answers, and of one that learns.
struct way_back;
struct family_functions {
  std::size_t (*decode_bytes)(const shape&, const pass_facts&);
  std::size_t (*train_bytes)(const shape&, std::size_t tokens, std::size_t chunk, std::size_t rounded_bytes,
                             const way_back&, std::size_t beside);
  cache_shape (*cached)(const shape&);           ///< what a cache keeps of it
  std::uint64_t (*layer_weights)(const shape&);  ///< of the matrices of all layers
  std::uint64_t (*last_weights)(const shape&);   ///< of those that no gradient needs again
  /// Of packed tensors of one format, whose matrices are so large.
  std::size_t (*packed_bytes)(const shape&, std::size_t (*matrix_bytes)(std::size_t rows, std::size_t cols));
  std::size_t (*state_bytes)(const shape&);  ///< of what blocks keep behind the cache
};
struct weights_functions {
  std::size_t (*bytes)(const family_functions&, const shape&);  ///< of the packed tensors
  std::size_t (*embedding_bytes)(const shape&);                 ///< of one of them
  std::size_t (*rounded_bytes)(std::size_t cols);               ///< of a vector's 8-bit copy
  std::size_t rows;                                             ///< interleaved
  std::string_view name;                                        ///< of the format
};
struct cache_functions {
  std::size_t (*bytes)(const cache_shape&, std::size_t context);
  std::size_t (*scratch_floats)(const cache_shape&, std::size_t context, std::size_t tokens);
};
struct delta_functions {
  std::size_t (*parameter_floats)(const shape&);  ///< for each of the rank
};
struct optimiser_functions {
  std::size_t (*kept_floats)(std::size_t parameters);
  std::size_t bytes;  ///< of the optimiser itself
};
struct schedule_functions {
  std::size_t (*first_layer)(const shape&);  ///< that learns
};
constexpr std::size_t from_the_first(const shape&) { return 0; }
inline constexpr schedule_functions all_layers{&from_the_first};

/// Learning. Its state is parameters, gradients (or what is tried in place of them) and what the optimiser keeps, in this
/// order, 64-byte aligned; a policy whose state is another says how large it is.
struct learning_choice {
  bool learns = false;
  bool owns_weights = false;  ///< it learns with all weights, which live in RAM
  std::size_t tokens = 0;     ///< of the longest example
  std::size_t chunk = 0;
  std::size_t rank = 1;  ///< what the parameters are a multiple of
  const delta_functions* delta = nullptr;
  const optimiser_functions* optimiser = nullptr;
  const schedule_functions* schedule = &all_layers;  // GCC's UBSan knows no constant that compares it with null
  part_size own{};                                   ///< of a state that is laid out otherwise
  bool goes_back = true;                             ///< false: losses alone, no activations
  bool scales_outputs = false;                       ///< has room for what a matrix alone gives
  std::size_t positions = 0;                         ///< in front of every prompt and example
  std::size_t prefix = 0;                            ///< of these have keys and values alone
  constexpr std::size_t leading() const { return positions - prefix; }  ///< of these have tokens
  constexpr std::size_t run() const { return leading() + tokens; }      ///< tokens of the longest lesson
  bool takes_turns = false;                                             ///< an answer's memory lies beside a lesson's
  constexpr bool operator==(const learning_choice&) const = default;
};

/// What a memory costs that keeps so many items.
struct recall_size {
  std::size_t ram_bytes = 0;
  std::size_t stack_bytes = 0;  ///< of a search, with its hits
  part_size index{};
};
struct recall_functions {
  std::size_t (*number)(std::size_t sixteenths);  ///< of items, of 1 to 16 sixteenths of what the policy keeps
  recall_size (*of)(std::size_t items);           ///< of such a number
};

struct recall_choice {
  bool recalls = false;
  std::size_t ram_bytes = 0;
  std::size_t stack_bytes = 0;  ///< of a search, with its hits
  std::size_t tokens = 0;       ///< of the prompt, for what is recalled
  part_size index{};
  std::size_t items = 0;                    ///< that it keeps; 0: it does not say
  const recall_functions* sized = nullptr;  ///< null: nobody knows what fewer would cost
  constexpr bool operator==(const recall_choice&) const = default;
};

/// How the next token is picked: fixed bytes, and some for each token of the vocabulary.
struct decoding_choice {
  std::size_t fixed_bytes = 0;
  std::size_t token_bytes = 0;
  std::size_t align = 1;
  constexpr bool operator==(const decoding_choice&) const = default;
};

struct drafting_choice {
  std::size_t length = 0;
  part_size narrow{};  ///< where a token takes two bytes
  part_size wide{};    ///< where it takes four
  constexpr bool operator==(const drafting_choice&) const = default;
};

/// What is kept free beside the pipeline; all nought where no board was named. And where its parts lie, by the number of
/// a region of the board.
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
  drafting_choice drafting{};
  std::size_t prefill = 1;  ///< prompt tokens a pass
  std::size_t parts = 1;    ///< threads
  part_size team{};
  part_size rest{};  ///< of the object: the attached image, counters, progress
  fit_choice fit{};
  std::size_t vocabulary_bytes = 0;  ///< the model's token table, in flash; 0 where no model was named
  /// Not nought where some fact holds for one shape only, that with this fingerprint: a mixed<> or two_level<> of a
  /// model, a user's own policy that says its size by its type alone.
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
