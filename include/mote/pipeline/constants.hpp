// SPDX-License-Identifier: BSL-1.0
// The constants of a pipeline's passes, as variables outside its type: pipelines that differ in other policies share
// them, and the code that uses them.
// Refuses to hold what a program changes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mote/block/decode.hpp"
#include "mote/kernel/rope.hpp"
#include "mote/model/formats.hpp"
#include "mote/model/streamed_weights.hpp"
#include "mote/model/tokenizer_of.hpp"
#include "mote/model/weights.hpp"
#include "mote/store/container.hpp"

namespace mote::inline v0::detail {

template <class Formats, class Family, shape S>
inline constexpr auto map_of = map_tensors<Formats, Family>(S);

template <class Family, shape S>
inline constexpr auto vectors_map = map_vectors<Family>(S);
/// Weights that are read through a stream: what passes take where others take the address of the weights.
template <class Stream>
struct streamed_base {
  Stream* stream;
  const std::byte* vectors;
};

template <class Formats, class Family, class Model>
inline constexpr image_expectation expected_image{.shape_fingerprint = Model::shape.fingerprint(Family::name),
                                                  .format_fingerprint = format_fingerprint<Formats>(),
                                                  .weights_bytes = map_of<Formats, Family, Model::shape>.bytes,
                                                  .vocabulary_bytes = Model::vocabulary_bytes,
                                                  .vocab_count = Model::shape.vocab,
                                                  .control = control_of<Model>};

template <class Formats, class Family, class Store, shape S, std::size_t Context, pass_size Most>
inline constexpr auto plan_of = plan_arena(decode_lifetimes<Family, Formats, Store>(S, Context, Most));

/// The constants of the passes that answer. Most: the largest pass, its tokens, rows of logits and threads.
template <class Formats, class Family, class Store, shape S, std::size_t Context, pass_size Most>
struct answer_facts {
  static constexpr const auto& plan = plan_of<Formats, Family, Store, S, Context, Most>;
  static constexpr auto kept = cached_by<Family>(S);
  static constexpr std::size_t scores_stride = padded(Store::scratch_floats(kept, Context, Most.tokens));

  static weights<Formats, Family> over(const std::byte* bytes) { return {bytes, s, map_of<Formats, Family, S>}; }
  template <class Stream>
  static streamed_weights<Formats, Family, Stream> over(streamed_base<Stream> base) {
    return {*base.stream, base.vectors, s, map_of<Formats, Family, S>, vectors_map<Family, S>};
  }
  static decode_buffers<Family> buffers(std::byte* arena) { return {arena, plan, scores_stride}; }

  /// Runs one pass. False: a token without logits did not stay finite. The caller checks the logits of the others.
  /// Base: const std::byte*, or a streamed_base, whose stream says whether all was read.
  template <class Base, class Adapter, class Team, class Token, class... Rows>
  MOTE_NOINLINE static bool run(Base bytes, const Adapter& adapter, std::byte* cache, Team& team, std::byte* arena,
                                const Token* tokens, std::size_t count, std::size_t position, std::size_t logits_for,
                                const Rows&... rows) {
    const Store kept_before(cache, kept, Context);
    decode<simd::native, Most.tokens>(s, over(bytes), adapter, rotary_table<Family, S>(), kept_before, team,
                                      buffers(arena), tokens, count, position, logits_for, rows...);
    return stayed_finite(buffers(arena), s, count - logits_for);
  }

 private:
  static constexpr shape s = S;
};

}  // namespace mote::inline v0::detail
