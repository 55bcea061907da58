// SPDX-License-Identifier: BSL-1.0
// encoder<>: makes one type of a model that turns a text into a vector, and of policies for its weights.
//   static mote::encoder<minilm, mote::quantize<8>, mote::context<64>> finder;   // all zero until attach(): .bss
//   if (finder.attach(image) == status::ok && finder.embed("movie time") == status::ok) use(finder.vector());
// encoded_by<finder> (recall/encoded.hpp) is an embedder for retrievers.
// Refuses heap, exceptions and hidden state, as a pipeline does; a text that is longer than the context, unless asked
// to cut it; pairs of texts.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "mote/block/encode.hpp"
#include "mote/core/check.hpp"
#include "mote/kernel/finite.hpp"
#include "mote/kernel/layer_norm.hpp"
#include "mote/model/pooling.hpp"
#include "mote/model/tokenizer_of.hpp"
#include "mote/pipeline/answer_state.hpp"
#include "mote/pipeline/checks.hpp"
#include "mote/pipeline/constants.hpp"
#include "mote/pipeline/slots.hpp"
#include "mote/pipeline/weights_source.hpp"
#include "mote/simd/math.hpp"

namespace mote::inline v0 {

namespace detail {

template <class Formats, class Family, shape S, std::size_t Context, std::size_t Parts>
inline constexpr auto encoding_plan_of = plan_arena(encode_lifetimes<Family, Formats>(S, Context, Parts));

/// The sum of the squares of v (n), in sixteen partial sums.
inline float sum_of_squares(const float* v, std::size_t n) {
  return interleaved_sum(
      n,
      [=](std::size_t i) {
        const auto x = simd::floats<16>::load(v + i);
        return x * x;
      },
      [=](std::size_t i) { return v[i] * v[i]; });
}

}  // namespace detail

/// What encoder<> makes. Bound: the formats of the weights, or a streamed_formats; Threads: a policy of that slot.
template <class Model, class Bound, std::size_t Context, class Threads>
class basic_encoder {
 public:
  using model_type = Model;
  using family = family_of<Model>;
  using format = formats_in<Bound>;
  using token = detail::token_of<Model::shape.vocab>;
  static constexpr const mote::shape& shape = Model::shape;
  static constexpr std::size_t dim = shape.dim;    ///< of a vector
  static constexpr std::size_t context = Context;  ///< tokens of a text, with the two around it
  static constexpr std::size_t image_bytes =       ///< what MOTE_EMBED_IMAGE compares
      lay_image(detail::map_of<format, family, Model::shape>.bytes, Model::vocabulary_bytes).total_bytes;

 private:
  using words = tokenizer_of<Model>;
  using source = detail::weights_source<Bound, family, Model>;
  static constexpr const auto& plan = detail::encoding_plan_of<format, family, Model::shape, Context, Threads::parts>;

 public:
  static constexpr std::size_t arena_bytes = plan.bytes;  ///< of the object, nearly all
  /// What embed() keeps on the stack: two lists of activations, and call frames.
  static constexpr std::size_t stack_bytes = 2 * Context * sizeof(activation) + 2048;

  /// Uses the image in place, as a pipeline's attach() does, with its errors.
  status attach(std::span<const std::byte> image, payload_check depth = payload_check::full) {
    static_assert(
        !source::streams,
        "mote: this encoder's weights come through a reader; attach the reader, or leave streamed<> out [mote-streamed-attach]");
    basic_attached_image<typename words::table> opened;
    const status s = detail::open_weights<format, family>(image, detail::expected_image<format, family, Model>, shape,
                                                          detail::map_of<format, family, Model::shape>, depth, opened);
    if (s == status::ok) use_image(opened);
    return s;
  }
  /// The same with streamed<> weights. The reader must outlive the encoder.
  template <block_reader Reader>
    requires(!source::streams || std::same_as<Reader, typename source::reader>)
  status attach(Reader& reader, payload_check depth = payload_check::full) {
    attached_ = false;  // vectors and table are replaced
    if (const status s = detail::machine_is_sound(); s != status::ok) return s;
    basic_attached_image<typename words::table> opened;
    const status s = source_.open(reader, depth, opened);
    if (s == status::ok) use_image(opened);
    return s;
  }
  bool attached() const { return attached_; }

