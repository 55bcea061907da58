// SPDX-License-Identifier: BSL-1.0
#include "mote/block/rotary.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <numbers>
#include <vector>

namespace {

template <bool Partly, bool Locally>
struct family {
  struct layer {
    static constexpr bool rotates_partly = Partly;
    static constexpr bool rotates_locally = Locally;
  };
};
constexpr mote::shape s{.dim = 64,
                        .hidden = 4,
                        .layers = 1,
                        .heads = 4,
                        .kv_heads = 2,
                        .vocab = 5,
                        .context = 8,
                        .rope_theta = 500000,
                        .rotary_width = 8,
                        .local_theta = 10000};

/// Turns a position: the papers' angle theta^(-2i / rotated channels), over a whole turn.
double turns(double theta, std::size_t i, std::size_t pairs) {
  return std::pow(theta, -static_cast<double>(i) / static_cast<double>(pairs)) / (2 * std::numbers::pi);
}
/// As transformers' _compute_llama3_parameters has it, by wavelength.
double llama3(double turn, const mote::rope_scaling& r) {
  const double wavelength = 1 / turn, all = static_cast<double>(r.original_context);
  const double low = all / static_cast<double>(r.low_frequency_factor),
               high = all / static_cast<double>(r.high_frequency_factor);
  if (wavelength < high) return turn;
  if (wavelength > low) return turn / static_cast<double>(r.factor);
  const double smooth = (all / wavelength - static_cast<double>(r.low_frequency_factor)) /
                        static_cast<double>(r.high_frequency_factor - r.low_frequency_factor);
  return (1 - smooth) * turn / static_cast<double>(r.factor) + smooth * turn;
}
double in_turns(std::uint64_t units) { return static_cast<double>(units) * 0x1p-64; }
bool near_to(double a, double b) { return std::fabs(a - b) <= 1e-11 * std::fabs(b); }

template <class Family>
std::vector<std::uint64_t> frequencies(const mote::shape& shape) {
  std::vector<std::uint64_t> all(mote::rotary_count<Family>(shape), 77);
  mote::put_rotary_frequencies<Family>(shape, all.data());
  return all;
}

}  // namespace

TEST_CASE("rotary: pairs of a whole head, or of the part that a family rotates; and again for local layers",
          "[block]") {
  CHECK(mote::rotary_pairs<family<false, false>>(s) == 8);
  CHECK(mote::rotary_pairs<family<true, false>>(s) == 4);
  CHECK(mote::rotary_count<family<false, true>>(s) == 16);
  CHECK(mote::rotary_count<family<true, true>>(s) == 8);
}

TEST_CASE("rotary: frequencies are the powers of each theta", "[block]") {
  const auto whole = frequencies<family<false, true>>(s);
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK(near_to(in_turns(whole[i]), turns(500000, i, 8)));
    CHECK(near_to(in_turns(whole[8 + i]), turns(10000, i, 8)));
  }
  const auto part = frequencies<family<true, false>>(s);
  for (std::size_t i = 0; i < 4; ++i) CHECK(near_to(in_turns(part[i]), turns(500000, i, 4)));
  mote::shape same = s;
  same.local_theta = 0;  // then local layers have the model's own
  const auto both = frequencies<family<false, true>>(same);
  for (std::size_t i = 0; i < 8; ++i) CHECK(both[8 + i] == both[i]);
}

TEST_CASE("rotary: scaled frequencies: all of them divided, or Llama 3's three stretches", "[block]") {
  mote::shape scaled = s;
  scaled.rope = {.factor = 4};
  const auto linear = frequencies<family<false, true>>(scaled);
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK(near_to(in_turns(linear[i]), turns(500000, i, 8) / 4));
    CHECK(near_to(in_turns(linear[8 + i]), turns(10000, i, 8)));  // of local layers nothing is scaled
  }
  scaled.rope = {.factor = 8, .low_frequency_factor = 1, .high_frequency_factor = 4, .original_context = 512};
  const auto three = frequencies<family<false, false>>(scaled);
  int kept = 0, divided = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    const double plain = turns(500000, i, 8), expected = llama3(plain, scaled.rope);
    CHECK(near_to(in_turns(three[i]), expected));
    kept += expected == plain ? 1 : 0;
    divided += near_to(expected, plain / 8) ? 1 : 0;
  }
  CHECK((kept > 0 && divided > 0 && kept + divided < 8));  // all three stretches are there
}

TEST_CASE("rotary: the compiler's table is that of run time", "[block]") {
  constexpr mote::shape plain{.dim = 64, .hidden = 4, .layers = 1, .heads = 4, .kv_heads = 2, .vocab = 5, .context = 8};
  const auto of_part = frequencies<family<true, true>>(s);
  for (std::size_t i = 0; i < of_part.size(); ++i)
    CHECK((mote::rotary_table<family<true, true>, s>()[i] == of_part[i]));
  const auto usual = frequencies<family<false, false>>(plain);
  for (std::size_t i = 0; i < usual.size(); ++i)
    CHECK((mote::rotary_table<family<false, false>, plain>()[i] == usual[i]));
}
