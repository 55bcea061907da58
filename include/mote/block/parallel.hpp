// SPDX-License-Identifier: BSL-1.0
// Two blocks in parallel: both read the same residual stream, and the sum of their outputs is added to it.
//   parallel<Norm, A, B>:          x += A(Norm(x)) + B(Norm(x))      (Phi)
//   parallel<NormA, A, B, NormB>:  x += A(NormA(x)) + B(NormB(x))    (GPT-NeoX, arXiv 2204.06745)
// Refuses two blocks that attend.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

#include "mote/block/buffers.hpp"
#include "mote/block/for_tools.hpp"
#include "mote/block/layer.hpp"
#include "mote/block/residual.hpp"
#include "mote/kernel/norm.hpp"
#include "mote/model/tensors.hpp"

namespace mote::inline v0 {

namespace detail {
/// The operations of a block's backward pass that starts Shift phases after that of At.
template <class At, int Shift>
struct later_phases {
  template <class Tag, int... Phases>
  using portion = typename At::template portion<Tag, (Phases + Shift)...>;
  template <class Tag, int Phase>
  using kept = typename At::template kept<Tag, Phase + Shift>;
  template <class Tag, int First, int Last = First>
  using back = typename At::template back<Tag, First + Shift, Last + Shift>;
};
template <class T, std::size_t A, std::size_t B>
constexpr std::array<T, A + B> joined_arrays(const std::array<T, A>& a, const std::array<T, B>& b) {
  std::array<T, A + B> all{};
  for (std::size_t i = 0; i < A + B; ++i) all[i] = i < A ? a[i] : b[i - A];
  return all;
}
}  // namespace detail

template <class Norm, class A, class B, class Second = no_norm>
struct parallel {
  static constexpr bool two_norms = !std::is_same_v<Second, no_norm>;
  static_assert(!(detail::attends<A> && detail::attends<B>), "mote: of two blocks side by side one may attend");

  struct normed {
    static constexpr std::size_t bytes(const mote::shape& s, const pass_facts& n) {
      return rows_of_floats(n.tokens, s.dim);
    }
  };
  struct normed_again : normed {};  // by the second norm
  struct added : normed {};         // A's output, as in residual
  struct second : normed {};        // B's output
  struct dnormed : normed {};
  struct dnormed_again : normed {};

  using parts = std::conditional_t<two_norms, part_list<Norm, A, Second, B>, part_list<Norm, A, B>>;
  static constexpr bool rotates = detail::rotates<A> || detail::rotates<B>;
  static constexpr bool rotates_partly = detail::rotates_partly<A> || detail::rotates_partly<B>;
  static constexpr bool rotates_locally = detail::rotates_locally<A> || detail::rotates_locally<B>;
  static constexpr auto attention(const mote::shape& s)
    requires(detail::attends<A> || detail::attends<B>)
  {
    if constexpr (detail::attends<A>) return A::attention(s);
    else return B::attention(s);
  }

  static constexpr bool rows_are_alone = detail::rows_are_alone<A> && detail::rows_are_alone<B>;
  static constexpr auto scaled_inputs()
    requires(detail::scales_input<Norm, A> && detail::scales_input<std::conditional_t<two_norms, Second, Norm>, B>)
  {
    if constexpr (two_norms)
      return std::array{scaled_input{.readers = A::input_readers, .vectors = Norm::proportional_to},
                        scaled_input{.readers = B::input_readers, .vectors = Second::proportional_to}};
    else return std::array{scaled_input{.readers = all_readers<A, B>, .vectors = Norm::proportional_to}};
  }

  static constexpr int b_starts = 1 + A::operations;
  static constexpr int operations = b_starts + (two_norms ? 1 : 0) + B::operations;
  static constexpr bool keeps = A::keeps || B::keeps;
  /// Both end in the last phase, which alone gives the gradient of the stream.
  static constexpr int phases = A::phases > B::phases ? A::phases : B::phases;

 private:
  static constexpr int b_inner = b_starts + (two_norms ? 1 : 0);
  static constexpr int a_shift = phases - A::phases, b_shift = phases - B::phases;
  static constexpr int last_of_a = b_starts - 1, last = operations - 1;
  template <class First, class Other>
  static constexpr auto all_readers = detail::joined_arrays(First::input_readers, Other::input_readers);

