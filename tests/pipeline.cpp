// SPDX-License-Identifier: BSL-1.0
// What a pack of policies becomes: order, defaults, policies of a stranger, and what none of them may cost.
#include "mote/pipeline.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "mote/boards/pc.hpp"
#include "mote/boards/stm32h743.hpp"
#include "mote/decode/lookup.hpp"
#include "mote/decode/sample.hpp"
#include "mote/learn/full.hpp"
#include "mote/learn/lora.hpp"
#include "mote/recall/bm25.hpp"
#include "mote/recall/rag.hpp"
#include "synthetic_model.hpp"

using mote::status;
using mote_tests::synthetic;

// ---- a stranger's policies: nothing of mote's namespace is opened ----

namespace stranger {

/// The second likeliest token: a decoding policy.
struct runner_up {
  using slot = mote::slots::decoding;
  template <std::size_t Vocab>
  struct state {
    std::size_t picks = 0;
    void seed(std::uint64_t) { picks = 0; }
    std::size_t pick(const float* logits) {
      ++picks;
      std::size_t best = 0;
      for (std::size_t i = 1; i < Vocab; ++i)
        if (logits[i] > logits[best]) best = i;
      std::size_t second = best == 0 ? 1 : 0;
      for (std::size_t i = 0; i < Vocab; ++i)
        if (i != best && logits[i] > logits[second]) second = i;
      return second;
    }
  };
};

/// Remembers one text, and finds it always: a retriever ...
struct one_note {
  struct index {
    std::array<char, 40> bytes{};
    std::uint32_t size_ = 0;
    std::uint32_t id = 0;
    status add(std::string_view text) {
      if (text.size() > bytes.size()) return status::too_long;
      std::copy(text.begin(), text.end(), bytes.begin());
      size_ = static_cast<std::uint32_t>(text.size());
      ++id;
      return status::ok;
    }
    bool erase(mote::item_id which) {
      if (which != mote::item_id{id} || size_ == 0) return false;
      size_ = 0;
      return true;
    }
    void clear() { size_ = 0; }
    std::size_t size() const { return size_ == 0 ? 0 : 1; }
    std::string_view text(mote::item_id which) const {
      return which == mote::item_id{id} ? std::string_view(bytes.data(), size_) : std::string_view{};
    }
    std::size_t search(std::string_view, std::span<mote::hit> hits) const {
      if (size_ == 0 || hits.empty()) return 0;
      hits[0] = {.id = mote::item_id{id}, .score = 1};
      return 1;
    }
    static constexpr mote::record_kind kind{0x8001};  // of a user's own
    template <mote::record_sink Sink>
    status save(Sink& sink) const {
      return write_record(sink, kind, std::as_bytes(std::span(bytes).first(size_)));
    }
    status load(std::span<const std::byte> source) {
      mote::record_reader in(source);
      mote::record r;
      if (const status s = in.next(r); s != status::ok) return s;
      if (r.kind != kind || !in.done()) return status::wrong_kind;
      return add({reinterpret_cast<const char*>(r.payload.data()), r.payload.size()});
    }
  };
  static constexpr std::size_t ram_bytes = sizeof(index);
  static constexpr std::size_t stack_bytes = 0;
  static constexpr std::size_t max_item_bytes = 40;
};

/// ... and a recall policy of its own that does not go through rag<>.
struct last_word {
  using slot = mote::slots::recall;
  using index = one_note::index;
  static constexpr bool recalls = true;
  static constexpr std::size_t ram_bytes = sizeof(index);
  static constexpr std::size_t stack_bytes = 0;
  static constexpr std::size_t hits = 1;
  static constexpr std::size_t tokens = 50;
};

/// Learns a bias behind each block's output matrix by plain descent: a learning policy.
struct output_bias {
  using slot = mote::slots::learning;
  static constexpr bool learns = true;
  static constexpr bool owns_weights = false;
  static constexpr std::size_t tokens = 48;
  static constexpr std::size_t chunk = 8;
  static constexpr std::size_t batch = 2;

