// SPDX-License-Identifier: BSL-1.0
// Parts of a user's own in a snapshot: a learner that streams records of its own, and a memory whose records have the same
// kind.
#include "mote/pipeline/keeping.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "../synthetic_model.hpp"
#include "mote/learn/lora.hpp"
#include "mote/pipeline.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/rag.hpp"

using mote::record_kind;
using mote::status;
using mote_tests::aligned_bytes;
using mote_tests::synthetic;

namespace streaming {

constexpr record_kind mine{0x8001};

/// Adds a bias to what attention gives. It keeps a record a layer, written in portions of three floats, at any address.
struct output_bias {
  using slot = mote::slots::learning;
  static constexpr bool learns = true;
  static constexpr bool owns_weights = false;
  static constexpr std::size_t tokens = 48;
  static constexpr std::size_t chunk = 16;
  static constexpr std::size_t batch = 2;

  template <class Model, class Format>
  class state {
   public:
    static constexpr std::size_t dim = Model::shape.dim;
    static constexpr std::size_t parameter_floats = Model::shape.layers * dim;
    static constexpr std::size_t optimizer_floats = 0;
    static constexpr std::uint64_t fingerprint() { return mote::fingerprint{}.add("streamed_bias").value(); }

    const state& adapter() const { return *this; }
    state& collector() { return *this; }
    void reset() {
      bias_.fill(0.0F);
      gradient_.fill(0.0F);
    }
    void apply(std::size_t layer, mote::role r, const float*, float* y) const {
      if (r != mote::role::output) return;
      for (std::size_t i = 0; i < dim; ++i) y[i] += bias_[layer * dim + i];
    }
    void backward(std::size_t layer, mote::role r, const float*, std::size_t, std::size_t count, const float* dy,
                  std::size_t stride, float*, std::size_t) {
      if (r != mote::role::output) return;
      for (std::size_t t = 0; t < count; ++t)
        for (std::size_t i = 0; i < dim; ++i) gradient_[layer * dim + i] += dy[t * stride + i];
    }
    static float* vector_gradient(std::size_t, mote::vector_role) { return nullptr; }
    static void embedding_backward(std::size_t, const float*) {}
    static void head_backward(const float*, const float*, std::size_t, std::size_t, std::size_t) {}
    void step() {
      for (std::size_t i = 0; i < parameter_floats; ++i) bias_[i] -= 0.5F * gradient_[i];
      gradient_.fill(0.0F);
    }

    template <mote::record_sink Sink>
    status save(Sink& sink) const {
      for (std::size_t layer = 0; layer < Model::shape.layers; ++layer) {
        if (const status s = sink.begin(mine, dim * sizeof(float)); s != status::ok) return s;
        for (std::size_t i = 0; i < dim; i += 3) {
          const auto some = std::span(bias_).subspan(layer * dim + i, std::min<std::size_t>(3, dim - i));
          if (const status s = sink.append(std::as_bytes(some)); s != status::ok) return s;
        }
        if (const status s = sink.commit(); s != status::ok) return s;
      }
      return status::ok;
    }
    status check(std::span<const std::byte> records, const std::byte* weights) const {
      if (weights == nullptr) return status::not_attached;
      mote::record_reader in(records);
      bool any = false;
      for (std::size_t layer = 0; layer < Model::shape.layers; ++layer) {
        mote::record r;
        if (in.next(r) != status::ok) return status::wrong_size;
        if (r.kind != mine) return status::wrong_kind;
        if (r.payload.size() != dim * sizeof(float)) return status::wrong_size;
        if (!mote::floats_within(r.payload.data(), dim)) return status::not_finite;
        any = any || std::ranges::any_of(r.payload, [](std::byte b) { return b != std::byte{0}; });
      }
      return !in.done() ? status::wrong_size : any ? status::ok : status::no_effect;
    }
    void load(std::span<const std::byte> records) {
      mote::record_reader in(records);
      mote::record r;
      for (std::size_t layer = 0; in.next(r) == status::ok; ++layer)
        std::memcpy(bias_.data() + layer * dim, r.payload.data(), r.payload.size());
      gradient_.fill(0.0F);
    }