  template <int At>
  static auto forward_list() {
    using of_blocks =
        join_lives<typename A::template forward_buffers<At + 1>, typename B::template forward_buffers<At + b_inner>,
                   lives<live<second, At + last, At + last>>>;
    if constexpr (two_norms)
      return join_lives<lives<live<normed, At, At + 1 + A::reads_until>,
                              live<normed_again, At + b_starts, At + b_inner + B::reads_until>>,
                        of_blocks>{};
    else return join_lives<lives<live<normed, At, At + b_inner + B::reads_until>>, of_blocks>{};
  }
  template <class At>
  static auto backward_list() {
    using of_blocks =
        join_lives<lives<typename At::template portion<normed, phases - 1>,
                         typename At::template back<dnormed, phases - 1>, typename At::template portion<second>>,
                   typename A::template backward_buffers<detail::later_phases<At, a_shift>>,
                   typename B::template backward_buffers<detail::later_phases<At, b_shift>>>;
    if constexpr (two_norms)
      return join_lives<of_blocks, lives<typename At::template portion<normed_again, phases - 1>,
                                         typename At::template back<dnormed_again, phases - 1>>>{};
    else return of_blocks{};
  }

 public:
  template <int At>
  using forward_buffers = decltype(forward_list<At>());
  template <int At>
  using added_buffers = lives<live<added, At + last_of_a, At + last>>;
  template <class At>
  using backward_buffers = decltype(backward_list<At>());

  template <int At, class Pass>
  MOTE_INLINE static void forward(Pass& p) {
    p.template enter<At>();
    const std::size_t dim = padded(p.shape().dim);
    const float* in = norm<Norm, normed>(p);
    float* out = p.template next<added>();
    float* other = p.template at<second>();
    A::template forward<At + 1>(p, in, out);
    if constexpr (two_norms) {
      p.template enter<At + b_starts>();
      in = norm<Second, normed_again>(p);
    }
    B::template forward<At + b_inner>(p, in, other);
    for (std::size_t t = 0; t < p.tokens(); ++t) {
      add_to(out + t * dim, other + t * dim, p.shape().dim);
      p.add(t, out + t * dim);
    }
  }

  template <int At, class Pass>
  static void prefix_forward(Pass& p) {
    if constexpr (detail::attends<A>) A::template prefix_forward<At + 1>(p);
    else B::template prefix_forward<At + b_inner>(p);
  }

  template <std::size_t Phase, class Pass>
  static void backward(Pass& p) {
    constexpr int phase = static_cast<int>(Phase);
    if constexpr (phase + 1 < phases) {
      if constexpr (phase >= a_shift) A::template backward<phase - a_shift>(p, nullptr, p.dx(), nullptr);
      if constexpr (phase >= b_shift) B::template backward<phase - b_shift>(p, nullptr, p.dx(), nullptr);
    } else {
      const std::size_t all = p.tokens() * padded(p.shape().dim);
      const float* in = norm<Norm, normed>(p);
      float* back = p.template at<dnormed>();
      zero(back, all);
      A::template backward<A::phases - 1>(p, in, p.dx(), back);
      if constexpr (two_norms) {
        const float* again = norm<Second, normed_again>(p);
        float* back_again = p.template at<dnormed_again>();
        zero(back_again, all);
        B::template backward<B::phases - 1>(p, again, p.dx(), back_again);
        norm_backward<Second>(p, back_again);
      } else {
        B::template backward<B::phases - 1>(p, in, p.dx(), back);
      }
      norm_backward<Norm>(p, back);
    }
  }

 private:
  template <class By, class Tag, class Pass>
  MOTE_INLINE static const float* norm(const Pass& p) {
    const std::size_t dim = padded(p.shape().dim);
    float* to = p.template at<Tag>();
    for (std::size_t t = 0; t < p.tokens(); ++t) {
      By::forward(p, p.x() + t * dim, to + t * dim);
      p.pad(to + t * dim, p.shape().dim);
    }
    return to;
  }
  template <class By, class Pass>
  static void norm_backward(Pass& p, const float* back) {
    const std::size_t dim = padded(p.shape().dim);
    for (std::size_t t = 0; t < p.tokens(); ++t) By::backward(p, p.x() + t * dim, back + t * dim, p.dx() + t * dim);
  }
};

}  // namespace mote::inline v0
