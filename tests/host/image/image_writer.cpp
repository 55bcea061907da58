// SPDX-License-Identifier: BSL-1.0
#include "mote/host/image/image_writer.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "../../assets.hpp"
#include "../../random_weights.hpp"
#include "mote/core/rng.hpp"
#include "mote/host/image/packing.hpp"
#include "mote/host/image/plan_of.hpp"
#include "mote/host/image/vocabulary_packer.hpp"
#include "mote/host/import/gguf_blocks.hpp"
#include "mote/host/import/llama2c.hpp"
#include "mote/host/quantize/gptq.hpp"
#include "mote/host/quantize/quantize_model.hpp"
#include "mote/model/weights.hpp"
#include "mote/store/container.hpp"

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using mote::status;
using mote::host::raw_model;
using mote::host::raw_tensor;
using mote::host::write_image;
using mote::host::written_image;

namespace {

constexpr mote::special_tokens silent{.bos = -1, .eos = -1};

/// Odd sizes on purpose: no tile and no group of 32 is whole.
raw_model odd_model(bool tied) {
  return mote_tests::random_weights(
      {.dim = 40, .hidden = 52, .layers = 3, .heads = 4, .kv_heads = 2, .vocab = 13, .context = 16, .tied_head = tied},
      3);
}

std::vector<std::byte> table_of(std::size_t tokens) {
  mote::host::vocabulary_text text;
  for (std::size_t i = 0; i < tokens; ++i) text.pieces.push_back("t" + std::to_string(i));
  text.scores.assign(tokens, 0.0F);
  return mote::host::pack_vocabulary(text, silent);
}

struct aligned_image {
  explicit aligned_image(std::span<const std::byte> from)
      : data(static_cast<std::byte*>(::operator new(from.size(), std::align_val_t{64}))), size(from.size()) {
    std::memcpy(data, from.data(), size);
  }
  aligned_image(const aligned_image&) = delete;
  aligned_image& operator=(const aligned_image&) = delete;
  ~aligned_image() { ::operator delete(data, std::align_val_t{64}); }
  std::span<const std::byte> bytes() const { return {data, size}; }
  std::byte* data;
  std::size_t size;
};

/// Every tensor of an attached image against the source, through the views that the decoder uses.
template <class Format>
double worst_difference(const raw_model& m, const std::byte* base) {
  const mote::shape& s = m.shape;
  const mote::tensor_map<> map = mote::map_tensors<Format>(s);
  const mote::weights<Format> w(base, s, map);
  double worst = 0;
  std::vector<float> row;
  const auto matrix = [&](const mote::matrix<Format>& found, const raw_tensor& source, std::size_t first) {
    row.resize(found.cols);
    for (std::size_t r = 0; r < found.rows; ++r) {
      found.decode_row(r, row.data());
      for (std::size_t c = 0; c < found.cols; ++c) {
        const double d =
            std::fabs(static_cast<double>(row[c]) - static_cast<double>(source.values.at(first + r * found.cols + c)));
        if (!(d <= worst)) worst = d;
      }
    }
  };
  matrix(w.embedding(), m.embedding, 0);
  matrix(w.head(), s.tied_head ? m.embedding : m.head, 0);
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    using mote::role;
    for (auto [r, t] : {std::pair{role::query, &m.of(mote::role::query)},
                        {role::key, &m.of(mote::role::key)},
                        {role::value, &m.of(mote::role::value)},
                        {role::output, &m.of(mote::role::output)},
                        {role::gate, &m.of(mote::role::gate)},
                        {role::down, &m.of(mote::role::down)},
                        {role::up, &m.of(mote::role::up)}}) {
      const mote::matrix_size size = mote::size_of(s, r);
      matrix(w.of(layer, r), *t, layer * size.rows * size.cols);
    }
    for (std::size_t i = 0; i < s.dim; ++i) {
      REQUIRE(w.vector(layer, mote::vector_role::attention_norm)[i] ==
              m.of(mote::vector_role::attention_norm).values[layer * s.dim + i]);
      REQUIRE(w.vector(layer, mote::vector_role::ffn_norm)[i] ==
              m.of(mote::vector_role::ffn_norm).values[layer * s.dim + i]);
    }
  }
  for (std::size_t i = 0; i < s.dim; ++i)
    REQUIRE(w.vector(0, mote::vector_role::final_norm)[i] == m.of(mote::vector_role::final_norm).values[i]);
  return worst;
}