    std::array<float, parameter_floats> bias_{};

   private:
    std::array<float, parameter_floats> gradient_{};
  };
};

/// Keeps one text, and the kind of its record is the learner's too.
struct one_note {
  struct index {
    std::array<char, 24> bytes{};
    std::uint32_t size_ = 0;

    status add(std::string_view text) {
      if (text.size() > bytes.size()) return status::too_long;
      if (text.empty()) return status::empty;
      std::ranges::copy(text, bytes.begin());
      size_ = static_cast<std::uint32_t>(text.size());
      return status::ok;
    }
    bool erase(mote::item_id) { return false; }
    void clear() { size_ = 0; }
    std::size_t size() const { return size_ == 0 ? 0 : 1; }
    std::string_view text(mote::item_id) const { return {bytes.data(), size_}; }
    std::size_t search(std::string_view, std::span<mote::hit> hits) const {
      if (size_ == 0 || hits.empty()) return 0;
      hits[0] = {.id = mote::item_id{1}, .score = 1};
      return 1;
    }
    template <mote::record_sink Sink>
    status save(Sink& sink) const {
      return write_record(sink, mine, std::as_bytes(std::span(bytes).first(size_)));
    }
    status load(std::span<const std::byte> source) {
      mote::record_reader in(source);
      mote::record r;
      if (const status s = in.next(r); s != status::ok) return s;
      if (r.kind != mine || !in.done()) return status::wrong_kind;
      return add({reinterpret_cast<const char*>(r.payload.data()), r.payload.size()});
    }
  };
  static constexpr std::size_t ram_bytes = sizeof(index);
  static constexpr std::size_t stack_bytes = 0;
  static constexpr std::size_t max_item_bytes = 24;
};

}  // namespace streaming

namespace {

using window = mote::context<96>;
constexpr mote::rag_knobs few{.tokens = 40};
using both = mote::pipeline<synthetic, window, streaming::output_bias, mote::rag<streaming::one_note, few>>;
using learner = mote::pipeline<synthetic, window, streaming::output_bias>;
using memory = mote::pipeline<synthetic, window, mote::rag<streaming::one_note, few>>;

template <class Pipeline>
Pipeline& fresh(const aligned_bytes& image) {
  static Pipeline ai;
  if constexpr (Pipeline::recalls) ai.memory().clear();
  REQUIRE(ai.attach(image) == status::ok);
  return ai;
}
template <class Pipeline>
std::vector<std::byte> saved(const Pipeline& ai) {
  aligned_bytes out(ai.saved_bytes());
  REQUIRE(ai.save(out.span()) == status::ok);
  return {out.span().begin(), out.span().end()};
}

}  // namespace

TEST_CASE("keeping: a learner and a memory of a user's own stream themselves, and are restored",
          "[pipeline][keeping]") {
  STATIC_REQUIRE(mote::streams_itself<std::remove_cvref_t<decltype(std::declval<both&>().learning())>>);
  STATIC_REQUIRE(mote::streams_itself<const std::remove_cvref_t<decltype(std::declval<both&>().learning())>>);
  const aligned_bytes image = mote_tests::synthetic_image<both>();
  both& ai = fresh<both>(image);
  const std::vector<std::byte> nothing = saved(ai);
  for (int i = 0; i < 4; ++i) REQUIRE(ai.learn({.prompt = "lights", .answer = "on"}).state == status::ok);
  REQUIRE(ai.remember("the ant is in") == status::ok);
  const std::vector<std::byte> kept = saved(ai);
  const auto bias = ai.learning().bias_;
  const float loss = ai.loss({.prompt = "lights", .answer = "on"}).loss;

  REQUIRE(fresh<both>(image).learning().bias_ != bias);
  CHECK(ai.load(aligned_bytes(nothing)) == status::no_effect);
  REQUIRE(ai.learn({.prompt = "lights", .answer = "off"}).state == status::ok);  // half a batch, that is forgotten
  REQUIRE(ai.load(aligned_bytes(kept)) == status::ok);
  CHECK(ai.learning().bias_ == bias);
  CHECK(ai.loss({.prompt = "lights", .answer = "on"}).loss == loss);
  CHECK(ai.memory().text(mote::item_id{1}) == "the ant is in");
  CHECK(!ai.learn({.prompt = "lights", .answer = "on"}).stepped);
  REQUIRE(ai.load(aligned_bytes(kept)) == status::ok);
  CHECK(saved(ai) == kept);

  // Where one of the two is not, all of it is refused.
  CHECK(fresh<learner>(image).load(aligned_bytes(kept)) == status::no_recall);
  CHECK(fresh<memory>(image).load(aligned_bytes(kept)) == status::wrong_format);
}

