// SPDX-License-Identifier: BSL-1.0
// A family of the tests' own: windowed attention and a gated short convolution in turn, as LFM2 has them,
// each with a gated feed-forward. The convolution is a block of a user: it remembers its last positions from pass to pass,
// and learns.
#include <catch2/catch_template_test_macros.hpp>

#include "../model/plain_hybrid.hpp"
#include "../synthetic_model.hpp"
#include "against_reference.hpp"
#include "mote/decode/lookup.hpp"
#include "mote/family/llama.hpp"
#include "mote/pipeline.hpp"

namespace {

using mote::own_role;
using mote::own_vector;
using mote::role;
using mote::vector_role;

/// B, C, x = input(h); output(C * convolution(B * x)): every channel by itself, over its last `Taps` positions.
template <std::size_t Taps>
struct short_convolution {
  static constexpr role input = own_role(0), output = own_role(1);
  static constexpr vector_role taps = own_vector(0);  // (dim, Taps), the last is the position's own

  static constexpr auto matrices(const mote::shape& s) {
    return std::array{mote::matrix_tensor{input, 3 * s.dim, s.dim}, mote::matrix_tensor{output, s.dim, s.dim}};
  }
  static constexpr auto vectors(const mote::shape& s) { return std::array{mote::vector_tensor{taps, s.dim * Taps}}; }
  /// The products of the last Taps - 1 positions.
  static constexpr std::size_t state_floats(const mote::shape& s) { return (Taps - 1) * mote::padded(s.dim); }

  struct three {  // B, C, x of a token
    static constexpr std::size_t bytes(const mote::shape& s, const mote::pass_facts& n) {
      return mote::rows_of_floats(n.tokens, 3 * s.dim);
    }
  };
  struct product {  // B * x
    static constexpr bool kept = true;
    static constexpr std::size_t width(const mote::shape& s) { return s.dim; }
    static constexpr std::size_t bytes(const mote::shape& s, const mote::pass_facts& n) {
      return mote::rows_of_floats(n.kept, s.dim);
    }
  };
  struct opening : product {};  // C; on the way back its gradient
  struct opened {
    static constexpr std::size_t bytes(const mote::shape& s, const mote::pass_facts& n) {
      return mote::rows_of_floats(n.tokens, s.dim);
    }
  };
  struct dopened : opened {};
  struct dmixed : product {};

  static constexpr int operations = 3;  // project, mix, output
  static constexpr int reads_until = 0;
  static constexpr bool keeps = true;
  static constexpr int phases = 2;  // a product's gradient comes from later positions

  template <int At>
  using forward_buffers = mote::lives<mote::live<three, At, At + 1>, mote::live<product, At + 1, At + 1>,
                                      mote::live<opening, At + 1, At + 1>, mote::live<opened, At + 1, At + 2>>;
  template <class At>
  using backward_buffers =
      mote::lives<typename At::template kept<product, 0>, typename At::template kept<opening, 1>,
                  typename At::template portion<three, 1>, typename At::template portion<opened, 0>,
                  typename At::template back<dopened, 0>, typename At::template back<dmixed, 0, 1>>;

  template <int At, class Pass>
  static void forward(Pass& p, const float* in, float* out) {
    const std::size_t n = p.shape().dim;
    const std::size_t dim = mote::padded(n);
    float* b = p.template at<three>();
    float* product_of = p.template at<product>();
    float* c = p.template at<opening>();
    float* y = p.template at<opened>();
    float* kept = p.template state<short_convolution>();
    p.template enter<At>();
    p.template multiply<input>(in, n, b);
    p.template enter<At + 1>();
    for (std::size_t t = 0; t < p.tokens(); ++t) {
      const float* bcx = b + t * mote::padded(3 * n);
      for (std::size_t i = 0; i < n; ++i) {
        product_of[t * dim + i] = bcx[i] * bcx[2 * n + i];
        c[t * dim + i] = bcx[n + i];
      }
      p.admit(t, product_of + t * dim, n, nullptr, nullptr, 0);  // what is not finite is not remembered
      for (std::size_t i = 0; i < n; ++i) y[t * dim + i] = c[t * dim + i] * mixed(p, product_of, kept, t, i);
      p.pad(y + t * dim, n);
    }
    if (kept != nullptr)  // the newest are the last rows, behind what is left of those before
      for (std::size_t row = 0; row + 1 < Taps; ++row) {
        const std::size_t from = row + p.tokens();  // among the rows that were kept and those of this pass
        const float* source = from + 1 < Taps ? kept + from * dim : product_of + (from - (Taps - 1)) * dim;
        for (std::size_t i = 0; i < n; ++i) kept[row * dim + i] = source[i];
      }
    p.template enter<At + 2>();
    p.template multiply<output>(y, n, out);
  }

