// SPDX-License-Identifier: BSL-1.0
// A reference model written as the GGUF file that converters make of its family, with names and orders as they are
// published, and the logits of what is imported from it.
// Refuses to look into the families' tables of names: a fault there must show.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "../../family/published.hpp"
#include "../../synthetic_model.hpp"
#include "gguf_writer.hpp"
#include "mote/host/image/image_sink.hpp"
#include "mote/host/image/image_writer.hpp"
#include "mote/host/image/model_header.hpp"
#include "mote/host/image/model_header_reader.hpp"
#include "mote/host/image/packing.hpp"
#include "mote/host/image/repack.hpp"
#include "mote/host/image/token_table_packer.hpp"
#include "mote/host/import/gguf.hpp"
#include "mote/host/import/gguf_blocks.hpp"
#include "mote/model/byte_level_bpe.hpp"
#include "mote/store/container.hpp"

namespace mote_tests {

/// Two layers whose heads share keys; and two whose heads have ten channels, of which four are rotated.
inline constexpr mote::shape plain_shape{
    .dim = 24, .hidden = 44, .layers = 2, .heads = 4, .kv_heads = 2, .vocab = 37, .context = 80};
inline constexpr mote::shape partly_rotated{.dim = 40,
                                            .hidden = 44,
                                            .layers = 2,
                                            .heads = 4,
                                            .kv_heads = 4,
                                            .vocab = 37,
                                            .context = 80,
                                            .tied_head = false,
                                            .rotary_width = 4};

/// LayerNorm, all matrices of a layer biased, no gate, rotated in halves of a head.
inline published biased(const mote::shape& s) {
  published p = sizes_of(s);
  p.norm = norm_kind::layer;
  p.act = activation::gelu_tanh;
  p.gated = false;
  p.input_biased = p.output_biased = p.ffn_biased = true;
  p.pairs = rope_pairs::halves;
  return p;
}

/// How a family's file differs from Llama's.
struct gguf_habits {
  std::string architecture = "llama";
  bool joins_attention = false;        // query, key and value are one tensor
  bool joins_gate = false;             // gate and up are one, called up
  bool norms_after_embedding = false;  // LFM2 calls its last norm so
  bool layer_norms = false;
};

/// A byte-level vocabulary of `vocab` tokens: printable characters, and an end.
inline void put_vocabulary(gguf_parts& g, std::size_t vocab) {
  byte_writer tokens, types;
  for (byte_writer* w : {&tokens, &types})
    w->put(std::uint32_t{9}).put(std::uint32_t{w == &tokens ? 8U : 5U}).put(static_cast<std::uint64_t>(vocab));
  for (std::size_t id = 0; id < vocab; ++id) {
    tokens.text(id + 1 == vocab ? std::string("<|end|>") : std::string(1, static_cast<char>('!' + id)));
    types.put(id + 1 == vocab ? 3 : 1);
  }
  g.value("tokenizer.ggml.model", "gpt2");
  g.value("tokenizer.ggml.pre", "gpt-2");
  g.set("tokenizer.ggml.tokens", tokens.bytes);
  g.set("tokenizer.ggml.token_type", types.bytes);
  g.set("tokenizer.ggml.merges", byte_writer{}.put(std::uint32_t{9}).put(std::uint32_t{8}).put(std::uint64_t{0}).bytes);
  g.value("tokenizer.ggml.eos_token_id", 4, static_cast<std::uint32_t>(vocab - 1));
}

inline std::string name_in_gguf(const gguf_habits& h, const std::string& name) {
  static const std::map<std::string, std::string> in_layer{{"attention_norm", "attn_norm"},
                                                           {"ffn_norm", "ffn_norm"},
                                                           {"post_attention_norm", "post_attention_norm"},
                                                           {"post_ffn_norm", "post_ffw_norm"},
                                                           {"query", "attn_q"},
                                                           {"key", "attn_k"},
                                                           {"value", "attn_v"},
                                                           {"query_norm", "attn_q_norm"},
                                                           {"key_norm", "attn_k_norm"},
                                                           {"output", "attn_output"},
                                                           {"gate", "ffn_gate"},
                                                           {"up", "ffn_up"},
                                                           {"down", "ffn_down"},
                                                           {"convolution_input", "shortconv.in_proj"},
                                                           {"convolution_output", "shortconv.out_proj"},
                                                           {"convolution_taps", "shortconv.conv"}};
  std::string rest = name;
  std::string end = ".weight";
  if (rest.ends_with(".bias")) {
    end = ".bias";
    rest.resize(rest.size() - 5);
  }
  if (rest == "embedding") return "token_embd" + end;
  if (rest == "positions") return "position_embd" + end;
  if (rest == "head") return "output" + end;
  if (rest == "final_norm") return (h.norms_after_embedding ? "token_embd_norm" : "output_norm") + end;
  const std::size_t dot = rest.find('.', 7);  // behind "layers."
  return "blk." + rest.substr(7, dot - 7) + "." + in_layer.at(rest.substr(dot + 1)) + end;
}

/// The file of a reference model, all weights floats.
inline gguf_parts family_gguf(plain_published& m, const gguf_habits& h) {
  const published& p = m.s;
  gguf_parts g;
  const std::string a = h.architecture + ".";
  const auto number = [&](const std::string& key, std::size_t v) {
    g.value(a + key, 4, static_cast<std::uint32_t>(v));
  };
  g.value("general.architecture", h.architecture);
  number("embedding_length", p.dim);
  number("feed_forward_length", p.hidden);
  number("block_count", p.layers);
  number("attention.head_count", p.heads);
  number("attention.head_count_kv", p.kv_heads);
  number("context_length", p.context);
  g.value(a + (h.layer_norms ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon"), 6,
          static_cast<float>(p.norm_epsilon));
  put_vocabulary(g, p.vocab);

  struct tensor {
    std::size_t rows, cols;  // rows 0: a vector
    plain_vector values;
  };
  std::vector<std::pair<std::string, tensor>> all;
  const auto put = [&](const std::string& name, const tensor& t) {
    for (auto& [n, old] : all)
      if (n == name) {  // joined: behind what is there
        old.rows += t.rows;
        if (t.rows == 0) old.cols += t.cols;
        old.values.insert(old.values.end(), t.values.begin(), t.values.end());
        return;
      }
    all.emplace_back(name, t);
  };
  for (const named_tensor& t : tensors_of(m)) {
    std::string name = name_in_gguf(h, t.name);
    for (const char* part : {"attn_q.", "attn_k.", "attn_v."})
      if (const std::size_t at = name.find(part); h.joins_attention && at != name.npos)
        name.replace(at, 7, "attn_qkv.");
    if (const std::size_t at = name.find("ffn_gate."); h.joins_gate && at != name.npos) name.replace(at, 9, "ffn_up.");
    if (t.matrix != nullptr) put(name, {t.matrix->rows, t.matrix->cols, t.matrix->v});
    else if (t.name.ends_with("convolution_taps")) put(name, {p.dim, t.vector->size() / p.dim, *t.vector});
    else put(name, {0, t.vector->size(), *t.vector});
  }
  for (const auto& [name, t] : all) {
    byte_writer data;
    for (const double v : t.values) data.put(static_cast<float>(v));
    std::vector<std::uint64_t> dimensions{t.cols};
    if (t.rows != 0) dimensions.push_back(t.rows);
    g.add(name, std::move(dimensions), mote::host::gguf_type::f32, data.bytes);
  }
  return g;
}

/// Rows in any pieces are the rows of the whole, and the blocks of the file hold the same numbers in the same order.
inline void check_rows(mote::host::model_source& in) {
  for (const mote::host::tensor_place& p : in.family().all_tensors(in.shape())) {
    INFO(mote::host::name(p));
    const mote::matrix_size size = in.family().size(in.shape(), p);
    std::vector<float> whole(size.rows * size.cols), rows(whole.size()), stored(whole.size());
    in.load_rows(p, 0, size.rows, whole.data());
    for (const std::size_t count : {1U, 7U}) {
      for (std::size_t first = 0; first < size.rows; first += count)
        in.load_rows(p, first, std::min<std::size_t>(count, size.rows - first), rows.data() + first * size.cols);
      REQUIRE(rows == whole);
    }
    const auto blocks = in.stored(p).blocks;
    REQUIRE(blocks.has_value() == in.kind().starts_with("GGUF"));
    if (!blocks) continue;
    REQUIRE(blocks->bytes.size() == whole.size() * sizeof(float));
    std::memcpy(stored.data(), blocks->bytes.data(), blocks->bytes.size());
    REQUIRE(stored == whole);
  }
}

/// Compares the logits of what Family's blocks compute from the image of an opened model with the reference's.
template <class Family>
void check_opened(const plain_published& m, const mote::host::opened_model& opened, const mote::shape& expected_shape,
                  int eos = -1) {
  using format = mote::f32<4>;
  mote::host::model_source& in = *opened.weights;
  REQUIRE(in.shape() == expected_shape);
  REQUIRE(in.family() == mote::host::any_family::of<Family>());
  REQUIRE(opened.tokenizer.has_value());
  CHECK(opened.eos == (eos < 0 ? static_cast<int>(in.shape().vocab) - 1 : eos));
  check_rows(in);

  const mote::shape& s = in.shape();
  const auto table = mote::host::pack_token_table(*opened.tokenizer);
  mote::host::memory_sink out;
  (void)mote::host::write_image(in, table, "x", mote::host::read_packing("f32", 4, s, in.family()), out);
  const aligned_bytes image(out.bytes);
  // An image of another order of rows becomes this one, and the model's header is read back.
  const mote::host::model_facts facts =
      mote::host::read_model_header(mote::host::model_header({.name = "x",
                                                              .origin = "a test",
                                                              .shape = s,
                                                              .family = in.family(),
                                                              .vocabulary_bytes = table.size(),
                                                              .longest_piece = 1,
                                                              .special_tokens = {.bos = opened.bos, .eos = opened.eos},
                                                              .tokenizer = opened.tokenizer->type_name(),
                                                              .control_tokens = opened.tokenizer->control_tokens()}));
  REQUIRE(facts.family == in.family());
  mote::host::memory_sink by_row;
  (void)mote::host::write_image(in, table, "x", mote::host::read_packing("f32", 1, s, in.family()), by_row);
  CHECK(mote::host::repack(aligned_bytes(by_row.bytes), facts, 4) == out.bytes);
  const auto map = mote::map_tensors<format, Family>(s);
  mote::basic_attached_image<mote::byte_level_bpe<mote::gpt2_pieces>::table> attached;
  REQUIRE(mote::open_image(image,
                           {.shape_fingerprint = s.fingerprint(Family::name),
                            .format_fingerprint = mote::format_fingerprint<format>(),
                            .weights_bytes = map.bytes,
                            .vocabulary_bytes = table.size(),
                            .vocab_count = s.vocab},
                           attached) == mote::status::ok);

  const mote::weights<format, Family> w{attached.weights, s, map};
  using store = mote::kept_in<Family, mote::float_cache>;
  const auto made_for = mote::cached_by<Family>(s);
  const auto plan = mote::plan_arena(mote::decode_lifetimes<Family, format>(s, s.context));
  packed_bytes arena(plan.bytes, 0xFF), kept(store::bytes(made_for, s.context), 0xFF);
  const mote::decode_buffers<Family> buffers{arena.data(), plan};
  const store cache(kept.data(), made_for, s.context);
  std::vector<std::uint64_t> frequencies(mote::rotary_count<Family>(s));
  mote::put_rotary_frequencies<Family>(s, frequencies.data());
  const std::vector<std::uint16_t> tokens = family_tokens(21, s.vocab);
  const plain_rows expected = m.logits(tokens);
  double error = 0, size = 0;
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    const float* row = mote::decode(s, w, mote::no_adapter{}, frequencies.data(), cache, buffers, tokens[t], t, true);
    for (std::size_t i = 0; i < s.vocab; ++i) {
      error += std::pow(static_cast<double>(row[i]) - expected[t][i], 2);
      size += std::pow(expected[t][i], 2);
    }
  }
  INFO("logits differ by " << std::sqrt(error / size));
  CHECK(std::sqrt(error / size) < 3e-6);
}

/// Imports the file.
template <class Family>
void check_import(const plain_published& m, const gguf_parts& g, const mote::shape& expected_shape) {
  const auto file = g.file();
  check_opened<Family>(m, mote::host::open_gguf(file, "x.gguf"), expected_shape);
}

}  // namespace mote_tests
