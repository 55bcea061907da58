// SPDX-License-Identifier: BSL-1.0
// All integer formats, as lists for typed tests.
#pragma once

#include <tuple>

#include "mote/format/iq4_nl.hpp"
#include "mote/format/q2.hpp"
#include "mote/format/q3.hpp"
#include "mote/format/q4.hpp"
#include "mote/format/q5.hpp"
#include "mote/format/q6.hpp"
#include "mote/format/q8.hpp"
#include "mote/format/ternary.hpp"
#include "mote/format/trits.hpp"
#include "row_counts.hpp"

namespace mote_tests {

template <std::size_t Rows>
using q8_32 = mote::q8<Rows, 32>;
template <std::size_t Rows>
using q8_64 = mote::q8<Rows, 64>;

/// Those whose decoded weights encode to the same bytes.
using few_bits =
    at_every_row_count<mote::q6, mote::q5, mote::q4, mote::iq4_nl, mote::q3, mote::q2, mote::ternary, mote::trits>;
using integer_formats = decltype(std::tuple_cat(at_every_row_count<q8_32, q8_64>{}, few_bits{}));
using single_rows = std::tuple<q8_32<1>, q8_64<1>, mote::q6<1>, mote::q5<1>, mote::q4<1>, mote::iq4_nl<1>, mote::q3<1>,
                               mote::q2<1>, mote::ternary<1>, mote::trits<1>>;

}  // namespace mote_tests
