// SPDX-License-Identifier: BSL-1.0
// libFuzzer on what load_session() and begin_behind() read: bytes whose checksums, sizes and identity are mended, so
// that what lies inside is read. An answer that is taken goes on for some steps; nothing may be read or written out of
// place, and each step has a status.
// Refuses to say that such an answer means anything: who can mend checksums can say what he likes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "../golden/golden.hpp"
#include "../wide_vocabulary.hpp"
#include "mote/decode/banned.hpp"
#include "mote/decode/confidence.hpp"
#include "mote/decode/stop_at.hpp"

namespace {

template <class... Policies>
using widely = mote::pipeline<wide::model, mote::quantize<32>, mote::interleave<1>, mote::context<48>, Policies...>;
using likeliest = widely<mote::gbnf<R"_(root ::= ([^"<\x00-\x1F]{3} | "<" [0-9]{2} ">")* "!")_">, mote::window<24, 2>,
                         golden::guesses>;
using drawn =
    widely<mote::gbnf<R"_(root ::= ("(" root? ")" | [^()\x00-\x1F]{2} ".")+)_", 3>, mote::sample<>, golden::guesses>;

using windowed = mote::pipeline<golden::tiny, mote::quantize<32>, mote::interleave<1>, mote::context<48>,
                                mote::window<24, 2>, mote::sample<>, mote::confidence,
                                mote::gbnf<R"_(root ::= ("<" root ">" | [a-d ]{2}) [0-9]{9,})_", 2>>;
using limited = mote::pipeline<golden::tiny, mote::quantize<32>, mote::interleave<1>, mote::context<48>,
                               mote::gbnf<R"_(root ::= ("(" root? ")" | [a-e]{1,3}) [0-9]{3,9})_", 3>, golden::guesses>;

using copying = mote::pipeline<
    golden::tiny, mote::quantize<32>, mote::interleave<1>, mote::context<64>, mote::window<32, 2>, golden::short_notes,
    mote::without<mote::gbnf<R"_(root ::= ("<" copied [a-z0-9. ]{2,9} ">" | [a-d]{2})* [0-9]{90})_">, "ab", "<at">,
    mote::stop_at<"dd<", "cdcd">, golden::guesses>;

struct kept {
  std::vector<std::byte> bytes;
  mote::status put(std::span<const std::byte> portion) {
    bytes.insert(bytes.end(), portion.begin(), portion.end());
    return mote::status::ok;
  }
};

template <class Pipeline>
Pipeline& attached() {
  static const auto ai = std::make_unique<Pipeline>();
  static const bool once = [] {
    using model = typename Pipeline::model_type;
    alignas(64) static std::byte room[golden::image_room];
    const auto words = std::is_same_v<model, wide::model> ? wide::table() : std::span<const std::byte>(golden::table);
    if (ai->attach(golden::make_image<typename Pipeline::format>(model::shape, model::name, words, room)) !=
        mote::status::ok)
      return false;
    if constexpr (Pipeline::recalls)
      for (const std::string_view note : {"the heat is on at 12.50", "heat is at 9"})
        if (ai->memory().add(note) != mote::status::ok) return false;
    return true;
  }();
  if (!once) std::abort();
  return *ai;
}

/// Bytes as they are saved, of an answer that is so many steps old.
template <class Pipeline>
const kept& saved(bool whole) {
  static const auto make = [](bool session) {
    kept k;
    auto& ai = attached<Pipeline>();
    ai.seed(5);
    bool good = ai.begin("the heat is on", 40) == mote::status::ok;
    while (good && ai.tokens().size() < ai.prompt_tokens() + 3) good = !ai.step().done;
    good = good && (session ? ai.save_session(k) : ai.save_prefix(k, 4)) == mote::status::ok;
    if (!good) std::abort();
    return k;
  };
  static const kept session = make(true), prefix = make(false);
  return whole ? session : prefix;
}

template <class Pipeline>
void take(bool whole, std::span<const std::uint8_t> input, int steps = 60) {
  const kept& from = saved<Pipeline>(whole);
  // The identity is the pipeline's own; the number of parts, the records and their sizes are the input's. Of the input
  // each three bytes that begin with a place change a byte; what follows 0xFFFF is put in the place of all records.
  std::vector<std::byte> all = from.bytes;
  const std::size_t records = mote::snapshot_header_bytes;
  for (std::size_t i = 0; i + 2 < input.size(); i += 3) {
    const std::size_t place = std::size_t{input[i]} << 8U | input[i + 1];
    if (place == 0xFFFF) {
      all.resize(records);
      for (const std::uint8_t b : input.subspan(i + 3)) all.push_back(std::byte{b});
      all.resize(all.size() + mote::snapshot_end_bytes);
      break;
    }
    all[records + place % (all.size() - records)] = std::byte{input[i + 2]};
  }
  auto header = std::bit_cast<mote::snapshot_header>(*reinterpret_cast<const std::array<std::byte, 96>*>(all.data()));
  header.total_bytes = all.size();
  mote::seal(header);
  std::memcpy(all.data(), &header, sizeof header);
  const std::span<std::byte> end = std::span(all).last(mote::snapshot_end_bytes);
  std::size_t at = 0;
  mote::put_number(end, at, static_cast<std::uint16_t>(mote::record_kind::end));
  mote::put_number(end, at, std::uint32_t{4});
  mote::put_number(end, at, mote::crc32(std::span<const std::byte>(all).first(all.size() - 4)));

  auto& ai = attached<Pipeline>();
  const mote::status s = whole ? ai.load_session(all) : ai.begin_behind(all, "the heat is on", 12);
  if (s != mote::status::ok) return;
  for (int n = 0; n < steps; ++n)
    if (ai.step().done) break;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::span<const std::uint8_t> rest(data + 1, size - 1);
  if ((data[0] & 12U) == 12) take<drawn>((data[0] & 2U) != 0, rest, 12);
  else if ((data[0] & 8U) != 0) take<likeliest>((data[0] & 2U) != 0, rest, 12);
  else if ((data[0] & 4U) != 0) take<copying>((data[0] & 2U) != 0, rest);
  else if ((data[0] & 1U) != 0) take<windowed>((data[0] & 2U) != 0, rest);
  else take<limited>((data[0] & 2U) != 0, rest);
  return 0;
}