template <class Format>
mote::image_expectation expectation(const mote::shape& s, std::size_t vocabulary_bytes) {
  return {.shape_fingerprint = s.fingerprint(),
          .format_fingerprint = mote::format_fingerprint<Format>(),
          .weights_bytes = mote::map_tensors<Format>(s).bytes,
          .vocabulary_bytes = vocabulary_bytes,
          .vocab_count = s.vocab};
}

}  // namespace

TEST_CASE("image writer: each packing attaches as its own type, and as no other", "[host][image_writer]") {
  const bool tied = GENERATE(true, false);
  const raw_model m = odd_model(tied);
  const auto table = table_of(13);
  const auto each = [](auto&& f) {
    f.template operator()<mote::q8<1>>("q8", 1U);
    f.template operator()<mote::q8<4>>("q8", 4U);
    f.template operator()<mote::q8<8>>("q8", 8U);
    f.template operator()<mote::q8<16>>("q8", 16U);
    f.template operator()<mote::f32<1>>("f32", 1U);
    f.template operator()<mote::f32<4>>("f32", 4U);
    f.template operator()<mote::f32<8>>("f32", 8U);
    f.template operator()<mote::f32<16>>("f32", 16U);
  };
  each([&]<class Packed>(const char* family, std::size_t rows) {
    std::size_t reports = 0;
    const written_image image = write_image(m, table, "odd", mote::host::read_packing(family, rows, m.shape),
                                            [&](std::size_t a, std::size_t b) {
                                              ++reports;
                                              CHECK(a <= b);
                                            });
    CHECK(reports > 0);
    const aligned_image copy(image.bytes);
    CHECK(mote::stored_format_name(copy.bytes()) == image.format_name);
    CHECK(mote::stored_model_name(copy.bytes()) == "odd");
    std::size_t attached = 0;
    each([&]<class Format>(const char*, std::size_t) {
      mote::attached_image out;
      const status s = mote::open_image(copy.bytes(), expectation<Format>(m.shape, table.size()), out);
      if constexpr (!std::is_same_v<Format, Packed>) {
        CHECK(s == status::wrong_format);
      } else {
        REQUIRE(s == status::ok);
        ++attached;
        CHECK(image.weights_bytes == mote::map_tensors<Format>(m.shape).bytes);
        CHECK(image.bytes.size() == mote::lay_image(image.weights_bytes, table.size()).total_bytes);
        const double worst = worst_difference<Format>(m, out.weights);
        if (!Format::quantized) CHECK(worst == 0);
        else CHECK(worst < 6.0 / 127 * 0.51);  // half a step of the largest that a sum of twelve can be
        CHECK(!Format::quantized == (image.relative_error == 0));
        CHECK(image.relative_error < 0.007);
        CHECK(out.vocabulary.find("t12") == 12);
      }
    });
    CHECK(attached == 1);
  });
}

TEST_CASE("image writer: another shape does not attach", "[host][image_writer]") {
  const raw_model m = odd_model(true);
  const auto table = table_of(13);
  const aligned_image image(write_image<mote::q8<4>>(m, table, "odd").bytes);
  mote::shape other = m.shape;
  other.norm_epsilon = 1e-6F;
  mote::attached_image out;
  CHECK(mote::open_image(image.bytes(), expectation<mote::q8<4>>(other, table.size()), out) == status::wrong_shape);
  CHECK(mote::open_image(image.bytes(), expectation<mote::q8<4>>(m.shape, table.size() + 4), out) ==
        status::wrong_size);
}

