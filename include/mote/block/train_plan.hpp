// SPDX-License-Identifier: BSL-1.0
// The memory of the training pass: its own buffers and those of a family's blocks, how many layer inputs are kept for
// the backward pass, how far a pass is, and a joint plan for training and inference.
// Refuses to run: block/train.hpp does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "mote/block/decode.hpp"
#include "mote/core/extremes.hpp"

namespace mote::inline v0 {

/// The widest output of a matrix of a layer, in floats.
template <class Family>
constexpr std::size_t widest_output(const shape& s) {
  std::size_t most = 0;
  for (std::size_t i = 0; i < tensors_of<Family>::matrices; ++i)
    if (!tensors_of<Family>::is_table(i)) most = detail::greatest_of(most, tensors_of<Family>::size(s, i).rows);
  return most;
}

/// The operations of a family's training pass and its buffers: 0 (embed), forward, loss, again, the phases of a layer's
/// backward pass, and embedding_back. forward repeats for each layer; so do again and the phases, together. Without a
/// backward pass: embed, one operation for each block of a layer, which repeat for each layer, and loss_alone.
template <class Family>
struct train_plan_of {
  using each_layer = layers_facts<typename Family::layer>;
  enum : int { embed, forward, loss, again, back };
  static constexpr int last_phase = back + each_layer::phases - 1;
  static constexpr int embedding_back = last_phase + 1;
  static constexpr int loss_alone = forward + static_cast<int>(each_layer::most_blocks);

  struct checkpoint {  // (checkpoints, kept, dim) the input of every layer that learns, and the last output
    static constexpr std::size_t bytes(const shape& s, const pass_facts& n) {
      return n.checkpoints * rows_of_floats(n.kept, s.dim);
    }
  };
  struct dstream {  // (kept, dim)
    static constexpr std::size_t bytes(const shape& s, const pass_facts& n) { return rows_of_floats(n.kept, s.dim); }
  };
  struct rounded {
    static constexpr std::size_t bytes(const shape&, const pass_facts& n) { return n.rounded_bytes; }
  };
  struct rows {  // four decoded rows of a matrix
    static constexpr std::size_t bytes(const shape& s, const pass_facts&) { return rows_of_floats(4, widest_input(s)); }
  };
  struct rotations {  // (rotary_count) of one position
    static constexpr std::size_t bytes(const shape& s, const pass_facts&) {
      return Family::layer::rotates ? rotary_count<Family>(s) * sizeof(simd::sine_cosine) : 0;
    }
  };
  struct outputs {  // (outputs, widest) W x + bias, and then its gradient
    static constexpr std::size_t bytes(const shape& s, const pass_facts& n) {
      return rows_of_floats(n.outputs, widest_output<Family>(s));
    }
  };
  struct normed {  // (logits, dim) the head's input; dnormed is its gradient
    static constexpr std::size_t bytes(const shape& s, const pass_facts& n) { return rows_of_floats(n.logits, s.dim); }
  };
  struct dnormed : normed {};
  struct logits {
    static constexpr std::size_t bytes(const shape& s, const pass_facts& n) {
      return rows_of_floats(n.logits, s.vocab);
    }
  };

  struct kept_logits {  // of one token, where the head's gradient reads them
    static constexpr std::size_t bytes(const shape& s, const pass_facts&) { return rows_of_floats(1, s.vocab); }
  };
  static constexpr bool keeps_logits = requires { requires head_of<Family>::reads_logits; };

  template <class Tag, int First, int Last = First>
  using portion = passing<live<Tag, First, Last>>;
  using buffers = join_lives<lives<live<checkpoint, embed, last_phase>, live<dstream, loss, embedding_back>>,
                             typename Family::embedding::template forward_buffers<embed>,
                             typename each_layer::template backward_buffers<forward, again, back>,
                             lives<portion<normed, loss>, portion<dnormed, loss>, portion<logits, loss>,
                                   portion<rows, loss, last_phase>, portion<rounded, forward, last_phase>,
                                   portion<rotations, forward, last_phase>, portion<outputs, back, last_phase>>,
                             std::conditional_t<keeps_logits, lives<portion<kept_logits, loss>>, lives<>>,
                             decltype(detail::left_by<Family, embed, last_phase, loss, embedding_back>())>;
  // Without a backward pass: the same tags at the same indices.
  template <class Tag>
  using never = typename loss_operations<embed>::template back<Tag, 0>;
  using loss_buffers =
      join_lives<lives<live<checkpoint, embed, loss_alone>, never<dstream>>,
                 typename Family::embedding::template forward_buffers<embed>,
                 typename each_layer::template loss_buffers<forward>,
                 lives<portion<normed, loss_alone>, never<dnormed>, portion<logits, loss_alone>, never<rows>,
                       portion<rounded, forward, loss_alone>, portion<rotations, forward, loss_alone>, never<outputs>>,
                 std::conditional_t<keeps_logits, lives<never<kept_logits>>, lives<>>,
                 decltype(detail::left_by<Family, embed, loss_alone, embed>())>;
  static_assert(buffers::count == loss_buffers::count);

