// SPDX-License-Identifier: BSL-1.0
// A whole way from floats to an image's weights: what is folded first, which quantiser chooses codes, which format each
// tensor has. As text: "gptq/iq4_nl,embedding=q8" or "awq/mse/q4", formats last, what is left out being nothing and rtn.
//   rtn       the format's own rounding; no calibration
//   mse       the scales of the least squared error, columns weighed by their input's power
//   gptq      what a column loses, later columns make up for
//   hqq       forgives weights that lie far out; no calibration
//   awq, smooth, hadamard      awq.hpp, smooth.hpp, hadamard.hpp; hadamard gives a tied head its own matrix
// Refuses a quantiser that no tensor could listen to: floats have no codes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "mote/host/image/packing.hpp"
#include "mote/host/quantize/awq.hpp"
#include "mote/host/quantize/gptq.hpp"
#include "mote/host/quantize/hadamard.hpp"
#include "mote/host/quantize/hqq.hpp"
#include "mote/host/quantize/mse_search.hpp"
#include "mote/host/quantize/quantise_model.hpp"
#include "mote/host/quantize/sampled_text.hpp"
#include "mote/host/quantize/smooth.hpp"

namespace mote::inline v0::host {

enum class fold_kind : std::uint8_t { none, awq, smooth, hadamard };
inline constexpr std::array<std::string_view, 4> fold_names{"none", "awq", "smooth", "hadamard"};
enum class quantiser_kind : std::uint8_t { rtn, mse, gptq, hqq };
inline constexpr std::array<std::string_view, 4> quantiser_names{"rtn", "mse", "gptq", "hqq"};

struct scheme {
  fold_kind fold = fold_kind::none;
  quantiser_kind quantiser = quantiser_kind::rtn;
  std::string formats = "q8";