  /// First phase: the gradients of what was mixed, of C and of the taps. Second: of products, which later positions read,
  /// and through the input.
  template <std::size_t Phase, class Pass>
  static void backward(Pass& p, const float* in, const float* dy, float* dx) {
    const std::size_t n = p.shape().dim;
    const std::size_t dim = mote::padded(n);
    const float* k = p.template vector<taps>();
    float* product_of = p.template at<product>();
    float* c = p.template at<opening>();
    float* dm = p.template at<dmixed>();
    if constexpr (Phase == 0) {
      float* y = p.template at<opened>();
      float* dopen = p.template at<dopened>();
      float* dk = p.template vector_gradient<taps>();
      for (std::size_t t = 0; t < p.tokens(); ++t) {
        for (std::size_t i = 0; i < n; ++i) y[t * dim + i] = c[t * dim + i] * mixed(p, product_of, nullptr, t, i);
        p.pad(y + t * dim, n);
      }
      mote::zero(dopen, p.tokens() * dim);
      p.template multiply_backward<output>(y, n, dy, n, dopen);
      for (std::size_t t = 0; t < p.tokens(); ++t)
        for (std::size_t i = 0; i < n; ++i) {
          const float back = dopen[t * dim + i];
          dm[t * dim + i] = back * c[t * dim + i];
          c[t * dim + i] = back * mixed(p, product_of, nullptr, t, i);
          if (dk == nullptr) continue;
          for (std::size_t ago = 0; ago < Taps && ago <= p.position() + t; ++ago)
            dk[i * Taps + Taps - 1 - ago] += dm[t * dim + i] * before(product_of, nullptr, dim, t, ago)[i];
        }
    } else {
      float* b = p.template at<three>();
      p.template multiply<input>(in, n, b);
      for (std::size_t t = 0; t < p.tokens(); ++t) {
        float* bcx = b + t * mote::padded(3 * n);
        for (std::size_t i = 0; i < n; ++i) {
          float back = 0;
          for (std::size_t later = 0; later < Taps && p.position() + t + later < p.sequence(); ++later)
            back += k[i * Taps + Taps - 1 - later] * dm[(t + later) * dim + i];
          const float kept_b = bcx[i];
          bcx[i] = back * bcx[2 * n + i];
          bcx[n + i] = c[t * dim + i];
          bcx[2 * n + i] = back * kept_b;
        }
        p.pad(bcx, 3 * n);
      }
      p.template multiply_backward<input>(in, n, b, 3 * n, dx);
    }
  }

 private:
  /// The product `ago` positions before token t: of this pass, or kept from those before, or, where nothing is kept, the
  /// row in front.
  static const float* before(const float* products, const float* kept, std::size_t dim, std::size_t t,
                             std::size_t ago) {
    if (ago > t && kept != nullptr) return kept + (Taps - 1 + t - ago) * dim;
    return ago > t ? products - (ago - t) * dim : products + (t - ago) * dim;
  }
  template <class Pass>
  static float mixed(const Pass& p, const float* products, const float* kept, std::size_t t, std::size_t i) {
    const float* k = p.template vector<taps>() + i * Taps;
    float sum = 0;
    for (std::size_t ago = 0; ago < Taps && ago <= p.position() + t; ++ago)
      sum += k[Taps - 1 - ago] * before(products, kept, mote::padded(p.shape().dim), t, ago)[i];
    return sum;
  }
};

template <std::size_t Taps>
struct hybrid {
  static constexpr std::string_view name = "of the tests, with a convolution";
  using embedding = mote::token_embedding;
  using norm = mote::rms_norm_block<vector_role::attention_norm>;
  using feed = mote::residual<mote::rms_norm_block<vector_role::ffn_norm>, mote::gated_feed_forward<>>;
  using attention = mote::attention_block<mote::attention_tensors{.query_norm = vector_role::query_norm,
                                                                  .key_norm = vector_role::key_norm},
                                          mote::attention_form<mote::windowed>>;
  using attends = mote::in_sequence<mote::residual<norm, attention>, feed>;
  using convolves = mote::in_sequence<mote::residual<norm, short_convolution<Taps>>, feed>;
  using layer = mote::cycle<attends, convolves>;
  using last_norm = mote::rms_norm_block<vector_role::final_norm>;
};

// Five layers: two attend in a window of 6, two convolve between them, and the pattern is cut off behind an attention.
constexpr mote::shape s{.dim = 24,
                        .hidden = 44,
                        .layers = 5,
                        .heads = 4,
                        .kv_heads = 2,
                        .vocab = 37,
                        .context = 32,
                        .norm_epsilon = 1e-5F,
                        .head_width = 10,
                        .window = 6};

/// The reference, whose tensors have the names that mote's have.
template <std::size_t Taps>
struct reference {
  mote_tests::plain_hybrid m;

