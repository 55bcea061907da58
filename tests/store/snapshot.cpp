// SPDX-License-Identifier: BSL-1.0
// Snapshots that someone else wrote: whatever their bytes say, the answer is a status with a name, and nothing changes.
#include "mote/store/snapshot.hpp"

#include <catch2/catch_test_macros.hpp>

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

using mote::container_header;
using mote::status;
using mote_tests::aligned_bytes;
using mote_tests::synthetic;

namespace {

using small_index = mote::bm25<mote::bm25_knobs{.items = 4, .item_bytes = 32, .terms = 8}>;
using victim =
    mote::pipeline<synthetic, mote::context<96>, mote::lora<1>, mote::rag<small_index, mote::rag_knobs{.tokens = 40}>>;
constexpr std::size_t parameter_floats =
    std::remove_cvref_t<decltype(std::declval<victim&>().learning())>::parameter_floats;
constexpr std::size_t parameters_at = mote::container_header_bytes + mote::snapshot_prefix_bytes;
constexpr std::size_t index_at = mote::snapshot_index_offset(parameter_floats * sizeof(float));

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

  /// As an attacker would: the payload's checksum and then the header's made right again.
  static void seal(std::vector<std::byte>& bytes, std::size_t total) {
    container_header h;
    std::memcpy(&h, bytes.data(), sizeof h);
    h.payload_crc = mote::crc32(std::span(bytes).first(total).subspan(sizeof h));
    mote::seal(h);
    std::memcpy(bytes.data(), &h, sizeof h);
  }
  template <class Change>
  std::vector<std::byte> with_header(Change&& change) const {
    std::vector<std::byte> bytes = good;
    container_header h;
    std::memcpy(&h, bytes.data(), sizeof h);
    change(h);
    mote::seal(h);
    std::memcpy(bytes.data(), &h, sizeof h);
    return bytes;
  }
  template <class T>
  std::vector<std::byte> with_payload(std::size_t at, T value) const {
    std::vector<std::byte> bytes = good;
    std::memcpy(bytes.data() + at, &value, sizeof value);
    seal(bytes, bytes.size());
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
  for (std::size_t at = 0; at < mote::container_header_bytes; ++at) {
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
  CHECK(seen["not_mote"] == 4 * 255);
  CHECK(seen["wrong_version"] == 2 * 255);
  CHECK(seen["corrupt_header"] == 122 * 255);
}

TEST_CASE("snapshot: every byte behind the header, changed, is refused", "[store][snapshot]") {
  scene s;
  aligned_bytes copy(s.good);
  for (std::size_t at = mote::container_header_bytes; at < copy.size(); ++at) {
    for (unsigned flip : {0x01U, 0x80U, 0xFFU}) {
      copy[at] ^= std::byte{static_cast<unsigned char>(flip)};
      if (scene::target().load(copy) != status::corrupt_payload) FAIL("byte " << at);
      copy[at] ^= std::byte{static_cast<unsigned char>(flip)};
    }
  }
  CHECK(s.untouched());
}

TEST_CASE("snapshot: cut at any byte, it is truncated", "[store][snapshot]") {
  scene s;
  for (std::size_t size = 0; size < s.good.size(); ++size)
    if (scene::load(std::span(s.good).first(size)) != status::truncated) FAIL("cut to " << size);
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
  refuses(status::wrong_kind, [](container_header& h) { h.kind = 1; });
  refuses(status::wrong_kind, [](container_header& h) { h.kind = 0; });
  refuses(status::corrupt_header, [](container_header& h) { h.header_bytes = 64; });
  refuses(status::corrupt_header, [](container_header& h) { h.header_bytes = 0xFFFFFFFF; });
  refuses(status::corrupt_header, [](container_header& h) { h.reserved = 1; });
  refuses(status::corrupt_header, [](container_header& h) { h.model_name[0] = '\x1B'; });
  refuses(status::wrong_shape, [](container_header& h) { h.shape_fingerprint ^= 1; });
  refuses(status::wrong_format, [](container_header& h) { h.format_fingerprint ^= 1; });
  refuses(status::wrong_base, [](container_header& h) { h.base_fingerprint ^= 1; });
  for (std::uint64_t n : {std::uint64_t{0}, std::uint64_t{4}, std::uint64_t{parameter_floats * 4 + 4}, most, most - 63})
    refuses(status::wrong_size, [n](container_header& h) { h.weights_bytes = n; });
  for (std::uint64_t n : {std::uint64_t{0}, std::uint64_t{128}, std::uint64_t{256}, most, most - 63})
    refuses(status::corrupt_header, [n](container_header& h) { h.weights_offset = n; });
  for (std::uint64_t n :
       {std::uint64_t{0}, std::uint64_t{index_at - 64}, std::uint64_t{index_at + 64}, most, most - 63})
    refuses(status::corrupt_header, [n](container_header& h) { h.vocabulary_offset = n; });
  for (std::uint64_t n : {most, most - 63, std::uint64_t{1} << 32U, std::uint64_t{1} << 63U})
    refuses(status::corrupt_header, [n](container_header& h) { h.vocabulary_bytes = n; });
  for (std::uint64_t n : {std::uint64_t{0}, std::uint64_t{127}})
    refuses(status::corrupt_header, [n](container_header& h) { h.total_bytes = n; });
  for (std::uint64_t n : {most, most - 63, std::uint64_t{1} << 32U})
    refuses(status::truncated, [n](container_header& h) { h.total_bytes = n; });
  // Shorter totals that end inside the payload: the index would reach beyond.
  for (std::size_t cut : {std::size_t{128}, std::size_t{130}, parameters_at, parameters_at + 64, index_at - 1}) {
    std::vector<std::byte> bytes = s.with_header([cut](container_header& h) { h.total_bytes = cut; });
    scene::seal(bytes, cut);
    CHECK(mote::name(scene::load(bytes)) == "corrupt_header");
    CHECK(s.untouched());
  }
  // The index may not be cut or grown either; its own frame says so.
  for (int by : {-1, -4, 1, 8}) {
    std::vector<std::byte> bytes = s.with_header([by](container_header& h) {
      h.vocabulary_bytes = static_cast<std::uint64_t>(static_cast<std::int64_t>(h.vocabulary_bytes) + by);
    });
    const status answer = scene::load(bytes);
    CHECK((answer == status::wrong_size || answer == status::truncated || answer == status::corrupt_payload ||
           answer == status::corrupt_header));
    CHECK(s.untouched());
  }
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
  container_header h;
  std::memcpy(&h, s.good.data(), sizeof h);
  std::set<std::string> names;
  std::size_t taken = 0;
  for (std::size_t at = 0; at < h.vocabulary_bytes; ++at) {
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
  CHECK(names.contains("truncated"));
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

TEST_CASE("snapshot: zero parameters and no items change nothing, and say so", "[store][snapshot]") {
  scene s;
  aligned_bytes out(mote::snapshot_bytes(parameter_floats * 4, 0) + 64);
  container_header h;
  std::memcpy(&h, s.good.data(), sizeof h);
  const mote::snapshot_writer writer{out.span(), parameter_floats * 4, 0};
  REQUIRE(writer.open() == status::ok);
  writer.seal({.shape = h.shape_fingerprint,
               .parameters = h.format_fingerprint,
               .base = h.base_fingerprint,
               .model = "synthetic",
               .format_name = "q8"},
              0);
  CHECK(scene::target().load(out) == status::no_effect);
  CHECK(s.untouched());
}

TEST_CASE("snapshot: sizes add up, and a buffer that is one byte short is full", "[store][snapshot]") {
  STATIC_REQUIRE(mote::snapshot_bytes(0, 0) == 192);
  STATIC_REQUIRE(mote::snapshot_bytes(4, 0) == 256);
  STATIC_REQUIRE(mote::snapshot_bytes(64, 1) == 320);
  aligned_bytes out(320);
  CHECK(mote::snapshot_writer{out.span().first(319), 64, 1}.open() == status::full);
  CHECK(mote::snapshot_writer{out.span(), 64, 1}.open() == status::ok);
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
  std::size_t items = 0, item_bytes = 0;
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
keeper keeper_of(std::string name, std::string learning, std::size_t items, std::size_t item_bytes) {
  static Pipeline ai;
  static const aligned_bytes image = mote_tests::synthetic_image<Pipeline>();
  keeper k;
  k.name = std::move(name);
  k.learning = std::move(learning);
  k.items = items;
  k.item_bytes = item_bytes;
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
  using small = mote::bm25<mote::bm25_knobs{.items = 4, .item_bytes = 32, .terms = 8}>;
  using other = mote::bm25<mote::bm25_knobs{.items = 2, .item_bytes = 40, .terms = 8}>;
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
  constexpr mote::lora_knobs on_keys{.targets = mote::only(mote::role::key), .tokens = 32};
  for (const auto& some :
       {with_every_recall<>(""), with_every_recall<mote::lora<1, short_ones>>("rank 1"),
        with_every_recall<mote::lora<2, short_ones>>("rank 2"), with_every_recall<mote::lora<1, on_keys>>("keys"),
        with_every_recall<mote::full<mote::full_knobs{.tokens = 32, .batch = 1}>>("full")})
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
        if (texts.size() > saver.items || (!texts.empty() && texts[0].size() > saver.item_bytes)) continue;
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
          else if (!texts.empty() && texts[0].size() > loader.item_bytes) expected = status::too_long;
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
  // Parameters under that mark belong to nobody; items need an index.
  const auto marked = s.with_header([](container_header& h) { h.format_fingerprint = mote::nothing_learned; });
  CHECK(scene::load(marked) == status::wrong_format);
  auto empty = s.with_header([](container_header& h) { h.vocabulary_bytes = 0; });
  CHECK(scene::load(empty) == status::corrupt_header);
  CHECK(s.untouched());
}
