// SPDX-License-Identifier: BSL-1.0
// Grouped-query attention and its gradient: output(attend(query, key, value)). Queries and keys may be rotated by their
// position (RoPE), and each head of them may be normed before; matrices may have biases. Form says which positions a
// token sees and how scores are computed.
// Refuses to know how keys and values are stored: the pass's cache stores them and computes the outputs.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

#include "mote/block/buffers.hpp"
#include "mote/block/for_tools.hpp"
#include "mote/kernel/attention.hpp"
#include "mote/kernel/norm.hpp"
#include "mote/kernel/rope.hpp"
#include "mote/model/attention_form.hpp"
#include "mote/model/cache.hpp"
#include "mote/model/role.hpp"

namespace mote::inline v0 {

/// The names of an attention's tensors, and whether queries and keys are rotated by their position. vector_role::none:
/// there is no such bias, or no such norm of each head before the rotation.
struct attention_tensors {
  role query = role::query, key = role::key, value = role::value, output = role::output;
  vector_role query_bias = vector_role::none, key_bias = vector_role::none, value_bias = vector_role::none;
  vector_role output_bias = vector_role::none;
  vector_role query_norm = vector_role::none, key_norm = vector_role::none;
  bool rotary = true;
  bool rotary_part = false;   ///< the first shape.rotary_dim() channels of each head alone
  bool rotary_local = false;  ///< by shape.local_theta
};

/// The same with a bias for every matrix.
constexpr attention_tensors biased(attention_tensors has) {
  has.query_bias = vector_role::query_bias;
  has.key_bias = vector_role::key_bias;
  has.value_bias = vector_role::value_bias;
  has.output_bias = vector_role::output_bias;
  return has;
}

/// The buffers of an attention. Layers whose attentions differ share them.
struct attention_buffers {
  struct query {
    static constexpr bool saved = true;  // for a whole sequence in training: the backward pass reads it
    static constexpr std::size_t width(const mote::shape& s) { return s.query_dim(); }
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
      return rows_of_floats(n.saved, s.query_dim());
    }
  };
  struct attended : query {};
  struct key {
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
      return rows_of_floats(n.tokens, s.kv_dim());
    }
  };
  struct value : key {};
  struct scratch {
    static constexpr std::size_t bytes(const mote::shape&, const pass_facts& n) { return n.scratch_bytes; }
  };
  struct key_columns {  // keys of a run that no cache keeps, (kv_dim, padded(tokens))
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
      return s.kv_dim() * padded(n.tokens) * sizeof(float);
    }
  };
  struct cached {  // a sequence's keys, (kv_dim, padded(prefix + kept)), then its values
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
      return 2 * s.kv_dim() * padded(n.prefix + n.kept) * sizeof(float);
    }
  };
  // Of the backward pass.
  struct dattended {
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
      return rows_of_floats(n.tokens, s.query_dim());
    }
  };
  struct dquery : query {};
  struct channels {  // keys or values of a sequence by channel, (kv_dim, padded(prefix + kept))
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
      return s.kv_dim() * padded(n.prefix + n.kept) * sizeof(float);
    }
  };
  struct raw_query : dattended {};  // before the norms of heads
  struct raw_key : key {};
  struct raw_head {
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts&) {
      return rows_of_floats(1, s.head_dim());
    }
  };
  struct values_by_channel : channels {};
  struct dkeys : channels {};
  struct dvalues : channels {};
};