TEST_CASE("image writer: integers of the source stay as they are where a group takes them", "[host][image_writer]") {
  raw_model m = odd_model(true);
  m.shape.hidden = 64;
  m.shape.dim = 64;
  const mote::shape& s = m.shape;
  mote::rng random(5);
  const auto fill = [&random](raw_tensor& t, std::size_t n) {
    t = {};
    t.group = 64;
    for (std::size_t i = 0; i < n; ++i) {
      if (i % 64 == 0) t.scales.push_back(0.001F + random.uniform());
      // Small integers: rounding them anew would choose a finer scale and other integers.
      t.integers.push_back(static_cast<std::int8_t>(static_cast<int>(random.below(101)) - 50));
      t.values.push_back(static_cast<float>(t.integers.back()) * t.scales.back());
    }
  };
  for (raw_tensor* t : {&m.of(mote::vector_role::attention_norm), &m.of(mote::vector_role::ffn_norm),
                        &m.of(mote::vector_role::final_norm)})
    t->values.assign(s.layers * s.dim, 1.0F);
  fill(m.embedding, s.vocab * s.dim);
  for (raw_tensor* t : {&m.of(mote::role::query), &m.of(mote::role::output), &m.of(mote::role::gate),
                        &m.of(mote::role::down), &m.of(mote::role::up)})
    fill(*t, s.layers * 64 * 64);
  for (raw_tensor* t : {&m.of(mote::role::key), &m.of(mote::role::value)}) fill(*t, s.layers * s.kv_dim() * 64);
  const auto table = table_of(13);

  const written_image kept = write_image<mote::q8<4>>(m, table, "kept");
  CHECK(kept.relative_error < 0.0003);  // the scale's rounding to 11 bits
  raw_model floats = m;
  for (raw_tensor* t : {&floats.embedding, &floats.of(mote::role::query), &floats.of(mote::role::key),
                        &floats.of(mote::role::value), &floats.of(mote::role::output), &floats.of(mote::role::gate),
                        &floats.of(mote::role::down), &floats.of(mote::role::up)})
    t->group = 0;
  CHECK(write_image<mote::q8<4>>(floats, table, "rounded").relative_error > 5 * kept.relative_error);

  using block = mote::q8<4>::block;
  block b;
  std::memcpy(&b, kept.bytes.data() + 128, sizeof b);
  for (std::size_t row = 0; row < 4; ++row)
    for (std::size_t i = 0; i < 32; ++i) CHECK(b.quads[i / 4][row][i % 4] == m.embedding.integers[row * 64 + i]);

  SECTION("not -128, which the format refuses") {
    m.embedding.integers[64] = -128;
    m.embedding.values[64] = -128 * m.embedding.scales[1];
    const written_image image = write_image<mote::q8<4>>(m, table, "kept");
    std::memcpy(&b, image.bytes.data() + 128, sizeof b);
    CHECK(b.quads[0][1][0] == -127);
    CHECK(b.quads[0][0][0] == m.embedding.integers[0]);
  }
  SECTION("not under a scale that 16 bits cannot hold, or a negative one") {
    for (float scale : {1e-9F, -0.5F, 0.0F}) {
      m.embedding.scales[1] = scale;
      for (std::size_t i = 64; i < 128; ++i)
        m.embedding.values[i] = static_cast<float>(m.embedding.integers[i]) * scale;
      const written_image image = write_image<mote::q8<4>>(m, table, "kept");
      std::memcpy(&b, image.bytes.data() + 128, sizeof b);
      CHECK(mote::simd::half_to_float(b.scale[1]) >= 0);
      CHECK(image.relative_error < 0.001);
    }
  }
}

TEST_CASE("image writer: refuses what cannot be packed", "[host][image_writer]") {
  raw_model m = odd_model(true);
  const auto table = table_of(13);
  const auto plan = [](const char* formats = "q8", std::size_t rows = 1) {
    return mote::host::read_packing(formats, rows, odd_model(true).shape);
  };
  const auto refuses = [&](const mote::host::packing_plan& p, const char* words) {
    CHECK_THROWS_MATCHES(write_image(m, table, "odd", p), std::runtime_error, MessageMatches(ContainsSubstring(words)));
  };
  CHECK_THROWS_MATCHES(write_image(m, table_of(12), "odd", plan()), std::runtime_error,
                       MessageMatches(ContainsSubstring("12 tokens; the model has 13")));
  CHECK_THROWS_MATCHES(write_image(m, std::span(table).first(40), "odd", plan()), std::runtime_error,
                       MessageMatches(ContainsSubstring("the token table is not sound")));
  SECTION("weights beyond the format") {
    m.of(mote::role::gate).values[100] = 1e8F;
    refuses(plan("q8", 4), "gate holds a weight of 100000000.000000, too large for q8x4");
    refuses(plan("f32", 4), "gate holds a weight of 100000000.000000, too large for f32x4");
    m.of(mote::role::gate).values[100] = 1.0F;
    CHECK_NOTHROW(write_image(m, table, "odd", plan("f32", 4)));
    m.of(mote::vector_role::final_norm).values[1] = -65505.0F;
    refuses(plan("q8", 4), "the final norm holds a gain of -65505.000000; no pipeline takes one beyond 65504");
  }
  SECTION("what training can make of weights") {
    m.of(mote::role::key).values[3] = std::nanf("");
    refuses(plan("q8", 4), "key is not finite");
    refuses(plan("f32"), "key is not finite");
    m.of(mote::vector_role::ffn_norm).values[3] = std::nanf("");
    refuses(plan("f32"), "the feed-forward norm is not finite");
  }
  SECTION("a tensor that is too short") {
    m.of(mote::role::up).values.pop_back();
    refuses(plan(), "layer 2 up has 6239 values; the shape needs 6240");
  }
  SECTION("no model") {
    m.shape.heads = 3;
    refuses(plan(), "the numbers of the shape make no model");
  }
}

