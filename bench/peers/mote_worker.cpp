// SPDX-License-Identifier: BSL-1.0
// mote's side of bench/peers.sh: one shape, one format, one number of threads, with random weights made in memory as
// the packed bytes of the format. Each argument tg<tokens>x<times> or pp<tokens>x<times> is a test, run once more to
// warm up; its lines say "test tokens nanoseconds"; the first, "weights 1 bytes". tg: tokens made one after the other
// from the first position, each a step() of the pipeline. pp: a prompt read until its first token is chosen,
// MOTE_PREFILL tokens a pass.
// Refuses to print what it generates.
//   -DMOTE_SHAPE=stories15M -DMOTE_FORMAT=q8 -DMOTE_THREADS=2 -DMOTE_PREFILL=32
#include <sys/mman.h>
#include <time.h>

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#define MOTE_TEXT_OF(x) #x
#define MOTE_TEXT(x) MOTE_TEXT_OF(x)

// clang-format off
#include MOTE_TEXT(mote/format/MOTE_FORMAT.hpp)
// clang-format on
#include "mote/pipeline.hpp"
#include "shapes.hpp"
#if MOTE_THREADS > 1
#include "mote/policy/threads.hpp"
#endif

namespace {

using bytes = std::size_t;

/// A letter, a space: tokens that a text can become. The others are words that no text is cut into.
constexpr std::size_t letters = 27;

struct random_model {
  static constexpr std::string_view name = MOTE_TEXT(MOTE_SHAPE);
  static constexpr mote::shape shape = peers::shape_called(name);
  static_assert(shape.valid(), "no such shape");
  static constexpr std::size_t text_bytes = letters + (shape.vocab - letters) * 4;
  static constexpr std::size_t vocabulary_bytes = mote::vocabulary_bytes(shape.vocab, letters, text_bytes);
  static constexpr std::size_t longest_piece = 4;
  // The last token opens. Its weights are those of an earlier one, so that greedy, which takes the first of equals,
  // never ends a text.
  static constexpr mote::special_tokens special_tokens{.bos = static_cast<int>(shape.vocab) - 1, .eos = -1};
};

struct every_matrix {
  using slot = mote::slots::weights;
  template <std::size_t Rows, std::size_t>
  using format = mote::MOTE_FORMAT<Rows>;
};

#ifndef MOTE_PREFILL
#define MOTE_PREFILL 32
#endif
#if MOTE_THREADS > 1
using team = mote::threads<MOTE_THREADS>;
#else
using team = mote::single_thread;
#endif
using generator = mote::pipeline<random_model, every_matrix, mote::context<640>, mote::prefill<MOTE_PREFILL>, team>;
static generator model;

/// Tiles of random weights, packed once for a width of rows and then repeated: a few megabytes of arithmetic instead
/// of gigabytes of floats, and any format can do it.
template <class Format>
void fill_matrix(std::byte* to, std::size_t rows, std::size_t cols, mote::rng& random) {
  constexpr std::size_t most = 24;
  const bytes tile = Format::tile_bytes(cols);
  const std::size_t tiles = mote::ceil_div(rows, Format::rows);
  const std::size_t made = tiles < most ? tiles : most;
  const float deviation = 1.0F / std::sqrt(static_cast<float>(cols));
  auto* w = static_cast<float*>(std::malloc(Format::rows * cols * sizeof(float)));
  for (std::size_t t = 0; t < made; ++t) {
    for (std::size_t i = 0; i < Format::rows * cols; ++i) w[i] = random.normal() * deviation;
    Format::encode_tile(w, Format::rows, cols, to + t * tile);
  }
  std::free(w);
  for (std::size_t t = made; t < tiles; ++t) std::memcpy(to + t * tile, to + (t - made) * tile, tile);
}

void fill_ones(std::byte* to, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float one = 1;
    std::memcpy(to + i * sizeof one, &one, sizeof one);
  }
}

template <class Format>
void fill_weights(std::byte* base) {
  constexpr const mote::shape& s = random_model::shape;
  constexpr auto map = mote::map_tensors<Format>(s);
  mote::rng random(20231);
  fill_matrix<Format>(base + map.embedding, s.vocab, s.dim, random);
  for (std::size_t layer = 0; layer < s.layers; ++layer) {
    std::byte* block = base + map.start_of(layer);
    fill_ones(base + map.at(layer, mote::vector_role::attention_norm), s.dim);
    fill_ones(base + map.at(layer, mote::vector_role::ffn_norm), s.dim);
    for (std::size_t r = 0; r < mote::role_count; ++r) {
      const auto size = mote::size_of(s, static_cast<mote::role>(r));
      fill_matrix<Format>(block + map.in(layer).matrix[r], size.rows, size.cols, random);
    }
  }
  fill_ones(base + map.at(0, mote::vector_role::final_norm), s.dim);
}