template <attention_tensors Has = attention_tensors{}, class Form = attention_form<>>
struct attention_block : attention_buffers {
  MOTE_INLINE static constexpr auto matrices(const mote::shape& s) {
    return std::array{matrix_tensor{Has.query, s.query_dim(), s.dim, Has.query_bias},
                      matrix_tensor{Has.key, s.kv_dim(), s.dim, Has.key_bias},
                      matrix_tensor{Has.value, s.kv_dim(), s.dim, Has.value_bias},
                      matrix_tensor{Has.output, s.dim, s.query_dim(), Has.output_bias}};
  }
  static constexpr bool head_norms = Has.query_norm != vector_role::none;
  static constexpr bool norms_agree = head_norms == (Has.key_norm != vector_role::none);  // checked by block/check.hpp
  MOTE_INLINE static constexpr auto vectors(const mote::shape& s) {
    if constexpr (!head_norms) return std::array<vector_tensor, 0>{};
    else return std::array{vector_tensor{Has.query_norm, s.head_dim()}, vector_tensor{Has.key_norm, s.head_dim()}};
  }
  static constexpr bool rotates = Has.rotary;
  static constexpr bool rotates_partly = Has.rotary && Has.rotary_part;
  static constexpr bool rotates_locally = Has.rotary && Has.rotary_local;
  /// The attention_shape, or a type derived from it, for caches and kernels.
  static constexpr auto attention(const mote::shape& s) { return Form::of(s); }

  static constexpr bool rows_are_alone = true;
  static constexpr std::array input_readers{Has.query, Has.key, Has.value};
  static constexpr std::array output_writers{Has.output};
  static constexpr auto scaled_inputs() {
    return std::array{scaled_input{.readers = output_writers, .matrix = attended_from, .by_heads = true}};
  }

  static constexpr int operations = 5;  // project, rotate, store, attend, output
  static constexpr int reads_until = 0;
  static constexpr bool keeps = true;
  static constexpr int phases = 2;

  /// Whether the form keeps nothing in a cache.
  static constexpr bool of_one_run = sees_one_run<decltype(Form::of(mote::shape{}))>;
  using kept = std::conditional_t<of_one_run, key_columns, cached>;  // where keys are read
  template <int At>
  static constexpr int kept_from = of_one_run ? At + 3 : At + 2;

  /// A single token's key and value are in the cache before attention starts. Of several tokens, the last may be stored
  /// only after the earlier ones have attended, so key and value live longer.
  template <int At>
  using forward_buffers = join_lives<
      lives<live<query, At, At + 3>, live<key, At, At + 3, kept_from<At>>, live<value, At, At + 3, kept_from<At>>,
            live<scratch, At + 3, At + 3>, live<attended, At + 3, At + 4>>,
      std::conditional_t<of_one_run, lives<live<key_columns, At + 3, At + 3>>, lives<>>>;
  template <class At>
  using plain_backward_buffers =
      lives<typename At::template kept<query, 0>, typename At::template kept<attended, 0>,
            typename At::template kept<cached, 0>, typename At::template portion<key, 1>,
            typename At::template portion<value, 1>, typename At::template portion<scratch, 0>,
            typename At::template back<dattended, 0>, typename At::template back<values_by_channel, 0>,
            typename At::template back<dquery, 0, 1>, typename At::template back<dkeys, 0, 1>,
            typename At::template back<dvalues, 0, 1>>;
  template <class At>
  using norm_buffers = lives<typename At::template back<raw_query, 1>, typename At::template back<raw_key, 1>,
                             typename At::template back<raw_head, 1>>;

  template <class At>
  using backward_buffers =
      join_lives<plain_backward_buffers<At>, std::conditional_t<head_norms, norm_buffers<At>, lives<>>>;