  /// Reads a text; vector() is then its. Errors: not_attached; empty: no text, or none with a token; too_long: it has
  /// more tokens than the context, and is not to be cut, or so many bytes that they cannot be cut into tokens here;
  /// bad_utf8; not_spelled; not_finite, io_error: the pass failed. After an error there is no vector.
  status embed(std::string_view text, const embedding_knobs& knobs = {}) {
    count_ = 0;
    if (!attached_) return status::not_attached;
    if (text.empty()) return status::empty;
    if (const status s = tokenize(text, knobs); s != status::ok) return s;
    float* const states = run();
    if (!source_.sound()) return status::io_error;
    if (states == nullptr || !pool(states)) return status::not_finite;
    count_ = ready_;
    return status::ok;
  }
  /// The same, and copies the vector to `out`. full: `out` is shorter than a vector.
  status embed(std::string_view text, std::span<float> out, const embedding_knobs& knobs = {}) {
    if (out.size() < dim) {
      count_ = 0;
      return status::full;
    }
    const status s = embed(text, knobs);
    if (s == status::ok) __builtin_memcpy(out.data(), states(), dim * sizeof(float));
    return s;
  }

  /// The vector of the last text, of length 1, until the next call; empty if there is none.
  std::span<const float> vector() const { return {states(), count_ == 0 ? 0 : dim}; }
  /// The tokens of the last text that were read, with the two around it.
  std::span<const token> tokens() const { return std::span(tokens_).first(count_); }

 private:
  using merging = merge_slot;
  static constexpr std::size_t merge_slots = arena_bytes / sizeof(merging);
  static constexpr bool opens = Model::special_tokens.bos >= 0;
  static constexpr bool closes = Model::special_tokens.eos >= 0;
  static_assert(Context > 2, "mote: this context has no token between the two around a text [mote-context-small]");
  static constexpr std::size_t room = Context - (opens ? 1 : 0) - (closes ? 1 : 0);

  void use_image(const basic_attached_image<typename words::table>& opened) {
    image_ = opened;
    attached_ = true;
    count_ = 0;
    team_.start();
  }
  decode_buffers<family> buffers() const {
    return {const_cast<std::byte*>(arena_), plan,
            padded(no_cache::scratch_floats(cached_by<family>(shape), Context, Context))};
  }
  const float* states() const {
    return reinterpret_cast<const float*>(buffers().template bytes<typename decode_plan_of<family>::stream>());
  }

  /// Cuts a text into tokens_, and puts the two control tokens around it.
  status tokenize(std::string_view text, const embedding_knobs& knobs) {
    const words coder(image_.vocabulary, Model::special_tokens);
    const std::span slots(reinterpret_cast<merging*>(arena_), merge_slots);
    std::size_t n = 0;
    for (const std::string_view part : {knobs.before, text})
      if (const status s = coder.append(part, slots, n); s != status::ok) return s;
    if (n == 0) return status::empty;
    if (n > room && !knobs.cuts) return status::too_long;
    if (n > room) n = room;
    std::size_t end = 0;
    if (opens) tokens_[end++] = static_cast<token>(Model::special_tokens.bos);
    for (std::size_t i = 0; i < n; ++i) tokens_[end++] = static_cast<token>(slots[i].token);
    if (closes) tokens_[end++] = static_cast<token>(Model::special_tokens.eos);
    ready_ = end;
    return status::ok;
  }
  MOTE_NOINLINE float* run() {
    const auto pass = [this](const auto& weights) {
      return encode<simd::native, Context>(shape, weights, rotary_table<family, Model::shape>(), team_, buffers(),
                                           tokens_.data(), ready_);
    };
    constexpr const auto& map = detail::map_of<format, family, Model::shape>;
    if constexpr (source::streams) {
      const auto base = source_.begin_pass();
      using stream = std::remove_pointer_t<decltype(base.stream)>;
      return pass(streamed_weights<format, family, stream>(*base.stream, base.vectors, shape, map,
                                                           detail::vectors_map<family, Model::shape>));
    } else {
      return pass(weights<format, family>(image_.weights, shape, map));
    }
  }
  /// Makes the first row of states the vector, of length 1.
  bool pool(float* states) const {
    if constexpr (Model::pooling == mote::pooling::mean)
      for (std::size_t t = 1; t < ready_; ++t) add_to(states, states + t * padded(dim), dim);
    const float squares = detail::sum_of_squares(states, dim);
    if (!is_finite(squares) || !(squares > 0)) return false;
    const float factor = 1.0F / simd::sqrt(squares);
    for (std::size_t i = 0; i < dim; ++i) states[i] *= factor;
    return true;
  }