TEST_CASE("keeping: hostile records of a user's parts change all or nothing", "[pipeline][keeping]") {
  const aligned_bytes image = mote_tests::synthetic_image<both>();
  both& ai = fresh<both>(image);
  for (int i = 0; i < 2; ++i) REQUIRE(ai.learn({.prompt = "lights", .answer = "on"}).state == status::ok);
  REQUIRE(ai.remember("the ant is in") == status::ok);
  const std::vector<std::byte> good = saved(ai);
  fresh<both>(image);
  REQUIRE(ai.remember("a bee") == status::ok);
  for (int i = 0; i < 2; ++i) REQUIRE(ai.learn({.prompt = "who", .answer = "me"}).state == status::ok);
  std::vector<std::byte> now = saved(ai);
  std::map<std::string, std::size_t> seen;
  for (std::size_t at = 0; at + 4 < good.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x40U, 0x80U, 0xFFU}) {
      aligned_bytes bytes(good);
      bytes[at] ^= static_cast<std::byte>(flip);
      mote::snapshot_header h;
      std::memcpy(&h, bytes.span().data(), sizeof h);
      mote::seal(h);
      std::memcpy(bytes.span().data(), &h, sizeof h);
      const std::uint32_t crc = mote::crc32(bytes.span().first(bytes.size() - 4));
      std::memcpy(bytes.span().data() + bytes.size() - 4, &crc, sizeof crc);
      const status answer = ai.load(bytes);
      ++seen[std::string(mote::name(answer))];
      const std::vector<std::byte> after = saved(ai);
      if (answer != status::ok && after != now) FAIL("byte " << at << ": " << mote::name(answer) << ", and a change");
      now = after;
    }
  }
  for (const char* name : {"ok", "unknown_record", "wrong_kind", "corrupt_payload", "not_finite", "wrong_format"})
    if (seen[name] == 0) FAIL_CHECK("never " << name);
  CHECK(seen["unknown"] == 0);
}

namespace {

/// The snapshot with another count in the part that a record of this kind begins, under a checksum that is right.
std::vector<std::byte> recounted(const std::vector<std::byte>& good, record_kind part, std::uint32_t count) {
  std::vector<std::byte> bytes = good;
  const std::span<std::byte> all(bytes);
  for (std::size_t at = mote::snapshot_header_bytes; at + mote::record_header_bytes < all.size();) {
    std::uint16_t kind;
    std::uint32_t size;
    std::memcpy(&kind, all.data() + at, sizeof kind);
    std::memcpy(&size, all.data() + at + 2, sizeof size);
    at += mote::record_header_bytes;
    if (record_kind{kind} == part) std::memcpy(all.data() + at, &count, sizeof count);
    at += size;
  }
  const std::uint32_t crc = mote::crc32(all.first(all.size() - 4));
  std::memcpy(all.data() + all.size() - 4, &crc, sizeof crc);
  return bytes;
}

}  // namespace