  /// Whether a text must be sampled first.
  bool needs_text() const {
    return fold == fold_kind::awq || fold == fold_kind::smooth || quantiser == quantiser_kind::mse ||
           quantiser == quantiser_kind::gptq;
  }
};

/// Reads the text form above.
inline scheme read_scheme(std::string_view text) {
  scheme s;
  bool fold_taken = false;
  bool quantiser_taken = false;
  for (std::size_t slash = text.find('/'); slash != std::string_view::npos; slash = text.find('/')) {
    const std::string_view word = text.substr(0, slash);
    const auto is = [&](const auto& names, auto& value, bool& taken) {
      for (std::size_t i = 0; i < names.size(); ++i)
        if (word == names[i] && !taken) {
          value = static_cast<std::remove_reference_t<decltype(value)>>(i);
          return taken = true;
        }
      return false;
    };
    if (!is(fold_names, s.fold, fold_taken) && !is(quantiser_names, s.quantiser, quantiser_taken))
      throw std::runtime_error(
          "scheme: \"" + std::string(word) +
          "\" is not understood; one of awq, smooth, hadamard and one of rtn, mse, gptq, hqq may stand in front, as in awq/gptq/q4");
    text.remove_prefix(slash + 1);
  }
  s.formats = text;
  return s;
}
inline std::string text_of(const scheme& s) {
  std::string text;
  if (s.fold != fold_kind::none) text += std::string(fold_names[static_cast<std::size_t>(s.fold)]) + "/";
  if (s.quantiser != quantiser_kind::rtn)
    text += std::string(quantiser_names[static_cast<std::size_t>(s.quantiser)]) + "/";
  return text + s.formats;
}

/// What an image is written from.
struct compressed_model {
  raw_model model;  ///< folded; its shape has a head of its own after `hadamard`
  packing_plan plan;
  std::vector<quantised_tensor>
      codes;  ///< of the tensors that a quantiser has rounded; the others round by their format
};

/// Text for calibration, from the model itself. `begin` is its first token.
inline text_sample calibration_text(const raw_model& m, std::size_t tokens, std::size_t begin, std::uint64_t seed = 1,
                                    const std::function<void(double)>& report = {}) {
  const std::size_t length = std::min<std::size_t>(m.shape.context, 256);
  return sample_text(use_floats(m), std::max<std::size_t>((tokens + length - 1) / length, 1), length, begin, seed,
                     report);
}

/// A quantiser by its name, as schemes use it.
inline quantiser quantiser_of(quantiser_kind kind) {
  switch (kind) {
    case quantiser_kind::rtn: break;
    case quantiser_kind::mse: return mse_search{};
    case quantiser_kind::gptq: return gptq{.search = true};
    case quantiser_kind::hqq: return hqq{};
  }
  return round_to_nearest{};
}

/// Codes for every tensor of a plan that takes them; none from `rtn`, which is what formats do by themselves.
inline std::vector<quantised_tensor> choose_codes(const raw_model& m, const packing_plan& plan, quantiser_kind kind,
                                                  const text_sample* text, const quantise_report& report = {}) {
  if (kind == quantiser_kind::rtn) return {};
  if (scheme{.quantiser = kind}.needs_text()) {
    if (text == nullptr)
      throw std::runtime_error("compress: " + std::string(quantiser_names[static_cast<std::size_t>(kind)]) +
                               " needs a text for calibration");
  } else {
    text = nullptr;
  }
  std::map<const packed_format*, grid> grids;
  for (const tensor_place& p : all_tensors(m.shape))
    if (plan.at(p).takes_codes() && !grids.contains(&plan.at(p))) grids.emplace(&plan.at(p), plan.at(p).levels());
  const quantiser how = quantiser_of(kind);
  return quantise_model(
      m,
      [&](const tensor_place& p) -> tensor_recipe {
        const auto found = grids.find(&plan.at(p));
        if (found == grids.end()) return {};
        return {&found->second, how};
      },
      text, report);
}

/// `text` is needed if the scheme says so; it may be sampled from the model as it was before.
inline compressed_model compress(raw_model m, const scheme& s, std::size_t rows, const text_sample* text = nullptr,
                                 const quantise_report& report = {}) {
  if (s.needs_text() && text == nullptr)
    throw std::runtime_error("compress: " + text_of(s) + " needs a text for calibration");
  compressed_model c;
  c.plan = read_packing(s.formats, rows, m.shape);
  bool coded = false;
  const packed_format* coarsest = nullptr;  // of a block
  double fewest = 0;
  for (const tensor_place& p : all_tensors(m.shape)) {
    const packed_format& f = c.plan.at(p);
    if (!f.takes_codes()) continue;
    coded = true;
    const double bits = f.levels().bits_per_weight;
    if (p.where != tensor_place::part::block || (coarsest != nullptr && bits >= fewest)) continue;
    coarsest = &f;
    fewest = bits;
  }
  if ((s.quantiser != quantiser_kind::rtn && !coded) || (s.fold == fold_kind::awq && coarsest == nullptr))
    throw std::runtime_error("compress: no tensor of \"" + s.formats + "\" takes codes from " +
                             text_of({s.fold, s.quantiser, ""}) + "; floats stay floats");
  switch (s.fold) {
    case fold_kind::none: break;
    case fold_kind::awq: awq{}(m, coarsest->levels(), *text); break;
    case fold_kind::smooth: smooth{}(m, *text); break;
    case fold_kind::hadamard:
      hadamard{}(m);
      c.plan = read_packing(s.formats, rows, m.shape);
      break;
  }
  c.codes = choose_codes(m, c.plan, s.quantiser, text, report);
  c.model = std::move(m);
  return c;
}

/// The floats that a matrix decodes to when its format has rounded it.
inline std::vector<float> rounded_by(const packed_format& f, const raw_model& m, const tensor_place& p) {
  const matrix_size size = size_of(m.shape, p);
  const auto w = values_of(m, p);
  const raw_tensor& t = tensor_of(m, p);
  std::vector<float> out(w.size());
  packed_bytes tile(f.tile_bytes(size.cols));
  for (std::size_t row = 0; row < size.rows; ++row) {
    if (row % f.rows == 0) {
      const std::size_t count = (std::min)(f.rows, size.rows - row);
      f.encode_tile(w.data() + row * size.cols, count, size.cols, tile.data());
      f.keep(t, p.layer, size.rows, row, count, size.cols, tile.data());
    }
    f.decode_row(tile.data(), row % f.rows, size.cols, out.data() + row * size.cols);
  }
  return out;
}

/// The model whose floats are those that the image will hold: for measuring what its weights have lost.
inline batch_model use_compressed(const compressed_model& c) {
  batch_model b = use_floats(c.model);
  for (const tensor_place& p : all_tensors(c.model.shape)) {
    const matrix_size m = size_of(c.model.shape, p);
    b.put(p, pack_floats(rounded_by(c.plan.at(p), c.model, p).data(), m.rows, m.cols));
  }
  return use_decoded(std::move(b), c.codes);
}

}  // namespace mote::inline v0::host