  alignas(64) std::byte arena_[arena_bytes] = {};
  [[no_unique_address]] source source_;
  [[no_unique_address]] typename Threads::team team_;
  std::array<token, Context> tokens_{};
  std::size_t ready_ = 0;  // tokens in tokens_
  std::size_t count_ = 0;  // the same, if there is a vector of them
  bool attached_ = false;
  basic_attached_image<typename words::table> image_{};
};

namespace detail {

/// Replaces an encoder that cannot be composed, as no_pipeline does.
struct no_encoder {
  static constexpr std::size_t dim = 4, context = 0, image_bytes = 0, arena_bytes = 0;
  status attach(std::span<const std::byte>, payload_check = payload_check::full) { return {}; }
  template <block_reader Reader>
  status attach(Reader&, payload_check = payload_check::full) {
    return {};
  }
  bool attached() const { return {}; }
  status embed(std::string_view, const embedding_knobs& = {}) { return {}; }
  status embed(std::string_view, std::span<float>, const embedding_knobs& = {}) { return {}; }
  std::span<const float> vector() const { return {}; }
  std::span<const std::uint16_t> tokens() const { return {}; }
};
no_encoder refuse_encoder(const volatile void*);

template <class Policy>
inline constexpr bool fills_an_encoder_slot =
    fills_one_of<Policy>(slots::of_the_image{}) || fills<Policy, slots::threads>;
template <class M>
inline constexpr bool says_pooling = requires {
  { M::pooling } -> std::convertible_to<mote::pooling>;
};

template <class Family>
struct encodes_a_text {
  static_assert(
      is_encoder<Family>,
      "mote: the tokens of this family see others than those of one text; make a pipeline<> of it, which has a cache [mote-encoder-family]");
};
template <class Model>
struct pools_its_states {
  static_assert(
      says_pooling<Model>,
      "mote: this model does not say how the states of a text become one vector; give it `static constexpr mote::pooling pooling`, mean or cls [mote-encoder-pooling]");
};
template <class Policy>
struct encodes_with {
  static_assert(
      fills_an_encoder_slot<Policy>,
      "mote: an encoder neither answers nor learns, and has no slot for this policy; it takes those of weights, interleave<>, context<> and threads<> [mote-encoder-policy]");
};
struct no_encoder_slot {
  template <class P>
  static consteval auto ask() {
    return std::type_identity<unless<fills_an_encoder_slot<P>, encodes_with<P>>>{};
  }
};

/// The first fault of an encoder: in the order of composition_fault().
template <class Model, class... Policies>
consteval auto encoder_fault() {
  (static_cast<void>(sizeof(decltype(let_speak(static_cast<Policies*>(nullptr)))*)), ...);
  if constexpr (!is_model<Model>) {
    return std::type_identity<is_a_model<Model>>{};
  } else if constexpr (!Model::shape.valid()) {
    return std::type_identity<makes_a_decoder<Model>>{};
  } else if constexpr (family_lacks<family_of<Model>> != family_member::none) {
    return std::type_identity<family_check<family_of<Model>>>{};
  } else if constexpr (!encodes<family_of<Model>>()) {
    return std::type_identity<encodes_a_text<family_of<Model>>>{};
  } else if constexpr (!says_pooling<Model>) {
    return std::type_identity<pools_its_states<Model>>{};
  } else if constexpr (!is_tokenizer<tokenizer_of<Model>>) {
    return std::type_identity<tokenizer_check<tokenizer_of<Model>>>{};
  } else {
    using pack = slot_list<Policies...>;
    using slots_of_it = slot_list<slots::weights, slots::interleave, slots::context, slots::threads>;
    using c = chosen<Model, Policies...>;
    return in_turn<asked<no_policy, pack>, asked<no_encoder_slot, pack>, asked<filled_twice<Policies...>, slots_of_it>,
                   asked<lack_of<c>, slots_of_it>, asked<refused_by_policy<c>, pack>,
                   asked<fault_of<c>, slots_of_it>>();
  }
}

template <class Fault, class Model, class... Policies>
struct encoder_outcome {
  using type = decltype(refuse_encoder(static_cast<Fault*>(nullptr)));
};
template <class Model, class... Policies>
struct encoder_outcome<void, Model, Policies...> {
  using c = chosen<Model, Policies...>;
  using type = basic_encoder<Model, typename c::bound, c::tokens, typename c::template in<slots::threads>>;
};

}  // namespace detail

/// The type that Model and Policies make together. Policies: of weights (quantize<8>, mixed<>, streamed<> ...),
/// interleave<>, context<> and threads<>, in any order.
template <class Model, class... Policies>
using encoder = typename detail::encoder_outcome<typename decltype(detail::encoder_fault<Model, Policies...>())::type,
                                                 Model, Policies...>::type;

}  // namespace mote::inline v0
