// SPDX-License-Identifier: BSL-1.0
// Snapshots that someone else wrote: whatever their bytes say, the answer is a status with a name, and nothing changes.
#include "mote/store/snapshot.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "../synthetic_model.hpp"
#include "mote/learn/full.hpp"
#include "mote/learn/lora.hpp"
#include "mote/pipeline.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/rag.hpp"

using mote::record_kind;
using mote::snapshot_header;
using mote::status;
using mote_tests::aligned_bytes;
using mote_tests::synthetic;

namespace {

using small_index = mote::bm25<mote::bm25_knobs{.items = 4, .item_bytes = 32}>;
using victim =
    mote::pipeline<synthetic, mote::context<96>, mote::lora<1>, mote::rag<small_index, mote::rag_knobs{.tokens = 40}>>;
constexpr std::size_t parameter_floats =
    std::remove_cvref_t<decltype(std::declval<victim&>().learning())>::parameter_floats;
constexpr std::size_t marker_bytes = mote::record_header_bytes + 4;
constexpr std::size_t parameters_at = mote::snapshot_header_bytes + marker_bytes + mote::record_header_bytes;
constexpr std::size_t remembered_at = parameters_at + parameter_floats * sizeof(float);
constexpr std::size_t index_at = remembered_at + marker_bytes;
static_assert(parameters_at % 16 == 0);

/// Two pipelines on one image: one wrote the snapshot, the other holds something else that must stay.
struct scene {
  aligned_bytes image = mote_tests::synthetic_image<victim>();
  std::vector<std::byte> good;
  std::vector<std::byte> before;

  static victim& target() {
    static victim ai;
    return ai;
  }
  static victim& author() {
    static victim ai;
    return ai;
  }

  scene() {
    REQUIRE(author().attach(image) == status::ok);
    author().memory().clear();
    for (int i = 0; i < 4; ++i) REQUIRE(author().learn({.prompt = "lights", .answer = "on"}).state == status::ok);
    REQUIRE(author().remember("the ant is in") == status::ok);
    REQUIRE(author().remember("the bee is not") == status::ok);
    aligned_bytes out(author().saved_bytes());
    REQUIRE(author().save(out.span()) == status::ok);
    good.assign(out.span().begin(), out.span().end());

    REQUIRE(target().attach(image) == status::ok);
    target().memory().clear();
    REQUIRE(target().learn({.prompt = "who", .answer = "me"}).state == status::ok);
    REQUIRE(target().remember("an eel") == status::ok);
    REQUIRE(target().begin("who is the eel") == status::ok);  // a load that fails leaves an answer under way
    for (int i = 0; i < 3; ++i) REQUIRE(!target().step().done);
    keep();
  }
  void keep() {
    before.resize(sizeof(victim));
    std::memcpy(before.data(), static_cast<const void*>(&target()), sizeof(victim));
  }
  bool untouched() const { return std::memcmp(before.data(), &target(), sizeof(victim)) == 0; }

  /// Loads a copy of exactly these bytes, so that a sanitizer sees any read beside them.
  static status load(std::span<const std::byte> bytes) { return target().load(aligned_bytes(bytes)); }