void fill_vocabulary(std::byte* table) {
  constexpr std::size_t count = random_model::shape.vocab;
  constexpr std::size_t index = count < 65536 ? 2 : 4;
  const auto put = [&](bytes at, std::size_t number, std::size_t width) { std::memcpy(table + at, &number, width); };
  put(0, count, 4);
  put(4, letters, 4);
  put(8, 4, 4);
  put(12, random_model::text_bytes, 4);
  put(16, mote::no_token, 4);
  const bytes sorted = mote::vocabulary_header_bytes + 4 * (count + 1) + index * count;
  const bytes text = sorted + index * letters;
  bytes end = 0;
  for (std::size_t id = 0; id < count; ++id) {
    put(mote::vocabulary_header_bytes + 4 * id, end, 4);
    if (id < letters) {
      put(sorted + index * id, id, index);
      put(text + end++, id == 0 ? ' ' : 'a' + id - 1, 1);
    } else {
      put(text + end, 0x23000000U | static_cast<unsigned>(id), 4);
      end += 4;
    }
  }
  put(mote::vocabulary_header_bytes + 4 * count, end, 4);
}

std::span<const std::byte> make_image() {
  using format = generator::format;
  constexpr auto map = mote::map_tensors<format>(random_model::shape);
  constexpr auto layout = mote::lay_image(map.bytes, random_model::vocabulary_bytes);
  constexpr bytes page = bytes{2} << 20U;
  constexpr bytes room = mote::round_up(layout.total_bytes, page) + page;
  void* memory = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return {};
  auto* image = reinterpret_cast<std::byte*>(mote::round_up(reinterpret_cast<std::uintptr_t>(memory), page));
#ifdef MADV_HUGEPAGE
  if (std::getenv("MOTE_SMALL_PAGES") == nullptr && layout.total_bytes >= page)
    madvise(image, layout.total_bytes / page * page,
            MADV_HUGEPAGE);  // the rest in small ones: no byte resident in vain
#endif
  fill_weights<format>(image + layout.weights_offset);
  fill_vocabulary(image + layout.vocabulary_offset);
  mote::container_header h;
  h.kind = static_cast<std::uint16_t>(mote::container_kind::image);
  h.total_bytes = layout.total_bytes;
  h.shape_fingerprint = random_model::shape.fingerprint();
  h.format_fingerprint = mote::format_fingerprint<format>();
  h.weights_offset = layout.weights_offset;
  h.weights_bytes = map.bytes;
  h.vocabulary_offset = layout.vocabulary_offset;
  h.vocabulary_bytes = random_model::vocabulary_bytes;
  h.base_fingerprint = mote::image_fingerprint(h.payload_crc, h.shape_fingerprint);
  mote::put_name(h.model_name, random_model::name);
  mote::put_name(h.format_name, format::name);
  mote::seal(h);
  std::memcpy(image, &h, sizeof h);
  return {image, layout.total_bytes};
}

long long now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

/// Runs until `tokens` are made. Nanoseconds, or -1 where the model stopped before.
long long generate(std::size_t tokens) {
  const long long from = now();
  if (model.begin("") != mote::status::ok) return -1;
  std::size_t made = 0;
  for (; made < tokens; ++made)
    if (model.step().done) return -1;
  return now() - from;
}

/// Reads a prompt of `tokens` and chooses one token. Nanoseconds, or -1.
long long read_prompt(std::size_t tokens) {
  static char text[1024];
  const std::size_t length = tokens - 2;  // the opening token and the space in front of a text
  if (tokens < 3 || length > sizeof text) return -1;
  for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<char>('a' + i * 7 % 26);
  const long long from = now();
  if (model.begin({text, length}) != mote::status::ok || model.prompt_tokens() != tokens) return -1;
  for (;;) {
    const auto s = model.step();
    if (s.done) return -1;
    if (!s.piece.empty()) return now() - from;
  }
}

}  // namespace

int main(int count, char** words) {
  const auto image = make_image();
  if (image.empty()) return std::fprintf(stderr, "mote_worker: no memory\n"), 1;
  if (const auto s = model.attach(image, mote::payload_check::skip); s != mote::status::ok)
    return std::fprintf(stderr, "mote_worker: %s\n", name(s).data()), 1;
  std::printf("weights 1 %zu\n", mote::map_tensors<generator::format>(random_model::shape).bytes);
  for (int i = 1; i < count; ++i) {
    char kind = 0;
    unsigned tokens = 0;
    unsigned times = 0;
    if (std::sscanf(words[i], "%c%*c%ux%u", &kind, &tokens, &times) != 3 || (kind != 't' && kind != 'p'))
      return std::fprintf(stderr, "mote_worker: %s is no test\n", words[i]), 2;
    for (unsigned n = 0; n <= times; ++n) {
      const long long ns = kind == 't' ? generate(tokens) : read_prompt(tokens);
      if (ns < 0) return std::fprintf(stderr, "mote_worker: %s stopped early\n", words[i]), 1;
      if (n != 0) std::printf("%.2s%u %u %lld\n", words[i], tokens, tokens, ns);
    }
  }
}