  template <class Model, class Format>
  class state {
   public:
    static constexpr std::size_t parameter_floats = Model::shape.layers * Model::shape.dim;
    static constexpr std::size_t optimizer_floats = 0;
    static constexpr std::uint64_t fingerprint() { return mote::fingerprint{}.add("output_bias").value(); }

    const state& adapter() const { return *this; }
    state& collector() { return *this; }
    void reset() {
      std::ranges::fill(bias_, 0.0F);
      std::ranges::fill(gradient_, 0.0F);
    }
    void apply(std::size_t layer, mote::role r, const float*, float* y) const {
      if (r != mote::role::output) return;
      for (std::size_t i = 0; i < Model::shape.dim; ++i) y[i] += bias_[layer * Model::shape.dim + i];
    }
    void backward(std::size_t layer, mote::role r, const float*, std::size_t, std::size_t count, const float* dy,
                  std::size_t stride, float*, std::size_t) {
      if (r != mote::role::output) return;
      for (std::size_t t = 0; t < count; ++t)
        for (std::size_t i = 0; i < Model::shape.dim; ++i)
          gradient_[layer * Model::shape.dim + i] += dy[t * stride + i];
    }
    static float* vector_gradient(std::size_t, mote::vector_role) { return nullptr; }
    static void embedding_backward(std::size_t, const float*) {}
    static void head_backward(const float*, const float*, std::size_t, std::size_t, std::size_t) {}
    void step() {
      for (std::size_t i = 0; i < parameter_floats; ++i) {
        bias_[i] -= 0.5F * gradient_[i];
        gradient_[i] = 0;
      }
    }
    static bool has_effect(const float* parameters, const std::byte*) {
      return std::any_of(parameters, parameters + parameter_floats, [](float p) { return p != 0.0F; });
    }
    void restore(const float* parameters) { std::copy_n(parameters, parameter_floats, bias_.begin()); }
    const float* parameters() const { return bias_.data(); }

   private:
    std::array<float, parameter_floats> bias_{};
    std::array<float, parameter_floats> gradient_{};
  };
};

}  // namespace stranger

namespace {

using window = mote::context<96>;
inline constexpr mote::rag_knobs few{.tokens = 48};

template <class Pipeline>
std::string answer_of(Pipeline& ai, std::string_view question, std::size_t limit = 24) {
  std::string text;
  for (std::string_view piece : ai.ask(question, limit)) text += piece;
  return text;
}

}  // namespace

TEST_CASE("pipeline: two orders of the same policies are one type", "[pipeline]") {
  using mote::bm25;
  using mote::lora;
  using mote::quantize;
  using mote::rag;
  using mote::sample;
  using first = mote::pipeline<synthetic, quantize<32>, lora<2>, rag<bm25<>, few>, sample<>, mote::context<128>,
                               mote::interleave<1>, mote::fit<mote::boards::stm32h743>>;
  using second = mote::pipeline<synthetic, mote::fit<mote::boards::stm32h743>, mote::interleave<1>, mote::context<128>,
                                sample<>, rag<bm25<>, few>, lora<2>, quantize<32>>;
  STATIC_REQUIRE(std::is_same_v<first, second>);
  STATIC_REQUIRE(!std::is_same_v<first, mote::pipeline<synthetic, quantize<8>, lora<2>, rag<bm25<>, few>, sample<>,
                                                       mote::context<128>, mote::fit<mote::boards::stm32h743>>>);
}

TEST_CASE("pipeline: every default, written out, is the same type as nothing", "[pipeline]") {
  using plain = mote::pipeline<synthetic>;
  STATIC_REQUIRE(std::is_same_v<plain, mote::pipeline<synthetic, mote::quantize<8>>>);
  STATIC_REQUIRE(
      std::is_same_v<plain,
                     mote::pipeline<synthetic, mote::interleave<mote::interleaved_rows(mote::simd::native::value)>>>);
  STATIC_REQUIRE(std::is_same_v<plain, mote::pipeline<synthetic, mote::context<synthetic::shape.context>>>);
  STATIC_REQUIRE(std::is_same_v<plain, mote::pipeline<synthetic, mote::frozen>>);
  STATIC_REQUIRE(std::is_same_v<plain, mote::pipeline<synthetic, mote::no_recall>>);
  STATIC_REQUIRE(std::is_same_v<plain, mote::pipeline<synthetic, mote::greedy>>);
  STATIC_REQUIRE(std::is_same_v<plain, mote::pipeline<synthetic, mote::unchecked>>);
  STATIC_REQUIRE(std::is_same_v<plain, mote::pipeline<synthetic, mote::greedy, mote::unchecked, mote::no_recall,
                                                      mote::frozen, mote::trained_context, mote::board_interleave>>);
  STATIC_REQUIRE(plain::context == synthetic::shape.context);
  STATIC_REQUIRE(!plain::learns);
  STATIC_REQUIRE(!plain::recalls);
}