TEST_CASE("image writer: blocks of a GGUF file stay as they are where the format is the same", "[host][image_writer]") {
  raw_model m = odd_model(true);
  m.shape.hidden = 64;
  m.shape.dim = 64;
  const mote::shape& s = m.shape;
  mote::rng random(6);
  for (raw_tensor* t : {&m.of(mote::vector_role::attention_norm), &m.of(mote::vector_role::ffn_norm),
                        &m.of(mote::vector_role::final_norm)})
    t->values.assign(s.layers * s.dim, 1.0F);
  for (raw_tensor* t : {&m.of(mote::role::output), &m.of(mote::role::gate), &m.of(mote::role::down),
                        &m.of(mote::role::up), &m.of(mote::role::key), &m.of(mote::role::value)})
    t->values.assign(s.layers * 64 * 64, 0.25F);
  m.embedding.values.assign(s.vocab * s.dim, 0.5F);
  // Q4_0: a binary16 and 16 bytes for 32 weights. None uses the outermost code, which rounding anew would.
  using format = mote::q4<1>;
  m.of(mote::role::query).values.assign(s.layers * 64 * 64, 0.0F);
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    std::vector<std::byte> bytes(format::bytes(64, 64));
    for (std::size_t at = 0; at < bytes.size(); ++at)
      bytes[at] = static_cast<std::byte>(at % 18 == 0   ? random.below(256)
                                         : at % 18 == 1 ? 0x20 + random.below(4)
                                                        : 0x55 + 0x11 * random.below(6));
    for (std::size_t row = 0; row < 64; ++row)
      format::decode_row(bytes.data() + row * format::tile_bytes(64), 0, 64,
                         m.of(mote::role::query).values.data() + (layer * 64 + row) * 64);
    m.of(mote::role::query).blocks.push_back({mote::host::gguf_type::q4_0, std::move(bytes)});
  }
  const auto table = table_of(13);
  const auto plan = mote::host::read_packing("q8,query=q4", 1, s);
  const auto map = mote::host::map_tensors(plan, s);
  const auto query = [&](const written_image& image, std::size_t layer) {
    const std::size_t at =
        mote::lay_image(map.bytes, table.size()).weights_offset + map.start[layer] + map.block[layer].matrix[0];
    return std::vector<std::byte>(image.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                  image.bytes.begin() + static_cast<std::ptrdiff_t>(at + format::bytes(64, 64)));
  };
  const written_image kept = write_image(m, table, "kept", plan);
  const auto blocks = m.of(mote::role::query).blocks;
  m.of(mote::role::query).blocks.clear();
  const written_image rounded = write_image(m, table, "rounded", plan);
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    CHECK(query(kept, layer) == blocks[layer].bytes);
    CHECK(query(rounded, layer) != blocks[layer].bytes);
  }
}