  /// The number of streams that are kept if the layers from `first` on learn. The layers below share one; if a layer is
  /// one block, which reads one stream and writes another, they alternate between two.
  static constexpr bool alternates = each_layer::fewest_blocks == 1;
  static constexpr std::size_t checkpoints(const shape& s, std::size_t first) {
    return s.layers - first + (alternates && first > 0 ? 2 : 1);
  }
  static constexpr std::size_t checkpoint_of(std::size_t layer, const shape& s, std::size_t first) {
    if (layer >= first) return layer - first;
    return alternates && (first - layer) % 2 == 1 ? s.layers - first + 1 : 0;
  }
};

/// The progress of a pass. Another object needs only this and the arena to continue it.
struct train_progress {
  enum stage_type : std::uint8_t { embed, forward, loss, again, back, embedding_back, done } stage = embed;
  bool strayed = false;    // a query, key or value was too large or not finite
  std::uint16_t part = 0;  // of a layer: a block (forward), a phase (backward)
  std::uint32_t layer = 0;
  std::uint32_t at = 0;     // the first token of the next portion
  std::uint32_t count = 0;  // tokens that are run: the sequence's last is only predicted
  float sum = 0;            // of the loss
};

/// How far back a pass goes, and what else it needs.
struct way_back {
  std::size_t first_layer = 0;  ///< the first layer that learns
  bool any = true;              ///< false: losses only, in no more memory than inference
  std::size_t prefix = 0;       ///< positions before a text that have keys and values only
  bool scales_outputs = false;  ///< the delta reads W x + bias (scaling_delta)
};

/// The facts of a pass over sequences of at most `capacity` tokens, `chunk` of them at a time.
template <class Family>
constexpr pass_facts train_facts(const shape& s, std::size_t capacity, std::size_t chunk, std::size_t rounded_bytes,
                                 const way_back& way = {}) {
  std::size_t scratch = 0;
  layers_facts<typename Family::layer>::each_attention(s, [&](const auto& a) {
    const std::size_t forward = attention_scratch_floats(a, way.prefix + capacity);
    const std::size_t backward = way.any ? attention_gradient_scratch_floats(a, way.prefix + capacity) : 0;
    scratch = detail::greatest_of(scratch, forward, backward);
  });
  return {.tokens = chunk,
          .kept = capacity,
          .prefix = way.prefix,
          .saved = way.any ? capacity : chunk,
          .checkpoints = train_plan_of<Family>::checkpoints(s, way.any ? way.first_layer : s.layers),
          .outputs = way.scales_outputs ? chunk : 0,
          .logits = way.any ? chunk : 1,
          .parts = 1,
          .scratch_bytes = scratch * sizeof(float),
          .rounded_bytes = rounded_bytes};
}

/// The size and lifetime of each buffer of such a pass.
template <class Family>
constexpr auto train_lives(const shape& s, std::size_t capacity, std::size_t chunk, std::size_t rounded_bytes,
                           const way_back& way = {}) {
  using facts = train_plan_of<Family>;
  const pass_facts n = train_facts<Family>(s, capacity, chunk, rounded_bytes, way);
  return way.any ? facts::buffers::of(s, n) : facts::loss_buffers::of(s, n);
}
template <class Family, class Formats>
constexpr auto train_lifetimes(const shape& s, std::size_t capacity, std::size_t chunk, const way_back& way = {}) {
  return train_lives<Family>(s, capacity, chunk, input_bytes<Formats>(widest_input(s)), way);
}

/// An arena laid out for train_lifetimes. The plan must outlive it.
template <class Family>
struct train_buffers {
  using plan_type = arena_plan<train_plan_of<Family>::buffers::count>;
  std::byte* arena;
  const plan_type& plan;
  template <class Tag>
  std::byte* bytes() const {
    return arena + plan[train_plan_of<Family>::buffers::template index<Tag>()];
  }
};

/// A joint plan for training and inference, which may alternate, one portion and one step at a time. Buffers that a
/// portion needs only for itself share memory with inference.
template <class Plan>
struct shared_plan {
  Plan plan;
  std::size_t answer = 0;  ///< offset of the memory of inference
};
template <std::size_t Tensors>
constexpr shared_plan<arena_plan<Tensors>> plan_beside(const std::array<lifetime, Tensors>& lives, std::size_t bytes) {
  // Operation i has a twin, i + 32, in which inference runs after a portion of i. So a training pass has at most 32.
  std::array<lifetime, Tensors + 1> all{};
  for (std::size_t i = 0; i < Tensors; ++i) {
    all[i] = lives[i];
    if (lives[i].passing) continue;
    const std::uint64_t both = lives[i].operations() | lives[i].operations() << 32U;
    all[i].last += 32;
    all[i].rests = 0;
    all[i].rests = all[i].operations() & ~both;
  }
  all[Tensors] = {.bytes = bytes, .first = 32, .last = 63};
  const auto laid = plan_arena(all);
  shared_plan<arena_plan<Tensors>> both{{}, laid[Tensors]};
  for (std::size_t i = 0; i < Tensors; ++i) both.plan.offset[i] = laid[i];
  both.plan.bytes = laid.bytes;
#if MOTE_POISON_ARENA
  both.plan.tensors = lives;
#endif
  return both;
}

}  // namespace mote::inline v0