TEST_CASE("pipeline: a board decides how rows lie, and interleave<> where there is none", "[pipeline]") {
  using on_a_board = mote::pipeline<synthetic, mote::fit<mote::boards::stm32h743>>;
  using on_a_pc = mote::pipeline<synthetic, mote::fit<mote::boards::pc_avx2>>;
  STATIC_REQUIRE(on_a_board::format::rows == 1);
  STATIC_REQUIRE(on_a_pc::format::rows == 8);
  STATIC_REQUIRE(mote::pipeline<synthetic, mote::interleave<16>>::format::rows == 16);
  STATIC_REQUIRE(
      std::is_same_v<mote::pipeline<synthetic, mote::quantize<8, 64>, mote::interleave<4>>::format, mote::q8<4, 64>>);
}

TEST_CASE("pipeline: can_compose asks the same question without an error", "[pipeline]") {
  using namespace mote;
  STATIC_REQUIRE(can_compose<synthetic>);
  STATIC_REQUIRE(can_compose<synthetic, quantize<32>, full<>, rag<bm25<>, few>, sample<>>);
  STATIC_REQUIRE(!can_compose<int>);
  STATIC_REQUIRE(!can_compose<quantize<8>, synthetic>);
  STATIC_REQUIRE(!can_compose<synthetic, int>);
  STATIC_REQUIRE(!can_compose<synthetic, synthetic>);
  STATIC_REQUIRE(!can_compose<synthetic, struct never_defined>);
  STATIC_REQUIRE(!can_compose<synthetic, greedy, sample<>>);
  STATIC_REQUIRE(!can_compose<synthetic, fit<boards::pc>, unchecked>);
  STATIC_REQUIRE(!can_compose<synthetic, mote::context<129>>);
  STATIC_REQUIRE(can_compose<synthetic, mote::context<128>>);
  STATIC_REQUIRE(!can_compose<synthetic, lora<2, lora_knobs{.tokens = 129}>>);
  STATIC_REQUIRE(!can_compose<synthetic, full<>>);
  STATIC_REQUIRE(!can_compose<synthetic, mote::context<96>, rag<bm25<>>>);
  STATIC_REQUIRE(can_compose<synthetic, mote::context<96>, rag<bm25<>, rag_knobs{.tokens = 61}>>);
  STATIC_REQUIRE(!can_compose<synthetic, mote::context<96>, rag<bm25<>, rag_knobs{.tokens = 62}>>);
  STATIC_REQUIRE(!can_compose<synthetic, interleave<16>, fit<boards::stm32h743>>);
  // A draft is taken back: kivi<4, 32> has rounded it, unless all of its context is in the window.
  STATIC_REQUIRE(!can_compose<synthetic, kivi<4, 32>, lookup<3>>);
  STATIC_REQUIRE(can_compose<synthetic, kivi<4, 64>, lookup<3>>);
  STATIC_REQUIRE(can_compose<synthetic, kivi<4, 32>, mote::context<32>, lookup<3>>);
}

