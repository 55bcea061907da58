// SPDX-License-Identifier: BSL-1.0
// A family of the library against plain_published: logits, 64 greedy tokens, gradients, deltas.
// Refuses to say what a family's configuration is: each test does.
#pragma once

#include <cstdint>

#include "../model/plain_published.hpp"
#include "against_reference.hpp"

namespace mote_tests {

/// The sizes that both sides share.
inline published sizes_of(const mote::shape& s) {
  published p;
  p.dim = s.dim;
  p.hidden = s.hidden;
  p.layers = s.layers;
  p.heads = s.heads;
  p.kv_heads = s.kv_heads;
  p.head_dim = s.head_dim();
  p.vocab = s.vocab;
  p.context = s.context;
  p.turning = s.head_dim();
  p.tied_head = s.tied_head;
  p.per_layer_width = s.per_layer_width;
  p.norm_epsilon = static_cast<double>(s.norm_epsilon);
  return p;
}

/// A model with corners (ReLU): differences of a step that rarely meets one.
struct plain_published_with_corners : plain_published {
  static constexpr double difference_step = 0x1p-22;
};

template <class Family, class Reference = plain_published>
class against_published {
 public:
  against_published(const mote::shape& s, const published& p, std::uint64_t seed)
      : s_(s), m_{plain_published::random(p, seed)}, mine_(s_, m_) {
    REQUIRE(s.valid());
    REQUIRE(mote::attends_as_asked<Family>(s));
    REQUIRE(mote::shape_is_read<Family>(s));
  }
  void check_logits() const {
    mine_.check_forward(family_tokens(21, s_.vocab));
    mine_.check_greedy(family_tokens(4, s_.vocab));
  }
  void check_gradients() {
    mine_.check_gradients(family_tokens(13, s_.vocab), 2);
    mine_.check_last_layers(family_tokens(13, s_.vocab));
    mine_.check_scales(family_tokens(13, s_.vocab), 2);
    if constexpr (mote::has_positions<Family> || mote::leaves_embedding<Family>)
      if (mote::has_positions<Family> || !s_.tied_head) mine_.check_virtual_tokens(3);
    if constexpr (!mote::states_of<Family>::any)
      if (s_.layers < 4) mine_.check_prefix(3);  // six losses for each float of it
  }

 private:
  mote::shape s_;
  Reference m_;
  against_reference<Family, 4, Reference> mine_;
};

}  // namespace mote_tests