  /// As an attacker would: the header's checksum and then the end's made right again.
  static void seal(std::vector<std::byte>& bytes) {
    snapshot_header h;
    std::memcpy(&h, bytes.data(), sizeof h);
    mote::seal(h);
    std::memcpy(bytes.data(), &h, sizeof h);
    const std::size_t last = bytes.size() - 4;
    const std::uint32_t crc = mote::crc32(std::span(bytes).first(last));
    std::memcpy(bytes.data() + last, &crc, sizeof crc);
  }
  template <class Change>
  std::vector<std::byte> with_header(Change&& change) const {
    std::vector<std::byte> bytes = good;
    snapshot_header h;
    std::memcpy(&h, bytes.data(), sizeof h);
    change(h);
    std::memcpy(bytes.data(), &h, sizeof h);
    seal(bytes);
    return bytes;
  }
  template <class T>
  std::vector<std::byte> with_payload(std::size_t at, T value) const {
    std::vector<std::byte> bytes = good;
    std::memcpy(bytes.data() + at, &value, sizeof value);
    seal(bytes);
    return bytes;
  }
  /// The bytes from `at` to `to` replaced by others, and total and checksums made right.
  std::vector<std::byte> spliced(std::size_t at, std::size_t to, std::span<const std::byte> other) const {
    std::vector<std::byte> bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(at));
    bytes.insert(bytes.end(), other.begin(), other.end());
    bytes.insert(bytes.end(), good.begin() + static_cast<std::ptrdiff_t>(to), good.end());
    snapshot_header h;
    std::memcpy(&h, bytes.data(), sizeof h);
    h.total_bytes = bytes.size();
    std::memcpy(bytes.data(), &h, sizeof h);
    seal(bytes);
    return bytes;
  }
  std::vector<std::byte> with_index(std::size_t at, std::uint8_t value) const {
    return with_payload(index_at + at, value);
  }
};

}  // namespace

TEST_CASE("snapshot: the good one is taken, with anything behind it", "[store][snapshot]") {
  scene s;
  CHECK(scene::load(s.good) == status::ok);
  CHECK(!s.untouched());
  CHECK(scene::target().memory().size() == 2);
  std::vector<std::byte> partition = s.good;  // a flash sector goes on behind it
  partition.resize(partition.size() + 1000, std::byte{0xFF});
  CHECK(scene::load(partition) == status::ok);
}

TEST_CASE("snapshot: every byte of the header, changed to any other value, is refused", "[store][snapshot]") {
  scene s;
  aligned_bytes copy(s.good);
  std::map<std::string, std::size_t> seen;
  std::size_t wrong = 0;
  for (std::size_t at = 0; at < mote::snapshot_header_bytes; ++at) {
    const std::byte original = copy[at];
    for (unsigned value = 0; value < 256; ++value) {
      if (std::byte{static_cast<unsigned char>(value)} == original) continue;
      copy[at] = std::byte{static_cast<unsigned char>(value)};
      const status answer = scene::target().load(copy);
      ++seen[std::string(mote::name(answer))];
      if (answer == status::ok) ++wrong;
    }
    copy[at] = original;
    REQUIRE(s.untouched());
  }
  CHECK(wrong == 0);
  CHECK(seen["not_mote"] == 4 * 255 - 1);
  CHECK(seen["wrong_kind"] == 1);  // an image's magic number
  CHECK(seen["wrong_version"] == 2 * 255);
  CHECK(seen["corrupt_header"] == 90 * 255);
}

TEST_CASE("snapshot: every byte behind the header, changed, is refused", "[store][snapshot]") {
  scene s;
  aligned_bytes copy(s.good);
  const std::size_t end = copy.size() - mote::snapshot_end_bytes;
  for (std::size_t at = mote::snapshot_header_bytes; at < copy.size(); ++at) {
    const bool marks_end = at >= end && at < end + mote::record_header_bytes;
    for (unsigned flip : {0x01U, 0x80U, 0xFFU}) {
      copy[at] ^= std::byte{static_cast<unsigned char>(flip)};
      if (scene::target().load(copy) != (marks_end ? status::truncated : status::corrupt_payload)) FAIL("byte " << at);
      copy[at] ^= std::byte{static_cast<unsigned char>(flip)};
    }
  }
  CHECK(s.untouched());
}