TEST_CASE("pipeline: a stranger's decoding policy answers", "[pipeline]") {
  using usual = mote::pipeline<synthetic, mote::quantize<32>, window>;
  using theirs = mote::pipeline<synthetic, mote::quantize<32>, window, stranger::runner_up>;
  static usual first;
  static theirs second;
  const auto image = mote_tests::synthetic_image<usual>();
  REQUIRE(first.attach(image) == status::ok);
  REQUIRE(second.attach(image) == status::ok);
  REQUIRE(first.begin("the cat", 1) == status::ok);
  REQUIRE(second.begin("the cat", 1) == status::ok);
  REQUIRE(std::ranges::equal(first.tokens(), second.tokens()));
  while (!first.step().done) {
  }
  while (!second.step().done) {
  }
  REQUIRE(first.tokens().size() == second.tokens().size());
  const auto& logits = first.logits();
  const auto a = first.tokens().back();
  const auto b = second.tokens().back();
  CHECK(a != b);
  CHECK(logits[a] > logits[b]);
  CHECK(std::ranges::count_if(logits, [&](float l) { return l > logits[b]; }) == 1);
}

TEST_CASE("pipeline: a stranger's retriever and recall policy stand in the prompt, and in a snapshot", "[pipeline]") {
  const auto check = []<class Pipeline>(Pipeline& ai, Pipeline& other) {
    const auto image = mote_tests::synthetic_image<Pipeline>();
    REQUIRE(ai.attach(image) == status::ok);
    REQUIRE(ai.begin("who", 1) == status::ok);
    CHECK(ai.recalled_items() == 0);
    const std::size_t without = ai.prompt_tokens();
    REQUIRE(ai.remember("the ant") == status::ok);
    REQUIRE(ai.begin("who", 1) == status::ok);
    CHECK(ai.recalled_items() == 1);
    CHECK(ai.prompt_tokens() > without);
    CHECK(ai.tokens()[1] == synthetic::special_tokens.note);
    CHECK(ai.remember(std::string(41, 'a')) == status::too_long);
    mote_tests::aligned_bytes kept(ai.saved_bytes());
    REQUIRE(ai.save(kept.span()) == status::ok);
    REQUIRE(other.attach(image) == status::ok);
    REQUIRE(other.load(kept) == status::ok);
    CHECK(other.memory().text(mote::item_id{1}) == "the ant");
    CHECK(answer_of(other, "who") == answer_of(ai, "who"));
  };
  using through_rag = mote::pipeline<synthetic, window, mote::rag<stranger::one_note, mote::rag_knobs{.tokens = 50}>>;
  using direct = mote::pipeline<synthetic, window, stranger::last_word>;
  STATIC_REQUIRE(mote::retriever<stranger::one_note>);
  static through_rag a, b;
  check(a, b);
  static direct c, d;
  check(c, d);
}

TEST_CASE("pipeline: a memory of another retriever is refused, and nothing changes", "[pipeline]") {
  static mote::pipeline<synthetic, window, mote::rag<stranger::one_note, mote::rag_knobs{.tokens = 50}>> theirs;
  static mote::pipeline<synthetic, window, mote::rag<mote::bm25<>, mote::rag_knobs{.tokens = 50}>> ours;
  const auto image = mote_tests::synthetic_image<std::remove_cvref_t<decltype(ours)>>();
  REQUIRE(theirs.attach(image) == status::ok);
  REQUIRE(ours.attach(image) == status::ok);
  REQUIRE(ours.remember("the bee") == status::ok);
  for (const std::string text :
       {"the ant", "the ant is in the end not here"}) {  // shorter than bm25's frame, and longer
    REQUIRE(theirs.remember(text) == status::ok);
    mote_tests::aligned_bytes kept(theirs.saved_bytes());
    REQUIRE(theirs.save(kept.span()) == status::ok);
    CHECK(mote::name(ours.load(kept)) == "wrong_kind");
    CHECK(ours.memory().size() == 1);
    CHECK(ours.memory().text(ours.memory().newest()) == "the bee");
  }
}