  template <int At, class Pass>
  MOTE_INLINE static void forward(Pass& p, const float* in, float* out) {
    const mote::shape& s = p.shape();
    const auto form = attention(s);
    const std::size_t dim = padded(form.query_dim());
    const std::size_t kv_dim = padded(form.kv_dim());
    float* q = p.template at<query>();
    float* k = p.template at<key>();
    float* v = p.template at<value>();
    float* a = p.template at<attended>();
    p.template enter<At>();
    p.template multiply<Has.query, Has.key, Has.value>(in, s.dim, q, k, v);
    p.template enter<At + 1>();
    for (std::size_t t = 0; t < p.tokens(); ++t) {
      if constexpr (head_norms) {
        norm_heads<Has.query_norm>(p, q + t * dim, form.heads);
        norm_heads<Has.key_norm>(p, k + t * kv_dim, form.kv_heads);
      }
      if constexpr (Has.rotary) {
        const simd::sine_cosine* rotations = rotations_of(p, t);
        if constexpr (rotates_partly) {
          rope(q + t * dim, form.heads, form.head_dim, s.rotary_dim() / 2, rotations);
          rope(k + t * kv_dim, form.kv_heads, form.head_dim, s.rotary_dim() / 2, rotations);
        } else {
          rope(q + t * dim, form.heads, form.head_dim / 2, rotations);
          rope(k + t * kv_dim, form.kv_heads, form.head_dim / 2, rotations);
        }
      }
      p.admit(t, q + t * dim, form.query_dim(), k + t * kv_dim, v + t * kv_dim, form.kv_dim());
    }
    p.template enter<At + 2, At + 3>();
    p.template attend<kept>(form,
                            {.layer = p.attention_layer(),
                             .position = p.position(),
                             .tokens = p.tokens(),
                             .query = q,
                             .key = k,
                             .value = v,
                             .out = a,
                             .query_stride = dim,
                             .key_stride = kv_dim},
                            p.template at<scratch>());
    for (std::size_t t = 0; t < p.tokens(); ++t) p.pad(a + t * dim, form.query_dim());
    p.template enter<At + 4>();
    p.template multiply<Has.output>(a, form.query_dim(), out);
  }

  /// Stores the keys and values that a delta owns before a text.
  template <int At, class Pass>
  static void prefix_forward(Pass& p) {
    const auto form = attention(p.shape());
    p.template enter<At + 3>();
    float* q = p.template at<query>();
    zero(q, form.query_dim());
    p.keep_prefix(form, q, p.template at<attended>(), p.template at<scratch>());
  }