  explicit reference(const mote::shape& of = s)
      : m(mote_tests::plain_hybrid::random({.dim = of.dim,
                                            .hidden = of.hidden,
                                            .layers = of.layers,
                                            .heads = of.heads,
                                            .kv_heads = of.kv_heads,
                                            .head_dim = of.head_dim(),
                                            .vocab = of.vocab,
                                            .context = of.context,
                                            .mixers = {},
                                            .window = of.window,
                                            .kernel = Taps,
                                            .head_norms = true,
                                            .rope_theta = static_cast<double>(of.rope_theta),
                                            .pairs = mote_tests::rope_pairs::neighbours,
                                            .norm_epsilon = static_cast<double>(of.norm_epsilon)},
                                           4)) {}
  template <class Tokens>
  auto logits(const Tokens& tokens) const {
    return m.logits(tokens);
  }
  template <class Tokens>
  double loss(const Tokens& tokens, std::size_t first) const {
    return m.loss(tokens, first);
  }
  template <class F>
  static void each(auto& self, F f) {
    mote_tests::plain_hybrid::each(self.m, [&](std::string name, auto& part) {
      const auto rename = [&](std::string_view from, std::string_view to) {
        if (const std::size_t at = name.find(from); at != std::string::npos) name.replace(at, from.size(), to);
      };
      rename("mixer_norm", "attention_norm");
      rename("convolution_input", "own0");
      rename("convolution_output", "own1");
      if (name.ends_with("convolution_kernel")) {
        rename("convolution_kernel", "own0_vector");
        if constexpr (requires { part.v; }) f(name, part.v);  // its values, as mote has them
      } else {
        f(name, part);
      }
    });
  }
};

}  // namespace

TEMPLATE_TEST_CASE_SIG(
    "a convolution between attentions: logits are those of its description, one by one, several at once, and where it "
    "learns",
    "[family]", ((std::size_t Taps, std::size_t Rows), Taps, Rows), (3, 4), (1, 1), (2, 16), (4, 4), (8, 1)) {
  reference<Taps> m;
  const mote_tests::against_reference<hybrid<Taps>, Rows, reference<Taps>> mine(s, m);
  mine.check_forward(mote_tests::family_tokens(21, s.vocab));
}

TEMPLATE_TEST_CASE_SIG("a convolution between attentions: gradients of every tensor are those of its description",
                       "[family]", ((std::size_t Taps, std::size_t Rows), Taps, Rows), (3, 4), (1, 16), (8, 1)) {
  reference<Taps> m;
  mote_tests::against_reference<hybrid<Taps>, Rows, reference<Taps>> mine(s, m);
  mine.check_gradients(mote_tests::family_tokens(13, s.vocab), 2);
}

TEST_CASE("a convolution's state: what is not finite is not remembered", "[family]") {
  reference<3> m;
  const std::size_t bad = s.vocab - 1;
  m.m.embedding.at(bad, 0) = std::numeric_limits<double>::quiet_NaN();
  const mote_tests::against_reference<hybrid<3>, 4, reference<3>> mine(s, m);
  const std::vector<std::uint16_t> tokens{3, 14, static_cast<std::uint16_t>(bad), 5, 9, 2, 6};
  for (const std::size_t each : {1U, 2U, 7U}) {
    const mote_tests::plain_rows rows = mine.logits(tokens, each);
    for (std::size_t t = 0; t < tokens.size(); ++t) CHECK(std::isfinite(rows[t][0]) == (t != 2));
  }
}

TEST_CASE("a convolution's state: where it lies, what it costs, and that nothing is taken back", "[family]") {
  using family = hybrid<3>;
  using states = mote::states_of<family>;
  using block = short_convolution<3>;
  constexpr std::size_t each = 2 * mote::padded(s.dim);
  STATIC_CHECK(states::any);
  STATIC_CHECK(states::floats(s, s.layers) == 2 * each);
  STATIC_CHECK(states::at<block>(s, 1) == 0);
  STATIC_CHECK(states::at<block>(s, 3) == each);
  using kept = mote::kept_in<family, mote::float_cache>;
  constexpr auto made_for = mote::cached_by<family>(s);
  STATIC_CHECK(made_for.layers == 3);  // of keys and values
  STATIC_CHECK(kept::bytes(made_for, 32) == mote::float_cache::bytes(made_for, 32) + 2 * each * sizeof(float));
  STATIC_CHECK(kept::rollback_tokens(32) == 0);
  STATIC_CHECK(std::is_same_v<mote::kept_in<mote::llama, mote::float_cache>, mote::float_cache>);
  STATIC_CHECK(std::is_same_v<decltype(mote::cached_by<mote::llama>(s)), mote::cache_shape>);
}

