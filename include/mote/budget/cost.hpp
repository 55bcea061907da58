// SPDX-License-Identifier: BSL-1.0
// What a shape and choices cost: bytes by region, and the work of a token and of an example. basic_pipeline uses these
// numbers for its layout and asserts that they are its size; nothing here instantiates it.
//   constexpr mote::costs c = mote::cost_of(shape, mote::choices_of<mote::quantize<8>, mote::context<256>>);
//   c.ram.object(), c.flash.image(), c.token.multiply_adds
// Refuses to predict time: work is counted here, and time is measured on a board.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mote/block/decode.hpp"
#include "mote/block/train.hpp"
#include "mote/budget/board.hpp"
#include "mote/budget/choices.hpp"
#include "mote/budget/footprint.hpp"
#include "mote/learn/lesson.hpp"
#include "mote/model/merge.hpp"
#include "mote/model/role.hpp"
#include "mote/store/container.hpp"

namespace mote::inline v0 {

/// Work as counts, for matrices, attention and adapters. Norms, rotations and rounding, a few hundredths more, are not
/// counted.
struct work {
  std::uint64_t multiply_adds = 0;
  std::uint64_t weight_bytes = 0;  ///< packed weights, counted each time they are read
  std::uint64_t cache_bytes = 0;   ///< keys and values, read and written
  constexpr bool operator==(const work&) const = default;
};

struct costs {
  ram_regions ram;
  flash_regions flash;
  work token;         ///< the last token that fits the context: the most work
  work prompt;        ///< a prompt that fills the context
  work lesson;        ///< the longest example
  bool holds = true;  ///< false: the shape is invalid, or the choices are bound to another; all numbers are 0
};

namespace detail {

// Sizes that follow from the shape alone.
constexpr std::uint64_t head_weights(const shape& s) { return static_cast<std::uint64_t>(s.vocab) * s.dim; }
/// Multiply-adds of a query with the key and value of one position, in all layers that attend.
constexpr std::uint64_t attention_products(const cache_shape& a) {
  return std::uint64_t{2} * a.heads * a.head_dim * a.layers;
}
constexpr std::size_t token_bytes(const shape& s) {
  return s.vocab <= 65536 ? sizeof(std::uint16_t) : sizeof(std::uint32_t);
}

/// The first layer that learns.
constexpr std::size_t first_layer(const shape& s, const choices& c) { return c.learning.schedule->first_layer(s); }
constexpr std::size_t parameter_floats(const shape& s, const choices& c) {
  if (c.learning.owns_weights) return c.weights->bytes(*c.family, s) / sizeof(float);
  if (!c.learning.learns) return 0;
  shape learned = s;
  learned.layers -= first_layer(s, c);
  return c.learning.rank * c.learning.delta->parameter_floats(learned);
}
constexpr std::size_t optimizer_floats(const shape& s, const choices& c) {
  return c.learning.learns ? c.learning.optimizer->kept_floats(parameter_floats(s, c)) : 0;
}
constexpr pass_size pass_size_of(const choices& c) {
  return {.tokens = c.prefill > c.drafting.length ? c.prefill : c.drafting.length + 1,
          .logits = 1 + c.drafting.length,
          .parts = c.parts,
          .stretch = c.decoding.stretch};
}

/// Before merging, each character of a text is a token. English has up to about four characters a token.
constexpr std::size_t merge_slots(std::size_t context) { return 4 * context; }

constexpr std::size_t decode_arena_bytes(const shape& s, const choices& c) {
  const pass_size n = pass_size_of(c);
  return c.family->decode_bytes(s,
                                decode_facts(n, c.cache->scratch_floats(c.family->cached(s), c.context_of(s), n.tokens),
                                             c.weights->rounded_bytes(widest_input(s)), c.weights->head_bytes(s.dim)));
}
/// The arena bytes of an answer: those of a pass or of the merging of tokens, which never run at once.
constexpr std::size_t answer_arena_bytes(const shape& s, const choices& c) {
  const std::size_t decode = decode_arena_bytes(s, c);
  const std::size_t merging = round_up(merge_slots(c.context_of(s)) * sizeof(merge_slot), arena_alignment);
  return merging > decode ? merging : decode;
}
constexpr std::size_t train_arena_bytes(const shape& s, const choices& c) {
  if (!c.learning.learns) return 0;
  return c.family->train_bytes(s, c.learning.run(), c.learning.chunk, c.weights->rounded_bytes(widest_input(s)),
                               {.first_layer = first_layer(s, c),
                                .any = c.learning.goes_back,
                                .prefix = c.learning.prefix,
                                .scales_outputs = c.learning.scales_outputs},
                               c.learning.takes_turns ? answer_arena_bytes(s, c) : 0);
}
/// One arena serves answers and lessons, which never run at once; train_arena_bytes() includes both if they take turns.
constexpr std::size_t arena_bytes(const shape& s, const choices& c) {
  const std::size_t answer = answer_arena_bytes(s, c);
  const std::size_t train = train_arena_bytes(s, c);
  return train > answer ? train : answer;
}
constexpr std::size_t cache_bytes(const shape& s, const choices& c) {
  return round_up(c.cache->bytes(c.family->cached(s), c.context_of(s)), 64) + round_up(c.family->state_bytes(s), 64);
}

constexpr part_size learning_part(const shape& s, const choices& c) {
  if (!c.learning.learns || c.learning.own.bytes != 0) return c.learning.own;
  const std::size_t parameters = round_up(parameter_floats(s, c) * sizeof(float), 64);
  const std::size_t kept = optimizer_floats(s, c);
  return {2 * parameters + round_up((kept == 0 ? 1 : kept) * sizeof(float), 64) + c.learning.optimizer->bytes, 64};
}

/// Multiply-adds of the adapters for a token. Parameters of a prefix or a soft prompt are no matrices: 0.
constexpr std::uint64_t adapter_products(const shape& s, const choices& c) {
  return c.learning.owns_weights || c.learning.positions != 0 ? 0 : parameter_floats(s, c);
}

/// What streamed<> keeps in the object: vectors, token table, buffers.
constexpr std::size_t streamed_part_bytes(const shape& s, const choices& c) {
  if (c.stream_bytes == 0) return 0;
  return round_up(c.family->vector_bytes(s), 64) + round_up(c.vocabulary_bytes, 64) + c.stream_bytes;
}

/// Adds members in their order, as the compiler lays them out.
struct member_layout {
  std::size_t end = 0;
  std::size_t align = 1;
  constexpr void place(part_size p) {
    if (p.bytes == 0) return;
    end = round_up(end, p.align) + p.bytes;
    if (p.align > align) align = p.align;
  }
  constexpr void place_pointer() { place({sizeof(void*), alignof(void*)}); }
};
/// The members of `lessons`: the policy's state, the example's tokens, the lesson, the examples of the batch so far.
constexpr void place_learning(member_layout& object, const shape& s, const choices& c) {
  object.place(learning_part(s, c));
  if (!c.learning.learns) return;
  object.place({c.learning.run() * token_bytes(s), token_bytes(s)});
  object.place({sizeof(lesson), alignof(lesson)});
  object.place({sizeof(std::size_t), alignof(std::size_t)});
}
/// The memory of learning and of recall if they are outside the object.
constexpr std::size_t learning_bytes(const shape& s, const choices& c) {
  member_layout alone;
  place_learning(alone, s, c);
  return round_up(alone.end, 64);
}
constexpr std::size_t recall_bytes(const choices& c) { return round_up(c.recall.index.bytes, 64); }

/// The memories of the parts outside the object, by the number of their part_memory: cache, arena, learning, recall. 0:
/// the part is in the object.
constexpr std::array<std::size_t, 4> bytes_apart(const shape& s, const choices& c) {
  return {c.cache_is_apart() ? cache_bytes(s, c) : 0, c.arena_is_apart() ? arena_bytes(s, c) : 0,
          c.learning_is_apart() ? learning_bytes(s, c) : 0, c.recall_is_apart() ? recall_bytes(c) : 0};
}

/// The object's size.
constexpr std::size_t object_bytes(const shape& s, const choices& c, std::size_t arena) {
  member_layout object;
  const std::size_t token = token_bytes(s);
  if (c.arena_is_apart()) object.place_pointer();
  else object.place({arena, 64});
  if (c.cache_is_apart()) object.place_pointer();
  else object.place({cache_bytes(s, c), 64});
  object.place({streamed_part_bytes(s, c), 64});
  if (c.learning_is_apart()) object.place_pointer();
  else place_learning(object, s, c);
  if (c.recall_is_apart()) object.place_pointer();
  else object.place(c.recall.index);
  object.place({c.decoding.fixed_bytes + c.decoding.token_bytes * s.vocab, c.decoding.align});
  object.place(c.stopping);
  object.place(token == 2 ? c.drafting.narrow : c.drafting.wide);
  object.place(c.team);
  object.place({c.context_of(s) * token, token});
  object.place(c.rest);
  return round_up(object.end, object.align);
}

}  // namespace detail

/// One token of an answer at `position` (0 is the first), in a pass of its own with logits.
constexpr work token_work(const shape& s, const choices& c, std::size_t position) {
  const std::uint64_t adapters = detail::adapter_products(s, c);
  return {.multiply_adds = c.family->layer_weights(s) + detail::head_weights(s) + adapters +
                           detail::attention_products(c.family->cached(s)) * (position + 1),
          .weight_bytes = c.weights->bytes(*c.family, s) - (s.tied_head ? 0 : c.weights->embedding_bytes(s)),
          .cache_bytes = c.cache->bytes(c.family->cached(s), position + 1)};
}

/// A prompt of `tokens` tokens, prefill<>'s number in each pass; only the last has logits. A prefix adds attention.
constexpr work prompt_work(const shape& s, const choices& c, std::size_t tokens) {
  const std::uint64_t adapters = detail::adapter_products(s, c);
  const std::uint64_t passes = ceil_div(tokens, c.prefill);
  const std::uint64_t head = c.weights->embedding_bytes(s);  // as large as the head
  const std::uint64_t layers = c.weights->bytes(*c.family, s) - (s.tied_head ? 1 : 2) * head;
  std::uint64_t read = 0;
  for (std::size_t last = tokens % c.prefill == 0 ? c.prefill : tokens % c.prefill; last <= tokens; last += c.prefill)
    read += c.cache->bytes(c.family->cached(s), c.learning.prefix + last);
  return {.multiply_adds = tokens * (c.family->layer_weights(s) + adapters) + detail::head_weights(s) +
                           detail::attention_products(c.family->cached(s)) *
                               (tokens * (tokens + 1) / 2 + tokens * c.learning.prefix),
          .weight_bytes = passes * layers + head,
          .cache_bytes = read};
}

/// An example of `tokens` tokens that all count as the answer: one forward pass and the backward pass of its schedule,
/// or two forward passes if the schedule has no backward pass. The step of the optimizer is not counted.
constexpr work lesson_work(const shape& s, const choices& c, std::size_t tokens) {
  if (!c.learning.learns || tokens < 2) return {};
  const std::uint64_t said = tokens - 1;  // the last is only predicted
  const std::uint64_t run = c.learning.leading() + said;
  const std::uint64_t chunks = ceil_div(static_cast<std::size_t>(run), c.learning.chunk);
  const std::uint64_t layers = c.family->layer_weights(s);
  const std::uint64_t head = detail::head_weights(s);
  const std::uint64_t adapters = detail::adapter_products(s, c);
  const std::uint64_t pairs = run * (run + 1) / 2 + run * c.learning.prefix;
  const std::uint64_t attention = detail::attention_products(c.family->cached(s)) * pairs;
  const std::uint64_t head_bytes = c.weights->embedding_bytes(s);
  const std::uint64_t layer_bytes = c.weights->bytes(*c.family, s) - (s.tied_head ? 1 : 2) * head_bytes;
  if (!c.learning.goes_back)
    return {.multiply_adds = 2 * (run * (layers + adapters) + said * head + attention),
            .weight_bytes = 2 * (chunks * layer_bytes + said * head_bytes),  // logits of one token at a time
            .cache_bytes = 0};
  shape below = s;  // the layers that do not learn run forward only
  below.layers = detail::first_layer(s, c);
  const std::uint64_t back = layers - c.family->layer_weights(below);
  const std::uint64_t last = c.family->last_weights(s) - c.family->last_weights(below);
  const std::uint64_t again = back - last;  // the backward pass runs a layer forward once more
  const std::uint64_t full = c.learning.owns_weights ? back + head : 0;  // weights' own gradients
  // Attention: 1 forward; in layers that learn 1 again, and 5/2 for scores and the gradients of scores, q, k and v.
  const std::uint64_t attention_back = attention - detail::attention_products(c.family->cached(below)) * pairs;
  return {.multiply_adds = run * (layers + back + again + full + adapters * 9 / 2) + said * 2 * head + attention +
                           attention_back * 7 / 2,
          .weight_bytes =
              chunks * (layer_bytes + 2 * (layer_bytes * (s.layers - below.layers) / s.layers) + 2 * head_bytes),
          .cache_bytes = 0};
}

namespace detail {

constexpr ram_regions ram_of(const shape& s, const choices& c) {
  ram_regions ram;
  ram.weights = parameter_floats(s, c) * sizeof(float);
  (c.learning.goes_back ? ram.gradients : ram.perturbed) = ram.weights;
  ram.weights += streamed_part_bytes(s, c);
  ram.optimizer = optimizer_floats(s, c) * sizeof(float);
  ram.cache = cache_bytes(s, c);
  ram.activations = arena_bytes(s, c);
  ram.index = c.recall.ram_bytes;
  for (const std::size_t bytes : bytes_apart(s, c)) ram.apart += bytes;
  ram.scratch = object_bytes(s, c, ram.activations) + ram.apart - ram.all_but_scratch();
  ram.stack = c.fit.stack_bytes;
  if (c.fit.checks && c.recall.recalls && c.recall.stack_bytes > ram.stack) ram.stack = c.recall.stack_bytes;
  return ram;
}
constexpr flash_regions flash_of(const shape& s, const choices& c) {
  if (c.stream_bytes != 0) return {.code = c.fit.code_bytes};  // the image lies behind the reader
  return {.weights = c.weights->bytes(*c.family, s),
          .vocabulary = c.vocabulary_bytes,
          .header = container_header_bytes,
          .code = c.fit.code_bytes};
}

}  // namespace detail

/// All costs, for one shape.
constexpr costs cost_of(const shape& s, const choices& c) {
  if (!c.holds_for(s)) return {.ram = {}, .flash = {}, .token = {}, .prompt = {}, .lesson = {}, .holds = false};
  const std::size_t context = c.context_of(s);
  return {.ram = detail::ram_of(s, c),
          .flash = detail::flash_of(s, c),
          .token = token_work(s, c, context - 1),
          .prompt = prompt_work(s, c, context < c.learning.prefix ? 0 : context - c.learning.prefix),
          .lesson = lesson_work(s, c, c.learning.tokens)};
}

/// RAM and flash for one shape, and what the board has of each.
constexpr footprint footprint_of(const shape& s, const choices& c, const board_facts& board,
                                 std::string_view model = {}) {
  const fit_choice& at = c.fit;
  footprint f{.model = model,
              .board = board.name,
              .ram = detail::ram_of(s, c),
              .flash = detail::flash_of(s, c),
              .ram_other = at.other_ram_bytes,
              .ram_available = board.ram_bytes,
              .ram_block_available =
                  at.object_region == nowhere ? board.ram_block_bytes : board.regions[at.object_region].bytes,
              .flash_available = board.flash_bytes};
  if (at.object_region == nowhere && f.ram.apart == 0) return f;
  // A board that names regions names the object's home first.
  const std::size_t home = at.object_region == nowhere ? 0 : at.object_region;
  const auto put = [&](std::size_t region, std::size_t bytes) {
    if (region == nowhere) return;
    f.regions[region].name = board.regions[region].name;
    f.regions[region].available = board.regions[region].bytes;
    f.regions[region].used += bytes;
  };
  put(home, f.ram.object());
  const std::size_t regions[] = {at.cache_region, at.arena_region, at.learning_region, at.recall_region};
  const std::array<std::size_t, 4> bytes = detail::bytes_apart(s, c);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    if (bytes[i] != 0) put(regions[i], bytes[i]);
  return f;
}

}  // namespace mote::inline v0