TEST_CASE("pipeline: a stranger's learning policy learns, and is saved", "[pipeline]") {
  using theirs = mote::pipeline<synthetic, window, stranger::output_bias>;
  static theirs ai, other;
  const auto image = mote_tests::synthetic_image<theirs>();
  REQUIRE(ai.attach(image) == status::ok);
  const mote::example lesson{.prompt = "lights", .answer = "on"};
  const float before = ai.loss(lesson).loss;
  mote::learned did;
  for (int i = 0; i < 20; ++i) {
    did = ai.learn(lesson);
    REQUIRE(did.state == status::ok);
    CHECK(did.stepped == (i % 2 == 1));
  }
  CHECK(did.tokens == 3 + 7 + 3 + 1);  // bos, user, answer; " lights"; " on"; eos
  const float after = ai.loss(lesson).loss;
  INFO("loss " << before << " -> " << after);
  CHECK(after < 0.5F * before);
  mote_tests::aligned_bytes kept(ai.saved_bytes());
  REQUIRE(ai.save(kept.span()) == status::ok);
  REQUIRE(other.attach(image) == status::ok);
  CHECK(other.loss(lesson).loss == before);
  REQUIRE(other.load(kept) == status::ok);
  CHECK(other.loss(lesson).loss == after);
  // A snapshot of another policy has other parameters, whatever their number.
  using ours = mote::pipeline<synthetic, window, mote::lora<2>>;
  static ours adapters;
  REQUIRE(adapters.attach(image) == status::ok);
  CHECK(adapters.load(kept) == status::wrong_format);
}

TEST_CASE("pipeline: what is not chosen costs no byte", "[pipeline]") {
  using plain = mote::pipeline<synthetic, window>;
  constexpr auto cost = plain::cost();
  // The same members without learning, recall and decoding.
  struct bare {
    alignas(64) std::byte arena[cost.ram.activations];
    alignas(64) std::byte keys_and_values[cost.ram.cache];
    std::array<plain::token, plain::context> tokens;
    std::optional<mote::attached_image> image;
    std::size_t position, prompt, answered, limit, recalled, examples;
    mote::answer_progress progress;
  };
  STATIC_REQUIRE(sizeof(plain) == sizeof(bare));
  STATIC_REQUIRE(cost.ram.weights == 0);
  STATIC_REQUIRE(cost.ram.gradients == 0);
  STATIC_REQUIRE(cost.ram.optimizer == 0);
  STATIC_REQUIRE(cost.ram.index == 0);
  STATIC_REQUIRE(std::is_empty_v<mote::frozen::state<synthetic, plain::format>>);
  STATIC_REQUIRE(std::is_empty_v<mote::no_recall::index>);
  STATIC_REQUIRE(std::is_empty_v<mote::greedy::state<synthetic::shape.vocab>>);
}

TEST_CASE("pipeline: the footprint is the object, region by region", "[pipeline]") {
  using everything = mote::pipeline<synthetic, window, mote::lora<2>,
                                    mote::rag<mote::bm25<>, mote::rag_knobs{.tokens = 40}>, mote::sample<>>;
  constexpr auto f = everything::cost();
  constexpr mote::shape s = synthetic::shape;
  STATIC_REQUIRE(sizeof(everything) == f.ram.object());
  STATIC_REQUIRE(f.ram.sum() == f.ram.object() + f.ram.stack);
  STATIC_REQUIRE(f.ram.cache == 2 * s.layers * s.kv_dim() * mote::padded(96) * sizeof(float));
  STATIC_REQUIRE(f.ram.index == sizeof(mote::bm25<>::index));
  // A (rank, cols) padded and B (rows, rank) padded, on query and value.
  STATIC_REQUIRE(f.ram.weights >= s.layers * 2 * (s.dim + s.dim + s.dim + s.kv_dim()) * sizeof(float));
  STATIC_REQUIRE(f.ram.gradients == f.ram.weights);
  STATIC_REQUIRE(f.ram.optimizer == 2 * f.ram.weights);
  // Scratch: the tokens, those of an example, the sampler's order, counters and alignment; nothing of size hides in it.
  STATIC_REQUIRE(f.ram.scratch < 96 * 2 + 64 * 2 + s.vocab * 4 + 512);
  STATIC_REQUIRE(f.flash.image() == f.flash.weights + f.flash.vocabulary + f.flash.header);
  STATIC_REQUIRE(f.flash.weights == mote::map_tensors<everything::format>(s).bytes);
  STATIC_REQUIRE(everything::image_bytes == f.flash.image());
  const auto image = mote_tests::synthetic_image<everything>();
  CHECK(image.size() == f.flash.image());
}
