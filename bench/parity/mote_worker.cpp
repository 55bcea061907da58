// SPDX-License-Identifier: BSL-1.0
// mote's side of bench/parity.sh: one family, floats, its image mapped.
//   mote_worker IMAGE TOKENS OUT SPOKEN
// TOKENS: 32-bit ids, of which OUT gets the logits of each position, as floats. SPOKEN: gets the ids of a prompt and of
// the 64 tokens that a pipeline says to it. An encoder reads a text of its own: TOKENS are written, OUT is one vector.
// Refuses to go on where a status is not ok.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "mote/block/decode.hpp"
#include "mote/host/file.hpp"
#include "mote/mote.hpp"
#include "mote/pipeline/encoder.hpp"
#include MODEL_HEADER

namespace {

constexpr std::size_t rows = 4;
using format = mote::f32<rows>;

void need(const char* what, mote::status s) {
  if (s != mote::status::ok) throw std::runtime_error(std::string(what) + ": " + std::string(name(s)));
}
template <class T>
std::vector<T> read(const char* file) {
  const auto bytes = mote::host::read_file(file);
  std::vector<T> out(bytes.size() / sizeof(T));
  std::memcpy(out.data(), bytes.data(), out.size() * sizeof(T));
  return out;
}
template <class T>
void write(const char* file, const std::vector<T>& values) {
  mote::host::write_atomically(file, std::as_bytes(std::span(values)));
}

/// The logits of every position, token by token.
template <class Model>
std::vector<float> logits(std::span<const std::byte> image, const std::vector<std::int32_t>& tokens) {
  using family = mote::family_of<Model>;
  using store = mote::kept_in<family, mote::float_cache>;
  constexpr const mote::shape& s = Model::shape;
  const auto map = mote::map_tensors<format, family>(s);
  mote::basic_attached_image<typename mote::tokenizer_of<Model>::table> opened;
  need("open_image", mote::open_image(image,
                                      {.shape_fingerprint = s.fingerprint(family::name),
                                       .format_fingerprint = mote::format_fingerprint<format>(),
                                       .weights_bytes = map.bytes,
                                       .vocabulary_bytes = Model::vocabulary_bytes,
                                       .vocab_count = s.vocab},
                                      opened));
  struct alignas(64) line {
    std::byte bytes[64];
  };
  const auto kept_for = mote::cached_by<family>(s);
  const auto plan = mote::plan_arena(mote::decode_lifetimes<family, format>(s, s.context));
  std::vector<line> arena(plan.bytes / 64 + 1), kept(store::bytes(kept_for, s.context) / 64 + 1);
  const mote::decode_buffers<family> buffers{arena.data()->bytes, plan};
  const store cache(kept.data()->bytes, kept_for, s.context);
  std::vector<std::uint64_t> frequencies(mote::rotary_count<family>(s));
  mote::put_rotary_frequencies<family>(s, frequencies.data());
  std::vector<float> out;
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    const float* row = mote::decode(s, mote::weights<format, family>{opened.weights, s, map}, mote::no_adapter{},
                                    frequencies.data(), cache, buffers, static_cast<std::size_t>(tokens[t]), t, true);
    out.insert(out.end(), row, row + s.vocab);
  }
  return out;
}

template <class Model>
void run(std::span<const std::byte> image, char** files) {
  if constexpr (requires { Model::pooling; }) {
    static mote::encoder<Model, mote::quantize<32>, mote::interleave<rows>, mote::context<64>> encoder;
    need("attach", encoder.attach(image));
    need("embed", encoder.embed("w3 w17 w200 w5 w311 w78 w78 w120 w9 w44 w365 w2 w251 w90 w13 w171 w7 w340 w66 w28"));
    write(files[0], std::vector<std::int32_t>(encoder.tokens().begin(), encoder.tokens().end()));
    write(files[1], std::vector<float>(encoder.vector().begin(), encoder.vector().end()));
  } else {
    write(files[1], logits<Model>(image, read<std::int32_t>(files[0])));
    static mote::pipeline<Model, mote::quantize<32>, mote::interleave<rows>, mote::context<256>> speaker;
    need("attach", speaker.attach(image));
    auto answer = speaker.ask("The garden behind the house was quiet in the morning.", 64);
    need("ask", answer.state());
    for (const std::string_view piece : answer) (void)piece;
    need("step", speaker.state());
    write(files[2], std::vector<std::int32_t>(speaker.tokens().begin(), speaker.tokens().end()));
  }
}

}  // namespace

int main(int count, char** words) try {
  if (count != 5) return std::fprintf(stderr, "usage: mote_worker IMAGE TOKENS OUT SPOKEN\n"), 2;
  const mote::host::mapped_file image(words[1]);
  run<MODEL>(image.bytes(), words + 2);
} catch (const std::exception& e) {
  std::fprintf(stderr, "mote_worker: %s\n", e.what());
  return 1;
}
