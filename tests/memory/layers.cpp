// SPDX-License-Identifier: BSL-1.0
// What importing and quantizing take of the heap does not grow with the number of layers, whoever chooses the codes: the
// peak of all bytes of `new` is compared for models of 3 and of 24 layers, whose source holds no weight.
// A program of its own, because it replaces operator new.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "../synthetic_model.hpp"
#include "mote/core/rng.hpp"
#include "mote/host/image/image_writer.hpp"
#include "mote/host/image/packing.hpp"
#include "mote/host/quantize/compress.hpp"

namespace {

std::size_t in_use = 0;
std::size_t peak = 0;

// In front of each piece: its size. 64 bytes, so that what is behind is aligned as asked.
void* counted(std::size_t bytes) {
  void* p = std::aligned_alloc(64, (bytes + 127) / 64 * 64);
  if (p == nullptr) throw std::bad_alloc();
  *static_cast<std::size_t*>(p) = bytes;
  in_use += bytes;
  peak = std::max(peak, in_use);
  return static_cast<std::byte*>(p) + 64;
}
void counted_free(void* p) {
  if (p == nullptr) return;
  std::byte* start = static_cast<std::byte*>(p) - 64;
  in_use -= *reinterpret_cast<std::size_t*>(start);
  std::free(start);
}

}  // namespace

// Not inlined: GCC would see malloc and free where it expects new and delete.
[[gnu::noinline]] void* operator new(std::size_t bytes) { return counted(bytes); }
[[gnu::noinline]] void* operator new[](std::size_t bytes) { return counted(bytes); }
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t) { return counted(bytes); }
[[gnu::noinline]] void* operator new[](std::size_t bytes, std::align_val_t) { return counted(bytes); }
[[gnu::noinline]] void operator delete(void* p) noexcept { counted_free(p); }
[[gnu::noinline]] void operator delete[](void* p) noexcept { counted_free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { counted_free(p); }
[[gnu::noinline]] void operator delete[](void* p, std::size_t) noexcept { counted_free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { counted_free(p); }
[[gnu::noinline]] void operator delete[](void* p, std::align_val_t) noexcept { counted_free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { counted_free(p); }
[[gnu::noinline]] void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { counted_free(p); }

namespace {

namespace host = mote::host;

/// Weights that are made when they are asked for.
class made_source : public host::model_source {
 public:
  explicit made_source(const mote::shape& s) {
    shape_ = s;
    kind_ = "made";
  }
  void load_rows(const host::tensor_place& p, std::size_t first, std::size_t count, float* out) override {
    const std::size_t cols = host::size_of<>(shape_, p).cols;
    const auto tensor = static_cast<std::size_t>(p.where) * 1000 + p.layer * 16 + static_cast<std::size_t>(p.role);
    for (std::size_t row = first; row < first + count; ++row) {
      mote::rng random(tensor * 100000 + row + 1);
      for (std::size_t i = 0; i < cols; ++i) *out++ = 0.3F * (random.uniform() - 0.5F);
    }
  }
  void load_vector(std::size_t, mote::vector_role, float* out) override { std::fill_n(out, shape_.dim, 1.0F); }
  host::stored_matrix stored(const host::tensor_place&) override { return {}; }
};

/// An image that nobody keeps.
class no_sink : public host::image_sink {
 public:
  void append(std::span<const std::byte> bytes) override { written += bytes.size(); }
  void put_header(std::span<const std::byte>) override {}
  std::size_t written = 0;
};

mote::shape shape_of(std::size_t layers) {
  return {.dim = 64,
          .hidden = 144,
          .layers = layers,
          .heads = 4,
          .kv_heads = 2,
          .vocab = mote_tests::synthetic::shape.vocab,
          .context = 32,
          .tied_head = false};
}

/// The peak of what `work` takes beside what there was.
template <class Work>
std::size_t peak_of(Work work) {
  const std::size_t before = in_use;
  peak = in_use;
  work();
  return peak - before;
}

bool failed = false;

void expect(bool good, const std::string& what, std::size_t few, std::size_t many, std::size_t most) {
  std::printf("%-40s %8zu bytes with 3 layers, %8zu with 24, at most %zu more%s\n", what.c_str(), few, many, most,
              good ? "" : ": FAILED");
  failed |= !good;
}

/// Offsets, formats and empty places of a layer; its weights are 150,000 bytes.
constexpr std::size_t a_layer = 3072;

}  // namespace

int main() {
  const std::vector<std::byte> table = mote_tests::synthetic_vocabulary(mote_tests::synthetic::special_tokens);
  const auto text_of = [&](std::size_t layers, std::size_t tokens) {
    made_source from(shape_of(layers));
    return host::calibration_text(from, tokens, 1);
  };
  const host::text_sample text = text_of(3, 96);
  for (const char* words : {"q8", "hqq/q4", "mse/q4", "gptq/q4,embedding=q8", "awq/q4", "smooth/q5", "awq/gptq/q4k"}) {
    const host::scheme how = host::read_scheme(words);
    std::array<std::size_t, 2> bytes{};
    for (const bool many : {false, true}) {
      const mote::shape s = shape_of(many ? 24 : 3);
      bytes[many ? 1 : 0] = peak_of([&] {
        made_source from(s);
        no_sink out;
        if (how.by_rows(true)) {
          const host::packing_plan plan = host::read_packing(how.formats, 8, s);
          host::write_image(from, table, "made", plan, out, {}, host::code_rows(plan, how, s));
        } else {
          const host::streamed_model m = host::compress_by_layers(from, how, 8, text);
          host::write_image(*m.weights, table, "made", m.plan, out, {}, m.coder);
        }
        failed |= out.written == 0;
      });
    }
    expect(bytes[1] <= bytes[0] + 21 * a_layer, words, bytes[0], bytes[1], 21 * a_layer);
  }
  // A text that is sampled needs the keys and values of its sequences in every layer, and vectors: nothing else grows.
  const std::size_t few = peak_of([&] { text_of(3, 64); });
  const std::size_t many = peak_of([&] { text_of(24, 64); });
  const std::size_t kept =
      2 * (host::batch_decoder<>::bytes_kept(shape_of(24), 32) - host::batch_decoder<>::bytes_kept(shape_of(3), 32));
  expect(many <= few + kept + 21 * a_layer, "a text", few, many, kept + 21 * a_layer);
  return failed ? 1 : 0;
}