  /// Phase 0: the gradients of queries, keys and values. Later positions add to the keys and values of earlier ones, so
  /// phase 1, the gradients through the three matrices, starts when phase 0 is done for all tokens.
  template <std::size_t Phase, class Pass>
  static void backward(Pass& p, const float* in, const float* dy, float* dx) {
    const mote::shape& s = p.shape();
    const auto form = attention(s);
    const std::size_t query_dim = form.query_dim();
    const std::size_t dim = padded(query_dim);
    const std::size_t stride = p.channel_stride();
    float* keys = p.template at<cached>();
    float* q = p.template at<query>();
    float* dq = p.template at<dquery>();
    float* dk = p.template at<dkeys>();
    float* dv = p.template at<dvalues>();
    if constexpr (Phase == 0) {
      float* by_channel = p.template at<values_by_channel>();
      if (p.first_chunk()) {
        const std::size_t all = s.kv_dim() * stride;
        zero(dk, all);
        zero(dv, all);
        zero(by_channel, all);
        for (std::size_t t = 0; t < p.sequence(); ++t)
          for (std::size_t d = 0; d < s.kv_dim(); ++d)
            by_channel[d * stride + t] = keys[s.kv_dim() * stride + t * s.kv_dim() + d];
        // Clear the positions beyond the sequence: they have weight zero, but kernels read whole vectors.
        for (std::size_t d = 0; d < s.kv_dim(); ++d)
          zero(keys + d * stride + p.sequence(), padded(p.sequence()) - p.sequence());
      }
      float* da = p.template at<dattended>();
      zero(da, p.tokens() * dim);
      p.template multiply_backward<Has.output>(p.template at<attended>(), query_dim, dy, s.dim, da);
      for (std::size_t t = 0; t < p.tokens(); ++t) {
        p.pad(dq + t * dim, query_dim);
        attention_gradient(form, q + t * dim, keys, by_channel, stride, da + t * dim, p.position() + t + 1,
                           p.template at<scratch>(), dq + t * dim, dk, dv);
      }
    } else {
      const std::size_t kv_dim = padded(s.kv_dim());
      float* back_key = p.template at<key>();
      float* back_value = p.template at<value>();
      if (p.first_chunk()) p.prefix_backward(dk, dv);
      for (std::size_t t = 0; t < p.tokens(); ++t) {
        for (std::size_t d = 0; d < s.kv_dim(); ++d) {
          back_value[t * kv_dim + d] = dv[d * stride + p.position() + t];
          back_key[t * kv_dim + d] = dk[d * stride + p.position() + t];
        }
        p.pad(back_value + t * kv_dim, s.kv_dim());
        p.pad(back_key + t * kv_dim, s.kv_dim());
        if constexpr (Has.rotary) {
          const simd::sine_cosine* rotations = rotations_of(p, t);
          if constexpr (rotates_partly) {
            rope_gradient(back_key + t * kv_dim, form.kv_heads, form.head_dim, s.rotary_dim() / 2, rotations);
            rope_gradient(dq + t * dim, form.heads, form.head_dim, s.rotary_dim() / 2, rotations);
          } else {
            rope_gradient(back_key + t * kv_dim, form.kv_heads, form.head_dim / 2, rotations);
            rope_gradient(dq + t * dim, form.heads, form.head_dim / 2, rotations);
          }
        }
      }
      if constexpr (head_norms) {
        float* raw_q = p.template at<raw_query>();
        float* raw_k = p.template at<raw_key>();
        p.template multiply<Has.query, Has.key>(in, s.dim, raw_q, raw_k);
        for (std::size_t t = 0; t < p.tokens(); ++t) {
          norm_heads_gradient<Has.query_norm>(p, raw_q + t * dim, form.heads, dq + t * dim);
          norm_heads_gradient<Has.key_norm>(p, raw_k + t * kv_dim, form.kv_heads, back_key + t * kv_dim);
        }
      }
      p.template multiply_backward<Has.value>(in, s.dim, back_value, s.kv_dim(), dx);
      p.template multiply_backward<Has.key>(in, s.dim, back_key, s.kv_dim(), dx);
      p.template multiply_backward<Has.query>(in, s.dim, dq, query_dim, dx);
    }
  }

 private:
  static constexpr std::array attended_from{Has.value};

  /// Those of shape.local_theta follow those of shape.rope_theta (block/rotary.hpp).
  template <class Pass>
  MOTE_INLINE static const simd::sine_cosine* rotations_of(Pass& p, std::size_t t) {
    if constexpr (rotates_locally)
      return p.rotations(t) + (rotates_partly ? p.shape().rotary_dim() : p.shape().head_dim()) / 2;
    else return p.rotations(t);
  }
  template <vector_role Gain, class Pass>
  static void norm_heads(const Pass& p, float* heads, std::size_t count) {
    const std::size_t width = p.shape().head_dim();
    for (float* head = heads; head < heads + count * width; head += width)
      rms_norm(head, p.template vector<Gain>(), width, p.shape().norm_epsilon, head);
  }
  /// d (count, head_dim), the gradient of the norm's output, becomes the gradient of its input `heads`.
  template <vector_role Gain, class Pass>
  static void norm_heads_gradient(Pass& p, const float* heads, std::size_t count, float* d) {
    const std::size_t width = p.shape().head_dim();
    float* back = p.template at<raw_head>();
    for (std::size_t h = 0; h < count * width; h += width) {
      zero(back, width);
      rms_norm_gradient(heads + h, p.template vector<Gain>(), d + h, width, p.shape().norm_epsilon, back,
                        p.template vector_gradient<Gain>());
      for (std::size_t i = 0; i < width; ++i) d[h + i] = back[i];
    }
  }
};
using rotary_attention = attention_block<>;
template <class Form>
using rotary_attention_with = attention_block<attention_tensors{}, Form>;

}  // namespace mote::inline v0