TEST_CASE("image writer: a quantizer's codes go into the image as they are", "[host][image_writer]") {
  const raw_model m = odd_model(false);
  const auto table = table_of(13);
  const auto plan = mote::host::read_packing(
      "iq4_nl,embedding=q8,value=ternary,gate=q4a,1.up=f32,key=trits,down=q4k,output=q3k,head=q3", 4, m.shape);
  std::vector<mote::host::quantization_grid> grids;
  for (const auto& p : mote::host::all_tensors(m.shape))
    grids.push_back(plan.at(p).takes_codes() ? plan.at(p).levels() : mote::host::quantization_grid{});
  std::size_t at = 0;
  // Twice the scale that fits: nothing that an image writer would choose by itself.
  const auto codes = mote::host::quantize_model(m, [&](const mote::host::tensor_place&) -> mote::host::tensor_recipe {
    const mote::host::quantization_grid& g = grids[at++];
    if (g.levels.empty()) return {};
    return {&g, [](const mote::host::quantizer_task& t, const mote::host::quantization_grid& on) {
              return mote::host::detail::round_blocks(
                  t, on, [&](std::size_t row, std::size_t first, std::size_t count, mote::host::group_scale* scales) {
                    on.fit(t.w + row * t.cols + first, count, scales);
                    for (std::size_t i = 0; i < on.groups(count); ++i) {
                      scales[i].scale *= 2;
                      scales[i].scale_unit *= 2;
                    }
                  });
            }};
  });
  CHECK(codes.size() == mote::host::all_tensors(m.shape).size() - 1);  // floats take no codes
  const written_image image = write_image(m, table, "coded", plan, {}, codes);
  const auto map = mote::host::map_tensors(plan, m.shape);
  const auto weights =
      std::span(image.bytes).subspan(mote::lay_image(map.bytes, table.size()).weights_offset, map.bytes);
  std::vector<float> row;
  for (const auto& t : codes) {
    INFO(mote::host::name(t.place));
    const auto& f = plan.at(t.place);
    const std::size_t base =
        t.place.where == mote::host::tensor_place::part::embedding ? map.embedding
        : t.place.where == mote::host::tensor_place::part::head
            ? map.head
            : map.start[t.place.layer] + map.block[t.place.layer].matrix[static_cast<std::size_t>(t.place.role)];
    row.resize(t.codes.cols);
    std::size_t different = 0;
    for (std::size_t r = 0; r < t.codes.rows; ++r) {
      f.decode_row(weights.data() + base + r / f.rows * f.tile_bytes(t.codes.cols), r % f.rows, t.codes.cols,
                   row.data());
      for (std::size_t i = 0; i < row.size(); ++i)
        different += row[i] != t.codes.values[r * t.codes.cols + i] ? 1U : 0U;
    }
    CHECK(different == 0);
  }

  auto wrong = codes;
  wrong[0].codes.cols += 1;
  CHECK_THROWS_MATCHES(
      write_image(m, table, "coded", plan, {}, wrong), std::runtime_error,
      MessageMatches(ContainsSubstring("the codes of the token embedding are for another format than q8x4")));
  CHECK_THROWS_MATCHES(
      write_image(m, table, "coded",
                  mote::host::read_packing("iq4_nl,embedding=q8,value=ternary,gate=q4,1.up=f32,key=trits", 4, m.shape),
                  {}, codes),
      std::runtime_error, MessageMatches(ContainsSubstring("are for another format than iq4_nlx4")));
  CHECK_THROWS_MATCHES(write_image(m, table, "coded", mote::host::read_packing("f16", 4, m.shape), {}, codes),
                       std::runtime_error, MessageMatches(ContainsSubstring("takes no codes")));
}

TEST_CASE("image writer: the real models", "[host][image_writer]") {
  const auto import = [](const char* weights, const char* tokenizer, auto format) {
    const raw_model m = mote::host::read_llama2c(mote_tests::asset(weights));
    const auto table =
        mote::host::pack_vocabulary(mote::host::read_llama2c_tokenizer(mote_tests::asset(tokenizer), m.shape.vocab));
    using Format = decltype(format);
    const written_image image = write_image<Format>(m, table, "real");
    const aligned_image copy(image.bytes);
    mote::attached_image out;
    REQUIRE(mote::open_image(copy.bytes(), expectation<Format>(m.shape, table.size()), out) == status::ok);
    worst_difference<Format>(m, out.weights);
    return image;
  };
  const auto small = import("llama2c-stories260K/stories260K.bin", "llama2c-stories260K/tok512.bin", mote::q8<16>{});
  CHECK(small.relative_error < 0.006);
  CHECK(small.bytes.size() < 300'000);
  const auto q80 =
      import("llama2c-stories3M-q80/stories3M-q80.bin", "llama2c-stories3M-q80/tok4096.bin", mote::q8<1>{});
  CHECK(q80.relative_error < 0.0003);  // its own integers
}