namespace {

struct small : mote_tests::synthetic {
  static constexpr std::string_view name = "hybrid";
  using family = hybrid<3>;
  static constexpr mote::shape shape = [] {
    mote::shape with = s;
    with.vocab = mote_tests::synthetic_parts::tokens;
    with.context = 64;
    return with;
  }();
};
/// An image of the reference's weights, as a tool for this family would write it.
template <class Pipeline>
mote_tests::aligned_bytes image_of(const std::byte* weights) {
  using format = typename Pipeline::format;
  constexpr auto map = mote::map_tensors<format, small::family>(small::shape);
  const std::vector<std::byte> vocabulary = mote_tests::synthetic_vocabulary(small::dialogue);
  const mote::image_layout layout = mote::lay_image(map.bytes, vocabulary.size());
  std::vector<std::byte> image(layout.total_bytes);
  std::memcpy(&image[layout.weights_offset], weights, map.bytes);
  std::memcpy(&image[layout.vocabulary_offset], vocabulary.data(), vocabulary.size());
  mote::container_header h;
  h.kind = static_cast<std::uint16_t>(mote::container_kind::image);
  h.total_bytes = layout.total_bytes;
  h.shape_fingerprint = small::shape.fingerprint(small::family::name);
  h.format_fingerprint = mote::format_fingerprint<format>();
  h.weights_offset = layout.weights_offset;
  h.weights_bytes = map.bytes;
  h.vocabulary_offset = layout.vocabulary_offset;
  h.vocabulary_bytes = vocabulary.size();
  h.payload_crc = mote::crc32(std::span<const std::byte>(image).subspan(mote::container_header_bytes));
  h.base_fingerprint = mote::image_fingerprint(h.payload_crc, h.shape_fingerprint);
  mote::put_name(h.model_name, small::name);
  mote::put_name(h.format_name, format::name);
  mote::seal(h);
  std::memcpy(image.data(), &h, sizeof h);
  return mote_tests::aligned_bytes(image);
}

/// Two answers one after the other: their tokens, and the logits of the last.
struct answers {
  std::vector<std::uint16_t> tokens, last;
  std::vector<float> logits;
};
template <class Pipeline>
answers two_answers(const std::byte* weights) {
  const auto image = image_of<Pipeline>(weights);
  const auto ai = std::make_unique<Pipeline>();
  REQUIRE(ai->attach(image) == mote::status::ok);
  answers all;
  for (const std::string_view question : {"the thing in the other thing", "ing and the thing"}) {
    for (const std::string_view piece : ai->ask(question, 12)) (void)piece;
    REQUIRE(ai->state() == mote::status::ok);
    all.last.assign(ai->tokens().begin(), ai->tokens().end());
    all.tokens.insert(all.tokens.end(), all.last.begin(), all.last.end());
  }
  all.logits.assign(ai->logits().begin(), ai->logits().end());
  return all;
}

}  // namespace

TEST_CASE("a pipeline of a family with states: whatever the prompt's runs are, with drafts and without", "[family]") {
  reference<3> m(small::shape);
  const mote_tests::against_reference<hybrid<3>, 4, reference<3>> mine(small::shape, m);
  const std::byte* weights = mine.view().data();
  using one = mote::pipeline<small, mote::quantize<32>, mote::layout<4>, mote::cache<32>, mote::prefill<1>>;
  using several = mote::pipeline<small, mote::quantize<32>, mote::layout<4>, mote::cache<32>, mote::prefill<7>>;
  using drafted =
      mote::pipeline<small, mote::quantize<32>, mote::layout<4>, mote::cache<32>, mote::prefill<3>, mote::lookup<4>>;
  constexpr std::size_t states = mote::states_of<hybrid<3>>::floats(small::shape, s.layers) * sizeof(float);
  STATIC_CHECK(one::cache_bytes == mote::float_cache::bytes(mote::cached_by<hybrid<3>>(small::shape), 64) + states);
  const answers expected = two_answers<one>(weights);
  REQUIRE(expected.last.size() > 12);
  const mote_tests::plain_rows alone = mine.logits(expected.last, 1);  // of decode()
  CHECK(std::count(alone.begin(), alone.end(),
                   mote_tests::plain_vector(expected.logits.begin(), expected.logits.end())) == 1);
  for (const answers& other : {two_answers<several>(weights), two_answers<drafted>(weights)}) {
    CHECK(other.tokens == expected.tokens);
    CHECK(other.logits == expected.logits);
  }
}