TEST_CASE("keeping: a part's count is that of its records, or the snapshot is refused", "[pipeline][keeping]") {
  using adapter = mote::lora<1>;
  using texts = mote::rag<mote::bm25<mote::bm25_knobs{.items = 4, .item_bytes = 32}>, few>;
  using whole = mote::pipeline<synthetic, window, adapter, texts>;
  using learning = mote::pipeline<synthetic, window, adapter>;
  using recalling = mote::pipeline<synthetic, window, texts>;
  const aligned_bytes image = mote_tests::synthetic_image<whole>();
  whole& ai = fresh<whole>(image);
  for (int i = 0; i < 8; ++i) REQUIRE(ai.learn({.prompt = "lights", .answer = "on"}).state == status::ok);
  REQUIRE(ai.remember("the ant is in") == status::ok);
  REQUIRE(ai.remember("a bee") == status::ok);
  const std::vector<std::byte> good = saved(ai);
  constexpr auto floats =
      static_cast<std::uint32_t>(std::remove_cvref_t<decltype(std::declval<whole&>().learning())>::parameter_floats);

  REQUIRE(fresh<whole>(image).load(aligned_bytes(recounted(good, record_kind::remembered, 2))) == status::ok);
  REQUIRE(fresh<whole>(image).load(aligned_bytes(recounted(good, record_kind::learned, floats))) == status::ok);
  CHECK(fresh<learning>(image).load(aligned_bytes(good)) == status::no_recall);
  for (const std::uint32_t count : {0U, 1U, 3U, 99U, ~0U}) {
    CAPTURE(count);
    whole& there = fresh<whole>(image);
    const std::vector<std::byte> before = saved(there);
    CHECK(there.load(aligned_bytes(recounted(good, record_kind::remembered, count))) == status::corrupt_payload);
    CHECK(there.load(aligned_bytes(recounted(good, record_kind::learned, count))) == status::wrong_size);
    CHECK(saved(there) == before);
    CHECK(fresh<learning>(image).load(aligned_bytes(recounted(good, record_kind::remembered, count))) ==
          status::corrupt_payload);
  }

  // Where only texts were kept.
  recalling& memory_alone = fresh<recalling>(image);
  REQUIRE(memory_alone.remember("a bee") == status::ok);
  const std::vector<std::byte> one = saved(memory_alone);
  CHECK(fresh<learning>(image).load(aligned_bytes(recounted(one, record_kind::remembered, 1))) == status::no_recall);
  CHECK(fresh<learning>(image).load(aligned_bytes(recounted(one, record_kind::remembered, 0))) ==
        status::corrupt_payload);
  CHECK(fresh<recalling>(image).load(aligned_bytes(recounted(one, record_kind::remembered, 0))) ==
        status::corrupt_payload);

  // A user's own records: the floats of what learns are counted, what its memory writes is its own.
  const aligned_bytes own_image = mote_tests::synthetic_image<both>();
  both& own = fresh<both>(own_image);
  REQUIRE(own.remember("the ant is in") == status::ok);
  const std::vector<std::byte> own_good = saved(own);
  CHECK(own.load(aligned_bytes(recounted(own_good, record_kind::learned, 0))) == status::wrong_size);
  CHECK(own.load(aligned_bytes(own_good)) == status::ok);
}

namespace {

struct growing {
  static constexpr record_kind kind = record_kind::learned;
  static constexpr bool is_kept = true;
  static constexpr bool may_refuse = false;
  mutable std::uint32_t more = 0;
  static status ready() { return status::ok; }
  static std::uint32_t count() { return 1; }
  status save(auto& sink) const {
    const std::array<std::byte, 8> some{};
    return write_record(sink, record_kind{0x8000}, std::span(some).first(more++));
  }
  static status check(const mote::kept_records&) { return status::ok; }
  static status take(std::span<const std::byte>) { return status::ok; }
};

}  // namespace

TEST_CASE("keeping: a part that writes other than it counted makes no snapshot", "[pipeline][keeping]") {
  aligned_bytes out(1000);
  mote::buffer_sink sink(out.span());
  CHECK(mote::save_snapshot(sink, {.model = "m", .format_name = "f"}, growing{}) == status::wrong_size);
  CHECK(mote::check_snapshot(out) == status::truncated);
}
