// SPDX-License-Identifier: BSL-1.0
// Instantiates every format in every layout and block length as a run-time value. This is most of the library's compile
// time, so it has a file of its own.
#include <array>
#include <cstddef>
#include <utility>

#include "mote/format/affine.hpp"
#include "mote/format/bf16.hpp"
#include "mote/format/f16.hpp"
#include "mote/format/f32.hpp"
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
#include "mote/host/image/packed_format_of.hpp"
#include "mote/host/image/packing.hpp"
#include "mote/policy/quantize.hpp"

namespace mote::inline v0::host {

namespace detail {

namespace {

template <template <std::size_t, std::size_t> class Format>
const packed_format* with_rows_and_columns(std::size_t rows, std::size_t cols) {
  switch (rows) {
    case 1: return Format<1, 0>::choose(cols);
    case 4: return Format<4, 0>::choose(cols);
    case 8: return Format<8, 0>::choose(cols);
    case 16: return Format<16, 0>::choose(cols);
    default: return nullptr;
  }
}
/// A format that is the same type for every number of columns.
template <template <std::size_t> class Format>
struct plain {
  template <std::size_t Rows, std::size_t>
  struct of {
    static const packed_format* choose(std::size_t) { return &packed_format_of<Format<Rows>>; }
  };
  static const packed_format* with(std::size_t rows, std::size_t cols);
};
template <template <std::size_t> class Format>
const packed_format* plain<Format>::with(std::size_t rows, std::size_t cols) {
  return with_rows_and_columns<of>(rows, cols);
}
/// A super-block format, whose block length super_of() chooses from the number of columns.
template <unsigned Bits>
struct super_blocks {
  template <std::size_t Rows, std::size_t>
  struct of {
    static const packed_format* choose(std::size_t cols) {
      constexpr std::array<const packed_format*, 8> all = []<std::size_t... Index>(std::index_sequence<Index...>) {
        return std::array<const packed_format*, 8>{&packed_format_of<qk<Bits, 32 * (Index + 1), Rows>>...};
      }(std::make_index_sequence<8>{});
      return all[super_of<Bits>(cols) / 32 - 1];
    }
  };
  static const packed_format* with(std::size_t rows, std::size_t cols);
};
template <unsigned Bits>
const packed_format* super_blocks<Bits>::with(std::size_t rows, std::size_t cols) {
  return with_rows_and_columns<of>(rows, cols);
}

template <std::size_t Rows>
using q8_narrow = q8<Rows, 32>;
template <std::size_t Rows>
using q8_wide = q8<Rows, 64>;

}  // namespace

}  // namespace detail

constinit const std::array<format_family, 20> format_families{{
    {"f32", "mote::quantize<32>", &detail::plain<f32>::with},
    {"f16", "mote::quantize<16>", &detail::plain<f16>::with},
    {"bf16", "mote::packed<mote::bf16>", &detail::plain<bf16>::with},
    {"q8", "mote::quantize<8>", &detail::plain<detail::q8_narrow>::with},
    {"q8g64", "mote::quantize<8, 64>", &detail::plain<detail::q8_wide>::with},
    {"q6", "mote::quantize<6>", &detail::plain<q6>::with},
    {"q5", "mote::quantize<5>", &detail::plain<q5>::with},
    {"q4", "mote::quantize<4>", &detail::plain<q4>::with},
    {"iq4_nl", "mote::packed<mote::iq4_nl>", &detail::plain<iq4_nl>::with},
    {"q3", "mote::quantize<3>", &detail::plain<q3>::with},
    {"q2", "mote::quantize<2>", &detail::plain<q2>::with},
    {"ternary", "mote::packed<mote::ternary>", &detail::plain<ternary>::with},
    {"trits", "mote::packed<mote::trits>", &detail::plain<trits>::with},
    {"q6k", "mote::k_quant<6>", &detail::super_blocks<6>::with},
    {"q5k", "mote::k_quant<5>", &detail::super_blocks<5>::with},
    {"q4k", "mote::k_quant<4>", &detail::super_blocks<4>::with},
    {"q3k", "mote::k_quant<3>", &detail::super_blocks<3>::with},
    {"q2k", "mote::k_quant<2>", &detail::super_blocks<2>::with},
    {"q5a", "mote::packed<mote::q5a>", &detail::plain<q5a>::with},
    {"q4a", "mote::packed<mote::q4a>", &detail::plain<q4a>::with},
}};

}  // namespace mote::inline v0::host
