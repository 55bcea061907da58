// SPDX-License-Identifier: BSL-1.0
// The functions of a shape whose addresses `choices` holds. Each calls the same type that the pipeline itself uses.
// Refuses to repeat a size: each format, cache and optimizer states its own.
#pragma once

#include <cstddef>

#include "mote/block/decode.hpp"
#include "mote/block/train.hpp"
#include "mote/budget/choices.hpp"
#include "mote/core/arena.hpp"
#include "mote/model/formats.hpp"
#include "mote/model/streamed_weights.hpp"
#include "mote/model/weights.hpp"

namespace mote::inline v0::detail {

template <class Family>
constexpr std::size_t decode_bytes(const shape& s, const pass_facts& n) {
  return plan_arena(decode_plan_of<Family>::buffers::of(s, n)).bytes;
}
template <class Family>
constexpr std::size_t train_bytes(const shape& s, std::size_t tokens, std::size_t chunk, std::size_t rounded_bytes,
                                  const way_back& way, std::size_t beside) {
  const auto lives = train_lives<Family>(s, tokens, chunk, rounded_bytes, way);
  return beside == 0 ? plan_arena(lives).bytes : plan_beside(lives, beside).plan.bytes;
}
template <class Family>
constexpr cache_shape cached(const shape& s) {
  return cached_by<Family>(s);
}
template <class Family>
constexpr std::size_t state_bytes(const shape& s) {
  return states_of<Family>::floats(s, s.layers) * sizeof(float);
}
template <class Family>
constexpr std::size_t vector_bytes(const shape& s) {
  return map_vectors<Family>(s).bytes;
}
/// The weights in the matrices of all layers, or in the matrix `only` of each, without tables: a token multiplies none
/// of a table's.
template <class Family>
constexpr std::uint64_t weights_of_layers(const shape& s, std::size_t only = too_big) {
  using tensors = tensors_of<Family>;
  std::uint64_t n = 0;
  for (std::size_t layer = 0; layer < s.layers; ++layer)
    for (std::size_t i = 0; i < tensors::matrices; ++i)
      if ((only == too_big || only == i) && tensors::has_matrix(Family::layer::kind_of(layer), i))
        n += tensors::is_table(i) ? 0 : static_cast<std::uint64_t>(tensors::size(s, i).rows) * tensors::size(s, i).cols;
  return n;
}
template <class Family>
constexpr std::uint64_t layer_weights(const shape& s) {
  return weights_of_layers<Family>(s);
}
template <class Family>
constexpr std::uint64_t last_weights(const shape& s) {
  return weights_of_layers<Family>(s, tensors_of<Family>::find(role::down));
}
template <class Family>
constexpr std::size_t packed_bytes(const shape& s, std::size_t (*matrix_bytes)(std::size_t, std::size_t)) {
  return place_tensors<Family, Family::layer::period>(
             s, [&](std::size_t table_rows) { return matrix_bytes(table_rows, s.dim); }, matrix_bytes(s.vocab, s.dim),
             [&](std::size_t, std::size_t i) {
               const matrix_size m = tensors_of<Family>::size(s, i);
               return matrix_bytes(m.rows, m.cols);
             })
      .bytes;
}
template <class Format>
constexpr std::size_t matrix_bytes_in(std::size_t rows, std::size_t cols) {
  return Format::bytes(rows, cols);
}
/// One format for all tensors is evaluated for any family; formats that differ between tensors, for their own family.
template <class Formats, class Family>
constexpr std::size_t weights_bytes(const family_functions& family, const shape& s) {
  if constexpr (requires { Formats::group; }) return family.packed_bytes(s, &matrix_bytes_in<Formats>);
  else return map_tensors<Formats, Family>(s).bytes;
}
template <class Formats>
constexpr std::size_t embedding_bytes(const shape& s) {
  return round_up(formats_of<Formats>::embedding::bytes(s.vocab, s.dim), 64);
}
template <class Store>
constexpr std::size_t store_bytes(const cache_shape& s, std::size_t context) {
  return Store::bytes(s, context);
}
template <class Store>
constexpr std::size_t store_scratch_floats(const cache_shape& s, std::size_t context, std::size_t tokens) {
  return Store::scratch_floats(s, context, tokens);
}
template <class State>
constexpr std::size_t parameters_of_state(const shape&) {
  return State::parameter_floats;
}
template <class State>
constexpr std::size_t kept_by_state(std::size_t) {
  return State::optimizer_floats;
}
template <class Learning, class Family>
constexpr std::size_t floats_a_rank(const shape& s) {
  return Learning::template floats_a_rank<Family>(s);
}
template <class Delta, class Family>
constexpr std::size_t floats_of_delta(const shape& s) {
  return Delta::template floats<Family>(s);
}
template <class Schedule>
constexpr std::size_t first_layer_of(const shape& s) {
  return Schedule::first_layer(s);
}
template <class Optimizer>
constexpr std::size_t kept_by(std::size_t parameters) {
  return Optimizer::state_floats(parameters);
}

template <class Family>
inline constexpr family_functions family_functions_of{
    &decode_bytes<Family>, &train_bytes<Family>,  &cached<Family>,      &layer_weights<Family>,
    &last_weights<Family>, &packed_bytes<Family>, &state_bytes<Family>, &vector_bytes<Family>};
template <class Formats, class Family = llama>
inline constexpr weights_functions weights_functions_of{&weights_bytes<Formats, Family>,
                                                        &embedding_bytes<Formats>,
                                                        &input_bytes<Formats>,
                                                        &head_scratch_bytes<Formats>,
                                                        Formats::rows,
                                                        Formats::name};
template <class Store>
inline constexpr cache_functions cache_functions_of{&store_bytes<Store>, &store_scratch_floats<Store>};
template <class State>
inline constexpr delta_functions state_delta{&parameters_of_state<State>};
template <class State>
inline constexpr optimizer_functions state_optimizer{&kept_by_state<State>, 0};
template <class Learning, class Family>
inline constexpr delta_functions ranked_delta{&floats_a_rank<Learning, Family>};
template <class Delta, class Family>
inline constexpr delta_functions plain_delta{&floats_of_delta<Delta, Family>};
template <class Optimizer>
inline constexpr optimizer_functions optimizer_functions_of{&kept_by<Optimizer>, sizeof(Optimizer)};
template <class Schedule>
inline constexpr schedule_functions schedule_functions_of{&first_layer_of<Schedule>};

}  // namespace mote::inline v0::detail
