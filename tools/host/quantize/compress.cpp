// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/compress.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "mote/host/image/image_writer.hpp"
#include "mote/host/image/packing.hpp"
#include "mote/host/import/model_source.hpp"
#include "mote/host/quantize/awq.hpp"
#include "mote/host/quantize/calibrated_source.hpp"
#include "mote/host/quantize/gptq.hpp"
#include "mote/host/quantize/hadamard.hpp"
#include "mote/host/quantize/hqq.hpp"
#include "mote/host/quantize/mse_search.hpp"
#include "mote/host/quantize/quantize_model.hpp"
#include "mote/host/quantize/read_at_use.hpp"
#include "mote/host/quantize/sampled_text.hpp"
#include "mote/host/quantize/smooth.hpp"

namespace mote::inline v0::host {

scheme read_scheme(std::string_view text) {
  scheme s;
  bool fold_taken = false;
  bool quantizer_taken = false;
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
    if (!is(fold_names, s.fold, fold_taken) && !is(quantizer_names, s.quantizer, quantizer_taken))
      throw std::runtime_error(
          "scheme: \"" + std::string(word) +
          "\" is not understood; one of awq, smooth, hadamard and one of rtn, mse, gptq, hqq may stand in front, as in awq/gptq/q4");
    text.remove_prefix(slash + 1);
  }
  s.formats = text;
  return s;
}

std::string text_of(const scheme& s) {
  std::string text;
  if (s.fold != fold_kind::none) text += std::string(fold_names[static_cast<std::size_t>(s.fold)]) + "/";
  if (s.quantizer != quantizer_kind::rtn)
    text += std::string(quantizer_names[static_cast<std::size_t>(s.quantizer)]) + "/";
  return text + s.formats;
}

namespace detail {

namespace {

text_sample sample(const batch_model& m, std::size_t tokens, std::size_t begin, std::uint64_t seed,
                   const std::function<void(double)>& report) {
  const std::size_t length = std::min<std::size_t>(m.shape.context, 256);
  return sample_text(m, std::max<std::size_t>((tokens + length - 1) / length, 1), length, begin, seed, report);
}

}  // namespace

}  // namespace detail

text_sample calibration_text(const raw_model& m, std::size_t tokens, std::size_t begin, std::uint64_t seed,
                             const std::function<void(double)>& report) {
  return detail::sample(use_floats(m), tokens, begin, seed, report);
}
text_sample calibration_text(model_source& m, std::size_t tokens, std::size_t begin, std::uint64_t seed,
                             const std::function<void(double)>& report) {
  return detail::sample(use_source(m), tokens, begin, seed, report);
}

quantizer quantizer_of(quantizer_kind kind) {
  switch (kind) {
    case quantizer_kind::rtn: break;
    case quantizer_kind::mse: return mse_search{};
    case quantizer_kind::gptq: return gptq{.search = true};
    case quantizer_kind::hqq: return hqq{};
  }
  return round_to_nearest{};
}

namespace detail {

namespace {

/// The grids of the formats that take codes.
std::map<const packed_format*, quantization_grid> grids_of(const packing_plan& plan, const shape& s) {
  std::map<const packed_format*, quantization_grid> grids;
  for (const tensor_place& p : plan.family.all_tensors(s))
    if (plan.at(p).takes_codes() && !grids.contains(&plan.at(p))) grids.emplace(&plan.at(p), plan.at(p).levels());
  return grids;
}

[[noreturn]] void takes_no_codes(const scheme& s) {
  throw std::runtime_error("compress: no tensor of \"" + s.formats + "\" takes codes from " +
                           text_of({s.fold, s.quantizer, ""}) + "; floats stay floats");
}

}  // namespace

}  // namespace detail

std::vector<quantized_tensor> choose_codes(const raw_model& m, const packing_plan& plan, quantizer_kind kind,
                                           const text_sample* text, const quantize_report& report) {
  if (kind == quantizer_kind::rtn) return {};
  if (scheme{.quantizer = kind}.needs_text()) {
    if (text == nullptr)
      throw std::runtime_error("compress: " + std::string(quantizer_names[static_cast<std::size_t>(kind)]) +
                               " needs a text for calibration");
  } else {
    text = nullptr;
  }
  const std::map<const packed_format*, quantization_grid> grids = detail::grids_of(plan, m.shape);
  const quantizer how = quantizer_of(kind);
  return quantize_model(
      m,
      [&](const tensor_place& p) -> tensor_recipe {
        const auto found = grids.find(&plan.at(p));
        if (found == grids.end()) return {};
        return {&found->second, how};
      },
      text, report);
}

row_coder code_rows(const packing_plan& plan, const scheme& s, const mote::shape& shape) {
  if (!s.by_rows(false)) throw std::runtime_error("compress: " + text_of(s) + " needs the whole model");
  if (s.quantizer == quantizer_kind::rtn) return {};
  auto grids = detail::grids_of(plan, shape);
  if (grids.empty()) detail::takes_no_codes(s);
  struct state {
    std::map<const packed_format*, quantization_grid> grids;
    packing_plan plan;
    quantizer how;
    coded_matrix codes;
  };
  const auto kept = std::make_shared<state>(state{std::move(grids), plan, quantizer_of(s.quantizer), {}});
  return [kept](const quantizer_task& rows, std::size_t) -> coded_rows {
    const auto found = kept->grids.find(&kept->plan.at(rows.place));
    if (found == kept->grids.end()) return {};
    kept->codes = kept->how(rows, found->second);
    return {&kept->codes, 0};
  };
}

