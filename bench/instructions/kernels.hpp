// SPDX-License-Identifier: BSL-1.0
// Which products `run.sh --kernels` counts, in order: the program on the board runs them, the one on the host names
// them.
// Refuses shapes: one, whose rows are a whole number of every format's blocks.
#pragma once

#include <cstddef>

#include "mote/format/iq4_nl.hpp"
#include "mote/format/q2.hpp"
#include "mote/format/q3.hpp"
#include "mote/format/q4.hpp"
#include "mote/format/q5.hpp"
#include "mote/format/q6.hpp"
#include "mote/format/q8.hpp"
#include "mote/format/qk.hpp"
#include "mote/format/ternary.hpp"
#include "mote/format/trits.hpp"

namespace counted {

inline constexpr std::size_t rows = 64;
inline constexpr std::size_t cols = 768;
inline constexpr std::size_t most_tokens = 8;

/// Calls visit.operator()<Format, Tokens>(): a matvec where Tokens is one, a matmul otherwise.
template <std::size_t Rows, class Visit>
void each_kernel(Visit visit) {
  visit.template operator()<mote::q8<Rows>, 1>();
  visit.template operator()<mote::q6<Rows>, 1>();
  visit.template operator()<mote::q5<Rows>, 1>();
  visit.template operator()<mote::q4<Rows>, 1>();
  visit.template operator()<mote::iq4_nl<Rows>, 1>();
  visit.template operator()<mote::qk<4, 256, Rows>, 1>();
  visit.template operator()<mote::q3<Rows>, 1>();
  visit.template operator()<mote::q2<Rows>, 1>();
  visit.template operator()<mote::ternary<Rows>, 1>();
  visit.template operator()<mote::trits<Rows>, 1>();
  visit.template operator()<mote::q8<Rows>, most_tokens>();
  visit.template operator()<mote::q4<Rows>, most_tokens>();
}

}  // namespace counted