TEST_CASE("snapshot: cut at any byte, it is truncated, whatever lies behind", "[store][snapshot]") {
  scene s;
  aligned_bytes erased(s.good);
  aligned_bytes zeros(s.good);
  for (std::size_t size = s.good.size(); size-- > 0;) {
    erased[size] = std::byte{0xFF};
    zeros[size] = std::byte{0};
    if (scene::load(std::span(s.good).first(size)) != status::truncated) FAIL("cut to " << size);
    for (aligned_bytes* sector : {&erased, &zeros}) {  // as flash and a file are where the power failed
      const status answer = scene::target().load(*sector);
      const auto differs = [&](std::size_t from, std::size_t to) {
        return !std::ranges::equal(sector->span().subspan(from, to - from), std::span(s.good).subspan(from, to - from));
      };
      const std::size_t end = s.good.size() - mote::snapshot_end_bytes;
      const status expected = differs(0, 4)                                   ? status::not_mote
                              : differs(4, 6)                                 ? status::wrong_version
                              : differs(6, mote::snapshot_header_bytes)       ? status::corrupt_header
                              : differs(end, end + mote::record_header_bytes) ? status::truncated
                              : differs(0, s.good.size())                     ? status::corrupt_payload
                                                                              : status::ok;
      if (answer == expected) {
        if (answer == status::ok) s.keep();
        continue;
      }
      FAIL("cut to " << size << ": " << mote::name(answer));
    }
  }
  CHECK(s.untouched());
}

TEST_CASE("snapshot: a header that lies under a right checksum is refused by name", "[store][snapshot]") {
  scene s;
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  const auto refuses = [&](status why, auto change) {
    const status answer = scene::load(s.with_header(change));
    CHECK(mote::name(answer) == mote::name(why));
    CHECK(s.untouched());
  };
  refuses(status::corrupt_header, [](snapshot_header& h) { h.header_bytes = 64; });
  refuses(status::corrupt_header, [](snapshot_header& h) { h.header_bytes = 0xFFFF; });
  refuses(status::corrupt_header, [](snapshot_header& h) { h.reserved = 1; });
  refuses(status::corrupt_header, [](snapshot_header& h) { h.model_name[0] = '\x1B'; });
  refuses(status::corrupt_header, [](snapshot_header& h) { h.format_name[15] = 'x'; });
  refuses(status::wrong_version, [](snapshot_header& h) { h.version = 2; });
  refuses(status::wrong_shape, [](snapshot_header& h) { h.shape_fingerprint ^= 1; });
  refuses(status::wrong_format, [](snapshot_header& h) { h.parameters_fingerprint ^= 1; });
  refuses(status::wrong_base, [](snapshot_header& h) { h.base_fingerprint ^= 1; });
  for (std::uint32_t n : {0U, 1U, 3U, 0xFFFFFFFFU}) refuses(status::corrupt_header, [n](auto& h) { h.parts = n; });
  for (std::uint64_t n : {std::uint64_t{0}, std::uint64_t{105}})
    refuses(status::corrupt_header, [n](snapshot_header& h) { h.total_bytes = n; });
  for (std::uint64_t n : {most, most - 63, std::uint64_t{1} << 32U, std::uint64_t{s.good.size() + 1}})
    refuses(status::truncated, [n](snapshot_header& h) { h.total_bytes = n; });
  // Shorter totals that end inside a part: no end is there.
  for (std::size_t cut : {std::size_t{106}, parameters_at, parameters_at + 64, index_at, s.good.size() - 1})
    refuses(status::truncated, [cut](snapshot_header& h) { h.total_bytes = cut; });
  // Nothing but a header and an end.
  CHECK(mote::name(scene::load(s.spliced(96, s.good.size() - 10, {}))) == "corrupt_header");
  CHECK(s.untouched());
}