namespace detail {

namespace {

/// The block format of fewest bits per weight: AWQ searches on its grid. Null if all blocks keep floats. Throws if no
/// tensor takes codes from the scheme.
const packed_format* coarsest_of(const packing_plan& plan, const scheme& s, const mote::shape& shape) {
  bool coded = false;
  const packed_format* coarsest = nullptr;
  double fewest = 0;
  for (const tensor_place& p : plan.family.all_tensors(shape)) {
    const packed_format& f = plan.at(p);
    if (!f.takes_codes()) continue;
    coded = true;
    const double bits = f.levels().bits_per_weight;
    if (p.where != tensor_place::part::block || (coarsest != nullptr && bits >= fewest)) continue;
    coarsest = &f;
    fewest = bits;
  }
  if ((s.quantizer != quantizer_kind::rtn && !coded) || (s.fold == fold_kind::awq && coarsest == nullptr))
    takes_no_codes(s);
  return coarsest;
}

/// The quantizer of a kind for matrices that read an input.
std::function<quantizer(input_moments)> quantizer_behind(quantizer_kind kind) {
  switch (kind) {
    case quantizer_kind::gptq:
      return [](input_moments seen) -> quantizer {
        const gptq how{.search = true};
        return [how, input = std::make_shared<const gptq::factored>(how.factor(std::move(seen)))](
                   const quantizer_task& t, const quantization_grid& g) { return how.quantize(t, g, *input); };
      };
    case quantizer_kind::mse:
      return [](input_moments seen) -> quantizer {
        return [input = std::make_shared<const input_moments>(std::move(seen))](quantizer_task t,
                                                                                const quantization_grid& g) {
          t.input = input.get();
          return mse_search{}(t, g);
        };
      };
    case quantizer_kind::rtn:
    case quantizer_kind::hqq: break;
  }
  return {};
}

}  // namespace

}  // namespace detail

streamed_model compress_by_layers(model_source& from, const scheme& s, std::size_t rows, const text_sample& text) {
  if (!s.by_layers()) throw std::runtime_error("compress: " + text_of(s) + " needs the whole model");
  const mote::shape& shape = from.shape();
  streamed_model m;
  m.plan = read_packing(s.formats, rows, shape, from.family());
  const packed_format* coarsest = detail::coarsest_of(m.plan, s, shape);
  calibrated_steps<llama> steps;
  if (s.fold == fold_kind::awq) {
    must_scale<llama>(shape, "awq");
    steps.fold_sees = moment_kind::full;
    steps.fold = [grid = coarsest->levels()](raw_model& layer, std::size_t i, const layer_moments& seen) {
      (void)awq{}.fold_layer(layer, i, seen, grid);
    };
  } else if (s.fold == fold_kind::smooth) {
    must_scale<llama>(shape, "smooth");
    steps.fold = [](raw_model& layer, std::size_t i, const layer_moments& seen) {
      smooth{}.fold_layer(layer, i, seen);
    };
  }
  if (s.quantizer != quantizer_kind::rtn) {
    steps.grid = [plan = m.plan, grids = std::make_shared<const std::map<const packed_format*, quantization_grid>>(
                                     detail::grids_of(m.plan, shape))](const tensor_place& p) {
      const auto found = grids->find(&plan.at(p));
      return found == grids->end() ? nullptr : &found->second;
    };
    steps.alone = quantizer_of(s.quantizer);
    steps.behind = detail::quantizer_behind(s.quantizer);
    if (s.quantizer == quantizer_kind::gptq) steps.quantizer_sees = moment_kind::full;
  }
  auto weights = std::make_unique<calibrated_source<llama>>(from, text, std::move(steps));
  m.coder = weights->coder();
  m.weights = std::move(weights);
  return m;
}

compressed_model compress(raw_model m, const scheme& s, std::size_t rows, const text_sample* text,
                          const quantize_report& report) {
  if (s.needs_text() && text == nullptr)
    throw std::runtime_error("compress: " + text_of(s) + " needs a text for calibration");
  compressed_model c;
  c.plan = read_packing(s.formats, rows, m.shape);
  const packed_format* coarsest = detail::coarsest_of(c.plan, s, m.shape);
  switch (s.fold) {
    case fold_kind::none: break;
    case fold_kind::awq: awq{}(m, coarsest->levels(), *text); break;
    case fold_kind::smooth: smooth{}(m, *text); break;
    case fold_kind::hadamard:
      hadamard{}(m);
      c.plan = read_packing(s.formats, rows, m.shape);
      break;
  }
  c.codes = choose_codes(m, c.plan, s.quantizer, text, report);
  c.model = std::move(m);
  return c;
}

std::vector<float> rounded_by(const packed_format& f, const raw_model& m, const tensor_place& p) {
  const matrix_size size = size_of(m.shape, p);
  const auto w = values_of(m, p);
  const stored_matrix stored = held_model<>(m).stored(p);
  std::vector<float> out(w.size());
  packed_bytes tile(f.tile_bytes(size.cols));
  for (std::size_t row = 0; row < size.rows; ++row) {
    if (row % f.rows == 0) {
      const std::size_t count = (std::min)(f.rows, size.rows - row);
      f.encode_tile(w.data() + row * size.cols, count, size.cols, tile.data());
      f.keep(stored, row, count, size.cols, tile.data());
    }
    f.decode_row(tile.data(), row % f.rows, size.cols, out.data() + row * size.cols);
  }
  return out;
}

batch_model use_compressed(const compressed_model& c) {
  batch_model b = use_floats(c.model);
  for (const tensor_place& p : all_tensors(c.model.shape)) {
    const matrix_size m = size_of(c.model.shape, p);
    b.put(p, pack_floats(rounded_by(c.plan.at(p), c.model, p).data(), m.rows, m.cols));
  }
  return use_decoded(std::move(b), c.codes);
}

}  // namespace mote::inline v0::host
