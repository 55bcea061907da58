// SPDX-License-Identifier: BSL-1.0
// Makes an image with a head in two parts (policy/split.hpp) of an image without: finds the basis, turns the head, and
// writes both parts, the basis and the lengths of rows. All other tensors stay as they are.
// Refuses to make texts up: those that the basis is fitted to should be like those to come.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "mote/core/bytes.hpp"
#include "mote/core/checksum.hpp"
#include "mote/format/split_rows.hpp"
#include "mote/model/weights.hpp"
#include "mote/pipeline.hpp"
#include "mote/store/container.hpp"

namespace mote::inline v0::host {

/// A (n, n) matrix by rows.
using square_matrix = std::vector<double>;

/// The basis in which the first columns have most of each product of a row (rows, dim) and an input (inputs, dim). Rows
/// and inputs are equally long along each axis there, by falling length: of a system's states, control theory calls
/// that a balanced realization (Moore 1981). Without inputs: the principal axes of the rows. An input in it is the
/// result times the input. Throws std::runtime_error where a number is not finite.
square_matrix head_basis(std::span<const float> rows, std::span<const float> inputs, std::size_t dim);

/// The inverse. Throws std::runtime_error if there is none.
square_matrix inverse_of(square_matrix m);

/// rows (n, dim) times m, as floats.
std::vector<float> times(std::span<const float> rows, const square_matrix& m, std::size_t dim);

/// How long the vectors (rows, cols) are as bytes, and what a byte of 1 stands for: none is longer than its byte says.
struct row_lengths {
  std::vector<std::uint8_t> bytes;
  float unit = 0;
};
row_lengths lengths_of(std::span<const float> vectors, std::size_t rows, std::size_t cols);

namespace detail {

/// Packs columns [first, last) of rows (n, cols) to `to`; returns what they are now, (n, last - first).
template <class Format>
std::vector<float> pack_columns(std::span<const float> rows, std::size_t cols, std::size_t first, std::size_t last,
                                std::byte* to) {
  const std::size_t n = rows.size() / cols, width = last - first;
  std::vector<float> some(n * width), kept(n * width);
  for (std::size_t i = 0; i < n; ++i)
    std::memcpy(some.data() + i * width, rows.data() + i * cols + first, width * sizeof(float));
  for (std::size_t i = 0; i < n; i += Format::rows) {
    std::byte* const tile = to + i / Format::rows * Format::tile_bytes(width);
    const std::size_t count = n - i < Format::rows ? n - i : Format::rows;
    Format::encode_tile(some.data() + i * width, count, width, tile);
    for (std::size_t r = 0; r < count; ++r) Format::decode_row(tile, r, width, kept.data() + (i + r) * width);
  }
  return kept;
}

}  // namespace detail

/// A head (n, dim) as split_rows<> packs it, in a basis of head_basis(). The basis is rounded first, and the head is
/// turned by the inverse of what it then is: its rounding makes no error.
template <class Split>
std::vector<std::byte> pack_split(std::span<const float> rows, std::size_t dim, const square_matrix& basis) {
  const std::size_t n = rows.size() / dim;
  std::vector<std::byte> packed(Split::bytes(n, dim));
  const std::vector<float> wanted(basis.begin(), basis.end());
  const auto rounded =
      detail::pack_columns<typename Split::basis>(wanted, dim, 0, dim, packed.data() + Split::basis_at(n, dim));
  const auto turned = times(rows, inverse_of({rounded.begin(), rounded.end()}), dim);
  using inner = typename Split::inner;
  constexpr std::size_t first = Split::first_columns;
  (void)detail::pack_columns<inner>(turned, dim, 0, first, packed.data());
  const auto second = detail::pack_columns<inner>(turned, dim, first, dim, packed.data() + Split::second_at(n));
  const row_lengths lengths = lengths_of(second, n, dim - first);
  std::byte* const at = packed.data() + Split::unit_at(n, dim);
  std::memcpy(at, &lengths.unit, sizeof lengths.unit);
  std::memcpy(at + sizeof lengths.unit, lengths.bytes.data(), n);
  for (std::size_t i = 0; i < n; ++i) {
    std::byte& longest = at[sizeof lengths.unit + n + i / Split::block];
    longest = (std::max)(longest, std::byte{lengths.bytes[i]});
  }
  return packed;
}

/// Inputs of the head (count, dim), and the token that followed each.
struct head_inputs {
  std::vector<float> inputs;
  std::vector<std::size_t> next;
  std::size_t count() const { return next.size(); }
};

/// The first `most` inputs where a pipeline of this type reads texts and answers each with up to 20 tokens. Throws
/// std::runtime_error if it does not take the image, or cannot answer.
template <class Source>
head_inputs inputs_of(std::span<const std::byte> image, std::span<const std::string> texts, std::size_t most) {
  using model = typename Source::model_type;
  using family = typename Source::family;
  using store = kept_in<family, float_cache>;
  using passes =
      mote::detail::answer_facts<typename Source::format, family, store, model::shape, Source::context, pass_size{}>;
  constexpr std::size_t dim = model::shape.dim;
  const auto room = [](std::size_t n) {
    return std::unique_ptr<std::byte[], void (*)(std::byte*)>(
        static_cast<std::byte*>(::operator new(n, std::align_val_t{64})),
        [](std::byte* p) { ::operator delete(p, std::align_val_t{64}); });
  };
  const auto ai = std::make_unique<Source>();
  if (ai->attach(image) != status::ok) throw std::runtime_error("splitting the head: the image is of another model");
  container_header h;
  std::memcpy(&h, image.data(), sizeof h);
  const auto arena = room(passes::plan.bytes);
  const std::size_t cache_bytes = store::bytes(cached_by<family>(model::shape), Source::context);
  const auto cache = room(cache_bytes);
  const no_adapter none;
  single_thread::team alone;
  head_inputs found;
  for (const std::string& text : texts) {
    if (found.count() >= most) break;
    if (ai->begin(text, 20) != status::ok) continue;
    while (!ai->step().done) {
    }
    if (ai->state() != status::ok) throw std::runtime_error("splitting the head: the model does not answer");
    const std::vector<typename Source::token> tokens(ai->tokens().begin(), ai->tokens().end());
    std::memset(cache.get(), 0, cache_bytes);
    for (std::size_t at = 0; at + 1 < tokens.size() && found.count() < most; ++at) {
      (void)passes::run(image.data() + h.weights_offset, none, cache.get(), alone, arena.get(), tokens.data() + at, 1,
                        at, 1);
      const auto buffers = passes::buffers(arena.get());
      const auto* const x =
          reinterpret_cast<const float*>(buffers.template bytes<typename decode_plan_of<family>::last_normed>());
      found.inputs.insert(found.inputs.end(), x, x + dim);
      found.next.push_back(tokens[at + 1]);
    }
  }
  return found;
}

/// The image of Target, whose model and formats are those of Source but for the head; both are pipelines. `image` is
/// one that a Source has attached; `inputs` (count, dim) as head_basis() takes them.
template <class Source, class Target>
std::vector<std::byte> split_head(std::span<const std::byte> image, std::span<const float> inputs) {
  using family = typename Source::family;
  using from = typename Source::format;
  using to = typename Target::format;
  constexpr shape old = Source::shape, now = Target::shape;
  static_assert(old.vocab == now.vocab && old.dim == now.dim && !now.tied_head);
  const auto map = map_tensors<from, family>(old);
  const auto target = map_tensors<to, family>(now);
  container_header h;
  std::memcpy(&h, image.data(), sizeof h);
  const std::byte* const weights_of_old = image.data() + h.weights_offset;
  const weights<from, family> w(weights_of_old, old, map);
  std::vector<float> rows(old.vocab * old.dim);
  for (std::size_t i = 0; i < old.vocab; ++i) w.head().decode_row(i, rows.data() + i * old.dim);
  const auto head = pack_split<typename formats_of<to>::head>(rows, old.dim, head_basis(rows, inputs, old.dim));

  const std::span<const std::byte> words = image.subspan(h.vocabulary_offset, h.vocabulary_bytes);
  const image_layout layout = lay_image(target.bytes, words.size());
  std::vector<std::byte> made(layout.total_bytes);
  std::memcpy(made.data() + layout.weights_offset, weights_of_old, old.tied_head ? map.bytes : map.head);
  std::memcpy(made.data() + layout.weights_offset + target.head, head.data(), head.size());
  std::memcpy(made.data() + layout.vocabulary_offset, words.data(), words.size());
  h.total_bytes = layout.total_bytes;
  h.shape_fingerprint = now.fingerprint(family::name);
  h.format_fingerprint = format_fingerprint<to>();
  h.weights_offset = layout.weights_offset;
  h.weights_bytes = target.bytes;
  h.vocabulary_offset = layout.vocabulary_offset;
  put_name(h.format_name, "mixed");
  h.payload_crc = crc32(std::span<const std::byte>(made).subspan(container_header_bytes));
  h.base_fingerprint = image_fingerprint(h.payload_crc, h.shape_fingerprint);
  seal(h);
  std::memcpy(made.data(), &h, sizeof h);
  return made;
}

}  // namespace mote::inline v0::host