TEST_CASE("snapshot: parts that stand wrong are refused by name", "[store][snapshot]") {
  scene s;
  const std::size_t end = s.good.size() - mote::snapshot_end_bytes;
  const auto part = [&](std::size_t from, std::size_t to) { return std::span(s.good).subspan(from, to - from); };
  const auto says = [&](std::string_view why, const std::vector<std::byte>& bytes) {
    CHECK(mote::name(scene::load(bytes)) == why);
    CHECK(s.untouched());
  };
  const auto kind_at = [&](std::size_t at, record_kind kind) {
    return s.with_payload(at, static_cast<std::uint16_t>(kind));
  };
  // A record of no part, and a part that nobody takes: of ours to come, or a user's own.
  for (record_kind kind : {record_kind::none, record_kind::item, record_kind::end, record_kind{0x7EFF},
                           record_kind{0x8000}, record_kind{0xFFFF}})
    says("unknown_record", kind_at(96, kind));
  says("unknown_record", kind_at(remembered_at, record_kind{0x7F02}));
  says("unknown_record", kind_at(remembered_at, record_kind{0x7FFE}));
  // One that is no part is of the part before it, which does not know it.
  const auto as_one_part = [](std::vector<std::byte> bytes) {
    snapshot_header h;
    std::memcpy(&h, bytes.data(), sizeof h);
    h.parts = 1;
    std::memcpy(bytes.data(), &h, sizeof h);
    scene::seal(bytes);
    return bytes;
  };
  says("corrupt_header", kind_at(remembered_at, record_kind{0x8000}));
  says("wrong_size", as_one_part(kind_at(remembered_at, record_kind{0x8000})));
  says("wrong_kind", kind_at(106, record_kind{0x8000}));
  says("wrong_kind", kind_at(106, record_kind::item));
  says("wrong_kind", kind_at(index_at, record_kind{0x8000}));
  // Twice, in another order, or without its own.
  says("corrupt_payload", kind_at(remembered_at, record_kind::learned));
  std::vector<std::byte> turned(part(remembered_at, end).begin(), part(remembered_at, end).end());
  turned.insert(turned.end(), part(96, remembered_at).begin(), part(96, remembered_at).end());
  says("corrupt_payload", s.spliced(96, end, turned));
  says("corrupt_header", s.spliced(remembered_at, end, {}));
  says("wrong_size", s.spliced(parameters_at - 6, remembered_at, {}));  // no record of parameters
  says("wrong_size", as_one_part(s.spliced(96, remembered_at, {})));    // a fingerprint of parameters, and none there
  // Lengths: of a marker, of the parameters, of a record behind the end.
  for (std::uint32_t n : {0U, 3U, 5U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
    says("corrupt_payload", s.with_payload(96 + 2, n));
    says("corrupt_payload", s.with_payload(remembered_at + 2, n));
  }
  for (std::uint32_t n : {0x7FFFFFFFU, 0xFFFFFFFFU, static_cast<std::uint32_t>(end - parameters_at + 1)})
    says("corrupt_payload", s.with_payload(106 + 2, n));
  says("wrong_size", as_one_part(s.with_payload(106 + 2, static_cast<std::uint32_t>(end - parameters_at))));
}

TEST_CASE("snapshot: parameters that are no numbers are refused wherever they stand", "[store][snapshot]") {
  scene s;
  for (std::size_t i = 0; i < parameter_floats; ++i) {
    const std::uint32_t evil[] = {
        0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00000, 0x7F800001, 0xFFFFFFFF, 0x60AD78EC /* 1e20 */,
        0xC77FE001 /* beyond -65504 */};
    const auto bytes = s.with_payload(parameters_at + i * 4, evil[i % std::size(evil)]);
    if (scene::load(bytes) != status::not_finite) FAIL("parameter " << i);
  }
  CHECK(s.untouched());
}

TEST_CASE("snapshot: the index inside is checked before anything moves", "[store][snapshot]") {
  scene s;
  std::set<std::string> names;
  std::size_t taken = 0;
  for (std::size_t at = 0; at < s.good.size() - mote::snapshot_end_bytes - index_at; ++at) {
    for (unsigned value : {0U, 1U, 0x1FU, 0x7FU, 0xFFU}) {
      const auto bytes = s.with_index(at, static_cast<std::uint8_t>(value));
      const status answer = scene::load(bytes);
      names.insert(std::string(mote::name(answer)));
      if (answer == status::ok) {  // another letter in a text, another id: a sound snapshot of something else
        ++taken;
        CHECK(scene::target().memory().size() == 2);
        aligned_bytes out(scene::target().saved_bytes());
        CHECK(scene::target().save(out.span()) == status::ok);
        s.keep();
      } else {
        CHECK(s.untouched());
      }
    }
  }
  CHECK(taken > 0);
  CHECK(names.contains("wrong_kind"));
  CHECK(names.contains("wrong_version"));
  CHECK(names.contains("wrong_size"));
  CHECK(names.contains("corrupt_payload"));
  names.erase("ok");
  INFO(names.size());
  CHECK(!names.contains("unknown"));
}

TEST_CASE("snapshot: an image is no snapshot, and one at an odd address is refused", "[store][snapshot]") {
  scene s;
  CHECK(scene::target().load(s.image) == status::wrong_kind);
  const aligned_bytes shifted(s.good, 4);
  CHECK(scene::target().load(shifted) == status::misaligned);
  CHECK(scene::target().load({}) == status::truncated);
  CHECK(s.untouched());
  CHECK(scene::target().attach(aligned_bytes(s.good)) == status::wrong_kind);
  CHECK(s.untouched());
}

namespace {

/// A sink that takes so many bytes, in whatever portions, and then says why not.
struct short_sink {
  std::size_t room;
  std::vector<std::byte> bytes;
  std::size_t largest = 0;

  status put(std::span<const std::byte> portion) {
    largest = std::max(largest, portion.size());
    const std::size_t n = std::min(portion.size(), room - bytes.size());
    bytes.insert(bytes.end(), portion.begin(), portion.begin() + static_cast<std::ptrdiff_t>(n));
    return n == portion.size() ? status::ok : status::io_error;
  }
};

}  // namespace

TEST_CASE("snapshot: any sink of bytes gets what a buffer gets, and its answer ends it", "[store][snapshot]") {
  scene s;
  short_sink all{.room = s.good.size(), .bytes = {}};
  REQUIRE(scene::author().save(all) == status::ok);
  CHECK(all.bytes == s.good);
  CHECK(scene::author().saved_bytes() == s.good.size());
  CHECK(mote::check_snapshot(aligned_bytes(all.bytes)) == status::ok);
  for (std::size_t room = 0; room < s.good.size(); ++room) {
    short_sink cut{.room = room, .bytes = {}};
    if (scene::author().save(cut) != status::io_error) FAIL("cut at " << room);
    if (!std::ranges::equal(cut.bytes, std::span(s.good).first(room))) FAIL("other bytes at " << room);
  }
  for (std::size_t room = 0; room < s.good.size(); ++room) {  // a buffer is asked before the first byte
    aligned_bytes out(room);
    if (scene::author().save(out.span()) != status::full) FAIL("not full at " << room);
    if (std::ranges::any_of(out.span(), [](std::byte b) { return b != std::byte{0}; })) FAIL("written at " << room);
  }
}

TEST_CASE("snapshot: what does not learn may be loaded where something does, and nothing is no effect",
          "[store][snapshot]") {
  scene s;
  snapshot_header h;
  std::memcpy(&h, s.good.data(), sizeof h);
  const mote::snapshot_identity id{.shape = h.shape_fingerprint,
                                   .parameters = mote::nothing_learned,
                                   .base = h.base_fingerprint,
                                   .model = "synthetic",
                                   .format_name = "q8"};
  mote::missing_part<record_kind::learned, status::wrong_format> none;
  aligned_bytes out(mote::snapshot_bytes(none));
  REQUIRE(out.size() == mote::snapshot_header_bytes + mote::snapshot_end_bytes);
  mote::buffer_sink sink(out.span());
  REQUIRE(mote::save_snapshot(sink, id, none) == status::ok);
  CHECK(scene::target().load(out) == status::no_effect);
  CHECK(s.untouched());
}

TEST_CASE("snapshot: one that lies in an image's envelope, as once, is of another version", "[store][snapshot]") {
  scene s;
  mote::container_header old;
  old.kind = static_cast<std::uint16_t>(mote::container_kind::former_snapshot);
  old.total_bytes = 256;
  mote::seal(old);
  aligned_bytes bytes(256);
  std::memcpy(bytes.span().data(), &old, sizeof old);
  CHECK(scene::target().load(bytes) == status::wrong_version);
  CHECK(s.untouched());
}

namespace {

/// What a pipeline keeps, to be compared.
struct kept_state {
  std::vector<std::uint32_t> parameters;
  std::vector<std::string> texts;
  bool operator==(const kept_state&) const = default;
};

/// A pipeline of any type on one image, seen through its calls.
struct keeper {
  std::string name;
  std::string learning;  // what the parameters are of; empty: frozen
  std::size_t items = 0, bytes_of_items = 0;
  std::function<void()> start;
  std::function<void()> learn;
  std::function<void(const std::vector<std::string>&)> remember;
  std::function<void()> ask;
  std::function<kept_state()> state;
  std::function<std::vector<std::byte>()> whole;  // every byte of the object
  std::function<void(const std::vector<std::byte>&)> put_back;
  std::function<std::vector<std::byte>()> save;
  std::function<status(std::span<const std::byte>)> load;
};

template <class Pipeline>
keeper keeper_of(std::string name, std::string learning, std::size_t items, std::size_t bytes_of_items) {
  static Pipeline ai;
  static const aligned_bytes image = mote_tests::synthetic_image<Pipeline>();
  keeper k;
  k.name = std::move(name);
  k.learning = std::move(learning);
  k.items = items;
  k.bytes_of_items = bytes_of_items;
  k.start = [] {
    if constexpr (Pipeline::recalls) ai.memory().clear();
    REQUIRE(ai.attach(image, mote::payload_check::skip) == status::ok);
  };
  k.learn = [] {
    if constexpr (Pipeline::learns) REQUIRE(ai.learn({.prompt = "lights", .answer = "on"}).stepped);
  };
  k.remember = [](const std::vector<std::string>& texts) {
    if constexpr (Pipeline::recalls)
      for (const std::string& text : texts) REQUIRE(ai.remember(text) == status::ok);
  };
  k.ask = [] {
    REQUIRE(ai.begin("who is the eel") == status::ok);
    for (int i = 0; i < 3; ++i) REQUIRE(!ai.step().done);
  };
  k.state = [] {
    kept_state now;
    if constexpr (Pipeline::learns) {
      now.parameters.resize(std::remove_cvref_t<decltype(ai.learning())>::parameter_floats);
      std::memcpy(now.parameters.data(), std::as_const(ai).learning().parameters(), now.parameters.size() * 4);
    }
    if constexpr (Pipeline::recalls)
      ai.memory().for_each([&](mote::item_id, std::string_view text) { now.texts.emplace_back(text); });
    return now;
  };
  k.whole = [] {
    std::vector<std::byte> bytes(sizeof ai);
    std::memcpy(bytes.data(), static_cast<const void*>(&ai), sizeof ai);
    return bytes;
  };
  k.put_back = [](const std::vector<std::byte>& bytes) {
    std::memcpy(static_cast<void*>(&ai), bytes.data(), sizeof ai);
  };
  k.save = [] {
    aligned_bytes out(ai.saved_bytes());
    REQUIRE(ai.save(out.span()) == status::ok);
    return std::vector<std::byte>(out.span().begin(), out.span().end());
  };
  k.load = [](std::span<const std::byte> bytes) { return ai.load(aligned_bytes(bytes)); };
  return k;
}

template <class... Learning>
std::vector<keeper> with_every_recall(const char* learning) {
  using small = mote::bm25<mote::bm25_knobs{.items = 4, .item_bytes = 8}>;  // 32 bytes, all texts together
  using other = mote::bm25<mote::bm25_knobs{.items = 2, .item_bytes = 20}>;
  constexpr mote::rag_knobs few{.tokens = 40};
  const std::string name = learning[0] == '\0' ? "frozen" : learning;
  using window = mote::context<96>;
  using bits = mote::quantize<32>;
  return {keeper_of<mote::pipeline<synthetic, window, bits, Learning...>>(name, learning, 0, 0),
          keeper_of<mote::pipeline<synthetic, window, bits, Learning..., mote::rag<small, few>>>(name + " + small",
                                                                                                 learning, 4, 32),
          keeper_of<mote::pipeline<synthetic, window, bits, Learning..., mote::rag<other, few>>>(name + " + other",
                                                                                                 learning, 2, 40)};
}

}  // namespace

TEST_CASE("snapshot: between any two pipelines all of it is taken, or nothing and the reason", "[store][snapshot]") {
  std::vector<keeper> all;
  constexpr mote::lora_knobs short_ones{.tokens = 32};
  [[maybe_unused]] constexpr mote::lora_knobs on_keys{.targets = mote::only(mote::role::key), .tokens = 32};
  for (const auto& some : {
           with_every_recall<>(""),
           with_every_recall<mote::lora<1, short_ones>>("rank 1"),
#if !MOTE_TEST_FEW_TYPES
           with_every_recall<mote::lora<2, short_ones>>("rank 2"),
           with_every_recall<mote::lora<1, on_keys>>("keys"),
#endif
           with_every_recall<mote::full<mote::full_knobs{.tokens = 32, .batch = 1}>>("full"),
       })
    all.insert(all.end(), some.begin(), some.end());

  const std::vector<std::vector<std::string>> memories{
      {}, {"the ant is in"}, {"the ant is in", "the bee is not", "a cat"}, {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx y"}};
  // A loader holds something else and is in the middle of an answer; it is taught once, as that takes long.
  std::map<std::string, std::vector<std::byte>> ready;
  for (const keeper& loader : all) {
    loader.start();
    for (int i = 0; i < 2; ++i) loader.learn();
    if (loader.items != 0) loader.remember({"an eel"});
    loader.ask();
    ready[loader.name] = loader.whole();
  }
  std::map<std::string, std::size_t> seen;
  for (const keeper& saver : all) {
    for (const bool learns : {false, true}) {
      for (const std::vector<std::string>& texts : memories) {
        if (learns && saver.learning.empty()) continue;
        if (texts.size() > saver.items || (!texts.empty() && texts[0].size() > saver.bytes_of_items)) continue;
        saver.start();
        if (learns) saver.learn();
        saver.remember(texts);
        const kept_state saved = saver.state();
        REQUIRE(saved.texts == texts);
        const std::vector<std::byte> bytes = saver.save();
        for (const keeper& loader : all) {
          INFO(saver.name << (learns ? ", taught" : "") << ", " << texts.size() << " texts -> " << loader.name);
          const std::vector<std::byte>& whole = ready.at(loader.name);
          loader.put_back(whole);
          const kept_state before = loader.state();
          const status answer = loader.load(bytes);
          ++seen[std::string(mote::name(answer))];

          status expected = status::ok;
          if (!saver.learning.empty() && saver.learning != loader.learning) expected = status::wrong_format;
          else if (!texts.empty() && loader.items == 0) expected = status::no_recall;
          else if (texts.empty() && !learns) expected = status::no_effect;
          else if (texts.size() > loader.items) expected = status::wrong_size;
          else if (!texts.empty() && texts[0].size() > loader.bytes_of_items) expected = status::too_long;
          CHECK(mote::name(answer) == mote::name(expected));
          const kept_state after = loader.state();
          if (answer == status::ok) {
            CHECK(after.parameters == (saver.learning.empty() ? before.parameters : saved.parameters));
            CHECK(after.texts == (saver.items == 0 ? before.texts : saved.texts));
            if (!texts.empty()) CHECK(loader.items != 0);
          } else {
            CHECK(loader.whole() == whole);
          }
        }
      }
    }
  }
  for (const char* name : {"ok", "wrong_format", "no_recall", "no_effect", "wrong_size", "too_long"})
    CHECK(seen[name] > 0);
}

TEST_CASE("snapshot: the mark of nothing learned is the frozen policy's, and stands for no bytes",
          "[store][snapshot]") {
  STATIC_CHECK(mote::nothing_learned == mote::frozen::state<synthetic, victim::format>::fingerprint());
  scene s;
  // Parameters under that mark belong to nobody.
  const auto marked = s.with_header([](snapshot_header& h) { h.parameters_fingerprint = mote::nothing_learned; });
  CHECK(scene::load(marked) == status::wrong_format);
  CHECK(s.untouched());
}
